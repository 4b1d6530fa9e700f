"""How long work may take: durations as versioned data, and the days on which nobody works."""

from __future__ import annotations

from django.db import models

from vonggac.desk.organisations.validity import Dated
from vonggac.errors import N_

CLOCKS = {"acknowledge": N_("Acknowledge"), "contain": N_("Contain"), "finish": N_("Finish")}
"""Clock to its title, in their order; a Task has ``<clock>_due_at`` and ``<clock>_met_at`` of each."""


class ClockPolicy(Dated):
    """Durations in seconds for one kind of Task and one priority (0: every priority that no other policy names).

    ``is_binding`` False: proposed by ``source``, until a person enters the ``decision`` that makes it binding as a new version.
    ``counts_working_time``: only hours of work count. ``warn_s``: how long before it breaks a clock is told about;
    ``climb_s``: how long after it broke without an answer the head of the unit is told.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=24)
    priority = models.SmallIntegerField(default=0)
    acknowledge_s = models.IntegerField(null=True, blank=True)
    contain_s = models.IntegerField(null=True, blank=True)
    finish_s = models.IntegerField(null=True, blank=True)
    warn_s = models.IntegerField(default=14_400)
    climb_s = models.IntegerField(default=86_400)
    counts_working_time = models.BooleanField(default=False)
    is_binding = models.BooleanField(default=False)
    source = models.CharField(max_length=250)
    decision = models.CharField(max_length=250, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = (models.Index(fields=["kind", "priority"], name="policy_of_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.priority}"


class DayOff(models.Model):
    """A day on which nobody works (``is_work`` False), or a Saturday or Sunday on which they do."""

    day = models.DateField(primary_key=True)
    name = models.CharField(max_length=120)
    is_work = models.BooleanField(default=False)
    source = models.CharField(max_length=250, blank=True)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
