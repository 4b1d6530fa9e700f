"""Networks of an organisation, each for a time."""

from __future__ import annotations

from django.db import models

from vonggac.desk.organisations.models.graph import Organisation
from vonggac.desk.organisations.validity import Dated
from vonggac.desk.searching import search_form
from vonggac.errors import N_

SIDES = {"public": N_("Public egress"), "inner": N_("Inner network")}
"""Side of a network to its title."""


class Network(Dated):
    """Addresses from ``first`` to ``last``, both included, as 32 hexadecimal digits (IPv4 as ::ffff:a.b.c.d), so that their order
    as text is that of the addresses. ``text`` is how people write it: a CIDR or ``first-last``.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="networks", db_index=False)
    text = models.CharField(max_length=90)
    first = models.CharField(max_length=32)
    last = models.CharField(max_length=32)
    side = models.CharField(max_length=8, default="public")
    provider = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=250, blank=True)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)

    class Meta:
        indexes = (
            models.Index(fields=["first", "last"], name="network_by_address"),
            models.Index(fields=["organisation", "first"], name="network_of_organisation"),
            models.Index(fields=["organisation", "valid_from", "valid_until"], name="network_counted"),
        )

    def __str__(self) -> str:
        return self.text

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form with what it is of."""
        self.folded = search_form(self.text, self.provider, self.note)
        super().save(*args, **kwargs)  # type: ignore[arg-type]
