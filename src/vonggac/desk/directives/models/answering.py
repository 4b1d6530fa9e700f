"""How a recipient answers without an account, and what they wrote so far."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from vonggac.desk.directives.models.recipients import Recipient


class Link(models.Model):
    """A link that opens the form of one recipient, kept as the SHA-256 of its token alone.

    ``sent_to``: the address that it went to. ``asks_code``: opens only with a code sent to the registered contact; ``code_digest`` and
    ``code_until``: of the last one; ``n_wrong``: wrong codes since. ``confirmed_at``: a right code was given.
    """

    AUDIT_SECRET: ClassVar = ("digest", "code_digest")

    id = models.BigAutoField(primary_key=True)
    recipient = models.ForeignKey(Recipient, models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    sent_to = models.CharField(max_length=254, blank=True)
    asks_code = models.BooleanField(default=False)
    code_digest = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True, blank=True)
    n_wrong = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by_name = models.CharField(max_length=150, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by_name = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.created_at}"


class LinkUse(models.Model):
    """Somebody used a link: from where and for what, so that a forwarded one is seen. ``browser``: a digest of its cookie."""

    id = models.BigAutoField(primary_key=True)
    link = models.ForeignKey(Link, models.CASCADE, related_name="uses")
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=12)
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    browser = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.link_id} {self.what}"


class AnswerDraft(models.Model):
    """What a recipient has written so far: ``values`` as the form has it, by field name."""

    id = models.BigAutoField(primary_key=True)
    recipient = models.OneToOneField(Recipient, models.CASCADE, related_name="draft")
    values = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)
    by_name = models.CharField(max_length=150, blank=True)
    version = models.IntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.saved_at}"
