"""What a source is: one log format, bytes in, event batches out, no input or output of its own.

A source cuts a stream into blocks of whole records (``frame``, cheap, in order) and turns a block into a batch
(``decode``, costly, in any process and any order). Whatever ``decode`` must know from earlier in the stream, a header
line for one, ``frame`` puts into the block's ``context``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Protocol

from vonggac.events.batch import EventBatch
from vonggac.events.skips import Skip

BLOCK_BYTES = 8 << 20
"""How many bytes a block aims at: about 7,000 Windows events; one worker holds a few of them."""

MAX_RECORD_BYTES = 64 << 20
"""A longer record is skipped (``line_too_long``) without being held in memory."""

SNIFF_BYTES = 64 << 10
"""How much of the beginning of a stream ``sniff`` sees."""


class Reader(Protocol):
    """The part of a binary file that ``frame`` needs; ``read(n)`` may return fewer bytes, b"" only at the end."""

    def read(self, size: int = -1, /) -> bytes:
        """The next at most ``size`` bytes."""
        ...


class Rewound:
    """``stream`` with the bytes ``head``, which were read from it, back in front."""

    def __init__(self, head: bytes, stream: Reader) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        """The next at most ``size`` bytes."""
        if not self._head:
            return self._stream.read(size)
        if size < 0:
            size = len(self._head)
        chunk, self._head = self._head[:size], self._head[size:]
        return chunk


def read_head(stream: Reader, size: int = SNIFF_BYTES) -> bytes:
    """The first ``size`` bytes of ``stream``, fewer only when it ends before."""
    parts: list[bytes] = []
    while size > 0 and (chunk := stream.read(size)):
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records of one stream. ``first_record`` is the number of the first, from 1 (lines: its line number).

    ``n_records`` is how many records (lines, EVTX chunks' records where known, else 0) the block holds;
    ``skipped`` what ``frame`` itself had to leave out before this block. ``old``: first and last numbers of records in it that
    were read by an earlier run and are not judged again. ``around``: whole lines of the blocks beside it that belong to the
    same events as some of its own; no events of this block.
    """

    data: bytes
    first_record: int = 1
    n_records: int = 0
    context: bytes = b""
    skipped: tuple[Skip, ...] = ()
    old: int = 0
    around: bytes = b""


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller knows about the input and the bytes do not say.

    ``zone``: of times that name none. ``year``: of dates that name none (None: the latest that fits).
    ``mapping``: native field to the name it should get, for the generic sources (csv, json).
    """

    zone: tzinfo = UTC
    year: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """One log format. Instances are stateless; list them in ``vonggac.sources.SOURCES``."""

    name: str
    """The name that users type and findings carry."""

    title: str
    """What it reads, one line of English (translated at the rim)."""

    def sniff(self, head: bytes, filename: str) -> int:
        """How sure the source is that a stream that begins with ``head`` is its own: 0 (no) to 100 (a signature)."""
        ...

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Cut ``stream`` into blocks, in order, holding about one block in memory."""
        ...

    def decode(self, block: Block, options: Options) -> EventBatch:
        """Turn ``block`` into a batch. Never raises for bad records: they are in the batch's ``skipped``."""
        ...
