"""Template filters of the directory (``{% load directory %}``): what the keys of records are called."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from vonggac.desk.organisations.domains import shown
from vonggac.desk.organisations.models.graph import KINDS, MANDATES, SUCCESSIONS
from vonggac.desk.organisations.models.networks import SIDES
from vonggac.desk.organisations.models.people import CHANNELS
from vonggac.desk.organisations.models.systems import EXPOSURES
from vonggac.web.organisations.forms import level_title

register = template.Library()

TITLES = {
    "kind": KINDS,
    "side": SIDES,
    "exposure": EXPOSURES,
    "channel": CHANNELS,
    "mandate": MANDATES,
    "succession": SUCCESSIONS,
}
CHANNEL_ICONS = {"phone": "phone", "mobile": "device", "email": "at", "chat": "message", "fax": "print"}
EXPOSURE_TONES = {"internet": "high", "inner": "low", "isolated": "ok"}


@register.filter
def title_of(key: str, of: str) -> str:
    """The title of a key (``{{ one.kind|title_of:"kind" }}``); the key itself when it has none."""
    titles = TITLES[of]
    return _(titles[key]) if key in titles else key


@register.filter
def level(number: Any) -> str:
    """The title of a security level, that it has none yet when it is None."""
    return _("No level yet") if number is None else level_title(number)


@register.filter
def level_tone(number: Any) -> str:
    """The tone of a level's badge: what is missing stands out, and so do the highest."""
    return {None: "medium", 4: "high", 5: "critical"}.get(number, "info")


@register.filter
def exposure_tone(key: str) -> str:
    """The tone of an exposure's badge."""
    return EXPOSURE_TONES.get(key, "muted")


@register.filter
def channel_icon(key: str) -> str:
    """The drawing of a channel."""
    return CHANNEL_ICONS.get(key, "phone")


@register.filter
def letters(name: str) -> str:
    """A domain name in the letters that people read, where they deceive nobody."""
    return shown(name)


@register.filter
def is_over(row: Any, now: Any) -> bool:
    """Whether a record holds no longer."""
    return row.valid_until is not None and row.valid_until <= now


@register.filter
def is_coming(row: Any, now: Any) -> bool:
    """Whether a record does not hold yet."""
    return row.valid_from is not None and row.valid_from > now
