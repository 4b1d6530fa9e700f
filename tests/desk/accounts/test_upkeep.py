"""Housekeeping of accounts: what ended long ago goes, what may still open something stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone
from province import admin, granted, make_user

from vonggac.desk.accounts import actions
from vonggac.desk.accounts.models import ApiToken, Invitation, PasswordLink
from vonggac.desk.audit.models import Entry
from vonggac.errors import NotAllowed

pytestmark = pytest.mark.django_db
LONG = timedelta(days=400)


def test_what_ended_long_ago_goes_and_what_waits_stays(graph):
    now = timezone.now()
    user = make_user("an", ("agency_officer", graph["donghoa"]))
    for n, changes in enumerate(({}, {"accepted_at": now - LONG}, {"revoked_at": now - LONG}, {"revoked_at": now})):
        Invitation.objects.create(email=f"{n}@a.example", token_hash=str(n), expires_at=now + LONG, **changes)
        ApiToken.objects.create(user=user, secret_hash=str(n), expires_at=now + (-LONG if n == 1 else LONG))
        PasswordLink.objects.create(user=user, token_hash=str(n), expires_at=now + (-LONG if n else LONG))
    Invitation.objects.create(email="over@a.example", token_hash="over", expires_at=now - LONG)
    assert actions.clear_old(admin()) == {"links": 3, "invitations": 3, "tokens": 1}
    assert set(Invitation.objects.values_list("email", flat=True)) == {"0@a.example", "3@a.example"}
    assert Entry.objects.filter(action="accounts.clear_old").count() == 1
    assert actions.clear_old(admin()) == {}
    assert Entry.objects.filter(action="accounts.clear_old").count() == 1


def test_sessions_that_are_gone_leave_the_lists(graph):
    user = make_user("an")
    browser = Client()
    browser.force_login(user)
    living = UserSession.objects.create(user=user, session_key=browser.session.session_key, ip="192.0.2.1")
    UserSession.objects.create(user=user, session_key="gone", ip="192.0.2.1")
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=2))
    actions.clear_old(admin())
    assert list(UserSession.objects.all()) == [living]


def test_only_who_manages_all_accounts_clears(graph):
    with pytest.raises(NotAllowed):
        actions.clear_old(granted(("administrator", graph["soyte"])))
