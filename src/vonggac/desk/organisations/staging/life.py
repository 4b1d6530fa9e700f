"""The life of an import: opened, claimed by whoever works on it, checked, applied part by part, abandoned, swept away.

Nothing here holds a write transaction for long: rows are written and removed some thousand at a time, and every such piece
first makes sure that the import is still this worker's (``run``), so that two never mix their rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from vonggac.desk import runs
from vonggac.desk.audit.actions import recording
from vonggac.desk.audit.models import Entry as AuditEntry
from vonggac.desk.organisations.checks import first_hidden
from vonggac.desk.organisations.models.imports import STAGED, Import, ImportFault, ImportLine, StagedReach
from vonggac.desk.organisations.staging.derived import derived
from vonggac.desk.organisations.staging.fillings import kept
from vonggac.desk.organisations.staging.known import IMPORT, held_digest
from vonggac.desk.organisations.staging.plan import Plan
from vonggac.desk.organisations.staging.sheets import Note
from vonggac.desk.runs import STALE, Superseded
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, DeskError, EditConflict, NotAllowed, VonggacError

KEEP = timedelta(days=7)
"""How long a checked import waits to be applied."""

MOST_FAULTS = 20_000
"""Faults and warnings that are kept of one import; all are counted."""

_PIECE = 2_000
_DIRECTORY = ("organisations.", "people.", "networks.", "systems.", "directory.apply")
_UNSAFE_NAME = re.compile(r"[^\w .()\[\]+,-]")


class Moved(DeskError):
    """The directory changed since the check."""

    def __init__(self) -> None:
        super().__init__(N_("the directory changed since the file was checked"))


def safe_name(name: str) -> str:
    """The last part of a file's name as its sender wrote it, without what could be a path, hide or turn text around."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    last = unicodedata.normalize("NFC", last)
    while (hidden := first_hidden(last)) is not None:
        last = last[:hidden] + last[hidden + 1 :]
    return _UNSAFE_NAME.sub("_", last).strip(" .")[-120:] or "file"


def open_import(asker: Asker, *, file_name: str, size: int, sha256: str, spool: str) -> Import:
    """A file waits in the spool folder under ``spool``; needs directory.import on anything."""
    if not asker.may(IMPORT):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=IMPORT)
    with recording(asker, "directory.upload") as record:
        record.on = row = Import.objects.create(
            user_id=asker.user_id,
            asker_name=asker.name[:150],
            via=asker.origin.via,
            address=asker.origin.address[:64],
            file_name=safe_name(file_name),
            size=size,
            sha256=sha256,
            spool=spool,
        )
        record.note(file=row.file_name, size=size, sha256=sha256)
    return row


def claim(import_id: int, *states: str) -> str | None:
    """Take the import to work on it, if it is in one of ``states`` and nobody else does; gives the token of this run."""
    return runs.claim(Import, import_id, *states)


def release(import_id: int, run: str) -> None:
    """Whoever comes next may take it at once."""
    runs.release(Import, import_id, run)


def beat(import_id: int, run: str) -> None:
    """Say that this run is alive; raises Superseded when it is no longer the one."""
    runs.beat(Import, import_id, run)


class Filing:
    """A Store that writes into the staged tables, in pieces."""

    def __init__(self, import_id: int, run: str) -> None:
        self.import_id, self.run = import_id, run
        self._rows: dict[Any, list[Any]] = defaultdict(list)
        self._n_waiting = self._n_notes = 0

    def note(self, note: Note) -> None:
        """A fault or warning; after MOST_FAULTS no more are kept."""
        self._n_notes += 1
        if self._n_notes <= MOST_FAULTS:
            names = ("sheet", "row", "column", "value", "message", "is_warning")
            values = {name: getattr(note, name) for name in names}
            values["value"] = note.value.replace("\0", "\ufffd")
            self._add(ImportFault, {**values, "params": dict(note.params)})

    def line(self, line: Mapping[str, Any]) -> None:
        """A planned object."""
        self._add(ImportLine, line)

    def staged(self, model: Any, row: Mapping[str, Any]) -> None:
        """A row that waits."""
        self._add(model, {**row, **derived(model, row)})

    def _add(self, model: Any, row: Mapping[str, Any]) -> None:
        self._rows[model].append(model(import_id=self.import_id, **row))
        self._n_waiting += 1
        if self._n_waiting >= _PIECE:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with transaction.atomic():
            beat(self.import_id, self.run)
            for model, rows in self._rows.items():
                model.objects.bulk_create(rows, batch_size=1000)
        self._rows.clear()
        self._n_waiting = 0


def wipe(import_id: int, run: str | None, *, lines: bool = True, faults: bool = True) -> None:
    """Remove the staged rows of an import, in pieces. ``run`` None: nobody works on it."""
    models = [StagedReach, *(staged for staged, _target in STAGED)]
    models += [ImportLine] * lines + [ImportFault] * faults
    for model in models:
        rows: Any = model._default_manager.filter(import_id=import_id).order_by("pk")  # noqa: SLF001
        while keys := list(rows.values_list("pk", flat=True)[: _PIECE * 2]):
            with transaction.atomic():
                if run is not None:
                    beat(import_id, run)
                rows.filter(pk__lte=keys[-1]).order_by()._raw_delete(rows.db)  # noqa: SLF001  # no signals, no cascades


def finish_check(import_id: int, run: str, plan: Plan, asker: Asker, basis_seq: int) -> None:
    """The check is done: its counts stand, and whoever uploaded the file decides. One update makes all of it known."""
    n_changed = Import.objects.filter(pk=import_id, run=run).update(
        state="checked",
        run="",
        beat_at=None,
        checked_at=timezone.now(),
        basis_seq=basis_seq,
        held=held_digest(asker),
        digest="" if plan.n_faults else plan.digest,
        n_rows=plan.sheets.n_rows,
        n_faults=plan.n_faults,
        n_lines=0 if plan.n_faults else plan.n,
        n_applied=0,
        counts=plan.counts,
    )
    if not n_changed:
        raise Superseded


def say(import_id: int, message: str, **params: Any) -> None:
    """Something that whoever uploaded the file must know, as a template and what fills it."""
    Import.objects.filter(pk=import_id).update(message=message, params=kept(params))


def refuse(import_id: int, run: str, error: VonggacError) -> None:
    """The file cannot be read at all."""
    Import.objects.filter(pk=import_id, run=run).update(
        state="refused", run="", beat_at=None, message=error.message, params=kept(error.params)
    )


def start_applying(asker: Asker, import_id: int) -> None:
    """Let the import become visible: only whoever checked it, only without faults, only once."""
    row = Import.objects.filter(pk=import_id).first()
    if row is None or not asker.may(IMPORT) or row.user_id != asker.user_id:
        raise NotAllowed(N_("only who uploaded the file may apply it"))
    if row.n_faults:
        raise DeskError(N_("the file has faults: correct them and upload it again"))
    n_changed = Import.objects.filter(pk=import_id, state="checked", n_faults=0).update(
        state="applying", message="", params={}
    )
    if not n_changed:
        raise EditConflict(N_("this import is no longer waiting: its page says what became of it"))


def check_again(asker: Asker, import_id: int) -> None:
    """Let a checked import be checked anew."""
    n_changed = Import.objects.filter(pk=import_id, state="checked", user_id=asker.user_id).exclude(spool="")
    if not asker.may(IMPORT) or not n_changed.update(state="reading", message="", params={}):
        raise EditConflict(N_("this import is no longer waiting: its page says what became of it"))


def abandon(asker: Asker, import_id: int) -> None:
    """Drop an import that is not applied; what it staged goes with the next sweep."""
    with recording(asker, "directory.abandon") as record:
        row = Import.objects.select_for_update().filter(pk=import_id).first()
        if row is None or not asker.may(IMPORT) or row.user_id != asker.user_id:
            raise NotAllowed(N_("only who uploaded the file may abandon it"))
        if row.state not in ("reading", "checked"):
            raise EditConflict(N_("this import is no longer waiting: its page says what became of it"))
        Import.objects.filter(pk=import_id).update(state="abandoned", run="", beat_at=None)
        record.on = row
        record.note(file=row.file_name, sha256=row.sha256)


def directory_moved(after: int, before: int | None = None) -> bool:
    """Whether an entry of the audit record after ``after`` (and before ``before``) changed the directory."""
    rows = AuditEntry.objects.filter(seq__gt=after)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return any(action.startswith(_DIRECTORY) for action in rows.values_list("action", flat=True).distinct())


def require_held(row: Import, asker: Asker) -> None:
    """Raise Moved when what the asker may do is not what it was when the file was checked."""
    if row.held != held_digest(asker):
        raise Moved


def head_seq() -> int:
    """The number of the last audit entry."""
    return AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def pending() -> list[Import]:
    """Imports that wait for a worker, the oldest first."""
    return list(Import.objects.filter(runs.free(), state__in=("reading", "applying")).order_by("pk"))


def finished() -> Iterator[Import]:
    """Imports that still hold a file or staged rows although nothing more will become of them."""
    yield from Import.objects.filter(state__in=("applied", "refused", "abandoned")).exclude(spool="")


def forget_spool(import_id: int) -> None:
    """The file is gone."""
    Import.objects.filter(pk=import_id).update(spool="")


def expire(now: datetime) -> int:
    """Abandon what was checked long ago and never applied, and what a command that died left behind: nobody waits for that."""
    old = Q(state="checked", created_at__lt=now - KEEP)
    left = Q(via="cli", state__in=("reading", "checked"), created_at__lt=now - STALE)
    silent = Q(beat_at__isnull=True) | Q(beat_at__lt=now - STALE)
    return Import.objects.filter(old | (left & silent)).update(state="abandoned", run="", beat_at=None)


def spools() -> set[str]:
    """The names of all files that an import still needs."""
    return set(Import.objects.exclude(spool="").values_list("spool", flat=True))
