"""Which partial hits cannot matter, found by column: groups that are never hit often enough within a timespan."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.correlation.layout import Layout
from vonggac.detectors.sigma.ruleset import Correlation

_COUNTING = ("event_count", "value_count")


def least_hits(one: Correlation) -> int:
    """How many hits of a group within the timespan ``one`` needs at least."""
    least = 1
    if one.kind in _COUNTING:
        for name, number in one.conditions:
            if name in ("gte", "eq"):
                least = max(least, math.ceil(number))
            elif name == "gt":
                least = max(least, math.floor(number) + 1)
    return least


def may_matter(layout: Layout, rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Which of ``rows``, in order of time and all that there are, may be of a window that fulfils its condition.

    A correlation over other correlations keeps all: what it is hit by is not known yet.
    """
    kept = np.ones(len(rows), np.bool_)
    names = {one.info.id for one in layout.correlations}
    correlation_of = np.array([slot.own.correlation for slot in layout.slots], np.int64)
    numbers = correlation_of[rows["slot"]] if len(rows) else np.empty(0, np.int64)
    for number, one in enumerate(layout.correlations):
        least = least_hits(one)
        if least < 2 or not names.isdisjoint(one.rules):
            continue
        mine = np.flatnonzero(numbers == number)
        by_group = mine[np.argsort(rows["group"][mine], kind="stable")]
        groups, times = rows["group"][by_group], rows["time"][by_group]
        ahead = least - 1
        is_dense = (groups[ahead:] == groups[: max(0, len(groups) - ahead)]) & (
            times[ahead:] - times[: max(0, len(times) - ahead)] <= one.timespan_us
        )
        dense = np.unique(groups[ahead:][is_dense])
        kept[mine] = np.isin(rows["group"][mine], dense)
    return kept
