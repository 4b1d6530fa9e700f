"""Partial hits as they arrive: nearly in order, late, from the future, too many at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.correlation.correlator import Correlator, Match
from vonggac.detectors.correlation.layout import Layout
from vonggac.detectors.correlation.stream import LATENESS_US, Stream
from vonggac.detectors.sigma.ruleset import Correlation
from vonggac.events.finding import RuleInfo

SECOND = 1_000_000
NOW = 1_770_000_000 * SECOND
THREE = Correlation(RuleInfo("c", "Three"), "event_count", ("r",), 60 * SECOND, ("u",), (("gte", 3),))
LAYOUT = Layout([THREE])


def rows(*times: int, group: int = 7) -> np.ndarray:
    found = np.zeros(len(times), LAYOUT.row)
    found["time"] = [NOW + time * SECOND for time in times]
    found["record"] = np.arange(len(times))
    found["group"] = group
    return found


def times(matches: list[Match]) -> list[int]:
    return [(match.last.time_us - NOW) // SECOND for match in matches]


def test_a_match_is_told_once_nothing_earlier_can_come() -> None:
    stream = Stream(LAYOUT)
    assert stream.push(rows(20, 0, 10), NOW + 20 * SECOND) == []
    assert stream.push(rows(299), NOW + 299 * SECOND) == []
    assert times(stream.push(rows(330), NOW + 330 * SECOND)) == []  # the last one judged may still have company
    assert times(stream.push(rows(700), NOW + 700 * SECOND)) == [20]
    assert times(stream.finish()) == []
    assert not stream.left


def test_hits_up_to_five_minutes_late_count_and_later_ones_are_left_to_hunts() -> None:
    stream = Stream(LAYOUT)
    stream.push(rows(300, 310), NOW + 310 * SECOND)
    stream.push(rows(10, 305), NOW + 311 * SECOND)
    stream.push(rows(9), NOW + 311 * SECOND)
    assert dict(stream.left) == {"late": 1}
    assert times(stream.finish()) == [310]


def test_a_clock_in_the_future_makes_nothing_late() -> None:
    stream = Stream(LAYOUT)
    stream.push(rows(10_000_000), NOW)
    stream.push(rows(250), NOW)  # within the lateness: waits like any other
    stream.push(rows(0, 1, 2), NOW + 2 * SECOND)
    assert dict(stream.left) == {"ahead": 1}
    assert times(stream.finish()) == [2]


def test_too_many_at_once_are_judged_without_waiting_and_counted() -> None:
    stream = Stream(LAYOUT, max_waiting=5)
    found = stream.push(rows(*range(20)), NOW)
    assert stream.left["hurried"] == 15
    assert times(found + stream.finish()) == [2]


@given(st.lists(st.integers(0, 400), max_size=60), st.randoms())
def test_any_order_within_the_lateness_gives_what_the_right_order_gives(seconds: list[int], random: object) -> None:
    in_order = sorted(seconds)
    correlator = Correlator(LAYOUT)
    right = [*correlator.feed(rows(*in_order)), *correlator.finish()]
    jumbled = sorted(in_order, key=lambda second: second + random.randrange(250))  # type: ignore[attr-defined]
    stream = Stream(LAYOUT)
    found: list[Match] = []
    newest = 0
    for second in jumbled:
        newest = max(newest, second)
        found += stream.push(rows(second), NOW + newest * SECOND)
    found += stream.finish()
    assert not stream.left
    assert times(found) == times(right)


def test_lateness_is_five_minutes() -> None:
    assert LATENESS_US == 300 * SECOND
