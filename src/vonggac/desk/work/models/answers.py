"""What the owner of a Task answers, what proves it, and what is said about it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from vonggac.desk.work.models.tasks import Task
from vonggac.errors import N_

VERDICTS = {"": N_("Waits for review"), "accepted": N_("Accepted"), "returned": N_("Returned")}
"""Verdict on an answer to its title."""

CAME_BY = {
    "": N_("In the portal"),
    "phone": N_("By telephone"),
    "letter": N_("By letter"),
    "mail": N_("By e-mail"),
    "link": N_("By the link in the message"),
}
"""How an answer came."""
ENTERED = frozenset({"phone", "letter", "mail"})
"""Of CAME_BY what the centre entered for the owner."""
OF_PEOPLE = ("", *sorted(ENTERED))
"""Of CAME_BY what somebody with an account may say of an answer."""


class Answer(models.Model):
    """One report on a Task. ``values``: by the fields of its kind (``kinds.Kind.answer``). ``result``: one of its kind's results.

    ``came_by`` of ENTERED: the centre entered it for the unit; ``told_by`` then says who told it.
    """

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, models.CASCADE, related_name="answers", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    came_by = models.CharField(max_length=8, blank=True)
    told_by = models.CharField(max_length=120, blank=True)
    result = models.CharField(max_length=24)
    values = models.JSONField(default=dict)
    verdict = models.CharField(max_length=8, blank=True)
    verdict_at = models.DateTimeField(null=True, blank=True)
    verdict_by_name = models.CharField(max_length=150, blank=True)
    verdict_reason = models.TextField(blank=True)

    class Meta:
        indexes = (models.Index(fields=["task", "id"], name="answer_of_task"),)

    def __str__(self) -> str:
        return f"{self.task_id} {self.result}"


class Evidence(models.Model):
    """A file that proves something, kept outside the database under the SHA-256 of its bytes (``store``).

    ``kind``: a name of ``evidence.KINDS`` as its bytes tell, never as its name says. ``answer`` None: not yet part of one.
    """

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, models.CASCADE, related_name="evidence", db_index=False)
    answer = models.ForeignKey(Answer, models.SET_NULL, null=True, blank=True, related_name="evidence")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["task", "sha256"], name="evidence_once"),)
        indexes = (models.Index(fields=["sha256"], name="evidence_by_content"),)

    def __str__(self) -> str:
        return self.name


class Comment(models.Model):
    """Something said about a Task. ``is_internal``: for those only who may review it."""

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, models.CASCADE, related_name="comments", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    text = models.TextField()
    is_internal = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["task", "id"], name="comment_of_task"),)

    def __str__(self) -> str:
        return f"{self.task_id} {self.at}"
