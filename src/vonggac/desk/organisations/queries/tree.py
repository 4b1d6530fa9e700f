"""The tree of organisations, now or as it stood at a time, with counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone

from vonggac.desk.organisations.models import InformationSystem, Name, Network, Person, Placement
from vonggac.desk.organisations.queries.graph import seen
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.searching import sort_key


@dataclass(slots=True)
class Counts:
    """How many there are; None where the asker may see none of them anywhere."""

    people: int | None = None
    networks: int | None = None
    systems: int | None = None


@dataclass(slots=True)
class Node:
    """An organisation in the tree. ``n_below``: all below it that exist then; ``counts``: its own."""

    id: int
    code: str
    kind: str
    name: str
    short_name: str
    depth: int = 0
    n_below: int = 0
    counts: Counts = field(default_factory=Counts)
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """This one and all below it, each parent before its children."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


def tree(asker: Asker, at: datetime | None = None) -> list[Node]:
    """What the asker sees of the tree at a time (now), by name; one whose parent they do not see stands at the top."""
    moment = at or timezone.now()
    rows = seen(asker).filter(valid_at(moment)).order_by("pk")
    nodes = {
        pk: Node(pk, code, kind, name, short_name)
        for pk, code, kind, name, short_name in rows.values_list("pk", "code", "kind", "name", "short_name")
    }
    parents = _parents(asker, moment, is_now=at is None)
    if at is not None:
        for name in Name.objects.filter(valid_at(moment), organisation__in=seen(asker).values("pk")):
            if (node := nodes.get(name.organisation_id)) is not None:
                node.name, node.short_name = name.name, name.short_name
    for pk, one in counts(asker, moment).items():
        if (node := nodes.get(pk)) is not None:
            node.counts = one
    none = Counts(*(0 if asker.may(f"{noun}.view") else None for noun in ("people", "networks", "systems")))
    roots: list[Node] = []
    for node in sorted(nodes.values(), key=lambda node: (sort_key(node.name), node.id)):
        if node.counts == Counts():
            node.counts = Counts(none.people, none.networks, none.systems)
        above = nodes.get(parents.get(node.id) or 0)
        (roots if above is None else above.children).append(node)
    for root in roots:
        _measure(root)
    return roots


def _parents(asker: Asker, moment: datetime, *, is_now: bool) -> dict[int, int | None]:
    if is_now:
        return dict(seen(asker).values_list("pk", "parent_id"))
    places = Placement.objects.filter(valid_at(moment), organisation__in=seen(asker).values("pk"))
    return dict(places.values_list("organisation_id", "parent_id"))


def _measure(root: Node) -> None:
    """Set ``depth`` and ``n_below``, without recursion: a chain may be long."""
    order = [root]
    for node in order:
        for child in node.children:
            child.depth = node.depth + 1
            order.append(child)
    for node in reversed(order):
        node.n_below = sum(1 + child.n_below for child in node.children)


def counts(asker: Asker, at: datetime, organisation_id: int | None = None) -> dict[int, Counts]:
    """How many people, networks and systems each organisation (or one) has at ``at``, of those that the asker sees.

    Organisations that have none of them are absent.
    """
    found: dict[int, Counts] = {}
    models: tuple[tuple[str, Any], ...] = (("people", Person), ("networks", Network), ("systems", InformationSystem))
    for noun, model in models:
        if not asker.may(f"{noun}.view"):
            continue
        rows = visible(model.objects.filter(valid_at(at)), asker, f"{noun}.view").order_by()
        if organisation_id is not None:
            rows = rows.filter(organisation_id=organisation_id)
        for pk, n in rows.values_list("organisation_id").annotate(n=Count("*")):
            setattr(found.setdefault(pk, Counts()), noun, n)
    for one in found.values():
        for noun, _model in models:
            if getattr(one, noun) is None and asker.may(f"{noun}.view"):
                setattr(one, noun, 0)
    return found


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is now of what the asker sees."""

    organisations: int
    closed: int
    people: int
    networks: int
    systems: int
    by_kind: dict[str, int]
    by_level: dict[int | None, int]


def totals(asker: Asker) -> Totals:
    """Counts over everything that the asker sees and that holds now; ``closed``: organisations that exist no longer."""
    now = timezone.now()
    kinds = dict(seen(asker).filter(valid_at(now)).order_by().values_list("kind").annotate(n=Count("*")))
    levels_of = visible(InformationSystem.objects.filter(valid_at(now)), asker, "systems.view")
    levels = dict(levels_of.order_by().values_list("level").annotate(n=Count("*")))
    return Totals(
        organisations=sum(kinds.values()),
        closed=seen(asker).filter(valid_until__lte=now).count(),
        people=visible(Person.objects.filter(valid_at(now)), asker, "people.view").count(),
        networks=visible(Network.objects.filter(valid_at(now)), asker, "networks.view").count(),
        systems=sum(levels.values()),
        by_kind=kinds,
        by_level=levels,
    )
