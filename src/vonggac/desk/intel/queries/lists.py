"""Lists, their versions and rows. A list is the province's; who holds lists.view on a part of it sees what concerns that part.

They see the published versions in which an organisation of theirs has a row, and of these the rows of their organisations only.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from vonggac.desk.intel.models import IndicatorList, ListRow, ListVersion, OrganisationCount, RowFault
from vonggac.desk.intel.staging import rows as staged
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.searching import search_form
from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.desk.work.models import Task
from vonggac.desk.work.queries import about, published
from vonggac.errors import N_, NotThere

VIEW = "lists.view"


def _seen_versions(asker: Asker) -> QuerySet[ListVersion]:
    if may_on(asker, VIEW, None):
        return ListVersion.objects.all()
    counts = visible(OrganisationCount.objects.all(), asker, VIEW)
    return ListVersion.objects.filter(pk__in=counts.values("version_id"), state="published")


def lists(asker: Asker, *, text: str = "") -> QuerySet[IndicatorList]:
    """The lists that the asker sees, by name."""
    rows = IndicatorList.objects.order_by("name", "pk")
    if not may_on(asker, VIEW, None):
        rows = rows.filter(pk__in=_seen_versions(asker).values("indicator_list_id"))
    for word in search_form(text).split()[:8]:
        rows = rows.filter(folded__contains=word)
    return rows


def indicator_list(asker: Asker, list_id: int) -> IndicatorList:
    """One list; raises NotThere."""
    row = lists(asker).filter(pk=list_id).first()
    if row is None:
        raise NotThere(N_("there is no such list here"))
    return row


def versions(asker: Asker, list_id: int) -> QuerySet[ListVersion]:
    """The versions of a list that the asker sees, the latest upload first."""
    indicator_list(asker, list_id)
    rows = _seen_versions(asker).filter(indicator_list_id=list_id)
    return rows.select_related("indicator_list").order_by("-pk")


def list_version(asker: Asker, version_id: int) -> ListVersion:
    """One version with its list and the version before it; raises NotThere."""
    row = _seen_versions(asker).select_related("indicator_list", "previous").filter(pk=version_id).first()
    if row is None:
        raise NotThere(N_("there is no such version of a list here"))
    return row


def _shown(asker: Asker, rows: QuerySet[ListRow]) -> QuerySet[ListRow]:
    return visible(rows, asker, VIEW).select_related("organisation").order_by("pk")


def rows(  # filters, by name
    asker: Asker,
    version_id: int,
    *,
    status: str = "",
    organisation_id: int | None = None,
    attribution: str = "",
    decision: str = "",
    text: str = "",
) -> QuerySet[ListRow]:
    """The rows of a version that the asker sees, ``organisation`` with them, in the order of the file.

    ``text``: a value exactly, or the beginning of one, or of a family or of the organisation as the list wrote it.
    """
    version = list_version(asker, version_id)
    found = _shown(asker, ListRow.objects.filter(version=version))
    wanted = {
        "status": status,
        "organisation_id": organisation_id,
        "attribution": attribution,
        "decision": decision,
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value not in ("", None)})
    if text := text.strip():
        found = found.filter(
            Q(value__startswith=text.lower()) | Q(family__istartswith=text) | Q(told_organisation__istartswith=text)
        )
    return found


def gone_rows(asker: Asker, version_id: int) -> QuerySet[ListRow]:
    """Rows of the version before that this one lacks, of what the asker sees: “not seen again”, never “clean”."""
    return _shown(asker, staged.gone(list_version(asker, version_id)))


def row_faults(asker: Asker, version_id: int) -> QuerySet[RowFault]:
    """What could not be read, as it was found; for those who see the whole list."""
    version = list_version(asker, version_id)
    found = RowFault.objects.filter(version=version).order_by("pk")
    return found if may_on(asker, VIEW, None) else found.none()


def row_history(asker: Asker, key: str) -> QuerySet[ListRow]:
    """The rows of all published versions that are the same entry as a row or Task with this ``key``, the latest version first."""
    entry = key.partition("|")[2]
    value, _bar, _family = entry.rpartition("|")
    found = _shown(asker, ListRow.objects.filter(value=value, key__endswith=f"|{entry}", version__state="published"))
    return found.select_related("version", "version__indicator_list", "organisation").order_by("-version_id", "pk")


def tasks_of(asker: Asker, shown: Collection[ListRow]) -> dict[int, Task]:
    """Of some rows (a page of them): id of the row to its Task, where there is one that the asker sees, with whoever has it now."""
    values = {row.value for row in shown if row.kind in staged.ADDRESSES}
    if not values:
        return {}
    found = visible(about(published(), values), asker, "work.view")
    exact: dict[str, Task] = {}
    elsewhere: dict[str, Task] = {}
    for task in found.select_related("organisation").order_by("pk"):
        if task.kind != CLEAN_ADDRESS.name:
            continue
        exact[task.key] = task
        elsewhere[task.key.partition("|")[2]] = task
    pairs = ((row.pk, exact.get(row.key) or elsewhere.get(row.key.partition("|")[2])) for row in shown)
    return {pk: task for pk, task in pairs if task is not None}
