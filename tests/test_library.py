"""The library as its documentation shows it: every example is run, and prints what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import vonggac.detectors
import vonggac.sources

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
PAGES = ("docs/library.md", "README.md")

LOG = (
    "Nov 20 01:00:01 cong-01 sshd[812]: Failed password for root from 203.0.113.9 port 40001 ssh2\n"
    "Nov 20 01:00:03 cong-01 sshd[812]: Failed password for root from 203.0.113.9 port 40001 ssh2\n"
    "Nov 20 01:00:04 cong-01 CRON[900]: (root) CMD (/usr/local/bin/sao-luu)\n"
    "Nov 20 01:00:09 cong-01 sshd[812]: Accepted password for root from 203.0.113.9 port 40001 ssh2\n"
)
RULE = """\
title: {title}
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a0{n}
level: {level}
logsource: {{product: linux, service: sshd}}
detection: {{selection: {{action: {action}, user: root}}, condition: selection}}
"""


def examples() -> list[object]:
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        found += [
            pytest.param(code, said, id=f"{page}:{text[: match.start()].count(chr(10)) + 1}")
            for match in EXAMPLE.finditer(text)
            for code, said in [match.groups()]
        ]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    for n, title, level, action in (
        (1, "A password of root was wrong", "medium", "Failed"),
        (2, "Root logged in by password", "high", "Accepted"),
    ):
        (tmp_path / "rules" / f"{n}.yml").write_text(RULE.format(n=n, title=title, level=level, action=action))
    (tmp_path / "auth.log").write_text(LOG)
    (tmp_path / "list.csv").write_text("IP,Malware\n203.0.113.9,Mirai\n198.51.100.7,Mirai\n")
    return tmp_path


def test_every_page_has_examples() -> None:
    assert len(examples()) >= 6
    assert all("```python" in (ROOT / page).read_text("utf-8") for page in PAGES)


@pytest.mark.parametrize(("code", "said"), examples())
def test_an_example_prints_what_the_page_says(folder: Path, code: str, said: str | None) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert said is not None, "an example says what it prints, in a block of text behind it"
    assert done.stdout == said


@pytest.mark.parametrize("module", [vonggac.detectors, vonggac.sources], ids=lambda module: module.__name__)
def test_what_is_public_is_there_and_says_what_it_is(module: object) -> None:
    names = module.__all__  # type: ignore[attr-defined]
    assert list(names) == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    page = (ROOT / "docs/library.md").read_text("utf-8")
    for name in names:
        assert name in dir(module)
        value = getattr(module, name)
        assert isinstance(value, tuple) or (value.__doc__ or "").strip(), name
    assert [
        name for name in ("EventBatch", "Source", "Detector", "RuleSet", "Indicator") if f"`{name}`" not in page
    ] == []


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = vonggac.detectors.nothing  # type: ignore[attr-defined]


def test_the_library_needs_no_web_framework_and_no_settings() -> None:
    code = (
        "import sys, vonggac.sources as s, vonggac.detectors as d\n[getattr(d, name) for name in d.__all__]\n"
        "print(sorted({'django', 'requests', 'click', 'vonggac.config.reading'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"
