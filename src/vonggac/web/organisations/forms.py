"""Forms of the directory: which values of a record a page takes. Whether they can stand is the action's to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.organisations import actions
from vonggac.desk.organisations.models.graph import KINDS, MANDATES
from vonggac.desk.organisations.models.networks import SIDES
from vonggac.desk.organisations.models.people import CHANNELS
from vonggac.desk.organisations.models.systems import EXPOSURES, LEVELS
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, Fault
from vonggac.web.organisations.fields import Day, Moment, OrganisationPick

Choices = list[tuple[Any, Any]]


def choices(titles: Mapping[str, str], none: str = "") -> Choices:
    """The choices of a select for key-to-title data; ``none``: the title of choosing nothing, empty where that is not possible."""
    shown: Choices = [(key, _(title)) for key, title in titles.items()]
    return [("", _(none)), *shown] if none else shown


def level_choices(none: str) -> Choices:
    """The levels 1 to 5 with their titles; ``none``: the title of having none."""
    return [("", _(none)), *((level, level_title(level)) for level in LEVELS)]


def level_title(level: int) -> str:
    """``Level 3`` in the reader's language."""
    return gettext("Level %(level)d") % {"level": level}


class RecordForm(forms.Form):
    """The values of one record and the ``version`` of it that the editor saw.

    Every visible field carries what it was when the page was opened, so that a conflict can say who changed what.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, OrganisationPick):
                field.asker = asker
            field.show_hidden_initial = not field.widget.is_hidden

    def values(self) -> dict[str, Any]:
        """What the action takes: picked organisations by their ids, untouched times to the second."""
        taken = {}
        for name, value in self.cleaned_data.items():
            field = self.fields[name]
            if name == "version":
                continue
            if isinstance(field, OrganisationPick):
                taken[name] = None if value is None else value.pk
            elif isinstance(field, Day):
                was = self.initial.get(name)
                # A day shows no hours: whoever leaves it alone leaves the hours alone too.
                is_same = (
                    was is not None and value is not None and field.prepare_value(was) == field.prepare_value(value)
                )
                taken[name] = was if is_same else value
            else:
                taken[name] = value
        return taken

    def cautions(self) -> list[Fault]:
        """What is worth a second look in the values that the editor changed."""
        return actions.cautions({name: value for name, value in self.values().items() if name in self.changed_data})

    def add_faults(self, faults: Iterable[tuple[str, str]]) -> None:
        """Each fault (field, text) beside its field; those of no field of this form above them all."""
        for name, text in faults:
            self.add_error(name if name in self.fields else None, text)


def _text(label: Any, most: int, *, needed: bool = False, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=needed, **kwargs)


def _lines(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 4}), **kwargs
    )


class PeriodForm(RecordForm):
    """A record that holds for a time."""

    valid_from = Day(label=_("Holds from"), required=False, help_text=_("Leave empty if nobody knows."))
    valid_until = Day(
        label=_("No longer from"),
        required=False,
        help_text=_("The first day on which it holds no more; empty while it lasts."),
    )


class OrganisationForm(RecordForm):
    """An organisation's own facts; its name, place and end have pages of their own."""

    field_order: Iterable[str] | None = ("kind", "code", "address", "note", "valid_from", "valid_until")

    kind = forms.ChoiceField(label=_("Kind"), choices=lambda: choices(KINDS))
    code = _text(
        _("Code"),
        40,
        needed=True,
        help_text=_(
            "The electronic identifier of the agency, or another key that never changes. Imports find it by this."
        ),
    )
    address = _text(_("Address"), 250)
    note = _lines(_("Note"))
    valid_from = Day(label=_("Established on"), required=False, help_text=_("Leave empty if nobody knows."))


class NewOrganisationForm(OrganisationForm):
    """Everything that a new organisation needs."""

    field_order: Iterable[str] | None = (
        "name",
        "short_name",
        "kind",
        "code",
        "parent_id",
        "valid_from",
        "basis",
        "address",
        "note",
    )

    name = _text(_("Name"), 250, needed=True)
    short_name = _text(_("Short name"), 60, help_text=_("As people say it: shown where room is scarce."))
    parent_id = OrganisationPick(label=_("Stands under"), required=False)
    basis = _text(_("Basis"), 250, help_text=_("The decision or document that says so, with its number and date."))


class SinceForm(RecordForm):
    """A change that happened on a day, or a correction of what was always wrong."""

    how = forms.ChoiceField(
        label=_("What kind of change is it?"),
        choices=[
            ("since", _("It changed on a day: what was before stays in the history")),
            ("wrong", _("What is written here was never right: correct it")),
        ],
        widget=forms.RadioSelect,
        initial="since",
    )
    since = Day(label=_("Holds from"), required=False)
    basis = _text(
        _("Basis"),
        250,
        help_text=_(
            "The decision or document that says so, with its number and date. Left empty in a correction, what is there stays."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """A change needs its day, a correction has none."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("how") == "wrong":
            cleaned["since"] = None
        elif cleaned.get("since") is None and "since" not in self.errors:
            self.add_error("since", gettext("Say from which day it holds."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        taken = super().values()
        if taken.pop("how") == "wrong" and not taken["basis"]:
            taken["basis"] = None
        return taken


class RenameForm(SinceForm):
    """A new name."""

    field_order: Iterable[str] | None = ("name", "short_name", "how", "since", "basis")

    name = _text(_("Name"), 250, needed=True)
    short_name = _text(_("Short name"), 60)


class MoveForm(SinceForm):
    """A new place in the tree."""

    field_order: Iterable[str] | None = ("parent_id", "how", "since", "basis")

    parent_id = OrganisationPick(
        label=_("Stands under"),
        required=False,
        help_text=_("Leave empty to put it at the top. Type a part of the name or the code."),
    )


class EndForm(RecordForm):
    """Something ends."""

    at = Day(label=_("No longer from"), help_text=_("The first day on which it holds no more."))


class PersonForm(PeriodForm):
    """Somebody who works at an organisation."""

    field_order: Iterable[str] | None = ("name", "position", "email", "phone", "valid_from", "valid_until")

    name = _text(_("Full name"), 120, needed=True)
    position = _text(_("Position"), 120)
    email = _text(_("E-mail"), 254, widget=forms.EmailInput)
    phone = _text(_("Telephone"), 32, widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}))


class ContactForm(PeriodForm):
    """One way to reach an organisation."""

    field_order: Iterable[str] | None = (
        "channel",
        "value",
        "label",
        "person_id",
        "hours",
        "is_support",
        "valid_from",
        "valid_until",
    )

    channel = forms.ChoiceField(label=_("By"), choices=lambda: choices(CHANNELS))
    value = _text(_("Number or address"), 254, needed=True)
    label = _text(
        _("What answers there"), 120, help_text=_("For example: duty desk, head of the unit, technical officer.")
    )
    person_id = forms.TypedChoiceField(label=_("Person"), required=False, coerce=int, empty_value=None)
    hours = _text(_("Hours"), 60, help_text=_("For example: 24/7, or 07:30–17:00 on working days."))
    is_support = forms.BooleanField(
        label=_("A contact point for support: everybody who is signed in may see it"), required=False
    )

    def __init__(self, *args: Any, people: Iterable[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown: Choices = [("", _("Nobody in particular")), *((one.pk, one.name) for one in people)]
        self.fields["person_id"].choices = shown  # type: ignore[attr-defined]


class NetworkForm(PeriodForm):
    """Addresses of an organisation."""

    field_order: Iterable[str] | None = ("text", "side", "provider", "note", "valid_from", "valid_until")

    text = _text(
        _("Addresses"),
        90,
        needed=True,
        help_text=_("One address, a CIDR or a range: 192.0.2.7, 192.0.2.0/24, 192.0.2.1-192.0.2.9."),
    )
    side = forms.ChoiceField(label=_("Side"), choices=lambda: choices(SIDES), initial="public")
    provider = _text(_("Provider"), 120, help_text=_("Who gives the connection."))
    note = _text(_("Note"), 250)


class SystemForm(PeriodForm):
    """An information system."""

    field_order: Iterable[str] | None = (
        "name",
        "code",
        "level",
        "exposure",
        "operator_id",
        "purpose",
        "addresses",
        "valid_from",
        "valid_until",
    )

    name = _text(_("Name"), 250, needed=True)
    code = _text(
        _("Code"), 60, needed=True, help_text=_("A key within the owner that never changes. Imports find it by this.")
    )
    level = forms.TypedChoiceField(
        label=_("Security level"),
        choices=lambda: level_choices(N_("Not approved yet")),
        required=False,
        coerce=int,
        empty_value=None,
    )
    exposure = forms.ChoiceField(label=_("Exposure"), choices=lambda: choices(EXPOSURES), initial="inner")
    operator_id = OrganisationPick(
        label=_("Run by"),
        required=False,
        help_text=_("Leave empty if the owner runs it. Type a part of the name or the code."),
    )
    purpose = _lines(_("Purpose"))
    addresses = _lines(_("Addresses and domain names"), help_text=_("One on each line."))

    def values(self) -> dict[str, Any]:
        """What the action takes: addresses as a list."""
        taken = super().values()
        taken["addresses"] = taken["addresses"].split()
        return taken


class MandateForm(PeriodForm):
    """What an organisation is charged with."""

    field_order: Iterable[str] | None = ("subject", "over_id", "basis", "valid_from", "valid_until")

    subject = forms.ChoiceField(label=_("Charged with"), choices=lambda: choices(MANDATES))
    over_id = OrganisationPick(
        label=_("For"),
        required=False,
        help_text=_("This organisation and everything below it; leave empty for the whole province."),
    )
    basis = _text(_("Basis"), 250, help_text=_("The decision or document that says so, with its number and date."))


class OwnerForm(forms.Form):
    """Who owned this address then?"""

    address = forms.CharField(label=_("Address"), max_length=64)
    at = Moment(label=_("At that time"), required=False, help_text=_("Leave empty for now."))
