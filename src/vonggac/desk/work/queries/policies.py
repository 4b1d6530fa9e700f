"""Clock policies and days off: everybody who sees work may see how long it may take."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, QuerySet

from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.models import ClockPolicy, DayOff
from vonggac.errors import N_, NotThere


def policies(asker: Asker, *, at: datetime | None = None) -> QuerySet[ClockPolicy]:
    """All versions of all policies, or those that hold at ``at``, the latest of a kind first."""
    if not asker.may("work.view"):
        return ClockPolicy.objects.none()
    rows = ClockPolicy.objects.all() if at is None else ClockPolicy.objects.filter(valid_at(at))
    return rows.order_by("kind", "priority", F("valid_from").desc(nulls_last=True), "-pk")


def policy(asker: Asker, policy_id: int) -> ClockPolicy:
    """One policy; raises NotThere."""
    row = policies(asker).filter(pk=policy_id).first()
    if row is None:
        raise NotThere(N_("there is no such policy here"))
    return row


def days_off(asker: Asker) -> QuerySet[DayOff]:
    """Days that are not as their weekday says, in their order."""
    return DayOff.objects.order_by("day") if asker.may("work.view") else DayOff.objects.none()
