"""Sheets found in the tables of a file: which kind each is, and which column stands where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vonggac.desk.organisations.staging.kinds import KINDS, Column, Kind, choice_titles
from vonggac.desk.searching import search_form
from vonggac.errors import N_
from vonggac.tables import Cell, Row, Table, Tables, cell_text, is_empty
from vonggac.tables.table import LEFT_OUT

MOST_ROWS = {"organisations": 20_000}
MOST_ROWS_OTHERWISE = 300_000
"""Rows of one kind in one file."""

LISTS_SHEET = "vonggac"
"""The hidden sheet of the template that holds the lists to choose from."""

_HEADER_WITHIN = 30
"""Rows among which the titles are looked for."""


@dataclass(frozen=True, slots=True)
class Note:
    """A fault or warning with its place; ``row`` 0: the sheet as a whole."""

    sheet: str
    row: int
    column: str
    value: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    is_warning: bool = False


@dataclass(slots=True)
class Sheet:
    """One kind's rows: ``columns`` holds position, column and the title as it stands in the file."""

    kind: Kind
    name: str
    columns: Sequence[tuple[int, Column, str]]
    rows: Sequence[Row]

    def cells(self, row: Row) -> dict[str, Cell]:
        """Field to cell of a row; a cell that the row does not reach is empty."""
        return {column.field: row.cells[at] if at < len(row.cells) else "" for at, column, _title in self.columns}

    def title(self, name: str) -> str:
        """What stands above the column ``name`` in the file, else our own title."""
        for _at, column, title in self.columns:
            if column.field == name:
                return title
        known = self.kind.columns.get(name)
        return known.titles["vi"] if known else ""


@dataclass(slots=True)
class Sheets:
    """All sheets by kind, and what is to be said about the file as a whole."""

    by_kind: dict[str, list[Sheet]] = field(default_factory=lambda: {name: [] for name in KINDS})
    notes: list[Note] = field(default_factory=list)

    @property
    def n_rows(self) -> int:
        """Rows of all sheets, without those of titles."""
        return sum(len(sheet.rows) for sheets in self.by_kind.values() for sheet in sheets)


def sheets_of(tables: Sequence[Tables]) -> Sheets:
    """The sheets in all ``tables``; whatever is not recognised is named in the notes."""
    found = Sheets()
    for one in tables:
        for skipped in one.skipped:
            if skipped.reason not in {"empty_sheet", "no_table"} and skipped.sheet != LISTS_SHEET:
                found.notes.append(
                    Note(skipped.sheet, 0, "", skipped.detail, LEFT_OUT[skipped.reason], is_warning=True)
                )
        for table in one.tables:
            _add(found, table)
    if not any(found.by_kind.values()):
        expected = ", ".join(kind.titles["vi"] for kind in KINDS.values())
        message = N_(
            "no sheet of the directory was found; expected are titles as in the template, for example of: {kinds}"
        )
        found.notes.append(Note("", 0, "", "", message, {"kinds": expected}))
    for name, sheets in found.by_kind.items():
        most = MOST_ROWS.get(name, MOST_ROWS_OTHERWISE)
        n_rows = sum(len(sheet.rows) for sheet in sheets)
        if n_rows > most:
            message = N_("{n} rows are too many for one file: at most {most}; cut it in parts")
            found.notes.append(Note(sheets[0].name, 0, "", "", message, {"n": n_rows, "most": most}))
    return found


def _add(found: Sheets, table: Table) -> None:
    name = table.sheet[:120]
    if not any(not is_empty(cell) for row in table.rows for cell in row.cells):
        return
    kind, at = _kind_of(table)
    if kind is None:
        message = N_("this sheet is not one of the directory: it is not imported")
        found.notes.append(Note(name, 0, "", "", message, is_warning=True))
        return
    header = table.rows[at]
    columns = list(_columns(found, kind, name, header))
    present = {column.field for _at, column, _title in columns}
    for column in kind.columns.values():
        if column.is_needed and column.field not in present:
            message = N_("the column “{title}” is missing")
            found.notes.append(
                Note(name, header.number, column.titles["vi"], "", message, {"title": column.titles["vi"]})
            )
    examples = [_example(kind, columns, language) for language in ("vi", "en")]
    rows = [row for row in table.rows[at + 1 :] if not all(is_empty(cell) for cell in row.cells)]
    rows = [row for row in rows if not any(_is_example(row, example) for example in examples)]
    found.by_kind[kind.name].append(Sheet(kind, name, columns, rows))


def _example(kind: Kind, columns: Sequence[tuple[int, Column, str]], language: str) -> dict[int, str]:
    """Position to what the template's example has there."""
    return {
        at: choice_titles(column.choices, language)[column.example] if column.choices else column.example
        for at, column, _title in columns
        if kind.columns[column.field].example
    }


def _is_example(row: Row, example: Mapping[int, str]) -> bool:
    return bool(example) and all(
        at < len(row.cells) and cell_text(row.cells[at]) == text for at, text in example.items()
    )


def _columns(found: Sheets, kind: Kind, name: str, header: Row) -> Iterator[tuple[int, Column, str]]:
    seen: dict[str, str] = {}
    for at, cell in enumerate(header.cells):
        title = cell_text(cell)[:120]
        if not title:
            continue
        column = _column_of(kind, title)
        if column is None:
            message = N_("this column is not known: it is not imported")
            found.notes.append(Note(name, header.number, title, "", message, is_warning=True))
        elif column.field in seen:
            message = N_("this column means the same as “{title}”: remove one of them")
            found.notes.append(Note(name, header.number, title, "", message, {"title": seen[column.field]}))
        else:
            seen[column.field] = title
            yield at, column, title


def _column_of(kind: Kind, title: str) -> Column | None:
    form = search_form(title.replace("_", " ").rstrip(" *:"))
    return next((column for column in kind.columns.values() if form in column.forms), None)


def _kind_of(table: Table) -> tuple[Kind | None, int]:
    """The kind of a table and the index of its row of titles: by the sheet's name, else by the titles that are there."""
    named = search_form(table.sheet.replace("_", " "))
    kinds = [kind for kind in KINDS.values() if named in kind.forms] or list(KINDS.values())
    is_named = len(kinds) == 1
    best: tuple[int, int, Kind | None, int] = (0, 0, None, 0)
    for at, row in enumerate(table.rows[:_HEADER_WITHIN]):
        titles = [cell_text(cell) for cell in row.cells if not is_empty(cell)]
        for kind in kinds:
            columns = {column.field for title in titles if (column := _column_of(kind, title))}
            needed = sum(column.is_needed for column in kind.columns.values())
            n_needed = sum(kind.columns[name].is_needed for name in columns)
            # All that is needed counts most: "code, name, parent" are titles of several kinds.
            score = (int(n_needed == needed), len(columns) + n_needed)
            if ((is_named and columns) or n_needed == needed) and score > best[:2]:
                best = (*score, kind, at)
    return best[2], best[3]
