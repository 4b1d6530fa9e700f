"""The user guide shows every picture that its script makes, and no other; both languages tell the same."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / "docs" / "guide"


@pytest.mark.parametrize(("language", "page"), [("vi", "README.md"), ("en", "en.md")])
def test_pictures_and_script_agree(language, page):
    shots = runpy.run_path(str(ROOT / "tools" / "screenshots"))["SHOTS"]
    text = (GUIDE / page).read_text("utf-8")
    shown = re.findall(r"images/(\w+)/([\w-]+)\.webp", text)
    assert {name for _language, name in shown} == set(shots)
    assert {folder for folder, _name in shown} == {language}
    made = {path.stem for path in (GUIDE / "images" / language).glob("*.webp")}
    assert made == set(shots)
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (GUIDE / target).exists(), target


def test_the_pictures_are_small():
    assert sum(path.stat().st_size for path in GUIDE.rglob("*.webp")) < 4_000_000
