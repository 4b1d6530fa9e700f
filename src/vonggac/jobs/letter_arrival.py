"""Letters that come in: a file goes from the spool into the store, is read by a child with limits, and a person confirms it.

``python -m vonggac.jobs.letter_arrival FILE NAME`` is that child: it prints what it read, or why it could not, as one JSON object. What
a hostile file does to the libraries, it does to the child only.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from vonggac.errors import N_, InputError, VonggacError

if TYPE_CHECKING:
    from vonggac.config import Settings
    from vonggac.desk.directives.arrivals import ArrivalValues
    from vonggac.desk.directives.models import Letter, LetterReading
    from vonggac.desk.scope.asker import Asker
    from vonggac.jobs.spool import Spooled

WALL_S: Final = 15 * 60
"""A scan of twenty pages takes some minutes."""
_CPU_S: Final = 120
"""Of the child itself; the recogniser has limits of its own, page by page."""
_MEMORY: Final = 2 << 30
_MOST_TOLD: Final = 16 << 20
_BEAT_S: Final = 10.0
_LOOK_S: Final = 0.2
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL keeps in no text."""


# ------------------------------------------------------------------------------------------------------------ taking in


def take(settings: Settings, asker: Asker, office_id: int, spooled: Spooled, file_name: str) -> LetterReading | Letter:
    """A file from the spool becomes a letter to be read, or leads to the one that it is already; afterwards it is not in the spool.

    Raises NotThere, NotAllowed, InvalidValues, DiskFull, and of a file that is not taken InputError with the reason.
    """
    from vonggac.desk.directives.actions.arriving import file_reading
    from vonggac.desk.directives.actions.finding import require_office
    from vonggac.desk.work.evidence import kind_of
    from vonggac.jobs.evidence_store import held, put
    from vonggac.jobs.spool import drop, full_disk_told, spool_folder

    source = spool_folder(settings) / spooled.name
    try:
        require_office(asker, "letters.draft", office_id)
        kind = kind_of(source.read_bytes())
        with full_disk_told(), held(settings):
            put(settings, source, spooled.sha256)
            return file_reading(
                asker, office_id, name=file_name, kind=kind.name, size=spooled.size, sha256=spooled.sha256
            )
    finally:
        drop(settings, spooled)


def receive(
    settings: Settings, asker: Asker, reading_id: int, version: int, values: ArrivalValues, *, confirms: bool = False
) -> Letter:
    """As ``actions.arriving.receive``; the signatures of a PDF are looked at first, and what is said of them is kept with the file."""
    from vonggac.desk.directives.actions import arriving
    from vonggac.desk.directives.queries.arriving import reading

    row = reading(asker, reading_id)
    verdict = _verdict(settings, row) if row.kind == "pdf" and row.version == version else None
    return arriving.receive(asker, reading_id, version, values, confirms=confirms, verdict=verdict)


def _verdict(settings: Settings, row: LetterReading) -> dict[str, Any] | None:
    from vonggac.jobs.evidence_store import path_of
    from vonggac.jobs.signed_pdf import look_at, roots_of

    path = path_of(settings, row.sha256)
    return look_at(path, roots_of(settings), at=datetime.now(UTC)) if path.is_file() else None


# -------------------------------------------------------------------------------------------------------------- reading


def run_pending(settings: Settings) -> int:
    """Read one file that waits, so that other chores get their turn; gives how many. For the worker's loop."""
    from vonggac.desk.directives import readings

    for row in readings.pending():
        run = readings.claim(row)
        if run is not None:
            _read(settings, row, run)
            return 1
    return 0


def _read(settings: Settings, row: LetterReading, run: str) -> None:
    from vonggac.desk.directives import readings
    from vonggac.desk.runs import Superseded

    try:
        found = read_apart(_stored(settings, row), row.name, lambda: readings.beat(row, run))
    except Superseded:
        return
    except VonggacError as error:
        readings.refuse(row, run, error)
    except BaseException:
        readings.release(row, run)
        raise
    else:
        readings.settle(row, run, found)


def _stored(settings: Settings, row: LetterReading) -> Path:
    from vonggac.jobs.evidence_store import Missing, digest, path_of

    path = path_of(settings, row.sha256)
    if not path.is_file() or digest(path) != row.sha256:
        raise Missing(N_("the file is no longer in the store: it has to be brought back from a backup"))
    return path


def read_apart(path: Path, name: str, beat: Callable[[], object], *, seconds: float = WALL_S) -> dict[str, Any]:
    """What the letter in ``path`` says, as plain values, read in a child; ``beat`` is called now and then. Raises InputError."""
    command = [sys.executable, "-m", "vonggac.jobs.letter_arrival", str(path), name]
    with tempfile.TemporaryFile() as out:
        # A session of its own: when its time is over, the recognisers that it started end with it.
        child = subprocess.Popen(  # noqa: S603  # our own program, no shell
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            _wait(child, beat, seconds)
        finally:
            _end(child)
        size = out.seek(0, os.SEEK_END)
        out.seek(0)
        told = _told(out.read(_MOST_TOLD)) if child.returncode == 0 and size <= _MOST_TOLD else None
    if told is None:
        raise InputError(
            N_("reading it took too long or too much memory: ask for the letter as DOCX, or enter it by hand")
        )
    if "message" in told:
        raise InputError(told["message"], **told["params"])
    return cast("dict[str, Any]", told["found"])


def _wait(child: subprocess.Popen[bytes], beat: Callable[[], object], seconds: float) -> None:
    began = heard = time.monotonic()
    while child.poll() is None:
        now = time.monotonic()
        if now - began > seconds:
            return
        if now - heard > _BEAT_S:
            beat()
            heard = now
        time.sleep(_LOOK_S)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _told(data: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(data)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


# ---------------------------------------------------------------------------------------------------------------- child


def plain(value: Any) -> Any:
    """``value`` of a ReadLetter as JSON has it: dates and times as ISO texts, nothing that a database does not keep."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    return value


def _main(path: Path, name: str) -> int:
    from vonggac.documents.letters import MAX_BYTES
    from vonggac.jobs.letter_scans import read_letter_file

    for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _CPU_S), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        told = {"found": plain(read_letter_file(data, name))}
    except VonggacError as error:
        told = {"message": error.message, "params": plain(dict(error.params))}
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), sys.argv[2]))
