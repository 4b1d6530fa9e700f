"""Held, released, dropped, tried again, read: who may, what it does, what stays on record."""

from __future__ import annotations

import json

import pytest

from vonggac.desk.audit.models import Entry
from vonggac.desk.notices import actions, queries
from vonggac.desk.notices.models import Notice, Received, Switch
from vonggac.desk.scope.asker import Asker, Held, nobody
from vonggac.errors import InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db


def state(notice):
    notice.refresh_from_db()
    return notice.state


def test_what_leaves_is_held_after_set_up_and_goes_when_released(put, administrator):
    one, two = put(), put()
    assert state(one) == "held"
    assert actions.release(administrator, [one.pk]) == 1
    assert (state(one), state(two)) == ("waiting", "held")
    assert actions.release(administrator) == 1
    assert state(two) == "waiting"
    assert [entry.action for entry in Entry.objects.order_by("seq")] == ["notices.release"] * 2
    assert Entry.objects.get(seq=1).object_id == str(one.pk)


def test_dropping_needs_a_reason_wipes_the_link_and_says_why(put, administrator):
    notice = put("invitation")
    assert notice.secrets
    with pytest.raises(InvalidValues):
        actions.drop(administrator, [notice.pk], "  ")
    actions.drop(administrator, [notice.pk], "Sai   người nhận")
    assert state(notice) == "dropped"
    assert (notice.secrets, notice.reason) == ("", "Sai người nhận")
    assert "Sai người nhận" in Entry.objects.get().detail.content


def test_what_has_moved_already_is_not_moved_again(put, administrator):
    notice = put()
    actions.release(administrator, [notice.pk])
    for move in (
        lambda: actions.release(administrator, [notice.pk]),
        lambda: actions.drop(administrator, [notice.pk], "x"),
    ):
        with pytest.raises(InvalidValues):
            move()
    assert Entry.objects.count() == 1


def test_a_sent_message_cannot_be_dropped_or_sent_again(put, administrator):
    notice = put()
    Notice.objects.update(state="sent")
    for move in (actions.release, actions.retry):
        with pytest.raises(InvalidValues):
            move(administrator, [notice.pk])
    assert state(notice) == "sent"


def test_who_may_only_look_may_not_release_and_a_stranger_sees_nothing(put, communes, clerk):
    mine, other = put(organisation=communes[0]), put(organisation=communes[1])
    for move in (actions.release, actions.retry, lambda who, ids: actions.drop(who, ids, "x")):
        with pytest.raises(NotAllowed):
            move(clerk, [mine.pk])
        with pytest.raises(NotThere):
            move(clerk, [mine.pk, other.pk])
        with pytest.raises(NotThere):
            move(nobody(), [mine.pk])
    with pytest.raises(InvalidValues):
        actions.release(clerk)  # all that they may release: none
    assert {state(mine), state(other)} == {"held"}
    assert [line.notice.pk for line in queries.notices(clerk, queries.Filters())] == [mine.pk]
    assert queries.preview(clerk, mine.pk).wording.subject
    with pytest.raises(NotThere):
        queries.preview(clerk, other.pk)
    assert queries.counts(clerk)["held"] == 1


def test_an_administrator_of_a_part_releases_that_part_and_does_not_turn_the_switch(put, communes):
    local = Asker(None, "x", (Held("administrator", communes[0].pk),))
    mine, other = put(organisation=communes[0]), put(organisation=communes[1])
    assert actions.release(local) == 1
    assert (state(mine), state(other)) == ("waiting", "held")
    for turn in (actions.hold, actions.stop_holding):
        with pytest.raises(NotAllowed):
            turn(local)
    with pytest.raises(NotAllowed):
        actions.send_test(local, "a@b.example")
    assert not queries.holding(local).may_turn


def test_turning_the_switch_off_sends_nothing_that_is_held(put, administrator):
    held = put()
    assert queries.holding(administrator).is_on
    assert actions.stop_holding(administrator) == 1
    assert state(held) == "held"
    free = put()
    assert state(free) == "waiting"
    assert actions.hold(administrator) == 1
    assert state(free) == "held"
    assert Switch.objects.get().changed_by == "Quản trị"
    assert [entry.action for entry in Entry.objects.order_by("seq")] == ["notices.stop_holding", "notices.hold"]


def test_what_was_released_once_is_not_held_again(put, administrator, switch_off):
    notice = put()
    actions.hold(administrator)
    actions.release(administrator, [notice.pk])
    actions.stop_holding(administrator)
    assert actions.hold(administrator) == 0
    assert state(notice) == "waiting"


def test_a_test_message_goes_past_the_switch(administrator):
    key = actions.send_test(administrator, "cam@tinh.example", "en")
    notice = Notice.objects.get(key=key)
    assert (notice.state, notice.language) == ("waiting", "en")
    assert actions.hold(administrator) == 0
    with pytest.raises(InvalidValues):
        actions.send_test(administrator, "")


def test_the_link_stands_in_no_list_preview_or_record(put, administrator):
    notice = put("invitation")
    shown = queries.preview(administrator, notice.pk)
    assert "••••" in shown.wording.text
    actions.release(administrator, [notice.pk])
    actions.drop(administrator, [put("invitation", email="x@y.example").pk], "x")
    told = json.dumps(
        [
            shown.wording.text,
            shown.wording.html,
            *(entry.detail.content for entry in Entry.objects.all()),
            *Notice.objects.values("values", "secrets", "fault", "reason"),
        ],
        default=str,
    )
    assert "only-they-know" not in told


def test_ones_own_message_is_seen_without_any_role(put, django_user_model):
    user = django_user_model.objects.create(username="buoi", name="Bưởi")
    other = django_user_model.objects.create(username="cam", name="Cam")
    notice = put("invitation", user_id=user.pk)
    own = Asker(user.pk, "Bưởi")
    assert "only-they-know" not in queries.preview(own, notice.pk).wording.text
    for stranger in (Asker(other.pk, "Cam"), Asker(user.pk, "token", only=frozenset({"people.view"})), nobody()):
        with pytest.raises(NotThere):
            queries.preview(stranger, notice.pk)


def test_reading_concerns_ones_own_list_only(django_user_model):
    users = [django_user_model.objects.create(username=name, name=name) for name in ("buoi", "cam")]
    for n, user in enumerate((*users, *users)):
        Received.objects.create(user=user, message_id=str(n), subject="s", text="t")
    buoi, cam = (Asker(user.pk, user.name) for user in users)
    theirs = queries.received(cam)[0].pk
    assert actions.mark_read(buoi, [theirs]) == 0
    assert actions.mark_read(nobody()) == 0
    assert actions.mark_read(buoi) == 2
    assert (queries.n_unread(buoi), queries.n_unread(cam), queries.n_unread(nobody())) == (0, 2, 0)


def test_filters_find_by_each_of_their_parts(put, communes, administrator, django_user_model):
    user = django_user_model.objects.create(username="dau", name="Nguyễn Thị Dâu")
    a = put(organisation=communes[0])
    b = put("import_finished", organisation=communes[1], email="cam@tinh.example")
    c = put(email="", user_id=user.pk)

    def found(**filters):
        return {line.notice.pk for line in queries.notices(administrator, queries.Filters(**filters))}

    assert found() == {a.pk, b.pk, c.pk}
    assert found(state="waiting") == found(channel="portal") == found(recipient="thi dau") == {c.pk}
    assert (
        found(recipient="CAM@") == found(template="import_finished") == found(organisation_id=communes[1].pk) == {b.pk}
    )
    assert found(since=c.created_at) == {c.pk}
    assert found(until=b.created_at) == {a.pk}
    assert found(recipient="%") == set()


def test_old_messages_go_and_leave_a_count(put, administrator, django_user_model):
    from datetime import timedelta

    from django.utils import timezone

    assert actions.clear_old(administrator) == {}
    assert not Entry.objects.exists()
    user = django_user_model.objects.create(username="buoi", name="Bưởi")
    now = timezone.now()
    for n, (at, read_at) in enumerate(((400, None), (100, 95), (100, None), (100, 10))):
        read = read_at and now - timedelta(days=read_at)
        Received.objects.create(
            user=user, message_id=str(n), subject="s", text="t", at=now - timedelta(days=at), read_at=read
        )
    old, waiting, failed = put(), put(), put("invitation")
    Notice.objects.filter(pk=old.pk).update(state="sent", ended_at=now - timedelta(days=800))
    Notice.objects.filter(pk=waiting.pk).update(created_at=now - timedelta(days=800))
    Notice.objects.filter(pk=failed.pk).update(state="failed", ended_at=now - timedelta(days=8))
    assert actions.clear_old(administrator) == {"links": 1, "received": 2, "log": 1}
    assert set(Notice.objects.values_list("pk", flat=True)) == {waiting.pk, failed.pk}
    assert Entry.objects.get().action == "notices.clear_old"
