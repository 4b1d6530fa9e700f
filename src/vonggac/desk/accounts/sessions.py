"""Where somebody is signed in: the sessions of Django, with device and address as allauth keeps them."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

UNKNOWN = "0.0.0.0"  # noqa: S104  # stands for an address that is not known


def end(user_id: int, *, but: str = "", only: int | None = None) -> int:
    """End the sessions of a user: all, all ``but`` one (its key), or ``only`` one (the id of its row). Returns how many."""
    rows = UserSession.objects.filter(user_id=user_id).exclude(session_key=but or None)
    if only is not None:
        rows = rows.filter(pk=only)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


def seen(session_key: str, address: str, agent: str) -> None:
    """A session is in use, from there."""
    UserSession.objects.filter(session_key=session_key).update(
        last_seen_at=timezone.now(),
        ip=address or UNKNOWN,
        user_agent=agent[:200],
    )


def forget(session_key: str) -> None:
    """A session has ended by itself: it leaves the list."""
    UserSession.objects.filter(session_key=session_key).delete()


def living(user_id: int, idle_since: datetime) -> list[UserSession]:
    """The sessions of a user that were seen after ``idle_since``, the latest first."""
    rows = list(UserSession.objects.filter(user_id=user_id, last_seen_at__gt=idle_since).order_by("-last_seen_at"))
    there = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    return [row for row in rows if row.session_key in there]
