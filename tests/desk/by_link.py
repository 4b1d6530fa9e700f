"""What tests of links stand on: mailboxes of the invented province, and what its messages hold while they wait."""

from __future__ import annotations

from typing import Any

from django.test import Client
from province import Province, admin

from vonggac.desk.notices import sealed
from vonggac.desk.notices.models import Notice
from vonggac.desk.organisations import actions as directory

MAILBOXES = (
    ("tayson", "vanthu@tayson.example", "Văn thư"),
    ("tayson", "chutich@tayson.example", "Thủ trưởng đơn vị"),
    ("donghoa", "vanthu@donghoa.example", "Văn thư"),
    ("donghoa", "chutich@donghoa.example", "Thủ trưởng đơn vị"),
)
"""Tây Sơn has no account, Đông Hòa has one; Đường Mai is reached by nothing."""


def mailboxes(province: Province) -> None:
    """Register MAILBOXES, those of ordinary people before those of heads."""
    for rank, (code, email, label) in enumerate(MAILBOXES, 1):
        directory.add_contact(
            admin(), province.id(code), channel="email", value=email, label=label, rank=rank, is_support=False
        )


def last(template: str, email: str) -> Notice:
    """The newest message of a kind to a mailbox."""
    found = Notice.objects.filter(template=template, recipient=email).order_by("-pk").first()
    assert found is not None
    return found


def hidden(notice: Notice) -> dict[str, Any]:
    """What a message holds that opens something."""
    return sealed.opened(notice.secrets)


def token_of(email: str, template: str = "letter_link") -> str:
    """The token of the newest link that went to a mailbox."""
    return str(hidden(last(template, email))["link"]).removeprefix("/a/")


def code_of(email: str) -> str:
    """The newest code that went to a mailbox."""
    return str(hidden(last("letter_code", email))["code"])


def enter(email: str = MAILBOXES[0][1], client: Client | None = None) -> Client:
    """A browser in which somebody opened the newest link of a mailbox."""
    browser = client or Client()
    response = browser.post(f"/a/{token_of(email)}")
    assert response.status_code == 302
    assert response["Referrer-Policy"] == "no-referrer"
    return browser
