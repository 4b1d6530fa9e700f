"""The page of one recipient: read, acknowledge, answer, see what was sent. In the portal and behind a link it is the same.

Nothing here asks for a session: whoever renders it says who asks, where its pages are (``Urls``) and what stands around it
(``base_template``, which has the blocks ``title``, ``meta`` and ``content``, the last of them inside a ``main``).
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings as django_settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from vonggac.config import Settings
from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.actions.answering import OF_ALL
from vonggac.desk.directives.declaring import known as known_of
from vonggac.desk.directives.models import AnswerDraft, LetterFile, Recipient
from vonggac.desk.directives.queries import Asked, sent_files
from vonggac.desk.directives.states import ISSUED
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.desk.work import actions as work
from vonggac.desk.work.models import Evidence
from vonggac.desk.work.states import WITH_OWNER
from vonggac.errors import N_, DeskError, EditConflict, InputError, InvalidValues, NotThere
from vonggac.jobs import evidence_store
from vonggac.jobs.spool import DiskFull, drop
from vonggac.web.letters.answering.forms import Card, LetterForm, told_of
from vonggac.web.organisations.editing import capital
from vonggac.web.shell import times
from vonggac.web.shell.words import tell, tell_fault
from vonggac.web.work.words import titled

SETTINGS: Settings = django_settings.VONGGAC
_FIELD: Final = re.compile(r"[0-9]{1,18}\.(?!seen$)[a-z_]{1,40}(?:-[0-9]{1,3}-[a-z_]{1,40})?", re.ASCII)
_PREFETCH: Final = ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the pages of one recipient are. Those that end with a slash take a number behind them.

    ``page``: the form, which takes what is sent; ``sent``: what is shown then; ``draft``: takes what is typed; ``files``: with the number of
    a Task (0: all that are open) takes a file for it, with ``/<evidence>/remove`` behind that takes it away; ``evidence`` and ``letter_files``: with a
    number a file to keep; empty where there is no such page.
    """

    page: str
    sent: str
    draft: str
    files: str
    evidence: str = ""
    letter_files: str = ""


def is_ahead(request: Any) -> bool:
    """Whether a browser or a mail programme only looks ahead: nobody reads it yet."""
    said = [request.headers.get(name, "").lower() for name in _PREFETCH]
    return request.method == "HEAD" or any("prefetch" in one or "preview" in one for one in said)


@dataclass(slots=True)
class _Page:
    """One request to the page of a recipient; see ``answer_page``."""

    request: Any
    asker: Asker
    row: Recipient
    base_template: str
    urls: Urls
    enters: bool
    who: str
    extra: Mapping[str, Any]

    def form(self, data: Any = None, draft: AnswerDraft | None = None, *, asks: bool = True) -> LetterForm:
        """The form as things stand now, with what was sent, or what was kept."""
        rows = queries.asked(self.row)
        last_time = queries.remembered(self.asker, self.row) if asks else {}
        known = {
            one.task.pk: {**last_time.get(one.kind.name, {}), **known_of(self.asker, one.task)}
            for one in rows
            if asks and one.is_open and one.last is None
        }
        kept = draft.values if draft else None
        return LetterForm(
            rows, data, draft=kept, known=known, who=self.who, asks=asks, enters=self.enters, today=_today()
        )

    def show(
        self, form: LetterForm, kept: AnswerDraft | None, *, may_answer: bool, status: int = 200, conflict: str = ""
    ) -> HttpResponse:
        """The page."""
        row, states = self.row, [card.asked.task.state for card in form.cards]
        context = {
            "base_template": self.base_template, "urls": self.urls, "recipient": row, "letter": row.letter, "form": form, "draft": kept,
            "key": self.request.POST.get("key", "")[:64] or secrets.token_urlsafe(12), "saved": saved_at(kept) if kept else "",
            "may_answer": may_answer, "enters": self.enters, "conflict": conflict, "files": letter_files(row),
            "clauses": queries.clauses(row.letter), "n_open": len(form.forms), "n_all": len(form.cards),
            "n_asked": sum(state in WITH_OWNER for state in states), **self.extra,
        }  # fmt: skip
        return render(self.request, "letters/answering/page.html", context, status=status)

    def refuse(self, *messages: str) -> HttpResponse:
        """The page with what was typed, and above it why it was not done."""
        form = self.form(self.request.POST)
        for one in (form.head, *form.forms):
            one.is_valid()
            one.errors.clear()
        for message in messages:
            form.head.add_error(None, capital(message))
        return self.show(form, queries.draft(self.row), may_answer=True, status=422)

    def acknowledge(self) -> HttpResponse:
        """Somebody has the letter."""
        via, told_by = "", ""
        if self.enters:
            via, told_by = self.request.POST.get("came_by", ""), self.request.POST.get("told_by", "")[:500]
            if not via:
                return self.refuse(gettext(N_("say how the unit told it")))
        try:
            actions.acknowledge(self.asker, self.row.pk, via=via, told_by=told_by)
        except InvalidValues as error:
            return self.refuse(*(tell_fault(one) for one in error.faults))
        except EditConflict:
            pass  # somebody of the same unit did so at the same moment
        return HttpResponseRedirect(self.urls.page)

    def keep_for_later(self) -> HttpResponse:
        """Without script: what was typed is kept, and the page comes again."""
        told = keep_draft(self.request, self.asker, self.row.pk)
        if told.status_code == 200:
            return HttpResponseRedirect(self.urls.page)
        return self.refuse(json.loads(told.content)["message"])

    def answer(self) -> HttpResponse:
        """What was answered is sent."""
        posted = self.request.POST
        form = self.form(posted)
        status, conflict = 422, ""
        if not form.forms:  # all of it was answered meanwhile: by a double click, or by somebody else
            return HttpResponseRedirect(self.urls.sent)
        if form.is_valid():
            head = form.head
            try:
                actions.answer(
                    self.asker, self.row.pk, form.given(), key=posted.get("key", "")[:64], came_by=head.way, told_by=head.teller
                )  # fmt: skip
            except InvalidValues as error:
                form.add_faults(titled(error).faults)
            except EditConflict as error:
                status, conflict = 409, capital(tell(error))
                form = self.form(_seen_now(posted, self.row))
                form.is_valid()
            else:
                return HttpResponseRedirect(self.urls.sent)
        self.row = queries.recipient(self.asker, self.row.pk)
        return self.show(form, queries.draft(self.row), may_answer=True, status=status, conflict=conflict)


def answer_page(  # noqa: PLR0913  # what whoever renders it has to say
    request: Any,
    asker: Asker,
    row: Recipient,
    *,
    base_template: str,
    urls: Urls,
    asks: bool = True,
    enters: bool = False,
    who: str = "",
    lacks: str = "",
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page with its form where ``asker`` may answer. On POST ``do`` says what: ``acknowledge``, ``save`` (go on later), else answer.

    ``row``: from ``queries.recipient``. ``asks``: whether there is a form at all, for who may answer. ``enters``: the centre fills it in
    for the unit. ``who``: who answers, as far as known. ``lacks``: why nothing but a draft is taken now. ``extra``: more for the template. What was sent leads to ``urls.sent``; faults come
    back with 422, what somebody else answered meanwhile with 409.
    """
    page = _Page(request, asker, row, base_template, urls, enters, who, extra or {})
    if request.method == "POST":
        does = request.POST.get("do", "")
        if lacks and does != "save":
            return page.refuse(lacks)
        return {"acknowledge": page.acknowledge, "save": page.keep_for_later}.get(does, page.answer)()
    may_answer = asks and may_fill(asker, row, enters=enters)
    if may_answer and not enters and not is_ahead(request):
        actions.opened(asker, row.pk)
        row.refresh_from_db(fields=["opened_at", "opened_by_name"])
    kept = queries.draft(row) if may_answer else None
    form = page.form(draft=kept, asks=may_answer)
    return page.show(form, kept, may_answer=may_answer)


def may_fill(asker: Asker, row: Recipient, *, enters: bool = False) -> bool:
    """Whether ``asker`` may answer for a recipient now."""
    holds = row.letter.state == ISSUED and row.letter.sent_at is not None
    return holds and may_on(asker, "work.review" if enters else "work.answer", row.organisation_id)


def _today() -> date:
    return timezone.now().astimezone(times.zone()).date()


def letter_files(row: Recipient) -> list[LetterFile]:
    """What goes out with the letter."""
    return sent_files(list(LetterFile.objects.filter(letter=row.letter_id)))


def _seen_now(posted: Any, row: Recipient) -> Any:
    """What was sent, by somebody who now is shown the last answers."""
    data = posted.copy()
    for one in queries.asked(row):
        data[f"{one.task.pk}.seen"] = str(one.last.pk if one.last else 0)
    return data


# -------------------------------------------------------------------------------------------------- what is typed


def typed_in(posted: Any) -> dict[str, str]:
    """The fields of the form, as a draft keeps them."""
    return {name: posted.get(name, "") for name in posted if name in OF_ALL or _FIELD.fullmatch(name)}


def keep_draft(request: Any, asker: Asker, recipient_id: int, *, by: str = "") -> JsonResponse:
    """Keep what the page sends of itself every few seconds; says in words when, or why not, and the version to go on with."""
    said = request.POST.get("draft", "")
    version = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
    try:
        kept = actions.save_draft(asker, recipient_id, version, typed_in(request.POST), by)
    except EditConflict as error:
        now = queries.draft(queries.recipient(asker, recipient_id))
        return JsonResponse({"message": capital(tell(error)), "version": now.version if now else 0}, status=409)
    except InvalidValues as error:
        return JsonResponse({"message": capital(tell_fault(error.faults[0]))}, status=422)
    return JsonResponse({"version": kept.version, "message": saved_at(kept)})


def saved_at(kept: AnswerDraft) -> str:
    """When a draft was kept, in words."""
    return gettext("Saved at {time}").format(time=kept.saved_at.astimezone(times.zone()).strftime("%H:%M"))


# --------------------------------------------------------------------------------------------------------- files


def take_file(request: Any, asker: Asker, row: Recipient, task_id: int, *, urls: Urls) -> HttpResponse:
    """A file (``request.upload``, a SpoolHandler) becomes evidence of one Task of ``row``, or of all that are open (0).

    Gives the part of the page that shows the files of that card; without script, what was typed is kept and the page comes again.
    """
    handler = request.upload
    if handler.error is None:
        _fields = request.POST  # reading the form lets the handler take the file
    spooled = handler.take()
    rows = [one for one in queries.asked(row) if one.is_open and task_id in (0, one.task.pk)]
    error = ""
    if handler.error is not None:
        error = capital(tell(handler.error))
    elif spooled is None:
        error = gettext("Choose a file first; an empty one shows nothing.")
    elif not rows:
        drop(SETTINGS, spooled)
        raise NotThere(N_("there is no such task here"))
    else:
        try:
            made = evidence_store.take(SETTINGS, asker, rows[0].task.pk, spooled, handler.file_name or "")
            for one in rows[1:]:
                work.add_evidence(
                    asker, one.task.pk, name=made.name, kind=made.kind, size=made.size, sha256=made.sha256
                )
        except InvalidValues as refused:
            error = capital(tell_fault(refused.faults[0]))
        except (InputError, DiskFull) as refused:
            error = capital(tell(refused))
    return _files_now(request, asker, row, task_id, urls, error)


def drop_file(
    request: Any, asker: Asker, row: Recipient, task_id: int, evidence_id: int, *, urls: Urls
) -> HttpResponse:
    """Take away a file of a Task of ``row`` that no answer rests on."""
    ids = [one.task.pk for one in queries.asked(row)]
    there = Evidence.objects.filter(pk=evidence_id, task_id=task_id).first() if task_id in ids else None
    error = ""
    if there is not None:  # gone already: as it was wanted
        try:
            work.remove_evidence(asker, there.pk)
        except InvalidValues as refused:
            error = capital(tell_fault(refused.faults[0]))
    return _files_now(request, asker, row, task_id, urls, error)


def _files_now(request: Any, asker: Asker, row: Recipient, task_id: int, urls: Urls, error: str) -> HttpResponse:
    if request.headers.get("X-Requested-With") != "answering":
        with contextlib.suppress(DeskError):
            keep_draft(request, asker, row.pk)
        return HttpResponseRedirect(f"{urls.page}#c{task_id}" if task_id else urls.page)
    cards = [Card(one) for one in queries.asked(row) if task_id in (0, one.task.pk) and one.is_open]
    context = {"cards": cards, "urls": urls, "error": error, "task_id": task_id}
    return render(request, "letters/answering/files.html", context, status=422 if error else 200)


# -------------------------------------------------------------------------------------------------- what was sent


def sent_page(
    request: Any,
    asker: Asker,
    row: Recipient,
    *,
    base_template: str,
    urls: Urls,
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """What was sent last, to whom, and what is still open."""
    rows = queries.asked(row)
    last = _last_sent(rows)
    sent = [(one, told_of(one)[-1]) for one in rows if one.last is not None and one.last.at == last]
    context = {
        "base_template": base_template, "urls": urls, "recipient": row, "letter": row.letter, "sent": sent,
        "first": sent[0][1].answer if sent else None, "still_open": [one for one in rows if one.is_open and (one.day is None or one.day <= _today())],
        "later": [one for one in rows if one.is_open and one.day is not None and one.day > _today()], "may_answer": may_fill(asker, row),
        **(extra or {}),
    }  # fmt: skip
    return render(request, "letters/answering/sent.html", context)


def _last_sent(rows: Sequence[Asked]) -> Any:
    """When the last answers came: those of one sending have one time."""
    return max((one.last.at for one in rows if one.last is not None), default=None)
