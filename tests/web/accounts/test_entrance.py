"""The door: signing in, what must come first, sessions, and the attacks on it."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from province import PASSWORD, admin, make_user

from vonggac.desk.accounts import actions
from vonggac.desk.accounts.models import Lockout, PasswordLink, User
from vonggac.desk.accounts.secret_texts import digest
from vonggac.desk.audit.models import Entry
from vonggac.web.accounts.views import entrance

pytestmark = pytest.mark.django_db
NEW = "mưa chiều bến đợi 88"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(entrance, "EVEN_S", 0.0)


def post_login(client, username, password=PASSWORD, **more):
    return client.post("/account/login/", {"login": username, "password": password, **more})


def code_of(secret, step=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def with_app(user):
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def is_in(client):
    return "_auth_user_id" in client.session


def test_name_and_password_open_a_session_with_a_new_id_and_an_entry(client, graph):
    user = make_user("lan", ("agency_officer", graph["donghoa"]))
    client.get("/account/login/")
    client.post("/language", {"language": "en", "next": "/"})
    before = client.session.session_key
    response = post_login(client, "LAN")
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert is_in(client)
    assert client.session.session_key != before
    assert Entry.objects.filter(action="accounts.sign_in", actor_id=user.pk).count() == 1
    assert UserSession.objects.get(user=user).session_key == client.session.session_key


def test_a_planted_session_is_not_what_somebody_signs_in_with(client):
    """Session fixation: the attacker knows the id that the victim's browser has before signing in."""
    make_user("lan")
    attacker = Client()
    attacker.get("/account/login/")
    attacker.post("/account/password/forgotten/", {"who": "x"})
    attacker.get("/account/invitation/?t=planted")
    planted = attacker.session.session_key
    assert planted
    client.cookies["vonggac_session"] = planted
    post_login(client, "lan")
    assert is_in(client)
    assert client.session.session_key != planted
    assert not is_in(attacker)


def test_wrong_names_and_wrong_passwords_look_alike(client):
    make_user("somebody")
    texts = []
    for username in ("somebody", "whoever"):
        response = post_login(client, username, "wrong-wrong-wrong")
        assert response.status_code == 200
        page = re.sub(r'value="[^"]*"|X-CSRFToken[^}]*}', "", response.content.decode())
        texts.append(page.replace(username, "NAME"))
    assert texts[0] == texts[1]


def test_a_wrong_name_costs_as_much_as_a_wrong_password(client, monkeypatch):
    """Timing: one slow hash either way, shut accounts too."""
    from django.contrib.auth.hashers import get_hasher

    make_user("lan")
    make_user("shut", is_active=False)
    n = []
    hasher = type(get_hasher("default"))
    encode, verify = hasher.encode, hasher.verify
    monkeypatch.setattr(hasher, "encode", lambda *args, **kwargs: (n.append(1), encode(*args, **kwargs))[1])
    monkeypatch.setattr(hasher, "verify", lambda *args, **kwargs: (n.append(1), verify(*args, **kwargs))[1])
    costs = []
    for username in ("lan", "nobody", "shut"):
        n.clear()
        post_login(client, username, "wrong-wrong-wrong")
        costs.append(len(n))
    assert costs == [1, 1, 1]


def test_guessing_ends_in_a_page_that_says_until_when_for_every_name(client):
    make_user("lan")
    for username in ("lan", "nobody"):
        for _ in range(5):
            assert post_login(client, username, "wrong-wrong-wrong").status_code == 200
        response = post_login(client, username)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0
    assert not is_in(client)
    Lockout.objects.all().delete()
    post_login(client, "lan")
    assert is_in(client)


def test_spraying_one_password_over_many_names_is_stopped(client):
    for n in range(30):
        assert post_login(client, f"name{n}", "Mật khẩu chung 2026").status_code == 200
    assert post_login(client, "name77", "Mật khẩu chung 2026").status_code == 429


def test_signing_in_needs_the_token_of_the_form():
    make_user("lan")
    strict = Client(enforce_csrf_checks=True)
    assert post_login(strict, "lan").status_code == 403
    page = strict.get("/account/login/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    assert post_login(strict, "lan", csrfmiddlewaretoken=token).status_code == 302


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "https:///evil.example",
        "///evil.example",
        "/%0d%0aLocation:x@evil.example",
        " //evil.example",
        "http://testserver.evil.example/",
    ],
)
def test_nobody_is_sent_to_another_host_after_signing_in(client, wanted):
    make_user("lan")
    page = client.get("/account/login/", {"next": wanted}).content.decode()
    assert 'value="//' not in page
    assert "evil.example/" not in re.sub(r'href="[^"]*"', "", page.replace("/account/login/", ""))
    response = post_login(client, "lan", next=wanted)
    place = response["Location"]
    assert place.startswith("/")
    assert not place.startswith(("//", "/\\"))
    assert "\r" not in place
    signed_out = client.post("/account/logout/", {"next": wanted})["Location"]
    assert signed_out.startswith("/")
    assert not signed_out.startswith(("//", "/\\"))


def test_somebody_goes_on_where_they_wanted(client, graph):
    make_user("lan", ("agency_officer", graph["donghoa"]))
    assert post_login(client, "lan", next="/account/sessions/")["Location"] == "/account/sessions/"


@pytest.mark.parametrize(
    "path",
    ["/account/signup/", "/account/email/", "/account/confirm-email/", "/account/3rdparty/", "/account/social/signup/"],
)
def test_there_is_no_sign_up(client, path):
    assert client.get(path).status_code == 404
    assert client.post(path, {"username": "x", "password1": PASSWORD}).status_code == 404


def test_a_shut_account_is_told_only_to_who_knows_its_password(client):
    make_user("lan", is_active=False)
    assert "account_inactive" not in post_login(client, "lan", "wrong-wrong-wrong").content.decode()
    response = post_login(client, "lan")
    assert response["Location"] == "/account/inactive/"
    assert not is_in(client)


# -------------------------------------------------------------------------------------------------- what comes first


@pytest.mark.django_db(transaction=True)  # allauth tells of a new factor after the commit
def test_the_first_administrator_changes_the_password_and_sets_up_a_factor_before_anything_else(client):
    password = actions.first_administrator(admin())
    assert post_login(client, "admin", password).status_code == 302
    for path in (
        "/",
        "/accounts/",
        "/organisations/",
        "/account/",
        "/account/tokens/new/",
        "/account/factors/app/add/",
    ):
        assert client.get(path)["Location"] == "/account/password/", path
    weak = client.post("/account/password/", {"password": "short", "password_again": "short"})
    assert weak.status_code == 422
    done = client.post("/account/password/", {"password": NEW, "password_again": NEW})
    assert done.status_code == 302
    for path in ("/", "/accounts/", "/account/tokens/new/", "/account/sessions/"):
        assert client.get(path)["Location"] == "/account/first-factor/", path
    assert client.post("/accounts/invite/", {})["Location"] == "/account/first-factor/"
    assert client.get("/account/first-factor/").status_code == 200
    page = client.get("/account/factors/app/add/")
    secret = client.session["mfa.totp.secret"]
    assert page.status_code == 200
    assert secret in page.content.decode()
    response = client.post("/account/factors/app/add/", {"code": code_of(secret)})
    assert response["Location"] == "/account/factors/codes/"
    codes = client.get("/account/factors/codes/").content.decode()
    assert len(re.findall(r"<li>\d{8}</li>", codes)) == 10
    assert not re.findall(r"<li>\d{8}</li>", client.get("/account/factors/codes/").content.decode()), "shown once"
    assert client.get("/accounts/").status_code == 200
    assert secret not in str(Authenticator.objects.values()), "sealed at rest"


def test_htmx_is_told_to_load_the_page_of_the_step(client, graph):
    client.force_login(make_user("lan", ("analyst", graph["donghoa"])))
    response = client.get("/organisations/", headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == "/account/first-factor/"


def test_a_one_time_password_is_over_after_its_hours(client):
    password = actions.first_administrator(admin())
    User.objects.update(password_expires_at=timezone.now() - timedelta(seconds=1))
    assert post_login(client, "admin", password).status_code == 403
    assert not is_in(client)


def test_a_session_without_a_factor_ends_when_a_role_comes_that_needs_it_and_there_is_one(client, graph):
    user = make_user("lan", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"])
    post_login(client, "lan")
    with_app(user)
    actions.grant(admin(), user.pk, role="analyst", organisation_id=graph.id("donghoa"))
    assert client.get("/account/sessions/")["Location"].startswith("/account/login/")
    assert not is_in(client)


# -------------------------------------------------------------------------------------------------- second factor


def test_the_second_factor_is_asked_for_and_a_code_works_once(client, graph):
    user = make_user("lan", ("analyst", graph["donghoa"]))
    secret = with_app(user)
    assert post_login(client, "lan")["Location"] == "/account/login/code/"
    assert not is_in(client)
    assert client.get("/account/")["Location"].startswith("/account/login/")
    code = code_of(secret)
    assert client.post("/account/login/code/", {"code": code})["Location"] == "/"
    assert is_in(client)
    assert client.get("/account/").status_code == 200
    other = Client()
    post_login(other, "lan")
    assert other.post("/account/login/code/", {"code": code}).status_code == 200
    assert other.post("/account/login/code/", {"code": code_of(secret, -1)}).status_code == 200, "nor an older one"
    assert not is_in(other)


def test_a_code_is_used_once_in_all_processes(client, graph):
    """The memory of another process does not know it: the database does."""
    from django.core.cache import cache

    user = make_user("lan", ("analyst", graph["donghoa"]))
    secret = with_app(user)
    post_login(client, "lan")
    client.post("/account/login/code/", {"code": code_of(secret)})
    cache.clear()
    other = Client()
    post_login(other, "lan")
    other.post("/account/login/code/", {"code": code_of(secret)})
    assert is_in(client)
    assert not is_in(other)


def test_a_recovery_code_works_once(client, graph):
    user = make_user("lan", ("analyst", graph["donghoa"]))
    with_app(user)
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    for expected in (True, False):
        client = Client()
        post_login(client, "lan")
        client.post("/account/login/code/", {"code": f" {code[:4]} {code[4:]}"})
        assert is_in(client) is expected


def test_guessing_codes_is_locked_too(client, graph):
    with_app(make_user("lan", ("analyst", graph["donghoa"])))
    post_login(client, "lan")
    statuses = [client.post("/account/login/code/", {"code": f"{n:06}"}).status_code for n in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert Entry.objects.filter(action="accounts.locked").count() == 1


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x",
        "null",
        "[]",
        "{}",
        '{"id": 1}',
        '{"response": []}',
        '"a"',
        "1e9",
        '{"response": {"userHandle": "%%"}}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"userHandle":"MQ","clientDataJSON":"AA","authenticatorData":"AA","signature":"AA"}}',
    ],
)
def test_broken_passkeys_are_wrong_answers_not_faults(client, graph, sent):
    make_user("lan")
    client.get("/account/login/passkey/", headers={"Accept": "application/json"})
    assert client.post("/account/login/passkey/", {"credential": sent}).status_code in (200, 302)
    assert not is_in(client)
    with_app(make_user("mai", ("analyst", graph["donghoa"])))
    post_login(client, "mai")
    client.get("/account/login/code/")
    assert client.post("/account/login/code/", {"credential": sent}).status_code == 200
    assert not is_in(client)


def test_the_last_factor_of_a_role_that_needs_one_stays(client, signed_in, graph):
    user = make_user("lan", ("analyst", graph["donghoa"]))
    with_app(user)
    signed_in(client, user)
    client.post("/account/factors/app/remove/")
    assert Authenticator.objects.filter(user=user).exists()
    user.grants.all().delete()
    client.post("/account/factors/app/remove/")
    assert not Authenticator.objects.filter(user=user).exists()
    assert Entry.objects.filter(action="accounts.remove_factor").count() == 1


def test_sensitive_pages_ask_again_who_it_is_and_then_go_on(client, signed_in, graph):
    user = make_user("lan", ("agency_officer", graph["donghoa"]))
    signed_in(client, user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 3600}]
    session.save()
    response = client.get("/account/tokens/new/")
    assert response["Location"].startswith("/account/again/?")
    wrong = client.post(response["Location"], {"password": "wrong-wrong-wrong"})
    assert wrong.status_code == 200
    right = client.post(response["Location"], {"password": PASSWORD})
    assert right["Location"] == "/account/tokens/new/"
    assert client.get("/account/tokens/new/").status_code == 200


def test_asking_again_cannot_be_guessed_at(client, signed_in):
    signed_in(client, make_user("lan"), fresh=False)
    statuses = [client.post("/account/again/", {"password": f"wrong-wrong-{n}"}).status_code for n in range(7)]
    assert statuses == [200] * 5 + [429] * 2


# ------------------------------------------------------------------------------------------------------- sessions


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(client, signed_in):
    user = make_user("lan")
    for key, ago in (("seen_at", 1801), ("began_at", 12 * 3600 + 1)):
        signed_in(client, user)
        session = client.session
        session[key] = int(time.time()) - ago
        session.save()
        response = client.get("/account/")
        assert response["Location"] == "/account/login/?next=%2Faccount%2F"
        assert not is_in(client)
    signed_in(client, user)
    session = client.session
    session["seen_at"] = int(time.time()) - 1700
    session.save()
    assert client.get("/account/").status_code == 200
    assert time.time() - client.session["seen_at"] < 60


def test_sessions_are_listed_and_ended_one_or_all(client):
    make_user("lan")
    make_user("other")
    post_login(client, "lan")
    clients = [Client(headers={"user-agent": "Mozilla/5.0 (Android 14) Firefox/130.0"}) for _ in range(3)]
    for one in clients:
        post_login(one, "lan")
    stranger = Client()
    post_login(stranger, "other")
    page = client.get("/account/sessions/").content.decode()
    assert page.count("Firefox · Android") == 3
    first = UserSession.objects.get(session_key=clients[0].session.session_key)
    client.post("/account/sessions/end/", {"session": first.pk})
    assert clients[0].get("/account/").status_code == 302
    assert clients[1].get("/account/").status_code == 200
    theirs = UserSession.objects.get(session_key=stranger.session.session_key)
    assert client.post("/account/sessions/end/", {"session": theirs.pk}).status_code == 404
    assert stranger.get("/account/").status_code == 200
    client.post("/account/sessions/end/")
    assert clients[1].get("/account/").status_code == 302
    assert clients[2].get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200


def test_a_new_password_ends_all_other_sessions(client):
    make_user("lan")
    post_login(client, "lan")
    other = Client()
    post_login(other, "lan")
    wrong = client.post("/account/password/", {"current": "wrong-wrong", "password": NEW, "password_again": NEW})
    assert wrong.status_code == 422
    assert (
        client.post("/account/password/", {"current": PASSWORD, "password": NEW, "password_again": NEW}).status_code
        == 302
    )
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


def test_signing_out_ends_the_session_on_the_server_and_is_recorded(client):
    make_user("lan")
    post_login(client, "lan")
    key = client.session.session_key
    assert client.get("/account/logout/").status_code == 200
    assert is_in(client), "not by a link"
    client.post("/account/logout/")
    assert not Session.objects.filter(session_key=key).exists()
    assert not UserSession.objects.exists()
    assert Entry.objects.filter(action="accounts.sign_out").count() == 1


def test_a_shut_account_loses_its_sessions_at_once(client):
    user = make_user("lan")
    post_login(client, "lan")
    actions.deactivate(admin(), user.pk, user.version)
    assert client.get("/account/").status_code == 302
    assert not is_in(client)


# ------------------------------------------------------------------------------------------- links and invitations


def link_for(user):
    PasswordLink.objects.create(user=user, token_hash=digest("known"), expires_at=timezone.now() + timedelta(hours=1))
    return "known"


def test_whoever_forgot_their_password_learns_nothing_of_accounts(client):
    make_user("lan")
    answers = [
        client.post("/account/password/forgotten/", {"who": who}) for who in ("lan", "nobody", "lan@vonggac.example")
    ]
    assert {(one.status_code, one["Location"]) for one in answers} == {(302, "/account/password/forgotten/sent/")}
    assert PasswordLink.objects.count() == 1


def test_answers_take_the_same_time(monkeypatch, client):
    monkeypatch.setattr(entrance, "EVEN_S", 0.3)
    make_user("lan")
    for who in ("lan", "nobody"):
        begin = time.monotonic()
        client.post("/account/password/forgotten/", {"who": who})
        assert time.monotonic() - begin >= 0.3


def test_a_link_sets_a_password_and_leaves_the_second_factor(client, graph):
    user = make_user("lan", ("analyst", graph["donghoa"]))
    with_app(user)
    other = Client()
    other.force_login(user)
    response = client.get(f"/account/password/new/?t={link_for(user)}")
    assert response["Location"] == "/account/password/new/", "the token leaves the address"
    assert client.get("/account/password/new/").status_code == 200
    response = client.post("/account/password/new/", {"password": NEW, "password_again": NEW})
    assert response["Location"] == "/account/password/new/done/"
    assert not is_in(client)
    assert client.post("/account/password/new/", {"password": NEW, "password_again": NEW}).status_code == 404
    assert other.get("/account/").status_code == 302
    assert post_login(client, "lan", NEW)["Location"] == "/account/login/code/"


@pytest.mark.parametrize("page", ["invitation", "password/new"])
def test_the_token_of_an_opened_link_stands_nowhere_in_the_database(client, page):
    client.get(f"/account/{page}/?t=a-token-that-opens-something")
    kept = client.session
    assert len(list(kept.keys())) == 1
    assert "a-token-that-opens-something" not in str(dict(kept.items()))


def test_a_guessed_link_is_a_page_of_its_own(client):
    client.get("/account/password/new/?t=guess")
    assert client.get("/account/password/new/").status_code == 404
    assert client.get("/account/invitation/").status_code == 404
