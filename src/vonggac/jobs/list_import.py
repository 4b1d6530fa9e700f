"""Files that become versions of lists: read, looked at by a person, staged as Tasks, published, looked at again.

A request, a command or the worker brings a version as far as it goes without a decision. What dies on the way leaves whole states
only, and the next one goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from vonggac.config import Settings, zone_from
from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.audit.chain import microseconds
from vonggac.desk.intel.models import ListVersion, RowFault
from vonggac.desk.intel.staging import applying, life, rows
from vonggac.desk.organisations.staging.life import directory_moved, head_seq
from vonggac.desk.runs import Superseded
from vonggac.desk.scope.asker import Asker, Origin, machine
from vonggac.desk.scope.rule import may_on
from vonggac.detectors.indicators.lists import IndicatorList as Reading
from vonggac.detectors.indicators.lists import Role
from vonggac.detectors.indicators.rows import as_written
from vonggac.errors import N_, ConfigError, InputError, VonggacError
from vonggac.jobs import list_files, list_recheck, list_rows, spool
from vonggac.jobs.exchange.intake import warninglists_in
from vonggac.jobs.spool import DiskFull, Spooled, drop, full_disk_told

SMALL_BYTES = 256 << 10
SMALL_ROWS = 2_000
"""What is read and applied while somebody waits; more is the worker's."""

MOST_COLUMNS = 512
_ROLES: dict[str, Role] = {"botnet": "victim", "hostile": "hostile", "phishing": "hostile"}


def receive(  # noqa: PLR0913  # what a file comes with, by name
    settings: Settings,
    asker: Asker,
    list_id: int,
    spooled: Spooled,
    file_name: str,
    *,
    letter: str = "",
    letter_on: date | None = None,
    as_of: datetime | None = None,
    tlp: str | None = None,
    confidence: int | None = None,
) -> ListVersion:
    """A version begins with a file in the spool; the file goes when it cannot, or when it was there already (``is_repeated``)."""
    try:
        with full_disk_told():
            row = life.open_version(
                asker, list_id, file_name=file_name, size=spooled.size, sha256=spooled.sha256, spool=spooled.name,
                letter=letter, letter_on=letter_on, as_of=as_of, tlp=tlp, confidence=confidence,
            )  # fmt: skip
    except BaseException:
        drop(settings, spooled)
        raise
    if row.is_repeated:
        drop(settings, spooled)
    return row


def advance(settings: Settings, asker: Asker, row: ListVersion, *, only_small: bool = False) -> bool:
    """Bring a version as far as it goes without a decision: ``reading`` is read, ``applying`` is published and looked at again.

    ``only_small``: leave it to the worker when it is not quickly done. Gives whether something was done.
    """
    if only_small and (
        row.size > SMALL_BYTES or row.counts.get("rows", 0) > SMALL_ROWS or _has_pictures(settings, row)
    ):
        return False
    is_done = False
    for states, step in ((("reading",), _read), (("applying",), _apply), (("published",), _look_again)):
        run = _claimed(row.pk, states)
        if run is not None:
            try:
                with full_disk_told():
                    step(settings, asker, ListVersion.objects.select_related("indicator_list").get(pk=row.pk), run)
                is_done = True
            except Superseded:
                break
            except DiskFull:
                _after_full_disk(row.pk, run)
                raise
            except BaseException:
                life.release(row.pk, run)
                raise
    return is_done


def _has_pictures(settings: Settings, row: ListVersion) -> bool:
    """Whether pages of the file may have to be recognised, which takes seconds each."""
    path = spool.spool_folder(settings) / row.spool
    return row.state == "reading" and path.is_file() and list_files.may_have_pictures(path.read_bytes())


def _claimed(version_id: int, states: tuple[str, ...]) -> str | None:
    if states == ("published",) and not ListVersion.objects.filter(pk=version_id, is_rechecked=False).exists():
        return None
    return life.claim(version_id, *states)


def _after_full_disk(version_id: int, run: str) -> None:
    """Give back the room that rows took, as far as the disk lets us; else the beat gets old and the next worker takes over."""
    try:
        with full_disk_told():
            if ListVersion.objects.filter(pk=version_id, state="reading").exists():
                life.wipe(version_id, run)
            life.release(version_id, run)
            life.say(version_id, DiskFull().message)
    except DiskFull:
        return


# ------------------------------------------------------------------------------------------------------------- reading


def _read(settings: Settings, _asker: Asker, row: ListVersion, run: str) -> None:
    """From the file to rows that a person looks at."""
    try:
        values = _rows_from_file(settings, row, run)
    except (InputError, ConfigError) as error:
        life.wipe(row.pk, run)
        life.refuse(row.pk, run, error)
        _forget(settings, row)
        return
    life.move_on(row.pk, run, "checked", values)


def _rows_from_file(settings: Settings, row: ListVersion, run: str) -> dict[str, Any]:
    """Write the rows and faults anew; gives the columns of the version that go with them. What was decided stays decided."""
    basis, now = head_seq(), timezone.now()
    before = rows.published(row).order_by("-n").first()
    row.previous_id = None if before is None else before.pk
    data = spool.read(settings, row.spool, row.sha256)
    mappings = row.indicator_list.mappings
    found = list_files.read_file(
        data, row.file_name, mapping=row.mapping or None, warninglists=warninglists_in(settings), zone=zone_from(settings.zone),
        role=_ROLES.get(row.indicator_list.kind), recall=mappings.get, family=as_written,
    )  # fmt: skip
    counting = [one for one in found.indicators if one.valid_until is None or one.valid_until > microseconds(now)]
    made = list_rows.make(row, counting, machine("lists"), now)
    life.wipe(row.pk, run)
    rows.write(row.pk, run, made.rows)
    faults = made.faults + [_fault(row, fault) for fault in found.faults] + _unread_parts(row, found)
    rows.write_faults(row.pk, run, faults)
    return {
        "previous_id": row.previous_id, "basis_seq": basis, "checked_at": now, "digest": made.digest,
        "columns": _columns(found), "signature": found.header_signature,
        "mapping": row.mapping or dict(mappings.get(found.header_signature, {})),
        "counts": {**made.counts, "faults": len(faults), **_passed_over(found, len(found.indicators) - len(counting))}, "n_staged": 0,
    }  # fmt: skip


def _passed_over(found: Reading, n_expired: int) -> dict[str, int]:
    """How much of the file is no entry by its own word, by reason."""
    passed = Counter(found.passed_over or {}) + Counter({"expired": n_expired})
    return {f"passed_{reason}": n for reason, n in passed.items() if reason not in ("heading", "repeated_header")}


def _fault(row: ListVersion, fault: Any) -> RowFault:
    return RowFault(
        version=row, sheet=list_rows.kept(fault.place.sheet, 120), number=fault.place.row, reason=fault.reason,
        text=list_rows.kept(fault.text, 200), is_kept=fault.is_kept,
    )  # fmt: skip


def _unread_parts(row: ListVersion, found: Reading) -> list[RowFault]:
    """Sheets and pages that were not read, each as a fault of its own."""
    return [
        RowFault(version=row, sheet=list_rows.kept(part.sheet, 120), number=0, reason=part.reason, text=list_rows.kept(part.detail, 200))
        for part in found.skipped if part.reason not in ("empty_sheet", "no_table")
    ]  # fmt: skip


def _columns(found: Reading) -> list[dict[str, Any]]:
    """Every column for the mapping step, with its first values."""
    told = [
        {
            "sheet": list_rows.kept(table.sheet, 120), "number": n + 1, "header": list_rows.kept(header, 250),
            "role": table.layout.roles.get(n, ""),
            "samples": [list_rows.kept(text, 80) for text in (table.samples[n] if n < len(table.samples) else ())],
        }
        for table in found.tables for n, header in enumerate(table.layout.headers)
    ]  # fmt: skip
    return told[:MOST_COLUMNS]


# ------------------------------------------------------------------------------------------------------------ applying


def _apply(settings: Settings, asker: Asker, row: ListVersion, run: str) -> None:
    """Make work of it. When the directory moved since it was read, it is read again, and goes on by itself if nothing differs."""
    if not row.n_staged and directory_moved(row.basis_seq):
        before = row.digest
        try:
            values = _rows_from_file(settings, row, run)
        except (InputError, ConfigError) as error:
            _back_to_person(row, run, {}, error.message, error.params)
            return
        if values["digest"] != before:
            message = N_(
                "the directory changed since the list was read, and with it whose some addresses are. It was read again: look at it, then publish it"
            )
            _back_to_person(row, run, values, message, {})
            return
        life.beat(row.pk, run, **values)
        row = ListVersion.objects.select_related("indicator_list").get(pk=row.pk)
    batch = applying.stage_all(row, run)
    applying.show(asker, row, run, batch)
    _forget(settings, row)


def _back_to_person(
    row: ListVersion, run: str, values: Mapping[str, Any], message: str, params: Mapping[str, Any]
) -> None:
    life.move_on(row.pk, run, "checked", values)
    life.say(row.pk, message, **params)


def _look_again(settings: Settings, asker: Asker, row: ListVersion, run: str) -> None:  # noqa: ARG001  # every step is given the settings
    list_recheck.look_again(asker, row, run)


# ------------------------------------------------------------------------------------------------------------- worker


def run_pending(settings: Settings) -> int:
    """Bring every version that waits as far as it goes, then sweep; gives how many were brought on. For the worker's loop."""
    n_done = 0
    for row in life.pending():
        try:
            n_done += advance(settings, _asker(row), row)
        except VonggacError as error:
            life.say(row.pk, error.message, **error.params)
    sweep(settings)
    return n_done


def _asker(row: ListVersion) -> Asker:
    """Who uploaded the file; the program in their name where they may no longer, since whoever confirmed it decided that it is done."""
    origin = Origin(row.via, row.address)
    user = None if row.user_id is None else User.objects.filter(pk=row.user_id).first()
    asker = machine(row.asker_name, origin=origin) if user is None else asker_of(user, origin)
    return asker if may_on(asker, life.IMPORT, None) else machine(row.asker_name, origin=origin)


def sweep(settings: Settings) -> None:
    """Remove files and rows of versions that ended."""
    for row in life.finished():
        if row.state != "published":
            life.wipe(row.pk, None)
        _forget(settings, row)


def _forget(settings: Settings, row: ListVersion) -> None:
    if row.spool:
        (spool.spool_folder(settings) / row.spool).unlink(missing_ok=True)
        life.forget_spool(row.pk)
