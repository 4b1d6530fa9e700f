"""Somebody signed in without the pages of signing in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client

    from vonggac.desk.accounts.models import User


def sign_in(client: Client, user: User, *, strong: bool = True, fresh: bool = True) -> Client:
    """``client`` as ``user``. ``strong``: a second factor was shown. ``fresh``: sensitive pages do not ask again who it is."""
    client.force_login(user)
    session: Any = client.session
    now = int(time.time())
    session.update({"began_at": now, "seen_at": now, "strong": strong})
    if fresh:
        session["account_authentication_methods"] = [{"method": "password", "at": now}]
        session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def give_factor(user: User) -> None:
    """A second factor, as whoever holds a role that needs one has."""
    from allauth.mfa.models import Authenticator

    Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, defaults={"data": {}})
