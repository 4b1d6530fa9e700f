"""One box that finds everything: organisations, systems, networks and people, by words, addresses or domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils import timezone

from vonggac.desk.organisations.models import InformationSystem, Network, Organisation, Person, SystemAddress
from vonggac.desk.organisations.queries.graph import former_names, matching, named, seen
from vonggac.desk.organisations.queries.systems import at_address
from vonggac.desk.organisations.spans import parse_span
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.searching import search_form
from vonggac.errors import InvalidValues

MOST = 50
"""Hits of one kind."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: ``label`` names it, ``organisation`` is whose it is (itself, for an organisation); ``is_past``: no longer.

    ``former``: the name before today's by which an organisation was found, empty where today's fits.
    """

    noun: Literal["organisation", "system", "network", "person"]
    id: int
    label: str
    organisation: Organisation
    is_past: bool
    former: str = ""


def search(asker: Asker, text: str, limit: int = 10) -> list[Hit]:
    """What ``text`` finds, at most ``limit`` of each kind: organisations, then systems, networks and people.

    Words with or without marks in any order; an address or range finds the networks that share an address with it (the smallest
    first) and the systems that have it; a domain the systems at or below it. Nothing for fewer than two characters.
    """
    limit = max(1, min(limit, MOST))
    if len(search_form(text)) < 2:
        return []
    try:
        span = parse_span(text)
    except InvalidValues:
        return [*_organisations(asker, text, limit), *_systems(asker, text, limit), *_words(asker, text, limit)]
    rows = visible(Network.objects.filter(first__lte=span.last, last__gte=span.first), asker, "networks.view")
    nearest = sorted(
        rows.select_related("organisation")[: 4 * MOST],
        key=lambda row: (int(row.last, 16) - int(row.first, 16), row.pk),
    )
    found = at_address(text) if span.first == span.last else None
    systems = [] if found is None else _of_addresses(asker, found, limit)
    return [*map(_hit_system, systems), *map(_hit_network, nearest[:limit])]


def _organisations(asker: Asker, text: str, limit: int) -> list[Hit]:
    """Those that exist first, then those of today's name, then those whose name begins with the words, the shortest first."""
    form = search_form(text)
    now = timezone.now()
    rank = Case(When(valid_at(now), then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = list(named(seen(asker), text).annotate(rank=rank).order_by("rank", "sort_key", "pk")[: 4 * limit])
    former = former_names(rows, text)
    rows.sort(key=lambda row: (not row.holds(now), row.pk in former, not _begins(form, row), len(row.name), row.pk))
    return [
        Hit("organisation", row.pk, row.name, row, not row.holds(now), former.get(row.pk, "")) for row in rows[:limit]
    ]


def _begins(form: str, row: Organisation) -> bool:
    return any(search_form(one).startswith(form) for one in (row.name, row.short_name, row.code))


def _systems(asker: Asker, text: str, limit: int) -> list[Hit]:
    rows = visible(InformationSystem.objects.all(), asker, "systems.view")
    found: dict[int, InformationSystem] = {}
    if "." in text.strip() and " " not in text.strip():
        found = {row.pk: row for row in _of_addresses(asker, at_address(text), limit)}
    found |= {row.pk: row for row in _first(matching(rows, text), limit)}
    return [_hit_system(row) for row in list(found.values())[:limit]]


def _words(asker: Asker, text: str, limit: int) -> list[Hit]:
    now = timezone.now()
    networks = _first(matching(visible(Network.objects.all(), asker, "networks.view"), text), limit)
    people = _first(matching(visible(Person.objects.all(), asker, "people.view"), text), limit)
    found = [_hit_network(row) for row in networks]
    return found + [Hit("person", row.pk, row.name, row.organisation, not row.holds(now)) for row in people]


def _first(rows: QuerySet[InformationSystem] | QuerySet[Network] | QuerySet[Person], limit: int) -> list[Any]:
    """The first ``limit`` in no order but that of entry: a sort would read all that match."""
    return list(rows.select_related("organisation").order_by("pk")[:limit])


def _of_addresses(asker: Asker, addresses: QuerySet[SystemAddress], limit: int) -> list[InformationSystem]:
    rows = visible(InformationSystem.objects.all(), asker, "systems.view").filter(pk__in=addresses.values("system_id"))
    return list(rows.select_related("organisation").order_by("pk")[:limit])


def _hit_system(row: InformationSystem) -> Hit:
    return Hit("system", row.pk, row.name, row.organisation, not row.holds(timezone.now()))


def _hit_network(row: Network) -> Hit:
    return Hit("network", row.pk, row.text, row.organisation, not row.holds(timezone.now()))
