"""What a recipient answers to the clauses of a letter: all of it at once, or none of it; what was typed so far, kept meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording
from vonggac.desk.directives.actions.moving import move
from vonggac.desk.directives.actions.receipts import receive, take_note
from vonggac.desk.directives.models import AnswerDraft, Recipient
from vonggac.desk.directives.queries.letters import obligations, recipient
from vonggac.desk.directives.states import ISSUED
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.work.actions.changing import Change, cannot
from vonggac.desk.work.actions.moving import report
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Answer, Evidence, Step, Task
from vonggac.desk.work.models.answers import ENTERED
from vonggac.desk.work.notifying import reviewing, send
from vonggac.desk.work.states import SUBMITTED, UNANSWERED, WITH_OWNER
from vonggac.desk.work.values import clean_answer
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotThere

MOST_OF_DRAFT: Final = 256 << 10
"""Bytes of a draft as JSON in UTF-8."""
_OF_CLAUSE: Final = re.compile(r"([1-9][0-9]{0,17})\.[a-z_]{1,40}(?:-[0-9]{1,3}-[a-z_]{1,40})?", re.ASCII)
OF_ALL: Final = frozenset({"who", "phone", "came_by", "told_by"})
"""Fields of a draft that belong to no single clause."""


class Given(NamedTuple):
    """The answer to one Task. ``seen``: the last answer of it that whoever answers saw, 0 for none; None: they do not say."""

    task_id: int
    result: str
    values: Mapping[str, Any]
    evidence_ids: Sequence[int] = ()
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of it: the answers that are new, and the Tasks of which the same answer was there already."""

    recipient: Recipient
    made: list[Answer] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)


class _AllThere(Exception):
    """No error: every answer was there already, so that nothing is recorded."""


def answer(
    asker: Asker,
    recipient_id: int,
    answers: Sequence[Given | tuple[Any, ...]],
    *,
    key: str = "",
    came_by: str = "",
    told_by: str = "",
) -> Answered:
    """The answers of one recipient to some of its clauses, which acknowledges the letter as well; all of them or none.

    ``came_by`` and ``told_by``: see ``work.actions.submit``; ``told_by`` may name who answers in any case. Needs work.answer on the
    recipient, work.review where the centre enters it. The same again (double click, lost connection; ``key`` names the sending) changes nothing
    and is a success. Raises InvalidValues with all faults as ``<task id>.<field>``, EditConflict where somebody else answered meanwhile.
    """
    given = _given(answers)
    check = Check()
    key = check.text("key", key, most=64)
    check.done()
    way = came_by or ("link" if asker.origin.via == "link" else "")
    seen = recipient(asker, recipient_id)
    require(asker, "work.review" if way in ENTERED else "work.answer", seen.organisation_id)
    told = Answered(seen)
    try:
        with recording(asker, "letters.answer", organisation_id=seen.organisation_id) as record:
            row = Recipient.objects.select_for_update(of=("self",)).select_related("letter").get(pk=seen.pk)
            record.on = row
            todo = _to_do(row, given, key, told)
            _write(record, row, todo, key, way, told_by, told)
    except _AllThere:
        pass
    return told


def _given(answers: Sequence[Given | tuple[Any, ...]]) -> dict[int, Given]:
    found = {one.task_id: one for one in (Given(*one) for one in answers)}
    if not found:
        raise InvalidValues([Fault("", N_("nothing was answered: choose a result first"))])
    if len(found) < len(answers):
        raise InvalidValues([Fault("", N_("the same clause is answered twice"))])
    return found


def _to_do(row: Recipient, given: Mapping[int, Given], key: str, told: Answered) -> dict[int, Given]:
    """What of ``given`` is not there yet, its Tasks locked. Raises NotThere for a Task that is not this recipient's."""
    locked = obligations(row).filter(pk__in=sorted(given)).order_by("pk").select_for_update(of=("self",))
    tasks = {task.pk: task for task in locked}
    if len(tasks) < len(given):
        raise NotThere(N_("there is no such task here"))
    last = {one.task_id: one for one in Answer.objects.filter(task_id__in=sorted(tasks)).order_by("pk")}
    keyed = _keyed(tasks, key)
    todo = {}
    for pk, one in given.items():
        task, there = tasks[pk], keyed.get(pk)
        previous = last.get(pk)
        if (there is not None and _is_same(task, there, one)) or _stands(task, previous, one):
            told.repeated.append(pk)
        else:
            todo[pk] = one
    if not todo:
        raise _AllThere
    _check_open(row, tasks, last, todo)
    return todo


def _keyed(tasks: Collection[int], key: str) -> dict[int, Answer]:
    """The answers that were sent under ``key``, by Task."""
    if not key:
        return {}
    steps = Step.objects.filter(task_id__in=sorted(tasks), verb__in=("submit", "progress"), values__key=key)
    ids = [step.values.get("answer") for step in steps]
    return {one.task_id: one for one in Answer.objects.filter(pk__in=ids)}


def _stands(task: Task, previous: Answer | None, one: Given) -> bool:
    """Whether the last answer of a Task says the same and nobody has judged it since."""
    return (
        previous is not None
        and not previous.verdict
        and (task.state == SUBMITTED or previous.result not in BY_NAME[task.kind].final)
        and task.result == previous.result
        and _is_same(task, previous, one)
    )


def _is_same(task: Task, there: Answer, one: Given) -> bool:
    if there.result != one.result:
        return False
    if clean_answer(Check(), BY_NAME[task.kind], one.result, one.values) != there.values:
        return False
    wanted = set(one.evidence_ids)
    return not Evidence.objects.filter(pk__in=wanted, answer=None).exists() if wanted else True


def _check_open(
    row: Recipient, tasks: Mapping[int, Task], last: Mapping[int, Answer], todo: Mapping[int, Given]
) -> None:
    """Raise what is wrong when a letter or its Tasks moved since whoever answers looked."""
    if row.letter.state != ISSUED or row.letter.sent_at is None:
        raise InvalidValues([Fault("", N_("the letter does not hold any more, or not yet"))])
    faults = []
    for pk, one in todo.items():
        task, previous = tasks[pk], last.get(pk)
        is_newer = one.seen is not None and previous is not None and previous.pk != one.seen
        if previous is not None and (task.state == SUBMITTED or (is_newer and task.state in WITH_OWNER)):
            message = N_("{name} answered “{clause}” meanwhile: look at that answer before you send yours")
            raise EditConflict(message, name=previous.told_by or previous.by_name, clause=_name_of(task))
        if task.state not in WITH_OWNER:
            moved = cannot(task.state)
            faults.append(Fault(f"{pk}.result", moved.message, moved.params))
    if faults:
        raise InvalidValues(faults)


def _name_of(task: Task) -> str:
    return f"{task.details.get('mark', '')} {task.details.get('title', task.subject)}".strip()


def _write(
    record: Recording, row: Recipient, todo: Mapping[int, Given], key: str, way: str, told_by: str, told: Answered
) -> None:
    """Answer what is to do, acknowledge the rest, drop the draft when nothing is left, tell who reviews."""
    now, faults = timezone.now(), []
    if row.acknowledged_at is None:
        receive(record, row, now, way or "portal", told_by if way in ENTERED else "")

    def do(change: Change) -> None:
        one = todo.get(change.task.pk)
        if one is None:
            take_note(change)
            return
        try:
            made = report(
                record.asker, record, change, result=one.result, values=one.values, evidence_ids=one.evidence_ids,
                came_by=way, told_by=told_by, tells=False,
            )  # fmt: skip
        except InvalidValues as error:
            faults.extend(_of_task(change.task.pk, error.faults))
        else:
            told.made.append(made)
            for step in change.steps:
                if key and "answer" in step.values:
                    step.values["key"] = key

    waiting = obligations(row).filter(state__in=sorted(UNANSWERED)).order_by("pk").values_list("pk", flat=True)
    move(record, {*todo, *waiting}, now, do)
    if faults:
        raise InvalidValues(faults)
    _forget_draft(row, todo)
    _tell(record.asker, row, told)


def _forget_draft(row: Recipient, answered: Collection[int]) -> None:
    """What was typed for these Tasks is sent; with nothing left to answer the draft goes."""
    draft = AnswerDraft.objects.filter(recipient=row).first()
    if draft is None:
        return
    draft.values = {
        name: value for name, value in draft.values.items() if name.partition(".")[0] not in {*map(str, answered)}
    }
    is_open = obligations(row).filter(state__in=sorted(WITH_OWNER)).exclude(pk__in=sorted(answered)).exists()
    if not is_open or not any("." in name for name in draft.values):
        draft.delete()
        return
    draft.version += 1
    draft.save(update_fields=["values", "version"])


def _of_task(pk: int, faults: Iterable[Fault]) -> list[Fault]:
    """Faults of one report: those of who tells it belong to all."""
    return [
        fault if fault.field in ("came_by", "told_by") else Fault(f"{pk}.{fault.field}", fault.message, fault.params)
        for fault in faults
    ]


def _tell(asker: Asker, row: Recipient, told: Answered) -> None:
    """Reviewers get one message about all that came at once."""
    if not any(one.result in BY_NAME[one.task.kind].final for one in told.made):
        return
    values = {
        "organisation": row.name, "title": str(row.letter), "by": asker.name, "link": f"/letters/received/{row.pk}/",
    }  # fmt: skip
    users = [user for user in reviewing() if user.pk != asker.user_id]
    if row.organisation_id is not None:
        send("work_submitted", row.organisation_id, users, values, f"answered:{row.pk}:{told.made[-1].pk}")


# --------------------------------------------------------------------------------------------- what was typed so far


def save_draft(asker: Asker, recipient_id: int, version: int, values: Mapping[str, Any], by: str = "") -> AnswerDraft:
    """Keep what is typed: ``values`` by field of the form (``<task id>.<field>``, and those of OF_ALL), texts. No entry: it is no decision.

    ``version``: of the draft that was read, 0 for none; ``by``: who types, where that is not the asker. Needs work.answer or work.review on the
    recipient. Raises EditConflict when somebody else saved meanwhile, InvalidValues, NotThere for a Task that is not this recipient's.
    """
    seen = recipient(asker, recipient_id)
    require_to_answer(asker, seen)
    kept = _clean_draft(seen, values)
    with transaction.atomic():
        row = Recipient.objects.select_for_update(of=("self",)).select_related("letter").get(pk=seen.pk)
        if row.letter.state != ISSUED or row.letter.sent_at is None:
            raise InvalidValues([Fault("", N_("the letter does not hold any more, or not yet"))])
        draft = AnswerDraft.objects.filter(recipient=row).first()
        if draft is None and version:
            raise EditConflict(N_("the answers were sent meanwhile"))
        if draft is None:
            draft = AnswerDraft(recipient=row, version=0)
        elif draft.version != version:
            raise EditConflict(N_("{name} goes on with these answers in another window"), name=draft.by_name)
        elif draft.values == kept:
            return draft
        draft.values, draft.saved_at, draft.version = kept, timezone.now(), draft.version + 1
        draft.by_name = (by or asker.name)[:150]
        draft.save()
    return draft


def require_to_answer(asker: Asker, row: Recipient) -> None:
    """Raise NotAllowed for who neither answers for a recipient nor enters what it tells."""
    if not may_on(asker, "work.review", row.organisation_id):
        require(asker, "work.answer", row.organisation_id)


def _clean_draft(row: Recipient, values: Mapping[str, Any]) -> dict[str, str]:
    """Texts of fields that the form has. Raises InvalidValues, NotThere."""
    kept, ids = {}, set()
    for name, value in values.items():
        found = _OF_CLAUSE.fullmatch(name)
        if (found is None and name not in OF_ALL) or not isinstance(value, str):
            raise InvalidValues([Fault("values", N_("the form has no such field"))])
        if value:  # a database keeps neither NUL nor half a character
            kept[name] = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
        if found is not None:
            ids.add(int(found[1]))
    size = len(json.dumps(kept, ensure_ascii=False).encode())
    if size > MOST_OF_DRAFT:
        message = N_("{n} characters are too many: at most {most}")
        raise InvalidValues([Fault("values", message, {"n": size, "most": MOST_OF_DRAFT})])
    if ids - set(obligations(row).filter(pk__in=sorted(ids)).values_list("pk", flat=True)):
        raise NotThere(N_("there is no such task here"))
    return kept
