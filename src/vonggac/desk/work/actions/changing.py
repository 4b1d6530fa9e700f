"""How Tasks change: found in scope and locked, checked against the version that was seen, moved with their step and their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.work import clocks, tallies
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Answer, Step, Task
from vonggac.desk.work.models.answers import ENTERED
from vonggac.desk.work.queries.tasks import published
from vonggac.desk.work.states import FOLLOWS, SUBMITTED
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotAllowed, NotThere

MOST_AT_ONCE = 500
"""Tasks of one bulk action: one short transaction, and a list that a person can have looked at."""

Seen = tuple[int, int]
"""A Task's id with the version that whoever acts on it saw."""


@dataclass
class Change:
    """One Task while it is changed. ``before``: its columns as they were. ``record``: of the action that changes it, where that is needed.

    ``stays``: something followed from it elsewhere, so that no undo takes it back.
    """

    asker: Asker
    task: Task
    now: datetime
    before: dict[str, Any]
    steps: list[Step] = field(default_factory=list)
    record: Any = None
    stays: bool = False

    def step(self, verb: str, note: str = "", *, state: str | None = None, **values: Any) -> None:
        """Something was done; with ``state``, the Task moves there. Raises InvalidValues when it cannot from where it is."""
        was = self.task.state
        if state is not None:
            skipped = BY_NAME[self.task.kind].skips
            if state not in FOLLOWS[was] or state in skipped:
                raise InvalidValues([cannot(was)])
            self.task.state = state
        self.steps.append(
            Step(
                task=self.task, at=self.now, by_id=self.asker.user_id, by_name=self.asker.name[:150], verb=verb,
                before=was, after=self.task.state, note=note, values=values,
            )
        )  # fmt: skip


def cannot(state: str) -> Fault:
    """What is wrong with an action on a Task that is in ``state``."""
    return Fault("state", N_("this cannot be done with a task that is in the state “{state}”"), {"state": state})


def judge(change: Change, verdict: str, why: str) -> Answer:
    """The last answer of a submitted Task gets its ``verdict``. Raises InvalidValues."""
    task, asker = change.task, change.asker
    if task.state != SUBMITTED:
        raise InvalidValues([cannot(task.state)])
    answer = Answer.objects.filter(task=task).order_by("-pk").first()
    if answer is None:
        raise InvalidValues([Fault("", N_("there is no answer yet"))])
    if asker.user_id is not None and answer.by_id == asker.user_id and answer.came_by not in ENTERED:
        raise InvalidValues([Fault("", N_("nobody reviews their own answer"))])
    answer.verdict, answer.verdict_at, answer.verdict_by_name, answer.verdict_reason = (
        verdict, change.now, asker.name[:150], why,
    )  # fmt: skip
    answer.save()
    return answer


def to_change(asker: Asker, permission: str, seen: Sequence[Seen]) -> list[Task]:
    """The Tasks, locked, in the order of their ids. Raises NotThere for one that the asker does not see, NotAllowed, EditConflict."""
    wanted = dict(seen)
    if not wanted:
        raise InvalidValues([Fault("", N_("no task was chosen"))])
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidValues(
            [Fault("", N_("{n} tasks at once are too many: at most {most}"), {"n": len(wanted), "most": MOST_AT_ONCE})]
        )
    rows = visible(published(), asker, permission).filter(pk__in=sorted(wanted))
    found = list(rows.select_related("policy").order_by("pk").select_for_update(of=("self",)))
    if len(found) < len(wanted):
        why_not(asker, permission, wanted.keys() - {row.pk for row in found})
    if any(row.version != wanted[row.pk] for row in found):
        raise EditConflict(N_("somebody else changed this since you opened it"))
    return found


def why_not(asker: Asker, permission: str, ids: Collection[int]) -> None:
    """Raise NotThere where one of these Tasks is not seen, else NotAllowed."""
    seen = visible(published(), asker, "work.view").filter(pk__in=sorted(ids)).count()
    if seen < len(ids):
        raise NotThere(N_("there is no such task here"))
    raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=permission)


@contextmanager
def changing(
    asker: Asker, action: str, permission: str, seen: Sequence[Seen]
) -> Iterator[tuple[Recording, list[Change]]]:
    """One transaction over Tasks: yields what to change; clocks, counts, steps, versions and the entry follow by themselves."""
    with recording(asker, action) as record:
        now = timezone.now()
        changes = [Change(asker, task, now, snapshot(task)) for task in to_change(asker, permission, seen)]
        cells = {change.task.pk: tallies.cell_of(change.task) for change in changes}
        yield record, changes
        write(record, changes, cells)


def write(record: Recording, changes: Sequence[Change], cells: dict[int, tallies.Cell]) -> None:
    """Save what was changed, with steps and counts. ``cells``: where each Task was counted before."""
    moved: Counter[tallies.Cell] = Counter()
    for change in changes:
        task = change.task
        clocks.settle(task, change.now)
        task.version += 1
        task.changed_at = change.now
        task.save(force_update=True)
        record.changed(task, change.before)
        if tallies.cell_of(task) != cells[task.pk]:
            moved[cells[task.pk]] -= 1
            moved[tallies.cell_of(task)] += 1
    Step.objects.bulk_create([step for change in changes for step in change.steps])
    tallies.move(moved)
    record.on = changes[0].task if len(changes) == 1 else None
    organisations = {change.task.organisation_id for change in changes}
    record.organisation_id = organisations.pop() if len(organisations) == 1 else None


def change_one(asker: Asker, action: str, permission: str, seen: Seen, do: Callable[[Recording, Change], Any]) -> Any:
    """One Task changed by ``do``; gives what that gives."""
    with changing(asker, action, permission, [seen]) as (record, changes):
        return do(record, changes[0])


def require_for(asker: Asker, permission: str, task: Task) -> None:
    """Raise NotAllowed unless ``permission`` is held on the Task's organisation."""
    if not may_on(asker, permission, task.organisation_id):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=permission)
