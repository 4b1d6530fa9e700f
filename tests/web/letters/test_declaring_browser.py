"""The small tables of a declaration in a real Chromium: rows come and go, what was typed comes back, a phone, the reviewer's ticks."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 740}


@pytest.fixture
def task(transactional_db):
    """What Đông Hòa is asked to declare; ``province`` with it."""
    from letter_of import draft
    from province import build_province

    from vonggac.desk.directives.values import ClauseValues

    province = build_province()
    clause = ClauseValues("Khai báo đầu mối, dải địa chỉ, hệ thống", "3", "Đề nghị khai báo.", "declare")
    (found,) = draft(province, clauses=(clause,)).issued().tasks("donghoa")
    found.province = province
    return found


@pytest.fixture
def opened(chromium, live_server, task):
    """Opens a path as somebody; collects what the browser complains about."""
    from signing import sign_in

    faults, contexts = [], []

    def open_page(role, path, **options):
        context = chromium.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **options})
        contexts.append(context)
        cookie = sign_in(Client(), task.province.users[role]).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.route(f"{settings.LIVE_URL}/**", lambda route: route.fulfill(status=204))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def done(page):
    """Chooses the result that asks for the tables."""
    page.locator("input[name=result][value=done]").check()


def test_rows_come_and_go_and_are_sent(opened, task):
    page = opened("agency_officer", f"/work/{task.pk}/answer")
    done(page)
    table = page.locator("[data-rows=networks]")
    rows = table.locator("tbody tr")
    assert rows.count() == 1
    table.locator("[data-add-row]").click()
    page.keyboard.type("203.0.113.0/28")
    table.locator("[data-add-row]").click()
    page.keyboard.type("203.0.113.16/28")
    rows.nth(0).locator("[data-remove-row]").click()
    assert rows.count() == 2
    page.locator("form#record button[type=submit]").click()
    page.wait_for_url(f"**/work/{task.pk}/**")
    page.locator(".toast.success").wait_for()
    values = task.answers.get().values
    assert [row["range"] for row in values["networks"]] == ["203.0.113.0/28", "203.0.113.16/28"]
    assert values["contacts"][0]["value"] == "0000 000 123"
    page = opened("duty_officer", f"/work/{task.pk}/")
    page.goto(page.url + "accept")
    page.locator("input[name=ticked]").first.check()
    page.locator("form#record button[type=submit]").click()
    page.locator(".toast.success").wait_for()
    networks = list(
        task.organisation.networks.filter(valid_until=None).order_by("first").values_list("text", flat=True)
    )
    assert networks == ["203.0.113.0/28", "203.0.113.16/28"]


def test_a_fault_is_beside_its_cell_on_a_phone_and_no_page_is_wider(opened, task):
    page = opened("agency_officer", f"/work/{task.pk}/answer", viewport=PHONE, has_touch=True, color_scheme="dark")
    done(page)
    page.locator("[data-rows=networks] [data-add-row]").click()
    page.keyboard.type("10.1.2.3")
    page.locator("form#record button[type=submit]").click()
    page.locator("[data-rows=networks] .fault").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_was_typed_into_new_rows_is_offered_again(opened, task):
    page = opened("agency_officer", f"/work/{task.pk}/answer")
    done(page)
    table = page.locator("[data-rows=networks]")
    for n in range(3):
        table.locator("[data-add-row]").click()
        page.keyboard.type(f"203.0.113.{n}")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.locator("[data-take]").click()
    typed = [box.input_value() for box in table.locator("tbody input[name$=range]").all()]
    assert typed == ["198.51.100.1-198.51.100.9", "203.0.113.0", "203.0.113.1", "203.0.113.2"]


def test_without_script_there_are_empty_rows(opened, task):
    page = opened("agency_officer", f"/work/{task.pk}/answer", java_script_enabled=False)
    table = page.locator("[data-rows=networks]")
    assert table.locator("tbody tr").count() == 2
    assert table.locator("[data-add-row]").is_hidden()
    assert table.locator("[data-no-script]").is_visible()
