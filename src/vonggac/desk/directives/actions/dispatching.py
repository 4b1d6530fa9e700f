"""The messages by which a letter reaches its recipients: to those with an account, and to the registered contact with a link."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from vonggac.desk.audit.actions import Recording
from vonggac.desk.directives.models import Letter, Link, Recipient
from vonggac.desk.directives.states import ACTION
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.work.notifying import answering, contact_email, send

OPENS_AFTER_DEADLINE: Final = timedelta(days=14)
"""How long after the letter's deadline a link still opens its form: late answers are answers."""
OPENS: Final = timedelta(days=30)
"""How long a link opens its form where the letter has no deadline."""


def dispatch(record: Recording, row: Letter, recipients: Sequence[Recipient], now: datetime) -> int:
    """Put the messages of an issued letter in the outbox, within the transaction of ``record``; gives how many recipients were told."""
    told = [one for one in recipients if one.organisation_id is not None and one.role != "archive"]
    people = answering(int(one.organisation_id or 0) for one in told)
    for one in told:
        organisation_id = int(one.organisation_id or 0)
        contact = contact_email(organisation_id)
        values = values_of(row, one)
        for user in people.get(organisation_id, ()):
            enqueue(
                template="letter_new", organisation_id=organisation_id, user_id=user.pk,
                email="" if user.email == contact else user.email, language=user.language,
                values={**values, "link": f"/letters/received/{one.pk}/"}, key=f"letter:{one.pk}", urgent=bool(row.urgency), files=files_of(row),
            )  # fmt: skip
        if contact and one.role == ACTION:
            tell_contact(record, row, one, contact, now)
        elif contact:
            enqueue(template="letter_copy", organisation_id=organisation_id, email=contact,
                    values={**values, "link": f"/letters/received/{one.pk}/"}, key=f"letter:{one.pk}", files=files_of(row))  # fmt: skip
        one.sent_at = now
    Recipient.objects.bulk_update(told, ["sent_at"], batch_size=500)
    return len(told)


def files_of(row: Letter) -> str:
    """What goes along with the messages that bring a letter: see ``notices.models.Notice.files``."""
    return f"letter:{row.pk}"


def values_of(row: Letter, one: Recipient) -> dict[str, object]:
    """What every message about a letter names."""
    return {"organisation": one.name, "issuer": row.issuer_name, "reference": row.reference, "subject": row.subject}


def tell_contact(record: Recording, row: Letter, one: Recipient, email: str, now: datetime) -> Link:
    """A new link for ``one``, sent to ``email``; the token is in the message alone."""
    link, path = new_link(record, row, one, email, now)
    enqueue(
        template="letter_link", organisation_id=one.organisation_id, email=email,
        values={**values_of(row, one), "until": row.deadline or link.expires_at, "link": path},
        key=f"letter:{one.pk}:{link.pk}", files=files_of(row),
    )  # fmt: skip
    return link


def new_link(record: Recording, row: Letter, one: Recipient, email: str, now: datetime) -> tuple[Link, str]:
    """A new link for ``one`` with its path, which holds the token and may stand in a message as a secret, and nowhere else."""
    token = secrets.token_urlsafe(32)
    ends = (row.deadline + OPENS_AFTER_DEADLINE) if row.deadline else now + OPENS
    link = Link.objects.create(
        recipient=one, digest=digest(token), sent_to=email, asks_code=row.links_ask_code, created_at=now,
        created_by_name=record.asker.name[:150], expires_at=max(ends, now + OPENS_AFTER_DEADLINE),
    )  # fmt: skip
    return link, f"/a/{token}"


def digest(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def tell_withdrawn(row: Letter, recipients: Sequence[Recipient], why: str) -> None:
    """Everybody who was told of ``row`` is told that it holds no longer, within the transaction that withdraws it."""
    told = [one for one in recipients if one.sent_at is not None and one.organisation_id is not None]
    people = answering(int(one.organisation_id or 0) for one in told)
    for one in told:
        organisation_id = int(one.organisation_id or 0)
        values = {**values_of(row, one), "reason": why, "link": f"/letters/received/{one.pk}/"}
        users = people.get(organisation_id, [])
        send("letter_withdrawn", organisation_id, users, values, f"letter-withdrawn:{one.pk}", urgent=True)
