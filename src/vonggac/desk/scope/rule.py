"""The one rule of who sees and changes what: every query, page, API route and export asks here."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeVar

from django.db import connection
from django.db.models import Count, F, Model, Q, QuerySet

from vonggac.desk.plans import among
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.models import Reach
from vonggac.errors import N_, NotAllowed

Row = TypeVar("Row", bound=Model)

WIDE = 0.25
"""A scope of more than this share of all organisations leaves out few rows of a list, wherever the list is read."""
_LOOKED_EVERY_S = 300


def visible(rows: QuerySet[Row], asker: Asker, permission: str, *, through: str = "organisation_id") -> QuerySet[Row]:
    """The ``rows`` whose organisation (its id is the column ``through``) is one where ``asker`` holds ``permission``.

    Nothing held, no rows. Rows of no organisation are seen by those only who hold it everywhere.
    """
    roots = asker.roots(permission)
    if isinstance(roots, Everywhere):
        return rows
    if not roots:
        return rows.none()
    below = Reach.objects.filter(ancestor_id__in=sorted(roots)).values("descendant_id")
    if connection.vendor == "sqlite" and _is_wide(roots, int(time.monotonic() / _LOOKED_EVERY_S)):
        return among(rows, through, below)
    return rows.filter(**{f"{through}__in": below})


@lru_cache(maxsize=1024)
def _is_wide(roots: frozenset[int], _period: int) -> bool:
    """Whether these reach many organisations: what is quicker hangs on it, never what is seen, so that it may be minutes old."""
    found = Reach.objects.aggregate(
        reached=Count("pk", filter=Q(ancestor_id__in=sorted(roots))),
        everything=Count("pk", filter=Q(ancestor_id=F("descendant_id"))),
    )
    return bool(found["reached"] > WIDE * found["everything"])


def may_on(asker: Asker, permission: str, organisation_id: int | None) -> bool:
    """Whether ``asker`` holds ``permission`` on this organisation; ``None`` asks for everywhere."""
    roots = asker.roots(permission)
    if isinstance(roots, Everywhere):
        return True
    if not roots or organisation_id is None:
        return False
    return Reach.objects.filter(ancestor_id__in=sorted(roots), descendant_id=organisation_id).exists()


def above(organisation_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """For each organisation those that reach it, itself too: where a permission may be held to hold there."""
    found: dict[int, set[int]] = {}
    rows = Reach.objects.filter(descendant_id__in=sorted(organisation_ids)).values_list("descendant_id", "ancestor_id")
    for organisation, ancestor in rows:
        found.setdefault(organisation, set()).add(ancestor)
    return {organisation: frozenset(ancestors) for organisation, ancestors in found.items()}


def require(asker: Asker, permission: str, organisation_id: int | None) -> None:
    """Raise NotAllowed unless ``asker`` holds ``permission`` on this organisation (``None``: everywhere)."""
    if not may_on(asker, permission, organisation_id):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=permission)
