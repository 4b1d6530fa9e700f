"""The graph flat, for pages that show a part of it: thousands of organisations as plain values, counts for those shown only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils import timezone

from vonggac.desk.organisations.models import (
    InformationSystem,
    Name,
    Network,
    Organisation,
    Person,
    Placement,
    Succession,
)
from vonggac.desk.organisations.queries.graph import seen
from vonggac.desk.organisations.queries.tree import Counts
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.searching import search_form, sort_key


class Branch(NamedTuple):
    """An organisation as it was called and stood at a time. ``searched``: its names then and now, in search form;
    ``before``: the names that it had before, the last one first.
    """

    id: int
    code: str
    kind: str
    name: str
    parent_id: int | None
    valid_until: datetime | None
    searched: str
    before: tuple[str, ...] = ()

    def found_by(self, words: Collection[str]) -> str | None:
        """The name that holds all ``words`` (in search form), its own first; None when none does."""
        if all(word in self.searched for word in words):
            return self.name
        return next((one for one in self.before if all(word in search_form(one) for word in words)), None)


def branches(asker: Asker, at: datetime | None = None) -> list[Branch]:
    """The organisations that the asker sees, by name; ``at``: those that existed then, as they were called and stood then.

    Without ``at`` as they are today, those that exist no longer among them, where they stood last.
    """
    columns = ("pk", "code", "kind", "name", "parent_id", "valid_until", "folded")
    before = _names_before(at or timezone.now())
    if at is None:
        present = seen(asker).order_by("sort_key", "pk").values_list(*columns)
        return [Branch(*row)._replace(before=before.get(row[0], ())) for row in present]
    rows = Name.objects.filter(valid_at(at)).order_by("pk").values_list("organisation_id", "name", "folded")
    names = {pk: (name, folded) for pk, name, folded in rows}
    places = dict(Placement.objects.filter(valid_at(at)).order_by("pk").values_list("organisation_id", "parent_id"))
    found = []
    for row in seen(asker).filter(valid_at(at)).values_list(*columns):
        branch = Branch(*row)
        name, folded = names.get(branch.id, (branch.name, ""))
        searched = branch.searched if name == branch.name else f"{folded} {branch.searched}"
        found.append(
            branch._replace(
                name=name, parent_id=places.get(branch.id), searched=searched, before=before.get(branch.id, ())
            )
        )
    return sorted(found, key=lambda branch: (sort_key(branch.name), branch.id))


def _names_before(at: datetime) -> dict[int, tuple[str, ...]]:
    """Organisation to the names that it had no longer at ``at``, the last one first."""
    rows = Name.objects.filter(valid_until__lte=at).order_by("-valid_until", "-pk")
    found: dict[int, tuple[str, ...]] = {}
    for pk, name in rows.values_list("organisation_id", "name"):
        found[pk] = (*found.get(pk, ()), name)
    return found


def counts_of(asker: Asker, ids: Collection[int], at: datetime | None = None) -> dict[int, Counts]:
    """For each of ``ids`` (a few hundred at most) how many people, networks and systems of its own it has at ``at`` (now)."""
    moment = at or timezone.now()
    found = {pk: Counts() for pk in ids}
    models: tuple[tuple[str, Any], ...] = (("people", Person), ("networks", Network), ("systems", InformationSystem))
    for noun, model in models:
        if not asker.may(f"{noun}.view"):
            continue
        rows = visible(model.objects.filter(valid_at(moment), organisation_id__in=ids), asker, f"{noun}.view")
        counted = dict(rows.order_by().values_list("organisation_id").annotate(n=Count("pk")))
        for pk, one in found.items():
            setattr(one, noun, counted.get(pk, 0))
    return found


def taken_over(asker: Asker, ids: Collection[int]) -> dict[int, list[Organisation]]:
    """For each of ``ids`` that the asker sees and that others took over from, who did."""
    rows = Succession.objects.filter(predecessor__in=seen(asker).filter(pk__in=ids)).select_related("successor")
    found: dict[int, list[Organisation]] = {}
    for row in rows.order_by("at", "pk"):
        found.setdefault(row.predecessor_id, []).append(row.successor)
    return found
