"""What is held of the hits of one group within a timespan, and the one number that a correlation asks of them.

A hit is a row of the layout as a tuple (see the indexes below). Hits come in order of time; those of one time come together.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol

from vonggac.detectors.sigma.ruleset import Correlation, Node

Hit = tuple[Any, ...]
TIME, FILE, SLOT, RECORD, GROUP, HOST, VALUE, ABOVE = range(8)
"""Indexes of a hit; from ``ABOVE`` on, digest and value for each correlation above."""

Measure = int | float | Fraction


class Window(Protocol):
    """The hits of one group. ``size`` is how many are held."""

    size: int

    def add(self, time: int, hits: Sequence[tuple[Hit, tuple[int, ...]]]) -> None:
        """Add hits of one time, each with the places that its rule has in the correlation, and forget what is too old."""
        ...

    def measure(self) -> Measure | None:
        """The number that the condition is about, or for an expression 1; None where there is nothing to be compared."""
        ...

    def hits(self) -> Sequence[Hit]:
        """The hits that count now, in order of time."""
        ...

    def forget_oldest(self) -> bool:
        """Forget one hit to save room; False where that cannot be."""
        ...


class _EventCount:
    """``event_count``: how many hits."""

    def __init__(self, timespan_us: int) -> None:
        self._span = timespan_us
        self._events: deque[Hit] = deque()
        self.size = 0

    def add(self, time: int, hits: Sequence[tuple[Hit, tuple[int, ...]]]) -> None:
        events, oldest = self._events, time - self._span
        while events and events[0][TIME] < oldest:
            events.popleft()
        for hit, _ in hits:
            events.append(hit)
        self.size = len(events)

    def measure(self) -> Measure | None:
        return len(self._events)

    def hits(self) -> Sequence[Hit]:
        return self._events

    def forget_oldest(self) -> bool:
        if len(self._events) < 2:
            return False
        self._left(self._events.popleft())
        self.size -= 1
        return True

    def _left(self, hit: Hit) -> None:
        """A hit is no more in the window."""


class _Values(_EventCount):
    """Kinds that keep account of the values of the hits."""

    def add(self, time: int, hits: Sequence[tuple[Hit, tuple[int, ...]]]) -> None:
        events, oldest = self._events, time - self._span
        while events and events[0][TIME] < oldest:
            self._left(events.popleft())
        for hit, _ in hits:
            events.append(hit)
            self._came(hit)
        self.size = len(events)

    def _came(self, hit: Hit) -> None:
        """A hit is in the window."""


class _ValueCount(_Values):
    """``value_count``: how many different values."""

    def __init__(self, timespan_us: int) -> None:
        super().__init__(timespan_us)
        self._values: Counter[int] = Counter()

    def measure(self) -> Measure | None:
        return len(self._values)

    def _came(self, hit: Hit) -> None:
        self._values[hit[VALUE]] += 1

    def _left(self, hit: Hit) -> None:
        value = hit[VALUE]
        if self._values[value] == 1:
            del self._values[value]
        else:
            self._values[value] -= 1


class _ValueSum(_Values):
    """``value_sum``: the exact sum of the values."""

    def __init__(self, timespan_us: int) -> None:
        super().__init__(timespan_us)
        self._total: int | Fraction = 0

    def measure(self) -> Measure | None:
        return self._total

    def _came(self, hit: Hit) -> None:
        self._total += _exact(hit[VALUE])

    def _left(self, hit: Hit) -> None:
        self._total -= _exact(hit[VALUE])


class _ValueAverage(_ValueSum):
    """``value_avg``: the exact mean of the values."""

    def measure(self) -> Measure | None:
        return Fraction(self._total, len(self._events))


class _ValuePercentile(_Values):
    """``value_percentile`` and ``value_median``: the value below which ``percentile`` per cent are, interpolated."""

    def __init__(self, timespan_us: int, percentile: int) -> None:
        super().__init__(timespan_us)
        self._percentile = percentile
        self._ordered: list[float] = []

    def measure(self) -> Measure | None:
        place = Fraction(self._percentile * (len(self._ordered) - 1), 100)
        below = int(place)
        low = _exact(self._ordered[below])
        if place == below:
            return low
        return low + (_exact(self._ordered[below + 1]) - low) * (place - below)

    def _came(self, hit: Hit) -> None:
        insort(self._ordered, hit[VALUE])

    def _left(self, hit: Hit) -> None:
        del self._ordered[bisect_left(self._ordered, hit[VALUE])]


def _exact(value: float) -> int | Fraction:
    return int(value) if value.is_integer() else Fraction(value)


class _Temporal:
    """``temporal``: how many of the rules were hit; of each the last hit is held."""

    def __init__(self, timespan_us: int, expression: Node, numbers: dict[str, int]) -> None:
        self._span = timespan_us
        self._expression = expression
        self._numbers = numbers
        self._last: dict[int, Hit] = {}
        self.size = 0

    def add(self, time: int, hits: Sequence[tuple[Hit, tuple[int, ...]]]) -> None:
        last, oldest = self._last, time - self._span
        if any(hit[TIME] < oldest for hit in last.values()):
            self._last = last = {place: hit for place, hit in last.items() if hit[TIME] >= oldest}
        for hit, places in hits:
            known = last.get(places[0])  # a rule that is listed twice counts once
            if known is None or known[TIME] < time:
                last.pop(places[0], None)  # so that hits stay in the order in which they came
                last[places[0]] = hit
        self.size = len(last)

    def measure(self) -> Measure | None:
        if not self._expression:
            return len(self._last)
        return 1 if _holds(self._expression, self._numbers, self._last) else None

    def hits(self) -> Sequence[Hit]:
        return sorted(self._last.values(), key=lambda hit: hit[TIME])

    def forget_oldest(self) -> bool:
        return False


def _holds(node: Node, numbers: dict[str, int], present: dict[int, Hit]) -> bool:
    if node[0] == "rule":
        return numbers[node[1]] in present
    if node[0] == "not":
        return not _holds(node[1], numbers, present)
    return (all if node[0] == "and" else any)(_holds(child, numbers, present) for child in node[1:])


class _TemporalOrdered:
    """``temporal_ordered``: how many of the rules were hit in the order of the list, a hit of one time being no later than
    another of it.

    ``self._chains[place][n]`` is, of the chains of n + 1 hits that end with the rule of ``place``, the one that began last.
    """

    def __init__(self, timespan_us: int, n_places: int) -> None:
        self._span = timespan_us
        self._chains: list[list[tuple[Hit, ...]]] = [[()] * (place + 1) for place in range(n_places)]
        self.size = 0

    def add(self, time: int, hits: Sequence[tuple[Hit, tuple[int, ...]]]) -> None:
        chains, oldest = self._chains, time - self._span
        for at_place in chains:
            for n, chain in enumerate(at_place):
                if chain and chain[0][TIME] < oldest:
                    at_place[n] = ()
        pairs = sorted(((hit, place) for hit, places in hits for place in places), key=lambda pair: pair[1])
        if len(pairs) > len(hits):
            self._add_repeated(time, pairs)
        else:
            self._add_each(time, pairs)
        self.size = sum(len(chain) for at_place in chains for chain in at_place)

    def _add_each(self, time: int, pairs: Sequence[tuple[Hit, int]]) -> None:
        for hit, place in pairs:
            mine = self._chains[place]
            if not mine[0] or mine[0][0][TIME] < time:
                mine[0] = (hit,)
            for n in range(1, place + 1):
                for before in self._chains[n - 1 : place]:
                    chain = before[n - 1]
                    if chain and (not mine[n] or mine[n][0][TIME] < chain[0][TIME]):
                        mine[n] = (*chain, hit)

    def _add_repeated(self, time: int, pairs: Sequence[tuple[Hit, int]]) -> None:
        """Where a rule is listed twice: a chain that began last may already use the hit, so others are kept beside it."""
        found = [[[chain] if chain else [] for chain in at_place] for at_place in self._chains]
        seen: Counter[int] = Counter()
        for hit, place in pairs:
            seen[place] += 1
            if seen[place] > len(found):
                continue  # so many hits of one time do for any chain
            found[place][0].append((hit,))
            for n in range(1, place + 1):
                longer = [
                    (*chain, hit)
                    for before in found[n - 1 : place]
                    for chain in before[n - 1]
                    if not any(one is hit for one in chain)
                ]
                longer.sort(key=lambda chain: -chain[0][TIME])
                found[place][n] += longer[:MAX_CHAINS]
        for at_place, kept in zip(found, self._chains, strict=True):
            for n, chains in enumerate(at_place):
                kept[n] = max(chains, key=lambda chain: chain[0][TIME], default=())

    def measure(self) -> Measure | None:
        return max((n + 1 for at_place in self._chains for n, chain in enumerate(at_place) if chain), default=0)

    def hits(self) -> Sequence[Hit]:
        longest: tuple[Hit, ...] = ()
        for at_place in self._chains:
            for chain in at_place:
                if len(chain) > len(longest) or (len(chain) == len(longest) > 0 and chain[0][TIME] > longest[0][TIME]):
                    longest = chain
        return longest

    def forget_oldest(self) -> bool:
        return False


class _OrderedExpression:
    """``temporal_ordered`` with an expression: some way to fulfil it whose rules were hit in the order of the list."""

    def __init__(self, timespan_us: int, ways: Sequence[tuple[tuple[int, ...], frozenset[int]]]) -> None:
        self._span = timespan_us
        self._ways = ways
        self._chains = [_TemporalOrdered(timespan_us, len(places)) for places, _ in ways]
        self._last: dict[int, int] = {}
        self.size = 0

    def add(self, time: int, hits: Sequence[tuple[Hit, tuple[int, ...]]]) -> None:
        for _, places in hits:
            self._last.update(dict.fromkeys(places, time))
        self._last = {place: last for place, last in self._last.items() if last >= time - self._span}
        for (wanted, _), chain in zip(self._ways, self._chains, strict=True):
            mine = [(hit, tuple(wanted.index(place) for place in places if place in wanted)) for hit, places in hits]
            chain.add(time, [(hit, places) for hit, places in mine if places])
        self.size = sum(chain.size for chain in self._chains)

    def measure(self) -> Measure | None:
        return None if self._way() is None else 1

    def hits(self) -> Sequence[Hit]:
        found = self._way()
        return () if found is None else found.hits()

    def forget_oldest(self) -> bool:
        return False

    def _way(self) -> _TemporalOrdered | None:
        for (wanted, unwanted), chain in zip(self._ways, self._chains, strict=True):
            if chain.measure() == len(wanted) and unwanted.isdisjoint(self._last):
                return chain
        return None


MAX_CHAINS = 64
"""How many chains are kept side by side while the hits of one time are looked at."""


def _ways_of(node: Node, numbers: dict[str, int]) -> list[tuple[tuple[int, ...], frozenset[int]]]:
    """The ways to fulfil an expression: places of rules that must be hit, ascending, and of those that must not."""
    return [
        (tuple(sorted(wanted)), frozenset(unwanted))
        for wanted, unwanted in _ways(node, numbers, negated=False)
        if wanted and not wanted & unwanted
    ]


def _ways(node: Node, numbers: dict[str, int], *, negated: bool) -> list[tuple[set[int], set[int]]]:
    if node[0] == "rule":
        place = {numbers[node[1]]}
        return [(set(), place)] if negated else [(place, set())]
    if node[0] == "not":
        return _ways(node[1], numbers, negated=not negated)
    parts = [_ways(child, numbers, negated=negated) for child in node[1:]]
    if (node[0] == "or") != negated:
        return [way for part in parts for way in part]
    found: list[tuple[set[int], set[int]]] = [(set(), set())]
    for part in parts:
        found = [(a | c, b | d) for a, b in found for c, d in part]
    return found


def make_window(one: Correlation) -> Window:  # noqa: PLR0911  # one for each kind
    """An empty window of ``one``."""
    span = one.timespan_us
    match one.kind:
        case "event_count":
            return _EventCount(span)
        case "value_count":
            return _ValueCount(span)
        case "value_sum":
            return _ValueSum(span)
        case "value_avg":
            return _ValueAverage(span)
        case "value_median":
            return _ValuePercentile(span, 50)
        case "value_percentile":
            return _ValuePercentile(span, one.percentile)
    numbers = {rule: one.rules.index(rule) for rule in one.rules}
    if one.kind == "temporal":
        return _Temporal(span, one.expression, numbers)
    if one.expression:
        return _OrderedExpression(span, _ways_of(one.expression, numbers))
    return _TemporalOrdered(span, len(one.rules))
