"""People who open the pages of the audit record, and something to see there."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def province(db) -> SimpleNamespace:
    """``top`` over ``low``, ``other`` apart; one entry on each, with texts that would harm a page or a spreadsheet."""
    from vonggac.desk.audit.actions import recording, snapshot
    from vonggac.desk.organisations.models import Organisation
    from vonggac.desk.scope.asker import Asker, Held, Origin
    from vonggac.desk.scope.models import Reach

    top = Organisation.objects.create(code="T", kind="authority", name="Sở Thông tin")
    low = Organisation.objects.create(code="L", kind="commune", name="<script>alert(1)</script>", parent=top)
    other = Organisation.objects.create(code="O", kind="commune", name="=cmd|'/c calc'!A1")
    for one, two in ((top, top), (top, low), (low, low), (other, other)):
        Reach.objects.create(ancestor=one, descendant=two)
    asker = Asker(
        77, '"><img src=x onerror=alert(2)>', (Held("administrator", None),), Origin("web", "192.0.2.7", "B/1")
    )
    for place in (top, low, other):
        before = snapshot(place)
        with recording(asker, "organisations.edit", on=place, organisation_id=place.pk) as record:
            place.address, place.note = "Số 1 phố Cũ", "\u202ehidden"
            place.save()
            record.changed(place, before)
    return SimpleNamespace(top=top, low=low, other=other)


@pytest.fixture
def sign_in(client, db) -> Callable[..., Any]:
    """A client signed in as somebody new with this role, whose second factor is set up."""
    from allauth.mfa.models import Authenticator

    from vonggac.desk.accounts.models import Grant, User
    from vonggac.web.accounts.heard import STRONG

    def enter(role: str, where: int | None = None) -> Any:
        user = User(username=role, name=role)
        user.set_unusable_password()
        user.save()
        Grant.objects.create(user=user, role=role, organisation_id=where)
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": ""})
        client.force_login(user)
        session = client.session
        session[STRONG] = True
        session.save()
        return client

    return enter
