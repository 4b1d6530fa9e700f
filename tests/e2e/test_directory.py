"""The directory at work: imports, owners in the past, a merger, two editors at once, news from others."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

HEADS = ("Code", "Name", "Kind", "Parent code")


@pytest.fixture
def workbook(tmp_path):
    """``workbook(name, *rows)``: an office file with one sheet of organisations."""

    def make(name, *rows):
        book = Workbook()
        book.active.title = "Organisations"
        for row in (HEADS, *rows):
            book.active.append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return make


def send(page, portal, path):
    page.goto(f"{portal.url}/directory/import/")
    page.set_input_files("#file", path)
    page.click("main form button.primary")
    page.wait_for_url("**/directory/import/*/")
    page.locator(".notice.error, form[action$='/apply']").first.wait_for()


def id_of(portal, code):
    return portal.python(
        f"from vonggac.desk.organisations.models import Organisation as O; print(O.objects.get(code={code!r}).pk)"
    )


def test_import_with_faults_then_without(visit, portal, workbook):
    page = visit("administrator", None)
    wrong = workbook(
        "sai.xlsx",
        ("SV.X.MOI1", "Ủy ban nhân dân xã Ghềnh Ráng", "làng", "SV.KHONG"),
        ("SV.X.MOI2", "", "commune", "SV"),
    )
    send(page, portal, wrong)
    said = page.locator("main").inner_text()
    assert "làng" in said
    assert "SV.KHONG" in said
    assert page.locator("form[action$='/apply']").count() == 0

    right = workbook("dung.xlsx", ("SV.X.MOI1", "Ủy ban nhân dân xã Ghềnh Ráng", "commune", "SV"), ("SV.X.MOI2", "Ủy ban nhân dân xã Vịnh Êm", "commune", "SV"))  # fmt: skip
    send(page, portal, right)
    assert "Ghềnh Ráng" in page.locator("main").inner_text()
    page.click("form[action$='/apply'] button.primary")
    page.locator(".notice.success a[href^='/audit/']").wait_for()
    page.goto(f"{portal.url}/organisations/?q=vinh+em")
    assert "Vịnh Êm" in page.locator("main").inner_text()  # found without its marks


def test_who_owned_an_address_then(visit, portal):
    network = portal.python(
        "from vonggac.desk.organisations.models import Network as N;"
        "print(N.objects.get(organisation__code='SV.XD', valid_until__isnull=False).text)"
    )
    address = (
        network.partition("/")[0].rpartition(".")[0] + "." + str(int(network.partition("/")[0].rpartition(".")[2]) + 1)
    )
    page = visit("duty_officer", "/networks/owner")

    def ask(at):
        page.fill("[name=address]", address)
        page.fill("[name=at]", at)
        page.click("main form button[type=submit]")
        page.locator("#answer").wait_for()
        return page.locator("#answer article h2").all_inner_texts()

    assert ask("2024-03-01T08:00") == ["Sở Xây dựng tỉnh Sông Vân"]
    assert ask("2026-03-01T08:00") == ["Sở Nông nghiệp và Môi trường tỉnh Sông Vân"]


def test_merge_two_and_see_the_history(visit, portal):
    page = visit("administrator", "/organisations/merge")
    for text in ("SV.X.DOCDAI", "SV.X.GIENGDA"):
        page.fill("[name=add]", text)
        page.click("main form.form button[type=submit]")
        page.locator(".picked li", has_text=text).wait_for()
    page.click("button.primary:has-text('Tiếp tục')")
    page.check("[name=who][value=new]")
    page.fill("[name=name]", "Ủy ban nhân dân xã Dốc Đá")
    page.fill("[name=code]", "SV.X.DOCDA")
    page.select_option("[name=kind]", "commune")
    page.fill("[name=at]", "2026-01-01")
    page.fill("[name=basis]", "Nghị quyết 11/NQ-HĐND (giả định)")
    page.click("button[name=step][value=check]")
    page.locator("button[name=step][value=confirm]").wait_for()
    assert "Dốc Đá" in page.locator("main").inner_text()
    page.click("button[name=step][value=confirm]")
    page.locator(".toast.success").wait_for()

    page.goto(f"{portal.url}/organisations/{id_of(portal, 'SV.X.DOCDA')}/history")
    told = page.locator("main").inner_text()
    assert "Dốc Dài" in told
    assert "Giếng Đá" in told
    assert "11/NQ-HĐND" in told
    page.goto(f"{portal.url}/organisations/{id_of(portal, 'SV.X.GIENGDA')}/networks?ended=1")
    assert page.locator("main").inner_text()
    page.goto(f"{portal.url}/organisations/{id_of(portal, 'SV.X.GIENGDA')}/history")
    assert "Dốc Đá" in page.locator("main").inner_text()


def test_the_second_of_two_editors_is_told(visit, portal):
    path = f"/organisations/{id_of(portal, 'SV.TP')}/edit"
    first, second = visit("administrator", path), visit("administrator", path)
    first.fill("[name=address]", "Số 1 đường Trăng Khuyết")
    first.click("main form.form button.primary")
    first.wait_for_url(lambda url: not url.endswith("/edit"))
    second.fill("[name=note]", "Ghi chú của người thứ hai")
    second.click("main form.form button.primary")
    conflict = second.locator("#conflict")
    conflict.wait_for()
    assert "Số 1 đường Trăng Khuyết" in conflict.inner_text()
    assert second.input_value("[name=note]") == "Ghi chú của người thứ hai"
    second.click("main form.form button.primary")
    second.wait_for_url(lambda url: not url.endswith("/edit"))
    third = visit("administrator", path)
    assert third.input_value("[name=address]") == "Số 1 đường Trăng Khuyết"
    assert third.input_value("[name=note]") == "Ghi chú của người thứ hai"


def test_what_one_changes_the_other_sees_without_loading(visit, portal):
    watching = visit("duty_officer", "/organisations/?view=list&q=ngoai")
    name = watching.locator("table.queue tbody th a").first
    assert "Trúc Lâm Ngoài" in name.inner_text()
    watching.evaluate("window.stays = true")
    working = visit("administrator", f"/organisations/{id_of(portal, 'SV.X.TRUCLAM')}/edit")
    working.fill("[name=note]", "Đã gọi điện xác nhận")
    working.click("main form.form button.primary")
    pill = watching.locator(".pill")
    pill.wait_for()
    assert "mới" in pill.inner_text()
    pill.click()
    watching.locator(".pill").wait_for(state="detached")
    assert watching.evaluate("window.stays")
    assert "Trúc Lâm Ngoài" in name.inner_text()
