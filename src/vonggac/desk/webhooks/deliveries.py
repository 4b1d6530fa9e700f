"""What the worker does with webhooks: read the audit record, make deliveries of what owners may see, lease one, say what became of it.

A delivery is in the hand of one worker at a time; when that dies, the lease ends and another tries again. So everything arrives at least
once, and ``webhook-id`` tells a repeat. What is told: that something happened, to what kind of thing, where. Never who, nor what it says.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.audit.models import Entry
from vonggac.desk.audit.queries import last_seq
from vonggac.desk.audit.titles import permission_to_see
from vonggac.desk.scope.asker import Asker, Everywhere, Origin
from vonggac.desk.scope.rule import above
from vonggac.desk.webhooks.models import FAILED, SENT, WAITING, Cursor, Delivery, Subscription

AT_ONCE: Final = 500
"""Audit entries of one transaction."""
LEASE: Final = timedelta(minutes=2)
GIVEN_UP_AFTER: Final = timedelta(days=1)
DELAYS_S: Final = (5, 30, 120, 600, 1800, 3600, 7200)
"""Seconds to the next try after the first, second, … one; the last from then on."""
KEPT: Final = timedelta(days=30)


def collect() -> int:
    """Make deliveries of the next entries of the audit record; gives how many entries were read. Called until it gives fewer than AT_ONCE."""
    subscriptions = list(Subscription.objects.filter(is_active=True).select_related("user"))
    if not subscriptions or last_seq() <= _read_to():
        return 0
    with transaction.atomic():
        Cursor.objects.get_or_create(pk=1, defaults={"seq": 0})
        cursor = Cursor.objects.select_for_update().get(pk=1)
        begin = max(cursor.seq, min(row.after_seq for row in subscriptions))
        entries = list(Entry.objects.filter(seq__gt=begin).order_by("seq")[:AT_ONCE])
        if not entries:
            return 0
        reached = above({entry.organisation_id for entry in entries if entry.organisation_id is not None})
        made = [one for row in subscriptions for one in _of(row, entries, reached)]
        Delivery.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
        Cursor.objects.filter(pk=1).update(seq=entries[-1].seq)
    return len(entries)


def _read_to() -> int:
    return Cursor.objects.filter(pk=1).values_list("seq", flat=True).first() or 0


def _of(row: Subscription, entries: Sequence[Entry], reached: dict[int, frozenset[int]]) -> list[Delivery]:
    owner: User | None = row.user
    if owner is None:
        return []
    asker = asker_of(owner, Origin("job"))
    wanted = set(row.events)
    found = []
    for entry in entries:
        is_asked = entry.action in wanted or entry.action.partition(".")[0] in wanted
        if is_asked and entry.seq > row.after_seq and _may_know(asker, row, entry, reached):
            found.append(_delivery(row, entry))
    return found


def _may_know(asker: Asker, row: Subscription, entry: Entry, reached: dict[int, frozenset[int]]) -> bool:
    """Whether the owner sees it, and it is of the webhook's part: the same rule as scope.rule, over ancestors that were read once."""
    where = reached.get(entry.organisation_id, frozenset()) if entry.organisation_id is not None else frozenset()
    if row.organisation_id is not None and row.organisation_id not in where:
        return False
    roots = asker.roots(permission_to_see(entry.action, entry.object_type))
    return isinstance(roots, Everywhere) or not roots.isdisjoint(where)


def _delivery(row: Subscription, entry: Entry) -> Delivery:
    data: dict[str, Any] = {
        "seq": entry.seq,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "organisation_id": entry.organisation_id,
        "n_objects": entry.n_objects,
    }
    body = {"type": entry.action, "timestamp": entry.at.isoformat(), "data": data}
    return Delivery(
        subscription=row,
        seq=entry.seq,
        key=f"msg_{row.pk}_{entry.seq}",
        event=entry.action,
        body=orjson.dumps(body).decode(),
    )


def claim() -> Delivery | None:
    """One that is due, leased to the caller; None when nothing is."""
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Delivery.objects.filter(free, state=WAITING, due_at__lte=now, subscription__is_active=True)
    for pk in list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:10]):
        token = secrets.token_hex(16)
        if Delivery.objects.filter(free, pk=pk, state=WAITING).update(lease=token, leased_until=now + LEASE):
            return Delivery.objects.select_related("subscription").get(pk=pk)
    return None


def arrived(delivery: Delivery, status: int) -> None:
    """The other side took it."""
    now = timezone.now()
    n = _held(delivery).update(
        state=SENT,
        ended_at=now,
        status=status,
        n_attempts=F("n_attempts") + 1,
        lease="",
        leased_until=None,
        fault="",
        fault_params={},
    )
    if n:
        Subscription.objects.filter(pk=delivery.subscription_id, failing_since__isnull=False).update(failing_since=None)


def missed(delivery: Delivery, fault: str, status: int | None = None, **params: Any) -> None:
    """It did not arrive: tried again later, for a day; then it has failed. ``fault``: an English text of the catalogue.

    Unless the other side said what is wrong with this very message (4xx), all others to the same address wait with it: one is tried for all.
    """
    now = timezone.now()
    next_at = now + _delay(delivery.n_attempts)
    is_over = next_at > delivery.since + GIVEN_UP_AFTER
    changes: dict[str, Any] = {"state": FAILED, "ended_at": now} if is_over else {"due_at": next_at}
    n = _held(delivery).update(
        **changes,
        status=status,
        n_attempts=F("n_attempts") + 1,
        lease="",
        leased_until=None,
        fault=fault[:250],
        fault_params=params,
    )
    if not n:
        return
    Subscription.objects.filter(pk=delivery.subscription_id, failing_since__isnull=True).update(failing_since=now)
    if status is None or status == 429 or status >= 500:
        others = Delivery.objects.filter(subscription_id=delivery.subscription_id, state=WAITING, due_at__lt=next_at)
        others.update(due_at=next_at)


def _held(delivery: Delivery) -> Any:
    return Delivery.objects.filter(pk=delivery.pk, state=WAITING, lease=delivery.lease)


def _delay(n_attempts: int) -> timedelta:
    seconds = DELAYS_S[min(n_attempts, len(DELAYS_S) - 1)]
    return timedelta(seconds=seconds * random.uniform(0.9, 1.1))  # noqa: S311  # spreads tries, guards nothing


def clear_old(now: datetime) -> int:
    """Forget what ended long ago; gives how many."""
    return Delivery.objects.filter(ended_at__lt=now - KEPT).delete()[0]
