"""Counts of Tasks by organisation, kind, batch, state and lateness: moved within the transaction that moves the Tasks."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, QuerySet

from vonggac.desk.work.models import Batch, Tally, Task


class Cell(NamedTuple):
    """Where a Task is counted."""

    organisation_id: int
    kind: str
    batch_id: int
    state: str
    is_late: bool


def cell_of(task: Task) -> Cell:
    """Where ``task`` is counted as it is now."""
    return Cell(task.organisation_id, task.kind, task.batch_id, task.state, task.is_late)


_COLUMNS = ", ".join(Cell._fields)
_ONE = f"({', '.join(['%s'] * (len(Cell._fields) + 1))})"
_AT_ONCE = 150
"""Cells of one statement: SQLite takes 32,766 values, older builds of it 999."""


def move(changes: Counter[Cell]) -> None:
    """Add ``changes`` to the counts; one order for everybody, so that no two wait for each other in a circle."""
    cells = [cell for cell in sorted(changes) if changes[cell]]
    with connection.cursor() as cursor:
        for start in range(0, len(cells), _AT_ONCE):
            some = cells[start : start + _AT_ONCE]
            marks = ", ".join([_ONE] * len(some))
            cursor.execute(
                f"INSERT INTO work_tally ({_COLUMNS}, n) VALUES {marks} "  # noqa: S608  # names and marks only
                f"ON CONFLICT ({_COLUMNS}) DO UPDATE SET n = work_tally.n + excluded.n",
                [value for cell in some for value in (*cell, changes[cell])],
            )


def counted_of(tasks: QuerySet[Task]) -> Counter[Cell]:
    """The counts of ``tasks``, worked out from them."""
    rows = tasks.order_by().values_list(*Cell._fields).annotate(n=Count("pk"))
    return Counter({Cell(*row[:-1]): row[-1] for row in rows})


def counted() -> Counter[Cell]:
    """The counts of all Tasks that are published, worked out from them: slow, for whoever checks or repairs what is kept."""
    return counted_of(Task.objects.exclude(batch_id__in=Batch.objects.filter(published_at=None).values("pk")))


def kept() -> Counter[Cell]:
    """The counts as they are kept, those of zero left out."""
    rows = Tally.objects.exclude(n=0).values_list(*Cell._fields, "n")
    return Counter({Cell(*row[:-1]): row[-1] for row in rows})
