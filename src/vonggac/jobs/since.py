"""What earlier runs of the same question have read, so that the next one reads only what is new.

Two things are kept. Of each input *file* that was read to its end without a fault: device, inode, size and time of change; while
these are the same, wherever the file lies now, it is not opened. Of each *stream* (a file, or a member of an archive, unpacked):

- lines: digests of the beginning and of everything up to some places, the number of the last whole line and a digest of what followed
  it. A stream that begins the same goes on after that line, so that files that grew, were renamed or were compressed since are
  recognised. What differs is new from there on, and what begins differently as a whole.
- EVTX: of each chunk of 64 KiB a digest of its records, since Windows overwrites the oldest chunk and fills the last; what a chunk
  held is left out wherever the chunk is now.
- anything else: a digest of the whole; a stream that changed is read whole again.

Nothing is kept of a run that did not end well, so that it is repeated. In doubt something is reported twice, never left out.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import orjson

from vonggac.errors import N_, VonggacError
from vonggac.sources.evtx import CHUNK_BYTES, HEADER_BYTES, file_header
from vonggac.sources.source import Block

FORMAT = 1
HEAD_BYTES = 1 << 20
"""By which streams are found again."""
STEP_BYTES = 8 << 20
"""How far apart a stream is compared with what was read of it; so much is held."""
KEPT_S = 400 * 86400
"""What was not met for so long is forgotten."""
_MOST = 200_000
"""Files, streams and chunks that are kept of each, the latest met."""

_LATEST = 253_402_300_800
"""The year 10000, in seconds since 1970: no state was made then."""

_RECORDS_AT = 512  # of an EVTX chunk
_CHUNK = struct.Struct("<QQIII")  # at 24: first and last record identifier, size of the header, last record, free space

_K = TypeVar("_K")
_V = TypeVar("_V")
FileKey = tuple[int, int, int, int]


class NotKept(VonggacError):
    """What this run read could not be kept (exit status 1)."""


@dataclass(slots=True)
class _Stream:
    """A stream of lines: the first ``n_head`` bytes have the digest ``head``, line ``last`` was its last whole one.

    ``rest``: digest of what followed it, empty for nothing. ``marks``: at some numbers of bytes, the last of them the end of line
    ``last``, the digest of everything before.
    """

    source: str
    n_head: int
    head: str
    last: int
    rest: str
    seen: int
    marks: list[tuple[int, str]]

    @property
    def key(self) -> str:
        return f"{self.source}:{self.n_head}:{self.head}"


@dataclass(slots=True)
class _File:
    seen: int
    streams: list[str]


@dataclass(slots=True)
class State:
    """All that is kept. ``wholes``: digest of a stream of neither lines nor chunks to when it was met. ``chunks``: digest of the
    first record of a chunk to its free space, last record, digest of its records and when it was met.
    """

    made_at: int = 0
    files: dict[FileKey, _File] = field(default_factory=dict)
    streams: dict[str, _Stream] = field(default_factory=dict)
    wholes: dict[str, int] = field(default_factory=dict)
    chunks: dict[str, tuple[int, int, str, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "format": FORMAT,
            "made_at": self.made_at,
            "files": [[*key, one.seen, one.streams] for key, one in self.files.items()],
            "streams": [[s.source, s.n_head, s.head, s.last, s.rest, s.seen, s.marks] for s in self.streams.values()],
            "wholes": self.wholes,
            "chunks": self.chunks,
        }

    @classmethod
    def from_json(cls, value: Any) -> State:
        """The inverse of :meth:`to_json`; raises KeyError, TypeError or ValueError on anything else."""
        if value["format"] != FORMAT:
            raise ValueError(value["format"])
        made_at = int(value["made_at"])
        if not 0 <= made_at < _LATEST:
            raise ValueError(made_at)
        streams = [
            _Stream(
                str(source),
                int(n_head),
                str(head),
                int(last),
                str(rest),
                int(seen),
                [(int(at), str(digest)) for at, digest in marks],
            )
            for source, n_head, head, last, rest, seen, marks in value["streams"]
        ]
        return cls(
            made_at,
            {tuple(entry[:4]): _File(int(entry[4]), list(map(str, entry[5]))) for entry in value["files"]},
            {one.key: one for one in streams},
            {key: int(seen) for key, seen in value["wholes"].items()},
            {
                key: (int(free), int(last), str(digest), int(seen))
                for key, (free, last, digest, seen) in value["chunks"].items()
            },
        )

    def forget(self, before: int) -> None:
        """Drop what was met last before ``before``, and of too many the oldest."""
        self.files = _latest(self.files, lambda one: one.seen, before)
        self.streams = _latest(self.streams, lambda one: one.seen, before)
        self.wholes = _latest(self.wholes, lambda seen: seen, before)
        self.chunks = _latest(self.chunks, lambda one: one[3], before)


def _latest(entries: dict[_K, _V], seen: Callable[[_V], int], before: int) -> dict[_K, _V]:
    kept = {key: value for key, value in entries.items() if seen(value) >= before}
    if len(kept) > _MOST:
        kept = dict(sorted(kept.items(), key=lambda item: seen(item[1]), reverse=True)[:_MOST])
    return kept


class Since:
    """The run going on, beside what those before it kept in ``path``. ``now``: seconds since 1970.

    ``is_damaged``: what was kept cannot be read, and everything is new. ``n_unchanged`` files were not opened, ``n_continued``
    streams went on where the run before stopped, ``n_new`` were met for the first time, ``n_old`` ones held nothing new.
    """

    def __init__(self, path: Path, now: int) -> None:
        self._path = path
        self._now = now
        self.is_damaged = False
        self._before = self._load()
        self._next = State(now)
        self._of_file: list[str] = []
        self._names: dict[FileKey, str] = {}
        self.n_unchanged = self.n_continued = self.n_new = self.n_old = 0

    @property
    def last_run(self) -> int:
        """When the run before began; 0 when there was none."""
        return self._before.made_at

    def _load(self) -> State:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return State()
        except OSError:
            self.is_damaged = True
            return State()
        try:
            return State.from_json(orjson.loads(data))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
            self.is_damaged = True
            return State()

    # Files ------------------------------------------------------------------------------------------------------------

    def is_unchanged(self, found: os.stat_result) -> bool:
        """Whether the file was read whole as it is now."""
        key = _file_key(found)
        known = self._before.files.get(key)
        if known is None:
            return False
        self.n_unchanged += 1
        self._next.files[key] = _File(self._now, known.streams)
        for name in known.streams:
            self._keep(name)
        return True

    def finished(self, name: str, found: os.stat_result) -> None:
        """The file ``name``, which was ``found`` when it was opened, has been read to its end."""
        key = _file_key(found)
        self._next.files[key] = _File(self._now, self._of_file)
        self._names[key] = name
        self._of_file = []

    def _keep(self, name: str) -> None:
        """Go on remembering a stream."""
        before = self._before
        if name in before.streams:
            self._next.streams.setdefault(name, replace(before.streams[name], seen=self._now))
        elif name in before.wholes:
            self._next.wholes[name] = self._now
        elif name in before.chunks:
            self._next.chunks[name] = (*before.chunks[name][:3], self._now)

    # Streams ----------------------------------------------------------------------------------------------------------

    def new(self, source: str, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks of a stream of ``source`` without what was read before."""
        if source == "evtx":
            yield from self._new_chunks(blocks)
            return
        iterator = iter(blocks)
        first = next(iterator, None)
        if first is None:
            return
        if _is_lines(first):
            yield from self._new_lines(source, first, iterator)
        else:
            yield from self._new_whole(source, first, iterator)

    def _new_lines(self, source: str, first: Block, others: Iterator[Block]) -> Iterator[Block]:
        known = self._find(source, first)
        n_head = min(len(first.data), HEAD_BYTES)
        head = _digest(first.context + first.data[:n_head])
        prefix = _Prefix(known)
        n_given = 0
        block: Block | None = first
        while block is not None:
            for part in prefix.feed(block):
                n_given += 1
                yield part
            block = next(others, None)
        for part in prefix.rest():
            n_given += 1
            yield part
        self._note(known is not None, n_given)
        entry = _Stream(source, n_head, head, prefix.last, prefix.unfinished, self._now, prefix.marks())
        other = self._next.streams.get(entry.key)
        if other is None or other.last > entry.last:  # of two copies the one that has less
            self._next.streams[entry.key] = entry
        self._of_file.append(entry.key)

    def _find(self, source: str, first: Block) -> _Stream | None:
        """The stream of the run before that begins as ``first``; of several the one with the longest head."""
        sizes = sorted({one.n_head for one in self._before.streams.values() if one.source == source})
        found: _Stream | None = None
        digest = hashlib.blake2b(first.context, digest_size=16)
        at = 0
        for size in sizes:
            if size > len(first.data):
                break
            digest.update(memoryview(first.data)[at:size])
            at = size
            known = self._before.streams.get(f"{source}:{size}:{digest.copy().hexdigest()}")
            found = known if known is not None and size else found
        return found

    def _new_whole(self, source: str, first: Block, others: Iterator[Block]) -> Iterator[Block]:
        """Blocks of a format whose records have no place of their own: all or nothing, by a digest of what is before and in each."""
        digest = hashlib.blake2b(source.encode(), digest_size=16)
        block: Block | None = first
        n_given = n_known = 0
        while block is not None:
            digest.update(block.context + block.data)
            key = digest.copy().hexdigest()
            self._next.wholes[key] = self._now
            self._of_file.append(key)
            if key in self._before.wholes:
                n_known += 1
            else:
                n_given += 1
                yield block
            block = next(others, None)
        self._note(n_known > 0, n_given)

    def _new_chunks(self, blocks: Iterable[Block]) -> Iterator[Block]:
        n_given = n_known = 0
        for block in blocks:
            kept: list[bytes] = []
            grown: list[Block] = []
            for at in range(HEADER_BYTES, len(block.data), CHUNK_BYTES):
                chunk = block.data[at : at + CHUNK_BYTES]
                first, last, _size, _last_at, free = _CHUNK.unpack_from(chunk, 24)
                key, known = self._chunk(chunk, free, last)
                if key:
                    self._of_file.append(key)
                if known is None:
                    kept.append(chunk)
                    continue
                n_known += 1
                if known < last:  # alone, so that the old records are the first of the block
                    grown.append(
                        replace(
                            block,
                            data=file_header(1) + chunk,
                            n_records=last - first + 1,
                            skipped=(),
                            old=known - first + 1,
                        )
                    )
            n_given += len(kept) + len(grown)
            if kept or block.skipped:
                yield replace(block, data=file_header(len(kept)) + b"".join(kept))
            yield from grown
        self._note(n_known > 0, n_given)

    def _chunk(self, chunk: bytes, free: int, last: int) -> tuple[str, int | None]:
        """The name of a chunk, and the last of its records that was read before; None for none."""
        if not _RECORDS_AT + 28 <= free <= CHUNK_BYTES:
            return "", None  # damaged: read again rather than believed
        (size,) = struct.unpack_from("<I", chunk, _RECORDS_AT + 4)
        key = _digest(chunk[_RECORDS_AT : min(_RECORDS_AT + size, free)])
        twin = self._next.chunks.get(key)
        if twin is None or twin[0] > free:  # of two copies the one that has less
            self._next.chunks[key] = (free, last, _digest(chunk[_RECORDS_AT:free]), self._now)
        known = self._before.chunks.get(key)
        if known is None or known[0] > free or _digest(chunk[_RECORDS_AT : known[0]]) != known[2]:
            return key, None
        return key, known[1]

    def _note(self, is_known: bool, n_given: int) -> None:
        if not is_known:
            self.n_new += 1
        elif n_given:
            self.n_continued += 1
        else:
            self.n_old += 1

    # The end ----------------------------------------------------------------------------------------------------------

    def save(self, unreadable: Iterable[str]) -> None:
        """Keep what this run read, in one step; of ``unreadable`` inputs nothing. Raises NotKept."""
        faulty = {name.partition("!")[0] for name in unreadable}
        for key, name in self._names.items():
            if name in faulty:
                self._next.files.pop(key, None)
        merged = State(
            self._now,
            {**self._before.files, **self._next.files},
            {**self._before.streams, **self._next.streams},
            {**self._before.wholes, **self._next.wholes},
            {**self._before.chunks, **self._next.chunks},
        )
        merged.forget(self._now - KEPT_S)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(orjson.dumps(merged.to_json()))
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise NotKept(
                N_("what was read could not be kept, and the next run reads it again: {reason}"),
                where=str(self._path), reason=error.strerror or str(error),
            ) from None  # fmt: skip


class _Prefix:
    """A stream of lines beside what was read of one that began the same: which of its lines are new.

    Blocks wait until a mark behind them shows that everything before is what was read; where it is not, they are new.
    ``last``, ``unfinished``: number of the last whole line so far, and a digest of what follows it, empty for nothing.
    """

    def __init__(self, known: _Stream | None) -> None:
        self._known = known
        self._expected = deque(known.marks if known else ())
        self._after = known.last if known else 0
        self._hash = hashlib.blake2b(digest_size=16)
        self._at = 0
        self._verified = 0
        self._own: list[tuple[int, str]] = []
        self._end = (0, self._hash.hexdigest())
        self._held: deque[tuple[int, Block]] = deque()  # number of bytes up to the end of each
        self.last = 0
        self.unfinished = ""

    def feed(self, block: Block) -> list[Block]:
        """The blocks that are known to be new now that ``block`` follows, without their old lines."""
        self._look_at_end(block)
        verified, is_same = self._advance(block.data)
        known = self._known
        if known is None:
            return [block]
        self._held.append((self._at, block))
        if not is_same:
            self._known = None
            return self._behind(max(self._verified, verified))
        if self._expected:
            self._verified = max(self._verified, verified)
            while self._held and self._held[0][0] <= self._verified:
                self._held.popleft()
            return []
        parts = [part for _end, one in self._held if (part := _after(one, self._after)) is not None]
        self._held.clear()
        if block.first_record + block.n_records > known.last + 1:  # all lines that were read lie before
            self._known = None
        return parts

    def _behind(self, verified: int) -> list[Block]:
        """The waiting blocks without the lines that end in the first ``verified`` bytes of the stream."""
        parts = []
        for end, block in self._held:
            n_same = max(0, verified - (end - len(block.data)))
            n_lines = block.data.count(b"\n", 0, n_same)
            parts.append(_after(block, block.first_record + n_lines - 1))
        self._held.clear()
        return [part for part in parts if part is not None]

    def rest(self) -> list[Block]:
        """What still waits when the stream has ended before what was read did."""
        return self._behind(self._verified)

    def marks(self) -> list[tuple[int, str]]:
        """What the next run compares with."""
        return [*(mark for mark in self._own if mark[0] < self._end[0]), self._end]

    def _look_at_end(self, block: Block) -> None:
        """Learn where the last whole line ends, and whether the line after those read is one that was read unfinished."""
        data, known = block.data, self._known
        n_lines = _n_lines(data)
        self.last, self.unfinished = block.first_record + n_lines - 1, ""
        whole = len(data)
        if data and not data.endswith(b"\n"):
            whole = data.rfind(b"\n") + 1
            self.last -= 1
            self.unfinished = _digest(data[whole:].removesuffix(b"\r"))
        digest = self._hash.copy()
        digest.update(data[:whole])
        self._end = (self._at + whole, digest.hexdigest())
        if known and known.rest and block.first_record <= known.last + 1 < block.first_record + n_lines:
            line = data.split(b"\n", known.last + 2 - block.first_record)[known.last + 1 - block.first_record]
            if _digest(line.removesuffix(b"\r")) == known.rest:
                self._after = known.last + 1

    def _advance(self, data: bytes) -> tuple[int, bool]:
        """Take ``data`` in; up to where everything is what was read, and whether no mark differed."""
        view = memoryview(data)
        start = self._at
        end = start + len(data)
        verified = 0
        while True:
            step = (self._at // STEP_BYTES + 1) * STEP_BYTES
            expected = self._expected[0][0] if self._expected else end + 1
            to = min(step, expected, end)
            self._hash.update(view[self._at - start : to - start])
            self._at = to
            if to == step:
                self._own.append((to, self._hash.copy().hexdigest()))
            if to == expected:
                if self._expected.popleft()[1] != self._hash.copy().hexdigest():
                    self._expected.clear()
                    self._hash.update(view[to - start :])
                    self._at = end
                    return verified, False
                verified = to
            elif to == end:
                return verified, True


def _file_key(found: os.stat_result) -> FileKey:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _n_lines(data: bytes) -> int:
    return data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))


def _is_lines(block: Block) -> bool:
    """Whether the records of ``block`` are its lines."""
    return block.n_records == _n_lines(block.data)


def _after(block: Block, last: int) -> Block | None:
    """``block`` with its lines up to number ``last`` made blank, so that the others keep their numbers; None when none is left.

    Lines that begin with ``#`` stay: in the formats that have them they say what the columns are.
    """
    n_old = last + 1 - block.first_record
    if n_old <= 0:
        return block
    if n_old >= block.n_records:
        return None
    lines = block.data.split(b"\n")
    lines[:n_old] = [line if line.startswith(b"#") else b"" for line in lines[:n_old]]
    return replace(block, data=b"\n".join(lines), skipped=())


def question(values: object) -> str:
    """A name of what a run asks: the same values, the same name."""
    return hashlib.blake2b(orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str), digest_size=16).hexdigest()
