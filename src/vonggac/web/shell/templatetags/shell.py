"""The components of the design language as template tags; every page has them without loading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from vonggac.web.shell import charts, times
from vonggac.web.shell.paging import address, links_of

register = template.Library()

TONES = {
    "critical": "severity-critical",
    "high": "severity-high",
    "medium": "severity-medium",
    "low": "severity-low",
    "info": "info",
    "ok": "check",
    "muted": "dot",
}
"""Tone of a badge to the icon that it has unless another is named: never colour alone."""


HIDDEN_MARKS = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Characters that are not seen but turn, join or part what is. Isolation alone does not hold them: an isolate opened inside
(U+2066) takes the end that was meant for ours."""


def shown(value: Any) -> SafeString:
    """``value`` escaped, with every hidden mark in it written out (``U+202E``)."""
    text = str(value)
    if not HIDDEN_MARKS.search(text):
        return conditional_escape(text)
    parts = []
    start = 0
    for found in HIDDEN_MARKS.finditer(text):
        parts.append((conditional_escape(text[start : found.start()]), f"U+{ord(found[0]):04X}"))
        start = found.end()
    marked = format_html_join("", '{}<span class="hidden-mark">{}</span>', parts)
    return format_html("{}{}", marked, text[start:])


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """A drawing of the sprite. Decoration unless ``label`` says what it means."""
    return _icon(name, str(label), css)


@lru_cache(maxsize=1024)
def _icon(name: str, label: str, css: str) -> SafeString:
    """Drawn once: a list shows the same few in every row."""
    href = f"{static('vonggac/sprite.svg')}#{name}"
    if label:
        return format_html('<svg class="icon {}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)
    return format_html('<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}"/></svg>', css, href)


@register.simple_tag
def badge(text: Any, tone: str = "muted", icon_name: str = "") -> SafeString:
    """A state or severity: colour, icon and word. A tone that is not known is ``muted``."""
    tone = tone if tone in TONES else "muted"
    return format_html('<span class="badge {}">{}<span>{}</span></span>', tone, icon(icon_name or TONES[tone]), text)


@register.simple_tag
def when(at: datetime | None, none: str = "–") -> SafeString:
    """A time: relative within a week, else the local day and minute; exact and in UTC on hover."""
    if at is None:
        return format_html('<span class="none">{}</span>', none)
    now = timezone.now()
    is_near = abs((at - now).total_seconds()) < times.NEAR
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        at.isoformat(),
        times.exact(at),
        mark_safe(" data-relative") if is_near else "",  # a constant
        times.near_or_day(at, now),
    )


@register.simple_tag
def day(at: datetime | None, none: str = "–") -> SafeString:
    """The local day of a time; exact and in UTC on hover."""
    if at is None:
        return format_html('<span class="none">{}</span>', none)
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), times.exact(at), times.day(at))


@register.simple_tag
def mono(value: Any) -> SafeString:
    """An address, a code, a digest: monospace, without any power over the direction of what stands around it."""
    return format_html('<code class="mono" dir="ltr"><bdi>{}</bdi></code>', shown("" if value is None else value))


@register.simple_tag
def isolate(value: Any) -> SafeString:
    """Text that somebody typed: it turns nothing around it, and hidden marks of direction in it are seen."""
    return format_html("<bdi>{}</bdi>", shown("" if value is None else value))


@register.simple_tag
def count(n: float | None) -> SafeString:
    """A number with the separators of the reader's language."""
    return format_html('<span class="count">{}</span>', "–" if n is None else times.number(n))


@register.inclusion_tag("shell/parts/field.html")
def field(bound: BoundField, hint: str = "") -> Mapping[str, Any]:
    """One field of a form: label, control, help and faults; ``hint`` stands in for the form's own help text."""
    kind = getattr(bound.field.widget, "input_type", "") or type(bound.field.widget).__name__.lower()
    return {
        "field": bound,
        "kind": kind,
        "is_group": bound.use_fieldset,
        "is_check": kind == "checkbox" and not bound.use_fieldset,
        "hint": hint or bound.help_text,
        "faults": bound.errors,
    }


@register.inclusion_tag("shell/parts/paginator.html", takes_context=True)
def paginator(context: template.Context, page: Any) -> Mapping[str, Any]:
    """Where one is in a list, and the ways on; ``page`` is a ``paging.Paged`` or a Page of Django."""
    links = links_of(page, context.get("request"))
    places = {name: times.number(getattr(links, name) or 0) for name in ("first", "last", "total")}
    return {"links": links, **places}


@register.inclusion_tag("shell/parts/empty.html")
def empty(title: str, text: str = "", href: str = "", label: str = "", icon_name: str = "tower") -> Mapping[str, Any]:
    """What will be here and how to make it appear."""
    return {"title": title, "text": text, "href": href, "label": label, "icon_name": icon_name}


@register.inclusion_tag("shell/parts/chart.html")
def chart(value: charts.Chart) -> Mapping[str, Any]:
    """A chart with its question, its key and the table behind it."""
    return {"chart": value, "drawing": charts.drawing(value), "keys": charts.keys(value), "rows": charts.table(value)}


@register.simple_tag
def clock(due: datetime | None, done: datetime | None = None, paused: str = "") -> SafeString:
    """Time that is left until ``due``: running, soon (a day or less), overdue (it shouts), paused (why), done (in time or late)."""
    if due is None:
        return format_html('<span class="clock none">{}</span>', gettext("No deadline"))
    now = timezone.now()
    state, drawn, text = "", "clock", ""
    if done is not None:
        state, drawn = "done", "check"
        text = gettext("done in time") if done <= due else gettext("done late")
    elif paused:
        state, drawn, text = "paused", "pause", gettext("paused: %(why)s") % {"why": paused}
    elif now >= due:
        state, drawn = "overdue", "overdue"
        text = gettext("overdue by %(time)s") % {"time": times.length((now - due).total_seconds())}
    else:
        seconds = (due - now).total_seconds()
        state, text = ("soon" if seconds <= times.DAY else "running"), times.told(seconds)
    return format_html(
        '<time class="clock {}" datetime="{}" title="{}">{}<span>{}</span></time>',
        state,
        due.isoformat(),
        times.exact(due),
        icon(drawn),
        text,
    )


@register.simple_tag
def meter(part: float, whole: float, tone: str = "") -> SafeString:
    """How much of ``whole`` is done, as a bar; say the numbers in words beside it."""
    share = min(max(part / whole if whole else 0.0, 0.0), 1.0)
    return format_html(
        '<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="4"/><rect class="level {}" width="{}" height="4"/></svg>',
        tone,
        f"{share * 100:.1f}",
    )


@register.inclusion_tag("shell/parts/undo.html", takes_context=True)
def undo(
    context: template.Context, text: str, action: str, values: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """What was just done, with the button that takes it back: posts ``values`` to ``action``."""
    return {"text": text, "action": action, "values": values or {}, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("shell/parts/wizard.html")
def steps(titles: Sequence[str], now: int) -> Mapping[str, Any]:
    """The steps of a wizard; ``now`` is the place of the present one, from 1."""
    return {"steps": [(title, place < now, place == now) for place, title in enumerate(titles, start=1)]}


@register.inclusion_tag("shell/parts/sort_head.html", takes_context=True)
def sort_head(context: template.Context, title: str, key: str) -> Mapping[str, Any]:
    """The head of a column that sorts: ``?sort=key`` and, pressed again, ``?sort=-key``. Stands in a ``tr``."""
    request = context.get("request")
    asked = request.GET.get("sort", "") if request is not None else ""
    to = f"-{key}" if asked == key else key
    return {
        "title": title,
        "href": address(request, {"sort": to}),
        "order": "ascending" if asked == key else "descending" if asked == f"-{key}" else "",
    }


@register.inclusion_tag("shell/parts/file_field.html")
def file_field(bound: BoundField, limit: str = "") -> Mapping[str, Any]:
    """A file that is chosen or dropped; ``limit`` says which kinds and how large."""
    return {"field": bound, "limit": limit, "faults": bound.errors}
