"""What a record of each noun may hold: the values of an action by name, and the check of all of them at once. Pure.

``clean_…(check, values)`` takes every value of the record (absent: its default), notes faults in ``check`` and returns what
goes into the columns. Imports check their rows by the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.domains import homograph, parse_domain
from vonggac.desk.organisations.models.graph import KINDS, MANDATES
from vonggac.desk.organisations.models.networks import SIDES
from vonggac.desk.organisations.models.people import CHANNELS
from vonggac.desk.organisations.models.systems import EXPOSURES, LEVELS
from vonggac.desk.organisations.spans import key_of_text, parse_span
from vonggac.errors import N_, Fault, InvalidValues

MOST_ADDRESSES = 200
"""Addresses and domain names of one system."""


MOST_BASIS = 250
"""Characters of the name of a document on which something rests."""


class Period(TypedDict, total=False):
    """``valid_from`` is the first moment that counts, ``valid_until`` the first that does not; None is open."""

    valid_from: datetime | None
    valid_until: datetime | None


class OrganisationValues(Period, total=False):
    """``code``, ``kind`` and ``name`` are needed. ``parent_id`` None: at the top."""

    code: str
    kind: str
    name: str
    short_name: str
    parent_id: int | None
    address: str
    note: str


class PersonValues(Period, total=False):
    """``name`` is needed."""

    name: str
    position: str
    email: str
    phone: str


class ContactValues(Period, total=False):
    """``channel`` and ``value`` are needed. ``rank`` from 1; without one it goes to the end of the ladder."""

    person_id: int | None
    label: str
    channel: str
    value: str
    rank: int
    hours: str
    is_support: bool


class NetworkValues(Period, total=False):
    """``text`` is needed: an address, a CIDR or ``first-last``."""

    text: str
    side: str
    provider: str
    note: str


class SystemValues(Period, total=False):
    """``code`` and ``name`` are needed. ``addresses``: IP addresses and domain names."""

    code: str
    name: str
    level: int | None
    exposure: str
    operator_id: int | None
    purpose: str
    addresses: Sequence[str]


class MandateValues(Period, total=False):
    """``subject`` is needed. ``over_id`` None: the whole province."""

    subject: str
    over_id: int | None
    basis: str


def clean_organisation(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an Organisation."""
    _only(OrganisationValues, values)
    valid_from, valid_until = check.period(values)
    return {
        "code": check.code("code", values.get("code"), most=40),
        "kind": check.one_of("kind", values.get("kind"), KINDS),
        "name": check.text("name", values.get("name"), most=250, needed=True),
        "short_name": check.text("short_name", values.get("short_name"), most=60),
        "parent_id": values.get("parent_id"),
        "address": check.text("address", values.get("address"), most=250),
        "note": check.text("note", values.get("note"), most=10_000, lines=True),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def clean_person(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a Person."""
    _only(PersonValues, values)
    valid_from, valid_until = check.period(values)
    return {
        "name": check.text("name", values.get("name"), most=120, needed=True),
        "position": check.text("position", values.get("position"), most=120),
        "email": check.email("email", values.get("email")),
        "phone": check.phone("phone", values.get("phone")),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def clean_contact(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a ContactPoint; ``rank`` only when one was given."""
    _only(ContactValues, values)
    valid_from, valid_until = check.period(values)
    channel = check.one_of("channel", values.get("channel"), CHANNELS)
    value = values.get("value")
    if channel == "email":
        value = check.email("value", value, needed=True)
    elif channel == "chat":
        value = check.text("value", value, most=254, needed=True)
    else:
        value = check.phone("value", value, needed=True)
    cleaned = {
        "person_id": values.get("person_id"),
        "label": check.text("label", values.get("label"), most=120),
        "channel": channel,
        "value": value,
        "hours": check.text("hours", values.get("hours"), most=60),
        "is_support": bool(values.get("is_support", False)),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    if values.get("rank") is not None:
        cleaned["rank"] = check.whole("rank", values["rank"], 1, 999)
    return cleaned


def clean_network(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a Network."""
    _only(NetworkValues, values)
    valid_from, valid_until = check.period(values)
    text = first = last = ""
    try:
        span = parse_span(values.get("text") or "")
        text, first, last = span.text, span.first, span.last
    except InvalidValues as error:
        check.faults.extend(error.faults)
    return {
        "text": text,
        "first": first,
        "last": last,
        "side": check.one_of("side", values.get("side", "public"), SIDES),
        "provider": check.text("provider", values.get("provider"), most=120),
        "note": check.text("note", values.get("note"), most=250),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def clean_system(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an InformationSystem; its addresses are :func:`clean_addresses`."""
    _only(SystemValues, values)
    valid_from, valid_until = check.period(values)
    level = values.get("level")
    return {
        "code": check.code("code", values.get("code"), most=60),
        "name": check.text("name", values.get("name"), most=250, needed=True),
        "level": None if level is None else check.whole("level", level, LEVELS[0], LEVELS[-1]),
        "exposure": check.one_of("exposure", values.get("exposure", "inner"), EXPOSURES),
        "operator_id": values.get("operator_id"),
        "purpose": check.text("purpose", values.get("purpose"), most=10_000, lines=True),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def clean_addresses(check: Check, texts: Sequence[str]) -> dict[str, str]:
    """Addresses and domain names of a system, each once: value to key (empty for a name)."""
    if len(texts) > MOST_ADDRESSES:
        check.fault("addresses", N_("{n} addresses are too many: at most {most}"), n=len(texts), most=MOST_ADDRESSES)
        return {}
    found: dict[str, str] = {}
    for text in texts:
        plain = text.strip()
        key = key_of_text(plain)
        if key is not None:
            found[parse_span(plain).text] = key
            continue
        try:
            name = parse_domain(plain)
        except InvalidValues as error:
            check.faults.extend(error.faults)
            continue
        found[name] = ""
        mixed = homograph(name)
        if mixed is not None:
            message = N_("“{word}” mixes letters of several scripts that look alike: a false name is made like this")
            check.warnings.append(Fault("addresses", message, {"word": mixed}))
    return found


def clean_mandate(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a Mandate."""
    _only(MandateValues, values)
    valid_from, valid_until = check.period(values)
    return {
        "subject": check.one_of("subject", values.get("subject"), MANDATES),
        "over_id": values.get("over_id"),
        "basis": check.text("basis", values.get("basis"), most=MOST_BASIS),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def cautions(values: Mapping[str, Any]) -> list[Fault]:
    """What is worth a second look in the values of a record, though it can stand: words and names that mix scripts that look alike.

    Ask before an action, and let whoever typed it say that it is meant. Imports note the same by row.
    """
    check = Check()
    for name, value in values.items():
        if isinstance(value, str):
            check.text(name, value, most=len(value), lines="\n" in value)
        elif name == "addresses":
            clean_addresses(check, value)
    return check.warnings


def _only(known: Any, values: Mapping[str, Any]) -> None:
    """Raise TypeError for a value that the record has not: a fault of the program, or somebody who tries field names."""
    if unknown := sorted(values.keys() - known.__optional_keys__):
        raise TypeError(f"{known.__name__} has no {', '.join(unknown)}")
