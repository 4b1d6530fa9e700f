"""Signing in by a real OpenID Connect provider in a process of its own."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.test import Client
from province import make_user

from vonggac.desk.accounts.models import User
from vonggac.desk.audit.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def issuer():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(__file__).with_name("provider.py")
    process = subprocess.Popen([sys.executable, str(program), str(port)])
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            requests.get(f"{address}/keys", timeout=1)
            break
        except requests.ConnectionError:
            time.sleep(0.05)
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture
def service(issuer, settings, tmp_path):
    """The provider as our sign-on service; a function that says how it answers from now on."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    settings.VONGGAC = dataclasses.replace(
        django_settings.VONGGAC,
        oidc_issuer=issuer,
        oidc_client_id="vonggac",
        oidc_secret_file=secret,
        oidc_name="Cổng tỉnh",
        public_url="http://testserver",
    )

    def say(**control):
        requests.post(f"{issuer}/control", json=control, timeout=5)

    say(claims={"email": "lan@vonggac.example", "email_verified": True})
    return say


def go(client, wanted=""):
    """To the service and back, as a browser goes; the answer of our callback."""
    response = client.post("/account/sign-on/", {"next": wanted})
    assert response.status_code == 302, response.status_code
    if response["Location"].startswith("/"):
        return response
    back = requests.get(response["Location"], allow_redirects=False, timeout=5).headers["Location"]
    assert back.startswith("http://testserver/account/sign-on/callback/?")
    return client.get(back.removeprefix("http://testserver"))


def is_in(client):
    return "_auth_user_id" in client.session


def test_without_settings_there_is_none(client):
    assert "sign-on" not in client.get("/account/login/").content.decode()
    assert client.post("/account/sign-on/").status_code == 404
    assert client.get("/account/sign-on/callback/?code=x&state=y").status_code == 404


def test_the_first_time_by_verified_address_then_by_subject(client, service):
    user = make_user("lan", email_verified=True)
    assert "Cổng tỉnh" in client.get("/account/login/").content.decode()
    assert go(client, "/account/sessions/")["Location"] == "/account/sessions/"
    assert is_in(client)
    assert Entry.objects.filter(action="accounts.link").count() == 1
    User.objects.update(email="moved@vonggac.example", email_verified=False)
    service(claims={"email": "other@vonggac.example", "email_verified": True})
    other = Client()
    go(other)
    assert other.session["_auth_user_id"] == str(user.pk)
    assert SocialAccount.objects.get().user == user


@pytest.mark.parametrize(
    ("claims", "local"),
    [
        ({"email": "nobody@vonggac.example", "email_verified": True}, {"email_verified": True}),
        ({"email": "lan@vonggac.example", "email_verified": False}, {"email_verified": True}),
        ({"email": "lan@vonggac.example"}, {"email_verified": True}),
        ({"email": "lan@vonggac.example", "email_verified": "true"}, {"email_verified": True}),
        ({"email": "lan@vonggac.example", "email_verified": True}, {"email_verified": False}),
        ({"email": "lan@vonggac.example", "email_verified": True}, {"email_verified": True, "is_active": False}),
        ({}, {"email_verified": True, "email": ""}),
        # another mailbox, which PostgreSQL takes for the same address where case does not count
        (
            {"email": "lın@vonggac.example", "email_verified": True},
            {"email_verified": True, "email": "lin@vonggac.example"},
        ),
    ],
)
def test_no_account_is_made_and_none_is_taken_by_an_address_that_is_not_sure(client, service, claims, local):
    make_user("lan", **local)
    service(claims=claims)
    assert go(client)["Location"] == "/account/login/"
    assert not is_in(client)
    assert User.objects.count() == 1
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "control",
    [
        {"signature": "wrong"},
        {"signature": "none"},
        {"signature": "hs256"},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"aud": "somebody-else"}},
        {"claims": {"exp": 1}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": 7}},
        {"claims": {"sub": "x" * 5000}},
        {"token": {"id_token": None}},
        {"token": {"id_token": "nonsense"}},
        {"discovery": {"issuer": "https://evil.example"}},
        {"discovery": {"jwks_uri": "http://169.254.169.254/latest/meta-data/"}},
        {"discovery": {"jwks_uri": "http://localhost.evil.example/"}},
        {"discovery": {"jwks_uri": "file:///etc/passwd"}},
        {"discovery": {"token_endpoint": "https://10.0.0.1/token"}},
        {"discovery": {"token_endpoint": "https://[::1]/token"}},
    ],
)
def test_what_is_not_from_the_service_or_leads_elsewhere_opens_nothing(client, service, control):
    make_user("lan", email_verified=True)
    given = {"email": "lan@vonggac.example", "email_verified": True}
    service(**{**control, "claims": {**given, **control.get("claims", {})}})
    assert go(client)["Location"] == "/account/login/"
    assert not is_in(client)


@pytest.mark.parametrize(("subject", "expected"), [("subject-1", True), ("other", False)])
def test_the_address_may_come_from_the_user_info_of_the_same_subject(client, service, subject, expected):
    make_user("lan", email_verified=True)
    service(userinfo={"sub": subject, "email": "lan@vonggac.example", "email_verified": True})
    go(client)
    assert is_in(client) is expected


def test_an_answer_that_this_browser_did_not_ask_for_opens_nothing(client, service):
    make_user("lan", email_verified=True)
    attacker = Client()
    response = attacker.post("/account/sign-on/")
    back = requests.get(response["Location"], allow_redirects=False, timeout=5).headers["Location"]
    assert client.get(back.removeprefix("http://testserver"))["Location"] == "/account/login/"
    assert client.get("/account/sign-on/callback/?error=access_denied&state=x")["Location"] == "/account/login/"
    assert not is_in(client)


def test_nobody_is_sent_elsewhere_afterwards(client, service):
    make_user("lan", email_verified=True)
    assert go(client, "https://evil.example/")["Location"] == "/"


def test_our_second_factor_is_asked_for_unless_the_service_has_seen_one(client, service, graph):
    user = make_user("lan", ("analyst", graph["donghoa"]), email_verified=True)
    TOTP.activate(user, generate_totp_secret())
    assert go(client)["Location"] == "/account/login/code/"
    assert not is_in(client)
    for amr, expected in ((["pwd"], False), ("mfa", False), (["pwd", "mfa"], True)):
        service(claims={"email": "lan@vonggac.example", "email_verified": True, "amr": amr})
        other = Client()
        go(other)
        assert is_in(other) is expected, amr
    assert other.get("/account/").status_code == 200


def test_a_role_that_needs_a_factor_sets_one_up_after_sign_on_without(client, service, graph):
    make_user("lan", ("analyst", graph["donghoa"]), email_verified=True)
    go(client)
    assert client.get("/")["Location"] == "/account/first-factor/"


def test_a_service_that_does_not_answer_is_said(client, service, settings):
    settings.VONGGAC = dataclasses.replace(settings.VONGGAC, oidc_issuer="http://127.0.0.1:1")
    response = client.post("/account/sign-on/", follow=True)
    assert "Cổng tỉnh" in response.content.decode()
    assert response.redirect_chain[-1][0] == "/account/login/"
