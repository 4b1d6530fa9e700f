"""One's own account, and what can be sent to it that no page offers."""

from __future__ import annotations

import pytest
from django.test import Client
from province import PASSWORD, make_user

from vonggac.desk.accounts import queries
from vonggac.desk.accounts.models import ApiToken, User
from vonggac.desk.scope.asker import Origin

pytestmark = pytest.mark.django_db


def profile_of(user, **more):
    values = {
        "name": user.name,
        "email": user.email,
        "phone": "",
        "language": "vi",
        "theme": "auto",
        "version": user.version,
    }
    return {**values, **more}


def test_somebody_changes_their_own_values_and_the_language_follows(client, signed_in):
    user = make_user("lan")
    signed_in(client, user)
    response = client.post("/account/", profile_of(user, name="Lê Lan", language="en", theme="dark"))
    assert response.status_code == 302
    assert response.cookies["vonggac_language"].value == "en"
    user.refresh_from_db()
    assert (user.name, user.language, user.theme, user.version) == ("Lê Lan", "en", "dark", 2)
    assert "My account" in client.get("/account/").content.decode()


def test_nothing_else_is_taken_from_what_is_sent(client, signed_in, graph):
    """Mass assignment."""
    user = make_user("lan", organisation=graph["donghoa"])
    signed_in(client, user)
    more = {
        "username": "admin", "is_active": "", "must_change_password": "1", "email_verified": "1", "password": "x",
        "organisation": graph.id("ubnd"), "organisation_id": graph.id("ubnd"), "role": "administrator", "id": 1, "pk": 1,
        "is_staff": "1", "is_superuser": "1", "totp_step": "0", "grants": "administrator", "last_login": "2020-01-01",
    }  # fmt: skip
    assert client.post("/account/", profile_of(user, **more)).status_code == 302
    after = User.objects.get(pk=user.pk)
    for name in ("username", "is_active", "must_change_password", "email_verified", "password", "organisation_id"):
        assert getattr(after, name) == getattr(user, name), name
    assert queries.asker_of(after, Origin()).held == ()


def test_a_new_address_is_not_verified_and_needs_a_fresh_proof_and_nobody_elses_is_taken(client, signed_in):
    user = make_user("lan", email_verified=True)
    make_user("other")
    signed_in(client, user, fresh=False)
    response = client.post("/account/", profile_of(user, email="new@vonggac.example"))
    assert response["Location"].startswith("/account/again/")
    signed_in(client, user)
    assert client.post("/account/", profile_of(user, email="OTHER@vonggac.example")).status_code == 422
    assert client.post("/account/", profile_of(user, email="new@vonggac.example")).status_code == 302
    user.refresh_from_db()
    assert user.email == "new@vonggac.example"
    assert not user.email_verified


def test_what_was_typed_goes_on_after_it_was_shown_who_it_is(client, signed_in):
    user = make_user("lan")
    signed_in(client, user, fresh=False)
    again = client.post("/account/", profile_of(user, email="new@vonggac.example"))["Location"]
    client.post(again, {"password": PASSWORD})
    user.refresh_from_db()
    assert user.email == "new@vonggac.example"


def test_the_second_of_two_windows_is_told_and_keeps_what_it_typed(client, signed_in):
    user = make_user("lan")
    signed_in(client, user)
    old = profile_of(user, name="Thứ hai")
    client.post("/account/", profile_of(user, name="Thứ nhất"))
    response = client.post("/account/", old)
    assert response.status_code == 409
    assert "Thứ hai" in response.content.decode()
    user.refresh_from_db()
    assert user.name == "Thứ nhất"


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "a\u202eb"]
)
def test_names_are_written_as_text(client, signed_in, text):
    user = make_user("lan", name=text)
    signed_in(client, user)
    page = client.get("/account/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert ">49<" not in page
    if "\u202e" in text:
        assert client.post("/account/", profile_of(user)).status_code == 422


def test_a_token_is_shown_once_and_holds_only_what_was_chosen(client, signed_in, graph):
    user = make_user("lan", ("agency_officer", graph["donghoa"]))
    signed_in(client, user)
    page = client.get("/account/tokens/new/").content.decode()
    assert "networks.view" in page
    assert "accounts.edit" not in page
    sent = {"name": "kho", "permissions": ["networks.view", "accounts.edit"], "days": "30"}
    assert client.post("/account/tokens/new/", sent).status_code == 422
    response = client.post("/account/tokens/new/", {**sent, "permissions": ["networks.view"]})
    secret = response.content.decode().split('<code class="secret">')[1].split("<")[0]
    assert queries.asker_of_token(secret, Origin("api")).only == {"networks.view"}
    assert "no-store" in response["Cache-Control"]
    assert secret not in client.get("/account/tokens/").content.decode()
    other = Client()
    signed_in(other, make_user("xa"))
    row = ApiToken.objects.get()
    assert other.post(f"/account/tokens/{row.pk}/revoke/").status_code == 404
    client.post(f"/account/tokens/{row.pk}/revoke/")
    assert queries.asker_of_token(secret, Origin("api")) is None


def test_no_page_of_an_account_opens_signed_out(client):
    from vonggac.web.accounts.urls import urlpatterns

    public = {"account_login", "mfa_login_webauthn", "mfa_authenticate", "account_logout", "account_inactive", "sign_on",
              "sign_on_callback", "invitation", "account_reset_password", "account_reset_password_done", "new_password",
              "new_password_done"}  # fmt: skip
    for pattern in urlpatterns:
        path = "/" + str(pattern.pattern)
        for name in ("user_id", "grant_id", "token_id", "invitation_id", "pk"):
            path = path.replace(f"<int:{name}>", "1")
        is_public = pattern.callback.permission == "public"
        assert is_public is (pattern.name in public), pattern.name
        if not is_public:
            for response in (client.get(path), client.post(path)):
                assert response.status_code in (302, 405), path
                assert response.status_code == 405 or response["Location"].startswith("/account/login/?next="), path


def test_no_page_holds_inline_scripts_or_styles(client, signed_in, graph):
    user = make_user("lan", ("administrator", None))
    signed_in(client, user)
    paths = ["/account/", "/account/password/", "/account/factors/", "/account/factors/app/add/", "/account/sessions/",
             "/account/tokens/", "/account/tokens/new/", "/accounts/", "/accounts/invite/", "/accounts/invitations/",
             f"/accounts/{user.pk}/", f"/accounts/{user.pk}/grants/new/", "/account/factors/passkeys/add/"]  # fmt: skip
    import re

    for path in paths:
        page = client.get(path).content.decode()
        assert not re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        for attributes in re.findall(r"<script([^>]*)>", page):
            assert "src=" in attributes or 'type="application/json"' in attributes, path
