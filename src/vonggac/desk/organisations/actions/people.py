"""People of an organisation and its ladder of contacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import end, open_organisation, require_version, to_edit, update
from vonggac.desk.organisations.models import ContactPoint, Person
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.organisations.values import (
    ContactValues,
    PersonValues,
    clean_contact,
    clean_person,
)
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, EditConflict

_PERSON = ("name", "position", "email", "phone", "valid_from", "valid_until")
_CONTACT = ("person_id", "label", "channel", "value", "rank", "hours", "is_support", "valid_from", "valid_until")


def add_person(asker: Asker, organisation_id: int, **values: Unpack[PersonValues]) -> Person:
    """Somebody works at the organisation; needs people.edit there."""
    organisation = open_organisation(asker, "people", organisation_id)
    check = Check()
    cleaned = clean_person(check, values)
    check.done()
    with recording(asker, "people.add", organisation_id=organisation.pk) as record:
        record.on = row = Person(organisation=organisation, **cleaned)
        row.save(force_insert=True)
        record.created(row)
    return row


def edit_person(asker: Asker, person_id: int, version: int, **changes: Unpack[PersonValues]) -> Person:
    """Change what ``changes`` names and leave the rest."""
    row = to_edit(Person.objects.all(), asker, "people", person_id)
    require_version(row, version)
    check = Check()
    cleaned = clean_person(check, {**{name: getattr(row, name) for name in _PERSON}, **changes})
    check.done()
    with recording(asker, "people.edit", on=row, organisation_id=row.organisation_id) as record:
        update(record, row, version, cleaned)
    return row


def end_person(asker: Asker, person_id: int, version: int, *, at: datetime) -> None:
    """They work there no longer from ``at`` on; their contact points end with them."""
    with transaction.atomic():
        row = to_edit(Person.objects.select_for_update(), asker, "people", person_id)
        require_version(row, version)
        moment = ending(row, at)
        with recording(asker, "people.end", on=row, organisation_id=row.organisation_id) as record:
            for contact in ContactPoint.objects.filter(person=row, valid_until=None).order_by("pk"):
                end(record, contact, moment)
            end(record, row, moment)


def add_contact(asker: Asker, organisation_id: int, **values: Unpack[ContactValues]) -> ContactPoint:
    """A way to reach the organisation, at ``rank`` or else at the end of its ladder; needs people.edit there."""
    organisation = open_organisation(asker, "people", organisation_id)
    check = Check()
    cleaned = clean_contact(check, values)
    _check_person(check, organisation.pk, cleaned["person_id"])
    check.done()
    with recording(asker, "people.add_contact", organisation_id=organisation.pk) as record:
        if "rank" not in cleaned:
            last = _ladder(organisation.pk).aggregate(last=Max("rank"))["last"]
            cleaned["rank"] = (last or 0) + 1
        record.on = row = ContactPoint(organisation=organisation, **cleaned)
        row.save(force_insert=True)
        record.created(row)
    return row


def edit_contact(asker: Asker, contact_id: int, version: int, **changes: Unpack[ContactValues]) -> ContactPoint:
    """Change what ``changes`` names and leave the rest."""
    row = to_edit(ContactPoint.objects.all(), asker, "people", contact_id)
    require_version(row, version)
    check = Check()
    cleaned = clean_contact(check, {**{name: getattr(row, name) for name in _CONTACT}, **changes})
    _check_person(check, row.organisation_id, cleaned["person_id"])
    check.done()
    with recording(asker, "people.edit_contact", on=row, organisation_id=row.organisation_id) as record:
        update(record, row, version, cleaned)
    return row


def end_contact(asker: Asker, contact_id: int, version: int, *, at: datetime) -> None:
    """The organisation is reached there no longer from ``at`` on."""
    with transaction.atomic():
        row = to_edit(ContactPoint.objects.select_for_update(), asker, "people", contact_id)
        require_version(row, version)
        moment = ending(row, at)
        with recording(asker, "people.end_contact", on=row, organisation_id=row.organisation_id) as record:
            end(record, row, moment)


def reorder_contacts(asker: Asker, organisation_id: int, contact_ids: Sequence[int]) -> None:
    """The order of reach is that of ``contact_ids``: all contact points that hold now, each once.

    Raises EditConflict when they are not (any more) those.
    """
    organisation = open_organisation(asker, "people", organisation_id)
    with recording(asker, "people.reorder_contacts", on=organisation, organisation_id=organisation.pk) as record:
        rows = {row.pk: row for row in _ladder(organisation.pk).select_for_update()}
        if sorted(rows) != sorted(contact_ids):
            raise EditConflict(N_("the contact points changed since you opened them"))
        for rank, pk in enumerate(contact_ids, start=1):
            row = rows[pk]
            if row.rank != rank:
                before = snapshot(row)
                row.rank, row.version = rank, row.version + 1
                row.save(force_update=True)
                record.changed(row, before)


def ending(row: Any, at: datetime) -> datetime:
    """``at`` as a time at which ``row`` may end; raises InvalidValues where it cannot."""
    check = Check()
    moment = check.moment("at", at, needed=True)
    if moment is not None and row.valid_until is not None and row.valid_until <= moment:
        check.fault("at", N_("it ended before that"))
    if moment is not None and row.valid_from is not None and moment <= row.valid_from:
        check.fault("at", N_("it ends before it begins"))
    check.done()
    assert moment is not None  # noqa: S101  # done() raised otherwise
    return moment


def _ladder(organisation_id: int) -> Any:
    return ContactPoint.objects.filter(valid_at(timezone.now()), organisation_id=organisation_id).order_by("rank", "pk")


def _check_person(check: Check, organisation_id: int, person_id: int | None) -> None:
    if person_id is not None and not Person.objects.filter(pk=person_id, organisation_id=organisation_id).exists():
        check.fault("person_id", N_("there is no such person at this organisation"))
