"""A report on one side's letter with its parts and files, a day of it, a copy on paper. Stands after what makes the letter and its table."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from django.conf import settings
from django.utils import timezone

from vonggac.desk.directives.models import Clause, Letter, LetterFile, Recipient, ReportMaking, ReportPart, SentNote
from vonggac.desk.work import tallies
from vonggac.desk.work.actions.opening import key_of
from vonggac.desk.work.kinds import REPORT_DAY
from vonggac.desk.work.models import Answer, Task
from vonggac.jobs import evidence_store

DAY = "2026-02-03"
EMPTY_HANDED = (
    "report-begin", "report-ends", "report-part-add", "report-renew", "report-make", "report-part", "letter-sent-note-remove", "letter-days",
)  # fmt: skip
"""Only POST does something: GET leads back."""

READS_THAT_ARE_RECORDED = ("letter-sent-export",)
AS_THEY_CAME = ("report-file", "read_report_file", "letter-day-file")
"""Files that are no tables: documents, whose texts are tried in tests/jobs."""

NEEDS = {
    **dict.fromkeys(
        ("read_report", "list_report_files", "read_report_file", "letter_sent_log", "letter_day"), "letters.view"
    ),
    **dict.fromkeys(
        ("begin_report", "add_report_part", "change_report_part", "renew_report", "make_report_files"), "letters.draft"
    ),
    "note_letter_sent": "letters.issue",
}


def fill(side: Any, _ruler: Any) -> None:
    """Give a side a report; every text ends with ``side.text``."""
    letter, recipient = Letter.objects.get(pk=side.id("letter_id")), Recipient.objects.get(pk=side.id("recipient_id"))
    _day(side, letter, recipient)
    report = Letter.objects.create(
        office_id=letter.office_id, issuer_id=letter.office_id, issuer_name=f"Sở {side.text}", form="bao_cao", about_id=side.id("unsent_id"),
        subject=f"Kết quả {side.text}", symbol="BC-SO", opening=f"Mở đầu {side.text}", closing=f"Kết {side.text}", signer_title="GIÁM ĐỐC",
    )  # fmt: skip
    table = {"title": f"Bảng {side.text}", "columns": [["TT", 4, "center"]], "rows": [["plain", [f"Ô {side.text}"]]]}
    parts = [
        ("overview", f"Chung {side.text}", f"Đã làm {side.text}"),
        ("proposals", f"Kiến nghị {side.text}", f"Đề nghị {side.text}"),
        ("appendix:matrix", f"Phụ lục {side.text}", json.dumps({"tables": [table], "note": f"Ghi chú {side.text}"})),
    ]
    rows = [
        ReportPart.objects.create(letter=report, n=n, key=key, heading=heading, made=made)
        for n, (key, heading, made) in enumerate(parts)
    ]
    data = f"Báo cáo {side.text}".encode()
    sha256 = hashlib.sha256(data).hexdigest()
    with evidence_store.held(settings.VONGGAC):
        evidence_store.keep(settings.VONGGAC, data)
    LetterFile.objects.create(
        letter=report, part="draft_docx", name=f"{side.text}.docx", kind="docx", size=len(data), sha256=sha256, by_name=f"Máy {side.text}",
    )  # fmt: skip
    ReportMaking.objects.create(letter=report, state="done", by_name=f"Văn thư {side.text}")
    note = SentNote.objects.create(
        recipient=recipient, how="post", on=timezone.localdate(), note=f"Bưu gửi {side.text}", by_name=f"Văn thư {side.text}"
    )  # fmt: skip
    side.ids |= {"report_id": report.pk, "part_id": rows[0].pk, "note_id": note.pk, "day": DAY, "part": "draft_docx"}


def _day(side: Any, letter: Letter, recipient: Recipient) -> None:
    """A daily clause with a report of one day."""
    clause = Clause.objects.create(
        letter=letter, n=98, mark="10", title=f"Hằng ngày {side.text}", kind=REPORT_DAY.name, is_daily=True
    )
    details = {"letter": letter.pk, "clause": clause.pk, "title": clause.title, "recipient": recipient.pk, "day": DAY}
    task = Task.objects.create(
        kind=REPORT_DAY.name, key=key_of(REPORT_DAY, int(recipient.organisation_id or 0), details), organisation_id=recipient.organisation_id,
        batch_id=letter.batch_id, details=details, subject=f"Ngày {side.text}", state="submitted", turn="centre", proof="declared",
        result="something", folded="",
    )  # fmt: skip
    Answer.objects.create(
        task=task, by_name=f"Trực {side.text}", result="something", values={"n_incidents": 1, "what": f"Sự cố {side.text}"}
    )  # fmt: skip
    task.refresh_from_db()
    tallies.move(Counter({tallies.cell_of(task): 1}))


def _version(side: Any) -> int:
    return int(Letter.objects.values_list("version", flat=True).get(pk=side.id("report_id")))


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    version = _version(side)
    return {
        "report-begin": {},
        "report-ends": {"version": version, "opening": "Mở khác", "closing": "Kết khác"},
        "report-head": {"version": version, "subject": "Trích yếu khác", "addressed": "Bộ Mẫu", "to_archive": "VT"},
        "report-part-add": {"version": version, "heading": "Đánh giá", "text": "Tốt."},
        "report-renew": {"version": version},
        "report-make": {},
        "report-part": {"version": version, "do": "save", "heading": "Khác", "text": "Viết tay."},
        "letter-sent-note": {"how": "hand", "on": timezone.localdate().isoformat(), "note": "Giao tận nơi"},
        "letter-sent-note-remove": {},
    }


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    version = _version(side)
    return {
        "begin_report": None,
        "add_report_part": {"version": version, "heading": "Đánh giá", "text": "Tốt."},
        "change_report_part": {"version": version, "heading": "Khác", "text": "Viết tay."},
        "renew_report": {"version": version},
        "make_report_files": None,
        "note_letter_sent": {"how": "post", "on": timezone.localdate().isoformat()},
    }


OF_THEIR_OWN = ("begin_report", "make_report_files")
"""Operations that read no fields."""
