"""The table of a letter: the leader's one page, the answers to one clause, both as files."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries.comparing import comparable, compared
from vonggac.desk.directives.queries.contacts import numbers
from vonggac.desk.directives.queries.letters import letter as the_letter
from vonggac.desk.directives.queries.saying import Said, column, said
from vonggac.desk.directives.queries.table import OUTCOMES, SHOWS, Column, Sum, Table, Trouble
from vonggac.desk.directives.queries.table import table as the_table
from vonggac.errors import N_, NotThere
from vonggac.jobs import letter_table_files as files
from vonggac.web.letters.table import matrix
from vonggac.web.letters.table.forms import TableFilter, filters_of
from vonggac.web.organisations.imports.downloads import download
from vonggac.web.organisations.lists import Chip, address
from vonggac.web.shell.pages import Request, page
from vonggac.web.work.words import answered

AT_FIRST = 12
"""Items of a list that stand open; the rest open with a press, or stand in the matrix."""

BAD_AT_FIRST = 8


@page("letters.view")
def table(request: Request, letter_id: int) -> HttpResponse:
    """Who has answered, who has not, what is bad; then every recipient and clause."""
    row = the_letter(request.asker, letter_id)
    filters = filters_of(request)
    found = the_table(request.asker, row, filters)
    groups = [(group.key, matrix.group_name(group)) for group in found.groups]
    owing, troubles, returned = found.owing, found.troubles, found.returned
    contacts = numbers(request.asker, [line.organisation_id for line in owing])
    context: dict[str, Any] = {
        "letter": row,
        "found": found,
        "total": found.total,
        "n_bad": found.n_troubled,
        "groups": [(name, group.sum, address(request, group=key)) for (key, name), group in zip(groups, found.groups, strict=True)],
        "owing": matrix.owing(owing[:AT_FIRST], contacts),
        "owing_more": matrix.owing(owing[AT_FIRST:], contacts),
        "n_more": max(len(owing) - AT_FIRST, 0),
        "troubles": _in_words(troubles[:BAD_AT_FIRST]),
        "n_troubles": len(troubles),
        "returned": returned[:BAD_AT_FIRST],
        "n_returned": len(returned),
        "clauses": [(one, found.by_clause[one.clause_id], _outcomes(found.by_clause[one.clause_id])) for one in found.columns],
        "outcomes": [_(title) for title in OUTCOMES.values()],
        "sums": _sums(found),
        "n_columns": 2 + (len(groups) if len(groups) > 1 else 0),
        "form": TableFilter(request, groups),
        "shows": _chips(request, found),
        "is_filtered": bool(filters.group or filters.show or filters.text),
        "head": matrix.head(found.columns, row.pk),
        "body": matrix.body(found, grouped=filters.sort == "order" and len(found.groups) > 1),
        "drawings": matrix.drawings(),
        **_comparison(request, row, found),
    }  # fmt: skip
    return render(request, "letters/table/table.html", context)


class Bad(NamedTuple):
    """Something to read, in words."""

    trouble: Trouble
    tone: str
    icon: str
    word: str
    href: str


def _in_words(troubles: Sequence[Trouble]) -> list[Bad]:
    found = []
    for one in troubles:
        tone, drawn = matrix.BAD.get(one.what, ("critical", "severity-critical"))
        word = _("{n} infected, not cleaned").format(n=one.n) if one.what == "infected" else _(matrix.SHORT[one.what])
        found.append(Bad(one, tone, drawn, word, matrix.recipient_url(one.line.recipient_id, one.task_id)))
    return found


def _outcomes(one: Sum) -> list[int]:
    return [one.outcomes[outcome] for outcome in OUTCOMES]


class Summed(NamedTuple):
    """A count of a clause: of all recipients, and of each group."""

    column: Column
    title: str
    total: int
    groups: Sequence[int]


def _sums(found: Table) -> list[Summed]:
    return [
        Summed(
            one, files.field_title(one, name, _), found.total.counts[one.clause_id, name],
            [group.sum.counts[one.clause_id, name] for group in found.groups],
        )
        for one in found.columns
        for name in one.fields
    ]  # fmt: skip


def _chips(request: Request, found: Table) -> list[Chip]:
    total, lines = found.total, found.all_lines
    counted: Mapping[str, int] = {
        "": total.recipients, "unanswered": total.owing, "late": total.late_recipients, "complete": total.complete,
        "trouble": sum(line.is_troubled for line in lines), "returned": sum(line.n_returned > 0 for line in lines),
        "review": sum(line.n_answered > line.n_accepted for line in lines), "unseen": total.recipients - total.acknowledged,
    }  # fmt: skip
    asked = filters_of(request).show
    return [
        Chip(_(title), address(request, show=key or None), key == asked, counted[key])
        for key, title in SHOWS.items()
        if not key or counted[key] or key == asked
    ]


def _comparison(request: Request, row: Letter, found: Table) -> dict[str, Any]:
    offered = comparable(request.asker, row)
    asked = request.GET.get("compare", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        return {"offered": offered}
    try:
        both = compared(request.asker, row, found, int(asked))
    except NotThere:
        return {"offered": offered}
    pairs = [(pair, [(files.field_title(pair.column, one.name, _), one) for one in pair.counts]) for pair in both.pairs]
    return {"offered": offered, "both": both, "pairs": pairs, "compared_id": both.letter.pk}


# ------------------------------------------------------------------------------------------------------------ one clause


class Told(NamedTuple):
    """An answer in words; ``short``: its counts and short texts, ``facts``: what is longer."""

    said: Said
    href: str
    word: str
    short: Sequence[Any]
    facts: Sequence[Any]


@page("letters.view")
def clause(request: Request, letter_id: int, clause_id: int) -> HttpResponse:
    """What everybody answered to one clause, in full."""
    row = the_letter(request.asker, letter_id)
    text, one = column(row, clause_id)
    found = the_table(request.asker, row)
    every = [each.clause_id for each in found.columns]
    place = every.index(clause_id)
    told = list(_told(said(request.asker, row, clause_id), one))
    answers, show = [each for each in told if each.said.at is not None], request.GET.get("show", "")
    chips = [
        Chip(_(title), address(request, show=key or None), key == show, sum(_is_kept(each, key) for each in answers))
        for key, title in _ANSWERS.items()
    ]
    context = {
        "letter": row,
        "clause": text,
        "column": one,
        "sum": found.by_clause[clause_id],
        "outcomes": list(zip([_(title) for title in OUTCOMES.values()], _outcomes(found.by_clause[clause_id]), strict=True)),
        "sums": [summed for summed in _sums(found) if summed.column.clause_id == clause_id],
        "groups": [matrix.group_name(group) for group in found.groups],
        "answers": [each for each in answers if _is_kept(each, show)],
        "n_answers": len(answers),
        "chips": chips,
        "silent": [each for each in told if each.said.at is None and each.said.state != "withdrawn"],
        "before": found.columns[place - 1] if place else None,
        "after": found.columns[place + 1] if place + 1 < len(every) else None,
    }  # fmt: skip
    return render(request, "letters/table/clause.html", context)


def _told(rows: Iterator[Said], one: Column) -> Iterator[Told]:
    for each in rows:
        facts = list(answered(one.kind, each.values))
        word = _(matrix.RESULTS[each.result]) if each.result in matrix.RESULTS else ""
        yield Told(
            each, matrix.recipient_url(each.recipient_id, each.task_id), word,
            [fact for fact in facts if not fact.is_long], [fact for fact in facts if fact.is_long],
        )  # fmt: skip


def _is_kept(each: Told, show: str) -> bool:
    values = each.said.values
    if show == "trouble":
        return each.said.result in matrix.BAD or values.get("n_infected", 0) > values.get("n_cleaned", 0)
    return show != "words" or bool(values.get("difficulties") or values.get("proposals"))


_ANSWERS = {"": N_("All answers"), "trouble": N_("Says no or partly"), "words": N_("With difficulties or proposals")}


# ------------------------------------------------------------------------------------------------------------- as a file


@page("letters.view")
def export(request: Request, letter_id: int) -> HttpResponseBase:
    """The table as a workbook, or with ``form=csv`` the matrix as it is filtered."""
    row = the_letter(request.asker, letter_id)
    if request.GET.get("form") == "csv":
        text = io.StringIO(newline="")
        files.write_csv(request.asker, row, text, _, filters_of(request))
        answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="vonggac-letter-{row.pk}.csv"'
        return answer
    return download(f"vonggac-letter-{row.pk}.xlsx", "xlsx", lambda file: files.write_xlsx(request.asker, row, file, _))
