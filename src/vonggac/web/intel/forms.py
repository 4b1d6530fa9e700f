"""Forms of lists: which values a page takes. Whether they can stand is the action's to say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vonggac.desk.intel.models.lists import LIST_KINDS, TLPS
from vonggac.web.organisations.fields import Moment
from vonggac.web.organisations.forms import RecordForm, choices


def _text(label: Any, most: int, *, needed: bool = False, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=needed, **kwargs)


class Letterday(forms.DateField):
    """The day that stands on a letter."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "1990-01-01", "max": "2199-12-31"})
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y"], **{"widget": widget, **kwargs})


def _tlp(**kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("How far it may be passed on"), choices=lambda: choices(TLPS), help_text=_("Traffic Light Protocol 2.0, as the letter says."), **kwargs
    )  # fmt: skip


def _confidence() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("How sure the issuer is"), min_value=0, max_value=100, help_text=_("From 0 (a guess) to 100 (certain).")
    )


class ListForm(RecordForm):
    """A list that comes again and again."""

    field_order: Iterable[str] | None = (
        "name", "code", "kind", "issuer", "tlp", "confidence", "cadence_days", "expires_days", "note",
    )  # fmt: skip

    name = _text(_("Name"), 250, needed=True)
    code = _text(_("Code"), 40, needed=True, help_text=_("A short key that never changes, for example botnet-thang."))
    kind = forms.ChoiceField(
        label=_("What does it list?"),
        choices=lambda: choices(LIST_KINDS),
        help_text=_("Addresses on a botnet list are infected machines of ours; on the other lists they are hostile."),
    )
    issuer = _text(_("Who sends it"), 250)
    tlp = _tlp(initial="amber")
    confidence = _confidence()
    cadence_days = forms.IntegerField(
        label=_("A new one comes every … days"),
        min_value=0,
        max_value=3660,
        initial=30,
        help_text=_("0: only when there is need. Today says when the next one is late."),
    )
    expires_days = forms.IntegerField(
        label=_("Its indicators hold for … days"), min_value=0, max_value=3660, initial=90
    )
    note = forms.CharField(label=_("Note"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class LetterForm(RecordForm):
    """What the letter says about one version of a list."""

    field_order: Iterable[str] | None = ("letter", "letter_on", "as_of", "tlp", "confidence")

    letter = _text(_("Number of the letter"), 120, help_text=_("For example: 123/CATTT-NCSC."))
    letter_on = Letterday(label=_("Date of the letter"), required=False)
    as_of = Moment(
        label=_("As of"),
        required=False,
        help_text=_(
            "The time that the list tells of. It decides who held an address, where a row has no time of its own."
        ),
    )
    tlp = _tlp()
    confidence = _confidence()


class DetailsForm(LetterForm):
    """The same once the version is there."""

    field_order: Iterable[str] | None = ("letter", "letter_on", "as_of", "tlp", "confidence", "expires_at")

    expires_at = Moment(label=_("Its indicators expire at"), required=False, help_text=_("Empty: as the list says."))


class ReasonForm(RecordForm):
    """Why something is given up."""

    reason = _text(_("Why?"), 250, needed=True)
