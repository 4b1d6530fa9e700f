"""How far letters are: sums of the work that they opened, for who sees their office."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.fields.json import KT

from vonggac.desk.directives.models import Letter, Recipient
from vonggac.desk.directives.states import ACTION, APPROVED, DRAFT, ISSUED, OUT
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work.models import Tally, Task
from vonggac.desk.work.states import ACCEPTED, CLOSED, RECHECKED, SUBMITTED, WITHDRAWN

_ACCEPTED = (ACCEPTED, CLOSED, RECHECKED)
_ANSWERED = (SUBMITTED, *_ACCEPTED)


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of the work of a letter or clause, what was withdrawn left out. ``answered``: reported, ``accepted`` among them."""

    total: int = 0
    answered: int = 0
    accepted: int = 0
    late: int = 0


def progress(rows: Iterable[Letter]) -> dict[int, Progress]:
    """Of each of these letters that opened work, by its id; the caller sees their offices. One query."""
    by_batch = {row.batch_id: row.pk for row in rows if row.batch_id}
    if not by_batch:
        return {}
    sums: Any = (
        Tally.objects.filter(batch_id__in=sorted(by_batch))
        .exclude(state=WITHDRAWN)
        .values("batch_id")
        .annotate(
            n_total=Sum("n", default=0),
            n_answered=Sum("n", filter=Q(state__in=_ANSWERED), default=0),
            n_accepted=Sum("n", filter=Q(state__in=_ACCEPTED), default=0),
            n_late=Sum("n", filter=Q(is_late=True), default=0),
        )
        .order_by("batch_id")
    )
    return {
        by_batch[one["batch_id"]]: Progress(one["n_total"], one["n_answered"], one["n_accepted"], one["n_late"])
        for one in sums
    }


def clause_progress(row: Letter) -> dict[int, Progress]:
    """Of each clause of a letter that opened work, by the clause's id; the caller sees its office. One query."""
    if not row.batch_id:
        return {}
    sums: Any = (
        Task.objects.filter(batch_id=row.batch_id)
        .exclude(state=WITHDRAWN)
        .annotate(of=KT("details__clause"))
        .values("of")
        .annotate(
            n_total=Count("pk"),
            n_answered=Count("pk", filter=Q(state__in=_ANSWERED)),
            n_accepted=Count("pk", filter=Q(state__in=_ACCEPTED)),
            n_late=Count("pk", filter=Q(is_late=True)),
        )
        .order_by("of")
    )
    return {
        int(one["of"]): Progress(one["n_total"], one["n_answered"], one["n_accepted"], one["n_late"]) for one in sums
    }


@dataclass(frozen=True, slots=True)
class Reached:
    """How many of those who are to act have the letter: told, opened, acknowledged."""

    acting: int = 0
    opened: int = 0
    acknowledged: int = 0


def reached(rows: Iterable[Letter]) -> dict[int, Reached]:
    """Of each of these letters, by its id; the caller sees their offices. One query."""
    sums: Any = (
        Recipient.objects.filter(letter__in=[row.pk for row in rows], role=ACTION, organisation__isnull=False)
        .values("letter_id")
        .annotate(
            n=Count("pk"),
            n_opened=Count("pk", filter=Q(opened_at__isnull=False)),
            n_acknowledged=Count("pk", filter=Q(acknowledged_at__isnull=False)),
        )
        .order_by("letter_id")
    )
    return {one["letter_id"]: Reached(one["n"], one["n_opened"], one["n_acknowledged"]) for one in sums}


def to_approve(asker: Asker) -> QuerySet[Letter]:
    """Drafts that the asker may approve, the one that is due first on top."""
    rows = visible(Letter.objects.filter(state=DRAFT, direction=OUT), asker, "letters.approve", through="office_id")
    return rows.select_related("office").order_by(F("deadline").asc(nulls_last=True), "pk")


def to_issue(asker: Asker) -> QuerySet[Letter]:
    """Approved letters that wait for a number, and numbered ones that wait to be sent, where the asker may do it."""
    waiting = Q(state=APPROVED) | Q(state=ISSUED, sent_at=None, direction=OUT)
    rows = visible(Letter.objects.filter(waiting), asker, "letters.issue", through="office_id")
    return rows.select_related("office").order_by("approved_at", "pk")


def running(asker: Asker) -> QuerySet[Letter]:
    """Letters that are out and whose work is still watched: of offices that the asker sees, the newest first."""
    rows = Letter.objects.filter(state=ISSUED, direction=OUT, batch_id__gt=0)
    return visible(rows, asker, "letters.view", through="office_id").select_related("office").order_by("-pk")


def n_waiting(asker: Asker) -> int:
    """How many letters wait for the asker: for their approval, their number, to be sent."""
    n: Counter[str] = Counter()
    if asker.may("letters.approve"):
        n["approve"] = to_approve(asker).count()
    if asker.may("letters.issue"):
        n["issue"] = to_issue(asker).count()
    return n.total()
