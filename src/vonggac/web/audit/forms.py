"""What is asked on the pages of the audit record."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from vonggac.desk.audit import titles
from vonggac.desk.audit.queries import Filters
from vonggac.errors import N_
from vonggac.web.shell.times import zone

_BIG = 2**63 - 1


def _actions() -> list[tuple[str, Any]]:
    """Actions by noun, each group led by the whole noun."""
    groups: list[tuple[str, Any]] = [("", gettext("Everything"))]
    for noun, noun_title in titles.NOUNS.items():
        own = [(action, gettext(title)) for action, title in titles.ACTIONS.items() if action.startswith(f"{noun}.")]
        if own:
            all_of = gettext("{noun}: all").format(noun=gettext(noun_title))
            groups.append((gettext(noun_title), [(noun, all_of), *sorted(own, key=lambda pair: pair[1])]))
    return groups


class Day(forms.DateInput):
    """The browser's own choice of a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class FilterForm(forms.Form):
    """The filters of the list, from the address. What is no filter is ignored: an old link still opens."""

    q = forms.CharField(
        label=gettext_lazy("Person or object"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    action = forms.ChoiceField(label=gettext_lazy("What was done"), required=False, choices=_actions)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=Day(), input_formats=["%Y-%m-%d"])
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=Day(), input_formats=["%Y-%m-%d"])
    actor = forms.IntegerField(required=False, min_value=0, max_value=_BIG, widget=forms.HiddenInput())
    organisation = forms.IntegerField(required=False, min_value=0, max_value=_BIG, widget=forms.HiddenInput())
    type = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    object = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())

    def filters(self) -> Filters:
        """What the query takes; days are local and whole."""
        self.is_valid()
        values: dict[str, Any] = self.cleaned_data
        until: date | None = values.get("until")
        return Filters(
            text=_plain(values.get("q")),
            action=values.get("action") or "",
            actor_id=values.get("actor"),
            organisation_id=values.get("organisation"),
            object_type=_plain(values.get("type")),
            object_id=_plain(values.get("object")),
            since=_midnight(values.get("since")),
            until=_midnight(until + timedelta(days=1)) if until and until < date.max else None,
        )


class ErasureForm(forms.Form):
    """Whose details go, and why."""

    person = forms.CharField(
        label=gettext_lazy("Text to look for"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("A name, an address or a telephone number, exactly as it was written."),
    )
    actor = forms.IntegerField(
        label=gettext_lazy("Or: number of an account"),
        required=False,
        min_value=0,
        max_value=_BIG,
        help_text=gettext_lazy("All entries of what this account did."),
    )
    entries = forms.CharField(
        label=gettext_lazy("Or: numbers of entries"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("For example: 120, 125-130"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It stays in the record for good. Do not name the person in it."),
    )

    def clean_entries(self) -> list[int]:
        """Numbers and spans of numbers, at most 10,000 in all."""
        seqs: list[int] = []
        for part in str(self.cleaned_data["entries"]).replace("–", "-").split(","):
            first, dash, last = (piece.strip() for piece in part.partition("-"))
            if not part.strip():
                continue
            ends = [first, last] if dash else [first, first]
            if not all(end.isascii() and end.isdecimal() and len(end) < 16 for end in ends):
                raise forms.ValidationError(gettext(N_("“{part}” is no number of an entry")).format(part=part.strip()))
            span = range(int(ends[0]), int(ends[1]) + 1)
            if len(span) + len(seqs) > 10_000:
                raise forms.ValidationError(gettext(N_("at most 10,000 entries at a time")))
            seqs += span
        return seqs

    def wanted(self) -> dict[str, Any]:
        """As ``audit.actions.erase`` takes it."""
        values = self.cleaned_data
        return {"seqs": values["entries"], "actor_id": values["actor"], "person": values["person"]}


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), zone()) if day else None


def _plain(value: Any) -> str:
    """Without NUL, which PostgreSQL refuses in any text."""
    return str(value or "").replace("\0", "")
