"""What a table is: rows of cells with their place, however the office file wrote them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from vonggac.errors import N_, InputError

MAX_CELLS = 12_000_000
"""The largest rectangle of a sheet that is read: about 400 MiB while it is read, 1,048,576 rows by 11 columns."""

MAX_ROWS = 5_000_000
"""How many lines of a text or CSV file are read."""

MAX_BYTES = 512 << 20
"""The largest file that is read."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A cell whose value the file does not hold: ``reason`` is a key of :data:`UNREAD`."""

    reason: str


UNREAD: dict[str, str] = {
    "formula": N_("a formula without a stored value: open and save the file in a spreadsheet program"),
    "error": N_("the cell holds an error value"),
}

Cell = str | int | float | bool | datetime | date | time | timedelta | Unread
"""A cell; an empty one is the empty text."""


class Row(NamedTuple):
    """One row that is not empty. ``number`` counts from 1 as a person reading the file would (lines, sheet rows)."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a recognised cell is not sure: how sure of 100 the recogniser was, and what it read where that was mended."""

    sure: int
    written: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one sheet, document table or page. ``title``: text that stands before the table, as far as the format has it.

    Cells of a vertical merge all hold its value; of a horizontal merge only the first does. Rows may differ in length.
    ``doubts``: (number of a row, column from 0) to why what stands there may have been misread in a picture.
    """

    file: str
    sheet: str
    rows: Sequence[Row]
    title: str = ""
    doubts: Mapping[tuple[int, int], Doubt] = field(default_factory=dict)


class PicturesFound(InputError):
    """A file whose pages are pictures: whoever has a recogniser can read it. ``params["pages"]``: those, from 1."""


LEFT_OUT: dict[str, str] = {
    "empty_sheet": N_("nothing in it"),
    "hidden_sheet": N_("hidden"),
    "not_a_sheet": N_("a chart or macro sheet"),
    "too_many_cells": N_("its cells are spread over too large an area"),
    "too_many_rows": N_("only the first rows were read"),
    "damaged_sheet": N_("could not be read"),
    "no_table": N_("a page without a table"),
    "picture_page": N_("a page that is a picture, without text"),
    "too_many_pages": N_("more pages than are recognised at once"),
    "unrecognised": N_("nothing could be recognised on it: scan it again, upright and sharp"),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of a file that was not read: ``reason`` is a key of :data:`LEFT_OUT`, ``sheet`` its name, ``detail`` facts.

    ``error``: what says it all, place and reason, where the part is a file of its own.
    """

    sheet: str
    reason: str
    detail: str = ""
    error: InputError | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a file, and the parts of it that were not read."""

    tables: Sequence[Table]
    skipped: Sequence[LeftOut] = ()


def is_empty(cell: Cell) -> bool:
    """Whether a cell holds nothing but white space."""
    return cell == "" or (isinstance(cell, str) and not cell.strip())


def cell_text(cell: Cell) -> str:
    """A cell as a person sees it, near enough: whole numbers without ``.0``, dates in ISO 8601, stripped text."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    if isinstance(cell, Unread):
        return ""
    return str(cell)
