"""Forms of letters: the head of one, how a new one begins, its number, a reason, a group of recipients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vonggac.desk.directives import queries
from vonggac.desk.directives.states import CHANGES, URGENCIES
from vonggac.desk.organisations.models.graph import KINDS
from vonggac.desk.organisations.queries.graph import named
from vonggac.web.organisations.fields import BETWEEN, Moment, OrganisationPick, PickWidget, told
from vonggac.web.organisations.forms import RecordForm, choices

PICKED = 12
"""Organisations that a pick box shows at a time."""


def _text(label: Any, most: int, *, needed: bool = False, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=needed, **kwargs)


def _long(label: Any, rows: int = 4, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=50_000, required=False, widget=forms.Textarea(attrs={"rows": rows}), **kwargs
    )


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "2000-01-01", "max": "2199-12-31"})
    return forms.DateField(label=label, required=False, input_formats=["%Y-%m-%d", "%d/%m/%Y"], widget=widget)


def addressed(asker: Any, text: str) -> Any:
    """Those to whom a letter can be addressed that fit ``text``."""
    return named(queries.addressable(asker), text)


class AddresseeWidget(PickWidget):
    """As the pick box of the directory, over everybody to whom a letter can go."""

    template_name = "letters/writing/pick.html"


class AddresseePick(OrganisationPick):
    """One organisation to which a letter can be addressed; of those beyond one's scope the name is all that is shown."""

    widget = AddresseeWidget

    def clean(self, value: Any) -> Any:
        """The organisation, None when nothing was typed."""
        text = forms.CharField.clean(self, value)
        if not text:
            return None
        code = text.partition(BETWEEN)[0].strip()
        exact = queries.addressable(self.asker).filter(code=code).first()
        found = [exact] if exact else list(addressed(self.asker, text.replace(BETWEEN, " "))[:6])
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(_("No organisation fits “%(text)s”.") % {"text": text[:80]})
        listed = "; ".join(told(one) for one in found[:5])
        raise forms.ValidationError(
            _("Several organisations fit: %(listed)s. Type the code of one.") % {"listed": listed}
        )


class OfficePick(OrganisationPick):
    """An organisation whose letters the asker writes."""


class HeadForm(forms.Form):
    """Everything of a draft but its clauses and recipients."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    subject = forms.CharField(
        label=_("Subject of the letter"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("As it stands under the number: what the letter is about."),
    )
    urgency = forms.ChoiceField(label=_("Urgency"), required=False, choices=lambda: choices(URGENCIES))
    deadline = Moment(label=_("Deadline"), required=False, help_text=_("By when all is to be answered."))
    period_from = _day(_("First day"))
    period_until = _day(_("Last day"))
    opening = _long(_("Opening"), 5)
    closing = _long(_("Closing"), 4)
    symbol = _text(_("Symbol"), 40, help_text=_("What stands after the number: SKHCN-CNTT."))
    superior_name = _text(_("Body above the issuer"), 250)
    place = _text(_("Place"), 80)
    signer_for = _text(
        _("Signed for"), 120, help_text=_("KT. GIÁM ĐỐC, TL. GIÁM ĐỐC; empty for who signs as the head.")
    )
    signer_title = _text(_("Title of who signs"), 120)
    signer_name = _text(_("Name of who signs"), 120)
    parent_id = forms.TypedChoiceField(label=_("Carries out"), required=False, coerce=int, empty_value=None)
    change = forms.ChoiceField(
        label=_("Does it change an earlier letter?"), required=False, choices=lambda: choices(CHANGES)
    )
    about_id = forms.TypedChoiceField(label=_("Which letter it changes"), required=False, coerce=int, empty_value=None)
    links_ask_code = forms.BooleanField(
        label=_("A link in a message opens only with a code sent to the registered contact"), required=False
    )

    def __init__(self, *args: Any, parents: Any, abouts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nothing = ("", _("No other letter"))
        for name, rows in (("parent_id", parents), ("about_id", abouts)):
            field: Any = self.fields[name]
            field.choices = [nothing, *((row.pk, _told_letter(row)) for row in rows)]


def _told_letter(row: Any) -> str:
    return f"{row.reference or '…'} – {row.subject}"[:90]


class BeginForm(RecordForm):
    """How a new letter begins."""

    field_order: Iterable[str] | None = (
        "start", "office", "subject", "occasion", "period_from", "period_until", "deadline", "change",
    )  # fmt: skip

    start = forms.ChoiceField(label=_("Begin from"), widget=forms.RadioSelect)
    office = OfficePick(label=_("Office"), help_text=_("Who issues it; its register gives the number."))
    subject = _text(_("Subject of the letter"), 500, help_text=_("Of a letter that begins blank."))
    occasion = _text(_("Occasion"), 120, help_text=_("As it stands in the text: dịp nghỉ lễ Quốc khánh 02/9."))
    period_from = _day(_("First day"))
    period_until = _day(_("Last day"))
    deadline = Moment(label=_("Deadline"), required=False, help_text=_("By when all is to be answered."))
    change = forms.CharField(required=False, widget=forms.HiddenInput, max_length=10)

    def __init__(self, *args: Any, starts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        start: Any = self.fields["start"]
        start.choices = starts
        for field in self.fields.values():
            field.show_hidden_initial = False

    def clean(self) -> dict[str, Any]:
        """A blank letter has a subject; a period has its first day before its last."""
        values = super().clean() or {}
        if values.get("start") == "blank" and not values.get("subject"):
            self.add_error("subject", _("Say what the letter is about."))
        first, last = values.get("period_from"), values.get("period_until")
        if (first is None) != (last is None):
            self.add_error("period_until" if last is None else "period_from", _("Say both days of the period."))
        return values


class IssueForm(RecordForm):
    """Number and day of a letter that is approved."""

    field_order: Iterable[str] | None = ("number", "dated", "sends")

    number = forms.IntegerField(
        label=_("Number of the letter"),
        min_value=1,
        max_value=999_999,
        required=False,
        help_text=_("Empty: the next of the register."),
    )
    dated = _day(_("Date"))
    sends = forms.ChoiceField(label=_("When does it go out?"), widget=forms.RadioSelect, initial="now")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sends: Any = self.fields["sends"]
        sends.choices = [
            ("now", _("Send it now: messages leave, and the work begins")),
            ("later", _("Only give it its number; it is sent once the signed file is back")),
        ]


class ReasonForm(RecordForm):
    """Why something is sent back or withdrawn."""

    why = forms.CharField(label=_("Why?"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class NothingForm(RecordForm):
    """A step that needs a word of consent alone."""


class GroupForm(RecordForm):
    """Recipients by one name. Single organisations stand as ticked lines; ``also`` and ``leave_out`` add one more each."""

    field_order: Iterable[str] | None = ("name", "code", "kinds", "organisations", "also", "without", "leave_out")

    name = _text(_("Name"), 250, needed=True, help_text=_("As it stands in letters: Các sở, ban, ngành cấp tỉnh."))
    code = _text(_("Code"), 40, needed=True, help_text=_("A short key that never changes: so-nganh."))
    kinds = forms.MultipleChoiceField(
        label=_("Everybody of these kinds"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: choices(KINDS),
        help_text=_("Who comes to the directory later belongs to it by itself."),
    )
    organisations = forms.MultipleChoiceField(
        label=_("And these organisations"), required=False, widget=forms.CheckboxSelectMultiple
    )
    also = AddresseePick(label=_("And this organisation, too"), required=False)
    without = forms.MultipleChoiceField(label=_("But not these"), required=False, widget=forms.CheckboxSelectMultiple)
    leave_out = AddresseePick(label=_("And not this organisation"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("organisations", "without"):
            field: Any = self.fields[name]
            field.choices = self.initial.get(f"{name}_told", ())
            if not field.choices:
                del self.fields[name]
        if self.initial.get("is_old"):
            del self.fields["code"]
        for field in self.fields.values():
            field.show_hidden_initial = False

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        taken = super().values()
        for name, one in (("organisations", "also"), ("without", "leave_out")):
            more = taken.pop(one)
            taken[name] = [*map(int, taken.get(name) or ()), *([more] if more is not None else [])]
        return taken

    def cautions(self) -> list[Any]:
        """Nothing here is worth a second look."""
        return []


__all__ = [
    "AddresseePick", "BeginForm", "GroupForm", "HeadForm", "IssueForm", "NothingForm", "ReasonForm", "addressed",
]  # fmt: skip
