"""Template tags of who it was inside (``{% load inside %}``): what a Task's page shows of it, times in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from vonggac.desk.organisations import queries as directory
from vonggac.desk.scope.rule import may_on
from vonggac.desk.work import queries
from vonggac.desk.work.kinds import CLEAN_ADDRESS, CONFIRM_NETWORKS, IDENTIFY_HOLDER
from vonggac.desk.work.models import Task
from vonggac.desk.work.models.searches import FOUND_BY
from vonggac.desk.work.states import DONE, WITH_OWNER
from vonggac.web.shell import times
from vonggac.web.shell.templatetags.shell import badge
from vonggac.web.work.words import time_of

register = template.Library()
FOUND_TONES = {"nat_port": ("ok", "check"), "contact": ("high", "severity-high"), "nat_address": ("muted", "info")}
MOST_NETWORKS = 200


@register.simple_tag
def local(text: Any) -> SafeString:
    """The local time of an ISO text to the second, with its distance from UTC: as one looks for it in a log."""
    at = time_of(text)
    if at is None:
        return SafeString("–")
    here = at.astimezone(times.zone())
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), f"{here:%d/%m/%Y %H:%M:%S} (UTC{here:%z})")


@register.filter
def unlocalized(value: Any) -> str:
    """A port as it stands in a log: without separators of thousands."""
    return str(value)


@register.simple_tag
def found_badge(by: str) -> SafeString:
    """How sure it is that this is the host."""
    tone, drawn = FOUND_TONES.get(by, ("muted", "info"))
    return badge(gettext(FOUND_BY[by]) if by in FOUND_BY else by, tone, drawn)


@register.inclusion_tag("work/inside/part.html", takes_context=True)
def inside(context: template.Context, task: Task) -> Mapping[str, Any]:
    """The part of a Task's page that its kind has for who it was inside."""
    asker = context["request"].asker
    answers, assigns = (may_on(asker, name, task.organisation_id) for name in ("work.answer", "work.assign"))
    told: dict[str, Any] = {"task": task, "request": context["request"]}
    if task.kind == CLEAN_ADDRESS.name:
        told |= {
            "can_drop": answers and task.state in WITH_OWNER,
            "can_ask": assigns and task.state not in DONE,
            "last": queries.searches(asker, task.pk).first() if answers else None,
        }
    elif task.kind == IDENTIFY_HOLDER.name:
        told["can_pass"] = assigns and queries.to_pass_on(asker).filter(pk=task.pk).exists()
    elif task.kind == CONFIRM_NETWORKS.name:
        held = directory.networks(asker, organisation_id=task.organisation_id, at=timezone.now())
        told |= {
            "networks": list(held[:MOST_NETWORKS]),
            "can_edit": may_on(asker, "networks.edit", task.organisation_id) and task.state in WITH_OWNER,
        }
    return told
