"""What a reader chose once, signed in or not: the language and the theme. Both stand in cookies, and with the user."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_request

THEMES = ("auto", "light", "dark")
THEME_COOKIE = f"{settings.COOKIE_PREFIX}vonggac_theme"
YEAR = 365 * 86400


def is_api(request: Any) -> bool:
    """Whether a program asks, not a page: every answer then is JSON."""
    return bool(request.path_info.startswith("/api/"))


def language_of(request: Any) -> str:
    """The language of the cookie, else Vietnamese; of the API that of Accept-Language, where there is no cookie."""
    if is_api(request):
        return get_language_from_request(request)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def theme_of(request: Any) -> str:
    """The theme of the signed-in user, else of the cookie, else that of the device. Reads nothing from the database anew."""
    is_known = getattr(request, "user_id", None) is not None
    chosen = request.user.theme if is_known else request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def remember(response: HttpResponse, cookie: str, value: str) -> None:
    """Keep a choice in a cookie of this host for a year; pages only read it on the server."""
    response.set_cookie(
        cookie, value, max_age=YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )


def safe_next(request: Any, default: str = "/") -> str:
    """Where the form wants to go on: a path of this portal, else ``default``. Another host is never gone to."""
    target = request.POST.get("next", "") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None, require_https=request.is_secure())
    return target if is_ours and target.startswith("/") else default
