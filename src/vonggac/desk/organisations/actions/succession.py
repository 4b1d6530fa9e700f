"""Organisations that become others: mergers, splits, and taking the last one back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording
from vonggac.desk.organisations import reach
from vonggac.desk.organisations.actions import undoing
from vonggac.desk.organisations.actions.carrying import NOUNS, Carrier, mandates_over
from vonggac.desk.organisations.actions.graph import check_new, end_history, history_begins, make, move
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import hold_addresses, require_on, to_edit, update
from vonggac.desk.organisations.models import Organisation, Reorganisation, Succession
from vonggac.desk.organisations.values import MOST_BASIS, OrganisationValues
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, NotThere

MOVES = ("people", "networks", "systems", "mandates")
"""What can go over to a successor; contact points go with the people."""


def merge(
    asker: Asker,
    predecessor_ids: Sequence[int],
    *,
    successor: int | OrganisationValues,
    at: datetime,
    basis: str = "",
    moves: Collection[str] = MOVES,
) -> Organisation:
    """The predecessors exist no longer from ``at`` on; ``successor`` (one that exists, or the values of a new one) took over.

    What of ``moves`` they hold at ``at`` or later goes to the successor from then on: the old record ends, a new one begins, so
    that the past stays as it was. What is not moved ends. Those below them stand below the successor.
    Needs organisations.edit on all of them, and the edit permission of all that is moved.
    """
    with transaction.atomic():
        reach.hold_graph()
        hold_addresses()
        check = Check()
        old = [_predecessor(check, asker, pk, at) for pk in dict.fromkeys(predecessor_ids)]
        if not old:
            check.fault("predecessors", N_("this is needed"))
        _check_parts(check, asker, old, moves)
        new = _Successor.of(check, asker, successor, old, at, moves)
        moment = _moment(check, at)
        basis = check.text("basis", basis, most=MOST_BASIS)
        check.done()
        kind = "rename" if len(old) == 1 and new.values is not None else "merge"
        with recording(asker, "organisations.merge") as record:
            act = Reorganisation.objects.create(kind=kind, at=moment, basis=basis)
            row = new.ready(record, asker, old, act)
            record.on, record.organisation_id = row, row.pk
            together = frozenset(one.pk for one in old)
            for one in old:
                nobody: dict[str, dict[int, Organisation]] = {noun: {} for noun in NOUNS}
                Carrier(record, asker, one, moment, basis, nobody, row, frozenset(moves), together).carry([row])
            mandates_over(record, asker, old, [row], moment, is_new=new.values is not None)
            _end_all(record, act, old, [row])
        return row


def split(
    asker: Asker,
    predecessor_id: int,
    *,
    successors: Sequence[int | OrganisationValues],
    at: datetime,
    basis: str = "",
    goes: Mapping[str, Mapping[int, int]] | None = None,
    rest: int | None = 0,
) -> list[Organisation]:
    """The predecessor exists no longer from ``at`` on; ``successors`` (that exist, or values of new ones) took over.

    ``goes``: for each of “organisations” (those right below), “people”, “contacts”, “networks”, “systems” and “mandates” the id
    of a record to the position in ``successors`` of who gets it. ``rest``: who gets all else; None: it ends, and nobody may be left below.
    """
    with transaction.atomic():
        reach.hold_graph()
        hold_addresses()
        check = Check()
        old = _predecessor(check, asker, predecessor_id, at)
        _check_parts(check, asker, [old], MOVES)
        new = [_Successor.of(check, asker, one, [old], at, MOVES) for one in successors]
        if len(new) < 2:
            check.fault("successors", N_("a split needs two successors at least"))
        existing = [one.row.pk for one in new if one.row is not None]
        if len(set(existing)) != len(existing):
            check.fault("successors", N_("an organisation stands here twice"))
        known = {noun: dict((goes or {}).get(noun, {})) for noun in NOUNS}
        _check_goes(check, old, goes or {}, rest, len(new), existing)
        moment = _moment(check, at)
        basis = check.text("basis", basis, most=MOST_BASIS)
        check.done()
        with recording(asker, "organisations.split", on=old, organisation_id=old.pk) as record:
            act = Reorganisation.objects.create(kind="split", at=moment, basis=basis)
            rows = [one.ready(record, asker, [old], act) for one in new]
            targets = {noun: {pk: rows[position] for pk, position in some.items()} for noun, some in known.items()}
            others = None if rest is None else rows[rest]
            together = frozenset({old.pk})
            Carrier(record, asker, old, moment, basis, targets, others, frozenset(MOVES), together).carry(rows)
            mandates_over(record, asker, [old], rows, moment, is_new=True)
            _end_all(record, act, [old], rows)
        return rows


def undo_succession(asker: Asker, reorganisation_id: int) -> None:
    """Take a merger or split back as if it had not been. Raises InvalidValues where something was built on it since."""
    with transaction.atomic():
        reach.hold_graph()
        act = Reorganisation.objects.filter(pk=reorganisation_id).first()
        rows = [] if act is None else list(act.successions.select_related("predecessor", "successor"))
        involved = {row.predecessor_id for row in rows} | {row.successor_id for row in rows}
        if act is None or not involved:
            raise NotThere(N_("there is no such succession here"))
        for pk in sorted(involved):
            for noun in ("organisations", *MOVES[:3]):
                require_on(asker, noun, pk)
        later = Succession.objects.exclude(reorganisation=act).filter(pk__gt=max(row.pk for row in rows))
        if (later.filter(predecessor__in=involved) | later.filter(successor__in=involved)).exists():
            check = Check()
            check.fault("", N_("there was another succession after this one: undo that first"))
            check.done()
        first = rows[0].predecessor
        with recording(asker, "organisations.undo_succession", on=first, organisation_id=first.pk) as record:
            touched = undoing.undo(record, act)
            act.delete()
            reach.refresh(touched | {row.predecessor_id for row in rows})


class _Successor:
    """Who takes over: ``row``, or one that is to be made of ``values``."""

    def __init__(self, row: Organisation | None, values: dict[str, Any] | None) -> None:
        self.row = row
        self.values = values

    @classmethod
    def of(
        cls,
        check: Check,
        asker: Asker,
        given: int | OrganisationValues,
        old: Sequence[Organisation],
        at: datetime,
        moves: Collection[str],
    ) -> _Successor:
        """Check that the asker may, and that it exists at ``at``."""
        if not isinstance(given, int):
            parent_id = given.get("parent_id")
            require_on(asker, "organisations", parent_id)
            values = check_new(check, {**given, "valid_from": at})
            if parent_id in {one.pk for one in old}:
                check.fault("parent_id", N_("a successor cannot stand below what it replaces"))
            return cls(None, values)
        row = to_edit(Organisation.objects.all(), asker, "organisations", given, owner="pk")
        for noun in moves:
            require_on(asker, _permission(noun), row.pk)
        if given in {one.pk for one in old}:
            check.fault("successor", N_("“{name}” cannot be its own successor"), name=row.name)
        if not row.holds(at) or row.valid_until is not None:
            check.fault("successor", N_("“{name}” does not exist at that time"), name=row.name)
        return cls(row, None)

    def ready(self, record: Recording, asker: Asker, old: Sequence[Organisation], act: Reorganisation) -> Organisation:
        """The organisation, made where it is new; out from under those that it replaces."""
        if self.row is None:
            assert self.values is not None  # noqa: S101  # one of both, by construction
            self.row = make(record, self.values, act.basis)
            return self.row
        leaving = {one.pk: one for one in old}
        parent_id, top, is_below = self.row.parent_id, None, False
        while parent_id is not None:
            parent = leaving.get(parent_id) or Organisation.objects.get(pk=parent_id)
            if parent_id in leaving:
                top, is_below = parent, True
            parent_id = parent.parent_id
        if is_below and top is not None:
            require_on(asker, "organisations", top.parent_id)
            move(record, self.row, top.parent_id, act.at, act.basis)
            reach.refresh([self.row.pk])
        return self.row


def _permission(noun: str) -> str:
    return "organisations" if noun == "mandates" else noun


def _predecessor(check: Check, asker: Asker, pk: int, at: datetime) -> Organisation:
    row = to_edit(Organisation.objects.all(), asker, "organisations", pk, owner="pk")
    if row.valid_until is not None:
        check.fault("predecessors", N_("“{name}” exists no longer"), name=row.name)
    begin = history_begins(row)
    if begin is not None and at <= begin:
        message = N_("“{name}” has its present name and place since {day}: it can become another after that only")
        check.fault("at", message, name=row.name, day=begin)
    return row


def _check_parts(check: Check, asker: Asker, old: Sequence[Organisation], moves: Collection[str]) -> None:
    for noun in moves:
        check.one_of("moves", noun, MOVES)
    # What is not moved ends, which is a change as well.
    for row in old:
        for noun in MOVES:
            require_on(asker, _permission(noun), row.pk)


def _check_goes(
    check: Check,
    old: Organisation,
    goes: Mapping[str, Mapping[int, int]],
    rest: int | None,
    n: int,
    existing: Sequence[int],
) -> None:
    """``existing``: ids of successors that exist; where one stands below ``old`` it comes out from there by itself."""
    for noun, some in goes.items():
        if noun not in NOUNS:
            check.one_of("goes", noun, tuple(NOUNS))
            continue
        if any(not 0 <= position < n for position in some.values()):
            check.fault("goes", N_("a record goes to a successor that is not there"))
        model, owner = NOUNS[noun]
        there = set(model.objects.filter(pk__in=some, **{owner: old.pk}).values_list("pk", flat=True))
        if len(there) < len(some):
            check.fault("goes", N_("a record goes to a successor, but is not the predecessor's"))
    if rest is not None and not 0 <= rest < n:
        check.fault("rest", N_("the rest goes to a successor that is not there"))
    below = Organisation.objects.filter(parent=old, valid_until=None)
    n_left = below.exclude(pk__in={*goes.get("organisations", {}), *existing}).count() if rest is None else 0
    if n_left:
        check.fault("goes", N_("{n} organisations stand under it: say who gets them"), n=n_left)


def _moment(check: Check, at: datetime) -> datetime:
    moment = check.moment("at", at, needed=True, latest=timezone.now())
    return at if moment is None else moment


def _end_all(record: Recording, act: Reorganisation, old: Sequence[Organisation], new: Sequence[Organisation]) -> None:
    """The predecessors end, the successions are written, Reach is set right, and what was done is kept for an undo."""
    for one in old:
        update(record, one, one.version, {"valid_until": act.at})
        end_history(record, one, act.at)
        for successor in new:
            row = Succession.objects.create(
                predecessor=one, successor=successor, kind=act.kind, at=act.at, basis=act.basis, reorganisation=act
            )
            record.created(row)
    reach.refresh([one.pk for one in old])
    act.changes = undoing.kept(record.changes)
    act.save(update_fields=["changes"])
