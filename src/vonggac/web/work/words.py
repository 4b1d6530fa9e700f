"""What pages of work call things: tones and icons of states, titles of details, a clock in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from vonggac.desk.work.kinds import BY_NAME, Column, Field
from vonggac.desk.work.models import FAR, Task
from vonggac.desk.work.rows import day_in
from vonggac.desk.work.states import (
    ACCEPTED,
    ACKNOWLEDGED,
    CLOSED,
    IN_PROGRESS,
    NEW,
    PROPOSED,
    RECHECKED,
    REOPENED,
    RETURNED,
    STATES,
    SUBMITTED,
    WITHDRAWN,
)
from vonggac.errors import N_, Fault, InvalidValues
from vonggac.web.shell import times

STATE_TONES = {
    PROPOSED: ("medium", "hold"),
    NEW: ("low", "dot"),
    REOPENED: ("high", "refresh"),
    ACKNOWLEDGED: ("info", "eye"),
    IN_PROGRESS: ("info", "operations"),
    RETURNED: ("medium", "undo"),
    SUBMITTED: ("low", "message"),
    ACCEPTED: ("ok", "check"),
    RECHECKED: ("ok", "shield-check"),
    CLOSED: ("ok", "lock"),
    WITHDRAWN: ("muted", "close"),
}
"""State to the tone and the icon of its badge."""

PRIORITY_TONES = {1: "critical", 2: "high", 3: "medium", 4: "low", 5: "info"}

DETAILS = {
    "address": N_("Address"),
    "malware": N_("Malware"),
    "port": N_("Port"),
    "source_port": N_("Source port"),
    "at": N_("Time"),
    "first_seen": N_("First seen"),
    "last_seen": N_("Last seen"),
    "destination": N_("Talked to"),
    "destination_port": N_("Destination port"),
    "inner_address": N_("Inner address"),
    "held_from": N_("Held from"),
    "held_until": N_("Held until"),
    "host": N_("Host"),
    "n": N_("How often"),
    "count": N_("How often"),
    "provider": N_("Network provider"),
    "list": N_("List"),
    "letter": N_("Letter"),
    "text": N_("What is to be done"),
    "note": N_("Note"),
    "year": N_("Year"),
    "networks": N_("Networks"),
    "holder_name": N_("Name of the holder"),
}
"""Key of a Task's details to its title; keys that are not here say nothing to a reader."""
IN_MONO = frozenset({"address", "destination", "inner_address", "host", "port", "source_port", "destination_port"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of what is known. ``at``: a time in the place of ``text``. ``heads`` and ``rows``: a small table, which ``text`` tells in lines."""

    title: str
    text: str = ""
    at: datetime | None = None
    is_mono: bool = False
    is_long: bool = False
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def facts_of(details: Mapping[str, Any]) -> list[Fact]:
    """The details of a Task in words, in the order of DETAILS."""
    found = []
    for key, title in DETAILS.items():
        value = details.get(key)
        if value in (None, "", [], {}):
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        at = time_of(value)
        found.append(Fact(gettext(title), text, at, key in IN_MONO, at is None and len(text) > 60))
    return found


def time_of(value: Any) -> datetime | None:
    """The aware time that ``value`` is the ISO text of, else None; so, too, where no other zone could tell it."""
    if not isinstance(value, str) or "T" not in value or len(value) > 40:
        return None
    try:
        found = parse_datetime(value)
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not MINYEAR < found.year < MAXYEAR:
        return None
    return found


def answered(kind: str, values: Mapping[str, Any], holder: str = "") -> Iterator[Fact]:
    """What an answer says, in the order of its kind's fields. ``holder``: the name of the organisation that it names."""
    for field in BY_NAME[kind].answer:
        value = values.get(field.name)
        if value not in (None, ""):
            yield _fact(field, value, holder)


def _fact(field: Field, value: Any, holder: str) -> Fact:
    title = gettext(field.title)
    if field.kind == "moment":
        return Fact(title, str(value), time_of(value))
    if field.kind == "organisation":
        return Fact(title, holder or f"#{value}")
    if field.kind == "rows":
        rows = table_of(field, value)
        text = "\n".join(", ".join(filter(None, row)) for row in rows)
        heads = tuple(gettext(column.title) for column in field.columns)
        return Fact(title, text, is_long=True, heads=heads, rows=rows)
    return Fact(title, str(value), is_mono=field.name in IN_MONO, is_long=field.kind == "lines")


def table_of(field: Field, value: Any) -> tuple[tuple[str, ...], ...]:
    """The rows of an answer in words, cell by cell in the order of the columns of ``field``."""
    rows = value if isinstance(value, list) else []
    return tuple(
        tuple(_cell(column, row.get(column.name)) for column in field.columns)
        for row in rows
        if isinstance(row, Mapping)
    )


def _cell(column: Column, value: Any) -> str:
    if value is None or value is False:
        return ""
    if column.kind == "flag":
        return gettext(column.title)
    if column.kind == "day" and (day := day_in(str(value))) is not None:
        return day.strftime("%d/%m/%Y")
    titles = dict(column.choices)
    return gettext(titles[value]) if value in titles else str(value)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock that breaks next. ``state``: running, soon, overdue, paused or none; only one that binds is overdue."""

    state: str
    icon: str
    text: str
    due: datetime | None = None
    is_proposed: bool = False


def clock_of(task: Task, now: datetime | None = None) -> Clock:
    """The clock of a Task in words."""
    if task.stopped_at is not None:
        return Clock("paused", "pause", gettext("clocks stopped"), None)
    if task.due_at >= FAR:
        return Clock("none", "", "")
    seconds = (task.due_at - (now or timezone.now())).total_seconds()
    if seconds > 0:
        state = "soon" if seconds <= times.DAY and task.is_binding else "running"
        return Clock(state, "clock", times.told(seconds), task.due_at, not task.is_binding)
    text = gettext("overdue by %(time)s") % {"time": times.length(-seconds)}
    if task.is_binding:
        return Clock("overdue", "overdue", text, task.due_at)
    text = gettext("%(time)s past the proposed time") % {"time": times.length(-seconds)}
    return Clock("running", "clock", text, task.due_at, is_proposed=True)


def titled(error: InvalidValues) -> InvalidValues:
    """The same faults with states by their titles, in the reader's language."""
    return InvalidValues([_titled(fault) for fault in error.faults])


def _titled(fault: Fault) -> Fault:
    title = STATES.get(fault.params.get("state", ""))
    return fault if title is None else Fault(fault.field, fault.message, {**fault.params, "state": gettext(title)})
