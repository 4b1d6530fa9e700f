"""The outbox as the worker sees it: leases, digests, tries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from vonggac.desk.notices import actions, background, delivery, queries, rendering, wording
from vonggac.desk.notices.channels import Undelivered
from vonggac.desk.notices.models import Chore, Notice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("switch_off")]


def make_due():
    Notice.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_one_hand_at_a_time_and_another_after_the_lease(put):
    notice = put()
    held = delivery.claim(["email"])
    assert held.pk == notice.pk
    assert delivery.claim(["email"]) is None
    Notice.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    again = delivery.claim(["email"])
    assert again.pk == notice.pk
    delivery.undelivered(held, Undelivered("late"))  # the first wakes up: it has lost its say
    notice.refresh_from_db()
    assert (notice.lease, notice.fault) == (again.lease, "")
    delivery.sent(again)
    notice.refresh_from_db()
    assert (notice.state, notice.n_attempts, notice.attempts.count()) == ("sent", 1, 2)


def test_urgent_ones_go_first_and_only_by_channels_that_work(put):
    later, urgent = put("import_finished"), put()
    make_due()
    assert delivery.claim(["portal"]) is None
    assert [delivery.claim(["email"]).pk, delivery.claim(["email"]).pk] == [urgent.pk, later.pk]


def test_pauses_treble_to_a_limit_and_then_it_is_given_up(put):
    notice = put()
    pauses = []
    for n in range(delivery.N_ATTEMPTS):
        Notice.objects.update(due_at=timezone.now() - timedelta(days=1))
        taken = delivery.claim(["email"])
        delivery.undelivered(taken, Undelivered("the mail server could not be reached: {reason}", reason=str(n)))
        notice.refresh_from_db()
        pauses.append((notice.due_at - timezone.now()).total_seconds())
    assert notice.state == "failed"
    assert notice.attempts.count() == delivery.N_ATTEMPTS
    assert notice.fault_params == {"reason": "9"}
    for n, seconds in enumerate(pauses[:-1]):
        wanted = min(60 * 3**n, 6 * 3600)
        assert 0.8 * wanted - 2 <= seconds <= 1.2 * wanted + 2
    assert delivery.claim(["email"]) is None


def test_a_final_refusal_is_given_up_at_once_and_can_be_tried_again(put, administrator):
    notice = put()
    delivery.undelivered(delivery.claim(["email"]), Undelivered("the mail server refused", is_final=True))
    notice.refresh_from_db()
    assert notice.state == "failed"
    assert actions.retry(administrator, [notice.pk]) == 1
    assert delivery.claim(["email"]).pk == notice.pk


def test_what_is_not_urgent_becomes_one_digest_per_recipient_and_organisation(put, communes):
    for n in range(57):
        put("import_finished", organisation=communes[0], values={**_import(n)})
    other = put("import_finished", organisation=communes[1])
    alone = put("import_finished", organisation=communes[0], email="cam@tinh.example")
    urgent = put(organisation=communes[0])
    assert delivery.merge_due() == 0  # the window is open
    make_due()
    assert delivery.merge_due() == 1
    digest = Notice.objects.get(template="digest")
    assert Notice.objects.filter(digest=digest, state="merged").count() == 57
    assert set(Notice.objects.filter(state="waiting").values_list("pk", flat=True)) == {
        digest.pk,
        other.pk,
        alone.pk,
        urgent.pk,
    }
    words = rendering.shown(digest)
    assert "57" in words.subject
    assert words.text.count("mang-") == wording.DIGEST_LINES
    assert "và 37 thông báo khác" in words.text
    assert delivery.merge_due() == 0


def _import(n):
    return {"file": f"mang-{n}.xlsx", "n_created": 1, "n_changed": 2, "n_same": 3, "link": "/directory/import/1"}


def test_the_first_that_is_due_takes_those_along_whose_window_is_open(put, communes):
    first = put("import_finished", organisation=communes[0])
    put("import_finished", organisation=communes[0])
    Notice.objects.filter(pk=first.pk).update(due_at=timezone.now())
    assert delivery.merge_due() == 1
    assert Notice.objects.filter(state="merged").count() == 2


def test_held_ones_grow_into_one_digest_whose_preview_is_what_goes_out(put, communes, administrator):
    actions.hold(administrator)
    one = put("import_finished", organisation=communes[0])
    two = put("import_finished", organisation=communes[0])
    before = queries.preview(administrator, one.pk)
    assert before.with_n == 1
    make_due()
    delivery.merge_due()
    digest = Notice.objects.get(template="digest")
    assert digest.state == "held"
    assert rendering.shown(digest) == before.wording
    three = put("import_finished", organisation=communes[0])
    seen = queries.preview(administrator, three.pk).wording
    assert queries.preview(administrator, digest.pk).wording == seen
    make_due()
    delivery.merge_due()
    assert Notice.objects.filter(template="digest").count() == 1
    digest.refresh_from_db()
    assert rendering.shown(digest) == seen
    assert len(queries.preview(administrator, digest.pk).parts) == 3
    actions.release(administrator, [digest.pk])
    assert rendering.message_of(delivery.claim(["email"])).text == seen.text
    assert two.pk


def test_what_was_previewed_together_is_released_together(put, communes, administrator):
    actions.hold(administrator)
    one = put("import_finished", organisation=communes[0])
    put("import_finished", organisation=communes[0])
    other = put("import_finished", organisation=communes[1])
    urgent = put(organisation=communes[0])
    seen = queries.preview(administrator, one.pk).wording
    assert actions.release(administrator, [one.pk]) == 2
    delivery.merge_due()
    assert rendering.message_of(delivery.claim(["email"])).text == seen.text
    assert delivery.claim(["email"]) is None
    for held in (other, urgent):
        held.refresh_from_db()
        assert held.state == "held"


def test_an_escaped_name_in_a_digest_stays_escaped(put, communes):
    for _ in range(2):
        put("import_finished", organisation=communes[0], values={**_import(1), "file": "<script>x</script>.xlsx"})
    make_due()
    delivery.merge_due()
    assert "<script>" not in rendering.shown(Notice.objects.get(template="digest")).html


def test_an_invitation_that_ran_out_or_lost_its_link_does_not_go(put):
    put("invitation", values={**_invitation(), "expires_at": timezone.now() + timedelta(milliseconds=5)})
    with pytest.raises(Undelivered, match="run out"):
        rendering.message_of(_wait(delivery.claim(["email"])))
    put("invitation")
    notice = delivery.claim(["email"])
    assert "/invitations/only-they-know" in rendering.message_of(notice).text
    delivery.sent(notice)
    notice.refresh_from_db()
    assert notice.secrets == ""
    with pytest.raises(Undelivered, match="wiped"):
        rendering.message_of(notice)


def _invitation():
    return {"name": "Bưởi", "organisation": "Xã", "invited_by": "Cam", "link": "/invitations/only-they-know"}


def _wait(notice):
    import time

    time.sleep(0.02)
    return notice


def test_the_message_id_is_the_same_at_every_try_and_of_no_other(put):
    put()
    put()
    first, second = Notice.objects.order_by("id")
    assert rendering.message_of(first).message_id == rendering.message_of(first).message_id
    assert rendering.message_of(first).message_id != rendering.message_of(second).message_id


def test_a_chore_is_one_workers_until_it_is_due_again():
    day = timedelta(days=1)
    assert background.take("anchor", day)
    assert not background.take("anchor", day)
    background.ended("anchor", day, "OSError: full")
    assert background.worker_state().faults == (("anchor", "OSError: full"),)
    assert Chore.objects.get(name="anchor").due_at < timezone.now() + timedelta(minutes=6)
    Chore.objects.update(due_at=timezone.now())
    assert background.take("anchor", day)
    background.ended("anchor", day)
    assert background.worker_state().faults == ()
    assert Chore.objects.get(name="anchor").due_at > timezone.now() + timedelta(hours=23)


def test_the_heart_tells_whether_a_worker_lives():
    assert not background.worker_state().is_alive
    background.beat()
    now = timezone.now()
    assert background.worker_state(now).is_alive
    assert not background.worker_state(now + timedelta(minutes=2)).is_alive
    background.beat("import")
    assert background.worker_state().doing == "import"
    background.stopped()
    assert not background.worker_state().is_alive


def test_a_message_with_files_is_in_no_digest_and_goes_at_once(put, communes):
    plain = [put("import_finished", communes[0]) for _ in range(2)]
    with_files = put("import_finished", communes[0], files="letter:1")
    assert with_files.due_at <= timezone.now()
    make_due()
    assert delivery.together(with_files) == [with_files]
    assert with_files not in delivery.together(plain[0])
    assert delivery.merge_due() == 1
    with_files.refresh_from_db()
    assert with_files.state == "waiting"
    assert Notice.objects.filter(state="merged").count() == 2


def test_what_is_put_off_comes_back_soon_and_is_no_try(put):
    notice = put()
    delivery.put_off(delivery.claim(["email"]), timedelta(seconds=5))
    assert delivery.claim(["email"]) is None
    notice.refresh_from_db()
    assert (notice.state, notice.lease, notice.n_attempts, notice.attempts.count()) == ("waiting", "", 0, 0)
    make_due()
    assert delivery.claim(["email"]).pk == notice.pk
