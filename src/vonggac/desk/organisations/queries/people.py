"""People, and whom to call."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from vonggac.desk.organisations.models import ContactPoint, Person
from vonggac.desk.organisations.queries.graph import below, matching
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.errors import N_, NotThere


def people(
    asker: Asker,
    *,
    text: str = "",
    organisation_id: int | None = None,
    below_id: int | None = None,
    at: datetime | None = None,
) -> QuerySet[Person]:
    """Those that the asker sees, ``organisation`` with them, by name; ``at``: who worked there then."""
    rows = matching(visible(Person.objects.all(), asker, "people.view"), text).select_related("organisation")
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    if below_id is not None:
        rows = rows.filter(organisation_id__in=below(below_id))
    if at is not None:
        rows = rows.filter(valid_at(at))
    return rows.order_by("sort_key", "pk")


def person(asker: Asker, person_id: int) -> Person:
    """One person with the organisation; raises NotThere when there is none that the asker sees."""
    row = visible(Person.objects.select_related("organisation"), asker, "people.view").filter(pk=person_id).first()
    if row is None:
        raise NotThere(N_("there is no such person here"))
    return row


def contacts(asker: Asker, *, organisation_id: int | None = None, at: datetime | None = None) -> QuerySet[ContactPoint]:
    """Contact points that the asker sees, ``person`` and ``organisation`` with them, by organisation and rank."""
    rows = visible(ContactPoint.objects.all(), asker, "people.view").select_related("person", "organisation")
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    if at is not None:
        rows = rows.filter(valid_at(at))
    return rows.order_by("organisation_id", "rank", "pk")


def contact(asker: Asker, contact_id: int) -> ContactPoint:
    """One contact point with person and organisation; raises NotThere when there is none that the asker sees."""
    row = contacts(asker).filter(pk=contact_id).first()
    if row is None:
        raise NotThere(N_("there is no such contact point here"))
    return row


def contact_ladder(asker: Asker, organisation_id: int, at: datetime | None = None) -> list[ContactPoint]:
    """How to reach an organisation at a time (now), in the order in which to try."""
    return list(contacts(asker, organisation_id=organisation_id, at=at or timezone.now()))


def support_contacts(asker: Asker, at: datetime | None = None) -> list[ContactPoint]:
    """The contact points for support that everybody who is signed in may see, in the order in which to try."""
    if asker.user_id is None and not asker.held:
        return []
    rows = ContactPoint.objects.filter(valid_at(at or timezone.now()), is_support=True)
    return list(rows.select_related("person", "organisation").order_by("rank", "organisation_id", "pk"))
