"""Files that prove something: added to a Task that one answers for, taken away while no answer rests on them."""

from __future__ import annotations

from django.db.models import Sum
from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.changing import require_for
from vonggac.desk.work.evidence import BY_NAME, MOST_OF_TASK, clean_name
from vonggac.desk.work.models import Evidence, Step, Task
from vonggac.desk.work.queries.evidence import one_evidence
from vonggac.desk.work.queries.tasks import task as the_task
from vonggac.desk.work.states import DONE
from vonggac.errors import N_, Fault, InvalidValues


def require_room(asker: Asker, task_id: int, size: int) -> Task:
    """The Task, if the asker may add ``size`` bytes to it. Raises NotThere, NotAllowed, InvalidValues (it is done; no room)."""
    row = the_task(asker, task_id)
    require_for(asker, "work.answer", row)
    _check_room(row, size)
    return row


def _check_room(row: Task, size: int) -> None:
    if row.state in DONE:
        raise InvalidValues([Fault("file", N_("the task is done: nothing is added to it any more"))])
    held = Evidence.objects.filter(task=row).aggregate(n=Sum("size", default=0))["n"]
    if held + size > MOST_OF_TASK:
        message = N_("the files of one task may hold {limit} MB together: this one would be more")
        raise InvalidValues([Fault("file", message, {"limit": MOST_OF_TASK >> 20})])


def add_evidence(asker: Asker, task_id: int, *, name: str, kind: str, size: int, sha256: str) -> Evidence:
    """A file that lies in the store already proves something; the same content again is the file that is there.

    Needs work.answer on the Task's organisation. The Task's version stays: a report that somebody is writing is not disturbed.
    """
    row = the_task(asker, task_id)
    require_for(asker, "work.answer", row)
    if (there := Evidence.objects.filter(task=row, sha256=sha256).first()) is not None:
        return there
    with recording(asker, "work.add_evidence", on=row, organisation_id=row.organisation_id) as record:
        locked = Task.objects.select_for_update(of=("self",)).get(pk=row.pk)
        made = Evidence.objects.filter(task=locked, sha256=sha256).first()
        if made is None:
            _check_room(locked, size)
            made = Evidence.objects.create(
                task=locked, name=clean_name(name, BY_NAME[kind]), kind=kind, size=size, sha256=sha256,
                at=timezone.now(), by_id=asker.user_id, by_name=asker.name[:150],
            )  # fmt: skip
            record.created(made)
    return made


def remove_evidence(asker: Asker, evidence_id: int) -> None:
    """Take a file away while it belongs to no answer; needs work.answer. Its bytes go when nothing else rests on them."""
    row = one_evidence(asker, evidence_id)
    require_for(asker, "work.answer", row.task)
    with recording(asker, "work.remove_evidence", on=row.task, organisation_id=row.task.organisation_id) as record:
        locked = Task.objects.select_for_update(of=("self",)).get(pk=row.task_id)
        # Somebody may have taken it away, or reported with it, before this one had the Task.
        row = one_evidence(asker, evidence_id)
        if row.answer_id is not None:
            raise InvalidValues([Fault("", N_("an answer rests on this file: it stays"))])
        _forget(record, row)
        Step.objects.create(
            task=locked, at=timezone.now(), by_id=asker.user_id, by_name=asker.name[:150], verb="remove_evidence",
            before=locked.state, after=locked.state, note=row.name, values={"sha256": row.sha256},
        )  # fmt: skip


def _forget(record: Recording, row: Evidence) -> None:
    before = snapshot(row)
    row.delete()
    record.deleted(row, before)
