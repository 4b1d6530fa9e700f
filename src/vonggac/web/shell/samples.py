"""What the page of components shows: every component with invented values, and the template code that makes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext

from vonggac.errors import N_
from vonggac.web.shell.charts import Chart, Series
from vonggac.web.shell.paging import Paged

HERE = Path(__file__).parent
THEMES = ("light", "dark")

TITLES = {
    "badges": N_("Severity and state"),
    "clocks": N_("Clocks"),
    "times": N_("Times, days, numbers"),
    "texts": N_("Addresses, codes and texts that somebody typed"),
    "buttons": N_("Buttons"),
    "chips": N_("Saved views and tabs"),
    "filters": N_("Filters and the bar of chosen rows"),
    "queue": N_("Queue"),
    "panel": N_("Panel with facts"),
    "form": N_("Form"),
    "wizard": N_("Steps of a wizard"),
    "matrix": N_("Matrix"),
    "tree": N_("Tree"),
    "timeline": N_("Timeline"),
    "charts": N_("Charts"),
    "progress": N_("How far"),
    "notices": N_("Notices on a page"),
    "overlays": N_("Dialog and undo"),
    "empty": N_("Nothing here yet"),
    "loading": N_("Loading"),
    "icons": N_("Icons"),
}
"""Name of a sample (its template in ``shell/samples``) to its title."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One component: its title in the reader's language, the template that shows it, and that template's code."""

    name: str
    title: str
    template: str
    source: str


def samples() -> list[Sample]:
    """Every sample in the order of the page."""
    return [Sample(name, gettext(title), f"shell/samples/{name}.html", _source(name)) for name, title in TITLES.items()]


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return (HERE / "templates" / "shell" / "samples" / f"{name}.html").read_text("utf-8").strip()


@lru_cache(maxsize=1)
def icon_names() -> tuple[str, ...]:
    """The names of all drawings of the sprite."""
    sprite = (HERE / "static" / "vonggac" / "sprite.svg").read_text("utf-8")
    return tuple(re.findall(r'<symbol id="([a-z-]+)"', sprite))


@lru_cache(maxsize=1)
def colours() -> tuple[str, ...]:
    """The names of the colours among the tokens, in their order."""
    text = (HERE / "static" / "vonggac" / "tokens.css").read_text("utf-8")
    return tuple(dict.fromkeys(re.findall(r"--([a-z0-9-]+): #", text)))


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(max_length=250)
    kind = forms.ChoiceField()
    reasons = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    is_open = forms.BooleanField(required=False)
    file = forms.FileField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = {
            "name": gettext("Name"),
            "kind": gettext("Kind"),
            "reasons": gettext("What changed"),
            "note": gettext("Note"),
            "is_open": gettext("Open to the internet"),
            "file": gettext("List of networks"),
        }
        for key, title in titles.items():
            self.fields[key].label = title
        self.fields["name"].help_text = gettext("As it stands on the seal.")
        self.fields["file"].help_text = gettext("XLSX or CSV, up to 20 MB")
        choice: Any = self.fields["kind"]
        choice.choices = [("commune", gettext("Commune")), ("agency", gettext("Agency"))]
        several: Any = self.fields["reasons"]
        several.choices = [("a", gettext("New address")), ("b", gettext("New telephone number"))]


class SampleFilters(forms.Form):
    """A text and a choice."""

    text = forms.CharField(required=False, widget=forms.TextInput(attrs={"type": "search"}))
    kind = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = gettext("Name or code")
        self.fields["kind"].label = gettext("Kind")
        choice: Any = self.fields["kind"]
        choice.choices = [("", gettext("All")), ("commune", gettext("Commune"))]


def _charts() -> dict[str, Chart]:
    kinds = [gettext(title) for title in (N_("Commune"), N_("Department"), N_("Agency"), N_("Telecom operator"))]
    months = [f"{month:02d}/2026" for month in range(4, 12)]
    return {
        "bar_chart": Chart(
            gettext("Which kinds of organisation have no contact point?"),
            kinds,
            [Series(gettext("Organisations"), [14, 3, 6, 0])],
            gettext("Kind"),
            gettext("Organisations"),
        ),
        "stacked_chart": Chart(
            gettext("How many systems have an approved level?"),
            kinds,
            [Series(gettext("Approved"), [40, 31, 22, 6], "ok"), Series(gettext("Not yet approved"), [22, 4, 9, 1])],
            gettext("Owner"),
            gettext("Systems"),
            "stacked",
        ),
        "line_chart": Chart(
            gettext("Do more people sign in from month to month?"),
            months,
            [
                Series(gettext("Agencies"), [12, 18, 25, 24, 31, 44, 52, 61]),
                Series(gettext("Communes"), [3, 5, 9, 20, 28, 33, 47, 58]),
            ],
            gettext("Month"),
            gettext("People"),
            "line",
        ),
    }


def sample_values() -> dict[str, Any]:
    """What the templates of the samples show."""
    now = timezone.now()
    form = SampleForm({"name": "", "kind": "commune", "reasons": ["a"], "note": "Đổi đường truyền từ tháng 11"})
    form.is_valid()
    rows = [
        {"name": name, "owner": owner, "tone": tone, "state": gettext(state), "address": address, "at": now - age}
        for name, owner, tone, state, address, age in (
            ("Cổng thông tin điện tử", "Xã Đông Hòa", "critical", N_("Critical"), "192.0.2.17", timedelta(minutes=8)),
            ("Quản lý bệnh viện", "Bệnh viện Đa khoa tỉnh", "medium", N_("Medium"), "198.51.100.4", timedelta(hours=5)),
            ("Thư điện tử công vụ", "Sở Y tế", "ok", N_("In order"), "2001:db8:1::25", timedelta(days=40)),
        )
    ]
    cells = {
        "ok": {"tone": "ok", "icon": "check", "told": gettext("In order")},
        "none": {"tone": "", "icon": "minus", "told": gettext("Does not apply")},
        "late": {"tone": "overdue", "icon": "overdue", "told": gettext("Overdue")},
        "soon": {"tone": "high", "icon": "clock", "told": gettext("Due today")},
    }
    return {
        "critical": gettext("Critical"),
        "high": gettext("High"),
        "medium": gettext("Medium"),
        "low": gettext("Low"),
        "info": gettext("Information"),
        "ok": gettext("In order"),
        "muted": gettext("Closed"),
        "in_three_days": now + timedelta(days=3, minutes=1),
        "in_three_hours": now + timedelta(hours=3, minutes=1),
        "an_hour_ago": now - timedelta(hours=1),
        "two_hours_ago": now - timedelta(hours=2),
        "last_month": now - timedelta(days=31),
        "why_paused": gettext("waits for the telco"),
        "hostile": "\u202eexe.gnp\u2066 <b>",
        "level_title": gettext("State"),
        "system_title": gettext("System"),
        "rows": rows,
        "paged": Paged(rows, {"page": "1"}, {"page": "3"}, first=51, total=1234),
        "form": form,
        "filters": SampleFilters(),
        "heads": [gettext("Contact point"), gettext("Networks"), gettext("Systems with a level")],
        "matrix": [
            ("Xã Đông Hòa", [cells["ok"], cells["ok"], cells["soon"]]),
            ("Phường Đường Mai", [cells["ok"], cells["late"], cells["none"]]),
        ],
        "step_titles": [gettext(title) for title in (N_("File"), N_("Columns"), N_("Faults"), N_("Import"))],
        "undo_text": gettext("3 networks ended."),
        "empty_title": gettext("No networks yet"),
        "empty_text": gettext("Networks say whose an address is. Add them one by one, or import a list."),
        "empty_label": gettext("Import a list"),
        "icons": icon_names(),
        "colours": colours(),
        "themes": THEMES,
        **_charts(),
    }
