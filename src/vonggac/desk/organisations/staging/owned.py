"""The check of what organisations have: people, contact points, networks, systems, mandates, all by one procedure.

A row finds its record by its organisation and a key. Where several records have the key (one that ended, one that holds), the
dates and some more fields decide, in rounds: rows that fit one record exactly take it before others look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import ContactPoint, InformationSystem, Mandate, Network, Person, SystemAddress
from vonggac.desk.organisations.models.imports import (
    StagedContactPoint,
    StagedInformationSystem,
    StagedMandate,
    StagedNetwork,
    StagedPerson,
    StagedSystemAddress,
)
from vonggac.desk.organisations.spans import parse_span
from vonggac.desk.organisations.staging.keys import reserve
from vonggac.desk.organisations.staging.known import in_batches, overlap, rows_of
from vonggac.desk.organisations.staging.organisations import NO_SUCH, NOT_YOURS, SAME_ROW
from vonggac.desk.organisations.staging.overlaps import check_mandates, check_networks
from vonggac.desk.organisations.staging.plan import Entry, Plan
from vonggac.desk.organisations.values import (
    clean_addresses,
    clean_contact,
    clean_mandate,
    clean_network,
    clean_person,
    clean_system,
)
from vonggac.desk.searching import search_form
from vonggac.errors import N_, InvalidValues

Values = Mapping[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Owned:
    """``keys``: of values, the surest first; ``prefer``: fields that decide among records of one key."""

    kind: str
    noun: str
    model: Any
    staged: Any
    owner: str
    fields: tuple[str, ...]
    clean: Callable[[Check, Values], dict[str, Any]]
    keys: Callable[[Values], Iterable[Key]]
    prefer: tuple[str, ...]
    label: Callable[[Values], str]


def _person_keys(values: Values) -> Iterator[Key]:
    if values.get("email"):
        yield "e", values["email"].lower()
    yield "n", " ".join((values.get("name") or "").split()).casefold()


def _contact_keys(values: Values) -> Iterator[Key]:
    yield values.get("channel"), "".join((values.get("value") or "").split()).lower()


def _network_keys(values: Values) -> Iterator[Key]:
    text = values.get("text") or ""
    try:
        yield (parse_span(text).text,)
    except InvalidValues:
        yield (text,)


PEOPLE = Owned(
    "people", "people", Person, StagedPerson, "organisation_id",
    ("name", "position", "email", "phone", "valid_from", "valid_until"),
    clean_person, _person_keys, ("email", "position"), lambda row: row["name"],
)  # fmt: skip
CONTACTS = Owned(
    "contacts", "people", ContactPoint, StagedContactPoint, "organisation_id",
    ("person_id", "label", "channel", "value", "rank", "hours", "is_support", "valid_from", "valid_until"),
    clean_contact, _contact_keys, ("label",), lambda row: row["value"],
)  # fmt: skip
NETWORKS = Owned(
    "networks", "networks", Network, StagedNetwork, "organisation_id",
    ("text", "side", "provider", "note", "valid_from", "valid_until"),
    clean_network, _network_keys, ("side",), lambda row: row["text"],
)  # fmt: skip
SYSTEMS = Owned(
    "systems", "systems", InformationSystem, StagedInformationSystem, "organisation_id",
    ("code", "name", "level", "exposure", "operator_id", "purpose", "valid_from", "valid_until"),
    clean_system, lambda row: [(row.get("code"),)], (), lambda row: f"{row['name']} ({row['code']})",
)  # fmt: skip
MANDATES = Owned(
    "mandates", "organisations", Mandate, StagedMandate, "holder_id",
    ("subject", "over_id", "basis", "valid_from", "valid_until"),
    clean_mandate, lambda row: [(row.get("subject"), row.get("over_id"))], (), lambda row: row["subject"],
)  # fmt: skip


def plan_owned(plan: Plan, spec: Owned) -> list[Entry]:
    """Check the sheets of one kind and plan what they do."""
    entries = plan.entries(spec.kind)
    for entry in entries:
        _find_owner(plan, spec, entry)
        for name in ("operator_id", "over_id"):
            if name in entry.values:
                entry.values[name] = _reference(plan, entry, name)
    owners = {entry.owner_id for entry in entries if entry.owner_id is not None}
    there = rows_of(spec.model, spec.owner, owners)
    addresses = _addresses(there) if spec is SYSTEMS else {}
    _match(spec, entries, there)
    names: Mapping[int, str] = {}
    if spec is CONTACTS:
        names = _find_people(plan, entries, owners)
        _give_ranks(entries, owners)
    for entry in entries:
        _clean(spec, entry, addresses)
        _check_references(plan, spec, entry)
    _check_twice(spec, entries)
    if spec is NETWORKS:
        check_networks(plan.known, entries)
    elif spec is MANDATES:
        check_mandates(entries, there)
    for entry in entries:
        plan.tell(entry)
    whole = [entry for entry in entries if entry.is_whole]
    new = [entry for entry in whole if entry.existing is None]
    for entry, key in zip(new, reserve(spec.model, 0 if plan.n_faults else len(new)), strict=False):
        entry.cleaned["id"] = key
    for entry in whole:
        _emit(plan, spec, entry, names)
    if spec is PEOPLE:
        plan.lame_people.update(entry.owner_id for entry in entries if not entry.is_whole)
    _count_absent(plan, spec, entries)
    return entries


def _find_owner(plan: Plan, spec: Owned, entry: Entry) -> None:
    code = (entry.values.pop(spec.owner, "") or "").strip()
    row = plan.known.by_code.get(code)
    if code in plan.known.broken:
        entry.is_lame = True
    elif not code:
        entry.check.fault(spec.owner, N_("this is needed"))
    elif row is None or not plan.known.sees(row["id"]):
        entry.check.fault(spec.owner, NO_SUCH, code=code[:40])
    elif not plan.known.may(spec.noun, row["id"]):
        entry.check.fault(spec.owner, NOT_YOURS, code=code[:40])
    else:
        entry.owner_id = row["id"]


def _reference(plan: Plan, entry: Entry, name: str) -> int | None:
    """The organisation whose code stands in the column ``name``. Of one that the asker does not see, only its number for now."""
    code = (entry.values[name] or "").strip()
    if not code:
        return None
    row = plan.known.by_code.get(code)
    if code in plan.known.broken:
        entry.is_lame = True
    elif row is None:
        entry.check.fault(name, NO_SUCH, code=code[:40])
    return None if row is None else int(row["id"])


def _addresses(systems: Sequence[Values]) -> dict[int, dict[str, int]]:
    """System to its addresses, each to the key of its row."""
    found: dict[int, dict[str, int]] = {row["id"]: {} for row in systems}
    for some in in_batches(found):
        rows = SystemAddress.objects.filter(system_id__in=some).order_by("pk").values_list("system_id", "value", "pk")
        for system, value, pk in rows.iterator(chunk_size=5000):
            found[system][value] = pk
    return found


# ------------------------------------------------------------------------------------------- which record a row is about


def _match(spec: Owned, entries: Sequence[Entry], there: Sequence[dict[str, Any]]) -> None:
    index: dict[tuple[int, Key], list[dict[str, Any]]] = {}
    for row in there:
        for key in spec.keys(row):
            index.setdefault((row[spec.owner], key), []).append(row)
    claimed: set[int] = set()
    waiting = [entry for entry in entries if entry.owner_id is not None]
    for choose in (_exactly, _by_dates, _by_key):
        rest = []
        for entry in waiting:
            found = choose(spec, entry, index, claimed)
            if found is None:
                rest.append(entry)
            else:
                claimed.add(found["id"])
                entry.existing = found
        waiting = rest


def _candidates(
    spec: Owned, entry: Entry, index: Mapping[tuple[int, Key], list[dict[str, Any]]], claimed: set[int]
) -> list[dict[str, Any]]:
    assert entry.owner_id is not None  # noqa: S101  # only such entries are matched
    for key in spec.keys(entry.values):
        free = [row for row in index.get((entry.owner_id, key), ()) if row["id"] not in claimed]
        if free:
            return free
    return []


def _agrees(row: Values, entry: Entry, names: Iterable[str]) -> bool:
    return all(row[name] == entry.values[name] for name in names if name in entry.values)


def _exactly(spec: Owned, entry: Entry, index: Any, claimed: set[int]) -> dict[str, Any] | None:
    fit = [row for row in _candidates(spec, entry, index, claimed) if _agrees(row, entry, ("valid_from", *spec.prefer))]
    if len(fit) > 1:
        # Of several that fit, the one that the row says nothing new about.
        told = [name for name in spec.fields if name not in ("person_id", "over_id", "operator_id")]
        fit = [row for row in fit if _agrees(row, entry, told)] or [row for row in fit if row["valid_until"] is None]
    return fit[0] if fit else None


def _by_dates(spec: Owned, entry: Entry, index: Any, claimed: set[int]) -> dict[str, Any] | None:
    if "valid_from" not in entry.values:
        return None
    fit = [row for row in _candidates(spec, entry, index, claimed) if _agrees(row, entry, ("valid_from",))]
    return fit[0] if len(fit) == 1 else None


def _by_key(spec: Owned, entry: Entry, index: Any, claimed: set[int]) -> dict[str, Any] | None:
    start = entry.values.get("valid_from")
    free = _candidates(spec, entry, index, claimed)
    if start is not None:  # what ended before is another one
        free = [row for row in free if row["valid_until"] is None or row["valid_until"] > start]
    free = [row for row in free if row["valid_until"] is None] or free
    if len(free) > 1:
        message = N_("{n} records fit this row: say since when the one that is meant is valid")
        entry.check.fault(entry.sheet.columns[0][1].field, message, n=len(free))
    return free[0] if free else None


# -------------------------------------------------------------------------------------------------- contact points


def _find_people(plan: Plan, entries: Sequence[Entry], owners: set[int]) -> dict[int, str]:
    """Find the person that each contact point names, by e-mail or name, among those there are and those the file makes.

    Gives the name of every person of these organisations.
    """
    people: dict[int, dict[int, Values]] = {}
    for row in rows_of(Person, "organisation_id", owners, "id", "organisation_id", "name", "email", "valid_until"):
        people.setdefault(row["organisation_id"], {})[row["id"]] = row
    for owner, pk, planned in plan.people:
        people.setdefault(owner, {})[pk] = planned
    for entry in entries:
        if entry.owner_id is not None and "person_id" in entry.values:
            text = search_form(entry.values["person_id"] or "")
            entry.values["person_id"] = _person(plan, entry, text, people.get(entry.owner_id, {})) if text else None
    return {pk: row["name"] for rows in people.values() for pk, row in rows.items()}


def _person(plan: Plan, entry: Entry, text: str, people: Mapping[int, Values]) -> int | None:
    fit = [pk for pk, row in people.items() if row["email"] and search_form(row["email"]) == text]
    fit = fit or [pk for pk, row in people.items() if search_form(row["name"]) == text]
    before: int | None = entry.existing["person_id"] if entry.existing else None
    if before in fit:
        return before
    fit = [pk for pk in fit if people[pk]["valid_until"] is None] or fit
    if len(fit) == 1:
        return fit[0]
    if fit:
        entry.check.fault("person_id", N_("{n} people there are called so: write the e-mail instead"), n=len(fit))
    elif entry.owner_id in plan.lame_people:
        entry.is_lame = True  # perhaps the one whose own row has faults
    else:
        entry.check.fault("person_id", N_("there is no such person at this organisation"))
    return None


def _give_ranks(entries: Sequence[Entry], owners: set[int]) -> None:
    """A contact point without a rank keeps its own; a new one goes to the end of the ladder."""
    last: dict[int, int] = {}
    for some in in_batches(owners):
        rows = ContactPoint.objects.filter(organisation_id__in=some, valid_until=None).values_list("organisation_id")
        last.update(dict(rows.annotate(last=Max("rank"))))
    for entry in entries:
        rank = entry.values.get("rank")
        if rank is None and entry.owner_id is not None:
            entry.values.pop("rank", None)
            if entry.existing is None:
                last[entry.owner_id] = entry.values["rank"] = last.get(entry.owner_id, 0) + 1
        elif isinstance(rank, int) and entry.owner_id is not None:
            last[entry.owner_id] = max(rank, last.get(entry.owner_id, 0))


# ------------------------------------------------------------------------------------------------ values and lines


def _clean(spec: Owned, entry: Entry, addresses: Mapping[int, Mapping[str, int]]) -> None:
    existing = entry.existing
    before = {} if existing is None else {name: existing[name] for name in spec.fields}
    cleaned = spec.clean(entry.check, {**before, **entry.values})
    if existing is not None:
        entry.cleaned["id"] = existing["id"]
    entry.cleaned.update(cleaned)
    if spec is SYSTEMS and "addresses" in entry.values:
        entry.cleaned["addresses"] = clean_addresses(entry.check, entry.values["addresses"])
        entry.cleaned["addresses_before"] = {} if existing is None else addresses[existing["id"]]


def _check_references(plan: Plan, spec: Owned, entry: Entry) -> None:
    """An operator is somebody whom the asker sees, what a mandate is over is theirs to edit; what stands already may stay."""
    before = entry.existing or {}
    if spec is SYSTEMS:
        operator = entry.cleaned["operator_id"]
        if operator is not None and operator != before.get("operator_id") and not plan.known.sees(operator):
            entry.check.fault("operator_id", NO_SUCH, code=plan.known.code_of(operator))
    elif (
        spec is MANDATES
        and entry.owner_id is not None
        and not any(one.field == "over_id" for one in entry.check.faults)
    ):
        over = entry.cleaned["over_id"]
        if (not before or over != before["over_id"]) and not plan.known.may("organisations", over):
            entry.check.fault("over_id", N_("you may not give out a mandate over this"))


def _check_twice(spec: Owned, entries: Sequence[Entry]) -> None:
    """Two rows of the file are not about the same thing at the same time."""
    seen: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in entries:
        if entry.owner_id is None or not entry.is_whole:
            continue
        cleaned = entry.cleaned
        key = (entry.owner_id, next(iter(spec.keys(cleaned))), *(cleaned[name] for name in spec.prefer))
        others = seen.setdefault(key, [])
        for other in others:
            if spec is SYSTEMS or overlap(_period(cleaned), _period(other.cleaned)):
                entry.check.fault(entry.sheet.columns[0][1].field, SAME_ROW, row=other.number)
                break
        others.append(entry)


def _period(row: Values) -> tuple[Any, Any]:
    return row["valid_from"], row["valid_until"]


def _emit(plan: Plan, spec: Owned, entry: Entry, names: Mapping[int, str]) -> None:
    cleaned, existing, kind = entry.cleaned, entry.existing, entry.sheet.kind
    before = existing or {}
    changes = {
        name: [plan.told(kind, name, before.get(name)), plan.told(kind, name, cleaned[name])]
        for name in spec.fields
        if before.get(name) != cleaned[name] and (existing is not None or cleaned[name] not in ("", None))
    }
    addresses = cleaned.get("addresses")
    there = cleaned.get("addresses_before", {})
    if addresses is not None and addresses.keys() != there.keys():
        changes["addresses"] = [
            plan.told(kind, "addresses", list(there)),
            plan.told(kind, "addresses", list(addresses)),
        ]
    if spec is PEOPLE and entry.owner_id is not None:
        plan.people.append((entry.owner_id, cleaned.get("id", -1 - len(plan.people)), cleaned))
    if spec is CONTACTS and "person_id" in changes:
        changes["person_id"] = [names.get(one or 0, "") for one in (before.get("person_id"), cleaned["person_id"])]
    if not changes:
        plan.counts[spec.kind]["unchanged"] += 1
        return
    code = plan.known.code_of(entry.owner_id)
    if existing is None:
        changes[spec.owner] = ["", code]
    n = plan.line(entry, f"{spec.label(cleaned)} · {code}", changes)
    if plan.n_faults:
        return
    base = {"n": n, "target_id": cleaned["id"], "is_new": existing is None}
    row = {name: value for name, value in cleaned.items() if name not in ("id", "addresses", "addresses_before")}
    version = existing["version"] if existing else None
    plan.store.staged(spec.staged, {**base, **row, spec.owner: entry.owner_id, "seen_version": version})
    if "addresses" in changes and addresses is not None:
        _emit_addresses(plan, n, cleaned["id"], there, addresses)


def _emit_addresses(plan: Plan, n: int, system_id: int, there: Mapping[str, int], wanted: Mapping[str, str]) -> None:
    for value, pk in there.items():
        if value not in wanted:
            gone = {"n": n, "target_id": pk, "is_gone": True, "system_id": system_id, "value": value}
            plan.store.staged(StagedSystemAddress, gone)
    for value, key in wanted.items():
        if value not in there:
            row = {"n": n, "is_new": True, "system_id": system_id, "value": value, "key": key}
            plan.store.staged(StagedSystemAddress, row)


def _count_absent(plan: Plan, spec: Owned, entries: Sequence[Entry]) -> None:
    """How many records the asker could change here that the file does not mention."""
    allowed = plan.known.open_to[spec.noun]
    if allowed is None:
        n_there = spec.model.objects.count()
    else:
        n_there = sum(spec.model.objects.filter(**{f"{spec.owner}__in": some}).count() for some in in_batches(allowed))
    n_mentioned = sum(entry.existing is not None for entry in entries)
    plan.counts[spec.kind]["absent"] = n_there - n_mentioned
