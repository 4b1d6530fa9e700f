"""Which organisation is below which, flat, so that a scope is one condition in SQL."""

from __future__ import annotations

from django.db import models


class Reach(models.Model):
    """``ancestor`` reaches ``descendant``: it is the same organisation, stands above it, or is its successor.

    Kept by ``organisations.actions`` whenever a placement or a succession changes.
    """

    id = models.BigAutoField(primary_key=True)
    ancestor = models.ForeignKey("organisations.Organisation", models.CASCADE, related_name="+", db_index=False)
    descendant = models.ForeignKey("organisations.Organisation", models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ancestor", "descendant"], name="reach_once"),)

    def __str__(self) -> str:
        return f"{self.ancestor_id} → {self.descendant_id}"
