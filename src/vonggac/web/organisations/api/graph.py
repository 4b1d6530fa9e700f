"""Organisations: list, tree of one's own, history, who came after whom, mergers and splits."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from vonggac.desk.organisations import actions, queries
from vonggac.web.api.core import ERRORS, After, Id, Limit, OptionalId, Strict, Text, page_of, written
from vonggac.web.organisations.api.routes import Noun, register
from vonggac.web.organisations.api.shapes import At, Kind, OrganisationEdit, OrganisationIn, OrganisationOut

router = Router(tags=["organisations"])


Move = Literal["people", "networks", "systems", "mandates"]
ALL_MOVES: tuple[Move, ...] = ("people", "networks", "systems", "mandates")


Part = Literal["organisations", "people", "contacts", "networks", "systems", "mandates"]


class Organisations(Schema):
    """A page of organisations."""

    items: list[OrganisationOut]
    next: str | None


class NameOut(Schema):
    """What it was called from when to when."""

    name: str
    short_name: str
    valid_from: AwareDatetime | None
    valid_until: AwareDatetime | None


class EventOut(Schema):
    """Something in the life of an organisation; ``other_id`` only where the asker sees that one, too."""

    at: AwareDatetime | None
    what: str
    is_end: bool
    other_id: int | None
    label: str


class MergeIn(Strict):
    """The predecessors exist no longer from ``at`` on; ``successor_id`` (or ``successor``, a new one) took over ``moves``."""

    predecessor_ids: list[Id] = Field(min_length=1, max_length=100)
    successor_id: Id | None = None
    successor: OrganisationIn | None = None
    at: AwareDatetime
    basis: str = Field("", max_length=250)
    moves: list[Move] = list(ALL_MOVES)  # noqa: RUF012  # copied for every value by pydantic


class GoesIn(Strict):
    """A record of the predecessor, and the position in ``successors`` of who gets it."""

    part: Part
    id: Id
    to: int = Field(ge=0, le=49)


class SplitIn(Strict):
    """The predecessor exists no longer from ``at`` on. ``goes``: what goes to whom; ``rest`` gets all else."""

    successors: list[Id | OrganisationIn] = Field(min_length=2, max_length=50)
    at: AwareDatetime
    basis: str = Field("", max_length=250)
    goes: list[GoesIn] = Field(default_factory=list, max_length=1000)
    rest: int | None = Field(0, ge=0, le=49)


def out(row: Any) -> OrganisationOut:
    """An organisation as it looks outside."""
    return OrganisationOut.model_validate(row, from_attributes=True)


@router.get(
    "/organisations",
    response={200: Organisations, **ERRORS},
    operation_id="list_organisations",
    summary="List organisations",
)
def organisations(
    request: Any,
    limit: Limit,
    after: After,
    text: Text,
    kind: Kind | None = None,
    below_id: OptionalId = None,
    at: At = None,
) -> Any:
    """Those that the asker sees."""
    rows = queries.organisations(request.asker, text=text, kind=kind or "", below_id=below_id, at=at)
    return page_of(rows, limit, after, shape=out)


register(
    Noun(
        router, "organisation", "/organisations", OrganisationIn, OrganisationEdit, OrganisationOut,
        read=queries.organisation, out=out,
        add=lambda asker, values: actions.create_organisation(asker, **values),
        edit=actions.edit_organisation, end=actions.close_organisation,
    )
)  # fmt: skip


@router.get(
    "/organisations/{record_id}/history", response={200: list[EventOut], **ERRORS}, operation_id="organisation_history"
)
def history(request: Any, record_id: Id) -> Any:
    """Names, places, successions and mandates, the latest first."""
    return [
        EventOut(
            at=event.at, what=event.what, is_end=event.is_end, label=str(event.row)[:250] if event.what != "placement" else "",
            other_id=event.other.pk if event.other is not None and event.is_open else None,
        )
        for event in queries.history(request.asker, record_id)
    ]  # fmt: skip


@router.get(
    "/organisations/{record_id}/name", response={200: NameOut | None, **ERRORS}, operation_id="organisation_name_at"
)
def name(request: Any, record_id: Id, at: AwareDatetime) -> Any:
    """What it was called then; null before it existed."""
    return queries.names_at(request.asker, record_id, at)


@router.post("/mergers", response={200: OrganisationOut, **ERRORS}, operation_id="merge_organisations")
def merge(request: Any, body: MergeIn) -> Any:
    """Merge organisations into one that exists or a new one."""

    def write() -> OrganisationOut:
        successor = body.successor_id or (body.successor.model_dump() if body.successor else {})
        return out(
            actions.merge(
                request.asker, body.predecessor_ids, successor=successor, at=body.at, basis=body.basis, moves=body.moves  # type: ignore[arg-type]
            )
        )  # fmt: skip

    return written(request, 200, write)


class Successors(Schema):
    """Who took over."""

    items: list[OrganisationOut]


@router.post(
    "/organisations/{record_id}/split", response={200: Successors, **ERRORS}, operation_id="split_organisation"
)
def split(request: Any, record_id: Id, body: SplitIn) -> Any:
    """Split an organisation into two or more."""

    def write() -> Successors:
        goes: dict[str, dict[int, int]] = {}
        for one in body.goes:
            goes.setdefault(one.part, {})[one.id] = one.to
        successors = [one if isinstance(one, int) else one.model_dump() for one in body.successors]
        rows = actions.split(
            request.asker, record_id, successors=successors, at=body.at, basis=body.basis, goes=goes, rest=body.rest  # type: ignore[arg-type]
        )  # fmt: skip
        return Successors(items=[out(row) for row in rows])

    return written(request, 200, write)
