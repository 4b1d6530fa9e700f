"""A file of a list comes in; a picture goes to the page where it is typed in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from vonggac.config import Settings
from vonggac.desk.intel import queries
from vonggac.errors import InputError, InvalidValues, VonggacError
from vonggac.jobs import list_import, pictures, spool
from vonggac.web.intel.forms import LetterForm
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.pages import page
from vonggac.web.shell.words import tell, tell_fault

SETTINGS: Settings = django_settings.VONGGAC
LETTER = ("letter", "letter_on", "as_of", "tlp", "confidence")
"""What is asked about the letter, in the form and in the address of the page where a picture is typed in."""


@spooling("lists.import", SETTINGS, spool.UPLOAD_LIMIT)
@page("lists.import", "POST")
def upload(request: Any, list_id: int) -> HttpResponseBase:
    """Choose the file and say which letter it came with."""
    row = queries.indicator_list(request.asker, list_id)
    initial = {"tlp": row.tlp, "confidence": row.confidence}
    form, status = LetterForm(initial=initial, asker=request.asker), 200
    error = ""
    if request.method == "POST":
        status = 422
        if request.upload.error is None:
            _fields = request.POST  # reading the form lets the handler take the file
        if request.upload.error is not None:  # nothing of the form was read to its end
            error = tell(request.upload.error)
            status = 413 if isinstance(request.upload.error, spool.TooLarge) else 422
        else:
            form = LetterForm(request.POST, initial=initial, asker=request.asker)
            answer, error = _take(request, row, form) if form.is_valid() else (None, "")
            if answer is not None:
                return answer
    context = {"row": row, "form": form, "error": error, "limit_mb": spool.UPLOAD_LIMIT >> 20}
    return render(request, "intel/import.html", context, status=status)


def _take(request: Any, row: Any, form: LetterForm) -> tuple[HttpResponseBase | None, str]:
    """Where to go on with the file that came, or what to tell."""
    spooled = request.upload.take()
    if spooled is None:
        return None, gettext("Choose a file first; an empty one holds no list.")
    path = spool.spool_folder(SETTINGS) / spooled.name
    try:
        if pictures.may_be_picture(path) and (name := pictures.keep(SETTINGS, request.asker.user_id or 0, path)):
            spool.drop(SETTINGS, spooled)
            asked = {key: request.POST.get(key, "")[:120] for key in LETTER}
            return redirect(f"{reverse('list-type', args=[row.pk])}?{urlencode({'picture': name, **asked})}"), ""
    except InputError as error:
        spool.drop(SETTINGS, spooled)
        return None, capital(tell(error))
    return receive(request, row, form, spooled, request.upload.file_name or "")


def receive(
    request: Any, row: Any, form: LetterForm, spooled: spool.Spooled, file_name: str
) -> tuple[HttpResponseBase | None, str]:
    """Take a file in as the next version; a small one is read at once. Gives where to go on, or what to tell."""
    try:
        version = list_import.receive(SETTINGS, request.asker, row.pk, spooled, file_name, **form.values())
    except InvalidValues as error:
        form.add_faults((fault.field, capital(tell_fault(fault))) for fault in error.faults)
        return None, ""
    except VonggacError as error:
        return None, capital(tell(error))
    home = reverse("list-version", args=[version.pk])
    if version.is_repeated:
        messages.info(
            request, gettext("This very file is here already: this is what became of it. Nothing was changed.")
        )
        return redirect(home), ""
    list_import.advance(SETTINGS, request.asker, version, only_small=True)
    messages.success(request, gettext("The file was taken in. Nobody is told yet."))
    return redirect(f"{home}?step=columns"), ""
