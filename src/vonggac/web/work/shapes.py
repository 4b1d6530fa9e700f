"""What goes in and comes out of the routes of work. Times are aware; ids are numbers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from vonggac.web.api.core import Id, Moment, Strict

Version = Annotated[int, Field(ge=1, lt=2**31)]
Reason = Annotated[str, Field(min_length=1, max_length=2000)]
Priority = Annotated[int, Field(ge=1, le=5)]
KindName = Literal["clean_address", "identify_holder", "confirm_networks", "assignment"]
State = Literal[
    "open", "unanswered", "review", "pass_on", "done", "proposed", "new", "acknowledged", "in_progress", "submitted", "returned",
    "accepted", "rechecked", "closed", "reopened", "withdrawn",
]  # fmt: skip
CameBy = Literal["", "phone", "letter", "mail"]
Seconds = Annotated[int, Field(ge=60, le=63_072_000)]


class ClockOut(Schema):
    """One clock: until when, and when it was met."""

    name: str
    due_at: Moment
    met_at: Moment | None


class TaskOut(Schema):
    """A Task. ``due_at``: of the clock that breaks next, null while none runs. ``is_binding``: whether its clocks bind."""

    id: int
    version: int
    kind: str
    state: str
    turn: str
    priority: int
    subject: str
    value: str
    details: dict[str, Any]
    organisation_id: int
    assignee_id: int | None
    parent_id: int | None
    batch_id: int
    result: str
    proof: str
    n_reopened: int
    is_binding: bool
    is_late: bool
    due_at: Moment | None
    stopped_at: Moment | None
    stop_reason: str
    clocks: list[ClockOut]
    created_at: Moment
    changed_at: Moment


class Tasks(Schema):
    """A page of Tasks."""

    items: list[TaskOut]
    next: str | None


class StepOut(Schema):
    """Something that was done."""

    at: Moment
    by: str
    verb: str
    before: str
    after: str
    note: str
    values: dict[str, Any]


class AnswerOut(Schema):
    """A report. ``came_by`` not empty: the centre entered it for the unit."""

    id: int
    at: Moment
    by: str
    came_by: str
    told_by: str
    result: str
    values: dict[str, Any]
    verdict: str
    verdict_by: str
    verdict_reason: str


class CommentOut(Schema):
    """Something said."""

    id: int
    at: Moment
    by: str
    text: str
    is_internal: bool


class TimelineOut(Schema):
    """All that happened with a Task, and what still blocks closing it, as English texts."""

    steps: list[StepOut]
    answers: list[AnswerOut]
    comments: list[CommentOut]
    blocks_closing: list[str]


class OpenIn(Strict):
    """A Task by hand. ``details``: what is known of it (address, malware, port, at, text …); of them those that the kind names make it one."""

    kind: KindName
    organisation_id: Id
    subject: str = Field(min_length=1, max_length=300)
    priority: Priority = 3
    details: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=2000)]] = Field(
        default_factory=dict, max_length=30
    )


class SeenIn(Strict):
    """A Task with the version that was read."""

    id: Id
    version: Version


class ChosenTasks(Strict):
    """Tasks, at most 500."""

    tasks: list[SeenIn] = Field(min_length=1, max_length=500)


class ChosenNote(ChosenTasks):
    """Tasks, and what is said with it."""

    note: str = Field("", max_length=2000)


class ChosenReason(ChosenTasks):
    """Tasks, and why."""

    reason: Reason


class ChosenPriority(ChosenTasks):
    """Tasks, and how pressing they are."""

    priority: Priority


class ChosenPerson(ChosenTasks):
    """Tasks, and to whom; null takes them away."""

    user_id: Id | None


class ChosenPolicy(ChosenReason):
    """Tasks, the policy under which their clocks are to run, and why."""

    policy_id: Id


Cell = Annotated[str, Field(max_length=300)] | bool | int | None
RowIn = Annotated[dict[Annotated[str, Field(max_length=40)], Cell], Field(max_length=20)]
Rows = Annotated[list[RowIn], Field(max_length=1000)]


class ReportIn(Strict):
    """A report. ``values``: by the questions of the kind; times as ISO texts with an offset, numbers as numbers, small tables as lists of rows."""

    result: str = Field(min_length=1, max_length=24)
    values: dict[Annotated[str, Field(max_length=40)], str | int | Rows | None] = Field(
        default_factory=dict, max_length=40
    )
    came_by: CameBy = ""
    told_by: str = Field("", max_length=120)


class AnswerIn(ReportIn):
    """A report on one Task, with the files that belong to it."""

    version: Version
    evidence_ids: list[Id] = Field(default_factory=list, max_length=50)


class ChosenReport(ReportIn):
    """The same report on many Tasks of one kind."""

    kind: KindName
    tasks: list[SeenIn] = Field(min_length=1, max_length=500)


class VersionIn(Strict):
    """The version that was read."""

    version: Version


class NoteIn(VersionIn):
    """The version that was read, and a note."""

    note: str = Field("", max_length=2000)


class ReasonIn(VersionIn):
    """The version that was read, and why."""

    reason: Reason


class HandOverIn(ReasonIn):
    """“Not ours, because”: to whom instead."""

    to_organisation_id: Id


class CommentIn(Strict):
    """Something to say."""

    text: str = Field(min_length=1, max_length=4000)
    is_internal: bool = False


class RefusedOut(Schema):
    """A Task that was left as it is, and why."""

    id: int
    message: str


class OutcomeOut(Schema):
    """How many were changed, which were not; ``bulk_id`` undoes it for ten minutes."""

    n: int
    refused: list[RefusedOut]
    bulk_id: int | None


class UndoIn(Strict):
    """What is to be undone."""

    bulk_id: Id


class DoneTasks(Schema):
    """How many it was."""

    n: int


class CountOut(Schema):
    """Numbers of Tasks."""

    total: int
    unanswered: int
    open: int
    submitted: int
    accepted: int
    closed: int
    withdrawn: int
    late: int


class PolicyIn(Strict):
    """A policy that is proposed; durations in seconds, null: no such clock. ``priority`` 0: all that no other names."""

    kind: KindName
    priority: Annotated[int, Field(ge=0, le=5)] = 0
    acknowledge_s: Seconds | None = None
    contain_s: Seconds | None = None
    finish_s: Seconds | None = None
    warn_s: Seconds | None = None
    climb_s: Seconds | None = None
    counts_working_time: bool = False
    source: str = Field(min_length=1, max_length=250)


class PolicyOut(Schema):
    """A version of a policy."""

    id: int
    version: int
    kind: str
    priority: int
    acknowledge_s: int | None
    contain_s: int | None
    finish_s: int | None
    warn_s: int
    climb_s: int
    counts_working_time: bool
    is_binding: bool
    source: str
    decision: str
    decided_on: date | None
    valid_from: Moment | None
    valid_until: Moment | None


class DecideIn(VersionIn):
    """The decision that makes a policy binding."""

    decision: str = Field(min_length=1, max_length=250)
    decided_on: date


class DayIn(Strict):
    """A day that is not as its weekday says."""

    day: date
    name: str = Field(min_length=1, max_length=120)
    is_work: bool = False
    source: str = Field("", max_length=250)


class DayOut(Schema):
    """A day that is not as its weekday says."""

    day: date
    name: str
    is_work: bool
    source: str


class DayGone(Strict):
    """A day that is again as its weekday says."""

    day: date
