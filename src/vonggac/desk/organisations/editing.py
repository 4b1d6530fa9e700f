"""Finding the record that somebody wants to change, and changing it unless it moved meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import F, Model, QuerySet

from vonggac.desk.audit.actions import Recording, snapshot
from vonggac.desk.organisations.models import Network, Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import N_, EditConflict, NotAllowed, NotThere

Row = TypeVar("Row", bound=Model)


def to_edit(rows: QuerySet[Row], asker: Asker, noun: str, pk: int, *, owner: str = "organisation_id") -> Row:
    """The one of ``rows`` with this id, if the asker holds ``<noun>.edit`` on its organisation (the column ``owner``).

    Raises NotThere when there is none or none that they see, NotAllowed when they may see it only.
    """
    row = rows.filter(pk=pk).first()
    organisation_id = None if row is None else getattr(row, owner)
    if row is not None and may_on(asker, f"{noun}.edit", organisation_id):
        return row
    if row is not None and may_on(asker, f"{noun}.view", organisation_id):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=f"{noun}.edit")
    raise NotThere(N_("there is no such thing here"))


def require_on(asker: Asker, noun: str, organisation_id: int | None) -> None:
    """Raise NotThere where the asker does not even see the organisation, NotAllowed where ``<noun>.edit`` is not held."""
    if organisation_id is not None and not (
        may_on(asker, f"{noun}.edit", organisation_id) or may_on(asker, "organisations.view", organisation_id)
    ):
        raise NotThere(N_("there is no such organisation here"))
    require(asker, f"{noun}.edit", organisation_id)


def open_organisation(asker: Asker, noun: str, organisation_id: int) -> Organisation:
    """The organisation, to which something is to be added: the asker holds ``<noun>.edit`` on it. Raises as :func:`require_on`."""
    require_on(asker, noun, organisation_id)
    row = Organisation.objects.filter(pk=organisation_id).first()
    if row is None:
        raise NotThere(N_("there is no such organisation here"))
    return row


def update(record: Recording, row: Any, version: int, values: Mapping[str, Any]) -> None:
    """Write ``values`` into ``row`` if it still is of ``version``; raises EditConflict when it is not. Tells ``record``."""
    n_written = type(row).objects.filter(pk=row.pk, version=version).update(version=F("version") + 1)
    if not n_written:
        raise EditConflict(N_("somebody else changed this since you opened it"))
    row.refresh_from_db()  # columns that move without the version (a password, say) are saved as they are now
    before = {**snapshot(row), "version": version}
    for name, value in values.items():
        setattr(row, name, value)
    row.save(force_update=True)
    record.changed(row, before)


def require_version(row: Any, version: int) -> None:
    """Raise EditConflict unless ``row`` is of ``version``."""
    if row.version != version:
        raise EditConflict(N_("somebody else changed this since you opened it"))


def end(record: Recording, row: Any, at: datetime) -> None:
    """``row`` holds no longer from ``at`` on; a row that would begin then or later is gone altogether."""
    before = snapshot(row)
    if row.valid_from is not None and row.valid_from >= at:
        row.delete()
        record.deleted(row, before)
        return
    row.valid_until = at
    if hasattr(row, "version"):
        row.version += 1
    row.save(force_update=True)
    record.changed(row, before)


def hold_addresses() -> None:
    """Make others who change networks wait until this transaction ends, so that none slip past the check of overlaps."""
    # The oldest network stands for all: see reach.hold_graph.
    Network.objects.select_for_update().order_by("pk").values_list("pk").first()
