"""The walk over the chain: whoever changes, cuts or remakes it is found, and the place named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from vonggac.desk.audit import anchors, chain, guard
from vonggac.desk.audit.actions import recording
from vonggac.desk.audit.anchors import Anchor
from vonggac.desk.audit.models import Detail, Entry
from vonggac.desk.audit.spans import merged, spans_of, without
from vonggac.desk.audit.verify import verify
from vonggac.desk.scope.asker import machine

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 1, tzinfo=UTC)


def tamper(statement: str, *values: object) -> None:
    with guard.away(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def told(*given: Anchor) -> list[str]:
    return [str(fault) for fault in verify(given).faults]


def remake(first: int) -> None:
    """What somebody does who owns the database and knows the program: every hash from ``first`` on made anew."""
    entries = list(Entry.objects.order_by("seq"))
    before = entries[first - 2].hash if first > 1 else chain.START
    for entry in entries[first - 1 :]:
        values = [getattr(entry, name) for name in chain.FIELDS]
        values[1] = chain.microseconds(entry.at)
        before = chain.link(before, tuple(values))
        tamper("UPDATE audit_entry SET hash = %s WHERE seq = %s", before, entry.seq)
    tamper("UPDATE audit_head SET hash = %s, seq = %s", before, entries[-1].seq)


@pytest.fixture
def ten() -> None:
    for number in range(10):
        with recording(machine("tester"), "organisations.edit") as record:
            record.note(number=number)


def test_an_empty_record_is_whole():
    verdict = verify([Anchor(AT, 0, chain.START)])
    assert (verdict.is_whole, verdict.n_entries, verdict.hash) == (True, 0, chain.START)


def test_an_untouched_record_is_whole_and_holds_its_anchors(ten):
    seen: list[tuple[int, int]] = []
    verdict = verify([anchors.head(AT)], lambda *args: seen.append(args))
    assert (verdict.is_whole, verdict.n_entries, verdict.seq, verdict.n_anchors) == (True, 10, 10, 1)
    assert seen == [(10, 10)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2001-01-01 00:00:00"), ("actor_id", 7), ("via", "x"), ("action", "a.b"), ("object_type", "x"),
        ("object_id", "9"), ("organisation_id", 3), ("n_objects", 5), ("detail_hash", "0" * 64), ("hash", "0" * 64),
    ],
)  # fmt: skip
def test_a_change_in_any_column_is_found_where_it_is(ten, column, value):
    tamper(f"UPDATE audit_entry SET {column} = %s WHERE seq = 4", value)
    found = told()
    assert found[0] == "entry 4: changed, or entry 3 was and its hash made anew"
    assert found[1:] == (["entry 4: its details were changed"] if column == "detail_hash" else [])


def test_every_broken_place_is_named(ten):
    tamper("UPDATE audit_entry SET action = 'a.b' WHERE seq IN (2, 9)")
    tamper("DELETE FROM audit_entry WHERE seq BETWEEN 5 AND 6")
    tamper("DELETE FROM audit_detail WHERE seq IN (5, 7)")
    assert told() == [
        "entry 2: changed, or entry 1 was and its hash made anew",
        "entries 5–6: missing",
        "entry 6: there are details, but no entry",
        "entry 7: its details are missing, and no erasure names them",
        "entry 9: changed, or entry 8 was and its hash made anew",
    ]


def test_a_changed_detail_is_found(ten):
    tamper("UPDATE audit_detail SET content = replace(content, 'tester', 'nobody') WHERE seq = 3")
    assert told() == ["entry 3: its details were changed"]


def test_a_cut_beginning_is_found(ten):
    tamper("DELETE FROM audit_entry WHERE seq < 3")
    tamper("DELETE FROM audit_detail WHERE seq < 3")
    assert told() == ["entries 1–2: missing"]


def test_a_cut_end_is_found_by_the_head_and_by_the_anchor_alone_when_the_head_was_moved(ten):
    anchor = anchors.head(AT)
    tamper("DELETE FROM audit_entry WHERE seq > 8")
    tamper("DELETE FROM audit_detail WHERE seq > 8")
    assert told() == ["the chain ends at 8, but its head says 10"]
    remake(8)
    assert told() == []
    assert told(anchor) == ["the chain ends at 8, but the anchor of 2026-11-20 01:00 UTC says 10: cut"]


def test_a_chain_made_anew_is_found_by_an_anchor_alone(ten):
    early, late = Anchor(AT, 3, Entry.objects.get(seq=3).hash), anchors.head(AT)
    tamper("UPDATE audit_entry SET action = 'a.b' WHERE seq = 5")
    remake(5)
    assert told(early) == []
    assert told(early, late) == ["entries 4–10: made anew; the anchor of 2026-11-20 01:00 UTC has another hash for 10"]


def test_one_entry_made_anew_breaks_the_link_after_it(ten):
    entry = Entry.objects.get(seq=5)
    values = [getattr(entry, name) for name in chain.FIELDS]
    values[1], values[4] = chain.microseconds(entry.at), "a.b"
    before = Entry.objects.get(seq=4).hash
    tamper("UPDATE audit_entry SET action = 'a.b', hash = %s WHERE seq = 5", chain.link(before, tuple(values)))
    assert told() == ["entry 6: changed, or entry 5 was and its hash made anew"]


def test_a_head_that_was_changed_or_is_gone_is_found(ten):
    tamper("UPDATE audit_head SET hash = %s", "0" * 64)
    assert told() == ["the head has another hash than the last entry, 10"]
    tamper("DELETE FROM audit_head")
    assert told() == ["the chain ends at 10, but its head says 0"]


def test_an_entry_that_claims_an_erasure_of_later_details_covers_none(ten):
    with recording(machine("tester"), "audit.erase") as record:
        record.note(erased=[[12, 13]], reason="x")
    for _ in range(2):
        with recording(machine("tester"), "organisations.edit"):
            pass
    tamper("DELETE FROM audit_detail WHERE seq = 12")
    assert told() == ["entry 12: its details are missing, and no erasure names them"]


def test_a_door_left_open_is_found(ten):
    tamper("INSERT INTO audit_door (id) VALUES (1)")
    assert "the door of the triggers stands open" in told()[0]


def test_many_faults_are_counted_and_a_thousand_named(ten):
    assert Detail.objects.count() == 10
    verdict = verify(Anchor(AT, 100 + n, "0" * 64) for n in range(1500))
    assert (verdict.n_faults, len(verdict.faults)) == (1500, 1000)


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1])))


@given(SPANS, SPANS)
def test_spans_are_sets_of_numbers(some, taken):
    def numbers(spans):
        return {number for first, last in spans for number in range(first, last + 1)}

    assert numbers(merged(some)) == numbers(some)
    assert numbers(without(merged(some), taken)) == numbers(some) - numbers(taken)
    assert spans_of(sorted(numbers(some))) == merged(some)
