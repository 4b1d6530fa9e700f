"""The sheets of a directory file and their columns, as ``columns.yml`` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml
from django.utils.translation import gettext, override

from vonggac.desk.organisations.models.graph import KINDS as ORGANISATION_KINDS
from vonggac.desk.organisations.models.graph import MANDATES
from vonggac.desk.organisations.models.networks import SIDES
from vonggac.desk.organisations.models.people import CHANNELS
from vonggac.desk.organisations.models.systems import EXPOSURES
from vonggac.desk.searching import search_form

CHOICES: dict[str, Mapping[str, str]] = {
    "kinds": ORGANISATION_KINDS,
    "channels": CHANNELS,
    "sides": SIDES,
    "exposures": EXPOSURES,
    "mandates": MANDATES,
}


@dataclass(frozen=True, slots=True)
class Column:
    """``kind`` says how its cells are read (see ``cells``); ``forms`` are the search forms of all its titles."""

    field: str
    titles: Mapping[str, str]
    forms: frozenset[str]
    kind: str
    choices: str
    is_needed: bool
    width: int
    example: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A sheet: ``columns`` by field, in the order in which they are written."""

    name: str
    titles: Mapping[str, str]
    forms: frozenset[str]
    columns: Mapping[str, Column]


def _forms(row: Mapping[str, Any], name: str) -> frozenset[str]:
    return frozenset(
        search_form(text.replace("_", " ")) for text in (name, *row["titles"].values(), *row.get("also", ()))
    )


def _column(field: str, row: Mapping[str, Any]) -> Column:
    return Column(
        field,
        row["titles"],
        _forms(row, field.removesuffix("_id")),
        row["kind"],
        row.get("choices", ""),
        row.get("needed", False),
        row["width"],
        row["example"],
    )


def _read() -> Mapping[str, Kind]:
    text = files(__package__).joinpath("columns.yml").read_text("utf-8")
    return MappingProxyType(
        {
            name: Kind(
                name,
                row["titles"],
                _forms(row, name),
                MappingProxyType({field: _column(field, column) for field, column in row["columns"].items()}),
            )
            for name, row in yaml.safe_load(text).items()
        }
    )


KINDS = _read()
"""Sheet to what is in it, in the order in which sheets are written, checked and applied."""


@cache
def choice_titles(name: str, language: str) -> Mapping[str, str]:
    """Value to its title in ``language``, of the choices ``name``."""
    with override(language):
        return {value: gettext(title) for value, title in CHOICES[name].items()}


@cache
def choice_forms(name: str) -> Mapping[str, str]:
    """Search form of all that people may write for a choice, to its value."""
    found = {search_form(value.replace("_", " ")): value for value in CHOICES[name]}
    for language in ("en", "vi"):
        found |= {search_form(title): value for value, title in choice_titles(name, language).items()}
    return found
