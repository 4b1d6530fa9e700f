"""The directory on its way out, row by row in the shape of an import, as far as the asker may take it along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import F

from vonggac.desk.audit.actions import recording
from vonggac.desk.organisations.models import (
    ContactPoint,
    InformationSystem,
    Mandate,
    Network,
    Organisation,
    Person,
    SystemAddress,
)
from vonggac.desk.organisations.staging.kinds import KINDS
from vonggac.desk.organisations.staging.organisations import BASES
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.errors import N_, NotAllowed

EXPORT = "directory.export"
_PIECE = 2_000

_SOURCES: Mapping[str, tuple[Any, str, str]] = {
    "organisations": (Organisation, "organisations.view", "id"),
    "people": (Person, "people.view", "organisation_id"),
    "contacts": (ContactPoint, "people.view", "organisation_id"),
    "networks": (Network, "networks.view", "organisation_id"),
    "systems": (InformationSystem, "systems.view", "organisation_id"),
    "mandates": (Mandate, "organisations.view", "holder_id"),
}
"""Sheet to its records, the permission to see them, and the column of their organisation."""


def rows(asker: Asker, kind: str) -> Iterator[dict[str, Any]]:
    """The rows of a sheet: field to value, organisations and people as a file names them, by organisation and key.

    Holds some thousand at a time. Only what the asker may both see and export.
    """
    model, permission, through = _SOURCES[kind]
    found = visible(visible(model.objects.all(), asker, permission, through=through), asker, EXPORT, through=through)
    fields = [name for name in KINDS[kind].columns if name not in ("since", "addresses", *BASES)]
    read = ["id", *fields, *(["person__email", "person__name"] if kind == "contacts" else [])]
    codes = dict(Organisation.objects.values_list("pk", "code"))
    last = 0
    while piece := list(found.filter(pk__gt=last).order_by("pk").values(*read)[:_PIECE]):
        last = piece[-1]["id"]
        if kind == "systems":
            _add_addresses(piece)
        elif kind == "organisations":
            _add_bases(piece)
        for row in piece:
            for name in ("organisation_id", "holder_id", "parent_id", "operator_id", "over_id"):
                if name in row:
                    row[name] = "" if row[name] is None else codes.get(row[name], "")
            if kind == "contacts":
                row["person_id"] = row["person__email"] or row["person__name"] or ""
            yield row


def _add_addresses(systems: list[dict[str, Any]]) -> None:
    found: dict[int, list[str]] = {row["id"]: [] for row in systems}
    addresses = SystemAddress.objects.filter(system_id__in=found).order_by("pk").values_list("system_id", "value")
    for system, value in addresses:
        found[system].append(value)
    for row in systems:
        row["addresses"] = found[row["id"]]


def _add_bases(organisations: list[dict[str, Any]]) -> None:
    """By which documents they have their present names and places."""
    ids = [row["id"] for row in organisations]
    for name, model in BASES.items():
        history = model.objects.filter(organisation_id__in=ids)
        oldest_first = history.order_by(F("valid_from").asc(nulls_first=True), "pk")
        present = dict(oldest_first.values_list("organisation_id", "basis"))
        for row in organisations:
            row[name] = present.get(row["id"], "")


def require_export(asker: Asker) -> None:
    """Raise NotAllowed unless the asker may export anything."""
    if not asker.may(EXPORT):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=EXPORT)


def record_export(asker: Asker, form: str, counts: Mapping[str, int]) -> None:
    """The directory was taken along: who took how much is on record."""
    require_export(asker)
    with recording(asker, "directory.export") as record:
        record.note(form=form, rows=dict(counts))
