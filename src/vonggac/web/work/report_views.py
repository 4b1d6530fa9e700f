"""Many reports by one workbook: get it, fill it in, see every fault by row, send what can stand."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.core import signing
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext, ngettext, override

from vonggac.config import Settings, zone_from
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models.answers import CAME_BY, OF_PEOPLE
from vonggac.errors import N_, EditConflict, InputError, InvalidValues
from vonggac.jobs import report_import, report_workbook, spool
from vonggac.jobs.report_import import Plan, Teller
from vonggac.jobs.spool import DiskFull, TooLarge
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.downloads import download
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell
from vonggac.web.work.views.bulk import told_fault

SETTINGS: Settings = django_settings.VONGGAC
MOST_BYTES = 10 << 20
KEPT_S = 3000
"""How long a workbook that was checked can be sent: less than the spool keeps it."""
_SALT = "vonggac.work.report"


def _say_in(language: str) -> report_workbook.Say:
    def say(text: str) -> str:
        with override(language):
            return gettext(text)

    return say


WORDS = (gettext, _say_in("vi"), _say_in("en"))
"""Languages in which a result may stand: the reader's first."""


def teller_of(asker: Asker, came_by: str, told_by: str) -> Teller:
    """Whose reports a workbook brings."""
    return Teller(asker, zone_from(SETTINGS.zone), WORDS, came_by, told_by)


def workbook_answer(asker: Asker, organisation_id: int | None) -> HttpResponseBase:
    """The open Tasks of the asker, or of one organisation, as a workbook."""
    zone = zone_from(SETTINGS.zone)
    name = f"vonggac-report-{now().astimezone(zone):%Y-%m-%d}.xlsx"
    return download(name, "xlsx", lambda file: report_workbook.write(asker, file, zone, gettext, organisation_id))


@page("work.answer")
def workbook(request: Request) -> HttpResponseBase:
    """The workbook to fill in."""
    code = request.GET.get("organisation", "")
    rows = visible(Organisation.objects.filter(code=code), request.asker, "work.answer", through="pk")
    one = rows.values_list("pk", flat=True).first() if code else None
    return workbook_answer(request.asker, -1 if code and one is None else one)


@spooling("work.answer", SETTINGS, MOST_BYTES)
@page("work.answer", "POST")
def report(request: Any) -> HttpResponseBase:
    """Get the workbook; send it filled in; see what it would do."""
    context: dict[str, Any] = {
        "limit_mb": MOST_BYTES >> 20,
        "came_by": [(key, gettext(CAME_BY[key])) for key in OF_PEOPLE],
    }
    context["may_review"] = request.asker.may("work.review")
    if request.method != "POST":
        return render(request, "work/report.html", context)
    status, error, plan, token = _check(request)
    context |= {"error": error, "token": token, **(_told(plan) if plan else {})}
    context |= {name: request.POST.get(name, "")[:120] for name in ("told_by", "came")} if status != 413 else {}
    return render(request, "work/report.html", context, status=status)


def _check(request: Any) -> tuple[int, str, Plan | None, str]:
    """Status, what to tell, what the workbook would do, and what sends it."""
    handler = request.upload
    if handler.error is None:
        _fields = request.POST  # reading the form lets the handler take the file
    spooled = handler.take()
    if handler.error is not None:
        return 413 if isinstance(handler.error, TooLarge) else 422, capital(tell(handler.error)), None, ""
    if spooled is None:
        return 422, gettext("Choose the workbook first."), None, ""
    came_by, told_by = request.POST.get("came", ""), request.POST.get("told_by", "")
    name = (handler.file_name or "")[:120]
    try:
        data = spool.read(SETTINGS, spooled.name, spooled.sha256)
        plan = report_import.check(teller_of(request.asker, came_by, told_by), data, name)
    except (InputError, InvalidValues, DiskFull) as error:
        spool.drop(SETTINGS, spooled)
        return 422, told_fault(error) if isinstance(error, InvalidValues) else capital(tell(error)), None, ""
    if not plan.ready:
        spool.drop(SETTINGS, spooled)
        return 422 if plan.faults else 200, "", plan, ""
    kept = [spooled.name, spooled.size, spooled.sha256, name, request.asker.user_id, came_by, told_by]
    return 200, "", plan, signing.dumps(kept, salt=_SALT, compress=True)


def _told(plan: Plan) -> dict[str, Any]:
    results = {one.report.task_id: gettext(BY_NAME[one.task.kind].results[one.report.result]) for one in plan.ready}
    return {
        "plan": plan,
        "ready": [(one, results[one.report.task_id]) for one in plan.ready],
        "faults": [
            {"sheet": one.sheet, "row": one.row, "column": gettext(one.column) if one.column else "", "value": one.value,
             "text": told_fault(InvalidValues([one.fault]))}
            for one in plan.faults[:300]
        ],
        "has_more_faults": len(plan.faults) > 300,
    }  # fmt: skip


@page("work.answer", "POST")
def send(request: Request) -> HttpResponseBase:
    """Report what the workbook holds."""
    if request.method != "POST":
        return redirect("work-report")
    try:
        kept = signing.loads(request.POST.get("token", "")[:4000], salt=_SALT, max_age=KEPT_S)
    except signing.BadSignature:
        kept = None
    if kept is None or kept[4] != request.asker.user_id:
        messages.error(request, gettext("The workbook waited too long. Choose it again."))
        return redirect("work-report")
    name, size, sha256, file_name, _user_id, came_by, told_by = kept
    spooled = spool.Spooled(name, size, sha256)
    try:
        data = spool.read(SETTINGS, name, sha256)
        plan, outcome = report_import.apply(
            teller_of(request.asker, came_by, told_by), data, file_name, or_none=request.POST.get("all") == "1"
        )
    except (InputError, InvalidValues, EditConflict) as error:
        messages.error(request, told_fault(error) if isinstance(error, InvalidValues) else capital(tell(error)))
        return redirect("work-report")
    if outcome.n:
        spool.drop(SETTINGS, spooled)
        text = ngettext("%(n)d report was sent.", "%(n)d reports were sent.", outcome.n) % {"n": outcome.n}
        messages.success(request, text)
        return redirect("work")
    message = N_("Nothing was sent: every row has to be right. Correct the workbook and choose it again.")
    messages.error(request, gettext(message) if plan.faults else gettext("There was nothing new to send."))
    return redirect("work-report")
