"""The registers of an office: what came in, and each form of what went out, year by year."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from vonggac.config import Settings, zone_from
from vonggac.desk.directives.arrivals import IN_BOOK
from vonggac.desk.directives.queries import arriving as queries
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, NotThere
from vonggac.jobs import letter_register
from vonggac.web.organisations.imports.downloads import download
from vonggac.web.organisations.lists import address
from vonggac.web.shell import times
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of

SETTINGS: Settings = django_settings.VONGGAC


class Asked:
    """Which register of which office and year the address asks for; raises NotThere for an office that the asker does not see."""

    def __init__(self, asker: Asker, query: Any) -> None:
        self.offices = queries.offices(asker, "letters.view")
        text = query.get("office", "")
        chosen = [one for one in self.offices if str(one.pk) == text] if text else self.offices[:1]
        if text and not chosen:
            raise NotThere(N_("there is no such register here"))
        self.office = chosen[0] if chosen else None
        book = query.get("book", "")
        self.book = book if book in queries.BOOKS else IN_BOOK
        now = timezone.now().astimezone(times.zone()).year
        self.years = sorted({now, *(queries.years(asker, self.office.pk) if self.office else [])}, reverse=True)
        asked = query.get("year", "")
        self.year = (
            int(asked) if asked.isascii() and asked.isdecimal() and int(asked[:5]) in self.years else self.years[0]
        )


@page("letters.view")
def register(request: Request) -> HttpResponseBase:
    """One register of one year, with the numbers that lack."""
    asked = Asked(request.asker, request.GET)
    context: dict[str, Any] = {"asked": asked, "may_draft": request.asker.may("letters.draft")}
    if asked.office is not None:
        rows = queries.register(request.asker, asked.office.pk, asked.book, asked.year)
        found = queries.gaps(rows)
        shown = page_of(rows.reverse(), request)
        context |= {
            "page": shown, "gaps": found, "is_in": asked.book == IN_BOOK,
            "tabs": [(key, gettext(title), address(request, book=key)) for key, title in queries.BOOKS.items()],
        }  # fmt: skip
    return render(request, "letters/arriving/register.html", context)


@page("letters.view")
def export(request: Request, organisation_id: int) -> HttpResponseBase:
    """The same of one office as a workbook."""
    query = request.GET.copy()
    query["office"] = str(organisation_id)
    asked = Asked(request.asker, query)
    return workbook(request.asker, organisation_id, asked.book, asked.year)


def workbook(asker: Asker, office_id: int, book: str, year: int) -> HttpResponseBase:
    """One register of one year as a workbook."""
    zone = zone_from(SETTINGS.zone)
    name = f"vonggac-register-{book.replace('_', '-')}-{year}.xlsx"
    return download(
        name, "xlsx", lambda file: letter_register.export(asker, office_id, book, year, file, zone, gettext)
    )
