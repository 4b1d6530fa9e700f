"""The navigation: what is built, in the order of the work; a person sees what their roles use.

A noun adds its line here, and its count where a count means work that waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.urls import Resolver404, resolve

from vonggac.desk.accounts import queries as accounts
from vonggac.desk.directives import queries as letters
from vonggac.desk.intel.queries.overview import n_waiting
from vonggac.desk.notices import queries as notices
from vonggac.desk.organisations import queries as directory
from vonggac.desk.organisations.staging import queries as imports
from vonggac.desk.scope.asker import Asker
from vonggac.desk.webhooks import queries as webhooks
from vonggac.desk.work import queries as work
from vonggac.errors import N_

Count = Callable[[Asker], int]


@dataclass(frozen=True, slots=True)
class Item:
    """``title``: an English text of the catalogue; ``url``: a path; ``permission``: empty for everybody signed in.

    ``counting``: how much waits there for the asker, one cheap query. ``own``: the path for this asker, in the place of ``url``;
    empty for who has none, who then is not shown the item. ``count`` and ``is_current`` are of one request.
    """

    title: str
    url: str
    icon: str
    permission: str = ""
    counting: Count | None = None
    own: Callable[[Asker], str] | None = None
    count: int = 0
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its items; an empty title stands for none."""

    title: str
    items: tuple[Item, ...]


def _workplace(asker: Asker) -> str:
    own = directory.workplace(asker)
    return "" if own is None else f"/organisations/{own}/"


def _own_queue(asker: Asker) -> str:
    """For who answers for a unit, and reviews nobody."""
    return "/work/" if asker.may("work.answer") and not asker.may("work.review") else ""


def _whole_queue(asker: Asker) -> str:
    return "" if _own_queue(asker) else "/work/"


def _n_for_centre(asker: Asker) -> int:
    """Reports to review, and answers of telcos to pass on."""
    return work.n_to_review(asker) + (work.n_to_pass_on(asker) if asker.may("work.assign") else 0)


def _n_letters(asker: Asker) -> int:
    """Letters to approve, number or send; for who answers for a unit those that wait for its answer."""
    return letters.n_waiting(asker) + (letters.n_to_answer(asker) if _own_queue(asker) else 0)


NAVIGATION = (
    Section(
        "", (Item(N_("Today"), "/", "today"), Item(N_("Letters"), "/letters/", "message", "letters.view", _n_letters))
    ),
    Section(
        N_("Work"),
        (
            Item(N_("My work"), "/work/", "check", "work.view", work.n_mine, _own_queue),
            Item(N_("Queue"), "/work/", "check", "work.view", _n_for_centre, _whole_queue),
            Item(N_("Lists"), "/lists/", "list", "lists.view", n_waiting),
            Item(N_("Indicators"), "/indicators/", "shield", "indicators.view"),
        ),
    ),
    Section(
        N_("Directory"),
        (
            Item(
                N_("My organisation"),
                "/organisations/mine",
                "flag",
                "organisations.view",
                directory.n_own_gaps,
                _workplace,
            ),
            Item(N_("Organisations"), "/organisations/", "organisation", "organisations.view", directory.n_lacking),
            Item(N_("Networks"), "/networks/", "network", "networks.view"),
            Item(N_("Systems"), "/systems/", "system", "systems.view"),
            Item(N_("People"), "/people/", "people", "people.view"),
            Item(N_("Import and export"), "/directory/import/", "import", "directory.import", imports.n_to_apply),
        ),
    ),
    Section(
        N_("Administration"),
        (
            Item(N_("Accounts"), "/accounts/", "account", "accounts.view", accounts.n_waiting),
            Item(N_("Messages"), "/notices/", "message", "notices.view", notices.n_to_do),
            Item(N_("Audit"), "/audit/", "audit", "audit.view"),
            Item(N_("Operations"), "/operations/", "operations", "operations.view"),
            Item(N_("Webhooks"), "/webhooks/", "link", "webhooks.view", webhooks.n_failing),
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

    def of_asker(item: Item) -> Item | None:
        if item.permission and not asker.may(item.permission):
            return None
        url = item.own(asker) if item.own else item.url
        return replace(item, url=url) if url and is_built(url) else None

    def of_request(item: Item) -> Item:
        return replace(item, count=item.counting(asker) if item.counting else 0, is_current=item.url == current)

    sections = [(section, [one for item in section.items if (one := of_asker(item))]) for section in NAVIGATION]
    urls = [item.url for _section, items in sections for item in items]
    # Where one item's pages lie among those of another, the narrower one is where the reader is.
    current = max((url for url in urls if path == url or (url != "/" and path.startswith(url))), key=len, default="")
    return [(section, [of_request(item) for item in items]) for section, items in sections if items]
