"""The queue and the report in a real Chromium: the keyboard, one task beside the list, news in place, a phone."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 740}
LONG = "Ủy ban nhân dân phường Nguyễn Thị Nghĩa Nghiêng Nghiêng thuộc thành phố Thường Xuân Trường Sa"


@pytest.fixture
def desk(transactional_db):
    """The province with some work in several states."""
    from province import build_province

    from vonggac.desk.work import actions
    from vonggac.desk.work.actions import Draft

    province = build_province()
    analyst, officer = province.asker("analyst"), province.asker("agency_officer")
    province.tasks = []
    for n in range(1, 6):
        address = f"198.51.100.{n}"
        details = {"address": address, "malware": "Mirai", "port": "44321", "first_seen": "2026-01-01T01:00:00+00:00"}
        draft = Draft("clean_address", province.id("donghoa"), f"{address} · Mirai", address, details, n)
        province.tasks.append(actions.open_task(analyst, draft))
    actions.begin(officer, province.tasks[4].pk, 1)
    return province


@pytest.fixture
def opened(chromium, live_server, desk):
    """Opens a path as somebody; collects what the browser complains about."""
    from signing import sign_in

    faults, contexts = [], []

    def open_page(role, path, **options):
        context = chromium.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **options})
        contexts.append(context)
        cookie = sign_in(Client(), desk.users[role]).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        # The live stream is another process, which does not run here.
        page.route(f"{settings.LIVE_URL}/**", lambda route: route.fulfill(status=204))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        hosts = {urlsplit(live_server.url).netloc, urlsplit(settings.LIVE_URL).netloc}
        page.on(
            "request",
            lambda request: faults.append(request.url) if urlsplit(request.url).netloc not in hosts else None,
        )
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def test_the_keyboard_moves_opens_beside_acknowledges_and_comments(opened, desk):
    page = opened("agency_officer", "/work/?sort=priority")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("table.work tbody tr").nth(1)
    assert "is-cursor" in second.get_attribute("class")
    page.keyboard.press("Enter")
    page.locator("#beside #task").wait_for()
    assert "198.51.100.2" in page.locator("#beside #task-title").inner_text()
    assert page.url.endswith(f"task={desk.tasks[1].pk}")
    assert page.locator("table.work tbody tr").count() == 5  # beside the list, not instead of it
    page.keyboard.press("a")
    page.locator("table.work tbody tr").nth(1).get_by_text("Đã tiếp nhận").wait_for()
    assert "is-cursor" in page.locator("table.work tbody tr").nth(1).get_attribute("class")
    page.keyboard.press("c")
    page.keyboard.type("Máy ở phòng một cửa")
    assert page.input_value("#comment-text") == "Máy ở phòng một cửa"
    page.click("#say button")
    page.locator("#beside .said").wait_for()
    assert "Máy ở phòng một cửa" in page.locator("#beside .said").inner_text()


def test_a_range_is_chosen_looked_at_done_and_undone(opened, desk):
    from vonggac.desk.work.models import Task

    page = opened("agency_officer", "/work/?sort=priority")
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    assert page.locator("[data-chosen]").inner_text() == "3"
    page.click(".toolbar.many button[value=acknowledge]")
    page.locator("form.report").wait_for()
    assert "3 việc sẽ thay đổi" in page.locator("form.report h2").inner_text()
    page.click("form.report button[type=submit]")
    page.locator("form.undo button").click()
    page.locator(".toast.success").wait_for()
    assert Task.objects.filter(state="new").count() == 4


def test_news_are_counted_and_nothing_moves(opened):
    page = opened("agency_officer", "/work/?state=all")
    news = "document.dispatchEvent(new CustomEvent('vonggac:changed', {detail: {nouns: ['%s'], count: 12}}))"
    page.evaluate(news % "lists")
    assert page.locator(".pill").count() == 0
    first = page.locator("table.work tbody tr").first.get_attribute("id")
    page.keyboard.press("j")
    page.evaluate(news % "work")
    assert page.locator(".pill").first.inner_text() == "12 mục mới"
    assert page.locator("table.work tbody tr").first.get_attribute("id") == first
    page.locator(".pill").first.click()
    page.locator(".pill").first.wait_for(state="detached")
    assert page.locator("tr.is-cursor").get_attribute("id") == first


def test_the_report_on_a_phone_asks_only_what_the_result_needs(opened, desk):
    from vonggac.desk.work.models import Answer

    page = opened("agency_officer", "/work/", viewport=PHONE, has_touch=True, is_mobile=True)
    page.locator("table.work tbody tr th a").first.click()
    page.locator(".task.whole").wait_for()
    page.locator(".task-acts .primary").first.click()  # acknowledge
    page.locator(".toast.success").wait_for()
    page.locator(".task-acts .primary").first.click()  # report
    page.locator(".asked[hidden] [name=tool]").wait_for(state="attached")
    page.locator("label:has([value=not_found])").first.click()
    assert page.locator("[name=tool]").is_visible()
    assert not page.locator("[name=n_cleaned]").is_visible()
    page.locator("label:has([value=cleaned])").first.click()
    page.fill("[name=tool]", "Quét ngoại tuyến")
    page.fill("[name=n_checked]", "3")
    page.fill("[name=n_infected]", "1")
    page.fill("[name=n_cleaned]", "2")
    page.fill("[name=evidence]", "Không còn kết nối ra ngoài")
    page.click("form.report button[type=submit]")
    page.locator("#id_n_cleaned_error").wait_for()
    assert page.input_value("[name=evidence]") == "Không còn kết nối ra ngoài"
    page.fill("[name=n_cleaned]", "1")
    page.click("form.report button[type=submit]")
    page.locator(".toast.success").wait_for()
    assert Answer.objects.get().result == "cleaned"


def test_what_was_typed_survives_a_lost_session(opened, desk):
    page = opened("agency_officer", f"/work/{desk.tasks[0].pk}/answer")
    page.locator("label:has([value=cleaned])").first.click()
    page.fill("[name=evidence]", "Đã kiểm tra nhật ký tường lửa")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(page.url)
    page.locator("[data-take]").click()
    assert page.input_value("[name=evidence]") == "Đã kiểm tra nhật ký tường lửa"


def test_nothing_is_wider_than_a_phone(opened, desk):
    from vonggac.desk.organisations.models import Organisation

    Organisation.objects.filter(pk=desk.id("donghoa")).update(name=LONG)
    page = opened("analyst", "/work/?state=all", viewport=PHONE)
    origin = re.match(r"\w+://[^/]+", page.url)[0]
    task = desk.tasks[0].pk
    for path in ("/work/?state=all", "/work/?state=review", f"/work/{task}/", f"/work/{task}/answer", f"/work/{task}/hand-over",
                 "/work/new", "/work/policies", "/work/calendar", "/work/policies/new"):  # fmt: skip
        page.goto(origin + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def test_axe_finds_no_serious_fault(opened, desk):
    from axe_playwright_python.sync_playwright import Axe

    task = desk.tasks[0].pk
    page = opened("analyst", "/work/?state=all")
    origin = re.match(r"\w+://[^/]+", page.url)[0]
    for path in (
        f"/work/?state=all&task={task}",
        f"/work/{task}/",
        f"/work/{task}/answer",
        "/work/policies",
        "/work/calendar",
        "/work/new",
    ):
        page.goto(origin + path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            found = Axe().run(page).response["violations"]
            serious = [
                (one["id"], [node["html"][:160] for node in one["nodes"]][:3])
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
            assert serious == [], (path, scheme)
