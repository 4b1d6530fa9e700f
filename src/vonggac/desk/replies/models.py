"""What a write over the API was answered, kept so that its repetition is answered the same and done once."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Reply(models.Model):
    """The answer to the write that ``owner`` (a user's or token's name) sent with the idempotency key ``key``.

    ``request`` is the SHA-256 of method, path and body: the same key with another request is refused.
    """

    id = models.BigAutoField(primary_key=True)
    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=100)
    request = models.CharField(max_length=64)
    status = models.SmallIntegerField(default=0)
    body = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "key"], name="reply_once"),)

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
