"""Reports on many Tasks at once: the same on all for a list of addresses that one sweep cleaned, or to each its own, as a workbook has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.bulk import Outcome, do_many
from vonggac.desk.work.actions.changing import Change, Seen, cannot
from vonggac.desk.work.actions.moving import report
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.states import FOLLOWS, SUBMITTED
from vonggac.errors import N_, Fault, InvalidValues


def submit_many(
    asker: Asker,
    seen: Sequence[Seen],
    kind: str,
    *,
    result: str,
    values: Mapping[str, Any],
    came_by: str = "",
    told_by: str = "",
) -> Outcome:
    """Report the same on Tasks of one ``kind``, as ``submit`` does on one; those of another kind or state are refused. Can be undone."""

    def do(change: Change) -> None:
        task = change.task
        if task.kind != kind or kind not in BY_NAME:
            raise InvalidValues([Fault("kind", N_("it is another kind of work, which asks other things"))])
        if SUBMITTED not in FOLLOWS[task.state]:  # before anything is written: what is refused leaves nothing behind
            raise InvalidValues([cannot(task.state)])
        report(
            asker, change.record, change, result=result, values=values, evidence_ids=(), came_by=came_by, told_by=told_by,
        )  # fmt: skip

    return do_many(asker, "work.submit", "work.answer", seen, do)


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported on one Task: see ``submit``."""

    task_id: int
    version: int
    result: str
    values: Mapping[str, Any] = field(default_factory=dict)
    evidence_ids: tuple[int, ...] = ()


def submit_each(
    asker: Asker, reports: Sequence[Report], *, came_by: str = "", told_by: str = "", or_none: bool = False
) -> Outcome:
    """To each Task its own report, in one transaction; what cannot stand is refused and the rest goes on, or with ``or_none`` nothing is written.

    Can be undone. Raises what stands in the way of all, and with ``or_none`` the first InvalidValues.
    """
    by_task = {one.task_id: one for one in reports}

    def do(change: Change) -> None:
        one = by_task[change.task.pk]
        with transaction.atomic():  # what is refused leaves nothing behind
            report(
                asker, change.record, change, result=one.result, values=one.values, evidence_ids=one.evidence_ids,
                came_by=came_by, told_by=told_by,
            )  # fmt: skip

    with transaction.atomic():
        outcome = do_many(asker, "work.submit", "work.answer", [(one.task_id, one.version) for one in reports], do)
        if or_none and outcome.refused:
            raise outcome.refused[0][1]
    return outcome
