"""What search finds, grouped by noun, as pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import gettext

from vonggac.desk.directives.queries import Filters, letters
from vonggac.desk.directives.states import WITHDRAWN
from vonggac.desk.organisations.queries import finding
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_

MOST = 200
"""Letters of a query that are looked at."""

NOUNS = {
    "network": (N_("Networks"), "network", "/networks/"),
    "organisation": (N_("Organisations"), "organisation", "/organisations/"),
    "system": (N_("Systems"), "system", "/systems/"),
    "person": (N_("People"), "people", "/people/"),
}
"""Noun of a hit to its title, its drawing and its list, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: what it is called, what tells it from its like, where it is."""

    title: str
    sub: str
    url: str
    is_code: bool
    is_past: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Hits of one noun; ``all_url``: the list of all of them, empty when these are all."""

    title: str
    icon: str
    hits: Sequence[Hit]
    all_url: str


def found(asker: Asker, text: str, most: int) -> list[Found]:
    """What ``asker`` may see of what fits ``text``, up to ``most`` of each noun; nouns without any are left out."""
    hits = finding.search(asker, text[:MOST], most + 1)
    groups = []
    for noun, (title, icon, url) in NOUNS.items():
        own = [hit for hit in hits if hit.noun == noun]
        if own:
            view = f"{url}?view=list&q={quote(text)}" if noun == "organisation" else f"{url}?q={quote(text)}"
            groups.append(Found(title, icon, [_shown(hit) for hit in own[:most]], view if len(own) > most else ""))
    return [*groups, *_letters(asker, text[:MOST], most)]


def _letters(asker: Asker, text: str, most: int) -> list[Found]:
    if not text.strip() or not asker.may("letters.view"):
        return []
    rows = list(letters(asker, Filters(text=text))[: most + 1])
    hits = [
        Hit(row.subject, row.reference or row.office.name, f"/letters/{row.pk}/", is_code=False, is_past=row.state == WITHDRAWN)
        for row in rows[:most]
    ]  # fmt: skip
    view = f"/letters/?q={quote(text)}" if len(rows) > most else ""
    return [Found(N_("Letters"), "message", hits, view)] if hits else []


def _shown(hit: finding.Hit) -> Hit:
    owner = hit.organisation
    if hit.noun == "organisation":
        sub = owner.code
        if hit.former:
            sub += " · " + gettext("formerly: {name}").format(name=hit.former)
        return Hit(hit.label, sub, f"/organisations/{hit.id}/", is_code=False, is_past=hit.is_past)
    if hit.noun == "network":
        return Hit(hit.label, owner.name, f"/organisations/{owner.pk}/networks", is_code=True, is_past=hit.is_past)
    url = f"/systems/{hit.id}/" if hit.noun == "system" else f"/people/{hit.id}/"
    return Hit(hit.label, owner.name, url, is_code=False, is_past=hit.is_past)
