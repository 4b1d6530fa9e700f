"""A file of a letter that is in the store, one attached to a draft, and what is sent through the doors of files and workbooks.

Stands after what makes the letters.
"""

from __future__ import annotations

import io
from datetime import timedelta, timezone
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from vonggac.desk.directives.models import LetterFile, Recipient
from vonggac.jobs import answer_workbook, evidence_store

OTHERS = {
    **dict.fromkeys(
        ("letter-files", "letter-attach", "letter-preview-docx", "letter-preview-pdf", "list_letter_files", "attach_letter_file", "preview_letter"),
        ("letter_id", "draft_id"),
    ),
}  # fmt: skip
"""Doors of a letter that is still a draft."""
EMPTY_HANDED = (
    "letter-signed", "letter-file-remove", "letter-answers-send",  # only POST does something: GET leads back
    "letter-preview-pdf",  # its text is packed
)  # fmt: skip
ONLY_LOOKS = ("letter-answers-book", "letter-answers-send", "check_answer_workbook")
"""A workbook is only checked there; what sends it belongs to who checked it."""
WORKBOOKS = ("letter-answers-workbook", "read_answer_workbook")
AS_THEY_CAME = (
    "letter-file", "read_letter_file",  # files of people: their bytes and names
    "letter-preview-docx", "letter-preview-pdf", "preview_letter", "letter-reply", "read_letter_reply",  # documents, without cells
)  # fmt: skip
NEEDS = {
    **dict.fromkeys(("list_letter_files", "read_letter_file", "preview_letter"), "letters.view"),
    **dict.fromkeys(("attach_letter_file", "add_signed_letter", "remove_letter_file"), "letters.draft"),
    **dict.fromkeys(
        ("read_answer_workbook", "check_answer_workbook", "send_answer_workbook", "read_letter_reply"), "work.answer"
    ),
}
OF_THEIR_OWN = ("remove_letter_file",)
"""Operations that read no fields."""


def fill(side: Any, _ruler: Any) -> None:
    """Every text ends with ``side.text``."""
    for name, letter_id, part in (("file_id", "letter_id", "pdf"), ("attached_id", "draft_id", "attachment")):
        data = f"%PDF-1.4 {part} {side.text}".encode()
        with evidence_store.held(settings.VONGGAC):
            sha256 = evidence_store.keep(settings.VONGGAC, data)
        LetterFile.objects.filter(letter_id=side.id(letter_id), part=part).delete()
        row = LetterFile.objects.create(
            letter_id=side.id(letter_id), part=part, name=f"{part} {side.text}.pdf", kind="pdf", size=len(data), sha256=sha256,
            by_name=f"Văn thư {side.text}",
        )  # fmt: skip
        side.ids[name] = row.pk


def workbook(side: Any) -> bytes:
    """The workbook of the side's recipient, one clause of it answered."""
    file = io.BytesIO()
    answer_workbook.write(Recipient.objects.get(pk=side.id("recipient_id")), file, timezone(timedelta(hours=7)), str)
    book = load_workbook(io.BytesIO(file.getvalue()))
    for row in book.worksheets[0].iter_rows(max_col=3):
        said = {f"{side.id('obligation_id')}.result": "no", f"{side.id('obligation_id')}.reason": "Chưa bố trí"}
        if row[0].value in said:
            row[2].value = said[row[0].value]
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    return {
        "letter-attach": {"file": SimpleUploadedFile("kem-theo.pdf", b"%PDF-1.4 kem theo")},
        "letter-signed": {"file": SimpleUploadedFile("da-ky.pdf", b"%PDF-1.4 da ky")},
        "letter-file-remove": {},
        "letter-answers-book": {"file": SimpleUploadedFile("tra-loi.xlsx", workbook(side))},
        "letter-answers-send": {"token": "x"},
    }


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    book = workbook(side)
    return {
        "attach_letter_file": b"%PDF-1.4 kem theo khac", "add_signed_letter": b"%PDF-1.4 da ky khac", "remove_letter_file": None,
        "check_answer_workbook": book, "send_answer_workbook": book,
    }  # fmt: skip
