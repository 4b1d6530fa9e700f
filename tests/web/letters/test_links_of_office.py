"""The centre's pages of links: who sees them, revoking, sending anew, reminding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from by_link import enter, mailboxes, token_of
from django.test import Client
from django.utils import timezone

from vonggac.desk.directives.models import Link

if TYPE_CHECKING:
    from letter_of import Holiday
    from province import Province

pytestmark = pytest.mark.django_db
MAIL = "vanthu@tayson.example"
OTHER = "vanthu@donghoa.example"


@pytest.fixture
def sent(province: Province) -> Holiday:
    """The holiday letter, sent to communes with mailboxes."""
    from letter_of import draft

    mailboxes(province)
    return draft(province).issued()


def test_the_office_revokes_sends_anew_and_reminds(sent: Holiday, browser: Callable[[str], Client]) -> None:
    clerk, row = browser("records_clerk"), sent.recipient("tayson")
    home, link = f"/letters/{sent.letter.pk}/links", Link.objects.get(sent_to=MAIL)
    assert clerk.get(home).status_code == 200
    for only in ("open", "unread", "many", "none", "rubbish"):
        assert clerk.get(f"{home}?only={only}").status_code == 200
    visitor = enter()
    clerk.post(f"{home}/{row.pk}/send", {"email": "ke-la@evil.example"})
    assert Link.objects.filter(recipient=row).count() == 1
    clerk.post(f"{home}/{row.pk}/send", {"email": "chutich@tayson.example", "instead_of": link.pk})
    assert visitor.get("/a/form").status_code == 404
    assert enter("chutich@tayson.example").get("/a/form").status_code == 200
    newest = Link.objects.get(sent_to="chutich@tayson.example")
    other = sent.recipient("donghoa")
    assert clerk.post(f"{home}/{other.pk}/revoke/{newest.pk}").status_code == 404
    clerk.post(f"{home}/{row.pk}/revoke/{newest.pk}")
    newest.refresh_from_db()
    assert newest.revoked_at is not None
    Link.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert clerk.post(f"/letters/{sent.letter.pk}/remind").status_code == 302
    assert Client().get(f"/a/{token_of(MAIL, 'letter_reminder')}").status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [("agency_officer", 404), ("stranger", 404), ("leader", 200), ("auditor", 200)]
)
def test_who_sees_the_links(sent: Holiday, browser: Callable[[str], Client], role: str, status: int) -> None:
    someone = browser(role)
    row = sent.recipient("donghoa")
    assert someone.get(f"/letters/{sent.letter.pk}/links").status_code == status
    assert someone.get(f"/letters/{sent.letter.pk}/links/{row.pk}").status_code == status
    if role != "leader":
        for path in (f"links/{row.pk}/send", f"links/{row.pk}/revoke/{Link.objects.get(sent_to=OTHER).pk}", "remind"):
            assert someone.post(f"/letters/{sent.letter.pk}/{path}", {"email": OTHER}).status_code in (403, 404)
    assert not Link.objects.filter(revoked_at__isnull=False).exists()
