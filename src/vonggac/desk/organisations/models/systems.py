"""Information systems: what has a level, an owner and an operator (Decree 85/2016/ND-CP)."""

from __future__ import annotations

from typing import Any

from django.db import models

from vonggac.desk.organisations.models.graph import Organisation
from vonggac.desk.organisations.validity import Dated
from vonggac.desk.searching import SORT_KEY_LENGTH, search_form, sort_key
from vonggac.errors import N_

EXPOSURES = {"internet": N_("Open to the internet"), "inner": N_("Inner network only"), "isolated": N_("Isolated")}
"""Exposure of a system to its title."""

LEVELS = (1, 2, 3, 4, 5)

# A number in the text, no parameter: SQLite uses the index only for the very expression that it is of.
BY_LEVEL: Any = models.Func("level", template="COALESCE(%(expressions)s, 0)", output_field=models.SmallIntegerField())
"""What sorts systems by level: 0 where none is approved yet, so that both databases put it at the same end."""


class InformationSystem(Dated):
    """``organisation`` owns it; ``operator`` runs it (None: the owner does). ``level`` is 1 to 5, None while not yet approved.

    ``code`` is the stable key of imports, unique within the owner.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="systems", db_index=False)
    operator = models.ForeignKey(Organisation, models.SET_NULL, null=True, blank=True, related_name="operated_systems")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=250)
    level = models.SmallIntegerField(null=True, blank=True)
    exposure = models.CharField(max_length=8, default="inner")
    purpose = models.TextField(blank=True)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)
    sort_key = models.CharField(max_length=SORT_KEY_LENGTH, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "code"], name="system_once"),)
        indexes = (
            models.Index(fields=["sort_key", "id"], name="system_by_name"),
            models.Index(BY_LEVEL.desc(), "sort_key", "id", name="system_by_level"),
            models.Index(fields=["code", "id"], name="system_by_code"),
            # Whole columns of counts come from it alone.
            models.Index(fields=["organisation", "level", "valid_from", "valid_until"], name="system_counted"),
            models.Index(
                fields=["level", "exposure", "organisation", "valid_from", "valid_until"], name="system_in_matrix"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form and the sort key with what they are of."""
        self.folded = search_form(self.code, self.name)
        self.sort_key = sort_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class SystemAddress(models.Model):
    """An address or a domain name of a system; ``key`` is as in Network for addresses, empty for names."""

    id = models.BigAutoField(primary_key=True)
    system = models.ForeignKey(InformationSystem, models.CASCADE, related_name="addresses")
    value = models.CharField(max_length=253)
    key = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["system", "value"], name="system_address_once"),)
        indexes = (
            models.Index(fields=["key"], name="system_address_by_key"),
            models.Index(fields=["value"], name="system_address_by_value"),
        )

    def __str__(self) -> str:
        return self.value
