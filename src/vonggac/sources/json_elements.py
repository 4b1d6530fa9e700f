"""JSON that is not one object per line, cut into lines: the elements of one array, or objects written out one by one.

The cut counts brackets outside strings and understands nothing else, so that it is quick, needs no recursion, and a
broken element spoils only itself; whether an element is JSON is for ``decode`` to say. Nothing is dropped, unlike in
``json_documents``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vonggac.events.skips import Skip
from vonggac.sources.lines import READ_BYTES, Utf8Reader, frame_lines
from vonggac.sources.source import BLOCK_BYTES, MAX_RECORD_BYTES, Block, Reader, Rewound, read_head

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{}]', re.DOTALL)
_STRING_REST = re.compile(rb'(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SPACE_AND_COMMAS = b" \t\r\n,"
_NEWLINES = bytes.maketrans(b"\r\n", b"  ")  # outside strings both are mere space, inside JSON forbids them


def frame_json(
    stream: Reader, *, block_bytes: int = BLOCK_BYTES, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[Block]:
    """Blocks of one object per line of a JSON stream of any of the three forms."""
    reader = Utf8Reader(stream)
    head = read_head(reader)
    rest = Rewound(head, reader)
    if _is_lines(head):
        return frame_lines(rest, block_bytes=block_bytes, max_record_bytes=max_record_bytes)
    return _Elements(block_bytes, max_record_bytes).blocks(rest)


def _is_lines(head: bytes) -> bool:
    """Whether each line is a record. An array fills the stream; printers of one object end the line after its brace."""
    start = head.lstrip()
    first, ended, others = start.partition(b"\n")
    line = first.strip()
    if line.startswith(b"["):
        return bool(ended and others.strip()) and _is_closed(line)
    return line != b"{"


def _is_closed(line: bytes) -> bool:
    depth = 0
    for token in _TOKEN.finditer(line):
        depth += (token[0] in b"[{") - (token[0] in b"]}")
    return depth <= 0


class _Elements:
    """Cuts one stream. An array's own brackets are dropped first, so records stand outside of all brackets."""

    def __init__(self, block_bytes: int, max_record_bytes: int) -> None:
        self._block_bytes = max(1, block_bytes)
        self._max = max(1, max_record_bytes)
        self._next_record = 1
        self._skipped: list[Skip] = []
        self._lines: list[bytes] = []
        self._held = 0
        self._buffer = b""  # from the start of the unfinished element on
        self._position = 0  # up to here the buffer was searched
        self._depth = 0
        self._dropped = 0  # bytes so far of an element that is too long
        self._is_in_string = False  # the buffer begins inside a string of such an element

    def blocks(self, stream: Reader) -> Iterator[Block]:
        """The blocks of ``stream``, in order."""
        is_first = True
        while chunk := stream.read(min(READ_BYTES, self._max)):
            if is_first and (start := chunk.lstrip()):
                chunk = start.removeprefix(b"[")
                is_first = False
            self._buffer += chunk
            self._cut()
            if len(self._buffer) > self._max:
                self._drop()
            if self._held >= self._block_bytes:
                yield self._block()
        if self._depth or self._dropped:
            self._skip("truncated", f"{self._dropped + len(self._buffer)} bytes")
        else:
            self._between(self._buffer)
        if self._lines:
            yield self._block()

    def _cut(self) -> None:
        """Take whole elements out of the buffer."""
        buffer, start, position = self._buffer, 0, self._position
        if self._is_in_string:
            rest = _STRING_REST.match(buffer)
            if rest is None:
                self._position = 0
                return
            self._is_in_string, position = False, rest.end()
        for token in _TOKEN.finditer(buffer, position):
            mark = token[0]
            if mark == b'"':  # a string that the buffer does not end
                position = token.start()
                break
            if mark in b"[{":
                if not self._depth:
                    self._between(buffer[start : token.start()])
                    start = token.start()
                self._depth += 1
            elif mark in b"]}" and not self._depth:
                self._between(buffer[start : token.start()])
                start = token.end()
            elif mark in b"]}":
                self._depth -= 1
                if not self._depth:
                    self._element(buffer[start : token.end()])
                    start = token.end()
        else:
            position = len(buffer)
        self._buffer, self._position = buffer[start:], position - start

    def _drop(self) -> None:
        """Forget the bytes of an element that is too long; only its brackets and quotes still count."""
        buffer = self._buffer
        self._is_in_string = self._is_in_string or self._position < len(buffer)
        backslashes = len(buffer) - len(buffer.rstrip(b"\\")) if self._is_in_string else 0
        self._buffer = b"\\" * (backslashes % 2)
        self._dropped += len(buffer) - len(self._buffer)
        self._position = 0

    def _between(self, text: bytes) -> None:
        text = text.strip(_SPACE_AND_COMMAS)
        if text or self._dropped:
            self._element(text)

    def _element(self, element: bytes) -> None:
        size = self._dropped + len(element)
        if size > self._max:
            self._dropped = 0
            self._skip("line_too_long", f"{size} bytes")
        else:
            self._lines.append(element.translate(_NEWLINES))
            self._held += len(element)

    def _skip(self, reason: str, detail: str) -> None:
        self._skipped.append(Skip(reason, self._next_record + len(self._lines), detail=detail))
        self._lines.append(b"")  # keeps the numbers of the elements that follow

    def _block(self) -> Block:
        data = b"\n".join([*self._lines, b""])
        block = Block(data, self._next_record, len(self._lines), skipped=tuple(self._skipped))
        self._next_record += len(self._lines)
        self._lines, self._held, self._skipped = [], 0, []
        return block
