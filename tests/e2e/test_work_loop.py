"""The warning becomes work: a list is brought in, an agency answers on a phone, the centre reviews, the next list tells whether it held."""

from __future__ import annotations

import io
import json
import time

import pytest
from openpyxl import Workbook, load_workbook
from visiting import PATIENCE_MS, PHONE, overflow

HEADS = ("STT", "Đơn vị", "IP công cộng", "Mã độc", "Lần cuối phát hiện", "Cổng đích", "Máy chủ điều khiển")
OFFICER = """
import json
from django.utils import timezone
from vonggac.desk.accounts.models import User
from vonggac.desk.organisations.models import Network
from vonggac.desk.organisations.validity import valid_at
user = User.objects.get(username={name!r})
place = user.grants.get(role="agency_officer").organisation
network = Network.objects.filter(valid_at(timezone.now()), organisation=place, side="public", first__startswith="0" * 20).order_by("pk").first()
print(json.dumps([place.name, network.first]))
"""


@pytest.fixture(scope="module")
def place(portal):
    """The name of the officer's organisation, and three addresses of its own."""
    name, first = json.loads(portal.python(OFFICER.format(name=portal.logins["agency_officer"]["username"])))
    start = int(first, 16) & 0xFFFFFFFF
    return name, [".".join(str((start + n) >> shift & 255) for shift in (24, 16, 8, 0)) for n in (1, 2, 3)]


def book(path, addresses, day):
    made = Workbook()
    made.active.append(("DANH SÁCH ĐỊA CHỈ IP BOTNET",))
    made.active.append(HEADS)
    for n, address in enumerate(addresses, start=1):
        made.active.append((n, "", address, "Mirai", f"{day} 08:0{n}", 443, "203.0.113.77"))
    made.save(path)
    return path


def bring_in(page, portal, list_id, path, letter):
    """The way of a file, from its choice to its publication; the path of the version."""
    page.goto(f"{portal.url}/lists/{list_id}/import")
    page.set_input_files("#file", path)
    page.fill("[name=letter]", letter)
    page.click("form#record button.primary")
    page.wait_for_url("**/lists/versions/*/**")
    page.locator("form[action$='/columns'] select").first.wait_for()
    roles = [one.input_value() for one in page.locator("form[action$='/columns'] select").all()]
    assert "victim" in roles
    page.click("form[action$='/columns'] button.primary")
    page.locator("form[action$='/confirm'] button.primary").wait_for()
    said = page.locator("main").inner_text()
    page.click("form[action$='/confirm'] button.primary")
    page.locator("#became").wait_for()
    return page.url.split("?")[0].removeprefix(portal.url), said


def state_of(portal, address):
    code = f"from vonggac.desk.work.models import Task; t = Task.objects.get(value={address!r}, kind='clean_address', details__malware='Mirai'); print(t.state, t.pk)"
    state, pk = portal.python(code).split()
    return state, int(pk)


def until(portal, address, state):
    ends = time.monotonic() + PATIENCE_MS / 1000
    while (found := state_of(portal, address)[0]) != state:
        assert time.monotonic() < ends, f"{address} is {found}, not {state}"
        time.sleep(0.3)


def act(page, name, **fields):
    """An act that asks something, in its dialog."""
    page.locator(f".task-acts a[href*='/{name}']").first.click()
    form = page.locator(f"form[action*='/{name}']").last
    for field, value in fields.items():
        form.locator(f"[name={field}]").fill(value)
    form.locator("button.primary, button.danger").last.click()
    page.wait_for_load_state()


def report(page, portal, task_id, photo):
    """The report of the one IT person of an agency, on a phone."""
    page.goto(f"{portal.url}/work/{task_id}/answer")
    assert overflow(page) == 0
    page.set_input_files("[data-evidence] input[type=file]", photo)
    page.locator("main li[data-new]").first.wait_for(timeout=3 * PATIENCE_MS)
    page.check("[name=result][value=cleaned]", force=True)
    page.locator("details.add").evaluate_all("all => all.forEach((one) => (one.open = true))")
    page.fill("[name=received_at]", "2026-10-02T08:00")
    page.fill("[name=done_at]", "2026-10-05T10:00")  # before the next list saw anything
    page.fill("[name=tool]", "Quét ngoại tuyến")
    for name, value in (("n_checked", "12"), ("n_infected", "1"), ("n_cleaned", "1")):
        page.fill(f"[name={name}]", value)
    page.locator("[name=evidence]").first.fill("Quét lại không còn kết nối ra máy chủ điều khiển.")
    assert overflow(page) == 0
    page.click("form#record button.primary")
    page.wait_for_url(lambda url: "/answer" not in url)


def make_list(page, portal):
    """A new list by its form; its id."""
    page.fill("[name=name]", "Danh sách botnet thử nghiệm")
    page.fill("[name=code]", "BOT-E2E")
    page.select_option("[name=kind]", "botnet")
    page.fill("[name=confidence]", "80")
    page.click("form#record button.primary")
    page.wait_for_url("**/lists/*/**")
    return int(
        portal.python(
            "from vonggac.desk.intel.models import IndicatorList as L; print(L.objects.get(code='BOT-E2E').pk)"
        )
    )


def exported(page):
    """The rows of the roll-up's workbook."""
    with page.expect_download() as download:
        page.click("a[href*='/matrix/export']")
    book = load_workbook(io.BytesIO(download.value.path().read_bytes()), read_only=True)
    return [[str(cell) for cell in row] for row in book.active.iter_rows(values_only=True)]


def test_from_the_list_to_the_roll_up(visit, portal, place, tmp_path):
    name, (one, two, three) = place
    centre = visit("analyst", "/lists/new")
    list_id = make_list(centre, portal)
    first, said = bring_in(centre, portal, list_id, book(tmp_path / "ky-1.xlsx", [one, two], "01/10/2026"), "11/CATTT")
    assert name in said
    state, task_id = state_of(portal, one)
    assert state == "new"

    phone = visit("agency_officer", "/work/", viewport=PHONE, has_touch=True, is_mobile=True)
    assert one in phone.locator("main").inner_text()
    assert overflow(phone) == 0
    phone.goto(f"{portal.url}/work/{task_id}/")
    assert overflow(phone) == 0
    phone.locator(".task-acts button.primary").click()
    phone.locator(".toast, .messages").first.wait_for()
    assert state_of(portal, one)[0] == "acknowledged"
    photo = tmp_path / "anh.png"
    phone.screenshot(path=photo)
    report(phone, portal, task_id, photo)
    assert state_of(portal, one)[0] == "submitted"

    centre.goto(f"{portal.url}/work/{task_id}/")
    assert "anh.png" in centre.locator("main").inner_text()
    act(centre, "return", why="Chưa thấy biên bản quét toàn bộ máy")
    assert state_of(portal, one)[0] == "returned"
    phone.goto(f"{portal.url}/work/{task_id}/")
    assert "Chưa thấy biên bản quét" in phone.locator("main").inner_text()
    record = tmp_path / "bien-ban.txt"
    record.write_text("Đã quét 12 máy.", "utf-8")
    report(phone, portal, task_id, record)
    centre.goto(f"{portal.url}/work/{task_id}/")
    act(centre, "accept")
    assert state_of(portal, one)[0] == "accepted"

    # The next list lacks it: not seen again, closed by the machine. Then it is back: opened again, with its history.
    second, said = bring_in(
        centre, portal, list_id, book(tmp_path / "ky-2.xlsx", [two, three], "01/11/2026"), "12/CATTT"
    )
    until(portal, one, "closed")
    third, said = bring_in(
        centre, portal, list_id, book(tmp_path / "ky-3.xlsx", [one, three], "20/11/2026"), "13/CATTT"
    )
    until(portal, one, "reopened")
    assert len({first, second, third}) == 3
    centre.goto(f"{portal.url}/work/{task_id}/")
    assert "Chưa thấy biên bản quét" in centre.locator(".timeline").inner_text()

    # The roll-up says the same as its workbook, and the record of all that was done is whole.
    centre.goto(f"{portal.url}/lists/{list_id}/matrix")
    assert name in centre.locator("table.rollup").inner_text()
    assert any(name in row for row in exported(centre))
    portal.python("from vonggac.desk.audit.verify import verify; assert not verify().faults")
