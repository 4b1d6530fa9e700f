"""What is done with messages: put in the outbox, held, released, dropped, tried again, read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from vonggac.desk.notices import wording
from vonggac.desk.notices.channels import CHANNELS, Reachable
from vonggac.desk.notices.models import HELD, WAITING, Notice, Switch

MERGE_WINDOW = timedelta(minutes=10)
"""How long what is not urgent waits for more to the same recipient about the same organisation."""


def site() -> str:
    """Where browsers find the portal, without a slash at the end."""
    return str(settings.VONGGAC.public_url).rstrip("/")


def is_holding() -> bool:
    """Whether messages that leave the house are held. On until somebody turned it off."""
    return Switch.objects.filter(pk=1).values_list("is_on", flat=True).first() is not False


def enqueue(
    *,
    template: str,
    organisation_id: int | None,
    user_id: int | None = None,
    email: str = "",
    language: str = "vi",
    values: Mapping[str, Any],
    key: str,
    urgent: bool = False,
) -> None:
    """Put a message in the outbox, within the transaction of what causes it: both happen, or neither.

    It goes by every channel that reaches the person: by e-mail when ``email`` is given, in the portal when ``user_id`` is.
    ``template`` and ``values``: see ``wording.TEMPLATES``; links are paths of the portal. ``key`` (up to 200 characters) names
    what it is about: the same key goes to the same recipient once by each channel. What is not urgent may be merged into a
    digest. Raises ValueError for values that the template cannot stand, InvalidValues for no address.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a message is put in the outbox within the transaction that causes it")
    if not key or len(key) > 200:
        raise ValueError("a message needs a key of up to 200 characters")
    form = wording.BY_NAME[template]
    plain = wording.plain(form, values, site())
    wording.render(form, language, plain, wording.Place(site()))
    hidden = {name: plain.pop(name) for name in form.secrets}
    to = Reachable(user_id, email)
    now, is_urgent = timezone.now(), urgent or form.is_urgent
    holding = is_holding()
    Notice.objects.bulk_create(
        [
            Notice(
                key=key,
                channel=channel.name,
                recipient=recipient,
                user_id=user_id,
                organisation_id=organisation_id,
                template=template,
                language=language,
                values=plain,
                secrets=orjson.dumps(hidden).decode() if hidden and channel.leaves else "",
                is_urgent=is_urgent,
                state=HELD if holding and channel.leaves else WAITING,
                created_at=now,
                due_at=now if is_urgent or not channel.merges else now + MERGE_WINDOW,
            )
            for channel in CHANNELS
            if (recipient := channel.recipient(to))
        ],
        ignore_conflicts=True,  # the same key again
    )
