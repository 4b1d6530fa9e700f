"""Many Tasks: staged unseen, published at once, moved in bulk, undone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from vonggac.desk.accounts.models import Grant
from vonggac.desk.audit.actions import recording
from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import machine
from vonggac.desk.work import actions, queries
from vonggac.desk.work.actions import Draft
from vonggac.desk.work.actions.reporting import Report, submit_each
from vonggac.desk.work.models import Answer, Batch, Bulk, ClockPolicy, Evidence, Task
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

CLEANED = {
    "tool": "Quét ngoại tuyến", "n_checked": 12, "n_infected": 1, "n_cleaned": 1, "done_at": datetime(2026, 11, 1, tzinfo=UTC),
    "evidence": "Không còn kết nối ra ngoài",
}  # fmt: skip


def decided(province, **durations: int) -> ClockPolicy:
    """A binding policy for addresses to clean."""
    leader = province.asker("administrator")
    row = actions.propose_policy(leader, kind="clean_address", priority=0, source="thử", **durations)
    return actions.decide_policy(leader, row.pk, row.version, decision="12/QĐ-UBND", decided_on=date(2026, 1, 2))


def drafts(province, n: int = 30) -> list[Draft]:
    codes = ("donghoa", "tayson", "benhvien")
    return [
        Draft("clean_address", province.id(codes[i % 3]), f"192.0.2.{i}", f"192.0.2.{i}", {"address": f"192.0.2.{i}", "malware": "Mirai"})
        for i in range(n)
    ]  # fmt: skip


def test_what_is_staged_is_nobodys_until_it_is_published_and_then_everybodys_at_once(province):
    asker, officer = machine("tests"), province.asker("agency_officer")
    batch = actions.hide_batch("Danh sách 3/BC", "intel.listversion", 7, "/lists/7/")
    assert actions.stage(batch, drafts(province), timezone.now()) == 30
    assert actions.stage(batch, drafts(province), timezone.now()) == 0  # after a kill: nothing twice
    assert not queries.tasks(asker).exists()
    assert queries.counts(asker).total == 0
    with recording(asker, "work.open") as record:
        got = actions.publish(record, batch, timezone.now())
    assert got == dict.fromkeys((province.id("donghoa"), province.id("tayson"), province.id("benhvien")), 10)
    assert queries.tasks(asker).count() == 30
    assert queries.tasks(officer).count() == 10
    assert queries.counts(officer).unanswered == 10
    assert [row.count.total for row in queries.by_batch(asker, [batch.pk])] == [10, 10, 10]
    told = Notice.objects.filter(template="work_new", user=province.users["agency_officer"], channel="portal")
    assert [notice.values["n"] for notice in told] == [10]


def test_a_published_batch_takes_no_more(province):
    batch = actions.hide_batch("Danh sách", "intel.listversion", 7, "")
    with recording(machine("tests"), "work.open") as record:
        actions.publish(record, batch, timezone.now())
    with pytest.raises(InvalidValues):
        actions.hide_batch("Danh sách", "intel.listversion", 7, "")
    assert Batch.objects.count() == 1


@pytest.fixture
def open_tasks(province, infected) -> list[Task]:
    return [infected(f"198.51.100.{n}") for n in range(1, 6)]


def seen(tasks) -> list[tuple[int, int]]:
    return list(Task.objects.filter(pk__in=[task.pk for task in tasks]).order_by("pk").values_list("pk", "version"))


def test_many_at_once_can_be_undone_once_by_who_did_it(province, open_tasks):
    officer = province.asker("agency_officer")
    done = actions.acknowledge(officer, seen(open_tasks))
    assert (done.n, done.refused) == (5, ())
    assert queries.undoable(officer).pk == done.bulk_id
    with pytest.raises(NotThere):
        actions.undo(province.asker("analyst"), done.bulk_id)
    assert actions.undo(officer, done.bulk_id) == 5
    assert set(Task.objects.values_list("state", "acknowledge_met_at")) == {("new", None)}
    with pytest.raises(InvalidValues):
        actions.undo(officer, done.bulk_id)
    assert queries.undoable(officer) is None


def test_who_may_no_longer_act_takes_nothing_back(province, open_tasks):
    done = actions.acknowledge(province.asker("agency_officer"), seen(open_tasks))
    Grant.objects.filter(user=province.users["agency_officer"]).update(role="records_clerk")
    with pytest.raises(NotAllowed):
        actions.undo(province.asker("agency_officer"), done.bulk_id)
    Grant.objects.filter(user=province.users["agency_officer"]).delete()
    with pytest.raises(NotThere):
        actions.undo(province.asker("agency_officer"), done.bulk_id)
    assert set(Task.objects.values_list("state", flat=True)) == {"acknowledged"}


def test_a_policy_that_is_taken_back_is_the_one_of_before(province, open_tasks):
    new = decided(province, acknowledge_s=3600)
    before = list(Task.objects.order_by("pk").values_list("policy_id", "is_binding", "acknowledge_due_at"))
    done = actions.move_to_policy(province.asker("analyst"), seen(open_tasks), new.pk, "theo quyết định mới")
    assert set(Task.objects.values_list("policy_id", flat=True)) == {new.pk}
    actions.undo(province.asker("analyst"), done.bulk_id)
    assert list(Task.objects.order_by("pk").values_list("policy_id", "is_binding", "acknowledge_due_at")) == before


def test_what_was_taken_back_moves_no_clock_of_a_policy_that_comes_later(province, open_tasks):
    analyst, new = province.asker("analyst"), decided(province, finish_s=86_400)
    actions.submit_many(
        province.asker("agency_officer"), seen(open_tasks), "clean_address", result="cleaned", values=CLEANED
    )
    Task.objects.update(finish_met_at=timezone.now() - timedelta(hours=5))
    for _ in range(2):
        done = actions.return_(analyst, seen(open_tasks), "thiếu biên bản")
        actions.undo(analyst, done.bulk_id)
    actions.return_(analyst, seen(open_tasks), "thiếu biên bản")
    actions.move_to_policy(analyst, seen(open_tasks), new.pk, "theo quyết định mới")
    for task in Task.objects.all():
        stood = task.finish_due_at - task.created_at - timedelta(days=1)
        assert timedelta(hours=5) <= stood < timedelta(hours=5, minutes=1)


def test_a_verdict_that_is_taken_back_was_not_given(province, open_tasks):
    actions.submit_many(
        province.asker("agency_officer"), seen(open_tasks), "clean_address", result="cleaned", values=CLEANED
    )
    for act in (actions.accept, lambda asker, some: actions.return_(asker, some, "thiếu biên bản")):
        done = act(province.asker("analyst"), seen(open_tasks))
        assert "" not in set(Answer.objects.values_list("verdict", flat=True))
        actions.undo(province.asker("analyst"), done.bulk_id)
        blank = ("", None, "", "")
        assert set(Answer.objects.values_list("verdict", "verdict_at", "verdict_by_name", "verdict_reason")) == {blank}


def test_a_report_that_is_taken_back_gives_its_files_free(province, open_tasks):
    officer, first = province.asker("agency_officer"), open_tasks[0]
    file = actions.add_evidence(officer, first.pk, name="a.png", kind="png", size=9, sha256="a" * 64)
    reports = [
        Report(pk, version, "cleaned", CLEANED, (file.pk,) if pk == first.pk else ())
        for pk, version in seen(open_tasks)
    ]
    done = submit_each(officer, reports)
    actions.undo(officer, done.bulk_id)
    assert not Answer.objects.exists()
    assert Evidence.objects.get().answer_id is None
    assert actions.submit(officer, *seen([first])[0], result="cleaned", values=CLEANED, evidence_ids=[file.pk])


def test_what_somebody_changed_since_stays_as_it_is(province, open_tasks):
    officer = province.asker("agency_officer")
    done = actions.acknowledge(officer, seen(open_tasks))
    actions.begin(officer, *seen(open_tasks[:1])[0])
    assert actions.undo(officer, done.bulk_id) == 4
    assert Task.objects.get(pk=open_tasks[0].pk).state == "in_progress"


def test_those_that_cannot_be_moved_are_named_the_others_move(province, open_tasks):
    officer = province.asker("agency_officer")
    actions.acknowledge(officer, seen(open_tasks[:2]))
    done = actions.acknowledge(officer, seen(open_tasks))
    assert done.n == 3
    assert {pk for pk, _why in done.refused} == {task.pk for task in open_tasks[:2]}


def test_one_that_is_not_seen_lets_none_move(province, open_tasks, infected):
    strange = infected("203.0.113.130", code="stranger")
    with pytest.raises(NotThere):
        actions.acknowledge(province.asker("agency_officer"), seen([*open_tasks, strange]))
    with pytest.raises(EditConflict):
        actions.acknowledge(province.asker("agency_officer"), [(task.pk, 9) for task in open_tasks])
    assert set(Task.objects.values_list("state", flat=True)) == {"new"}
    assert not Bulk.objects.exists()


def test_a_view_of_the_queue_is_kept_replaced_and_deleted(province):
    analyst = province.asker("analyst")
    actions.save_view(analyst, "Quá hạn", "late=1", is_shared=True)
    row = actions.save_view(analyst, "Quá hạn", "late=1&state=open", is_shared=True)
    assert [one.query for one in queries.saved_views(province.asker("duty_officer"))] == ["late=1&state=open"]
    assert not queries.saved_views(province.asker("agency_officer")).exists()
    with pytest.raises(NotThere):
        actions.delete_view(province.asker("duty_officer"), row.pk)
    actions.delete_view(analyst, row.pk)
    assert not queries.saved_views(analyst).exists()
