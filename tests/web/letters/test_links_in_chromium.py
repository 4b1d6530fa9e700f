"""A commune officer without an account, on a phone, in a real Chromium: from the message to the answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from by_link import code_of, mailboxes, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

PHONE = {"width": 375, "height": 740}
MAIL = "vanthu@tayson.example"
WHO = "Trần Thị Bưởi, công chức văn hóa – xã hội"


@pytest.fixture
def holiday(transactional_db: None) -> Any:
    """The holiday letter, sent, its links asking for a code."""
    from letter_of import draft
    from province import build_province

    province = build_province()
    mailboxes(province)
    return draft(province, links_ask_code=True).issued()


@pytest.fixture
def visited(chromium: Any, live_server: Any, holiday: Any) -> Any:
    """A phone with the link of Tây Sơn open, and all that it asked for; at the end it had nothing to complain about."""
    context = chromium.new_context(viewport=PHONE, reduced_motion="reduce")
    page, asked, faults = context.new_page(), [], []
    page.set_default_timeout(45_000)
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108  # a method of C takes no marks
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(f"{live_server.url}/a/{token_of(MAIL)}")
    yield page, asked
    host = urlsplit(live_server.url).netloc
    assert {urlsplit(one.url).netloc for one in asked} == {host}
    assert {one.all_headers().get("referer", "") for one in asked} == {""}
    context.close()
    assert faults == []


def fits(page: Any) -> None:
    """Nothing of the page stands beyond the edge of the phone, and axe finds nothing that shuts somebody out."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_from_the_message_to_the_answer(visited: Any, holiday: Any) -> None:
    from vonggac.desk.directives.models import AnswerDraft, LinkUse
    from vonggac.desk.work.models import Answer

    page, asked = visited
    token = token_of(MAIL)
    fits(page)
    assert page.locator("nav, .side, .topbar").count() == 0
    page.get_by_role("button", name="Tiếp tục").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/a/code")
    fits(page)
    page.get_by_role("button", name="Gửi mã").click()
    page.get_by_label("Mã", exact=True).wait_for()
    page.keyboard.type(code_of(MAIL))  # the field has the focus
    page.keyboard.press("Enter")
    page.wait_for_url("**/a/form")
    fits(page)
    page.go_back()
    page.go_back()
    assert token not in page.url  # the way back does not lead to the address from the message
    page.goto(page.url.split("/a/")[0] + "/a/form")
    page.fill("#ack-who", WHO)
    page.locator(".ans-acknowledge button").click()
    page.locator(".ans-acknowledge").wait_for(state="detached")
    assert holiday.recipient("tayson").acknowledged_by_name == WHO
    machines = holiday.tasks("tayson")[1]
    card = page.locator(f"#c{machines.pk}")
    card.locator("label").get_by_text("Không thuộc phạm vi của đơn vị").click()
    card.locator(f"[name='{machines.pk}.reason']").fill("Đơn vị không có máy tính")
    page.wait_for_function("() => document.querySelector('[name=draft]').value !== '0'")
    assert AnswerDraft.objects.get().values[f"{machines.pk}.reason"] == "Đơn vị không có máy tính"
    page.locator(".ans-bar button[value=answer]").click()
    page.wait_for_url("**/a/sent?of=*")
    fits(page)
    (answer,) = Answer.objects.all()
    assert (answer.result, answer.by_name, answer.came_by) == ("not_applicable", WHO, "link")
    done = list(LinkUse.objects.order_by("pk").values_list("what", flat=True))
    assert done[:4] == ["seen", "confirmed", "opened", "acknowledged"]
    assert {*done[4:]} >= {"saved", "answered"}
    assert len(set(LinkUse.objects.exclude(what="seen").values_list("browser", flat=True))) == 1
    assert sum(token in one.url for one in asked) <= 3  # the page, its form, and nothing else
    page.get_by_role("button", name="Thoát").click()
    page.get_by_role("heading", name="Bạn đã thoát").wait_for()
    page.goto(page.url.replace("/a/leave", "/a/form"))
    page.get_by_role("heading", name="Liên kết không dùng được").wait_for()
