"""Small tables in an answer: whether their rows can stand. A fault names its place: ``networks.2.range`` is in the third row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.utils import timezone

from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.domains import parse_domain
from vonggac.desk.organisations.spans import Span, key_of_text, not_public, parse_span
from vonggac.desk.work.kinds import Column, Field
from vonggac.errors import N_, InvalidValues

Row = dict[str, Any]
_EARLIEST: Final = 1990
"""No office here had public addresses before that."""


def is_blank(value: Any) -> bool:
    """Whether a cell says nothing."""
    return value is None or value is False or (isinstance(value, str) and not value.strip())


def clean_rows(check: Check, field: Field, value: Any) -> list[Row]:
    """``value`` (a list of mappings by column) as it is kept: plain values, without what is empty. Notes faults in ``check``."""
    if not isinstance(value, list | tuple):
        check.fault(field.name, N_("a list of rows was expected"))
        return []
    if len(value) > field.most:
        check.fault(field.name, N_("{n} rows are too many: at most {most}"), n=len(value), most=field.most)
        return []
    kept: list[Row] = []
    for n, row in enumerate(value):
        cleaned = _row(check, field, f"{field.name}.{n}", row)
        if cleaned and cleaned not in kept:
            kept.append(cleaned)
    return kept


def _row(check: Check, field: Field, place: str, row: Any) -> Row:
    if not isinstance(row, Mapping):
        check.fault(place, N_("a row with its columns was expected"))
        return {}
    known = {column.name for column in field.columns}
    for name in row:
        if name not in known:
            check.fault(f"{place}.{str(name)[:40]}", N_("this table has no such column"))
    if all(is_blank(row.get(name)) for name in known):
        return {}
    cleaned = {column.name: _cell(check, column, f"{place}.{column.name}", row) for column in field.columns}
    return {name: value for name, value in cleaned.items() if not is_blank(value)}


def _cell(check: Check, column: Column, place: str, row: Mapping[str, Any]) -> Any:
    value = row.get(column.name)
    if column.kind == "flag":
        if not (is_blank(value) or value is True):
            check.fault(place, N_("yes or no was expected"))
        return value is True
    if is_blank(value):
        if column.needed:
            check.fault(place, N_("this is needed"))
        return None
    if column.kind == "whole":
        n_before = len(check.faults)
        number = check.whole(place, value, column.least, column.most)
        return number if len(check.faults) == n_before else None
    if not isinstance(value, str):
        check.fault(place, N_("a text was expected"))
        return None
    return _text(check, column, place, value, str(row.get("channel") or ""))


def _text(check: Check, column: Column, place: str, value: str, channel: str) -> Any:
    text = check.text(place, value, most=column.most, needed=column.needed)
    if not text:
        return None
    if column.kind == "choice":
        return check.one_of(place, text, tuple(key for key, _title in column.choices))
    if column.kind == "phone" or (column.kind == "reach" and channel not in ("email", "chat")):
        return check.phone(place, text)
    if column.kind == "reach":
        return check.email(place, text) if channel == "email" else text
    if column.kind == "range":
        return _public(check, place, text)
    if column.kind == "host":
        return _host(check, place, text)
    return _day(check, place, text) if column.kind == "day" else text


def day_in(text: str) -> date | None:
    """The day that ``text`` is (2025-12-31 or 31/12/2025), None when it is none."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    return None


def _day(check: Check, place: str, text: str) -> str | None:
    day = day_in(text)
    if day is None:
        check.fault(place, N_("“{text}” is no day: expected is for example 31/12/2025 or 2025-12-31"), text=text[:40])
        return None
    if day > timezone.localdate():
        check.fault(place, N_("this lies in the future: it can be written down from that day on"))
    elif day.year < _EARLIEST:
        check.fault(place, N_("the year {year} is not possible"), year=day.year)
    return day.isoformat()


def _public(check: Check, place: str, text: str) -> str | None:
    try:
        span = parse_span(text, place)
    except InvalidValues as error:
        check.faults.extend(error.faults)
        return None
    return _outside(check, place, span)


def _outside(check: Check, place: str, span: Span) -> str:
    if inner := not_public(span):
        check.fault(place, N_("“{text}” is no public address: it lies in {range}"), text=span.text, range=inner)
    return span.text


def _host(check: Check, place: str, text: str) -> str | None:
    if key_of_text(text) is not None:
        return _public(check, place, text)
    try:
        return parse_domain(text, place)
    except InvalidValues as error:
        check.faults.extend(error.faults)
        return None
