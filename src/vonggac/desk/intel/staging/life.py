"""The life of a version: opened with a file, claimed by whoever works on it, read, refused, abandoned, swept away.

Rows are written and removed some thousand at a time, and every such piece first makes sure that the version is still this
worker's (``run``), so that two never mix their rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from vonggac.desk import runs
from vonggac.desk.audit.actions import recording
from vonggac.desk.intel.models import IndicatorList, ListRow, ListVersion, RowFault
from vonggac.desk.intel.values import check_details
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.staging.fillings import kept
from vonggac.desk.organisations.staging.life import safe_name
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.errors import N_, Fault, InvalidValues, NotThere, VonggacError

IMPORT = "lists.import"
PIECE = 5_000
"""Rows of one short transaction."""


def open_version(  # noqa: PLR0913  # what a file comes with, by name
    asker: Asker,
    list_id: int,
    *,
    file_name: str,
    size: int,
    sha256: str,
    spool: str,
    letter: str = "",
    letter_on: date | None = None,
    as_of: datetime | None = None,
    tlp: str | None = None,
    confidence: int | None = None,
) -> ListVersion:
    """A file of a list waits in the spool folder under ``spool``; needs lists.import everywhere.

    The same file again, read as the list would read it now, gives the version that there is (``is_repeated``) and changes nothing.
    Raises NotThere, NotAllowed, InvalidValues (another version is on its way).
    """
    require(asker, IMPORT, None)
    parent = IndicatorList.objects.filter(pk=list_id).first()
    if parent is None:
        raise NotThere(N_("there is no such list here"))
    if (before := _same(parent, sha256)) is not None:
        before.is_repeated = True
        return before
    given = {
        "letter": letter, "letter_on": letter_on, "as_of": as_of, "tlp": parent.tlp if tlp is None else tlp,
        "confidence": parent.confidence if confidence is None else confidence,
    }  # fmt: skip
    check = Check()
    values = check_details(check, given)
    check.done()
    with recording(asker, "lists.upload") as record:
        row = ListVersion(
            indicator_list=parent, user_id=asker.user_id, asker_name=asker.name[:150], via=asker.origin.via,
            address=asker.origin.address[:64], file_name=safe_name(file_name), size=size, sha256=sha256, spool=spool, **values,
        )  # fmt: skip
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            message = N_("a version of this list is on its way already: publish it or give it up first")
            raise InvalidValues([Fault("", message)]) from None
        record.on = row
        record.note(file=row.file_name, size=size, sha256=sha256)
    return row


def _same(parent: IndicatorList, sha256: str) -> ListVersion | None:
    """The version of ``parent`` that this very file made, unless the list has learnt to read it otherwise since."""
    rows = ListVersion.objects.filter(indicator_list=parent, sha256=sha256).exclude(state__in=("refused", "abandoned"))
    found = rows.order_by("-pk").first()
    if found is None or found.state != "published":
        return found
    return found if found.mapping == parent.mappings.get(found.signature, {}) else None


def claim(version_id: int, *states: str) -> str | None:
    """Take the version to work on it; gives the token of this run, None when somebody else does."""
    return runs.claim(ListVersion, version_id, *states)


def release(version_id: int, run: str) -> None:
    """Whoever comes next may take it at once."""
    runs.release(ListVersion, version_id, run)


def beat(version_id: int, run: str, **values: Any) -> None:
    """Say that this run is alive, and how far it is; raises Superseded when it is no longer the one."""
    runs.beat(ListVersion, version_id, run, **values)


def say(version_id: int, message: str, **params: Any) -> None:
    """Something that people must know of this version, as a template and what fills it."""
    ListVersion.objects.filter(pk=version_id).update(message=message, params=kept(params))


def refuse(version_id: int, run: str, error: VonggacError) -> None:
    """The file cannot be read at all."""
    ListVersion.objects.filter(pk=version_id, run=run).update(
        state="refused", run="", beat_at=None, message=error.message, params=kept(error.params)
    )


def move_on(version_id: int, run: str, state: str, values: Mapping[str, Any]) -> None:
    """This run is done with a step: the version is in ``state`` and nobody's. Raises Superseded."""
    n = ListVersion.objects.filter(pk=version_id, run=run).update(state=state, run="", beat_at=None, **values)
    if not n:
        raise runs.Superseded


def wipe(version_id: int, run: str | None) -> None:
    """Remove the rows and faults of a version that is not published, in pieces. ``run`` None: nobody works on it."""
    for rows in (ListRow.objects.filter(version_id=version_id), RowFault.objects.filter(version_id=version_id)):
        _wipe(rows.order_by("pk"), version_id, run)


def _wipe(rows: QuerySet[Any], version_id: int, run: str | None) -> None:
    while keys := list(rows.values_list("pk", flat=True)[: PIECE * 2]):
        with transaction.atomic():
            if run is not None:
                beat(version_id, run)
            rows.filter(pk__lte=keys[-1]).order_by()._raw_delete(rows.db)  # noqa: SLF001  # no signals, no cascades


def pending() -> list[ListVersion]:
    """Versions that wait for a worker, the oldest first: to be read, applied, or looked at again."""
    waiting = ListVersion.objects.filter(runs.free())
    rows = waiting.filter(state__in=("reading", "applying")) | waiting.filter(state="published", is_rechecked=False)
    return list(rows.order_by("pk"))


def finished() -> list[ListVersion]:
    """Versions that still hold a file although nothing more will become of them."""
    return list(ListVersion.objects.filter(state__in=("published", "refused", "abandoned")).exclude(spool=""))


def forget_spool(version_id: int) -> None:
    """The file is gone."""
    ListVersion.objects.filter(pk=version_id).update(spool="")


def spools() -> set[str]:
    """The names of all files that a version still needs."""
    return set(ListVersion.objects.exclude(spool="").values_list("spool", flat=True))
