"""Opening what the user names: files, folders, globs, standard input, and what archives among them hold."""

from __future__ import annotations

import glob
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from vonggac.errors import N_, InputError, UnsafeInput, VonggacError
from vonggac.sources.containers import DEFAULT_LIMITS, READ_BYTES, Limits, Opened, members, shown
from vonggac.sources.source import Reader

STDIN = "-"
SPOOL_BYTES = 8 << 30
"""A zip that cannot seek (standard input, or inside of an archive) is copied to a temporary file, up to this size."""

_SPOOL_MEMORY = 8 << 20


@dataclass(frozen=True, slots=True)
class _Named:
    """One file to open, or why it cannot be. ``is_listed``: the user wrote its name, so it may be a pipe too."""

    name: str
    fault: InputError | None = None
    is_listed: bool = True


class Follow(Protocol):
    """Somebody who knows which files need not be read again."""

    def is_unchanged(self, found: os.stat_result) -> bool:
        """Whether the file is as it was when it was read whole."""
        ...

    def finished(self, name: str, found: os.stat_result) -> None:
        """The file ``name``, which was ``found`` when it was opened, has been read to its end."""
        ...


class Inputs:
    """All inputs that ``paths`` name: display name and stream of each, or why there is none; each is read before the next.

    A folder stands for all files below it, in the order of their names; a file that is reached twice is read once. ``-`` is
    standard input. Nothing is raised for an input that cannot be read. Iterate once. ``follow`` knows files that need not be read
    again.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        stdin: BinaryIO | None = None,
        limits: Limits = DEFAULT_LIMITS,
        follow: Follow | None = None,
    ) -> None:
        self._paths = list(paths)
        self._stdin = stdin
        self._limits = limits
        self._follow = follow
        self._files: list[_Named] | None = None
        self._n_before = 0  # bytes of the files that were read
        self._current: _Watched | None = None

    def __iter__(self) -> Iterator[Opened]:
        for named in self._named():
            if named.fault is not None:
                yield shown(named.name), named.fault
            elif named.name == STDIN:
                yield from self._standard_input()
            else:
                yield from self._file(named)
            if self._current is not None:
                self._n_before += self._current.size
                self._current = None

    def total_bytes(self) -> int | None:
        """The size of all inputs as they lie there; None when it is not known."""
        total = 0
        for named in self._named():
            if named.name == STDIN:
                return None
            if named.fault is None:
                try:
                    found = Path(named.name).stat()
                except OSError:
                    continue
                if not stat.S_ISREG(found.st_mode):
                    return None
                total += found.st_size
        return total

    def position(self) -> int:
        """How many of :meth:`total_bytes` have been read."""
        return self._n_before + (0 if self._current is None else self._current.position())

    def _named(self) -> list[_Named]:
        if self._files is None:
            seen: set[tuple[int, int]] = set()
            self._files = [named for path in self._paths for named in _expand(path, seen)]
        return self._files

    def _standard_input(self) -> Iterator[Opened]:
        stream = self._stdin if self._stdin is not None else sys.stdin.buffer
        yield from members(stream, "<stdin>", limits=self._limits, spool=spool)

    def _file(self, named: _Named) -> Iterator[Opened]:
        name = shown(named.name)
        try:
            with _open(named) as file:
                self._current = _Watched(file)
                found = os.fstat(file.fileno())
                follow = self._follow if stat.S_ISREG(found.st_mode) else None
                if follow is not None and follow.is_unchanged(found):
                    return
                seekable = file if file.seekable() else None
                yield from members(self._current, name, limits=self._limits, spool=spool, seekable=seekable)
                if follow is not None:
                    follow.finished(name, found)
        except OSError as error:
            yield name, _unreadable(name, error)
        except VonggacError as error:
            yield name, error


class _Watched:
    """A file whose reading position may be asked for at any time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._n_read = 0
        self._is_seekable = file.seekable()
        self.size = os.fstat(file.fileno()).st_size

    def read(self, size: int = -1, /) -> bytes:
        """The next at most ``size`` bytes."""
        chunk = self._file.read(size)
        self._n_read += len(chunk)
        return chunk

    def position(self) -> int:
        """How far it was read."""
        return min(self._file.tell() if self._is_seekable else self._n_read, self.size)


def spool(stream: Reader, limit: int = SPOOL_BYTES) -> IO[bytes]:
    """``stream`` as a temporary file that vanishes with its closing; raises UnsafeInput beyond ``limit`` bytes."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL_MEMORY)  # noqa: SIM115  # the caller closes it
    n_bytes = 0
    try:
        while chunk := stream.read(READ_BYTES):
            n_bytes += len(chunk)
            if n_bytes > limit:
                raise _too_long(limit)  # noqa: TRY301  # the file is closed below
            file.write(chunk)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _too_long(limit: int) -> UnsafeInput:
    return UnsafeInput(N_("too long to be read here: at most {limit:,} bytes"), limit=limit)


def _unreadable(name: str, error: OSError) -> InputError:
    return InputError(N_("could not be opened or read: {reason}"), where=name, reason=error.strerror or str(error))


def _open(named: _Named) -> IO[bytes]:
    """The file; raises OSError, or InputError when it is none. Never waits for the other end of a pipe in a folder."""
    flags = 0 if named.is_listed else getattr(os, "O_NONBLOCK", 0)
    file = open(named.name, "rb", opener=lambda path, basic: os.open(path, basic | flags))  # noqa: SIM115  # Path knows no opener
    if not named.is_listed and not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise InputError(N_("a device, a socket or a pipe, not a file"), where=shown(named.name))
    return file


def _expand(path: str, seen: set[tuple[int, int]]) -> Iterator[_Named]:
    """The files that ``path`` stands for, without those in ``seen``."""
    if path == STDIN:
        yield _Named(path)
        return
    if os.path.lexists(path):
        yield from _walk(path, seen, is_listed=True)
        return
    found = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []  # noqa: PTH207  # Path.glob: no absolute ones
    for one in found:
        yield from _walk(one, seen, is_listed=True)
    if not found:
        yield _Named(path, InputError(N_("no such file or folder"), where=shown(path)))


def _walk(path: str, seen: set[tuple[int, int]], *, is_listed: bool) -> Iterator[_Named]:
    """``path``, or the files below it in the order of their names; ``seen`` also ends loops of links."""
    pending = [(path, is_listed)]
    while pending:
        here, is_named = pending.pop()
        try:
            found = Path(here).stat()
            if (identity := (found.st_dev, found.st_ino)) in seen:
                continue
            is_folder = stat.S_ISDIR(found.st_mode)
            below = sorted((str(path) for path in Path(here).iterdir()), reverse=True) if is_folder else []
        except (OSError, ValueError) as error:
            reason = error if isinstance(error, OSError) else OSError(str(error))
            yield _Named(here, _unreadable(shown(here), reason))
            continue
        if is_folder or stat.S_ISREG(found.st_mode):
            seen.add(identity)
        if is_folder:
            pending += [(name, False) for name in below]
        else:
            yield _Named(here, is_listed=is_named)
