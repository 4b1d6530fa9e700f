"""Roles: who may give what to whom, and that nobody takes the last administrator away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from province import admin, granted, make_user

from vonggac.desk.accounts import actions, queries
from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.audit.models import Entry
from vonggac.desk.scope.asker import Asker, Held, Origin
from vonggac.errors import InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db


def under(graph, code="soyte"):
    """An administrator of one branch only."""
    user = User.objects.filter(username=f"under-{code}").first()
    user = user or make_user(f"under-{code}", ("administrator", graph[code]), organisation=graph[code])
    return queries.asker_of(user, Origin())


def fields(error):
    return {fault.field for fault in error.value.faults}


def test_a_grant_holds_at_once_in_its_time_and_not_after_it_is_taken_back(graph):
    user = make_user("lan", organisation=graph["donghoa"])
    actions.grant(admin(), user.pk, role="agency_officer", organisation_id=graph.id("donghoa"))
    later = actions.grant(
        admin(),
        user.pk,
        role="records_clerk",
        organisation_id=graph.id("donghoa"),
        valid_from=timezone.now() + timedelta(days=1),
    )
    asker = queries.asker_of(user, Origin())
    assert asker.held == (Held("agency_officer", graph.id("donghoa")),)
    first = Grant.objects.get(user=user, role="agency_officer")
    actions.revoke(admin(), first.pk)
    assert queries.asker_of(user, Origin()).held == ()
    first.refresh_from_db()
    assert first.valid_until is not None, "what was held stays on record"
    actions.revoke(admin(), later.pk)
    assert not Grant.objects.filter(pk=later.pk).exists(), "what had not begun never was"
    assert Entry.objects.filter(action="accounts.revoke").count() == 2


def test_an_administrator_of_a_branch_gives_only_within_it(graph):
    user = make_user("binh", organisation=graph["benhvien"])
    actions.grant(under(graph), user.pk, role="agency_officer", organisation_id=graph.id("benhvien"))
    for where in (graph.id("donghoa"), graph.id("ubnd"), None):
        with pytest.raises(InvalidValues) as error:
            actions.grant(under(graph), user.pk, role="analyst", organisation_id=where)
        assert fields(error) == {"role"}


def test_nobody_gives_more_than_they_hold(graph):
    user = make_user("chi", organisation=graph["benhvien"])
    narrow = Asker(
        1, "one", under(graph).held, only=frozenset({"accounts.view", "accounts.edit", "organisations.view"})
    )
    for role in ("administrator", "auditor", "agency_officer"):
        with pytest.raises(InvalidValues):
            actions.grant(narrow, user.pk, role=role, organisation_id=graph.id("benhvien"))
    officer = granted(("agency_officer", graph["benhvien"]))
    with pytest.raises(NotThere):
        actions.grant(officer, user.pk, role="agency_officer", organisation_id=graph.id("benhvien"))
    assert not Grant.objects.filter(user=user).exists()


def test_an_auditor_sees_accounts_and_gives_nothing(graph):
    user = make_user("dung", organisation=graph["benhvien"])
    with pytest.raises(InvalidValues):
        actions.grant(granted(("auditor", None)), user.pk, role="agency_officer", organisation_id=graph.id("benhvien"))
    with pytest.raises(NotAllowed):
        actions.one_time_password(granted(("auditor", None)), user.pk)


@pytest.mark.parametrize(
    "act",
    [
        lambda asker, user: actions.one_time_password(asker, user.pk),
        lambda asker, user: actions.reset_factors(asker, user.pk),
        lambda asker, user: actions.send_link(asker, user.pk),
        lambda asker, user: actions.deactivate(asker, user.pk, user.version),
        lambda asker, user: actions.unlock(asker, user.pk),
        lambda asker, user: actions.end_sessions(asker, user.pk),
        lambda asker, user: actions.edit_account(
            asker, user.pk, user.version, name="x", email="x@y.example", phone="", organisation_id=user.organisation_id
        ),
    ],
)
def test_nobody_takes_over_an_account_that_holds_more_than_they_do(graph, act):
    big = make_user("boss", ("administrator", None), organisation=graph["benhvien"])
    make_user("other", ("administrator", None))
    stranger = make_user("stranger", organisation=graph["donghoa"])
    with pytest.raises(NotAllowed):
        act(under(graph), big)
    with pytest.raises(NotThere):
        act(under(graph), stranger)


def test_the_last_administrator_of_everything_stays(graph):
    first = make_user("mot", ("administrator", None))
    with pytest.raises(InvalidValues):
        actions.revoke(admin(), first.grants.get().pk)
    with pytest.raises(InvalidValues):
        actions.deactivate(admin(), first.pk, first.version)
    second = make_user("hai")
    actions.grant(
        admin(), second.pk, role="administrator", organisation_id=None, valid_until=timezone.now() + timedelta(days=2)
    )
    with pytest.raises(InvalidValues):  # one that ends soon does not stand in
        actions.revoke(admin(), first.grants.get().pk)
    third = make_user("ba", ("administrator", None))
    actions.deactivate(admin(), first.pk, first.version)
    with pytest.raises(InvalidValues):
        actions.revoke(admin(), third.grants.get().pk)


def test_a_grant_is_not_given_twice_nor_into_the_past(graph):
    user = make_user("em", organisation=graph["donghoa"])
    place = graph.id("donghoa")
    actions.grant(admin(), user.pk, role="agency_officer", organisation_id=place)
    with pytest.raises(InvalidValues):
        actions.grant(admin(), user.pk, role="agency_officer", organisation_id=place)
    with pytest.raises(InvalidValues) as error:
        actions.grant(
            admin(), user.pk, role="analyst", organisation_id=place, valid_until=timezone.now() - timedelta(hours=1)
        )
    assert "valid_until" in fields(error)
    with pytest.raises(InvalidValues):
        actions.grant(admin(), user.pk, role="god", organisation_id=place)
    with pytest.raises(InvalidValues):
        actions.grant(admin(), user.pk, role="analyst", organisation_id=987654)


def test_a_grant_outside_the_branch_is_not_revoked_by_its_administrator(graph):
    user = make_user("giang", ("agency_officer", graph["donghoa"]), organisation=graph["benhvien"])
    with pytest.raises(NotAllowed):
        actions.revoke(under(graph), user.grants.get().pk)
    elsewhere = make_user("hoa", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"])
    with pytest.raises(NotThere):
        actions.revoke(under(graph), elsewhere.grants.get().pk)
