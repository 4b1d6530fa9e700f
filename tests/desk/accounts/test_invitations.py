"""Invitations: the only way to an account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from province import admin, granted, make_user

from vonggac.desk.accounts import actions, queries
from vonggac.desk.accounts.actions import GrantValues
from vonggac.desk.accounts.models import Invitation, User
from vonggac.desk.audit.models import Detail
from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import Held, Origin
from vonggac.errors import InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db
PASSWORD = "thuyền về bến cũ 2031"


def invited(graph, asker=None, email="mai@donghoa.example", **more):
    grants = more.pop("grants", [GrantValues("agency_officer", graph.id("donghoa"))])
    return actions.invite(
        asker or admin(),
        email=email,
        name="Trần Thị Mai",
        organisation_id=more.pop("home", graph.id("donghoa")),
        grants=grants,
        **more,
    )


def accept(token, username="mai", password=PASSWORD):
    return actions.accept(
        token, Origin("web"), username=username, name="Trần Thị Mai", password=password, again=password, language="vi"
    )


def test_an_invitation_opens_an_account_once_with_what_it_promised(graph):
    row, token = invited(graph)
    assert token not in str(Invitation.objects.values()), "only the hash is kept"
    assert token not in "".join(Detail.objects.values_list("content", flat=True))
    offer = queries.offer_of(token)
    assert (offer.invited_by, offer.needs_second_factor) == ("Vọng Gác", False)
    user = accept(token)
    assert user.email_verified
    assert user.check_password(PASSWORD)
    assert queries.asker_of(user, Origin()).held == (Held("agency_officer", graph.id("donghoa")),)
    with pytest.raises(NotThere):
        accept(token, username="again")
    row.refresh_from_db()
    assert row.user_id == user.pk


def test_the_link_is_sent_through_the_outbox_sealed(graph):
    _row, token = invited(graph)
    notice = Notice.objects.get(template="invitation")
    assert notice.recipient == "mai@donghoa.example"
    assert token not in str(notice.values)


def test_an_invitation_ends_is_taken_back_and_is_sent_anew(graph):
    row, old = invited(graph)
    new = actions.resend(admin(), row.pk)
    with pytest.raises(NotThere):
        queries.offer_of(old)
    assert queries.offer_of(new)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotThere):
        accept(new)
    third = actions.resend(admin(), row.pk)
    actions.revoke_invitation(admin(), row.pk)
    with pytest.raises(NotThere):
        accept(third)
    with pytest.raises(NotThere):
        actions.resend(admin(), row.pk)
    assert not User.objects.exists()


def test_an_invitation_gives_no_more_than_who_invites_holds_then_and_still(graph):
    with pytest.raises(InvalidValues):
        invited(graph, granted(("administrator", graph["soyte"])))
    boss = make_user("boss", ("administrator", graph["donghoa"]), organisation=graph["donghoa"])
    _row, token = invited(graph, queries.asker_of(boss, Origin()))
    assert queries.offer_of(token).invited_by == str(boss)
    boss.grants.all().delete()
    with pytest.raises(NotThere):
        accept(token)
    assert not User.objects.filter(username="mai").exists()


def test_only_who_could_have_sent_it_takes_an_invitation_back(graph):
    row, _token = invited(graph, grants=[GrantValues("administrator", None)])
    here = granted(("administrator", graph["donghoa"]))
    with pytest.raises(NotAllowed):
        actions.resend(here, row.pk)
    with pytest.raises(NotThere):
        actions.revoke_invitation(granted(("administrator", graph["soyte"])), row.pk)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "taken@vonggac.example"}, "email"),
        ({"grants": []}, "role"),
        ({"grants": [GrantValues("god", None)]}, "role"),
        ({"home": 987654}, "organisation_id"),
        ({"language": "xx"}, "language"),
    ],
)
def test_what_cannot_stand_is_said(graph, change, field):
    make_user("taken")
    with pytest.raises(InvalidValues) as error:
        invited(graph, **change)
    assert field in {fault.field for fault in error.value.faults}
    assert not Notice.objects.exists()


def test_one_address_is_not_invited_twice_at_a_time(graph):
    invited(graph)
    with pytest.raises(InvalidValues):
        invited(graph, email="MAI@donghoa.example")


def test_names_and_passwords_of_new_accounts_are_checked(graph):
    make_user("taken")
    _row, token = invited(graph)
    for username, password in (
        ("TAKEN", PASSWORD),
        ("a b", PASSWORD),
        ("ok-name", "short"),
        ("ok-name", "password1234"),
    ):
        with pytest.raises(InvalidValues):
            accept(token, username, password)
    assert accept(token, "ok-name").username == "ok-name"


@pytest.mark.parametrize("guess", ["", "x", "0" * 43, "\x00", "' or 1=1", "ữ" * 50])
def test_a_guessed_link_opens_nothing(graph, guess):
    invited(graph)
    with pytest.raises(NotThere):
        queries.offer_of(guess)
    with pytest.raises(NotThere):
        queries.link_user(guess)
