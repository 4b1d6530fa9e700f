"""Some lines of a block instead of all of them, for whoever knows which lines matter: the same events, records and skips.

Only for sources whose lines are each read for themselves. What the other lines are is told by the source's ``survey``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vonggac.events.batch import EventBatch
from vonggac.sources import line_kernels
from vonggac.sources.lines import RawLines
from vonggac.sources.source import Block, Options, Source

BLANK, EVENT, OPEN = line_kernels.BLANK, line_kernels.EVENT, line_kernels.OPEN


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of ``data``: line i is ``data[starts[i]:ends[i]]``, without its end (LF or CR LF)."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, data: bytes) -> Lines:
        """The lines of ``data``, cut as :func:`lines.text_lines` cuts them."""
        array = np.frombuffer(data, np.uint8)
        return cls(array, *line_kernels.bounds(array, np.flatnonzero(array == 10)))

    def __len__(self) -> int:
        return len(self.starts)

    def holding(self, *marks: bytes) -> NDArray[np.int64]:
        """The numbers of the lines in which any of ``marks``, of four bytes at least, stands; quick where none does."""
        needles = np.frombuffer(b"".join(mark[-4:] for mark in marks), np.uint8).reshape(-1, 4)
        if not line_kernels.holds_any(self.data, needles):
            return np.zeros(0, np.int64)
        text = self.data.tobytes()
        places = [found.start() for found in re.finditer(b"|".join(map(re.escape, marks)), text)]
        return np.unique(np.searchsorted(self.starts, np.array(places, np.int64), side="right") - 1)


@runtime_checkable
class LineSource(Source, Protocol):
    """A source whose lines are each read for themselves and which can quickly tell what most of them are."""

    def survey(self, lines: Lines, context: bytes) -> NDArray[np.uint8] | None:
        """Of each line BLANK, EVENT (decode surely makes one of it) or OPEN (only decode can tell); None: of no line.

        Lines that change how others are read (headers) are OPEN: those are part of every excerpt.
        """
        ...


def decode_lines(
    source: LineSource, block: Block, lines: Lines, chosen: NDArray[np.int64], options: Options
) -> EventBatch:
    """The batch of the lines numbered ``chosen`` (from 0, in order) as if all had been read: places and raw bytes too."""
    starts, ends = lines.starts[chosen].tolist(), lines.ends[chosen].tolist()
    data = b"".join([block.data[a:b] + b"\n" for a, b in zip(starts, ends, strict=True)])
    batch = source.decode(replace(block, data=data, first_record=1, n_records=len(starts)), options)
    records = (chosen + block.first_record).tolist()
    return _renumbered(batch, records, block)


def _renumbered(batch: EventBatch, records: Sequence[int], block: Block) -> EventBatch:
    shapes = [replace(s, records=[records[record - 1] for record in s.records]) for s in batch.shapes]
    n_before = len(block.skipped)
    skipped = (*block.skipped, *(replace(s, record=records[s.record - 1]) for s in batch.skipped[n_before:]))
    return EventBatch(batch.source, shapes, batch.zone, RawLines(block), skipped, batch.year)
