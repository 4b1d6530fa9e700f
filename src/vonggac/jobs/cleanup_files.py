"""The cleanup report written out: XLSX for who goes on with it, DOCX as an official document with the addresses in its appendix."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.documents.official import (
    BLANK,
    Appendix,
    Column,
    DataTable,
    OfficialReport,
    Paragraph,
    Recipient,
    Row,
    Signatory,
)
from vonggac.documents.rendering import render_report
from vonggac.errors import N_
from vonggac.jobs.cleanup_report import NO_ANSWER, Line, Report, Say
from vonggac.tables.cells import guarded

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
"""Of the columns of the document, beside each other."""


def write_docx(report: Report, file: BinaryIO, say: Say, zone: tzinfo) -> None:
    """The report with the parts of an official document; number and signature are the signer's."""
    titles = [Column(title, width) for title, width in zip(_titles(say), _WIDTHS, strict=True)]
    table = DataTable(titles, [Row(_cells(number, line)) for number, line in enumerate(report.lines, 1)])
    closing = say(N_("This is the report; respectfully submitted for your consideration."))
    document = OfficialReport(
        issuer=report.issuer, superior=report.parent, symbol=f"BC-{BLANK}", dated=report.made_at.astimezone(zone).date(),
        subject=report.title, signatory=Signatory(say(N_("HEAD OF THE UNIT"))), recipients=[Recipient(BLANK)],
        opening=[Paragraph(text) for text in (*_body(report, say), closing)],
        appendices=[Appendix(say(N_("Appendix")), [table], report.title)],
    )  # fmt: skip
    file.write(render_report(document))


def _body(report: Report, say: Say) -> Iterable[str]:
    sums = dict(sums_of(report, say))
    text = say(N_("The list holds {n} addresses. What became of them: {results}."))
    results = "; ".join(
        f"{title.lower()}: {report.results[english]}" for english, title in _results(say) if report.results[english]
    )
    yield text.format(n=len(report.lines), results=results or "–")
    text = say(
        N_(
            "{checked} hosts were checked, {infected} found infected and {cleaned} cleaned. Each address stands in the appendix."
        )
    )
    checked, infected, cleaned = list(sums.values())[-3:]
    yield text.format(checked=checked, infected=infected, cleaned=cleaned)


def _results(say: Say) -> list[tuple[str, str]]:
    return [(title, say(title)) for title in (*CLEAN_ADDRESS.results.values(), NO_ANSWER)]


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
