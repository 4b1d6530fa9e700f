"""Behind a link: answers by workbook, and the reply as a letter of the unit, as in the portal."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse, HttpResponseBase

from vonggac.desk.directives.actions import links
from vonggac.web.letters import books
from vonggac.web.letters.answering import page as pages
from vonggac.web.letters.links.visiting import FORM, Visit, behind_link

BASE: Final = "letters/links/form.html"


def urls_of(visit: Visit) -> books.Urls:
    """Where the parts are; ``of`` tells a tab of a letter that was open before from this one."""
    of = f"?of={visit.recipient.pk}"
    return books.Urls(f"/a/book{of}", f"/a/book/send{of}", f"/a/answers.xlsx{of}", f"{FORM}{of}", f"/a/reply.docx{of}")


@behind_link("POST", uploads=books.MOST_BYTES)
def book(request: Any, visit: Visit) -> HttpResponse:
    """Choose the workbook, see what it would answer."""
    return books.book_page(
        request, visit.asker(), visit.recipient, base_template=BASE, urls=urls_of(visit), extra={"visit": visit, "here": FORM}
    )  # fmt: skip


@behind_link("POST")
def send(request: Any, visit: Visit) -> HttpResponse:
    """Answer what the checked workbook holds."""
    urls = urls_of(visit)
    response = books.send_book(request, visit.asker(), visit.recipient, urls=urls)
    if request.method == "POST" and response.headers.get("Location") == urls.back:
        links.used(visit.link, "answered", visit.origin, visit.browser)
    return response


@behind_link()
def workbook(request: Any, visit: Visit) -> HttpResponseBase:
    """The workbook of the recipient, to be filled in."""
    _note(request, visit)
    return books.workbook_answer(visit.asker(), visit.recipient)


@behind_link()
def reply(request: Any, visit: Visit) -> HttpResponseBase:
    """The reply as a letter of the unit."""
    _note(request, visit)
    return books.reply_answer(visit.asker(), visit.recipient)


def _note(request: Any, visit: Visit) -> None:
    if not pages.is_ahead(request):
        links.used(visit.link, "file", visit.origin, visit.browser)
