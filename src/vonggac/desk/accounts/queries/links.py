"""Links for a new password."""

from __future__ import annotations

from django.utils import timezone

from vonggac.desk.accounts import secret_texts
from vonggac.desk.accounts.models import PasswordLink, User
from vonggac.errors import N_, NotThere


def open_link(token: str, *, lock: bool = False) -> PasswordLink:
    """The link of a token, unused and in time, of an open account; raises NotThere."""
    rows = PasswordLink.objects.select_related("user")
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(
        token_hash=secret_texts.digest(token), used_at=None, expires_at__gt=timezone.now(), user__is_active=True
    ).first()
    if row is None:
        raise NotThere(N_("this link was used or is over: ask for a new one"))
    return row


def link_user(token: str) -> User:
    """Whose password the link sets; raises NotThere when it is used or over."""
    return open_link(token).user
