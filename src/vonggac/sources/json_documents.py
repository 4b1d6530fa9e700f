"""JSON that is not one object per line: pretty-printed objects one after the other, or one big array of objects.

Each object of the stream (of the array) becomes one line, since JSON (RFC 8259) has no line ends inside its strings, so that the
sources of JSON lines read such files too, in bounded memory. Text between objects (``Record 7``, commas) is dropped: that is
for formats whose records are objects. The generic source, which must account for all, cuts by ``json_elements``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import orjson

from vonggac.events.skips import Skip
from vonggac.sources.lines import READ_BYTES, Utf8Reader, frame_lines, head_lines
from vonggac.sources.source import BLOCK_BYTES, MAX_RECORD_BYTES, SNIFF_BYTES, Block, Reader, Rewound, read_head

# The next mark that matters outside of strings, and the rest of a string that is not finished.
_MARK = re.compile(rb'["{}]')
_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_SNIFF_LINES = 2000
_LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")


def is_one_per_line(head: bytes) -> bool:
    """Whether a stream of JSON that begins with ``head`` has one object per line.

    A single whole object on a line settles it: no printer that spreads objects over lines writes one, and broken lines
    put before good ones must not make the rest of a log look like the inside of one object.
    """
    lines = head_lines(head, _SNIFF_LINES)
    first = lines[0].lstrip() if lines else ""
    if first.startswith("["):
        return False
    if any(line[0] == "{" and _object(line) for line in lines):
        return True
    is_spread = first.startswith("{") and len(lines) > 1 and _object(first) is None
    return not (is_spread or first.startswith("Record ") or any(line.strip() == "{" for line in lines))


def _object(line: str) -> dict[str, object] | None:
    try:
        found = orjson.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def frame_json(
    stream: Reader, *, block_bytes: int = BLOCK_BYTES, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[Block]:
    """Cut ``stream`` into blocks of lines of one JSON text each, whichever way its objects are written.

    Where objects span lines, records are numbered by object instead of by line.
    """
    head = read_head(stream)
    whole = Rewound(head, stream)
    if is_one_per_line(head):
        yield from frame_lines(whole, block_bytes=block_bytes, max_record_bytes=max_record_bytes)
    else:
        yield from DocumentFramer(block_bytes, max_record_bytes).blocks(Utf8Reader(whole))


class DocumentFramer:
    """Finds the outermost objects of a stream by counting braces outside of strings."""

    def __init__(self, block_bytes: int, max_record_bytes: int) -> None:
        self._block_bytes = block_bytes
        self._max = max_record_bytes
        self._depth = 0
        self._in_string = False
        self._parts: list[bytes] = []  # of the object that is not finished
        self._n_held = 0
        self._is_dropped = False  # the object is too long: only its end is looked for
        self._done: list[bytes] = []
        self._n_done = 0
        self._next_record = 1
        self._skipped: list[Skip] = []

    def blocks(self, stream: Reader) -> Iterator[Block]:
        """The blocks of ``stream``, in order."""
        rest = b""
        has_text = False
        while chunk := stream.read(READ_BYTES):
            has_text = has_text or bool(chunk.strip(b" \t\r\n[],"))
            rest = self._scan(rest + chunk)
            if self._n_done >= self._block_bytes:
                yield self._block()
        if self._depth:
            self._skip("line_too_long" if self._is_dropped else "truncated")
        elif has_text and self._next_record == 1 and not self._done:
            self._skip("not_an_object")
        if self._done or self._skipped:
            yield self._block()

    def _scan(self, data: bytes) -> bytes:
        """Take what ``data`` holds; what must be looked at again with more bytes behind it comes back."""
        position = start = 0
        while True:
            if self._in_string:
                found = _STRING.match(data, position)
                position = found.end() if found else position
                if position >= len(data) or data[position : position + 1] == b"\\":  # cut, maybe after a backslash
                    self._keep(data[start:position])
                    return data[position:]
                position += 1
                self._in_string = False
            mark = _MARK.search(data, position)
            if mark is None:
                self._keep(data[start:])
                return b""
            position = mark.end()
            match mark.group():
                case b'"':
                    self._in_string = self._depth > 0
                case b"{":
                    if self._depth == 0:
                        start = position - 1
                    self._depth += 1
                case _ if self._depth > 0:
                    self._depth -= 1
                    if self._depth == 0:
                        self._keep(data[start:position], is_end=True)
                        start = position

    def _keep(self, piece: bytes, *, is_end: bool = False) -> None:
        if self._depth == 0 and not is_end:
            return
        self._n_held += len(piece)
        if self._n_held > self._max:
            self._is_dropped = True
            self._parts.clear()
        if not self._is_dropped:
            self._parts.append(piece)
        if not is_end:
            return
        if self._is_dropped:
            self._skip("line_too_long")
        else:
            line = b"".join(self._parts).translate(_LINE_ENDS)
            self._done.append(line)
            self._n_done += len(line)
        self._parts, self._n_held, self._is_dropped = [], 0, False

    def _skip(self, reason: str) -> None:
        """Count an object without a line. It keeps its number: a blank line stands for it."""
        number = self._next_record + len(self._done)
        self._skipped.append(Skip(reason, number, detail=f"{self._n_held} bytes"))
        self._done.append(b"")

    def _block(self) -> Block:
        block = Block(b"\n".join(self._done) + b"\n", self._next_record, len(self._done), skipped=tuple(self._skipped))
        self._next_record += len(self._done)
        self._done, self._n_done, self._skipped = [], 0, []
        return block


def first_object(head: bytes) -> dict[str, Any] | None:
    """The first object of ``head`` that can be read, however objects are written.

    None when there is none, as when it goes on behind ``head``.
    """
    texts: list[str | bytes] = [*head_lines(head)[:5]]
    blocks = DocumentFramer(1, SNIFF_BYTES).blocks(Utf8Reader(io.BytesIO(head)))
    texts += (line for block in blocks for line in block.data.splitlines()[:5])
    for text in texts:
        try:
            found = orjson.loads(text)
        except ValueError:
            continue
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict) and found:
            return found
    return None
