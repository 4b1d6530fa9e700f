"""Lists themselves: made and changed by who imports them."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from vonggac.desk.audit.actions import recording
from vonggac.desk.intel.models import IndicatorList
from vonggac.desk.intel.queries.lists import indicator_list
from vonggac.desk.intel.staging.life import IMPORT
from vonggac.desk.intel.values import check_list
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import require_version, update
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.errors import N_


def create_list(  # noqa: PLR0913  # what a list has, by name
    asker: Asker,
    *,
    code: str,
    name: str,
    kind: str = "botnet",
    issuer: str = "",
    tlp: str = "amber",
    confidence: int = 70,
    cadence_days: int = 30,
    expires_days: int = 90,
    note: str = "",
) -> IndicatorList:
    """A list that will come again and again; needs lists.import everywhere. Raises InvalidValues, also for a code that is taken."""
    require(asker, IMPORT, None)
    given = {
        "code": code, "name": name, "kind": kind, "issuer": issuer, "tlp": tlp, "confidence": confidence,
        "cadence_days": cadence_days, "expires_days": expires_days, "note": note,
    }  # fmt: skip
    check = Check()
    values = check_list(check, given)
    _check_code(check, values["code"])
    check.done()
    with recording(asker, "lists.create") as record:
        row = IndicatorList(**values)
        _save(check, row, is_new=True)
        record.on = row
        record.created(row)
    return row


def edit_list(asker: Asker, list_id: int, version: int, **changes: Any) -> IndicatorList:
    """Change what a list is called and how it is handled; its kind stays once a version is there. Needs lists.import everywhere."""
    row = indicator_list(asker, list_id)
    require(asker, IMPORT, None)
    check = Check()
    values = check_list(check, changes)
    if "code" in values:
        _check_code(check, values["code"], row.pk)
    if values.get("kind", row.kind) != row.kind and row.versions.exists():
        check.fault("kind", N_("versions were read as what it is: make another list"))
    check.done()
    with recording(asker, "lists.edit", on=row) as record:
        require_version(row, version)
        update(record, row, version, values)
    return row


def _check_code(check: Check, code: str, own: int | None = None) -> None:
    if IndicatorList.objects.filter(code=code).exclude(pk=own or 0).exists():
        check.fault("code", N_("there is a list with this code already"))


def _save(check: Check, row: IndicatorList, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
    except IntegrityError:
        check.fault("code", N_("there is a list with this code already"))
        check.done()
