"""Once a year each organisation with networks is asked whether they are right, and no more often."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from province import admin

from vonggac.desk.organisations import actions as directory
from vonggac.desk.work import actions, queries
from vonggac.desk.work.models import Task
from vonggac.jobs import network_confirmation
from vonggac.jobs.network_confirmation import run, who_is_due


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.fixture
def asked_in():
    """Tasks opened by a run at a time were made at that time."""

    def ask(moment):
        n = run(admin(), moment)
        Task.objects.filter(details__year=moment.year, kind="confirm_networks").update(created_at=moment)
        return n

    return ask


def test_in_january_everybody_with_networks_is_asked_once(province, asked_in):
    assert run(admin(), at(2027, 5, 5)) == 0
    assert asked_in(at(2027, 1, 2)) == 5
    assert asked_in(at(2027, 1, 3)) == 0
    officer = province.asker("agency_officer")
    mine = queries.tasks(officer).get()
    assert (mine.kind, mine.details, mine.subject) == (
        "confirm_networks",
        {"year": 2027},
        "2027 · 198.51.100.1-198.51.100.9",
    )
    assert mine.is_binding is False
    actions.submit(officer, mine.pk, mine.version, result="confirmed", values={"note": "Đúng"})
    mine.refresh_from_db()
    assert mine.state == "closed"
    assert asked_in(at(2028, 1, 1)) == 5


def test_the_year_begins_where_the_province_is(province):
    # 18:00 UTC on New Year's Eve is 01:00 of the new year at +07:00
    assert run(admin(), at(2026, 12, 31, 16)) == 0
    assert run(admin(), at(2026, 12, 31, 18)) == 5
    assert set(Task.objects.values_list("details__year", flat=True)) == {2027}


def test_who_was_asked_late_is_asked_a_year_later_not_in_the_next_january(province, asked_in):
    asked_in(at(2027, 1, 2))
    Task.objects.update(created_at=at(2027, 12, 1))
    assert who_is_due(at(2028, 1, 5)) == {}
    assert who_is_due(at(2028, 11, 29)) == {}
    assert len(who_is_due(at(2028, 12, 1))) == 5


def test_who_holds_no_network_any_more_or_ended_is_not_asked(province):
    network = directory.add_network(admin(), province.id("soyte"), text="203.0.113.0/28", valid_from=at(2020, 1, 1))
    assert province.id("soyte") in who_is_due(at(2027, 1, 1))
    directory.end_network(admin(), network.pk, network.version, at=at(2026, 5, 5))
    assert province.id("soyte") not in who_is_due(at(2027, 1, 1))
    inner = network_confirmation.who_is_due(at(2027, 1, 1))
    directory.add_network(admin(), province.id("ubnd"), text="10.0.0.0/8", side="inner", valid_from=at(2020, 1, 1))
    assert who_is_due(at(2027, 1, 1)) == inner
