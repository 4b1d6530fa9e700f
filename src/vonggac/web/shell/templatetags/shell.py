"""The components of the design language as template tags; every page has them without loading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from vonggac.web.shell import times
from vonggac.web.shell.paging import links_of

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


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """A drawing of the sprite. Decoration unless ``label`` says what it means."""
    href = f"{static('vonggac/sprite.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon {}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href
        )
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
        mark_safe(" data-relative") if is_near else "",  # noqa: S308  # a constant
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
    """An address, a code, a digest: monospace, and marks of direction in it stay in it."""
    return format_html('<code class="mono" dir="ltr"><bdi>{}</bdi></code>', "" if value is None else value)


@register.simple_tag
def isolate(value: Any) -> SafeString:
    """Text that somebody typed: right-to-left marks in it turn nothing around it."""
    return format_html("<bdi>{}</bdi>", "" if value is None else value)


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
    return {"links": links_of(page, context.get("request"))}


@register.inclusion_tag("shell/parts/empty.html")
def empty(title: str, text: str = "", href: str = "", label: str = "", icon_name: str = "tower") -> Mapping[str, Any]:
    """What will be here and how to make it appear."""
    return {"title": title, "text": text, "href": href, "label": label, "icon_name": icon_name}
