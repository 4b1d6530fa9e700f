"""Template tags of letters (``{% load letters %}``): titles of keys, the badge of a state."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.states import (
    APPROVED,
    CHANGES,
    DIRECTIONS,
    DRAFT,
    FORMS,
    ISSUED,
    MACHINE_PROOFS,
    ROLES,
    STATES,
    URGENCIES,
    VIAS,
)
from vonggac.errors import N_
from vonggac.web.letters.tabs import Tab, tabs_of
from vonggac.web.shell.templatetags.shell import badge

register = template.Library()

_TITLES: Mapping[str, Mapping[str, str]] = {
    "change": CHANGES,
    "direction": DIRECTIONS,
    "form": FORMS,
    "proof": MACHINE_PROOFS,
    "role": ROLES,
    "state": STATES,
    "urgency": URGENCIES,
    "via": VIAS,
}
_NOT_SENT = N_("Numbered, not sent yet")
_TONES = {DRAFT: "muted", APPROVED: "info", ISSUED: "ok"}


@register.filter
def letter_word(key: str, of: str) -> str:
    """The title of a key of the vocabulary ``of`` (state, role, urgency …) in the reader's language."""
    return gettext(_TITLES[of].get(key, key))


@register.simple_tag
def letter_state(row: Letter) -> SafeString:
    """The badge of a letter's state."""
    if row.state == ISSUED and row.sent_at is None:
        return badge(gettext(_NOT_SENT), "medium")
    return badge(gettext(STATES[row.state]), _TONES.get(row.state, "muted"))


_URGENT = {"khan": "medium", "thuong_khan": "high", "hoa_toc": "critical"}


@register.simple_tag
def letter_urgency(row: Letter) -> SafeString:
    """The badge of a letter's degree of urgency; nothing for an ordinary one."""
    return badge(gettext(URGENCIES[row.urgency]), _URGENT[row.urgency]) if row.urgency in _URGENT else SafeString("")


@register.simple_tag(takes_context=True)
def letter_tabs(context: template.Context, row: Letter) -> list[Tab]:
    """The tabs of a letter that the reader may open."""
    return tabs_of(context["request"].asker, row)
