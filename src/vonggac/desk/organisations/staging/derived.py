"""Columns that records keep beside what they are of (search forms, sort keys), for rows that no model saves one by one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from vonggac.desk import searching
from vonggac.desk.organisations.models.imports import (
    StagedInformationSystem,
    StagedName,
    StagedNetwork,
    StagedOrganisation,
    StagedPerson,
)

FOLDED: Mapping[Any, tuple[str, ...]] = {
    StagedOrganisation: ("code", "name", "short_name"),
    StagedName: ("name", "short_name"),
    StagedPerson: ("name", "position", "email", "phone"),
    StagedNetwork: ("text", "provider", "note"),
    StagedInformationSystem: ("code", "name"),
}
"""Staged table to the columns of which ``folded`` is the search form, as in ``save`` of its model: a test holds them together."""


@cache
def _columns(staged: Any) -> frozenset[str]:
    return frozenset(column.attname for column in staged._meta.concrete_fields)  # noqa: SLF001  # documented name


def derived(staged: Any, row: Mapping[str, Any]) -> dict[str, str]:
    """What a row of ``staged`` keeps of its other values; nothing for a row that only names what is to go."""
    found: dict[str, str] = {}
    if row.get("is_gone"):
        return found
    if "folded" in _columns(staged):
        found["folded"] = searching.search_form(*(row[name] for name in FOLDED[staged]))
    if "sort_key" in _columns(staged):
        found["sort_key"] = searching.sort_key(row["name"])
    return found
