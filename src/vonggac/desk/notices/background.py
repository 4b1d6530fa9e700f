"""Background work as others see it: whether a worker lives, what it does, when each chore ran and is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from vonggac.desk.notices.models import Chore

HEART = "worker"
FRESH = timedelta(seconds=60)
"""A worker beats far more often than this, in the middle of a long chore too."""
AGAIN = timedelta(minutes=5)
"""When a chore that failed is tried again, if it is not due earlier."""
LOST = timedelta(hours=1)
"""When a chore is tried again whose worker never said how it ended (it was killed, the machine went down)."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """``beat_at``: when a worker last said that it lives (None: never). ``doing``: the chore that it had in hand then."""

    is_alive: bool
    beat_at: datetime | None
    doing: str
    faults: tuple[tuple[str, str], ...]
    """Chores whose last run failed, each with why."""


def worker_state(now: datetime | None = None) -> WorkerState:
    """Whether background work is done. For those who run the installation: no scope."""
    now = now or timezone.now()
    rows = {chore.name: chore for chore in Chore.objects.all()}
    heart = rows.pop(HEART, None)
    faults = tuple((chore.name, chore.fault) for chore in rows.values() if chore.fault)
    if heart is None or heart.started_at is None:
        return WorkerState(False, None, "", faults)
    return WorkerState(now - heart.started_at <= FRESH, heart.started_at, heart.doing, faults)


def beat(doing: str = "") -> None:
    """Say that this worker lives, and what it does."""
    now = timezone.now()
    Chore.objects.update_or_create(name=HEART, defaults={"due_at": now, "started_at": now, "doing": doing})


def stopped() -> None:
    """Say that the worker ended as it was told to: nobody need wait for its heart."""
    Chore.objects.filter(name=HEART).update(started_at=None, ended_at=timezone.now(), doing="")


def take(name: str, every: timedelta) -> bool:
    """Whether the chore is due and now this worker's: whoever else asks is told no until it is due again."""
    now = timezone.now()
    Chore.objects.bulk_create([Chore(name=name, due_at=now)], ignore_conflicts=True)
    # Due later than it ever could be: the clock was set back since.
    due = Chore.objects.filter(Q(due_at__lte=now) | Q(due_at__gt=now + every), name=name)
    return due.update(due_at=now + min(every, LOST), started_at=now, ended_at=None) == 1


def ended(name: str, every: timedelta, fault: str = "") -> None:
    """The chore is over and due again ``every`` after its start; after a fault soon."""
    now = timezone.now()
    changes = {"due_at": now + min(every, AGAIN) if fault else Coalesce(F("started_at") + every, now + every)}
    Chore.objects.update_or_create(
        name=name,
        defaults={"ended_at": now, "fault": fault[:250], **changes},
        create_defaults={
            "due_at": now + (min(every, AGAIN) if fault else every),
            "ended_at": now,
            "fault": fault[:250],
        },
    )
