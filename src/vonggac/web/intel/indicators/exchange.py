"""Files of others: looked at first, then taken in; and given to others as far as TLP lets them have it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from vonggac.desk.intel.queries.indicators import Filters
from vonggac.desk.scope.rule import require
from vonggac.detectors.indicators.forms import TITLES
from vonggac.errors import DeskError, InputError, InvalidValues
from vonggac.jobs import spool
from vonggac.jobs.exchange.found import LARGEST, Defaults
from vonggac.jobs.exchange.intake import Outcome, read_file, warninglists_in
from vonggac.jobs.exchange.intake import take_in as take
from vonggac.jobs.exchange.outgo import share
from vonggac.web.intel.indicators.forms import ExportForm, TakeInForm, bound_or_not
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault

SETTINGS = settings.VONGGAC
_SALT = "vonggac.indicators.held"
_HELD_S = 3000
"""How long a file that was looked at waits to be taken in: less than the spool lets it lie."""
MOST_SHOWN = 50


@spooling("indicators.edit", SETTINGS, LARGEST)
@page("indicators.edit", "POST")
def take_in(request: Any) -> HttpResponseBase:
    """Choose a file, see what would happen, take it in."""
    require(request.asker, "indicators.edit", None)
    context: dict[str, Any] = {"limit_mb": LARGEST >> 20, "error": "", "outcome": None}
    status = 200
    if request.method == "POST":
        status = _posted(request, context)
    context.setdefault("form", TakeInForm())
    return render(request, "intel/indicators/import.html", context, status=status)


def _posted(request: Any, context: dict[str, Any]) -> int:
    """What was sent, into ``context``; gives the status."""
    handler = request.upload
    form = (
        TakeInForm(request.POST) if handler.error is None else TakeInForm()
    )  # reading it lets the handler take the file
    context["form"] = form
    if handler.error is not None:
        context["error"] = tell(handler.error)
        return 413 if isinstance(handler.error, spool.TooLarge) else 422
    held = handler.take()
    name = held.name if held is not None else _held(request, request.POST.get("held", ""))
    if not name:
        context["error"] = _("Choose a file first; one that was looked at waits for less than an hour.")
        return 422
    is_taken = False
    try:
        if not form.is_valid():
            return 422
        is_dry = request.POST.get("do") != "take"
        outcome = _read(request, name, form, is_dry=is_dry)
        is_taken = not is_dry
    except (InputError, DeskError) as error:
        context["error"] = _told(error)
        return 422
    else:
        context |= _shown(outcome, is_dry=is_dry)
        return 200
    finally:
        if is_taken or context["error"]:
            (spool.spool_folder(SETTINGS) / name).unlink(missing_ok=True)
        else:
            context["held"] = signing.dumps([name, request.asker.user_id], salt=_SALT)


def _held(request: Any, text: str) -> str:
    """The name in the spool of a file that this person looked at before; empty when it is gone or not theirs."""
    try:
        name, user_id = signing.loads(text, salt=_SALT, max_age=_HELD_S)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    is_there = user_id == request.asker.user_id and (spool.spool_folder(SETTINGS) / str(name)).is_file()
    return str(name) if is_there else ""


def _read(request: Any, name: str, form: Any, *, is_dry: bool) -> Outcome:
    values = form.cleaned_data
    return take(
        request.asker,
        read_file(spool.spool_folder(SETTINGS) / name, LARGEST),
        source=values["source"],
        number=values["number"],
        defaults=Defaults(tlp=values["tlp"], confidence=values["confidence"]),
        is_dry=is_dry,
        warninglists=warninglists_in(SETTINGS),
    )


def _told(error: Any) -> str:
    if isinstance(error, InvalidValues):
        return " ".join(capital(tell_fault(fault)) for fault in error.faults)
    return capital(tell(error))


def _shown(outcome: Outcome, *, is_dry: bool) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "form_title": TITLES.get(outcome.form, _("Table")),
        "is_dry": is_dry,
        "is_something": outcome.told.n_new + outcome.told.n_changed + outcome.n_sightings > 0,
        "reasons": [(_(text), n) for text, n in outcome.reasons.items()],
        "left_out": [(what, _(text)) for what, text in outcome.left_out[:MOST_SHOWN]],
        "drafts": outcome.drafts[:MOST_SHOWN],
        "n_more": max(0, len(outcome.drafts) - MOST_SHOWN),
    }


@page("indicators.view", "POST")
def export(request: Request) -> HttpResponse:
    """Give indicators to somebody, as a file."""
    require(request.asker, "indicators.view", None)
    form: Any = bound_or_not(ExportForm, request)
    error = ""
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        filters = Filters(state=values["state"], kind=values["kind"], family=values["family"])
        try:
            shared = share(
                request.asker, filters, form=values["form"], audience=values["audience"], recipient=values["recipient"]
            )
        except InvalidValues as fault:
            for one in fault.faults:
                form.add_error(one.field if one.field in form.fields else None, capital(tell_fault(one)))
        else:
            headers = {
                "Content-Disposition": f'attachment; filename="{shared.file_name}"',
                "X-Left-Out": str(shared.n_left_out),
            }
            return HttpResponse(shared.content, content_type="application/json", headers=headers)
    context = {"form": form, "error": error}
    return render(request, "intel/indicators/export.html", context, status=422 if form.is_bound else 200)
