"""The Task, the only way in which work exists, with its steps, who watches it, and counts kept for tables of many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.utils import timezone

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.work.models.clocks import ClockPolicy
from vonggac.desk.work.states import NEW, OWNER

FAR: Final = datetime(2199, 12, 31, tzinfo=UTC)
"""In the place of a time that does not come: sorted after all others."""
SEARCHED: Final = 800
"""Characters of a Task that a search looks at: what an entry of an index holds (PostgreSQL: 2,704 bytes)."""


class Batch(models.Model):
    """Tasks that one thing opened together: a version of a list, an order. They are nobody's before ``published_at``.

    ``source_type`` and ``source_id``: the record that it stands for (``intel.listversion``), to which ``url`` leads.
    """

    id = models.BigAutoField(primary_key=True)
    title = models.CharField(max_length=250)
    source_type = models.CharField(max_length=40)
    source_id = models.BigIntegerField()
    url = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source_type", "source_id"], name="batch_once"),)
        indexes = (models.Index(fields=["id"], condition=models.Q(published_at=None), name="batch_hidden"),)

    def __str__(self) -> str:
        return self.title


class Task(models.Model):
    """One piece of work of one organisation.

    ``kind``: a name of ``kinds.KINDS``, which says what else holds. ``key``: what makes it unique in its kind. ``value``: the one
    thing that it is about, normalised (an address). ``subject``: that in words of no language. ``details``: what the kind's
    templates show. ``batch_id``: the Batch that opened or last reopened it; 0: nothing did. ``priority``: 1 to 5, 1 the most
    pressing. ``turn``: whose it is to act
    in that state (``states.turn_of``). ``proof``: ``declared``, ``proven`` or nothing yet. ``result``: of the last answer
    since it began or began anew.

    Clocks: ``<clock>_due_at`` (None: this Task has no such clock) and ``<clock>_met_at``. ``due_at``: the next that is to be
    met, FAR while none runs. ``alarm_at``: when the next warning is due, FAR for never. ``alarms``: how many were given for
    ``due_at`` (1: soon, 2: broken, 3: to the head of the unit). ``is_late``: a binding clock is broken. ``stopped_at``: since when the clocks stand.
    """

    AUDIT_SECRET: ClassVar = ("folded",)

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=200)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="tasks", db_index=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", db_index=False)
    batch_id = models.BigIntegerField(db_default=0)
    subject = models.CharField(max_length=300)
    value = models.CharField(max_length=250, db_default="")
    details = models.JSONField(default=dict)
    priority = models.SmallIntegerField(db_default=3)
    state = models.CharField(max_length=12, db_default=NEW)
    turn = models.CharField(max_length=6, db_default=OWNER)
    proof = models.CharField(max_length=8, db_default="")
    result = models.CharField(max_length=24, db_default="")
    n_reopened = models.SmallIntegerField(db_default=0)
    policy = models.ForeignKey(ClockPolicy, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    is_binding = models.BooleanField(db_default=False)
    acknowledge_due_at = models.DateTimeField(null=True, blank=True)
    acknowledge_met_at = models.DateTimeField(null=True, blank=True)
    contain_due_at = models.DateTimeField(null=True, blank=True)
    contain_met_at = models.DateTimeField(null=True, blank=True)
    finish_due_at = models.DateTimeField(null=True, blank=True)
    finish_met_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(db_default=FAR)
    alarm_at = models.DateTimeField(db_default=FAR)
    alarms = models.SmallIntegerField(db_default=0)
    is_late = models.BooleanField(db_default=False)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=250, db_default="")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField(db_default=1)
    folded = models.TextField(editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="task_once"),)
        indexes = (
            models.Index(fields=["organisation", "turn", "due_at", "id"], name="task_of_organisation"),
            models.Index(fields=["turn", "due_at", "id"], name="task_by_turn"),
            models.Index(fields=["state", "due_at", "id"], name="task_by_state"),
            models.Index(fields=["turn", "priority", "due_at", "id"], name="task_by_priority"),
            models.Index(fields=["folded"], name="task_searched"),  # a search reads it in the place of the table
            # Most Tasks have neither: with them in it, a database takes the index for one that finds nothing.
            models.Index(fields=["parent"], name="task_of_parent", condition=models.Q(parent__isnull=False)),
            models.Index(fields=["assignee"], name="task_of_assignee", condition=models.Q(assignee__isnull=False)),
            models.Index(fields=["value"], name="task_by_value", condition=~models.Q(value="")),
            models.Index(fields=["batch_id", "organisation"], name="task_of_batch"),
            models.Index(fields=["alarm_at"], name="task_alarm", condition=models.Q(alarm_at__lt=FAR)),
            models.Index(
                fields=["kind", "state"],
                name="task_answered",
                condition=models.Q(kind="identify_holder", state="closed"),
            ),
        )

    def __str__(self) -> str:
        return self.subject


class Step(models.Model):
    """Something that was done with a Task. ``verb``: a name of ``actions.VERBS``. That it was made is told by the Task itself.

    ``by_id`` None: the program. ``values``: what the verb's words need, plain values.
    """

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, models.CASCADE, related_name="steps", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    verb = models.CharField(max_length=24)
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12, blank=True)
    note = models.TextField(blank=True)
    values = models.JSONField(default=dict)

    class Meta:
        indexes = (models.Index(fields=["task", "id"], name="step_of_task"),)

    def __str__(self) -> str:
        return f"{self.task_id} {self.verb}"


class Watcher(models.Model):
    """Somebody who is told what happens with a Task that is not theirs to do."""

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, models.CASCADE, related_name="watchers", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["task", "user"], name="watcher_once"),)

    def __str__(self) -> str:
        return f"{self.task_id} {self.user_id}"


class Tally(models.Model):
    """How many Tasks of one organisation, kind and batch are in one state, late or not: moved with every change of a Task."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=24)
    batch_id = models.BigIntegerField()
    state = models.CharField(max_length=12)
    is_late = models.BooleanField()
    n = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "kind", "batch_id", "state", "is_late"], name="tally_once"),
        )
        indexes = (models.Index(fields=["batch_id", "organisation"], name="tally_of_batch"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.kind} {self.state} {self.n}"


class Bulk(models.Model):
    """One action on many Tasks, as it can be undone for a while by who may still do it (``permission``).

    ``rows``: [[task id, version after, {column: value before}], ...], in the order in which they were changed.
    """

    id = models.BigAutoField(primary_key=True)
    user_id = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    verb = models.CharField(max_length=24)
    permission = models.CharField(max_length=32)
    rows = models.JSONField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["user_id", "-id"], name="bulk_of_user"),)

    def __str__(self) -> str:
        return f"{self.verb} {self.pk}"


class SavedView(models.Model):
    """Filters of the queue under a name: one's own, or everybody's (``is_shared``). ``query``: the page's query string."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000)
    is_shared = models.BooleanField(default=False)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "name"], name="saved_view_once"),)

    def __str__(self) -> str:
        return self.name
