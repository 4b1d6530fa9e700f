"""What changed in a letter against the one (or the shipped one) that it was made from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from vonggac.desk.directives import actions, beginning, queries
from vonggac.desk.directives.comparing import ClauseChange, Difference, Value, difference
from vonggac.desk.directives.models import Letter, RecipientGroup
from vonggac.desk.directives.shipped import Dates, template
from vonggac.desk.directives.states import MACHINE_PROOFS, ROLES, URGENCIES
from vonggac.desk.directives.values import AddresseeValues, LetterValues
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.kinds import BY_NAME
from vonggac.errors import N_, NotThere
from vonggac.web.letters.writing.reading import own_page
from vonggac.web.shell import times
from vonggac.web.shell.pages import Request, page

_LABELS = {
    "subject": N_("Subject of the letter"), "opening": N_("Opening"), "closing": N_("Closing"), "urgency": N_("Urgency"), "deadline": N_("Deadline"),
    "period_from": N_("First day"), "period_until": N_("Last day"), "symbol": N_("Symbol"), "superior_name": N_("Body above the issuer"),
    "place": N_("Place"), "signer_for": N_("Signed for"), "signer_title": N_("Title of who signs"), "signer_name": N_("Name of who signs"),
    "links_ask_code": N_("A link in a message opens only with a code sent to the registered contact"), "mark": N_("Numbering"),
    "title": N_("Title of the clause"), "text": N_("Clause text"), "kind": N_("What it asks"), "groups": N_("For whom"), "due_at": N_("Deadline"),
    "is_daily": N_("A report on each day"), "needs_file": N_("With a file"), "proof": N_("Proof by the machine"),
}  # fmt: skip
_WORDS = {"urgency": URGENCIES, "proof": MACHINE_PROOFS}


@page("letters.view")
def changes(request: Request, letter_id: int) -> HttpResponse:
    """A letter beside what it was made from: every passage, with what is gone and what is new."""
    row = queries.letter(request.asker, letter_id)
    if not queries.may_see_office(request.asker, row):
        own_page(request.asker, row)
        raise NotThere(N_("there is no such letter here"))
    was, label, source = _before(request.asker, row)
    context: dict[str, Any] = {"letter": row, "source": source, "label": label}
    if was is not None:
        context["changes"] = shown(was, actions.values_of(row))
    return render(request, "letters/writing/changes.html", context)


def _before(asker: Asker, row: Letter) -> tuple[LetterValues | None, str, Letter | None]:
    """What ``row`` was made from: its values, how it is called, and the letter where it is one that the asker sees."""
    pk = row.source_id or row.about_id
    source = queries.letters(asker).filter(pk=pk).first() if pk else None
    if source is not None:
        return actions.values_of(source), str(source), source
    shipped = template(row.template) if row.template else None
    if shipped is None:
        return None, "", None
    dates = Dates(row.period_from, row.period_until, row.deadline)
    return beginning.from_template(shipped.code, row.office, dates), shipped.name, None


def shown(was: LetterValues, now: LetterValues) -> dict[str, Any]:
    """The difference as the page tells it."""
    groups = {row.pk: row.name for row in RecipientGroup.objects.all()}
    codes = {row.code: row.name for row in RecipientGroup.objects.all()}
    ids = {one.organisation_id for said in (was, now) for one in said.addressees if one.organisation_id}
    names = dict(Organisation.objects.filter(pk__in=ids).values_list("pk", "name"))

    def told(one: AddresseeValues) -> str:
        name = one.words or groups.get(one.group_id or 0) or names.get(one.organisation_id or 0) or "–"
        role = gettext(ROLES.get(one.role, one.role))
        return f"{name} ({role}, {gettext('Kính gửi')})" if one.is_addressed else f"{name} ({role})"

    found: Difference = difference(was, now, told)
    return {
        "head": [_value(one, codes) for one in found.head],
        "clauses": [_clause(one, codes) for one in found.clauses if one.what != "same"],
        "gone": found.gone,
        "new": found.new,
        "n_same": found.n_same,
        "is_empty": found.is_empty,
    }


def _clause(one: ClauseChange, codes: dict[str, str]) -> dict[str, Any]:
    row = one.now or one.was
    return {
        "what": one.what,
        "row": row,
        "at": one.at,
        "is_moved": one.is_moved,
        "kind": gettext(BY_NAME[row.kind].title) if row and row.kind in BY_NAME else "",
        "values": [_value(value, codes) for value in one.values],
    }


def _value(one: Value, codes: dict[str, str]) -> dict[str, Any]:
    return {
        "label": gettext(_LABELS[one.name]),
        "parts": one.parts,
        "was": _told(one.name, one.was, codes),
        "now": _told(one.name, one.now, codes),
    }


def _told(name: str, value: Any, codes: dict[str, str]) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return times.to_the_minute(value)
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if name == "groups":
        return "; ".join(codes.get(code, code) for code in value) or gettext("all who are to act")
    if name == "kind":
        return gettext(BY_NAME[value].title) if value in BY_NAME else gettext("Asks for no answer")
    if name in _WORDS:
        return gettext(_WORDS[name].get(value, value))
    return str(value or "–")
