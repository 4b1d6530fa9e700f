"""The audit record over the API: read only."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Query, Router, Schema

from vonggac.desk.audit import queries
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, OptionalId, Text, cursor_of, read_cursor

router = Router(tags=["audit"])

Word = Annotated[str, Query("", max_length=64)]
MomentAsked = Annotated[Moment | None, Query(None)]


class EntryOut(Schema):
    """One thing that was done. Names, addresses and values are empty once they were erased."""

    seq: int
    at: Moment
    action: str
    actor_id: int | None
    actor: str
    via: str
    object_type: str
    object_id: str
    label: str
    organisation_id: int | None
    n_objects: int
    is_erased: bool
    address: str
    changes: list[dict[str, Any]]
    hash: str


class Entries(Schema):
    """A page, newest first."""

    items: list[EntryOut]
    next: str | None


def out(row: queries.Shown) -> EntryOut:
    """An entry as it looks outside."""
    values = {name: getattr(row, name) for name in EntryOut.model_fields if name != "changes"}
    return EntryOut(**values, changes=[dict(change) for change in row.changes])


@router.get("/audit", response={200: Entries, **ERRORS}, operation_id="list_entries", summary="Who did what")
def entries(  # noqa: PLR0913, PLR0917  # filters, by name in the address
    request: Any, limit: Limit, after: After, text: Text, action: Word, object_type: Word, object_id: Word,
    actor_id: OptionalId = None, organisation_id: OptionalId = None, since: MomentAsked = None, until: MomentAsked = None,
) -> Any:  # fmt: skip
    """Newest first; those of the organisations whose record the asker may see."""
    filters = queries.Filters(
        action=action, actor_id=actor_id, object_type=object_type, object_id=object_id, organisation_id=organisation_id,
        since=since, until=until, text=text,
    )  # fmt: skip
    page = queries.entries(request.asker, filters, before=read_cursor(after) if after else None, limit=limit)
    following = page.before if page.before is not None else page.looked_to
    return Entries(items=[out(row) for row in page.entries], next=cursor_of(following) if following else None)


@router.get("/audit/{seq}", response={200: EntryOut, **ERRORS}, operation_id="read_entry", summary="Read an entry")
def entry(request: Any, seq: Id) -> Any:
    """One entry with what changed."""
    return out(queries.entry(request.asker, seq))
