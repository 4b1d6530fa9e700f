"""The way in by a link: a page that opens nothing by itself, a code where the letter asks for one, the way out."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext

from vonggac.desk.directives.actions import links
from vonggac.errors import InvalidValues
from vonggac.web.letters.links import visiting
from vonggac.web.letters.links.forms import CodeForm
from vonggac.web.letters.links.visiting import CODE, FORM, Visit, behind_link, outside
from vonggac.web.shell import times
from vonggac.web.shell.choices import safe_next
from vonggac.web.shell.views import language as in_language
from vonggac.web.shell.words import tell_fault


@outside("POST")
def entrance(request: Any, token: str) -> HttpResponse:
    """A letter for an organisation, and a button: programs that open what stands in mail press none, and so open nothing."""
    origin = visiting.origin_of_link(request)
    found = links.look_up(token, origin)
    if found.refused_until is not None:
        response = visiting.trouble(
            request,
            gettext("Too many wrong addresses came from here. Wait a few minutes, then open the link again."),
            429,
        )
        response.headers["Retry-After"] = "300"
        return response
    link = found.link
    if link is None:
        return visiting.gone(request)
    if request.method == "POST":
        return _enter(request, link, origin)
    if request.method == "GET":
        links.seen(link, origin)
    return render(
        request,
        "letters/links/entrance.html",
        {"link": link, "recipient": link.recipient, "letter": link.recipient.letter, "here": request.path},
    )


def _enter(request: Any, link: Any, origin: Any) -> HttpResponse:
    """On to the form, or to the code, without the token in the address."""
    there = visiting.visit_of(request)
    is_in = there is not None and there.link.pk == link.pk and there.is_confirmed
    owes_code = link.asks_code and not is_in
    response = HttpResponseRedirect(CODE if owes_code else FORM)
    browser = visiting.browser_digest(link, visiting.know(request, response))
    name = there.name if there is not None and there.link.recipient_id == link.recipient_id else ""
    visiting.welcome(response, link, is_confirmed=not owes_code, name=name)
    if not owes_code:
        links.open_form(link, origin, browser)
    return response


@behind_link("POST", before_code=True)
def code(request: Any, visit: Visit) -> HttpResponse:
    """The code that went to the registered contact: sent when asked for, tried, and then the form."""
    if visit.is_confirmed:
        return HttpResponseRedirect(FORM)
    link, told, status = visit.link, "", 200
    form = CodeForm()
    if request.method == "POST" and "send" in request.POST:
        return _send(request, visit)
    if request.method == "POST":
        form = CodeForm(request.POST)
        if form.is_valid():
            outcome = links.confirm(link, form.cleaned_data["code"], visit.origin, visit.browser)
            if outcome == "right":
                links.open_form(link, visit.origin, visit.browser)
                response = HttpResponseRedirect(FORM)
                visiting.welcome(response, link, is_confirmed=True, name=visit.name)
                return response
            form.add_error("code", _WRONG[outcome]())
        status = 422
    return _code_page(request, visit, form, told, status)


_WRONG = {
    "wrong": lambda: gettext("This is not the code. Look at the newest message and type all six digits."),
    "over": lambda: gettext("This code opens nothing any more. Have a new one sent."),
    "locked": lambda: gettext(
        "Too many wrong codes were tried. Wait an hour, or ask who sent the letter for a new link."
    ),
}


def _send(request: Any, visit: Visit) -> HttpResponse:
    try:
        again = links.send_code(visit.link)
    except InvalidValues as error:
        return _code_page(request, visit, CodeForm(), tell_fault(error.faults[0]), 422)
    if again is not None:
        told = gettext("A code was sent just now. Another one can be sent after %(time)s.") % {
            "time": f"{again.astimezone(times.zone()):%H:%M}"
        }
        return _code_page(request, visit, CodeForm(), told, 429)
    return HttpResponseRedirect(CODE)


def _code_page(request: Any, visit: Visit, form: CodeForm, told: str, status: int) -> HttpResponse:
    context = {
        "letter": visit.recipient.letter, "recipient": visit.recipient, "form": form, "told": told, "here": CODE,
        "address": _masked(links.code_goes_to(visit.link)), "was_sent": links.has_code(visit.link),
    }  # fmt: skip
    return render(request, "letters/links/code.html", context, status=status)


def _masked(email: str) -> str:
    """Enough to know which mailbox to look into: the first letter and the domain."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}•••{at}{domain}" if at else ""


@outside("POST")
def leave(request: Any) -> HttpResponse:
    """The browser forgets the letter: for machines that others use, too."""
    if request.method != "POST":
        return HttpResponseRedirect(FORM)
    response = render(request, "letters/links/left.html", {"here": FORM})
    visiting.see_off(response)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@outside("POST")
def language(request: Any) -> HttpResponse:
    """Read on in another language; as the portal's own, for pages that send no referrer."""
    if request.method != "POST":
        return HttpResponseRedirect(FORM)
    response: HttpResponse = in_language.__wrapped__(request)  # type: ignore[attr-defined]
    if not safe_next(request).startswith("/a/"):
        response["Location"] = FORM
    return response
