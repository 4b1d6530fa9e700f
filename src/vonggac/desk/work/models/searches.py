"""A log file that the owner of a Task dropped, so that the machine looks in it for the host inside."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from vonggac.desk.work.models.tasks import Task
from vonggac.errors import N_

SEARCH_STATES = {
    "waiting": N_("Waits to be read"),
    "done": N_("Read"),
    "refused": N_("Not readable"),
}
"""State of a search to its title."""

FOUND_BY = {
    "nat_port": N_("Held the address and port at that time"),
    "contact": N_("Talked to the criminal's server"),
    "nat_address": N_("Used the address at that time, as others did"),
}
"""How a host was found to what that means, the surest first."""


class HostSearch(models.Model):
    """One log file, looked through for one Task. ``spool``: its name in the spool folder, empty once the file is gone.

    ``found``: [{"host", "by" (of FOUND_BY), "n", "first", "last" (ISO texts in UTC), "destination"}, ...], the surest first;
    ``n_found`` hosts in all. ``faults``: [[name, English text, what fills it], ...] of what could not be read. ``run`` and ``beat_at``: who reads it, as for Import.
    """

    AUDIT_SECRET: ClassVar = ("spool", "run", "beat_at", "found", "faults")

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, models.CASCADE, related_name="searches", db_index=False)
    state = models.CharField(max_length=8, default="waiting")
    file_name = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    spool = models.CharField(max_length=32, blank=True)
    user_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    via = models.CharField(max_length=8)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    run = models.CharField(max_length=32, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    n_tries = models.SmallIntegerField(default=0)
    n_events = models.BigIntegerField(default=0)
    n_found = models.IntegerField(default=0)
    found = models.JSONField(default=list)
    faults = models.JSONField(default=list)

    class Meta:
        indexes = (
            models.Index(fields=["task", "-id"], name="search_of_task"),
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="search_waiting"),
        )

    def __str__(self) -> str:
        return self.file_name
