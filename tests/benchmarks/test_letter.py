"""The benchmark of a letter at a tiny size: it issues, starts a portal, lets recipients answer, and tells what it found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).parents[2] / "benchmarks" / "bench_letter.py"


def run(folder: Path, *words: str) -> str:
    """What the program prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VONGGAC_", "DJANGO_"))}
    made = subprocess.run(
        [sys.executable, str(PROGRAM), "--quick", "--folder", str(folder), *words],
        capture_output=True, text=True, timeout=300, env=environment, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


def test_a_small_letter_is_answered_and_its_figures_are_told(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        "--recipients", "4", "--clauses", "3", "--sessions", "2", "--repeats", "1", "--only", "answers", "burst", "table",
    )  # fmt: skip
    assert "issue of a letter to 4 recipients with 3 clauses (12 tasks" in told
    assert re.search(r"^an answer to a clause +6 p50", told, re.MULTILINE), (
        told
    )  # the log's times were found by their ids
    assert re.search(r"^all clauses at once, everybody together +2 p50", told, re.MULTILINE), told
    assert "not answered" not in told
    assert "x ours; the same sums" in told
