"""What happens to every request: its log line, its headers, its language, who asks, and how errors of the desk look."""

from __future__ import annotations

import hashlib
import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.scope.asker import Asker, Origin, nobody
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere, VonggacError
from vonggac.web.shell.choices import is_api, language_of
from vonggac.web.shell.errors import error_page
from vonggac.web.shell.words import tell

Handler = Callable[[HttpRequest], HttpResponse]
STATUSES = {NotAllowed: 403, NotThere: 404, EditConflict: 409, InvalidValues: 422}

LOG = logging.getLogger("vonggac.web")
REQUEST_LOG = logging.getLogger("vonggac.requests")
REQUEST_ID: ContextVar[str] = ContextVar("vonggac_request_id", default="")
"""The id of the request that is being answered, for whoever writes a log line meanwhile."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

LINKS = "/a/"
"""Where links of letters lead (``web.letters.links``): an address there opens something, so that no other site, cache or index may learn it."""

HUSHED = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
"""Devices and doors of the browser that no page of ours uses."""


def request_log(get_response: Handler) -> Handler:
    """One structured line per request, never its query or body: those may hold names, tokens and addresses."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.id = request_id  # type: ignore[attr-defined]
        token = REQUEST_ID.set(request_id)
        start = time.perf_counter()
        try:
            response = get_response(request)
            response.headers["X-Request-ID"] = request_id
            fields = {
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "ms": round((time.perf_counter() - start) * 1000, 1),
                "user_id": getattr(request, "user_id", None),
                "request_id": request_id,
            }
            REQUEST_LOG.log(logging.ERROR if response.status_code >= 500 else logging.INFO, "request", extra=fields)
            return response
        finally:
            REQUEST_ID.reset(token)

    return middleware


def headers(get_response: Handler) -> Handler:
    """What browsers are told about every answer; pages and the API's are kept in no cache, not even in the browser's own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page or is_api(request) or getattr(request, "user_id", None) is not None:
            response.headers.setdefault("Cache-Control", "no-store")
        if request.path_info.startswith(LINKS):
            for name, value in HUSHED.items():
                response.headers[name] = value
        return response

    return middleware


def language(get_response: Handler) -> Handler:
    """The language of the cookie, else Vietnamese; ``asker`` puts that of a signed-in user in its place."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with translation.override(language_of(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE or "vi")
            return response

    return middleware


def no_nul(get_response: Handler) -> Handler:
    """An address with a NUL is refused: nothing of ours has one, and PostgreSQL fails at it wherever it is looked for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path:
            return error_page(request, 400)
        return get_response(request)

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
    """``request.asker``: worked out when first used. Somebody signed in reads in their own language."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user: Any = request.user

        def find() -> Asker:
            return asker_of(user, origin_of(request)) if user.is_authenticated else nobody(origin_of(request))

        request.asker = SimpleLazyObject(find)  # type: ignore[attr-defined]
        request.user_id = None  # type: ignore[attr-defined]
        if user.is_authenticated:
            request.user_id = user.pk  # type: ignore[attr-defined]
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        return get_response(request)

    return middleware


class desk_errors:  # noqa: N801  # named as the functions beside it: Django takes either
    """Errors of ours as a page that says what happened, what it means and what to do."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """An answer without a body (a method that a page does not take) gets one."""
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and (is_api(request) or not response.content):
            page = error_page(request, 405)
            page.headers["Allow"] = response.headers.get("Allow", "")
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page for our own errors and for those of the database that are nobody's fault; others are Django's."""
        if isinstance(exception, IntegrityError) and _is_taken(exception):
            LOG.warning("two wrote the same at once")  # the error itself holds the value
            return error_page(request, 409)
        if isinstance(exception, OperationalError):
            LOG.error("the database could not do it", exc_info=exception)
            page = error_page(request, 503)
            page.headers["Retry-After"] = "30"
            return page
        if not isinstance(exception, VonggacError):
            return None
        status = next((status for kind, status in STATUSES.items() if isinstance(exception, kind)), 400)
        return error_page(request, status, tell(exception))


def _is_taken(error: IntegrityError) -> bool:
    """Whether a row of the same unique value was there first: made after the action looked."""
    cause = error.__cause__
    names = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return getattr(cause, "sqlstate", "") == "23505" or getattr(cause, "sqlite_errorname", "") in names
