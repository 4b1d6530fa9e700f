"""Who owned an address then: one at a time from the database, and many at once, against an oracle that reads row by row."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from province import START, admin, granted

from vonggac.desk.audit.chain import microseconds
from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.queries import NetworkRow
from vonggac.desk.organisations.spans import key_of_text, parse_span
from vonggac.errors import InvalidValues
from vonggac.jobs.owner_at import CONTESTED, NOBODY, OwnersAt, owners_at

DAY_0 = datetime(2025, 1, 1, tzinfo=UTC)
days = st.none() | st.integers(0, 8).map(lambda n: DAY_0 + timedelta(days=n))


@st.composite
def spans(draw):
    """CIDRs and ranges inside one /26 and one /122, so that they meet often."""
    start, size = draw(st.integers(0, 60)), draw(st.integers(1, 12))
    if draw(st.booleans()):
        low = ipaddress.ip_address("192.0.2.0")
    else:
        low = ipaddress.ip_address("2001:db8::")
    return parse_span(f"{low + start}-{low + min(start + size, 63)}")


@st.composite
def rows(draw):
    found = []
    for number in range(draw(st.integers(0, 12))):
        span, first, last = draw(spans()), draw(days), draw(days)
        if first is not None and last is not None and first >= last:
            first, last = last, None
        found.append(NetworkRow(number + 1, draw(st.integers(1, 4)), span.first, span.last, "public", first, last))
    return found


def slow_owner(networks, address, time):
    """The oracle: every row that covers the address and holds then; the smallest decides, unless another crosses it."""
    key = key_of_text(address)
    held = [
        row
        for row in networks
        if row.first <= key <= row.last
        and (row.valid_from is None or row.valid_from <= time)
        and (row.valid_until is None or time < row.valid_until)
    ]
    if not held:
        return NOBODY
    best = min(held, key=lambda row: (int(row.last, 16) - int(row.first, 16), row.id))

    def around(row):
        return row.first <= best.first and best.last <= row.last and (row.first, row.last) != (best.first, best.last)

    rivals = {row.organisation_id for row in held if not around(row)}
    return best.organisation_id if len(rivals) == 1 else CONTESTED


@given(rows(), st.lists(st.tuples(st.booleans(), st.integers(0, 63), st.integers(-1, 9)), max_size=30))
def test_many_at_once_answer_as_one_by_one(networks, questions):
    addresses = [str(ipaddress.ip_address("192.0.2.0" if v4 else "2001:db8::") + n) for v4, n, _ in questions]
    times = [DAY_0 + timedelta(days=day) for _, _, day in questions]
    found = OwnersAt.of(networks).ask(addresses, np.array([microseconds(time) for time in times], np.int64))
    assert found.tolist() == [slow_owner(networks, *question) for question in zip(addresses, times, strict=True)]


def test_what_is_no_address_is_nobodys():
    one = NetworkRow(1, 7, *(key_of_text(text) for text in ("192.0.2.0", "192.0.2.255")), "public", None, None)
    addresses = ["192.0.2.1", "192.0.2.1 ", "nowhere", "", "192.0.2.999", "đ", "::ffff:192.0.2.1"]
    found = OwnersAt.of([one]).ask(addresses, np.zeros(len(addresses), np.int64))
    assert found.tolist()[0] == 7
    assert found.tolist()[2:6] == [NOBODY] * 4
    assert found.tolist()[6] == 7


@pytest.mark.django_db
def test_it_follows_a_merger_and_keeps_to_what_the_asker_sees(graph):
    merger = datetime(2025, 7, 1, tzinfo=UTC)
    new = actions.merge(
        admin(),
        [graph.id("donghoa"), graph.id("tayson")],
        successor={"code": "moi", "kind": "commune", "name": "Xã Mới"},
        at=merger,
    )
    before = merger - timedelta(microseconds=1)
    addresses = ["198.51.100.5", "198.51.100.5", "192.0.2.65", "198.51.100.99"]
    times = [before, merger, merger, merger]
    assert owners_at(admin(), addresses, times).tolist() == [graph.id("donghoa"), new.pk, graph.id("benhvien"), NOBODY]
    officer = granted(("agency_officer", new))
    assert owners_at(officer, addresses, times).tolist() == [graph.id("donghoa"), new.pk, NOBODY, NOBODY]
    assert owners_at(granted(), addresses, times).tolist() == [NOBODY] * 4
    for address, time, owner in zip(addresses, times, owners_at(admin(), addresses, times).tolist(), strict=True):
        one = queries.owner_at(admin(), address, time)
        assert (one[0].organisation_id if one else NOBODY) == owner


@pytest.mark.django_db
def test_the_smallest_network_comes_first_and_public_before_inner(graph):
    telco = graph.id("nhamang1")
    actions.add_network(admin(), telco, text="198.51.100.0/24", valid_from=START)
    actions.add_network(admin(), graph.id("soyte"), text="198.51.100.0/28", side="inner", valid_from=START)
    found = queries.owner_at(admin(), "198.51.100.3", START)
    assert [row.organisation.code for row in found] == ["donghoa", "nhamang1", "soyte"]
    assert owners_at(admin(), ["198.51.100.3", "198.51.100.77"], [START] * 2).tolist() == [graph.id("donghoa"), telco]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "nowhere", "192.0.2.0/24", "192.0.2.256", "fe80::1%eth0", "1" * 5000])
def test_only_an_address_is_asked_for(graph, text):
    with pytest.raises(InvalidValues):
        queries.owner_at(admin(), text, START)
