r"""Zeek logs of every kind: tab-separated with ``#`` header lines, or JSON lines.

Fields keep Zeek's names (``id.orig_h``); ``_path`` is the kind of log, from ``#path``, from ``_path`` in JSON, else from
the fields. Both forms of one log give equal events: values are typed by ``#types`` (counts and ports are integers; times,
intervals and doubles numbers; ``T`` and ``F`` booleans; sets and vectors lists), what is unset is absent, and the escapes
of the ASCII writer (``\x09``, ``\\``) are undone.

Header lines and blank lines are no records. Headers may change within a stream: a block's ``context`` has those in
force where it begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vonggac.events.batch import EventBatch, Shape
from vonggac.sources.derived import Derived
from vonggac.sources.excerpts import Lines
from vonggac.sources.json_lines import SkipRecord, parse_object, read_objects
from vonggac.sources.line_kernels import survey_table
from vonggac.sources.lines import RawLines, SkipCounter, frame_lines, head_lines, text_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.zeek_paths import path_of

_DIRECTIVES = ("separator", "set_separator", "empty_field", "unset_field", "path", "fields", "types")
_JSON_START = re.compile(rb"\s*\{")
_JSON, _TABLE = b"{", b"\n"  # contexts: a stream of JSON lines, a table before its first header line
_ESCAPE_RUN = re.compile(r"(?:\\x[0-9a-fA-F]{2})+|\\\\")
_JSON_SIGNS = frozenset({"id.orig_h", "id.resp_h", "uid", "fuid", "_write_ts", "_system_name", "certificate.serial"})


def unescape(text: str) -> str:
    """Undo the ASCII writer's escapes; bytes that are not UTF-8 become U+FFFD."""
    return _ESCAPE_RUN.sub(_unescape_run, text) if "\\" in text else text


def _unescape_run(found: re.Match[str]) -> str:
    run = found[0]
    return "\\" if run == "\\\\" else bytes.fromhex(run.replace("\\x", "")).decode("utf-8", "replace")


class Header:
    """The ``#`` lines in force: how the lines that follow are cut and typed."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._lines: dict[str, str] = {}

    def take(self, line: str) -> None:
        """Take over a line that begins with ``#``; comments and ``#open``, ``#close`` change nothing."""
        name = re.split(r"[\s]", line[1:], maxsplit=1)[0] if line[1:] else ""
        for known in _DIRECTIVES:
            if name == known or (self.separator != "\t" and line.startswith(f"#{known}{self.separator}")):
                if known == "separator":  # a new file begins
                    self._values.clear()
                    self._lines.clear()
                elif known == "fields":
                    self._values.pop("types", None)
                    self._lines.pop("types", None)
                value = line[2 + len(known) :]
                self._values[known] = unescape(value) if known.endswith("separator") else value
                self._lines[known] = line
                return

    @property
    def separator(self) -> str:
        """Between the fields of a line."""
        return self._values.get("separator") or "\t"

    @property
    def is_plain(self) -> bool:
        """Whether values stand between tabs and elements between commas, as Zeek writes them unless told otherwise."""
        return self.separator == "\t" and self._set_separator() == ","

    @property
    def path(self) -> str | None:
        """The kind of log."""
        return self._values.get("path")

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields; empty before any ``#fields`` line. A name that occurs twice is numbered."""
        names = self._values["fields"].split(self.separator) if "fields" in self._values else []
        seen: dict[str, int] = {}
        return tuple(name if (n := _count(seen, name)) == 1 else f"{name}_{n}" for name in names)

    def readers(self) -> list[Callable[[str], object]]:
        """One function from written to typed value per field."""
        types = self._values["types"].split(self.separator) if "types" in self._values else []
        n_fields = len(self.fields)
        return [self._reader(kind) for kind in (types + ["string"] * n_fields)[:n_fields]]

    def _reader(self, kind: str) -> Callable[[str], object]:
        unset = self._values.get("unset_field", "-")
        empty = self._values.get("empty_field", "(empty)")
        container, _, inner = kind.partition("[")
        if container in ("set", "vector", "table") and inner:
            return _list_reader(_scalar_reader(inner.rstrip("]"), unset, empty), unset, empty, self._set_separator())
        return _scalar_reader(kind, unset, empty)

    def _set_separator(self) -> str:
        return self._values.get("set_separator") or ","

    def context(self) -> bytes:
        """The header lines in force, as they would stand in a file."""
        return "\n".join(self._lines.values()).encode()

    @classmethod
    def of(cls, context: bytes) -> Header:
        """The header that :meth:`context` wrote."""
        header = cls()
        for line in text_lines(context):
            header.take(line)
        return header


def _count(seen: dict[str, int], name: str) -> int:
    seen[name] = seen.get(name, 0) + 1
    return seen[name]


def _list_reader(read: Callable[[str], object], unset: str, empty: str, separator: str) -> Callable[[str], object]:
    def read_list(text: str) -> object:
        if text == unset:
            return None
        return [] if text == empty or not text else [read(item) for item in text.split(separator)]

    return read_list


def _scalar_reader(kind: str, unset: str, empty: str) -> Callable[[str], object]:
    convert = _CONVERSIONS.get(kind, unescape)

    def read(text: str) -> object:
        if text == unset:
            return None
        try:
            return "" if text == empty else convert(text)
        except ValueError:  # not of the type that the header says: the text itself is the evidence
            return unescape(text)

    return read


def _boolean(text: str) -> bool:
    if text in ("T", "F"):
        return text == "T"
    raise ValueError(text)


def _number(text: str) -> float:
    return float(text) if text[-1:].isdigit() else _refuse(text)


def _refuse(text: str) -> float:
    raise ValueError(text)


_CONVERSIONS: Mapping[str, Callable[[str], object]] = {
    "count": int,
    "int": int,
    "port": int,
    "bool": _boolean,
    "time": _number,
    "interval": _number,
    "double": _number,
}


class ZeekSource:
    """Reads Zeek logs."""

    name = "zeek"
    title = "Zeek logs, tab-separated or JSON"

    def sniff(self, head: bytes, filename: str) -> int:
        """100 with a ``#separator`` or ``#fields`` line, 95 for JSON with Zeek's own names."""
        del filename
        lines = head_lines(head, 10)
        if not lines:
            return 0
        if lines[0].startswith("#separator "):
            return 100
        if any(line.startswith("#fields\tts") for line in lines):
            return 95
        return 95 if lines[0].startswith("{") and _is_zeek_json(lines[0]) else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole lines, with the header lines in force at their beginning as context.

        What the stream begins with says once whether it is JSON, so that no border between blocks can change it.
        """
        header = Header()
        is_begun = is_json = False
        for block in frame_lines(stream, block_bytes=block_bytes):
            if not is_begun and block.data.strip():
                is_begun, is_json = True, bool(_JSON_START.match(block.data))
            yield replace(block, context=_JSON if is_json else header.context() or _TABLE)
            for line in _header_lines(block.data):
                header.take(line)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per line; records are line numbers."""
        skips = SkipCounter(block.skipped)
        if block.context == _JSON or (not block.context and _JSON_START.match(block.data)):
            shapes = _json_shapes(block, skips)
        else:
            shapes = _table_shapes(block, skips)
        return EventBatch(self.name, shapes, options.zone, RawLines(block), skips.skips(), options.year)

    def survey(self, lines: Lines, context: bytes) -> NDArray[np.uint8] | None:
        """A line of a table with all its values is an event; nothing is told of JSON and of unusual separators."""
        if context == _JSON or not context:
            return None
        header = Header.of(context)
        is_header = (lines.ends > lines.starts) & (
            lines.data[np.minimum(lines.starts, len(lines.data) - 1)] == ord("#")
        )
        cuts = np.flatnonzero(is_header).tolist()
        parts = []
        start = 0
        for stop in [*cuts, len(lines)]:
            if not header.is_plain:
                return None
            part = slice(start, stop)
            parts.append(survey_table(lines.data, lines.starts[part], lines.ends[part], 9, len(header.fields)))
            if stop < len(lines):
                header.take(lines.data[lines.starts[stop] : lines.ends[stop]].tobytes().decode("utf-8", "replace"))
            start = stop
        return np.concatenate(parts)


def _is_zeek_json(line: str) -> bool:
    try:
        found = parse_object(line.encode("utf-8", "replace"))
    except SkipRecord:
        return False
    if "ts" not in found or isinstance(found["ts"], dict):
        return False
    return ("_path" in found or path_of(found) is not None) and (
        not _JSON_SIGNS.isdisjoint(found) or "_path" in found or isinstance(found["ts"], float)
    )


def _header_lines(data: bytes) -> Iterator[str]:
    position = 0 if data.startswith(b"#") else data.find(b"\n#") + 1
    while position or data.startswith(b"#"):
        end = data.find(b"\n", position)
        line = data[position:] if end < 0 else data[position:end]
        yield line.decode("utf-8", "replace").removesuffix("\r")
        following = data.find(b"\n#", end) if end >= 0 else -1
        if following < 0:
            return
        position = following + 1


def _json_shapes(block: Block, skips: SkipCounter) -> list[Shape]:
    batch = EventBatch.from_dicts("zeek", read_objects(block, skips))
    return [_with_path(shape) for shape in batch.shapes]


def _with_path(shape: Shape) -> Shape:
    path = None if "_path" in shape.keys else path_of(shape.keys)
    if path is None:
        return shape
    return Shape((*shape.keys, "_path"), [*shape.columns, [path] * len(shape.records)], shape.records)


def _table_shapes(block: Block, skips: SkipCounter) -> list[Shape]:
    header = Header.of(block.context)
    lines = text_lines(block.data)
    shapes: list[Shape] = []
    start = 0
    for stop in [*(i for i, line in enumerate(lines) if line[:1] == "#"), len(lines)]:
        if stop > start:
            shape = _table_shape(header, lines[start:stop], block.first_record + start, skips)
            if shape is not None:
                shapes.append(shape)
        if stop < len(lines):
            header.take(lines[stop])
        start = stop + 1
    return shapes


def _table_shape(header: Header, lines: Sequence[str], first: int, skips: SkipCounter) -> Shape | None:
    separator, fields = header.separator, header.fields
    rows: list[list[str]] = [line.split(separator) for line in lines]
    records: Sequence[int] = range(first, first + len(lines))
    n_fields = len(fields)
    if not fields or any(len(row) != n_fields or row[0][:1] <= " " for row in rows):
        rows, records = _whole_rows(rows, records, separator, n_fields, skips)
    if not rows:
        return None
    columns: list[Sequence[object]] = [
        Derived(read, column) for read, column in zip(header.readers(), zip(*rows, strict=True), strict=True)
    ]
    keys: tuple[str, ...] = fields
    path = header.path or path_of(fields)
    if path is not None and "_path" not in fields:
        keys = (*fields, "_path")
        columns.append([path] * len(records))
    return Shape(keys, columns, records)


def _whole_rows(
    rows: Sequence[list[str]], records: Sequence[int], separator: str, n_fields: int, skips: SkipCounter
) -> tuple[list[list[str]], list[int]]:
    """Only the rows with as many values as there are fields; the others are counted, blank lines are not."""
    kept: list[list[str]] = []
    numbers: list[int] = []
    for row, record in zip(rows, records, strict=True):
        line = separator.join(row)
        if not line or line.isspace():
            continue
        if n_fields and len(row) == n_fields:
            kept.append(row)
            numbers.append(record)
        elif n_fields:
            skips.add("wrong_columns", record, f"{len(row)} values, {n_fields} fields")
        else:
            skips.add("no_header", record)
    return kept, numbers


SOURCE = ZeekSource()
