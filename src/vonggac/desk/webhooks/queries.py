"""Webhooks and what was sent to them."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.webhooks.models import FAILED, WAITING, Delivery, Subscription
from vonggac.errors import N_, NotThere


def subscriptions(asker: Asker) -> QuerySet[Subscription]:
    """Those that the asker sees, with ``n_waiting`` and ``n_failed``."""
    rows = visible(Subscription.objects.select_related("organisation", "user"), asker, "webhooks.view")
    return rows.annotate(
        n_waiting=Count("deliveries", filter=Q(deliveries__state=WAITING)),
        n_failed=Count("deliveries", filter=Q(deliveries__state=FAILED)),
    ).order_by("name", "pk")


def subscription(asker: Asker, subscription_id: int) -> Subscription:
    """One of them; raises NotThere."""
    row = subscriptions(asker).filter(pk=subscription_id).first()
    if row is None:
        raise NotThere(N_("there is no such webhook here"))
    return row


def deliveries(asker: Asker, subscription_id: int, state: str = "") -> QuerySet[Delivery]:
    """What was sent to one of them and what waits, the newest first; raises NotThere."""
    rows = Delivery.objects.filter(subscription=subscription(asker, subscription_id)).order_by("-pk")
    return rows.filter(state=state) if state else rows


def n_failing(asker: Asker) -> int:
    """How many of them do not arrive just now."""
    return visible(
        Subscription.objects.filter(is_active=True, failing_since__isnull=False), asker, "webhooks.view"
    ).count()
