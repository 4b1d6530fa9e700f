"""People of an organisation, and how it is reached."""

from __future__ import annotations

from django.db import models

from vonggac.desk.organisations.models.graph import Organisation
from vonggac.desk.organisations.validity import Dated
from vonggac.desk.searching import SORT_KEY_LENGTH, search_form, sort_key
from vonggac.errors import N_

CHANNELS = {
    "phone": N_("Telephone"),
    "mobile": N_("Mobile"),
    "email": N_("E-mail"),
    "chat": N_("Chat"),
    "fax": N_("Fax"),
}
"""Channel of a contact point to its title."""


class Person(Dated):
    """Somebody who works at an organisation; no account is needed for that."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="people")
    name = models.CharField(max_length=120)
    position = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)
    sort_key = models.CharField(max_length=SORT_KEY_LENGTH, editable=False)

    class Meta:
        indexes = (
            models.Index(fields=["organisation", "sort_key"], name="person_of_organisation"),
            models.Index(fields=["sort_key", "id"], name="person_by_name"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the search form and the sort key with what they are of."""
        self.folded = search_form(self.name, self.position, self.email, self.phone)
        self.sort_key = sort_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ContactPoint(Dated):
    """One way to reach an organisation. ``rank`` is the order in which to try, 1 first.

    ``is_support``: everybody who is signed in may see it (the support that an order names); else those in scope only.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="contact_points")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="contact_points")
    label = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=8)
    value = models.CharField(max_length=254)
    rank = models.SmallIntegerField(default=1)
    hours = models.CharField(max_length=60, blank=True)
    is_support = models.BooleanField(default=False)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = (models.Index(fields=["organisation", "rank"], name="contact_of_organisation"),)

    def __str__(self) -> str:
        return f"{self.channel} {self.value}"
