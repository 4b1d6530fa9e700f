"""Batches: shapes, columns, texts, dotted names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.events.batch import EventBatch, own_texts, resolve
from vonggac.events.finding import event_id, finding_id
from vonggac.events.folding import fold
from vonggac.events.times import iso, parse_time

scalars = st.one_of(
    st.text(max_size=5), st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from("abc"), v, max_size=2), max_leaves=6
)


@given(st.lists(st.dictionaries(st.sampled_from(("a", "b", "a.b", "c")), values, max_size=4), max_size=12))
def test_columns_hold_what_the_events_hold(events: list[dict[str, object]]) -> None:
    batch = EventBatch.from_dicts("json", enumerate(events, 1))
    assert batch.n_rows == len(events)
    assert sorted(batch.record(row) for row in range(batch.n_rows)) == list(range(1, len(events) + 1))
    for name in ("a", "b", "c", "a.b", "a.a", "c.b.a"):
        column = batch.column(name)
        found: dict[int, list[str]] = {}
        for row, text in zip(column.rows.tolist(), column.texts(), strict=True):
            found.setdefault(row, []).append(text)
        for row in range(batch.n_rows):
            event = batch.event(row)
            direct = event.get(name)
            if direct is None:
                direct = resolve(event, name.split("."))
            assert found.get(row, []) == [t.encode("utf-8", "replace").decode() for t in own_texts(direct)], name
        assert column.rows.tolist() == sorted(column.rows.tolist())


def test_texts_of_values() -> None:
    batch = EventBatch.from_dicts("json", [(1, {"a": [1, 2.0, 2.5, True, None, "x", [3], {"b": 4}]})])
    assert batch.column("a").texts() == ["1", "2", "2.5", "true", "x", "3"]
    assert batch.column("a.b").texts() == ["4"]


def test_folding_is_simple_and_idempotent() -> None:
    assert fold("ĐƯỜNG Straße ẞ \u212a ſ İ") == "đường straße ß k s İ"
    for code in range(0x110000):
        char = chr(code)
        assert len(fold(char)) == 1
        assert fold(fold(char)) == fold(char)


def test_ids_are_the_same_on_every_run_and_differ_by_rule_record_and_content() -> None:
    one = event_id("windows", 1, {"a": 1, "b": 2})
    assert one == event_id("windows", 1, {"b": 2, "a": 1})
    assert (
        len(
            {
                one,
                event_id("windows", 2, {"a": 1, "b": 2}),
                event_id("syslog", 1, {"a": 1, "b": 2}),
                event_id("windows", 1, {}),
            }
        )
        == 4
    )
    assert finding_id("r", one) == finding_id("r", one) != finding_id("s", one)
    assert event_id("json", 1, {"big": 2**80}) == event_id("json", 1, {"big": 2**80})


def test_times_far_away_survive() -> None:
    assert iso(parse_time("1601-01-01T00:00:00.000000Z")) == "1601-01-01T00:00:00.000000Z"
    assert iso(parse_time("2038-01-19T03:14:08Z")) == "2038-01-19T03:14:08.000000Z"
    assert parse_time("9999-99-99T00:00:00Z") is None
    assert iso(10**30) == ""


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year >= 1000))
def test_a_time_is_written_as_it_was_read(moment: datetime) -> None:
    text = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert iso(parse_time(text)) == text


@pytest.mark.parametrize("time_us", [parse_time("0999-12-31T23:59:59Z"), 253_402_300_800_000_000, -(10**30)])
def test_what_no_calendar_holds_is_no_time(time_us: int) -> None:
    assert iso(time_us) == ""


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.integers())))
def test_no_value_breaks_the_reader_of_times(value: object) -> None:
    found = parse_time(value)
    assert found is None or isinstance(iso(found), str)


def test_a_dotted_name_means_the_longest_key_that_has_a_value() -> None:
    events: list[dict[str, object]] = [
        {"a": {"b.c": "1"}, "a.b": {"c": "2"}},
        {"a": {"b.c": "3"}, "a.b": {"c": "4"}},
        {"a.b": None, "a": {"b": "x"}},
    ]
    batch = EventBatch.from_dicts("json", enumerate(events, 1))
    assert batch.column("a.b.c").texts() == ["2", "4"]
    assert batch.column("a.b").texts() == ["x"]
    for row in range(3):
        assert batch.texts(row, "a.b.c") == [
            text for r, text in zip(batch.column("a.b.c").rows, batch.column("a.b.c").texts(), strict=True) if r == row
        ]


def test_rows_with_a_value_somewhere() -> None:
    events: list[dict[str, object]] = [
        {"o": {"x": 1}},
        {"o": {}},
        {"o": None},
        {"o": [[], [{"y": ""}]]},
        {"p": 1},
        {"o": 0},
    ]
    batch = EventBatch.from_dicts("json", enumerate(events, 1))
    assert sorted({batch.record(int(row)) for row in batch.rows_with("o")}) == [1, 4, 6]
