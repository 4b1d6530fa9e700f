"""A letter comes in: its file, what was read from it, what a person makes of that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import FileResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from vonggac.config import Settings
from vonggac.desk.directives.actions import arriving as actions
from vonggac.desk.directives.arrivals import ArrivalValues
from vonggac.desk.directives.models import Letter, LetterReading
from vonggac.desk.directives.proposing import Proposal
from vonggac.desk.directives.queries import arriving as queries
from vonggac.desk.directives.readings import FAILED, KEPT, READ, READING, WAITING
from vonggac.desk.directives.values import LetterValues
from vonggac.desk.organisations.models.graph import MANDATES
from vonggac.errors import N_, EditConflict, InputError, InvalidValues, NotThere, VonggacError
from vonggac.jobs import evidence_store, letter_arrival
from vonggac.jobs.spool import DiskFull, TooLarge
from vonggac.web.letters.arriving.forms import ArrivalForm, OfficeForm, clause_set, first_values
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell import times
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of
from vonggac.web.shell.templatetags.shell import shown
from vonggac.web.shell.words import tell, tell_fault
from vonggac.web.work.evidence_views import LOCKED

SETTINGS: Settings = django_settings.VONGGAC
SHAKY = 70
"""Below this confidence, of 100, a recognised word is shown to be looked at."""
_MOST_WORDS = 200
_READ_AS = {
    "reference": "reference", "dated": "dated", "issuer_name": "issuer", "subject": "subject", "urgency": "urgency", "form": "form",
    "superior_name": "superior", "place": "place", "signer_name": "signatory", "signer_title": "signatory",
}  # fmt: skip
"""Field of the form to the value of the reader that it begins with."""
_DOUBTED = {"issuer": "issuer_name", "number": "reference", "symbol": "reference", "deadlines": "deadline", "references": "parent_reference",
            "clauses": "clauses", "addressed": "addressed", "signatory": "signer_name", "superior": "superior_name"}  # fmt: skip
"""What the reader asks about to the field of the form where it is answered."""


# -------------------------------------------------------------------------------------------------------------- uploads


@spooling("letters.draft", SETTINGS, evidence_store.UPLOAD_LIMIT)
@page("letters.draft", "POST")
def arrive(request: Any) -> HttpResponseBase:
    """Bring in the file of a letter, and see those that wait to be confirmed."""
    offices = queries.offices(request.asker)
    form, status, error = OfficeForm(offices=offices), 200, ""
    if request.method == "POST":
        status = 422
        if request.upload.error is None:
            form = OfficeForm(request.POST, offices=offices)  # reading the form lets the handler take the file
        if request.upload.error is not None:
            error = capital(tell(request.upload.error))
            status = 413 if isinstance(request.upload.error, TooLarge) else 422
        elif form.is_valid():
            answer, error = _take(request, form.cleaned_data["office"])
            if answer is not None:
                return answer
    context = {
        "form": form, "error": error, "limit_mb": evidence_store.UPLOAD_LIMIT >> 20, "offices": offices,
        "page": page_of(queries.readings(request.asker).exclude(state=KEPT), request),
    }  # fmt: skip
    return render(request, "letters/arriving/arrive.html", context, status=status)


def _take(request: Any, office_id: int) -> tuple[HttpResponseBase | None, str]:
    """Where to go on with the file that came, or what to tell."""
    spooled = request.upload.take()
    if spooled is None:
        return None, gettext("Choose a file first; an empty one holds no letter.")
    try:
        found = letter_arrival.take(SETTINGS, request.asker, office_id, spooled, request.upload.file_name or "")
    except InvalidValues as refused:
        return None, capital(tell_fault(refused.faults[0]))
    except (InputError, DiskFull) as refused:
        return None, capital(tell(refused))
    if isinstance(found, Letter):
        messages.info(
            request, gettext("This very file is in the register already: this is its letter. Nothing was changed.")
        )
        return redirect("letter", found.pk), ""
    return redirect("letter-reading", found.pk), ""


# ------------------------------------------------------------------------------------------------------------- readings


@page("letters.draft", "POST")
def reading(request: Request, reading_id: int) -> HttpResponseBase:
    """What was read, beside what is not sure; confirmed or mended, it goes into the register."""
    row = queries.reading(request.asker, reading_id)
    if row.state == KEPT and row.letter_id:
        return redirect("letter", row.letter_id)
    if row.state not in (READ, FAILED):
        return render(
            request, "letters/arriving/waiting.html", {"row": row, "is_waiting": row.state in (WAITING, READING)}
        )
    found = queries.proposal(row)
    values = found.values if found else _nothing_yet()
    return _entering(
        request, row.office_id, values, row.version, found=found, row=row,
        write=lambda entered, version, confirms: letter_arrival.receive(
            SETTINGS, request.asker, row.pk, version, entered, confirms=confirms
        ),
    )  # fmt: skip


@page("letters.draft", "POST")
def by_hand(request: Request) -> HttpResponseBase:
    """A letter on paper, or one that nobody can read, is entered by hand."""
    offices = queries.offices(request.asker)
    asked = request.POST.get("office", "") or request.GET.get("office", "")
    chosen = next((one for one in offices if str(one.pk) == asked), offices[0] if len(offices) == 1 else None)
    if chosen is None:
        return render(request, "letters/arriving/office.html", {"form": OfficeForm(offices=offices)})
    return _entering(
        request, chosen.pk, _nothing_yet(), 0, office=chosen,
        write=lambda entered, _version, _confirms: actions.enter(request.asker, chosen.pk, entered),
    )  # fmt: skip


def _nothing_yet() -> ArrivalValues:
    return ArrivalValues(LetterValues(""), datetime.now(times.zone()).date())


def _entering(
    request: Request, office_id: int, values: ArrivalValues, version: int, *, write: Any, found: Proposal | None = None,
    row: LetterReading | None = None, office: Any = None,
) -> HttpResponseBase:  # fmt: skip
    """The form of a letter's entry: shown, or written and left for the letter."""
    asks = bool(row is not None and row.found.get("doubts"))
    data, status, refused = request.POST if request.method == "POST" else None, 200, None
    form = ArrivalForm(data, initial=first_values(values, version), asks=asks)
    clauses = clause_set(data, values.said.clauses)
    if data is not None:
        status = 422
        if form.is_valid() & clauses.is_valid():
            try:
                made = write(
                    form.values(clauses.values()),
                    form.cleaned_data["version"] or 0,
                    form.cleaned_data.get("confirms", False),
                )
            except InvalidValues as error:
                form.add_faults(error.faults, clauses)
                refused = error.letter if isinstance(error, actions.AlreadyThere) else None
            except EditConflict as error:
                messages.warning(request, capital(tell(error)))
                return redirect(request.path)
            else:
                text = gettext("The letter is in the register, as number %(number)s of what came in.")
                messages.success(request, text % {"number": made.number})
                return redirect("letter-arrival", made.pk)
    name, on = (form["issuer_name"].value() or ""), values.dated
    if data is not None and form.is_bound:
        on = form.cleaned_data.get("dated") if hasattr(form, "cleaned_data") else on
    context = {
        "row": row, "form": form, "clauses": clauses, "there": refused, "office": office or (row.office if row else None),
        "standing": standing_of(office_id, str(name), on), "hints": _hints(row, form), **_asked(row, found),
        "fault": _told(row) if row is not None and row.state == FAILED else "",
    }  # fmt: skip
    return render(request, "letters/arriving/entry.html", context, status=status)


def standing_of(office_id: int, issuer_name: str, on: Any) -> dict[str, Any]:
    """Who sent a letter, in words: whether the directory knows them, and by which mandate they ask."""
    found = queries.standing(office_id, issuer_name, on, times.zone())
    return {"row": found, "mandates": [gettext(MANDATES[name]) for name in found.subjects]}


def _told(row: LetterReading) -> str:
    """Why a file could not be read."""
    fault: Mapping[str, Any] = row.fault
    if not fault:
        return ""
    return capital(tell(VonggacError(str(fault["message"]), **fault["params"])))


def where_of(where: Mapping[str, Any]) -> str:
    """Where something stands, in words."""
    page_n, paragraph = int(where.get("page") or 0), int(where.get("paragraph") or 0)
    if page_n:
        return gettext("page %(page)d, line %(line)d") % {"page": page_n, "line": paragraph}
    return gettext("paragraph %(n)d") % {"n": paragraph} if paragraph else ""


def _hints(row: LetterReading | None, form: ArrivalForm) -> list[tuple[Any, str, bool]]:
    """Each field that is always shown with where its value was read, and whether that is not sure."""
    found: Mapping[str, Any] = row.found if row is not None else {}
    shown_ones = ["arrived_on", "number", "reference", "dated", "form", "issuer_name", "subject", "urgency", "deadline", "period_from",
                  "period_until", "parent_reference", "addressed", "handler"]  # fmt: skip
    doubted = {_DOUBTED.get(one["field"], one["field"]) for one in found.get("doubts", ())}
    told = []
    for name in shown_ones:
        if name not in form.fields:
            continue
        value = found.get(_READ_AS.get(name, ""))
        where = where_of(value["where"]) if isinstance(value, Mapping) else ""
        is_unsure = name in doubted or (isinstance(value, Mapping) and not value["sure"])
        told.append((form[name], where, is_unsure))
    return told


def _asked(row: LetterReading | None, found: Proposal | None) -> dict[str, Any]:
    """What the reader asks, the times and documents that it found, the words that it is not sure of, and the text as it was read."""
    if row is None or not row.found:
        return {}
    said: Mapping[str, Any] = row.found
    words = [one for one in said["words"] if one["confidence"] < SHAKY]
    shaky = {one["text"] for one in words}
    return {
        "questions": [
            (capital(_question(one)), where_of(one["where"]), _DOUBTED.get(one["field"], one["field"])) for one in said["doubts"]
        ],
        "dues": found.dues if found else (),
        "parents": said["references"],
        "words": [(one["text"], one["confidence"], where_of(one["where"])) for one in words[:_MOST_WORDS]],
        "n_words": len(words),
        "passages": [(mark, where_of(where), marked(text, shaky)) for mark, where, text in _passages(said)],
        "rest": len(said["rest"]),
    }  # fmt: skip


def _question(doubt: Mapping[str, Any]) -> str:
    return tell(VonggacError(str(doubt["message"]), **doubt["params"]))


def _passages(said: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], str]]:
    """Mark, place and text of all that the letter says, in its order."""
    found: list[tuple[str, Mapping[str, Any], str]] = [("", one["where"], one["value"]) for one in said["opening"]]

    def walk(nodes: Sequence[Mapping[str, Any]]) -> None:
        for one in nodes:
            found.append((one["mark"], one["where"], one["text"]))
            walk(one["children"])

    walk(said["clauses"])
    return [*found, *(("", one["where"], one["value"]) for one in [*said["closing"], *said["rest"]])]


def marked(text: str, shaky: set[str]) -> SafeString:
    """``text`` with the words marked that were recognised without confidence."""
    if not shaky:
        return shown(text)
    parts = [
        format_html("<mark>{}</mark>", shown(part)) if part in shaky else shown(part)
        for part in re.split(r"(\s+)", text)
    ]
    return mark_safe("".join(parts))  # noqa: S308  # every part is escaped


@page("letters.draft")
def reading_file(request: Request, reading_id: int) -> HttpResponseBase:
    """The file as it came: a browser only keeps it."""
    row = queries.reading(request.asker, reading_id)
    path = evidence_store.path_of(SETTINGS, row.sha256)
    if not path.is_file():
        raise NotThere(N_("there is no such file here"))
    response = FileResponse(
        path.open("rb"), as_attachment=True, filename=row.name, content_type="application/octet-stream"
    )
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@page("letters.draft", "POST")
def again(request: Request, reading_id: int) -> HttpResponseBase:
    """Read the file once more."""
    row = queries.reading(request.asker, reading_id)
    if request.method == "POST":
        _do(
            request,
            lambda version: actions.read_again(request.asker, row.pk, version),
            gettext("The file is read once more."),
        )
    return redirect("letter-reading", row.pk)


@page("letters.draft", "POST")
def drop(request: Request, reading_id: int) -> HttpResponseBase:
    """What came in is no letter for the register."""
    row = queries.reading(request.asker, reading_id)
    if request.method == "POST" and _do(
        request,
        lambda version: actions.drop_reading(request.asker, row.pk, version),
        gettext("The file was thrown away."),
    ):
        return redirect("letter-arrive")
    return redirect("letter-reading", row.pk)


def _do(request: Request, write: Any, done: str) -> bool:
    """Do ``write`` with the version that the form saw, and say what came of it."""
    text = request.POST.get("version", "")
    try:
        write(int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0)
    except InvalidValues as refused:
        messages.error(request, capital(tell_fault(refused.faults[0])))
    except EditConflict as refused:
        messages.error(request, capital(tell(refused)))
    else:
        messages.success(request, done)
        return True
    return False
