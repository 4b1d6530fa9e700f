"""Who somebody is, and what they hold now."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.db.models import Q
from django.utils import timezone

from vonggac.desk.accounts import secret_texts
from vonggac.desk.accounts.models import ApiToken, Grant, User
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker, Held, Origin
from vonggac.desk.scope.roles import ROLES

_NOBODY = "0" * 64


def asker_of(user: User, origin: Origin) -> Asker:
    """The Asker for a signed-in user: the grants that hold now. Somebody not active holds nothing."""
    if not user.is_active:
        return Asker(user.pk, str(user), (), origin)
    grants = Grant.objects.filter(valid_at(timezone.now()), user=user).values_list("role", "organisation_id")
    return Asker(user.pk, str(user), tuple(Held(role, where) for role, where in grants if role in ROLES), origin)


def asker_of_token(secret: str, origin: Origin) -> Asker | None:
    """Who asks with this API token: what its owner holds now, narrowed to what the token may. None when it opens nothing.

    It opens nothing either while its owner owes a step that comes before every page: a new password, a second factor.
    """
    hashed = secret_texts.digest(secret)
    # The hash is what is looked for: how long that takes tells nothing of the secret. The comparison is even all the same.
    row = ApiToken.objects.select_related("user").filter(secret_hash=hashed).first()
    is_same = hmac.compare_digest(_NOBODY if row is None else row.secret_hash, hashed)
    now = timezone.now()
    if row is None or not is_same or row.revoked_at is not None or row.expires_at <= now or not row.user.is_active:
        return None
    asker = asker_of(row.user, replace(origin, session=f"token:{row.pk}"))
    if row.user.must_change_password or (needs_second_factor(asker) and not has_second_factor(row.user_id)):
        return None
    if row.last_used_at is None or row.last_used_at < now - timedelta(hours=1):
        unused = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(hours=1))
        ApiToken.objects.filter(unused, pk=row.pk).update(last_used_at=now)
    return replace(asker, only=frozenset(row.permissions))


def needs_second_factor(asker: Asker) -> bool:
    """Whether a role that the asker holds makes a second factor compulsory."""
    return any(ROLES[role].mfa for role in asker.roles)


def has_second_factor(user_id: int) -> bool:
    """Whether there is an authenticator app or a passkey; recovery codes alone are none."""
    rows = Authenticator.objects.filter(user_id=user_id).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return bool(rows.exists())
