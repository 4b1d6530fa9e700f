"""The spool: a private folder where files wait that were sent to us, under random names; what nobody knows any more is swept away."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import OperationalError

from vonggac.config import Settings
from vonggac.desk.intel.staging import life as lists
from vonggac.desk.organisations.staging import life as imports
from vonggac.desk.work.queries import log_drops
from vonggac.errors import N_, DeskError, InputError, UnsafeInput

UPLOAD_LIMIT = 50 << 20
"""Bytes of one file."""

_LEFT_ALONE_S = 3600
"""A file in the spool that no record knows is removed after this time: a request may still be writing it."""

KNOWN: tuple[Callable[[], Iterable[str]], ...] = (imports.spools, lists.spools, log_drops.spools)
"""Each gives the names of files in the spool that records of its kind still need: all others are swept away."""

_PIECE = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFull(DeskError):
    """Nothing more can be written."""

    def __init__(self) -> None:
        super().__init__(
            N_("the disk is full: nothing was imported and nothing is half-written; make room, then do it again")
        )


class TooLarge(UnsafeInput):
    """A file over the limit."""

    def __init__(self, limit: int) -> None:
        message = N_("the file is larger than {limit} MB, which is the most that is taken: cut it in parts")
        super().__init__(message, limit=limit >> 20)


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Turn what a full disk causes, in the database or a file, into DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull from error
        raise
    except OperationalError as error:
        text = str(error).casefold()
        if "disk is full" in text or "no space left" in text or "disk i/o error" in text or "could not extend" in text:
            raise DiskFull from error
        raise


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file in the spool: its random name, size and SHA-256."""

    name: str
    size: int
    sha256: str


def spool_folder(settings: Settings) -> Path:
    """The private folder of files that wait, made when it is not there."""
    folder = settings.data_dir / "spool"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


class Spool:
    """A file that is being taken in, piece by piece, under a random name; more than ``limit`` bytes are refused while they come."""

    def __init__(self, settings: Settings, limit: int) -> None:
        self.limit, self.size = limit, 0
        self.name = secrets.token_hex(16)
        self._path = spool_folder(settings) / self.name
        self._digest = hashlib.sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with full_disk_told():
            self._file: BinaryIO = os.fdopen(os.open(self._path, flags, 0o600), "wb")

    def write(self, piece: bytes) -> None:
        """Take one more piece; raises TooLarge or DiskFull, and then nothing is left of the file."""
        self.size += len(piece)
        if self.size > self.limit:
            self.drop()
            raise TooLarge(self.limit)
        self._digest.update(piece)
        try:
            with full_disk_told():
                self._file.write(piece)
        except (OSError, DiskFull):
            self.drop()
            raise

    def done(self) -> Spooled:
        """It is whole, and on the disk."""
        try:
            with full_disk_told():
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
        except (OSError, DiskFull):
            self.drop()
            raise
        return Spooled(self.name, self.size, self._digest.hexdigest())

    def drop(self) -> None:
        """Nothing is left of it."""
        self._path.unlink(missing_ok=True)
        try:
            self._file.close()
        except OSError as error:  # what waited in memory cannot be written either: it is not wanted
            if error.errno not in _FULL:
                raise


def drop(settings: Settings, spooled: Spooled) -> None:
    """Remove a file from the spool."""
    (spool_folder(settings) / spooled.name).unlink(missing_ok=True)


def spool_file(settings: Settings, path: Path, limit: int) -> Spooled:
    """Take a copy of ``path`` in; raises InputError when it cannot be read."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(N_("this is not a file"), where=str(path))
            spool = Spool(settings, limit)
            while piece := file.read(_PIECE):
                spool.write(piece)
    except OSError as error:
        message = N_("could not be opened: {reason}")
        raise InputError(message, where=str(path), reason=error.strerror or str(error)) from None
    return spool.done()


def read(settings: Settings, name: str, sha256: str) -> bytes:
    """A file of the spool. Raises InputError when it is gone or is not the one that was uploaded."""
    try:
        data = (spool_folder(settings) / name).read_bytes() if name else b""
    except FileNotFoundError:
        data = b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError(N_("the uploaded file is gone or was changed: upload it again"))
    return data


def sweep(settings: Settings) -> None:
    """Remove what no record needs and was not written just now."""
    needed = frozenset(name for names in KNOWN for name in names())
    limit = time.time() - _LEFT_ALONE_S
    for path in spool_folder(settings).iterdir():
        try:
            if path.name not in needed and path.lstat().st_mtime < limit:
                path.unlink()
        except FileNotFoundError:
            continue
