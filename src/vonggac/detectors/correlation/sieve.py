"""Which partial hits cannot matter, found by column: those of groups that are not hit often enough within a timespan.

Most groups of a log (addresses, users) are hit now and then; a correlation that wants a hundred hits in a minute need not
look at them one by one. Hits are counted by group and by steps of time as long as the timespan: a window lies in two steps
that follow each other, so a hit matters only if its step has enough hits together with the one before or the one after.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.correlation.layout import Layout
from vonggac.detectors.sigma.ruleset import Correlation

N_CELLS = 1 << 22
"""Counters. Groups that share one count together, so that more is kept than need be, never less."""

_COUNTING = ("event_count", "value_count")
_MIX_GROUP, _MIX_STEP, _MIX_RULE = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_TOP = np.uint64(64 - 22)


def least_hits(one: Correlation) -> int:
    """How many hits of a group within the timespan ``one`` needs at least."""
    least = 1
    if one.kind in _COUNTING:
        for name, number in one.conditions:
            if name in ("gte", "eq"):
                least = max(least, math.ceil(number))
            elif name == "gt":
                least = max(least, math.floor(number) + 1)
    return min(least, 2**31 - 1)


class Sieve:
    """Counts partial hits; when all are counted, says which may be of a window that fulfils its condition.

    A correlation over other correlations keeps all: what it is hit by is not known yet.
    """

    def __init__(self, layout: Layout) -> None:
        names = {one.info.id for one in layout.correlations}
        least = [least_hits(one) if names.isdisjoint(one.rules) else 1 for one in layout.correlations]
        numbers = [slot.own.correlation for slot in layout.slots]
        self._least = np.array([least[number] for number in numbers], np.int64)
        self._span = np.array([layout.correlations[number].timespan_us for number in numbers], np.int64)
        self._rule = np.array(numbers, np.uint64) * _MIX_RULE
        self._counts = np.zeros(N_CELLS if max(least, default=1) > 1 else 0, np.uint32)

    def add(self, rows: NDArray[np.void]) -> None:
        """Count ``rows``."""
        if len(self._counts):
            groups, steps = self._mixed(rows)
            np.add.at(self._counts, _cells(groups, steps), np.uint32(1))

    def keep(self, rows: NDArray[np.void]) -> NDArray[np.bool_]:
        """Which of ``rows``, all of which were counted, may matter."""
        if not len(self._counts):
            return np.ones(len(rows), np.bool_)
        groups, steps = self._mixed(rows)
        here = self._counts[_cells(groups, steps)].astype(np.int64)
        before = self._counts[_cells(groups, steps - 1)]
        after = self._counts[_cells(groups, steps + 1)]
        found: NDArray[np.bool_] = here + np.maximum(before, after) >= self._least[rows["slot"]]
        return found

    def _mixed(self, rows: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        slots = rows["slot"]
        return rows["group"] * _MIX_GROUP ^ self._rule[slots], rows["time"] // self._span[slots]


def _cells(groups: NDArray[np.uint64], steps: NDArray[np.int64]) -> NDArray[np.uint64]:
    return ((groups + steps.astype(np.uint64)) * _MIX_STEP) >> _TOP
