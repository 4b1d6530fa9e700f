"""The same report on many Tasks at once: one press for a list of addresses that one sweep cleaned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.bulk import Outcome, do_many
from vonggac.desk.work.actions.changing import Change, Seen
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
            raise InvalidValues(
                [
                    Fault(
                        "state",
                        N_("this cannot be done with a task that is in the state “{state}”"),
                        {"state": task.state},
                    )
                ]
            )
        report(
            asker, change.record, change, result=result, values=values, evidence_ids=(), came_by=came_by, told_by=told_by,
        )  # fmt: skip

    return do_many(asker, "work.submit", "work.answer", seen, do)
