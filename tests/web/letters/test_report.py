"""The pages of reports: begun, edited in place, nothing lost in a conflict; the log of sending; days; the same over the API."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from openpyxl import load_workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def reported(issued):
    """A letter with answers and the draft of a report on it."""
    from answered import begun, some_answers

    return some_answers(issued), begun(issued)


def page(browser, role, path, **form):
    client = browser(role)
    return client.post(path, form, follow=True) if form else client.get(path, follow=True)


def test_a_report_is_begun_once_and_gone_on_with(issued, browser):
    from answered import some_answers

    from vonggac.desk.directives.models import Letter

    some_answers(issued)
    home = f"/letters/{issued.letter.pk}/report"
    assert "report/begin" in page(browser, "records_clerk", home).content.decode()
    assert "report/begin" not in page(browser, "leader", home).content.decode()  # who approves does not write
    first = browser("records_clerk").post(f"{home}/begin")
    again = browser("records_clerk").post(f"{home}/begin")
    assert first["Location"] == again["Location"] == f"/letters/{Letter.objects.get(form='bao_cao').pk}/parts"
    assert browser("leader").post(f"{home}/begin").status_code == 403
    shown = page(browser, "records_clerk", first["Location"]).content.decode()
    assert "Ủy ban nhân dân các xã, phường: 3" in shown
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in shown  # what somebody answered is text
    assert "{{ 7*7 }}" in shown


def test_a_part_is_edited_in_place_and_marked_when_its_figures_move(reported, browser):
    from answered import answer, part_of

    holiday, report = reported
    part = part_of(report, "clause:1")
    home = f"/letters/{report.pk}/parts"
    assert 'id="part-form"' in page(browser, "records_clerk", f"{home}?edit={part.pk}").content.decode()
    assert 'id="part-form"' not in page(browser, "leader", f"{home}?edit={part.pk}").content.decode()
    form = {"do": "save", "heading": "Bóc gỡ", "text": "Đã xong.\n- Một ý.", "version": report.version}
    shown = page(browser, "records_clerk", f"{home}/{part.pk}", **form).content.decode()
    assert "Đã xong." in shown
    report.refresh_from_db()
    answer(holiday, "nhamang1", 1, "no", reason="Chưa có nhân lực")
    shown = page(browser, "records_clerk", f"{home}/renew", version=report.version).content.decode()
    assert 'class="moved"' in shown
    report.refresh_from_db()
    shown = page(browser, "records_clerk", f"{home}/{part.pk}", do="keep", version=report.version).content.decode()
    assert 'class="moved"' not in shown
    report.refresh_from_db()
    page(browser, "records_clerk", f"{home}/{part.pk}", do="reset", version=report.version)
    part.refresh_from_db()
    assert part.text is None


def test_of_two_editors_the_second_keeps_what_they_typed(reported, browser):
    from answered import part_of

    _holiday, report = reported
    part = part_of(report, "overview")
    way = f"/letters/{report.pk}/parts/{part.pk}"
    form = {"do": "save", "heading": "Chung", "version": report.version}
    assert browser("records_clerk").post(way, {**form, "text": "Người thứ nhất."}).status_code == 302
    second = browser("records_clerk").post(way, {**form, "text": "Người thứ hai viết nhiều."})
    assert second.status_code == 409
    shown = second.content.decode()
    assert "Người thứ hai viết nhiều." in shown
    report.refresh_from_db()
    assert f'name="version" value="{report.version}"' in shown
    wrong = browser("records_clerk").post(
        way, {**form, "version": report.version, "text": "ẩn\u202e", "heading": "Chung"}
    )
    assert wrong.status_code == 422
    assert browser("records_clerk").post(way, {"do": "save", "version": "x"}).status_code == 422


def test_parts_are_added_moved_left_out_and_put_back(reported, browser):
    from answered import part_of

    from vonggac.desk.directives.models import ReportPart

    _holiday, report = reported
    home = f"/letters/{report.pk}/parts"

    def send(path, **form):
        report.refresh_from_db()
        return page(browser, "records_clerk", f"{home}/{path}", version=report.version, **form).content.decode()

    assert "Đánh giá chung" in send("add", heading="Đánh giá chung", text="Tốt.")
    own = ReportPart.objects.get(letter=report, key="")
    assert own.n == 8
    send(str(own.pk), do="up")
    own.refresh_from_db()
    assert own.n == 7
    missing = part_of(report, "missing")
    assert 'value="put-back"' in send(str(missing.pk), do="leave-out")
    assert 'value="put-back"' not in send(str(missing.pk), do="put-back")
    send(str(own.pk), do="leave-out")
    assert not ReportPart.objects.filter(pk=own.pk).exists()
    assert "Mở đầu khác" in send("ends", opening="Mở đầu khác", closing="Kết khác")
    report.refresh_from_db()
    assert report.closing == "Kết khác"


def test_head_and_recipients_are_written_as_they_are_called(reported, browser, province):
    from vonggac.desk.directives.models import Addressee

    _holiday, report = reported
    way = f"/letters/{report.pk}/parts/head"
    client = browser("records_clerk")
    assert "Ủy ban nhân dân tỉnh Thạch Lâm" in client.get(way).content.decode()
    form = {
        "version": report.version, "subject": "Kết quả dịp nghỉ lễ", "symbol": "BC-SKHCN", "signer_title": "PHÓ GIÁM ĐỐC", "signer_for": "KT. GIÁM ĐỐC",
        "addressed": "Ủy ban nhân dân tỉnh Thạch Lâm;\nBộ Khoa học Mẫu.", "to_report": "Các doanh nghiệp viễn thông", "to_archive": "VT, CNTT",
    }  # fmt: skip
    assert client.post(way, form)["Location"] == f"/letters/{report.pk}/parts"
    report.refresh_from_db()
    assert (report.form, report.about_id, report.subject) == ("bao_cao", _holiday.letter.pk, "Kết quả dịp nghỉ lễ")
    lines = list(Addressee.objects.filter(letter=report).order_by("n"))
    assert [(one.role, one.is_addressed, str(one)) for one in lines] == [
        ("report", True, "Ủy ban nhân dân tỉnh Thạch Lâm"), ("report", True, "Bộ Khoa học Mẫu"),
        ("report", False, "Các doanh nghiệp viễn thông"), ("archive", False, "VT, CNTT"),
    ]  # fmt: skip
    assert (lines[0].organisation_id, lines[1].words, lines[2].group.code) == (
        province.id("ubnd"),
        "Bộ Khoa học Mẫu",
        "telcos",
    )
    assert report.parts.count() == 11
    late = client.post(way, {**form, "subject": "Người thứ hai"})
    assert late.status_code == 409
    assert "Người thứ hai" in late.content.decode()
    assert client.post(way, {**form, "version": report.version, "subject": ""}).status_code == 422
    assert browser("agency_officer").get(way).status_code == 403
    assert browser("stranger").get(way).status_code == 403


def test_files_are_asked_for_watched_and_taken(reported, browser, tmp_path, monkeypatch):
    from vonggac.documents import pdf
    from vonggac.jobs import letter_report
    from vonggac.web.letters import files

    _holiday, report = reported
    settings = replace(django_settings.VONGGAC, data_dir=tmp_path)
    monkeypatch.setattr(files, "SETTINGS", settings)
    monkeypatch.setattr(pdf, "is_there", lambda: False)  # LibreOffice is tried in tests/jobs
    home = f"/letters/{report.pk}/parts"
    assert browser("leader").post(f"{home}/make").status_code == 403
    assert 'hx-trigger="every 2s"' in page(browser, "records_clerk", f"{home}/make", do="make").content.decode()
    assert letter_report.run_pending(settings) == 1
    shown = page(browser, "leader", home).content.decode()
    assert 'hx-trigger="every 2s"' not in shown
    assert "apt-get install libreoffice-writer-nogui fonts-liberation2" in shown
    taken = browser("leader").get(f"{home}/files/draft_docx")
    assert taken["Content-Disposition"].startswith("attachment")
    assert b"".join(taken.streaming_content).startswith(b"PK")
    for part in ("draft_pdf", "docx", "x"):
        assert browser("leader").get(f"{home}/files/{part}").status_code == 404
    assert browser("agency_officer").get(f"{home}/files/draft_docx").status_code == 404


@pytest.mark.parametrize("role", ["agency_officer", "telco_desk", "stranger"])
def test_recipients_and_strangers_find_nothing(reported, browser, role):
    holiday, report = reported
    client = browser(role)
    for path in (
        f"/letters/{holiday.letter.pk}/report", f"/letters/{report.pk}/parts", f"/letters/{holiday.letter.pk}/sent",
        f"/letters/{holiday.letter.pk}/sent/export", f"/letters/{holiday.letter.pk}/days/", f"/letters/{holiday.letter.pk}/days/2026-01-01",
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path


def test_the_log_is_read_narrowed_noted_in_and_taken_along(issued, browser):
    home = f"/letters/{issued.letter.pk}/sent"
    shown = page(browser, "records_clerk", home).content.decode()
    for name in ("Xã Đông Hòa", "Ủy ban nhân dân tỉnh Thạch Lâm", "VT, CNTT"):
        assert name in shown
    assert "/a/" not in shown
    only = page(browser, "records_clerk", f"{home}?role=report").content.decode()
    assert "Ủy ban nhân dân tỉnh Thạch Lâm" in only
    assert "Xã Đông Hòa" not in only
    recipient = issued.recipient("tayson")
    way = f"/letters/sent/{recipient.pk}/note"
    today = timezone.localdate()
    assert browser("leader").get(home).status_code == 200
    late = browser("records_clerk").post(way, {"how": "post", "on": (today + timedelta(days=4)).isoformat()})
    assert late.status_code == 422
    shown = page(browser, "records_clerk", way, how="post", on=today.isoformat(), note="Bưu gửi 12").content.decode()
    assert "Bưu gửi 12" in shown
    book = load_workbook(io.BytesIO(b"".join(browser("leader").get(f"{home}/export").streaming_content)))
    rows = {line[0].value: [cell.value for cell in line] for line in book.active.iter_rows(min_row=2)}
    assert "Bưu gửi 12" in rows["Xã Tây Sơn"][5]
    text = browser("leader").get(f"{home}/export?form=csv").content.decode("utf-8-sig")
    assert text.count("\r\n") >= 7
    note = issued.recipient("tayson").sent_notes.get()
    page(browser, "records_clerk", f"/letters/sent/notes/{note.pk}/remove", do="remove")
    assert not issued.recipient("tayson").sent_notes.exists()


def test_a_day_is_read_and_taken_as_a_document(province, browser):
    from answered import answer
    from letter_of import CLAUSES, draft

    today = timezone.localdate()
    daily = [replace(CLAUSES[0], kind="report_day", is_daily=True)]
    holiday = draft(province, clauses=daily, period_from=today, period_until=today + timedelta(days=2)).issued()
    answer(holiday, "tayson", 0, "something", n_incidents=2, what="<script>zq</script>")
    home = f"/letters/{holiday.letter.pk}/days/"
    shown = page(browser, "leader", home).content.decode()
    assert "&lt;script&gt;zq" in shown
    assert "Phường Đường Mai" in shown
    day = holiday.tasks("tayson")[0].details["day"]
    taken = browser("leader").get(f"{home}{day}/docx")
    assert b"".join(taken.streaming_content).startswith(b"PK")
    for text in ("2026-13-01", "x", "1999-01-01"):
        assert browser("leader").get(f"{home}{text}").status_code == 404


def test_the_same_over_the_api(reported, browser):
    from answered import part_of

    holiday, report = reported
    clerk = browser("records_clerk")
    base = f"/api/v1/letters/{report.pk}/parts"

    def send(method, path, **body):
        return getattr(clerk, method)(path, json.dumps(body), content_type="application/json")

    told = clerk.get(base).json()
    assert [one["number"] for one in told["parts"]] == [
        "I.",
        "II.",
        "1.",
        "2.",
        "3.",
        "III.",
        "IV.",
        "V.",
        "I",
        "II",
        "III",
    ]
    assert told["parts"][8]["tables"][0]["columns"][:3] == ["TT", "Cơ quan, đơn vị", "Tiếp nhận"]
    assert send("post", f"/api/v1/letters/{holiday.letter.pk}/report").json()["id"] == report.pk
    part = part_of(report, "overview")
    told = send("put", f"{base}/{part.pk}", version=told["version"], text="Viết qua API.", move=1).json()
    assert told["parts"][0]["key"] == "results"
    moved = next(one for one in told["parts"] if one["id"] == part.pk)
    assert (moved["text"], moved["heading"]) == ("Viết qua API.", part.heading)
    assert send("put", f"{base}/{part.pk}", version=1, text="Cũ").status_code == 409
    told = send("put", f"{base}/{part.pk}", version=told["version"], text=None).json()
    assert next(one for one in told["parts"] if one["id"] == part.pk)["text"] is None
    told = send("post", f"{base}/renew", version=told["version"]).json()
    added = send("post", base, version=told["version"], heading="Đánh giá", text="Tốt.", after_id=part.pk)
    assert added.status_code == 201
    assert send("post", f"{base}/files").json()["state"] == "waiting"
    assert clerk.get(f"{base}/files").json()["files"] == []
    assert clerk.get(f"{base}/files/draft_docx").status_code == 404
    log = clerk.get(f"/api/v1/letters/{holiday.letter.pk}/sent").json()
    assert len(log["lines"]) == 6
    recipient = holiday.recipient("tayson")
    noted = send("post", f"/api/v1/letters/sent/{recipient.pk}/notes", how="post", on=timezone.localdate().isoformat())
    assert (noted.status_code, noted.json()["recipient_id"]) == (201, recipient.pk)
    assert browser("agency_officer").get(base).status_code == 404
