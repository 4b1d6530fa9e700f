"""Partial hits that arrive nearly in order of time, as from a live source, put into order before they are judged.

A hit waits until hits that are ``LATENESS_US`` newer have come; what comes later still is counted and left to hunts, which
look at stored events in their order. Hits from the future, as from a wrong clock, would make all others late, so the time at
which they arrive bounds what they say.
"""

from __future__ import annotations

import heapq
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.correlation.correlator import MAX_EVENTS, MAX_GROUPS, Correlator, Counts, Match
from vonggac.detectors.correlation.layout import Layout

LATENESS_US = 5 * 60 * 1_000_000
"""How much later than newer hits one may come: five minutes."""

MAX_WAITING = 200_000
"""Hits that wait at most; beyond, the oldest are judged without waiting on."""

LATE, AHEAD, HURRIED = "late", "ahead", "hurried"
"""Reasons: came too late and is left to hunts; said a time that is yet to come; did not wait, since too many did."""


class Stream:
    """A correlator behind a buffer. ``left`` counts hits by reason; those ``hurried`` were judged all the same."""

    def __init__(
        self,
        layout: Layout,
        *,
        lateness_us: int = LATENESS_US,
        max_waiting: int = MAX_WAITING,
        max_groups: int = MAX_GROUPS,
        max_events: int = MAX_EVENTS,
    ) -> None:
        self.left: Counter[str] = Counter()
        self._layout = layout
        self._correlator = Correlator(layout, max_groups=max_groups, max_events=max_events)
        self._lateness_us = lateness_us
        self._max_waiting = max_waiting
        self._waiting: list[tuple[int, ...]] = []  # a heap of rows: time, file, slot, record ...
        self._newest: int | None = None
        self._judged: int | None = None

    @property
    def counts(self) -> Counts:
        """What the correlator left out or had to forget."""
        return self._correlator.counts

    def push(self, rows: NDArray[np.void], arrived_us: int) -> list[Match]:
        """Take in ``rows``, in any order, that arrived at ``arrived_us``; the matches that are sure by now."""
        for row in rows.tolist():
            time = row[0]
            if time > arrived_us + self._lateness_us:
                self.left[AHEAD] += 1
            elif self._is_late(time):
                self.left[LATE] += 1
            else:
                heapq.heappush(self._waiting, row)
                self._newest = time if self._newest is None else max(self._newest, min(time, arrived_us))
        return self._release()

    def finish(self) -> list[Match]:
        """The matches of all that waits: nothing follows."""
        rows = [heapq.heappop(self._waiting) for _ in range(len(self._waiting))]
        return [*self._correlator.feed(self._rows(rows)), *self._correlator.finish()]

    def _is_late(self, time: int) -> bool:
        return (self._newest is not None and time < self._newest - self._lateness_us) or (
            self._judged is not None and time < self._judged
        )

    def _release(self) -> list[Match]:
        waiting, ready = self._waiting, []
        if self._newest is not None:
            mark = self._newest - self._lateness_us
            while waiting and waiting[0][0] < mark:
                ready.append(heapq.heappop(waiting))
        while len(waiting) > self._max_waiting:
            ready.append(heapq.heappop(waiting))
            self.left[HURRIED] += 1
        if not ready:
            return []
        self._judged = ready[-1][0]
        return self._correlator.feed(self._rows(ready))

    def _rows(self, rows: list[tuple[int, ...]]) -> NDArray[np.void]:
        return np.array(rows, self._layout.row)
