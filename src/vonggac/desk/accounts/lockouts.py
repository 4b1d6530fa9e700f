"""Those who guess wait longer and longer: counted in the database, for all processes, before a guess is looked at.

What is tried is counted first and given back when it was right, so that guesses side by side count as guesses in a row.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from vonggac.desk.accounts.models import Lockout, User


@dataclass(frozen=True, slots=True)
class Policy:
    """``free`` tries cost nothing; from then on each wrong one locks for ``first``, then twice as long each time, at most
    ``most``. After ``forget`` without a try all is forgotten.
    """

    free: int
    first: timedelta
    most: timedelta
    forget: timedelta

    def delay(self, n: int) -> timedelta:
        """How long the ``n``-th wrong try in a row locks."""
        if n < self.free:
            return timedelta()
        doublings = min(n - self.free, 20)
        return min(self.first * (1 << doublings), self.most)


POLICIES = {
    "name": Policy(5, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)),  # one account guessed at
    # Many accounts guessed at from one place (spraying). An agency may stand behind one address, hence more free tries.
    "address": Policy(30, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)),
    "factor": Policy(5, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)),  # codes of the second factor
    "reset_name": Policy(3, timedelta(hours=1), timedelta(hours=1), timedelta(hours=6)),  # links for a new password
    "reset_address": Policy(20, timedelta(minutes=10), timedelta(hours=1), timedelta(hours=1)),
    # Links of letters. Many offices may stand behind one address; a link that once opened something is not counted there.
    "link_address": Policy(30, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)),
    "link_code": Policy(5, timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)),  # codes guessed at one link
    "link_send": Policy(4, timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6)),  # codes sent for one link
}
LONGEST_MEMORY = max(policy.forget for policy in POLICIES.values())


@dataclass(frozen=True, slots=True)
class Try:
    """One thing that is counted: the kind of POLICIES, and of what (a name, an address)."""

    kind: str
    of: str
    user_id: int | None = None

    @property
    def key(self) -> str:
        """What stands for ``of`` in the table."""
        return hashlib.sha256(f"{self.kind}:{self.of}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refused_until``: it was locked, nothing may be looked at. ``locks``: kinds that are locked now if it was wrong."""

    refused_until: datetime | None = None
    locks: tuple[str, ...] = ()
    n: int = 0
    """The most wrong tries in a row among what was counted, this one included."""


def of_name(username: str) -> str:
    """What stands for all ways to write a name to sign in with."""
    return username.strip().casefold()[:200]


def of_address(address: str) -> str:
    """What counts as one place: an IPv4 address, a /64 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def admit(tries: Sequence[Try]) -> Verdict:
    """Count ``tries`` unless one of them is locked."""
    now = timezone.now()
    with transaction.atomic():
        rows = [_row(one, now) for one in sorted(tries, key=lambda one: (one.kind, one.key))]
        locked = [row.locked_until for row in rows if row.locked_until is not None and row.locked_until > now]
        if locked:
            return Verdict(refused_until=max(locked))
        locks = []
        for row in rows:
            policy = POLICIES[row.kind]
            row.n = 1 if row.last_at < now - policy.forget else row.n + 1
            delay = policy.delay(row.n)
            row.last_at, row.locked_until = now, now + delay if delay else None
            if delay:
                locks.append(row.kind)
            row.save()
        return Verdict(locks=tuple(locks), n=max((row.n for row in rows), default=0))


def locked_until(tries: Sequence[Try]) -> datetime | None:
    """Until when one of ``tries`` is refused; nothing is counted."""
    rows = Lockout.objects.filter(kind__in=[one.kind for one in tries], key__in=[one.key for one in tries])
    return (
        rows.filter(locked_until__gt=timezone.now())
        .order_by("-locked_until")
        .values_list("locked_until", flat=True)
        .first()
    )


def give_back(tries: Sequence[Try], *, forget: Sequence[str] = ("name", "factor")) -> int:
    """It was right: the kinds in ``forget`` begin anew, of others one try less is counted.

    Returns how many wrong tries stood before it in what was forgotten.
    """
    n_before = 0
    with transaction.atomic():
        for one in sorted(tries, key=lambda one: (one.kind, one.key)):
            row = Lockout.objects.select_for_update().filter(kind=one.kind, key=one.key).first()
            if row is None:
                continue
            if one.kind in forget:
                n_before = max(n_before, row.n - 1)
                row.delete()
                continue
            row.n, row.locked_until = max(row.n - 1, 0), None
            row.save()
    return n_before


def release(user: User) -> int:
    """Unlock an account; returns how many locks and counts there were."""
    names = [Try("name", of_name(user.username)).key, Try("reset_name", of_name(user.username)).key]
    by_key = Lockout.objects.filter(kind__in=("name", "reset_name"), key__in=names)
    n, _each = (by_key | Lockout.objects.filter(user=user)).delete()
    return n


def sweep() -> None:
    """Forget what no policy remembers, so that invented names do not fill the table."""
    Lockout.objects.filter(last_at__lt=timezone.now() - LONGEST_MEMORY).delete()


def _row(one: Try, now: datetime) -> Lockout:
    row, _made = Lockout.objects.select_for_update().get_or_create(
        kind=one.kind, key=one.key, defaults={"last_at": now, "user_id": one.user_id}
    )
    if row.user_id != one.user_id:
        row.user_id = one.user_id
    return row
