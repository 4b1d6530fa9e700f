"""The centre's side of links: who got which, how each was used, revoking, sending anew, reminding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext

from vonggac.desk.directives.actions import links
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries import links as queries
from vonggac.desk.directives.queries.links import Reached
from vonggac.desk.directives.states import ISSUED
from vonggac.desk.scope.rule import may_on
from vonggac.errors import N_, InvalidValues, NotThere
from vonggac.web.letters.links.forms import SendForm
from vonggac.web.organisations.editing import capital
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell_fault

VIEWS: dict[str, tuple[str, Callable[[Reached], bool]]] = {
    "": (N_("All"), lambda _one: True),
    "open": (N_("Not answered"), lambda one: one.n_open > 0),
    "unread": (N_("Never opened"), lambda one: one.recipient.opened_at is None),
    "many": (N_("More than one browser"), lambda one: one.n_browsers > 1),
    "none": (N_("Without a link that works"), lambda one: not one.alive),
}
"""Key of a view in the address to its title and what it shows."""


def _may_act(request: Any, row: Letter) -> bool:
    return row.state == ISSUED and row.sent_at is not None and may_on(request.asker, "letters.issue", row.office_id)


@page("letters.view")
def office(request: Request, letter_id: int) -> HttpResponse:
    """Everybody who is to act on a letter, with their links."""
    row = queries.letter_of_office(request.asker, letter_id)
    rows = queries.reached(request.asker, letter_id)
    only = request.GET.get("only", "")
    only = only if only in VIEWS else ""
    views = [(key, gettext(title), sum(map(fits, rows))) for key, (title, fits) in VIEWS.items()]
    context = {
        "letter": row, "rows": [one for one in rows if VIEWS[only][1](one)], "views": views, "only": only, "may_act": _may_act(request, row),
        "n_waiting": sum(one.n_open > 0 for one in rows),
    }  # fmt: skip
    return render(request, "letters/links/office.html", context)


@page("letters.view")
def recipient(request: Request, letter_id: int, recipient_id: int) -> HttpResponse:
    """The links of one recipient, with the log of each."""
    row = queries.letter_of_office(request.asker, letter_id)
    (found,) = queries.reached(request.asker, letter_id, recipient_id)
    contacts, names = _contacts(found), _names(found)
    logs = [(sent, [(use, names.get(use.browser)) for use in sent.uses]) for sent in found.links]
    context = {
        "letter": row, "logs": logs, "reached": found, "contacts": contacts, "may_act": _may_act(request, row), "form": SendForm(contacts=contacts),
    }  # fmt: skip
    return render(request, "letters/links/recipient.html", context)


def _contacts(found: Reached) -> list[tuple[str, str]]:
    rows = queries.registered(int(found.recipient.organisation_id or 0))
    return [(one.value, f"{one.value} · {one.label}" if one.label else one.value) for one in rows]


def _names(found: Reached) -> dict[str, int]:
    """Browsers of this recipient by number, the first that came being 1."""
    browsers = [one for sent in reversed(found.links) for one in sent.browsers]
    return {one: n for n, one in enumerate(dict.fromkeys(browsers), 1)}


@page("letters.issue", "POST")
def send(request: Request, letter_id: int, recipient_id: int) -> HttpResponse:
    """A new link to a registered contact, perhaps in the place of another."""
    (found,) = queries.reached(request.asker, letter_id, recipient_id)
    form = SendForm(request.POST or None, contacts=_contacts(found))
    if request.method == "POST" and not form.is_valid():
        messages.error(request, gettext("Choose one of the registered contacts."))
    elif request.method == "POST":
        values = form.cleaned_data
        try:
            links.send_link(request.asker, recipient_id, values["email"], instead_of=values["instead_of"])
        except InvalidValues as error:
            messages.error(request, capital(tell_fault(error.faults[0])))
        else:
            messages.success(request, gettext("A new link is on its way to %(email)s.") % {"email": values["email"]})
    return redirect("letter-recipient-links", letter_id, recipient_id)


@page("letters.issue", "POST")
def revoke(request: Request, letter_id: int, recipient_id: int, link_id: int) -> HttpResponse:
    """A link opens nothing from now on."""
    (found,) = queries.reached(request.asker, letter_id, recipient_id)
    if link_id not in {one.link.pk for one in found.links}:
        raise NotThere(N_("there is no such link here"))
    if request.method == "POST":
        links.revoke_link(request.asker, link_id)
        messages.success(request, gettext("The link opens nothing any more."))
    return redirect("letter-recipient-links", letter_id, recipient_id)


@page("letters.issue", "POST")
def remind(request: Request, letter_id: int) -> HttpResponse:
    """Everybody who has not answered is told again."""
    queries.letter_of_office(request.asker, letter_id)
    if request.method == "POST":
        try:
            n = links.remind(request.asker, letter_id)
        except InvalidValues as error:
            messages.error(request, capital(tell_fault(error.faults[0])))
        else:
            told = ngettext("%(n)s unit is reminded.", "%(n)s units are reminded.", n) % {"n": n}
            if not n:
                told = gettext(
                    "Nobody is reminded: all have answered, were told a few minutes ago, or have no contact."
                )
            (messages.success if n else messages.info)(request, told)
    return redirect("letter-links", letter_id)
