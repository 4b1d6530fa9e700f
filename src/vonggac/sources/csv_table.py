"""Generic delimited text with a header row: comma, semicolon, tab or bar; RFC 4180 quoting.

The separator is the one with which the first rows have equally many cells; ``sep=;`` as the first line says it outright.
Text is UTF-8 or UTF-16 with a byte order mark, else UTF-8 if the beginning reads as such, else Windows-1258 (Vietnamese;
it differs from Windows-1252 in few letters), composed to NFC.

A row goes on over line ends while it has an odd number of quotation marks, for at most MAX_ROW_LINES lines; a row that is
not closed by then is one line. Its record is the number of its first line.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

import orjson

from vonggac.events.batch import EventBatch, Shape
from vonggac.sources.json_lines import rename
from vonggac.sources.lines import RawLines, SkipCounter, Utf8Reader, byte_lines, frame_lines, head_lines
from vonggac.sources.source import BLOCK_BYTES, SNIFF_BYTES, Block, Options, Reader, Rewound

MAX_ROW_LINES = 1000
"""More lines than this never make one row: a stray quotation mark must not swallow a file."""

MAX_HEADER_BYTES = 4 << 20
"""A header line beyond this is cut off."""

_DATA = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|\d\d:\d\d:\d\d")  # an address or a time is nobody's name of a column
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_DELIMITERS = ",;\t|"


def _encoding_of(head: bytes) -> str:
    """``utf-8`` unless there are more bytes that cannot be it than characters that only it writes."""
    text = head[:-4].decode("utf-8", "replace") if len(head) >= SNIFF_BYTES else head.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    wide = sum(1 for char in text if char > "\x7f") - wrong if wrong else 0
    return "cp1258" if wrong > max(wide, len(head) >= SNIFF_BYTES) else "utf-8"


def _text(data: bytes, encoding: str) -> str:
    text = data.decode(encoding, "replace")
    return text if encoding == "utf-8" else unicodedata.normalize("NFC", text)


def _row_spans(lines: Sequence[bytes], *, at_end: bool) -> Iterator[tuple[int, int]]:
    """First line and one past the last line of each row; a row that more lines may close is left out unless ``at_end``."""
    start, n_lines = 0, len(lines)
    while start < n_lines:
        stop = start + 1
        if lines[start].count(b'"') % 2:
            limit = min(n_lines, start + MAX_ROW_LINES)
            while stop < limit and lines[stop].count(b'"') % 2 == 0:
                stop += 1
            if stop < limit:
                stop += 1
            elif limit == n_lines and n_lines - start < MAX_ROW_LINES and not at_end:
                return
            else:
                stop = start + 1
        yield start, stop
        start = stop


def parse_row(text: str, delimiter: str) -> list[str] | None:
    """The cells of one row; None when its quoting is broken over line ends."""
    if '"' not in text:
        return None if "\n" in text else text.split(delimiter)
    if len(text) > csv.field_size_limit():  # a limit of the whole process, so not ours to move
        return _parse_long_row(text, delimiter)
    try:
        rows = list(csv.reader([text], delimiter=delimiter))
    except csv.Error:
        return None if "\n" in text else text.split(delimiter)
    return rows[0] if len(rows) == 1 else None


def _parse_long_row(text: str, delimiter: str) -> list[str] | None:
    mark = re.escape(delimiter)
    cell = re.compile(rf'(?:"((?:[^"]++|"")*+)")?([^{mark}\n]*+)({mark}|\Z)')
    cells: list[str] = []
    position = 0
    while found := cell.match(text, position):
        quoted = found[1]
        cells.append(found[2] if quoted is None else quoted.replace('""', '"') + found[2])
        if not found[3]:
            return cells
        position = found.end()
    return None


def _delimiter_of(rows: Sequence[str]) -> tuple[str, float]:
    """The separator and the share of rows that have as many cells as the first, 0 when the first has only one."""
    best = (",", 0.0, 0)
    for delimiter in _DELIMITERS:
        counts = [len(cells) for row in rows if (cells := parse_row(row, delimiter)) is not None]
        if counts and counts[0] > 1:
            share = counts.count(counts[0]) / len(rows)
            if (share, counts[0]) > best[1:]:
                best = (delimiter, share, counts[0])
    return best[0], best[1]


def _stated_delimiter(row: str) -> str | None:
    return row[4] if len(row) == 5 and row.lower().startswith("sep=") else None


def _names(cells: Sequence[str]) -> list[str]:
    """Unique names of the columns: blank ones are called by their position, repeated ones numbered."""
    names: dict[str, None] = {}
    counts: dict[str, int] = {}
    for position, cell in enumerate(cells, 1):
        name = candidate = cell.strip() or f"column_{position}"
        while candidate in names:
            counts[name] = counts.get(name, 1) + 1
            candidate = f"{name}_{counts[name]}"
        names[candidate] = None
    return list(names)


class _Dialect:
    """What the beginning of a stream says about the rest: the context of every block."""

    def __init__(self, encoding: str, delimiter: str, names: Sequence[str], header_end: int) -> None:
        self.encoding = encoding
        self.delimiter = delimiter
        self.names = tuple(names)
        self.header_end = header_end

    @classmethod
    def of_head(cls, head: bytes, *, is_whole: bool) -> _Dialect:
        """From the first bytes of a stream; ``header_end`` is the last line of the header row."""
        encoding = _encoding_of(head)
        lines = byte_lines(head)
        spans = [
            (start, stop, _text(b"\n".join(lines[start:stop]), encoding))
            for start, stop in _row_spans(lines[:200], at_end=True)
        ]
        spans = [span for span in spans if span[2].strip()]
        stated = _stated_delimiter(spans[0][2]) if spans else None
        if stated:
            del spans[0]
        sample = spans if is_whole or len(spans) == 1 else spans[:-1]
        delimiter = stated or _delimiter_of([text for _, _, text in sample[:50]])[0]
        if not spans:
            return cls(encoding, delimiter, (), 0)
        cells = parse_row(spans[0][2], delimiter) or spans[0][2].split(delimiter)
        return cls(encoding, delimiter, _names(cells), spans[0][1])

    def context(self) -> bytes:
        """As bytes, for :meth:`of`."""
        return orjson.dumps([self.encoding, self.delimiter, self.names, self.header_end])

    @classmethod
    def of(cls, context: bytes) -> _Dialect:
        """The dialect that :meth:`context` wrote."""
        return cls(*orjson.loads(context))


class RawRows(RawLines):
    """Like :class:`RawLines`, for rows of several lines too: ``spans`` has the count of lines of those."""

    def __init__(self, block: Block, spans: dict[int, int]) -> None:
        super().__init__(block)
        self._spans = spans

    def __call__(self, record: int) -> bytes:
        """The lines of the row that begins at line ``record``."""
        return b"\n".join(super(RawRows, self).__call__(record + n) for n in range(self._spans.get(record, 1)))


class CsvSource:
    """Reads delimited text with a header."""

    name = "csv"
    title = "Generic CSV with a header, with a mapping of names"

    def sniff(self, head: bytes, filename: str) -> int:
        """At most 35: any format with a signature of its own is the better claim."""
        lines = head_lines(head)
        if any(map(_CONTROL.search, lines)):
            return 0
        if not lines or lines[0].lstrip()[:1] in tuple("{[<#"):
            return 0
        named = filename.lower().endswith((".csv", ".tsv"))
        if _stated_delimiter(lines[0]):
            return 35
        delimiter, share = _delimiter_of(lines[:20])
        if not share or share < 0.8 or len(lines) < 2:
            return 15 if named else 0
        names = parse_row(lines[0], delimiter) or []
        is_header = all(
            name.strip() and not name.strip()[0].isdigit() and len(name) < 100 and not _DATA.search(name)
            for name in names
        )
        if not named and not is_header:  # sentences with commas in them: as a table they would lose what they say
            return 0
        return (20 if is_header else 5) + (15 if named else 0)

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole rows; the context has the encoding, the separator and the names."""
        reader = Utf8Reader(stream)
        head = b""
        while chunk := reader.read(SNIFF_BYTES):
            head += chunk
            if len(head) >= SNIFF_BYTES and (b"\n" in head or len(head) > MAX_HEADER_BYTES):
                break
        context = _Dialect.of_head(head, is_whole=not chunk).context()
        held: Block | None = None
        for block in frame_lines(Rewound(head, reader), block_bytes=block_bytes):
            if held is not None and block.skipped:
                yield held
                held = None
            joined = block if held is None else _join(held, block)
            whole, held = _split(joined)
            if whole is not None:
                yield replace(whole, context=context)
            if held is not None:
                held = replace(held, context=context)
        if held is not None:
            yield held

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per row; records are line numbers."""
        dialect = _Dialect.of(block.context)
        skips = SkipCounter(block.skipped)
        spans: dict[int, int] = {}
        rows: list[list[str]] = []
        records: list[int] = []
        n_names = len(dialect.names)
        for record, n_lines, cells in _rows(block, dialect):
            if len(cells) > n_names and not any(cells[n_names:]):
                del cells[n_names:]
            if len(cells) != n_names:
                skips.add("wrong_columns", record, f"{len(cells)} cells, {n_names} names")
                continue
            rows.append(cells)
            records.append(record)
            if n_lines > 1:
                spans[record] = n_lines
        shapes = [Shape(dialect.names, list(zip(*rows, strict=True)), records)] if rows else []
        return EventBatch(
            self.name,
            rename(shapes, options.mapping),
            options.zone,
            RawRows(block, spans),
            skips.skips(),
            options.year,
        )


def _rows(block: Block, dialect: _Dialect) -> Iterator[tuple[int, int, list[str]]]:
    """First line, count of lines and cells of each row after the header that is not blank."""
    lines = byte_lines(block.data)
    texts = _text(b"\n".join(lines), dialect.encoding).split("\n") if lines else []
    delimiter = dialect.delimiter
    for start, stop in (
        _row_spans(lines, at_end=True) if b'"' in block.data else ((i, i + 1) for i in range(len(lines)))
    ):
        record = block.first_record + start
        if record <= dialect.header_end:
            continue
        if stop > start + 1:
            cells = parse_row("\n".join(texts[start:stop]), delimiter)
            if cells is not None:
                yield record, stop - start, cells
                continue
        for offset in range(start, stop):
            text = texts[offset]
            if text and not text.isspace():
                yield block.first_record + offset, 1, parse_row(text, delimiter) or text.split(delimiter)


def _join(held: Block, block: Block) -> Block:
    return replace(held, data=held.data + block.data, n_records=held.n_records + block.n_records)


def _split(block: Block) -> tuple[Block | None, Block | None]:
    """The whole rows of ``block``, and the lines of a row that the next block may close."""
    if b'"' not in block.data:
        return block, None
    lines = block.data.split(b"\n")
    ended = not lines[-1]
    if ended:
        lines.pop()
    stop = 0
    for _, stop in _row_spans(lines, at_end=False):  # noqa: B007  # the last one counts
        pass
    if stop == len(lines):
        return block, None
    size = sum(map(len, lines[:stop])) + stop
    rest = replace(
        block,
        data=block.data[size:],
        first_record=block.first_record + stop,
        n_records=len(lines) - stop,
        skipped=() if stop else block.skipped,
    )
    return (replace(block, data=block.data[:size], n_records=stop) if stop else None), rest


SOURCE = CsvSource()
