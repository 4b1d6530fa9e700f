"""Housekeeping: what opens nothing any more is not kept for ever. The audit record still tells of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone

from vonggac.desk.accounts import lockouts
from vonggac.desk.accounts.authority import EDIT
from vonggac.desk.accounts.models import ApiToken, Invitation, PasswordLink
from vonggac.desk.audit.actions import recording
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require

KEEP_LINKS = timedelta(days=30)
KEEP_ENDED = timedelta(days=365)
"""How long invitations and API tokens are kept after their end."""
AT_ONCE = 5000


def clear_old(asker: Asker) -> dict[str, int]:
    """Delete links, invitations and API tokens that ended long ago, counts of wrong tries, and sessions that are gone from the
    lists. Returns how many of each kind had been somebody's; without any no entry is made.
    """
    require(asker, EDIT, None)
    lockouts.sweep()
    now = timezone.now()
    alive = Session.objects.values("session_key")
    UserSession.objects.filter(last_seen_at__lt=now - timedelta(days=1)).exclude(session_key__in=alive).delete()
    long_ago = now - KEEP_ENDED
    old: dict[str, QuerySet[Any]] = {
        "links": PasswordLink.objects.filter(expires_at__lt=now - KEEP_LINKS),
        "invitations": Invitation.objects.filter(
            Q(accepted_at__lt=long_ago) | Q(revoked_at__lt=long_ago) | Q(accepted_at=None, expires_at__lt=long_ago)
        ),
        "tokens": ApiToken.objects.filter(Q(expires_at__lt=long_ago) | Q(revoked_at__lt=long_ago)),
    }
    if not any(rows.exists() for rows in old.values()):
        return {}
    with recording(asker, "accounts.clear_old") as record:
        counts = {name: _delete(rows) for name, rows in old.items()}
        record.note(**counts)
    return counts


def _delete(rows: QuerySet[Any]) -> int:
    """Up to AT_ONCE of ``rows``; the next round takes the next."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    rows.model.objects.filter(pk__in=ids).delete()
    return len(ids)
