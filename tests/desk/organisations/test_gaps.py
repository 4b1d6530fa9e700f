"""What is missing in the directory, counted within what the asker sees."""

from __future__ import annotations

import pytest
from django.utils import timezone
from province import admin, granted

from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.models import ContactPoint, Network

pytestmark = pytest.mark.django_db


def test_gaps_count_what_exists_now(graph):
    found = queries.gaps(admin())
    assert (found.organisations, found.without_contact, found.without_network) == (10, 7, 5)
    assert (found.systems, found.without_level) == (3, 0)
    assert found.by_kind["commune"] == (3, 2)
    actions.add_system(admin(), graph.id("tayson"), code="x", name="Hệ thống mới", exposure="inner", level=None)
    ContactPoint.objects.filter(organisation=graph["donghoa"]).update(valid_until=timezone.now())
    Network.objects.filter(organisation=graph["stranger"]).update(valid_until=timezone.now())
    found = queries.gaps(admin())
    assert (found.without_contact, found.without_network, found.without_level) == (8, 6, 1)


def test_gaps_end_where_the_sight_ends(graph):
    found = queries.gaps(granted(("leader", graph["donghoa"])))
    assert (found.organisations, found.without_contact, found.systems) == (1, 0, 1)
    nothing = queries.gaps(granted())
    assert (nothing.organisations, nothing.systems, nothing.by_kind) == (0, 0, {})
    assert queries.lagging(granted()) == []
    assert queries.own_organisations(granted()) == []


def test_who_may_not_see_networks_is_not_told_of_their_lack(graph):
    liaison = granted(("authority_liaison", None))
    assert queries.gaps(liaison).without_network == 0
    assert queries.gaps(liaison).without_contact == 7
    assert all(not row.has_contact for row in queries.lagging(liaison, 20))


def test_those_that_lack_most_come_first(graph):
    rows = queries.lagging(admin(), 20)
    lacks = [(row.has_contact, row.has_network) for row in rows]
    assert lacks == sorted(lacks)
    assert {row.code for row in rows if not row.has_contact and row.has_network} == {"benhvien", "tayson"}
    assert len(queries.lagging(admin(), 2)) == 2


def test_ones_own_organisations_when_they_are_few(graph):
    (row,) = queries.own_organisations(granted(("agency_officer", graph["donghoa"])))
    assert (row.code, row.has_contact, row.has_network, row.n_systems, row.n_without_level) == (
        "donghoa",
        True,
        True,
        1,
        0,
    )
    (row,) = queries.own_organisations(granted(("agency_officer", graph["tayson"])))
    assert (row.has_contact, row.has_network, row.n_systems) == (False, True, 0)
    assert queries.own_organisations(granted(("agency_officer", None))) == []
