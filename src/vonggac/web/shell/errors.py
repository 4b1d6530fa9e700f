"""Pages of what went wrong: what happened, what it means, what to do. Never a stack trace, never what is inside.

Whoever asks the API gets the same as JSON, in its one shape of errors. The page needs neither the database nor a session, so that it can be shown when those are what went wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext

from vonggac.errors import N_
from vonggac.web.shell.choices import is_api, language_of, theme_of


@dataclass(frozen=True, slots=True)
class Trouble:
    """What people read; English texts of the catalogue."""

    happened: str
    meaning: str
    todo: str
    icon: str = "severity-medium"


TROUBLES = {
    400: Trouble(
        N_("The request could not be understood"),
        N_("The portal received something other than what this page sends. Nothing was changed."),
        N_("Go back, load the page anew and try again."),
    ),
    403: Trouble(
        N_("You may not open this or do this"),
        N_("Your roles do not cover it, or not for this organisation. Nothing was changed."),
        N_("If you need it for your work, ask the administrator of the portal for the role."),
        "lock",
    ),
    404: Trouble(
        N_("There is nothing here that you can see"),
        N_("The address is wrong, the thing is gone, or it belongs to an organisation that you do not see."),
        N_("Search for it, or begin at Today."),
        "search",
    ),
    405: Trouble(
        N_("This page does not do that"),
        N_("The address is right, but it cannot be opened or sent in this way. Nothing was changed."),
        N_("Go back and use the buttons of the page."),
    ),
    409: Trouble(
        N_("Somebody else was faster"),
        N_("It was changed after you opened it. Your change was not saved, so that theirs is not lost."),
        N_("Go back, load the page anew, look at what changed and make your change again."),
        "merge",
    ),
    413: Trouble(
        N_("That is too large"),
        N_("The file or form is over the limit of what the portal takes at once. Nothing was changed."),
        N_("Divide the file and send the parts one after the other."),
        "upload",
    ),
    422: Trouble(
        N_("Some values cannot stand"),
        N_("Nothing was changed."),
        N_("Go back, correct what is named and send again."),
    ),
    429: Trouble(
        N_("Too many tries in a short time"),
        N_("To keep guessers out, the portal waits before it takes more from here."),
        N_("Wait a few minutes, then try again. If it was not you, tell the administrator of the portal."),
        "clock",
    ),
    500: Trouble(
        N_("The portal failed at this"),
        N_("It is a fault of ours, not of yours. Nothing was half saved: either all of it or nothing."),
        N_(
            "Try again in a minute. If it stays, give the administrator the number below: it names the fault in the log."
        ),
        "severity-high",
    ),
    503: Trouble(
        N_("The portal cannot save or read at this moment"),
        N_("Its database is busy, away or without room. Nothing was half saved: either all of it or nothing."),
        N_("Try again in a minute. If it stays, tell the administrator of the portal: the log says why."),
        "clock",
    ),
}
"""Status to what people read."""

CODES = {
    400: "malformed",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_there",
    405: "method_not_allowed",
    409: "edit_conflict",
    413: "too_large",
    415: "malformed",
    422: "invalid_values",
    429: "too_many",
    500: "failed",
    503: "unavailable",
}
"""Status to the code by which programs know it."""

FORM_TOO_OLD = Trouble(
    N_("This form stood open for too long"),
    N_("You were signed out meanwhile, or signed in anew in another window. Nothing was changed."),
    N_("Go back and load the page anew; what you typed is offered to you again."),
    "history",
)


def error_page(request: HttpRequest, status: int, message: str = "", trouble: Trouble | None = None) -> HttpResponse:
    """The page for ``status``; ``message``, already in the reader's language, says it in particular."""
    told = trouble or TROUBLES.get(status, TROUBLES[400])
    if is_api(request):
        return api_error(status, CODES.get(status, "refused"), message or gettext(told.happened))
    values: dict[str, Any] = {
        "shell": {"language": translation.get_language() or language_of(request), "theme": theme_of(request)},
        "status": status,
        "happened": gettext(told.happened),
        "message": message,
        "meaning": gettext(told.meaning),
        "todo": gettext(told.todo),
        "icon_name": told.icon,
        "request_id": getattr(request, "id", ""),
        "is_outside": request.path_info.startswith("/a/"),  # who came by a letter's link has no portal to go on in
    }
    return HttpResponse(get_template("shell/error.html").render(values), status=status)


def api_error(status: int, code: str, message: str) -> HttpResponse:
    """An error in the shape of the API (``web.api.core.ErrorOut``); ``message`` is in the reader's language."""
    return JsonResponse({"code": code, "message": message, "faults": []}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's door for what it refuses to read."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return _outside(request, 413 if too_large else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  # Django hands it over
    """Django's door for what is refused."""
    return _outside(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  # Django hands it over
    """Django's door for addresses without a page."""
    return _outside(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Django's door for faults of the program."""
    return _outside(request, 500)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django hands it over
    """Django's door for forms without a valid token (CSRF_FAILURE_VIEW)."""
    with translation.override(getattr(request, "LANGUAGE_CODE", None) or language_of(request)):
        return error_page(request, 403, trouble=FORM_TOO_OLD)


def _outside(request: HttpRequest, status: int) -> HttpResponse:
    """The page in the language that the request got, or that its cookie asks for if it did not get so far."""
    with translation.override(getattr(request, "LANGUAGE_CODE", None) or language_of(request)):
        return error_page(request, status)
