"""``vonggac letters``: what a letter says, on a terminal and as JSON."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import offices
from offices import AGENCY, HOLIDAY

Run = Callable[..., object]


def test_a_letter_is_told_with_its_clauses_recipients_and_times(vonggac: Run, tmp_path: Path) -> None:
    (tmp_path / "cv.docx").write_bytes(offices.word_table(HOLIDAY))
    said = vonggac("letters", "read", tmp_path / "cv.docx")
    assert said.status == 0
    for text in (
        "1278/UBND-KGVX",
        "20/04/2026",
        "147/CATTT-GSVN",
        "1.đ",
        "16:00 28/04/2026",
        "Lưu: VT, KGVX",
        "Lò Thị Mây Xanh",
    ):
        assert text in said.out


def test_what_is_not_sure_is_asked_and_gives_status_4(vonggac: Run, tmp_path: Path) -> None:
    clauses = [("1.", "Một."), ("3.", "Ba \u202eẩn.")]
    (tmp_path / "cv.docx").write_bytes(offices.word_table(replace(AGENCY, clauses=clauses)))
    said = vonggac("letters", "read", tmp_path / "cv.docx")
    assert said.status == 4
    assert "3. does not follow 1.: is one missing, or is this no clause?" in said.out
    assert "\u202e" not in said.out


def test_as_json_every_value_has_its_place(vonggac: Run, tmp_path: Path) -> None:
    (tmp_path / "cv.pdf").write_bytes(offices.pdf_lines(AGENCY))
    (told,) = vonggac("letters", "read", tmp_path / "cv.pdf", "--json").json()
    assert (told["reference"]["value"], told["reference"]["where"]["page"], told["reference"]["sure"]) == (
        "147/CANM-GSVN",
        1,
        True,
    )
    assert [clause["path"] for clause in told["clauses"]] == ["1", "2", "3"]
    assert told["dated"]["value"] == "2026-04-15"


def test_the_portal_is_not_loaded_for_it(tmp_path: Path) -> None:
    (tmp_path / "cv.docx").write_bytes(offices.word_table(AGENCY))
    command = [sys.executable, "-X", "importtime", "-m", "vonggac", "letters", "read", str(tmp_path / "cv.docx")]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert b"vonggac.documents.letters" in done.stderr
    assert b"django" not in done.stderr


def test_what_cannot_be_read_gives_status_3(vonggac: Run, tmp_path: Path) -> None:
    (tmp_path / "cv.doc").write_bytes(b"GIF89a")
    said = vonggac("letters", "read", tmp_path / "cv.doc")
    assert said.status == 3
    assert "save the letter as DOCX or PDF" in said.err


def test_the_template_is_written_once_and_can_be_used(vonggac: Run, tmp_path: Path) -> None:
    from vonggac.documents.rendering import check_letter_template, check_report_template

    for form, check in (("letter", check_letter_template), ("report", check_report_template)):
        path = tmp_path / f"{form}.docx"
        assert vonggac("letters", "template", form, "--output", path).status == 0
        check(path.read_bytes())
        path.write_bytes(b"changed in Word")
        assert vonggac("letters", "template", form, "--output", path).status == 3
        assert path.read_bytes() == b"changed in Word"
