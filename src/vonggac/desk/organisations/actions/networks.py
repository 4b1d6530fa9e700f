"""Networks of an organisation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.db.models import Q

from vonggac.desk.audit.actions import recording
from vonggac.desk.organisations.actions.people import ending
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import end, hold_addresses, open_organisation, require_version, to_edit, update
from vonggac.desk.organisations.models import Network, Organisation
from vonggac.desk.organisations.values import NetworkValues, clean_network
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.errors import N_

_VALUES = ("text", "side", "provider", "note", "valid_from", "valid_until")


def add_network(asker: Asker, organisation_id: int, **values: Unpack[NetworkValues]) -> Network:
    """Addresses that the organisation holds; needs networks.edit there.

    Public addresses of another organisation at the same time are refused (:func:`check_overlap`).
    """
    with transaction.atomic():
        hold_addresses()
        organisation = open_organisation(asker, "networks", organisation_id)
        check = Check()
        cleaned = clean_network(check, values)
        check.done()
        check_overlap(check, asker, organisation, cleaned)
        check.done()
        with recording(asker, "networks.add", organisation_id=organisation.pk) as record:
            record.on = row = Network(organisation=organisation, **cleaned)
            row.save(force_insert=True)
            record.created(row)
    return row


def edit_network(asker: Asker, network_id: int, version: int, **changes: Unpack[NetworkValues]) -> Network:
    """Change what ``changes`` names and leave the rest."""
    with transaction.atomic():
        hold_addresses()
        row = to_edit(Network.objects.select_related("organisation"), asker, "networks", network_id)
        require_version(row, version)
        check = Check()
        cleaned = clean_network(check, {**{name: getattr(row, name) for name in _VALUES}, **changes})
        check.done()
        check_overlap(check, asker, row.organisation, cleaned, but=row.pk)
        check.done()
        with recording(asker, "networks.edit", on=row, organisation_id=row.organisation_id) as record:
            update(record, row, version, cleaned)
    return row


def end_network(asker: Asker, network_id: int, version: int, *, at: datetime) -> None:
    """The organisation holds it no longer from ``at`` on."""
    with transaction.atomic():
        row = to_edit(Network.objects.select_for_update(), asker, "networks", network_id)
        require_version(row, version)
        moment = ending(row, at)
        with recording(asker, "networks.end", on=row, organisation_id=row.organisation_id) as record:
            end(record, row, moment)


def check_overlap(
    check: Check, asker: Asker, organisation: Organisation, cleaned: dict[str, Any], but: int | None = None
) -> None:
    """Note a fault where public addresses overlap with those of somebody else at the same time, or repeat one's own.

    A network strictly inside another is possible when the outer belongs to a telecom operator, which hands out addresses,
    or when the asker holds networks.edit on both. Whose it is is told to those who may see it.
    """
    rows = _meeting(cleaned).exclude(pk=but).select_related("organisation")
    own = rows.filter(
        organisation=organisation, first=cleaned["first"], last=cleaned["last"], side=cleaned["side"]
    ).first()
    if own is not None:
        check.fault("text", N_("“{text}” is there already for this time"), text=own.text)
        return
    if cleaned["side"] != "public":
        return
    for other in rows.filter(side="public").exclude(organisation=organisation).order_by("first", "-last", "pk"):
        if _is_nested(asker, organisation, cleaned, other):
            continue
        if not may_on(asker, "networks.view", other.organisation_id):
            check.fault("text", N_("these addresses belong to another organisation at that time"))
        elif other.valid_from is None:
            message = N_("“{text}” belongs to {organisation} at that time")
            check.fault("text", message, text=other.text, organisation=other.organisation.name)
        else:
            message = N_("“{text}” belongs to {organisation} since {day}")
            name = other.organisation.name
            check.fault("text", message, text=other.text, organisation=name, day=other.valid_from)
        return


def _meeting(cleaned: dict[str, Any]) -> Any:
    """Networks that share an address and a moment with the values."""
    rows = Network.objects.filter(first__lte=cleaned["last"], last__gte=cleaned["first"])
    if cleaned["valid_from"] is not None:
        rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=cleaned["valid_from"]))
    if cleaned["valid_until"] is not None:
        rows = rows.filter(Q(valid_from__isnull=True) | Q(valid_from__lt=cleaned["valid_until"]))
    return rows


def _is_nested(asker: Asker, organisation: Organisation, cleaned: dict[str, Any], other: Network) -> bool:
    """Whether one lies strictly inside the other and that is in order."""
    mine, theirs = (cleaned["first"], cleaned["last"]), (other.first, other.last)
    if mine == theirs:
        return False
    if theirs[0] <= mine[0] and mine[1] <= theirs[1]:
        outer = other.organisation
    elif mine[0] <= theirs[0] and theirs[1] <= mine[1]:
        outer = organisation
    else:
        return False
    return outer.kind == "telco" or (
        may_on(asker, "networks.edit", organisation.pk) and may_on(asker, "networks.edit", other.organisation_id)
    )
