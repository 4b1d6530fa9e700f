"""The navigation: what is built, in the order of the work; a person sees what their roles use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vonggac.errors import N_


@dataclass(frozen=True, slots=True)
class Item:
    """``title``: an English text of the catalogue; ``url``: a path; ``permission``: empty for everybody signed in."""

    title: str
    url: str
    icon: str
    permission: str = ""


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
            Item(N_("Messages"), "/notices/", "message", "notices.view"),
            Item(N_("Audit"), "/audit/", "audit", "audit.view"),
            Item(N_("Operations"), "/operations/", "operations", "operations.view"),
        ),
    ),
)


def navigation_for(request: Any) -> list[tuple[Section, list[Item]]]:
    """The sections and items that the asker uses."""
    asker = request.asker
    shown = [
        (section, [item for item in section.items if not item.permission or asker.may(item.permission)])
        for section in NAVIGATION
    ]
    return [(section, items) for section, items in shown if items]
