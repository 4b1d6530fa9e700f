"""What a recipient has before it: each clause with its Task, its answers and files, and what was typed so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from vonggac.desk.directives.models import AnswerDraft, Clause, Recipient
from vonggac.desk.directives.queries.letters import obligations, received
from vonggac.desk.directives.states import ACTION, ISSUED
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.kinds import BY_NAME, OBLIGATIONS, Kind
from vonggac.desk.work.models import Answer, Evidence, Task
from vonggac.desk.work.states import DONE, RETURNED, SUBMITTED, WITH_OWNER, WITHDRAWN

_LOOKED_BACK: Final = 100
"""Answers among which the last of each kind is looked for."""


@dataclass(slots=True)
class Asked:
    """One Task of a letter as its recipient reads it. ``day``: of a daily report; ``answers``: the oldest first."""

    task: Task
    kind: Kind
    clause: Clause | None
    day: date | None = None
    answers: list[Answer] = field(default_factory=list)
    files: list[Evidence] = field(default_factory=list)

    @property
    def last(self) -> Answer | None:
        """The last answer."""
        return self.answers[-1] if self.answers else None

    @property
    def new_files(self) -> list[Evidence]:
        """Files that no answer rests on yet: the next one takes them along."""
        return [one for one in self.files if one.answer_id is None]

    @property
    def is_open(self) -> bool:
        """Whether it waits for its owner."""
        return self.task.state in WITH_OWNER

    def is_later(self, today: date) -> bool:
        """Whether it is to be told of a day that has not come, and nobody told anything yet."""
        return bool(self.day and self.day > today and not self.answers)

    @property
    def needs_file(self) -> bool:
        """Whether it is done only with a file."""
        return bool(self.task.details.get("needs_file"))


def asked(row: Recipient) -> list[Asked]:
    """What a letter asks of a recipient that the asker was found to see, in the order of clauses and days."""
    tasks = list(obligations(row))
    clauses = {one.pk: one for one in Clause.objects.filter(letter=row.letter_id)}
    answers: dict[int, list[Answer]] = defaultdict(list)
    files: dict[int, list[Evidence]] = defaultdict(list)
    ids = [task.pk for task in tasks]
    for answer in Answer.objects.filter(task_id__in=ids).order_by("pk"):
        answers[answer.task_id].append(answer)
    for file in Evidence.objects.filter(task_id__in=ids).order_by("pk"):
        files[file.task_id].append(file)
    found = [
        Asked(task, BY_NAME[task.kind], clauses.get(task.details.get("clause", 0)), _day(task.details), answers[task.pk], files[task.pk])
        for task in tasks
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.clause.n if one.clause else 0, one.day or date.min, one.task.pk))


def _day(details: dict[str, Any]) -> date | None:
    text = details.get("day")
    return date.fromisoformat(text) if text else None


_STAYS: Final = frozenset({"hotline", "n_servers", "n_workstations", "tool"})
"""Fields of answers that are mostly the same the next time."""


def remembered(asker: Asker, row: Recipient) -> dict[str, dict[str, Any]]:
    """By kind of work what the same unit answered last time and mostly stays as it is; nothing for who comes by a link, which may be passed on."""
    if asker.origin.via == "link":
        return {}
    rows = Answer.objects.filter(
        task__organisation_id=row.organisation_id or 0,
        task__kind__in=[one.name for one in OBLIGATIONS],
        verdict="accepted",
    ).exclude(task__batch_id=row.letter.batch_id)
    found: dict[str, dict[str, Any]] = {}
    for kind, values in rows.order_by("-pk").values_list("task__kind", "values")[:_LOOKED_BACK]:
        found.setdefault(kind, {name: value for name, value in values.items() if name in _STAYS})
    return found


def draft(row: Recipient) -> AnswerDraft | None:
    """What was typed so far for a recipient that the asker was found to see."""
    return AnswerDraft.objects.filter(recipient=row).first()


def waiting(asker: Asker) -> QuerySet[Recipient]:
    """Of ``received`` what waits for its recipient: to be acknowledged, or with work of it still to be answered."""
    rows = received(asker).filter(letter__state=ISSUED, role=ACTION)
    mine = Task.objects.filter(batch_id=OuterRef("letter__batch_id"), organisation_id=OuterRef("organisation_id"))
    return rows.filter(Q(acknowledged_at=None) | Exists(mine.filter(batch_id__gt=0, state__in=sorted(WITH_OWNER))))


def n_to_answer(asker: Asker) -> int:
    """How many letters wait for an organisation of the asker."""
    return waiting(asker).order_by().count()


@dataclass(slots=True)
class Standing:
    """How far a recipient is with a letter: Tasks in all, still to be answered, of those returned, with the centre, done."""

    n: int = 0
    n_open: int = 0
    n_returned: int = 0
    n_submitted: int = 0
    n_done: int = 0

    @property
    def n_answered(self) -> int:
        """With the centre, or done."""
        return self.n_submitted + self.n_done


def standings(rows: Iterable[Recipient]) -> dict[int, Standing]:
    """How far each of these recipients (``letter`` with them) is, by its id; in one query."""
    places = {(one.letter.batch_id, one.organisation_id): one.pk for one in rows}
    found = {pk: Standing() for pk in places.values()}
    batches = sorted({batch for batch, _one in places if batch})
    organisations = sorted({one for _batch, one in places if one is not None})
    tasks = Task.objects.filter(batch_id__in=batches, organisation_id__in=organisations).exclude(state=WITHDRAWN)
    for batch, organisation, state, n in (
        tasks.order_by().values_list("batch_id", "organisation_id", "state").annotate(n=Count("pk"))
    ):
        pk = places.get((batch, organisation))
        if pk is None:
            continue
        one = found[pk]
        one.n += n
        one.n_open += n * (state in WITH_OWNER)
        one.n_returned += n * (state == RETURNED)
        one.n_submitted += n * (state == SUBMITTED)
        one.n_done += n * (state in DONE)
    return found
