"""What people see of imports: their own; all of them for those who may import everywhere."""

from __future__ import annotations

from django.db.models import QuerySet

from vonggac.desk.organisations.models.imports import Import, ImportFault, ImportLine
from vonggac.desk.organisations.staging.known import IMPORT
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.errors import N_, NotThere


def imports(asker: Asker) -> QuerySet[Import]:
    """The imports that the asker sees, the latest first."""
    rows = Import.objects.order_by("-pk")
    if isinstance(asker.roots(IMPORT), Everywhere):
        return rows
    if not asker.may(IMPORT) or asker.user_id is None:
        return rows.none()
    return rows.filter(user_id=asker.user_id)


def n_to_apply(asker: Asker) -> int:
    """How many files of the asker's own were checked and wait to be applied or dropped."""
    if asker.user_id is None or not asker.may(IMPORT):
        return 0
    return Import.objects.filter(user_id=asker.user_id, state="checked").count()


def one(asker: Asker, import_id: int) -> Import:
    """One import; raises NotThere when there is none that the asker sees."""
    row = imports(asker).filter(pk=import_id).first()
    if row is None:
        raise NotThere(N_("there is no such import here"))
    return row


def faults(asker: Asker, import_id: int, *, warnings: bool | None = None) -> QuerySet[ImportFault]:
    """What is wrong in the file, by row as it was found; ``warnings``: only those (True) or none of them (False)."""
    rows = ImportFault.objects.filter(import_id=one(asker, import_id).pk)
    if warnings is not None:
        rows = rows.filter(is_warning=warnings)
    return rows.order_by("is_warning", "pk")


def lines(asker: Asker, import_id: int, *, kind: str = "", is_new: bool | None = None) -> QuerySet[ImportLine]:
    """What is or was to be made and changed, in the order in which it is applied."""
    rows = ImportLine.objects.filter(import_id=one(asker, import_id).pk)
    if kind:
        rows = rows.filter(kind=kind)
    if is_new is not None:
        rows = rows.filter(is_new=is_new)
    return rows.order_by("n")
