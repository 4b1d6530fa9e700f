"""Clocks that are about to break or broke: told once each, first to the owner, then to the centre too, then to the head of the unit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work import tallies
from vonggac.desk.work.clocks import climb_of, warn_of
from vonggac.desk.work.models import FAR, Step, Task
from vonggac.desk.work.notifying import answering, contact_email, reviewing, send
from vonggac.desk.work.queries.tasks import published
from vonggac.desk.work.states import UNANSWERED, WITH_OWNER

AT_ONCE = 2000
SOON, BROKEN, HEAD = 1, 2, 3
_VERBS = {SOON: "warn", BROKEN: "break", HEAD: "climb"}
_TEMPLATES = {SOON: "work_due", BROKEN: "work_late", HEAD: "work_head"}

Teller = Callable[[Recording, int, int, Sequence[Task], bool], Collection[int]]
TELLERS: list[Teller] = []
"""Rooms above that tell a contact of their own Tasks in their own way, where a page of the portal is of no use to them.

Called within the transaction with the organisation, the level, its Tasks, and whether somebody with an account answers for it; gives
the ids of those Tasks that the contact (at HEAD: the head of the unit) now knows of. Accounts and reviewers are told here.
"""


def ring(asker: Asker, now: datetime | None = None) -> int:
    """Give every warning that is due, up to AT_ONCE Tasks; gives how many. One message per organisation and kind of warning."""
    at = now or timezone.now()
    due = published().filter(alarm_at__lte=at).order_by("alarm_at", "pk")
    if not due.exists():
        return 0
    with recording(asker, "work.ring") as record:
        # Whoever holds a Task just now changes it, and its clock with it: it is looked at again in the next round.
        held = due.select_related("policy", "organisation").select_for_update(of=("self",), skip_locked=True)
        rows = list(held[:AT_ONCE])
        told: dict[tuple[int, int], list[Task]] = defaultdict(list)
        moved: Counter[tallies.Cell] = Counter()
        for task in rows:
            was = tallies.cell_of(task)
            if level := _ring(task, at):
                told[task.organisation_id, level].append(task)
            if tallies.cell_of(task) != was:
                moved[was] -= 1
                moved[tallies.cell_of(task)] += 1
        Task.objects.bulk_update(rows, ["alarm_at", "alarms", "is_late"], batch_size=200)
        tallies.move(moved)
        for (organisation_id, level), tasks in sorted(told.items(), key=lambda item: item[0]):
            _tell(record, organisation_id, level, tasks, at)
        record.note(
            n=len(rows),
            told={_VERBS[level]: sum(len(t) for (_o, one), t in told.items() if one == level) for level in _VERBS},
        )
    return len(rows)


def _ring(task: Task, at: datetime) -> int:
    """Move one Task to its next warning; the level that is to be told now, 0 for none."""
    if task.state not in WITH_OWNER or task.stopped_at is not None or task.due_at == FAR:
        task.alarm_at = FAR
        return 0
    if at < task.due_at:
        level, task.alarm_at = SOON, task.due_at
    elif task.alarms < BROKEN:
        level, task.alarm_at = BROKEN, task.due_at + climb_of(task.policy)
        task.is_late = task.is_binding
    else:
        level, task.alarm_at = HEAD, FAR
        if task.state not in UNANSWERED:
            return 0
    if level <= task.alarms:
        return 0
    task.alarms = level
    return level


def _tell(record: Recording, organisation_id: int, level: int, tasks: Sequence[Task], at: datetime) -> None:
    first = min(tasks, key=lambda task: (task.due_at, task.pk))
    key = f"{_VERBS[level]}:{organisation_id}:{first.pk}:{int(at.timestamp())}"
    values = _values(level, tasks)
    people = answering([organisation_id]).get(organisation_id, [])
    known = {pk for tell in TELLERS for pk in tell(record, organisation_id, level, tasks, bool(people))}
    left = [task for task in tasks if task.pk not in known]
    if people:
        send(_TEMPLATES[level], organisation_id, people, values, key)
    elif left:
        send(_TEMPLATES[level], organisation_id, (), _values(level, left), key)
    if level >= BROKEN and any(task.is_binding for task in tasks):
        told = {user.pk for user in people}
        if others := [user for user in reviewing() if user.pk not in told]:
            send(_TEMPLATES[level], organisation_id, others, values, key)
    if level == HEAD and left and (email := contact_email(organisation_id, is_head=True)):
        with transaction.atomic():
            enqueue(
                template="work_head",
                organisation_id=organisation_id,
                email=email,
                values=_values(level, left),
                key=f"{key}:head",
                urgent=True,
            )
    verb = _VERBS[level]
    Step.objects.bulk_create(
        [
            Step(task=task, at=at, by_id=None, by_name="", verb=verb, before=task.state, after=task.state)
            for task in tasks
        ]
    )


def _values(level: int, tasks: Sequence[Task]) -> dict[str, object]:
    first = min(tasks, key=lambda task: (task.due_at, task.pk))
    values: dict[str, object] = {"organisation": first.organisation.name, "n": len(tasks), "title": first.subject}
    if level == SOON:
        values["until"] = first.due_at
    return {**values, "link": _link(tasks)}


def _link(tasks: Sequence[Task]) -> str:
    return f"/work/{tasks[0].pk}/" if len(tasks) == 1 else "/work/?state=open"


def look_again(now: datetime | None = None) -> int:
    """Put right what a step of the machine's clock left: Tasks marked overdue whose clock is not broken. Gives how many."""
    at = now or timezone.now()
    with transaction.atomic():
        rows = list(
            Task.objects.filter(is_late=True, due_at__gt=at)
            .select_related("policy")
            .select_for_update(of=("self",))[:AT_ONCE]
        )
        moved: Counter[tallies.Cell] = Counter()
        for task in rows:
            moved[tallies.cell_of(task)] -= 1
            task.is_late, task.alarms = False, 0
            task.alarm_at = FAR if task.due_at == FAR else task.due_at - warn_of(task.policy)
            moved[tallies.cell_of(task)] += 1
        Task.objects.bulk_update(rows, ["is_late", "alarms", "alarm_at"], batch_size=200)
        tallies.move(moved)
    return len(rows)
