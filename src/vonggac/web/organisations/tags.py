"""Template filters of the directory (``{% load directory %}``): what the keys of records are called."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vonggac.desk.organisations.domains import shown
from vonggac.desk.organisations.models.graph import KINDS, MANDATES, SUCCESSIONS
from vonggac.desk.organisations.models.networks import SIDES
from vonggac.desk.organisations.models.people import CHANNELS
from vonggac.desk.organisations.models.systems import EXPOSURES
from vonggac.errors import N_
from vonggac.web.organisations.forms import level_title
from vonggac.web.organisations.trees import Row
from vonggac.web.shell.templatetags.shell import count, day, icon, isolate

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
TALLIES = {"network": N_("networks"), "system": N_("systems"), "people": N_("people")}
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


@cache
def _drawing(name: str) -> str:
    return str(icon(name))


@cache
def _address() -> str:
    return reverse("organisation", args=[0]).replace("/0/", "/{}/")


def _link(pk: int, name: str, is_closed: bool = False) -> str:
    text = f"<bdi>{escape(name)}</bdi>"
    return f'<a href="{_address().format(pk)}">{f"<s>{text}</s>" if is_closed else text}</a>'


@register.simple_tag
def branch(row: Row) -> SafeString:
    """An organisation in the tree: name, kind, what became of it, how much it has.

    Written without a template: a page has hundreds of them, and including one costs twenty times as much.
    """
    told = str(escape(row.kind))
    if row.former:
        told += " · " + format_html(_("formerly: {name}"), name=isolate(row.former))
    if row.is_closed:
        after = ", ".join(_link(one.pk, one.name) for one in row.successors)
        told += f" · {escape(_('closed'))} {day(row.branch.valid_until)}" + (f" → {after}" if after else "")
    held = row.held
    tallies = ""
    for name, n in (
        ("network", held and held.networks),
        ("system", held and held.systems),
        ("people", held and held.people),
    ):
        if n:
            shown_n = n if n < 1000 else count(n)
            word = escape(_(TALLIES[name]))
            hidden = f'<span class="visually-hidden"> {word}</span>'
            tallies += f'<span title="{word}">{_drawing(name)}<span class="count">{shown_n}</span>{hidden}</span>'
    return mark_safe(  # noqa: S308  # every text in it was escaped above
        f'<span class="branch{" is-match" if row.is_match else ""}">'
        f"{_link(row.branch.id, row.branch.name, row.is_closed)} "
        f'<span class="sub">{told}</span><span class="tallies">{tallies}</span></span>'
    )
