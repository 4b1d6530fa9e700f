"""What the machine finds when it looks again: gone, or back. Each call is one transaction over some Tasks; a second one changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils import timezone

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work import clocks, tallies
from vonggac.desk.work.actions.changing import Change, write
from vonggac.desk.work.actions.review import again
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Batch, Task
from vonggac.desk.work.notifying import tell_organisations
from vonggac.desk.work.states import ACCEPTED, CLOSED, PROVEN, RECHECKED, WITHDRAWN


def pass_recheck(asker: Asker, task_ids: Collection[int], why: str, **values: Any) -> int:
    """Accepted Tasks that the machine does not see again are re-checked and closed; others are left alone. Gives how many.

    ``why``: what was looked at, in words of no language (“list 3/BC”); ``values`` stay with the step.
    """
    return _over(asker, "work.recheck", task_ids, {ACCEPTED, RECHECKED}, lambda change: _passed(change, why, values))


def _passed(change: Change, why: str, values: Mapping[str, Any]) -> None:
    if change.task.state == ACCEPTED:
        change.step("recheck", why, state=RECHECKED, **values)
    change.step("close", state=CLOSED)
    change.task.proof = PROVEN


def reappear(asker: Asker, task_ids: Collection[int], batch: Batch | None, why: str, **values: Any) -> int:
    """Tasks that were done and are seen again open again, with their history, as part of ``batch``; each organisation is told of its own.

    Gives how many; those that are open anyway are left alone.
    """
    days = clocks.calendar()
    told: dict[int, int] = {}
    first: list[Task] = []

    def do(change: Change) -> None:
        if batch is not None:
            change.task.batch_id = batch.pk
        again(change, "reappear", why, days)
        change.steps[-1].values = dict(values)
        first.append(change.task)
        told[change.task.organisation_id] = told.get(change.task.organisation_id, 0) + 1

    def after() -> None:
        # A Task has a version once only: no other piece, and no later time that they come back, goes by this name.
        name = f"back:{first[0].pk}:{first[0].version}"
        tell_organisations(told, title=why, url="/work/?state=reopened", key=name)

    return _over(asker, "work.reappear", task_ids, {ACCEPTED, RECHECKED, CLOSED}, do, after)


def _over(
    asker: Asker, action: str, task_ids: Collection[int], states: Collection[str], do: Any, after: Any = None
) -> int:
    assert WITHDRAWN not in states  # noqa: S101  # what a person took back, no machine brings again
    rows = Task.objects.filter(pk__in=sorted(task_ids), state__in=sorted(states))
    if not rows.exists():
        return 0
    with recording(asker, action) as record:
        now = timezone.now()
        tasks = list(rows.select_related("policy", "organisation").order_by("pk").select_for_update(of=("self",)))
        cells = {task.pk: tallies.cell_of(task) for task in tasks}
        changes = [Change(asker, task, now, snapshot(task)) for task in tasks if BY_NAME[task.kind].recheck]
        for change in changes:
            do(change)
        if changes:
            write(record, changes, cells)
            if after is not None:
                after()
        record.note(n=len(changes))
    return len(changes)
