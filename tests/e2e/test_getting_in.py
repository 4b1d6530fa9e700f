"""Ways in and out: the first start, an invitation, a passkey, a recovery code, a lost session, signing out everywhere."""

from __future__ import annotations

import re

import pytest
from portal import Portal, one_time_code
from visiting import Visits, sign_in

PASSWORD = "trăng lên đầu bến đò 58"


def set_up_app(page):
    """From the page that asks for a second factor to the first page; the recovery codes that were shown."""
    page.click("a[href='/account/factors/app/add/']")
    seed = page.locator("code.secret").text_content().strip()
    page.fill("[name=code]", one_time_code(seed))
    page.click("form:has([name=code]) button.primary")
    codes = page.locator("ul.codes li")
    codes.first.wait_for()
    found = codes.all_text_contents()
    page.click("main a.button.primary")
    return found


def test_first_start(chromium, tmp_path):
    empty = Portal(tmp_path / "empty")
    people = Visits(chromium, empty)
    try:
        empty.start()
        name, password = empty.wait_for(r"name +(\S+)\s+password +(\S+)").groups()
        page = people.window()
        assert "/account/login/" in page.url
        page.fill("[name=login]", name)
        page.fill("[name=password]", password)
        page.click("main button.primary")

        # The password from the terminal opens nothing but the page that replaces it.
        page.wait_for_url("**/account/password/")
        page.goto(f"{empty.url}/organisations/")
        assert page.url.endswith("/account/password/")
        page.fill("[name=password]", password)
        page.fill("[name=password_again]", password)
        page.click("main button.primary")
        assert page.locator("[aria-invalid=true], .fault, .faults").count() > 0
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=password_again]", PASSWORD)
        page.click("main button.primary")

        # Nor does a password alone.
        page.wait_for_url("**/account/first-factor/")
        page.goto(f"{empty.url}/accounts/")
        assert page.url.endswith("/account/first-factor/")
        assert len(set_up_app(page)) == 10
        page.wait_for_url(f"{empty.url}/")
        assert page.locator(".side a[href='/organisations/']").is_visible()
        page.goto(f"{empty.url}/organisations/")
        assert page.locator("main .empty").count() == 1
    finally:
        people.close()
        empty.stop()
    assert people.faults == []


def test_invitation_from_the_form_to_the_first_page(visit, portal, sink):
    admin = visit("administrator", "/accounts/invite/")
    admin.fill("[name=email]", "moi@songvan.example")
    admin.fill("[name=name]", "Ngô Cầu Vồng")
    admin.check("[name=roles][value=analyst]")
    admin.check("[name=everywhere]")
    admin.click("main form button.primary")
    admin.wait_for_url("**/accounts/invitations/")
    assert "moi@songvan.example" in admin.locator("main").inner_text()

    # All messages are held after set-up: it is looked at, and released by somebody. The link itself is for one pair of eyes.
    admin.goto(f"{portal.url}/notices/?state=held&recipient=moi@songvan.example")
    admin.click("table.queue tbody th a")
    preview = admin.locator("main").inner_text()
    assert "Ngô Cầu Vồng" in preview
    assert "••••" in preview
    assert "?t=" not in preview
    assert not any("moi@songvan.example" in (message["To"] or "") for message in sink.messages)
    admin.click("main header button.primary")
    link = None
    for _try in range(100):
        mine = [message for message in sink.messages if "moi@songvan.example" in (message["To"] or "")]
        if mine:
            link = re.search(
                r"http://localhost:\d+/account/invitation/\S+", mine[0].get_body(("plain",)).get_content()
            )[0]
            break
        admin.wait_for_timeout(200)
    assert link, "nothing arrived"

    guest = visit("", None)
    guest.goto(link)
    assert "t=" not in guest.url  # the token is in no address that stays in a history
    assert guest.input_value("[name=name]") == "Ngô Cầu Vồng"
    guest.fill("[name=username]", "cauvong")
    guest.fill("[name=password]", PASSWORD)
    guest.fill("[name=password_again]", PASSWORD)
    guest.click("main form button.primary")
    guest.wait_for_url("**/account/first-factor/")
    set_up_app(guest)
    guest.wait_for_url(f"{portal.url}/")
    assert guest.locator(".side a[href='/systems/']").is_visible()
    assert guest.locator(".side a[href='/accounts/']").count() == 0

    again = visit("", None)
    again.goto(link)
    assert again.locator("[name=password]").count() == 0


def test_passkey(visit, portal):
    page = visit("responder", "/account/factors/passkeys/add/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})  # fmt: skip
    page.fill("[name=name]", "Máy ở phòng trực")
    page.check("[name=passwordless]")
    page.click("#passkey_add")
    page.wait_for_url(re.compile(r"/account/factors/(codes/|passkeys/)?$"))
    page.goto(f"{portal.url}/account/factors/")
    assert "Máy ở phòng trực" in page.locator("main").inner_text()
    page.click(".topbar details.menu:last-of-type > summary")
    page.click(".topbar form[action='/account/logout/'] button")
    page.wait_for_url("**/account/login/**")
    page.click("#passkey_login")
    page.wait_for_url(f"{portal.url}/")
    page.click(".topbar details.menu:last-of-type > summary")
    assert portal.logins["responder"]["name"] in page.locator(".topbar .who").inner_text()


def test_recovery_code_and_signing_out_everywhere(visits, visit, portal):
    visits.sessions_end = True
    role = "authority_liaison"
    page = visit(role, "/account/factors/codes/new/")
    page.click("main form button.primary")
    code = page.locator("ul.codes li").first.inner_text()

    other = visit("", "/account/login/")
    login = portal.logins[role]
    for shown in (code, None):  # a code opens once
        other.goto(f"{portal.url}/account/login/")
        other.fill("[name=login]", login["username"])
        other.fill("[name=password]", login["password"])
        other.click("main button.primary")
        other.wait_for_url("**/account/login/code/")
        other.fill("[name=code]", shown or code)
        other.click("form:has([name=code]) button.primary")
        if shown:
            other.wait_for_url(f"{portal.url}/")
            other.context.clear_cookies()
    assert other.locator(".fault, .faults, [aria-invalid=true]").count() > 0
    other.context.clear_cookies()
    sign_in(other, portal, role)

    page.goto(f"{portal.url}/account/sessions/")
    page.click("form[action='/account/sessions/end/'] button.danger")
    page.wait_for_load_state()
    other.goto(f"{portal.url}/organisations/")
    assert "/account/login/" in other.url
    page.goto(f"{portal.url}/organisations/")
    assert page.url.endswith("/organisations/")


def test_a_lost_session_keeps_what_was_typed(visits, visit, portal):
    visits.sessions_end = True
    page = visit("", None)
    sign_in(page, portal, "telco_desk")
    page.goto(f"{portal.url}/organisations/mine")
    mine = page.url.rstrip("/")
    page.goto(f"{mine}/people/new")
    page.fill("[name=name]", "Bùi Chưa Kịp Lưu")
    page.context.clear_cookies()
    page.click("main form.form button.primary")
    assert "/account/login/" in page.url or page.locator("h1").inner_text()
    page.context.add_cookies(
        [{"name": "vonggac_session", "value": portal.sessions()[portal.logins["telco_desk"]["username"]], "url": portal.url}]
    )  # fmt: skip
    page.goto(f"{mine}/people/new")
    page.click("[data-take]")
    assert page.input_value("[name=name]") == "Bùi Chưa Kịp Lưu"
    page.click("main form.form button.primary")
    page.wait_for_url(lambda url: not url.endswith("/new"))
    assert "Bùi Chưa Kịp Lưu" in page.locator("main").inner_text()


@pytest.mark.parametrize("role", ["", "administrator"])
def test_language_and_theme_are_chosen_and_stay(visit, portal, role):
    page = visit(role, "/networks/" if role else "/account/login/", color_scheme="light")
    assert page.get_attribute("html", "lang") == "vi"
    page.click("form[action='/language'] button[value=en]")
    page.wait_for_selector("html[lang=en]")
    assert page.locator("h1").inner_text() == ("Networks" if role else "Sign in")
    page.reload()
    assert page.get_attribute("html", "lang") == "en"
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("details.menu:has(button[name=theme]) > summary")
    page.click("button[name=theme][value=dark]")
    page.wait_for_selector("html[data-theme=dark]")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.click("details.menu:has(button[name=theme]) > summary")
    page.click("button[name=theme][value=auto]")
    page.wait_for_selector("html[data-theme=auto]")
    page.click("form[action='/language'] button[value=vi]")
    page.wait_for_selector("html[lang=vi]")
