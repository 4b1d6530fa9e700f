"""What happens to every request: its log line, its language, who asks, and how errors of the desk look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.scope.asker import Asker, Origin, nobody
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere, VonggacError
from vonggac.web.shell.words import tell

Handler = Callable[[HttpRequest], HttpResponse]
STATUSES = {NotAllowed: 403, NotThere: 404, EditConflict: 409, InvalidValues: 422}


def request_log(get_response: Handler) -> Handler:
    """One structured line per request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    return middleware


def language(get_response: Handler) -> Handler:
    """The language of the user, else of the cookie, else Vietnamese."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        with translation.override(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "vi")
            return response

    return middleware


def origin_of(request: HttpRequest, via: str = "web") -> Origin:
    """Where a request comes from."""
    session = request.session.session_key or ""
    return Origin(
        via=via,
        address=request.META.get("REMOTE_ADDR", ""),
        agent=request.headers.get("User-Agent", ""),
        session=hashlib.sha256(session.encode()).hexdigest()[:16] if session else "",
    )


def asker(get_response: Handler) -> Handler:
    """``request.asker``: worked out when first used."""

    def middleware(request: HttpRequest) -> HttpResponse:
        def find() -> Asker:
            user: Any = request.user
            return asker_of(user, origin_of(request)) if user.is_authenticated else nobody(origin_of(request))

        request.asker = SimpleLazyObject(find)  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


class desk_errors:  # noqa: N801  # named as the functions beside it: Django takes either
    """Errors of ours as a page that says what happened, what it means and what to do."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing on the way in."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page for our own errors; others are Django's."""
        if not isinstance(exception, VonggacError):
            return None
        status = next((status for kind, status in STATUSES.items() if isinstance(exception, kind)), 400)
        return render(request, "shell/error.html", {"message": tell(exception), "status": status}, status=status)
