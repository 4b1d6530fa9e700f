"""The W3C extended log format: ``#Fields:`` says what the lines after it hold, until another says otherwise.

Between values stands one blank (IIS, Windows firewall, Blue Coat), a tab (CloudFront, TMG) or a comma (Exchange); a value with
blanks in it is in quotes, in which a quote is doubled. ``-`` and an empty value are absent. ``cs(User-Agent)`` is called
``cs-user-agent``; names are in lower case. ``timestamp`` is put together of ``date`` and ``time``, the date of ``#Date:`` where
lines have none; the format's times are UTC unless ``#Time Format: Local`` says otherwise.

Format: W3C working draft WD-logfile-960323, "Extended Log File Format".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vonggac.events.batch import EventBatch, Shape
from vonggac.sources.csv_table import parse_row
from vonggac.sources.derived import Derived
from vonggac.sources.excerpts import Lines
from vonggac.sources.line_kernels import survey_table
from vonggac.sources.lines import RawLines, SkipCounter, frame_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader

MAX_FIELDS = 1000
"""More names than this in one ``#Fields:`` line are not looked at."""

MAX_DIRECTIVE = 64 << 10
"""What is longer in a line that begins with ``#`` is not looked at: every block carries these lines."""

_DIRECTIVE = re.compile(r"#\s*(Fields|Software|Date|Time Format):\s*(.*)", re.IGNORECASE)
_HEADER_FIELD = re.compile(r"(\w{1,8})\(([^()]{1,100})\)")
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"|(\S+)')
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

Columns = dict[str, Sequence[object]]
Extend = Callable[[Columns, int], None]
"""Adds to the columns of that many rows what a source derives of them."""


class Directives:
    """The ``#`` lines in force."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}
        self.names: tuple[str, ...] = ()
        self.is_csv = False
        self.date = ""
        self.is_local = False

    def take(self, line: str) -> None:
        """Take over a line that begins with ``#``."""
        line = line[:MAX_DIRECTIVE]
        found = _DIRECTIVE.match(line)
        if found is None:
            return
        kind, value = found[1].lower(), found[2].strip()
        self._lines[kind] = line
        if kind == "fields":
            self.is_csv = "," in value and " " not in value
            self.names = _names(re.split(r"," if self.is_csv else r"\s+", value)) if value else ()
        elif kind == "date":
            self.date = day[0] if (day := _DATE.match(value)) else ""
        elif kind == "time format":
            self.is_local = value.lower() == "local"

    def context(self) -> bytes:
        """The lines in force, as they would stand in a file."""
        return "\n".join(self._lines.values()).encode()

    @classmethod
    def of(cls, context: bytes) -> Directives:
        """What :meth:`context` wrote."""
        directives = cls()
        for line in context.decode().split("\n"):
            directives.take(line)
        return directives


def _names(written: Sequence[str]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for text in written[:MAX_FIELDS]:
        found = _HEADER_FIELD.fullmatch(text)
        name = candidate = (f"{found[1]}-{found[2]}" if found else text).lower()
        count = 1
        while candidate in names:
            count += 1
            candidate = f"{name}_{count}"
        names[candidate] = None
    return tuple(names)


def directive_lines(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the lines of ``data`` that begin with ``#`` begin and end (their line end included)."""
    start = 0 if data.startswith(b"#") else data.find(b"\n#") + 1
    while start or data.startswith(b"#"):
        end = data.find(b"\n", start) + 1 or len(data)
        yield start, end
        if data[end : end + 1] == b"#":
            start = end
        else:
            start = data.find(b"\n#", end) + 1
            if not start:
                return


def _text(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text


def frame(stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Blocks of whole lines, with the directives in force at their beginning as context."""
    directives = Directives()
    for block in frame_lines(stream, block_bytes=block_bytes):
        yield replace(block, context=directives.context())
        for start, end in directive_lines(block.data):
            directives.take(_text(block.data[start:end]).rstrip("\n"))


def decode(source: str, block: Block, options: Options, extend: Extend) -> EventBatch:
    """One event per line that is no directive; records are line numbers."""
    skips = SkipCounter(block.skipped)
    directives = Directives.of(block.context)
    shapes: list[Shape] = []
    first, begun = block.first_record, 0
    for start, end in [*directive_lines(block.data), (len(block.data), len(block.data))]:
        if start > begun:
            part = block.data[begun:start]
            shape = _shape(directives, _text(part), first, skips, extend)
            if shape is not None:
                shapes.append(shape)
            first += part.count(b"\n")
        if end > start:
            directives.take(_text(block.data[start:end]).rstrip("\n"))
            first += 1
        begun = end
    return EventBatch(source, shapes, options.zone, RawLines(block), skips.skips(), options.year)


def survey(lines: Lines, context: bytes) -> NDArray[np.uint8] | None:
    """Of lines whose values hold no blanks: one with a value for each name is an event, all else is open."""
    directives = Directives.of(context)
    begins = lines.data[np.minimum(lines.starts, len(lines.data) - 1)] if len(lines.data) else lines.data
    cuts = np.flatnonzero((lines.ends > lines.starts) & (begins == ord("#"))).tolist()
    parts = []
    start = 0
    for stop in [*cuts, len(lines)]:
        if directives.is_csv:
            return None
        part = slice(start, stop)
        parts.append(survey_table(lines.data, lines.starts[part], lines.ends[part], 32, len(directives.names)))
        if stop < len(lines):
            directives.take(_text(lines.data[lines.starts[stop] : lines.ends[stop]].tobytes()))
        start = stop
    return np.concatenate(parts)


def _shape(directives: Directives, text: str, first: int, skips: SkipCounter, extend: Extend) -> Shape | None:
    names = directives.names
    begun = len(text) - len(text.lstrip("\n"))  # the Windows firewall leaves a line free after its header
    text, first = text[begun:], first + begun
    records: Sequence[int]
    cells = None if directives.is_csv else _equal_cells(text, len(names))
    if cells is not None:
        n_names = len(names)
        columns: list[Sequence[str]] = [cells[position::n_names] for position in range(n_names)]
        records = range(first, first + len(columns[0]))
    else:
        columns, records = _unequal_cells(directives, text, first, skips)
    if not records:
        return None
    found: Columns = {name: _Present(column) for name, column in zip(names, columns, strict=True)}
    _add_time(found, directives, len(records))
    extend(found, len(records))
    return Shape(tuple(found), list(found.values()), records)


def _equal_cells(text: str, n_names: int) -> list[str] | None:
    """All cells, when every line has exactly ``n_names`` of them with one blank between; None when any has not."""
    if not n_names or '"' in text or "\t" in text:
        return None
    if not text.endswith("\n"):
        text += "\n"
    data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    marks = data[(data == 32) | (data == 10)]
    if len(marks) % n_names:
        return None
    lines = marks.reshape(-1, n_names)
    if not ((lines[:, -1] == 10).all() and (lines[:, :-1] == 32).all()):
        return None
    cells = text[:-1].replace("\n", " ").split(" ")
    firsts = cells[::n_names]
    return None if "" in firsts or any(map(str.isspace, firsts)) else cells  # a line may be blank


def _unequal_cells(
    directives: Directives, text: str, first: int, skips: SkipCounter
) -> tuple[list[Sequence[str]], list[int]]:
    """The columns and records of the lines that have a value for each name."""
    n_names = len(directives.names)
    rows: list[Sequence[str]] = []
    records: list[int] = []
    lines = text.split("\n")
    for record, line in enumerate(lines, first):
        if not line or line.isspace():
            continue
        if not n_names:
            skips.add("no_header", record, line[:80])
            continue
        cells = _cells(line, n_names, is_csv=directives.is_csv)
        if len(cells) == n_names:
            rows.append(cells)
            records.append(record)
        else:
            skips.add("wrong_columns", record, f"{len(cells)} values, {n_names} names")
    return list(zip(*rows, strict=True)), records


def _cells(line: str, n_names: int, *, is_csv: bool) -> Sequence[str]:
    if is_csv:
        return parse_row(line, ",") or ()
    if line.count("\t") == n_names - 1 > 0:
        cells = line.split("\t")
    else:
        cells = line.split(" ")
        if len(cells) != n_names and '"' in line:
            return [double.replace('""', '"') if double else plain for double, plain in _QUOTED.findall(line)]
    if len(cells) > n_names and not any(cells[n_names:]):
        del cells[n_names:]
    if '"' in line:
        cells = [cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell for cell in cells]
    return cells


def _present(value: object) -> object:
    return None if value in ("-", "") else value


class _Present(Derived):
    """Values of which ``-`` and the empty one are absent."""

    __slots__ = ()

    def __init__(self, values: Sequence[object]) -> None:
        super().__init__(_present, values)

    def _values(self) -> list[object]:
        if self._all is None:
            self._all = [None if value == "-" or value == "" else value for value in self._base]  # noqa: PLR1714  # faster than a tuple
        return self._all


def _add_time(columns: Columns, directives: Directives, n_rows: int) -> None:
    if "timestamp" in columns or "time" not in columns:
        return
    zone = "" if directives.is_local else "Z"
    times = columns["time"]
    dates = columns.get("date")
    if dates is None:
        if directives.date:
            day = directives.date
            columns["timestamp"] = Derived(lambda time: f"{day} {time}{zone}" if time else None, times)
        return
    columns["timestamp"] = _Times(dates, times, zone, range(n_rows))


class _Times(Derived):
    """Date and time of each row as one text."""

    __slots__ = ("_dates", "_times", "_zone")

    def __init__(self, dates: Sequence[object], times: Sequence[object], zone: str, rows: range) -> None:
        self._dates, self._times, self._zone = dates, times, zone
        super().__init__(self._of, rows)

    def _of(self, row: int) -> object:
        date, time = self._dates[row], self._times[row]
        return f"{date} {time}{self._zone}" if date and time else None

    def _values(self) -> list[object]:
        if self._all is None:
            zone = self._zone
            self._all = [
                f"{date} {time}{zone}" if date and time else None
                for date, time in zip(self._dates, self._times, strict=True)
            ]
        return self._all
