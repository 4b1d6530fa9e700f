"""Tasks: the queue, one with all that belongs to it, what still blocks closing it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.queries.graph import below, matching
from vonggac.desk.organisations.spans import key_of_text
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Answer, Batch, Bulk, Comment, Evidence, SavedView, Step, Task
from vonggac.desk.work.states import (
    ACCEPTED,
    CENTRE,
    CLOSED,
    DONE,
    NOBODY,
    OWNER,
    RECHECKED,
    STATES,
    SUBMITTED,
    UNANSWERED,
    WITH_CENTRE,
    WITH_OWNER,
    WITHDRAWN,
)
from vonggac.errors import N_, NotThere

SORTS = {
    "due": ("due_at", "pk"),
    "priority": ("priority", "due_at", "pk"),
    "newest": ("-pk",),
    "changed": ("-changed_at", "-pk"),
}
"""What a queue can be sorted by."""

GROUPS = {
    "open": WITH_OWNER,
    "unanswered": UNANSWERED,
    "review": WITH_CENTRE,
    "done": DONE,
    "pass_on": frozenset({CLOSED}),
    **{state: frozenset({state}) for state in STATES},
}
"""What ``Filters.state`` may name: groups of states, and each state. ``pass_on``: of the closed, those of ``to_pass_on``."""

TURNS = {"open": OWNER, "review": CENTRE, "done": NOBODY}
"""Groups that are all states of one turn."""

UNDO_WITHIN = timedelta(minutes=10)

AMONG_REVIEWERS = frozenset({"refer"})
"""Verbs of steps that are for those only who may review: that a matter is before the police is not its owner's to read."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue is asked for. ``text``: an address (exactly) or words; ``state``: of GROUPS; ``due_before``: breaks before then."""

    text: str = ""
    state: str = ""
    kind: str = ""
    organisation_id: int | None = None
    below_id: int | None = None
    batch_id: int | None = None
    assignee_id: int | None = None
    priority: int | None = None
    is_late: bool | None = None
    due_before: datetime | None = None
    proof: str | None = None
    after_id: int | None = None


def published() -> QuerySet[Task]:
    """All Tasks but those of batches that are not published yet."""
    hidden = Batch.objects.filter(published_at=None).values("pk")
    return Task.objects.exclude(batch_id__in=hidden)


def about(rows: QuerySet[Task], values: Collection[str]) -> QuerySet[Task]:
    """Those of ``rows`` that are about one of ``values``: the index of values holds no empty ones, and SQLite uses it only when told so."""
    return rows.filter(value__in=sorted(values)).exclude(value="")


def tasks(asker: Asker, filters: Filters | None = None, *, sort: str = "due") -> QuerySet[Task]:
    """Those that the asker sees, ``organisation`` with them."""
    wanted = filters or Filters()
    rows = visible(published(), asker, "work.view").select_related("organisation")
    conditions: dict[str, Any] = {
        "kind": wanted.kind or None,
        "organisation_id": wanted.organisation_id,
        "batch_id": wanted.batch_id,
        "assignee_id": wanted.assignee_id,
        "priority": wanted.priority,
        "is_late": wanted.is_late,
        "due_at__lt": wanted.due_before,
        "proof": wanted.proof,
        "pk__gt": wanted.after_id,
    }
    rows = rows.filter(**{name: value for name, value in conditions.items() if value is not None})
    if wanted.state == "pass_on":
        rows = rows.filter(pk__in=to_pass_on(asker).order_by().values("pk"))
    elif wanted.state:
        if turn := TURNS.get(wanted.state):
            rows = rows.filter(turn=turn)  # one value, so that the index gives the order
        else:
            rows = rows.filter(state__in=sorted(GROUPS.get(wanted.state, frozenset())))
    if wanted.below_id is not None:
        rows = rows.filter(organisation_id__in=below(wanted.below_id))
    if text := wanted.text.strip():
        rows = about(rows, [text]) if key_of_text(text) is not None else matching(rows, text)
    return rows.order_by(*SORTS[sort])


def task(asker: Asker, task_id: int) -> Task:
    """One Task with its organisation, assignee, parent and policy; raises NotThere."""
    rows = visible(published(), asker, "work.view").select_related("organisation", "assignee", "parent", "policy")
    row = rows.filter(pk=task_id).first()
    if row is None:
        raise NotThere(N_("there is no such task here"))
    return row


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that happened with a Task, each in the order of time; what is among reviewers only for those who are."""

    steps: list[Step]
    answers: list[Answer]
    evidence: list[Evidence]
    comments: list[Comment]


def timeline(asker: Asker, row: Task) -> Timeline:
    """What happened with ``row``, which the asker was found to see."""
    comments, steps = Comment.objects.filter(task=row).order_by("pk"), Step.objects.filter(task=row).order_by("pk")
    if not may_on(asker, "work.review", row.organisation_id):
        comments, steps = comments.filter(is_internal=False), steps.exclude(verb__in=sorted(AMONG_REVIEWERS))
    return Timeline(
        list(steps),
        list(Answer.objects.filter(task=row).order_by("pk")),
        list(Evidence.objects.filter(task=row).order_by("pk")),
        list(comments),
    )


def blocks_closing(row: Task) -> list[str]:
    """What still stands between ``row`` and its end, as English texts of the catalogue; empty when nothing does."""
    kind = BY_NAME[row.kind]
    if row.state in (CLOSED, WITHDRAWN):
        return []
    found = []
    if row.state in UNANSWERED:
        found.append(N_("Nobody of the organisation has said yet that they saw it."))
    if row.state in WITH_OWNER:
        found.append(N_("There is no result yet, or the last one was returned."))
    elif row.state == SUBMITTED:
        found.append(N_("The result waits for review."))
    if row.stopped_at is not None and row.stop_reason:
        found.append(N_("The clocks are stopped."))
    if kind.recheck == "list" and row.state in (*WITH_OWNER, SUBMITTED, ACCEPTED, RECHECKED):
        found.append(N_("The machine looks at the next list whether it is seen again."))
    if Task.objects.filter(parent=row).exclude(state__in=[CLOSED, WITHDRAWN]).exists():
        found.append(N_("Other work that belongs to it is not done."))
    return found


def to_pass_on(asker: Asker) -> QuerySet[Task]:
    """Questions about a holder whose answer was accepted and not passed on since, the oldest first."""
    passed = Step.objects.filter(task=OuterRef("pk"), verb="pass_on", at__gte=OuterRef("finish_met_at"))
    rows = visible(published().filter(kind="identify_holder", state=CLOSED), asker, "work.assign")
    return rows.exclude(Exists(passed)).select_related("organisation", "parent").order_by("pk")


def n_to_pass_on(asker: Asker) -> int:
    """How many answers about a holder wait to be passed on."""
    return to_pass_on(asker).count()


def saved_views(asker: Asker) -> QuerySet[SavedView]:
    """The asker's own views of the queue, and those that are for everybody."""
    mine = Q(user_id=asker.user_id) if asker.user_id is not None else Q()
    shared = Q(is_shared=True) if asker.may("work.review") else Q(pk__in=())
    if asker.user_id is None:
        return SavedView.objects.filter(shared).order_by("name", "pk")
    return SavedView.objects.filter(mine | shared).order_by("name", "pk")


def undoable(asker: Asker) -> Bulk | None:
    """The asker's last action on many Tasks, while it can be undone."""
    if asker.user_id is None:
        return None
    last = Bulk.objects.filter(user_id=asker.user_id).order_by("-pk").first()
    if last is None or last.undone_at is not None or last.at < timezone.now() - UNDO_WITHIN:
        return None
    return last


def organisations_with_work(asker: Asker) -> QuerySet[Organisation]:
    """Organisations that have any Task that the asker sees."""
    from vonggac.desk.work.models import Tally

    rows = visible(Tally.objects.filter(n__gt=0), asker, "work.view").values("organisation_id")
    return Organisation.objects.filter(pk__in=rows).order_by("sort_key", "pk")
