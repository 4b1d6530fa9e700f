"""Other names of malware, as people enter them."""

from __future__ import annotations

from typing import Any

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.intel.models import MalwareAlias
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import require_version, update
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import N_, NotThere


def add_alias(asker: Asker, *, alias: str, family: str, note: str = "") -> MalwareAlias:
    """From now on ``alias`` means ``family``. Needs indicators.edit everywhere."""
    require(asker, "indicators.edit", None)
    values = _checked(alias=alias, family=family, note=note)
    with recording(asker, "indicators.add_alias") as record:
        record.on = row = MalwareAlias(**values)
        row.save(force_insert=True)
        record.created(row)
    return row


def edit_alias(asker: Asker, alias_id: int, version: int, **values: Any) -> MalwareAlias:
    """Change what an alias means. Needs indicators.edit everywhere."""
    row = _to_edit(asker, alias_id)
    known = {"alias": row.alias, "family": row.family, "note": row.note}
    taken = _checked(row.pk, **{**known, **values})
    with recording(asker, "indicators.edit_alias", on=row) as record:
        update(record, row, version, taken)
    return row


def remove_alias(asker: Asker, alias_id: int, version: int) -> None:
    """The alias means nothing any more, or what the shipped table says. Needs indicators.edit everywhere."""
    row = _to_edit(asker, alias_id)
    require_version(row, version)
    with recording(asker, "indicators.remove_alias", on=row) as record:
        before = snapshot(row)
        row.delete()
        record.deleted(row, before)


def _to_edit(asker: Asker, alias_id: int) -> MalwareAlias:
    row = MalwareAlias.objects.filter(pk=alias_id).first() if may_on(asker, "indicators.view", None) else None
    if row is None:
        raise NotThere(N_("there is no such alias here"))
    require(asker, "indicators.edit", None)
    return row


def _checked(own_id: int | None = None, /, *, alias: str, family: str, note: str) -> dict[str, str]:
    check = Check()
    values = {
        "alias": check.text("alias", alias, most=120, needed=True),
        "family": check.text("family", family, most=120, needed=True),
        "note": check.text("note", note, most=250),
    }
    if values["alias"].casefold() == values["family"].casefold() != "":
        check.fault("family", N_("the other name and the family are the same"))
    others = MalwareAlias.objects.filter(alias__iexact=values["alias"])
    if (others if own_id is None else others.exclude(pk=own_id)).exists():
        check.fault("alias", N_("this name is known already"))
    check.done()
    return values
