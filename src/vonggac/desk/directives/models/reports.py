"""Parts of a report, letters that are being read in, and matters referred to another body."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from vonggac.desk.directives.models.letters import Letter
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.work.models import Task


class ReportPart(models.Model):
    """A passage of a report in its order ``n``. ``made``: as it was made from the table last; ``text``: as a person wrote it, None for nobody
    did. ``key``: what makes it (``desk/directives/reports``), empty for a part that a person added.
    """

    id = models.BigAutoField(primary_key=True)
    letter = models.ForeignKey(Letter, models.CASCADE, related_name="parts", db_index=False)
    n = models.SmallIntegerField()
    key = models.CharField(max_length=40, blank=True)
    heading = models.CharField(max_length=250)
    made = models.TextField(blank=True)
    text = models.TextField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["letter", "n"], name="report_part_once"),)

    def __str__(self) -> str:
        return self.heading


class LetterReading(models.Model):
    """A file that came in and is being read. ``state``: waiting, reading, read, failed, kept (became ``letter``), dropped.

    ``found``: what ``documents.letters`` read, plain; ``fault``: why it could not, as message and params.
    """

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    letter = models.ForeignKey(Letter, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=8, default="waiting")
    found = models.JSONField(default=dict)
    fault = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = (models.Index(fields=["sha256"], name="reading_by_content"),)

    def __str__(self) -> str:
        return self.name


class Referral(models.Model):
    """A matter (a Task with its evidence) that ``letter`` puts before the police or another body; ``outcome``: what they answered."""

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, models.PROTECT, related_name="referrals")
    letter = models.OneToOneField(Letter, models.PROTECT, related_name="referral")
    why = models.TextField()
    outcome = models.TextField(blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)
    outcome_by_name = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return f"{self.task_id} {self.letter_id}"
