"""The re-check that a published version is for: what of earlier versions is not seen again, and what is seen although it was done.

Absence is “not seen again”, never “clean”. A list tells of the past: what it saw before the owner was done says nothing of the time after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from vonggac.desk.intel.models import ListVersion
from vonggac.desk.intel.staging import life, rows
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions import pass_recheck, reappear
from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.desk.work.models import Answer, Batch, Task
from vonggac.desk.work.queries import about
from vonggac.desk.work.states import ACCEPTED, CLOSED, RECHECKED

AT_ONCE = 500
"""Rows or Tasks of one short transaction."""

_DONE = frozenset({ACCEPTED, RECHECKED, CLOSED})
_BEAT_EVERY = 10


def why(version: ListVersion) -> str:
    """What was looked at, in words of no language."""
    return f"{version.indicator_list.code} {version.n}" + (f" – {version.letter}" if version.letter else "")


def look_again(asker: Asker, version: ListVersion, run: str) -> tuple[int, int]:
    """Go over the rows of ``version``, then over the Tasks that wait for a re-check. Gives how many are back, and how many not seen again.

    Every piece is whole by itself and a second time changes nothing, so that after a kill it begins anew. Raises Superseded.
    """
    batch = Batch.objects.filter(pk=version.batch_id or 0).first()
    told, n_done, n_back, n_gone = why(version), 0, 0, 0
    listed: Any = rows.to_work_on(version).order_by("organisation_id", "pk")
    columns = ("organisation_id", "value", "family", "last_seen")
    for some in _by_organisation(list(listed.values_list(*columns))):
        if back := _seen_again(some):
            n_back += reappear(asker, back, batch, told, list=version.indicator_list.code, n=version.n)
        n_done = _count(version, run, n_done, len(some))
    waiting = Task.objects.filter(kind=CLEAN_ADDRESS.name, state__in=(ACCEPTED, RECHECKED)).order_by("pk")
    here = rows.entries(version.pk)
    for tasks in _pieces(list(waiting.values_list("pk", "value", "details"))):
        left = {pk: (value, str(details.get("malware", ""))) for pk, value, details in tasks}
        if absent := _not_seen_again(version, left, here):
            n_gone += pass_recheck(asker, absent, told, list=version.indicator_list.code, n=version.n)
        n_done = _count(version, run, n_done, len(tasks))
    return n_back, n_gone


def _count(version: ListVersion, run: str, n_done: int, n_more: int) -> int:
    """How far it is, said now and then."""
    n_now = n_done + n_more
    if n_more < AT_ONCE or n_now // AT_ONCE % _BEAT_EVERY == 0:
        life.beat(version.pk, run, n_rechecked=n_now)
    return n_now


def _by_organisation(listed: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Pieces that divide no organisation unless it must be, so that each is told once of what is back."""
    for _organisation, some in groupby(listed, key=itemgetter(0)):
        yield from _pieces(list(some))


def _pieces(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE))


def _seen_again(some: Sequence[Any]) -> list[int]:
    """The Tasks that are done, of entries that were seen after the owner was done with them; where no time is told, at all.

    An entry opens the Task of whose row it is; one of another only where they have none: it was handed over, or is from before a merger.
    """
    seen: dict[rows.Entry, datetime | None] = {}
    held: dict[rows.Entry, set[int]] = defaultdict(set)
    for organisation_id, value, family, last_seen in some:
        before = seen.get((value, family), last_seen)
        seen[value, family] = None if before is None or last_seen is None else max(before, last_seen)
        held[value, family].add(organisation_id)
    # Asked by the value alone: SQLite takes any index of kind or state before the one of values, and reads all Tasks.
    found = about(Task.objects.all(), {row[1] for row in some})
    owners: dict[rows.Entry, set[int]] = defaultdict(set)
    done_ones: list[tuple[int, int, rows.Entry]] = []
    columns = ("pk", "kind", "state", "value", "details", "organisation_id")
    for pk, kind, state, value, details, owner in found.values_list(*columns):
        entry = (value, str(details.get("malware", "")))
        if kind == CLEAN_ADDRESS.name and entry in seen:
            owners[entry].add(owner)
            if state in _DONE:
                done_ones.append((pk, owner, entry))
    tasks = {
        pk: entry for pk, owner, entry in done_ones if owner in held[entry] or held[entry].isdisjoint(owners[entry])
    }
    done = _done_at(tasks)
    return [pk for pk, entry in tasks.items() if _is_after(seen[entry], done.get(pk))]


def _is_after(seen: datetime | None, done: datetime | None) -> bool:
    return seen is None or done is None or seen >= done


def _done_at(task_ids: Collection[int]) -> dict[int, datetime]:
    """When the owner was done, as the last accepted answer says it; Tasks whose answer says nothing are left out."""
    found: dict[int, datetime] = {}
    if not task_ids:
        return found
    answers = Answer.objects.filter(task_id__in=sorted(task_ids), verdict="accepted").order_by("pk")
    for task_id, values in answers.values_list("task_id", "values"):
        found.pop(task_id, None)
        if told := values.get("done_at"):
            found[task_id] = datetime.fromisoformat(told)
    return found


def _not_seen_again(version: ListVersion, tasks: dict[int, rows.Entry], here: set[rows.Entry]) -> list[int]:
    """Those of ``tasks`` that an earlier version of this list has and this one, which tells of a time after they were done, has not."""
    absent = {pk: entry for pk, entry in tasks.items() if entry not in here}
    known = rows.seen_before(version, absent.values())
    of_list = {pk for pk, entry in absent.items() if entry in known}
    done = _done_at(of_list)
    return sorted(pk for pk in of_list if _is_after(version.as_of, done.get(pk)))
