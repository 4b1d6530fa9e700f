"""Who was behind a public address and port."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.nat import MAX_HOSTS, Confidence, NatIndex, Record

MINUTE = 60_000_000
PUBLIC = "203.0.113.5"


def nat(*records: tuple[int | None, str, int], wanted: set[int] | None = None) -> NatIndex:
    index = NatIndex({PUBLIC: wanted if wanted is not None else {4000}}, 10 * MINUTE)
    index.add(Record(PUBLIC, port, inner, minute * MINUTE) for port, inner, minute in records)
    return index


def test_a_port_used_again_belongs_to_whom_held_it_then() -> None:
    index = nat((4000, "10.0.0.2", 100), (4000, "10.0.0.1", 0), (4000, "10.0.0.3", 200))
    for minute, inner in ((0, "10.0.0.1"), (5, "10.0.0.1"), (95, "10.0.0.2"), (100, "10.0.0.2"), (209, "10.0.0.3")):
        (holder,) = index.who(PUBLIC, 4000, minute * MINUTE)
        assert (holder.inner, holder.confidence) == (inner, Confidence.PORT)


def test_within_the_tolerance_the_latest_before_comes_first_and_the_others_are_named() -> None:
    index = nat((4000, "10.0.0.1", 0), (4000, "10.0.0.2", 6), (4000, "10.0.0.1", 8))
    assert [one.inner for one in index.who(PUBLIC, 4000, 5 * MINUTE)] == ["10.0.0.1", "10.0.0.2"]
    assert [one.inner for one in index.who(PUBLIC, 4000, 7 * MINUTE)] == ["10.0.0.2", "10.0.0.1"]


def test_the_tolerance_is_included_and_no_more() -> None:
    index = nat((4000, "10.0.0.1", 100))
    assert index.who(PUBLIC, 4000, 110 * MINUTE)
    assert index.who(PUBLIC, 4000, 90 * MINUTE)
    assert not index.who(PUBLIC, 4000, 110 * MINUTE + 1)
    assert not index.who(PUBLIC, 4000, 90 * MINUTE - 1)


def test_another_port_tells_only_the_address() -> None:
    index = nat((4001, "10.0.0.1", 100), (4002, "10.0.0.2", 100), (4001, "10.0.0.1", 101), (None, "10.0.0.4", 500))
    found = index.who(PUBLIC, 4000, 100 * MINUTE)
    assert [(one.inner, one.confidence, one.count) for one in found] == [
        ("10.0.0.1", Confidence.ADDRESS, 2),
        ("10.0.0.2", Confidence.ADDRESS, 1),
    ]
    assert [one.inner for one in index.who(PUBLIC, None, 500 * MINUTE)] == ["10.0.0.4"]


def test_nobody_and_addresses_not_asked_for() -> None:
    index = nat((4000, "10.0.0.1", 100))
    assert index.who(PUBLIC, 4000, 900 * MINUTE) == []
    assert index.who("203.0.113.9", None, 100 * MINUTE) == []
    assert PUBLIC in index
    assert "203.0.113.9" not in index


def test_many_hosts_are_cut() -> None:
    index = nat(*((None, f"10.0.{i // 250}.{i % 250}", 10) for i in range(500)))
    assert len(index.who(PUBLIC, None, 10 * MINUTE)) == MAX_HOSTS


@given(
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"])), max_size=40),
    st.integers(0, 300),
)
def test_runs_say_what_a_search_of_all_records_says(seen: list[tuple[int, str]], at: int) -> None:
    index = nat(*((None, inner, minute) for minute, inner in seen))
    found = {one.inner for one in index.who(PUBLIC, None, at * MINUTE)}
    near = {inner for minute, inner in seen if abs(minute - at) <= 10}
    assert near <= found
    for inner in found - near:  # between two records a minute apart, or in a run that reaches into the window
        minutes = sorted(minute for minute, other in seen if other == inner)
        assert any(a < at < b for a, b in pairwise(minutes))


@given(st.permutations([0, 1, 2, 3, 4, 30, 31, 90]))
def test_the_order_of_records_does_not_matter(minutes: list[int]) -> None:
    index = nat(*((None, "10.0.0.1", minute) for minute in minutes))
    (holder,) = index.who(PUBLIC, None, 2 * MINUTE)
    assert (holder.first, holder.last, holder.count) == (0, 4 * MINUTE, 5)
