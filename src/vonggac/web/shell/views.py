"""Today, search, and what else belongs to no noun."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext

from vonggac.web.shell import finding
from vonggac.web.shell.choices import THEME_COOKIE, THEMES, remember, safe_next
from vonggac.web.shell.pages import PUBLIC, SIGNED_IN, Request, page
from vonggac.web.shell.samples import sample_values, samples


@page(SIGNED_IN)
def today(request: Request) -> HttpResponse:
    """What waits for this person today."""
    return render(request, "shell/today.html")


@page(SIGNED_IN)
def search(request: Request) -> HttpResponse:
    """What is found for ``q``, grouped by noun; one address leads to who holds it."""
    asked = request.GET.get("q", "").strip()[: finding.MOST]
    results = [
        {"group": one.group, "hits": one.hits, "more": one.more, "all": one.group.all_url.format(q=quote(asked))}
        for one in finding.found(request.asker, asked, 20)
    ]
    values = {
        "asked": asked,
        "results": results,
        "ask_title": gettext("What are you looking for?"),
        "ask_text": gettext("A name or code, a person, an address such as 192.0.2.17, a domain name. Marks do not matter."),
        "none_title": gettext("Nothing found"),
        "none_text": gettext("Nothing that you may see fits. Try fewer words, or a part of one."),
    }
    return render(request, "shell/search.html", values)


@page(SIGNED_IN)
def suggestions(request: Request) -> HttpResponse:
    """The best of what is found while somebody types; a part of a page."""
    asked = request.GET.get("q", "").strip()[: finding.MOST]
    results = finding.found(request.asker, asked, 5) if len(asked) > 1 else []
    values = {"asked": asked, "results": results, "query": urlencode({"q": asked})}
    return render(request, "shell/suggestions.html", values)


@page(SIGNED_IN)
def components(request: Request) -> HttpResponse:
    """Every component of the design language, live, in both themes, with its code."""
    return render(request, "shell/components.html", {"samples": samples(), **sample_values()})


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
