"""The check of the sheet of organisations: new ones, edits, renamings, moves, with their history and reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vonggac.desk.organisations import reach
from vonggac.desk.organisations.models import Name, Organisation, Placement, Succession
from vonggac.desk.organisations.models.imports import StagedName, StagedOrganisation, StagedPlacement, StagedReach
from vonggac.desk.organisations.staging.keys import reserve
from vonggac.desk.organisations.staging.known import in_batches, rows_of
from vonggac.desk.organisations.staging.plan import Entry, Plan
from vonggac.desk.organisations.values import MOST_BASIS, clean_organisation
from vonggac.desk.scope.models import Reach
from vonggac.errors import N_, Fault, InvalidValues

FIELDS = ("code", "kind", "name", "short_name", "parent_id", "address", "note", "valid_from", "valid_until")
BASES: Mapping[str, Any] = {"name_basis": Name, "place_basis": Placement}
"""Column to the history whose present row keeps it."""
DEFAULTS: Mapping[str, Any] = dict.fromkeys(FIELDS, "") | dict.fromkeys(("parent_id", "valid_from", "valid_until"))
NO_SUCH = N_("there is no organisation with the code “{code}” here")
NOT_YOURS = N_("you may not import this for the organisation “{code}”")
SAME_ROW = N_("row {row} says the same")
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class _History:
    """The rows of Name or Placement of one organisation, and what becomes of them."""

    rows: list[dict[str, Any]]

    def present(self) -> dict[str, Any]:
        """The latest one."""
        return max(self.rows, key=lambda row: (row["valid_from"] or _BEFORE_ALL, row["id"] or 0))

    def move_border(self, column: str, old: Any, new: Any) -> None:
        """The organisation begins or ends at another time."""
        for row in self.rows:
            if row[column] == old:
                row[column], row["is_changed"] = new, True

    def turn(self, since: datetime | None, values: Mapping[str, Any], basis: str | None) -> None:
        """``values`` hold from ``since`` on by ``basis``; without ``since`` what is present is corrected."""
        row = self.present()
        row["is_changed"] = True
        if since is None or row["valid_from"] == since:
            row.update(values if basis is None else {**values, "basis": basis})
            return
        following = {**row, **values, "id": None, "valid_from": since, "basis": basis or ""}
        row["valid_until"] = since
        self.rows.append(following)


def plan_organisations(plan: Plan) -> None:
    """Check the sheet, and let ``plan.known`` know of what it makes."""
    entries = plan.entries("organisations")
    _claim_codes(plan, entries)
    _find_bases(entries)
    for entry in _parents_first(entries):
        _check(plan, entry)
    histories = _histories(entries)
    _check_circles(plan, entries)
    changed: set[int] = set()
    for entry in entries:
        plan.tell(entry)
        if not entry.is_whole:
            if entry.values["code"] not in plan.known.by_code:
                plan.known.broken.add(entry.values["code"])
            continue
        if _emit(plan, entry, histories):
            changed.add(entry.cleaned["id"])
    allowed = plan.known.open_to["organisations"]
    n_there = sum(1 for pk in plan.known.by_id if allowed is None or pk in allowed)
    plan.counts["organisations"]["absent"] = max(0, n_there - len({entry.values.get("code") for entry in entries}))
    if changed and not plan.n_faults:
        _stage_reach(plan, changed)


def _claim_codes(plan: Plan, entries: list[Entry]) -> None:
    """Find the record of each row, and give those that have none a key."""
    rows: dict[str, Entry] = {}
    for entry in entries:
        code = entry.values["code"] = (entry.values.get("code") or "").strip()
        if code and code in rows:
            entry.check.fault("code", SAME_ROW, row=rows[code].number)
            entry.is_lame = True
        rows.setdefault(code, entry)
        entry.existing = plan.known.by_code.get(code)
    new = [entry for code, entry in rows.items() if code and entry.existing is None]
    for entry, key in zip(new, reserve(Organisation, len(new)), strict=True):
        entry.cleaned["id"] = entry.owner_id = key


def _find_bases(entries: list[Entry]) -> None:
    """Add to the records of rows that name a basis what it is now."""
    for name, model in BASES.items():
        asked = {entry.existing["id"]: entry.existing for entry in entries if entry.existing and name in entry.values}
        histories: dict[int, _History] = {}
        for row in rows_of(model, "organisation_id", asked, "id", "organisation_id", "valid_from", "basis"):
            histories.setdefault(row["organisation_id"], _History([])).rows.append(row)
        for pk, existing in asked.items():
            existing[name] = histories[pk].present()["basis"] if pk in histories else ""


def _parents_first(entries: list[Entry]) -> Iterator[Entry]:
    """Rows in such an order that a new organisation comes after the new one under which it stands."""
    new = {entry.values["code"]: entry for entry in entries if entry.existing is None and not entry.is_lame}
    done: set[int] = set()
    for entry in entries:
        chain = [entry]
        while (above := new.get(chain[-1].values.get("parent_id") or "")) is not None:
            if above in chain:
                break
            chain.append(above)
        for one in reversed(chain):
            if id(one) not in done:
                done.add(id(one))
                yield one


def _check(plan: Plan, entry: Entry) -> None:
    known, check, existing, values = plan.known, entry.check, entry.existing, entry.values
    if existing is not None:
        if not known.may("organisations", existing["id"]):
            check.fault("code", NOT_YOURS, code=values["code"])
            return
        entry.cleaned["id"] = existing["id"]
    since = values.get("since")
    merged = {**DEFAULTS, **(existing or {}), **values}
    if "parent_id" in values:
        merged["parent_id"] = _parent(plan, entry)
    cleaned = clean_organisation(check, {name: merged[name] for name in FIELDS})
    entry.cleaned.update(cleaned, since=check.moment("since", since, latest=plan.now))
    for name in BASES.keys() & values.keys():
        entry.cleaned[name] = check.text(name, values[name], most=MOST_BASIS)
    _check_place(plan, entry)
    if existing is not None:
        _check_dates(entry)
    elif entry.is_whole:
        known.add({**cleaned, "id": entry.cleaned["id"], "version": 0})
    elif values["code"] not in known.by_code:
        known.broken.add(values["code"])


def _parent(plan: Plan, entry: Entry) -> int | None:
    code = (entry.values["parent_id"] or "").strip()
    entry.values["parent_id"] = code
    if not code:
        return None
    if code in plan.known.broken:
        entry.is_lame = True
        return None
    row = plan.known.by_code.get(code)
    before = entry.existing["parent_id"] if entry.existing else None
    if row is None or not (plan.known.sees(row["id"]) or row["id"] == before):
        entry.check.fault("parent_id", NO_SUCH, code=code[:40])
        return None
    return int(row["id"])


def _check_place(plan: Plan, entry: Entry) -> None:
    """It may stand where it is to stand, and that exists."""
    check, cleaned, existing = entry.check, entry.cleaned, entry.existing
    if entry.is_lame or any(fault.field == "parent_id" for fault in check.faults):
        return
    parent_id = cleaned["parent_id"]
    if existing is not None and existing["parent_id"] == parent_id:
        return
    for place in {parent_id} if existing is None else {parent_id, existing["parent_id"]}:
        if not plan.known.may("organisations", place):
            code = plan.known.code_of(place) if place is None or plan.known.sees(place) else ""
            message = NOT_YOURS if code else N_("only who may import everywhere may put it, or take it, there")
            check.fault("parent_id", message, code=code)
            return
    parent = plan.known.by_id[parent_id] if parent_id is not None else None
    if parent is not None and parent["valid_until"] is not None and cleaned["valid_until"] is None:
        check.fault("parent_id", N_("“{name}” exists no longer"), name=parent["name"])


def _check_dates(entry: Entry) -> None:
    """Closing and reopening change much else: they have actions of their own."""
    before, after = entry.existing, entry.cleaned
    assert before is not None  # noqa: S101  # the caller's condition
    if before["valid_until"] is None and after["valid_until"] is not None:
        entry.check.fault("valid_until", N_("it is open: close it instead"))
    elif before["valid_until"] is not None and after["valid_until"] is None:
        entry.check.fault("valid_until", N_("it is closed: reopen it instead"))


def _differences(entry: Entry) -> dict[str, tuple[Any, Any]]:
    before = entry.existing or DEFAULTS
    asked = [*FIELDS, *(name for name in BASES if name in entry.cleaned)]
    both = {name: (before.get(name, ""), entry.cleaned[name]) for name in asked}
    return {name: (old, new) for name, (old, new) in both.items() if old != new}


def _histories(entries: list[Entry]) -> dict[tuple[Any, int], _History]:
    """What becomes of the names and places of those that exist and change; notes where a date cannot stand."""
    wanted: dict[int, Entry] = {}
    for entry in entries:
        if entry.existing is not None and entry.is_whole:
            changes = _differences(entry)
            if changes.keys() & {"name", "short_name", "parent_id", "valid_from", "valid_until", *BASES}:
                wanted[entry.cleaned["id"]] = entry
    succeeded: set[int] = set()
    for some in in_batches(wanted):
        found = Succession.objects.filter(predecessor_id__in=some).values_list("predecessor_id", flat=True)
        succeeded.update(found)
    histories: dict[tuple[Any, int], _History] = {}
    for model in (Name, Placement):
        for row in rows_of(model, "organisation_id", wanted):
            histories.setdefault((model, row["organisation_id"]), _History([])).rows.append(row)
    for pk, entry in wanted.items():
        changes = _differences(entry)
        if "valid_until" in changes and pk in succeeded:
            message = N_("another organisation took over from it then: undo the succession instead")
            entry.check.fault("valid_until", message)
        since = entry.cleaned["since"]
        names = {"name": entry.cleaned["name"], "short_name": entry.cleaned["short_name"]}
        places = {"parent_id": entry.cleaned["parent_id"]}
        for basis, fields in (("name_basis", names), ("place_basis", places)):
            if (history := histories.get((BASES[basis], pk))) is not None:
                _rewrite(entry, history, changes, since, fields, basis)
    return histories


def _rewrite(
    entry: Entry,
    history: _History,
    changes: Mapping[str, Any],
    since: datetime | None,
    fields: Mapping[str, Any],
    basis: str,
) -> None:
    """``basis``: the column that says by which document ``fields`` hold."""
    start = changes.get("valid_from")
    if start is not None:
        first_end = next((row["valid_until"] for row in history.rows if row["valid_from"] == start[0]), None)
        if start[1] is not None and first_end is not None and start[1] >= first_end:
            entry.check.fault("valid_from", N_("its first name or place ended before that"))
            return
    for column in ("valid_from", "valid_until"):
        if column in changes:
            history.move_border(column, *changes[column])
    document = entry.cleaned.get(basis)
    if not changes.keys() & fields.keys():
        if basis in changes:
            history.turn(None, {}, document)
        return
    present = history.present()
    if since is not None and present["valid_from"] is not None and since < present["valid_from"]:
        message = N_("what holds now began later, on {day}")
        entry.check.fault("since", message, day=present["valid_from"])
    elif since is not None and present["valid_until"] is not None and since >= present["valid_until"]:
        entry.check.fault("since", N_("it exists no longer at that time"))
    else:
        if since is not None and document and document == present["basis"]:
            message = N_("this is the document of what was before: is it that of the change as well?")
            entry.check.warnings.append(Fault(basis, message))
        history.turn(since, fields, document)


def _check_circles(plan: Plan, entries: list[Entry]) -> None:
    """Nothing stands below itself, by places or by successions."""
    moved = [
        entry for entry in entries if entry.is_whole and (entry.existing is None or "parent_id" in _differences(entry))
    ]
    if not moved:
        return
    try:
        reach.closure(_edges(plan, moved), [entry.cleaned["id"] for entry in moved])
    except InvalidValues:
        for entry in moved:  # one by one, to name the rows
            try:
                reach.closure(_edges(plan, moved), [entry.cleaned["id"]])
            except InvalidValues as error:
                entry.check.faults += error.faults


def _edges(plan: Plan, moved: list[Entry]) -> dict[int, set[int]]:
    above = {pk: {row["parent_id"]} for pk, row in plan.known.by_id.items() if row["parent_id"] is not None}
    for entry in moved:
        parent = entry.cleaned["parent_id"]
        above[entry.cleaned["id"]] = set() if parent is None else {parent}
    for predecessor, successor in Succession.objects.values_list("predecessor_id", "successor_id"):
        above.setdefault(predecessor, set()).add(successor)
    return above


def _emit(plan: Plan, entry: Entry, histories: Mapping[tuple[Any, int], _History]) -> bool:
    """Plan the line and its rows; whether its place is new."""
    changes = _differences(entry)
    if not changes:
        plan.counts["organisations"]["unchanged"] += 1
        return False
    cleaned, existing, kind = entry.cleaned, entry.existing, entry.sheet.kind
    told = {name: [plan.told(kind, name, old), plan.told(kind, name, new)] for name, (old, new) in changes.items()}
    since = cleaned["since"]
    if existing is not None and since is not None and changes.keys() & {"name", "short_name", "parent_id"}:
        told["since"] = ["", plan.told(kind, "since", since)]
    n = plan.line(entry, f"{cleaned['name']} · {cleaned['code']}", told)
    values = {name: cleaned[name] for name in FIELDS}
    base = {"n": n, "target_id": cleaned["id"], "is_new": existing is None}
    version = existing["version"] if existing else None
    plan.store.staged(StagedOrganisation, {**base, **values, "seen_version": version})
    dates = {
        "organisation_id": cleaned["id"],
        "valid_from": cleaned["valid_from"],
        "valid_until": cleaned["valid_until"],
    }
    if existing is None:
        names = {"name": cleaned["name"], "short_name": cleaned["short_name"]}
        places = {"parent_id": cleaned["parent_id"], "basis": cleaned.get("place_basis", "")}
        names["basis"] = cleaned.get("name_basis", "")
        plan.store.staged(StagedName, {"n": n, "is_new": True, **dates, **names})
        plan.store.staged(StagedPlacement, {"n": n, "is_new": True, **dates, **places})
        return True
    for model, staged in ((Name, StagedName), (Placement, StagedPlacement)):
        history = histories.get((model, cleaned["id"]))
        for row in history.rows if history else ():
            if row.pop("is_changed", False):
                key = row.pop("id")
                plan.store.staged(staged, {"n": n, "target_id": key, "is_new": key is None, **row})
    if "parent_id" in changes:
        plan.known.by_id[cleaned["id"]]["parent_id"] = cleaned["parent_id"]
    plan.known.by_id[cleaned["id"]].update(kind=cleaned["kind"], name=cleaned["name"])
    return "parent_id" in changes


def _stage_reach(plan: Plan, changed: set[int]) -> None:
    """The pairs of Reach that come and go with new and moved organisations."""
    below = set(changed)
    for some in in_batches(changed):
        below.update(Reach.objects.filter(ancestor_id__in=some).values_list("descendant_id", flat=True))
    reached = reach.closure(_edges(plan, []), below)
    wanted = {(ancestor, one) for one in below for ancestor in reached[one]}
    there = {(row["ancestor_id"], row["descendant_id"]): row["id"] for row in rows_of(Reach, "descendant_id", below)}
    for ancestor, one in sorted(wanted - there.keys()):
        plan.store.staged(StagedReach, {"n": 1, "is_new": True, "ancestor_id": ancestor, "descendant_id": one})
    for pair in sorted(there.keys() - wanted):
        gone = {"ancestor_id": pair[0], "descendant_id": pair[1]}
        plan.store.staged(StagedReach, {"n": 1, "target_id": there[pair], "is_gone": True, **gone})
