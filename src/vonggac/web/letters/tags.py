"""Template tags of letters (``{% load letters %}``): titles of keys, the badge of a state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from vonggac.desk.directives.arrivals import ARRIVING_FORMS
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.models.sending import HOWS
from vonggac.desk.directives.queries import Asked
from vonggac.desk.directives.queries.reports import parts
from vonggac.desk.directives.reports.numbering import Numbered, numbered
from vonggac.desk.directives.states import (
    APPROVED,
    CHANGES,
    DIRECTIONS,
    DRAFT,
    FORMS,
    IN,
    ISSUED,
    LINK_USES,
    MACHINE_PROOFS,
    ROLES,
    STATES,
    URGENCIES,
    VIAS,
)
from vonggac.desk.work.states import ACCEPTED, CLOSED
from vonggac.desk.work.states import STATES as TASK_STATES
from vonggac.errors import N_
from vonggac.web.letters.panel import Files, files_panel
from vonggac.web.letters.tabs import Tab, tabs_of
from vonggac.web.shell import times
from vonggac.web.shell.templatetags.shell import badge
from vonggac.web.work.words import STATE_TONES

register = template.Library()

_TITLES: Mapping[str, Mapping[str, str]] = {
    "change": CHANGES,
    "direction": DIRECTIONS,
    "how": HOWS,
    "form": {**ARRIVING_FORMS, **FORMS},
    "proof": MACHINE_PROOFS,
    "role": ROLES,
    "state": STATES,
    "urgency": URGENCIES,
    "use": LINK_USES,
    "via": VIAS,
}
_NOT_SENT = N_("Numbered, not sent yet")
_ENTERED = N_("In the register")
_TONES = {DRAFT: "muted", APPROVED: "info", ISSUED: "ok"}


@register.filter
def letter_word(key: str, of: str) -> str:
    """The title of a key of the vocabulary ``of`` (state, role, urgency …) in the reader's language."""
    return gettext(_TITLES[of].get(key, key))


@register.simple_tag
def letter_state(row: Letter) -> SafeString:
    """The badge of a letter's state."""
    if row.state == ISSUED and row.direction == IN:
        return badge(gettext(_ENTERED), "ok")
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


@register.simple_tag(takes_context=True)
def letter_files(context: Mapping[str, Any], row: Letter) -> Files:
    """The panel of a letter's files for who reads the page."""
    return files_panel(context["request"].asker, row)


@register.simple_tag
def report_text(row: Letter) -> list[Numbered]:
    """The parts of a report as they stand in it, without what is left out and the appendices."""
    return [one for one in numbered(parts(row)) if one.number and not one.part.is_appendix]


@register.simple_tag
def clause_state(one: Asked) -> SafeString:
    """How one clause stands with its recipient: what was accepted says so, although its Task is closed."""
    state = one.task.state
    if state == CLOSED and one.last is not None and one.last.verdict == "accepted":
        state = ACCEPTED
    tone, drawn = STATE_TONES.get(state, ("muted", "dot"))
    return badge(gettext(TASK_STATES.get(state, state)), tone, drawn)


@register.filter
def to_the_minute(at: datetime | None) -> str:
    """A time as the local day and minute, beside a clock that counts down to it."""
    return times.to_the_minute(at) if at else ""
