"""What a person does with a version: says how its columns are read and what it came with, decides rows, lets it become work, gives it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.intel.models import IndicatorList, ListRow, ListVersion
from vonggac.desk.intel.queries.lists import list_version
from vonggac.desk.intel.staging import applying
from vonggac.desk.intel.staging.life import IMPORT
from vonggac.desk.intel.values import check_details, check_mapping
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import require_version, update
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.work.actions.opening import add
from vonggac.desk.work.models import Batch
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotThere

MOST_ROWS = 500
"""Rows that one decision is about: one short transaction, and a list that a person can have looked at."""


def _own(asker: Asker, version_id: int, version: int, *states: str) -> ListVersion:
    """The version, which the asker may work on and which is in one of ``states``, as it was when they saw it."""
    row = list_version(asker, version_id)
    require(asker, IMPORT, None)
    require_version(row, version)
    if row.state not in states:
        raise EditConflict(N_("this version of the list has moved on: its page says what became of it"))
    return row


def set_mapping(asker: Asker, version_id: int, version: int, mapping: Mapping[str, str]) -> None:
    """Say what its columns are: the file is read again with that, and the list remembers it for files with the same header.

    An empty mapping: as the program finds it by itself. Needs lists.import everywhere.
    """
    row = _own(asker, version_id, version, "checked")
    check = Check()
    kept = check_mapping(check, row.columns, mapping)
    if not row.spool:
        check.fault("", N_("the uploaded file is gone or was changed: upload it again"))
    check.done()
    with recording(asker, "lists.set_mapping", on=row) as record:
        _remember(row, kept)
        update(record, row, version, {"mapping": kept, "state": "reading", "run": "", "message": "", "params": {}})


def _remember(row: ListVersion, mapping: dict[str, str]) -> None:
    parent = IndicatorList.objects.select_for_update().get(pk=row.indicator_list_id)
    others = {signature: one for signature, one in parent.mappings.items() if signature != row.signature}
    parent.mappings = {**others, row.signature: mapping} if mapping else others
    parent.save(update_fields=["mappings"])


def set_details(asker: Asker, version_id: int, version: int, **details: Any) -> None:
    """Correct what it came with (letter, letter_on, as_of, tlp, confidence, expires_at) before it is published; needs lists.import everywhere.

    Another ``as_of`` is another time at which addresses had their owners: the file is read again.
    """
    row = _own(asker, version_id, version, "checked")
    check = Check()
    values = check_details(check, details)
    check.done()
    with recording(asker, "lists.set_details", on=row) as record:
        if row.spool and values.get("as_of", row.as_of) != row.as_of:
            values |= {"state": "reading", "run": ""}
        update(record, row, version, values)


def decide_rows(asker: Asker, version_id: int, row_ids: Sequence[int], decision: str, reason: str) -> int:
    """Rows that a warninglist holds: work is made of them (``act``) or they are left aside (``ignore``), because. Gives how many.

    They can be decided until the version is published; after that the ones that still wait can, and ``act`` opens their Tasks at once.
    Needs lists.import everywhere. Raises NotThere for a row of another version, EditConflict for one that was decided meanwhile.
    """
    row = list_version(asker, version_id)
    require(asker, IMPORT, None)
    check = Check()
    check.one_of("decision", decision, ("act", "ignore"))
    reason = check.text("reason", reason, most=250, needed=True)
    if not 0 < len(set(row_ids)) <= MOST_ROWS:
        check.fault("rows", N_("choose 1 to {most} rows"), most=MOST_ROWS)
    check.done()
    if row.state not in ("checked", "published"):
        raise EditConflict(N_("this version of the list has moved on: its page says what became of it"))
    with recording(asker, "lists.decide_rows", on=row) as record:
        # The version is taken first, so that nobody publishes it while its rows are being decided.
        locked = ListVersion.objects.select_for_update().get(pk=row.pk)
        if locked.state != row.state:
            raise EditConflict(N_("this version of the list has moved on: its page says what became of it"))
        n = _decide(record, row, sorted(set(row_ids)), decision, reason)
        if row.state == "published" and decision == "act":
            batch = Batch.objects.get(pk=row.batch_id or 0)
            add(record, batch, applying.late(row, row_ids), timezone.now())
        _count_waiting(row)
    return n


def _decide(record: Any, row: ListVersion, row_ids: list[int], decision: str, reason: str) -> int:
    found = list(ListRow.objects.filter(version=row, pk__in=row_ids).order_by("pk"))
    if len(found) < len(row_ids):
        raise NotThere(N_("there is no such row here"))
    open_ones = ("wait",) if row.state == "published" else ("wait", "act", "ignore")
    if any(one.decision not in open_ones for one in found):
        raise EditConflict(N_("no decision is open for one of these rows"))
    for one in found:
        before = snapshot(one)
        one.decision, one.decision_reason = decision, reason
        record.changed(one, before)
    ListRow.objects.bulk_update(found, ["decision", "decision_reason"], batch_size=200)
    return len(found)


def _count_waiting(row: ListVersion) -> None:
    counts = {**row.counts, "waiting": applying.rows_waiting(row).count()}
    ListVersion.objects.filter(pk=row.pk).update(counts=counts, version=F("version") + 1)


def confirm(asker: Asker, version_id: int, version: int) -> None:
    """It was looked at: the worker makes work of it. Needs lists.import everywhere. Raises EditConflict when somebody was quicker."""
    row = _own(asker, version_id, version, "checked")
    if not row.counts.get("rows"):
        raise InvalidValues(
            [Fault("", N_("there is not one usable row in it: say what its columns are, or give it up"))]
        )
    with recording(asker, "lists.confirm", on=row) as record:
        values: dict[str, Any] = {"state": "applying", "n_staged": 0, "message": "", "params": {}}
        if row.expires_at is None:
            values["expires_at"] = timezone.now() + timedelta(days=row.indicator_list.expires_days)
        update(record, row, version, values)


def abandon(asker: Asker, version_id: int, version: int, reason: str) -> None:
    """Give up a version that is not published, because; its rows go, what was uploaded and by whom stays known."""
    row = _own(asker, version_id, version, "reading", "checked")
    check = Check()
    reason = check.text("reason", reason, most=500, needed=True)
    check.done()
    with recording(asker, "lists.abandon", on=row) as record:
        update(record, row, version, {"state": "abandoned", "run": "", "beat_at": None})
        record.note(reason=reason, file=row.file_name, sha256=row.sha256)
