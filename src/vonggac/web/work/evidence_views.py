"""Files that prove something: added, given out as downloads that no browser runs, shown as small pictures made anew, taken away."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from vonggac.config import Settings
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.work import actions, queries
from vonggac.desk.work.models import Evidence, Task
from vonggac.desk.work.states import DONE
from vonggac.errors import N_, InputError, InvalidValues, NotThere
from vonggac.jobs import evidence_store
from vonggac.jobs.spool import DiskFull, TooLarge
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.choices import safe_next
from vonggac.web.shell.pages import Request, is_partial, page
from vonggac.web.shell.words import tell, tell_fault

SETTINGS: Settings = django_settings.VONGGAC
LOCKED = "sandbox; default-src 'none'"
"""Content security policy of a file that somebody sent: wherever it is opened, it can do nothing."""


@spooling("work.answer", SETTINGS, evidence_store.UPLOAD_LIMIT)
@page("work.answer", "POST")
def evidence(request: Any, task_id: int) -> HttpResponseBase:
    """The files of one Task, and one more."""
    row = queries.task(request.asker, task_id)
    require(request.asker, "work.answer", row.organisation_id)
    status, error = _receive(request, row) if request.method == "POST" else (200, "")
    if status == 201 and not is_partial(request):
        messages.success(request, gettext("The file was added."))
        return redirect(safe_next(request, reverse("task-evidence", args=[row.pk])))
    name = "work/evidence.html" if is_partial(request) else "work/evidence_page.html"
    context = {"task": row, "evidence": queries.evidence_of(row), "error": error, "can_add": can_add(request, row)}
    return render(request, name, context, status=200 if status == 201 else status)


def can_add(request: Request, row: Task) -> bool:
    """Whether whoever looks may add to the files of this Task and take away from them."""
    return row.state not in DONE and may_on(request.asker, "work.answer", row.organisation_id)


def _receive(request: Any, row: Task) -> tuple[int, str]:
    """Take the uploaded file in; status and what to tell, 201 and nothing when it is there."""
    handler = request.upload
    if handler.error is None:
        _fields = request.POST  # reading the form lets the handler take the file
    spooled = handler.take()
    if handler.error is not None:
        return 413 if isinstance(handler.error, TooLarge) else 422, capital(tell(handler.error))
    if spooled is None:
        return 422, gettext("Choose a file first; an empty one shows nothing.")
    try:
        evidence_store.take(SETTINGS, request.asker, row.pk, spooled, handler.file_name or "")
    except InvalidValues as refused:
        return 422, capital(tell_fault(refused.faults[0]))
    except (InputError, DiskFull) as refused:
        return 422, capital(tell(refused))
    return 201, ""


@page("work.view")
def download(request: Request, evidence_id: int) -> HttpResponseBase:
    """The file itself: whatever it is, a browser only keeps it."""
    return file_answer(queries.one_evidence(request.asker, evidence_id))


def file_answer(row: Evidence) -> HttpResponseBase:
    """A file of the store as a download of no particular kind, locked up."""
    file = evidence_store.opened(SETTINGS, row)
    return _locked(FileResponse(file, as_attachment=True, filename=row.name, content_type="application/octet-stream"))


@page("work.view")
def preview(request: Request, evidence_id: int) -> HttpResponseBase:
    """A small picture of a photo, made of its dots alone."""
    row = queries.one_evidence(request.asker, evidence_id)
    path = evidence_store.preview(SETTINGS, row)
    if path is None:
        raise NotThere(N_("there is no picture of this file"))
    return _locked(FileResponse(path.open("rb"), content_type="image/jpeg"))


def _locked(response: FileResponse) -> FileResponse:
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@page("work.answer", "POST")
def remove(request: Request, evidence_id: int) -> HttpResponse:
    """Take a file away while no answer rests on it."""
    row = queries.one_evidence(request.asker, evidence_id)
    back = safe_next(request, reverse("task-evidence", args=[row.task_id]))
    if request.method == "POST":
        try:
            actions.remove_evidence(request.asker, row.pk)
        except InvalidValues as refused:
            messages.error(request, capital(tell_fault(refused.faults[0])))
        else:
            messages.success(request, gettext("“%(name)s” was taken away.") % {"name": row.name})
    return redirect(back)
