"""Two at once: what one decides by, the other must not have changed meanwhile. Real threads, each with its own connection.

On SQLite a transaction that writes is alone from its beginning on; the threads run on PostgreSQL, where it is not.
"""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from province import START, admin, make_organisation, make_user

from vonggac.desk.accounts import actions, last, queries
from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.scope.asker import Origin
from vonggac.errors import InvalidValues, NotAllowed

pytestmark = pytest.mark.django_db(transaction=True)


def side_by_side(*works):
    """Run all at once; what each returned or raised."""
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    began = threading.Barrier(len(works))
    ended = [None] * len(works)

    def run(number, work):
        try:
            began.wait(10)
            ended[number] = work()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            ended[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ended


@pytest.fixture
def two(transactional_db):
    """The two who administer everything."""
    return [make_user(name, ("administrator", None)) for name in ("an", "binh")]


@pytest.fixture
def slow(monkeypatch):
    """Whoever has looked whether an administrator remains takes a while to act on it."""
    look = last.keep_an_administrator

    def looked(**given):
        look(**given)
        time.sleep(0.3)

    for module in ("people", "grants"):
        monkeypatch.setattr(f"vonggac.desk.accounts.actions.{module}.keep_an_administrator", looked)


@pytest.mark.usefixtures("slow")
def test_two_administrators_who_shut_each_other_do_not_both_succeed(two):
    an, binh = two
    askers = [queries.asker_of(user, Origin()) for user in two]
    ended = side_by_side(
        lambda: actions.deactivate(askers[0], binh.pk, 1),
        lambda: actions.deactivate(askers[1], an.pk, 1),
    )
    assert User.objects.filter(is_active=True).count() == 1
    assert [type(one) for one in ended if one is not None] == [InvalidValues]


@pytest.mark.usefixtures("slow")
def test_two_administrators_who_take_the_role_from_each_other_do_not_both_succeed(two):
    askers = [queries.asker_of(user, Origin()) for user in two]
    grants = list(Grant.objects.order_by("pk"))
    ended = side_by_side(
        lambda: actions.revoke(askers[0], grants[1].pk), lambda: actions.revoke(askers[1], grants[0].pk)
    )
    assert Grant.objects.filter(valid_until=None).count() == 1
    assert [type(one) for one in ended if one is not None] == [InvalidValues]


def test_a_grant_is_taken_back_once(transactional_db):
    user = make_user("an", ("auditor", None))
    grant = Grant.objects.get(user=user)
    ended = side_by_side(*[lambda: actions.revoke(admin(), grant.pk)] * 2)
    assert sorted(type(one).__name__ for one in ended) == ["NoneType", "NotThere"]
    assert START < Grant.objects.get(pk=grant.pk).valid_until <= timezone.now()


def test_who_saves_a_name_does_not_write_an_old_password_back(transactional_db, monkeypatch):
    user = make_user("an", ("auditor", None))
    asker = queries.asker_of(user, Origin())
    clean = "vonggac.desk.accounts.actions.people.clean_email"
    before = User.objects.get(pk=user.pk).password
    made = []

    def meanwhile(check, value, **given):
        made.append(actions.one_time_password(admin(), user.pk))
        return value

    monkeypatch.setattr(clean, meanwhile)
    actions.edit_own(asker, 1, name="Người Khác", email=user.email, phone="", language="vi", theme="dark")
    found = User.objects.get(pk=user.pk)
    assert (found.name, found.theme) == ("Người Khác", "dark")
    assert found.password != before
    assert found.check_password(made[0])
    assert found.must_change_password


def take_the_address(asker, user_id):
    """After which a link for a new password goes there."""
    return actions.edit_account(asker, user_id, 1, name="An", email="mine@a.example", phone="", organisation_id=None)


@pytest.mark.parametrize("act", [actions.one_time_password, actions.reset_factors, actions.send_link, take_the_address])
def test_nobody_opens_an_account_that_is_being_given_more_than_they_hold(transactional_db, act):
    place = make_organisation("benhvien")
    user = make_user("an", organisation=place)
    branch = queries.asker_of(make_user("branch", ("administrator", place), organisation=place), Origin())
    is_open = threading.Event()

    def promote():
        with transaction.atomic():
            actions.grant(admin(), user.pk, role="administrator", organisation_id=None)
            is_open.set()
            time.sleep(0.5)

    def attack():
        is_open.wait(10)
        return act(branch, user.pk)

    _promoted, attacked = side_by_side(promote, attack)
    assert isinstance(attacked, NotAllowed)
