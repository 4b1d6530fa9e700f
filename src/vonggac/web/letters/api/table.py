"""The table of a letter over the API: every cell, the sums, and what is said in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ninja import Router, Schema

from vonggac.desk.directives.queries import letter as the_letter
from vonggac.desk.directives.queries.saying import WORDS, said
from vonggac.desk.directives.queries.table import OUTCOMES, Cell, Column, Filters, Line, Sum, table
from vonggac.web.api.core import ERRORS, Id, Moment, OptionalId, Text

router = Router(tags=["letters"])

Show = Literal["", "unanswered", "late", "trouble", "returned", "review", "unseen", "complete"]
Sort = Literal["order", "lag", "name"]


class ClauseOut(Schema):
    """A clause that asks for an answer: a column. ``fields``: names of the counts of its answers."""

    id: int
    n: int
    mark: str
    title: str
    kind: str
    is_daily: bool
    fields: list[str]


class TableCellOut(Schema):
    """What became of one clause at one recipient; of a daily one all days together. ``state`` empty: it is not asked.

    ``state``: waiting, acknowledged, in_progress, returned, answered, accepted, to_come or withdrawn. ``proof``: declared or proven.
    """

    clause_id: int
    state: str
    result: str
    proof: str
    n: int
    n_answered: int
    n_to_come: int
    is_late: bool
    was_late: bool
    task_id: int | None
    counts: dict[str, int]


class TableLineOut(Schema):
    """A recipient."""

    recipient_id: int
    organisation_id: int
    name: str
    group: str
    sent_at: Moment | None
    opened_at: Moment | None
    acknowledged_at: Moment | None
    acknowledged_by: str
    acknowledged_via: str
    n: int
    n_answered: int
    is_late: bool
    cells: list[TableCellOut]


class SumOut(Schema):
    """Numbers of some recipients together. ``outcomes``: done, partly, no, not_applicable and open (no answer); ``counts``: by clause and field.

    Counts are of the last answer to each clause; what was returned is not counted.
    """

    recipients: int
    acknowledged: int
    complete: int
    owing: int
    late_recipients: int
    asked: int
    answered: int
    accepted: int
    proven: int
    returned: int
    late: int
    to_come: int
    outcomes: dict[str, int]
    counts: dict[int, dict[str, int]]


class GroupOut(Schema):
    """Recipients that stand together."""

    key: str
    name: str
    sum: SumOut


class TableOut(Schema):
    """The table; sums are of all recipients that one sees, ``lines`` those that are asked for. ``is_whole``: one sees them all."""

    letter_id: int
    reference: str
    is_whole: bool
    read_at: Moment
    total: SumOut
    groups: list[GroupOut]
    by_clause: dict[int, SumOut]
    clauses: list[ClauseOut]
    lines: list[TableLineOut]


class SaidOut(Schema):
    """The last answer to one clause (and day). ``is_counted``: it is part of the sums. ``words``: reason, difficulties and the like."""

    recipient_id: int
    name: str
    clause_id: int
    day: str
    task_id: int
    state: str
    proof: str
    result: str
    is_counted: bool
    at: Moment
    by: str
    came_by: str
    words: dict[str, str]


@router.get("/letters/{letter_id}/table", response={200: TableOut, **ERRORS}, operation_id="letter_table")
def read_table(
    request: Any, letter_id: Id, text: Text = "", group: str = "", show: Show = "", sort: Sort = "order"
) -> Mapping[str, Any]:
    """The table of a letter that one sees: every recipient for who sees its office, else one's own."""
    row = the_letter(request.asker, letter_id)
    found = table(request.asker, row, Filters(group[:60], show, text, sort))
    return {
        "letter_id": row.pk,
        "reference": row.reference,
        "is_whole": found.is_whole,
        "read_at": found.read_at,
        "total": _sum(found.total),
        "groups": [{"key": one.key, "name": one.name or one.kind, "sum": _sum(one.sum)} for one in found.groups],
        "by_clause": {clause_id: _sum(one) for clause_id, one in found.by_clause.items()},
        "clauses": [{"id": one.clause_id, **one._asdict()} for one in found.columns],
        "lines": [_line(line, found.columns) for line in found.lines],
    }


@router.get("/letters/{letter_id}/said", response={200: list[SaidOut], **ERRORS}, operation_id="letter_said")
def read_said(request: Any, letter_id: Id, clause_id: OptionalId = None) -> list[Mapping[str, Any]]:
    """What the recipients that one sees say in words: reasons, difficulties, proposals; of one clause, or of all."""
    row = the_letter(request.asker, letter_id)
    return [
        {
            **one._asdict(),
            "is_counted": one.counts,
            "words": {name: str(one.values[name]) for name in WORDS if one.values.get(name)},
        }
        for one in said(request.asker, row, clause_id)
        if one.at is not None
    ]


def _line(line: Line, columns: Any) -> Mapping[str, Any]:
    cells = [_cell(cell, column) for cell, column in zip(line.cells, columns, strict=True)]
    return {**line._asdict(), "cells": cells}


def _cell(cell: Cell, column: Column) -> Mapping[str, Any]:
    return {**cell._asdict(), "clause_id": column.clause_id, "task_id": cell.task_id or None}


def _sum(one: Sum) -> Mapping[str, Any]:
    names = (
        "recipients", "acknowledged", "complete", "owing", "late_recipients", "answered", "accepted", "proven", "returned", "late",
        "to_come",
    )  # fmt: skip
    counts: dict[int, dict[str, int]] = {}
    for (clause_id, name), n in one.counts.items():
        counts.setdefault(clause_id, {})[name] = n
    return {
        **{name: getattr(one, name) for name in names},
        "asked": one.n,
        "outcomes": {outcome: one.outcomes[outcome] for outcome in OUTCOMES},
        "counts": counts,
    }
