"""How long work may take: proposed, made binding by a decision, moved to; and the days off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.work import clocks
from vonggac.desk.work.actions.bulk import Outcome, do_many
from vonggac.desk.work.actions.changing import Change, Seen
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import ClockPolicy, DayOff, Step, Task
from vonggac.desk.work.models.clocks import CLOCKS
from vonggac.desk.work.states import PRIORITIES
from vonggac.desk.work.values import reason
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotThere

_MOST_S = 2 * 365 * 86_400
"""As working time less than the ten years of it that a calendar counts."""
_DURATIONS = (*(f"{clock}_s" for clock in CLOCKS), "warn_s", "climb_s")


def propose_policy(asker: Asker, *, kind: str, priority: int, source: str, **durations: Any) -> ClockPolicy:
    """A policy that binds nobody yet: what is proposed and by which ``source``. Needs work.decide everywhere."""
    require(asker, "work.decide", None)
    check = Check()
    check.one_of("kind", kind, tuple(BY_NAME))
    check.one_of("priority", priority, (0, *PRIORITIES))
    values = _durations(check, kind, durations)
    values["source"] = check.text("source", source, most=250, needed=True)
    check.done()
    now = timezone.now()
    with recording(asker, "work.propose_policy") as record:
        _end_others(record, kind, priority, now, is_binding=False)
        record.on = row = ClockPolicy(kind=kind, priority=priority, is_binding=False, valid_from=now, **values)
        row.save(force_insert=True)
        record.created(row)
    return row


def _durations(check: Check, kind: str, durations: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"counts_working_time": bool(durations.get("counts_working_time", False))}
    for name in _DURATIONS:
        value = durations.get(name)
        if value is None:
            if name in ("warn_s", "climb_s"):
                continue
            values[name] = None
        else:
            values[name] = check.whole(name, value, 60, _MOST_S)
            clock = name.removesuffix("_s")
            if clock in CLOCKS and kind in BY_NAME and clock not in BY_NAME[kind].clocks:
                check.fault(name, N_("this kind of work has no such clock"))
    return values


def _end_others(record: Any, kind: str, priority: int, now: Any, *, is_binding: bool) -> None:
    rows = ClockPolicy.objects.select_for_update().filter(
        kind=kind, priority=priority, valid_until=None, is_binding=is_binding
    )
    for row in rows:
        before = snapshot(row)
        row.valid_until, row.version = now, row.version + 1
        row.save(force_update=True)
        record.changed(row, before)


def decide_policy(asker: Asker, policy_id: int, version: int, *, decision: str, decided_on: date) -> ClockPolicy:
    """A person enters the ``decision`` (its number) that makes a proposed policy binding from now on, as a new version.

    Clocks that run keep the policy under which they started. Needs work.decide everywhere.
    """
    require(asker, "work.decide", None)
    check = Check()
    decision = check.text("decision", decision, most=250, needed=True)
    if decided_on > timezone.localdate():
        check.fault("decided_on", N_("this lies in the future: it can be written down from that day on"))
    check.done()
    now = timezone.now()
    with recording(asker, "work.decide_policy") as record:
        row = ClockPolicy.objects.select_for_update().filter(pk=policy_id).first()
        if row is None:
            raise NotThere(N_("there is no such policy here"))
        if row.version != version:
            raise EditConflict(N_("somebody else changed this since you opened it"))
        if row.is_binding or row.valid_until is not None:
            raise InvalidValues([Fault("", N_("it is binding already, or holds no longer"))])
        _end_others(record, row.kind, row.priority, now, is_binding=True)
        _end_others(record, row.kind, row.priority, now, is_binding=False)
        row.pk, row.version, row.valid_from, row.valid_until = None, 1, now, None
        row.is_binding, row.decision, row.decided_on = True, decision, decided_on
        row.save(force_insert=True)
        record.on = row
        record.created(row)
    return row


def move_to_policy(asker: Asker, seen: Sequence[Seen], policy_id: int, why: str) -> Outcome:
    """Let the clocks of running Tasks be as if they had started under another policy, because. Needs work.review."""
    check = Check()
    why = reason(check, why)
    check.done()
    policy = ClockPolicy.objects.filter(pk=policy_id).first()
    if policy is None:
        raise NotThere(N_("there is no such policy here"))
    days = clocks.calendar()

    def do(change: Change) -> None:
        task = change.task
        if policy.kind != task.kind:
            raise InvalidValues([Fault("policy_id", N_("this policy is for another kind of work"))])
        began, stood = _began(task)
        start = clocks.started(BY_NAME[task.kind], policy, began, days)
        for clock in CLOCKS:
            if getattr(task, f"{clock}_met_at") is None:
                due = getattr(start, f"{clock}_due_at")
                setattr(task, f"{clock}_due_at", None if due is None else due + stood)
        change.step("policy", why, was=task.policy_id, now=policy.pk)
        task.policy, task.is_binding = policy, policy.is_binding

    return do_many(asker, "work.move_to_policy", "work.review", seen, do)


def _began(task: Task) -> tuple[datetime, timedelta]:
    """When the clocks of ``task`` that are not met began, and how long they stood since: stopped, or while a report was reviewed."""
    steps: list[tuple[str, datetime, dict[str, Any]]] = []
    for verb, at, values in Step.objects.filter(task=task).order_by("pk").values_list("verb", "at", "values"):
        taken_back = [one[1] for one in steps if verb == "undo" and one[0] == values.get("what")][-1:]
        steps = [one for one in steps if one[1] not in taken_back]  # all of one action have its time
        steps.append((verb, at, values))
    last = max((n for n, (verb, _at, _values) in enumerate(steps) if verb in clocks.BEGIN), default=None)
    since = [] if last is None else steps[last:]
    stood = sum(values.get("stood_s", 0) for _verb, _at, values in since or steps)
    return (since[0][1] if since else task.created_at), timedelta(seconds=stood)


def add_day_off(asker: Asker, day: date, name: str, *, is_work: bool = False, source: str = "") -> DayOff:
    """A day that is not as its weekday says; needs work.decide everywhere."""
    require(asker, "work.decide", None)
    check = Check()
    name = check.text("name", name, most=120, needed=True)
    source = check.text("source", source, most=250)
    if not 2000 <= day.year <= 2199:
        check.fault("day", N_("the year {year} is not possible"), year=day.year)
    if DayOff.objects.filter(day=day).exists():
        check.fault("day", N_("this day is there already"))
    check.done()
    with recording(asker, "work.add_day_off") as record:
        record.on = row = DayOff(day=day, name=name, is_work=is_work, source=source)
        row.save(force_insert=True)
        record.created(row)
    return row


def remove_day_off(asker: Asker, day: date) -> None:
    """The day is again as its weekday says; needs work.decide everywhere."""
    require(asker, "work.decide", None)
    with recording(asker, "work.remove_day_off") as record:
        row = DayOff.objects.select_for_update().filter(day=day).first()
        if row is None:
            raise NotThere(N_("there is no such day here"))
        before = snapshot(row)
        record.on = row
        row.delete()
        record.deleted(row, before)
