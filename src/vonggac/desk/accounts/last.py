"""Somebody who administers everything always remains."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from vonggac.desk.accounts.models import Grant
from vonggac.desk.organisations.validity import valid_at
from vonggac.errors import N_, Fault, InvalidValues


def hold_administrators() -> None:
    """Make others who take from administrators wait until this transaction ends, so that two do not take from each other.

    Before anything else is locked, or two such transactions wait for each other. What was read before may be out of date.
    """
    list(_of_everything().select_for_update(of=("self",)).values_list("pk"))


def _of_everything() -> QuerySet[Grant]:
    return Grant.objects.filter(role="administrator", organisation=None).order_by("pk")


def keep_an_administrator(*, without_user: int | None = None, without_grant: int | None = None) -> None:
    """Raise InvalidValues if, without this user or grant, nobody active would administer everything from now on.

    They are held until the transaction ends: see :func:`hold_administrators`.
    """
    hold_administrators()
    rows = list(_of_everything().filter(valid_at(timezone.now()), user__is_active=True))
    is_concerned = any(row.user_id == without_user or row.pk == without_grant for row in rows)
    remain = [
        row for row in rows if row.user_id != without_user and row.pk != without_grant and row.valid_until is None
    ]
    if is_concerned and not remain:
        raise InvalidValues(
            [Fault("", N_("this is the last administrator of everything without an end: appoint another one first"))]
        )
