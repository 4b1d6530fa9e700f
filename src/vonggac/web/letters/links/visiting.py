"""Whoever came by a link: the cookies that say so, and what every page behind a link does first.

The token stands in the address of the first page alone; a signed cookie takes its place. It has the prefix ``__Host-`` as all
cookies of the portal, and with it the path ``/``: that no other host of the same domain can plant one, and so make somebody
answer in the form of another, is worth more than a path, which keeps nothing from anybody. It is of no use but at ``/a/``.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from vonggac.desk.directives.models import Link, Recipient
from vonggac.desk.directives.queries import links
from vonggac.desk.scope.asker import Asker, Origin
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere
from vonggac.jobs.spool import TooLarge
from vonggac.web.organisations.imports.uploads import ENVELOPE, SpoolHandler
from vonggac.web.shell.errors import form_too_old
from vonggac.web.shell.middleware import origin_of
from vonggac.web.shell.pages import PUBLIC, page
from vonggac.web.shell.words import tell

VISIT: Final = f"{settings.COOKIE_PREFIX}vonggac_answer"
BROWSER: Final = f"{settings.COOKIE_PREFIX}vonggac_browser"
LASTS: Final = timedelta(hours=12)
_KNOWN_FOR: Final = timedelta(days=180)
FORM: Final = "/a/form"
CODE: Final = "/a/code"
_SALT: Final = "vonggac.letters.visit"
_BROWSER: Final = re.compile(r"[A-Za-z0-9_-]{22}")

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody behind a living link. ``is_confirmed``: no code is owed; ``name``: what they called themselves last; ``browser``: see LinkUse."""

    link: Link
    origin: Origin
    browser: str
    is_confirmed: bool = False
    name: str = ""

    @property
    def recipient(self) -> Recipient:
        """Whose link it is."""
        return self.link.recipient

    def asker(self, name: str = "") -> Asker:
        """Who asks, under the ``name`` that they typed, else under the address that the link went to."""
        return links.asker_of_link(
            self.link, name or self.name or self.link.sent_to or self.recipient.name, self.origin
        )


def origin_of_link(request: HttpRequest) -> Origin:
    """Where somebody with a link asks from. The session, which holds nothing, names nobody."""
    found = origin_of(request)
    return Origin("link", found.address, found.agent)


def visit_of(request: HttpRequest) -> Visit | None:
    """Who came by a link that opens something now; every request looks anew."""
    try:
        kept = signing.loads(request.COOKIES.get(VISIT, ""), salt=_SALT, max_age=LASTS)
        link_id, digest, is_confirmed, name = kept
    except (signing.BadSignature, ValueError, TypeError):
        return None
    link = links.of_visit(link_id, digest) if isinstance(link_id, int) and isinstance(digest, str) else None
    if link is None:
        return None
    origin = origin_of_link(request)
    return Visit(link, origin, browser_of(request, link), bool(is_confirmed) or not link.asks_code, str(name))


def welcome(response: HttpResponse, link: Link, *, is_confirmed: bool, name: str = "") -> None:
    """Let the browser in, for as long as the link opens something and at most LASTS."""
    left = max(timedelta(), min(LASTS, link.expires_at - timezone.now()))
    kept = signing.dumps([link.pk, link.digest, is_confirmed, name[:120]], salt=_SALT)
    _keep(response, VISIT, kept, left)


def see_off(response: HttpResponse) -> None:
    """The browser has no link open any more."""
    response.delete_cookie(VISIT, path="/", samesite="Strict")
    if settings.SESSION_COOKIE_SECURE:
        response.cookies[VISIT]["secure"] = True  # without it browsers leave a cookie of this prefix as it is


def know(request: HttpRequest, response: HttpResponse) -> str:
    """Give the browser a name of its own, so that a link which a second one opens shows in the log; gives it."""
    there = request.COOKIES.get(BROWSER, "")
    name = there if _BROWSER.fullmatch(there) else secrets.token_urlsafe(16)
    _keep(response, BROWSER, name, _KNOWN_FOR)
    return name


def browser_digest(link: Link, name: str) -> str:
    """What is kept of a browser's name: it tells browsers of one recipient apart and says nothing of them elsewhere."""
    return hashlib.sha256(f"{settings.SECRET_KEY}:{link.recipient_id}:{name}".encode()).hexdigest()[:32] if name else ""


def browser_of(request: HttpRequest, link: Link) -> str:
    """The digest of the browser's name, empty where it has none."""
    there = request.COOKIES.get(BROWSER, "")
    return browser_digest(link, there) if _BROWSER.fullmatch(there) else ""


def _keep(response: HttpResponse, cookie: str, value: str, lasts: timedelta) -> None:
    # Strict: no other site makes a browser do something here, and none learns that it was here.
    response.set_cookie(
        cookie, value, max_age=int(lasts.total_seconds()), path="/", secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict",
    )  # fmt: skip


class _Forgery(CsrfViewMiddleware):
    """As Django's, for pages that send no referrer: of those browsers say ``Origin: null`` when a form is sent.

    The token, which stands in the page and the session, is what counts; a browser that says that another site sends is refused.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        said: bool = super()._origin_verified(request)  # type: ignore[misc]
        return said or request.META["HTTP_ORIGIN"] == "null"

    def _check_referer(self, request: HttpRequest) -> None:
        """None is sent."""


def _refusal(request: HttpRequest, view: View) -> HttpResponseBase | None:
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return form_too_old(request)
    refused: HttpResponseBase | None = _Forgery(lambda _request: HttpResponse()).process_view(request, view, (), {})
    return refused


def outside(*methods: str) -> Callable[[View], View]:
    """A page that everybody may open: nothing of the portal is on it, and errors look as the page of a link that opens nothing."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @page(PUBLIC, *methods)
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if (refused := _refusal(request, view)) is not None:
                return refused
            return _told(request, view, *args, **kwargs)

        return guarded

    return decorate


def behind_link(*methods: str, before_code: bool = False, uploads: int = 0) -> Callable[[View], View]:
    """A page behind a link, which gets the Visit; ``before_code``: open to those who still owe the code. ``uploads``: bytes of the one file that it takes."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @page(PUBLIC, *methods)
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            visit = visit_of(request)
            if visit is None:
                return gone(request)  # before a byte of what was sent is read
            if request.GET.get("of", str(visit.link.recipient_id)) != str(visit.link.recipient_id):
                return gone(request, keeps=True)  # a tab of a letter that was open before this one
            if not (visit.is_confirmed or before_code):
                return HttpResponseRedirect(CODE)
            if not uploads or request.method != "POST":
                return _checked(request, view, visit, *args, **kwargs)
            request.upload = handler = SpoolHandler(settings.VONGGAC, uploads)
            length = request.META.get("CONTENT_LENGTH") or "0"
            if not length.isdecimal() or int(length) > uploads + ENVELOPE:
                handler.error = TooLarge(uploads)
                return _told(request, view, visit, *args, **kwargs)  # tells the error and changes nothing
            request.upload_handlers = [handler]
            try:
                return _checked(request, view, visit, *args, **kwargs)
            finally:
                handler.forget()

        return guarded

    return decorate


def _checked(request: Any, view: View, *args: Any, **kwargs: Any) -> HttpResponseBase:
    refused = _refusal(request, view)
    return _told(request, view, *args, **kwargs) if refused is None else refused


def _told(request: Any, view: View, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """What the desk refuses, on a page without the portal around it."""
    try:
        return view(request, *args, **kwargs)
    except (NotThere, NotAllowed):
        return gone(request, keeps=True)
    except EditConflict as error:
        return trouble(request, tell(error), 409)
    except InvalidValues as error:
        return trouble(request, tell(error), 422)


def gone(request: HttpRequest, *, keeps: bool = False) -> HttpResponse:
    """The same page whether a link never was, has run out, was revoked, or its letter withdrawn. ``keeps``: the visit goes on."""
    response = render(request, "letters/links/gone.html", {"here": FORM}, status=404)
    if VISIT in request.COOKIES and not keeps:
        see_off(response)
    return response


def trouble(request: HttpRequest, message: str, status: int) -> HttpResponse:
    """Something cannot be done, and the form is where it was."""
    return render(request, "letters/links/trouble.html", {"here": FORM, "message": message}, status=status)
