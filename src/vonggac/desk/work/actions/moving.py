"""What the owner of a Task does with it, and whoever gives work out: acknowledge, begin, report, hand over, stop its clocks, say something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.audit.actions import recording
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.desk.work import clocks
from vonggac.desk.work.actions.bulk import Outcome, do_many
from vonggac.desk.work.actions.changing import Change, Seen, cannot, change_one, judge, require_for
from vonggac.desk.work.actions.opening import key_of
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Answer, Comment, Evidence, Task, Watcher
from vonggac.desk.work.models.answers import ENTERED, OF_PEOPLE
from vonggac.desk.work.notifying import answering, reviewing, send, tell_organisations
from vonggac.desk.work.queries.tasks import task as the_task
from vonggac.desk.work.states import (
    ACKNOWLEDGED,
    CLOSED,
    DECLARED,
    IN_PROGRESS,
    NEW,
    PRIORITIES,
    SUBMITTED,
    WITH_OWNER,
    WITHDRAWN,
)
from vonggac.desk.work.values import clean_answer, reason
from vonggac.errors import N_, Fault, InvalidValues, NotAllowed, NotThere


def acknowledge(asker: Asker, seen: Sequence[Seen]) -> Outcome:
    """Say that they were seen; needs work.answer on their organisations."""

    def do(change: Change) -> None:
        change.step("acknowledge", state=ACKNOWLEDGED)
        clocks.meet(change.task, "acknowledge", change.now)

    return do_many(asker, "work.acknowledge", "work.answer", seen, do)


def begin(asker: Asker, task_id: int, version: int) -> None:
    """Work begins, which acknowledges as well."""

    def do(_record: Any, change: Change) -> None:
        change.step("begin", state=IN_PROGRESS)
        clocks.meet(change.task, "acknowledge", change.now)

    change_one(asker, "work.begin", "work.answer", (task_id, version), do)


def contain(asker: Asker, task_id: int, version: int, note: str = "") -> None:
    """The damage can no longer spread (isolated, blocked); the clock of containment is met."""
    check = Check()
    note = check.text("note", note, most=2000, lines=True)
    check.done()

    def do(_record: Any, change: Change) -> None:
        if change.task.contain_met_at is not None or "contain" not in BY_NAME[change.task.kind].clocks:
            raise InvalidValues([Fault("", N_("it is contained already, or there is nothing to contain"))])
        change.step("contain", note, state=None if change.task.state == IN_PROGRESS else IN_PROGRESS)
        clocks.meet(change.task, "acknowledge", change.now)
        clocks.meet(change.task, "contain", change.now)

    change_one(asker, "work.contain", "work.answer", (task_id, version), do)


def submit(  # what a report holds, by name
    asker: Asker,
    task_id: int,
    version: int,
    *,
    result: str,
    values: Mapping[str, Any],
    evidence_ids: Sequence[int] = (),
    came_by: str = "",
    told_by: str = "",
) -> Answer:
    """Report a result; a final one goes to review, another one is progress. Needs work.answer.

    ``came_by`` of ENTERED: the centre enters it for the unit (needs work.review too) and says ``told_by`` whom. Raises InvalidValues.
    """

    def do(record: Any, change: Change) -> Answer:
        return report(
            asker,
            record,
            change,
            result=result,
            values=values,
            evidence_ids=evidence_ids,
            came_by=came_by,
            told_by=told_by,
        )

    return change_one(asker, "work.submit", "work.answer", (task_id, version), do)  # type: ignore[no-any-return]


def report(  # noqa: PLR0913  # what a report holds, by name
    asker: Asker, record: Any, change: Change, *, result: str, values: Mapping[str, Any], evidence_ids: Sequence[int],
    came_by: str, told_by: str, tells: bool = True,
) -> Answer:  # fmt: skip
    """The report on one Task within an action that is being recorded. Without ``tells`` the caller says to reviewers that it came."""
    task, kind = change.task, BY_NAME[change.task.kind]
    check = Check()
    kept = clean_answer(check, kind, result, values)
    check.one_of("came_by", came_by, ("link",) if asker.origin.via == "link" else OF_PEOPLE)
    told_by = check.text("told_by", told_by, most=120, needed=came_by in ENTERED)
    wanted = set(evidence_ids)
    there = list(Evidence.objects.filter(task=task, pk__in=wanted)) if wanted else []
    if len(there) < len(wanted):
        check.fault("evidence_ids", N_("there is no such file at this task"))
    files = [file for file in there if file.answer_id is None]  # what an earlier answer rests on stays with that
    if result == "done" and task.details.get("needs_file") and not _has_file(task, there):
        check.fault("evidence_ids", N_("the letter asks for a file with this: add it"))
    if result in kind.proof_for and not files and not kept.get("evidence"):
        check.fault("evidence", N_("say how you know, or add a file that shows it"))
    check.done()
    if came_by in ENTERED:
        require_for(asker, "work.review", task)
    answer = Answer.objects.create(
        task=task, at=change.now, by_id=asker.user_id, by_name=asker.name[:150], came_by=came_by, told_by=told_by,
        result=result, values=kept,
    )  # fmt: skip
    for file in files:
        file.answer = answer
        file.save(update_fields=["answer"])
    clocks.meet(task, "acknowledge", change.now)
    task.result = result
    if kind.ends_with(result):
        run_on(change)
        change.step("submit", state=SUBMITTED, answer=answer.pk, result=result)
        task.proof = DECLARED
        clocks.meet(task, "contain", change.now)
        clocks.meet(task, "finish", change.now)
        _after_submission(asker, change, kind, tells=tells)
    else:
        change.step(
            "progress", state=None if task.state == IN_PROGRESS else IN_PROGRESS, answer=answer.pk, result=result
        )
    record.created(answer)
    return answer


def _has_file(task: Task, given: Sequence[Evidence]) -> bool:
    """Whether a file comes with the report, or came with an earlier one (the same bytes are kept once)."""
    return bool(given) or Evidence.objects.filter(task=task, answer__isnull=False).exists()


def _after_submission(asker: Asker, change: Change, kind: Any, *, tells: bool) -> None:
    """To review; a kind that is not reviewed ends here."""
    task = change.task
    if "accepted" in kind.skips and task.result in kind.final:
        task.state = CLOSED
        change.step("close")
        return
    if not tells:
        return
    values = {
        "organisation": task.organisation.name,
        "title": task.subject,
        "by": asker.name,
        "link": f"/work/{task.pk}/",
    }
    send(
        "work_submitted", task.organisation_id, _but(asker, reviewing()), values, f"submitted:{task.pk}:{task.version}"
    )


def _but(asker: Asker, users: Sequence[User]) -> list[User]:
    return [user for user in users if user.pk != asker.user_id]


def assign(asker: Asker, seen: Sequence[Seen], user_id: int | None) -> Outcome:
    """Give Tasks to a person who may answer for (or review) their organisations; None: to nobody. Needs work.answer or work.assign."""
    user = None if user_id is None else User.objects.filter(pk=user_id, is_active=True).first()
    if user_id is not None and user is None:
        raise InvalidValues([Fault("user_id", N_("there is no such person here"))])
    allowed: dict[int, bool] = {}

    def do(change: Change) -> None:
        organisation_id = change.task.organisation_id
        if organisation_id not in allowed:
            allowed[organisation_id] = user is None or may_have(asker, user, organisation_id)
        if not allowed[organisation_id]:
            raise InvalidValues([Fault("user_id", N_("there is no such person here"))])
        change.task.assignee = user
        change.step("assign", name="" if user is None else str(user))

    return do_many(asker, "work.assign_person", "work.answer", seen, do)


def may_have(asker: Asker, user: User, organisation_id: int) -> bool:
    """Whether ``asker`` may give work of an organisation to ``user``: themselves, its own people, or whom reviewers choose of those who may act on it."""
    if user.pk != asker.user_id and not may_on(asker, "work.review", organisation_id):
        return user in answering([organisation_id]).get(organisation_id, [])
    theirs = asker_of(user, asker.origin)
    return any(may_on(theirs, permission, organisation_id) for permission in ("work.answer", "work.review"))


def set_priority(asker: Asker, seen: Sequence[Seen], priority: int) -> Outcome:
    """Change how pressing they are; clocks keep the policy under which they started. Needs work.review."""
    check = Check()
    check.one_of("priority", priority, tuple(PRIORITIES))
    check.done()

    def do(change: Change) -> None:
        change.step("priority", was=change.task.priority, now=priority)
        change.task.priority = priority

    return do_many(asker, "work.set_priority", "work.review", seen, do)


def hand_over(asker: Asker, task_id: int, version: int, *, to_organisation_id: int, why: str) -> None:
    """“Not ours, because”: the Task becomes that of another organisation, with its history; its clocks begin anew.

    Needs work.assign on both organisations. Raises InvalidValues when the other has such a Task already.
    """
    check = Check()
    why = reason(check, why)
    target = Organisation.objects.filter(pk=to_organisation_id, valid_until=None).first()
    if target is None or not may_on(asker, "work.assign", to_organisation_id):
        check.fault("to_organisation_id", N_("there is no such organisation here"))
    check.done()

    def do(_record: Any, change: Change) -> None:
        give_to(change, target, why)  # type: ignore[arg-type]

    try:
        change_one(asker, "work.hand_over", "work.assign", (task_id, version), do)
    except IntegrityError:  # they got it between our look and our write
        raise InvalidValues(
            [Fault("to_organisation_id", N_("there is such a task for this organisation already"))]
        ) from None


def give_to(change: Change, target: Organisation, why: str) -> None:
    """One Task becomes that of ``target``, which is told; its clocks begin anew. Raises InvalidValues when they have it already."""
    task, kind = change.task, BY_NAME[change.task.kind]
    was = task.organisation
    if kind.is_obligation:
        raise InvalidValues(
            [Fault("", N_("what a letter asks stays with its recipient: say that it does not concern you"))]
        )
    if task.state not in WITH_OWNER | {SUBMITTED}:
        raise InvalidValues([cannot(task.state)])
    if was.pk == target.pk:
        raise InvalidValues([Fault("to_organisation_id", N_("it is theirs already"))])
    key = key_of(kind, target.pk, task.details)
    if Task.objects.filter(kind=task.kind, key=key).exists():
        raise InvalidValues([Fault("to_organisation_id", N_("there is such a task for this organisation already"))])
    if task.state == SUBMITTED and task.result == "not_ours":
        judge(change, "accepted", why)
    change.step("hand_over", why, was=was.name, was_id=was.pk, to=target.name)
    change.steps[-1].after = NEW
    task.organisation, task.key, task.assignee, task.state, task.proof, task.result = target, key, None, NEW, "", ""
    policy = clocks.policy_for(clocks.policies_at(change.now), task.kind, task.priority)
    clocks.restart(task, kind, policy, change.now, clocks.calendar())
    tell_organisations(
        {target.pk: 1}, title=task.subject, url=f"/work/{task.pk}/", key=f"handed:{task.pk}:{task.version}"
    )


def withdraw(asker: Asker, seen: Sequence[Seen], why: str) -> Outcome:
    """Nobody has to do them any more, because; needs work.review."""
    check = Check()
    why = reason(check, why)
    check.done()
    return do_many(
        asker, "work.withdraw", "work.review", seen, lambda change: change.step("withdraw", why, state=WITHDRAWN)
    )


def pause(asker: Asker, task_id: int, version: int, why: str) -> None:
    """Stop the clocks, because; needs work.review."""
    check = Check()
    why = reason(check, why)[:250]
    check.done()

    def do(_record: Any, change: Change) -> None:
        if change.task.stopped_at is not None:
            raise InvalidValues([Fault("", N_("the clocks are stopped already"))])
        if change.task.state not in WITH_OWNER:
            raise InvalidValues([Fault("", N_("no clock of it runs now"))])
        clocks.stop(change.task, change.now, why)
        change.step("pause", why)

    change_one(asker, "work.pause", "work.review", (task_id, version), do)


def resume(asker: Asker, task_id: int, version: int) -> None:
    """The clocks run again; what they stood is added."""

    def do(_record: Any, change: Change) -> None:
        if change.task.stopped_at is None:
            raise InvalidValues([Fault("", N_("the clocks are not stopped"))])
        run_on(change)

    change_one(asker, "work.resume", "work.review", (task_id, version), do)


def run_on(change: Change) -> None:
    """Clocks that stand run again; how long they stood is kept with the step."""
    if change.task.stopped_at is not None:
        stood = change.now - change.task.stopped_at
        clocks.go_on(change.task, change.now)
        change.step("resume", stood_s=max(stood, timedelta()).total_seconds())


def comment(asker: Asker, task_id: int, text: str, *, is_internal: bool = False) -> Comment:
    """Say something about a Task that one sees; among reviewers only when ``is_internal``. Watchers are told."""
    check = Check()
    text = check.text("text", text, most=4000, needed=True, lines=True)
    check.done()
    row = the_task(asker, task_id)
    if not any(may_on(asker, permission, row.organisation_id) for permission in ("work.answer", "work.review")):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission="work.answer")
    if is_internal:
        require_for(asker, "work.review", row)
    # An entry is seen with all that it holds by whoever sees the record of that organisation.
    where = None if is_internal else row.organisation_id
    with recording(asker, "work.comment", on=row, organisation_id=where) as record:
        made = Comment.objects.create(
            task=row,
            at=timezone.now(),
            by_id=asker.user_id,
            by_name=asker.name[:150],
            text=text,
            is_internal=is_internal,
        )
        record.created(made)
        _tell_watchers(asker, row, made)
    return made


def _tell_watchers(asker: Asker, row: Task, made: Comment) -> None:
    users = [one.user for one in Watcher.objects.filter(task=row).select_related("user").order_by("pk")]
    if row.assignee is not None and row.assignee not in users:
        users.append(row.assignee)
    needed = "work.review" if made.is_internal else "work.view"
    users = [user for user in _but(asker, users) if may_on(asker_of(user, asker.origin), needed, row.organisation_id)]
    if users:
        values = {
            "organisation": row.organisation.name,
            "title": row.subject,
            "by": asker.name,
            "link": f"/work/{row.pk}/",
        }
        send("work_comment", row.organisation_id, users, values, f"comment:{made.pk}")


def watch(asker: Asker, task_id: int) -> None:
    """Be told what happens with a Task that one sees."""
    row = the_task(asker, task_id)
    if asker.user_id is None:
        raise NotThere(N_("there is no such person here"))
    with recording(asker, "work.watch", on=row, organisation_id=row.organisation_id):
        Watcher.objects.get_or_create(task=row, user_id=asker.user_id)


def unwatch(asker: Asker, task_id: int) -> None:
    """Be told no longer."""
    row = the_task(asker, task_id)
    if asker.user_id is None:
        raise NotThere(N_("there is no such person here"))
    with recording(asker, "work.unwatch", on=row, organisation_id=row.organisation_id):
        Watcher.objects.filter(task=row, user_id=asker.user_id).delete()
