"""What a reviewer does: accept an answer, return it, open a Task again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from vonggac.desk.accounts.models import User
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work import clocks
from vonggac.desk.work.actions.bulk import Outcome, do_many
from vonggac.desk.work.actions.changing import Change, Seen, judge
from vonggac.desk.work.calendar import Calendar
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Answer
from vonggac.desk.work.notifying import answering, send
from vonggac.desk.work.states import ACCEPTED, CLOSED, REOPENED, RETURNED, SUBMITTED
from vonggac.desk.work.values import reason
from vonggac.errors import N_, Fault, InvalidValues

Follow = Callable[[Change, Answer], None]
ON_ACCEPTED: dict[str, Follow] = {}
"""Kind of Task to what an accepted answer leads to besides, in the same transaction; raises nothing. A room above fills in its own when it begins."""


def accept(asker: Asker, seen: Sequence[Seen], note: str = "") -> Outcome:
    """The answers hold; what the machine does not re-check is closed with that. Needs work.review; nobody reviews their own answer."""
    check = Check()
    note = check.text("note", note, most=2000, lines=True)
    check.done()
    return do_many(asker, "work.accept", "work.review", seen, lambda change: accept_one(change, note))


def accept_one(change: Change, note: str, follow: Follow | None = None) -> None:
    """The answer of one Task holds, within an action that is being recorded. ``follow``: in the place of that of ON_ACCEPTED."""
    task = change.task
    if task.state == SUBMITTED and task.result not in BY_NAME[task.kind].final:
        raise InvalidValues([Fault("", N_("they say that it is not theirs: hand it over, withdraw it or return it"))])
    answer = judge(change, "accepted", note)
    change.step("accept", note, state=ACCEPTED)
    if (follow := follow or ON_ACCEPTED.get(task.kind)) is not None:
        follow(change, answer)
    if not BY_NAME[task.kind].recheck:
        change.step("close", state=CLOSED)


def return_(asker: Asker, seen: Sequence[Seen], why: str) -> Outcome:
    """The answers do not hold, because: the owner goes on, its finishing clock runs on from where it stood. Needs work.review."""
    check = Check()
    why = reason(check, why)
    check.done()

    def do(change: Change) -> None:
        task = change.task
        answer = judge(change, "returned", why)
        reviewed = timedelta()
        if task.finish_met_at is not None and task.finish_due_at is not None:
            # Time under review is not the owner's.
            reviewed = max(change.now - task.finish_met_at, reviewed)
            task.finish_due_at += reviewed
            task.finish_met_at = None
        change.step("return", why, state=RETURNED, stood_s=reviewed.total_seconds())
        _tell_owner(change, why, f"returned:{answer.pk}")

    return do_many(asker, "work.return", "work.review", seen, do)


def _tell_owner(change: Change, why: str, key: str) -> None:
    task = change.task
    users: list[User] = answering([task.organisation_id]).get(task.organisation_id, [])
    values = {
        "organisation": task.organisation.name,
        "title": task.subject,
        "reason": why[:480],
        "link": f"/work/{task.pk}/",
    }
    send("work_returned", task.organisation_id, users, values, key)


def reopen(asker: Asker, seen: Sequence[Seen], why: str) -> Outcome:
    """What was done is not done, because: clocks begin anew. Needs work.review."""
    check = Check()
    why = reason(check, why)
    check.done()
    days = clocks.calendar()

    def do(change: Change) -> None:
        again(change, "reopen", why, days)
        _tell_owner(change, why, f"reopened:{change.task.pk}:{change.task.version}")

    return do_many(asker, "work.reopen", "work.review", seen, do)


def again(change: Change, verb: str, why: str, days: Calendar) -> None:
    """One Task opened again, clocks anew under the policy of now."""
    task = change.task
    change.step(verb, why, state=REOPENED)
    policy = clocks.policy_for(clocks.policies_at(change.now), task.kind, task.priority)
    clocks.restart(task, BY_NAME[task.kind], policy, change.now, days)
    task.n_reopened += 1
    task.proof, task.result = "", ""
