"""Whom to call at the recipients of a letter."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from django.utils import timezone

from vonggac.desk.organisations.models import ContactPoint
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible

CALLED: Final = ("mobile", "phone")
"""Channels with a number that is called."""


class Contact(NamedTuple):
    """The first number of an organisation's ladder, and whose it is."""

    value: str
    name: str


def numbers(asker: Asker, organisation_ids: Collection[int]) -> dict[int, Contact]:
    """For each of these organisations the first number to call, of those that the asker sees (people.view)."""
    if not organisation_ids or not asker.may("people.view"):
        return {}
    rows = visible(ContactPoint.objects.filter(valid_at(timezone.now()), channel__in=CALLED), asker, "people.view")
    rows = rows.filter(organisation_id__in=sorted(organisation_ids)).order_by("organisation_id", "-rank", "-pk")
    values = rows.values_list("organisation_id", "value", "person__name", "label")
    return {organisation_id: Contact(value, name or label) for organisation_id, value, name, label in values}
