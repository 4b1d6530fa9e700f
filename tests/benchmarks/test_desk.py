"""The benchmark of the portal at a tiny size: it fills, starts a portal, walks over it, and tells what it found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).parents[2] / "benchmarks" / "desk.py"


def run(folder: Path, *words: str) -> str:
    """What the program prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VONGGAC_", "DJANGO_"))}
    made = subprocess.run(
        [sys.executable, str(PROGRAM), "--quick", "--share", "0.002", "--folder", str(folder), *words],
        capture_output=True, text=True, timeout=300, env=environment, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


def test_a_small_portal_is_filled_and_its_figures_are_told(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        "--sessions",
        "2",
        "--seconds",
        "4",
        "--think",
        "0.1",
        "--repeats",
        "1",
        "--only",
        "verify",
        "owners",
        "pages",
    )
    assert '"whole": true, "entries": 4000' in told  # the chain that was filled in bulk is the program's own
    assert re.search(r"^owners at a time \(ours\) +2000 asked", told, re.MULTILINE)
    walked = re.search(r"^(\d+) requests in .*; 2 live streams", told, re.MULTILINE)
    assert walked is not None, told
    assert int(walked[1]) > 10
    assert re.search(r"^all +\d+ +\d+ +\d+ +\d+$", told, re.MULTILINE)  # the log's times were found by their ids
    assert "not answered" not in told
