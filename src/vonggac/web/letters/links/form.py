"""Behind a link: the letter, its files, and the form of one recipient. Nothing but what is this recipient's can be named here."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render

from vonggac.desk.directives import actions
from vonggac.desk.directives.actions import links
from vonggac.desk.directives.models import LetterFile, Recipient
from vonggac.desk.directives.queries import clauses
from vonggac.desk.directives.queries.answering import asked
from vonggac.desk.directives.queries.files import sent_files
from vonggac.errors import N_, NotThere
from vonggac.web.letters.files import file_answer
from vonggac.web.letters.links import visiting
from vonggac.web.letters.links.entrance import FORM
from vonggac.web.letters.links.forms import NameForm
from vonggac.web.letters.links.visiting import Visit, behind_link


def files_of(row: Recipient) -> list[LetterFile]:
    """What the recipient got: by the letter alone, since who asks by a link might hold more by the tree of organisations than is theirs to see here."""
    return sent_files(list(LetterFile.objects.filter(letter=row.letter_id).order_by("pk")))


@behind_link("POST")
def form(request: Any, visit: Visit) -> HttpResponseBase:
    """The letter and the form of its recipient."""
    return _page(request, visit, NameForm(initial={"name": visit.name}))


def _page(request: Any, visit: Visit, name_form: NameForm, status: int = 200) -> HttpResponse:
    row = visit.recipient
    context = {
        "visit": visit, "recipient": row, "letter": row.letter, "here": FORM, "name_form": name_form, "files": files_of(row),
        "passages": clauses(row.letter), "asked": asked(row),
    }  # fmt: skip
    return render(request, "letters/links/form.html", context, status=status)


@behind_link("POST")
def acknowledge(request: Any, visit: Visit) -> HttpResponse:
    """The letter arrived: said by a person, with their name."""
    if request.method != "POST":
        return HttpResponseRedirect(FORM)
    name_form = NameForm(request.POST)
    if not name_form.is_valid():
        return _page(request, visit, name_form, 422)
    name = name_form.cleaned_data["name"]
    if visit.recipient.acknowledged_at is None:
        actions.acknowledge(visit.asker(name), visit.recipient.pk)
        links.used(visit.link, "acknowledged", visit.origin, visit.browser)
    response = HttpResponseRedirect(FORM)
    visiting.welcome(response, visit.link, is_confirmed=True, name=name)
    return response


@behind_link()
def file(request: Any, visit: Visit, file_id: int) -> HttpResponseBase:
    """A file of the letter as a download; of another letter there is none."""
    row = next((one for one in files_of(visit.recipient) if one.pk == file_id), None)
    if row is None:
        raise NotThere(N_("there is no such file here"))
    if request.method == "GET":
        links.used(visit.link, "file", visit.origin, visit.browser)
    return file_answer(row)
