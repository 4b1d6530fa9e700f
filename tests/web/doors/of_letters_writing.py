"""Letters of one side at every step of their way, and what is sent through the pages and routes that write them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from vonggac.desk.directives.models import Addressee, Clause, Letter, LetterFile, Recipient, RecipientGroup
from vonggac.desk.directives.shipped import propose_groups

OTHERS = {
    **dict.fromkeys(
        ("letter-edit", "letter-check", "letter-approve", "letter-discard", "change_letter", "check_letter", "approve_letter", "discard_letter"),
        ("letter_id", "draft_id"),
    ),
    **dict.fromkeys(
        ("letter-send-back", "letter-issue", "send_letter_back", "issue_letter"), ("letter_id", "approved_id")
    ),
    **dict.fromkeys(("letter-send", "send_letter"), ("letter_id", "unsent_id")),
    "change_letter_group": ("group_id", "group_id"),
}  # fmt: skip
"""Doors of a letter that stands at another step than the one that is out."""

EMPTY_HANDED = (
    "letter-approve",  # only POST does something: GET leads back
    "letter-group", "change_letter_group",  # groups are everybody's, and hold no text of a side
    "check_letter",  # numbers and faults of a letter that has none
)  # fmt: skip

UNASKED = ("letter-addressable",)
"""Whoever writes letters finds everybody to whom one can be addressed, by name alone: a letter goes up and across as well as down."""


def fill(side: Any, _ruler: Any) -> None:
    """Give a side its letters; every text ends with ``side.text``."""
    propose_groups()
    home, now = side.id("organisation_id"), timezone.now()
    out = _letter(
        side, "công văn đi", state="issued", reference=f"7/{side.text}", sent_at=now, issued_at=now, dated=now.date(), book="cong_van",
        year=now.year, number=7,
    )  # fmt: skip
    recipient = Recipient.objects.create(
        letter=out, organisation_id=home, n=0, name=f"Nơi nhận {side.text}", sent_at=now
    )
    file = LetterFile.objects.create(
        letter=out, part="pdf", name=f"{side.text}.pdf", kind="pdf", size=9, sha256="0" * 64, by_name=f"Văn thư {side.text}",
    )  # fmt: skip
    unsent = _letter(
        side, "chờ gửi", state="issued", reference=f"8/{side.text}", issued_at=now, dated=now.date(), book="cong_van", year=now.year, number=8
    )  # fmt: skip
    side.ids |= {
        "letter_id": out.pk,
        "recipient_id": recipient.pk,
        "draft_id": _letter(side, "bản thảo").pk,
        "approved_id": _letter(side, "đã duyệt", state="approved", approved_at=now).pk,
        "unsent_id": unsent.pk,
        "group_id": RecipientGroup.objects.get(code="xa-phuong").pk,
    }
    side.ids.setdefault("file_id", file.pk)


def _letter(side: Any, what: str, **values: Any) -> Letter:
    home, now = side.id("organisation_id"), timezone.now()
    row = Letter.objects.create(
        office_id=home, issuer_id=home, issuer_name=f"Sở {side.text}", subject=f"Công văn {what} {side.text}", symbol=f"SO-{side.text}"[:40],
        signer_title=f"GIÁM ĐỐC {side.text}", signer_name=f"Người Ký {side.text}", deadline=now + timedelta(days=3),
        created_by_name=f"Văn thư {side.text}", template="holiday", **values,
    )  # fmt: skip
    Clause.objects.create(
        letter=row, n=0, mark="1", title=f"Trực {side.text}", text=f"Bố trí {side.text}", kind="stand_duty"
    )
    Addressee.objects.create(letter=row, n=0, role="action", is_addressed=True, organisation_id=home)
    return row


def _form(side: Any, name: str) -> dict[str, Any]:
    row = Letter.objects.get(pk=side.id(name))
    return {
        "version": row.version, "subject": "Trích yếu khác", "symbol": "KHAC", "signer_title": "GIÁM ĐỐC", "n_clauses": "1", "n_lines": "1",
        "c0-mark": "1", "c0-title": "Mục khác", "c0-kind": "stand_duty", "a0-role": "action", "a0-addressed": "1",
        "a0-organisation": side.id("organisation_id"), "deadline": (timezone.now() + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip


def _seen(side: Any, name: str, **values: Any) -> dict[str, Any]:
    return {"version": Letter.objects.values_list("version", flat=True).get(pk=side.id(name)), **values}


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    group = RecipientGroup.objects.get(pk=side.id("group_id"))
    return {
        "letter-new": {"start": "blank", "office": side.code, "subject": "Công văn mới", "version": "0"},
        "letter-edit": _form(side, "draft_id"),
        "letter-approve": _seen(side, "draft_id", confirms="1"),
        "letter-send-back": _seen(side, "approved_id", why="Xem lại"),
        "letter-issue": _seen(side, "approved_id", sends="now", number="", dated=""),
        "letter-send": _seen(side, "unsent_id"),
        "letter-withdraw": _seen(side, "letter_id", why="Ban hành nhầm"),
        "letter-discard": _seen(side, "draft_id"),
        "letter-group-add": {"name": "Nhóm mới", "code": "nhom-moi", "kinds": ["commune"]},
        "letter-group": {"version": group.version, "name": "Tên khác", "kinds": ["commune"]},
    }


NEEDS = {
    **dict.fromkeys(("list_letters", "read_letter", "check_letter"), "letters.view"),
    **dict.fromkeys(
        ("add_letter", "begin_letter", "change_letter", "discard_letter", "list_letter_templates", "list_letter_groups", "add_letter_group",
         "change_letter_group"), "letters.draft",
    ),
    **dict.fromkeys(("approve_letter", "send_letter_back", "withdraw_letter"), "letters.approve"),
    **dict.fromkeys(("issue_letter", "send_letter"), "letters.issue"),
}  # fmt: skip


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    home = side.id("organisation_id")
    line = {"role": "action", "is_addressed": True, "organisation_id": home}
    said = {
        "subject": "Trích yếu khác",
        "clauses": [{"title": "Mục khác", "kind": "stand_duty"}],
        "addressees": [line],
    }
    group = RecipientGroup.objects.get(pk=side.id("group_id"))
    return {
        "add_letter": {"office_id": home, **said},
        "begin_letter": {"office_id": home, "template": "holiday"},
        "change_letter": _seen(side, "draft_id", **said),
        "discard_letter": _seen(side, "draft_id"),
        "approve_letter": _seen(side, "draft_id", confirms=True),
        "send_letter_back": _seen(side, "approved_id", why="Xem lại"),
        "issue_letter": _seen(side, "approved_id"),
        "send_letter": _seen(side, "unsent_id"),
        "withdraw_letter": _seen(side, "letter_id", why="Ban hành nhầm"),
        "add_letter_group": {"code": "nhom-api", "name": "Nhóm mới", "kinds": ["commune"]},
        "change_letter_group": {"version": group.version, "name": "Tên khác", "kinds": ["commune"]},
    }


def swaps(side: Any, *, api: bool) -> dict[str, Any]:
    """Field to what stands there for a record of a side."""
    home = side.id("organisation_id") if api else side.code
    return {"office_id": home, "office": home, "source_id": side.id("letter_id"), "about_id": side.id("letter_id")}
