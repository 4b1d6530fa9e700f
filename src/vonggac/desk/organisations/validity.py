"""Since when and until when something holds: half open, in UTC, without an end while it lasts."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q


class Dated(models.Model):
    """Holds from ``valid_from`` (included; None: as long as anybody knows) to ``valid_until`` (not included; None: still)."""

    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def holds(self, at: datetime) -> bool:
        """Whether it holds at this aware time."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


def valid_at(at: datetime, prefix: str = "") -> Q:
    """The condition that a Dated row (reached over ``prefix``, e.g. ``network__``) holds at ``at``."""
    return (Q(**{f"{prefix}valid_from__isnull": True}) | Q(**{f"{prefix}valid_from__lte": at})) & (
        Q(**{f"{prefix}valid_until__isnull": True}) | Q(**{f"{prefix}valid_until__gt": at})
    )
