"""Information systems of an organisation, with their addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Unpack

from django.db import transaction

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.organisations.actions.people import ending
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import end, open_organisation, require_version, to_edit, update
from vonggac.desk.organisations.models import InformationSystem, Organisation, SystemAddress
from vonggac.desk.organisations.values import SystemValues, clean_addresses, clean_system
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.errors import N_

_VALUES = ("code", "name", "level", "exposure", "operator_id", "purpose", "valid_from", "valid_until")


def add_system(asker: Asker, organisation_id: int, **values: Unpack[SystemValues]) -> InformationSystem:
    """A system that the organisation owns; needs systems.edit there."""
    organisation = open_organisation(asker, "systems", organisation_id)
    check = Check()
    cleaned = clean_system(check, values)
    addresses = clean_addresses(check, values.get("addresses", ()))
    _check_links(check, asker, organisation.pk, cleaned)
    check.done()
    with recording(asker, "systems.add", organisation_id=organisation.pk) as record:
        record.on = row = InformationSystem(organisation=organisation, **cleaned)
        row.save(force_insert=True)
        record.created(row)
        set_addresses(record, row, addresses)
    return row


def edit_system(asker: Asker, system_id: int, version: int, **changes: Unpack[SystemValues]) -> InformationSystem:
    """Change what ``changes`` names and leave the rest; ``addresses`` replaces all of them."""
    row = to_edit(InformationSystem.objects.all(), asker, "systems", system_id)
    require_version(row, version)
    check = Check()
    cleaned = clean_system(check, {**{name: getattr(row, name) for name in _VALUES}, **changes})
    addresses = clean_addresses(check, changes["addresses"]) if "addresses" in changes else None
    _check_links(check, asker, row.organisation_id, cleaned, before=row)
    check.done()
    with recording(asker, "systems.edit", on=row, organisation_id=row.organisation_id) as record:
        update(record, row, version, cleaned)
        if addresses is not None:
            set_addresses(record, row, addresses)
    return row


def end_system(asker: Asker, system_id: int, version: int, *, at: datetime) -> None:
    """It is out of service from ``at`` on."""
    with transaction.atomic():
        row = to_edit(InformationSystem.objects.select_for_update(), asker, "systems", system_id)
        require_version(row, version)
        moment = ending(row, at)
        with recording(asker, "systems.end", on=row, organisation_id=row.organisation_id) as record:
            end(record, row, moment)


def set_addresses(record: Recording, system: InformationSystem, addresses: dict[str, str]) -> None:
    """Exactly ``addresses`` (value to key) are those of ``system``; rows that stay are left alone."""
    there = {row.value: row for row in SystemAddress.objects.filter(system=system)}
    for value, row in there.items():
        if value not in addresses:
            before = snapshot(row)
            row.delete()
            record.deleted(row, before)
    for value, key in addresses.items():
        if value not in there:
            record.created(SystemAddress.objects.create(system=system, value=value, key=key))


def _check_links(
    check: Check, asker: Asker, organisation_id: int, cleaned: dict[str, Any], before: InformationSystem | None = None
) -> None:
    """The code is the owner's only one; the operator is an organisation that the asker sees."""
    is_code_new = before is None or before.code != cleaned["code"]
    if is_code_new and InformationSystem.objects.filter(organisation_id=organisation_id, code=cleaned["code"]).exists():
        check.fault("code", N_("“{code}” is the code of another system of this organisation"), code=cleaned["code"])
    operator_id = cleaned["operator_id"]
    if operator_id is None or (before is not None and before.operator_id == operator_id):
        return
    is_there = Organisation.objects.filter(pk=operator_id).exists()
    if not is_there or not may_on(asker, "organisations.view", operator_id):
        check.fault("operator_id", N_("there is no such organisation here"))
