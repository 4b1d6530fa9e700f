"""A list that is typed in beside its picture: pages of cells, each of which somebody looked at, and the CSV that they become."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vonggac.detectors.indicators.columns import find_header, find_layout
from vonggac.jobs.pictures import MOST_COLUMNS, MOST_ROWS, Cell
from vonggac.tables import Row, Table
from vonggac.web.intel.words import HEADERS

BLANK_ROLES = ("organisation", "victim", "port", "malware", "last_seen", "destination")
"""Columns of a page on which nothing was recognised."""

MOST_KEPT = 2_000
_MOST_TEXT = 250
_SURE = 101
"""Of a cell that nobody has to look at: it is empty, or was typed."""


@dataclass(slots=True)
class Sheet:
    """One page while it is typed. ``roles``: of its columns, empty: leave it out. ``read``: texts of a machine that nobody looked at yet.

    ``open``: places (row, column) of those that still wait for somebody's look.
    """

    roles: list[str]
    rows: list[list[str]]
    read: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)
    open: set[tuple[int, int]] = field(default_factory=set)

    @property
    def shown(self) -> list[list[dict[str, Any]]]:
        """The cells as the page draws them."""
        return [
            [
                {
                    "name": f"cell-{y}-{x}",
                    "place": f"{y}-{x}",
                    "row": y + 1,
                    "text": text,
                    "is_open": (y, x) in self.open,
                    "is_read": (y, x) in self.read,
                    "is_unsure": self.read.get((y, x), ("", _SURE))[1] < 70,
                }
                for x, text in enumerate(row)
            ]
            for y, row in enumerate(self.rows)
        ]

    @property
    def told(self) -> str:
        """What a machine read, as the page carries it along."""
        return json.dumps(
            [[y, x, text, sure] for (y, x), (text, sure) in sorted(self.read.items())], ensure_ascii=False
        )


def blank(n_rows: int = 20) -> Sheet:
    """A page without anything on it."""
    return Sheet(list(BLANK_ROLES), [[""] * len(BLANK_ROLES) for _ in range(n_rows)])


def of_cells(cells: Sequence[Sequence[Cell]]) -> Sheet:
    """A page as it was recognised: every text on it waits for somebody's look. Rows above and of the header are left out."""
    if not cells or not cells[0]:
        return blank()
    table = Table("", "", [Row(n, [cell.text for cell in row]) for n, row in enumerate(cells, 1)])
    header = find_header(table)
    layout = find_layout(table, {}, header)
    columns = [x for x in range(len(cells[0])) if layout.roles.get(x) != "ordinal"][:MOST_COLUMNS]
    kept = cells[layout.first if layout.has_header else 0 :][:MOST_ROWS]
    roles = [layout.roles.get(x, "") for x in columns]
    sheet = Sheet(
        [role if role in HEADERS else "" for role in roles],
        [[row[x].text[:_MOST_TEXT] for x in columns] for row in kept],
    )
    for y, row in enumerate(kept):
        for at, x in enumerate(columns):
            if row[x].text:
                sheet.read[y, at] = (row[x].text[:_MOST_TEXT], row[x].sure)
    sheet.open = {(y, x) for y, x in sheet.read if sheet.roles[x]}
    for _spare in range(min(3, MOST_ROWS - len(sheet.rows))):
        sheet.rows.append([""] * len(columns))
    return sheet


def of_form(posted: Mapping[str, str], confirmed: Sequence[str]) -> Sheet:
    """A page as it was sent; what cannot be one of ours is passed over."""
    width = _number(posted.get("n_columns", ""), MOST_COLUMNS)
    height = _number(posted.get("n_rows", ""), MOST_ROWS)
    roles = [posted.get(f"role-{x}", "") for x in range(width)]
    rows = [[posted.get(f"cell-{y}-{x}", "").strip()[:_MOST_TEXT] for x in range(width)] for y in range(height)]
    sheet = Sheet(
        [role if role in HEADERS else "" for role in roles], rows, _read(posted.get("read", ""), width, height)
    )
    seen = set(confirmed)
    sheet.open = {
        (y, x)
        for (y, x), (text, _sure) in sheet.read.items()
        if sheet.roles[x] and text and rows[y][x] == text and f"{y}-{x}" not in seen
    }
    return sheet


def _number(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _read(text: str, width: int, height: int) -> dict[tuple[int, int], tuple[str, int]]:
    try:
        rows = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return {}
    found: dict[tuple[int, int], tuple[str, int]] = {}
    for one in rows if isinstance(rows, list) else []:
        match one:
            case [int(y), int(x), str(said), int(sure)] if 0 <= y < height and 0 <= x < width:
                found[y, x] = (said[:_MOST_TEXT], sure)
    return found


def kept_of(text: str) -> list[dict[str, str]]:
    """Rows (role to text) of the pages before, as the page carried them along."""
    try:
        rows = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    listed = rows[:MOST_KEPT] if isinstance(rows, list) else []
    return [
        {role: str(one[role])[:_MOST_TEXT] for role in HEADERS if role in one}
        for one in listed
        if isinstance(one, dict)
    ]


def rows_of(sheet: Sheet) -> list[dict[str, str]]:
    """What was typed on a page: role to text, rows of nothing left out; two columns of one role are joined."""
    found = []
    for row in sheet.rows:
        values: dict[str, str] = {}
        for role, text in zip(sheet.roles, row, strict=True):
            if role and text:
                values[role] = f"{values[role]} {text}" if role in values else text
        if values:
            found.append(values)
    return found


def csv_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """The rows as a CSV whose headers are read back as the roles that they stand for."""
    roles = [role for role in HEADERS if any(role in row for row in rows)]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([HEADERS[role] for role in roles])
    writer.writerows([row.get(role, "") for role in roles] for row in rows)
    return ("\ufeff" + file.getvalue()).encode("utf-8", "replace")
