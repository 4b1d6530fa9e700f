"""The job of matching: lists of indicators, owners of networks and logs, to the worklist.

An address of ours that a list names (role ``victim``) becomes a row of the organisation that held it when it was last seen
(else first seen, else now; the row says which). The logs add the inner hosts: behind the address by NAT records, or seen
talking to the destination that the row names. Any other inner host that talked to a listed hostile value makes a row of its
own organisation. Rows of one organisation and system with the same value and malware are one row that names all its lists.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from vonggac.detectors.indicators.addresses import Span, spans
from vonggac.detectors.indicators.detector import place_text
from vonggac.detectors.indicators.indicator import MISREAD, Indicator
from vonggac.detectors.indicators.matching import ADDRESS_KINDS, Entry, entries_of, is_doubtful
from vonggac.detectors.indicators.nat import TOLERANCE_US, Confidence
from vonggac.detectors.indicators.owners import Answer, Owner, Owners
from vonggac.errors import N_
from vonggac.events.batch import EventBatch
from vonggac.events.times import iso
from vonggac.jobs.priority import Priorities, default
from vonggac.jobs.trace import Contact, Trace
from vonggac.jobs.worklist import Host, Text, Worklist, WorkRow, ordered

MAX_PLACES = 5
"""How many further lists a row names; the rest are counted."""

MAX_SIGHTINGS = 20
"""How many moments of one row NAT logs are asked for, the newest first."""

_DIGESTS = frozenset({"md5", "sha1", "sha256"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. ``now``: the time of the question; ``as_of``: what recency counts back from, None: the newest
    sighting of the lists. Times are microseconds since 1970, UTC.
    """

    now: int
    as_of: int | None = None
    tolerance_us: int = TOLERANCE_US
    priorities: Priorities = field(default_factory=default)


@dataclass(slots=True)
class _Case:
    """Indicators that make one row, with their owner; without one ``why`` says so."""

    indicators: list[Indicator]
    owner: Owner | None
    why: Text | None = None
    hosts: dict[tuple[str, str], Host] | None = None

    def add(self, key: str, host: Host) -> None:
        """Add ``host`` as found in the way ``key``, once."""
        if self.hosts is None:
            self.hosts = {}
        self.hosts.setdefault((host.address, key), host)


def match(indicators: Sequence[Indicator], owners: Owners, logs: Iterable[EventBatch], asked: Asked) -> Worklist:
    """The worklist of ``indicators``; ``logs`` may be empty and are read once, a batch at a time."""
    with _without_collector():
        victims, hostile = _attributed(indicators, owners, asked)
        cases = [*victims, *hostile]
        trace = _trace(indicators, victims, logs, asked)
        if trace is not None:
            cases += _with_hosts(trace, victims, owners, asked)
        as_of = asked.as_of if asked.as_of is not None else _newest(indicators, asked.now)
        rows = ordered([_row(case, as_of, asked.priorities) for case in cases])
    met = {id(one) for case in hostile for one in case.indicators}
    worklist = Worklist(rows, as_of, len(indicators), conflicts=owners.conflicts)
    if trace is not None:
        met |= {id(one) for number, _ in trace.contacts for one in trace.entries[number].indicators}
        worklist.n_events, worklist.n_dropped = trace.n_events, trace.n_dropped + trace.nat.n_dropped
    worklist.n_quiet = sum(one.role == "hostile" and id(one) not in met for one in indicators)
    return worklist


@contextmanager
def _without_collector() -> Iterator[None]:
    """No search for cycles while rows are made: there are none, and looking for them costs more than all the rest."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _trace(
    indicators: Sequence[Indicator], victims: Sequence[_Case], logs: Iterable[EventBatch], asked: Asked
) -> Trace | None:
    """What ``logs`` tell of ``indicators``; None when there are no logs."""
    trace = None
    for batch in logs:
        if trace is None:
            trace = Trace(_destinations(indicators), _wanted(victims), asked.tolerance_us)
        trace.add(batch)
    return trace


def _with_hosts(trace: Trace, victims: Sequence[_Case], owners: Owners, asked: Asked) -> list[_Case]:
    """Give inner hosts to ``victims``; returns the cases of all other hosts."""
    finder = _Finder(trace, owners, asked, _claims(victims))
    used: set[tuple[int, str]] = set()
    for case in victims:
        finder.add_nat(case)
        used |= finder.add_contacts(case)
    return list(finder.others(used))


# Attribution ---------------------------------------------------------------------------------------------------------


_LAST, _FIRST, _TODAY = (
    N_("owner when last seen"),
    N_("owner when first seen"),
    N_("owner today: the list gives no time"),
)
_SIGHTINGS = {template: (Text(template),) for template in (_LAST, _FIRST, _TODAY)}


def sighting(indicator: Indicator, now: int) -> tuple[int, str]:
    """The time that the owner of ``indicator`` is asked for, and a template that says which it was."""
    if indicator.last_seen is not None:
        return indicator.last_seen, _LAST
    if indicator.first_seen is not None:
        return indicator.first_seen, _FIRST
    return now, _TODAY


def _words_of(why: Text | None) -> str:
    return why.said(str) if why else ""


def _attributed(indicators: Sequence[Indicator], owners: Owners, asked: Asked) -> tuple[list[_Case], list[_Case]]:
    """Cases of listed addresses: all of role victim, and hostile ones that are ours. Equal ones are one case."""
    listed = [one for one in indicators if one.kind in ADDRESS_KINDS]
    found = spans([one.value for one in listed])
    pairs = [(one, where) for one, where in zip(listed, found, strict=True) if where is not None]
    segments = owners.segments([where for _, where in pairs])
    victims: dict[tuple[str, ...], _Case] = {}
    hostile: dict[tuple[str, ...], _Case] = {}
    for (one, where), segment in zip(pairs, segments, strict=True):
        if one.role == "hostile" and segment < 0:
            continue
        time, _ = sighting(one, asked.now)
        answer = owners.at_segment(segment, time)
        if where.first != where.last and answer.owner is not None:
            answer = _whole(answer, where, owners, time)
        if one.role == "hostile" and answer.owner is None and not answer.rivals:
            continue
        why = None if answer.owner else _why(answer)
        name = (answer.owner.organisation, answer.owner.system) if answer.owner else ("", _words_of(why))
        kept = victims if one.role == "victim" else hostile
        key = (*name, one.value, one.malware.casefold())
        case = kept.get(key)
        if case is None:
            kept[key] = _Case([one], answer.owner, why)
        else:
            case.indicators.append(one)
    for one in indicators:
        if one.role == "victim" and one.kind not in ADDRESS_KINDS:
            key = ("", "", one.value, one.malware.casefold())
            why = Text(N_("only addresses can be given to an owner by the networks file"))
            victims.setdefault(key, _Case([], None, why)).indicators.append(one)
    return list(victims.values()), list(hostile.values())


def _whole(answer: Answer, where: Span, owners: Owners, time: int) -> Answer:
    """``answer`` for the first address of a network or range if it holds for all of it, else both claims."""
    if answer.owner is None or any(
        n.span.first <= where.first and where.last <= n.span.last for n in answer.owner.networks
    ):
        return answer
    last = owners.at_segment(owners.segments([Span(where.version, where.last, where.last)])[0], time)
    if last.owner is None or last.owner.organisation == answer.owner.organisation:
        return answer if last.owner else Answer(others=answer.owner.networks)
    return Answer(rivals=(*answer.owner.networks, *last.owner.networks))


def _why(answer: Answer) -> Text:
    """Why nobody got the address."""
    if answer.rivals:
        claims = "; ".join(
            f"{one.organisation} ({one.text}, {place_text(one.place)})"
            for one in dict.fromkeys(answer.rivals[:MAX_PLACES])
        )
        return Text(N_("claimed by more than one organisation: {claims}"), {"claims": claims})
    if answer.others:
        one = answer.others[0]
        params = {
            "organisation": one.organisation,
            "network": one.text,
            "start": iso(one.valid_from)[:16] or "…",
            "end": iso(one.valid_to)[:16] or "…",
        }
        return Text(
            N_("nobody held all of it then; {organisation} holds {network} from {start} to {end} (UTC)"), params
        )
    return Text(N_("in no network of the networks file"))


# Logs ----------------------------------------------------------------------------------------------------------------


def _destinations(indicators: Sequence[Indicator]) -> list[Entry]:
    """What inner hosts may have talked to: hostile values and the destinations of victims."""
    wanted = [one for one in indicators if one.role == "hostile" and one.kind not in _DIGESTS]
    wanted += [one for one in indicators if one.role == "victim" and one.destination]
    return [
        Entry(entry.kind, entry.value, kept)
        for entry in entries_of(wanted)
        if (kept := tuple(one for one in entry.indicators if one.role == "hostile" or one.value != entry.value))
    ]


def _wanted(cases: Iterable[_Case]) -> dict[str, set[int]]:
    """The listed addresses of ours, with the ports that rows name."""
    wanted: dict[str, set[int]] = {}
    for case in cases:
        for one in case.indicators:
            if one.kind in {"ipv4", "ipv6"}:
                ports = wanted.setdefault(one.value, set())
                if one.port is not None:
                    ports.add(one.port)
    return wanted


def _claims(cases: Iterable[_Case]) -> dict[str, set[str]]:
    """For each destination the organisations whose rows name it."""
    claims: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for one in case.indicators:
            if one.destination:
                claims[one.destination].add(case.owner.organisation if case.owner else "")
    return claims


class _Finder:
    """Gives the inner hosts of a trace to cases."""

    def __init__(self, trace: Trace, owners: Owners, asked: Asked, claims: dict[str, set[str]]) -> None:
        self._trace = trace
        self._owners = owners
        self._now = asked.now
        self._destinations: dict[str, list[int]] = defaultdict(list)
        for number, entry in enumerate(trace.entries):
            self._destinations[entry.value].append(number)
        self._claims = claims
        self._hosts: dict[int, list[tuple[str, Contact]]] = defaultdict(list)
        for (number, inner), contact in trace.contacts.items():
            self._hosts[number].append((inner, contact))

    def add_nat(self, case: _Case) -> None:
        """Add the hosts that NAT logs show behind the listed address when it was seen."""
        moments = dict.fromkeys(
            (one.value, one.port, time)
            for one in sorted(case.indicators, key=lambda one: -(one.last_seen or one.first_seen or 0))
            for time in (one.last_seen, one.first_seen)
            if time is not None and one.value in self._trace.nat
        )
        for value, port, time in list(moments)[:MAX_SIGHTINGS]:
            for holder in self._trace.nat.who(value, port, time):
                by = "nat_port" if holder.confidence is Confidence.PORT else "nat_address"
                case.add(by, Host(holder.inner, by, holder.count, holder.first, holder.last))

    def add_contacts(self, case: _Case) -> set[tuple[int, str]]:
        """Add the hosts that talked to the destination of the case's rows; returns which contacts were given to it."""
        used: set[tuple[int, str]] = set()
        for destination in dict.fromkeys(one.destination for one in case.indicators if one.destination):
            for number in self._destinations.get(destination, ()):
                for inner, contact in self._hosts.get(number, ()):
                    if self._belongs(inner, contact, case, destination):
                        used.add((number, inner))
                        case.add("contact " + destination, _host(inner, contact, self._trace.entries[number]))
        return used

    def _belongs(self, inner: str, contact: Contact, case: _Case, destination: str) -> bool:
        values = {one.value for one in case.indicators}
        listed = inner if inner in values else min(values & contact.publics, default="")
        if listed:  # whoever held the listed address when it was used, not whoever held it when the list saw it
            holder = self._owner(listed, contact).owner
            return holder is None or (case.owner is not None and holder.organisation == case.owner.organisation)
        if contact.publics:
            return False
        answer = self._owner(inner, contact)
        if answer.owner is not None:
            return case.owner is not None and answer.owner.organisation == case.owner.organisation
        # nobody's address, an inner one as a rule: whose it is is clear only when one organisation is named
        return (
            not answer.rivals and case.owner is not None and self._claims.get(destination) == {case.owner.organisation}
        )

    def _owner(self, inner: str, contact: Contact) -> Answer:
        return self._owners.at(inner, contact.last if contact.last is not None else self._now)

    def others(self, used: set[tuple[int, str]]) -> Iterator[_Case]:
        """A case per destination, organisation and system for all contacts not yet given to one."""
        cases: dict[tuple[int, str, str], _Case] = {}
        for (number, inner), contact in self._trace.contacts.items():
            entry = self._trace.entries[number]
            if (number, inner) in used:
                continue
            answer = self._owner(inner, contact)
            for public in sorted(contact.publics):
                if answer.owner is None:
                    answer = self._owner(public, contact)
            why = None if answer.owner else _why_host(inner, answer)
            name = (answer.owner.organisation, answer.owner.system) if answer.owner else ("", _words_of(why))
            case = cases.get((number, *name))
            if case is None:
                case = cases[number, *name] = _Case(_as_hostile(entry), answer.owner, why)
            case.add("contact", _host(inner, contact, entry))
        yield from cases.values()


def _why_host(inner: str, answer: Answer) -> Text:
    if answer.rivals:
        return _why(answer)
    return Text(N_("{host} talked to it; no network of the networks file held that host then"), {"host": inner})


def _host(inner: str, contact: Contact, entry: Entry) -> Host:
    return Host(inner, "contact", contact.count, contact.first, contact.last, entry.value)


def _as_hostile(entry: Entry) -> list[Indicator]:
    """The hostile indicators of ``entry``, else the victims' rows that name it as their destination, turned into such."""
    listed = [one for one in entry.indicators if one.value == entry.value]
    return listed or [
        Indicator(
            entry.kind, entry.value, one.destination, "hostile", one.place, one.malware, one.first_seen, one.last_seen,
            one.destination_port, note=one.note,
        )
        for one in entry.indicators[:MAX_PLACES]
    ]  # fmt: skip


# Rows ----------------------------------------------------------------------------------------------------------------


def _newest(indicators: Iterable[Indicator], now: int) -> int:
    times = (time for one in indicators for time in (one.last_seen, one.first_seen) if time is not None)
    return max(times, default=now)


def _row(case: _Case, as_of: int, priorities: Priorities) -> WorkRow:
    newest = case.indicators[0] if len(case.indicators) == 1 else max(case.indicators, key=_seen)
    first, last = _seen_between(case.indicators)
    hosts = sorted(case.hosts.values(), key=_surest) if case.hosts else []
    is_contact = newest.role == "hostile" and bool(hosts)
    seen = last
    for host in hosts if is_contact else ():
        if host.last is not None and (seen is None or host.last > seen):
            seen = host.last
    owner = case.owner
    level = owner.level if owner else None
    points = priorities.points(
        malware_class=priorities.class_of(newest.malware),
        age_us=as_of - seen if seen is not None else None,
        level=level,
        n_hosts=len({host.address for host in hosts}) if hosts else 0,
        is_warned=any(one.warnings and is_doubtful(one) for one in case.indicators),
    )
    is_address = newest.kind in ADDRESS_KINDS and not is_contact
    return WorkRow(
        organisation=owner.organisation if owner else "",
        indicator=newest.value,
        address=newest.value if is_address else hosts[0].address if hosts else "",
        malware=newest.malware,
        first_seen=first,
        last_seen=last,
        system=owner.system if owner else "",
        level=level,
        priority=points,
        hosts=tuple(hosts),
        place=newest.place,
        reasons=_plain_reasons(case, newest) or tuple(_reasons(case, newest, is_contact)),
    )


def _seen_between(indicators: Sequence[Indicator]) -> tuple[int | None, int | None]:
    """The earliest and the latest sighting."""
    first: int | None = None
    last: int | None = None
    for one in indicators:
        for time in (one.first_seen, one.last_seen):
            if time is not None:
                first = time if first is None or time < first else first
                last = time if last is None or time > last else last
    return first, last


def _seen(one: Indicator) -> tuple[int, bool]:
    time = one.last_seen if one.last_seen is not None else one.first_seen
    return (time if time is not None else -(1 << 62)), one.role == "victim"


def _surest(host: Host) -> tuple[object, ...]:
    order = {"nat_port": 0, "contact": 1, "nat_address": 2}
    return order[host.found_by], -host.n_contacts, host.address, host.destination


def _plain_reasons(case: _Case, newest: Indicator) -> tuple[Text, ...] | None:
    """The reasons of most rows: one listed address with one clear owner; None when there is more to say."""
    if case.owner is None or len(case.owner.networks) > 1 or len(case.indicators) > 1:
        return None
    return None if newest.role == "hostile" or newest.warnings else _SIGHTINGS[sighting(newest, 0)[1]]


def _reasons(case: _Case, newest: Indicator, is_contact: bool) -> Iterator[Text]:
    if case.why is not None:
        yield case.why
    elif is_contact:
        yield Text(N_("hosts of this organisation talked to a listed destination"))
    else:
        if newest.role == "hostile":
            yield Text(N_("listed as hostile, and an address of ours"))
        yield from _SIGHTINGS[sighting(newest, 0)[1]]
    alike = case.owner.networks if case.owner else ()
    if len(alike) > 1 and len({one.system for one in alike}) > 1:
        yield Text(N_("several systems share this network"))
    warnings = list(dict.fromkeys(name for one in case.indicators for name in one.warnings))
    if misread := [name for name in warnings if name.startswith(MISREAD)]:
        yield Text(
            N_("recognised in a picture and not sure ({doubts}): look at the page"), {"doubts": ", ".join(misread)}
        )
    if names := [name for name in warnings if name not in misread]:
        yield Text(N_("on warninglist {names}: check before acting"), {"names": ", ".join(names)})
    if len(case.indicators) == 1:
        return
    places = list(dict.fromkeys(place_text(one.place) for one in case.indicators if one.place != newest.place))
    if len(places) > MAX_PLACES:
        params = {"places": ", ".join(places[:MAX_PLACES]), "n": len(places) - MAX_PLACES}
        yield Text(N_("also listed at {places} and {n} more"), params)
    elif places:
        yield Text(N_("also listed at {places}"), {"places": ", ".join(places)})
