"""Forms of messages: the filters of the list, and where a test message goes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vonggac.desk.notices.queries import CHANNEL_TITLES, TEMPLATE_TITLES, Filters
from vonggac.web.shell import times

Choices = list[tuple[Any, Any]]


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "2000-01-01", "max": "2199-12-31"})
    return forms.DateField(label=label, required=False, input_formats=["%Y-%m-%d", "%d/%m/%Y"], widget=widget)


def _titled(titles: dict[str, str], none: Any) -> Choices:
    return [("", none), *((key, _(title)) for key, title in titles.items())]


class FilterForm(forms.Form):
    """What the list shows. Days are local and both included."""

    recipient = forms.CharField(
        label=_("Recipient"), required=False, max_length=254, widget=forms.TextInput(attrs={"type": "search"})
    )
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=_titled(CHANNEL_TITLES, _("All channels")))
    template = forms.ChoiceField(label=_("Kind"), required=False, choices=_titled(TEMPLATE_TITLES, _("All kinds")))
    organisation = forms.TypedChoiceField(label=_("Organisation"), required=False, coerce=int, empty_value=None)
    since = _day(_("From"))
    until = _day(_("To"))

    def __init__(self, *args: Any, organisations: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  # tells the type checker
        field.choices = [("", _("All organisations")), *organisations]

    def filters(self, state: str) -> Filters:
        """The filters that stand; a part with a fault does not narrow."""
        self.is_valid()
        values = self.cleaned_data
        return Filters(
            state=state,
            recipient=values.get("recipient", ""),
            channel=values.get("channel", ""),
            template=values.get("template", ""),
            organisation_id=values.get("organisation"),
            since=_begin(values.get("since")),
            until=_begin(values.get("until"), days=1),
        )


def _begin(day: date | None, days: int = 0) -> datetime | None:
    if day is None or not 2000 <= day.year <= 2199:
        return None
    return datetime.combine(day + timedelta(days=days), time.min, tzinfo=times.zone()).astimezone(UTC)


class TestForm(forms.Form):
    """Where a test message goes."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
