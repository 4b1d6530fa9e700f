"""The outbox of messages: what goes to whom by which channel, what became of it, and the switch that holds it back."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from vonggac.desk.organisations.models import Organisation
from vonggac.errors import N_

WAITING, HELD, SENT, FAILED, DROPPED, MERGED = "waiting", "held", "sent", "failed", "dropped", "merged"
STATES = {
    HELD: N_("Held"),
    WAITING: N_("Waiting to be sent"),
    FAILED: N_("Not delivered"),
    SENT: N_("Sent"),
    MERGED: N_("In a digest"),
    DROPPED: N_("Dropped"),
}
"""State of a notice to its title, in the order in which people look for them."""


class Notice(models.Model):
    """One message to one ``recipient`` by one ``channel``, made in the transaction that caused it.

    ``values`` fill the template; those that the template calls secret stand in ``secrets`` until the notice is sent or
    dropped, and nowhere else. A worker that sends it holds it by ``lease`` until ``leased_until``. ``digest`` is the notice
    that carries this one along. ``files``: what is attached when it goes out (``letter:<id>``), found then. ``fault`` and ``fault_params``: an English template and what fills it, of the last try.
    """

    AUDIT_SECRET: ClassVar = ("values", "secrets", "lease", "leased_until", "recipient", "key")

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=200)
    channel = models.CharField(max_length=16)
    recipient = models.CharField(max_length=254)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    template = models.CharField(max_length=32)
    language = models.CharField(max_length=2)
    values = models.JSONField()
    secrets = models.TextField(blank=True)
    files = models.CharField(max_length=40, blank=True, default="")
    is_urgent = models.BooleanField()
    state = models.CharField(max_length=8)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    n_attempts = models.IntegerField(default=0)
    fault = models.CharField(max_length=250, blank=True)
    fault_params = models.JSONField(default=dict)
    reason = models.CharField(max_length=250, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    digest = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="parts")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["channel", "recipient", "key"], name="notice_once"),)
        indexes = (
            models.Index(fields=["state", "due_at"], name="notice_due"),
            models.Index(fields=["state", "-id"], name="notice_by_state"),
            models.Index(fields=["organisation", "-id"], name="notice_of_organisation"),
            models.Index(fields=["user", "-id"], name="notice_of_user"),
            models.Index(fields=["created_at"], name="notice_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"


class Attempt(models.Model):
    """One try to send a notice. ``fault`` is empty when it went out."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=timezone.now)
    fault = models.CharField(max_length=250, blank=True)
    fault_params = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.notice_id} {self.at}"


class Received(models.Model):
    """A message in somebody's own list in the portal. ``message_id`` recognises a repeat. ``link``: a path, or nothing."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    message_id = models.CharField(max_length=64, unique=True)
    subject = models.CharField(max_length=250)
    text = models.TextField()
    link = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["user", "-id"], name="received_of_user"),
            models.Index(fields=["user"], condition=models.Q(read_at__isnull=True), name="received_unread"),
            models.Index(fields=["at"], name="received_by_age"),
        )

    def __str__(self) -> str:
        return self.subject


class Switch(models.Model):
    """Whether messages that leave the house are held until somebody releases them: one row; none counts as on."""

    id = models.SmallIntegerField(primary_key=True)
    is_on = models.BooleanField()
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return "on" if self.is_on else "off"


class Chore(models.Model):
    """When a piece of background work last ran and is next due, so that it runs once whichever worker comes first.

    The chore ``worker`` is the heartbeat: ``started_at`` is the last beat, ``doing`` the chore in hand.
    """

    name = models.CharField(max_length=32, primary_key=True)
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    doing = models.CharField(max_length=32, blank=True)
    fault = models.CharField(max_length=250, blank=True)

    def __str__(self) -> str:
        return self.name
