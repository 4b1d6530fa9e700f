"""The cleanup report: every address with what became of it, for whoever may, in files that run nothing."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import docx
import pytest
from django.utils import timezone as clock
from listing import make_list, publish
from listing import row as listed
from openpyxl import load_workbook
from province import admin

from vonggac.desk.audit.models import Entry
from vonggac.desk.organisations import actions as directory
from vonggac.desk.work import actions
from vonggac.desk.work.models import Batch, Task
from vonggac.errors import InvalidValues, NotAllowed, NotThere
from vonggac.jobs import cleanup_report
from vonggac.jobs.cleanup_report import Asked

ZONE = timezone(timedelta(hours=7))
EVIL = "=cmd|' /c calc'!A0"
MARKUP = "</w:t></w:r><w:instrText>DDEAUTO</w:instrText>&lt;\x1b[31m\u202e]]>"
CLEANED = {
    "host": "MAY-01", "inner_address": "10.0.0.7", "tool": EVIL, "n_checked": 12, "n_infected": 2, "n_cleaned": 1,
    "received_at": datetime(2026, 11, 1, 1, tzinfo=UTC), "done_at": datetime(2026, 11, 1, 2, tzinfo=UTC), "evidence": "Không còn kết nối\nĐã xem nhật ký",
    "difficulties": "Thiếu người",
}  # fmt: skip


@pytest.fixture
def told(province, infected):
    """Two addresses of Đông Hòa, one reported with a file, and one of Tây Sơn."""
    officer = province.asker("agency_officer")
    one, two, three = infected(), infected("198.51.100.6"), infected("198.51.100.40", "tayson")
    file = actions.add_evidence(officer, one.pk, name="biên bản.pdf", kind="pdf", size=9, sha256="0" * 64)
    actions.submit(officer, one.pk, 1, result="cleaned", values=CLEANED, evidence_ids=[file.pk])
    return one, two, three


def made(asker, form="xlsx", **asked):
    file = io.BytesIO()
    cleanup_report.write(asker, Asked(**asked), form, file, ZONE, str)
    return file


def rows(asker, **asked):
    return list(load_workbook(made(asker, **asked)).worksheets[0].values)


def test_every_address_stands_with_what_became_of_it(province, told):
    head, *found = rows(province.asker("analyst"))
    assert head == (
        "No.", "Organisation", "System (level)", "Public IP", "Inner IP", "Host", "Malware or CVE", "Received at", "Verified at", "Done at",
        "Result", "Tool used", "Hosts checked", "Hosts infected", "Hosts cleaned", "Evidence", "Difficulties", "Proposals", "By whom",
    )  # fmt: skip
    assert [row[3] for row in found] == ["198.51.100.5", "198.51.100.6", "198.51.100.40"]
    row = next(one for one in found if one[3] == "198.51.100.5")
    assert row[1:] == (
        "Xã Đông Hòa", None, "198.51.100.5", "10.0.0.7", "MAY-01", "Mirai", "01/11/2026 08:00", None, "01/11/2026 09:00", "Found and cleaned",
        "'" + EVIL, 12, 2, 1, "Không còn kết nối Đã xem nhật ký biên bản.pdf", "Thiếu người", None, province.users["agency_officer"].name,
    )  # fmt: skip
    assert next(one for one in found if one[3] == "198.51.100.6")[10] == "No report yet"


def test_an_organisation_sees_its_own_and_others_none(province, told):
    assert {row[1] for row in rows(province.asker("agency_officer"))[1:]} == {"Xã Đông Hòa"}
    assert rows(province.asker("stranger"))[1:] == []
    assert len(rows(province.asker("analyst"), organisation_id=province.id("tayson"))) == 2
    assert len(rows(province.asker("analyst"), organisation_id=province.id("ubnd"))) == 4
    with pytest.raises(NotThere):
        rows(province.asker("agency_officer"), organisation_id=province.id("tayson"))
    for role in ("records_clerk", "responder"):
        with pytest.raises(NotAllowed):
            rows(province.asker(role))


def test_who_took_it_along_stands_in_the_record(province, told):
    made(province.asker("agency_officer"), organisation_id=province.id("donghoa"))
    entry = Entry.objects.order_by("seq").last()
    assert (entry.action, entry.organisation_id) == ("work.export_cleanup", province.id("donghoa"))


def test_a_period_and_a_batch_narrow_it(province, told):
    analyst, now = province.asker("analyst"), clock.now()
    assert len(rows(analyst, until=now - timedelta(days=1))) == 1
    assert len(rows(analyst, since=now - timedelta(days=1))) == 4
    batch = Batch.objects.create(title="Danh sách 1", source_type="x", source_id=1, published_at=now)
    for batch_id in (batch.pk, 10**12):
        with pytest.raises(NotThere):
            rows(analyst, batch_id=batch_id)


def test_a_version_of_a_list_takes_what_an_earlier_one_opened(province, told):
    from vonggac.desk.intel.models import IndicatorList, ListRow, ListVersion
    from vonggac.desk.work.models import Tally

    kept = IndicatorList.objects.create(code="b", name="Botnet", kind="botnet")
    version = ListVersion.objects.create(
        indicator_list=kept, file_name="a", size=1, sha256="0" * 64, asker_name="x", via="web"
    )
    batch = Batch.objects.create(
        title="Kỳ 2", source_type="intel.listversion", source_id=version.pk, published_at=clock.now()
    )
    ListRow.objects.create(version=version, number=1, kind="ipv4", role="victim", value=told[0].value, key=told[0].key)
    tally = Tally.objects.create(
        organisation=province["donghoa"], kind="clean_address", batch_id=batch.pk, state="new", is_late=False, n=0
    )
    found = rows(province.asker("analyst"), batch_id=batch.pk)
    assert [row[3] for row in found[1:]] == ["198.51.100.5"]
    assert rows(province.asker("agency_officer"), batch_id=batch.pk)[1:] == found[1:]
    with pytest.raises(NotThere):
        rows(province.asker("stranger"), batch_id=batch.pk)
    tally.delete()


def test_the_document_has_the_form_of_an_official_one(province, told):
    document = docx.Document(made(province.asker("analyst"), "docx", organisation_id=province.id("donghoa")))
    assert [round(one.page_width.mm) for one in document.sections] == [210, 297]
    head, sign, table = document.tables
    assert "ỦY BAN NHÂN DÂN TỈNH THẠCH LÂM\nXÃ ĐÔNG HÒA" in head.cell(0, 0).text
    assert "CỘNG HÒA XÃ HỘI" in head.cell(0, 1).text
    assert len(table.rows) == 3
    assert table.cell(1, 4).text == "Mirai"
    assert "HEAD OF THE UNIT" in sign.cell(0, 1).text
    body = "\n".join(one.text for one in document.paragraphs)
    assert "The list holds 2 addresses" in body
    assert "12 hosts were checked, 2 found infected and 1 cleaned" in body


def test_texts_are_texts_in_either_file(province, infected):
    infected(details={"malware": MARKUP})
    Task.objects.update(subject=MARKUP)
    analyst = province.asker("analyst")
    with zipfile.ZipFile(made(analyst, "docx")) as packed:
        xml = packed.read("word/document.xml").decode()
    assert "<w:instrText>" not in xml
    assert "\x1b" not in xml
    assert "\u202e" not in xml
    assert "&lt;/w:t&gt;" in xml
    book = load_workbook(made(analyst))
    assert [
        cell.coordinate for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ] == []


def test_too_many_rows_are_refused_in_words(province, told, monkeypatch):
    monkeypatch.setitem(cleanup_report.MOST_ROWS, "docx", 2)
    with pytest.raises(InvalidValues, match="more than 2 rows"):
        made(province.asker("analyst"), "docx")


def test_what_lies_with_another_organisation_stands_in_the_report_of_its_list(province):
    analyst = province.asker("analyst")
    botnet = make_list(analyst)
    publish(analyst, botnet, [listed("198.51.100.5"), listed("198.51.100.6"), listed("198.51.100.33")])
    _other, handed, merged = Task.objects.order_by("value")
    actions.submit(
        province.asker("agency_officer"), handed.pk, handed.version, result="not_ours", values={"evidence": "Dải của bệnh viện"}
    )  # fmt: skip
    handed.refresh_from_db()
    actions.hand_over(
        analyst, handed.pk, handed.version, to_organisation_id=province.id("benhvien"), why="của bệnh viện"
    )
    directory.merge(
        admin(), [province.id("donghoa")], successor=province.id("duongmai"), at=clock.now() - timedelta(days=1)
    )
    version = publish(analyst, botnet, [listed("198.51.100.5"), listed("198.51.100.6")])
    assert Task.objects.count() == 3
    found = rows(analyst, batch_id=version.batch_id)[1:]
    assert {(row[1], row[3], row[10]) for row in found} == {
        ("Bệnh viện Đa khoa tỉnh", handed.value, "No report yet"),
        ("Xã Đông Hòa", merged.value, "No report yet"),
    }


def test_what_was_opened_again_has_no_report_yet(province, told):
    analyst, one = province.asker("analyst"), told[0]
    one.refresh_from_db()
    actions.accept(analyst, [(one.pk, one.version)])
    one.refresh_from_db()
    actions.reopen(analyst, [(one.pk, one.version)], "lại thấy")
    row = next(row for row in rows(analyst)[1:] if row[3] == one.value)
    assert row[10] == "No report yet"


def test_what_was_returned_is_not_reported_as_cleaned(province, told):
    analyst, one = province.asker("analyst"), told[0]
    one.refresh_from_db()
    actions.return_(analyst, [(one.pk, one.version)], "thiếu biên bản")
    row = next(row for row in rows(analyst)[1:] if row[3] == one.value)
    assert (row[10], row[12]) == ("Returned", 12)
    report = cleanup_report.collect(analyst, Asked(), 10, ZONE, str)
    assert (report.results["Returned"], report.results["Found and cleaned"], report.hosts["n_cleaned"]) == (1, 0, 0)
