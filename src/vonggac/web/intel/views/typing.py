"""The page where a scan or photo is typed in, cell by cell, beside its picture."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings as django_settings
from django.http import FileResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext, ngettext

from vonggac.config import Settings
from vonggac.desk.intel import queries
from vonggac.desk.intel.models.lists import COLUMN_ROLES
from vonggac.errors import N_, NotThere
from vonggac.jobs import pictures, spool
from vonggac.web.intel import typed
from vonggac.web.intel.forms import LetterForm
from vonggac.web.intel.views.uploads import LETTER, receive
from vonggac.web.intel.words import HEADERS
from vonggac.web.shell.pages import Request, page

SETTINGS: Settings = django_settings.VONGGAC


@page("lists.import")
def picture(request: Request) -> HttpResponseBase:
    """One page of a picture that the asker brought."""
    n = request.GET.get("page", "1")
    path = None
    if n.isascii() and n.isdecimal() and len(n) < 3:
        path = pictures.page_file(SETTINGS, request.asker.user_id or 0, request.GET.get("picture", ""), int(n))
    if path is None:
        raise NotThere(N_("there is no such picture here"))
    answer = FileResponse(path.open("rb"), content_type="image/png")
    answer["Cache-Control"] = "private, no-store"
    return answer


@page("lists.import", "POST")
def type_in(request: Request, list_id: int) -> HttpResponseBase:
    """Type the list in; every cell that a machine read is confirmed by a person."""
    row = queries.indicator_list(request.asker, list_id)
    sent = request.POST if request.method == "POST" else request.GET
    name = sent.get("picture", "")
    n_pages = pictures.n_pages(SETTINGS, request.asker.user_id or 0, name)
    if name and not n_pages and request.method != "POST":  # its time is over: what was typed is never lost for that
        raise NotThere(N_("there is no such picture here: it is kept for a day; bring it in again"))
    initial = {"tlp": row.tlp, "confidence": row.confidence}
    asked = {key: sent[key] for key in LETTER if sent.get(key)}
    form = LetterForm({**initial, **asked}, initial=initial, asker=request.asker)
    at = _page(sent.get("page", ""), n_pages)
    kept = typed.kept_of(request.POST.get("kept", ""))
    fault, status = "", 200
    if request.method == "POST":
        sheet = typed.of_form(request.POST, request.POST.getlist("ok"))
        rows = [*kept, *typed.rows_of(sheet)]
        fault = _fault(sheet, rows, is_last=at >= n_pages)
        if not fault and at < n_pages:
            at, kept = at + 1, rows
            sheet = _recognised(request, name, at)
        elif not fault and form.is_valid():
            answer, fault = _finish(request, row, form, rows)
            if answer is not None:
                return answer
        status = 422 if fault or not form.is_valid() else 200
    else:
        sheet = _recognised(request, name, at)
    context = {
        "row": row, "form": form, "sheet": sheet, "name": name, "at": at, "n_pages": n_pages, "kept": json.dumps(kept, ensure_ascii=False),
        "n_kept": len(kept), "fault": fault, "roles": [(key, gettext(title)) for key, title in COLUMN_ROLES.items() if key in HEADERS],
        "packages": " ".join(pictures.PACKAGES), "has_recogniser": bool(pictures.recogniser()), "n_open": len(sheet.open),
    }  # fmt: skip
    return render(request, "intel/typing.html", context, status=status)


def _page(text: str, n_pages: int) -> int:
    n = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 1
    return min(max(n, 1), max(n_pages, 1))


def _recognised(request: Request, name: str, at: int) -> typed.Sheet:
    path = pictures.page_file(SETTINGS, request.asker.user_id or 0, name, at)
    return typed.of_cells(pictures.recognise(path)) if path is not None else typed.blank()


def _fault(sheet: typed.Sheet, rows: list[dict[str, str]], *, is_last: bool) -> str:
    if sheet.open:
        n = len(sheet.open)
        return ngettext(
            "%(n)d cell was read by the machine and nobody has looked at it yet: compare it with the picture and confirm it.",
            "%(n)d cells were read by the machine and nobody has looked at them yet: compare them with the picture and confirm them.",
            n,
        ) % {"n": n}
    if is_last and not rows:
        return gettext("Nothing was typed yet.")
    return ""


def _finish(
    request: Any, row: Any, form: LetterForm, rows: list[dict[str, str]]
) -> tuple[HttpResponseBase | None, str]:
    """The typed rows go the way of any file."""
    taken = spool.Spool(SETTINGS, spool.UPLOAD_LIMIT)
    taken.write(typed.csv_of(rows))
    return receive(request, row, form, taken.done(), gettext("typed in") + ".csv")
