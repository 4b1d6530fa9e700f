"""Files that prove something on one side, and what is sent through the doors of files and workbooks."""

from __future__ import annotations

import io
from datetime import timedelta, timezone
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook
from proofs import png

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.scope.asker import Origin
from vonggac.jobs import evidence_store, report_workbook, spool

OTHERS = {"evidence-preview": ("evidence_id", "picture_id")}
EMPTY_HANDED = ("evidence-preview", "evidence-remove")
"""A picture tells no text; of the other only POST does something."""
ONLY_LOOKS = ("work-report", "work-report-send", "check_report_workbook")
"""A workbook is only checked there; what sends it belongs to who checked it."""
READS_THAT_ARE_RECORDED = ("work-cleanup-file", "export_cleanup_report")
WORKBOOKS = ("work-report-workbook", "work-cleanup-file", "read_report_workbook", "export_cleanup_report")
AS_THEY_CAME = ("evidence-file", "read_evidence_file")
"""Files of people: their bytes and their names, which tests/web/work/test_evidence.py holds to be harmless."""
NEEDS = {
    "list_evidence": "work.view", "add_evidence": "work.answer", "read_evidence_file": "work.view", "remove_evidence": "work.answer",
    "read_report_workbook": "work.answer", "check_report_workbook": "work.answer", "send_report_workbook": "work.answer",
    "export_cleanup_report": "work.export",
}  # fmt: skip
CLEANED = {
    "result": "cleaned", "tool": "Quét", "n_checked": 3, "n_infected": 1, "n_cleaned": 1, "evidence": "Nhật ký sạch",
    "received_at": "01/01/2026 08:00", "done_at": "02/01/2026 08:00",
}  # fmt: skip


def fill(side: Any, ruler: Any) -> None:
    """Two files at the first Task of a side."""
    by, task = asker_of(ruler, Origin("web")), side.id("task_id")
    for name, data in (("evidence_id", f"Nhật ký {side.text}".encode()), ("picture_id", png())):
        taken = spool.Spool(settings.VONGGAC, evidence_store.UPLOAD_LIMIT)
        taken.write(data)
        row = evidence_store.take(settings.VONGGAC, by, task, taken.done(), f"tệp {side.text}")
        side.ids[name] = row.pk


def workbook(side: Any) -> bytes:
    """The workbook of whoever rules a side, its first row filled in."""
    file = io.BytesIO()
    report_workbook.write(asker_of(side.chief, Origin("web")), file, timezone(timedelta(hours=7)), str)
    book = load_workbook(io.BytesIO(file.getvalue()))
    sheet = book.worksheets[1]
    names = [cell.value for cell in sheet[1]]
    for name, value in CLEANED.items():
        sheet.cell(3, names.index(name) + 1).value = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    return {
        "task-evidence": {"file": SimpleUploadedFile("nhat-ky.txt", "Nhật ký mới".encode())},
        "evidence-remove": {},
        "work-report": {"file": SimpleUploadedFile("bao-cao.xlsx", workbook(side))},
        "work-report-send": {"token": "x"},
    }


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    book = workbook(side)
    return {
        "add_evidence": "Nhật ký khác".encode(), "remove_evidence": None, "check_report_workbook": book, "send_report_workbook": book,
    }  # fmt: skip
