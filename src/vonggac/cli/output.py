"""Where results go: standard output, or a file that appears only when it is whole."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vonggac.errors import N_, VonggacError

Write = Callable[[bytes], object]


class OutputFailed(VonggacError):
    """The results could not be written (exit status 1)."""


@contextmanager
def output(path: str | None) -> Iterator[Write]:
    """A function that writes bytes to ``path``, or to standard output for None or ``-``.

    A file is written under another name beside it and put in its place at the end, in one step, so that nobody sees half
    of it; when the body raises, what was there before stays. Raises OutputFailed.
    """
    if path is None or path == "-":
        yield _standard_output()
        return
    target = Path(path)
    if target.exists() and not target.is_file():  # a device or a pipe is written to, never replaced
        with _faults(path), target.open("wb") as file:
            yield _guarded(file.write, path)
        return
    with _faults(path):
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield _guarded(file.write, path)
            with _faults(path):
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o666 & ~_umask())
        with _faults(path):
            Path(name).replace(target)
    except BaseException:
        with _faults(path):
            Path(name).unlink(missing_ok=True)
        raise


def _standard_output() -> Write:
    stream = sys.stdout.buffer

    def write(data: bytes) -> None:
        try:
            stream.write(data)
            stream.flush()
        except BrokenPipeError:
            raise  # the reader has seen enough, which is no fault
        except OSError as error:
            raise _failure(error, "") from None

    return write


def _guarded(write: Write, path: str) -> Write:
    def guarded(data: bytes) -> None:
        with _faults(path):
            write(data)

    return guarded


@contextmanager
def _faults(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failure(error, path) from None


def _failure(error: OSError, path: str) -> OutputFailed:
    return OutputFailed(
        N_("the results could not be written: {reason}"), where=path, reason=error.strerror or str(error)
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
