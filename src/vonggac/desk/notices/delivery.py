"""What the worker does with the outbox: hold back, merge, take one in hand, say what became of it.

One notice is in the hand of one worker at a time: it is leased, and when the worker dies, the lease ends and another tries
again. So a message goes out at least once; ``Message.message_id`` tells a repeat.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, override

from vonggac.desk.notices import rendering, wording
from vonggac.desk.notices.channels import CHANNELS, Undelivered
from vonggac.desk.notices.models import FAILED, HELD, MERGED, SENT, WAITING, Attempt, Notice, Switch
from vonggac.errors import N_

LEASE = timedelta(minutes=5)
"""How long a worker may take for one message: more than all time-outs of a mail server together."""
N_ATTEMPTS = 10
FIRST_DELAY = timedelta(minutes=1)
LAST_DELAY = timedelta(hours=6)
"""The pause trebles from the first to the last: ten tries take about a day."""
MERGE_AT_ONCE = 500
"""Groups merged per round, so that the round stays short."""

LEAVING = tuple(channel.name for channel in CHANNELS if channel.leaves)
MERGING = tuple(channel.name for channel in CHANNELS if channel.merges)


def is_holding() -> bool:
    """Whether messages that leave the house are held. On until somebody turned it off."""
    return Switch.objects.filter(pk=1).values_list("is_on", flat=True).first() is not False


def free(now: datetime) -> Q:
    """The condition that no worker has the notice in hand."""
    return Q(leased_until__isnull=True) | Q(leased_until__lte=now)


def hold_back() -> int:
    """Hold what waits to leave the house and was not released, if the switch is on; returns how many."""
    if not is_holding():
        return 0
    waiting = Notice.objects.filter(free(timezone.now()), state=WAITING, channel__in=LEAVING, released_at__isnull=True)
    return waiting.update(state=HELD) if waiting.exists() else 0


def mergeable(state: str) -> QuerySet[Notice]:
    """What may still go into a digest: not urgent, not tried, without files, in nobody's hand."""
    return Notice.objects.filter(
        free(timezone.now()), state=state, channel__in=MERGING, is_urgent=False, n_attempts=0, files=""
    ).order_by("id")


def group(state: str, channel: str, recipient: str, organisation_id: int | None) -> QuerySet[Notice]:
    """What goes into one digest, with the digest that there is already."""
    about = Q(organisation__isnull=True) if organisation_id is None else Q(organisation_id=organisation_id)
    return mergeable(state).filter(about, channel=channel, recipient=recipient)


def together(notice: Notice) -> list[Notice]:
    """What goes out in one message with ``notice`` as things stand, oldest first; itself alone, or parts of a digest."""
    if (
        notice.is_urgent
        or notice.files
        or notice.n_attempts
        or notice.state not in (HELD, WAITING)
        or notice.channel not in MERGING
    ):
        return [notice]
    rows = list(
        group(notice.state, notice.channel, notice.recipient, notice.organisation_id).select_related("organisation")
    )
    carried = Notice.objects.filter(digest__in=[row for row in rows if row.template == "digest"]).order_by("id")
    parts = [*carried.select_related("organisation"), *(row for row in rows if row.template != "digest")]
    return parts or [notice]


def merge_due() -> int:
    """Merge what is due to the same recipient about the same organisation into one digest; returns how many digests."""
    n_merged = 0
    for state in (WAITING, HELD):
        due = mergeable(state).filter(due_at__lte=timezone.now()).exclude(template="digest")
        groups = due.order_by().values_list("channel", "recipient", "organisation_id").distinct()[:MERGE_AT_ONCE]
        for channel, recipient, organisation_id in list(groups):
            rows = group(state, channel, recipient, organisation_id)
            if rows[1:2]:  # more than one
                n_merged += _merge(rows)
    return n_merged


def _merge(rows: QuerySet[Notice]) -> int:
    with transaction.atomic():
        # SQLite has one writer; PostgreSQL leaves out what another worker has in hand.
        taken = list(rows.select_for_update(skip_locked=True, of=("self",)))
        digest = next((row for row in taken if row.template == "digest"), None)
        parts = [row for row in taken if row.template != "digest"]
        if not parts or (digest is None and len(parts) < 2):
            return 0
        last = parts[-1]
        if digest is None:
            digest = digest_of(parts)
            digest.save()
        Notice.objects.filter(pk__in=[part.pk for part in parts]).update(
            state=MERGED, digest=digest, ended_at=timezone.now()
        )
        digest.language = last.language
        digest.values = _digest_values(digest, Notice.objects.filter(digest=digest).order_by("id"))
        digest.save(update_fields=["language", "values"])
    return 1


def digest_of(parts: list[Notice]) -> Notice:
    """The digest, not saved, in which ``parts`` (one recipient, one organisation, one state) would go out together."""
    first, last = parts[0], parts[-1]
    digest = Notice(
        key=f"digest:{first.pk}",
        channel=first.channel,
        recipient=first.recipient,
        user_id=last.user_id,
        organisation_id=first.organisation_id,
        template="digest",
        language=last.language,
        values={},
        is_urgent=False,
        state=first.state,
        released_at=first.released_at,
        due_at=timezone.now(),
    )
    digest.values = _digest_values(digest, parts)
    return digest


def _digest_values(digest: Notice, parts: QuerySet[Notice] | list[Notice]) -> dict[str, object]:
    n = len(parts) if isinstance(parts, list) else parts.count()
    lines: list[object] = [rendering.shown(part).subject for part in parts[: wording.DIGEST_LINES]]
    if n > len(lines):
        lines.append(n - len(lines))
    with override(digest.language):
        nowhere = gettext(N_("the system"))
    organisation = digest.organisation.name if digest.organisation else nowhere
    values = {"organisation": organisation, "n": n, "list": lines, "link": "/notices/mine"}
    return wording.plain(wording.BY_NAME["digest"], values, rendering.site())


def claim(channels: Collection[str], lease: timedelta = LEASE) -> Notice | None:
    """The next notice that is due by one of ``channels``, in this worker's hand for ``lease``; None when there is none."""
    now = timezone.now()
    due = Notice.objects.filter(free(now), state=WAITING, due_at__lte=now, channel__in=list(channels)).order_by(
        "-is_urgent", "due_at", "id"
    )
    if not due.exists():  # without a write lock, most of the time
        return None
    with transaction.atomic():
        notice = due.select_for_update(skip_locked=True, of=("self",)).first()
        if notice is None:
            return None
        notice.lease = secrets.token_hex(16)
        notice.leased_until = now + lease
        notice.save(update_fields=["lease", "leased_until"])
    return notice


def sent(notice: Notice) -> None:
    """It went out: its secrets are wiped. Nothing is written over what another worker did since the lease ended."""
    with transaction.atomic():
        Attempt.objects.create(notice=notice)
        Notice.objects.filter(pk=notice.pk, lease=notice.lease).update(
            state=SENT,
            secrets="",
            lease="",
            leased_until=None,
            n_attempts=F("n_attempts") + 1,
            fault="",
            fault_params={},
            ended_at=timezone.now(),
        )


def put_off(notice: Notice, pause: timedelta) -> None:
    """It is not whole yet: back into the outbox for so long, without counting as a try."""
    Notice.objects.filter(pk=notice.pk, lease=notice.lease).update(
        due_at=timezone.now() + pause, lease="", leased_until=None
    )


def undelivered(notice: Notice, why: Undelivered) -> None:
    """It did not go out: try again later, or give up and say so when that cannot help or was tried often enough."""
    n, now = notice.n_attempts + 1, timezone.now()
    gives_up = why.is_final or n >= N_ATTEMPTS
    with transaction.atomic():
        Attempt.objects.create(notice=notice, fault=why.fault, fault_params=why.params)
        Notice.objects.filter(pk=notice.pk, lease=notice.lease).update(
            state=FAILED if gives_up else WAITING,
            due_at=notice.due_at if gives_up else now + pause(n),
            lease="",
            leased_until=None,
            n_attempts=n,
            fault=why.fault,
            fault_params=why.params,
            ended_at=now if gives_up else None,
        )


def pause(n_attempts: int) -> timedelta:
    """How long to wait after so many tries, give or take a fifth, so that many do not come back at once."""
    delay = min(FIRST_DELAY * 3.0 ** min(n_attempts - 1, 20), LAST_DELAY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
