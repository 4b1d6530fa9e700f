"""Files that prove something: seen by whoever sees their Task, found by their own number and never by their content."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work.models import Evidence, Task
from vonggac.desk.work.queries.tasks import published
from vonggac.errors import N_, NotThere


def one_evidence(asker: Asker, evidence_id: int) -> Evidence:
    """One file with its Task and the organisation of that; raises NotThere."""
    seen = visible(published(), asker, "work.view").values("pk")
    rows = Evidence.objects.select_related("task__organisation")
    row = rows.filter(pk=evidence_id, task_id__in=seen).first()
    if row is None:
        raise NotThere(N_("there is no such file here"))
    return row


def evidence_of(row: Task) -> list[Evidence]:
    """The files of a Task that the asker was found to see, in the order in which they came."""
    return list(Evidence.objects.filter(task=row).order_by("pk"))


def in_use(contents: Collection[str]) -> set[str]:
    """Those of ``contents`` (SHA-256 each) on which any Task rests. For the store, which asks for nobody."""
    return set(Evidence.objects.filter(sha256__in=list(contents)).values_list("sha256", flat=True))


def all_contents() -> Iterator[tuple[str, int]]:
    """SHA-256 and size of every content that must be in the store, each once."""
    yield from Evidence.objects.order_by("sha256").values_list("sha256", "size").distinct().iterator(chunk_size=2000)
