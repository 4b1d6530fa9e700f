"""What search finds over all nouns: each noun is one ``Group``, asked by its own scoped query."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from vonggac.desk.organisations import queries
from vonggac.desk.organisations.models.graph import KINDS
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_

MOST = 200
"""Letters of a query that are looked at."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: what it is called, what tells it from its like, where it is."""

    title: str
    sub: str
    url: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A noun: its title, its drawing, the list where all of its hits stand (``{q}`` is the query), who may ask, and how."""

    title: str
    icon: str
    all_url: str
    permission: str
    find: Callable[[Asker, str, int], Sequence[Hit]]


@dataclass(frozen=True, slots=True)
class Found:
    """Hits of one group; ``more``: there are others."""

    group: Group
    hits: Sequence[Hit]
    more: bool


def _organisations(asker: Asker, text: str, most: int) -> Sequence[Hit]:
    rows = queries.organisations(asker, text=text)[:most]
    return [
        Hit(row.name, _joined(gettext(KINDS.get(row.kind, "")), row.parent), f"/organisations/{row.pk}/", row.code)
        for row in rows
    ]


def _networks(asker: Asker, text: str, most: int) -> Sequence[Hit]:
    address = as_address(text)
    rows: Sequence[Any] = (
        queries.owner_at(asker, address, timezone.now())[:most] if address else queries.networks(asker, text=text)[:most]
    )
    return [
        Hit(row.organisation.name, row.provider, f"/organisations/{row.organisation_id}/networks", row.text) for row in rows
    ]


def _systems(asker: Asker, text: str, most: int) -> Sequence[Hit]:
    is_name = "." in text and " " not in text.strip()
    rows = queries.systems(asker, address=text)[:most] if is_name or as_address(text) else queries.systems(asker, text=text)[:most]
    return [Hit(row.name, row.organisation.name, f"/systems/{row.pk}/", row.code) for row in rows]


def _people(asker: Asker, text: str, most: int) -> Sequence[Hit]:
    rows = queries.people(asker, text=text)[:most]
    return [Hit(row.name, _joined(row.position, row.organisation), f"/people/{row.pk}/") for row in rows]


GROUPS = (
    Group(N_("Networks that hold this address"), "network", "/networks/?text={q}", "networks.view", _networks),
    Group(N_("Organisations"), "organisation", "/organisations/?text={q}", "organisations.view", _organisations),
    Group(N_("Systems"), "system", "/systems/?text={q}", "systems.view", _systems),
    Group(N_("People"), "people", "/people/?text={q}", "people.view", _people),
    Group(N_("Networks"), "network", "/networks/?text={q}", "networks.view", _networks),
)
"""In the order of the page. Networks come first for an address, last for words."""


def as_address(text: str) -> str:
    """``text`` as an IP address in its usual form; empty when it is none."""
    try:
        return str(ipaddress.ip_address(text.strip().strip("[]")))
    except ValueError:
        return ""


def found(asker: Asker, text: str, most: int) -> list[Found]:
    """What ``asker`` may see of what fits ``text``, up to ``most`` of each noun; groups without any are left out."""
    text = text.strip()[:MOST]
    if not text:
        return []
    is_address = bool(as_address(text))
    groups = [GROUPS[0], GROUPS[2]] if is_address else GROUPS[1:]
    results = []
    for group in groups:
        if not asker.may(group.permission):
            continue
        hits = group.find(asker, text, most + 1)
        if hits:
            results.append(Found(group, hits[:most], len(hits) > most))
    return results


def _joined(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)
