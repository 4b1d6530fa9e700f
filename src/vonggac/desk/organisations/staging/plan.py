"""A check in progress: rows read, faults told, lines and staged rows handed to the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol

import orjson

from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.staging.cells import moment_text, read
from vonggac.desk.organisations.staging.fillings import kept
from vonggac.desk.organisations.staging.kinds import KINDS, Kind
from vonggac.desk.organisations.staging.known import Known
from vonggac.desk.organisations.staging.sheets import Note, Sheet, Sheets
from vonggac.errors import Fault
from vonggac.tables import Cell, Unread, cell_text

COUNTS = ("rows", "created", "changed", "unchanged", "absent")


class Store(Protocol):
    """Where a check leaves what it finds, some thousand rows at a time."""

    def note(self, note: Note) -> None:
        """A fault or warning."""
        ...

    def line(self, line: Mapping[str, Any]) -> None:
        """An object that will be made or changed: the columns of ImportLine."""
        ...

    def staged(self, model: Any, row: Mapping[str, Any]) -> None:
        """A row for the staged table ``model``."""
        ...


@dataclass(slots=True, eq=False)
class Entry:
    """One row of a sheet. ``values``: field to what the cell says; ``existing``: the record that it is about, if there is one.

    ``owner_id``: its organisation; ``is_lame``: it hangs on a row that has faults, so that no more can be said.
    """

    sheet: Sheet
    number: int
    cells: Mapping[str, Cell]
    values: dict[str, Any]
    check: Check
    owner_id: int | None = None
    existing: dict[str, Any] | None = None
    cleaned: dict[str, Any] = field(default_factory=dict)
    is_lame: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it can be planned."""
        return not self.check.faults and not self.is_lame


@dataclass(slots=True)
class Plan:
    """What a file would do. ``n`` counts lines; ``digest`` covers them all in order.

    ``people``: organisation, key (negative while it has none) and values of those that the file has; ``lame_people``:
    organisations that have rows of people with faults.
    """

    sheets: Sheets
    known: Known
    store: Store
    zone: tzinfo
    now: datetime
    n: int = 0
    n_faults: int = 0
    counts: dict[str, dict[str, int]] = field(
        default_factory=lambda: {name: dict.fromkeys(COUNTS, 0) for name in KINDS}
    )
    people: list[tuple[int, int, Mapping[str, Any]]] = field(default_factory=list)
    lame_people: set[int | None] = field(default_factory=set)
    _digest: Any = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of all lines."""
        return str(self._digest.hexdigest())

    def entries(self, kind: str) -> list[Entry]:
        """All rows of ``kind``, each cell read; faults of cells are noted in the rows."""
        return [entry for sheet in self.sheets.by_kind[kind] for entry in self._rows(sheet)]

    def _rows(self, sheet: Sheet) -> Iterator[Entry]:
        columns = sheet.kind.columns
        self.counts[sheet.kind.name]["rows"] += len(sheet.rows)
        for row in sheet.rows:
            check, cells = Check(), sheet.cells(row)
            values = {name: read(check, columns[name], cell, self.zone) for name, cell in cells.items()}
            for name, column in columns.items():
                # A choice that may stay open is not given when its cell is empty.
                if column.kind == "choice" and not column.is_needed and values.get(name) == "":
                    del values[name]
            yield Entry(sheet, row.number, cells, values, check)

    def note(self, note: Note) -> None:
        """A fault (counted) or a warning."""
        self.n_faults += not note.is_warning
        self.store.note(note)

    def tell(self, entry: Entry) -> None:
        """Note all that is wrong with a row, each fault once."""
        told: set[tuple[str, str]] = set()
        for faults, is_warning in ((entry.check.faults, False), (entry.check.warnings, True)):
            for fault in faults:
                if (fault.field, fault.message) not in told:
                    told.add((fault.field, fault.message))
                    self.note(_note(entry, fault, is_warning=is_warning))

    def line(self, entry: Entry, label: str, changes: Mapping[str, Sequence[Any]]) -> int:
        """Plan a line for ``entry`` and give its number."""
        kind, is_new = entry.sheet.kind.name, entry.existing is None
        self.n += 1
        self.counts[kind]["created" if is_new else "changed"] += 1
        self._digest.update(line_bytes(self.n, kind, label, changes))
        self.store.line(
            {
                "n": self.n,
                "kind": kind,
                "is_new": is_new,
                "sheet": entry.sheet.name,
                "row": entry.number,
                "label": label[:300],
                "changes": changes,
            }
        )
        return self.n

    def told(self, kind: Kind, name: str, value: Any) -> Any:
        """A value for a line: what stands in a file, choices as their keys."""
        column = kind.columns[name]
        if value is None or value == "":
            return ""
        if column.kind == "organisation":
            return self.known.code_of(value)
        if column.kind == "moment":
            return moment_text(value, self.zone)
        return "; ".join(value) if column.kind == "list" else value


def line_bytes(n: int, kind: str, label: str, changes: Mapping[str, Sequence[Any]]) -> bytes:
    """The canonical form of a line, of which digests are made."""
    return orjson.dumps([n, kind, label[:300], changes], option=orjson.OPT_SORT_KEYS) + b"\n"


def _note(entry: Entry, fault: Fault, *, is_warning: bool) -> Note:
    cell = entry.cells.get(fault.field, "")
    value = "" if isinstance(cell, Unread) else cell_text(cell)
    title = entry.sheet.title(fault.field)
    return Note(entry.sheet.name, entry.number, title, value[:200], fault.message, kept(fault.params), is_warning)
