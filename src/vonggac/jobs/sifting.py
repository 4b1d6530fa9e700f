"""Blocks of text of which only the lines that matter are decoded: the same findings and the same counts, much sooner.

Lines matter when a detector may find something in them, and when their source cannot tell at a glance that they are events.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vonggac.detectors.detector import Detector, Sifter
from vonggac.events.batch import EventBatch
from vonggac.sources.excerpts import EVENT, OPEN, Lines, LineSource, decode_lines
from vonggac.sources.source import Block, Options, Source

LEAST_LINE_BYTES = 8
"""On average: where lines are shorter, knowing where each is costs more memory than the text."""

WORTHWHILE = 0.5
"""The largest share of lines that is read by itself; of more, the whole block is read."""


def sift(
    source: Source, block: Block, detectors: Sequence[Detector], options: Options
) -> tuple[EventBatch, int] | None:
    """The lines of ``block`` that matter as a batch, and how many other events it holds; None: it has to be read whole."""
    if not isinstance(source, LineSource) or block.n_records * LEAST_LINE_BYTES > len(block.data):
        return None
    sifters = [detector for detector in detectors if isinstance(detector, Sifter)]
    if not sifters or len(sifters) < len(detectors):
        return None
    try:
        return _sifted(source, block, sifters, options)
    except Exception:  # noqa: BLE001  # whoever reads the block whole meets the fault again and counts what it costs
        return None


def _sifted(
    source: LineSource, block: Block, sifters: Sequence[Sifter], options: Options
) -> tuple[EventBatch, int] | None:
    lines = Lines.of(block.data)
    kinds = source.survey(lines, block.context)
    if kinds is None:
        return None
    is_wanted = kinds == OPEN
    for sifter in sifters:
        if is_wanted.sum() > WORTHWHILE * len(lines):
            return None
        found = sifter.sift(source.name, lines.data, lines.starts, lines.ends)
        if found is None:
            return None
        is_wanted |= found
    if is_wanted.sum() > WORTHWHILE * len(lines):
        return None
    batch = decode_lines(source, block, lines, np.flatnonzero(is_wanted), options)
    return batch, int(np.count_nonzero((kinds == EVENT) & ~is_wanted))
