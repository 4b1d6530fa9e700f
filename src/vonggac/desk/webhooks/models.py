"""Who outside is told what happens here, what was sent, and how far the audit record was read for it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from vonggac.desk.organisations.models import Organisation
from vonggac.errors import N_

WAITING, SENT, FAILED = "waiting", "sent", "failed"
STATES = {WAITING: N_("Waiting"), SENT: N_("Arrived"), FAILED: N_("Failed")}
"""State of a delivery to its title."""


class Subscription(models.Model):
    """An address that is told. ``events``: names of actions (``work.submit``) or nouns (``work``). ``organisation``: only what happens
    there and below; None: wherever the owner sees. ``user``: the owner, whose grants decide what may be told. ``secret``: sealed.
    ``after_seq``: the audit entry after which it is told. ``failing_since``: since when nothing arrives.
    """

    AUDIT_SECRET: ClassVar = ("secret", "failing_since")

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=500)
    secret = models.TextField()
    events = models.JSONField(default=list)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_active = models.BooleanField(default=True)
    after_seq = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    failing_since = models.DateTimeField(null=True, blank=True)
    version = models.IntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one address. ``key``: its ``webhook-id``, the same at every try. ``seq``: of the audit entry, None for a test.

    ``lease``: who has it in hand, until ``leased_until``. ``status``: what the other side answered last; ``fault``: an English text why not.
    """

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="deliveries", db_index=False)
    seq = models.BigIntegerField(null=True)
    key = models.CharField(max_length=40, unique=True)
    event = models.CharField(max_length=64)
    body = models.TextField()
    state = models.CharField(max_length=8, default=WAITING)
    n_attempts = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    status = models.IntegerField(null=True, blank=True)
    fault = models.CharField(max_length=250, blank=True)
    fault_params = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["subscription", "seq"], name="delivery_once"),)
        indexes = (
            models.Index(fields=["subscription", "-id"], name="delivery_of_subscription"),
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["ended_at"], name="delivery_ended"),
        )

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.event}"


class Cursor(models.Model):
    """How far the audit record was read: one row."""

    id = models.SmallIntegerField(primary_key=True)
    seq = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.seq)
