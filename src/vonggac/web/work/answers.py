"""The report on a Task: its questions are those of its kind, the result first, then only what that result needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vonggac.desk.work.kinds import Field, Kind
from vonggac.desk.work.models import Answer, Task
from vonggac.desk.work.models.answers import CAME_BY, OF_PEOPLE
from vonggac.errors import N_, Fault, InvalidValues
from vonggac.web.organisations.fields import Moment, OrganisationPick
from vonggac.web.organisations.forms import choices
from vonggac.web.work.forms import ActForm
from vonggac.web.work.rows import RowsField, put_fault
from vonggac.web.work.words import time_of

ON_THE_WAY = "in_progress"
"""The result that every kind has for what is not done yet."""
WITH_ROWS = frozenset({"done", "partly"})
"""Results that small tables are told with."""
REASONS = frozenset({"evidence", "note"})
"""Questions that every result but ON_THE_WAY answers in its own words."""


def shown_for(kind: Kind, field: Field) -> frozenset[str]:
    """The results that ask ``field`` at once; of those without any, it stands among what one may add."""
    if field.needed_for:
        return field.needed_for
    if field.kind == "rows":
        return WITH_ROWS & frozenset(kind.results)
    if field.name in REASONS:
        return frozenset(kind.results) - {ON_THE_WAY}
    has_own = any(one.needed_for for one in kind.answer)
    return frozenset() if has_own else kind.final


def control(field: Field) -> forms.Field:
    """What asks ``field`` in a form; whether it must be there is the action's to say."""
    text: dict[str, Any] = {
        "label": _(field.title),
        "required": False,
        "help_text": _(field.help) if field.help else "",
    }
    if field.kind == "moment":
        return Moment(**text)
    if field.kind == "count":
        digits = forms.NumberInput(attrs={"inputmode": "numeric", "min": 0})
        return forms.IntegerField(min_value=0, max_value=1_000_000, widget=digits, **text)
    if field.kind == "organisation":
        return OrganisationPick(**text)
    if field.kind == "rows":
        return RowsField(field, **text)
    widget = forms.Textarea(attrs={"rows": 3}) if field.kind == "lines" else forms.TextInput()
    return forms.CharField(max_length=field.most, widget=widget, **text)


class AnswerForm(ActForm):
    """The report on one Task or many of one kind. ``files``: what was added as evidence and is not yet part of a report."""

    result = forms.ChoiceField(label=_("How did it go?"), widget=forms.RadioSelect)
    came_by = forms.ChoiceField(
        label=_("How the unit told it"),
        required=False,
        choices=lambda: choices({key: CAME_BY[key] for key in OF_PEOPLE}),
    )
    told_by = forms.CharField(
        label=_("Who told it"), required=False, max_length=120, help_text=_("Name and position, as they said it.")
    )

    def __init__(
        self, *args: Any, kind: Kind, files: tuple[Any, ...] = (), on_behalf: bool = False, **kwargs: Any
    ) -> None:
        self.kind = kind
        super().__init__(*args, **kwargs)
        self.fields["result"].choices = [(key, _(title)) for key, title in kind.results.items()]  # type: ignore[attr-defined]
        asker = kwargs["asker"]
        for field in kind.answer:
            made = control(field)
            if isinstance(made, OrganisationPick):
                made.asker = asker
            made.show_hidden_initial = False
            self.fields[field.name] = made
        for name in ("result", "came_by", "told_by"):
            self.fields[name].show_hidden_initial = False
        if files:
            self.fields["evidence_ids"] = forms.TypedMultipleChoiceField(
                label=_("Files that show it"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple,
                choices=[(file.pk, file.name) for file in files], initial=[file.pk for file in files],
            )  # fmt: skip
        if not on_behalf:
            del self.fields["came_by"], self.fields["told_by"]

    def asked_at_once(self) -> Iterator[tuple[forms.BoundField, str]]:
        """Questions that some result asks, with the results that do (parted by spaces)."""
        for field in self.kind.answer:
            if results := shown_for(self.kind, field):
                yield self[field.name], " ".join(sorted(results))

    def may_be_added(self) -> list[forms.BoundField]:
        """Questions that no result asks."""
        return [self[field.name] for field in self.kind.answer if not shown_for(self.kind, field)]

    def add_faults(self, faults: Iterable[tuple[str, str]]) -> None:
        """Each fault beside its field, those of a cell beside their cell."""
        super().add_faults([(name, text) for name, text in faults if not put_fault(self, name, text)])

    @property
    def has_more(self) -> bool:
        """Whether something stands in what may be added, or is wrong there."""
        return any(bound.errors or bound.value() for bound in self.may_be_added())

    @property
    def needs_proof(self) -> str:
        """The results that need a file or words as proof."""
        return " ".join(sorted(self.kind.proof_for))

    def report(self) -> dict[str, Any]:
        """What the action takes; what the result does not ask, and what was filled in for another one, is left out."""
        result = self.cleaned_data.get("result", "")
        values = {}
        for field in self.kind.answer:
            shown = shown_for(self.kind, field)
            value = self.cleaned_data.get(field.name)
            if value in (None, "", []) or (shown and result not in shown):
                continue
            values[field.name] = value.pk if field.kind == "organisation" else value
        return {
            "result": result,
            "values": values,
            "evidence_ids": self.cleaned_data.get("evidence_ids") or [],
            "came_by": self.cleaned_data.get("came_by") or "",
            "told_by": self.cleaned_data.get("told_by") or "",
        }


def begin_with(row: Task, last: Answer | None) -> dict[str, Any]:
    """What the form begins with: the last report, so that nothing is typed twice; else what the portal knows."""
    now = timezone.now().replace(second=0, microsecond=0)
    known: dict[str, Any] = {"version": row.version, "received_at": row.created_at, "done_at": now}
    if last is not None:
        known |= {name: time_of(value) or value for name, value in last.values.items()}
        known["result"] = last.result
    if row.details.get("malware"):
        known.setdefault("malware", row.details["malware"])
    if row.details.get("inner_address"):
        known.setdefault("inner_address", row.details["inner_address"])
    return known


def found_inside(given: Mapping[str, str]) -> dict[str, str]:
    """What a log showed of the host, as the address of the form brings it along (``inner_address``, ``host``)."""
    return {name: given[name][:250] for name in ("inner_address", "host") if given.get(name)}


def values_from(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a program sends (texts, numbers, times as ISO texts) as the action takes it. Raises InvalidValues."""
    fields = {field.name: field for field in kind.answer}
    taken: dict[str, Any] = {}
    faults = []
    for name, value in given.items():
        field = fields.get(name)
        wanted = "line" if field is None else field.kind
        if value is None:
            continue
        if wanted == "moment":
            moment = _moment(value)
            if moment is None:
                faults.append(Fault(name, N_("a time with its zone was expected")))
            taken[name] = moment
        elif wanted in ("line", "lines") and not isinstance(value, str):
            faults.append(Fault(name, N_("a text was expected")))
        else:
            taken[name] = value
    if faults:
        raise InvalidValues(faults)
    return taken


def _moment(value: Any) -> datetime | None:
    return time_of(value)
