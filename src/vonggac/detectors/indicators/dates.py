"""Times in lists, as people in Viet Nam write them, to microseconds since 1970 in UTC.

Day before month, always, unless a column proves otherwise (:func:`is_month_first`). A time without a zone is of the zone
of the list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

import numpy as np

from vonggac.events.times import parse_time
from vonggac.tables.table import Cell

VIETNAM = timezone(timedelta(hours=7))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SERIAL_ORIGIN = datetime(1899, 12, 30)  # noqa: DTZ001  # day 0 of spreadsheets (ECMA-376 part 1, 18.17.4.1); local time
_SERIAL_MIN, _SERIAL_MAX = 20_000, 80_000  # the years 1954 to 2119: a smaller number is a count, a larger one an epoch
_EPOCH_MIN = 100_000_000  # seconds: March 1973
_EPOCH_END = 4_133_980_800_000_000  # microseconds: the year 2101, as a list that tells of later times tells of none
MAX_CHARACTERS = 100

_MONTH_NAMES = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,12})?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[/.\-]\s?(\d{1,2})\s?[/.\-]\s?(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})\s?[/.\-]\s?(\d{1,2})\s?[/.\-]\s?(\d{4}|\d{2})(?!\d)")
_IN_WORDS = re.compile(r"(\d{1,2})\s*(?:thang|thg\.?)\s*(\d{1,2})\s*,?\s*(?:nam)?\s*(\d{4})")
_ENGLISH_DAY = re.compile(
    r"(\d{1,2})[\s\-/](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[\s,\-/]+(\d{4}|\d{2})(?!\d)"
)
_ENGLISH_MONTH = re.compile(
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
)
_CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2})\s*(?:gio|h|g|:)\s*(?:(\d{1,2})\s*(?:(?:phut|ph|p(?!m)|:|')\s*(?:(\d{1,2})(?:[.,](\d{1,9}))?\s*(?:giay|s|\")?)?)?)?"
    r"\s*(am|pm|sa|ch|sang|chieu|toi)?(?![\d:])"
)
_ZONE = re.compile(
    r"\(?(?:\b(?:gmt|utc)\s*)?(\+|(?<=:\d\d)-|(?<=\s)-)\s*(\d{1,2})(?::?(\d\d))?\)?\s*$"
    r"|\(?\b(?:gmt|utc)\s*([+-])\s*(\d{1,2})(?::?(\d\d))?\)?"
    r"|(?<=\d)\s*(z)\s*$|\(?\b(utc|gmt)\b\)?|\(?\b(ict)\b\)?"
)
_FILLER = re.compile(
    r"\b(?:ngay|luc|vao|hoi|khoang|thu\s+(?:hai|ba|tu|nam|sau|bay|\d)|chu\s+nhat|at|on|t(?=\d)"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)\b"
    r"|[,;\-–()]"
)


def time_us(cell: Cell, zone: tzinfo = VIETNAM, *, month_first: bool = False) -> int | None:
    """Microseconds since 1970 in UTC, or None when ``cell`` is no time.

    Understands date and time cells, the serial numbers of spreadsheets, seconds to nanoseconds since 1970, ISO 8601,
    ``24/11/2026 08:15``, ``08:15 ngày 24/11/2026``, ``24/11/2026 8h15``, ``ngày 24 tháng 11 năm 2026``, ``20261124``,
    ``Nov 24, 2026``; years of two digits are of 2000 to 2068 or 1969 to 1999 (POSIX ``%y``).
    """
    try:
        if isinstance(cell, datetime):
            return _since_epoch(cell if cell.tzinfo else cell.replace(tzinfo=zone))
        if isinstance(cell, date):
            return _since_epoch(datetime(cell.year, cell.month, cell.day, tzinfo=zone))
        if isinstance(cell, bool):
            return None
        if isinstance(cell, int | float):
            return _from_number(cell, zone)
        if isinstance(cell, str):
            return _from_text(cell, zone, month_first)
    except (ValueError, OverflowError):
        return None
    return None


def _since_epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _from_number(number: float, zone: tzinfo) -> int | None:
    if _SERIAL_MIN <= number < _SERIAL_MAX:
        moment = _SERIAL_ORIGIN + timedelta(milliseconds=round(number * 86_400_000))
        return _since_epoch(moment.replace(tzinfo=zone))
    if float(number).is_integer() and (found := _COMPACT.fullmatch(str(int(number)))):
        return _since_epoch(datetime(*(int(part) for part in found.groups("0")), tzinfo=zone))  # type: ignore[misc,arg-type]  # at most six numbers
    moment_us = parse_time(number) if number >= _EPOCH_MIN else None
    return moment_us if moment_us is not None and moment_us < _EPOCH_END else None


def _from_text(text: str, zone: tzinfo, month_first: bool) -> int | None:
    text = plain(text)
    if not text or len(text) > MAX_CHARACTERS:
        return None
    if _NUMBER.fullmatch(text):
        return _from_number(float(text) if "." in text else int(text), zone)
    if re.match(r"\d{4}-\d\d-\d\dt\d", text):
        return parse_time(text.upper().replace("H", ":"), zone)
    zone, text = _take_zone(text, zone)
    day, text = _take_date(text, month_first)
    clock, text = _take_clock(text)
    if day is None or _FILLER.sub(" ", text).strip(" .:"):
        return None
    return _since_epoch(datetime.combine(day, clock or time(), tzinfo=zone))


def plain(text: str) -> str:
    """``text`` in lower case without diacritics, ``đ`` as ``d``, white space as single blanks."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(text.lower().split())


def _take_zone(text: str, zone: tzinfo) -> tuple[tzinfo, str]:
    found = _ZONE.search(text)
    if not found or (found.group(1) and ":" not in text[: found.start()] and "h" not in text[: found.start()]):
        return zone, text
    sign, hours, minutes = (
        found.group(1) or found.group(4),
        found.group(2) or found.group(5),
        found.group(3) or found.group(6),
    )
    rest = text[: found.start()] + " " + text[found.end() :]
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(offset if sign == "+" else -offset), rest
    return (VIETNAM if found.group(9) else UTC), rest


def _take_date(text: str, month_first: bool) -> tuple[date | None, str]:
    for pattern, order in (
        (_YEAR_FIRST, "ymd"), (_DAY_FIRST, "mdy" if month_first else "dmy"), (_IN_WORDS, "dmy"), (_ENGLISH_DAY, "dmy"),
        (_ENGLISH_MONTH, "mdy"),
    ):  # fmt: skip
        if found := pattern.search(text):
            part = dict(zip(order, found.groups(), strict=True))
            month = _MONTH_NAMES.get(part["m"]) or int(part["m"])
            year = int(part["y"])
            if len(part["y"]) == 2:
                year += 2000 if year < 69 else 1900
            return date(year, month, int(part["d"])), text[: found.start()] + " " + text[found.end() :]
    return None, text


def _take_clock(text: str) -> tuple[time | None, str]:
    found = _CLOCK.search(text.replace("t", " ", 1) if text.startswith("t") else text)
    if not found:
        return None, text
    hour = int(found.group(1))
    half = found.group(5)
    if half in ("pm", "ch", "chieu", "toi") and hour < 12:
        hour += 12
    elif half in ("am", "sa") and hour == 12:
        hour = 0
    micro = int((found.group(4) or "0").ljust(6, "0")[:6])
    clock = time(hour, int(found.group(2) or 0), int(found.group(3) or 0), micro)
    return clock, text[: found.start()] + " " + text[found.end() :]


def is_month_first(cells: Iterable[Cell]) -> bool:
    """Whether a column writes the month before the day: some value cannot be read otherwise, and none only so."""
    proofs = 0
    for cell in cells:
        if isinstance(cell, str) and (found := _DAY_FIRST.search(cell)):
            first, second = int(found.group(1)), int(found.group(2))
            if first > 12:
                return False
            proofs += second > 12
    return proofs > 0


def times_us(cells: Sequence[Cell], zone: tzinfo = VIETNAM) -> list[int | None]:
    """:func:`time_us` of every cell of a column, the usual layouts of text all at once."""
    month_first = is_month_first(cells[:50_000])
    fast = _many(cells, zone, month_first)
    if fast is None:
        known: dict[object, int | None] = {}
        return [_remembered(cell, known, zone, month_first) for cell in cells]
    values, is_read = fast
    result: list[int | None] = values.tolist()
    for index in np.flatnonzero(~is_read).tolist():
        result[index] = time_us(cells[index], zone, month_first=month_first)
    return result


def _remembered(cell: Cell, known: dict[object, int | None], zone: tzinfo, month_first: bool) -> int | None:
    key = (cell.__class__, cell)
    if key not in known:
        known[key] = time_us(cell, zone, month_first=month_first)
    return known[key]


_PADDING = {19: "", 16: ":00", 10: " 00:00:00"}
_MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _many(cells: Sequence[Cell], zone: tzinfo, month_first: bool) -> tuple[np.ndarray, np.ndarray] | None:
    """Times of texts like ``24/11/2026 08:15:00`` and ``2026-11-24T08:15``, and which cells were read so.

    None when the zone's offset depends on the date or the column has too few such texts to pay.
    """
    offset = zone.utcoffset(None)
    if offset is None or len(cells) < 64:
        return None
    padded = [
        cell + _PADDING[len(cell)] if cell.__class__ is str and len(cell) in _PADDING and cell.isascii() else ""
        for cell in cells
    ]
    rows = np.flatnonzero(np.fromiter(map(len, padded), np.int64, len(padded)))
    if len(rows) * 2 < len(cells):
        return None
    raw = np.frombuffer("".join(padded).encode("ascii"), np.uint8).reshape(len(rows), 19)
    year_first = (raw[:, 4] == 45) & (raw[:, 7] == 45)
    day_first = (raw[:, 2] == raw[:, 5]) & np.isin(raw[:, 2], (45, 46, 47))
    digit = raw.astype(np.int32) - 48
    places = np.array([0, 1, 2, 3, 5, 6, 8, 9]), np.array([0, 1, 3, 4, 6, 7, 8, 9])
    clock_places = [11, 12, 14, 15, 17, 18]
    ok = (raw[:, 13] == 58) & (raw[:, 16] == 58) & np.isin(raw[:, 10], (32, 84)) & (year_first | day_first)
    is_digit = (digit >= 0) & (digit <= 9)
    ok &= np.where(year_first, is_digit[:, places[0]].all(1), is_digit[:, places[1]].all(1)) & is_digit[
        :, clock_places
    ].all(1)
    two = digit[:, :-1] * 10 + digit[:, 1:]
    first, second = two[:, 0], two[:, 3]
    year = np.where(year_first, two[:, 0] * 100 + two[:, 2], two[:, 6] * 100 + two[:, 8])
    month = np.where(year_first, two[:, 5], first if month_first else second)
    day = np.where(year_first, two[:, 8], second if month_first else first)
    hour, minute, seconds = two[:, 11], two[:, 14], two[:, 17]
    ok &= (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (seconds < 60) & (year >= 1900)
    ok &= day <= _MONTH_DAYS[np.clip(month, 0, 12)]
    ok &= (month != 2) | (day < 29) | ((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)))
    months = np.where(ok, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    stamps = ((days * 24 + hour) * 60 + minute) * 60 + seconds - round(offset.total_seconds())
    values, is_read = np.zeros(len(cells), np.int64), np.zeros(len(cells), bool)
    values[rows], is_read[rows] = stamps * 1_000_000, ok
    return values, is_read
