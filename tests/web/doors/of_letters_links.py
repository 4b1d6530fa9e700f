"""A letter of one side that went out to it, with a link and its log; what is sent through the pages of links.

Where another file put a letter of the side there (``letter_id``, ``recipient_id``, as they belong together), that one is used.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from vonggac.desk.directives.models import Letter, LetterFile, Link, LinkUse, Recipient

OTHERS: dict[str, tuple[str, str]] = {}
"""Doors that can be used of some records only."""
NEEDS: dict[str, str] = {}
"""Operations of the API: there are none, since whoever answers by a link is no program."""

EMPTY_HANDED = (
    "answer-link", "answer-files", "answer-file-remove", "answer-evidence", "answer-file",  # nothing without a link, which nobody here has
    "letter-link-send", "letter-link-revoke", "letter-remind",  # only POST does something: GET leads back
)  # fmt: skip
"""Doors with an argument that show nothing of the record that it names."""

OWN: dict[str, dict[str, Any]] = {
    "answer-link": {},
    "answer-code": {"code": "000000"},
    "answer-form": {"do": "acknowledge", "who": "Ai Đó"},
    "answer-draft": {"draft": "0", "who": "Ai Đó"},
    "answer-files": {},
    "answer-file-remove": {},
    "answer-book": {},
    "answer-book-send": {"token": "x"},
    "answer-leave": {},
    "answer-language": {"language": "en", "next": "/a/form"},
}
"""Pages behind a link: without one they are the same for everybody, and nothing. With one: tests/web/letters/test_links.py."""


def fill(side: Any, _ruler: Any) -> None:
    """Give a side its letter, if it has none yet, and a link; every text ends with ``side.text``."""
    now = timezone.now()
    if not {"letter_id", "recipient_id"} <= side.ids.keys():
        _letter(side)
    recipient = Recipient.objects.get(pk=side.id("recipient_id"))
    link = Link.objects.create(
        recipient=recipient, digest=("a" if side.text == "Zqmark" else "b") * 64, sent_to=f"truc@{side.text.lower()}.example", expires_at=now + timedelta(days=9),
        created_by_name=f"Văn thư {side.text}",
    )  # fmt: skip
    LinkUse.objects.create(
        link=link, what="opened", address=f"{side.net}.9", agent=f"Máy {side.text}", browser="1" * 32
    )
    side.ids |= {"link_id": link.pk, "token": 0}  # no token: whoever has one may what it says


def _letter(side: Any) -> None:
    now, home = timezone.now(), side.id("organisation_id")
    letter = Letter.objects.create(
        office_id=home, issuer_id=home, issuer_name=f"Sở {side.text}", state="issued", subject=f"Công văn {side.text}",
        reference=f"7/{side.text}", sent_at=now, deadline=now + timedelta(days=3), created_by_name=f"Văn thư {side.text}",
    )  # fmt: skip
    recipient = Recipient.objects.create(
        letter=letter, organisation_id=home, n=0, name=f"Nơi nhận {side.text}", sent_at=now
    )
    file = LetterFile.objects.create(
        letter=letter,
        part="pdf",
        name=f"{side.text}.pdf",
        kind="pdf",
        size=9,
        sha256="0" * 64,
        by_name=f"Văn thư {side.text}",
    )
    side.ids |= {"letter_id": letter.pk, "recipient_id": recipient.pk}
    side.ids.setdefault("file_id", file.pk)


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    return {
        "letter-link-send": {"email": f"truc@{side.text.lower()}.example"},
        "letter-link-revoke": {},
        "letter-remind": {},
    }
