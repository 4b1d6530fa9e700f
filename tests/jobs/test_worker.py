"""The loop of background work."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from vonggac.desk.accounts.models import Lockout
from vonggac.desk.notices import actions, background
from vonggac.desk.notices.channels import Undelivered
from vonggac.desk.notices.channels.portal import Portal
from vonggac.desk.notices.models import Chore, Notice, Received, Switch
from vonggac.desk.replies.models import Reply
from vonggac.jobs import deliver, worker

pytestmark = pytest.mark.django_db


def run_for(seconds, *chores):
    """Run the loop here, in the one connection of the test."""
    stop = threading.Event()
    threading.Timer(seconds, stop.set).start()
    worker.run(settings.VONGGAC, stop, chores)


@pytest.fixture(autouse=True)
def _connection_of_the_test(monkeypatch):
    monkeypatch.setattr(worker.connections, "close_all", lambda: None)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)


def put(**changes):
    with transaction.atomic():
        actions.enqueue(
            **{"template": "test", "organisation_id": None, "values": {"at": timezone.now()}, "key": "k", **changes}
        )


def test_a_chore_that_fails_stops_no_other_and_is_told(caplog):
    done = []

    def fail(_work):
        raise OSError("disk full")

    run_for(
        0.3,
        worker.Chore("first", timedelta(days=1), fail),
        worker.Chore("second", timedelta(days=1), lambda work: done.append(work.settings)),
    )
    assert done == [settings.VONGGAC]
    assert background.worker_state().faults == (("first", "OSError: disk full"),)
    assert "the chore first failed" in caplog.text


def test_what_one_worker_did_today_no_other_does_again():
    done = []
    chore = worker.Chore("daily", timedelta(days=1), lambda _work: done.append(1))
    run_for(0.2, chore)
    run_for(0.2, chore)
    assert done == [1]
    Chore.objects.filter(name="daily").update(due_at=timezone.now())
    run_for(0.2, chore)
    assert done == [1, 1]


def test_the_fault_of_a_frequent_chore_is_forgotten_once_it_works():
    tries = []

    def fail_once(_work):
        tries.append(1)
        if len(tries) == 1:
            raise OSError("gone")

    run_for(1.3, worker.Chore("frequent", timedelta(seconds=0.1), fail_once, once=False))
    assert len(tries) >= 2
    assert background.worker_state().faults == ()


def test_it_says_that_it_lives_and_that_it_ended(monkeypatch):
    states = []
    run_for(0.3, worker.Chore("look", timedelta(days=1), lambda _work: states.append(background.worker_state())))
    assert states[0].is_alive
    assert states[0].doing == "look"
    assert not background.worker_state().is_alive


def test_every_chore_of_the_list_runs_on_an_empty_installation():
    Chore.objects.all().delete()
    work = worker.Work(settings.VONGGAC, deliver.Courier(settings.VONGGAC))
    for chore in worker.CHORES:
        chore.do(work)


def test_what_stays_in_the_portal_arrives_though_messages_are_held(django_user_model):
    user = django_user_model.objects.create(username="buoi", name="Bưởi")
    put(user_id=user.pk, email="buoi@xa-tan-an.example")
    courier = deliver.Courier(settings.VONGGAC)
    assert courier.round() == 1
    assert courier.round() == 0
    received = Received.objects.get()
    assert received.user_id == user.pk
    assert "Thư thử" in received.subject
    assert sorted(Notice.objects.values_list("channel", "state")) == [("email", "held"), ("portal", "sent")]


class Down(Portal):
    """A channel that is down as a whole."""

    tries = 0

    def send(self, message):
        type(self).tries += 1
        raise Undelivered("the mail server could not be reached: {reason}", is_channel=True, reason="x")


class Broken(Portal):
    """A channel with a fault of ours for one recipient."""

    def send(self, message):
        if message.user_id == self.bad:
            raise KeyError("secret-value")
        super().send(message)


def test_a_channel_that_is_down_is_left_alone_for_a_while(django_user_model):
    for name in ("buoi", "cam", "dau"):
        put(user_id=django_user_model.objects.create(username=name, name=name).pk)
    Down.tries = 0
    courier = deliver.Courier(settings.VONGGAC, kinds=(Down,))
    courier.round()
    courier.round()
    assert Down.tries == 1
    courier.resting[Down.name] = time.monotonic()
    courier.round()
    assert Down.tries == 2


def test_one_message_with_a_fault_of_ours_keeps_no_other_and_tells_no_value(django_user_model):
    users = [django_user_model.objects.create(username=name, name=name) for name in ("buoi", "cam")]
    for user in users:
        put(user_id=user.pk)
    Broken.bad = users[0].pk
    assert deliver.Courier(settings.VONGGAC, kinds=(Broken,)).round() == 1
    bad = Notice.objects.get(user=users[0])
    assert (bad.state, bad.fault_params) == ("waiting", {"kind": "KeyError"})
    assert Received.objects.get().user_id == users[1].pk


def test_the_switch_turned_on_meanwhile_holds_what_waits():
    Switch.objects.create(pk=1, is_on=False)
    put(email="buoi@xa-tan-an.example")
    Switch.objects.update(is_on=True)
    deliver.Courier(settings.VONGGAC).round()
    assert Notice.objects.get().state == "held"


def test_the_heart_beats_on_through_a_long_chore_but_not_through_a_stuck_one(monkeypatch):
    beats = []
    monkeypatch.setattr(worker, "BEAT_S", 0.05)
    monkeypatch.setattr(worker, "LONGEST_S", 0.4)
    monkeypatch.setattr(worker.background, "beat", lambda doing="": beats.append((doing, time.monotonic())))
    start = []

    def long(_work):
        start.append(time.monotonic())
        time.sleep(1.0)

    run_for(1.2, worker.Chore("long", timedelta(days=1), long, once=False))
    during = [at - start[0] for doing, at in beats if doing == "long" and at < start[0] + 1.0]
    assert len(during) >= 2
    assert max(during) < 0.6


def test_a_chore_whose_worker_was_killed_is_done_by_another_soon_and_a_good_one_a_day_later():
    assert background.take("daily", timedelta(days=1))
    assert not background.take("daily", timedelta(days=1)), "it is in hand"
    Chore.objects.filter(name="daily").update(due_at=timezone.now())  # the hour after which its worker counts as lost
    assert background.take("daily", timedelta(days=1))
    background.ended("daily", timedelta(days=1))
    row = Chore.objects.get(name="daily")
    assert row.due_at == row.started_at + timedelta(days=1)
    assert not background.take("daily", timedelta(days=1))


def test_a_clock_that_was_set_back_stops_no_chore():
    background.take("daily", timedelta(days=1))
    Chore.objects.update(due_at=timezone.now() + timedelta(days=3000))
    assert background.take("daily", timedelta(days=1))


def test_what_the_house_need_not_keep_goes_with_the_chores():
    names = {chore.name for chore in worker.CHORES}
    assert {"clear_old", "clear_accounts", "clear_replies", "clear_sessions"} <= names
    Reply.objects.create(owner="a", key="k", request="r", status=200, at=timezone.now() - timedelta(hours=25))
    fresh = Reply.objects.create(owner="a", key="l", request="r", status=200)
    Lockout.objects.create(kind="name", key="k", last_at=timezone.now() - timedelta(days=2))
    run_for(0.5, *[chore for chore in worker.CHORES if chore.name.startswith("clear_")])
    assert background.worker_state().faults == ()
    assert list(Reply.objects.all()) == [fresh]
    assert not Lockout.objects.exists()
