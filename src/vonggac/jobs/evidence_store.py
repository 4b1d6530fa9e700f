"""The store of files that prove something: ``data_dir/evidence/<2 hex>/<sha256>``, private, each content once.

A file is on the disk before the row that names it commits. What no row names is swept after a while; whoever adds or saves holds
the lock shared, so that the sweep takes nothing away that is about to be named.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from vonggac.config import Settings
from vonggac.desk.directives.models import LetterFile
from vonggac.desk.directives.queries import files as letter_files
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.evidence import add_evidence, require_room
from vonggac.desk.work.evidence import BY_NAME, MOST_BYTES, kind_of
from vonggac.desk.work.models import Evidence
from vonggac.desk.work.queries import evidence
from vonggac.errors import N_, InputError
from vonggac.jobs.spool import Spool, Spooled, drop, full_disk_told, spool_folder

UPLOAD_LIMIT = MOST_BYTES
PREVIEW = ".jpg"
CONTENT = re.compile(r"[0-9a-f]{64}")
_CHILD_S = 30
_LEFT_ALONE_S = 3600
"""A file that no row names is swept after this time."""


class Missing(InputError):
    """A file of the store is gone or is not what it was."""


def folder_of(settings: Settings) -> Path:
    """The store, made when it is not there."""
    folder = settings.data_dir / "evidence"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def path_of(settings: Settings, sha256: str) -> Path:
    """Where a content is, or would be."""
    return settings.data_dir / "evidence" / sha256[:2] / sha256


@contextmanager
def held(settings: Settings, *, alone: bool = False) -> Iterator[bool]:
    """The lock of the store, shared, or ``alone`` if nobody else has it; yields whether it was got."""
    handle = os.open(folder_of(settings) / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def take(settings: Settings, asker: Asker, task_id: int, spooled: Spooled, file_name: str) -> Evidence:
    """A file from the spool becomes evidence of a Task; whatever happens, it is not in the spool afterwards.

    Raises NotThere, NotAllowed, InvalidValues, DiskFull, and of a file that is not taken InputError with the reason.
    """
    try:
        require_room(asker, task_id, spooled.size)
        kind = kind_of((spool_folder(settings) / spooled.name).read_bytes())
        with full_disk_told(), held(settings):
            put(settings, spool_folder(settings) / spooled.name, spooled.sha256)
            return add_evidence(
                asker, task_id, name=file_name, kind=kind.name, size=spooled.size, sha256=spooled.sha256
            )
    finally:
        drop(settings, spooled)


def put(settings: Settings, source: Path, sha256: str) -> None:
    """Move a file of the same disk, which is written through already, under its content's name."""
    place = path_of(settings, sha256)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.utime(source)  # the sweep goes by this time
    source.replace(place)
    sync_folder(place.parent)
    sync_folder(place.parent.parent)


def keep(settings: Settings, data: bytes) -> str:
    """``data`` in the store, written through; gives its SHA-256. Call it with the lock held until the row that names it has committed."""
    new = Spool(settings, max(len(data), 1))
    new.write(data)
    spooled = new.done()
    put(settings, spool_folder(settings) / spooled.name, spooled.sha256)
    return spooled.sha256


def sync_folder(folder: Path) -> None:
    """Names in ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def opened(settings: Settings, row: Evidence | LetterFile) -> BinaryIO:
    """The file of a row, to be read; raises Missing when it is gone or of another length."""
    try:
        file = os.fdopen(os.open(path_of(settings, row.sha256), os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except OSError:
        file = None
    if file is None or os.fstat(file.fileno()).st_size != row.size:
        if file is not None:
            file.close()
        raise Missing(N_("the file is no longer in the store: it has to be brought back from a backup"), where=row.name)
    return file


def preview(settings: Settings, row: Evidence) -> Path | None:
    """A small JPEG of a photo, made once, of its dots alone; None when there is none to show."""
    if not BY_NAME[row.kind].is_image:
        return None
    opened(settings, row).close()
    source = path_of(settings, row.sha256)
    place = source.with_suffix(PREVIEW)
    if place.is_file():
        return place
    new = source.with_suffix(f".{secrets.token_hex(8)}{PREVIEW}")
    command = [sys.executable, "-m", "vonggac.jobs.evidence_preview", str(source), str(new), row.kind]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_CHILD_S, check=False)  # noqa: S603  # our own program, no shell
        if done.returncode:
            return None
        new.chmod(0o600)
        new.replace(place)
    except subprocess.TimeoutExpired:
        return None
    finally:
        new.unlink(missing_ok=True)
    return place


def contents(settings: Settings) -> Iterator[tuple[str, Path]]:
    """SHA-256 and path of every file in the store."""
    for folder in sorted(folder_of(settings).iterdir()):
        if folder.is_dir() and not folder.is_symlink():
            yield from ((path.name, path) for path in sorted(folder.iterdir()) if CONTENT.fullmatch(path.name))


def sweep(settings: Settings) -> int:
    """Remove what no row names any more; gives how many files. Does nothing while somebody adds or saves."""
    limit, n = time.time() - _LEFT_ALONE_S, 0
    with held(settings, alone=True) as got:
        old = [(name, path) for name, path in contents(settings) if path.lstat().st_mtime < limit] if got else []
        for start in range(0, len(old), 500):
            some = dict(old[start : start + 500])
            for name in some.keys() - evidence.in_use(some) - letter_files.in_use(some):
                some[name].unlink(missing_ok=True)
                some[name].with_suffix(PREVIEW).unlink(missing_ok=True)
                n += 1
    return n


def needed() -> Iterator[tuple[str, int]]:
    """SHA-256 and size of every content that a row names, of evidence and of letters, each once."""
    seen: set[str] = set()
    for sha256, size in chain(evidence.all_contents(), letter_files.all_contents()):
        if sha256 not in seen:
            seen.add(sha256)
            yield sha256, size


def faults(settings: Settings, most_bytes: int) -> Iterator[tuple[str, str]]:
    """(SHA-256, ``missing`` or ``changed``) of what rows name and the store does not hold as it was.

    Lengths of all are looked at; of the newest files, ``most_bytes`` together, every byte.
    """
    there = []
    for sha256, size in needed():
        try:
            found = path_of(settings, sha256).lstat()
        except FileNotFoundError:
            yield sha256, "missing"
            continue
        if found.st_size != size:
            yield sha256, "changed"
        else:
            there.append((found.st_mtime, size, sha256))
    for _time, size, sha256 in sorted(there, reverse=True):
        most_bytes -= size
        if most_bytes < 0:
            return
        if digest(path_of(settings, sha256)) != sha256:
            yield sha256, "changed"


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
