"""Files that become the directory: read, checked, staged, applied; by a request, a command or the worker.

What dies on the way leaves whole states only. Rows that were staged by a run that died are removed before the next one
stages its own; an import of the command line whose process died while it was checked is abandoned, since nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from django.utils import timezone

from vonggac.config import Settings, zone_from
from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.organisations.models.imports import Import
from vonggac.desk.organisations.staging import life
from vonggac.desk.organisations.staging.checking import check, found_sheets
from vonggac.desk.organisations.staging.sheets import Sheets
from vonggac.desk.organisations.staging.visible import Part, apply
from vonggac.desk.runs import Superseded
from vonggac.desk.scope.asker import Asker, Origin, machine
from vonggac.errors import N_, FormatUnknown, InputError, VonggacError
from vonggac.jobs import spool
from vonggac.jobs.spool import DiskFull, Spooled, drop, full_disk_told, spool_folder
from vonggac.tables import Table, Tables, read_tables
from vonggac.tables.zips import ZIP_MAGICS, open_zip

SMALL_BYTES = 256 << 10
SMALL_ROWS = 3_000
"""What is checked and applied while somebody waits; more is the worker's."""

MOST_TRIES = 3
_MOST_INNER = 64 << 20


# ------------------------------------------------------------------------------------------------------------- reading


def read_sheets(data: bytes, name: str) -> Sheets:
    """The sheets of the directory in an office file, a CSV, or a zip archive of CSVs; raises InputError."""
    return found_sheets(list(_tables(data, name)))


def _tables(data: bytes, name: str) -> Iterator[Tables]:
    try:
        yield read_tables(data, name)
    except FormatUnknown:
        if not data.startswith(ZIP_MAGICS):
            raise
        archive = open_zip(data, name)
        texts = sorted(one for one in archive.members if one.casefold().endswith(".csv") and "/" not in one)
        if not texts:
            raise
        for one in texts:
            tables = read_tables(archive.read(one, _MOST_INNER), one)
            yield Tables([_named(table, one) for table in tables.tables], tables.skipped)


def _named(table: Table, file: str) -> Table:
    """The table of a CSV, its sheet named as the file is."""
    return replace(table, sheet=file.rpartition(".")[0])


# -------------------------------------------------------------------------------------------------------- check, apply


def receive(settings: Settings, asker: Asker, spooled: Spooled, file_name: str) -> Import:
    """An import begins with a file in the spool; the file goes when it cannot."""
    try:
        with full_disk_told():
            return life.open_import(
                asker, file_name=file_name, size=spooled.size, sha256=spooled.sha256, spool=spooled.name
            )
    except BaseException:
        drop(settings, spooled)
        raise


def advance(
    settings: Settings,
    asker: Asker,
    row: Import,
    *,
    only_small: bool = False,
    progress: Callable[[Part], object] | None = None,
) -> bool:
    """Bring an import as far as it goes without a decision: ``reading`` is checked, ``applying`` is applied.

    ``only_small``: leave it to the worker when it is not quickly done. Gives whether something was done.
    """
    if only_small and (row.size > SMALL_BYTES or row.n_rows > SMALL_ROWS):
        return False
    run = life.claim(row.pk, "reading", "applying")
    if run is None:
        return False
    try:
        with full_disk_told():
            row = Import.objects.get(pk=row.pk)
            if row.state == "applying":
                _apply(settings, asker, row, run, progress)
                return True
            return _check(settings, asker, row, run, only_small=only_small)
    except Superseded:
        return False
    except DiskFull:
        _after_full_disk(row.pk, run)
        raise
    except BaseException:
        life.release(row.pk, run)
        raise


def _after_full_disk(import_id: int, run: str) -> None:
    """Give back the room that staged rows took, as far as the disk lets us; the next sweep does the rest."""
    try:
        with full_disk_told():
            life.release(import_id, run)
            life.say(import_id, DiskFull().message)
    except DiskFull:
        return  # the beat gets old, and the next worker takes over


def _check(settings: Settings, asker: Asker, row: Import, run: str, *, only_small: bool) -> bool:
    try:
        sheets = read_sheets(spool.read(settings, row.spool, row.sha256), row.file_name)
    except InputError as error:
        life.refuse(row.pk, run, error)
        _forget(settings, row)
        return True
    if only_small and sheets.n_rows > SMALL_ROWS:
        life.release(row.pk, run)
        return False
    _plan(settings, asker, row, run, sheets)
    return True


def _plan(settings: Settings, asker: Asker, row: Import, run: str, sheets: Sheets) -> None:
    life.wipe(row.pk, run)
    basis = life.head_seq()
    filing = life.Filing(row.pk, run)
    plan = check(sheets, asker, zone_from(settings.zone), filing)
    filing.flush()
    if plan.n_faults:
        life.wipe(row.pk, run, faults=False)
    life.finish_check(row.pk, run, plan, asker, basis)


def _apply(settings: Settings, asker: Asker, row: Import, run: str, progress: Callable[[Part], object] | None) -> None:
    """Make it visible; when the directory moved since the check, check again, and go on by ourselves if nothing differs."""
    for _try in range(MOST_TRIES):
        try:
            life.require_held(row, asker)
            apply(row.pk, run, asker, progress)
        except life.Moved:
            before, was_partly = row.digest, Import.objects.get(pk=row.pk).n_applied > 0
            sheets = read_sheets(spool.read(settings, row.spool, row.sha256), row.file_name)
            _plan(settings, asker, row, run, sheets)
            row = Import.objects.get(pk=row.pk)
            if was_partly or row.n_faults or row.digest != before:
                _say_moved(row, was_partly=was_partly)
                return
            if not Import.objects.filter(pk=row.pk, state="checked").update(state="applying"):
                return
            again = life.claim(row.pk, "applying")
            if again is None:
                return
            run = again
        else:
            _clear(settings, row)
            return
    Import.objects.filter(pk=row.pk, run=run).update(state="checked", run="", beat_at=None)
    life.say(row.pk, N_("others change the directory all the time just now: try again in a moment"))


def _say_moved(row: Import, *, was_partly: bool) -> None:
    if was_partly:
        message = N_(
            "a part of the file is applied; then somebody else changed the directory. Here is what is left to do: look at it, then apply it"
        )
    else:
        message = N_(
            "the directory changed since the file was checked. It was checked again: look at it, then apply it"
        )
    life.say(row.pk, message)


# ------------------------------------------------------------------------------------------------------------- worker


def run_pending(settings: Settings) -> int:
    """Bring every import that waits as far as it goes, then sweep; gives how many were brought on. For the worker's loop."""
    n_done = 0
    for row in life.pending():
        if row.via == "cli" and row.state == "reading":
            continue  # its own process does that; when that died, sweeping drops it
        try:
            n_done += advance(settings, _asker(row), row)
        except VonggacError as error:
            life.say(row.pk, error.message, **error.params)
    sweep(settings)
    return n_done


def _asker(row: Import) -> Asker:
    """Who uploaded the file, with what they hold now."""
    origin = Origin(row.via, row.address)
    if row.user_id is None:
        return machine(row.asker_name, origin=origin)
    user = User.objects.filter(pk=row.user_id).first()
    return Asker(row.user_id, row.asker_name, (), origin) if user is None else asker_of(user, origin)


def sweep(settings: Settings) -> None:
    """Remove what nobody needs any more: files and staged rows of imports that ended, files that no record knows."""
    life.expire(timezone.now())
    for row in life.finished():
        _clear(settings, row)
    spool.sweep(settings)


def _clear(settings: Settings, row: Import) -> None:
    """An import has ended: its staged rows go; the lines of an applied one stay as evidence, what others planned goes."""
    life.wipe(row.pk, None, lines=row.state == "abandoned", faults=row.state == "abandoned")
    _forget(settings, row)


def _forget(settings: Settings, row: Import) -> None:
    if row.spool:
        (spool_folder(settings) / row.spool).unlink(missing_ok=True)
        life.forget_spool(row.pk)
