"""Judging partial hits in order of time: windows that slide with the events, one match for each burst.

At each time at which a group is hit, its window is what it was hit by in the timespan up to then, both ends included. Where
the window fulfils the condition there is a match, unless one of the same group did so within the timespan before: a burst is
told once, and again only after a whole timespan without.
"""

from __future__ import annotations

import math
import operator
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.correlation.layout import Layout, Wanted
from vonggac.detectors.correlation.partials import NO_GROUP, NO_VALUE
from vonggac.detectors.correlation.windows import (
    ABOVE,
    FILE,
    GROUP,
    HOST,
    RECORD,
    SLOT,
    TIME,
    VALUE,
    Hit,
    Measure,
    Window,
    make_window,
)

MAX_GROUPS = 200_000
"""Groups that are held at once, of all correlations together: beyond, the one hit longest ago is forgotten."""

MAX_EVENTS = 1_000_000
"""Hits that are held at once (about 300 MB); beyond, the group hit longest ago is forgotten, of the last one its oldest hits."""

LISTED = 100
"""How many of its hits a match lists: the first."""

_COMPARE: dict[str, Callable[[Measure, int | float], bool]] = {
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge, "eq": operator.eq, "neq": operator.ne,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hit is: its time in microseconds, the number of its file, its record."""

    time_us: int
    file: int
    record: int


@dataclass(frozen=True, slots=True)
class Match:
    """A correlation that held. ``value`` is what its condition is about, ``n_hits`` how many hits counted.

    ``last`` is the hit by which it held; ``host`` the digest of the one host of all hits, 0 where there are several or none.
    """

    correlation: int
    group: int
    host: int
    value: int | float
    n_hits: int
    places: tuple[Place, ...]
    last: Place


@dataclass(slots=True)
class Counts:
    """What a correlator left out: hits by (number of the correlation, reason), and what it had to forget."""

    left: Counter[tuple[int, str]] = field(default_factory=Counter)
    evicted_groups: int = 0
    evicted_events: int = 0


@dataclass(slots=True)
class _Group:
    """The state of one group: its window, and the last times at which it was hit and at which it held."""

    window: Window
    hit_at: int = 0
    held_at: int | None = None


class Correlator:
    """Correlations over partial hits that come in order of time, of one time in order of file, record and slot.

    ``max_groups`` and ``max_events`` cap what is held; what is forgotten for it is counted in ``counts``.
    """

    def __init__(self, layout: Layout, *, max_groups: int = MAX_GROUPS, max_events: int = MAX_EVENTS) -> None:
        self.counts = Counts()
        self._layout = layout
        self._max_groups = max_groups
        self._max_events = max_events
        self._n_groups = 0
        self._n_events = 0
        self._groups: list[dict[int, _Group]] = [{} for _ in layout.correlations]
        """Of each correlation, those hit longest ago first."""
        self._pending: list[dict[int, list[tuple[Hit, tuple[int, ...]]]]] = [{} for _ in layout.correlations]
        self._due: set[int] = set()
        """The correlations that have pending hits."""
        self._now: int | None = None
        self._n_pending = 0
        self._slots = [
            (slot.own.correlation, layout.positions[slot.own.correlation][slot.rule]) for slot in layout.slots
        ]
        self._ways = _ways(layout)
        self._conditions = [[(_COMPARE[name], than) for name, than in one.conditions] for one in layout.correlations]
        self._is_above = [False] * len(layout.correlations)
        for parents in layout.parents:
            for parent in parents:
                self._is_above[parent] = True
        self._floats = [slot.own.is_numeric for slot in layout.slots]

    def feed(self, rows: NDArray[np.void]) -> list[Match]:
        """The matches up to the last time in ``rows``, that time left out: rows of it may still follow."""
        found: list[Match] = []
        slots, pending, due = self._slots, self._pending, self._due
        now = self._now
        for hit in self._hits(rows):
            if hit[TIME] != now:
                if now is not None:
                    self._settle(now, found)
                self._now = now = hit[TIME]
            correlation, places = slots[hit[SLOT]]
            waiting = pending[correlation]
            group = hit[GROUP]
            if group in waiting:
                waiting[group].append((hit, places))
            else:
                waiting[group] = [(hit, places)]
                due.add(correlation)
            self._n_pending += 1
            if self._n_pending > self._max_events:
                self._settle(hit[TIME], found)
        return found

    def finish(self) -> list[Match]:
        """The matches at the last time: no rows follow."""
        found: list[Match] = []
        if self._now is not None:
            self._settle(self._now, found)
        return found

    def _hits(self, rows: NDArray[np.void]) -> Sequence[Hit]:
        hits: list[Hit] = rows.tolist()
        if any(self._floats):
            numbers = rows["value"].copy().view(np.float64).tolist()
            is_numeric = self._floats
            hits = [
                (*hit[:VALUE], number, *hit[ABOVE:]) if is_numeric[hit[SLOT]] else hit
                for hit, number in zip(hits, numbers, strict=True)
            ]
        return hits

    def _settle(self, now: int, found: list[Match]) -> None:
        """Judge the groups that were hit at ``now``; a correlation comes after those that it refers to."""
        self._n_pending = 0
        while self._due:
            number = min(self._due)
            self._due.remove(number)
            waiting, self._pending[number] = self._pending[number], {}
            self._expire(number, now)
            for group, hits in waiting.items():
                if self._is_above[number]:  # hits of rules and those given on by correlations
                    hits.sort(key=_order)
                self._judge(number, group, now, hits, found)

    def _expire(self, number: int, now: int) -> None:
        """Drop the groups that were not hit for a timespan: their windows are empty, and a burst of theirs is over."""
        groups = self._groups[number]
        oldest = now - self._layout.correlations[number].timespan_us
        while groups:
            group, state = next(iter(groups.items()))
            if state.hit_at >= oldest:
                return
            del groups[group]
            self._n_groups -= 1
            self._n_events -= state.window.size

    def _judge(
        self, number: int, group: int, now: int, hits: list[tuple[Hit, tuple[int, ...]]], found: list[Match]
    ) -> None:
        correlation = self._layout.correlations[number]
        groups = self._groups[number]
        state = groups.pop(group, None)
        if state is None:
            state = _Group(make_window(correlation))
            self._n_groups += 1
        groups[group] = state  # as the last one
        state.hit_at = now
        window = state.window
        self._n_events -= window.size
        window.add(now, hits)
        self._n_events += window.size
        if self._n_groups > self._max_groups or self._n_events > self._max_events:
            self._make_room(number, state)
        measure = window.measure()
        if measure is None:
            return
        for compare, than in self._conditions[number]:
            if not compare(measure, than):
                return
        is_new = state.held_at is None or now - state.held_at > correlation.timespan_us
        state.held_at = now
        if is_new:
            found.append(self._match(number, group, window, measure, hits[-1][0]))
        for parent in self._layout.parents[number]:
            self._raise(parent, number, [hit for hit, _ in hits], is_new=is_new)

    def _make_room(self, number: int, kept: _Group) -> None:
        """Forget groups hit longest ago, first of correlation ``number``, until the caps hold; ``kept`` comes last."""
        for groups in (self._groups[number], *self._groups):
            while groups and (self._n_groups > self._max_groups or self._n_events > self._max_events):
                group, state = next(iter(groups.items()))
                if state is kept:
                    break
                del groups[group]
                self._n_groups -= 1
                self._n_events -= state.window.size
                self.counts.evicted_groups += 1
        while self._n_events > self._max_events and kept.window.forget_oldest():
            self._n_events -= 1
            self.counts.evicted_events += 1

    def _match(self, number: int, group: int, window: Window, measure: Measure, last: Hit) -> Match:
        hits = window.hits()
        hosts = {hit[HOST] for hit in hits}
        return Match(
            number,
            group,
            hosts.pop() if len(hosts) == 1 else 0,
            int(measure) if measure == int(measure) else _float(measure),
            len(hits),
            tuple(_place(hit) for _, hit in zip(range(LISTED), hits, strict=False)),
            _place(last),
        )

    def _raise(self, parent: int, child: int, hits: list[Hit], *, is_new: bool) -> None:
        """Give what holds on to a correlation that refers to it.

        Where the order or presence of rules counts, it is hit by every event at which its rule holds; where hits are
        counted, by the one with which a burst begins.
        """
        correlation = self._layout.correlations[parent]
        if not correlation.kind.startswith("temporal"):
            hits = hits[-1:] if is_new else []
        places = self._layout.positions[parent][self._layout.correlations[child].info.id]
        for hit in hits:
            at, wanted, slot = self._ways[hit[SLOT]][parent]
            group, value = hit[ABOVE + 2 * at], hit[ABOVE + 2 * at + 1]
            has_value = bool(value) or not wanted.value
            if wanted.is_numeric:
                value = struct.unpack("<d", struct.pack("<Q", value))[0]
                has_value = not math.isnan(value)
            if not group:
                self.counts.left[parent, NO_GROUP] += 1
            elif not has_value:
                self.counts.left[parent, NO_VALUE] += 1
            else:
                raised = (*hit[:SLOT], slot, *hit[SLOT + 1 : VALUE], value, *hit[ABOVE:])
                self._pending[parent].setdefault(group, []).append((raised, places))
                self._due.add(parent)


def _ways(layout: Layout) -> list[dict[int, tuple[int, Wanted, int]]]:
    """Per slot, the correlations right above it: where in a hit what they want is, what that is, and the slot up there.

    Slots beyond those of the layout stand for hits that were given on, one for each way that they may have come.
    """
    found: list[dict[int, tuple[int, Wanted, int]]] = [{} for _ in layout.slots]
    for slot in layout.slots:
        at_way: dict[tuple[int, ...], int] = {(): slot.number}
        for at, wanted in enumerate(slot.above):  # a way comes after those that it goes on from
            at_way[wanted.way] = len(found)
            found[at_way[wanted.way[:-1]]][wanted.correlation] = (at, wanted, len(found))
            found.append({})
    return found


def _order(pair: tuple[Hit, tuple[int, ...]]) -> tuple[int, int, int]:
    hit = pair[0]
    return hit[FILE], hit[RECORD], hit[SLOT]


def _float(measure: Measure) -> float:
    try:
        return float(measure)
    except OverflowError:  # a sum of huge numbers
        return math.inf if measure > 0 else -math.inf


def _place(hit: Hit) -> Place:
    return Place(hit[TIME], hit[FILE], hit[RECORD])
