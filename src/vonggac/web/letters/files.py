"""Files of letters: given out as downloads that no browser runs, attached, taken away, come back signed; drafts as documents."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from vonggac.config import Settings
from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.models import LetterFile
from vonggac.desk.directives.queries.files import is_good, one_attached
from vonggac.desk.directives.states import APPROVED, DRAFT, OUT
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.documents import pdf
from vonggac.errors import N_, ConfigError, EditConflict, InputError, InvalidValues, NotThere
from vonggac.jobs import evidence_store, letter_files, letter_uploads
from vonggac.jobs.spool import DiskFull, Spooled, TooLarge
from vonggac.web.letters.panel import said_of
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.choices import safe_next
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault
from vonggac.web.work.evidence_views import LOCKED

SETTINGS: Settings = django_settings.VONGGAC
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PREVIEW_S = 30.0
_one_at_a_time = threading.Lock()
Take = Callable[[Settings, Asker, int, Spooled, str], LetterFile]


@page("letters.view")
def files(request: Request, letter_id: int) -> HttpResponseBase:
    """The files of one letter."""
    return render(request, "letters/files/page.html", {"letter": queries.letter(request.asker, letter_id), "error": ""})


@spooling("letters.draft", SETTINGS, letter_uploads.MOST_BYTES)
@page("letters.draft", "POST")
def attach(request: Any, letter_id: int) -> HttpResponseBase:
    """One more file is attached to a letter."""
    return _files(request, letter_id, letter_uploads.attach)


@spooling("letters.draft", SETTINGS, letter_uploads.MOST_BYTES)
@page("letters.draft", "POST")
def signed(request: Any, letter_id: int) -> HttpResponseBase:
    """The PDF of an issued letter comes back signed."""
    return _files(request, letter_id, letter_uploads.signed)


def _files(request: Any, letter_id: int, take: Take) -> HttpResponseBase:
    row = queries.letter(request.asker, letter_id)
    status, error = 200, ""
    require(request.asker, "letters.draft", row.office_id)
    if request.method == "POST":
        status, error, file = _receive(request, letter_id, take)
        if file is not None:
            _tell_file(request, file)
            return redirect(safe_next(request, reverse("letter-files", args=[letter_id])))
    return render(request, "letters/files/page.html", {"letter": row, "error": error}, status=status)


def _receive(request: Any, letter_id: int, take: Take) -> tuple[int, str, LetterFile | None]:
    """Take the uploaded file in: status, what to tell, the file when it is there."""
    handler = request.upload
    if handler.error is None:
        _fields = request.POST  # reading the form lets the handler take the file
    spooled = handler.take()
    if handler.error is not None:
        return 413 if isinstance(handler.error, TooLarge) else 422, capital(tell(handler.error)), None
    if spooled is None:
        return 422, gettext("Choose a file first; an empty one shows nothing."), None
    try:
        return 201, "", take(SETTINGS, request.asker, letter_id, spooled, handler.file_name or "")
    except InvalidValues as refused:
        return 422, capital(tell_fault(refused.faults[0])), None
    except (InputError, DiskFull, EditConflict) as refused:
        return 422, capital(tell(refused)), None


def _tell_file(request: Request, file: LetterFile) -> None:
    if file.part != "signed":
        messages.success(request, gettext("The file was added."))
    elif is_good(file):
        messages.success(
            request, gettext("The signed file is there: %(state)s.") % {"state": said_of(file.verdict).title}
        )
    else:
        said = said_of(file.verdict)
        text = gettext("The file is kept, but does not go out as the letter: %(why)s")
        messages.warning(request, text % {"why": said.warning or said.title})


@page("letters.view")
def download(request: Request, letter_id: int, file_id: int) -> HttpResponseBase:
    """The file itself: whatever it is, a browser only keeps it."""
    return file_answer(queries.one_file(request.asker, letter_id, file_id))


def file_answer(row: LetterFile) -> HttpResponseBase:
    """A file of a letter as a download of no particular kind, locked up."""
    file = evidence_store.opened(SETTINGS, row)
    return _locked(FileResponse(file, as_attachment=True, filename=row.name, content_type="application/octet-stream"))


def _locked(response: Any) -> HttpResponseBase:
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    answer: HttpResponseBase = response
    return answer


@page("letters.draft", "POST")
def remove(request: Request, attached_id: int) -> HttpResponse:
    """Take an attachment off a draft."""
    file = one_attached(request.asker, attached_id)
    back = safe_next(request, reverse("letter-files", args=[file.letter_id]))
    if request.method == "POST":
        try:
            actions.detach(request.asker, file.letter_id, file.letter.version, file.pk)
        except InvalidValues as refused:
            messages.error(request, capital(tell_fault(refused.faults[0])))
        except EditConflict as refused:
            messages.error(request, capital(tell(refused)))
        else:
            messages.success(request, gettext("The file was taken off the letter."))
    return redirect(back)


@page("letters.view")
def preview(request: Request, letter_id: int, form: str) -> HttpResponseBase:
    """A draft as it would look, with room for what it does not have yet: number, day, signature."""
    try:
        return preview_answer(request.asker, letter_id, form)
    except (InputError, ConfigError) as refused:
        messages.error(request, capital(tell(refused)))
        return redirect("letter-files", letter_id)


def preview_answer(asker: Asker, letter_id: int, form: str) -> HttpResponseBase:
    """A draft as a file (docx, pdf); raises what keeps it from being made."""
    row = queries.letter(asker, letter_id)
    is_draft = row.direction == OUT and row.state in (DRAFT, APPROVED) and row.form in letter_files.RENDERERS
    if not is_draft or not queries.may_see_office(asker, row):
        raise NotThere(N_("there is no such file here"))
    docx = letter_files.RENDERERS[row.form](row)
    data, kind = (docx, DOCX_TYPE) if form == "docx" else (_laid_out(docx), "application/pdf")
    headers = {"Content-Disposition": f'attachment; filename="{letter_files.file_name(row, form)}"'}
    return _locked(HttpResponse(data, content_type=kind, headers=headers))


@lru_cache(maxsize=4)
def _laid_out(docx: bytes) -> bytes:
    """As PDF; kept for who looks again, since LibreOffice takes a processor whole for seconds."""
    if not _one_at_a_time.acquire(timeout=_PREVIEW_S):
        raise InputError(N_("many documents are being made just now: try again in a minute"))
    try:
        return pdf.to_pdf(docx, timeout_s=_PREVIEW_S)
    finally:
        _one_at_a_time.release()
