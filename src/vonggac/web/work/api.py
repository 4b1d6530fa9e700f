"""Work over the API: the queue, one Task, everything that is done with one or many, how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from ninja import Router

from vonggac.desk.organisations.checks import Check
from vonggac.desk.work import actions, queries
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import FAR, Task
from vonggac.desk.work.models.clocks import CLOCKS
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, OptionalId, Text, page_of, written
from vonggac.web.shell.words import tell_fault
from vonggac.web.work import shapes
from vonggac.web.work.answers import values_from

router = Router(tags=["work"])


def out(row: Task) -> shapes.TaskOut:
    """A Task as it looks outside."""
    clocks = [
        shapes.ClockOut(name=name, due_at=getattr(row, f"{name}_due_at"), met_at=getattr(row, f"{name}_met_at"))
        for name in CLOCKS
        if getattr(row, f"{name}_due_at") is not None
    ]
    names = shapes.TaskOut.model_fields.keys() - {"id", "due_at", "clocks"}
    values = {name: getattr(row, name) for name in names}
    return shapes.TaskOut(id=row.pk, due_at=None if row.due_at >= FAR else row.due_at, clocks=clocks, **values)


def seen_in(body: Any) -> list[tuple[int, int]]:
    """What the actions take of a body."""
    return [(one.id, one.version) for one in body.tasks]


def outcome(found: actions.Outcome) -> shapes.OutcomeOut:
    """What became of many, as it looks outside."""
    refused = [
        shapes.RefusedOut(id=pk, message=" ".join(tell_fault(fault) for fault in error.faults))
        for pk, error in found.refused
    ]
    return shapes.OutcomeOut(n=found.n, refused=refused, bulk_id=found.bulk_id)


@router.get("/work/tasks", response={200: shapes.Tasks, **ERRORS}, operation_id="list_tasks", summary="List tasks")
def tasks(  # noqa: PLR0913, PLR0917  # filters, which the library gives by name
    request: Any, limit: Limit, after: After, text: Text, state: shapes.State | None = None, kind: shapes.KindName | None = None,
    organisation_id: OptionalId = None, below_id: OptionalId = None, batch_id: OptionalId = None, assignee_id: OptionalId = None,
    priority: shapes.Priority | None = None, is_late: bool | None = None, due_before: Moment | None = None,
) -> Any:  # fmt: skip
    """Those that the asker sees, by their ids; ``state`` is one state or a group (open, unanswered, review, pass_on, done)."""
    filters = queries.Filters(
        text=text, state=state or "", kind=kind or "", organisation_id=organisation_id, below_id=below_id, batch_id=batch_id,
        assignee_id=assignee_id, priority=priority, is_late=is_late, due_before=due_before,
    )  # fmt: skip
    return page_of(queries.tasks(request.asker, filters), limit, after, shape=out)


@router.get("/work/counts", response={200: shapes.CountOut, **ERRORS}, operation_id="count_tasks")
def counts(
    request: Any, organisation_id: OptionalId = None, kind: shapes.KindName | None = None, batch_id: OptionalId = None
) -> Any:
    """How many Tasks there are that the asker sees."""
    found = queries.counts(request.asker, organisation_id=organisation_id, kind=kind or "", batch_id=batch_id)
    return shapes.CountOut.model_validate(found, from_attributes=True)


@router.post("/work/tasks", response={201: shapes.TaskOut, **ERRORS}, operation_id="open_task")
def open_task(request: Any, body: shapes.OpenIn) -> Any:
    """Give work to an organisation; its clocks run from now on."""

    def write() -> shapes.TaskOut:
        check = Check()
        details = {
            check.text("details", name, most=40): check.text("details", value, most=2000, lines=True)
            for name, value in body.details.items()
        }
        check.done()
        draft = actions.Draft(
            body.kind, body.organisation_id, body.subject, details.get("address", "")[:250], details, body.priority,
            details.get("text", ""),
        )  # fmt: skip
        return out(actions.open_task(request.asker, draft))

    return written(request, 201, write)


@router.get("/work/tasks/{task_id}", response={200: shapes.TaskOut, **ERRORS}, operation_id="read_task")
def task(request: Any, task_id: Id) -> Any:
    """One Task."""
    return out(queries.task(request.asker, task_id))


@router.get(
    "/work/tasks/{task_id}/timeline", response={200: shapes.TimelineOut, **ERRORS}, operation_id="task_timeline"
)
def timeline(request: Any, task_id: Id) -> Any:
    """What happened with it, each in the order of time."""
    row = queries.task(request.asker, task_id)
    found = queries.timeline(request.asker, row)
    return shapes.TimelineOut(
        steps=[
            shapes.StepOut(
                at=one.at, by=one.by_name, verb=one.verb, before=one.before, after=one.after, note=one.note, values=one.values
            )
            for one in found.steps
        ],
        answers=[answer_out(one) for one in found.answers],
        comments=[comment_out(one) for one in found.comments],
        blocks_closing=queries.blocks_closing(row),
    )  # fmt: skip


def answer_out(one: Any) -> shapes.AnswerOut:
    """A report as it looks outside."""
    return shapes.AnswerOut(
        id=one.pk, at=one.at, by=one.by_name, came_by=one.came_by, told_by=one.told_by, result=one.result, values=one.values,
        verdict=one.verdict, verdict_by=one.verdict_by_name, verdict_reason=one.verdict_reason,
    )  # fmt: skip


def comment_out(one: Any) -> shapes.CommentOut:
    """A comment as it looks outside."""
    return shapes.CommentOut(id=one.pk, at=one.at, by=one.by_name, text=one.text, is_internal=one.is_internal)


# --------------------------------------------------------------------------------------------------------- on one


def _on_one(request: Any, task_id: int, act: Callable[[], Any]) -> Any:
    def write() -> shapes.TaskOut:
        act()
        return out(queries.task(request.asker, task_id))

    return written(request, 200, write)


@router.post("/work/tasks/{task_id}/begin", response={200: shapes.TaskOut, **ERRORS}, operation_id="begin_task")
def begin(request: Any, task_id: Id, body: shapes.VersionIn) -> Any:
    """Work begins, which acknowledges as well."""
    return _on_one(request, task_id, lambda: actions.begin(request.asker, task_id, body.version))


@router.post("/work/tasks/{task_id}/contain", response={200: shapes.TaskOut, **ERRORS}, operation_id="contain_task")
def contain(request: Any, task_id: Id, body: shapes.NoteIn) -> Any:
    """The damage can no longer spread."""
    return _on_one(request, task_id, lambda: actions.contain(request.asker, task_id, body.version, body.note))


@router.post("/work/tasks/{task_id}/answers", response={201: shapes.AnswerOut, **ERRORS}, operation_id="answer_task")
def answer(request: Any, task_id: Id, body: shapes.AnswerIn) -> Any:
    """Report a result."""

    def write() -> shapes.AnswerOut:
        kind = BY_NAME[queries.task(request.asker, task_id).kind]
        made = actions.submit(
            request.asker, task_id, body.version, result=body.result, values=values_from(kind, body.values),
            evidence_ids=body.evidence_ids, came_by=body.came_by, told_by=body.told_by,
        )  # fmt: skip
        return answer_out(made)

    return written(request, 201, write)


@router.post("/work/tasks/{task_id}/comments", response={201: shapes.CommentOut, **ERRORS}, operation_id="comment_task")
def comment(request: Any, task_id: Id, body: shapes.CommentIn) -> Any:
    """Say something about it."""
    return written(
        request,
        201,
        lambda: comment_out(actions.comment(request.asker, task_id, body.text, is_internal=body.is_internal)),
    )


@router.post("/work/tasks/{task_id}/hand-over", response={204: None, **ERRORS}, operation_id="hand_over_task")
def hand_over(request: Any, task_id: Id, body: shapes.HandOverIn) -> Any:
    """“Not ours, because”: it becomes that of another organisation."""

    def write() -> None:
        actions.hand_over(
            request.asker, task_id, body.version, to_organisation_id=body.to_organisation_id, why=body.reason
        )

    return written(request, 204, write)


@router.post("/work/tasks/{task_id}/pause", response={200: shapes.TaskOut, **ERRORS}, operation_id="pause_task")
def pause(request: Any, task_id: Id, body: shapes.ReasonIn) -> Any:
    """Stop its clocks, because."""
    return _on_one(request, task_id, lambda: actions.pause(request.asker, task_id, body.version, body.reason))


@router.post("/work/tasks/{task_id}/resume", response={200: shapes.TaskOut, **ERRORS}, operation_id="resume_task")
def resume(request: Any, task_id: Id, body: shapes.VersionIn) -> Any:
    """Let its clocks run again."""
    return _on_one(request, task_id, lambda: actions.resume(request.asker, task_id, body.version))


@router.post("/work/tasks/{task_id}/watch", response={204: None, **ERRORS}, operation_id="watch_task")
def watch(request: Any, task_id: Id) -> Any:
    """Be told what happens with it."""
    return written(request, 204, lambda: actions.watch(request.asker, task_id))


@router.post("/work/tasks/{task_id}/unwatch", response={204: None, **ERRORS}, operation_id="unwatch_task")
def unwatch(request: Any, task_id: Id) -> Any:
    """Be told no longer."""
    return written(request, 204, lambda: actions.unwatch(request.asker, task_id))


# --------------------------------------------------------------------------------------------------------- on many


@router.post("/work/acknowledge", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="acknowledge_tasks")
def acknowledge(request: Any, body: shapes.ChosenTasks) -> Any:
    """Say that they were seen."""
    return written(request, 200, lambda: outcome(actions.acknowledge(request.asker, seen_in(body))))


@router.post("/work/answer", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="answer_tasks")
def answer_many(request: Any, body: shapes.ChosenReport) -> Any:
    """The same report on many of one kind."""

    def write() -> shapes.OutcomeOut:
        values = values_from(BY_NAME[body.kind], body.values)
        found = actions.submit_many(
            request.asker, seen_in(body), body.kind, result=body.result, values=values, came_by=body.came_by, told_by=body.told_by
        )  # fmt: skip
        return outcome(found)

    return written(request, 200, write)


@router.post("/work/accept", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="accept_tasks")
def accept(request: Any, body: shapes.ChosenNote) -> Any:
    """Their results hold."""
    return written(request, 200, lambda: outcome(actions.accept(request.asker, seen_in(body), body.note)))


@router.post("/work/return", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="return_tasks")
def return_(request: Any, body: shapes.ChosenReason) -> Any:
    """Their results do not hold, because."""
    return written(request, 200, lambda: outcome(actions.return_(request.asker, seen_in(body), body.reason)))


@router.post("/work/approve", response={200: shapes.DoneTasks, **ERRORS}, operation_id="approve_tasks")
def approve(request: Any, body: shapes.ChosenTasks) -> Any:
    """What was proposed begins."""
    return written(request, 200, lambda: shapes.DoneTasks(n=actions.approve(request.asker, seen_in(body))))


@router.post("/work/reopen", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="reopen_tasks")
def reopen(request: Any, body: shapes.ChosenReason) -> Any:
    """What was done is not done, because."""
    return written(request, 200, lambda: outcome(actions.reopen(request.asker, seen_in(body), body.reason)))


@router.post("/work/withdraw", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="withdraw_tasks")
def withdraw(request: Any, body: shapes.ChosenReason) -> Any:
    """Nobody has to do them any more, because."""
    return written(request, 200, lambda: outcome(actions.withdraw(request.asker, seen_in(body), body.reason)))


@router.post("/work/assign", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="assign_tasks")
def assign(request: Any, body: shapes.ChosenPerson) -> Any:
    """Give them to a person."""
    return written(request, 200, lambda: outcome(actions.assign(request.asker, seen_in(body), body.user_id)))


@router.post("/work/priority", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="set_priority_of_tasks")
def priority(request: Any, body: shapes.ChosenPriority) -> Any:
    """Change how pressing they are."""
    return written(request, 200, lambda: outcome(actions.set_priority(request.asker, seen_in(body), body.priority)))


@router.post("/work/move-to-policy", response={200: shapes.OutcomeOut, **ERRORS}, operation_id="move_tasks_to_policy")
def move_to_policy(request: Any, body: shapes.ChosenPolicy) -> Any:
    """Let their clocks be as if they had started under another policy, because."""
    return written(
        request,
        200,
        lambda: outcome(actions.move_to_policy(request.asker, seen_in(body), body.policy_id, body.reason)),
    )


@router.post("/work/undo", response={200: shapes.DoneTasks, **ERRORS}, operation_id="undo_tasks")
def undo(request: Any, body: shapes.UndoIn) -> Any:
    """Take one's own action on many back."""
    return written(request, 200, lambda: shapes.DoneTasks(n=actions.undo(request.asker, body.bulk_id)))


# ------------------------------------------------------------------------------------------------ how long it may take


def policy_out(row: Any) -> shapes.PolicyOut:
    """A policy as it looks outside."""
    return shapes.PolicyOut.model_validate(row, from_attributes=True)


@router.get("/work/policies", response={200: list[shapes.PolicyOut], **ERRORS}, operation_id="list_policies")
def policies(request: Any, is_past: bool = False) -> Any:
    """How long each kind of work may take now; with ``is_past`` what held before, too."""
    rows = queries.policies(request.asker, at=None if is_past else timezone.now())
    return [policy_out(row) for row in rows[:1000]]


@router.post("/work/policies", response={201: shapes.PolicyOut, **ERRORS}, operation_id="propose_policy")
def propose(request: Any, body: shapes.PolicyIn) -> Any:
    """Propose times that bind nobody yet."""
    return written(request, 201, lambda: policy_out(actions.propose_policy(request.asker, **body.model_dump())))


@router.post(
    "/work/policies/{policy_id}/decide", response={201: shapes.PolicyOut, **ERRORS}, operation_id="decide_policy"
)
def decide(request: Any, policy_id: Id, body: shapes.DecideIn) -> Any:
    """Enter the decision that makes a proposed policy binding, as a new version."""

    def write() -> shapes.PolicyOut:
        return policy_out(
            actions.decide_policy(
                request.asker, policy_id, body.version, decision=body.decision, decided_on=body.decided_on
            )
        )

    return written(request, 201, write)


@router.get("/work/days-off", response={200: list[shapes.DayOut], **ERRORS}, operation_id="list_days_off")
def days_off(request: Any) -> Any:
    """Days that are not as their weekday says."""
    return [shapes.DayOut.model_validate(row, from_attributes=True) for row in queries.days_off(request.asker)]


@router.post("/work/days-off", response={201: shapes.DayOut, **ERRORS}, operation_id="add_day_off")
def add_day_off(request: Any, body: shapes.DayIn) -> Any:
    """Add such a day."""

    def write() -> shapes.DayOut:
        row = actions.add_day_off(request.asker, body.day, body.name, is_work=body.is_work, source=body.source)
        return shapes.DayOut.model_validate(row, from_attributes=True)

    return written(request, 201, write)


@router.post("/work/days-off/remove", response={204: None, **ERRORS}, operation_id="remove_day_off")
def remove_day_off(request: Any, body: shapes.DayGone) -> Any:
    """Take such a day away."""
    return written(request, 204, lambda: actions.remove_day_off(request.asker, body.day))
