"""Reports on a letter: begun, edited part by part on one page, made anew, their files made in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from vonggac.desk.directives.actions import reporting
from vonggac.desk.directives.models import Letter, LetterFile, ReportPart
from vonggac.desk.directives.queries import letter as the_letter
from vonggac.desk.directives.queries import may_see_office
from vonggac.desk.directives.queries import reports as queries
from vonggac.desk.directives.queries.days import has_days
from vonggac.desk.directives.reports.appendices import tables_of
from vonggac.desk.directives.reports.numbering import numbered
from vonggac.desk.directives.states import APPROVED, DRAFT, LETTER, OUT
from vonggac.desk.scope.rule import may_on
from vonggac.documents import pdf
from vonggac.documents.official import DataTable
from vonggac.errors import N_, EditConflict, InvalidValues, NotThere
from vonggac.web.letters.files import file_answer
from vonggac.web.organisations.editing import capital
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault

STEPS = (
    ("draft_docx", "DOCX", N_("Word document, to look at or to change by hand")),
    ("draft_pdf", "PDF", N_("As it will look on paper")),
    ("appendix", "XLSX", N_("The appendices as a workbook")),
)
"""Part of the files to its form and what it is for."""


@page("letters.view")
def reports(request: Request, letter_id: int) -> HttpResponse:
    """The reports on a letter."""
    row = the_letter(request.asker, letter_id)
    if not may_see_office(request.asker, row):
        raise NotThere(N_("there is no such letter here"))
    rows = list(queries.reports_on(request.asker, row))
    context = {
        "letter": row,
        "reports": rows,
        "draft": next((one for one in rows if one.state == DRAFT), None),
        "can_begin": may_on(request.asker, "letters.draft", row.office_id)
        and row.direction == OUT
        and row.form == LETTER
        and row.sent_at is not None,
        "has_days": has_days(row),
    }
    return render(request, "letters/report/index.html", context)


@page("letters.draft", "POST")
def begin(request: Request, letter_id: int) -> HttpResponse:
    """Begin a report on a letter, or go on with the draft that lies there."""
    if request.method != "POST":
        return redirect("letter-report", letter_id)
    try:
        made = reporting.begin_report(request.asker, letter_id)
    except InvalidValues as refused:
        messages.error(request, capital(tell_fault(refused.faults[0])))
        return redirect("letter-report", letter_id)
    return redirect("report-parts", made.pk)


# -------------------------------------------------------------------------------------------------------- the parts


class PartForm(forms.Form):
    """A part as a person writes it."""

    heading = forms.CharField(label=gettext_lazy("Heading"), max_length=250)
    text = forms.CharField(
        label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 14}), max_length=50_000, required=False,
        help_text=gettext_lazy("Each line is a paragraph of its own."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


class EndsForm(forms.Form):
    """What stands before and after the parts."""

    opening = forms.CharField(
        label=gettext_lazy("Opening"), widget=forms.Textarea(attrs={"rows": 4}), max_length=50_000, required=False
    )
    closing = forms.CharField(
        label=gettext_lazy("Closing"), widget=forms.Textarea(attrs={"rows": 3}), max_length=50_000, required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class Shown(NamedTuple):
    """A cell: text or number, how it stands, over how many columns."""

    value: str | int | None
    align: str
    span: int = 1
    is_number: bool = False


class ShownTable(NamedTuple):
    """A table of an appendix for the page."""

    title: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Shown]]]


@dataclass
class Card:
    """One part as the page shows it. ``number``: as it stands in the document; ``moved``: lines that changed since it was edited."""

    part: ReportPart
    number: str
    is_below: bool
    lines: Sequence[str] = ()
    tables: Sequence[ShownTable] = ()
    note: str = ""
    has_moved: bool = False
    moved: Sequence[tuple[bool, str]] = ()
    form: PartForm | None = None


@dataclass
class _Editing:
    """What of the page is open as a form: a part by its id, ``ends`` or ``new``; with what was typed after a fault."""

    what: str = ""
    form: Any = None
    error: str = ""
    status: int = 200


@page("letters.view")
def parts(request: Request, report_id: int) -> HttpResponse:
    """The report, part by part: read, and edited in its place."""
    return _page(request, report_id, _Editing(request.GET.get("edit", "")[:20]))


def _page(request: Request, report_id: int, editing: _Editing) -> HttpResponse:
    row = queries.report(request.asker, report_id)
    found = queries.parts(row)
    can_edit = row.state == DRAFT and may_on(request.asker, "letters.draft", row.office_id)
    what = editing.what if can_edit else ""
    cards = list(_cards(found))
    for card in cards:
        if what == str(card.part.pk) and not card.part.is_appendix:
            initial = {"heading": card.part.heading, "text": card.part.shown, "version": row.version}
            card.form = editing.form or PartForm(initial=initial, auto_id="part-%s")
    context: dict[str, Any] = {
        "letter": row,
        "about": row.about,
        "cards": [card for card in cards if not card.part.is_left_out],
        "left_out": [card for card in cards if card.part.is_left_out],
        "can_edit": can_edit,
        "is_behind": queries.is_behind(row, found),
        "n_moved": sum(card.has_moved for card in cards),
        "made_at": max((one.made_at for one in found if one.key), default=None),
        "error": editing.error,
        **_making(request, row),
    }
    if what == "ends":
        initial = {"opening": row.opening, "closing": row.closing, "version": row.version}
        context["ends_form"] = editing.form or EndsForm(initial=initial, auto_id="ends-%s")
    if what == "new":
        context["new_form"] = editing.form or PartForm(initial={"version": row.version}, auto_id="new-%s")
    return render(request, "letters/report/parts.html", context, status=editing.status)


def _cards(found: Sequence[ReportPart]) -> Iterator[Card]:
    for one in numbered(found):
        part = one.part
        number = (
            gettext("Appendix %(number)s") % {"number": one.number} if part.is_appendix and one.number else one.number
        )
        card = Card(part, number, one.is_below, one.lines)
        if part.is_appendix and part.made:
            tables, card.note = tables_of(part.made)
            card.tables = [_shown(table) for table in tables]
        elif not part.is_appendix:
            card.has_moved = queries.has_moved(part)
            card.moved = queries.moved_lines(part) if card.has_moved else ()
        yield card


def _shown(table: DataTable) -> ShownTable:
    n = len(table.columns)
    rows: list[tuple[str, Sequence[Shown]]] = []
    for row in table.rows:
        if row.kind == "group" and len(row.cells) == 1:
            rows.append((row.kind, [Shown(row.cells[0], "left", n)]))
            continue
        cells = [
            Shown(cell, column.align, is_number=isinstance(cell, int))
            for cell, column in zip(row.cells, table.columns, strict=True)
        ]
        if row.kind == "total" and cells[1].value is None:
            cells = [Shown(cells[0].value, "left", 2), *cells[2:]]
        rows.append((row.kind, cells))
    return ShownTable(table.title, [column.title for column in table.columns], rows)


def _making(request: Request, row: Letter) -> dict[str, Any]:
    """How far the files of a report are."""
    making, files = queries.making(row), queries.files(row)
    is_at_it = making is not None and making.state in ("waiting", "making")
    rows: list[tuple[str, str, str, LetterFile | None]] = [
        (part, form, gettext(title), files.get(part)) for part, form, title in STEPS
    ]
    fault = ""
    if making is not None and making.state == "failed":
        said = making.fault
        fault = (
            capital(gettext(said.get("message", "")).format(**said.get("params", {}))) if said.get("message") else ""
        )
    may = may_on(request.asker, "letters.draft", row.office_id)
    return {
        "making": making,
        "is_at_it": is_at_it,
        "files": rows,
        "n_steps": len(STEPS),
        "has_files": bool(files),
        "files_old": bool(files) and not is_at_it and making is not None and making.basis != queries.basis_of(row),
        "can_make": may and row.state in (DRAFT, APPROVED),
        "lacks_pdf": not pdf.is_there(),
        "making_fault": fault,
    }


def _write(
    request: Request, report_id: int, editing: _Editing, write: Callable[[], object], done: str, anchor: str = ""
) -> HttpResponse:
    """Do ``write`` and go back to the page; what cannot be done is told there, with what was typed."""
    try:
        write()
    except InvalidValues as refused:
        for fault in refused.faults:
            text = capital(tell_fault(fault))
            if editing.form is not None:
                editing.form.add_error(fault.field if fault.field in editing.form.fields else None, text)
            editing.error = editing.error or text
        editing.status = 422
    except EditConflict as refused:
        row = queries.report(request.asker, report_id)
        editing.error, editing.status = capital(tell(refused)), 409
        if editing.form is not None:  # what was typed stays, to be sent again by who has looked at what there is now
            editing.form.data = {**editing.form.data.dict(), "version": row.version}
    else:
        messages.success(request, done)
        return HttpResponseRedirect(reverse("report-parts", args=[report_id]) + anchor)
    return _page(request, report_id, editing)


def _version(request: Request) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


_MOVES = {"up": -1, "down": 1}


@page("letters.draft", "POST")
def part(request: Request, report_id: int, part_id: int) -> HttpResponse:
    """What is done with one part: ``do`` is save, keep, reset, leave-out, put-back, up or down."""
    asker, version, do = request.asker, _version(request), request.POST.get("do", "")
    row = queries.report(asker, report_id)
    found = next((one for one in queries.parts(row) if one.pk == part_id), None)
    if found is None:
        raise NotThere(N_("there is no such part in this report"))
    here = f"#part-{part_id}"
    if request.method != "POST":
        return HttpResponseRedirect(f"{reverse('report-parts', args=[report_id])}?edit={part_id}{here}")
    if do in _MOVES:
        return _write(request, report_id, _Editing(), lambda: reporting.move_part(asker, report_id, version, part_id, by=_MOVES[do]),
                      gettext("The part was moved."), here)  # fmt: skip
    if do in ("leave-out", "put-back"):
        is_out = do == "leave-out"
        return _write(request, report_id, _Editing(), lambda: reporting.leave_out(asker, report_id, version, part_id, is_left_out=is_out),
                      gettext("The part is left out.") if is_out else gettext("The part stands in the report again."))  # fmt: skip
    if do in ("keep", "reset"):
        text = found.text if do == "keep" else None
        return _write(
            request, report_id, _Editing(),
            lambda: reporting.edit_part(asker, report_id, version, part_id, heading=found.heading, text=text),
            gettext("Your text stays.") if do == "keep" else gettext("The part is as it is made from the table."), here,
        )  # fmt: skip
    form = PartForm(request.POST, auto_id="part-%s")
    editing = _Editing(str(part_id), form)
    if not form.is_valid():
        editing.status = 422
        return _page(request, report_id, editing)
    values = form.cleaned_data
    return _write(
        request, report_id, editing,
        lambda: reporting.edit_part(asker, report_id, values["version"], part_id, heading=values["heading"], text=values["text"]),
        gettext("The part was saved."), here,
    )  # fmt: skip


@page("letters.draft", "POST")
def ends(request: Request, report_id: int) -> HttpResponse:
    """What stands before and after the parts."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("report-parts", args=[report_id]) + "?edit=ends#ends")
    queries.report(request.asker, report_id)
    form = EndsForm(request.POST, auto_id="ends-%s")
    editing = _Editing("ends", form)
    if not form.is_valid():
        editing.status = 422
        return _page(request, report_id, editing)
    said = form.cleaned_data
    return _write(
        request, report_id, editing,
        lambda: reporting.edit_ends(
            request.asker, report_id, said["version"], opening=said["opening"], closing=said["closing"]
        ),
        gettext("Opening and closing were saved."),
    )  # fmt: skip


@page("letters.draft", "POST")
def add(request: Request, report_id: int) -> HttpResponse:
    """A part of one's own."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("report-parts", args=[report_id]) + "?edit=new#new")
    queries.report(request.asker, report_id)
    form = PartForm(request.POST, auto_id="new-%s")
    editing = _Editing("new", form)
    if not form.is_valid():
        editing.status = 422
        return _page(request, report_id, editing)
    said = form.cleaned_data
    return _write(
        request, report_id, editing,
        lambda: reporting.add_part(request.asker, report_id, said["version"], heading=said["heading"], text=said["text"]),
        gettext("The part was added."),
    )  # fmt: skip


@page("letters.draft", "POST")
def renew(request: Request, report_id: int) -> HttpResponse:
    """Make the parts anew from the table."""
    queries.report(request.asker, report_id)
    if request.method != "POST":
        return redirect("report-parts", report_id)
    return _write(
        request, report_id, _Editing(), lambda: reporting.regenerate(request.asker, report_id, _version(request)),
        gettext("The report was made anew from the table. What people wrote in it stayed."),
    )  # fmt: skip


@page("letters.draft", "POST")
def make(request: Request, report_id: int) -> HttpResponse:
    """Ask for the files of the report as it is now."""
    queries.report(request.asker, report_id)
    if request.method == "POST":
        reporting.ask_files(request.asker, report_id)
    return HttpResponseRedirect(reverse("report-parts", args=[report_id]) + "#files")


@page("letters.view")
def file(request: Request, report_id: int, part: str) -> HttpResponseBase:
    """A file of the report in the making."""
    found = queries.files(queries.report(request.asker, report_id)).get(part)
    if found is None:
        raise NotThere(N_("there is no such file here"))
    return file_answer(found)
