"""Today, search, and what else belongs to no noun."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from vonggac.desk.accounts.actions.people import choose
from vonggac.web.shell import finding
from vonggac.web.shell.choices import THEME_COOKIE, THEMES, remember, safe_next
from vonggac.web.shell.pages import PUBLIC, SIGNED_IN, Request, page
from vonggac.web.shell.samples import sample_values, samples
from vonggac.web.shell.times import long_day, zone
from vonggac.web.shell.today import greeting
from vonggac.web.shell.today import shown as shown_today


@page(SIGNED_IN)
def today(request: Request) -> HttpResponse:
    """What waits for this person today."""
    words = {
        "ok_word": gettext("In order"),
        "todo_word": gettext("To do"),
        "open_word": gettext("Open"),
        "held_word": gettext("Held"),
    }
    cards = [get_template(card.template).render({**words, **found}) for card, found in shown_today(request.asker)]
    now = timezone.now()
    values = {
        "cards": [mark_safe(card) for card in cards],  # noqa: S308  # rendered by templates that escape
        "greeting": greeting(now.astimezone(zone()).hour),
        "date": long_day(now),
        "nothing_title": gettext("Nothing waits for you"),
        "nothing_text": gettext("You hold no role yet. Ask the administrator of the portal which work is yours."),
    }
    return render(request, "shell/today.html", values)


@page(SIGNED_IN)
def search(request: Request) -> HttpResponse:
    """What is found for ``q``, grouped by noun; one address leads to who holds it."""
    asked = request.GET.get("q", "").strip()[: finding.MOST]
    results = finding.found(request.asker, asked, 20)
    values = {
        "asked": asked,
        "results": results,
        "past_word": gettext("No longer"),
        "ask_title": gettext("What are you looking for?"),
        "ask_text": gettext(
            "A name or code, a person, an address such as 192.0.2.17, a domain name. Marks do not matter."
        ),
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
        choose(request.asker, language=chosen)
    return response


@page(PUBLIC, "POST")
def theme(request: Request) -> HttpResponse:
    """Read on in light or dark."""
    response = HttpResponseRedirect(safe_next(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        remember(response, THEME_COOKIE, chosen)
        choose(request.asker, theme=chosen)
    return response
