"""The report on a letter as a document: DOCX, PDF and a workbook of its appendices, made in the background while it is a draft.

All say what is kept in its parts: no number in them can differ from the page.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings as django_settings
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from vonggac.config import Settings
from vonggac.desk import runs
from vonggac.desk.directives.actions.reporting import NewFile, could_not_be_made, keep_files
from vonggac.desk.directives.models import Letter, ReportMaking, ReportPart
from vonggac.desk.directives.queries import reports as queries
from vonggac.desk.directives.reports.appendices import appendix_of, tables_of
from vonggac.desk.directives.reports.numbering import numbered, roman
from vonggac.desk.scope.asker import machine
from vonggac.documents import official, pdf
from vonggac.documents.official import BLANK, Appendix, DataTable, OfficialReport, Paragraph, Section
from vonggac.documents.rendering import render_report
from vonggac.documents.text import plain
from vonggac.errors import N_, VonggacError
from vonggac.jobs import evidence_store, office_templates
from vonggac.jobs.letter_head import head_of
from vonggac.tables.cells import guarded

log = logging.getLogger(__name__)

_PDF_S = 120.0


# --------------------------------------------------------------------------------------------------- what it says


def report_of(row: Letter) -> OfficialReport:
    """What a report says, part by part, its appendices after it; of a draft with room for number and day."""
    shown = [part for part in queries.parts(row) if not part.is_left_out]
    return OfficialReport(
        subject=row.subject, opening=list(_paragraphs(row.opening)), sections=_ended(list(_sections(shown)), row.closing),
        appendices=list(_appendices(row, shown)), **head_of(row),
    )  # fmt: skip


def _sections(shown: Sequence[ReportPart]) -> Iterator[Section]:
    heading, blocks = "", list[official.Block]()
    for one in numbered(part for part in shown if not part.is_appendix):
        if one.is_below:
            blocks += [Paragraph(f"{one.number} {one.part.heading}", is_heading=True), *_paragraphs(one.part.shown)]
            continue
        if heading:
            yield Section(heading, blocks)
        heading, blocks = f"{one.number} {one.part.heading.upper()}", list(_paragraphs(one.part.shown))
    if heading:
        yield Section(heading, blocks)


def _ended(sections: list[Section], closing: str) -> list[Section]:
    """The words after all parts end the last of them."""
    if not sections:
        return [Section("", list(_paragraphs(closing)))] if closing else []
    last = sections[-1]
    return [*sections[:-1], Section(last.heading, [*last.blocks, *_paragraphs(closing)])]


def _paragraphs(text: str) -> Iterator[Paragraph]:
    return (Paragraph(line) for line in text.splitlines() if plain(line))


def _appendices(row: Letter, shown: Sequence[ReportPart]) -> Iterator[Appendix]:
    found = [part for part in shown if part.is_appendix and part.made]
    note = f"Kèm theo Báo cáo số {official.number_and_symbol(row.number, plain(row.symbol) or BLANK)} của {row.issuer_name or row.office.name}"
    for n, part in enumerate(found, 1):
        heading = "PHỤ LỤC" if len(found) == 1 else f"PHỤ LỤC {roman(n)}"
        yield appendix_of(heading, part.heading, part.made, note)


def docx_of(row: Letter) -> bytes:
    """The report as DOCX by the office's template, the same bytes for the same report."""
    return render_report(report_of(row), office_templates.template_of(django_settings.VONGGAC, "report"))


def appendix_xlsx(row: Letter) -> bytes:
    """The appendices as a workbook, a sheet for each table; it prints on A4 across."""
    book = Workbook()
    sheet: Any = book.active
    n = 0
    for part in queries.parts(row):
        if part.is_appendix and part.made and not part.is_left_out:
            tables, legend = tables_of(part.made)
            for table in tables:
                n += 1
                target: Any = sheet if n == 1 else book.create_sheet()
                target.title = f"Phụ lục {n}"
                _fill(target, part.heading, table, legend)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _fill(sheet: Any, heading: str, table: DataTable, legend: str) -> None:
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    sheet.append([guarded(heading)])
    sheet.append([guarded(table.title or legend)])
    sheet["A1"].font = Font(bold=True, size=13)
    sheet.append([guarded(column.title) for column in table.columns])
    first = sheet.max_row
    for cell in sheet[first]:
        cell.font, cell.alignment = bold, wrapped
    texts = [place for place, column in enumerate(table.columns) if column.align == "left"]
    for row in table.rows:
        sheet.append([guarded(cell) if isinstance(cell, str) else cell for cell in row.cells])
        line = sheet[sheet.max_row]
        if row.kind != "plain":
            for cell in line:
                cell.font = bold
        else:
            for place in texts:  # a style costs more than its cell: numbers stand as they are
                line[place].alignment = wrapped
    for place, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(6.0, column.width * 1.4)
    sheet.freeze_panes = sheet.cell(first + 1, min(3, len(table.columns)))
    sheet.print_title_rows, sheet.print_options.gridLines = f"{first}:{first}", True
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


# ------------------------------------------------------------------------------------------------- in the background


def run_pending(settings: Settings) -> int:
    """Make the files of all reports that were asked for; gives of how many."""
    return sum(_run(settings, one) for one in queries.to_make())


def _run(settings: Settings, making: ReportMaking) -> bool:
    run = runs.claim(ReportMaking, making.pk, "waiting", "making")
    if run is None:
        return False
    try:
        _make(settings, making, run)
    except runs.Superseded:
        return False
    except VonggacError as error:
        could_not_be_made(
            making.letter_id,
            run,
            {"message": error.message, "params": {name: str(value) for name, value in error.params.items()}},
        )
    except Exception:  # one report that cannot be made must not keep the others
        log.exception("the files of report %s could not be made", making.letter_id)
        could_not_be_made(making.letter_id, run, {"message": N_("the document could not be made"), "params": {}})
    return True


def _make(settings: Settings, making: ReportMaking, run: str) -> None:
    """Each file in turn, saying how far it is; without LibreOffice those without PDF, and why."""

    def beat(done: int) -> None:
        runs.beat(ReportMaking, making.pk, run, state="making", done=done)

    beat(0)
    row = Letter.objects.select_related("office", "about").get(pk=making.letter_id)
    basis = queries.basis_of(row)
    docx = docx_of(row)
    made = [("draft_docx", "docx", docx)]
    beat(1)
    if pdf.is_there():
        made.append(("draft_pdf", "pdf", pdf.to_pdf(docx, timeout_s=_PDF_S)))
    beat(2)
    made.append(("appendix", "xlsx", appendix_xlsx(row)))
    stem = _stem(row)
    with evidence_store.held(settings):
        files = [
            NewFile(part, f"{stem}{'-phu-luc' if kind == 'xlsx' else ''}.{kind}", kind, len(data), evidence_store.keep(settings, data))
            for part, kind, data in made
        ]  # fmt: skip
        beat(3)
        keep_files(machine("letters"), row.pk, files, basis=basis)


def _stem(row: Letter) -> str:
    about = row.about.reference if row.about is not None else ""
    return "bao-cao-" + (re.sub(r"[^\w.-]+", "-", about, flags=re.ASCII).strip("-.") or str(row.pk))
