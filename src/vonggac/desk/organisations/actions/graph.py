"""Organisations: made, edited, renamed, moved, closed, reopened; and what they are charged with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.organisations import reach
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import end, require_on, require_version, to_edit, update
from vonggac.desk.organisations.models import (
    ContactPoint,
    InformationSystem,
    Mandate,
    Name,
    Network,
    Organisation,
    Person,
    Placement,
    Succession,
)
from vonggac.desk.organisations.values import MOST_BASIS, OrganisationValues, clean_organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.errors import N_

_NAMING = frozenset({"name", "short_name"})
_OWNED: tuple[tuple[Any, str], ...] = (
    (ContactPoint, "organisation_id"),
    (Person, "organisation_id"),
    (Network, "organisation_id"),
    (InformationSystem, "organisation_id"),
    (Mandate, "holder_id"),
)


def create_organisation(asker: Asker, *, basis: str = "", **values: Unpack[OrganisationValues]) -> Organisation:
    """A new organisation under ``parent_id``; needs organisations.edit there (without a parent: everywhere).

    Its first name and place hold from ``valid_from``, by ``basis``.
    """
    with transaction.atomic():
        reach.hold_graph()
        require_on(asker, "organisations", values.get("parent_id"))
        check = Check()
        cleaned = check_new(check, values)
        basis = check.text("basis", basis, most=MOST_BASIS)
        check.done()
        with recording(asker, "organisations.create") as record:
            return make(record, cleaned, basis)


def check_new(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new organisation; faults are noted in ``check``."""
    cleaned = clean_organisation(check, values)
    _check_place(check, cleaned)
    _check_code(check, cleaned["code"])
    return cleaned


def make(record: Recording, cleaned: dict[str, Any], basis: str) -> Organisation:
    """The new organisation of ``cleaned`` values with its first name and place by ``basis``, told to ``record``."""
    row = Organisation(**cleaned)
    row.save(force_insert=True)
    record.created(row)
    first = {"organisation": row, "valid_from": row.valid_from, "valid_until": row.valid_until, "basis": basis}
    record.created(Name.objects.create(name=row.name, short_name=row.short_name, **first))
    record.created(Placement.objects.create(parent_id=row.parent_id, **first))
    reach.add_leaf(row.pk, row.parent_id)
    record.on, record.organisation_id = row, row.pk
    return row


def edit_organisation(
    asker: Asker,
    organisation_id: int,
    version: int,
    *,
    since: datetime | None = None,
    basis: str | None = None,
    **changes: Unpack[OrganisationValues],
) -> Organisation:
    """Change what ``changes`` names and leave the rest.

    ``since``: a new name or place holds from then and the one before is kept as history; without it, what is
    there now was wrong and is corrected. ``basis`` is that of the name or place that ``changes`` names (as it was already: of
    the present one); None leaves it, and a new one has none. Moving needs organisations.edit where it stands and where it goes.
    """
    with transaction.atomic():
        reach.hold_graph()
        row = to_edit(Organisation.objects.all(), asker, "organisations", organisation_id, owner="pk")
        require_version(row, version)
        is_moved = "parent_id" in changes and changes["parent_id"] != row.parent_id
        if is_moved:
            require(asker, "organisations.edit", row.parent_id)
            require_on(asker, "organisations", changes["parent_id"])
        check = Check()
        cleaned = clean_organisation(check, {**_values_of(row), **changes})
        since = check.moment("since", since, latest=timezone.now())
        is_renamed = (cleaned["name"], cleaned["short_name"]) != (row.name, row.short_name)
        basis = _checked_basis(check, basis, changes)
        if cleaned["code"] != row.code:
            _check_code(check, cleaned["code"])
        _check_place(check, cleaned if is_moved else {**cleaned, "parent_id": None})
        _check_dates(check, row, cleaned)
        _check_since(check, row, since, is_renamed=is_renamed, is_moved=is_moved)
        check.done()
        with recording(asker, "organisations.edit", on=row, organisation_id=row.pk) as record:
            before = (row.valid_from, row.valid_until)
            update(record, row, version, cleaned)
            if before != (row.valid_from, row.valid_until):
                _move_borders(record, row, before)
            if is_renamed:
                names = {"name": row.name, "short_name": row.short_name}
                _turn(record, _present(Name, row), since, names, basis)
            elif changes.keys() & _NAMING:
                _turn(record, _present(Name, row), None, {}, basis)
            if is_moved:
                _turn(record, _present(Placement, row), since, {"parent_id": row.parent_id}, basis)
                reach.refresh([row.pk])
            elif "parent_id" in changes:
                _turn(record, _present(Placement, row), None, {}, basis)
        return row


def close_organisation(asker: Asker, organisation_id: int, version: int, *, at: datetime) -> Organisation:
    """It exists no longer from ``at`` on, nor do its names, places, people, networks, systems and mandates.

    Refused while others stand under it.
    """
    with transaction.atomic():
        reach.hold_graph()
        row = to_edit(Organisation.objects.all(), asker, "organisations", organisation_id, owner="pk")
        require_version(row, version)
        check = Check()
        moment = check.moment("at", at, needed=True, latest=timezone.now())
        if row.valid_until is not None:
            check.fault("at", N_("it is closed already"))
        elif moment is not None and (begin := history_begins(row)) is not None and moment <= begin:
            check.fault("at", N_("its present name and place hold since {day}: it ends after that"), day=begin)
        n_below = Organisation.objects.filter(parent=row, valid_until=None).count()
        if n_below:
            check.fault("at", N_("{n} organisations stand under it: move or close them first"), n=n_below)
        check.done()
        assert moment is not None  # noqa: S101  # done() raised otherwise
        with recording(asker, "organisations.close", on=row, organisation_id=row.pk) as record:
            update(record, row, version, {"valid_until": moment})
            end_history(record, row, moment)
            for model, owner in _OWNED:
                for owned in still_open(model.objects.filter(**{owner: row.pk}), moment):
                    end(record, owned, moment)
        return row


def reopen_organisation(asker: Asker, organisation_id: int, version: int) -> Organisation:
    """It was closed by mistake and exists still. What was closed with it is to be entered again where it holds."""
    with transaction.atomic():
        reach.hold_graph()
        row = to_edit(Organisation.objects.all(), asker, "organisations", organisation_id, owner="pk")
        require_version(row, version)
        check = Check()
        if row.valid_until is None:
            check.fault("", N_("it is open"))
        if Succession.objects.filter(predecessor=row).exists():
            check.fault("", N_("another organisation took over from it: undo the succession instead"))
        check.done()
        with recording(asker, "organisations.reopen", on=row, organisation_id=row.pk) as record:
            for history in (_present(Name, row), _present(Placement, row)):
                before = snapshot(history)
                history.valid_until = None
                history.save(force_update=True)
                record.changed(history, before)
            update(record, row, version, {"valid_until": None})
        return row


def still_open(rows: Any, at: datetime) -> Any:
    """Those of ``rows`` that hold at ``at`` or begin later."""
    return rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at)).order_by("pk")


def end_history(record: Recording, row: Organisation, at: datetime) -> None:
    """Its present name and place end at ``at``."""
    for model in (Name, Placement):
        end(record, _present(model, row), at)


def move(record: Recording, row: Organisation, parent_id: int | None, at: datetime, basis: str) -> None:
    """``row`` stands under ``parent_id`` from ``at`` on by ``basis``, or since its present place holds where that began later.

    Reach is left to the caller.
    """
    update(record, row, row.version, {"parent_id": parent_id})
    present = _present(Placement, row)
    since = at if present.valid_from is None else max(at, present.valid_from)
    _turn(record, present, since, {"parent_id": parent_id}, basis)


def history_begins(row: Organisation) -> datetime | None:
    """Since when its present name and place hold, the later of both: it cannot end before."""
    begins = [present.valid_from for present in (_present(Name, row), _present(Placement, row)) if present.valid_from]
    return max(begins, default=None)


def _values_of(row: Organisation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in OrganisationValues.__optional_keys__}


def _present(model: Any, row: Organisation) -> Any:
    """The latest row of the history ``model`` of an organisation."""
    return model.objects.filter(organisation=row).order_by(F("valid_from").desc(nulls_last=True), "-pk").first()


def _turn(record: Recording, present: Any, since: datetime | None, values: dict[str, Any], basis: str | None) -> None:
    """``values`` hold from ``since`` on by ``basis``, what was present before until then; without ``since`` it is corrected."""
    before = snapshot(present)
    if since is None or present.valid_from == since:
        for name, value in (values if basis is None else {**values, "basis": basis}).items():
            setattr(present, name, value)
        if snapshot(present) == before:
            return
        present.save(force_update=True)
        record.changed(present, before)
        return
    until = present.valid_until
    present.valid_until = since
    present.save(force_update=True)
    record.changed(present, before)
    dates = {"valid_from": since, "valid_until": until}
    following = type(present)(organisation_id=present.organisation_id, basis=basis or "", **dates, **values)
    following.save(force_insert=True)
    record.created(following)


def _move_borders(record: Recording, row: Organisation, before: tuple[datetime | None, datetime | None]) -> None:
    """The organisation begins or ends at another time: so do its first and last names and places."""
    for model in (Name, Placement):
        for column, old, new in (
            ("valid_from", before[0], row.valid_from),
            ("valid_until", before[1], row.valid_until),
        ):
            if old == new:
                continue
            for history in model.objects.filter(organisation=row, **{column: old}):
                was = snapshot(history)
                setattr(history, column, new)
                history.save(force_update=True)
                record.changed(history, was)


def _checked_basis(check: Check, basis: str | None, changes: Mapping[str, Any]) -> str | None:
    if basis is None:
        return None
    if not changes.keys() & (_NAMING | {"parent_id"}):
        check.fault("basis", N_("a basis is that of a name or a place: give one of them as well"))
    return check.text("basis", basis, most=MOST_BASIS)


def _check_code(check: Check, code: str) -> None:
    if Organisation.objects.filter(code=code).exists():
        check.fault("code", N_("“{code}” is the code of another organisation"), code=code)


def _check_place(check: Check, cleaned: dict[str, Any]) -> None:
    """The parent exists at all times from now on."""
    if cleaned["parent_id"] is None:
        return
    parent = Organisation.objects.filter(pk=cleaned["parent_id"]).first()
    if parent is None:
        check.fault("parent_id", N_("there is no such organisation here"))
    elif parent.valid_until is not None and cleaned["valid_until"] is None:
        check.fault("parent_id", N_("“{name}” exists no longer"), name=parent.name)


def _check_dates(check: Check, row: Organisation, cleaned: dict[str, Any]) -> None:
    if row.valid_until is None and cleaned["valid_until"] is not None:
        check.fault("valid_until", N_("it is open: close it instead"))
    elif row.valid_until is not None and cleaned["valid_until"] is None:
        check.fault("valid_until", N_("it is closed: reopen it instead"))
    elif cleaned["valid_until"] != row.valid_until and Succession.objects.filter(predecessor=row).exists():
        check.fault("valid_until", N_("another organisation took over from it then: undo the succession instead"))
    if cleaned["valid_from"] == row.valid_from:
        return
    start = cleaned["valid_from"]
    for model in (Name, Placement):
        periods = model.objects.filter(organisation=row)
        first_end = next((one.valid_until for one in periods if one.valid_from == row.valid_from), None)
        if start is not None and first_end is not None and start >= first_end:
            check.fault("valid_from", N_("its first name or place ended before that"))
            return


def _check_since(check: Check, row: Organisation, since: datetime | None, *, is_renamed: bool, is_moved: bool) -> None:
    if since is None:
        return
    for model, is_turned in ((Name, is_renamed), (Placement, is_moved)):
        present = _present(model, row) if is_turned else None
        if present is not None and present.valid_from is not None and since < present.valid_from:
            check.fault("since", N_("what holds now began later, on {day}"), day=present.valid_from)
            return
        if present is not None and present.valid_until is not None and since >= present.valid_until:
            check.fault("since", N_("it exists no longer at that time"))
            return
