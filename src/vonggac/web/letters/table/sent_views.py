"""What was sent to whom, and single days of a letter that asks for a report on each."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from vonggac.config import Settings, zone_from
from vonggac.desk.directives.actions import sending
from vonggac.desk.directives.models import SentNote
from vonggac.desk.directives.models.sending import HOWS
from vonggac.desk.directives.queries import letter as the_letter
from vonggac.desk.directives.queries import may_see_office
from vonggac.desk.directives.queries import recipient as the_recipient
from vonggac.desk.directives.queries.days import Day as OneDay
from vonggac.desk.directives.queries.days import day_of, days_of
from vonggac.desk.directives.queries.sent import KEPT, NOT_TOLD, WORST, SentLine, sent_log, sums
from vonggac.desk.directives.states import ROLES
from vonggac.desk.notices.channels import BY_NAME as CHANNELS
from vonggac.desk.notices.models import STATES
from vonggac.desk.notices.wording import BY_NAME as TEMPLATES
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import N_, NotThere
from vonggac.jobs import letter_day, letter_sent
from vonggac.web.notices.views import TONES
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb
from vonggac.web.organisations.fields import Day, today
from vonggac.web.organisations.forms import RecordForm, choices
from vonggac.web.organisations.imports.downloads import download
from vonggac.web.organisations.lists import Chip, address
from vonggac.web.shell import times
from vonggac.web.shell.pages import Request, page

SETTINGS: Settings = django_settings.VONGGAC


@page("letters.view")
def sent(request: Request, letter_id: int) -> HttpResponse:
    """Each recipient with its messages, copies on paper, and what came back."""
    row, lines = sent_log(request.asker, letter_id)
    found = sums(lines)
    role, state = request.GET.get("role", ""), request.GET.get("state", "")
    shown = [one for one in lines if role in ("", one.recipient.role) and state in ("", one.state)]
    context = {
        "letter": row,
        "lines": [(one, *_badge(one), [_told(two) for two in one.messages]) for one in shown],
        "n_all": len(lines),
        "roles": _chips(request, "role", {key: title for key, title in ROLES.items() if found["role"][key]}, found["role"]),
        "states": _chips(request, "state", {key: _state_title(key) for key in (NOT_TOLD, *WORST) if found["state"][key]}, found["state"]),
        "n_open": sum(one.recipient.opened_at is not None or one.used_at is not None for one in lines),
        "n_acknowledged": sum(one.recipient.acknowledged_at is not None for one in lines),
        "can_note": may_on(request.asker, "letters.issue", row.office_id) and row.issued_at is not None,
        "is_filtered": bool(role or state),
    }  # fmt: skip
    return render(request, "letters/report/sent.html", context)


def _chips(request: Request, name: str, titles: dict[str, str], counts: Any) -> list[Chip]:
    asked = request.GET.get(name, "")
    return [
        Chip(gettext(title), address(request, **{name: None if key == asked else key}), key == asked, counts[key])
        for key, title in titles.items()
    ]


def _state_title(state: str) -> str:
    return letter_sent.NOBODY_TOLD if state == NOT_TOLD else STATES[state]


def _badge(line: SentLine) -> tuple[str, str, str]:
    if line.state == KEPT:
        return "", "", ""
    tone, icon = ("high", "severity-high") if line.state == NOT_TOLD else TONES[line.state]
    return letter_sent.state_title(line, gettext), tone, icon


def _told(message: Any) -> dict[str, Any]:
    tone, icon = TONES.get(message.state, ("muted", "dot"))
    return {
        "message": message, "channel": gettext(CHANNELS[message.channel].title) if message.channel in CHANNELS else message.channel,
        "template": gettext(TEMPLATES[message.template].title), "state": gettext(STATES.get(message.state, message.state)), "tone": tone, "icon": icon,
    }  # fmt: skip


@page("letters.view")
def export(request: Request, letter_id: int) -> HttpResponseBase:
    """The log as a workbook, or with ``form=csv`` as CSV."""
    row, lines = sent_log(request.asker, letter_id)
    zone = zone_from(SETTINGS.zone)
    if request.GET.get("form") == "csv":
        text = io.StringIO(newline="")
        letter_sent.write_csv(request.asker, row, lines, text, gettext, zone)
        answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="vonggac-sent-{row.pk}.csv"'
        return answer
    return download(
        f"vonggac-sent-{row.pk}.xlsx", "xlsx", lambda file: letter_sent.write_xlsx(request.asker, row, lines, file, gettext, zone)
    )  # fmt: skip


class NoteForm(RecordForm):
    """A copy that went out beside the portal."""

    how = forms.ChoiceField(label=gettext_lazy("How it went out"), choices=choices(HOWS))
    on = Day(label=gettext_lazy("On which day"))
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=250, required=False,
        help_text=gettext_lazy("Number of the consignment, who took it."),
    )  # fmt: skip


@page("letters.issue", "POST")
def note(request: Request, recipient_id: int) -> HttpResponse:
    """Note that a copy went out beside the portal."""
    row = the_recipient(request.asker, recipient_id)
    letter = row.letter
    if not may_see_office(request.asker, letter):
        raise NotThere(N_("there is no such letter here"))
    require(request.asker, "letters.issue", letter.office_id)
    back = reverse("letter-sent", args=[letter.pk])
    about = About(
        title=gettext("Note a copy beside the portal"), submit=gettext("Note it"), back=back, leave=back, done=gettext("Noted."),
        crumbs=(Crumb(str(letter), back),), note=gettext("For %(name)s") % {"name": row.name},
        template="letters/report/note.html", extra={"letter": letter, "recipient": row},
    )  # fmt: skip

    def write(values: dict[str, Any], _version: int) -> Any:
        day = values["on"].astimezone(times.zone()).date()
        return sending.note_sent(request.asker, recipient_id, how=values["how"], on=day, note=values["note"])

    return editing.run(
        request, about, lambda *args, **kwargs: NoteForm(*args, **{**kwargs, "initial": {"on": today(), **kwargs.get("initial", {})}}), write
    )  # fmt: skip


@page("letters.issue", "POST")
def remove(request: Request, note_id: int) -> HttpResponse:
    """Take back a note that was wrong."""
    made = SentNote.objects.select_related("recipient").filter(pk=note_id).first()
    if made is None:
        raise NotThere(N_("there is no such note here"))
    letter = the_recipient(request.asker, made.recipient_id).letter
    if not may_see_office(request.asker, letter):
        raise NotThere(N_("there is no such note here"))
    if request.method == "POST":
        sending.take_back_note(request.asker, note_id)
        messages.success(request, gettext("The note was taken back."))
    return redirect("letter-sent", letter.pk)


# ----------------------------------------------------------------------------------------------------------- one day


@page("letters.view")
def days(request: Request, letter_id: int) -> HttpResponse:
    """The newest day that has come, else the first."""
    found = days_of(request.asker, letter_id)
    if not found:
        raise NotThere(N_("this letter asks for no report on that day"))
    now = today().date()
    return redirect("letter-day", letter_id, max((one for one in found if one <= now), default=found[0]).isoformat())


def _day(request: Request, letter_id: int, text: str) -> OneDay:
    the_letter(request.asker, letter_id)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotThere(N_("this letter asks for no report on that day")) from None
    return day_of(request.asker, letter_id, day)


@page("letters.view")
def one_day(request: Request, letter_id: int, day: str) -> HttpResponse:
    """Who reported on a day, who has nothing to report, what happened."""
    found = _day(request, letter_id, day)
    place = list(found.days).index(found.day)
    context = {
        "letter": found.letter,
        "day": found,
        "before": found.days[place - 1] if place else None,
        "after": found.days[place + 1] if place + 1 < len(found.days) else None,
    }
    return render(request, "letters/report/day.html", context)


@page("letters.view")
def day_file(request: Request, letter_id: int, day: str) -> HttpResponseBase:
    """The same as a document."""
    found = _day(request, letter_id, day)
    data = letter_day.docx_of(found, zone_from(SETTINGS.zone))
    return download(f"bao-cao-ngay-{found.day.isoformat()}.docx", "docx", lambda file: file.write(data))
