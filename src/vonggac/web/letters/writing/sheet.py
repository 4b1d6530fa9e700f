"""The rows of the editor as they were typed: clauses and recipients, moved, added, numbered, and read into values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from vonggac.desk.directives.states import ACTION
from vonggac.desk.directives.values import (
    MOST_ADDRESSEES,
    MOST_CLAUSES,
    AddresseeValues,
    ClauseValues,
)
from vonggac.desk.work.kinds import OBLIGATIONS
from vonggac.errors import N_
from vonggac.web.organisations.fields import Moment

LETTERS = "abcdđeghiklmnopqrstuvxy"
"""Letters of sub-items, in the order of the Vietnamese alphabet."""
_ITEM = re.compile(r"\d{1,3}")
_SUB_ITEM = re.compile(r"(?:\d{1,3}\.)?(?:[a-zđ]|\d{1,3}\.\d{1,3})")
_MOMENT = Moment(required=False)
_MOST_SENT = 100_000
"""Characters of one field that are looked at."""


@dataclass
class ClauseRow:
    """One clause as typed; ``faults``: field to texts."""

    mark: str = ""
    title: str = ""
    text: str = ""
    kind: str = ""
    groups: list[str] = field(default_factory=list)
    due: str = ""
    is_daily: bool = False
    needs_file: bool = False
    proof: str = ""
    faults: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_sub(self) -> bool:
        """Whether it is numbered as a part of the item above it."""
        return bool(_SUB_ITEM.fullmatch(self.mark))


@dataclass
class LineRow:
    """One line of the recipients as chosen; ``name`` and ``n``: what it stands for."""

    role: str = ACTION
    is_addressed: bool = False
    group: str = ""
    organisation: str = ""
    words: str = ""
    name: str = ""
    n: int | None = None
    faults: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Sheet:
    """All rows. ``said``: what was done to them last, for who does not see it; ``focus``: id of what takes the keyboard."""

    clauses: list[ClauseRow] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    said: str = ""
    focus: str = ""


def of_values(clauses: Any, addressees: Any) -> Sheet:
    """The rows of a letter that is stored."""
    return Sheet(
        clauses=[
            ClauseRow(
                one.mark, one.title, one.text, one.kind, list(one.groups), _typed(one.due_at), one.is_daily, one.needs_file, one.proof
            )
            for one in clauses
        ],
        lines=[
            LineRow(one.role, one.is_addressed, str(one.group_id or ""), str(one.organisation_id or ""), one.words)
            for one in addressees
        ],
    )  # fmt: skip


def of_post(posted: Any) -> Sheet:
    """The rows that a form sent."""

    def text(name: str) -> str:
        return str(posted.get(name, ""))[:_MOST_SENT]

    def clause(at: str) -> ClauseRow:
        return ClauseRow(
            mark=text(f"{at}mark").strip(), title=text(f"{at}title"), text=text(f"{at}text").replace("\r\n", "\n"), kind=text(f"{at}kind"),
            groups=[str(code)[:40] for code in posted.getlist(f"{at}groups")[:100]], due=text(f"{at}due"), is_daily=bool(text(f"{at}daily")),
            needs_file=bool(text(f"{at}file")), proof=text(f"{at}proof"),
        )  # fmt: skip

    def line(at: str) -> LineRow:
        return LineRow(
            text(f"{at}role"), bool(text(f"{at}addressed")), text(f"{at}group"), text(f"{at}organisation"), text(f"{at}words")
        )  # fmt: skip

    return Sheet(
        clauses=[clause(f"c{n}-") for n in range(_count(posted, "n_clauses", "c", MOST_CLAUSES + 1))],
        lines=[line(f"a{n}-") for n in range(_count(posted, "n_lines", "a", MOST_ADDRESSEES + 1))],
    )


def _count(posted: Any, name: str, letter: str, most: int) -> int:
    """How many rows were sent; where the form does not say so, as many as it has fields for: none is lost for that."""
    text = posted.get(name, "")
    if text.isascii() and text.isdecimal():
        return min(int(text[:9]), most)
    places = [int(found[1]) for one in posted if (found := re.match(rf"{letter}(\d{{1,4}})-", one))]
    return min(max(places, default=-1) + 1, most)


def _typed(moment: datetime | None) -> str:
    value = _MOMENT.prepare_value(moment)
    return "" if value is None else f"{value:%Y-%m-%dT%H:%M}"


def clause_values(sheet: Sheet) -> Iterator[ClauseValues]:
    """What the rows say; a deadline that is none is noted in its row, and left out."""
    for row in sheet.clauses:
        due = None
        try:
            due = _MOMENT.clean(row.due)
        except ValidationError:
            row.faults.setdefault("due_at", []).append(gettext("Type a day and a time, like 24/11/2026 16:00."))
        yield ClauseValues(
            row.title, row.mark, row.text, row.kind, row.groups, due, row.is_daily, row.needs_file, row.proof
        )


def line_values(sheet: Sheet) -> Iterator[AddresseeValues]:
    """What the lines of the recipients say."""
    for row in sheet.lines:
        yield AddresseeValues(row.role, row.is_addressed, _id(row.group), _id(row.organisation), row.words)


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


# ------------------------------------------------------------------------------------------------- what buttons do


def act(sheet: Sheet, do: str) -> None:
    """``up-3``, ``down-3``, ``remove-3``, ``in-3``, ``out-3`` of a clause, ``add`` or ``add-3`` (after it), ``number``; of a line
    ``line-up-3``, ``line-down-3``, ``line-remove-3``. Anything else changes nothing.
    """
    name, _dash, place = do.rpartition("-")
    if do in ("add", "number"):
        name, place = do, str(len(sheet.clauses) - 1)
    at = int(place) if place.lstrip("-").isdecimal() and len(place) < 6 else None
    if at is None:
        return
    if name.startswith("line-"):
        _act_on_line(sheet, name.removeprefix("line-"), at)
    elif name == "add" and -1 <= at < len(sheet.clauses) and len(sheet.clauses) < MOST_CLAUSES:
        before = sheet.clauses[at] if at >= 0 else None
        mark = "0.a" if before is not None and before.is_sub else "0"
        sheet.clauses.insert(
            at + 1, ClauseRow(mark=mark, groups=list(before.groups) if before and before.is_sub else [])
        )
        number(sheet)
        sheet.said, sheet.focus = gettext("A clause was added."), f"c{at + 1}-title"
    elif name == "number":
        number(sheet, all_of_them=True)
        sheet.said = gettext("The clauses were numbered.")
    elif 0 <= at < len(sheet.clauses):
        _act_on_clause(sheet, name, at)


def _act_on_clause(sheet: Sheet, name: str, at: int) -> None:
    rows = sheet.clauses
    if name == "remove":
        gone = rows.pop(at)
        sheet.said = gettext("“{title}” was taken out.").format(title=gone.title)
        sheet.focus = f"c{min(at, len(rows) - 1)}-remove" if rows else "add-clause"
    elif name in ("up", "down"):
        to = at + (1 if name == "down" else -1)
        if not 0 <= to < len(rows):
            return
        rows[at], rows[to] = rows[to], rows[at]
        sheet.said = gettext("Moved to place {place} of {n}.").format(place=to + 1, n=len(rows))
        edge = {"up": to == 0, "down": to == len(rows) - 1}[name]
        sheet.focus = f"c{to}-{'down' if name == 'up' else 'up'}" if edge else f"c{to}-{name}"
    elif name in ("in", "out"):
        rows[at].mark = "0.a" if name == "in" else "0"
        sheet.focus = f"c{at}-{'out' if name == 'in' else 'in'}"
    number(sheet)


def _act_on_line(sheet: Sheet, name: str, at: int) -> None:
    rows = sheet.lines
    if not 0 <= at < len(rows):
        return
    if name == "remove":
        rows.pop(at)
        sheet.said = gettext("The recipient was taken out.")
        sheet.focus = f"a{min(at, len(rows) - 1)}-remove" if rows else "new-group"
    elif name in ("up", "down"):
        to = at + (1 if name == "down" else -1)
        if 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
            sheet.said = gettext("Moved to place {place} of {n}.").format(place=to + 1, n=len(rows))
            sheet.focus = f"a{to}-{name}"


def number(sheet: Sheet, *, all_of_them: bool = False) -> None:
    """Number the clauses from their structure: 1, 1.a, 1.b, 2 … A mark of another kind was written by hand and stays."""
    n = sub = 0
    for row in sheet.clauses:
        if row.is_sub:
            sub += 1
            part = LETTERS[sub - 1] if sub <= len(LETTERS) else f"{sub}.{sub}"
            row.mark = f"{n}.{part}" if n else part
        elif all_of_them or _ITEM.fullmatch(row.mark):
            n, sub = n + 1, 0
            row.mark = str(n)


# ----------------------------------------------------------------------------------------------------- what is asked


_FLAGS: Mapping[str, str] = {
    "stand_duty": N_("Counts people on duty; asks for their names and numbers."),
    "check_machines": N_("Counts servers and workstations: all, checked, infected, cleaned."),
    "patch_systems": N_("Counts systems: patched, waiting, not known."),
    "handle_cases": N_("Counts cases: received, settled, open. “Nothing came” is an answer."),
    "report_day": N_("“Nothing to report”, or how many incidents and what was done."),
    "declare": N_("Contacts, address ranges and systems, which go to the directory once accepted."),
    "carry_out": N_("Done, partly, no, or does not concern us, with the reason."),
}


def kinds() -> list[tuple[str, str, str]]:
    """Each kind of answer: name, title, what it asks, in plain words."""
    return [
        ("", gettext("Asks for no answer"), ""),
        *((kind.name, gettext(kind.title), gettext(_FLAGS.get(kind.name, kind.ask))) for kind in OBLIGATIONS),
    ]
