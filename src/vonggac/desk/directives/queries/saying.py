"""What the recipients of a letter answered, in full: clause by clause, or of all clauses what is said in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from vonggac.desk.directives.models import Clause, Letter
from vonggac.desk.directives.queries.letters import may_see_office, recipients
from vonggac.desk.directives.queries.table import Column, columns_of
from vonggac.desk.directives.states import ACTION
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Answer, Task
from vonggac.desk.work.states import ACCEPTED, CLOSED, RECHECKED, SUBMITTED
from vonggac.errors import N_, NotThere

STANDING = frozenset({SUBMITTED, ACCEPTED, RECHECKED, CLOSED})
"""States in which the last answer counts."""
WORDS = ("reason", "what", "difficulties", "proposals", "evidence")
"""Fields in which somebody says something to be read."""


class Said(NamedTuple):
    """The last answer to one Task; ``at`` None: there is none. ``day``: of a daily clause. ``counts``: it is part of the sums of the table."""

    recipient_id: int
    name: str
    clause_id: int
    day: str
    task_id: int
    state: str
    proof: str
    counts: bool
    result: str = ""
    values: Mapping[str, Any] = {}
    at: datetime | None = None
    by: str = ""
    came_by: str = ""
    told_by: str = ""
    verdict: str = ""
    verdict_reason: str = ""


def column(row: Letter, clause_id: int) -> tuple[Clause, Column]:
    """A clause of ``row`` that asks for an answer, with its column of the table; raises NotThere."""
    found = next((one for one in columns_of(row) if one.clause_id == clause_id), None)
    if found is None:
        raise NotThere(N_("there is no such clause here"))
    return Clause.objects.get(pk=clause_id), found


def said(asker: Asker, row: Letter, clause_id: int | None = None) -> Iterator[Said]:
    """The last answer to each Task of the recipients that the asker sees (of one clause, or of all), as the letter has them."""
    seen = recipients(asker, row).filter(role=ACTION, organisation__isnull=False).order_by("n")
    names = {one[0]: one[1:] for one in seen.values_list("organisation_id", "pk", "name")}
    kinds = {one.clause_id: one.kind for one in columns_of(row)}
    tasks = Task.objects.filter(batch_id=row.batch_id) if row.batch_id else Task.objects.none()
    if clause_id is not None:
        tasks = tasks.filter(kind=kinds.get(clause_id, ""))
    if not may_see_office(asker, row):
        tasks = tasks.filter(organisation_id__in=names)
    answers = Answer.objects.filter(task__in=tasks.order_by().values("pk")).order_by("pk")
    last: dict[int, tuple[Any, ...]] = {
        one[0]: one[1:]
        for one in answers.values_list(
            "task_id", "result", "values", "at", "by_name", "came_by", "told_by", "verdict", "verdict_reason"
        )
    }
    rows: dict[int, list[tuple[int, Said]]] = {organisation_id: [] for organisation_id in names}
    for pk, organisation_id, key, state, proof in tasks.order_by("pk").values_list(
        "pk", "organisation_id", "key", "state", "proof"
    ):
        _organisation, clause, *day = key.split("|")  # as work.actions.opening.key_of writes it
        if organisation_id not in rows or int(clause) not in kinds or clause_id not in (None, int(clause)):
            continue
        answer = last.get(pk, ())
        counts = bool(answer) and state in STANDING and answer[0] in BY_NAME[kinds[int(clause)]].final
        one = Said(*names[organisation_id], int(clause), "".join(day), pk, state, proof, counts, *answer)
        rows[organisation_id].append((pk, one))
    for mine in rows.values():
        yield from (one for _pk, one in mine)
