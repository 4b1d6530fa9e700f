"""Parts of a report, letters that are being read in, and matters referred to another body."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.utils import timezone

from vonggac.desk.directives.models.letters import Letter
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.work.models import Task

APPENDIX: Final = "appendix:"
"""How the key of an appendix begins."""


class ReportPart(models.Model):
    """A passage of a report in its order ``n``. ``made``: as it was made from the table last; ``text``: as a person wrote it, None for nobody
    did. ``key``: what makes it (``desk/directives/reports``), empty for a part that a person added. ``edited_from``: ``made`` as it was when
    ``text`` was written, so that it shows when the figures moved since. An appendix (``APPENDIX``) holds its tables as JSON and has no text.
    """

    id = models.BigAutoField(primary_key=True)
    letter = models.ForeignKey(Letter, models.CASCADE, related_name="parts", db_index=False)
    n = models.SmallIntegerField()
    key = models.CharField(max_length=40, blank=True)
    heading = models.CharField(max_length=250)
    made = models.TextField(blank=True)
    text = models.TextField(null=True, blank=True)
    edited_from = models.TextField(null=True, blank=True)
    is_left_out = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["letter", "n"], name="report_part_once"),)

    def __str__(self) -> str:
        return self.heading

    @property
    def shown(self) -> str:
        """What stands in the report."""
        return self.made if self.text is None else self.text

    @property
    def is_appendix(self) -> bool:
        """Whether it stands behind the text, on pages across."""
        return self.key.startswith(APPENDIX)


class ReportMaking(models.Model):
    """The files of a report being made in the background. ``state``: waiting, making, done, failed; ``done``: of ``STEPS`` how many.

    ``basis``: digest of what the report said when they were made. ``fault``: why not, as message and params. ``run``, ``beat_at``: see ``desk.runs``.
    """

    AUDIT_SECRET: ClassVar = ("run", "beat_at")

    id = models.BigAutoField(primary_key=True)
    letter = models.OneToOneField(Letter, models.CASCADE, related_name="making")
    state = models.CharField(max_length=8, default="waiting")
    done = models.SmallIntegerField(default=0)
    basis = models.CharField(max_length=64, blank=True)
    fault = models.JSONField(default=dict)
    asked_at = models.DateTimeField(default=timezone.now)
    by_name = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True, blank=True)
    run = models.CharField(max_length=32, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["id"], condition=models.Q(state__in=["waiting", "making"]), name="report_to_make"),
        )

    def __str__(self) -> str:
        return f"{self.letter_id} {self.state}"


class LetterReading(models.Model):
    """A file that came in and is being read. ``state``: waiting, reading, read, failed, kept (became ``letter``), dropped.

    ``found``: what ``documents.letters`` read, plain; ``fault``: why it could not, as message and params. ``run`` and ``beat_at``: see
    ``desk.runs``.
    """

    AUDIT_SECRET: ClassVar = ("found", "run", "beat_at")

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
    run = models.CharField(max_length=32, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)

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
    version = models.IntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.task_id} {self.letter_id}"
