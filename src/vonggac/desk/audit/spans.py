"""Sets of sequence numbers as few spans of them: what is missing, what was erased. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""First and last number, both included."""


def spans_of(numbers: Iterable[int]) -> list[Span]:
    """``numbers`` (ascending) as spans."""
    spans: list[Span] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same numbers in as few spans as can be, ascending."""
    whole: list[Span] = []
    for first, last in sorted(spans):
        if whole and first <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(whole[-1][1], last))
        else:
            whole.append((first, last))
    return whole


def without(spans: Iterable[Span], taken: Iterable[Span]) -> Iterator[Span]:
    """The parts of ``spans`` (each for itself) that no span of ``taken`` holds."""
    away = merged(taken)
    for first, last in spans:
        at = max(bisect_right(away, (first, first)) - 1, 0)
        while at < len(away) and away[at][0] <= last:
            begin, end = away[at]
            if end >= first:
                if begin > first:
                    yield first, begin - 1
                first = end + 1
            at += 1
        if first <= last:
            yield first, last
