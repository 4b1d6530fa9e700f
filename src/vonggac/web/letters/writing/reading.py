"""The page of one letter: what it says, to whom it goes, how far it is, and what can be done with it now."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.translation import gettext

from vonggac.desk.directives import queries
from vonggac.desk.directives.models import Addressee, Letter
from vonggac.desk.directives.queries.expanding import members
from vonggac.desk.directives.states import APPROVED, DRAFT, ISSUED, LETTER, OUT, ROLES
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.desk.work.kinds import BY_NAME
from vonggac.errors import N_, NotThere
from vonggac.web.letters.writing.lists import RECEIVED
from vonggac.web.shell.pages import Request, page

FILES = "letters/parts/files.html"


@page("letters.view")
def one(request: Request, letter_id: int) -> HttpResponseBase:
    """One letter for who sees its office; a recipient is led to their own page of it."""
    row = queries.letter(request.asker, letter_id)
    if not queries.may_see_office(request.asker, row):
        return redirect(own_page(request.asker, row))
    done = queries.progress([row]).get(row.pk)
    context: dict[str, Any] = {
        "letter": row,
        "may": rights(request.asker, row),
        "can": possible(request.asker, row),
        "clauses": shown_clauses(row),
        "lines": shown_lines(request.asker, row),
        "done": done,
        "reached": queries.reached([row]).get(row.pk),
        "related": _related(request.asker, row),
        "files_template": files_template(),
    }
    return render(request, "letters/writing/letter.html", context)


def own_page(asker: Asker, row: Letter) -> str:
    """Where a recipient reads a letter that was sent to them; raises NotThere for who is none."""
    own = queries.recipients(asker, row).first()
    if own is None:
        raise NotThere(N_("there is no such letter here"))
    return f"{RECEIVED}{own.pk}/"


def rights(asker: Asker, row: Letter) -> dict[str, bool]:
    """What the asker may do with the letters of this office."""
    return {verb: may_on(asker, f"letters.{verb}", row.office_id) for verb in ("draft", "approve", "issue")}


def possible(asker: Asker, row: Letter) -> dict[str, bool]:
    """Which steps are open now, to this asker."""
    may = rights(asker, row)
    is_out, is_unsent = row.direction == OUT, row.state == ISSUED and row.sent_at is None
    return {
        "edit": is_out and may["draft"] and row.state == DRAFT and row.form == LETTER,
        "write": is_out and may["draft"] and row.state == DRAFT and row.form != LETTER,
        "check": is_out and row.state == DRAFT,
        "approve": is_out and may["approve"] and row.state == DRAFT,
        "send_back": is_out and may["approve"] and row.state == APPROVED,
        "issue": is_out and may["issue"] and row.state == APPROVED,
        "send": is_out and may["issue"] and is_unsent,
        "withdraw": is_out and may["approve"] and row.state == ISSUED,
        "change": is_out and may["draft"] and row.state == ISSUED and row.form == LETTER,
        "discard": is_out and may["draft"] and row.state == DRAFT,
        "copy": may["draft"] and row.form == LETTER,
    }


def kind_title(name: str) -> str:
    """A kind of answer in plain words."""
    return gettext(BY_NAME[name].title) if name in BY_NAME else ""


def shown_clauses(row: Letter) -> list[dict[str, Any]]:
    """The clauses with the names of their groups and how far each is."""
    done = queries.clause_progress(row)
    names = {group.code: group.name for group in queries.groups()}
    return [
        {
            "row": clause,
            "kind": kind_title(clause.kind),
            "groups": [names.get(code, code) for code in clause.groups],
            "due": clause.due_at or row.deadline if clause.kind else None,
            "done": done.get(clause.pk),
        }
        for clause in queries.clauses(row)
    ]


def shown_lines(asker: Asker, row: Letter) -> list[tuple[str, list[Any]]]:
    """Who it goes to, by role: the lines of a draft, each with how many it stands for; of what is issued each recipient."""
    found: dict[str, list[Any]] = {role: [] for role in ROLES}
    if row.state in (DRAFT, APPROVED):
        lines = Addressee.objects.filter(letter=row).select_related("group", "organisation").order_by("n")
        for line in lines:
            n = len(members(line.group)) if line.group else None
            found[line.role].append({"name": str(line), "n": n, "is_addressed": line.is_addressed})
    else:
        for one in queries.recipients(asker, row):
            found[one.role].append({"name": one.name, "recipient": one})
    return [(role, rows) for role, rows in found.items() if rows]


def _related(asker: Asker, row: Letter) -> list[tuple[str, list[Letter]]]:
    """The letters that this one stands beside, as far as the asker sees them: (how, letters)."""
    seen = queries.letters(asker)
    found = [
        (gettext("Carries out"), list(seen.filter(pk=row.parent_id)) if row.parent_id else []),
        (gettext("Replaces") if row.change == "replaces" else gettext("Amends"), list(seen.filter(pk=row.about_id)) if row.change and row.about_id else []),
        (gettext("Made from"), list(seen.filter(pk=row.source_id)) if row.source_id and row.source_id != row.parent_id else []),
        (gettext("Carried out by"), list(seen.filter(parent=row.pk)[:20])),
        (gettext("Amended by"), list(seen.filter(about=row.pk, change="amends")[:20])),
        (gettext("Replaced by"), list(seen.filter(about=row.pk, change="replaces")[:20])),
        (gettext("Reports on it"), list(seen.filter(about=row.pk, change="").exclude(form=LETTER)[:20])),
    ]  # fmt: skip
    return [(how, rows) for how, rows in found if rows]


def files_template() -> str:
    """The panel of a letter's files, empty where there is none."""
    try:
        get_template(FILES)
    except TemplateDoesNotExist:
        return ""
    return FILES
