"""Lists through the portal: the way of a file, rows with their work, the roll-up, who sees what."""

from __future__ import annotations

import io

import docx
import pytest

from vonggac.desk.accounts.models import User
from vonggac.desk.intel.models import IndicatorList, ListVersion
from vonggac.desk.work.models import Task

pytestmark = pytest.mark.django_db


def text_of(answer):
    return answer.content.decode()


def test_a_list_is_made_and_taught_about(browser, province):
    client = browser("analyst")
    assert "/lists/new" in text_of(client.get("/lists/"))
    values = {
        "name": "Danh sách tháng", "code": "thang", "kind": "botnet", "issuer": "Cục", "tlp": "amber", "confidence": "70",
        "cadence_days": "30", "expires_days": "90", "note": "",
    }  # fmt: skip
    bad = client.post("/lists/new", {**values, "code": "", "confidence": "170"})
    assert bad.status_code == 422
    answer = client.post("/lists/new", values, follow=True)
    row = IndicatorList.objects.get()
    assert answer.redirect_chain[-1][0] == f"/lists/{row.pk}/"
    assert "Danh sách tháng" in text_of(client.get("/lists/"))
    edited = client.post(f"/lists/{row.pk}/edit", {**values, "name": "Tên mới", "version": row.version})
    assert edited.status_code == 302
    assert client.post(f"/lists/{row.pk}/edit", {**values, "version": row.version}).status_code == 409
    assert IndicatorList.objects.get().name == "Tên mới"


def test_from_the_file_to_work_and_back(browser, province, bring, botnet, first):
    row = bring(first)
    client = browser("analyst")
    home = f"/lists/versions/{row.pk}/"
    columns = text_of(client.get(f"{home}?step=columns"))
    assert columns.count("<select") == 7
    assert "IP nhiễm" in columns
    same = client.post(f"{home}columns", {"version": row.version})
    assert same.status_code == 302
    preview = text_of(client.get(home))
    for name in ("Xã Đông Hòa", "Xã Tây Sơn", "203.0.113.40"):
        assert name in preview
    assert "999.1.1.1" in text_of(client.get(f"{home}?tab=faults"))
    assert "203.0.113.40" in text_of(client.get(f"{home}?tab=nobody"))
    assert "198.51.100.33" not in text_of(client.get(f"{home}?organisation={province.id('donghoa')}"))
    assert not Task.objects.exists()
    row.refresh_from_db()
    assert client.post(f"{home}confirm", {"version": row.version}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.n) == ("published", 1)
    task = Task.objects.get(value="198.51.100.5")
    shown = text_of(client.get(home))
    assert f"/work/{task.pk}/" in shown
    assert f"/work/?batch={row.batch_id}" in shown
    report = f"/work/cleanup/file?batch={row.batch_id}&form=docx"
    assert report.replace("&", "&amp;") in shown
    User.objects.update(language="en")
    assert '<html lang="en"' in text_of(client.get("/lists/"))
    told = io.BytesIO(b"".join(client.get(report)))
    assert "Chi tiết từng địa chỉ tại phụ lục." in "".join(one.text for one in docx.Document(told).paragraphs)


def test_two_confirm_at_once_and_the_second_is_told(browser, bring, first):
    row = bring(first)
    first, second = browser("analyst"), browser("duty_officer")
    where = f"/lists/versions/{row.pk}/confirm"
    assert first.post(where, {"version": row.version}).status_code == 302
    assert second.post(where, {"version": row.version}).status_code == 409
    assert Task.objects.count() == 2


def test_the_mapping_is_corrected_and_remembered(browser, bring, book):
    heads = ("Cột A", "Cột B", "Cột C")
    row = bring(book(("x", "198.51.100.5", "Mirai"), ("y", "198.51.100.6", "Mirai"), heads=heads))
    client = browser("analyst")
    home = f"/lists/versions/{row.pk}/"
    roles = {f"role-{n}": role for n, role in enumerate(("note", "victim", "malware"))}
    assert client.post(f"{home}columns", {"version": row.version, **roles}).status_code == 302
    row.refresh_from_db()
    assert {column["header"]: column["role"] for column in row.columns} == dict(zip(heads, roles.values(), strict=True))
    assert row.rows.filter(role="victim", note="x").exists()
    assert client.post(f"{home}columns", {"version": row.version, "role-1": "chủ nhà"}).status_code == 422


def test_a_given_up_version_says_so_and_makes_room(browser, bring, first):
    row = bring(first)
    client = browser("analyst")
    assert client.post(f"/lists/versions/{row.pk}/abandon", {"version": row.version, "reason": ""}).status_code == 422
    assert (
        client.post(f"/lists/versions/{row.pk}/abandon", {"version": row.version, "reason": "nhầm tệp"}).status_code
        == 302
    )
    assert ListVersion.objects.get(pk=row.pk).state == "abandoned"
    assert bring(first, publish=True).n == 1


def test_the_same_file_leads_to_what_it_became(browser, bring, botnet, first):
    row = bring(first, publish=True)
    again = bring(first)
    assert again.pk == row.pk
    assert ListVersion.objects.count() == 1


def test_the_second_version_beside_the_first(browser, province, bring, botnet, first, book, line):
    bring(first, publish=True)
    second = bring(book(line(1, "198.51.100.5"), line(2, "198.51.100.6")), publish=True)
    client = browser("analyst")
    home = f"/lists/versions/{second.pk}/"
    assert "198.51.100.6" in text_of(client.get(f"{home}?tab=new"))
    assert "198.51.100.33" in text_of(client.get(f"{home}?tab=gone"))
    assert "198.51.100.5<" in text_of(client.get(f"{home}?tab=still"))
    page = text_of(client.get(f"/lists/{botnet.pk}/matrix"))
    assert f"/work/?batch={second.batch_id}&amp;organisation={province.id('donghoa')}" in page
    assert "0/1" in page
    for query in ("?last=24&sort=name", "?last=12&sort=all", "?last=x&sort=x"):
        assert client.get(f"/lists/{botnet.pk}/matrix{query}").status_code == 200
    assert "198.51.100.5" in text_of(client.get(f"{home}?q=198.51.100.5"))


def test_a_row_on_a_warninglist_waits_for_a_person(browser, bring, first):
    row = bring(first)
    waiting = row.rows.get(value="198.51.100.33")
    row.rows.filter(pk=waiting.pk).update(decision="wait", warnings="Máy phân giải công cộng")
    ListVersion.objects.filter(pk=row.pk).update(counts={**row.counts, "waiting": 1})
    client = browser("analyst")
    where = f"/lists/versions/{row.pk}/"
    assert f'name="row" value="{waiting.pk}"' in text_of(client.get(f"{where}?tab=waiting"))
    for form in ({"decision": "ignore"}, {"row": [waiting.pk], "decision": "ignore"}, {"row": ["x"], "reason": "vì"}):
        assert client.post(f"{where}decide", form).status_code == 422
    form = {"row": [waiting.pk], "decision": "ignore", "reason": "Dùng chung"}
    assert client.post(f"{where}decide", form).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.decision, waiting.decision_reason) == ("ignore", "Dùng chung")
    row.refresh_from_db()
    client.post(f"{where}confirm", {"version": row.version})
    assert not Task.objects.filter(value="198.51.100.33").exists()
