"""Cells of a directory file: read into values, and written so that reading gives the same value again.

A cell that a spreadsheet program would take for a formula is written with a leading apostrophe; one such apostrophe is
taken off when it is read. The two are exact inverses: what begins with apostrophes before a formula sign gets one more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.staging.kinds import CHOICES, Column, choice_forms, choice_titles
from vonggac.desk.searching import search_form
from vonggac.errors import N_, Fault
from vonggac.tables import Cell, Unread, cell_text, is_empty
from vonggac.tables.table import UNREAD

_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")  # OWASP, CSV injection; full-width signs count too
_GUARDED = re.compile(r"'(?='*\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T](\d{1,2}):(\d{2}))?")
_YES = frozenset({"yes", "y", "true", "1", "x", "co", "dung"})
_NO = frozenset({"", "no", "n", "false", "0", "khong", "sai", "-"})
_SEPARATORS = re.compile(r"[;,\s]+")


def guarded(text: str) -> str:
    """``text`` for a cell that no spreadsheet program takes for a formula."""
    return "'" + text if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """What was given to :func:`guarded`."""
    return text[1:] if _GUARDED.match(text) else text


def read(check: Check, column: Column, cell: Cell, zone: tzinfo) -> Any:
    """The value of ``cell``, noting in ``check`` what is wrong with it. References to other records stay texts."""
    if isinstance(cell, Unread):
        check.fault(column.field, UNREAD[cell.reason])
        return None
    return _READERS[column.kind](check, column, cell, zone)


def _text(_check: Check, _column: Column, cell: Cell, _zone: tzinfo) -> str:
    return unguarded(cell_text(cell))


def _phone(check: Check, column: Column, cell: Cell, zone: tzinfo) -> str:
    text = _text(check, column, cell, zone)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and len(text) in (9, 10):
        message = N_("the cell is a number, so that a zero at its beginning is lost: make the column text")
        check.warnings.append(Fault(column.field, message))
    return text


def _choice(check: Check, column: Column, cell: Cell, zone: tzinfo) -> Any:
    text = _text(check, column, cell, zone)
    if text in CHOICES[column.choices]:
        return text
    form = search_form(text.replace("_", " "))
    # What is not known stays as it is: the check of all values says what would be possible.
    return choice_forms(column.choices).get(form, text)


def _whole(check: Check, column: Column, cell: Cell, zone: tzinfo) -> Any:
    text = _text(check, column, cell, zone)
    if not text:
        return None
    digits = search_form(text).removeprefix("cap do ").removeprefix("cap ").removeprefix("level ")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else text


def _flag(check: Check, column: Column, cell: Cell, zone: tzinfo) -> bool:
    text = search_form(_text(check, column, cell, zone))
    if text not in _YES | _NO:
        check.fault(column.field, N_("yes or no was expected"))
    return text in _YES


def _list(check: Check, column: Column, cell: Cell, zone: tzinfo) -> list[str]:
    text = _text(check, column, cell, zone)
    return [part for part in _SEPARATORS.split(text) if part]


def _moment(check: Check, column: Column, cell: Cell, zone: tzinfo) -> datetime | None:
    if is_empty(cell):
        return None
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=zone) if cell.tzinfo is None else cell
    if isinstance(cell, date):
        return datetime.combine(cell, time.min, tzinfo=zone)
    text = unguarded(cell_text(cell))
    try:
        if found := _DAY_FIRST.fullmatch(text):
            day, month, year, hour, minute = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, tzinfo=zone)
        moment = datetime.fromisoformat(text) if not text.isdecimal() else None
    except ValueError:
        moment = None
    if moment is None:
        check.fault(
            column.field, N_("“{text}” is no day: expected is for example 31/12/2025 or 2025-12-31"), text=text[:40]
        )
        return None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


_READERS: dict[str, Callable[[Check, Column, Cell, tzinfo], Any]] = {
    "text": _text,
    "lines": _text,
    "code": _text,
    "organisation": _text,
    "phone": _phone,
    "choice": _choice,
    "whole": _whole,
    "flag": _flag,
    "list": _list,
    "moment": _moment,
}


def written(column: Column, value: Any, zone: tzinfo, language: str) -> str:
    """``value`` as :func:`read` reads it back, in the words of ``language``; not yet guarded."""
    if value is None or value == "":
        return ""
    if column.kind == "moment":
        return moment_text(value, zone)
    if column.kind == "flag":
        return {"en": ("yes", "no"), "vi": ("có", "không")}[language][0 if value else 1]
    if column.kind == "choice":
        return choice_titles(column.choices, language).get(value, str(value))
    if column.kind == "list":
        return "; ".join(value)
    return str(value)


def moment_text(at: datetime, zone: tzinfo) -> str:
    """The local day of a time that is its beginning, else the exact time with its offset (ISO 8601)."""
    local = at.astimezone(zone)
    if local.time() == time.min:
        return local.date().isoformat()
    return (local if local.utcoffset() is not None else at.astimezone(UTC)).isoformat(" ")
