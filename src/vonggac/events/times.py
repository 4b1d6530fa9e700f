"""Times of events: every written form that sources use, to microseconds since 1970 in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MONTHS = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_APACHE = re.compile(r"(\d{1,2})/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?: ([+-])(\d\d):?(\d\d))?")
_BSD = re.compile(
    r"(\w{3}) +(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?(?: (\d{4}))?"
    r"(?: (?:GMT|UTC)(?:([+-]\d\d):?(\d\d))?(?!\S))?"
)
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d+)?")
_ISO = re.compile(r"\d{4}([-/])\d\d\1\d\d[T ]\d")


def parse_time(value: object, zone: tzinfo = UTC, year: int | None = None) -> int | None:
    """Microseconds since 1970 in UTC, or None when ``value`` is no time.

    Understands ISO 8601 (any number of decimals; also ``2026/11/24 10:00:00``), seconds, milliseconds, microseconds or nanoseconds since 1970
    (told apart by size), the web servers' ``10/Oct/2000:13:55:36 -0700`` and syslog's ``Oct 11 22:14:15`` (with
    ``year``, else the latest that is not more than a day ahead of now; with a year and ``GMT+07:00`` as in CEF, too).
    ``zone`` is the zone of forms that name none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if _ISO.match(text):
            return _from_iso(text, zone)
        if _NUMBER.fullmatch(text):
            return _from_number(float(text)) if "." in text else _from_number(int(text))
        if found := _APACHE.match(text):
            return _from_apache(found, zone)
        if found := _BSD.match(text):
            return _from_bsd(found, zone, year)
    except (ValueError, OverflowError):
        return None
    return None


def _since_epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _from_iso(text: str, zone: tzinfo) -> int:
    try:
        moment = datetime.fromisoformat(text)  # decimals beyond six are cut
    except ValueError:
        text = text.replace("/", "-", 2)
        moment = datetime.fromisoformat(
            text.replace(",", ".").removesuffix(" UTC").removesuffix("Z") + "Z" * text.endswith(("Z", " UTC"))
        )
    return _since_epoch(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _from_number(number: float) -> int | None:
    size = abs(number)
    for limit, numerator, denominator in (
        (1e11, 1_000_000, 1),  # seconds, until the year 5138
        (1e14, 1_000, 1),
        (1e17, 1, 1),
        (1e20, 1, 1_000),
    ):
        if size < limit:
            if isinstance(number, int):
                return number * numerator // denominator
            return round(number * numerator / denominator)
    return None


def _from_apache(found: re.Match[str], zone: tzinfo) -> int:
    day, month, year, hour, minute, second, sign, off_h, off_m = found.groups()
    moment = datetime(int(year), _month(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    if sign is None:
        return _since_epoch(moment.replace(tzinfo=zone))
    offset = timedelta(hours=int(off_h), minutes=int(off_m))
    moment = moment - offset if sign == "+" else moment + offset
    return _since_epoch(moment)


def _from_bsd(found: re.Match[str], zone: tzinfo, year: int | None) -> int:
    month, day, early_year, hour, minute, second, fraction, late_year, off_h, off_m = found.groups()
    stated = early_year or late_year
    if found[0].endswith(("GMT", "UTC")):
        zone = UTC
    elif off_h:
        zone = timezone(timedelta(hours=int(off_h), minutes=int(off_h[0] + off_m)))
    micro = int((fraction or "0").ljust(6, "0"))
    clock = (int(hour), int(minute), min(int(second), 59), micro)
    if stated or year is not None:
        moment = datetime(int(stated or year or 0), _month(month), int(day), *clock, tzinfo=zone)
        return _since_epoch(moment)
    now = datetime.now(zone)
    for candidate in range(now.year, now.year - 9, -1):  # 29 February occurs every fourth year, at worst eighth
        try:
            moment = datetime(
                candidate + (candidate == now.year and now.month == 12 and _month(month) == 1),
                _month(month),
                int(day),
                *clock,
                tzinfo=zone,
            )
        except ValueError:
            continue
        if moment <= now + timedelta(days=1):
            return _since_epoch(moment)
    raise ValueError(found.group())


def _month(name: str) -> int:
    number = _MONTHS.get(name.lower())
    if number is None:
        raise ValueError(name)
    return number


def iso(time_us: int | None) -> str:
    """``time_us`` as ISO 8601 in UTC with microseconds and ``Z``; empty for None or what no calendar holds."""
    if time_us is None:
        return ""
    days, rest = divmod(time_us, 86_400_000_000)
    seconds, micro = divmod(rest, 1_000_000)
    day = _day(days)
    clock = (seconds // 3600, seconds // 60 % 60, seconds % 60, micro)
    return day and day + "T%02d:%02d:%02d.%06dZ" % clock  # noqa: UP031  # a third faster, and every finding asks


@lru_cache(maxsize=1024)
def _day(number: int) -> str:
    """The day ``number`` days after 1970-01-01; empty for what no calendar holds."""
    try:
        day = _EPOCH + timedelta(days=number)
    except OverflowError:
        return ""
    return day.date().isoformat() if day.year >= 1000 else ""
