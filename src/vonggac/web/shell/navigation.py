"""The navigation: what is built, in the order of the work; a person sees what their roles use.

A noun adds its line here, and its count where a count means work that waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.urls import Resolver404, resolve

from vonggac.desk.notices import queries as notices
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_

Count = Callable[[Asker], int]


@dataclass(frozen=True, slots=True)
class Item:
    """``title``: an English text of the catalogue; ``url``: a path; ``permission``: empty for everybody signed in.

    ``counting``: how much waits there for the asker, one cheap query. ``count`` and ``is_current`` are of one request.
    """

    title: str
    url: str
    icon: str
    permission: str = ""
    counting: Count | None = None
    count: int = 0
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its items; an empty title stands for none."""

    title: str
    items: tuple[Item, ...]


NAVIGATION = (
    Section("", (Item(N_("Today"), "/", "today"),)),
    Section(
        N_("Directory"),
        (
            Item(N_("Organisations"), "/organisations/", "organisation", "organisations.view"),
            Item(N_("Networks"), "/networks/", "network", "networks.view"),
            Item(N_("Systems"), "/systems/", "system", "systems.view"),
            Item(N_("People"), "/people/", "people", "people.view"),
            Item(N_("Import and export"), "/directory/import/", "import", "directory.import"),
        ),
    ),
    Section(
        N_("Administration"),
        (
            Item(N_("Accounts"), "/accounts/", "account", "accounts.view"),
            Item(N_("Messages"), "/notices/", "message", "notices.view", notices.n_to_do),
            Item(N_("Audit"), "/audit/", "audit", "audit.view"),
            Item(N_("Operations"), "/operations/", "operations", "operations.view"),
        ),
    ),
)

MINE = (Item(N_("My account"), "/account/", "account"),)
"""What stands in the menu of one's own name."""


@lru_cache(maxsize=64)
def is_built(url: str) -> bool:
    """Whether a page answers at ``url``."""
    try:
        resolve(url)
    except Resolver404:
        return False
    return True


def navigation_for(request: Any) -> list[tuple[Section, list[Item]]]:
    """The sections and items that the asker uses, with counts, the one where the request is marked."""
    asker, path = request.asker, request.path

    def shown(item: Item) -> bool:
        return is_built(item.url) and (not item.permission or asker.may(item.permission))

    def of_request(item: Item) -> Item:
        is_current = path == item.url or (item.url != "/" and path.startswith(item.url))
        return replace(item, count=item.counting(asker) if item.counting else 0, is_current=is_current)

    sections = [(section, [of_request(item) for item in section.items if shown(item)]) for section in NAVIGATION]
    return [(section, items) for section, items in sections if items]
