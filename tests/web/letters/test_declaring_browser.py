"""The small tables of a declaration in a real Chromium: rows come and go, what was typed comes back, a phone, the reviewer's ticks."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 740}


@pytest.fixture
def task(province):
    """What Đông Hòa is asked to declare; ``province`` with it."""
    from letter_of import draft

    from vonggac.desk.directives.values import ClauseValues

    clause = ClauseValues("Khai báo đầu mối, dải địa chỉ, hệ thống", "3", "Đề nghị khai báo.", "declare")
    (found,) = draft(province, clauses=(clause,)).issued().tasks("donghoa")
    found.province = province
    return found


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
