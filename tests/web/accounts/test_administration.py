"""Administration of accounts through its pages."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from province import PASSWORD, make_user

from vonggac.desk.accounts import queries
from vonggac.desk.accounts.models import Grant, Invitation, User
from vonggac.desk.notices.models import Notice, Switch
from vonggac.desk.scope.asker import Held, Origin
from vonggac.desk.scope.roles import PERMISSIONS, ROLES
from vonggac.web.accounts import words

pytestmark = pytest.mark.django_db
NEW = "mưa chiều bến đợi 88"


@pytest.fixture
def boss(client, signed_in, graph):
    return signed_in(client, make_user("boss", ("administrator", None), name="Phạm Quản"))


@pytest.fixture
def branch(signed_in, graph):
    """A browser of an administrator of one branch only."""
    return signed_in(Client(), make_user("branch", ("administrator", graph["soyte"]), organisation=graph["soyte"]))


def test_the_list_narrows_by_every_filter(boss, graph):
    make_user("lan", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"], name="Lê Thị Đường")
    make_user("shut", is_active=False, name="Người nghỉ", organisation=graph["donghoa"])

    def names(query):
        return set(
            re.findall(
                r"<bdi>(Lê Thị Đường|Phạm Quản|Người nghỉ)</bdi></a>", boss.get(f"/accounts/{query}").content.decode()
            )
        )

    assert names("") == {"Lê Thị Đường", "Phạm Quản"}
    assert names("?q=duong") == {"Lê Thị Đường"}
    assert names("?role=administrator") == {"Phạm Quản"}
    assert names("?organisation=donghoa") == {"Lê Thị Đường"}
    assert names("?organisation=ubnd") == {"Lê Thị Đường"}
    assert names("?state=shut") == {"Người nghỉ"}
    assert names("?state=never&q=duong") == {"Lê Thị Đường"}
    assert names("?state=locked") == set()
    assert names("?state=bogus&role=bogus&page=-3") == {"Lê Thị Đường", "Phạm Quản"}


def test_the_list_takes_few_questions_however_long_it_is(boss, graph, django_assert_max_num_queries):
    for n in range(30):
        make_user(f"user{n}", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"])
    with django_assert_max_num_queries(22):  # the navigation counts what waits
        assert boss.get("/accounts/").status_code == 200


def test_an_invitation_goes_from_the_form_to_an_account_that_must_set_up_a_factor(boss, graph):
    page = boss.get("/accounts/invite/").content.decode()
    for role in ROLES:
        assert f'value="{role}"' in page
    sent = {
        "email": "mai@donghoa.example",
        "name": "Trần Mai",
        "organisation_id": "donghoa",
        "language": "vi",
        "roles": ["agency_officer", "analyst"],
    }
    assert boss.post("/accounts/invite/", sent)["Location"] == "/accounts/invitations/"
    assert Notice.objects.filter(template="invitation").count() == 1
    assert "mai@donghoa.example" in boss.get("/accounts/invitations/").content.decode()
    row = Invitation.objects.get()
    assert {(one.role, one.organisation_id) for one in row.grants.all()} == {
        ("agency_officer", graph.id("donghoa")),
        ("analyst", graph.id("donghoa")),
    }
    from vonggac.desk.accounts.secret_texts import digest

    Invitation.objects.update(token_hash=digest("known"))
    guest = Client()
    assert guest.get("/account/invitation/?t=known")["Location"] == "/account/invitation/"
    page = guest.get("/account/invitation/").content.decode()
    assert "Phạm Quản" in page
    assert "Xã Đông Hòa" in page
    assert 'value="mai"' in page
    weak = guest.post(
        "/account/invitation/",
        {"name": "Trần Mai", "username": "BOSS", "language": "vi", "password": "short", "password_again": "shor"},
    )
    assert weak.status_code == 422
    assert "Trần Mai" in weak.content.decode()
    done = guest.post(
        "/account/invitation/",
        {
            "name": "Trần Mai",
            "username": "mai",
            "language": "vi",
            "password": NEW,
            "password_again": NEW,
            "role": "administrator",
        },
    )
    assert done["Location"] == "/"
    assert guest.get("/")["Location"] == "/account/first-factor/"
    user = User.objects.get(username="mai")
    assert {one.role for one in queries.asker_of(user, Origin()).held} == {"agency_officer", "analyst"}
    assert Client().get("/account/invitation/?t=known", follow=True).status_code == 404


def test_a_link_of_somebody_else_does_not_change_who_is_signed_in(boss):
    assert boss.get("/account/password/new/?t=x").status_code == 409
    assert boss.get("/account/invitation/?t=x", follow=True).status_code == 409
    assert boss.get("/accounts/").status_code == 200


def test_the_invite_form_gives_nothing_beyond_the_branch(branch, graph):
    base = {"email": "x@soyte.example", "name": "X", "organisation_id": "soyte", "language": "vi", "roles": ["analyst"]}
    for more in (
        {"place_id": "donghoa"},
        {"place_id": "ubnd"},
        {"organisation_id": "donghoa"},
        {"organisation_id": ""},
    ):
        assert branch.post("/accounts/invite/", {**base, **more}).status_code == 422, more
    branch.post("/accounts/invite/", {**base, "everywhere": "on"})
    places = set(Invitation.objects.values_list("grants__organisation_id", flat=True))
    assert places <= {graph.id("soyte")}, "everywhere is not among what the form takes here"


def test_grants_by_the_form_and_by_hand(boss, branch, graph):
    user = make_user("lan", organisation=graph["benhvien"])
    url = f"/accounts/{user.pk}/grants/new/"
    assert branch.post(url, {"role": "agency_officer", "place_id": "benhvien"}).status_code == 302
    assert branch.post(url, {"role": "administrator", "place_id": "ubnd"}).status_code == 422
    assert branch.post(url, {"role": "administrator", "everywhere": "on", "place_id": ""}).status_code == 422
    assert queries.asker_of(user, Origin()).held == (Held("agency_officer", graph.id("benhvien")),)
    row = Grant.objects.get(user=user)
    page = branch.get(f"/accounts/{user.pk}/").content.decode()
    assert "Bệnh viện Đa khoa tỉnh" in page
    other = make_user("xa", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"])
    assert branch.post(f"/accounts/{user.pk}/grants/{other.grants.get().pk}/revoke/").status_code == 404
    assert branch.post(f"/accounts/{user.pk}/grants/{row.pk}/revoke/").status_code == 302
    assert queries.asker_of(user, Origin()).held == ()


ACTS = (
    "edit",
    "grants/new",
    "deactivate",
    "reactivate",
    "unlock",
    "send-link",
    "one-time-password",
    "reset-factors",
    "end-sessions",
)


@pytest.mark.parametrize("act", ACTS)
def test_a_stranger_and_whoever_holds_less_do_nothing(branch, signed_in, graph, act):
    stranger = make_user("xa", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"])
    big = make_user("big", ("administrator", None), organisation=graph["benhvien"])
    values = {
        "name": "Bị đổi",
        "email": "new@x.example",
        "phone": "",
        "organisation_id": "",
        "role": "administrator",
        "everywhere": "on",
        "version": 1,
    }
    officer = signed_in(Client(), make_user("officer", ("agency_officer", graph["donghoa"])))
    before = list(User.objects.order_by("pk").values())
    assert branch.get(f"/accounts/{stranger.pk}/{act}/").status_code == 404
    assert branch.post(f"/accounts/{stranger.pk}/{act}/", values).status_code == 404
    assert branch.post(f"/accounts/{big.pk}/{act}/", values).status_code in (403, 422)
    assert officer.post(f"/accounts/{stranger.pk}/{act}/", values).status_code == 403
    assert list(User.objects.order_by("pk").values()) == before
    assert not Grant.objects.filter(role="administrator", user__in=(stranger,)).exists()


def test_a_one_time_password_is_shown_once_and_opens_only_the_way_to_a_new_one(boss, graph):
    user = make_user("lan", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"])
    old = Client()
    old.force_login(user)
    assert boss.get(f"/accounts/{user.pk}/one-time-password/").status_code == 200
    page = boss.post(f"/accounts/{user.pk}/one-time-password/").content.decode()
    password = page.split('<code class="secret">')[1].split("<")[0]
    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", password)
    assert old.get("/account/").status_code == 302
    new = Client()
    new.post("/account/login/", {"login": "lan", "password": password})
    assert new.get("/")["Location"] == "/account/password/"
    assert Client().post("/account/login/", {"login": "lan", "password": PASSWORD}).status_code == 200


def test_removing_factors_tells_the_person(boss, graph):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    user = make_user("lan", ("analyst", graph["donghoa"]), organisation=graph["donghoa"])
    TOTP.activate(user, generate_totp_secret())
    assert boss.post(f"/accounts/{user.pk}/reset-factors/").status_code == 302
    assert not Authenticator.objects.filter(user=user).exists()
    assert Notice.objects.filter(template="mfa_reset", user_id=user.pk).exists()


def test_two_administrators_who_edit_at_once(boss, graph):
    user = make_user("lan", organisation=graph["donghoa"])
    page = boss.get(f"/accounts/{user.pk}/edit/").content.decode()
    assert "donghoa · Xã Đông Hòa" in page
    sent = {"name": "Một", "email": user.email, "phone": "", "organisation_id": "donghoa", "version": 1}
    assert boss.post(f"/accounts/{user.pk}/edit/", sent).status_code == 302
    late = boss.post(f"/accounts/{user.pk}/edit/", {**sent, "name": "Hai"})
    assert late.status_code == 409
    assert "Hai" in late.content.decode()


def test_shutting_and_opening(boss, graph):
    user = make_user("lan", organisation=graph["donghoa"])
    assert boss.post(f"/accounts/{user.pk}/deactivate/", {"version": 1}).status_code == 302
    user.refresh_from_db()
    assert not user.is_active
    assert boss.post(f"/accounts/{user.pk}/reactivate/", {"version": 1}).status_code == 409
    assert boss.post(f"/accounts/{user.pk}/reactivate/", {"version": 2}).status_code == 302
    me = User.objects.get(username="boss")
    assert boss.post(f"/accounts/{me.pk}/deactivate/", {"version": me.version}).status_code == 422


@pytest.mark.parametrize("verb", ["resend", "revoke"])
def test_invitations_change_by_post_only_and_by_who_may(boss, branch, graph, verb):
    from province import admin

    from vonggac.desk.accounts import actions

    row, _token = actions.invite(
        admin(),
        email="a@b.example",
        name="A",
        organisation_id=graph.id("donghoa"),
        grants=[actions.GrantValues("analyst", graph.id("donghoa"))],
    )
    boss.get(f"/accounts/invitations/{row.pk}/{verb}/")
    assert branch.post(f"/accounts/invitations/{row.pk}/{verb}/").status_code == 404
    row.refresh_from_db()
    assert (row.n_sent, row.revoked_at) == (1, None)
    boss.post(f"/accounts/invitations/{row.pk}/{verb}/")
    row.refresh_from_db()
    assert row.n_sent == 2 or row.revoked_at is not None


def test_every_role_and_permission_has_its_words():
    assert set(words.ROLE_WORDS) == set(ROLES)
    assert set(words.PERMISSION_TITLES) == PERMISSIONS


def test_pages_that_send_mail_say_that_messages_are_held(boss, graph):
    user = make_user("nam", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"])
    told = "/notices/?state=held"
    sending = [
        "/accounts/invite/",
        "/accounts/invitations/",
        f"/accounts/{user.pk}/send-link/",
        f"/accounts/{user.pk}/reset-factors/",
    ]
    for address in sending:
        assert told in boss.get(address).content.decode(), address
    assert told not in boss.get(f"/accounts/{user.pk}/edit/").content.decode()
    Switch.objects.update_or_create(pk=1, defaults={"is_on": False})
    for address in sending:
        assert told not in boss.get(address).content.decode(), address
