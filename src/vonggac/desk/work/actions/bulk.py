"""One action on one or many Tasks: what cannot be moved is said with its reason, the rest moves in one transaction and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work import tallies
from vonggac.desk.work.actions.changing import Change, Seen, to_change, why_not, write
from vonggac.desk.work.models import Answer, Bulk, Task
from vonggac.desk.work.queries.tasks import UNDO_WITHIN, published
from vonggac.errors import N_, EditConflict, Fault, InvalidValues, NotThere

_KEPT = ("state", "priority", "assignee_id", "proof", "result", "acknowledge_met_at", "contain_met_at", "finish_met_at", "stopped_at",
         "stop_reason", "n_reopened", "policy_id", "is_binding", "acknowledge_due_at", "contain_due_at", "finish_due_at")  # fmt: skip
"""Columns that an undo puts back."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``n``: how many were moved; ``refused``: id and why of the others; ``bulk_id``: what ``undo`` takes, None for a single one and where nothing can be taken back."""

    n: int
    refused: tuple[tuple[int, InvalidValues], ...] = ()
    bulk_id: int | None = None


def do_many(asker: Asker, action: str, permission: str, seen: Sequence[Seen], do: Callable[[Change], Any]) -> Outcome:
    """``do`` with each Task that lets it. Raises what stands in the way of all: NotThere, NotAllowed, EditConflict, InvalidValues."""
    with recording(asker, action) as record:
        now = timezone.now()
        tasks = to_change(asker, permission, seen)
        cells = {task.pk: tallies.cell_of(task) for task in tasks}
        done: list[Change] = []
        refused: list[tuple[int, InvalidValues]] = []
        for task in tasks:
            change = Change(asker, task, now, snapshot(task), record=record)
            try:
                do(change)
            except InvalidValues as error:
                refused.append((task.pk, error))
            else:
                done.append(change)
        if not done:
            raise refused[0][1]
        write(record, done, cells)
        back = [change for change in done if not change.stays]
        is_kept = len(seen) > 1 and asker.user_id is not None and back
        bulk = _remember(asker.user_id or 0, action, permission, back) if is_kept else None
        if len(done) > 1 or refused:
            record.note(n=len(done), refused=[pk for pk, _error in refused])
    return Outcome(len(done), tuple(refused), bulk)


def _remember(user_id: int, action: str, permission: str, done: Sequence[Change]) -> int:
    rows = [[one.task.pk, one.task.version, {name: _plain(one.before[name]) for name in _KEPT}] for one in done]
    return Bulk.objects.create(user_id=user_id, verb=action.partition(".")[2], permission=permission, rows=rows).pk


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def undo(asker: Asker, bulk_id: int) -> int:
    """Take one's own action on many Tasks back, within UNDO_WITHIN; gives how many. Those that somebody changed since stay, as do
    those on which the asker may no longer do what they did.

    Raises NotThere, NotAllowed, InvalidValues (too late, done already), EditConflict when all were changed since.
    """
    if asker.user_id is None:
        raise NotThere(N_("there is nothing to undo"))
    with recording(asker, "work.undo") as record:
        bulk = Bulk.objects.select_for_update().filter(pk=bulk_id, user_id=asker.user_id).first()
        if bulk is None:
            raise NotThere(N_("there is nothing to undo"))
        now = timezone.now()
        if bulk.undone_at is not None or bulk.at < now - UNDO_WITHIN:
            raise InvalidValues([Fault("", N_("it is too late to undo this, or it is undone already"))])
        versions = {pk: (version, before) for pk, version, before in bulk.rows}
        rows = visible(published(), asker, bulk.permission).filter(pk__in=sorted(versions))
        tasks = list(rows.select_related("policy").order_by("pk").select_for_update(of=("self",)))
        if not tasks:
            why_not(asker, bulk.permission, versions)
        same = [task for task in tasks if task.version == versions[task.pk][0]]
        if not same:
            raise EditConflict(N_("somebody else changed this since you opened it"))
        cells = {task.pk: tallies.cell_of(task) for task in same}
        changes = [Change(asker, task, now, snapshot(task), record=record) for task in same]
        for change in changes:
            was = change.task.state
            _put_back(change.task, versions[change.task.pk][1])
            _answer_back(change, bulk.verb)
            change.step("undo", what=bulk.verb, was=was)
        write(record, changes, cells)
        bulk.undone_at = now
        bulk.save(update_fields=["undone_at"])
        record.note(bulk=bulk.pk, verb=bulk.verb, n=len(changes), left=len(versions) - len(changes))
    return len(changes)


def _put_back(task: Task, before: dict[str, Any]) -> None:
    for name, value in before.items():
        column: Any = Task._meta.get_field(name)  # noqa: SLF001  # the documented name of Django's model API
        setattr(task, name, column.to_python(value))


def _answer_back(change: Change, verb: str) -> None:
    """The last report of a Task as if it had not been made, or not been judged; nobody made another one since."""
    if verb not in ("submit", "accept", "return"):
        return
    answer = Answer.objects.filter(task=change.task).order_by("-pk").first()
    if answer is None:
        return
    before = snapshot(answer)
    if verb == "submit":
        answer.delete()  # its files are free for the next one
        change.record.deleted(answer, before)
        return
    answer.verdict, answer.verdict_at, answer.verdict_by_name, answer.verdict_reason = "", None, "", ""
    answer.save()
    change.record.changed(answer, before)
