"""The matrix and the list of who has not answered, written without templates: 2,100 cells would take twenty times as long with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vonggac.desk.directives.queries.contacts import Contact
from vonggac.desk.directives.queries.table import CELLS, GIVEN, Cell, Column, Group, Line, Table
from vonggac.desk.directives.states import VIAS
from vonggac.desk.organisations.models.graph import KINDS as ORGANISATION_KINDS
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.states import PROVEN
from vonggac.errors import N_
from vonggac.web import shell
from vonggac.web.shell import times
from vonggac.web.shell.templatetags.shell import icon, shown

RESULTS = {name: title for kind in BY_NAME.values() if kind.is_obligation for name, title in kind.results.items()}
"""Result of an answer to a clause to its title."""
SHORT = {
    "done": N_("Done"),
    "partly": N_("Partly"),
    "no": N_("Not done"),
    "not_applicable": N_("Not concerned"),
    "nothing": N_("Nothing happened"),
    "something": N_("Something happened"),
}
"""The same in a cell."""
TONES = {
    "waiting": ("high", "severity-high"),
    "acknowledged": ("", "eye"),
    "in_progress": ("", "operations"),
    "returned": ("medium", "undo"),
    "to_come": ("none", "calendar"),
    "withdrawn": ("none", "close"),
}
"""State of a cell without an answer that counts to its tone and icon."""
BAD = {"no": ("critical", "severity-critical"), "partly": ("medium", "severity-medium"), "something": ("medium", "severity-medium")}  # fmt: skip
"""Result that a leader wants to read to its tone and icon, accepted or not."""


class _Words(NamedTuple):
    late: str
    was_late: str
    review: str
    declared: str
    proven: str
    days: str


_SPRITE: Final = Path(shell.__file__).parent / "static" / "vonggac" / "sprite.svg"
_DRAWN: Final = ("severity-high", "eye", "operations", "undo", "calendar", "close", "severity-critical", "severity-medium", "overdue", "check",
                 "shield-check", "message")  # fmt: skip
"""Icons of cells: drawn once in the page, so that 2,100 cells name them shortly."""


@cache
def drawings() -> SafeString:
    """The drawings that cells refer to."""
    sprite = _SPRITE.read_text(encoding="utf-8")
    found = (re.search(rf'<symbol id="{name}".*?</symbol>', sprite, re.DOTALL) for name in _DRAWN)
    symbols = "".join(one[0].replace('id="', 'id="m-', 1) for one in found if one is not None)
    return mark_safe(f'<svg hidden aria-hidden="true">{symbols}</svg>')  # noqa: S308  # a file of ours


def _drawing(name: str) -> str:
    return f'<svg class="icon" aria-hidden="true"><use href="#m-{name}"/></svg>'


def _words() -> _Words:
    return _Words(
        *map(
            escape, (_("late"), _("given late"), _("to review"), _("declared"), _("proven"), _("{part} of {all} days"))
        )
    )


def recipient_url(recipient_id: int, task_id: int = 0) -> str:
    """The page of a recipient, at one of its Tasks."""
    return f"/letters/received/{recipient_id}/" + (f"#c{task_id}" if task_id else "")


def group_name(group: Group) -> str:
    """What a group of lines is called."""
    return group.name or _(ORGANISATION_KINDS.get(group.kind, group.kind))


def body(table: Table, *, grouped: bool) -> SafeString:
    """The rows of the matrix; ``grouped``: under the names of their groups."""
    return mark_safe("".join(_rows(table, grouped=grouped)))  # noqa: S308  # every text in it is escaped


def _rows(table: Table, *, grouped: bool) -> Iterator[str]:
    words = _words()
    states = {state: escape(_(title)) for state, title in CELLS.items()}
    results = {result: escape(_(title)) for result, title in SHORT.items()}
    marks = [f' data-mark="{escape(column.mark or str(column.n))}"' for column in table.columns]
    names = {group.key: group_name(group) for group in table.groups}
    last = ""
    for line in table.lines:
        if grouped and line.group != last:
            last = line.group
            yield f'<tr class="group"><th scope="rowgroup" colspan="{len(table.columns) + 2}"><bdi>{shown(names[last])}</bdi></th></tr>'
        way, at = way_of(line)
        cells = "".join(
            _cell(cell, mark, line.recipient_id, words, states, results)
            for cell, mark in zip(line.cells, marks, strict=True)
        )
        yield (
            f'<tr><th scope="row"><a href="{recipient_url(line.recipient_id)}"><bdi>{shown(line.name)}</bdi></a>'
            f'<small title="{escape(at)}">{escape(way)}</small></th>{_share(line, words)}{cells}</tr>'
        )


def _share(line: Line, words: _Words) -> str:
    if not line.n:
        return '<td class="share none">–</td>'
    tone = " overdue" if line.is_late else " ok" if line.is_complete else ""
    late = f"<small>{_drawing('overdue')}{words.late}</small>" if line.is_late else ""
    return f'<td class="share{tone}"><b>{line.n_answered}/{line.n}</b>{late}</td>'


def _cell(
    cell: Cell, mark: str, recipient_id: int, words: _Words, states: Mapping[str, str], results: Mapping[str, str]
) -> str:
    """``mark``, ``words``, ``states`` and ``results`` are escaped; the rest are numbers."""
    if not cell.state:
        return f'<td class="none"{mark}>–</td>'
    tone, drawn, word = _sign(cell, states, results)
    small = _small(cell, words)
    if cell.is_late:
        tone, drawn = "overdue", "overdue"
    more = f"<small>{small}</small>" if small else ""
    return f'<td class="{tone}"{mark}><a href="/letters/received/{recipient_id}/#c{cell.task_id}">{_drawing(drawn)}<span>{word}</span>{more}</a></td>'


def _sign(cell: Cell, states: Mapping[str, str], results: Mapping[str, str]) -> tuple[str, str, str]:
    """Tone, icon and word."""
    if cell.state not in GIVEN:
        tone, drawn = TONES[cell.state]
        return tone, drawn, states[cell.state]
    word = results[cell.result]
    if cell.result in BAD:
        return *BAD[cell.result], word
    if cell.proof == PROVEN:
        return "ok", "shield-check", word
    return ("ok", "check", word) if cell.n_accepted == cell.n_answered else ("low", "message", word)


def _small(cell: Cell, words: _Words) -> str:
    parts = []
    if cell.n + cell.n_to_come > 1:
        parts.append(words.days.format(part=cell.n_answered, all=cell.n + cell.n_to_come))
    if cell.is_late:
        parts.append(words.late)
    elif cell.state in GIVEN:
        is_accepted = cell.n_accepted == cell.n_answered
        parts.append(words.proven if cell.proof == PROVEN else words.declared if is_accepted else words.review)
        if cell.was_late:
            parts.append(words.was_late)
    return " · ".join(parts)


def way_of(line: Line) -> tuple[str, str]:
    """How far the letter came (acknowledged by whom and how, opened, sent), and when."""
    if line.acknowledged_at is not None:
        via = _(VIAS[line.acknowledged_via]) if line.acknowledged_via in VIAS else ""
        by = ", ".join(filter(None, (line.acknowledged_by, via[:1].lower() + via[1:])))
        return _("Acknowledged: %(by)s") % {"by": by}, times.to_the_minute(line.acknowledged_at)
    if line.opened_at is not None:
        return _("Opened, not acknowledged"), times.to_the_minute(line.opened_at)
    if line.sent_at is not None:
        return _("Sent, not opened"), times.to_the_minute(line.sent_at)
    return _("Nobody there could be told"), ""


def head(columns: Sequence[Column], letter_id: int) -> SafeString:
    """The heads of the clauses, each leading to its answers."""
    cells = (
        f'<th scope="col"><a href="{reverse("letter-table-clause", args=[letter_id, one.clause_id])}" title="{escape(one.title)}">'
        f"<b>{escape(one.mark or str(one.n))}</b><span>{escape(one.title)}</span></a></th>"
        for one in columns
    )
    return mark_safe("".join(cells))  # noqa: S308  # every text in it is escaped


def owing(lines: Sequence[Line], contacts: Mapping[int, Contact]) -> SafeString:
    """Who has not answered yet, one item each: name, what lacks, how to reach them."""
    words = {
        "late": escape(_("late")), "seen": escape(_("acknowledged")), "unseen": escape(_("not acknowledged")),
        "lacks": escape(_("{n} of {all} not answered")),
    }  # fmt: skip
    return mark_safe("".join(_owes(line, contacts.get(line.organisation_id), words) for line in lines))  # noqa: S308  # escaped


def _owes(line: Line, contact: Contact | None, words: Mapping[str, str]) -> str:
    late = f'<span class="badge overdue">{icon("overdue")}<span>{words["late"]}</span></span>' if line.is_late else ""
    way = ""
    if contact is not None:
        number = "".join(char for char in contact.value if char.isdigit() or char == "+")
        way = f'<a class="call" href="tel:{escape(number)}">{icon("phone")}<bdi>{shown(contact.value)}</bdi></a> <span class="sub"><bdi>{shown(contact.name)}</bdi></span>'
    lacks = words["lacks"].format(n=line.n - line.n_answered, all=line.n)
    drawn = "overdue" if line.is_late else "eye" if line.is_seen else "severity-high"
    return (
        f'<li class="{"critical" if line.is_late else "" if line.is_seen else "high"}">{icon(drawn)}<div>'
        f'<a href="{recipient_url(line.recipient_id)}"><bdi>{shown(line.name)}</bdi></a>'
        f'<span class="sub">{lacks} · {words["seen" if line.is_seen else "unseen"]}</span></div><div class="ends">{late}{way}</div></li>'
    )
