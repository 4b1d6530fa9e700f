"""Behind a link: the letter, its files, and the form of one recipient. Nothing but what is this recipient's can be named here.

The page is that of the portal (``web.letters.answering``) with nothing of the portal around it.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext

from vonggac.desk.directives import queries
from vonggac.desk.directives.actions import links
from vonggac.desk.directives.models import Recipient
from vonggac.desk.work.models import Evidence
from vonggac.errors import N_, NotThere
from vonggac.jobs import evidence_store
from vonggac.web.letters.answering import page as pages
from vonggac.web.letters.answering.page import Urls
from vonggac.web.letters.files import file_answer
from vonggac.web.letters.links import visiting
from vonggac.web.letters.links.forms import clean_name
from vonggac.web.letters.links.visiting import FORM, Visit, behind_link
from vonggac.web.work.evidence_views import file_answer as evidence_answer

BASE: Final = "letters/links/form.html"


def urls_of(row: Recipient) -> Urls:
    """Where the pages of a recipient are: its number in them tells a tab in which another letter was opened meanwhile."""
    of = f"?of={row.pk}"
    return Urls(
        page=f"{FORM}{of}", sent=f"/a/sent{of}", draft=f"/a/draft{of}", files="/a/files/", evidence="/a/evidence/", letter_files="/a/file/"
    )  # fmt: skip


def name_of(request: Any, visit: Visit) -> str:
    """Who somebody says they are: in this form, else before."""
    return clean_name(request.POST.get("who", "")) or visit.name


def _extra(visit: Visit) -> dict[str, Any]:
    return {"visit": visit, "here": urls_of(visit.recipient).page, "is_by_link": True, "who": visit.name}


@behind_link("POST")
def form(request: Any, visit: Visit) -> HttpResponse:
    """The letter and the form of its recipient: read, acknowledged, answered as in the portal."""
    row, name = visit.recipient, name_of(request, visit)
    was_acknowledged = row.acknowledged_at is not None
    lacks = "" if name else gettext("Say who you are: your name and position. Nothing was sent yet.")
    response = pages.answer_page(
        request, visit.asker(name), row, base_template=BASE, urls=urls_of(row), who=visit.name, lacks=lacks, extra=_extra(visit),
    )  # fmt: skip
    if request.method == "POST" and response.status_code == 302:
        does = request.POST.get("do", "")
        what = {"acknowledge": "acknowledged", "save": "saved"}.get(does, "answered")
        if what != "acknowledged" or not was_acknowledged:
            links.used(visit.link, what, visit.origin, visit.browser)
        _remember(response, visit, name)
    return response


def _remember(response: HttpResponse, visit: Visit, name: str) -> None:
    if name and name != visit.name:
        visiting.welcome(response, visit.link, is_confirmed=True, name=name)


@behind_link()
def sent(request: Any, visit: Visit) -> HttpResponse:
    """What was sent, and what is still open."""
    return pages.sent_page(
        request, visit.asker(), visit.recipient, base_template=BASE, urls=urls_of(visit.recipient), extra=_extra(visit)
    )


@behind_link("POST")
def draft(request: Any, visit: Visit) -> HttpResponseBase:
    """Takes what is typed."""
    if request.method != "POST":
        return HttpResponseRedirect(FORM)
    name = name_of(request, visit)
    response = pages.keep_draft(request, visit.asker(name), visit.recipient.pk, by=name)
    if response.status_code == 200:
        links.used(visit.link, "saved", visit.origin, visit.browser)
        _remember(response, visit, name)
    return response


@behind_link("POST", uploads=evidence_store.UPLOAD_LIMIT)
def files(request: Any, visit: Visit, task_id: int) -> HttpResponseBase:
    """Takes a file for a clause."""
    if request.method != "POST":
        return HttpResponseRedirect(FORM)
    return pages.take_file(request, visit.asker(), visit.recipient, task_id, urls=urls_of(visit.recipient))


@behind_link("POST")
def remove_file(request: Any, visit: Visit, task_id: int, evidence_id: int) -> HttpResponseBase:
    """Takes a file away again."""
    if request.method != "POST":
        return HttpResponseRedirect(FORM)
    return pages.drop_file(request, visit.asker(), visit.recipient, task_id, evidence_id, urls=urls_of(visit.recipient))


@behind_link()
def evidence(request: Any, visit: Visit, evidence_id: int) -> HttpResponseBase:  # noqa: ARG001  # a page takes the request
    """A file that the recipient added, as a download."""
    tasks = queries.obligations(visit.recipient).values("pk")
    row = Evidence.objects.filter(pk=evidence_id, task_id__in=tasks).first()
    if row is None:
        raise NotThere(N_("there is no such file here"))
    return evidence_answer(row)


@behind_link()
def file(request: Any, visit: Visit, file_id: int) -> HttpResponseBase:
    """A file of the letter as a download; of another letter there is none."""
    row = next((one for one in _letter_files(visit.recipient) if one.pk == file_id), None)
    if row is None:
        raise NotThere(N_("there is no such file here"))
    if not pages.is_ahead(request):
        links.used(visit.link, "file", visit.origin, visit.browser)
    return file_answer(row)


def _letter_files(row: Recipient) -> Any:
    # By the letter alone: by the tree of organisations whoever asks might hold more than is theirs to see here.
    return pages.letter_files(row)
