"""The rows of one table to indicators, column by column."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, tzinfo
from itertools import repeat
from typing import Literal, TypeVar

from vonggac.detectors.indicators import aliases
from vonggac.detectors.indicators.columns import Layout, is_nothing, list_role
from vonggac.detectors.indicators.dates import times_us
from vonggac.detectors.indicators.faults import Fault, shorten
from vonggac.detectors.indicators.indicator import MISREAD, Indicator, Place
from vonggac.detectors.indicators.values import CellValues, Value, parse_cell, plain_ipv4
from vonggac.detectors.indicators.warninglists import Warninglists
from vonggac.tables.table import Cell, Row, Table, Unread, cell_text, is_empty

_NO_VALUES = CellValues()
_WHOLE = re.compile(r"\d{1,12}")
_THOUSANDS = re.compile(r"(?<=\d)[.,\s](?=\d{3}(?!\d))")
MAX_TEXT = 400
R = TypeVar("R")
T = TypeVar("T")


@dataclass(slots=True)
class TableRows:
    """What the rows of a table gave."""

    indicators: list[Indicator] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def read_rows(
    table: Table,
    layout: Layout,
    warninglists: Warninglists | None,
    zone: tzinfo,
    role: Literal["victim", "hostile"] | None,
    family: Callable[[str], str],
) -> TableRows:
    """Indicators and faults of the rows below the header. ``family``: the text of a malware cell to what is kept of it."""
    return _Reading(table, layout, warninglists, zone, role, family).read()


@dataclass(frozen=True, slots=True)
class _Details:
    """What the other columns say, per row; columns that are not there repeat their default."""

    malware: Sequence[str]
    first_seen: Sequence[int | None]
    last_seen: Sequence[int | None]
    port: Sequence[int | None]
    destination_port: Sequence[int | None]
    organisation: Sequence[str]
    count: Sequence[int | None]
    note: Sequence[str]


class _Reading:
    """One table while it is read. ``rows`` are those below the header."""

    def __init__(
        self, table: Table, layout: Layout, warninglists: Warninglists | None, zone: tzinfo,
        role: Literal["victim", "hostile"] | None, family: Callable[[str], str],
    ) -> None:  # fmt: skip
        self.table = table
        self.family = family
        self.layout = layout
        self.rows: Sequence[Row] = table.rows[layout.first :]
        self.warninglists = warninglists
        self.zone = zone
        self.found = TableRows()
        self._columns = self._transpose()
        self._parsed: dict[str, CellValues] = {}
        self._warnings: dict[tuple[str, str], tuple[str, ...]] = {}
        self.primary, self.secondary, self.role = self._sides(role)

    def _sides(
        self, role: Literal["victim", "hostile"] | None
    ) -> tuple[list[int], list[int], Literal["victim", "hostile"]]:
        """The columns whose values the rows are about, those that say whom these talked to, and the role of the first."""
        columns = self.layout.columns
        if victims := columns("victim"):
            return victims, columns("destination", "hash"), "victim"
        if plain := columns("address", "indicator", "hash"):
            return plain, columns("destination"), role or list_role(self.layout)
        return columns("destination"), [], "hostile"

    def read(self) -> TableRows:
        """All of it."""
        values = self._values(self.primary)
        others = self._values(self.secondary)
        self._pass_over(values, others)
        details = self._details()
        kept = self._report_faults(values, is_kept=False)
        destinations = self._report_faults(others, is_kept=True)
        self._report_empty(values, others)
        sinks = self._sinkholes(destinations, details)
        self._add_primary(kept, destinations, details, sinks)
        self._add_destinations(destinations, details, sinks)
        self.found.faults.sort(key=lambda fault: fault.place.row)
        return self.found

    def _transpose(self) -> Sequence[Sequence[Cell]] | None:
        """The columns of the rows; None where the rows differ in length."""
        cells = [row.cells for row in self.rows]
        return list(zip(*cells, strict=True)) if len(set(map(len, cells))) == 1 else None

    def _column(self, column: int) -> Sequence[Cell]:
        if self._columns is not None:
            return self._columns[column] if column < len(self._columns) else [""] * len(self.rows)
        return [row.cells[column] if column < len(row.cells) else "" for row in self.rows]

    def _place(self, index: int) -> Place:
        return Place(self.table.file, self.table.sheet, self.rows[index].number)

    def _fault(self, index: int, reason: str, text: str, *, is_kept: bool = False) -> None:
        self.found.faults.append(Fault(self._place(index), reason, shorten(text), is_kept))

    def _values(self, columns: Sequence[int]) -> list[CellValues]:
        """What the cells of ``columns`` hold, per row."""
        per_column = [list(map(self._parse, self._column(column))) for column in columns]
        if len(per_column) == 1:
            return per_column[0]
        if not per_column:
            return []
        return [
            CellValues(sum((cell.values for cell in cells), ()), sum((cell.faults for cell in cells), ()))
            for cells in zip(*per_column, strict=True)
        ]

    def _parse(self, cell: Cell) -> CellValues:
        if not isinstance(cell, str):
            if isinstance(cell, Unread):
                return CellValues((), (("", cell.reason),))
            cell = cell_text(cell)
        found = self._parsed.get(cell)
        if found is None and (value := plain_ipv4(cell)):
            self._parsed[cell] = found = CellValues((value,))
        elif found is None:
            text = cell.strip()
            found = _NO_VALUES if is_nothing(text) else parse_cell(text)
            self._parsed[cell] = found
        return found

    def _pass_over(self, values: Sequence[CellValues], others: Sequence[CellValues]) -> None:
        """Take out the rows that are no entries: headers again (a new page), headings, totals."""
        above: set[tuple[str, ...]] | None = None
        dropped: set[int] = set()
        for index, found in enumerate(values):
            if found.values or (others and others[index].values):
                continue
            texts = tuple(cell_text(cell) for cell in self.rows[index].cells)
            if above is None:
                above = {tuple(map(cell_text, row.cells)) for row in self.table.rows[: self.layout.first]}
                above.add(self.layout.headers)
            if texts in above or texts == self.layout.headers[: len(texts)]:
                dropped.add(index)
                self.found.passed_over["repeated_header"] += 1
            elif self._is_heading(index, found):
                dropped.add(index)
                self.found.passed_over["heading"] += 1
        if dropped:
            self.rows = [row for index, row in enumerate(self.rows) if index not in dropped]
            for column in (values, others):
                if column:
                    column[:] = [found for index, found in enumerate(column) if index not in dropped]  # type: ignore[index]
            self._columns = self._transpose()

    def _is_heading(self, index: int, found: CellValues) -> bool:
        """A lone text in a table of several columns, or beside it only a number: a group's title, a total, a signature."""
        if any(reason != "not_a_value" for _, reason in found.faults) or len(self.layout.headers) < 2:
            return False
        ordinals, names = self.layout.columns("ordinal"), self.layout.columns("organisation")
        texts = {c: cell_text(cell) for c, cell in enumerate(self.rows[index].cells) if not is_empty(cell)}
        if any(text.casefold().startswith(("tổng", "cộng", "total")) for text in texts.values()):
            return True
        if any(texts.get(column, "").isdecimal() for column in ordinals) or (not ordinals and list(texts) == names[:1]):
            return False  # an entry without its address
        others = [text for column, text in texts.items() if column not in ordinals]
        return len(others) <= 2 and sum(not _WHOLE.fullmatch(text) for text in others) <= 1  # a title and a count

    def _details(self) -> _Details:
        n = len(self.rows)
        first, last = self._times("first_seen"), self._times("last_seen")
        if seen := self._times("seen"):
            first, last = first or seen, last or seen
        nothing: list[None] = [None] * n
        return _Details(
            malware=self._texts("malware", self.family),
            first_seen=first or nothing,
            last_seen=last or nothing,
            port=self._numbers("port", 65535) or nothing,
            destination_port=self._numbers("destination_port", 65535) or nothing,
            organisation=self._texts("organisation", as_written),
            count=self._numbers("count", None) or nothing,
            note=self._notes(),
        )

    def _texts(self, role: str, shape: Callable[[str], str]) -> list[str]:
        columns = self.layout.columns(role)
        if not columns:
            return [""] * len(self.rows)
        known: dict[str, str] = {}
        result = []
        for cell in self._column(columns[0]):
            key = cell if isinstance(cell, str) else cell_text(cell)
            text = known.get(key)
            if text is None:
                text = known[key] = "" if is_nothing(key) else shape(key)
            result.append(text)
        return result

    def _notes(self) -> list[str]:
        notes = self._texts("note", as_written)
        for column in self.layout.columns("inner"):
            notes = [
                "; ".join(filter(None, (note, "" if is_nothing(cell) else f"inner: {as_written(cell_text(cell))}")))
                for note, cell in zip(notes, self._column(column), strict=True)
            ]
        return notes

    def _times(self, role: str) -> list[int | None]:
        columns = self.layout.columns(role)
        if not columns:
            return []
        cells = self._column(columns[0])
        hours = self.layout.columns("hour")
        if hours and role == "seen":
            cells = [_joined(day, hour) for day, hour in zip(cells, self._column(hours[0]), strict=True)]
        times = times_us(cells, self.zone)
        for index, moment in enumerate(times):
            if moment is None and not is_nothing(cells[index]):
                self._cell_fault(index, cells[index], "bad_time")
        return times

    def _cell_fault(self, index: int, cell: Cell, reason: str) -> None:
        self._fault(index, cell.reason if isinstance(cell, Unread) else reason, cell_text(cell), is_kept=True)

    def _numbers(self, role: str, limit: int | None) -> list[int | None]:
        columns = self.layout.columns(role)
        if not columns:
            return []
        cells = self._column(columns[0])
        if all(cell.__class__ is str and cell.isdecimal() and len(cell) <= 5 for cell in cells):
            numbers = list(map(int, cells))  # type: ignore[arg-type]
            if limit is None or max(numbers, default=0) <= limit:
                return numbers  # type: ignore[return-value]
        known: dict[Cell, int | None] = {}
        result: list[int | None] = []
        for index, cell in enumerate(cells):
            if cell not in known:
                known[cell] = _number(cell_text(cell), limit)
            number = known[cell]
            if number is None and not is_nothing(cell):
                self._cell_fault(index, cell, "bad_count" if limit is None else "bad_port")
            result.append(number)
        return result

    def _report_faults(self, found: Sequence[CellValues], *, is_kept: bool) -> list[tuple[Value, ...]]:
        """The values of each row that may become indicators; what may not is reported."""
        result: list[tuple[Value, ...]] = []
        for index, (values, faults) in enumerate(found):
            if faults:
                for text, reason in faults:
                    if not (reason == "not_a_value" and values):
                        self._fault(index, reason, text, is_kept=is_kept or bool(values))
            if len(values) == 1 and not values[0].scope:
                result.append(values)
                continue
            public = tuple(value for value in values if not value.scope)
            for value in values:
                if value.scope:
                    self._fault(index, value.scope, value.original, is_kept=is_kept or bool(public))
            result.append(public)
        return result

    def _report_empty(self, values: Sequence[CellValues], others: Sequence[CellValues]) -> None:
        if not self.primary:
            for index, row in enumerate(self.rows):
                self._fault(index, "no_value", " ".join(cell_text(cell) for cell in row.cells[:20]))
            return
        for index, found in enumerate(values):
            if not found.values and not found.faults:
                text = " ".join(filter(None, (cell_text(cell) for cell in self.rows[index].cells[:20])))
                self._fault(index, "no_value", text, is_kept=bool(others and others[index].values))

    def _warned(self, value: Value) -> tuple[str, ...]:
        if self.warninglists is None:
            return ()
        key = (value.kind, value.value)
        found = self._warnings.get(key)
        if found is None:
            found = self._warnings[key] = self.warninglists.names_for(value.kind, value.value)
        return found

    def _doubt(self, index: int, columns: Sequence[int]) -> tuple[str, ...]:
        """Why what stands in ``columns`` of a row that was recognised may have been misread."""
        if not self.table.doubts:
            return ()
        found = (self.table.doubts.get((self.rows[index].number, column)) for column in columns)
        return tuple(
            f"{MISREAD} {one.sure} %" + (f": {one.written}" if one.written else "") for one in found if one is not None
        )

    def _add_primary(
        self,
        kept: Sequence[tuple[Value, ...]],
        destinations: Sequence[tuple[Value, ...]],
        details: _Details,
        sinks: set[int],
    ) -> None:
        flat = [value for values in kept for value in values]
        if not flat:
            return
        chosen = [index for index, values in enumerate(kept) for _ in values]
        is_whole = len(chosen) == len(kept) and all(map(len, kept))

        def spread(column: Sequence[T]) -> Sequence[T]:
            return column if is_whole else [column[index] for index in chosen]

        numbers = spread([row.number for row in self.rows])
        notes = list(details.note)
        for index in sinks:
            notes[index] = f"{notes[index]}; sinkhole" if notes[index] else "sinkhole"
        kinds, normal, originals, own_ports, _ = zip(*flat, strict=True)
        ports = _filled(own_ports, spread(details.port))
        targets, target_ports = self._targets(destinations, details)
        if self.role == "hostile":  # the ports of a hostile list are those of the hostile side
            ports, target_ports = _filled(ports, spread(target_ports)), [None] * len(kept)
        n = len(flat)
        places = bulk(Place, n, repeat(self.table.file), repeat(self.table.sheet), numbers)
        warnings: Iterable[tuple[str, ...]] = map(self._warned, flat) if self.warninglists is not None else repeat(())
        if self.table.doubts:
            doubts = spread([self._doubt(index, self.primary) for index in range(len(self.rows))])
            warnings = [(*names, *doubt) for names, doubt in zip(warnings, doubts, strict=False)]
        self.found.indicators += bulk(
            Indicator, n, kinds, normal, originals, repeat(self.role), places, spread(details.malware),
            spread(details.first_seen), spread(details.last_seen), ports, spread(targets), spread(target_ports),
            spread(details.organisation), spread(details.count), warnings, spread(notes), repeat(None),
        )  # fmt: skip

    def _targets(
        self, destinations: Sequence[tuple[Value, ...]], details: _Details
    ) -> tuple[Sequence[str], Sequence[int | None]]:
        """The first destination of each row and its port."""
        if not destinations:
            return [""] * len(self.rows), details.destination_port
        first = [next((v for v in values if v.kind not in _HASH_KINDS), None) for values in destinations]
        ports = _filled([value.port if value else None for value in first], details.destination_port)
        return [value.value if value else "" for value in first], ports

    def _sinkholes(self, destinations: Sequence[tuple[Value, ...]], details: _Details) -> set[int]:
        """The rows whose destination is a sinkhole: contact with it means infected, and it is not to be attacked."""
        columns = self.layout.columns("destination")
        if not columns:
            return set()
        if any("sinkhole" in self.layout.headers[c].lower() for c in columns):
            return {index for index, values in enumerate(destinations or ()) if values}
        found: set[int] = set()
        for texts in (*map(self._column, columns), details.malware, details.note):
            named = {text for text in set(texts) if isinstance(text, str) and "sinkhole" in text.lower()}
            if named:
                found.update(index for index, text in enumerate(texts) if text in named)
        if self.warninglists is not None:
            found |= {i for i, values in enumerate(destinations) if any(_is_sinkhole(self._warned(v)) for v in values)}
        return found

    def _add_destinations(self, destinations: Sequence[tuple[Value, ...]], details: _Details, sinks: set[int]) -> None:
        merged: dict[tuple[str, str, int | None, str], Indicator] = {}
        spans: dict[tuple[str, str, int | None, str], list[int | None]] = {}
        for index, value in _flat(destinations):
            port = value.port if value.port is not None else details.destination_port[index]
            malware = details.malware[index]
            key = (value.kind, value.value, port, malware)
            first, last = details.first_seen[index], details.last_seen[index]
            span = spans.get(key)
            if span is not None:
                if first is not None and (span[0] is None or first < span[0]):
                    span[0] = first
                if last is not None and (span[1] is None or last > span[1]):
                    span[1] = last
                continue
            spans[key] = [first, last]
            merged[key] = Indicator(
                value.kind, value.value, value.original, "hostile", self._place(index), malware, port=port,
                warnings=(*self._warned(value), *self._doubt(index, self.secondary)), note="sinkhole" if index in sinks else "",
            )  # fmt: skip
        self.found.indicators += [
            replace(indicator, first_seen=spans[key][0], last_seen=spans[key][1]) for key, indicator in merged.items()
        ]


_HASH_KINDS = frozenset({"md5", "sha1", "sha256"})


def _flat(rows: Sequence[tuple[Value, ...]]) -> Iterator[tuple[int, Value]]:
    for index, values in enumerate(rows):
        for value in values:
            yield index, value


def _filled(first: Iterable[int | None], second: Iterable[int | None]) -> list[int | None]:
    """``first``, with the values of ``second`` where there is none."""
    return [b if a is None else a for a, b in zip(first, second, strict=True)]


def bulk(cls: type[R], n: int, *columns: Iterable[object]) -> list[R]:
    """``n`` instances of a frozen dataclass with slots, all fields given as columns in order.

    Three times as fast as calling the class ``n`` times: each column is stored by one C loop. Such classes have nothing but
    their fields, so an instance is whole when all are stored.
    """
    records = list(map(cls.__new__, repeat(cls, n)))
    names = [one.name for one in fields(cls)]  # type: ignore[arg-type]  # a dataclass, as said
    for name, column in zip(names, columns, strict=True):
        deque(map(cls.__dict__[name].__set__, records, column), maxlen=0)
    return records


def _is_sinkhole(names: Sequence[str]) -> bool:
    return any("sinkhole" in name.lower() for name in names)


def as_written(text: str) -> str:
    """``text`` on one line."""
    return " ".join(text.split())[:MAX_TEXT]


def family_of(text: str) -> str:
    """The family that a cell names; of several, each, with commas between."""
    text = as_written(text)
    whole = aliases.resolve(text).family
    if whole != text:
        return whole
    parts = [part.strip() for part in re.split(r"[,;|]|\s/\s", text) if part.strip()]
    return ", ".join(dict.fromkeys(aliases.resolve(part).family for part in parts))


def _number(text: str, limit: int | None) -> int | None:
    """The first whole number in ``text``; None when there is none or it is over ``limit``."""
    found = _WHOLE.search(text if limit is not None else _THOUSANDS.sub("", text))
    if not found or (limit is not None and int(found.group()) > limit):
        return None
    return int(found.group())


def _joined(day: Cell, hour: Cell) -> Cell:
    """A day and a time of day from two columns, as one text."""
    if is_empty(hour):
        return day
    date_text = day.date().isoformat() if isinstance(day, datetime) else cell_text(day)
    if isinstance(day, date | str):
        return f"{date_text} {cell_text(hour)}"
    return day
