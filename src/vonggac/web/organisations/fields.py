"""Form fields of the directory: local days and times, and one organisation found by typing."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vonggac.desk.organisations import queries
from vonggac.desk.scope.asker import Asker, nobody
from vonggac.web.shell import times

BETWEEN = " · "
"""Stands between the code and the name of a picked organisation; no code contains it."""


class Day(forms.DateField):
    """A local day, as the aware time at which it begins in the zone of the installation."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "1900-01-01", "max": "2199-12-31"})
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y"], **{"widget": widget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """The local day of a time; what was typed as it is."""
        return value.astimezone(times.zone()).date() if isinstance(value, datetime) else value

    def clean(self, value: Any) -> datetime | None:
        """The moment at which the day begins, None when nothing was typed."""
        day = super().clean(value)
        return None if day is None else datetime.combine(day, time.min, tzinfo=times.zone())


def today() -> datetime:
    """The moment at which the local day of now began."""
    return datetime.combine(datetime.now(times.zone()).date(), time.min, tzinfo=times.zone())


class Moment(forms.DateTimeField):
    """A local day and time to the minute, aware."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%d", "%d/%m/%Y"]
        super().__init__(input_formats=formats, **{"widget": widget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """The local time of a time; what was typed as it is."""
        return value.astimezone(times.zone()).replace(tzinfo=None) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        """An aware time, None when nothing was typed."""
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value
        for form in self.input_formats or ():
            try:
                return datetime.strptime(str(value).strip(), form).replace(tzinfo=times.zone())
            except ValueError:
                continue
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class PickWidget(forms.TextInput):
    """A combobox that asks the server while one types; without script a text box that takes a code."""

    template_name = "organisations/parts/pick.html"


class OrganisationPick(forms.CharField):
    """One organisation that the asker sees, from its code, from ``code · name`` as the list fills it in, or from words that fit one only."""

    widget = PickWidget
    asker: Asker = nobody()

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", gettext_lazy("Type a part of the name or the code, with or without marks."))
        super().__init__(max_length=400, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What stands in the box for an organisation; what was typed as it is."""
        return value if value is None or isinstance(value, str) else told(value)

    def clean(self, value: Any) -> Any:
        """The organisation, None when nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        code = text.partition(BETWEEN)[0].strip()
        exact = list(queries.organisations(self.asker, text=code).filter(code=code)[:1])
        found = exact or list(queries.organisations(self.asker, text=text.replace(BETWEEN, " "))[:6])
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(_("No organisation that you may see fits “%(text)s”.") % {"text": text[:80]})
        listed = "; ".join(told(one) for one in found[:5])
        raise forms.ValidationError(
            ngettext(
                "%(n)d organisation fits: %(listed)s. Type its code.",
                "%(n)d organisations fit, among them: %(listed)s. Type the code of one.",
                len(found),
            )
            % {"n": len(found), "listed": listed}
        )


def told(organisation: Any) -> str:
    """An organisation as the pick box writes it: ``code · name``."""
    return f"{organisation.code}{BETWEEN}{organisation.name}"
