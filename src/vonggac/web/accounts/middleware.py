"""The ends of sessions, and what somebody must do before anything else: change a one-time password, set up a second factor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from vonggac.desk.accounts import actions, queries
from vonggac.web.accounts.adapters import BEGAN, SEEN, leave
from vonggac.web.accounts.heard import STRONG
from vonggac.web.shell.choices import is_api
from vonggac.web.shell.errors import api_error
from vonggac.web.shell.middleware import LINKS, origin_of

SEEN_EVERY_S = 60
"""How fine it is kept when a session was last in use: each time is a write."""

ALWAYS = frozenset({"account_logout", "language", "theme", "account_login", "healthz"})
"""Names of pages that are open whatever somebody still owes."""
PASSWORD_STEP = frozenset({"account_change_password"})
FACTOR_STEP = frozenset(
    {
        "first_factor",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "account_reauthenticate",
        "account_change_password",
    }
)


def first_things_first(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """End sessions that are idle or old, and send whoever still owes a step to that step."""

    def middleware(request: Any) -> HttpResponse:
        if not request.user.is_authenticated or request.path_info.startswith(LINKS):
            return get_response(
                request
            )  # a letter's link opens the same to everybody, and stands in no address of ours
        reason = _over(request)
        if reason:
            leave(request, reason)
            if is_api(request):
                return api_error(401, "not_signed_in", _("The session is over: sign in to the portal."))
            messages.info(request, _("You were signed out because you were away for a while. Sign in to go on."))
            return _go(request, _sign_in_address(request))
        step = _owed(request)
        if step is not None and _name_of(request) not in ALWAYS | step[1]:
            if is_api(request):
                told = _("Something comes first: open the portal, which asks for it.")
                return api_error(403, "step_owed", told)
            return _go(request, reverse(step[0]))
        return get_response(request)

    return middleware


def _over(request: Any) -> str:
    """Why the session must end, empty while it lasts. Notes once a minute that it is in use."""
    session, now = request.session, int(time.time())
    began, seen = session.get(BEGAN), session.get(SEEN)
    if not isinstance(began, int) or not isinstance(seen, int):
        session[BEGAN], session[SEEN] = began, seen = now, now
    if now - began >= settings.LONGEST.total_seconds():
        return "old"
    if now - seen >= settings.IDLE.total_seconds():
        return "idle"
    if now - seen >= SEEN_EVERY_S:
        session[SEEN] = now
        origin = origin_of(request)
        actions.session_seen(session.session_key, origin)
    return ""


def _owed(request: Any) -> tuple[str, frozenset[str]] | None:
    """The page of the step that comes before anything else, with the names of all pages that belong to it."""
    if request.user.must_change_password:
        return "account_change_password", PASSWORD_STEP
    if request.session.get(STRONG) or not queries.needs_second_factor(request.asker):
        return None
    if queries.has_second_factor(request.user.pk):
        # Another session added one, or a role came that needs it: here it was never shown.
        leave(request, "old")
        return "account_login", frozenset()
    return "first_factor", FACTOR_STEP


def _name_of(request: Any) -> str:
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""


def _sign_in_address(request: Any) -> str:
    address = reverse(settings.LOGIN_URL)
    return f"{address}?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else address


def _go(request: Any, address: str) -> HttpResponse:
    """A redirect; htmx is told to load the whole page there."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
