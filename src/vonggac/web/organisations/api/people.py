"""People and contact points."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema
from pydantic import Field, RootModel

from vonggac.desk.organisations import actions, queries
from vonggac.web.api.core import ERRORS, After, Id, Limit, OptionalId, Strict, Text, page_of, written
from vonggac.web.organisations.api.routes import Noun, register
from vonggac.web.organisations.api.shapes import At, ContactEdit, ContactIn, ContactOut, PersonEdit, PersonIn, PersonOut

router = Router(tags=["people"])


class People(Schema):
    """A page of people."""

    items: list[PersonOut]
    next: str | None


class Contacts(Schema):
    """A page of contact points."""

    items: list[ContactOut]
    next: str | None


class Ladder(RootModel[list[ContactOut]]):
    """Contact points in the order in which to try them."""


def person_out(row: Any) -> PersonOut:
    """A person as they look outside."""
    return PersonOut.model_validate(row, from_attributes=True)


def contact_out(row: Any) -> ContactOut:
    """A contact point as it looks outside."""
    return ContactOut.model_validate(row, from_attributes=True)


@router.get("/people", response={200: People, **ERRORS}, operation_id="list_people", summary="List people")
def people(
    request: Any, limit: Limit, after: After, text: Text, organisation_id: OptionalId = None, at: At = None
) -> Any:
    """Those that the asker sees."""
    rows = queries.people(request.asker, text=text, organisation_id=organisation_id, at=at)
    return page_of(rows, limit, after, shape=person_out)


@router.get(
    "/contacts", response={200: Contacts, **ERRORS}, operation_id="list_contacts", summary="List contact points"
)
def contacts(request: Any, limit: Limit, after: After, organisation_id: OptionalId = None, at: At = None) -> Any:
    """Those that the asker sees."""
    return page_of(
        queries.contacts(request.asker, organisation_id=organisation_id, at=at), limit, after, shape=contact_out
    )


@router.get(
    "/support", response={200: list[ContactOut], **ERRORS}, operation_id="support_contacts", summary="Whom to call"
)
def support(request: Any) -> Any:
    """The contact points for support, which everybody signed in sees, in the order of reach."""
    return [contact_out(row) for row in queries.support_contacts(request.asker)]


class Order(Strict):
    """All contact points that hold now, in the order in which to try them."""

    contact_ids: list[Id] = Field(max_length=999)


@router.put(
    "/organisations/{record_id}/contacts/order",
    response={200: list[ContactOut], **ERRORS},
    operation_id="order_contacts",
    summary="Put contact points in order",
)
def order(request: Any, record_id: Id, body: Order) -> Any:
    """The first is tried first. 409 when they are not (any more) all that hold now."""

    def write() -> Ladder:
        actions.reorder_contacts(request.asker, record_id, body.contact_ids)
        return Ladder([contact_out(row) for row in queries.contact_ladder(request.asker, record_id)])

    return written(request, 200, write)


def _add_person(asker: Any, values: dict[str, Any]) -> Any:
    return actions.add_person(asker, values.pop("organisation_id"), **values)


def _add_contact(asker: Any, values: dict[str, Any]) -> Any:
    return actions.add_contact(asker, values.pop("organisation_id"), **values)


register(
    Noun(
        router, "person", "/people", PersonIn, PersonEdit, PersonOut, read=queries.person, out=person_out,
        add=_add_person, edit=actions.edit_person, end=actions.end_person,
    )
)  # fmt: skip
register(
    Noun(
        router, "contact", "/contacts", ContactIn, ContactEdit, ContactOut, read=queries.contact, out=contact_out,
        add=_add_contact, edit=actions.edit_contact, end=actions.end_contact,
    )
)  # fmt: skip
