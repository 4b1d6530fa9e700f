"""Clocks of a Task: started by the policy that holds then, met, stopped with a reason, shifted by what they stood. Pure but for reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from vonggac.config import zone_from
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.work.calendar import Calendar
from vonggac.desk.work.kinds import Kind
from vonggac.desk.work.models import FAR, ClockPolicy, DayOff, Task
from vonggac.desk.work.models.clocks import CLOCKS
from vonggac.desk.work.states import WITH_OWNER, turn_of

BEGIN: Final = frozenset({"approve", "reopen", "reappear", "hand_over"})
"""Verbs of steps with which all clocks of a Task begin anew."""


def calendar() -> Calendar:
    """The days and hours of work as they are known now."""
    days = dict(DayOff.objects.values_list("day", "is_work"))
    return Calendar(zone_from(settings.VONGGAC.zone), days)


def policies_at(at: datetime) -> dict[tuple[str, int], ClockPolicy]:
    """The policy of each kind and priority that holds at ``at``: binding before proposed, the latest of equal ones."""
    rows = ClockPolicy.objects.filter(valid_at(at)).order_by("is_binding", "valid_from", "pk")
    return {(row.kind, row.priority): row for row in rows}


def policy_for(policies: Mapping[tuple[str, int], ClockPolicy], kind: str, priority: int) -> ClockPolicy | None:
    """The one for a kind and priority: a binding one before a proposed one, then the one for this very priority."""
    found = [policies[key] for key in ((kind, priority), (kind, 0)) if key in policies]
    return next((row for row in found if row.is_binding), found[0] if found else None)


@dataclass(frozen=True, slots=True)
class Started:
    """Clocks as they start: columns of a Task."""

    policy_id: int | None
    is_binding: bool
    acknowledge_due_at: datetime | None
    contain_due_at: datetime | None
    finish_due_at: datetime | None
    due_at: datetime
    alarm_at: datetime


WARN: Final = timedelta(hours=4)
CLIMB: Final = timedelta(days=1)
"""How long before and after a clock breaks it is told about, where no policy says so."""


def warn_of(policy: ClockPolicy | None) -> timedelta:
    """How long before a clock breaks it is told about."""
    return WARN if policy is None else timedelta(seconds=policy.warn_s)


def climb_of(policy: ClockPolicy | None) -> timedelta:
    """How long after a clock broke without an answer the head of the unit is told."""
    return CLIMB if policy is None else timedelta(seconds=policy.climb_s)


def started(
    kind: Kind, policy: ClockPolicy | None, at: datetime, days: Calendar, finish_due_at: datetime | None = None
) -> Started:
    """The clocks of a Task of ``kind`` that starts at ``at`` under ``policy``; without one it has none.

    ``finish_due_at``: a deadline that was ordered; it binds, and nothing of the Task is due after it.
    """
    due: dict[str, datetime | None] = dict.fromkeys(CLOCKS)
    if policy is not None:
        for clock in kind.clocks:
            seconds = getattr(policy, f"{clock}_s")
            if seconds is not None:
                due[clock] = days.after(at, seconds) if policy.counts_working_time else at + timedelta(seconds=seconds)
    if finish_due_at is not None:
        due = {clock: None if moment is None else min(moment, finish_due_at) for clock, moment in due.items()}
        due["finish"] = finish_due_at
    first = min((moment for moment in due.values() if moment is not None), default=FAR)
    return Started(
        policy_id=None if policy is None else policy.pk,
        is_binding=finish_due_at is not None or (policy is not None and policy.is_binding),
        acknowledge_due_at=due["acknowledge"],
        contain_due_at=due["contain"],
        finish_due_at=due["finish"],
        due_at=first,
        alarm_at=FAR if first is FAR else max(at, first - warn_of(policy)),
    )


def running(task: Task) -> Iterable[tuple[str, datetime]]:
    """Each clock of ``task`` that is not met, with when it breaks."""
    for clock in CLOCKS:
        due = getattr(task, f"{clock}_due_at")
        if due is not None and getattr(task, f"{clock}_met_at") is None:
            yield clock, due


def settle(task: Task, now: datetime) -> None:
    """Work out ``turn``, ``due_at``, ``alarm_at``, ``alarms`` and ``is_late`` anew from state and clocks; nothing is saved."""
    task.turn = turn_of(task.state)
    stands = task.stopped_at is not None or task.state not in WITH_OWNER
    due = FAR if stands else min((moment for _clock, moment in running(task)), default=FAR)
    if due != task.due_at:
        task.due_at, task.alarms = due, 0
        task.alarm_at = FAR if due == FAR else max(due - warn_of(task.policy), now)
    task.is_late = task.is_binding and task.due_at <= now


def meet(task: Task, clock: str, at: datetime) -> None:
    """``clock`` is met, if there is one that is not met yet."""
    if getattr(task, f"{clock}_due_at") is not None and getattr(task, f"{clock}_met_at") is None:
        setattr(task, f"{clock}_met_at", at)


def stop(task: Task, at: datetime, reason: str) -> None:
    """The clocks stand from ``at`` on."""
    if task.stopped_at is None:
        task.stopped_at = at
    task.stop_reason = reason


def go_on(task: Task, at: datetime) -> None:
    """The clocks run again: those not met break as much later as they stood."""
    if task.stopped_at is None:
        return
    stood = max(at - task.stopped_at, timedelta())
    for clock, due in running(task):
        setattr(task, f"{clock}_due_at", due + stood)
    task.stopped_at, task.stop_reason = None, ""


def restart(task: Task, kind: Kind, policy: ClockPolicy | None, at: datetime, days: Calendar) -> None:
    """All clocks of ``task`` begin anew at ``at`` under ``policy``."""
    new: Any = started(kind, policy, at, days)
    for name in Started.__slots__:
        setattr(task, name, getattr(new, name))
    for clock in CLOCKS:
        setattr(task, f"{clock}_met_at", None)
    task.policy = policy
    task.alarms, task.stopped_at, task.stop_reason = 0, None, ""
