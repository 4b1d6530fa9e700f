"""API tokens: made and revoked by those for whom they ask."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from vonggac.desk.accounts import secret_texts
from vonggac.desk.accounts.authority import to_manage
from vonggac.desk.accounts.models import ApiToken, User
from vonggac.desk.accounts.values import TOKEN_DAYS, TOKEN_LIFE
from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, NotAllowed, NotThere

MOST_TOKENS = 20
"""Tokens of one person at a time."""


def create_token(
    asker: Asker, *, name: str, permissions: Collection[str], expires_at: datetime
) -> tuple[ApiToken, str]:
    """A token that asks for oneself within ``permissions``, each of which one holds somewhere; returns it with its secret.

    The secret is shown once and kept nowhere. Raises NotAllowed for whoever asks by a token themselves, or must first change
    a one-time password.
    """
    user = User.objects.filter(pk=asker.user_id or 0, is_active=True).first()
    if user is None or asker.only is not None or user.must_change_password:
        raise NotAllowed(N_("a token is made by a person who is signed in"))
    check = Check()
    label = check.text("name", name, most=120, needed=True)
    asked = sorted(set(permissions))
    lacking = [one for one in asked if not asker.may(one)]
    if not asked:
        check.fault("permissions", N_("choose at least one"))
    if lacking:
        check.fault("permissions", N_("you do not hold this yourself: {permissions}"), permissions=", ".join(lacking))
    now = timezone.now()
    until = check.moment("expires_at", expires_at, needed=True)
    if until is not None and not now < until <= now + TOKEN_LIFE:
        check.fault("expires_at", N_("a token ends within {n} days, and not in the past"), n=TOKEN_DAYS)
    if ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now).count() >= MOST_TOKENS:
        check.fault("", N_("{n} tokens at a time are enough: revoke one first"), n=MOST_TOKENS)
    check.done()
    assert until is not None  # noqa: S101  # done() raised otherwise
    secret = secret_texts.new_api_secret()
    with recording(asker, "accounts.create_token", organisation_id=user.organisation_id) as record:
        record.on = row = ApiToken(
            user=user,
            name=label,
            secret_hash=secret_texts.digest(secret),
            hint=secret[:8],
            permissions=asked,
            expires_at=until,
        )
        row.save(force_insert=True)
        record.created(row)
    return row, secret


def revoke_token(asker: Asker, token_id: int) -> None:
    """A token opens nothing any more: one's own, or that of somebody whose account the asker manages."""
    row = ApiToken.objects.filter(pk=token_id, revoked_at=None).select_related("user").first()
    if row is None:
        raise NotThere(N_("there is no such token here"))
    if row.user_id != asker.user_id:
        to_manage(asker, row.user_id)
    with recording(asker, "accounts.revoke_token", on=row, organisation_id=row.user.organisation_id) as record:
        before = snapshot(row)
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        record.changed(row, before)
