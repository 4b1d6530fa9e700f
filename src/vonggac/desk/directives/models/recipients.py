"""Who a letter goes to: groups, the lines of a draft, and, once it is issued, each recipient with what is known of its way there."""

from __future__ import annotations

from django.db import models

from vonggac.desk.directives.models.letters import Letter
from vonggac.desk.directives.states import ACTION
from vonggac.desk.organisations.models import Organisation


class RecipientGroup(models.Model):
    """Recipients by one name ("all agencies"): organisations of some ``kinds``, as they are at issue, and single ones by their ids.

    ``without``: ids of those that do not belong to it although their kind does.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=250)
    kinds = models.JSONField(default=list)
    organisations = models.JSONField(default=list)
    without = models.JSONField(default=list)
    version = models.IntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class Addressee(models.Model):
    """A line of a letter's recipients: a group, one organisation, or words alone (a body that the directory does not hold). ``n``: its place.

    ``is_addressed``: stands after "Kính gửi"; all lines stand under "Nơi nhận".
    """

    id = models.BigAutoField(primary_key=True)
    letter = models.ForeignKey(Letter, models.CASCADE, related_name="addressees", db_index=False)
    n = models.SmallIntegerField()
    role = models.CharField(max_length=12, default=ACTION)
    is_addressed = models.BooleanField(default=False)
    group = models.ForeignKey(RecipientGroup, models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    words = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["letter", "n"], name="addressee_once"),)

    def __str__(self) -> str:
        return self.words or str(self.group or self.organisation)


class Recipient(models.Model):
    """An organisation (or a body by ``name`` alone) that an issued letter went to. ``name``: as it was called then.

    ``groups``: codes of the groups by which it stands here. ``sent_at``: its messages were put in the outbox. ``opened_at``: a person opened
    it first. ``acknowledged_via``: a key of ``states.VIAS``.
    """

    id = models.BigAutoField(primary_key=True)
    letter = models.ForeignKey(Letter, models.CASCADE, related_name="recipients", db_index=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="letters_received"
    )
    n = models.SmallIntegerField()
    name = models.CharField(max_length=250)
    role = models.CharField(max_length=12, default=ACTION)
    groups = models.JSONField(default=list)
    sent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by_name = models.CharField(max_length=150, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_name = models.CharField(max_length=150, blank=True)
    acknowledged_via = models.CharField(max_length=8, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["letter", "n"], name="recipient_place"),
            models.UniqueConstraint(
                fields=["letter", "organisation"],
                name="recipient_once",
                condition=models.Q(organisation__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name
