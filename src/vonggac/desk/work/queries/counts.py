"""How much work there is: sums of the counts that every change keeps, so that they cost the same however many Tasks there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work.models import Batch, Tally
from vonggac.desk.work.states import (
    ACCEPTED,
    CLOSED,
    RECHECKED,
    SUBMITTED,
    UNANSWERED,
    WITH_CENTRE,
    WITH_OWNER,
    WITHDRAWN,
)

_SUMS = {
    "total": Q(),
    "unanswered": Q(state__in=sorted(UNANSWERED)),
    "open": Q(state__in=sorted(WITH_OWNER)),
    "submitted": Q(state=SUBMITTED),
    "accepted": Q(state__in=[ACCEPTED, RECHECKED, CLOSED]),
    "closed": Q(state=CLOSED),
    "withdrawn": Q(state=WITHDRAWN),
    "late": Q(is_late=True),
}


@dataclass(frozen=True, slots=True)
class Count:
    """Numbers of Tasks. ``open``: the owner has to act; ``late``: a binding clock broke; ``accepted``: and what came of it."""

    total: int = 0
    unanswered: int = 0
    open: int = 0
    submitted: int = 0
    accepted: int = 0
    closed: int = 0
    withdrawn: int = 0
    late: int = 0

    @property
    def acknowledged(self) -> int:
        """Those that somebody said they saw, withdrawn ones left out."""
        return self.total - self.unanswered - self.withdrawn


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of one organisation and batch."""

    organisation_id: int
    batch_id: int
    count: Count


def _tallies(asker: Asker) -> QuerySet[Tally]:
    hidden = Batch.objects.filter(published_at=None).values("pk")
    return visible(Tally.objects.exclude(batch_id__in=hidden), asker, "work.view")


def _sums() -> dict[str, Any]:
    return {f"n_{name}": Sum("n", filter=condition, default=0) for name, condition in _SUMS.items()}


def _count(found: Mapping[str, Any]) -> Count:
    return Count(**{name: found[f"n_{name}"] or 0 for name in _SUMS})


def counts(asker: Asker, *, organisation_id: int | None = None, kind: str = "", batch_id: int | None = None) -> Count:
    """The numbers of all that the asker sees, narrowed."""
    rows = _tallies(asker)
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    if kind:
        rows = rows.filter(kind=kind)
    if batch_id is not None:
        rows = rows.filter(batch_id=batch_id)
    return _count(rows.aggregate(**_sums()))


def by_batch(asker: Asker, batch_ids: list[int] | None = None, *, kind: str = "") -> list[Row]:
    """The numbers per organisation and batch (all batches when none is named), for a matrix."""
    rows = _tallies(asker)
    if batch_ids is not None:
        rows = rows.filter(batch_id__in=batch_ids)
    if kind:
        rows = rows.filter(kind=kind)
    grouped: Any = (
        rows.values("organisation_id", "batch_id").annotate(**_sums()).order_by("organisation_id", "batch_id")
    )
    return [Row(one["organisation_id"], one["batch_id"], _count(one)) for one in grouped]


def sums_by_batch(asker: Asker, batch_ids: list[int]) -> dict[int, Count]:
    """The numbers of each of these batches, of all organisations that the asker sees together."""
    grouped: Any = (
        _tallies(asker).filter(batch_id__in=batch_ids).values("batch_id").annotate(**_sums()).order_by("batch_id")
    )
    return {one["batch_id"]: _count(one) for one in grouped}


@dataclass(frozen=True, slots=True)
class Lagging:
    """How much of one organisation is overdue, and how much nobody there said they saw."""

    organisation_id: int
    name: str
    late: int
    unanswered: int


def lagging(asker: Asker, most: int) -> list[Lagging]:
    """The organisations that lag most: the most overdue first, then the most that nobody said they saw."""
    late, unanswered = Q(is_late=True), Q(state__in=sorted(UNANSWERED))
    rows = _tallies(asker).filter(late | unanswered, n__gt=0)
    sums = {
        "n_late": Sum("n", filter=late, default=0),
        "n_unanswered": Sum("n", filter=unanswered, default=0),
    }
    grouped: Any = rows.values("organisation_id").annotate(**sums)
    found = list(grouped.order_by("-n_late", "-n_unanswered", "organisation_id")[:most])
    ids = [one["organisation_id"] for one in found]
    names = dict(Organisation.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        Lagging(one["organisation_id"], names[one["organisation_id"]], one["n_late"], one["n_unanswered"])
        for one in found
    ]


def _n(asker: Asker, permission: str, states: frozenset[str]) -> int:
    hidden = Batch.objects.filter(published_at=None).values("pk")
    rows = visible(Tally.objects.filter(state__in=sorted(states)).exclude(batch_id__in=hidden), asker, permission)
    return int(rows.aggregate(n=Sum("n", default=0))["n"])


def n_mine(asker: Asker) -> int:
    """How much waits for an answer of organisations for which the asker answers."""
    return _n(asker, "work.answer", WITH_OWNER)


def n_to_review(asker: Asker) -> int:
    """How much waits for a review that the asker may give."""
    return _n(asker, "work.review", WITH_CENTRE)
