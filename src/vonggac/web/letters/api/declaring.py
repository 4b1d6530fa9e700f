"""Declarations over the API: what the directory has already, what accepting one does to it, accepting it. Answering is ``answer_task``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Router, Schema
from pydantic import Field

from vonggac.desk.directives import declaring
from vonggac.desk.directives.actions.declaring import accept_declaration
from vonggac.web.api.core import ERRORS, Id, Moment, Strict, written
from vonggac.web.shell.words import tell_fault
from vonggac.web.work.api import outcome
from vonggac.web.work.shapes import OutcomeOut, Version

router = Router(tags=["letters"])
Part = Literal["contacts", "networks", "systems"]


class DeclaredOut(Schema):
    """A declared line. ``status``: new, same, more (what was missing is added), differs or refused (``why``). ``key``: is ticked to take it over."""

    part: Part
    text: str
    status: Literal["new", "same", "more", "differs", "refused"]
    why: str
    key: str


class AbsentOut(Schema):
    """What the directory has and the declaration does not name: it ends only when ``key`` is ticked."""

    part: Part
    text: str
    key: str


class DeclarationOut(Schema):
    """What accepting the last answer does to the directory, from ``valid_from`` on. ``fault``: why nothing of it goes in."""

    organisation_id: int
    valid_from: Moment
    fault: str
    lines: list[DeclaredOut]
    absent: list[AbsentOut]


class AcceptDeclarationIn(Strict):
    """The version that was read, a note, and the keys of what is to end or to be taken over as well."""

    version: Version
    note: str = Field("", max_length=2000)
    ticked: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=1000)


class BeginningOut(Schema):
    """``values``: an answer as the directory has it now, of what one may see there."""

    values: dict[str, Any]


@router.get(
    "/letters/declarations/{task_id}/beginning", response={200: BeginningOut, **ERRORS}, operation_id="begin_declaration",
    summary="What the directory has already",
)  # fmt: skip
def read_beginning(request: Any, task_id: Id) -> BeginningOut:
    """The answer to a declaration as the directory has it, to be confirmed or corrected."""
    return BeginningOut(values=declaring.beginning(request.asker, task_id))


@router.get(
    "/letters/declarations/{task_id}", response={200: DeclarationOut, **ERRORS}, operation_id="read_declaration",
    summary="What accepting a declaration does",
)  # fmt: skip
def read_declaration(request: Any, task_id: Id) -> Any:
    """What the last answer puts into the directory, what it cannot, and what it does not name; nothing is written."""
    plan = declaring.preview(request.asker, task_id)
    return {
        "organisation_id": plan.organisation.pk,
        "valid_from": plan.at,
        "fault": tell_fault(plan.fault) if plan.fault else "",
        "lines": [
            {"part": one.part, "text": one.text, "status": one.status, "key": one.key, "why": tell_fault(one.fault) if one.fault else ""}
            for one in plan.lines
        ],
        "absent": [{"part": one.part, "text": one.text, "key": one.key} for one in plan.absent],
    }  # fmt: skip


@router.post(
    "/letters/declarations/{task_id}/accept", response={200: OutcomeOut, **ERRORS}, operation_id="accept_declaration",
    summary="Accept a declaration",
)  # fmt: skip
def accept(request: Any, task_id: Id, body: AcceptDeclarationIn) -> Any:
    """Accept it: what is new goes into the directory, what is ticked ends or is taken over."""

    def write() -> OutcomeOut:
        return outcome(accept_declaration(request.asker, task_id, body.version, body.note, body.ticked))

    return written(request, 200, write)
