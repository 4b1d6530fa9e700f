"""Windows event logs, EVTX (MS-EVEN6 2.2.12, the layout as documented by libyal's libevtx).

A file is a header of 4096 bytes and chunks of 65536 bytes that stand alone: each brings its own strings and templates. So a
stream is cut between chunks, every block gets a header of our own making, and a damaged file header, dirty flag or count
does not matter. Damage inside a chunk costs the records it lies in: where the parser stops early, the chunk is read again with
the damaged places bridged. ``record`` of an event is its EventRecordID.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from evtx import PyEvtxParser

from vonggac.errors import N_
from vonggac.events.batch import EventBatch
from vonggac.events.skips import Skip
from vonggac.sources.lines import RawLines, SkipCounter
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.token_batch import TokenBatch
from vonggac.sources.windows import Group, collect, without_collector
from vonggac.sources.windows_tokens import read_tokens

HEADER_BYTES = 4096
CHUNK_BYTES = 65536
FILE_MAGIC = b"ElfFile\0"
CHUNK_MAGIC = b"ElfChnk\0"

_RECORDS_AT = 512  # where the records of a chunk begin, after its header and tables
_TABLES_AT = 128
_RECORD_MAGIC = b"**\0\0"
_RECORD = struct.Struct("<4sIQQ")  # magic, size, record number, time written
_MIN_RECORD = 28  # 24 bytes of header and the copy of the size at the end
_MOST_RECORDS = CHUNK_BYTES // _MIN_RECORD
_BRIDGE = 2**64 - 1  # number of the record that bridges a damaged place
_SOME_TIME = 116444736000000000  # 1970, in 100 ns since 1601: a time that cannot be is fatal to the parser
_LAST_TIME = 2650467743999999999  # the end of the year 9999
_MAX_ERRORS = 2 * _MOST_RECORDS


@dataclass(slots=True)
class _Reading:
    """What the parser gave: JSON texts with the records' numbers, and one detail per record that it could not read."""

    texts: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Evtx:
    """Windows event logs as Windows keeps them."""

    name = "evtx"
    title = N_("Windows event logs (EVTX)")

    def sniff(self, head: bytes, filename: str) -> int:
        """100 with the signature of the file, 95 with that of a chunk where the first should be, or at the start."""
        if head.startswith(FILE_MAGIC):
            return 100
        return 95 if head.startswith(CHUNK_MAGIC) or head[HEADER_BYTES:].startswith(CHUNK_MAGIC) else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of a file header and whole chunks; ``first_record`` is the number of the first chunk, from 1."""
        n_chunks = max(1, block_bytes // CHUNK_BYTES)
        pending: list[bytes] = []
        skipped: list[Skip] = []
        first = number = 1
        for chunk, reason in _chunks(stream):
            if reason:
                skipped.append(Skip(reason, number, detail=f"chunk {number}"))
            if chunk:
                pending.append(chunk)
            number += 1
            if len(pending) >= n_chunks:
                yield _block(pending, first, skipped)
                pending, skipped, first = [], [], number
        if pending or skipped:
            yield _block(pending, first, skipped)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """Turn chunks into a batch."""
        skipped = SkipCounter(block.skipped)
        with without_collector():
            reading = _read_block(block, skipped)
        lines = Block(b"".join([text.encode() + b"\n" for text in reading.texts]), skipped=skipped.skips())
        if (batch := read_tokens(lines, options, RawLines(lines), _EvtxBatch)) is not None:
            return batch
        return _slow_batch(reading, options, skipped)


class _EvtxBatch(TokenBatch):
    """Events of an EVTX file by the fast reader: line n of its JSON is the n-th record that could be read."""

    __slots__ = ()

    def record(self, row: int) -> int:
        """The EventRecordID; the number of the line where an event has none."""
        event = self.event(row)
        number = _whole(event.get("System_EventRecordID", event.get("EventRecordID")))
        return TokenBatch.record(self, row) if number is None else number

    def raw(self, row: int) -> bytes:
        """The JSON text that the parser made of the record."""
        return self.raw_of(TokenBatch.record(self, row))


def _slow_batch(reading: _Reading, options: Options, skipped: SkipCounter) -> EventBatch:
    texts = reading.texts
    with without_collector():
        groups = collect(texts, texts.__getitem__, skipped, 0)
        shapes = [group.shape(_record_numbers(group, reading.numbers)) for group in groups]
    numbering = [(group.ordinals, shape.records) for group, shape in zip(groups, shapes, strict=True)]
    return EventBatch("windows", shapes, zone=options.zone, raw_of=_Texts(texts, numbering), skipped=skipped.skips())


class _Texts:
    """Record number to the JSON text that the parser made of it."""

    def __init__(self, texts: list[str], numbering: Sequence[tuple[Sequence[int], Sequence[int]]]) -> None:
        self._texts = texts
        self._numbering = numbering
        self._ordinals: dict[int, int] | None = None

    def __call__(self, record: int) -> bytes:
        if self._ordinals is None:
            self._ordinals = {
                number: ordinal
                for ordinals, records in self._numbering
                for ordinal, number in zip(ordinals, records, strict=True)
            }
        return self._texts[self._ordinals[record]].encode()


def _record_numbers(group: Group, numbers: list[int]) -> list[int]:
    """EventRecordID of each event: what an exported log shows; the number in the record's header where it has none."""
    name = "System_EventRecordID" if "System_EventRecordID" in group.names else "EventRecordID"
    if name not in group.names:
        return [numbers[ordinal] for ordinal in group.ordinals]
    stated = group.column(group.names.index(name))
    return [
        numbers[ordinal] if (number := _whole(value)) is None else number
        for value, ordinal in zip(stated, group.ordinals, strict=True)
    ]


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    return value if isinstance(value, int) else None


def file_header(n_chunks: int) -> bytes:
    """The header of a file of ``n_chunks`` chunks, version 3.1."""
    head = struct.pack(
        "<8sQQQIHHHH", FILE_MAGIC, 0, max(n_chunks - 1, 0), 1, 128, 1, 3, HEADER_BYTES, n_chunks & 0xFFFF
    )
    head = head.ljust(120, b"\0")
    return (head + struct.pack("<II", 0, zlib.crc32(head))).ljust(HEADER_BYTES, b"\0")


def _block(chunks: list[bytes], first: int, skipped: list[Skip]) -> Block:
    n_records = sum(map(_expected, chunks))
    return Block(file_header(len(chunks)) + b"".join(chunks), first, n_records, skipped=tuple(skipped))


def _fill(stream: Reader, data: bytes, size: int) -> bytes:
    """``data`` and as much of ``stream`` as makes it ``size`` bytes."""
    parts = [data]
    missing = size - len(data)
    while missing > 0 and (more := stream.read(missing)):
        parts.append(more)
        missing -= len(more)
    return b"".join(parts)


def _chunks(stream: Reader) -> Iterator[tuple[bytes, str]]:
    """Each chunk with a reason to count it, empty for none; a chunk that was lost is empty, unused space is left out."""
    head = _fill(stream, b"", HEADER_BYTES)
    data = head if head.startswith(CHUNK_MAGIC) else b""
    if not data and len(head) < HEADER_BYTES:
        if head:
            yield b"", "truncated"
        return
    was_bad = False
    while data := _fill(stream, data, CHUNK_BYTES):
        chunk, data = data[:CHUNK_BYTES], data[CHUNK_BYTES:]
        if chunk.startswith(CHUNK_MAGIC):
            was_bad = False
            if (start := _next_chunk(chunk)) > 0:  # bytes of this chunk were lost
                chunk, data = chunk[:start], chunk[start:] + data
                yield chunk.ljust(CHUNK_BYTES, b"\0"), ""
                continue
            if len(chunk) < CHUNK_BYTES:
                yield chunk.ljust(CHUNK_BYTES, b"\0"), "truncated"
            else:
                yield chunk, ""
        elif chunk.count(0) != len(chunk):
            start = _next_chunk(chunk)
            if start > 0:  # bytes were lost or added: go on where the next chunk begins
                data = chunk[start:] + data
            if chunk[_RECORDS_AT : _RECORDS_AT + 4] == _RECORD_MAGIC:  # only its signature is damaged
                yield CHUNK_MAGIC + chunk[8:].ljust(CHUNK_BYTES - 8, b"\0"), ""
            elif not was_bad or start < 0:
                yield b"", "bad_chunk" if len(chunk) == CHUNK_BYTES else "truncated"
            was_bad = True


def _next_chunk(chunk: bytes) -> int:
    """Where another chunk begins inside of ``chunk``; -1 for nowhere."""
    start = chunk.find(CHUNK_MAGIC, 1)
    if start > 0 and start + 44 <= len(chunk) and struct.unpack_from("<I", chunk, start + 40)[0] != 128:
        return -1  # not followed by the size of a chunk's header: text of an event
    return start


def _expected(chunk: bytes) -> int:
    """How many records ``chunk`` says it has; 0 when it says nonsense."""
    first, last = struct.unpack_from("<QQ", chunk, 24)
    return last - first + 1 if 0 <= last - first < _MOST_RECORDS else 0


def _parse(data: bytes) -> _Reading:
    """Everything that the parser can read of a file ``data``."""
    reading = _Reading()
    try:
        iterator = iter(PyEvtxParser(io.BytesIO(data), 1).records_json())
    except BaseException as error:  # noqa: BLE001  # a panic of the parser derives from BaseException
        _note(reading, error)
        return reading
    while len(reading.errors) < _MAX_ERRORS:
        try:
            record: dict[str, Any] | None = next(iterator, None)
        except BaseException as error:  # noqa: BLE001
            _note(reading, error)
            continue
        if record is None:
            break
        if (number := record["event_record_id"]) != _BRIDGE:
            reading.texts.append(record["data"])
            reading.numbers.append(number)
    return reading


def _note(reading: _Reading, error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
        raise error
    reading.errors.append(str(error)[:200])


def _read_block(block: Block, skipped: SkipCounter) -> _Reading:
    """All records of ``block``; the fast way when nothing is damaged."""
    reading = _parse(block.data)
    chunks = [block.data[at : at + CHUNK_BYTES] for at in range(HEADER_BYTES, len(block.data), CHUNK_BYTES)]
    if not reading.errors and len(reading.texts) >= sum(map(_expected, chunks)):
        return reading
    reading = _Reading()
    for number, chunk in enumerate(chunks, block.first_record):
        part = _read_chunk(chunk, number, skipped)
        reading.texts += part.texts
        reading.numbers += part.numbers
    return reading


def _read_chunk(chunk: bytes, number: int, skipped: SkipCounter) -> _Reading:
    """The records of one chunk, with what was lost counted."""
    header = file_header(1)
    n_seen = 0
    best = _parse(header + chunk)
    if not best.errors and len(best.texts) >= _expected(chunk):
        return best
    for keep_tables in (True, False):
        repaired, n_seen = _bridge(chunk, keep_tables=keep_tables)
        again = _parse(header + repaired)
        if len(again.texts) > len(best.texts):
            best = again
    detail = f"chunk {number}: {best.errors[0] if best.errors else 'ends early'}"
    if not best.texts:
        skipped.add("bad_chunk", number, detail)
        return best
    for _ in range(max(_expected(chunk), n_seen) - len(best.texts)):
        skipped.add("bad_record", number, detail)
    return best


def _size_at(chunk: bytes | bytearray, at: int) -> int:
    """The size of the record at ``at``; 0 when there is no whole one."""
    if at + _MIN_RECORD > CHUNK_BYTES:
        return 0
    magic, size, _, _ = _RECORD.unpack_from(chunk, at)
    if magic != _RECORD_MAGIC or not _MIN_RECORD <= size <= CHUNK_BYTES - at:
        return 0
    (copy,) = struct.unpack_from("<I", chunk, at + size - 4)
    return size if copy == size else 0


def _bridge(chunk: bytes, *, keep_tables: bool) -> tuple[bytes, int]:
    """``chunk`` with each damaged place made one record that says so, and how many records it has then.

    The tables of strings and templates only save the parser work; without ``keep_tables`` they are emptied, for they may be
    what is damaged.
    """
    data = bytearray(chunk)
    if not keep_tables:
        data[_TABLES_AT:_RECORDS_AT] = bytes(_RECORDS_AT - _TABLES_AT)
    starts = [m.start() for m in re.finditer(re.escape(_RECORD_MAGIC), chunk) if _size_at(chunk, m.start())]
    at = last = _RECORDS_AT
    n_records = 0
    for start in starts:
        if start < at:
            continue  # inside the record before
        gap = start - at
        if gap >= _MIN_RECORD:
            _RECORD.pack_into(data, at, _RECORD_MAGIC, gap, _BRIDGE, _SOME_TIME)
            struct.pack_into("<I", data, start - 4, gap)
            n_records += 1
        elif gap:
            continue  # no room for a record: this start is a chance one
        if _RECORD.unpack_from(data, start)[3] > _LAST_TIME:
            struct.pack_into("<Q", data, start + 16, _SOME_TIME)
        last, at = start, start + _size_at(chunk, start)
        n_records += 1
    struct.pack_into("<II", data, 44, last, at)
    return bytes(data), n_records


SOURCE = Evtx()
