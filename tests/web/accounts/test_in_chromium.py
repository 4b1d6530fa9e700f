"""First start, second factors and passkeys in a real Chromium, with an authenticator that the browser makes up."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from province import admin

from vonggac.desk.accounts import actions

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "mưa chiều bến đợi 88"


@pytest.fixture
def page(chromium, live_server):
    """A page in Vietnamese with a virtual authenticator; what the browser complains about fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.set_default_navigation_timeout(20_000)
    page.route(f"{settings.LIVE_URL}/**", lambda route: route.fulfill(status=204))
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    context.close()
    assert faults == []


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_in(page, site, username, password):
    page.goto(f"{site}/account/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", password)
    page.locator("main form.form button[type=submit]").click()


def test_first_start_then_an_app_then_a_passkey_alone_opens_the_portal(page, live_server):
    site = live_server.url.replace("127.0.0.1", "localhost")
    password = actions.first_administrator(admin())
    sign_in(page, site, "admin", password)
    page.wait_for_url(re.compile("/account/password/$"))
    page.fill("[name=password]", NEW)
    page.fill("[name=password_again]", NEW)
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(re.compile("/account/first-factor/$"))
    page.locator("main a.button.primary").click()
    assert page.locator("img.qr").evaluate("picture => picture.naturalWidth > 0"), "shown under the policy of the page"
    page.locator("summary", has_text="Không quét được?").click()
    page.fill("[name=code]", code_of(page.locator("code.secret").inner_text()))
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(re.compile("/account/factors/codes/$"))
    codes = page.locator("ul.codes li").all_inner_texts()
    assert len(codes) == 10

    page.goto(f"{site}/account/factors/passkeys/add/")
    page.fill("[name=name]", "Máy bàn của tôi")
    page.locator("#passkey_add").click()
    page.wait_for_url(re.compile("/account/factors/$"))
    assert "Máy bàn của tôi" in page.content()

    page.locator("details.menu summary[aria-label='Tài khoản của tôi']").click()
    page.locator("form[action='/account/logout/'] button").first.click()
    page.wait_for_url(re.compile("/account/login/"))
    page.locator("#passkey_login").click()
    page.wait_for_url(f"{site}/")

    page.context.clear_cookies()
    sign_in(page, site, "admin", NEW)
    page.wait_for_url(re.compile("/account/login/code/$"))
    page.locator("#passkey_authenticate").click()
    page.wait_for_url(f"{site}/")

    page.context.clear_cookies()
    sign_in(page, site, "admin", NEW)
    page.fill("[name=code]", codes[0])
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(f"{site}/")


def test_the_language_switches_before_signing_in(page, live_server):
    site = live_server.url.replace("127.0.0.1", "localhost")
    page.goto(f"{site}/account/login/")
    assert page.locator("h1").inner_text() == "Đăng nhập"
    page.locator("form[action='/language'] button").click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert page.locator("h1").inner_text() == "Sign in"
