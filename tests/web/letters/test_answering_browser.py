"""The page of a letter in a real Chromium: only what a result needs, kept while one types, two windows, no connection, a phone, axe."""

from __future__ import annotations

import re

import pytest
from proofs import png

from vonggac.desk.directives.models import AnswerDraft
from vonggac.desk.work.models import Answer, Evidence

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 740}
LONG = "Tăng cường công tác bảo đảm an toàn thông tin mạng, trực giám sát, rà soát bóc gỡ mã độc, xử lý phản ánh tin nhắn rác dịp nghỉ lễ"


@pytest.fixture
def holiday(province):
    """A letter with a long subject, issued."""
    from letter_of import draft

    return draft(province, subject=LONG).issued()


@pytest.fixture
def opened(opened, holiday):
    """Opens the page of Đông Hòa as somebody."""

    def open_page(role="agency_officer", **options):
        return opened(role, f"/letters/received/{holiday.recipient('donghoa').pk}/", **options)

    return open_page


def saved(page):
    """Waits until the page says that it is kept."""
    page.locator("[data-saved]", has_text=re.compile("Đã lưu lúc")).wait_for()


def test_a_result_shows_what_it_needs_and_everything_is_sent_by_one_button(opened, holiday):
    page = opened()
    duty, machines = holiday.tasks("donghoa")
    page.get_by_role("button", name="Tiếp nhận").click()
    page.locator(".ans-acknowledge").wait_for(state="detached")
    people = page.locator(f'[name="{duty.pk}.n_people"]')
    people.wait_for(state="hidden")
    page.locator("[data-all-done]").click()
    people.wait_for()
    assert not page.locator(f'[name="{duty.pk}.reason"]').is_visible()
    page.keyboard.type("2")  # the first question that is open has the cursor
    assert people.input_value() == "2"
    for name, value in (("day", "31/12"), ("name", "Trần Thị Mẫu"), ("phone", "0000 000 001")):
        page.fill(f'[name="{duty.pk}.people-0-{name}"]', value)
    page.locator(f'#c{machines.pk} .ans-seg label:has(input[value="no"])').click()
    assert not page.locator(f'[name="{machines.pk}.n_servers"]').is_visible()
    page.fill(f'[name="{machines.pk}.reason"]', "Chờ kinh phí")
    page.press(f'[name="{duty.pk}.n_people"]', "Enter")  # sends nothing
    assert not Answer.objects.exists()
    page.get_by_role("button", name="Gửi trả lời").last.click()
    page.wait_for_url("**/sent")
    assert {one.result for one in Answer.objects.all()} == {"done", "no"}


def test_what_is_typed_is_kept_over_a_closed_browser_and_a_lost_connection(opened, holiday):
    page = opened()
    duty = holiday.tasks("donghoa")[0]
    page.locator(f'#c{duty.pk} .ans-seg label:has(input[value="done"])').click()
    page.fill(f'[name="{duty.pk}.n_people"]', "2")
    saved(page)
    page.route("**/draft", lambda route: route.abort())
    page.fill(f'[name="{duty.pk}.n_people"]', "3")
    page.locator("[data-saved].is-not", has_text="mất kết nối").wait_for()
    page.unroute("**/draft")
    saved(page)
    assert AnswerDraft.objects.get().values[f"{duty.pk}.n_people"] == "3"
    page.fill(f'[name="{duty.pk}.n_people"]', "4")
    page.close(run_before_unload=False)
    again = opened()
    assert again.locator(f'[name="{duty.pk}.n_people"]').input_value() in {"3", "4"}
    assert again.locator(f'#c{duty.pk} input[value="done"]').is_checked()


def test_leaving_the_page_keeps_what_was_typed_last(opened, holiday, live_server):
    page = opened()
    duty = holiday.tasks("donghoa")[0]
    page.locator(f'#c{duty.pk} .ans-seg label:has(input[value="done"])').click()
    page.fill(f'[name="{duty.pk}.n_people"]', "7")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(live_server.url + "/letters/received/")
    page.wait_for_timeout(500)
    assert AnswerDraft.objects.get().values[f"{duty.pk}.n_people"] == "7"


def test_two_windows_do_not_overwrite_each_other(opened, holiday):
    duty = holiday.tasks("donghoa")[0]
    one, other = opened(), opened()
    for page, n in ((one, "1"), (other, "2")):
        page.locator(f'#c{duty.pk} .ans-seg label:has(input[value="done"])').click()
        page.fill(f'[name="{duty.pk}.n_people"]', n)
        if page is one:
            saved(page)
    other.get_by_role("button", name="Xem bản của họ").wait_for()
    assert AnswerDraft.objects.get().values[f"{duty.pk}.n_people"] == "1"
    other.get_by_role("button", name="Dùng bản của tôi").click()
    saved(other)
    assert AnswerDraft.objects.get().values[f"{duty.pk}.n_people"] == "2"


def test_a_photo_goes_up_as_soon_as_it_is_chosen_and_can_be_taken_away(opened, holiday, tmp_path):
    page = opened(viewport=PHONE, has_touch=True)
    duty = holiday.tasks("donghoa")[0]
    photo = tmp_path / "lịch trực.png"
    photo.write_bytes(png())
    page.set_input_files(f"#file-{duty.pk}", str(photo))
    page.locator(f"#files-{duty.pk} li", has_text="lịch trực.png").wait_for()
    assert Evidence.objects.get().task_id == duty.pk
    bad = tmp_path / "x.svg"
    bad.write_text("<svg onload='x'/>")
    page.set_input_files(f"#file-{duty.pk}", str(bad))
    page.locator(f"#c{duty.pk} .faults").first.wait_for()
    page.locator(f"#files-{duty.pk} [data-remove]").click()
    page.locator(f"#files-{duty.pk} li").filter(has_text="lịch trực").wait_for(state="detached")
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_sticks_out_and_axe_finds_nothing(opened, holiday, viewport, theme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(viewport=viewport, color_scheme=theme)
    for label in page.locator('.ans-seg label:has(input[value="done"])').all():
        label.click()
    for label in page.locator("details > summary").all():
        if label.is_visible():
            label.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    found = (
        Axe()
        .run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        .response["violations"]
    )
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []


def test_the_centre_returns_from_the_page(opened, holiday):
    from vonggac.desk.directives import actions
    from vonggac.desk.directives.actions import Given

    duty = holiday.tasks("donghoa")[0]
    asker = holiday.province.asker("agency_officer")
    actions.answer(asker, holiday.recipient("donghoa").pk, [Given(duty.pk, "no", {"reason": "Chưa có người"})])
    page = opened("duty_officer")
    page.locator(f"#c{duty.pk} .ans-return > summary").click()
    page.fill(f"#why-{duty.pk}", "Bố trí ngay")
    page.get_by_role("button", name="Trả lại").last.click()
    page.locator(f"#c{duty.pk}", has_text="Bố trí ngay").wait_for()
    assert holiday.tasks("donghoa")[0].state == "returned"
