"""What an accepted answer rests on, where the machine can tell: declared becomes proven, and falls back when it holds no longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q, Sum
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.audit.actions import recording
from vonggac.desk.directives.actions.moving import move
from vonggac.desk.directives.models import Clause, Letter
from vonggac.desk.directives.states import ISSUED
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.changing import Change
from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.desk.work.models import Tally, Task
from vonggac.desk.work.queries.tasks import published
from vonggac.desk.work.states import ACCEPTED, CLOSED, DECLARED, PROVEN, RECHECKED, WITHDRAWN

LISTS: Final = "lists"
WATCHED: Final = timedelta(days=30)
"""How long after the last day of a letter its answers are held against the lists; after that they stay what they are."""
_HOLDS = (ACCEPTED, RECHECKED, CLOSED)


def prove(asker: Asker, now: datetime | None = None) -> tuple[int, int]:
    """Hold the accepted answers to clauses with the proof ``lists`` against the work from lists; gives how many were proven, and fell back.

    Proven: the result is ``done``, the organisation had work from lists (``clean_address``, whenever it was opened), and all of it that
    was not withdrawn is closed, proven by the machine's re-check. Declared again: some of it is open, again or anew. For the program.
    """
    now = now or timezone.now()
    totals = [0, 0]
    for row in Letter.objects.filter(state=ISSUED, batch_id__gt=0, clauses__proof=LISTS).distinct().order_by("pk"):
        if now <= _last_day(row) + WATCHED:
            for place, n in enumerate(_prove(asker, row, now)):
                totals[place] += n
    return totals[0], totals[1]


def _last_day(row: Letter) -> datetime:
    until = row.period_until
    zone = zone_from(settings.VONGGAC.zone)
    ends = [] if until is None else [datetime.combine(until, time.max, zone).astimezone(UTC)]
    return max([moment for moment in (row.sent_at, row.deadline) if moment is not None] + ends)


def _prove(asker: Asker, row: Letter, now: datetime) -> tuple[int, int]:
    clauses = Clause.objects.filter(letter=row, proof=LISTS).values_list("pk", flat=True)
    keys = Q()
    for clause_id in clauses:
        keys |= Q(details__clause=clause_id)
    answered = Task.objects.filter(keys, batch_id=row.batch_id, state__in=_HOLDS, result="done")
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for pk, organisation_id, proof in answered.order_by("pk").values_list("pk", "organisation_id", "proof"):
        found[proof].append((pk, organisation_id))
    clean = _clean({organisation_id for rows in found.values() for _pk, organisation_id in rows})
    up = [(pk, one) for pk, one in found[DECLARED] if one in clean]
    down = [pk for pk, one in found[PROVEN] if one not in clean]
    unproven = _with_unproven({one for _pk, one in up})
    up_ids = [pk for pk, one in up if one not in unproven]
    return _set(asker, row, up_ids, PROVEN, now), _set(asker, row, down, DECLARED, now)


def _clean(organisations: Collection[int]) -> set[int]:
    """Those that had work from lists of which, by the counts that are kept, all is closed or withdrawn."""
    rows = Tally.objects.filter(organisation_id__in=sorted(organisations), kind=CLEAN_ADDRESS.name)
    sums = rows.values("organisation_id").annotate(
        closed=Sum("n", filter=Q(state=CLOSED), default=0),
        open=Sum("n", filter=~Q(state__in=[CLOSED, WITHDRAWN]), default=0),
    )
    return {one["organisation_id"] for one in sums if one["closed"] > 0 and one["open"] == 0}


def _with_unproven(organisations: Collection[int]) -> set[int]:
    """Those with work from lists that was closed without the machine."""
    rows = published().filter(organisation_id__in=sorted(organisations), kind=CLEAN_ADDRESS.name, state=CLOSED)
    return set(rows.exclude(proof=PROVEN).order_by().values_list("organisation_id", flat=True).distinct())


def _set(asker: Asker, row: Letter, ids: Collection[int], proof: str, now: datetime) -> int:
    if not ids:
        return 0
    n = 0

    def do(change: Change) -> None:
        nonlocal n
        task = change.task
        if task.state in _HOLDS and task.result == "done" and task.proof != proof:
            change.step("prove" if proof == PROVEN else "unprove")
            task.proof = proof
            n += 1

    with recording(asker, "letters.prove", on=row, organisation_id=row.office_id) as record:
        move(record, ids, now, do)
        record.note(n=n, proof=proof)
    return n
