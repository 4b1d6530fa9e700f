"""The leader's one page in a real Chromium: read by eye, by keyboard, on a phone; nothing shuts anybody out."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 740}
LONG = "Ủy ban nhân dân phường Nguyễn Thị Nghĩa Nghiêng Nghiêng thuộc thành phố Thường Xuân Trường Sa"
CHECKED = {"n_servers": 2, "n_workstations": 30, "n_checked": 32, "n_infected": 3, "n_cleaned": 1}


@pytest.fixture
def holiday(province) -> Any:
    """The holiday letter, answered well, badly, late and not at all; one name is long."""
    from datetime import timedelta

    from django.utils import timezone
    from letter_of import draft
    from province import granted

    from vonggac.desk.directives.models import Recipient
    from vonggac.desk.work import actions
    from vonggac.desk.work.models import Task

    issued = draft(province).issued()
    for code, result, more in (("donghoa", "done", {}), ("tayson", "partly", {"reason": "Thiếu công cụ quét"})):
        task = issued.tasks(code)[1]
        who = granted(("agency_officer", issued.province[code]))
        actions.submit(who, task.pk, task.version, result=result, values={**CHECKED, **more})
    past = timezone.now() - timedelta(hours=3)
    late = Task.objects.filter(organisation_id=issued.province.id("duongmai"))
    late.update(finish_due_at=past, due_at=past)
    Recipient.objects.filter(pk=issued.recipient("duongmai").pk).update(name=LONG)
    return issued


@pytest.fixture
def opened(opened: Any, holiday: Any) -> Any:
    """Opens a path as the duty officer."""
    assert holiday.letter.sent_at is not None

    def open_page(path: str, **options: Any) -> Any:
        return opened("duty_officer", path, **options)

    return open_page


def test_a_cell_is_reached_by_keyboard_and_leads_to_its_clause(opened: Any, holiday: Any) -> None:
    page = opened(f"/letters/{holiday.letter.pk}/table")
    task = holiday.tasks("tayson")[1]
    cell = page.locator(f".letter-matrix a[href$='#c{task.pk}']")
    cell.focus()
    assert "Một phần" in cell.inner_text()
    assert cell.locator("svg").count() == 1  # not by colour alone
    box = cell.locator("svg").bounding_box()
    assert box["width"] > 8
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/letters/received/{holiday.recipient('tayson').pk}/**")
    assert page.locator(f"#c{task.pk}").count() == 1


def test_heads_stay_in_sight_and_filters_narrow_the_rows(opened: Any, holiday: Any) -> None:
    page = opened(f"/letters/{holiday.letter.pk}/table", viewport={"width": 900, "height": 700})
    page.evaluate("document.querySelector('.letter-wrap').scrollTo(400, 200)")
    edge = page.locator(".letter-wrap").bounding_box()["x"]
    assert page.locator(".letter-matrix tbody th[scope=row]").first.bounding_box()["x"] - edge < 3
    page.locator("nav.chips a", has_text=re.compile("Quá hạn")).click()
    page.wait_for_url("**show=late**")
    assert page.locator(".letter-matrix tbody th[scope=row]").count() == 1
    assert page.locator(".leader .figure b").first.inner_text().replace("\n", "") == "0/4"  # sums stay those of all


def test_on_a_phone_each_recipient_has_its_clauses_as_chips(opened: Any, holiday: Any) -> None:
    page = opened(f"/letters/{holiday.letter.pk}/table", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    row = page.locator(".letter-matrix tbody tr", has_text=LONG)
    boxes = [cell.bounding_box() for cell in row.locator("td[data-mark]:not(.none)").all()]
    assert len(boxes) == 2
    assert all(box["x"] + box["width"] <= PHONE["width"] for box in boxes)


def test_axe_finds_no_serious_fault(opened: Any, holiday: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    from vonggac.desk.directives.models import Clause

    clause = Clause.objects.get(letter=holiday.letter, kind="check_machines")
    page = opened(f"/letters/{holiday.letter.pk}/table")
    origin = re.match(r"\w+://[^/]+", page.url)[0]
    for path in ("table", f"table/{clause.pk}", "table?show=late&sort=lag"):
        page.goto(f"{origin}/letters/{holiday.letter.pk}/{path}")
        for viewport in (WIDE, PHONE):
            page.set_viewport_size(viewport)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
                found = Axe().run(page).response["violations"]
                serious = [
                    (one["id"], [node["html"][:160] for node in one["nodes"]][:3])
                    for one in found
                    if one["impact"] in ("serious", "critical")
                ]
                assert serious == [], (path, viewport, scheme)
