"""The outbox over the API: what waits, is held or failed, and its release. Secrets in messages are never answered."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field

from vonggac.desk.notices import actions, queries
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, OptionalId, Strict, cursor_of, read_cursor, written

router = Router(tags=["notices"])

Word = Annotated[str, Query("", max_length=64)]


class NoticeOut(Schema):
    """A message. ``to`` is an address or the name of an account."""

    id: int
    template: str
    channel: str
    state: str
    to: str
    subject: str
    organisation_id: int | None
    created_at: Moment


class Notices(Schema):
    """A page, newest first."""

    items: list[NoticeOut]
    next: str | None


class HoldingOut(Schema):
    """Whether all messages are held until somebody releases them."""

    is_on: bool
    n_held: int


class HoldingIn(Strict):
    """The switch."""

    is_on: bool


class Chosen(Strict):
    """Which messages; null is all that are held."""

    ids: list[Id] | None = Field(None, max_length=1000)


class Dropped(Strict):
    """Which messages will never go out, and why."""

    ids: list[Id] = Field(min_length=1, max_length=1000)
    reason: str = Field(min_length=1, max_length=250)


class Failed(Strict):
    """Which messages to try again."""

    ids: list[Id] = Field(min_length=1, max_length=1000)


class Done(Schema):
    """How many messages it was."""

    n: int


def out(line: queries.Line) -> NoticeOut:
    """A message as it looks outside."""
    row = line.notice
    return NoticeOut(
        id=row.pk, template=row.template, channel=row.channel, state=row.state, to=line.to, subject=line.subject,
        organisation_id=row.organisation_id, created_at=row.created_at,
    )  # fmt: skip


@router.get("/notices", response={200: Notices, **ERRORS}, operation_id="list_notices", summary="List messages")
def notices(
    request: Any, limit: Limit, after: After, state: Word, channel: Word, template: Word, organisation_id: OptionalId = None
) -> Any:  # fmt: skip
    """Those that the asker may see, newest first."""
    filters = queries.Filters(state=state, channel=channel, template=template, organisation_id=organisation_id)
    before = read_cursor(after) if after else None
    lines = queries.notices(request.asker, filters, before=before, limit=limit + 1)
    following = cursor_of(lines[limit - 1].notice.pk) if len(lines) > limit else None
    return Notices(items=[out(line) for line in lines[:limit]], next=following)


@router.get("/notices/holding", response={200: HoldingOut, **ERRORS}, operation_id="read_holding")
def holding(request: Any) -> Any:
    """Whether messages are held."""
    found = queries.holding(request.asker)
    return HoldingOut(is_on=found.is_on, n_held=found.n_held)


@router.put("/notices/holding", response={200: HoldingOut, **ERRORS}, operation_id="turn_holding")
def turn(request: Any, body: HoldingIn) -> Any:
    """Hold all messages, or hold them no longer."""

    def write() -> HoldingOut:
        (actions.hold if body.is_on else actions.stop_holding)(request.asker)
        found = queries.holding(request.asker)
        return HoldingOut(is_on=found.is_on, n_held=found.n_held)

    return written(request, 200, write)


@router.post("/notices/release", response={200: Done, **ERRORS}, operation_id="release_notices")
def release(request: Any, body: Chosen) -> Any:
    """Let held messages go out."""
    return written(request, 200, lambda: Done(n=actions.release(request.asker, body.ids)))


@router.post("/notices/drop", response={200: Done, **ERRORS}, operation_id="drop_notices")
def drop(request: Any, body: Dropped) -> Any:
    """Never send them."""
    return written(request, 200, lambda: Done(n=actions.drop(request.asker, body.ids, body.reason)))


@router.post("/notices/retry", response={200: Done, **ERRORS}, operation_id="retry_notices")
def retry(request: Any, body: Failed) -> Any:
    """Try failed messages again."""
    return written(request, 200, lambda: Done(n=actions.retry(request.asker, body.ids)))
