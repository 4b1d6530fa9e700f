"""Who was it inside? Whoever gave an address out is asked who held it; what they answer goes to who has to clean, and no more than that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import Network, Organisation
from vonggac.desk.organisations.queries.graph import living
from vonggac.desk.organisations.queries.networks import narrowest
from vonggac.desk.organisations.spans import address_of, key_of_text
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, visible
from vonggac.desk.work import tallies
from vonggac.desk.work.actions.changing import Change, require_for, to_change, write
from vonggac.desk.work.actions.moving import give_to
from vonggac.desk.work.actions.opening import Draft, key_of, open_at_once, require_assign, write_task
from vonggac.desk.work.kinds import CLEAN_ADDRESS, IDENTIFY_HOLDER
from vonggac.desk.work.models import Answer, Comment, Step, Task
from vonggac.desk.work.queries.tasks import task as the_task
from vonggac.desk.work.states import CLOSED, DONE
from vonggac.errors import N_, Fault, InvalidValues, NotThere

MOST_QUESTIONS = 5000
"""Of one request: what one short transaction can write."""

CARRIED = ("malware", "destination", "destination_port", "list", "first_seen", "last_seen")
"""Details of what has to be cleaned that a question carries along, so that whoever held the address can be given the work."""

Way = Literal["told", "handed", "opened", "named", "unknown"]


@dataclass(frozen=True, slots=True)
class Question:
    """Who held ``address`` and ``port`` at ``at`` (aware)? ``organisation_id``: who is asked; None: the telco whose address it was.

    ``parent_id``: the Task that it is asked for. ``about``: values of CARRIED.
    """

    address: str
    port: int | None
    at: datetime
    organisation_id: int | None = None
    parent_id: int | None = None
    priority: int = 3
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """``n``: Tasks that were opened; ``per_organisation``: by who was asked; ``unknown``: places of questions that have nobody to ask."""

    n: int
    per_organisation: Mapping[int, int]
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """What became of an answer: ``told`` the Task it was for, ``handed`` that Task over, ``opened`` a new one, ``named`` somebody who is not
    in the directory (the centre decides), ``unknown``. ``task_id``: of that Task, None where there is none.
    """

    way: Way
    task_id: int | None = None


def providers(asker: Asker) -> Callable[[str, datetime], Organisation | None]:
    """The networks of telcos, read once: a function that gives the telco in whose smallest network an address lay at a time, or who took
    over from it; None when there is none.
    """
    networks = visible(Network.objects.filter(organisation__kind="telco"), asker, "networks.view")
    rows = sorted(networks.select_related("organisation"), key=narrowest)
    heirs = {row.organisation_id: living(row.organisation) for row in rows}

    def provider(address: str, at: datetime) -> Organisation | None:
        key = key_of_text(address) or ""
        for row in rows:
            if row.first <= key <= row.last and row.holds(at):
                return heirs[row.organisation_id]
        return None

    return provider


def ask_holder(asker: Asker, question: Question) -> Task:
    """Ask who held an address, for a Task or for itself; needs work.assign on who is asked and on the Task it is for.

    Raises InvalidValues (nobody to ask, asked already), NotThere, NotAllowed.
    """
    parent = None
    if question.parent_id is not None:
        parent = the_task(asker, question.parent_id)
        require_for(asker, "work.assign", parent)
    check = Check()
    address, at = _clean(check, question)
    if parent is not None and (parent.kind != CLEAN_ADDRESS.name or parent.state in DONE):
        check.fault("", N_("this work needs no such answer, or is done"))
    check.done()
    asked = question.organisation_id
    if asked is None:
        provider = providers(asker)(address, at)
        asked = None if provider is None else provider.pk
    if asked is None:
        check.fault(
            "organisation_id", N_("this address lies in no network of a telco in the directory: choose whom to ask")
        )
    elif parent is not None and asked == parent.organisation_id:
        check.fault("organisation_id", N_("they have the work itself already: ask who gave them the address"))
    check.done()
    require_assign(asker, asked or 0)
    now = timezone.now()
    with recording(asker, "work.ask_holder", organisation_id=asked) as record:
        record.on = row = write_task(record, _draft(question, address, at, asked or 0), now)
        if parent is not None:
            _step(asker, parent, "ask", now, port=question.port, at=at.astimezone(UTC).isoformat())
    return row


def ask_holders(asker: Asker, questions: Sequence[Question], *, title: str) -> Asked:
    """Ask many at once, each organisation told once, of ``title``. What was asked before is not asked again. Raises InvalidValues.

    Needs work.assign on everybody who is asked.
    """
    if len(questions) > MOST_QUESTIONS:
        message = N_("{n} questions at once are too many: at most {most}")
        raise InvalidValues([Fault("", message, {"n": len(questions), "most": MOST_QUESTIONS})])
    check = Check()
    cleaned = [_clean(check, one) for one in questions]
    check.done()
    provider = providers(asker)
    drafts, unknown = [], []
    for n, (one, (address, at)) in enumerate(zip(questions, cleaned, strict=True)):
        found = provider(address, at)
        asked = one.organisation_id or (None if found is None else found.pk)
        if asked is None:
            unknown.append(n)
        else:
            drafts.append(_draft(one, address, at, asked))
    if not drafts:
        raise InvalidValues([Fault("", N_("none of these addresses lies in a network of a telco in the directory"))])
    counts = open_at_once(asker, "work.ask_holders", drafts, title=title[:250], source_type="work.questions")
    return Asked(sum(counts.values()), counts, tuple(unknown))


def _clean(check: Check, question: Question) -> tuple[str, datetime]:
    address = address_of(question.address)
    if address is None:
        check.fault("address", N_("“{text}” is no address"), text=question.address[:80])
    if question.port is not None:
        check.whole("port", question.port, 1, 65_535)
    at = check.moment("at", question.at, latest=timezone.now())
    return str(address), at or question.at


def _draft(question: Question, address: str, at: datetime, organisation_id: int) -> Draft:
    when = at.astimezone(UTC)
    about = {name: value for name in CARRIED if (value := question.about.get(name)) not in (None, "")}
    details = {**about, "address": address, "port": question.port, "at": when.isoformat()}
    return Draft(
        IDENTIFY_HOLDER.name, organisation_id, f"{_place(address, question.port)} · {when:%Y-%m-%d %H:%M:%S} UTC", address, details,
        priority=question.priority, parent_id=question.parent_id,
    )  # fmt: skip


def _place(address: str, port: int | None) -> str:
    """Address and port as people write them (RFC 5952, section 6)."""
    host = f"[{address}]" if ":" in address and port is not None else address
    return host if port is None else f"{host}:{port}"


# ---------------------------------------------------------------------------------------------------------- passing on


def pass_on(asker: Asker, task_id: int, version: int) -> Passed:
    """Give the accepted answer of a telco to who has to clean: the address inside and the times, nothing else of it.

    Needs work.assign on everybody concerned. Raises NotThere, NotAllowed, EditConflict, InvalidValues (nothing accepted, done already).
    """
    with recording(asker, "work.pass_on") as record:
        now = timezone.now()
        # Both at once, in the order of their ids as everybody else, so that no two wait for each other in a circle.
        parents = Task.objects.filter(children=task_id).values_list("pk", "version")
        rows = to_change(asker, "work.assign", [(task_id, version), *parents])
        rows.sort(key=lambda row: row.pk != task_id)
        task = rows[0]
        answer = _accepted(task)
        changes = [Change(asker, row, now, snapshot(row)) for row in rows]
        cells = {row.pk: tallies.cell_of(row) for row in rows}
        passed = _pass(record, changes, cells, answer)
        changes[0].step("pass_on", way=passed.way, answer=answer.pk)
        write(record, [one for one in changes if one.steps or snapshot(one.task) != one.before], cells)
        record.on = task
        record.note(way=passed.way, task_id=passed.task_id)
    return passed


def _accepted(task: Task) -> Answer:
    answer = Answer.objects.filter(task=task).order_by("-pk").first()
    if task.kind != IDENTIFY_HOLDER.name or task.state != CLOSED or answer is None or answer.verdict != "accepted":
        raise InvalidValues([Fault("state", N_("there is no accepted answer to pass on"))])
    if Step.objects.filter(task=task, verb="pass_on", values__answer=answer.pk).exists():
        raise InvalidValues([Fault("state", N_("this answer was passed on already"))])
    return answer


def _locked(asker: Asker, task_id: int, now: datetime, cells: dict[int, tallies.Cell]) -> list[Change]:
    """One more Task to change: locked, in scope."""
    seen = Task.objects.filter(pk=task_id).values_list("pk", "version").first()
    if seen is None:
        return []
    row = to_change(asker, "work.assign", [seen])[0]
    cells[row.pk] = tallies.cell_of(row)
    return [Change(asker, row, now, snapshot(row))]


def _pass(record: Recording, changes: list[Change], cells: dict[int, tallies.Cell], answer: Answer) -> Passed:
    asked, parent = changes[0], changes[1] if len(changes) > 1 else None
    told = {
        name: answer.values[name] for name in ("inner_address", "held_from", "held_until") if answer.values.get(name)
    }
    if answer.result == "identified" and answer.values.get("holder"):
        holder = _holder(asked.asker, int(answer.values["holder"]))
        return _to_holder(record, changes, cells, holder, told)
    name = answer.values.get("holder_name", "")
    if answer.result == "identified" and (name or told):
        if parent is not None and not name:
            _enrich(parent, told)
            return Passed("told", parent.task.pk)
        _note(record, parent or asked, " · ".join([name, *told.values()]))
        return Passed("named", None if parent is None else parent.task.pk)
    if parent is not None:
        parent.step("holder_unknown")
    return Passed("unknown", None if parent is None else parent.task.pk)


def _holder(asker: Asker, organisation_id: int) -> Organisation:
    """Who held it, or stands in their place today."""
    row = Organisation.objects.filter(pk=organisation_id).first()
    heir = None if row is None else living(row)
    if heir is None or not may_on(asker, "work.assign", heir.pk):
        raise InvalidValues([Fault("holder", N_("the holder that was named is not there any more: decide by hand"))])
    return heir


def _to_holder(
    record: Recording, changes: list[Change], cells: dict[int, tallies.Cell], holder: Organisation, told: Mapping[str, str]
) -> Passed:  # fmt: skip
    """The work goes to the holder: told, handed over or opened."""
    asked, parent = changes[0], changes[1] if len(changes) > 1 else None
    if parent is not None and parent.task.organisation_id == holder.pk:
        _enrich(parent, told)
        return Passed("told", parent.task.pk)
    source = asked.task if parent is None else parent.task
    details = {name: source.details[name] for name in CARRIED if name in source.details}
    details |= {**{name: asked.task.details.get(name) for name in ("address", "port", "at")}, **told}
    key = key_of(CLEAN_ADDRESS, holder.pk, details)
    there = Task.objects.filter(kind=CLEAN_ADDRESS.name, key=key).values_list("pk", flat=True).first()
    if there is not None:
        try:
            changes += _locked(asked.asker, there, asked.now, cells)
        except NotThere:  # it is about to be published with a list
            raise InvalidValues(
                [Fault("holder", N_("their task is being made just now: try again in a moment"))]
            ) from None
        _enrich(changes[-1], told)
        if parent is not None:
            parent.step("same_elsewhere", task=there)
        way: Way = "told"
    elif parent is not None and parent.task.state not in DONE:
        give_to(parent, holder, "")
        _enrich(parent, told)
        return Passed("handed", parent.task.pk)
    else:
        address, malware = asked.task.value, str(details.get("malware", ""))
        subject = f"{address} · {malware}" if malware else address
        draft = Draft(CLEAN_ADDRESS.name, holder.pk, subject, address, details, priority=asked.task.priority)
        row = write_task(record, draft, asked.now)
        there, way = row.pk, "opened"
    if parent is None:
        asked.task.parent_id = there
    return Passed(way, there)


def _enrich(change: Change, told: Mapping[str, str]) -> None:
    """What may be told of an answer stands with the Task that it is for."""
    change.task.details = {**change.task.details, **told}
    change.step("told", **told)


def _note(record: Recording, change: Change, text: str) -> None:
    """A name is for reviewers only: it may be that of a person."""
    made = Comment.objects.create(
        task=change.task,
        at=change.now,
        by_id=change.asker.user_id,
        by_name=change.asker.name[:150],
        text=text,
        is_internal=True,
    )
    record.created(made)


def _step(asker: Asker, task: Task, verb: str, now: datetime, **values: Any) -> None:
    Step.objects.create(
        task=task,
        at=now,
        by_id=asker.user_id,
        by_name=asker.name[:150],
        verb=verb,
        before=task.state,
        after=task.state,
        values=values,
    )
