"""What a unit declares of itself (contact points, networks, systems), held against what the directory has of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from vonggac.desk.directives.models import Letter
from vonggac.desk.organisations.actions.networks import check_overlap
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import ContactPoint, InformationSystem, Network, Organisation, SystemAddress
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.organisations.values import clean_addresses, clean_contact, clean_network, clean_system
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.searching import search_form
from vonggac.desk.work.kinds import DECLARE
from vonggac.desk.work.models import Answer, Task
from vonggac.desk.work.queries.tasks import task as the_task
from vonggac.desk.work.rows import day_in
from vonggac.errors import N_, Fault, NotThere

NEW: Final = "new"
SAME: Final = "same"
MORE: Final = "more"
DIFFERS: Final = "differs"
REFUSED: Final = "refused"
WHAT_BECOMES: Final = {
    NEW: N_("New"),
    SAME: N_("There already"),
    MORE: N_("Completed"),
    DIFFERS: N_("Another level"),
    REFUSED: N_("Not possible"),
}
"""What becomes of a declared line to its title."""
TAKEN: Final = frozenset({"done", "partly"})
"""Results with which a declaration is one."""
HOTLINE: Final = "Hotline"
ROUND_THE_CLOCK: Final = "24/7"
_NOUNS: Final = {"contacts": "people", "hotline": "people", "networks": "networks", "systems": "systems"}
"""Question to the noun whose permission shows what the directory has of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One declared thing. ``part``: contacts, networks or systems. ``status``: of WHAT_BECOMES. ``row``: what the directory has of it.

    ``values``: what goes into the columns. ``key``: what is ticked to have it taken over. ``was`` and ``now``: what differs.
    """

    part: str
    text: str
    status: str
    fault: Fault | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    row: Any = None
    key: str = ""
    was: str = ""
    now: str = ""
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """What the directory has and the declaration does not name; it ends only when ``key`` is ticked."""

    part: str
    text: str
    row: Any
    key: str


@dataclass(frozen=True)
class Plan:
    """What an acceptance does to the directory, and what it asks."""

    organisation: Organisation
    at: datetime
    lines: tuple[Line, ...] = ()
    absent: tuple[Absent, ...] = ()
    fault: Fault | None = None

    def of(self, part: str, *statuses: str) -> list[Line]:
        """The lines of a part with one of these statuses (none: all of them)."""
        return [line for line in self.lines if line.part == part and (not statuses or line.status in statuses)]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many lines of each part have each status."""
        found: dict[str, dict[str, int]] = {}
        for line in self.lines:
            of_part = found.setdefault(line.part, {})
            of_part[line.status] = of_part.get(line.status, 0) + 1
        return found

    @property
    def left_out(self) -> list[Line]:
        """What does not go in, with its reason."""
        return [line for line in self.lines if line.status == REFUSED]


def day_of(moment: datetime) -> datetime:
    """The moment at which the local day of ``moment`` began."""
    return timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def preview(asker: Asker, task_id: int) -> Plan:
    """What accepting the last answer of a declaration does. Needs work.review on its organisation; raises NotThere."""
    task = _declaration(asker, task_id)
    require(asker, "work.review", task.organisation_id)
    answer = Answer.objects.filter(task=task).order_by("-pk").first()
    return plan_of(asker, task, answer, timezone.now())


def beginning(asker: Asker, task_id: int) -> dict[str, Any]:
    """What the directory has of whom a declaration asks, as its answer; see ``known``. Needs work.answer; raises NotThere."""
    task = _declaration(asker, task_id)
    require(asker, "work.answer", task.organisation_id)
    return known(asker, task)


def _declaration(asker: Asker, task_id: int) -> Task:
    task = the_task(asker, task_id)
    if task.kind != DECLARE.name:
        raise NotThere(N_("there is no such task here"))
    return task


def plan_of(asker: Asker, task: Task, answer: Answer | None, now: datetime) -> Plan:
    """What taking over ``answer`` does to the directory as it is at ``now``."""
    at, organisation = day_of(now), task.organisation
    if task.kind != DECLARE.name or answer is None or answer.result not in TAKEN:
        return Plan(organisation, at)
    if not organisation.holds(now):
        return Plan(organisation, at, fault=Fault("", N_("this organisation is no more: enter it at its successor")))
    values, reference = answer.values, str(task.details.get("reference") or "")
    contacts = _contacts(organisation, values, at)
    networks = _networks(asker, organisation, values, at, reference)
    systems = _systems(organisation, values, at)
    lines = [*contacts, *networks, *systems]
    return Plan(organisation, at, tuple(lines), tuple(_absent(organisation, lines, at)))


# ------------------------------------------------------------------------------------------------------------ contacts


def reach_of(channel: str, value: str) -> str:
    """What two ways to write the same number or address have in common."""
    if channel in ("email", "chat"):
        return value.casefold()
    digits = re.sub(r"[^0-9]", "", value)
    return "0" + digits[2:] if value.strip().startswith("+84") else digits


def _declared_contacts(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in _rows(values, "contacts"):
        yield {name: row.get(name, "") for name in ("label", "channel", "value")}
    if hotline := values.get("hotline"):
        yield {"label": HOTLINE, "channel": "phone", "value": hotline, "hours": ROUND_THE_CLOCK}


def _contacts(organisation: Organisation, values: Mapping[str, Any], at: datetime) -> Iterator[Line]:
    rows = ContactPoint.objects.filter(_not_over(at), organisation=organisation).order_by("rank", "pk")
    there: dict[str, Any] = {reach_of(row.channel, row.value): row for row in rows}
    for given in _declared_contacts(values):
        text = " · ".join(filter(None, (given["label"], given["value"])))
        check = Check()
        cleaned = clean_contact(check, {**given, "valid_from": at})
        key = reach_of(str(given["channel"]), str(given["value"]))
        if check.faults:
            yield Line("contacts", text, REFUSED, check.faults[0])
        elif key in there:
            yield Line("contacts", text, SAME, row=there[key])
        else:
            there[key] = None
            yield Line("contacts", text, NEW, values=cleaned, warnings=tuple(check.warnings))


# ------------------------------------------------------------------------------------------------------------ networks


def _networks(
    asker: Asker, organisation: Organisation, values: Mapping[str, Any], at: datetime, reference: str
) -> Iterator[Line]:
    rows = Network.objects.filter(_not_over(at), organisation=organisation, side="public").order_by("first", "pk")
    there: dict[tuple[str, str], Any] = {(row.first, row.last): row for row in rows}
    # Whoever may edit both networks may nest them by hand; a declaration alone claims nothing of anybody.
    only = frozenset({"networks.view"}) & (asker.only if asker.only is not None else {"networks.view"})
    eyes = Asker(asker.user_id, asker.name, asker.held, asker.origin, only)
    for given in _rows(values, "networks"):
        check = Check()
        cleaned = clean_network(
            check, {"text": given.get("range", ""), "note": reference, "valid_from": _since(given, at)}
        )
        key = (cleaned["first"], cleaned["last"])
        if not check.faults and key in there:
            yield Line("networks", cleaned["text"], SAME, row=there[key])
            continue
        if not check.faults:
            check_overlap(check, eyes, organisation, cleaned)
        if check.faults:
            yield Line("networks", str(given.get("range", "")), REFUSED, check.faults[0])
        else:
            there[key] = None
            yield Line("networks", cleaned["text"], NEW, values=cleaned)


def _since(given: Mapping[str, Any], at: datetime) -> datetime:
    """From when on a declared network counts: the day that they say, so that earlier sightings find their owner, else ``at``."""
    day = day_in(str(given.get("since") or ""))
    return at if day is None else min(at, datetime.combine(day, time.min, timezone.get_current_timezone()))


# ------------------------------------------------------------------------------------------------------------- systems


def _systems(organisation: Organisation, values: Mapping[str, Any], at: datetime) -> Iterator[Line]:
    rows = InformationSystem.objects.filter(_not_over(at), organisation=organisation).order_by("-pk")
    there: dict[str, Any] = {search_form(row.name): row for row in rows}
    has: dict[int, set[str]] = {}
    for system_id, value in SystemAddress.objects.filter(system__in=there.values()).values_list("system_id", "value"):
        has.setdefault(system_id, set()).add(value)
    codes = set(InformationSystem.objects.filter(organisation=organisation).values_list("code", flat=True))
    declared: set[str] = set()
    for given in _rows(values, "systems"):
        name, check = str(given.get("name", "")), Check()
        key = search_form(name)
        addresses = clean_addresses(check, [given["address"]] if given.get("address") else [])
        system = {
            "code": _code(name, codes), "name": name, "level": given.get("level"), "exposure": "internet" if addresses else "inner",
            "valid_from": at,
        }  # fmt: skip
        cleaned = clean_system(check, system)
        if check.faults:
            yield Line("systems", name, REFUSED, check.faults[0])
        elif key in declared:
            yield Line("systems", name, REFUSED, Fault("name", N_("this system is declared twice")))
        elif key in there:
            yield _known_system(there[key], given.get("level"), addresses, has.get(there[key].pk, set()))
        else:
            codes.add(cleaned["code"])
            text = f"{name} ({cleaned['level']})" if cleaned["level"] else name
            yield Line(
                "systems", text, NEW, values=cleaned, addresses=addresses, warnings=tuple(check.warnings)
            )  # fmt: skip
        declared.add(key)


def _known_system(row: InformationSystem, level: int | None, addresses: Mapping[str, str], has: set[str]) -> Line:
    missing = {value: key for value, key in addresses.items() if value not in has}
    if level is not None and row.level is not None and level != row.level:
        return Line(
            "systems", row.name, DIFFERS, values={"level": level}, addresses=missing, row=row, key=f"level:{row.pk}",
            was=str(row.level), now=str(level),
        )  # fmt: skip
    values = {"level": level} if level is not None and row.level is None else {}
    status = MORE if values or missing else SAME
    return Line("systems", row.name, status, values=values, addresses=missing, row=row)


def _code(name: str, taken: set[str]) -> str:
    """A key of a new system within its owner, made of its name; not one of ``taken``."""
    plain = re.sub(r"[^a-z0-9]+", "-", search_form(name)).strip("-")[:50].strip("-") or "he-thong"
    code, n = plain, 1
    while code in taken:
        n += 1
        code = f"{plain}-{n}"
    return code


# ---------------------------------------------------------------------------------------------------- what is not named


def _absent(organisation: Organisation, lines: Sequence[Line], at: datetime) -> Iterator[Absent]:
    """What a part of the directory has and its table does not; a table that was left empty says nothing."""
    named = {(line.part, line.row.pk) for line in lines if line.row is not None}
    said = {line.part for line in lines}
    here = valid_at(at)
    if "contacts" in said:
        for one in ContactPoint.objects.filter(here, organisation=organisation).order_by("rank", "pk"):
            if ("contacts", one.pk) not in named:
                yield Absent("contacts", " · ".join(filter(None, (one.label, one.value))), one, f"contacts:{one.pk}")
    if "networks" in said:
        for net in Network.objects.filter(here, organisation=organisation, side="public").order_by("first", "pk"):
            if ("networks", net.pk) not in named:
                yield Absent("networks", net.text, net, f"networks:{net.pk}")
    if "systems" in said:
        for system in InformationSystem.objects.filter(here, organisation=organisation).order_by("sort_key", "pk"):
            if ("systems", system.pk) not in named:
                yield Absent("systems", system.name, system, f"systems:{system.pk}")


def _rows(values: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    rows = values.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _not_over(at: datetime) -> Any:
    """The condition that a Dated row holds at ``at`` or will."""
    return Q(valid_until__isnull=True) | Q(valid_until__gt=at)


# ---------------------------------------------------------------------------------------------- what a form begins with


def known(asker: Asker, task: Task) -> dict[str, Any]:
    """The answer to a declaration as the directory has it now, so that it is only confirmed; of each table what the asker may see there.

    Who answers by link sees it only where the link opened with a code to the registered contact: a link may be passed on.
    """
    if task.kind != DECLARE.name:
        return {}
    now, organisation_id = timezone.now(), task.organisation_id
    found: dict[str, Any] = {}
    contacts = list(
        ContactPoint.objects.filter(valid_at(now), organisation_id=organisation_id).select_related("person").order_by("rank", "pk")
    )  # fmt: skip
    hotline = next((one for one in contacts if one.label == HOTLINE and one.hours == ROUND_THE_CLOCK), None)
    found["contacts"] = [
        {"label": (one.label or (one.person.name if one.person else ""))[:120], "channel": one.channel, "value": one.value}
        for one in contacts
        if one is not hotline
    ]  # fmt: skip
    found["hotline"] = hotline.value if hotline else ""
    networks = Network.objects.filter(valid_at(now), organisation_id=organisation_id, side="public")
    found["networks"] = [_network_row(one) for one in networks.order_by("first", "pk")]
    systems = InformationSystem.objects.filter(valid_at(now), organisation_id=organisation_id)
    found["systems"] = [_system_row(one) for one in systems.order_by("sort_key", "pk").prefetch_related("addresses")]
    is_confirmed = asker.origin.via == "link" and _asks_code(task)
    kept = {
        name: value
        for name, value in found.items()
        if value and (is_confirmed or may_on(asker, f"{_NOUNS[name]}.view", organisation_id))
    }
    return _cut(kept) | (_counted_last(task) if kept else {})


def _network_row(row: Network) -> dict[str, Any]:
    since = {} if row.valid_from is None else {"since": timezone.localdate(row.valid_from).isoformat()}
    return {"range": row.text, **since}


def _system_row(row: InformationSystem) -> dict[str, Any]:
    address = min((one.value for one in row.addresses.all()), default="")
    told = {"name": row.name, "level": row.level, "address": address}
    return {name: value for name, value in told.items() if value not in (None, "")}


def _asks_code(task: Task) -> bool:
    return Letter.objects.filter(pk=task.details.get("letter") or 0, links_ask_code=True).exists()


def _cut(found: dict[str, Any]) -> dict[str, Any]:
    """No more rows than the form takes."""
    most = {one.name: one.most for one in DECLARE.answer if one.kind == "rows"}
    return {name: value[: most[name]] if name in most else value for name, value in found.items()}


def _counted_last(task: Task) -> dict[str, Any]:
    """Numbers of machines of the organisation's last accepted declaration."""
    rows = Answer.objects.filter(
        task__organisation_id=task.organisation_id, task__kind=DECLARE.name, verdict="accepted"
    )
    last = rows.exclude(task_id=task.pk).order_by("-pk").first()
    names = ("n_servers", "n_workstations")
    return {} if last is None else {name: last.values[name] for name in names if name in last.values}
