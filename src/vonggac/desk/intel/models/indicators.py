"""Indicators of every kind with their life, who saw them, and what malware is also called."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.spans import parse_span
from vonggac.desk.searching import search_form
from vonggac.errors import N_

INDICATOR_KINDS = {
    "ipv4": N_("IPv4 address"),
    "ipv6": N_("IPv6 address"),
    "cidr": N_("Network"),
    "range": N_("Range of addresses"),
    "domain": N_("Domain name"),
    "url": N_("URL"),
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
}
"""Kind of indicator (as detectors.indicators names them) to its title."""

ADDRESSES = frozenset({"ipv4", "ipv6", "cidr", "range"})
"""Kinds that are an address or several."""

LIFE = {"active": N_("Active"), "expired": N_("Expired"), "withdrawn": N_("Withdrawn")}
"""State of an indicator to its title; what expires is no longer looked for, and stays to be found."""


class Indicator(models.Model):
    """One value to look for, whoever told it. ``value`` normalised as in detectors.indicators. ``sources``: [[source, number], ...] newest last.

    ``stix_id``: the id under which it came from or goes to others (a UUID text). ``first`` and ``last``: of what is an address or
    several, as keys (organisations.spans), empty for the rest. ``reason``: why it was withdrawn or put back.
    """

    AUDIT_SECRET: ClassVar = ("folded",)

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=500)
    role = models.CharField(max_length=8, default="hostile")
    family = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, default="active")
    tlp = models.CharField(max_length=12, default="amber")
    confidence = models.SmallIntegerField(default=70)
    first_seen = models.DateTimeField(null=True, blank=True)
    last_seen = models.DateTimeField(null=True, blank=True)
    valid_from = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    port = models.IntegerField(null=True, blank=True)
    sources = models.JSONField(default=list)
    warnings = models.CharField(max_length=500, blank=True)
    note = models.TextField(blank=True)
    reason = models.CharField(max_length=250, blank=True)
    first = models.CharField(max_length=32, blank=True, editable=False)
    last = models.CharField(max_length=32, blank=True, editable=False)
    stix_id = models.CharField(max_length=36, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "value", "family"], name="indicator_once"),)
        indexes = (
            models.Index(fields=["value"], name="indicator_by_value"),
            models.Index(fields=["state", "-id"], name="indicator_by_state"),
            models.Index(fields=["expires_at"], condition=models.Q(state="active"), name="indicator_expiring"),
            models.Index(fields=["kind", "first"], name="indicator_by_address"),
            models.Index(fields=["family", "-id"], name="indicator_of_family"),
        )

    def __str__(self) -> str:
        return self.value

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep what is searched with what it is of."""
        self.derive()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def derive(self) -> None:
        """Work out the columns that follow from others; whoever writes many at once calls it for each."""
        self.folded = search_form(self.value, self.family, self.note)
        if self.kind in ADDRESSES and not self.first:
            span = parse_span(self.value)
            self.first, self.last = span.first, span.last


class Sighting(models.Model):
    """An indicator was seen at an organisation (None: not known where) by ``source`` (“log file”, “list 3/BC”)."""

    id = models.BigAutoField(primary_key=True)
    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="sightings", db_index=False)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    task_id = models.BigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=120)
    host = models.CharField(max_length=250, blank=True)
    n = models.IntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["indicator", "organisation", "source", "host", "first_at"], name="sighting_once"
            ),
        )
        indexes = (models.Index(fields=["organisation", "-last_at"], name="sighting_of_organisation"),)

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.organisation_id}"


class MalwareAlias(models.Model):
    """Another name of a family, as a person entered it; read before the table that is shipped (detectors.indicators.aliases)."""

    id = models.BigAutoField(primary_key=True)
    alias = models.CharField(max_length=120, unique=True)
    family = models.CharField(max_length=120)
    note = models.CharField(max_length=250, blank=True)
    version = models.IntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.alias} → {self.family}"
