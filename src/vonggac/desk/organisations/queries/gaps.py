"""What is missing: organisations that nobody can reach or whose addresses nobody knows, systems without a level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.utils import timezone

from vonggac.desk.organisations.models import InformationSystem, Organisation
from vonggac.desk.organisations.queries.graph import PARTS, has, seen, workplace
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible


@dataclass(frozen=True, slots=True)
class Gaps:
    """Counts of what exists now and the asker sees. ``by_kind``: kind to organisations and those without a contact point.

    ``without_contact`` and ``without_network`` are 0 for whoever may see none of these anywhere.
    """

    organisations: int
    without_contact: int
    without_network: int
    systems: int
    without_level: int
    by_kind: dict[str, tuple[int, int]]


def gaps(asker: Asker) -> Gaps:
    """How much is missing in all that the asker sees."""
    rows = _marked(asker).order_by().values("kind", "has_contact", "has_network").annotate(n=Count("pk"))
    by_kind: dict[str, tuple[int, int]] = {}
    n_all = n_contact = n_network = 0
    for row in rows:
        lacks = 0 if row["has_contact"] else row["n"]
        before = by_kind.get(row["kind"], (0, 0))
        by_kind[row["kind"]] = (before[0] + row["n"], before[1] + lacks)
        n_all += row["n"]
        n_contact += lacks
        n_network += 0 if row["has_network"] else row["n"]
    systems = visible(InformationSystem.objects.filter(valid_at(timezone.now())), asker, "systems.view")
    levels = systems.aggregate(n=Count("pk"), without=Count("pk", filter=Q(level=None)))
    return Gaps(n_all, n_contact, n_network, levels["n"], levels["without"], by_kind)


def lagging(asker: Asker, limit: int = 5) -> list[Organisation]:
    """Organisations that lack a contact point or a network (``has_contact``, ``has_network``), those that lack both first."""
    rows = _marked(asker).filter(Q(has_contact=False) | Q(has_network=False))
    return list(rows.order_by("has_contact", "has_network", "sort_key", "pk")[:limit])


def n_own_gaps(asker: Asker) -> int:
    """How many things the asker's own organisation lacks: a contact point, networks, levels of systems; 0 to 3."""
    return sum(
        (not row.has_contact) + (not row.has_network) + (row.n_without_level > 0)
        for row in own_organisations(asker, limit=1)
    )


def n_lacking(asker: Asker) -> int:
    """How many organisations have no contact point, for who looks after many and may add one; 0 for everybody else."""
    if not asker.may("people.edit") or workplace(asker) is not None:
        return 0
    now = timezone.now()
    rows = visible(Organisation.objects.filter(valid_at(now)), asker, "people.edit", through="id")
    return rows.exclude(has(asker, "contact", now)).count()


def own_organisations(asker: Asker, limit: int = 3) -> list[Any]:
    """The organisations on which the asker holds a role, when they are few, each with what it has.

    ``has_contact``, ``has_network``, ``n_systems`` and ``n_without_level`` are set. Nothing for who holds a role everywhere.
    """
    roots = asker.roots("organisations.view")
    if not isinstance(roots, frozenset) or not 0 < len(roots) <= limit:
        return []
    now = timezone.now()
    found = list(_marked(asker).filter(pk__in=roots).order_by("sort_key", "pk"))
    systems = visible(InformationSystem.objects.filter(valid_at(now), organisation__in=found), asker, "systems.view")
    counted = (
        systems.order_by().values("organisation_id").annotate(n=Count("pk"), without=Count("pk", filter=Q(level=None)))
    )
    by_owner = {row["organisation_id"]: (row["n"], row["without"]) for row in counted}
    for row in found:
        row.n_systems, row.n_without_level = by_owner.get(row.pk, (0, 0))
    return found


def _marked(asker: Asker) -> QuerySet[Any]:
    """Organisations that exist now with what they have; somebody who may not see a kind of thing is told of no lack of it."""
    now = timezone.now()
    rows: QuerySet[Any] = seen(asker).filter(valid_at(now))
    marks = {f"has_{part}": has(asker, part, now) for part in PARTS}
    marked: QuerySet[Any] = rows.annotate(
        **{name: ExpressionWrapper(mark, BooleanField()) for name, mark in marks.items()}
    )
    return marked
