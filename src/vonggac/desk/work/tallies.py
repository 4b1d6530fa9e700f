"""Counts of Tasks by organisation, kind, batch, state and lateness: moved within the transaction that moves the Tasks."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from django.db.models import Count, F, QuerySet

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


def move(changes: Counter[Cell]) -> None:
    """Add ``changes`` to the counts; one order for everybody, so that no two wait for each other in a circle."""
    for cell in sorted(changes):
        n = changes[cell]
        if n and not Tally.objects.filter(**cell._asdict()).update(n=F("n") + n):
            _row, made = Tally.objects.get_or_create(**cell._asdict(), defaults={"n": n})
            if not made:
                Tally.objects.filter(**cell._asdict()).update(n=F("n") + n)


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
