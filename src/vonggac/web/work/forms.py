"""Forms of single acts on a Task, of opening one, of policies and days off. Whether values can stand is the action's to say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vonggac.desk.work.kinds import KINDS
from vonggac.desk.work.models.clocks import CLOCKS
from vonggac.desk.work.states import PRIORITIES
from vonggac.errors import N_, Fault
from vonggac.web.organisations.fields import OrganisationPick
from vonggac.web.organisations.forms import RecordForm, choices

_ACKNOWLEDGE, _CONTAIN, _FINISH = (_(title) for title in CLOCKS.values())
PRIORITY_CHOICES = {str(n): title for n, title in PRIORITIES.items()}


class ActForm(RecordForm):
    """The version that was seen, and nothing else."""

    def cautions(self) -> list[Fault]:
        """Nothing here is worth a second look."""
        return []


def _lines(label: Any, *, needed: bool = True, rows: int = 3, **kwargs: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=4000, required=needed, widget=widget, **kwargs)


class NoteForm(ActForm):
    """A note that one may leave."""

    note = _lines(_("Note"), needed=False)


class ReasonForm(ActForm):
    """Why."""

    why = _lines(_("Why?"), help_text=_("Whoever has to go on reads this."))


class HandOverForm(ReasonForm):
    """To whom, and why it is not theirs."""

    field_order: Iterable[str] | None = ("to_organisation_id", "why")

    to_organisation_id = OrganisationPick(label=_("To which organisation?"))
    why = _lines(_("It is not theirs, because"))


class PriorityForm(ActForm):
    """How pressing it is."""

    priority = forms.TypedChoiceField(
        label=_("Priority"), coerce=int, choices=lambda: choices(PRIORITY_CHOICES), widget=forms.RadioSelect
    )


class AssignForm(ActForm):
    """To whom of those who may do it; nobody stands for taking it away. ``people``: (id, name)."""

    user_id = forms.TypedChoiceField(label=_("Person"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user_id"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  # tells the type checker
        field.choices = [("", _("Nobody")), *people]


class OpenForm(ActForm):
    """A piece of work by hand."""

    organisation_id = OrganisationPick(label=_("Who has to do it?"))
    subject = forms.CharField(label=_("In a few words"), max_length=300)
    text = _lines(_("What is to be done"), needed=False, rows=6)
    priority = forms.TypedChoiceField(
        label=_("Priority"), coerce=int, initial=3, choices=lambda: choices(PRIORITY_CHOICES), widget=forms.RadioSelect
    )


UNITS = {"m": 60, "h": 3600, "d": 86400}


class Duration(forms.CharField):
    """A length of time as people write it: 30m, 4h, 5d; seconds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=8, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The length in its largest whole unit; what was typed as it is."""
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        unit = next((name for name, size in reversed(UNITS.items()) if value % size == 0), "m")
        return f"{value // UNITS[unit]}{unit}"

    def clean(self, value: Any) -> int | None:
        """The seconds, None when nothing was typed."""
        text = super().clean(value).strip().lower().replace(" ", "")
        if not text:
            return None
        digits, unit = text[:-1], text[-1:]
        if not (digits.isascii() and digits.isdecimal() and unit in UNITS and len(digits) < 6):
            raise forms.ValidationError(_("Write a number with m, h or d: 30m, 4h, 5d."))
        return int(digits) * UNITS[unit]


class PolicyForm(ActForm):
    """A policy that is proposed."""

    kind = forms.ChoiceField(label=_("Kind of work"), choices=lambda: choices({one.name: one.title for one in KINDS}))
    priority = forms.TypedChoiceField(
        label=_("Priority"), coerce=int, choices=lambda: choices({"0": N_("All others"), **PRIORITY_CHOICES})
    )
    acknowledge_s = Duration(label=_ACKNOWLEDGE, help_text=_("30m, 4h, 5d; empty: no such clock"))
    contain_s = Duration(label=_CONTAIN)
    finish_s = Duration(label=_FINISH)
    warn_s = Duration(label=_("Warn ahead"), initial=14_400)
    climb_s = Duration(label=_("To the head of the unit after"), initial=86_400)
    counts_working_time = forms.BooleanField(label=_("Only hours of work count"), required=False)
    source = forms.CharField(
        label=_("Source"), max_length=250, help_text=_("The letter, circular or proposal that these times come from.")
    )


class DecideForm(ActForm):
    """The decision that makes a policy binding."""

    decision = forms.CharField(label=_("Number of the decision"), max_length=250)
    decided_on = forms.DateField(
        label=_("Decided on"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "1900-01-01", "max": "2199-12-31"}),
    )

    def clean_decided_on(self) -> date | None:
        """A year that a calendar holds."""
        value: date | None = self.cleaned_data["decided_on"]
        if value is not None and not 1900 <= value.year <= 2199:
            raise forms.ValidationError(_("This year is not possible."))
        return value


class DayForm(ActForm):
    """A day that is not as its weekday says."""

    day = forms.DateField(
        label=_("Day"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "2000-01-01", "max": "2199-12-31"}),
    )
    name = forms.CharField(label=_("Name"), max_length=120)
    is_work = forms.BooleanField(
        label=_("People work on this day, though it is a day off by its weekday"), required=False
    )
    source = forms.CharField(label=_("Source"), max_length=250, required=False)
