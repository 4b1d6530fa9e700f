"""What a person can do with one Task, as literal data: who may, when it fits, what it asks, which action it calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vonggac.desk.scope.asker import Asker
from vonggac.desk.work import actions
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Task
from vonggac.desk.work.states import (
    CLOSED,
    FOLLOWS,
    IN_PROGRESS,
    PROPOSED,
    REOPENED,
    RETURNED,
    SUBMITTED,
    UNANSWERED,
    WITH_OWNER,
    WITHDRAWN,
)
from vonggac.errors import N_

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """``name``: of its page (``task-<name>``) and of its form. ``done``: what is said afterwards. ``fits``: whether it can be done now.

    ``rank``: of those that fit, the one with the least is the main act; None: it never is. ``key``: the key that does it.
    ``is_plain``: nothing is asked, so that a button does it at once. ``is_rare``: it stands in the menu.
    """

    name: str
    title: str
    submit: str
    done: str
    permission: str
    fits: Callable[[Task], bool]
    run: Callable[[Asker, Task, int, Values], Any]
    rank: Callable[[Task], int] | None = None
    icon: str = "check"
    key: str = ""
    is_plain: bool = False
    is_rare: bool = False
    is_danger: bool = False
    note: str = ""

    @property
    def url(self) -> str:
        """The name of its page."""
        return f"task-{self.name}"


def _to(state: str) -> Callable[[Task], bool]:
    return lambda task: state in FOLLOWS[task.state] and state not in BY_NAME[task.kind].skips


def _can_contain(task: Task) -> bool:
    has_clock = "contain" in BY_NAME[task.kind].clocks and task.contain_met_at is None
    return has_clock and task.state in WITH_OWNER


def _is_open(task: Task) -> bool:
    return task.state not in (CLOSED, WITHDRAWN)


ACKNOWLEDGE = Act(
    "acknowledge", N_("Acknowledge"), N_("Acknowledge"), N_("Acknowledged. The clock of answering is met."), "work.answer",
    lambda task: task.state in UNANSWERED,
    lambda asker, task, version, _values: actions.acknowledge(asker, [(task.pk, version)]),
    rank=lambda _task: 1, key="a", is_plain=True, icon="eye",
)  # fmt: skip
ANSWER = Act(
    "answer", N_("Report the result"), N_("Send the report"), N_("Reported. Thank you."), "work.answer",
    _to(SUBMITTED), lambda *_: None, rank=lambda _task: 2, icon="edit", key="r",
)  # fmt: skip
BEGIN = Act(
    "begin", N_("Begin"), N_("Begin"), N_("Work on it has begun."), "work.answer", _to(IN_PROGRESS),
    lambda asker, task, version, _values: actions.begin(asker, task.pk, version), is_plain=True, icon="operations",
)  # fmt: skip
CONTAIN = Act(
    "contain", N_("It is contained"), N_("Say that it is contained"), N_("Written down: it is contained."), "work.answer",
    _can_contain, lambda asker, task, version, values: actions.contain(asker, task.pk, version, values["note"]),
    icon="shield", note=N_("The computer is cut off from the network or blocked, so that nothing spreads any more."),
)  # fmt: skip
ACCEPT = Act(
    "accept", N_("Accept"), N_("Accept the result"), N_("The result was accepted."), "work.review",
    lambda task: task.state == SUBMITTED and task.result in BY_NAME[task.kind].final,
    lambda asker, task, version, values: actions.accept(asker, [(task.pk, version)], values["note"]),
    rank=lambda _task: 1,
)  # fmt: skip
RETURN = Act(
    "return", N_("Return"), N_("Return it"), N_("Returned to its owner, who was told why."), "work.review", _to(RETURNED),
    lambda asker, task, version, values: actions.return_(asker, [(task.pk, version)], values["why"]), icon="undo",
)  # fmt: skip
APPROVE = Act(
    "approve", N_("Approve"), N_("Approve"), N_("Approved. Its clocks run from now on."), "work.review",
    lambda task: task.state == PROPOSED,
    lambda asker, task, version, _values: actions.approve(asker, [(task.pk, version)]), rank=lambda _task: 1, is_plain=True,
)  # fmt: skip
HAND_OVER = Act(
    "hand-over", N_("Hand over"), N_("Hand it over"), N_("Handed over. The other organisation was told."), "work.assign",
    lambda task: task.state in WITH_OWNER | {SUBMITTED},
    lambda asker, task, version, values: actions.hand_over(
        asker, task.pk, version, to_organisation_id=values["to_organisation_id"] or 0, why=values["why"]
    ),
    rank=lambda task: 2 if task.state == SUBMITTED and task.result == "not_ours" else 9, icon="right", is_rare=True,
    note=N_("It is not theirs, because … The other organisation gets it with its history; its clocks begin anew."),
)  # fmt: skip
ASSIGN = Act(
    "assign", N_("Give to a person"), N_("Give it"), N_("Given."), "work.answer", _is_open,
    lambda asker, task, version, values: actions.assign(asker, [(task.pk, version)], values["user_id"]),
    icon="person", is_rare=True,
)  # fmt: skip
PRIORITY = Act(
    "priority", N_("Change the priority"), N_("Change it"), N_("The priority was changed."), "work.review", _is_open,
    lambda asker, task, version, values: actions.set_priority(asker, [(task.pk, version)], values["priority"]),
    icon="levels", is_rare=True, note=N_("Clocks that run keep the policy under which they started."),
)  # fmt: skip
PAUSE = Act(
    "pause", N_("Stop the clocks"), N_("Stop them"), N_("The clocks are stopped."), "work.review",
    lambda task: task.stopped_at is None and task.state in WITH_OWNER,
    lambda asker, task, version, values: actions.pause(asker, task.pk, version, values["why"]), icon="pause", is_rare=True,
)  # fmt: skip
RESUME = Act(
    "resume", N_("Let the clocks run"), N_("Let them run"), N_("The clocks run again."), "work.review",
    lambda task: task.stopped_at is not None,
    lambda asker, task, version, _values: actions.resume(asker, task.pk, version), is_plain=True, icon="clock",
)  # fmt: skip
REOPEN = Act(
    "reopen", N_("Reopen"), N_("Reopen it"), N_("Reopened. Its clocks begin anew."), "work.review", _to(REOPENED),
    lambda asker, task, version, values: actions.reopen(asker, [(task.pk, version)], values["why"]), icon="refresh",
)  # fmt: skip
WITHDRAW = Act(
    "withdraw", N_("Withdraw"), N_("Withdraw it"), N_("Withdrawn: nobody has to do it any more."), "work.review",
    _to(WITHDRAWN), lambda asker, task, version, values: actions.withdraw(asker, [(task.pk, version)], values["why"]),
    icon="close", is_rare=True, is_danger=True,
)  # fmt: skip

ACTS = (
    ACKNOWLEDGE, ANSWER, CONTAIN, BEGIN, APPROVE, ACCEPT, RETURN, REOPEN, RESUME, ASSIGN, PRIORITY, HAND_OVER, PAUSE, WITHDRAW,
)  # fmt: skip
"""In the order in which a page shows them."""
