"""Whether what somebody says of a list or a version can stand; all faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from vonggac.desk.intel.models.lists import COLUMN_ROLES, LIST_KINDS, TLPS
from vonggac.desk.organisations.checks import Check
from vonggac.errors import N_

MOST_DAYS = 3650
MOST_COLUMNS = 512


def check_list(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an IndicatorList among ``values``, as they are kept."""
    found: dict[str, Any] = {}
    texts = {"name": (250, True), "issuer": (250, False), "note": (4000, False)}
    for name, value in values.items():
        if name == "code":
            found[name] = check.code(name, value, most=40)
        elif name in texts:
            most, needed = texts[name]
            found[name] = check.text(name, value, most=most, needed=needed, lines=name == "note")
        elif name == "kind":
            found[name] = check.one_of(name, value, tuple(LIST_KINDS))
        elif name == "cadence_days":
            found[name] = check.whole(name, value, 0, MOST_DAYS)
        elif name == "expires_days":
            found[name] = check.whole(name, value, 1, MOST_DAYS)
        elif name in ("tlp", "confidence"):
            found[name] = _marking(check, name, value)
        else:
            check.fault(name, N_("a list has no such thing"))
    return found


def _marking(check: Check, name: str, value: Any) -> Any:
    return check.one_of(name, value, tuple(TLPS)) if name == "tlp" else check.whole(name, value, 0, 100)


def check_details(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a version comes with: letter, letter_on, as_of, tlp, confidence, expires_at; of those that are there."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name == "letter":
            found[name] = check.text(name, value, most=120)
        elif name == "letter_on":
            found[name] = _day(check, name, value)
        elif name == "as_of":
            found[name] = check.moment(name, value, latest=timezone.now())
        elif name == "expires_at":
            found[name] = check.moment(name, value)
        elif name in ("tlp", "confidence"):
            found[name] = _marking(check, name, value)
        else:
            check.fault(name, N_("a version has no such thing"))
    return found


def _day(check: Check, name: str, value: date | None) -> date | None:
    if isinstance(value, datetime) or (value is not None and not 1900 <= value.year < 2200):
        check.fault(name, N_("a day was expected"))
        return None
    return value


def check_mapping(check: Check, columns: list[dict[str, Any]], mapping: Mapping[str, str]) -> dict[str, str]:
    """``mapping`` (header, or number of the column from 1, to role) of a file with these ``columns``, as it is kept."""
    headers = {str(column["header"]) for column in columns if column["header"]}
    widest = max((int(column["number"]) for column in columns), default=0)
    if len(mapping) > MOST_COLUMNS:
        check.fault("mapping", N_("there are not so many columns"))
        return {}
    for header, role in mapping.items():
        if header not in headers and not (header.isascii() and header.isdecimal() and 1 <= int(header) <= widest):
            check.fault("mapping", N_("no column is called “{header}”"), header=str(header)[:80])
        if role not in COLUMN_ROLES:
            check.one_of("mapping", role, tuple(COLUMN_ROLES))
    return dict(mapping)
