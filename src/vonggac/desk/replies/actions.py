"""Doing a write once, however often it is sent (the Idempotency-Key header, draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from vonggac.desk.replies.models import Reply
from vonggac.errors import N_, Fault, InvalidValues

KEPT = timedelta(hours=24)
"""How long a reply is kept."""


def once(owner: str, key: str, request: bytes, write: Callable[[], tuple[int, str]]) -> tuple[int, str, bool]:
    """Answer (status, body, whether it is a repetition) of ``write``, which runs at most once per owner and key.

    The reply commits with what ``write`` did, so a crash leaves both or neither; a repetition sent meanwhile waits. An answer that
    is an error is not kept: what could not be done may be tried again. Raises InvalidValues when the key was of another request.
    """
    digest = hashlib.sha256(request).hexdigest()
    with transaction.atomic():
        Reply.objects.filter(owner=owner, key=key, at__lt=timezone.now() - KEPT).delete()
        Reply.objects.bulk_create([Reply(owner=owner, key=key, request=digest)], ignore_conflicts=True)
        made = Reply.objects.select_for_update().get(owner=owner, key=key)
        if made.request != digest:
            fault = Fault("Idempotency-Key", N_("this key was used with another request within the last 24 hours"))
            raise InvalidValues([fault])
        if made.status:
            return made.status, made.body, True
        status, body = write()
        if status < 400:
            Reply.objects.filter(pk=made.pk).update(status=status, body=body)
        else:
            Reply.objects.filter(pk=made.pk).delete()
        return status, body, False


def forget_old(now: datetime) -> int:
    """Delete replies older than ``KEPT``; how many."""
    return Reply.objects.filter(at__lt=now - KEPT).delete()[0]
