"""The life of a file that is being read: claimed by one worker at a time, read or not; a killed one leaves it to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import F

from vonggac.desk import runs
from vonggac.desk.directives.models import LetterReading
from vonggac.errors import N_, VonggacError

WAITING: Final = "waiting"
READING: Final = "reading"
READ: Final = "read"
FAILED: Final = "failed"
KEPT: Final = "kept"
DROPPED: Final = "dropped"
STATES: Final = {
    WAITING: N_("Waits to be read"),
    READING: N_("Being read"),
    READ: N_("Read: to be confirmed"),
    FAILED: N_("Could not be read"),
    KEPT: N_("In the register"),
    DROPPED: N_("Thrown away"),
}
"""State of a reading to its title."""
OPEN: Final = (WAITING, READING, READ, FAILED)
"""States in which a person can still make a letter of it."""


def pending() -> list[LetterReading]:
    """What waits to be read, and what nobody is reading any more, the oldest first."""
    rows = LetterReading.objects.filter(runs.free(), state__in=[WAITING, READING])
    return list(rows.order_by("pk")[:20])


def claim(row: LetterReading) -> str | None:
    """Take a reading to work on it; gives the token of this run, None where somebody else was quicker."""
    run = runs.claim(LetterReading, row.pk, WAITING, READING)
    if run is not None:
        LetterReading.objects.filter(pk=row.pk, run=run).update(state=READING)
    return run


def beat(row: LetterReading, run: str) -> None:
    """Whoever reads it is alive; raises Superseded when it is no longer theirs."""
    runs.beat(LetterReading, row.pk, run)


def release(row: LetterReading, run: str) -> None:
    """It waits again."""
    LetterReading.objects.filter(pk=row.pk, run=run, state=READING).update(state=WAITING, run="", beat_at=None)


def settle(row: LetterReading, run: str, found: Mapping[str, Any]) -> None:
    """It is read: this is what it says."""
    _end(row, run, state=READ, found=dict(found), fault={})


def refuse(row: LetterReading, run: str, error: VonggacError) -> None:
    """It could not be read, because."""
    params = {name: value if isinstance(value, int) else str(value) for name, value in error.params.items()}
    _end(row, run, state=FAILED, fault={"message": error.message, "params": params})


def _end(row: LetterReading, run: str, **values: Any) -> None:
    # No entry: nobody decided anything.
    mine = LetterReading.objects.filter(pk=row.pk, run=run, state=READING)
    mine.update(run="", beat_at=None, version=F("version") + 1, **values)
