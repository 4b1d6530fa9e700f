"""A new letter: from the shipped one, an earlier one, one that came in, or blank; ready with every day set."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.directives import actions, beginning, queries
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.shipped import Dates, templates
from vonggac.desk.directives.states import CHANGES, IN, LETTER, OUT
from vonggac.desk.organisations.models import Mandate, Organisation
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.rule import visible
from vonggac.errors import N_, Fault, InvalidValues
from vonggac.web.letters.writing.forms import BeginForm
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About
from vonggac.web.organisations.forms import Choices
from vonggac.web.shell.pages import Request, page

_SHOWN = 6
"""Letters of each direction that one can begin from without looking for them."""


@page("letters.draft", "POST")
def new(request: Request) -> HttpResponse:
    """Choose what it begins from, its office and its days; the draft opens ready."""
    asker = request.asker
    asked = _asked(request)
    change = request.GET.get("change", "")
    is_change = asked is not None and change in CHANGES and bool(change) and asked.direction == OUT
    about = About(
        title=_("New letter"),
        submit=_("Make the draft"),
        back=lambda row: reverse("letter-edit", args=[row.pk]),
        leave=reverse("letters"),
        done=_("The draft is ready. Look through it, then check it."),
        template="letters/writing/new.html",
        extra={"asked": asked, "is_change": is_change, "change": change if is_change else ""},
    )
    initial = {
        "start": f"letter:{asked.pk}" if asked else f"template:{templates()[0].code}",
        "office": asked.office if asked is not None else office_of(asker),
        "change": change if is_change else "",
        "version": 0,
    }
    starts = _starts(asker, asked, is_change=is_change)

    def make(*args: Any, **kwargs: Any) -> BeginForm:
        return BeginForm(*args, starts=starts, **kwargs)

    return editing.run(request, about, make, lambda values, _version: _create(asker, values), lambda: initial)


def _create(asker: Asker, values: dict[str, Any]) -> Letter:
    office = (
        visible(Organisation.objects.all(), asker, "letters.draft", through="id").filter(pk=values["office"]).first()
    )
    if office is None:
        raise InvalidValues([Fault("office", N_("you do not write the letters of this organisation"))])
    dates = Dates(values["period_from"], values["period_until"], values["deadline"])
    how, _colon, which = values["start"].partition(":")
    if how == "template":
        said = beginning.from_template(which, office, dates, values["occasion"])
        return actions.create(asker, office.pk, said, template=which)
    if how == "letter":
        change = values["change"] if values["change"] in CHANGES else ""
        said = beginning.from_letter(asker, int(which), office, dates, change=change)
        return actions.create(asker, office.pk, said, source_id=int(which))
    return actions.create(asker, office.pk, beginning.blank(office, dates, values["subject"]))


def _asked(request: Request) -> Letter | None:
    text = request.GET.get("from", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    found: Letter | None = _own(request.asker).filter(pk=int(text), form=LETTER).select_related("office").first()
    return found


def _own(asker: Asker) -> Any:
    return visible(Letter.objects.all(), asker, "letters.draft", through="office_id")


def _starts(asker: Asker, asked: Letter | None, *, is_change: bool) -> Choices:
    """The ways to begin, grouped; of a letter that changes another, that one alone."""
    if asked is not None and is_change:
        return [(f"letter:{asked.pk}", _told(asked))]
    rows = queries.letters(asker).filter(pk__in=_own(asker).values("pk"), form=LETTER)
    earlier, arrived = list(rows.filter(direction=OUT)[:_SHOWN]), list(rows.filter(direction=IN)[:_SHOWN])
    if asked is not None and asked not in (*earlier, *arrived):
        (arrived if asked.direction == IN else earlier).insert(0, asked)
    shown: Choices = [(_("Shipped"), [(f"template:{one.code}", one.name) for one in templates()])]
    if earlier:
        shown.append((_("Earlier letters"), [(f"letter:{row.pk}", _told(row)) for row in earlier]))
    if arrived:
        shown.append((_("Letters that came in"), [(f"letter:{row.pk}", _told(row)) for row in arrived]))
    shown.append((_("From nothing"), [("blank", _("A blank letter"))]))
    return shown


def _told(row: Letter) -> str:
    return f"{row.reference or _('Draft')} – {row.subject}"[:140]


def office_of(asker: Asker) -> Organisation | None:
    """Whose letters the asker most likely writes: where they hold it, else whose they wrote last, else who manages the field."""
    roots = asker.roots("letters.draft")
    if not isinstance(roots, Everywhere):
        return Organisation.objects.filter(pk__in=sorted(roots), valid_until=None).order_by("pk").first()
    last = _own(asker).filter(direction=OUT).select_related("office").order_by("-pk").first()
    if last is not None:
        office: Organisation = last.office
        return office
    held = (
        Mandate.objects.filter(subject="state_management", valid_until=None)
        .select_related("holder")
        .order_by("pk")
        .first()
    )
    return held.holder if held is not None else None
