"""Log files that were looked through for a Task."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from vonggac.desk.runs import free
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work.models import HostSearch, Step
from vonggac.errors import N_, NotThere


def searches(asker: Asker, task_id: int) -> QuerySet[HostSearch]:
    """Those of one Task, the newest first, for whoever answers for its organisation: hosts inside are nobody else's business, nor that
    of whom the Task was handed over to since.
    """
    return _own(asker).filter(task_id=task_id).order_by("-pk")


def _own(asker: Asker) -> QuerySet[HostSearch]:
    handed_over = Step.objects.filter(task_id=OuterRef("task_id"), verb="hand_over", at__gte=OuterRef("created_at"))
    rows = visible(HostSearch.objects.all(), asker, "work.answer", through="task__organisation_id")
    return rows.exclude(Exists(handed_over)).select_related("task")


def search(asker: Asker, search_id: int) -> HostSearch:
    """One of them; raises NotThere."""
    row = _own(asker).filter(pk=search_id).first()
    if row is None:
        raise NotThere(N_("there is no such log here"))
    return row


def waiting() -> QuerySet[HostSearch]:
    """What waits and nobody reads, the oldest first. For the worker: no scope."""
    return (
        HostSearch.objects.filter(free(), state="waiting").select_related("task", "task__organisation").order_by("pk")
    )


def read_ones() -> QuerySet[HostSearch]:
    """Files that were read and may lie in the spool still. For the worker: no scope."""
    return HostSearch.objects.exclude(state="waiting").exclude(spool="")


def spools() -> Iterable[str]:
    """Names in the spool that are still needed."""
    return list(HostSearch.objects.filter(state="waiting").exclude(spool="").values_list("spool", flat=True))
