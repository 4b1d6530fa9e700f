"""The report on one day of a letter as a document."""

from __future__ import annotations

from datetime import tzinfo

from django.conf import settings as django_settings

from vonggac.desk.directives.queries.days import Day
from vonggac.desk.directives.reports.day import day_parts, day_subject
from vonggac.desk.directives.reports.numbering import roman
from vonggac.documents.official import BLANK, OfficialReport, Paragraph, Section
from vonggac.documents.rendering import render_report
from vonggac.jobs import office_templates
from vonggac.jobs.letter_head import head_of


def docx_of(found: Day, zone: tzinfo) -> bytes:
    """The day as DOCX, with room for number and signature."""
    row = found.letter
    head = head_of(row)
    symbol = f"BC-{row.symbol.partition('-')[0]}" if row.symbol else f"BC-{BLANK}"
    head |= {
        "number": None, "symbol": symbol, "dated": found.read_at.astimezone(zone).date(), "addressed_to": [], "recipients": [], "urgency": "",
    }  # fmt: skip
    sections = [
        Section(f"{roman(n)}. {one.heading.upper()}", [Paragraph(line) for line in one.text.splitlines()])
        for n, one in enumerate(day_parts(found, zone), 1)
    ]
    report = OfficialReport(subject=day_subject(found), sections=sections, **head)
    return render_report(report, office_templates.template_of(django_settings.VONGGAC, "report"))
