"""Today, search, and what else belongs to no noun."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from vonggac.web.shell.choices import THEME_COOKIE, THEMES, remember, safe_next
from vonggac.web.shell.pages import PUBLIC, SIGNED_IN, Request, page


@page(SIGNED_IN)
def today(request: Request) -> HttpResponse:
    """What waits for this person today."""
    return render(request, "shell/today.html")


@page(SIGNED_IN)
def search(request: Request) -> HttpResponse:
    """What is found for ``q``, grouped."""
    return render(request, "shell/search.html")


@page(SIGNED_IN)
def suggestions(request: Request) -> HttpResponse:
    """The best of what is found while somebody types."""
    return render(request, "shell/suggestions.html")


@page(SIGNED_IN)
def components(request: Request) -> HttpResponse:
    """Every component of the design language, live, in both themes, with its code."""
    return render(request, "shell/components.html")


@page(PUBLIC, "POST")
def language(request: Request) -> HttpResponse:
    """Read on in another language."""
    response = HttpResponseRedirect(safe_next(request))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@page(PUBLIC, "POST")
def theme(request: Request) -> HttpResponse:
    """Read on in light or dark."""
    response = HttpResponseRedirect(safe_next(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        remember(response, THEME_COOKIE, chosen)
    return response
