"""All lists at a glance, and how many versions wait for a person: for pages that everybody opens, so of few queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, Subquery

from vonggac.desk.intel.models import IndicatorList, ListRow, ListVersion
from vonggac.desk.intel.models.lists import ON_ITS_WAY
from vonggac.desk.intel.queries.lists import _seen_versions, lists
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.desk.work import queries as work


@dataclass(frozen=True, slots=True)
class Line:
    """One list. ``last``: the version published last; ``coming``: the one on its way; ``count``: of the work of ``last``, as far as the asker sees it.

    ``due_at``: when the next should be here, None where lists come when there is need or none came yet.
    """

    row: IndicatorList
    last: ListVersion | None
    coming: ListVersion | None
    count: work.Count | None
    due_at: datetime | None


def overview(asker: Asker) -> list[Line]:
    """Every list that the asker sees with its last version and the one on its way, in the order of their names."""
    of_list = _seen_versions(asker).filter(indicator_list_id=OuterRef("pk"))
    rows = list(
        lists(asker).annotate(
            last_id=Subquery(of_list.filter(n__gt=0).order_by("-n").values("pk")[:1]),
            coming_id=Subquery(of_list.filter(state__in=ON_ITS_WAY).order_by("-pk").values("pk")[:1]),
        )
    )
    wanted = {pk for row in rows for pk in (row.last_id, row.coming_id) if pk is not None}
    known = ListVersion.objects.defer("columns", "mapping").in_bulk(wanted) if wanted else {}
    batches = [one.batch_id for one in known.values() if one.n and one.batch_id is not None]
    summed = work.sums_by_batch(asker, batches) if batches else {}
    found = []
    for row in rows:
        last = known.get(row.last_id)
        count = summed.get(last.batch_id or 0, work.Count()) if last is not None else None
        found.append(Line(row, last, known.get(row.coming_id), count, _due(row, last)))
    return found


def _due(row: IndicatorList, last: ListVersion | None) -> datetime | None:
    if last is None or not row.cadence_days:
        return None
    came = last.as_of or last.published_at or last.created_at
    return came + timedelta(days=row.cadence_days)


def n_waiting(asker: Asker) -> int:
    """How many versions wait for a person who may import lists: to be looked at, or for a decision about rows on a warninglist."""
    if not may_on(asker, "lists.import", None):
        return 0
    waiting = ListRow.objects.filter(version=OuterRef("pk"), decision="wait")
    return ListVersion.objects.filter(Q(state="checked") | Q(Exists(waiting), state="published")).count()
