"""Forms of indicators: which values a page takes. Whether they can stand is the action's to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vonggac.desk.intel.models.indicators import INDICATOR_KINDS, LIFE
from vonggac.desk.intel.models.lists import TLPS
from vonggac.desk.intel.queries.indicators import AUDIENCES
from vonggac.errors import N_
from vonggac.jobs.exchange.intake import FORMS, MOST_PASTED
from vonggac.web.organisations import lists
from vonggac.web.organisations.fields import Moment
from vonggac.web.organisations.forms import RecordForm, choices

ROLES = {"hostile": N_("Hostile: infected hosts talk to it"), "victim": N_("Infected: an address of ours")}
"""Role of an indicator to its title."""


def _tlp() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("How far it may be passed on"), choices=lambda: choices(TLPS), initial="amber", help_text=_("Traffic Light Protocol 2.0")
    )  # fmt: skip


def _confidence() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("How sure the source is"),
        min_value=0,
        max_value=100,
        initial=70,
        help_text=_("From 0 (a guess) to 100 (certain)."),
    )


def _until() -> Moment:
    return Moment(label=_("Looked for until"), required=False, help_text=_("Empty: without an end."))


class IndicatorFilter(lists.FilterForm):
    """Of indicators; the state stands in chips."""

    q = forms.CharField(
        label=_("Address, domain, URL, hash or words"),
        required=False,
        max_length=600,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.CharField(required=False, widget=forms.HiddenInput, max_length=10)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=lambda: choices(INDICATOR_KINDS, N_("All kinds")))
    tlp = forms.ChoiceField(label=_("TLP"), required=False, choices=lambda: choices(TLPS, N_("Any TLP")))
    family = forms.CharField(label=_("Malware"), required=False, max_length=120)


class PasteForm(RecordForm):
    """Indicators that somebody types or pastes."""

    text = forms.CharField(
        label=_("Addresses, domains, URLs or hashes"),
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("One or many, as they stand in a letter; hxxp and [.] are understood."),
    )
    source = forms.CharField(
        label=_("Who says so"), max_length=120, help_text=_("For example: 123/CATTT-NCSC, or our own analysis.")
    )
    family = forms.CharField(label=_("Malware"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("What is it?"), choices=lambda: choices(ROLES))
    tlp = _tlp()
    confidence = _confidence()
    expires_at = _until()
    note = forms.CharField(label=_("Note"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class IndicatorForm(RecordForm):
    """What is known of an indicator."""

    family = forms.CharField(label=_("Malware"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("What is it?"), choices=lambda: choices(ROLES))
    tlp = _tlp()
    confidence = _confidence()
    first_seen = Moment(label=_("First seen"), required=False)
    last_seen = Moment(label=_("Last seen"), required=False)
    expires_at = _until()
    note = forms.CharField(label=_("Note"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class WhyForm(RecordForm):
    """Why something is done."""

    reason = forms.CharField(label=_("Why?"), max_length=250)


class AliasForm(RecordForm):
    """Another name of a family."""

    alias = forms.CharField(label=_("Other name"), max_length=120, help_text=_("As lists or virus scanners write it."))
    family = forms.CharField(label=_("Malware"), max_length=120, help_text=_("The name under which it is counted."))
    note = forms.CharField(label=_("Note"), max_length=250, required=False)


class NoForm(RecordForm):
    """Nothing to fill in."""


class TakeInForm(forms.Form):
    """A file of others: what counts where it does not say."""

    source = forms.CharField(label=_("Who sends it"), max_length=120)
    number = forms.CharField(label=_("Number of the letter"), max_length=120, required=False)
    tlp = forms.ChoiceField(label=_("TLP where the file says none"), choices=lambda: choices(TLPS), initial="amber")
    confidence = forms.IntegerField(label=_("How sure the source is"), min_value=0, max_value=100, initial=70)
    held = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)


class ExportForm(forms.Form):
    """What is given to whom, in which form."""

    audience = forms.ChoiceField(label=_("For whom"), choices=lambda: choices(AUDIENCES), initial="clients")
    recipient = forms.CharField(
        label=_("Recipient"),
        max_length=250,
        required=False,
        help_text=_("Needed for one named recipient; it is written down."),
    )
    form = forms.ChoiceField(label=_("Form"), choices=list(FORMS.items()))
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=lambda: choices(LIFE, N_("All")), initial="active"
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=lambda: choices(INDICATOR_KINDS, N_("All kinds")))
    family = forms.CharField(label=_("Malware"), required=False, max_length=120)


def bound_or_not(make: type[forms.Form], request: Any) -> forms.Form:
    """The form with what was sent, if anything was."""
    return make(request.POST) if request.method == "POST" else make()
