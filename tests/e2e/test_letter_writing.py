"""A letter is begun and written in a real browser, with the keyboard alone where rows move; nothing typed is lost."""

from __future__ import annotations

from visiting import PHONE, overflow


def test_a_letter_is_begun_moved_about_lost_and_brought_back(visit, portal):
    page = visit("records_clerk", "/letters/new")
    page.fill("[name=period_from]", "2027-02-05")
    page.fill("[name=period_until]", "2027-02-12")
    page.fill("[name=deadline]", "2027-02-14T16:00")
    page.click("#begin button.primary")
    page.wait_for_url("**/edit")
    titles = page.locator("input[name$=-title]")
    n = titles.count()
    assert n > 10

    second = page.input_value("#c1-title")
    page.focus("#c1-down")
    page.keyboard.press("Enter")
    page.locator("#c2-down:focus").wait_for()  # the keyboard stays with the row
    assert page.input_value("#c2-title") == second
    page.focus("#add-clause")
    page.keyboard.press("Enter")
    page.locator(f"#c{n}-title:focus").wait_for()
    page.keyboard.type("Điều mới gõ bằng bàn phím")
    page.select_option("#a0-role", "information")
    page.wait_for_timeout(600)

    page.on("dialog", lambda asked: asked.accept())  # the browser asks whether to leave
    page.reload()
    assert titles.count() == n  # nothing of it was saved
    page.click("[data-take]")
    titles.nth(n).wait_for()
    assert page.input_value(f"#c{n}-title") == "Điều mới gõ bằng bàn phím"
    assert page.input_value("#c2-title") == second
    assert page.input_value("#a0-role") == "information"
    page.click("footer button.primary")
    page.wait_for_selector(".toast.success")
    assert "Điều mới gõ bằng bàn phím" in page.inner_text("main")
    page.goto(page.url + "edit")
    assert page.locator("[data-take]").count() == 0  # what was saved is offered no more


def test_a_leader_approves_on_a_phone(visit, portal):
    clerk = visit("records_clerk", "/letters/new")
    clerk.fill("[name=period_from]", "2027-04-29")
    clerk.fill("[name=period_until]", "2027-05-03")
    clerk.fill("[name=deadline]", "2027-05-05T16:00")
    clerk.click("#begin button.primary")
    clerk.wait_for_url("**/edit")
    number = clerk.url.split("/")[-2]
    phone = visit("leader", f"/letters/{number}/check", viewport=PHONE, has_touch=True, is_mobile=True)
    assert overflow(phone) == 0
    if phone.locator("#confirms").count():
        phone.tap("#confirms")
    phone.tap("main form button.primary")
    phone.wait_for_url(f"**/letters/{number}/")
    phone.wait_for_selector(".toast.success")
    assert overflow(phone) == 0
