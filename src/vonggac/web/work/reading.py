"""One Task as a page tells it: what happened, what this person can do now, one timeline of all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.work import queries
from vonggac.desk.work.kinds import BY_NAME, Kind
from vonggac.desk.work.models import FAR, Answer, Batch, Comment, Evidence, Step, Task, Watcher
from vonggac.desk.work.models.clocks import CLOCKS
from vonggac.desk.work.states import CENTRE, DONE, OWNER, PRIORITIES, SUBMITTED
from vonggac.errors import N_
from vonggac.web.shell.pages import Request
from vonggac.web.work.acts import ACTS, Act
from vonggac.web.work.words import Fact, answered, facts_of

RIGHTS = ("work.answer", "work.review", "work.assign", "work.export")


def rights(asker: Asker, organisation_id: int) -> frozenset[str]:
    """Those of RIGHTS that are held on an organisation; one look-up per part of the graph."""
    known: dict[Any, bool] = {}
    held = set()
    for permission in RIGHTS:
        roots = asker.roots(permission)
        part = "everywhere" if isinstance(roots, Everywhere) else roots
        if part not in known:
            known[part] = may_on(asker, permission, organisation_id)
        if known[part]:
            held.add(permission)
    return frozenset(held)


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing of the timeline: a step, with the answer or comment that belongs to it. ``reason``: why a verdict was given."""

    at: datetime
    by: str
    step: Step | None = None
    answer: Answer | None = None
    facts: tuple[Fact, ...] = ()
    comment: Comment | None = None
    files: tuple[Evidence, ...] = ()
    note: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock of a Task: until when, and when it was met."""

    title: str
    due: datetime
    met: datetime | None
    is_late: bool


@dataclass
class Told:
    """What a page says of a Task. ``main``: the one thing that this person does now; ``acts``: what else they can do."""

    task: Task
    kind: Kind
    may: frozenset[str]
    main: Act | None = None
    acts: list[Act] = field(default_factory=list)
    more: list[Act] = field(default_factory=list)

    @property
    def has_clock(self) -> bool:
        """Whether a clock runs or stands."""
        return has_clock(self.task)


def here(request: Request, row: Task) -> str:
    """Where forms go back to: this page; of a part that was fetched beside the queue, the queue with this Task open."""
    htmx = getattr(request, "htmx", None)
    path, _question, query = ((htmx and htmx.current_url_abs_path) or "").partition("?")
    if path != reverse("work"):
        return request.get_full_path()
    asked = QueryDict(query, mutable=True)
    asked["task"] = str(row.pk)
    return f"{path}?{asked.urlencode()}"


def has_clock(row: Task) -> bool:
    """Whether a clock of ``row`` runs or stands."""
    return row.stopped_at is not None or row.due_at < FAR


def told_of(request: Request, task_id: int) -> dict[str, Any]:
    """The context of the page and of the part beside the queue. Raises NotThere."""
    asker = request.asker
    row = queries.task(asker, task_id)
    kind = BY_NAME[row.kind]
    told = Told(row, kind, rights(asker, row.organisation_id))
    _sort_acts(told)
    history = queries.timeline(asker, row)
    waits = row.state == SUBMITTED
    return {
        "told": told,
        "task": row,
        "parent": row.parent
        if row.parent is not None and may_on(asker, "work.view", row.parent.organisation_id)
        else None,
        "facts": facts_of(row.details),
        "clocks": clock_lines(row),
        "batch": Batch.objects.filter(pk=row.batch_id).first() if row.batch_id else None,
        "blocks": [gettext(text) for text in queries.blocks_closing(row)],
        "timeline": timeline(asker, row, history),
        "children": queries.tasks(asker, queries.Filters()).filter(parent=row)[:20],
        "answer": history.answers[-1] if history.answers else None,
        "answer_facts": list(facts_in(asker, row, history.answers[-1:])) if waits else [],
        "evidence": history.evidence,
        "can_add": "work.answer" in told.may and row.state not in DONE,
        "is_watching": asker.user_id is not None and Watcher.objects.filter(task=row, user_id=asker.user_id).exists(),
        "guides": [kind.guide, "work/nothing.html"] if kind.guide else ["work/nothing.html"],
        "proofs": ["work/evidence.html", "work/nothing.html"],
        "insides": ["work/inside.html", "work/nothing.html"],
        "can_comment": bool({"work.answer", "work.review"} & told.may),
        "can_review": "work.review" in told.may,
        "may_refer": asker.may("letters.draft"),
        "next_task": next_of(asker, row),
        "here": here(request, row),
    }


def _sort_acts(told: Told) -> None:
    """The main act of this person now, those beside it, those in the menu."""
    fitting = [act for act in ACTS if act.permission in told.may and act.fits(told.task)]
    is_owner = "work.answer" in told.may and "work.review" not in told.may
    wanted = [act for act in fitting if act.rank]
    if told.task.turn == OWNER and not is_owner:
        wanted = []  # whoever reviews may act for a unit, but it is not theirs to do
    told.main = min(wanted, key=lambda act: act.rank(told.task) if act.rank else 0, default=None)
    others = [act for act in fitting if act is not told.main]
    told.acts = [act for act in others if not act.is_rare]
    told.more = [act for act in others if act.is_rare]


def clock_lines(row: Task) -> list[ClockLine]:
    """Each clock that the Task has, in their order."""
    found = []
    for name, title in CLOCKS.items():
        due, met = getattr(row, f"{name}_due_at"), getattr(row, f"{name}_met_at")
        if due is not None and due < FAR:
            found.append(ClockLine(gettext(title), due, met, met is not None and met > due))
    return found


def timeline(asker: Asker, row: Task, history: queries.tasks.Timeline) -> list[Moment]:  # type: ignore[name-defined]
    """All that happened, the newest first; an answer stands with the step that brought it."""
    answers = {one.pk: one for one in history.answers}
    facts = dict(zip(answers, facts_in_each(asker, row, history.answers), strict=True))
    files: dict[int, list[Evidence]] = {}
    for file in history.evidence:
        files.setdefault(file.answer_id or 0, []).append(file)
    found = []
    for step in history.steps:
        answer = answers.get(step.values.get("answer", 0))
        found.append(
            Moment(
                step.at, step.by_name, step, answer, facts.get(answer.pk, ()) if answer else (),
                files=tuple(files.get(answer.pk, ())) if answer else (), note=step.note, change=_change_of(step),
            )
        )  # fmt: skip
    found += [Moment(one.at, one.by_name, comment=one) for one in history.comments]
    found += [Moment(file.at, file.by_name, files=(file,)) for file in files.get(0, ())]
    return sorted(found, key=lambda one: one.at, reverse=True)


_TAKEN_IN = {
    "contacts": N_("New contact points"),
    "networks": N_("New networks"),
    "systems": N_("New systems"),
    "changed": N_("Systems completed or corrected"),
    "ended": N_("No longer in force"),
}


def _change_of(step: Step) -> str:
    """What a step changed, in words, where its verb alone does not tell."""
    values = step.values
    if step.verb == "priority":
        return " → ".join(gettext(PRIORITIES.get(values.get(name), "?")) for name in ("was", "now"))
    if step.verb == "hand_over":
        return f"{values.get('was', '')} → {values.get('to', '')}"
    if step.verb == "take_in":
        told = [f"{gettext(title)}: {values[key]}" for key, title in _TAKEN_IN.items() if values.get(key)]
        left_out = ", ".join(map(str, values.get("left_out") or ()))
        return "; ".join([*told, *([gettext("left out: %(what)s") % {"what": left_out}] if left_out else ())])
    if step.verb == "assign":
        return str(values.get("name") or gettext("to nobody"))
    return ""


def facts_in_each(asker: Asker, row: Task, answers: Iterable[Answer]) -> list[tuple[Fact, ...]]:
    """What each answer says, in words; organisations that they name, as far as the asker sees them, by one query."""
    rows = list(answers)
    names = {field.name for field in BY_NAME[row.kind].answer if field.kind == "organisation"}
    ids = {one.values.get(name) for one in rows for name in names} - {None, ""}
    named = visible(Organisation.objects.filter(pk__in=ids), asker, "organisations.view", through="pk")
    holders = dict(named.values_list("pk", "name")) if ids else {}
    found = []
    for one in rows:
        holder = next((one.values[name] for name in names if name in one.values), 0)
        found.append(tuple(answered(row.kind, one.values, holders.get(holder, ""))))
    return found


def facts_in(asker: Asker, row: Task, answers: Iterable[Answer]) -> tuple[Fact, ...]:
    """What the first of ``answers`` says, in words."""
    return next(iter(facts_in_each(asker, row, answers)), ())


def next_of(asker: Asker, row: Task) -> Task | None:
    """The Task that waits after ``row`` in the order of the clocks, among those of the same turn; None when nobody has to act."""
    group = {OWNER: "open", CENTRE: "review"}.get(row.turn)
    if group is None:
        return None
    # The first condition alone is where an index begins.
    rows = queries.tasks(asker, queries.Filters(state=group)).filter(due_at__gte=row.due_at)
    return rows.filter(Q(due_at__gt=row.due_at) | Q(pk__gt=row.pk)).first()
