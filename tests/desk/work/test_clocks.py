"""Clocks: started under the policy of then, stopped, moved, rung, right whatever the machine's clock does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import machine
from vonggac.desk.work import actions, queries
from vonggac.desk.work.calendar import SPANS, Calendar
from vonggac.desk.work.models import FAR, ClockPolicy, Step, Task
from vonggac.errors import EditConflict, InvalidValues, NotAllowed

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MACHINE = machine("clocks")
CLEANED = {
    "tool": "Quét ngoại tuyến", "n_checked": 12, "n_infected": 1, "n_cleaned": 1, "done_at": datetime(2026, 11, 1, tzinfo=UTC),
    "evidence": "Không còn kết nối ra ngoài",
}  # fmt: skip


def seen(task: Task) -> tuple[int, int]:
    return task.pk, Task.objects.values_list("version", flat=True).get(pk=task.pk)


def decided(province, kind: str = "clean_address", **durations: int) -> ClockPolicy:
    """The policy of ``kind``, made binding by a decision."""
    leader = province.asker("administrator")
    if not durations:
        row = ClockPolicy.objects.get(kind=kind, priority=0, is_binding=False, valid_until=None)
    else:
        row = actions.propose_policy(leader, kind=kind, priority=0, source="thử", **durations)
    return actions.decide_policy(leader, row.pk, row.version, decision="12/QĐ-UBND", decided_on=date(2026, 1, 2))


def test_what_is_only_proposed_never_turns_red(province, infected):
    task = infected()
    assert not task.is_binding
    assert task.acknowledge_due_at - task.created_at == timedelta(hours=4)
    actions.ring(MACHINE, timezone.now() + timedelta(days=30))
    task.refresh_from_db()
    assert not task.is_late
    assert queries.counts(province.asker("leader")).late == 0


def test_a_binding_clock_warns_breaks_and_climbs_once_each(province, infected):
    decided(province)
    task = infected()
    at = task.acknowledge_due_at
    told = [actions.ring(MACHINE, at + timedelta(seconds=n)) for n in (-14_399, -100, 1, 60, 86_401, 90_000)]
    assert told == [1, 0, 1, 0, 1, 0]
    assert list(Step.objects.order_by("pk").values_list("verb", flat=True)) == ["warn", "break", "climb"]
    task.refresh_from_db()
    assert task.is_late
    assert queries.counts(province.asker("analyst")).late == 1
    templates = Notice.objects.exclude(template="work_new").values_list("template", flat=True)
    assert set(templates) == {"work_due", "work_late", "work_head"}


def test_many_clocks_of_one_organisation_are_one_message(province, infected):
    decided(province)
    tasks = [infected(f"198.51.100.{n}") for n in range(1, 9)]
    assert actions.ring(MACHINE, max(task.acknowledge_due_at for task in tasks) + timedelta(seconds=1)) == 8
    late = Notice.objects.filter(template="work_late", channel="portal", user=province.users["agency_officer"])
    assert [notice.values["n"] for notice in late] == [8]


def test_a_task_that_somebody_took_does_not_climb(province, infected):
    decided(province)
    task = infected()
    actions.acknowledge(province.asker("agency_officer"), [seen(task)])
    task.refresh_from_db()
    at = task.due_at
    for n in (-1, 1, 90_000):
        actions.ring(MACHINE, at + timedelta(seconds=n))
    assert not Step.objects.filter(verb="climb").exists()


def test_a_step_of_the_machines_clock_is_put_right(province, infected):
    decided(province)
    task = infected()
    actions.ring(MACHINE, timezone.now() + timedelta(days=400))
    assert Task.objects.get().is_late
    assert actions.look_again() == 1
    task.refresh_from_db()
    assert not task.is_late
    assert task.alarm_at <= task.due_at
    assert actions.ring(MACHINE, task.due_at + timedelta(seconds=1)) == 1
    assert Task.objects.get().is_late


def test_a_running_clock_keeps_its_policy_until_a_person_moves_it(province, infected):
    decided(province)
    task = infected()
    new = decided(province, acknowledge_s=3600, contain_s=7200, finish_s=86_400)
    task.refresh_from_db()
    assert task.acknowledge_due_at - task.created_at == timedelta(hours=4)
    later = infected("198.51.100.6")
    assert later.acknowledge_due_at - later.created_at == timedelta(hours=1)
    actions.move_to_policy(province.asker("analyst"), [seen(task)], new.pk, "theo quyết định mới")
    task.refresh_from_db()
    assert task.acknowledge_due_at - task.created_at == timedelta(hours=1)
    assert task.policy_id == new.pk


def test_stopped_clocks_run_on_from_where_they_stood(province, infected):
    analyst, task = province.asker("analyst"), infected()
    with pytest.raises(InvalidValues):
        actions.pause(analyst, *seen(task), "")
    actions.pause(analyst, *seen(task), "Chờ nhà mạng trả lời")
    task.refresh_from_db()
    assert task.due_at == FAR
    Task.objects.filter(pk=task.pk).update(stopped_at=timezone.now() - timedelta(hours=3))
    was = task.acknowledge_due_at
    actions.resume(analyst, *seen(task))
    task.refresh_from_db()
    assert timedelta(hours=3) <= task.acknowledge_due_at - was < timedelta(hours=3, minutes=1)
    assert task.due_at == task.acknowledge_due_at


def aged(task: Task, hours: float, *columns: str) -> None:
    """Let ``columns`` have been as much earlier."""
    row = Task.objects.get(pk=task.pk)
    Task.objects.filter(pk=task.pk).update(**{name: getattr(row, name) - timedelta(hours=hours) for name in columns})


def test_a_stop_before_the_report_is_not_lost_and_time_under_review_is_counted_once(province, infected):
    analyst, officer, task = province.asker("analyst"), province.asker("agency_officer"), infected()
    was = task.finish_due_at
    actions.pause(analyst, *seen(task), "Chờ nhà mạng trả lời")
    aged(task, 3, "stopped_at")
    actions.submit(officer, *seen(task), result="cleaned", values=CLEANED)
    task.refresh_from_db()
    assert task.stopped_at is None
    with pytest.raises(InvalidValues):  # nothing runs that could stand
        actions.pause(analyst, *seen(task), "Chờ nhà mạng trả lời")
    aged(task, 5, "finish_met_at")
    actions.return_(analyst, [seen(task)], "thiếu biên bản")
    task.refresh_from_db()
    assert timedelta(hours=8) <= task.finish_due_at - was < timedelta(hours=8, minutes=1)
    assert task.due_at == task.finish_due_at


def test_a_policy_moved_to_counts_from_where_the_clocks_began_and_not_what_they_stood(province, infected):
    analyst, officer, task = province.asker("analyst"), province.asker("agency_officer"), infected()
    new = decided(province, acknowledge_s=3600, contain_s=7200, finish_s=86_400)
    actions.pause(analyst, *seen(task), "Chờ nhà mạng trả lời")
    aged(task, 3, "stopped_at")
    actions.resume(analyst, *seen(task))
    actions.move_to_policy(analyst, [seen(task)], new.pk, "theo quyết định mới")
    task.refresh_from_db()
    stood = task.finish_due_at - task.created_at - timedelta(days=1)
    assert timedelta(hours=3) <= stood < timedelta(hours=3, minutes=1)
    actions.submit(officer, *seen(task), result="cleaned", values=CLEANED)
    aged(task, 5, "finish_met_at")
    actions.return_(analyst, [seen(task)], "thiếu biên bản")
    actions.move_to_policy(analyst, [seen(task)], new.pk, "theo quyết định mới")
    task.refresh_from_db()
    stood = task.finish_due_at - task.created_at - timedelta(days=1)
    assert timedelta(hours=8) <= stood < timedelta(hours=8, minutes=1)


def test_a_policy_moved_to_after_a_reappearance_counts_from_then(province, infected):
    analyst, task = province.asker("analyst"), infected()
    new = decided(province, acknowledge_s=3600, contain_s=7200, finish_s=86_400)
    actions.withdraw(analyst, [seen(task)], "không cần nữa")
    aged(task, 24 * 90, "created_at")
    actions.reopen(analyst, [seen(task)], "lại thấy")
    actions.move_to_policy(analyst, [seen(task)], new.pk, "theo quyết định mới")
    task.refresh_from_db()
    assert task.due_at > timezone.now()
    assert not task.is_late


def test_no_policy_is_longer_than_the_calendar_reaches(province, infected):
    with pytest.raises(InvalidValues):
        decided(province, finish_s=79_000_000, counts_working_time=True)
    decided(province, finish_s=2 * 365 * 86_400, counts_working_time=True)
    assert infected().finish_due_at > timezone.now() + timedelta(days=2000)


def test_only_who_decides_makes_a_policy_binding_and_only_once(province):
    row = ClockPolicy.objects.get(kind="clean_address")
    with pytest.raises(NotAllowed):
        actions.decide_policy(province.asker("analyst"), row.pk, 1, decision="12/QĐ", decided_on=date(2026, 1, 2))
    new = decided(province)
    assert (new.is_binding, new.decision) == (True, "12/QĐ-UBND")
    row.refresh_from_db()
    assert row.valid_until is not None
    with pytest.raises((InvalidValues, EditConflict)):
        actions.decide_policy(province.asker("administrator"), row.pk, 1, decision="13/QĐ", decided_on=date(2026, 1, 2))


@given(
    st.integers(0, 525_599),
    st.integers(1, 40 * 3600),
    st.dictionaries(st.dates(date(2026, 1, 1), date(2027, 2, 1)), st.booleans(), max_size=20),
)
def test_working_time_is_what_counting_minute_by_minute_gives(minute, seconds, days):
    """The slow oracle walks through the hours of work a minute at a time."""
    minutes = max(1, seconds // 60)
    calendar = Calendar(ZONE, days)
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    end = calendar.after(at, minutes * 60)
    left, now = minutes, at
    while left:
        local = now.astimezone(ZONE)
        if calendar.is_work(local.date()) and any(begin <= local.time() < stop for begin, stop in SPANS):
            left -= 1
        now += timedelta(minutes=1)
    assert end == now
