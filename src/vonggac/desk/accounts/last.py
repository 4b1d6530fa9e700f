"""Somebody who administers everything always remains."""

from __future__ import annotations

from django.utils import timezone

from vonggac.desk.accounts.models import Grant
from vonggac.desk.organisations.validity import valid_at
from vonggac.errors import N_, Fault, InvalidValues


def keep_an_administrator(*, without_user: int | None = None, without_grant: int | None = None) -> None:
    """Raise InvalidValues if, without this user or grant, nobody active would administer everything from now on.

    Holds the grants in question until the transaction ends, so that two who take from each other do not both succeed.
    """
    held = Grant.objects.filter(
        valid_at(timezone.now()), role="administrator", organisation=None, user__is_active=True
    ).order_by("pk")
    rows = list(held.select_for_update(of=("self",)))
    is_concerned = any(row.user_id == without_user or row.pk == without_grant for row in rows)
    remain = [
        row for row in rows if row.user_id != without_user and row.pk != without_grant and row.valid_until is None
    ]
    if is_concerned and not remain:
        raise InvalidValues(
            [Fault("", N_("this is the last administrator of everything without an end: appoint another one first"))]
        )
