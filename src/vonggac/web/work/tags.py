"""Template tags of work (``{% load work %}``): badges of state, priority and proof, the clock, titles of keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from vonggac.desk.work.actions.verbs import VERBS
from vonggac.desk.work.evidence import KINDS as EVIDENCE_KINDS
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Task
from vonggac.desk.work.models.answers import CAME_BY, VERDICTS
from vonggac.desk.work.states import DECLARED, PRIORITIES, PROOFS, PROVEN, STATES
from vonggac.web.shell import times
from vonggac.web.shell.templatetags.shell import badge, icon, isolate, mono, when
from vonggac.web.work.words import PRIORITY_TONES, STATE_TONES, Fact, clock_of

register = template.Library()
EVIDENCE = {kind.name: kind.title for kind in EVIDENCE_KINDS}
TITLES: Mapping[str, Mapping[str, str]] = {
    "verb": VERBS,
    "state": STATES,
    "came_by": CAME_BY,
    "verdict": VERDICTS,
    "evidence": EVIDENCE,
}


@register.simple_tag
def state_badge(state: str) -> SafeString:
    """A state: colour, icon and word."""
    tone, drawn = STATE_TONES.get(state, ("muted", "dot"))
    return badge(gettext(STATES.get(state, state)), tone, drawn)


@register.simple_tag
def priority_badge(priority: int) -> SafeString:
    """A priority, on the one scale of severities."""
    return badge(gettext(PRIORITIES.get(priority, str(priority))), PRIORITY_TONES.get(priority, "muted"))


@register.simple_tag
def proof_badge(proof: str) -> SafeString:
    """What an answer rests on: declared by its owner, or proven by the machine; nothing while there is none."""
    if proof == PROVEN:
        return badge(gettext(PROOFS[PROVEN]), "ok", "shield-check")
    return badge(gettext(PROOFS[DECLARED]), "info", "person") if proof == DECLARED else SafeString("")


@register.simple_tag
def due(task: Task) -> SafeString:
    """The clock that breaks next, counting down; a proposed one says so and never shouts."""
    clock = clock_of(task)
    if clock.due is None:
        if clock.state != "paused":
            return format_html('<span class="none">{}</span>', "–")
        return format_html(
            '<span class="clock paused" title="{}">{}<span>{}</span></span>',
            task.stop_reason,
            icon("pause"),
            clock.text,
        )
    proposed = format_html('<span class="proposed">{}</span>', gettext("proposed")) if clock.is_proposed else ""
    seconds = (clock.due - timezone.now()).total_seconds()
    ticking = SafeString(" data-relative") if seconds > times.MINUTE else ""
    return format_html(
        '<span class="clock {}">{}<time datetime="{}" title="{}"{}>{}</time>{}</span>',
        clock.state, icon(clock.icon), clock.due.isoformat(), times.exact(clock.due), ticking, clock.text, proposed,
    )  # fmt: skip


@register.simple_tag
def fact(one: Fact) -> SafeString:
    """The value of a fact: a time, an address, or text that somebody typed."""
    if one.at is not None:
        return when(one.at)
    if one.is_mono:
        return mono(one.text)
    if one.heads:
        return _table(one)
    return format_html('<span class="lines">{}</span>', isolate(one.text)) if one.is_long else isolate(one.text)


def _table(one: Fact) -> SafeString:
    heads = format_html_join("", '<th scope="col">{}</th>', ((head,) for head in one.heads))
    rows = format_html_join("", "<tr>{}</tr>", ((_cells(one.heads, row),) for row in one.rows))
    return format_html('<table class="rows-said"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', heads, rows)


def _cells(heads: Iterable[str], row: Iterable[str]) -> SafeString:
    told = zip(heads, row, strict=True)
    return format_html_join("", '<td data-title="{}">{}</td>', ((head, isolate(cell)) for head, cell in told))


@register.filter
def kind_title(name: str) -> str:
    """What is to be done, of a kind of work."""
    return gettext(BY_NAME[name].title) if name in BY_NAME else name


@register.filter
def result_title(name: str, kind: str) -> str:
    """The title of a result of a kind of work."""
    results = BY_NAME[kind].results if kind in BY_NAME else {}
    return gettext(results[name]) if name in results else name


@register.filter
def word(key: str, of: str) -> str:
    """The title of a key: ``{{ step.verb|word:"verb" }}``."""
    titles = TITLES[of]
    return gettext(titles[key]) if key in titles else key
