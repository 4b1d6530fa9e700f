"""The register of letters as a workbook, in the columns in which offices keep their books (Decree 30/2020/NĐ-CP, appendix IV).

Values come from letters that anybody may have written: no cell is a formula (``tables.cells``). Rows are written as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from typing import IO, Final

from django.db.models import QuerySet

from vonggac.desk.audit.actions import recording
from vonggac.desk.directives.arrivals import ARRIVING_FORMS, IN_BOOK
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries.arriving import BOOKS, in_register, register
from vonggac.desk.directives.states import FORMS, STATES
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_
from vonggac.jobs.list_export import Value, write_book

Say = Callable[[str], str]
_IN: Final = (
    (N_("Came in on"), 14), (N_("Number of arrival"), 10), (N_("Author"), 34), (N_("Number and symbol"), 22), (N_("Date of the document"), 14),
    (N_("Form and what it is about"), 60), (N_("Answer until"), 18), (N_("Given to"), 30), (N_("Day of handing over"), 14),
    (N_("Signed for"), 14), (N_("Remarks"), 24),
)  # fmt: skip
_OUT: Final = (
    (N_("Number and symbol"), 22), (N_("Date of the document"), 14), (N_("Form and what it is about"), 60), (N_("Signed by"), 30),
    (N_("Recipients of the document"), 50), (N_("Who keeps a copy"), 24), (N_("Number of copies"), 10), (N_("Day of handing over"), 14),
    (N_("Answer until"), 18), (N_("Remarks"), 24),
)  # fmt: skip
_MOST_NAMES: Final = 40
"""Recipients that a cell names; of more, how many they are."""


def export(asker: Asker, office_id: int, book: str, year: int, file: IO[bytes], zone: tzinfo, say: Say) -> int:
    """Write one register of one year, with its gaps; an entry of the audit tells so. Gives how many letters. Raises NotThere."""
    rows = register(asker, office_id, book, year)
    n = 0

    def cells() -> Iterator[Sequence[Value]]:
        nonlocal n
        for row, first in numbered(rows):
            if first is not None:
                yield _gap(book, first, (row.number or 1) - 1, say)
            n += 1
            yield _in_cells(row, zone, say) if book == IN_BOOK else _out_cells(row, zone, say)

    heads = [(say(title), width) for title, width in (_IN if book == IN_BOOK else _OUT)]
    write_book(file, [(f"{say(BOOKS[book])} {year}", heads, cells())])
    with recording(asker, "letters.export", organisation_id=office_id) as record:
        record.note(form="xlsx", register=book, year=year, rows=n)
    return n


def numbered(rows: QuerySet[Letter]) -> Iterator[tuple[Letter, int | None]]:
    """Every letter of a register with the first number that lacks right before it, None where none does."""
    before = 0
    for row in in_register(rows):
        number = row.number or 0
        yield row, before + 1 if number > before + 1 else None
        before = number


def _gap(book: str, first: int, last: int, say: Say) -> Sequence[Value]:
    numbers = str(first) if first == last else f"{first}–{last}"
    text = say(N_("No letter has this number"))
    if book == IN_BOOK:
        return ["", numbers, *[""] * (len(_IN) - 3), text]
    return [numbers, *[""] * (len(_OUT) - 2), text]


def _in_cells(row: Letter, zone: tzinfo, say: Say) -> Sequence[Value]:
    about = f"{say(ARRIVING_FORMS.get(row.form, row.form))}: {row.subject}"
    return [
        _day(row.arrived_on), row.number, row.issuer_name, row.reference, _day(row.dated), about, _moment(row.deadline, zone), row.handler,
        "", "", _remark(row, say),
    ]  # fmt: skip


def _out_cells(row: Letter, zone: tzinfo, say: Say) -> Sequence[Value]:
    about = f"{say(FORMS.get(row.form, row.form))}: {row.subject}"
    names = [one.name for one in sorted(row.recipients.all(), key=lambda one: one.n)]
    told = "; ".join(names[:_MOST_NAMES]) + (f" … ({len(names)})" if len(names) > _MOST_NAMES else "")
    signer = ", ".join(filter(None, (row.signer_name, row.signer_title)))
    sent = _day(row.sent_at.astimezone(zone).date()) if row.sent_at else ""
    kept = "; ".join(one.name for one in row.recipients.all() if one.role == "archive")
    return [
        row.reference,
        _day(row.dated),
        about,
        signer,
        told,
        kept,
        len(names),
        sent,
        _moment(row.deadline, zone),
        _remark(row, say),
    ]


def _remark(row: Letter, say: Say) -> str:
    return "" if row.state == "issued" else say(STATES[row.state])


def _day(day: date | None) -> str:
    return "" if day is None else day.strftime("%d/%m/%Y")


def _moment(at: datetime | None, zone: tzinfo) -> str:
    return "" if at is None else at.astimezone(zone).strftime("%H:%M %d/%m/%Y")
