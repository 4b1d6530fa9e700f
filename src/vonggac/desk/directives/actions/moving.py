"""Tasks of a letter moved together, within the action that moves the letter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from vonggac.desk.audit.actions import Recording, snapshot
from vonggac.desk.work import tallies
from vonggac.desk.work.actions.changing import Change, write
from vonggac.desk.work.models import Task


def move(record: Recording, ids: Iterable[int], now: datetime, do: Callable[[Change], object]) -> int:
    """``do`` with each of these Tasks, locked in the order of their ids, within an action that is being recorded; gives how many.

    What the action is ``on`` stays what it was.
    """
    rows = Task.objects.filter(pk__in=list(ids)).select_related("policy", "organisation").order_by("pk")
    changes = [
        Change(record.asker, task, now, snapshot(task), record=record) for task in rows.select_for_update(of=("self",))
    ]
    if not changes:
        return 0
    cells = {change.task.pk: tallies.cell_of(change.task) for change in changes}
    for change in changes:
        do(change)
    on, where = record.on, record.organisation_id
    write(record, changes, cells)
    record.on, record.organisation_id = on, where
    return len(changes)
