"""What a clerk notes of a letter's way beside the portal."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from vonggac.desk.directives.models.recipients import Recipient
from vonggac.errors import N_

HOWS = {
    "post": N_("By post"),
    "messenger": N_("By messenger"),
    "hand": N_("Handed over"),
    "fax": N_("By fax"),
    "exchange": N_("By the documents exchange"),
    "mail": N_("By e-mail"),
}
"""How a copy went out beside the portal."""


class SentNote(models.Model):
    """A copy of a letter that went to a recipient beside the portal, as a clerk noted it. ``how``: a key of ``HOWS``; ``on``: the day."""

    id = models.BigAutoField(primary_key=True)
    recipient = models.ForeignKey(Recipient, models.CASCADE, related_name="sent_notes")
    how = models.CharField(max_length=10)
    on = models.DateField()
    note = models.CharField(max_length=250, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by_name = models.CharField(max_length=150)

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.on}"
