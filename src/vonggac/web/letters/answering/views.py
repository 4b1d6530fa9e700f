"""Letters that an organisation of the asker received: which there are, one with its form, and what the centre does with the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from vonggac.desk.directives import queries
from vonggac.desk.directives.models import Recipient
from vonggac.desk.directives.queries import may_see_office
from vonggac.desk.organisations.queries import workplace
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.work import actions as work
from vonggac.desk.work.kinds import DECLARE
from vonggac.desk.work.models import Task
from vonggac.desk.work.states import SUBMITTED
from vonggac.errors import N_, EditConflict, InvalidValues, NotAllowed, NotThere
from vonggac.jobs import evidence_store
from vonggac.web.letters.answering import page as pages
from vonggac.web.letters.answering.page import SETTINGS, Urls
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of
from vonggac.web.shell.words import tell, tell_fault
from vonggac.web.work.words import titled

BASE: Final = "letters/answering/portal.html"


def urls_of(row: Recipient, *, enters: bool = False) -> Urls:
    """Where the pages of a recipient are in the portal; ``enters``: the form in which the centre fills in what it was told."""
    home = reverse("letter-received", args=[row.pk])
    return Urls(
        page=f"{home}?enter=1" if enters else home, sent=f"{home}sent", draft=f"{home}draft", files=f"{home}files/",
        evidence="/work/evidence/", letter_files=f"/letters/{row.letter_id}/files/",
    )  # fmt: skip


@page("letters.view")
def received(request: Request) -> HttpResponse:
    """What waits for an answer of the asker's organisations, and what came before."""
    state = "all" if request.GET.get("state") == "all" else "waiting"
    rows = queries.waiting(request.asker) if state == "waiting" else queries.received(request.asker)
    shown = page_of(rows, request)
    told = queries.standings(shown.rows)
    context = {
        "page": shown, "rows": [(row, told[row.pk]) for row in shown.rows], "state": state,
        "n_waiting": queries.n_to_answer(request.asker), "has_many": len({row.organisation_id for row in shown.rows}) > 1,
    }  # fmt: skip
    return render(request, "letters/answering/received.html", context)


def works_there(request: Request, row: Recipient) -> bool:
    """Whether the asker answers for their own organisation, rather than enters what a unit told the centre."""
    asker = request.asker
    if not may_on(asker, "work.answer", row.organisation_id):
        return False
    return not may_on(asker, "work.review", row.organisation_id) or workplace(asker) == row.organisation_id


@page("letters.view", "POST")
def one(request: Request, recipient_id: int) -> HttpResponse:
    """One letter as its recipient has it: to read, acknowledge and answer; for the centre, to review and to enter what it was told."""
    asker = request.asker
    row = queries.recipient(asker, recipient_id)
    may_review = may_on(asker, "work.review", row.organisation_id)
    if request.method == "POST" and (act := _REVIEWS.get(request.POST.get("do", ""))) is not None:
        require(asker, "work.review", row.organisation_id)
        return act(request, row)
    is_own = works_there(request, row)
    enters = may_review and not is_own
    asks = is_own or (enters and _wants_to_enter(request))
    if request.method == "POST" and not asks:
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission="work.answer")
    waiting = _waiting(row) if may_review and not asks else []
    extra = {
        "is_portal": True, "may_review": may_review and not asks, "may_enter": enters and pages.may_fill(asker, row, enters=True),
        "sees_office": may_see_office(asker, row.letter), "n_waiting": len(waiting),
        # A declaration is looked at by itself, since it changes the directory.
        "to_accept": [task for task in waiting if task.kind != DECLARE.name],
    }  # fmt: skip
    return pages.answer_page(
        request, asker, row, base_template=BASE, urls=urls_of(row, enters=enters and asks), asks=asks, enters=enters,
        who="" if enters else asker.name, extra=extra,
    )  # fmt: skip


def _waiting(row: Recipient) -> list[Task]:
    """What waits for a review."""
    return list(queries.obligations(row).filter(state=SUBMITTED).order_by("pk"))


def _wants_to_enter(request: Any) -> bool:
    return "enter" in request.GET or "enter" in request.POST


@page("letters.view")
def sent(request: Request, recipient_id: int) -> HttpResponse:
    """What was sent, and what is still open."""
    row = queries.recipient(request.asker, recipient_id)
    return pages.sent_page(
        request, request.asker, row, base_template=BASE, urls=urls_of(row), extra={"is_portal": True}
    )


@page("work.answer", "POST")
def draft(request: Request, recipient_id: int) -> HttpResponseBase:
    """Takes what is typed."""
    row = queries.recipient(request.asker, recipient_id)
    if request.method != "POST":
        return redirect("letter-received", row.pk)
    return pages.keep_draft(request, request.asker, row.pk)


@spooling("work.answer", SETTINGS, evidence_store.UPLOAD_LIMIT)
@page("work.answer", "POST")
def files(request: Any, recipient_id: int, obligation_id: int) -> HttpResponseBase:
    """Takes a file for a clause."""
    row = queries.recipient(request.asker, recipient_id)
    require(request.asker, "work.answer", row.organisation_id)
    if request.method != "POST":
        return redirect("letter-received", row.pk)
    return pages.take_file(request, request.asker, row, obligation_id, urls=_urls_back(request, row))


def _urls_back(request: Any, row: Recipient) -> Urls:
    return urls_of(row, enters=not works_there(request, row))


@page("work.answer", "POST")
def remove_file(request: Request, recipient_id: int, obligation_id: int, proof_id: int) -> HttpResponseBase:
    """Takes a file away again."""
    row = queries.recipient(request.asker, recipient_id)
    require(request.asker, "work.answer", row.organisation_id)
    if request.method != "POST":
        return redirect("letter-received", row.pk)
    return pages.drop_file(request, request.asker, row, obligation_id, proof_id, urls=_urls_back(request, row))


# ------------------------------------------------------------------------------------------- what the centre does


def _seen(request: Request, row: Recipient) -> list[tuple[int, int]]:
    """Tasks of this recipient with the versions that were shown (``task``: ``<id>:<version>``)."""
    found = []
    for text in request.POST.getlist("task")[:500]:
        pk, _colon, version = text.partition(":")
        if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (pk, version)):
            raise NotThere(N_("there is no such task here"))
        found.append((int(pk), int(version)))
    mine = set(queries.obligations(row).filter(pk__in=[pk for pk, _version in found]).values_list("pk", flat=True))
    if not found or len(mine) < len({pk for pk, _version in found}):
        raise NotThere(N_("there is no such task here"))
    return found


def _reviewed(request: Request, row: Recipient, do: Callable[[list[tuple[int, int]]], Any], done: str) -> HttpResponse:
    seen = _seen(request, row)
    anchor = f"#c{seen[0][0]}" if len(seen) == 1 else ""
    try:
        outcome = do(seen)
    except InvalidValues as error:
        messages.error(request, " ".join(capital(tell_fault(fault)) for fault in titled(error).faults))
    except EditConflict as error:
        messages.error(request, capital(tell(error)))
    else:
        for _pk, refused in outcome.refused:
            messages.error(request, " ".join(capital(tell_fault(fault)) for fault in titled(refused).faults))
        if outcome.n:
            messages.success(request, done.format(n=outcome.n))
    return HttpResponseRedirect(f"{reverse('letter-received', args=[row.pk])}{anchor}")


def _accept(request: Request, row: Recipient) -> HttpResponse:
    note = request.POST.get("note", "")
    n = len(request.POST.getlist("task"))
    done = ngettext("{n} answer accepted.", "{n} answers accepted.", n)
    return _reviewed(request, row, lambda seen: work.accept(request.asker, seen, note), done)


def _return(request: Request, row: Recipient) -> HttpResponse:
    why = request.POST.get("why", "")
    done = gettext("Returned. The unit was told why.")
    return _reviewed(request, row, lambda seen: work.return_(request.asker, seen, why), done)


_REVIEWS: Final = {"accept": _accept, "return": _return}
"""What the button of a reviewer says to what it does."""
