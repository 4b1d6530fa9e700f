"""Newline-separated text, what every line format shares: blocks of whole lines, in bounded memory.

A line ends with LF or CR LF, the last one with the end of the stream too. Lines are numbered from 1. Text is UTF-8; a
UTF-8 byte order mark is dropped, and a stream that begins with a UTF-16 one is transcoded as it is read. Bytes that are
not UTF-8 become U+FFFD when a source decodes them, and are still there in the raw line.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator

from vonggac.events.skips import Skip
from vonggac.sources.source import BLOCK_BYTES, MAX_RECORD_BYTES, Block, Reader

READ_BYTES = 1 << 20
"""How much is asked of a stream at a time."""

SNIFF_LINES = 50
"""How many lines of a head are looked at to recognise a format."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UTF32_LE = codecs.BOM_UTF32_LE  # begins like a UTF-16 mark, followed by a NUL character that no text begins with


class Utf8Reader:
    """A reader of ``stream`` as UTF-8: byte order marks are gone and UTF-16 is transcoded."""

    def __init__(self, stream: Reader) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        self._begun = False

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes of the original, as UTF-8; b"" only at the end."""
        while True:
            chunk = self._stream.read(size)
            ended = not chunk
            if not self._begun:
                chunk, ended = self._begin(chunk, size)
            if self._decoder is None:
                return chunk
            text = self._decoder.decode(chunk, final=ended)
            if text or ended:
                return text.encode("utf-8", "replace")

    def _begin(self, chunk: bytes, size: int) -> tuple[bytes, bool]:
        while len(chunk) < 4 and (more := self._stream.read(size)):
            chunk += more
        self._begun = True
        encoding = _UTF16.get(chunk[:2])
        if encoding and not chunk.startswith(_UTF32_LE):
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            return chunk[2:], False
        chunk = chunk.removeprefix(codecs.BOM_UTF8)
        return chunk or self._stream.read(size), False


class LineFramer:
    """Collects the lines of one stream into blocks.

    A line of more than ``max_record_bytes`` is dropped while it is read, counted as ``line_too_long`` and keeps its number.
    """

    def __init__(self, block_bytes: int, max_record_bytes: int) -> None:
        self._block_bytes = max(1, block_bytes)
        self._max = max(1, max_record_bytes)
        self._next_record = 1
        self._skipped: list[Skip] = []

    def blocks(self, stream: Reader) -> Iterator[Block]:
        """The blocks of ``stream``, in order."""
        reader = Utf8Reader(stream)
        parts: list[bytes] = []  # whole lines, then at most one part of a line
        held = tail = 0  # bytes in parts; bytes of the unfinished line at their end
        dropped = 0  # bytes so far of a line that is too long
        while chunk := reader.read(min(READ_BYTES, self._max)):
            end = chunk.find(b"\n")
            length = (dropped or tail) + (end if end >= 0 else len(chunk))
            if length > self._max:
                if held > tail:
                    yield self._block(b"".join(parts)[: held - tail])
                parts, held, tail, dropped = [], 0, 0, length
                if end < 0:
                    continue
                self._skip(length)
                dropped, chunk = 0, chunk[end + 1 :]
            parts.append(chunk)
            held += len(chunk)
            last = chunk.rfind(b"\n") + 1
            tail = len(chunk) - last if last else tail + len(chunk)
            if held - tail >= self._block_bytes:
                data = b"".join(parts)
                yield self._block(data[: held - tail])
                parts, held = [data[held - tail :]], tail
        if dropped:
            self._skip(dropped)
        if held or self._skipped:
            yield self._block(b"".join(parts))

    def _skip(self, n_bytes: int) -> None:
        self._skipped.append(Skip("line_too_long", self._next_record, detail=f"{n_bytes} bytes"))
        self._next_record += 1

    def _block(self, data: bytes) -> Block:
        n_lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
        block = Block(data, self._next_record, n_lines, skipped=tuple(self._skipped))
        self._skipped.clear()
        self._next_record += n_lines
        return block


def frame_lines(
    stream: Reader, *, block_bytes: int = BLOCK_BYTES, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[Block]:
    """Cut ``stream`` into blocks of whole lines of about ``block_bytes``; ``n_records`` counts lines, blank ones too."""
    return LineFramer(block_bytes, max_record_bytes).blocks(stream)


def text_lines(data: bytes) -> list[str]:
    """The lines of ``data`` as text, without their ends; a last empty one is none."""
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines


def byte_lines(data: bytes) -> list[bytes]:
    """The lines of ``data`` as they are, without their ends; a last empty one is none."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix(b"\r") for line in lines] if b"\r" in data else lines


def head_lines(head: bytes, count: int = SNIFF_LINES) -> list[str]:
    """The first ``count`` lines of a head that are not blank; none when it is not text.

    A last line without an end may have been cut off and counts only when it is the only one.
    """
    data = head
    encoding = _UTF16.get(head[:2])
    if encoding and not head.startswith(_UTF32_LE):
        data = head[2:].decode(encoding, "replace").encode("utf-8", "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    if data[:4096].count(b"\0") > len(data[:4096]) // 8:
        return []
    lines = text_lines(data)
    if len(lines) > 1 and not data.endswith(b"\n"):
        lines.pop()
    return [line for line in lines[: count * 4] if line and not line.isspace()][:count]


class RawLines:
    """Record number to the bytes of its line, without the line end; lines are cut at the first question."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._lines: list[bytes] | None = None

    def __call__(self, record: int) -> bytes:
        """The bytes of line ``record``."""
        if self._lines is None:
            self._lines = byte_lines(self._block.data)
        index = record - self._block.first_record
        if not 0 <= index < len(self._lines):
            raise KeyError(record)
        return self._lines[index]


class SkipCounter:
    """Gathers skips of single records into one per reason."""

    def __init__(self, before: tuple[Skip, ...] = ()) -> None:
        self._before = before
        self._counts: Counter[str] = Counter()
        self._first: dict[str, tuple[int, str]] = {}

    def add(self, reason: str, record: int, detail: str = "") -> None:
        """Count one record; the place and ``detail`` (cut to 200 characters) of the first of a reason are kept."""
        if reason not in self._counts:
            self._first[reason] = (record, detail[:200])
        self._counts[reason] += 1

    def skips(self) -> tuple[Skip, ...]:
        """What ``frame`` skipped before the block, then one skip per reason."""
        return self._before + tuple(
            Skip(reason, self._first[reason][0], count, self._first[reason][1])
            for reason, count in self._counts.items()
        )
