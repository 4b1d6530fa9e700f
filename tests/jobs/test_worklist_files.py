"""Worklists written out, with values that attack whoever opens the file."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from rich.console import Console

from vonggac.detectors.indicators.indicator import Place
from vonggac.errors import N_
from vonggac.jobs.worklist import Host, Text, Worklist, WorkRow, ordered
from vonggac.jobs.worklist_files import COLUMNS, guarded, write_csv, write_jsonl, write_table, write_xlsx

ATTACKS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\x1b[31mred\x1b]0;title\x07",
    "[bold]markup[/bold][/nope]",
    "\ud800",
    "a\x00b\x0bc",
    "x" * 40_000,
]


def row(text: str, organisation: str = "Org", priority: float = 50) -> WorkRow:
    return WorkRow(
        organisation=organisation, indicator="203.0.113.9", address="203.0.113.9", malware=text, first_seen=None,
        last_seen=1_790_000_000_000_000, system=text, level=3, priority=priority,
        hosts=(Host(text, "contact", 3, None, 1_790_000_000_000_000, "evil.example"),),
        place=Place(text, text, 7), reasons=(Text(N_("claimed by {x}"), {"x": text}), Text(N_("plain {braces"))),
    )  # fmt: skip


def worklist(*rows: WorkRow) -> Worklist:
    return Worklist(ordered(rows), 0)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_of_the_csv_begins_as_a_formula(attack: str) -> None:
    file = io.StringIO(newline="")
    write_csv(worklist(row(attack, organisation=attack)), file)
    header, cells = list(csv.reader(io.StringIO(file.getvalue())))
    assert tuple(header) == COLUMNS
    assert len(cells) == len(COLUMNS)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert not any(ord(char) < 32 for cell in cells for char in cell)
    file.getvalue().encode("utf-8")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_of_the_workbook_is_a_formula(attack: str) -> None:
    file = io.BytesIO()
    write_xlsx(worklist(row(attack, organisation=attack)), file)
    book = load_workbook(file)
    assert book.sheetnames == ["Summary", "Worklist", "Inner hosts"]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.column_dimensions["A"].width > 30
        assert sheet.max_row == 2
        for cells in sheet.iter_rows():
            for cell in cells:
                assert cell.data_type != "f"
                assert not str(cell.value or "").startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_terminal_gets_no_escapes_and_no_markup(attack: str) -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    write_table(worklist(row(attack, organisation=attack[:50])), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in text
    assert "\x07" not in text
    if attack.startswith("["):
        assert "[bold]markup[/bold]" in text


@pytest.mark.parametrize("attack", ATTACKS)
def test_json_lines_keep_values_as_they_are(attack: str) -> None:
    file = io.BytesIO()
    write_jsonl(worklist(row(attack), row("other")), file)
    lines = file.getvalue().splitlines()
    assert len(lines) == 2
    found = {json.loads(line)["malware"] for line in lines}
    assert found == {attack.encode("utf-8", "replace").decode(), "other"}


@given(st.text(max_size=50))
def test_guarded_cells_are_harmless(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.isprintable()


def test_numbers_are_numbers_in_the_workbook() -> None:
    file = io.BytesIO()
    write_xlsx(worklist(row("x", priority=61.5)), file)
    cells = [cell.value for cell in load_workbook(file)["Worklist"][2]]
    assert cells[7:9] == [3, 61.5]
    assert cells[5] == "21/09/2026 21:13"


def test_words_go_through_the_translator_before_they_are_filled() -> None:
    words = {"claimed by {x}": "bị {x} nhận", "plain {braces": "ngoặc {"}
    file = io.BytesIO()
    write_jsonl(worklist(row("{boom}")), file, lambda text: words[text])
    assert json.loads(file.getvalue())["reason"] == "bị {boom} nhận; ngoặc {"


def test_the_table_shows_the_most_urgent_first_and_those_of_nobody_last() -> None:
    console = Console(file=io.StringIO(), width=200)
    write_table(worklist(row("a", "", 99), row("b", "Low", 10), row("c", "High", 80)), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.index("High") < text.index("Low") < text.index("Not attributed")


def test_an_empty_worklist_says_so() -> None:
    console = Console(file=io.StringIO(), width=200)
    write_table(worklist(), console)
    assert "Nothing to do" in console.file.getvalue()  # type: ignore[attr-defined]
    file = io.BytesIO()
    write_xlsx(worklist(), file)
    assert load_workbook(file)["Worklist"].max_row == 1
