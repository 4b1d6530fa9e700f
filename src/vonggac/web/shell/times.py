"""Times, days and numbers in the reader's language, in the zone of the installation. Pure but for the language."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from django.conf import settings
from django.utils.translation import get_language, gettext, ngettext

from vonggac.config import zone_from
from vonggac.errors import N_

FORMATS = {
    "vi": ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S"),
    "en": ("%d %b %Y", "%d %b %Y, %H:%M", "%d %b %Y, %H:%M:%S"),
}
"""Language to the forms of a day, of a time to the minute, and to the second."""

SEPARATORS = {"vi": (".", ","), "en": (",", ".")}
"""Language to what stands between thousands, and before the places."""

MINUTE, HOUR, DAY = 60, 3600, 86400
NEAR = 7 * DAY
"""Seconds within which a time is told relative to now."""


@lru_cache(maxsize=1)
def zone() -> tzinfo:
    """The zone in which this installation shows times."""
    return zone_from(settings.VONGGAC.zone)


def _formats() -> tuple[str, str, str]:
    return FORMATS.get((get_language() or "vi")[:2], FORMATS["vi"])


def day(at: datetime) -> str:
    """The local day of an aware time: ``24/11/2026``."""
    return at.astimezone(zone()).strftime(_formats()[0])


WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


def long_day(at: datetime) -> str:
    """The local day with its weekday: ``Thứ ba, 24/11/2026``."""
    return f"{gettext(WEEKDAYS[at.astimezone(zone()).weekday()])}, {day(at)}"


def to_the_minute(at: datetime) -> str:
    """The local day and time: ``24/11/2026 19:30``."""
    return at.astimezone(zone()).strftime(_formats()[1])


def exact(at: datetime) -> str:
    """Local time to the second with its offset, then UTC: what stands on hover."""
    local = at.astimezone(zone())
    offset = local.strftime("%z")
    utc = at.astimezone(UTC).strftime(_formats()[2])
    return f"{local.strftime(_formats()[2])} {offset[:3]}:{offset[3:5]} · {utc} UTC"


def told(seconds: float) -> str:
    """How people say a distance in time from now: negative is past. Whole units, rounded down."""
    distance = abs(seconds)
    if distance < MINUTE:
        return gettext("just now") if seconds <= 0 else gettext("less than a minute left")
    size = DAY if distance >= DAY else HOUR if distance >= HOUR else MINUTE
    n = int(distance // size)
    text = (_ago if seconds < 0 else _left)(size, n)
    return text % {"n": n}


def _ago(size: int, n: int) -> str:
    if size == DAY:
        return ngettext("%(n)s day ago", "%(n)s days ago", n)
    if size == HOUR:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", n)
    return ngettext("%(n)s minute ago", "%(n)s minutes ago", n)


def _left(size: int, n: int) -> str:
    if size == DAY:
        return ngettext("%(n)s day left", "%(n)s days left", n)
    if size == HOUR:
        return ngettext("%(n)s hour left", "%(n)s hours left", n)
    return ngettext("%(n)s minute left", "%(n)s minutes left", n)


def length(seconds: float) -> str:
    """A length of time in whole units: ``3 hours``."""
    size = DAY if seconds >= DAY else HOUR if seconds >= HOUR else MINUTE
    n = max(int(seconds // size), 1)
    if size == DAY:
        text = ngettext("%(n)s day", "%(n)s days", n)
    elif size == HOUR:
        text = ngettext("%(n)s hour", "%(n)s hours", n)
    else:
        text = ngettext("%(n)s minute", "%(n)s minutes", n)
    return text % {"n": n}


def words() -> dict[str, str]:
    """The texts of ``told`` for our script, by unit: ``day-ago``, ``day-ago-one``; ``{n}`` stands for the number."""
    texts = {"now": told(0), "soon": told(1)}
    for unit, size in (("minute", MINUTE), ("hour", HOUR), ("day", DAY)):
        for ending, n in (("", 2), ("-one", 1)):
            texts[f"{unit}-ago{ending}"] = _ago(size, n) % {"n": "{n}"}
            texts[f"{unit}-left{ending}"] = _left(size, n) % {"n": "{n}"}
    return texts


def near_or_day(at: datetime, now: datetime) -> str:
    """``at`` relative to ``now`` within a week, else its local day and minute."""
    seconds = (at - now).total_seconds()
    return told(seconds) if abs(seconds) < NEAR else to_the_minute(at)


def number(value: float, places: int | None = None) -> str:
    """A number with the separators of the reader's language: ``1.234,5`` or ``1,234.5``. Whole numbers have no places."""
    if places is None:
        places = 0 if value == int(value) else 1
    thousands, point = SEPARATORS.get((get_language() or "vi")[:2], SEPARATORS["vi"])
    return f"{value:,.{places}f}".translate({ord(","): thousands, ord("."): point})
