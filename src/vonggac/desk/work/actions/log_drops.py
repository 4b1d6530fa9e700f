"""A log is dropped at a Task, looked through by a job, and what it tells is kept; the file itself never is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from vonggac.desk import runs
from vonggac.desk.audit.actions import recording
from vonggac.desk.organisations.staging.life import safe_name
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.changing import require_for
from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.desk.work.models import HostSearch
from vonggac.desk.work.queries.tasks import task as the_task
from vonggac.errors import N_, Fault, InvalidValues

MOST_WAITING = 5
"""Files of one Task that wait to be read."""
MOST_TRIES = 3
"""A file on which readers died this often is given up."""
MOST_FOUND = 200
"""Ways in which hosts were found that are kept of one file, the surest first."""


def require_log(asker: Asker, task_id: int) -> None:
    """Raise NotThere, NotAllowed or InvalidValues unless the asker may drop a log at this Task now; needs work.answer."""
    row = the_task(asker, task_id)
    require_for(asker, "work.answer", row)
    if row.kind != CLEAN_ADDRESS.name:
        raise InvalidValues([Fault("file", N_("this kind of work looks for no host"))])
    if HostSearch.objects.filter(task=row, state="waiting").count() >= MOST_WAITING:
        raise InvalidValues([Fault("file", N_("several files of this task wait to be read: let them be read first"))])


def drop_log(asker: Asker, task_id: int, *, file_name: str, size: int, sha256: str, spool: str) -> HostSearch:
    """A log file waits in the spool under ``spool``. The same file again looks again: the Task may have learnt more since."""
    require_log(asker, task_id)
    row = the_task(asker, task_id)
    with recording(asker, "work.drop_log", on=row, organisation_id=row.organisation_id) as record:
        made = HostSearch.objects.create(
            task=row, file_name=safe_name(file_name), size=size, sha256=sha256, spool=spool, user_id=asker.user_id,
            by_name=asker.name[:150], via=asker.origin.via,
        )  # fmt: skip
        record.note(file=made.file_name, size=size, sha256=sha256)
    return made


def claim_log(search_id: int) -> str | None:
    """Take a file to read it; gives the token of this run, None when somebody else does or it is read."""
    run = runs.claim(HostSearch, search_id, "waiting")
    if run is not None:
        row = HostSearch.objects.get(pk=search_id)
        HostSearch.objects.filter(pk=search_id, run=run).update(n_tries=row.n_tries + 1)
    return run


def read_log(
    asker: Asker, search_id: int, run: str, *, found: Sequence[dict[str, Any]], n_events: int, faults: Sequence[Any], is_refused: bool
) -> None:  # fmt: skip
    """What the file told. Raises runs.Superseded when somebody else read it meanwhile."""
    row = HostSearch.objects.select_related("task").get(pk=search_id)
    n_found = len({one["host"] for one in found})
    with recording(asker, "work.read_log", on=row.task, organisation_id=row.task.organisation_id) as record:
        runs.beat(
            HostSearch, search_id, run, state="refused" if is_refused else "done", done_at=timezone.now(), n_events=n_events,
            n_found=n_found, found=list(found[:MOST_FOUND]), faults=list(faults),
        )  # fmt: skip
        runs.release(HostSearch, search_id, run)
        record.note(file=row.file_name, n=n_found, sha256=row.sha256)


def forget_log(search_id: int) -> None:
    """The file is gone from the spool."""
    HostSearch.objects.filter(pk=search_id).update(spool="")
