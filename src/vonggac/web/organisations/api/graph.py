"""Organisations: list, tree of one's own, history, who came after whom, mergers and splits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema
from pydantic import Field

from vonggac.desk.organisations import actions, queries
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, OptionalId, Strict, Text, Version, page_of, written
from vonggac.web.organisations.api.routes import Noun, register
from vonggac.web.organisations.api.shapes import (
    At,
    Kind,
    OrganisationEdit,
    OrganisationIn,
    OrganisationNew,
    OrganisationOut,
)

router = Router(tags=["organisations"])


Move = Literal["people", "networks", "systems", "mandates"]
ALL_MOVES: tuple[Move, ...] = ("people", "networks", "systems", "mandates")


Part = Literal["organisations", "people", "contacts", "networks", "systems", "mandates"]
Closed = Annotated[bool | None, Query(None, description="Those that exist no longer (true) or still (false)")]
Lacks = Annotated[
    Literal["contact", "network"] | None, Query(None, description="Those that exist and have none of these")
]


class Organisations(Schema):
    """A page of organisations."""

    items: list[OrganisationOut]
    next: str | None


class NameOut(Schema):
    """What it was called from when to when."""

    name: str
    short_name: str
    basis: str
    valid_from: Moment | None
    valid_until: Moment | None


class EventOut(Schema):
    """Something in the life of an organisation; ``other_id`` only where the asker sees that one, too.

    ``reorganisation_id``: of a merger or split that was entered here, with which it can be undone.
    """

    at: Moment | None
    what: str
    is_end: bool
    other_id: int | None
    label: str
    basis: str
    reorganisation_id: int | None


class MergeIn(Strict):
    """The predecessors exist no longer from ``at`` on; ``successor_id`` (or ``successor``, a new one) took over ``moves``."""

    predecessor_ids: list[Id] = Field(min_length=1, max_length=100)
    successor_id: Id | None = None
    successor: OrganisationIn | None = None
    at: Moment
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
    at: Moment
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
def organisations(  # noqa: PLR0913, PLR0917  # filters, by name in the address
    request: Any,
    limit: Limit,
    after: After,
    text: Text,
    kind: Kind | None = None,
    parent_id: OptionalId = None,
    below_id: OptionalId = None,
    at: At = None,
    closed: Closed = None,
    lacks: Lacks = None,
) -> Any:
    """Those that the asker sees; ``text`` finds names before a renaming as well."""
    rows = queries.organisations(
        request.asker, text=text, kind=kind or "", parent_id=parent_id, below_id=below_id, at=at, closed=closed,
        lacks=lacks or "",
    )  # fmt: skip
    return page_of(rows, limit, after, shape=out)


register(
    Noun(
        router, "organisation", "/organisations", OrganisationNew, OrganisationEdit, OrganisationOut,
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
            basis=getattr(event.row, "basis", ""), reorganisation_id=getattr(event.row, "reorganisation_id", None),
        )
        for event in queries.history(request.asker, record_id)
    ]  # fmt: skip


@router.get(
    "/organisations/{record_id}/name", response={200: NameOut | None, **ERRORS}, operation_id="organisation_name_at"
)
def name(request: Any, record_id: Id, at: Moment) -> Any:
    """What it was called then; null before it existed."""
    return queries.names_at(request.asker, record_id, at)


@router.post(
    "/organisations/{record_id}/reopen", response={200: OrganisationOut, **ERRORS}, operation_id="reopen_organisation"
)
def reopen(request: Any, record_id: Id, body: Version) -> Any:
    """It was closed by mistake; what was closed with it stays ended."""

    def write() -> OrganisationOut:
        actions.reopen_organisation(request.asker, record_id, body.version)
        return out(queries.organisation(request.asker, record_id))

    return written(request, 200, write)


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


@router.post("/reorganisations/{record_id}/undo", response={204: None, **ERRORS}, operation_id="undo_succession")
def undo(request: Any, record_id: Id) -> Any:
    """Take a merger or split back, as long as nothing was built on it."""
    return written(request, 204, lambda: actions.undo_succession(request.asker, record_id))
