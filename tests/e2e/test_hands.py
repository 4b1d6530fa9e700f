"""Hands: the keyboard alone, and a phone."""

from __future__ import annotations

import re

from visiting import PHONE, overflow

FOCUS = """() => {
    const on = document.activeElement, style = getComputedStyle(on), box = on.getBoundingClientRect();
    return {
        tag: on.tagName, text: (on.innerText || on.getAttribute('aria-label') || on.name || '').trim().slice(0, 40),
        // within a date the browser rings its own parts
        ringed: /^date/.test(on.type) || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none',
        seen: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight,
    };
}"""


def test_keys_move_open_search_and_explain(visit, portal):
    page = visit("duty_officer", "/networks/")
    press = page.keyboard.press
    press("j")
    press("j")
    press("k")
    row = page.locator("tr.is-cursor")
    assert row.count() == 1
    assert row.evaluate("row => row === document.activeElement && row.rowIndex === 1")
    press("?")
    assert page.locator("#keys").is_visible()
    for _key in range(4):
        press("Tab")
        # After the last the browser's own buttons come, never the page behind.
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('#keys')")
    press("Escape")
    assert not page.locator("#keys").is_visible()
    assert row.evaluate("row => row === document.activeElement")  # given back
    href = row.get_attribute("data-href")
    press("Enter")
    page.wait_for_url(f"{portal.url}{href}")
    press("/")
    page.keyboard.type("dam sen")
    page.locator("#suggestions a").first.wait_for()
    press("ArrowDown")
    press("Enter")
    page.wait_for_url(re.compile(r"/organisations/\d+/$"))
    assert "Đầm Sen" in page.locator("h1").inner_text()
    press("g")
    press("t")
    page.wait_for_url(f"{portal.url}/")


def test_rows_are_marked_and_a_dialog_gives_the_focus_back(visit, portal):
    page = visit("administrator", "/notices/?state=held")
    press = page.keyboard.press
    press("j")
    press("x")
    press("j")
    press("j")
    press("X")
    assert page.locator("tbody input:checked").count() == 3
    assert page.locator("[data-chosen]").first.inner_text() == "3"
    drop = page.locator("button[data-dialog=drop]")
    drop.focus()
    press("Enter")
    assert page.locator("#drop").is_visible()
    assert page.evaluate("document.getElementById('drop').contains(document.activeElement)")
    press("Escape")
    assert drop.evaluate("button => button === document.activeElement")
    assert page.locator("tbody input:checked").count() == 3


def test_the_tab_key_goes_through_a_page_in_order_and_is_seen(visit):
    page = visit("agency_officer", "/people/")
    order = []
    for _key in range(25):
        page.keyboard.press("Tab")
        order.append(page.evaluate(FOCUS))
    assert order[0]["text"] == "Đến thẳng nội dung"
    assert [place for place in order if not place["seen"]] == []
    assert [place for place in order if not place["ringed"]] == []
    page.goto(page.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_signing_in_by_keyboard_alone(visit, portal):
    page = visit("", "/account/login/")
    login = portal.logins["records_clerk"]
    page.focus("[name=login]")
    page.keyboard.type(login["username"])
    page.keyboard.press("Tab")
    page.keyboard.type(login["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.url}/")


def test_a_commune_reports_by_phone(visit, portal):
    page = visit("agency_officer", "/", viewport=PHONE, is_mobile=True, has_touch=True)
    page.tap("[data-open-nav]")
    page.locator(".side nav a").first.wait_for()
    assert page.evaluate("document.querySelector('.side').contains(document.activeElement)")
    page.tap(".side a[href='/people/']")
    page.wait_for_url(f"{portal.url}/people/")
    page.goto(f"{portal.url}/organisations/mine")
    home = page.url.rstrip("/")
    page.goto(f"{home}/people/new")
    page.fill("[name=name]", "Hồ Nguyễn Trường Đặng Thị Ngọc Hoàng Phượng Uyển")
    page.fill("[name=phone]", "0000 000 456")
    button = page.locator("main form.form button.primary")
    box = button.bounding_box()
    assert box["height"] >= 40
    button.tap()
    page.wait_for_url(lambda url: not url.endswith("/new"))
    assert "Phượng Uyển" in page.locator("main").inner_text()
    assert overflow(page) == 0
