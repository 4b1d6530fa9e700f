"""The scripts of the shell in a real Chromium: the keyboard, drafts that are not lost, menus, the phone, news in place."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def opened(chromium, live_server, transactional_db):
    """Opens a path as the administrator of an invented province; collects what the browser complains about."""
    from province import build_province

    from vonggac.web.accounts.heard import STRONG

    province = build_province()
    client = Client()
    client.force_login(province.users["administrator"], backend=settings.AUTHENTICATION_BACKENDS[0])
    session = client.session
    session[STRONG] = True
    session.save()
    faults, contexts = [], []

    def open_page(path, **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        live = settings.LIVE_URL
        # The live stream is another process, which does not run here.
        page.route(f"{live}/**", lambda route: route.fulfill(status=204))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        hosts = {urlsplit(live_server.url).netloc, urlsplit(live).netloc}
        page.on("request", lambda request: faults.append(request.url) if _host(request.url) not in hosts else None)
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def _host(url):
    parts = urlsplit(url)
    return parts.netloc if parts.scheme.startswith("http") else urlsplit(settings.LIVE_URL).netloc


def test_the_keyboard_moves_opens_finds_and_tells_its_keys(opened):
    page = opened("/organisations/?view=list")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.locator("tr.is-cursor").count() == 1
    first = page.locator("table.queue tbody tr").first
    assert "is-cursor" in first.get_attribute("class")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("j")  # a dialog takes the keys of the page
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("dong hoa")
    page.locator("#suggestions a").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator("#suggestions [aria-selected=true]").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/organisations/\d+/$"))
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url(re.compile(r"^[^/]+//[^/]+/$"))


def test_what_was_typed_is_offered_again(opened):
    page = opened("/organisations/new")
    page.fill("input[name=name]", "Xã Chưa Lưu")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(page.url)
    page.locator("[data-take]").click()
    assert page.input_value("input[name=name]") == "Xã Chưa Lưu"


def test_menus_and_drawers_open_and_shut(opened):
    page = opened("/", viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("[data-open-nav]")
    page.locator(".side nav a").first.wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.side').classList.contains('is-open')")
    page.click(".topbar details.menu:last-of-type > summary")
    assert page.locator(".topbar details.menu:last-of-type .sheet").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".topbar details.menu:last-of-type .sheet").is_visible()


def test_nothing_is_wider_than_a_phone(opened):
    page = opened("/", viewport={"width": 360, "height": 740})
    origin = page.url.rstrip("/")
    for path in ("/", "/search?q=dong", "/components/", "/not-there", "/organisations/?view=list"):
        page.goto(origin + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_a_theme_is_chosen_and_stays(opened):
    page = opened("/search", color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click(".topbar details.menu >> nth=0")
    page.click("button[name=theme][value=dark]")
    page.wait_for_load_state()
    assert page.url.endswith("/search")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_news_are_counted_and_loaded_in_place(opened):
    page = opened("/search?q=dong")
    page.evaluate("document.getElementById('content').dataset.live = 'organisations'")
    news = "document.dispatchEvent(new CustomEvent('vonggac:changed', {detail: {nouns: ['%s'], count: 6}}))"
    page.evaluate(news % "networks")
    assert page.locator(".pill").count() == 0
    page.evaluate(news % "organisations")
    page.evaluate(news % "organisations")
    assert page.locator(".pill").inner_text() == "12 mục mới"
    page.click(".pill")
    page.wait_for_function("!document.querySelector('.pill')")
    assert page.locator("#content .results").count() > 0


def test_relative_times_go_on(opened):
    page = opened("/components/")
    page.evaluate("""() => {
        const time = document.querySelector('time[data-relative]');
        time.dateTime = new Date(Date.now() - 5 * 3600e3 - 60e3).toISOString();
        time.id = 'tried';
        document.dispatchEvent(new Event('visibilitychange'));
    }""")
    assert page.locator("#tried").inner_text() == "5 giờ trước"


def test_a_part_that_fails_says_so(opened):
    page = opened("/")
    page.evaluate("htmx.ajax('GET', '/not-there', {target: '#content'})")
    toast = page.locator(".toast.error")
    toast.wait_for()
    assert "Không có gì ở đây" in toast.inner_text()
    toast.locator("[data-dismiss]").click()
    assert page.locator(".toast").count() == 0


def test_without_scripts_the_frame_still_works(opened):
    page = opened("/", java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.click("[data-open-nav]")
    page.locator(".side nav a").first.wait_for()
    page.goto(page.url.partition("#")[0])
    page.fill("#search", "dong")
    page.press("#search", "Enter")
    page.wait_for_url(re.compile(r"/search\?q=dong"))


def test_axe_finds_no_serious_fault(opened):
    from axe_playwright_python.sync_playwright import Axe

    page = opened("/", reduced_motion="reduce")  # colours of a theme arrive at once
    origin = page.url.rstrip("/")
    for path in ("/", "/search?q=dong", "/components/", "/not-there"):
        page.goto(origin + path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            found = Axe().run(page).response["violations"]
            serious = [
                (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
            assert serious == [], (path, scheme)
