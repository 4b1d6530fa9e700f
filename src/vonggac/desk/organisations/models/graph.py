"""Organisations, what they were called, where they stood, what became of them, and what they are charged with."""

from __future__ import annotations

from django.db import models

from vonggac.desk.organisations.validity import Dated
from vonggac.desk.searching import SORT_KEY_LENGTH, search_form, sort_key
from vonggac.errors import N_

KINDS = {
    "authority": N_("Authority"),
    "department": N_("Department"),
    "centre": N_("Centre"),
    "agency": N_("Agency"),
    "district": N_("District"),
    "commune": N_("Commune"),
    "telco": N_("Telecom operator"),
    "platform": N_("Digital platform"),
    "police": N_("Police"),
    "military": N_("Military"),
    "enterprise": N_("Enterprise"),
    "other": N_("Other"),
}
"""Kind of organisation to its title."""

MANDATES = {
    "state_management": N_("State management of information security"),
    "coordination": N_("Coordination of incident response"),
    "specialised_unit": N_("Specialised unit for information security"),
    "monitoring": N_("Central monitoring"),
    "orders": N_("Issuing orders to operators and platforms"),
    "support": N_("Support for agencies"),
    "abuse": N_("Settling abuse reports"),
}
"""Subject of a mandate to its title."""

SUCCESSIONS = {"merge": N_("Merger"), "split": N_("Split"), "rename": N_("Renaming")}
"""Kind of succession to its title."""


class Organisation(Dated):
    """``code`` is the stable key of imports (the agency's electronic identifier, where it has one). ``name``, ``short_name`` and
    ``parent`` are today's; Name and Placement keep what they were. ``version`` rises with every edit.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=250)
    short_name = models.CharField(max_length=60, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    address = models.CharField(max_length=250, blank=True)
    note = models.TextField(blank=True)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)
    sort_key = models.CharField(max_length=SORT_KEY_LENGTH, editable=False)

    class Meta:
        indexes = (models.Index(fields=["sort_key", "id"], name="organisation_by_name"),)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form and the sort key with what they are of."""
        self.folded = search_form(self.code, self.name, self.short_name)
        self.sort_key = sort_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Name(Dated):
    """What an organisation was called, and when; ``basis``: the document that named it so."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="names")
    name = models.CharField(max_length=250)
    short_name = models.CharField(max_length=60, blank=True)
    basis = models.CharField(max_length=250, blank=True)
    folded = models.TextField(editable=False)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form with what it is of."""
        self.folded = search_form(self.name, self.short_name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Placement(Dated):
    """Under which organisation another stood, and when; no parent: at the top. ``basis``: the document that put it there."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="placements")
    parent = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    basis = models.CharField(max_length=250, blank=True)

    def __str__(self) -> str:
        return f"{self.organisation_id} under {self.parent_id}"


class Reorganisation(models.Model):
    """One merger or split that was entered here, with all that it changed, so that it can be undone.

    ``changes``: [{"type", "id", "label", "before", "after"}] as in the audit, in their order; of a record that was made only the
    SHA-256 of its columns stands in "after", so that no person's data are kept here.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8)
    at = models.DateTimeField()
    basis = models.CharField(max_length=250, blank=True)
    changes = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Succession(models.Model):
    """``successor`` took over from ``predecessor`` at a time; several rows of one predecessor are a split, of one successor a merger.

    ``reorganisation``: with which others it was entered; None when it was imported.
    """

    id = models.BigAutoField(primary_key=True)
    predecessor = models.ForeignKey(Organisation, models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Organisation, models.PROTECT, related_name="precessions")
    kind = models.CharField(max_length=8)
    at = models.DateTimeField()
    basis = models.CharField(max_length=250, blank=True)
    reorganisation = models.ForeignKey(
        Reorganisation, models.CASCADE, null=True, blank=True, related_name="successions"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["predecessor", "successor", "kind", "at"], name="succession_once"),
        )

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


class Mandate(Dated):
    """``holder`` is charged with ``subject`` for ``over`` and everything below it (None: the whole province), by ``basis``."""

    id = models.BigAutoField(primary_key=True)
    holder = models.ForeignKey(Organisation, models.CASCADE, related_name="mandates")
    subject = models.CharField(max_length=24)
    over = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    basis = models.CharField(max_length=250, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = (models.Index(fields=["subject", "holder"], name="mandate_by_subject"),)

    def __str__(self) -> str:
        return f"{self.subject} {self.holder_id}"
