"""Answers by workbook: get it, fill it in, see every fault by its cell, send all of it; and the reply as a letter of the unit.

In the portal and behind a link it is the same: whoever renders the page says who asks, where its parts are (``Urls``) and what stands
around it (``base_template``, with the blocks ``title``, ``meta`` and ``content``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.conf import settings as django_settings
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, override

from vonggac.config import Settings, zone_from
from vonggac.desk.directives import queries
from vonggac.desk.directives.declaring import known
from vonggac.desk.directives.models import Recipient
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.work.models.answers import CAME_BY, ENTERED
from vonggac.errors import N_, EditConflict, InputError, InvalidValues
from vonggac.jobs import answer_import, answer_workbook, reply_letter, spool
from vonggac.jobs.answer_import import Plan
from vonggac.jobs.spool import DiskFull, Spooled, TooLarge
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.downloads import download
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault

SETTINGS: Settings = django_settings.VONGGAC
MOST_BYTES: Final = answer_import.MOST_BYTES
KEPT_S: Final = 3000
"""How long a workbook that was checked can be sent: less than the spool keeps it."""
BASE: Final = "letters/files/base.html"
_SALT = "vonggac.letters.book"
_SHOWN = 200


def _say_in(language: str) -> answer_workbook.Say:
    def say(text: str) -> str:
        with override(language):
            return gettext(text)

    return say


VIETNAMESE = _say_in("vi")
WORDS = (gettext, VIETNAMESE, _say_in("en"))
"""Languages in which a result may stand: the reader's first."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the parts are: ``page`` takes the workbook, ``send`` sends what was checked, ``workbook`` and ``reply`` give files, ``back`` is the letter."""

    page: str
    send: str
    workbook: str
    back: str
    reply: str


def urls_of(row: Recipient) -> Urls:
    """Where they are in the portal."""
    home = reverse("letter-received", args=[row.pk])
    return Urls(f"{home}answers", f"{home}answers/send", f"{home}answers.xlsx", home, f"{home}reply.docx")


# ------------------------------------------------------------------------------------------------- the portal's doors


@page("work.answer")
def workbook(request: Request, recipient_id: int) -> HttpResponseBase:
    """The workbook of one recipient, to be filled in."""
    return workbook_answer(request.asker, queries.recipient(request.asker, recipient_id))


@page("work.answer")
def reply(request: Request, recipient_id: int) -> HttpResponseBase:
    """The reply as a letter of the unit."""
    return reply_answer(request.asker, queries.recipient(request.asker, recipient_id))


@spooling("work.answer", SETTINGS, MOST_BYTES)
@page("work.answer", "POST")
def book(request: Any, recipient_id: int) -> HttpResponseBase:
    """Choose the workbook, see what it would answer."""
    row = queries.recipient(request.asker, recipient_id)
    return book_page(request, request.asker, row, base_template=BASE, urls=urls_of(row))


@page("work.answer", "POST")
def send(request: Request, recipient_id: int) -> HttpResponseBase:
    """Answer what the checked workbook holds."""
    row = queries.recipient(request.asker, recipient_id)
    return send_book(request, request.asker, row, urls=urls_of(row))


# ------------------------------------------------------------------------------------------------- what they are made of


def require_own(asker: Asker, row: Recipient) -> None:
    """Raise NotAllowed for who neither answers for the recipient nor reviews what it answers."""
    if not may_on(asker, "work.answer", row.organisation_id):
        require(asker, "work.review", row.organisation_id)


def workbook_answer(asker: Asker, row: Recipient) -> HttpResponseBase:
    """The workbook as a file; Vietnamese, whoever gets it: it is the unit that fills it in."""
    require_own(asker, row)
    zone = zone_from(SETTINGS.zone)
    return download(
        _name(row, "tra-loi", "xlsx"),
        "xlsx",
        lambda file: answer_workbook.write(row, file, zone, VIETNAMESE, partial(known, asker)),
    )


def reply_answer(asker: Asker, row: Recipient) -> HttpResponseBase:
    """The reply as DOCX."""
    require_own(asker, row)
    zone = zone_from(SETTINGS.zone)
    return download(
        _name(row, "bao-cao", "docx"), "docx", lambda file: file.write(reply_letter.docx_of(row, zone, VIETNAMESE))
    )


def _name(row: Recipient, what: str, ending: str) -> str:
    number = "".join(char if char.isalnum() and char.isascii() else "-" for char in row.letter.reference)
    return f"{what}-{number.strip('-') or row.letter_id}.{ending}"


def may_enter(asker: Asker, row: Recipient) -> bool:
    """Whether the asker enters what a unit told the centre."""
    return asker.origin.via != "link" and may_on(asker, "work.review", row.organisation_id)


def book_page(
    request: Any, asker: Asker, row: Recipient, *, base_template: str, urls: Urls, extra: Mapping[str, Any] | None = None
) -> HttpResponse:  # fmt: skip
    """The page; of a POST with ``request.upload`` (a SpoolHandler) what the workbook would answer."""
    require_own(asker, row)
    status, error, plan, token = _check(request, asker, row) if request.method == "POST" else (200, "", None, "")
    enters = may_enter(asker, row)
    context = {
        "base_template": base_template, "recipient": row, "letter": row.letter, "urls": urls, "error": error, "plan": plan,
        "token": token, "limit_mb": MOST_BYTES >> 20, "enters": enters,
        "came_by": [(key, gettext(CAME_BY[key])) for key in ("mail", "letter", "phone")] if enters else [],
        "faults": _faults(plan) if plan else [], "has_more": bool(plan and len(plan.faults) > _SHOWN), **(extra or {}),
    }  # fmt: skip
    return render(request, "letters/files/book.html", context, status=status)


def _check(request: Any, asker: Asker, row: Recipient) -> tuple[int, str, Plan | None, str]:
    """Status, what to tell, what the workbook would do, and what sends it."""
    handler = request.upload
    if handler.error is None:
        _fields = request.POST  # reading the form lets the handler take the file
    spooled = handler.take()
    if handler.error is not None:
        return 413 if isinstance(handler.error, TooLarge) else 422, capital(tell(handler.error)), None, ""
    if spooled is None:
        return 422, gettext("Choose the workbook first."), None, ""
    try:
        plan = plan_of(asker, row, spooled, (handler.file_name or "")[:120])
    except InvalidValues as error:
        spool.drop(SETTINGS, spooled)
        return 422, capital(tell_fault(error.faults[0])), None, ""
    except (InputError, DiskFull) as error:
        spool.drop(SETTINGS, spooled)
        return 422, capital(tell(error)), None, ""
    if plan.faults or not plan.ready:
        spool.drop(SETTINGS, spooled)
        return 422 if plan.faults else 200, "", plan, ""
    kept = [spooled.name, spooled.size, spooled.sha256, row.pk, asker.user_id]
    return 200, "", plan, signing.dumps(kept, salt=_SALT)


def plan_of(asker: Asker, row: Recipient, spooled: Spooled, name: str) -> Plan:
    """What a workbook in the spool would answer."""
    data = spool.read(SETTINGS, spooled.name, spooled.sha256)
    return answer_import.check(asker, row.pk, data, name, zone_from(SETTINGS.zone), WORDS)


def _faults(plan: Plan) -> list[dict[str, str]]:
    return [
        {
            "cell": one.cell, "clause": one.clause, "question": gettext(one.question) if one.question else "",
            "value": one.value, "text": capital(tell_fault(one.fault)),
        }
        for one in plan.faults[:_SHOWN]
    ]  # fmt: skip


def send_book(request: Any, asker: Asker, row: Recipient, *, urls: Urls) -> HttpResponse:
    """Answer what the checked workbook holds, then on to the letter; what stands in the way is told."""
    require_own(asker, row)
    if request.method != "POST":
        return HttpResponseRedirect(urls.page)
    try:
        kept = signing.loads(request.POST.get("token", "")[:4000], salt=_SALT, max_age=KEPT_S)
    except signing.BadSignature:
        kept = None
    if kept is None or kept[3:] != [row.pk, asker.user_id]:
        messages.error(request, gettext("The workbook waited too long. Choose it again."))
        return HttpResponseRedirect(urls.page)
    spooled = Spooled(*kept[:3])
    enters = may_enter(asker, row)
    came_by = request.POST.get("came_by", "") if enters else ""
    told_by = request.POST.get("told_by", "")[:120] if came_by in ENTERED else ""
    try:
        plan = plan_of(asker, row, spooled, "")
        done = answer_import.apply(asker, plan, key=spooled.sha256, came_by=came_by, told_by=told_by)
    except InvalidValues as error:
        messages.error(request, capital(tell_fault(error.faults[0])))
        return HttpResponseRedirect(urls.page)
    except (EditConflict, InputError) as error:
        messages.error(request, capital(tell(error)))
        return HttpResponseRedirect(urls.page)
    spool.drop(SETTINGS, spooled)
    if done.made:
        messages.success(request, gettext(N_("The answers of the workbook were sent: %(n)d.")) % {"n": len(done.made)})
    else:
        messages.success(request, gettext("Everything in it was sent before: there is nothing to do."))
    return HttpResponseRedirect(urls.back)
