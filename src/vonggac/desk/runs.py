"""Who works on a record that takes long: one at a time, known by a random token, taken for dead when it says nothing for a while.

A record that is worked on has the columns ``state``, ``run`` (the token, empty when nobody does) and ``beat_at``.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from vonggac.errors import N_, DeskError

STALE = timedelta(seconds=120)
"""After this long without a beat whoever worked on a record is taken for dead."""


class Superseded(DeskError):
    """Somebody else took the record over, or it was abandoned."""

    def __init__(self) -> None:
        super().__init__(N_("somebody else works on this import now, or it was abandoned"))


def free() -> Q:
    """The condition that nobody works on a record."""
    return Q(run="") | Q(beat_at__isnull=True) | Q(beat_at__lt=timezone.now() - STALE)


def claim(model: Any, pk: int, *states: str) -> str | None:
    """Take the record to work on it, if it is in one of ``states`` and nobody else does; gives the token of this run."""
    run = secrets.token_hex(16)
    n_taken = model.objects.filter(free(), pk=pk, state__in=states).update(run=run, beat_at=timezone.now())
    return run if n_taken else None


def release(model: Any, pk: int, run: str) -> None:
    """Whoever comes next may take it at once."""
    model.objects.filter(pk=pk, run=run).update(run="", beat_at=None)


def beat(model: Any, pk: int, run: str, **values: Any) -> None:
    """Say that this run is alive, and how far it is (``values``); raises Superseded when it is no longer the one."""
    if not model.objects.filter(pk=pk, run=run).update(beat_at=timezone.now(), **values):
        raise Superseded
