"""Imports of the directory: what was uploaded, what a check found, and rows that wait to be made visible at once.

A staged table has the columns of the table that it is for, so that one statement moves its rows over. ``import_id`` is no
foreign key: rows are written and removed by the ten thousand, and whatever no import owns is swept away.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from vonggac.desk.organisations.models.graph import Mandate, Name, Organisation, Placement
from vonggac.desk.organisations.models.networks import Network
from vonggac.desk.organisations.models.people import ContactPoint, Person
from vonggac.desk.organisations.models.systems import InformationSystem, SystemAddress
from vonggac.errors import N_

STATES = {
    "reading": N_("Being checked"),
    "checked": N_("Checked"),
    "applying": N_("Being applied"),
    "applied": N_("Applied"),
    "refused": N_("Not readable"),
    "abandoned": N_("Abandoned"),
}
"""State of an import to its title."""


class Import(models.Model):
    """One file on its way into the directory.

    ``spool``: the random name under which the file waits in the spool folder, empty once it is gone. ``run``: who works on
    it now (a random token); whoever finds ``beat_at`` old takes over. ``basis_seq``: the audit entry up to which the check
    saw the directory; ``held``: digest of what the asker could do then; ``digest``: of all planned lines. ``n_lines`` are planned,
    the first ``n_applied`` are visible.
    """

    id = models.BigAutoField(primary_key=True)
    state = models.CharField(max_length=10, default="reading")
    user_id = models.BigIntegerField(null=True)
    asker_name = models.CharField(max_length=150)
    via = models.CharField(max_length=8)
    address = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    spool = models.CharField(max_length=32, blank=True)
    run = models.CharField(max_length=32, blank=True)
    beat_at = models.DateTimeField(null=True)
    basis_seq = models.BigIntegerField(default=0)
    held = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    n_rows = models.IntegerField(default=0)
    n_faults = models.IntegerField(default=0)
    n_lines = models.IntegerField(default=0)
    n_applied = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    params = models.JSONField(default=dict)
    audit_seq = models.BigIntegerField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["state", "id"], name="import_by_state"),
            models.Index(fields=["user_id", "-id"], name="import_of_user"),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"


class ImportFault(models.Model):
    """What is wrong in one cell or row (``is_warning``: worth a look only). ``row`` 0: the sheet as a whole."""

    id = models.BigAutoField(primary_key=True)
    import_id = models.BigIntegerField()
    is_warning = models.BooleanField(default=False)
    sheet = models.CharField(max_length=120, blank=True)
    row = models.IntegerField(default=0)
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=200, blank=True)
    message = models.TextField()
    params = models.JSONField(default=dict)

    class Meta:
        indexes = (models.Index(fields=["import_id", "is_warning", "id"], name="fault_of_import"),)

    def __str__(self) -> str:
        return f"{self.sheet} {self.row} {self.column}"


class ImportLine(models.Model):
    """One object that will be, or was, made or changed: ``changes`` is field → [before, after], as a file would write them."""

    id = models.BigAutoField(primary_key=True)
    import_id = models.BigIntegerField()
    n = models.IntegerField()
    kind = models.CharField(max_length=16)
    is_new = models.BooleanField()
    sheet = models.CharField(max_length=120, blank=True)
    row = models.IntegerField()
    label = models.CharField(max_length=300)
    changes = models.JSONField()

    class Meta:
        indexes = (
            models.Index(fields=["import_id", "n"], name="line_of_import"),
            models.Index(fields=["import_id", "kind", "is_new", "n"], name="line_of_kind"),
        )

    def __str__(self) -> str:
        return f"{self.n} {self.kind} {self.label}"


class Staged(models.Model):
    """A row that waits: for the record ``target_id`` (None: its key is given when it becomes visible).

    ``n`` is the line that it belongs to; ``seen_version``: of the record when it was checked; ``is_gone``: the record is to go.
    """

    id = models.BigAutoField(primary_key=True)
    import_id = models.BigIntegerField()
    n = models.IntegerField()
    target_id = models.BigIntegerField(null=True)
    is_new = models.BooleanField(default=False)
    is_gone = models.BooleanField(default=False)
    seen_version = models.IntegerField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.import_id} {self.n}"


def _mirror(target: type[models.Model]) -> Any:
    """A staged table with the columns of ``target`` but its key and version; references are plain numbers."""
    name = f"Staged{target.__name__}"
    columns: dict[str, Any] = {}
    for column in target._meta.concrete_fields:  # noqa: SLF001  # the documented name of Django's model API
        if column.primary_key or column.name == "version":
            continue
        if isinstance(column, models.ForeignKey):
            columns[column.attname] = models.BigIntegerField(null=column.null)
        else:
            _name, _path, args, options = column.deconstruct()
            columns[column.attname] = type(column)(*args, **{key: options[key] for key in options if key != "unique"})
    index = models.Index(fields=["import_id", "n"], name=f"staged_{target.__name__.lower()}"[:30])
    meta = type("Meta", (), {"indexes": (index,)})
    doc = f"Rows that wait to become {target.__name__} records."
    return type(name, (Staged,), {"__module__": __name__, "__doc__": doc, "Meta": meta, **columns})


StagedOrganisation = _mirror(Organisation)
StagedName = _mirror(Name)
StagedPlacement = _mirror(Placement)
StagedPerson = _mirror(Person)
StagedContactPoint = _mirror(ContactPoint)
StagedNetwork = _mirror(Network)
StagedInformationSystem = _mirror(InformationSystem)
StagedSystemAddress = _mirror(SystemAddress)
StagedMandate = _mirror(Mandate)


class StagedReach(Staged):
    """Pairs of scope.Reach that come or (``is_gone``) go."""

    ancestor_id = models.BigIntegerField()
    descendant_id = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["import_id", "n"], name="staged_reach"),)


STAGED: tuple[tuple[Any, Any], ...] = (
    (StagedOrganisation, Organisation),
    (StagedName, Name),
    (StagedPlacement, Placement),
    (StagedPerson, Person),
    (StagedContactPoint, ContactPoint),
    (StagedNetwork, Network),
    (StagedInformationSystem, InformationSystem),
    (StagedSystemAddress, SystemAddress),
    (StagedMandate, Mandate),
)
"""Each staged table with the one that it is for, in the order in which they become visible. StagedReach goes its own way."""
