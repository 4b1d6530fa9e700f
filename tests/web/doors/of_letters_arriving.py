"""Letters that came in to one side, read and entered, a matter that it put before another body, and what is sent through their pages."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import offices
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from offices import AGENCY

from vonggac.desk.directives.models import Addressee, Clause, Letter, LetterReading, Referral, Register
from vonggac.documents.letters import read_letter
from vonggac.jobs import evidence_store
from vonggac.jobs.letter_arrival import plain

OTHERS = dict.fromkeys(
    ("letter-arrival", "letter-take-up", "letter-correct", "take_up_letter", "correct_letter"),
    ("letter_id", "arrived_id"),
)
"""Doors of a letter that came in."""
EMPTY_HANDED = ("letter-reading-again", "letter-reading-drop", "letter-take-up", "referral-outcome")
"""Only POST does something: GET leads back."""
OF_THEIR_OWN = ("bring_letter",)
"""Operations that read no fields."""
AS_THEY_CAME = ("letter-reading-file",)
"""Files that somebody sent are given out as they came."""
READS_THAT_ARE_RECORDED = ("letter-register-export", "export_letter_register")

NEEDS = {
    **dict.fromkeys(("list_letter_register", "export_letter_register", "list_referrals", "read_referral"), "letters.view"),
    **dict.fromkeys(
        ("list_letter_readings", "read_letter_reading", "bring_letter", "receive_letter", "read_letter_again", "drop_letter_reading",
         "enter_letter", "take_up_letter", "correct_letter", "refer", "record_referral_outcome"), "letters.draft",
    ),
}  # fmt: skip


def fill(side: Any, _ruler: Any) -> None:
    """Give a side what came in; every text ends with ``side.text``."""
    home, now = side.id("organisation_id"), timezone.now()
    data = offices.word_table(replace(AGENCY, subject=f"Trích yếu {side.text}", issuer=[f"CỤC {side.text.upper()}"]))
    found = plain(read_letter(data, "letter"))
    with evidence_store.held(settings.VONGGAC):
        evidence_store.keep(settings.VONGGAC, data)
    reading = LetterReading.objects.create(
        office_id=home, name=f"{side.text}.docx", kind="docx", size=len(data), sha256=hashlib.sha256(data).hexdigest(), state="read",
        found=found, by_name=f"Văn thư {side.text}",
    )  # fmt: skip
    arrived = Letter.objects.create(
        office_id=home, direction="in", state="issued", issuer_name=f"Cục {side.text}", subject=f"Văn bản đến {side.text}", book="in",
        year=now.year, number=1, reference=f"147/{side.text}", arrived_on=now.date(), issued_at=now, handler=f"Phòng {side.text}",
        deadline=now + timedelta(days=3),
    )  # fmt: skip
    Register.objects.create(office_id=home, book="in", year=now.year, last=1)
    clause = Clause.objects.create(letter=arrived, n=0, mark="1", title=f"Trực {side.text}", kind="stand_duty")
    Addressee.objects.create(letter=arrived, n=0, is_addressed=True, words=f"Kính gửi {side.text}")
    out = Letter.objects.create(
        office_id=home, issuer_id=home, issuer_name=f"Sở {side.text}", subject=f"Chuyển {side.text}", state="issued", book="cong_van",
        year=now.year, number=99, reference=f"99/{side.text}", dated=now.date(), issued_at=now,
    )  # fmt: skip
    referral = Referral.objects.create(task_id=side.id("task_id"), letter=out, why=f"Vì {side.text}")
    side.ids |= {
        "reading_id": reading.pk,
        "arrived_id": arrived.pk,
        "arrived_clause_id": clause.pk,
        "referral_id": referral.pk,
    }


def _file() -> bytes:
    return offices.word_table(replace(AGENCY, subject="Văn bản mới"))


def _version(model: Any, side: Any, name: str) -> int:
    return int(model.objects.values_list("version", flat=True).get(pk=side.id(name)))


def _form(version: int, **values: Any) -> dict[str, Any]:
    return {
        "version": version, "arrived_on": timezone.localdate().isoformat(), "reference": "5/CV", "form": "cong_van", "issuer_name": "Cục Khác",
        "subject": "Trích yếu khác", "urgency": "", "clauses-TOTAL_FORMS": "1", "clauses-INITIAL_FORMS": "0",
        "clauses-0-mark": "1", "clauses-0-title": "Mục khác", "clauses-0-kind": "stand_duty", "confirms": "on", **values,
    }  # fmt: skip


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    home = side.id("organisation_id")
    reading, arrived = _version(LetterReading, side, "reading_id"), _version(Letter, side, "arrived_id")
    soon = timezone.localtime() + timedelta(days=2)
    return {
        "letter-arrive": {"office": home, "file": SimpleUploadedFile("cv.docx", _file())},
        "letter-by-hand": _form(0, office=home),
        "letter-reading": _form(reading),
        "letter-reading-again": {"version": reading},
        "letter-reading-drop": {"version": reading},
        "letter-take-up": {"version": arrived, "clause": [side.id("arrived_clause_id")], "due_at": soon.strftime("%Y-%m-%dT%H:%M")},
        "letter-correct": _form(arrived),
        "referral-new": {"task": side.id("task_id"), "office": home, "body_words": "Công an", "subject": "Chuyển vụ việc", "why": "Lừa đảo"},
        "referral-outcome": {"version": 1, "outcome": "Đã tiếp nhận"},
    }  # fmt: skip


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    home = side.id("organisation_id")
    entry = {"arrived_on": timezone.localdate().isoformat(), "issuer_name": "Cục Khác", "subject": "Trích yếu khác"}
    reading, arrived = _version(LetterReading, side, "reading_id"), _version(Letter, side, "arrived_id")
    return {
        "bring_letter": _file(),
        "receive_letter": {"version": reading, "confirms": True, "entry": entry},
        "read_letter_again": {"version": reading},
        "drop_letter_reading": {"version": reading},
        "enter_letter": {"office_id": home, "entry": entry},
        "take_up_letter": {"version": arrived, "clause_ids": [side.id("arrived_clause_id")]},
        "correct_letter": {"version": arrived, "entry": entry},
        "refer": {"office_id": home, "task_id": side.id("task_id"), "body_words": "Công an", "subject": "Chuyển vụ việc", "why": "Lừa đảo"},
        "record_referral_outcome": {"version": 1, "outcome": "Đã tiếp nhận"},
    }  # fmt: skip


def swaps(side: Any, *, api: bool) -> dict[str, Any]:
    """Field to what stands there for a record of a side."""
    clauses = [side.id("arrived_clause_id")]
    return {"clause_ids": clauses} if api else {"clause": clauses, "task": side.id("task_id")}
