"""Save everything that an installation must not lose in one file, and prove the file by restoring it; the way back.

The file appears under its name only when it is whole and was proved. Who made or restored one stands in the audit record.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from vonggac import __version__
from vonggac.config import Settings
from vonggac.desk.audit.actions import recording
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, UsageError, VonggacError
from vonggac.jobs import anchors, archive, database_copies, evidence_store, installation, mappings
from vonggac.jobs.database_copies import CopyFailed, Facts

RESTORED = "operations.restore"
_STAMP = "%Y%m%d-%H%M%S"
DAILY = re.compile(r"vonggac-\d{8}-\d{6}\.tar\.zst")
BEFORE_RESTORE = "before-restore-{stamp}.tar.zst"


class BackupFailed(VonggacError):
    """The backup was not made, or the restore was not done; nothing was changed (exit status 1)."""


@dataclass(frozen=True, slots=True)
class Made:
    """A good backup. ``is_restored``: it was proved by restoring it; False: by reading it through."""

    path: Path
    n_bytes: int
    n_rows: int
    audit_seq: int
    is_restored: bool
    has_secrets: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore put in place. ``safety``: the backup of what was there before. ``is_migrated``: it was of an older version."""

    made_at: str
    version: str
    n_rows: int
    audit_seq: int
    has_secrets: bool
    is_migrated: bool
    safety: Path | None


def make(settings: Settings, target: Path, asker: Asker, *, with_secrets: bool = False) -> Made:
    """Save the installation in ``target``: a new file, or a folder in which one is named by the time (UTC).

    Raises UsageError when the file exists, BackupFailed or CopyFailed otherwise; ``target`` is then as it was.
    """
    now = datetime.now(UTC)
    if target.is_dir():
        target = target / f"vonggac-{now:{_STAMP}}{archive.SUFFIX}"
    if target.exists():
        raise UsageError(N_("exists already; a backup never replaces a file"), where=str(target))
    # Nothing is swept from the evidence store between the copy of the rows and that of the files.
    with _told(target), _workplace(target.parent) as folder, evidence_store.held(settings):
        part = folder / "part"
        expected = _write(settings, part, folder, now, with_secrets)
        is_restored = _prove(part, folder, expected)
        n_bytes, digest = part.stat().st_size, archive.digest(part)["sha256"]
        part.replace(target)
        _sync_folder(target.parent)
    with recording(asker, installation.BACKED_UP) as record:
        record.note(file=str(target), bytes=n_bytes, sha256=digest, audit_seq=expected.audit_seq, secrets=with_secrets)
    return Made(target, n_bytes, sum(expected.tables.values()), expected.audit_seq, is_restored, with_secrets)


def _write(settings: Settings, part: Path, folder: Path, now: datetime, with_secrets: bool) -> Facts:
    database = folder / archive.DATABASES[connection.vendor]
    expected = database_copies.copy(database)
    members = {database.name: database}
    others = {archive.ANCHORS: anchors.path_of(settings), archive.MAPPINGS: settings.data_dir / mappings.FILE_NAME}
    if with_secrets:
        others[archive.SECRET_KEY] = settings.data_dir / "secret.key"
    for name, path in others.items():
        if path.is_file():  # copied, since it may grow while it is packed
            members[name] = Path(shutil.copyfile(path, folder / name))
    copies = list(members.values())
    members |= {archive.evidence_name(name): path for name, path in evidence_store.contents(settings)}
    manifest = {
        "format": archive.FORMAT,
        "made_at": now.isoformat(timespec="seconds"),
        "version": __version__,
        "kind": connection.vendor,
        "database_version": installation.database_version(),
        "schema": sorted(map(list, expected.schema)),
        "tables": expected.tables,
        "audit": {"seq": expected.audit_seq, "hash": expected.audit_hash},
        "settings": _settings(settings),
        "has_secrets": with_secrets,
        "members": {name: archive.digest(path) for name, path in members.items()},
    }
    with part.open("xb") as file:
        part.chmod(0o600)
        archive.pack(file, manifest, members)
        file.flush()
        os.fsync(file.fileno())
    for path in copies:
        path.unlink()
    return expected


def _prove(part: Path, folder: Path, expected: Facts) -> bool:
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    manifest = archive.unpack(part, unpacked)
    database_copies.compare(database_copies.facts_of(manifest), expected)
    is_restored = database_copies.check(unpacked / archive.DATABASES[connection.vendor], expected)
    shutil.rmtree(unpacked)
    return is_restored


def _settings(settings: Settings) -> Mapping[str, str]:
    """All settings: none is secret, since secrets stand in files."""
    return {field.name: str(getattr(settings, field.name) or "") for field in fields(settings)}


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A folder in ``folder`` for this account only, gone at the end."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".vonggac-backup-", dir=folder) as name:
        yield Path(name)


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Errors of the disk in words. The message of a full disk says which one, and what is free."""
    try:
        yield
    except (OSError, CopyFailed) as error:
        with suppress(OSError):
            if _is_full(error) or installation.free_bytes(target.parent) < archive.KEEP_FREE:
                raise BackupFailed(
                    N_("the disk is full: {n} MiB are free; nothing was kept. Make room or choose another folder"),
                    where=str(target),
                    n=installation.free_bytes(target.parent) // 1024**2,
                ) from None
        if isinstance(error, CopyFailed):
            raise
        raise BackupFailed(
            N_("could not be written: {reason}; nothing was kept"),
            where=str(target),
            reason=error.strerror or str(error),
        ) from None


def _is_full(error: Exception) -> bool:
    text = str(error.__context__ or "") + str(error)
    number = getattr(error, "errno", None)
    return number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or "is full" in text or "No space left" in text


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def thin_out(folder: Path, kept: int) -> list[Path]:
    """Delete the oldest daily backups of ``folder`` beyond ``kept``; files with other names are nobody's business."""
    daily = sorted(path for path in folder.glob("vonggac-*") if DAILY.fullmatch(path.name))
    old = daily[: max(0, len(daily) - kept)]
    for path in old:
        path.unlink()
    return old


def restore(settings: Settings, source: Path, asker: Asker, *, replace: bool = False) -> Restored:
    """Put the backup ``source`` in the place of this installation, which must be empty unless ``replace``.

    With ``replace`` what is there is saved first, secret key included. The caller holds ``supervisor.alone``. Raises InputError
    or UnsafeInput for a file that cannot be used, SchemaNewer, UsageError when something is there, CopyFailed.
    """
    before = database_copies.facts_now()
    is_empty = database_copies.is_empty(before)
    if not is_empty and not replace:
        raise UsageError(
            N_("{database} is not empty; --replace saves what is there, then replaces it"),
            database=installation.describe_database(),
        )
    with _told(settings.data_dir), _workplace(settings.data_dir) as folder:
        manifest = archive.unpack(source, folder)
        database_copies.require_same_kind(manifest["kind"], str(source))
        expected = database_copies.facts_of(manifest)
        installation.check_schema(expected.schema)
        safety = None if is_empty else _save_first(settings, asker)
        database_copies.put_back(folder / archive.DATABASES[manifest["kind"]], expected)
        _put_files(settings, folder)
    is_migrated = _migrate()
    with recording(asker, RESTORED) as record:
        record.note(
            file=str(source), sha256=_digest(source), made_at=manifest["made_at"], audit_seq=expected.audit_seq,
            replaced_audit_seq=before.audit_seq,
        )  # fmt: skip
    return Restored(
        made_at=manifest["made_at"],
        version=manifest["version"],
        n_rows=sum(expected.tables.values()),
        audit_seq=expected.audit_seq,
        has_secrets=archive.SECRET_KEY in manifest["members"],
        is_migrated=is_migrated,
        safety=safety,
    )


def _save_first(settings: Settings, asker: Asker) -> Path:
    folder = installation.backup_folder(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = BEFORE_RESTORE.format(stamp=f"{datetime.now(UTC):{_STAMP}}")
    return make(settings, folder / name, asker, with_secrets=True).path


def _put_files(settings: Settings, folder: Path) -> None:
    """The other members. Anchors that were here stay beside: they may tell of entries that the backup does not hold."""
    places = {
        archive.ANCHORS: anchors.path_of(settings),
        archive.MAPPINGS: settings.data_dir / mappings.FILE_NAME,
        archive.SECRET_KEY: settings.data_dir / "secret.key",
    }
    for name, place in places.items():
        found = folder / name
        if not found.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if name == archive.ANCHORS and place.exists():
            place.replace(place.with_name(f"{place.name}.before-{datetime.now(UTC):{_STAMP}}"))
        new = place.with_name(f".{place.name}.new")
        new.unlink(missing_ok=True)
        new.touch(0o600)  # before anything stands in it
        shutil.copyfile(found, new)  # it may be another disk
        new.replace(place)
    for found in folder.glob(f"{archive.EVIDENCE}*"):
        evidence_store.put(settings, found, found.name.removeprefix(archive.EVIDENCE))


def _migrate() -> bool:
    """Bring a database of an older version up to this one; whether there was anything to do."""
    from django.core.management import call_command

    missing = installation.migrations_of_program() - installation.migrations_of_database()
    if missing:
        call_command("migrate", interactive=False, verbosity=0)
    return bool(missing)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def described(made: Made) -> dict[str, Any]:
    """A backup for a log line."""
    return {"file": str(made.path), "bytes": made.n_bytes, "rows": made.n_rows, "audit_seq": made.audit_seq}
