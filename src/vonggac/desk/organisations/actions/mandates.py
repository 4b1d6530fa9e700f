"""What organisations are charged with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.db.models import Q

from vonggac.desk.audit.actions import recording
from vonggac.desk.organisations.actions.people import ending
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import end, open_organisation, require_on, require_version, to_edit, update
from vonggac.desk.organisations.models import Mandate, Organisation
from vonggac.desk.organisations.values import MandateValues, clean_mandate
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_

_VALUES = ("subject", "over_id", "basis", "valid_from", "valid_until")


def add_mandate(asker: Asker, holder_id: int, **values: Unpack[MandateValues]) -> Mandate:
    """``holder_id`` is charged with something; needs organisations.edit on it and on what it is charged with it for."""
    holder = open_organisation(asker, "organisations", holder_id)
    require_on(asker, "organisations", values.get("over_id"))
    check = Check()
    cleaned = clean_mandate(check, values)
    _check(check, holder.pk, cleaned)
    check.done()
    with recording(asker, "organisations.add_mandate", organisation_id=holder.pk) as record:
        record.on = row = Mandate(holder=holder, **cleaned)
        row.save(force_insert=True)
        record.created(row)
    return row


def edit_mandate(asker: Asker, mandate_id: int, version: int, **changes: Unpack[MandateValues]) -> Mandate:
    """Change what ``changes`` names and leave the rest."""
    row = to_edit(Mandate.objects.all(), asker, "organisations", mandate_id, owner="holder_id")
    require_version(row, version)
    values: dict[str, Any] = {**{name: getattr(row, name) for name in _VALUES}, **changes}
    if values["over_id"] != row.over_id:
        require_on(asker, "organisations", values["over_id"])
    check = Check()
    cleaned = clean_mandate(check, values)
    _check(check, row.holder_id, cleaned, but=row.pk)
    check.done()
    with recording(asker, "organisations.edit_mandate", on=row, organisation_id=row.holder_id) as record:
        update(record, row, version, cleaned)
    return row


def end_mandate(asker: Asker, mandate_id: int, version: int, *, at: datetime) -> None:
    """It holds no longer from ``at`` on."""
    with transaction.atomic():
        row = to_edit(Mandate.objects.select_for_update(), asker, "organisations", mandate_id, owner="holder_id")
        require_version(row, version)
        moment = ending(row, at)
        with recording(asker, "organisations.end_mandate", on=row, organisation_id=row.holder_id) as record:
            end(record, row, moment)


def _check(check: Check, holder_id: int, cleaned: dict[str, Any], but: int | None = None) -> None:
    """What it is over exists, and the holder does not hold the same already at that time."""
    over_id = cleaned["over_id"]
    if over_id is not None and not Organisation.objects.filter(pk=over_id).exists():
        check.fault("over_id", N_("there is no such organisation here"))
        return
    same = Mandate.objects.filter(holder_id=holder_id, subject=cleaned["subject"], over_id=over_id)
    if but is not None:
        same = same.exclude(pk=but)
    if cleaned["valid_from"] is not None:
        same = same.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=cleaned["valid_from"]))
    if cleaned["valid_until"] is not None:
        same = same.filter(Q(valid_from__isnull=True) | Q(valid_from__lt=cleaned["valid_until"]))
    if same.exists():
        check.fault("subject", N_("it holds this mandate already for this time"))
