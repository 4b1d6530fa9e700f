"""The worklist: what each organisation must look at, in order of urgency, and what could not be given to anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from vonggac.detectors.indicators.indicator import Place
from vonggac.detectors.indicators.owners import RowFault
from vonggac.errors import N_
from vonggac.events.times import iso

Say = Callable[[str], str]
"""Translates an English template."""

FOUND_BY: dict[str, str] = {
    "contact": N_("seen in the logs talking to it"),
    "nat_port": N_("behind the public address and port at that time, by the NAT log"),
    "nat_address": N_("behind the public address at that time, by the NAT log; the port is not known"),
}
"""How an inner host was found, with what a person reads."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text for people: an English template and what fills it."""

    template: str
    params: dict[str, Any] = field(default_factory=dict)

    def said(self, say: Say) -> str:
        """The text in the language of ``say``."""
        return say(self.template).format(**self.params) if self.params else say(self.template)


class Host(NamedTuple):
    """An inner host. ``found_by``: a key of :data:`FOUND_BY`; ``n_contacts`` events between ``first`` and ``last``."""

    address: str
    found_by: str
    n_contacts: int
    first: int | None
    last: int | None
    destination: str = ""

    def record(self) -> dict[str, object]:
        """As it is in JSON."""
        return {
            "address": self.address,
            "found_by": self.found_by,
            "contacts": self.n_contacts,
            "first_contact": iso(self.first),
            "last_contact": iso(self.last),
            "destination": self.destination,
        }


class WorkRow(NamedTuple):
    """One thing to look at. ``organisation`` is empty when it could not be given to anybody; ``reasons`` say why.

    ``indicator``: the listed value; ``address``: the address of ours that it concerns. Times are microseconds since 1970,
    UTC; ``priority`` 0 to 100.
    """

    organisation: str
    indicator: str
    address: str
    malware: str
    first_seen: int | None
    last_seen: int | None
    system: str
    level: int | None
    priority: float
    hosts: tuple[Host, ...]
    place: Place
    reasons: tuple[Text, ...]

    def reason(self, say: Say) -> str:
        """All reasons in the language of ``say``."""
        return "; ".join(text.said(say) for text in self.reasons)

    def record(self, say: Say) -> dict[str, object]:
        """As it is in JSON lines: the names and their order are an interface."""
        return {
            "organisation": self.organisation,
            "indicator": self.indicator,
            "address": self.address,
            "malware": self.malware,
            "first_seen": iso(self.first_seen),
            "last_seen": iso(self.last_seen),
            "system": self.system,
            "level": self.level,
            "priority": self.priority,
            "hosts": [host.record() for host in self.hosts],
            "list": {"file": self.place.file, "sheet": self.place.sheet, "row": self.place.row},
            "reason": self.reason(say),
        }


@dataclass(slots=True)
class Worklist:
    """``rows`` by organisation, the most urgent organisation and row first, those of nobody last.

    ``as_of``: the time that recency was counted from. ``n_listed``: indicators given; ``n_quiet``: hostile ones that are not
    ours and that nothing in the logs talked to; ``n_dropped``: observations left out because there were too many.
    """

    rows: Sequence[WorkRow]
    as_of: int
    n_listed: int = 0
    n_quiet: int = 0
    n_events: int = 0
    n_dropped: int = 0
    conflicts: Sequence[RowFault] = ()

    def organisations(self) -> Iterator[tuple[str, list[WorkRow]]]:
        """The rows of each organisation, in order; the name is empty for those of nobody."""
        for name, rows in groupby(self.rows, key=lambda row: row.organisation):
            yield name, list(rows)

    @property
    def n_unattributed(self) -> int:
        """How many rows could not be given to anybody."""
        return sum(not row.organisation for row in self.rows)


def ordered(rows: Iterable[WorkRow]) -> list[WorkRow]:
    """``rows`` in the order of the worklist; equal input gives equal order, whatever order it came in."""
    by_name: dict[str, list[WorkRow]] = {}
    for row in rows:
        by_name.setdefault(row.organisation, []).append(row)
    for own in by_name.values():
        own.sort(key=_urgency)
    names = sorted(by_name, key=lambda name: (not name, -by_name[name][0].priority, name))
    return [row for name in names for row in by_name[name]]


def _urgency(row: WorkRow) -> tuple[object, ...]:
    place = row.place
    return -row.priority, row.indicator, row.malware, row.system, place.file, place.sheet, place.row
