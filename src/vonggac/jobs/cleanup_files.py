"""The cleanup report written out: XLSX for who goes on with it, DOCX as an official document (Decree 30/2020/ND-CP, annex I).

A4 across, since the table is wide; margins 20 mm above and below, 30 left, 20 right; Times New Roman; the page number in the middle of
the top margin, 13 points, not on the first page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any, BinaryIO

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.errors import N_
from vonggac.jobs.cleanup_report import NO_ANSWER, Line, Report, Say
from vonggac.tables.cells import guarded, visible

FONT = "Times New Roman"
_MOST_TEXT = 1500
"""Characters of one cell of the document: a page holds little more."""

# ---------------------------------------------------------------------------------------------------------- workbook

COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("organisation", N_("Organisation"), 34), ("system", N_("System (level)"), 28), ("address", N_("Public IP"), 18),
    ("inner_address", N_("Inner IP"), 18), ("host", N_("Host"), 20), ("malware", N_("Malware or CVE"), 22), ("received", N_("Received at"), 17),
    ("verified", N_("Verified at"), 17), ("done", N_("Done at"), 17), ("result", N_("Result"), 24), ("tool", N_("Tool used"), 24),
    ("n_checked", N_("Hosts checked"), 10), ("n_infected", N_("Hosts infected"), 10), ("n_cleaned", N_("Hosts cleaned"), 10),
    ("evidence", N_("Evidence"), 44), ("difficulties", N_("Difficulties"), 34), ("proposals", N_("Proposals"), 34), ("by", N_("By whom"), 26),
)  # fmt: skip
"""Attribute of a Line, title and width of its column."""


def write_xlsx(report: Report, file: BinaryIO, say: Say, zone: tzinfo) -> None:
    """The rows on one sheet, sums on another; it prints on A4 across."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = say(N_("Cleanup report"))[:31]
    top = Alignment(wrap_text=True, vertical="top")
    titles = [say(N_("No.")), *(say(title) for _name, title, _width in COLUMNS)]
    sheet.append([guarded(title) for title in titles])
    for place, width in enumerate((6, *(width for _name, _title, width in COLUMNS)), 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
        head = sheet.cell(1, place)
        head.font, head.alignment = Font(bold=True), top
    for number, line in enumerate(report.lines, 1):
        values = [getattr(line, name) for name, _title, _width in COLUMNS]
        sheet.append([number, *(guarded(one) if isinstance(one, str) else one for one in values)])
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(titles))}{len(report.lines) + 1}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sums = book.create_sheet(say(N_("Sums"))[:31])
    sums.column_dimensions["A"].width = 44
    for name, value in (
        (report.title, ""), (report.issuer, ""), (say(N_("Made at")), report.made_at.astimezone(zone).strftime("%d/%m/%Y %H:%M")),
        *sums_of(report, say),
    ):  # fmt: skip
        sums.append([guarded(name), guarded(value) if isinstance(value, str) else value])
    book.save(file)


def sums_of(report: Report, say: Say) -> list[tuple[str, int]]:
    """What is told in numbers: addresses by result, hosts."""
    found = [(say(N_("Addresses")), len(report.lines))]
    found += [(say(title), report.results[title]) for title in (*CLEAN_ADDRESS.results.values(), NO_ANSWER)]
    hosts = {"n_checked": N_("Hosts checked"), "n_infected": N_("Hosts infected"), "n_cleaned": N_("Hosts cleaned")}
    return found + [(say(title), report.hosts[name]) for name, title in hosts.items()]


# ---------------------------------------------------------------------------------------------------------- document

_WIDTHS = (9, 28, 23, 27, 19, 26, 20, 20, 18, 36, 21)
"""Of the columns of the document in millimetres: 247 between the margins."""


def write_docx(report: Report, file: BinaryIO, say: Say, zone: tzinfo) -> None:
    """The report with the parts of an official document; number, date and signature are the signer's."""
    document: Any = docx.Document()
    _set_up(document)
    _heading(document, report, say, zone)
    for text in _body(report, say):
        _paragraph(document, text, first_line=True)
    _table(document, report.lines, say)
    _paragraph(
        document,
        say(N_("This is the report; respectfully submitted for your consideration.")) + "/.",
        first_line=True,
        before=6,
    )
    _signature(document, say)
    document.core_properties.title = visible(report.title)[:250]
    document.core_properties.author = visible(report.issuer)[:250]
    document.save(file)


def _set_up(document: Any) -> None:
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(13)
    for name in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        normal.element.rPr.rFonts.set(qn(name), FONT)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
    section.left_margin = Mm(30)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = number.add_run()
    run.font.size = Pt(13)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run._r.append(_field(kind, text))  # noqa: SLF001  # the library has no fields of its own


def _field(kind: str, text: str) -> Any:
    if not kind:
        part = OxmlElement("w:instrText")
        part.set(qn("xml:space"), "preserve")
        part.text = text
        return part
    part = OxmlElement("w:fldChar")
    part.set(qn("w:fldCharType"), kind)
    return part


def _heading(document: Any, report: Report, say: Say, zone: tzinfo) -> None:
    left, right = _two(document, (100, 147))
    made = report.made_at.astimezone(zone)
    if report.parent:
        _line(left, report.parent.upper(), 13)
    _line(left, report.issuer.upper() or "…………………………", 13, bold=True)
    _line(left, "_______", 13, bold=True)
    _line(left, say(N_("No.: ……/BC-……")), 13)
    _line(right, say(N_("SOCIALIST REPUBLIC OF VIET NAM")), 13, bold=True)
    _line(right, say(N_("Independence - Freedom - Happiness")), 14, bold=True)
    _line(right, "_______________________", 13, bold=True)
    date = say(N_("……………, {day:02}/{month:02}/{year}")).format(day=made.day, month=made.month, year=made.year)
    _line(right, date, 14, italic=True)
    _paragraph(document, say(N_("REPORT")), size=14, bold=True, centre=True, before=10)
    _paragraph(document, report.title, size=14, bold=True, centre=True)
    _paragraph(document, "________", bold=True, centre=True)


def _body(report: Report, say: Say) -> Iterable[str]:
    sums = dict(sums_of(report, say))
    text = say(N_("The list holds {n} addresses. What became of them: {results}."))
    results = "; ".join(
        f"{title.lower()}: {report.results[english]}" for english, title in _results(say) if report.results[english]
    )
    yield text.format(n=len(report.lines), results=results or "–")
    text = say(
        N_(
            "{checked} hosts were checked, {infected} found infected and {cleaned} cleaned. Each address stands in the table below."
        )
    )
    checked, infected, cleaned = list(sums.values())[-3:]
    yield text.format(checked=checked, infected=infected, cleaned=cleaned)


def _results(say: Say) -> list[tuple[str, str]]:
    return [(title, say(title)) for title in (*CLEAN_ADDRESS.results.values(), NO_ANSWER)]


def _signature(document: Any, say: Say) -> None:
    left, right = _two(document, (100, 147))
    _line(left, say(N_("Recipients:")), 12, bold=True, italic=True, centre=False)
    for text in ("- ……………;", say(N_("- Archive: VT."))):
        _line(left, text, 11, centre=False)
    _line(right, say(N_("HEAD OF THE UNIT")), 14, bold=True)
    _line(right, say(N_("(signature, seal, full name)")), 12, italic=True)
    for _blank in range(4):
        _line(right, "", 13)


def _two(document: Any, widths: Sequence[int]) -> tuple[Any, Any]:
    """Two cells side by side without lines."""
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    for cell, width in zip(table.rows[0].cells, widths, strict=True):
        cell.width = Mm(width)
        cell.paragraphs[0].paragraph_format.space_after = Pt(0)
    _keep_together(table.rows[0])
    left, right = table.rows[0].cells
    return left, right


def _keep_together(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001  # the library has no word for it


def _line(cell: Any, text: str, size: int, *, bold: bool = False, italic: bool = False, centre: bool = True) -> None:
    first = cell.paragraphs[0]
    paragraph = first if not first.runs and len(cell.paragraphs) == 1 and text else cell.add_paragraph()
    _fill(paragraph, text, size=size, bold=bold, italic=italic, centre=centre)


def _paragraph(
    document: Any, text: str, *, size: int = 13, bold: bool = False, centre: bool = False, first_line: bool = False, before: int = 0
) -> None:  # fmt: skip
    paragraph = document.add_paragraph()
    _fill(paragraph, text, size=size, bold=bold, italic=False, centre=centre)
    style = paragraph.paragraph_format
    style.space_before = Pt(before)
    if first_line:
        style.first_line_indent, style.space_after = Mm(10), Pt(6)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY


def _fill(paragraph: Any, text: str, *, size: int, bold: bool, italic: bool, centre: bool) -> None:
    run = paragraph.add_run(visible(text)[:_MOST_TEXT])
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.space_before = Pt(0)
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _cells(number: int, line: Line) -> list[str]:
    hosts = [line.n_checked, line.n_infected, line.n_cleaned]
    return [
        str(number), line.organisation, line.system, _lines(line.address, line.inner_address, line.host), line.malware,
        _lines(line.received, line.verified, line.done), line.result, line.tool,
        " / ".join("–" if n is None else str(n) for n in hosts), _lines(line.evidence, line.by),
        _lines(line.difficulties, line.proposals),
    ]  # fmt: skip


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)


def _titles(say: Say) -> list[str]:
    return [
        say(title)
        for title in (
            N_("No."), N_("Organisation"), N_("System (level)"), N_("Public IP, inner IP, host"), N_("Malware or CVE"),
            N_("Received, verified, done at"), N_("Result"), N_("Tool used"), N_("Hosts checked / infected / cleaned"),
            N_("Evidence; by whom"), N_("Difficulties, proposals"),
        )
    ]  # fmt: skip


def _table(document: Any, lines: Sequence[Line], say: Say) -> None:
    """The rows, made of elements: the library takes minutes for some thousand cells."""
    table = document.add_table(rows=0, cols=len(_WIDTHS))
    table.style = "Table Grid"
    table.autofit = False
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = Mm(width)
    head = _tr(_titles(say), is_head=True)
    table._tbl.append(head)  # noqa: SLF001  # see above
    for number, line in enumerate(lines, 1):
        table._tbl.append(_tr(_cells(number, line)))  # noqa: SLF001


def _tr(texts: Sequence[str], *, is_head: bool = False) -> Any:
    row, settings = OxmlElement("w:tr"), OxmlElement("w:trPr")
    if is_head:
        settings.append(OxmlElement("w:cantSplit"))
        settings.append(OxmlElement("w:tblHeader"))
    row.append(settings)
    for text, width in zip(texts, _WIDTHS, strict=True):
        row.append(_tc(text, width, is_head=is_head))
    return row


def _tc(text: str, width: int, *, is_head: bool) -> Any:
    cell, settings, measure = OxmlElement("w:tc"), OxmlElement("w:tcPr"), OxmlElement("w:tcW")
    measure.set(qn("w:w"), str(round(width * 56.693)))  # twentieths of a point
    measure.set(qn("w:type"), "dxa")
    settings.append(measure)
    cell.append(settings)
    for part in text[:_MOST_TEXT].splitlines() or [""]:
        cell.append(_p(visible(part), is_head=is_head))
    return cell


def _p(text: str, *, is_head: bool) -> Any:
    paragraph, settings, spacing = OxmlElement("w:p"), OxmlElement("w:pPr"), OxmlElement("w:spacing")
    spacing.set(qn("w:before"), "20")
    spacing.set(qn("w:after"), "20")
    settings.append(spacing)
    if is_head:
        centre = OxmlElement("w:jc")
        centre.set(qn("w:val"), "center")
        settings.append(centre)
    run, look, size, told = OxmlElement("w:r"), OxmlElement("w:rPr"), OxmlElement("w:sz"), OxmlElement("w:t")
    size.set(qn("w:val"), "18")  # half points
    if is_head:
        look.append(OxmlElement("w:b"))
    look.append(size)
    told.set(qn("xml:space"), "preserve")
    told.text = text
    run.extend((look, told))
    paragraph.extend((settings, run))
    return paragraph
