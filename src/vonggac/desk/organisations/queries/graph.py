"""Organisations: found, read, as they were called and stood at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from vonggac.desk.organisations.models import (
    ContactPoint,
    Mandate,
    Name,
    Network,
    Organisation,
    Placement,
    Succession,
)
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.plans import among
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.models import Reach
from vonggac.desk.scope.rule import visible
from vonggac.desk.searching import search_form
from vonggac.errors import N_, NotThere

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
SORTS = {"name": ("sort_key", "pk"), "code": ("code",), "kind": ("kind", "sort_key", "pk")}
"""What a list of organisations can be sorted by."""

PARTS: dict[str, tuple[Any, str]] = {"contact": (ContactPoint, "people.view"), "network": (Network, "networks.view")}
"""What every organisation should have: its records, and the permission to see them."""


def seen(asker: Asker) -> QuerySet[Organisation]:
    """The organisations that the asker sees."""
    return visible(Organisation.objects.all(), asker, "organisations.view", through="id")


def words_of(text: str) -> list[str]:
    """The words that are looked for when somebody types ``text``."""
    return search_form(text).split()[:8]


def _holds(words: Iterable[str]) -> Q:
    """The condition that a search form holds every one of ``words``."""
    condition = Q()
    for word in words:
        condition &= Q(folded__contains=word)
    return condition


FEW = 500
"""As many rows or fewer are fetched by their keys; of more, the list is read in its order until a page is full."""


def matching(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of ``rows`` whose search form holds every word of ``text``; it is looked for at once."""
    words = words_of(text)
    if not words:
        return rows
    # The table is looked through once in the order in which it lies; along the index of a list it is five times as slow.
    found = rows.model._default_manager.filter(_holds(words)).values_list("pk", flat=True)  # noqa: SLF001  # documented for Model
    few = list(found[: FEW + 1])
    return rows.filter(pk__in=few) if len(few) <= FEW else among(rows, "pk", found)


def named(rows: QuerySet[Organisation], text: str) -> QuerySet[Organisation]:
    """Those of ``rows`` whose code and name hold every word of ``text``, or a name that they had before."""
    words = words_of(text)
    if not words:
        return rows
    called = Name.objects.filter(_holds(words)).values("organisation_id")
    return rows.filter(_holds(words) | Q(pk__in=called))


def former_names(rows: Collection[Organisation], text: str) -> dict[int, str]:
    """For those of ``rows`` (a page of :func:`named`) that do not hold ``text`` today: the last name of theirs that does."""
    words = words_of(text)
    others = [row.pk for row in rows if not all(word in row.folded for word in words)]
    names = Name.objects.filter(_holds(words), organisation_id__in=others) if others else Name.objects.none()
    oldest_first = names.order_by(F("valid_from").asc(nulls_first=True), "pk")
    return dict(oldest_first.values_list("organisation_id", "name"))


def organisations(  # noqa: PLR0913  # filters, by name
    asker: Asker,
    *,
    text: str = "",
    kind: str = "",
    at: datetime | None = None,
    parent_id: int | None = None,
    below_id: int | None = None,
    closed: bool | None = None,
    lacks: str = "",
    sort: str = "name",
) -> QuerySet[Organisation]:
    """Those that the asker sees, ``parent`` with them.

    ``text``: words with or without marks, of today's name or one before (:func:`former_names` says which); ``at``: that existed then; ``parent_id``: right below it; ``below_id``: it and all
    below it; ``closed``: exist no longer (True) or still (False); ``lacks``: one of PARTS that those
    which exist now have not. Sorted by one of SORTS.
    """
    rows = named(seen(asker), text).select_related("parent")
    if kind:
        rows = rows.filter(kind=kind)
    if at is not None:
        rows = rows.filter(valid_at(at))
    if parent_id is not None:
        rows = rows.filter(parent_id=parent_id)
    if below_id is not None:
        rows = rows.filter(pk__in=below(below_id))
    if closed is not None:
        now = timezone.now()
        rows = (
            rows.filter(valid_until__lte=now) if closed else rows.filter(Q(valid_until=None) | Q(valid_until__gt=now))
        )
    if lacks:
        now = timezone.now()
        rows = rows.filter(valid_at(now)).exclude(has(asker, lacks, now))
    return rows.order_by(*SORTS[sort])


def has(asker: Asker, part: str, at: datetime) -> Any:
    """The condition that an organisation has one of PARTS at ``at``; true of all for who may see none anywhere."""
    model, permission = PARTS[part]
    if not asker.may(permission):
        return Q(pk__isnull=False)
    return Exists(model.objects.filter(valid_at(at), organisation=OuterRef("pk")))


def workplace(asker: Asker) -> int | None:
    """The one organisation for which the asker works: the only part of the graph that they see; None where there is not one."""
    roots = asker.roots("organisations.view")
    return next(iter(roots)) if not isinstance(roots, Everywhere) and len(roots) == 1 else None


def below(organisation_id: int) -> Any:
    """The ids of an organisation and all that it reaches, as a subquery."""
    return Reach.objects.filter(ancestor_id=organisation_id).values("descendant_id")


def organisation(asker: Asker, organisation_id: int) -> Organisation:
    """One organisation with its parent; raises NotThere when there is none that the asker sees."""
    row = seen(asker).select_related("parent").filter(pk=organisation_id).first()
    if row is None:
        raise NotThere(N_("there is no such organisation here"))
    return row


def ancestors(asker: Asker, organisation_id: int) -> list[Organisation]:
    """From the top down those that it stands under now and that the asker sees, itself not among them."""
    rows = {
        row.pk: row
        for row in seen(asker).filter(pk__in=Reach.objects.filter(descendant_id=organisation_id).values("ancestor_id"))
    }
    path: list[Organisation] = []
    node = rows.get(organisation_id)
    while node is not None and node.parent_id in rows:
        node = rows[node.parent_id]
        path.append(node)
    return path[::-1]


def names_at(asker: Asker, organisation_id: int, at: datetime) -> Name | None:
    """What it was called at a time; None when it did not exist then."""
    organisation(asker, organisation_id)
    return Name.objects.filter(valid_at(at), organisation_id=organisation_id).first()


def placement_at(asker: Asker, organisation_id: int, at: datetime) -> Placement | None:
    """Where it stood at a time, ``parent`` with it; None when it did not exist then."""
    organisation(asker, organisation_id)
    return Placement.objects.filter(valid_at(at), organisation_id=organisation_id).select_related("parent").first()


def successors(asker: Asker, organisation_id: int) -> QuerySet[Succession]:
    """Who took over from it, the latest first: what it became is told to everybody who sees it."""
    organisation(asker, organisation_id)
    return Succession.objects.filter(predecessor_id=organisation_id).select_related("successor").order_by("-at", "pk")


def living(row: Organisation) -> Organisation | None:
    """``row``, or who stands in its place today; None when nobody does, or several after a split. Its caller knows ``row``: no scope."""
    found = heirs({row.pk}, timezone.now())[row.pk]
    if len(found) != 1:
        return None
    return row if row.pk in found else Organisation.objects.get(pk=min(found))


def heirs(ids: Collection[int], now: datetime) -> dict[int, frozenset[int]]:
    """For each of these organisations those that stand in its place now: itself while it exists, else who took over from it. No scope."""
    closed = set(Organisation.objects.filter(valid_until__lte=now).values_list("pk", flat=True))
    after: dict[int, set[int]] = {}
    if not closed.isdisjoint(ids):
        for before, new in Succession.objects.values_list("predecessor_id", "successor_id"):
            after.setdefault(before, set()).add(new)
    found = {}
    for start in ids:
        there: set[int] = set()
        seen_ones, stack = {start}, [start]
        while stack:
            one = stack.pop()
            if one not in closed:
                there.add(one)
                continue
            fresh = after.get(one, set()) - seen_ones
            seen_ones |= fresh
            stack += fresh
        found[start] = frozenset(there)
    return found


def predecessors(asker: Asker, organisation_id: int) -> QuerySet[Succession]:
    """From whom it took over, the latest first."""
    organisation(asker, organisation_id)
    return Succession.objects.filter(successor_id=organisation_id).select_related("predecessor").order_by("-at", "pk")


@dataclass(frozen=True, slots=True)
class Event:
    """Something in the life of an organisation. ``what`` says which of the records ``row`` is; ``is_end``: it ended then.

    ``at`` None: as long as anybody knows. ``other``: the organisation that it has to do with, whose name is part of this
    one's record; ``is_open``: the asker sees that one, too.
    """

    at: datetime | None
    what: Literal["existence", "name", "placement", "succeeded_by", "took_over", "mandate"]
    row: Organisation | Name | Placement | Succession | Mandate
    is_end: bool = False
    other: Organisation | None = None
    is_open: bool = False


def history(asker: Asker, organisation_id: int) -> list[Event]:
    """Its names, places, successions and mandates as one list, the latest first, what has no date last."""
    row = organisation(asker, organisation_id)
    events: list[Event] = [Event(row.valid_from, "existence", row)]
    if row.valid_until is not None:
        events.append(Event(row.valid_until, "existence", row, is_end=True))
    events += [Event(one.valid_from, "name", one) for one in Name.objects.filter(organisation=row)]
    for place in Placement.objects.filter(organisation=row).select_related("parent"):
        events.append(Event(place.valid_from, "placement", place, other=place.parent))
    for succession in successors(asker, row.pk):
        events.append(Event(succession.at, "succeeded_by", succession, other=succession.successor))
    for succession in predecessors(asker, row.pk):
        events.append(Event(succession.at, "took_over", succession, other=succession.predecessor))
    for mandate in Mandate.objects.filter(holder=row).select_related("over"):
        events.append(Event(mandate.valid_from, "mandate", mandate, other=mandate.over))
        if mandate.valid_until is not None:
            events.append(Event(mandate.valid_until, "mandate", mandate, is_end=True, other=mandate.over))
    others = {event.other.pk for event in events if event.other is not None}
    seen_too = set(seen(asker).filter(pk__in=others).values_list("pk", flat=True))
    events = [replace(event, is_open=event.other is not None and event.other.pk in seen_too) for event in events]
    return sorted(events, key=lambda event: event.at or _BEFORE_ALL, reverse=True)
