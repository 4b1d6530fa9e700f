"""An accepted declaration goes into the directory: what is new from that day on, what is the same left alone, nothing ended by silence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Max

from vonggac.desk.audit.actions import Recording
from vonggac.desk.directives.declaring import DIFFERS, MORE, NEW, Line, Plan, plan_of
from vonggac.desk.organisations.actions.systems import set_addresses
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import end, hold_addresses, update
from vonggac.desk.organisations.models import ContactPoint, InformationSystem, Network, SystemAddress
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.bulk import Outcome, do_many
from vonggac.desk.work.actions.changing import Change
from vonggac.desk.work.actions.review import accept_one
from vonggac.desk.work.kinds import DECLARE
from vonggac.desk.work.models import Answer
from vonggac.errors import N_, Fault, InvalidValues

MOST_TOLD = 20
"""Lines that were left out and stand in the timeline by name."""


def accept_declaration(
    asker: Asker, task_id: int, version: int, note: str = "", ticked: Collection[str] = ()
) -> Outcome:
    """Accept one declaration, with what the reviewer ticked: keys of ``Plan.absent`` (it ends today) and of lines that differ (taken over).

    As ``work.accept`` else, which takes over what is new and nothing that must be ticked. Needs work.review.
    """
    check = Check()
    note = check.text("note", note, most=2000, lines=True)
    check.done()
    wanted = frozenset(ticked)

    def do(change: Change) -> None:
        if change.task.kind != DECLARE.name:
            raise InvalidValues([Fault("", N_("it is another kind of work, which asks other things"))])
        accept_one(change, note, lambda one, answer: take_in(one, answer, wanted))

    return do_many(asker, "work.accept", "work.review", [(task_id, version)], do)


def take_in(change: Change, answer: Answer, ticked: frozenset[str] = frozenset()) -> None:
    """Put the answer of ``change`` into the directory, within the action that accepts it. What cannot stand is left out and said."""
    hold_addresses()
    plan = plan_of(change.asker, change.task, answer, change.now)
    record: Recording = change.record
    n = _add(record, plan) | {"changed": _change(record, plan, ticked), "ended": _end(record, plan, ticked)}
    if not any(n.values()) and not plan.left_out and plan.fault is None:
        return
    change.stays = any(n.values())
    left_out = [line.text for line in plan.left_out]
    told: dict[str, Any] = {name: number for name, number in n.items() if number}
    change.step("take_in", state=None, **told, n_left_out=len(left_out), left_out=left_out[:MOST_TOLD])
    record.note(
        letter=str(change.task.details.get("reference", "")), task=change.task.pk, left_out=len(left_out), **told
    )


def _add(record: Recording, plan: Plan) -> dict[str, int]:
    """What is new, by part: how many."""
    last = ContactPoint.objects.filter(organisation=plan.organisation).aggregate(last=Max("rank"))["last"] or 0
    n = dict.fromkeys(("contacts", "networks", "systems"), 0)
    for line in plan.lines:
        if line.status != NEW:
            continue
        n[line.part] += 1
        if line.part == "contacts":
            rank = min(last + n["contacts"], 999)
            _made(record, ContactPoint(organisation=plan.organisation, **{"rank": rank, **line.values}))
        elif line.part == "networks":
            _made(record, Network(organisation=plan.organisation, **line.values))
        else:
            row = _made(record, InformationSystem(organisation=plan.organisation, **line.values))
            set_addresses(record, row, dict(line.addresses))
    return n


def _made(record: Recording, row: Any) -> Any:
    row.save(force_insert=True)
    record.created(row)
    return row


def _change(record: Recording, plan: Plan, ticked: frozenset[str]) -> int:
    """Systems that are there already: what was missing, and another level where it was ticked."""
    n = 0
    for line in plan.of("systems", MORE, DIFFERS):
        is_taken = line.status == MORE or line.key in ticked
        if not (line.addresses or (is_taken and line.values)):
            continue
        update(record, line.row, line.row.version, line.values if is_taken else {})
        _add_addresses(record, line)
        n += 1
    return n


def _add_addresses(record: Recording, line: Line) -> None:
    for value, key in line.addresses.items():
        record.created(SystemAddress.objects.create(system=line.row, value=value, key=key))


def _end(record: Recording, plan: Plan, ticked: frozenset[str]) -> int:
    """What the declaration does not name and the reviewer ticked holds no longer from today on."""
    gone = [one for one in plan.absent if one.key in ticked]
    n = 0
    for one in gone:
        row = type(one.row).objects.select_for_update().filter(pk=one.row.pk, valid_until=one.row.valid_until).first()
        if row is not None:
            end(record, row, plan.at)
            n += 1
    return n
