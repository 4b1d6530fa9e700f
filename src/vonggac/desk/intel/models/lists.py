"""Indicator lists, their versions, and the rows of those."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.searching import search_form
from vonggac.errors import N_

LIST_KINDS = {
    "botnet": N_("Botnet addresses"),
    "hostile": N_("Hostile addresses, names and files"),
    "phishing": N_("Phishing pages"),
    "other": N_("Other"),
}
"""Kind of list to its title. Of a botnet list our addresses are infected (role victim); those of the others are hostile."""

TLPS = {
    "clear": "TLP:CLEAR",
    "green": "TLP:GREEN",
    "amber": "TLP:AMBER",
    "amber+strict": "TLP:AMBER+STRICT",
    "red": "TLP:RED",
}
"""Traffic Light Protocol 2.0 (FIRST, 2022)."""

STATES = {
    "reading": N_("Being read"),
    "checked": N_("Ready to be looked at"),
    "applying": N_("Being turned into work"),
    "published": N_("Published"),
    "refused": N_("Not readable"),
    "abandoned": N_("Given up"),
}
"""State of a version to its title."""

STATUSES = {
    "new": N_("New"),
    "still": N_("Still there"),
    "back": N_("Back again"),
    "gone": N_("Not seen again"),
}
"""What a row is beside the version before; ``gone`` rows are those of the version before that this one lacks."""

ATTRIBUTIONS = {
    "owner": N_("Owner known"),
    "nobody": N_("Nobody's network"),
    "contested": N_("Claimed by several"),
    "none": N_("Not an address of ours"),
}
"""How a row found its organisation, at the time when it was seen."""

DECISIONS = {
    "": N_("No decision needed"),
    "wait": N_("Waits for a decision"),
    "act": N_("Work is made of it"),
    "ignore": N_("Left aside"),
}
"""Of rows on a warninglist: a person decides, with a reason."""

COLUMN_ROLES = {
    "victim": N_("Address of ours"),
    "address": N_("Address"),
    "indicator": N_("Address, name, URL or hash"),
    "destination": N_("Where it talked to"),
    "hash": N_("Hash of a file"),
    "inner": N_("Inner address"),
    "first_seen": N_("First seen"),
    "last_seen": N_("Last seen"),
    "seen": N_("Seen at"),
    "hour": N_("Time of day"),
    "port": N_("Port"),
    "destination_port": N_("Port where it talked to"),
    "malware": N_("Malware"),
    "organisation": N_("Organisation"),
    "count": N_("How often"),
    "note": N_("Note"),
    "ordinal": N_("Ordinal number"),
    "ignored": N_("Left aside"),
}
"""What a column of a list may be (``detectors.indicators.columns``) to its title."""

ON_ITS_WAY = ("reading", "checked", "applying")
"""States of a version that somebody or something still works on: of one list there is one such version at most."""


class IndicatorList(models.Model):
    """A list that comes again and again. ``issuer``: who sends it. ``cadence_days``: how often; 0: when there is need.

    ``mappings``: header signature → {header: role}, as people set it last. ``expires_days``: how long its indicators hold.
    """

    AUDIT_SECRET: ClassVar = ("folded",)

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=250)
    kind = models.CharField(max_length=12)
    issuer = models.CharField(max_length=250, blank=True)
    tlp = models.CharField(max_length=12, default="amber")
    confidence = models.SmallIntegerField(default=70)
    cadence_days = models.IntegerField(default=30)
    expires_days = models.IntegerField(default=90)
    mappings = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form with what it is of."""
        self.folded = search_form(self.code, self.name, self.issuer)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ListVersion(models.Model):
    """One file of a list. ``n``: from 1, in the order of publication, 0 before. ``previous``: the version published before it.

    ``letter``, ``letter_on``: number and date of the letter that it came with; ``as_of``: the time that it tells of. ``spool``: the
    file in the spool folder, empty once it is gone. ``run`` and ``beat_at``: who works on it, as for Import. ``basis_seq``: the audit
    entry up to which the check saw the directory. ``columns``: [{"sheet", "header", "role", "samples": [...]}] for the mapping
    step; ``mapping``: header (or number from 1) → role, as a person set it or the list remembered it. ``digest``: of all rows with whom
    they were given to. ``n_staged``: rows made Tasks so far; ``n_rechecked``: rows and Tasks looked at again so far.
    ``counts``: rows, faults, new, still, back, gone, waiting, owned, nobody, contested, none.
    ``is_repeated`` is no column: True on what ``receive`` gives for a file that is there already.
    """

    AUDIT_SECRET: ClassVar = ("spool", "run", "beat_at", "columns")
    is_repeated = False

    id = models.BigAutoField(primary_key=True)
    indicator_list = models.ForeignKey(IndicatorList, models.PROTECT, related_name="versions", db_index=False)
    n = models.IntegerField(default=0)
    previous = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, default="reading")
    letter = models.CharField(max_length=120, blank=True)
    letter_on = models.DateField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)
    tlp = models.CharField(max_length=12, default="amber")
    confidence = models.SmallIntegerField(default=70)
    expires_at = models.DateTimeField(null=True, blank=True)
    file_name = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    spool = models.CharField(max_length=32, blank=True)
    user_id = models.BigIntegerField(null=True)
    asker_name = models.CharField(max_length=150)
    via = models.CharField(max_length=8)
    address = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    run = models.CharField(max_length=32, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    basis_seq = models.BigIntegerField(default=0)
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    signature = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    params = models.JSONField(default=dict)
    batch_id = models.BigIntegerField(null=True, blank=True)
    n_staged = models.IntegerField(default=0)
    n_rechecked = models.IntegerField(default=0)
    is_rechecked = models.BooleanField(default=False)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = (
            models.Index(fields=["indicator_list", "-id"], name="version_of_list"),
            models.Index(fields=["state", "id"], name="version_by_state"),
            models.Index(fields=["sha256"], name="version_by_content"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["indicator_list", "n"], condition=models.Q(n__gt=0), name="version_number_once"
            ),
            models.UniqueConstraint(
                fields=["indicator_list"], condition=models.Q(state__in=ON_ITS_WAY), name="one_version_on_its_way"
            ),
        )

    def __str__(self) -> str:
        return f"{self.indicator_list_id} {self.n} {self.file_name}"


class ListRow(models.Model):
    """One entry of a version: the same entry in another version has the same ``value`` and ``family``.

    ``key``: where the organisation of an address is known, the key of its Task (kind clean_address); else kind, value and family. Behind
    its first ``|`` it is the same in every version. ``family``: the malware by the aliases, ``malware``: as written. ``organisation``: who
    held ``value`` at ``at`` (last seen, else first seen, else as of), or who took over from that one since. ``told_organisation``: as the
    list wrote it. ``number`` and ``sheet``: where it stands in the file. ``priority``: of its Task, 1 to 5.
    """

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(ListVersion, models.CASCADE, related_name="rows", db_index=False)
    sheet = models.CharField(max_length=120, db_default="")
    number = models.IntegerField()
    kind = models.CharField(max_length=8)
    role = models.CharField(max_length=8)
    value = models.CharField(max_length=500)
    original = models.CharField(max_length=500, db_default="")
    malware = models.CharField(max_length=250, db_default="")
    family = models.CharField(max_length=120, db_default="")
    first_seen = models.DateTimeField(null=True)
    last_seen = models.DateTimeField(null=True)
    at = models.DateTimeField(null=True)
    port = models.IntegerField(null=True)
    destination = models.CharField(max_length=500, db_default="")
    destination_port = models.IntegerField(null=True)
    n_seen = models.BigIntegerField(null=True)
    told_organisation = models.CharField(max_length=250, db_default="")
    note = models.CharField(max_length=500, db_default="")
    organisation = models.ForeignKey(Organisation, models.SET_NULL, null=True, related_name="+", db_index=False)
    attribution = models.CharField(max_length=10, db_default="none")
    status = models.CharField(max_length=6, db_default="new")
    warnings = models.CharField(max_length=500, db_default="")
    priority = models.SmallIntegerField(db_default=3)
    decision = models.CharField(max_length=6, db_default="")
    decision_reason = models.CharField(max_length=250, db_default="")
    key = models.CharField(max_length=200)

    class Meta:
        indexes = (
            models.Index(fields=["version", "id"], name="row_of_version"),
            models.Index(fields=["version", "organisation", "id"], name="row_of_organisation"),
            models.Index(fields=["version", "status", "id"], name="row_by_status"),
            models.Index(fields=["value", "version"], name="row_by_value"),
            models.Index(fields=["version", "id"], condition=models.Q(decision="wait"), name="row_waiting"),
        )

    def __str__(self) -> str:
        return self.value


class RowFault(models.Model):
    """A row or cell that could not be read, with why; ``is_kept``: the row was, without that cell."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(ListVersion, models.CASCADE, related_name="faults", db_index=False)
    sheet = models.CharField(max_length=120, blank=True)
    number = models.IntegerField()
    reason = models.CharField(max_length=32)
    text = models.CharField(max_length=200, blank=True)
    is_kept = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["version", "id"], name="fault_of_version"),)

    def __str__(self) -> str:
        return f"{self.sheet} {self.number} {self.reason}"


class OrganisationCount(models.Model):
    """How the rows of one organisation in one published version divide, beside the version before; it never changes."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(ListVersion, models.CASCADE, related_name="organisation_counts", db_index=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    n_new = models.IntegerField(default=0)
    n_still = models.IntegerField(default=0)
    n_back = models.IntegerField(default=0)
    n_gone = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["version", "organisation"], name="organisation_count_once"),)

    def __str__(self) -> str:
        return f"{self.version_id} {self.organisation_id}"
