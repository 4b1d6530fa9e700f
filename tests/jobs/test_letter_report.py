"""The report on a letter as a document: its figures on the pages, hostile answers as plain text, its files made in the background."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from docx import Document
from openpyxl import load_workbook

from vonggac.documents import pdf

pytestmark = pytest.mark.django_db
needs_pages = pytest.mark.skipif(
    not (pdf.is_there() and shutil.which("pdftotext")), reason="LibreOffice or poppler is not installed here"
)


@pytest.fixture
def settings(tmp_path):
    return replace(django_settings.VONGGAC, data_dir=tmp_path)


@pytest.fixture
def reported(province):
    """A letter with answers and the draft of a report on it."""
    from answered import begun, some_answers
    from letter_of import draft

    holiday = some_answers(draft(province).issued())
    return holiday, begun(holiday)


def pages(path: Path) -> list[str]:
    """The text of each page."""
    command = ["pdftotext", "-layout", str(path), "-"]
    text = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout.decode()
    return text.split("\f")[:-1]


def sizes(path: Path) -> list[tuple[float, float]]:
    """Width and height of each page in points."""
    command = ["pdfinfo", "-f", "1", "-l", "99", str(path)]
    told = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout.decode()
    return [(float(w), float(h)) for w, h in re.findall(r"size:\s+([\d.]+) x ([\d.]+)", told)]


@needs_pages
def test_the_pages_have_the_figures_their_numbers_and_the_appendices_across(reported, tmp_path):
    from answered import HOSTILE, part_of

    from vonggac.jobs.letter_report import docx_of

    _holiday, report = reported
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf.to_pdf(docx_of(report), timeout_s=120))
    found, shapes = pages(path), sizes(path)
    whole = " ".join(" ".join(found).split())
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "BÁO CÁO", "Kính gửi: Ủy ban nhân dân tỉnh Thạch Lâm", "I. TÌNH HÌNH CHUNG",
        "II. KẾT QUẢ THỰC HIỆN TỪNG NỘI DUNG", "1. Trực và giám sát 24/7 (mục 1.a)", "2. Rà soát, bóc gỡ mã độc (mục 1.c)", "III. KHÓ KHĂN",
        "số máy trạm: 2.060", "số máy đã kiểm tra: 2.064", "Còn 2 máy nhiễm mã độc chưa được làm sạch (Xã Tây Sơn: 2)",
        "V. ĐƠN VỊ CHƯA BÁO CÁO", "kính báo cáo./.", "GIÁM ĐỐC", "Nguyễn Văn Mẫu", "Lưu: VT, CNTT.", "PHỤ LỤC I", "PHỤ LỤC II", "PHỤ LỤC III",
    ):  # fmt: skip
        assert words in whole, words
    assert HOSTILE in whole.replace("’", "'")
    assert "49" not in part_of(report, "difficulties").made
    first = next(n for n, text in enumerate(found) if "PHỤ LỤC I" in text)
    assert all(w < h for w, h in shapes[:first])
    assert all(w > h for w, h in shapes[first:])
    assert not found[0].strip().startswith("1")
    for n, text in enumerate(found[1:], 2):
        assert text.split()[0] == str(n)
        assert len(text.split()) > 5, f"page {n} is empty"
    matrix = found[first]
    assert re.search(r"Xã Đông Hòa\s+x\s+Đ\s+Đ", matrix)
    assert re.search(r"Đã báo cáo / phải báo cáo\s+1/4\s+1/4\s+2/4\s+0/1", matrix)
    assert "Kèm theo Báo cáo số" in matrix
    assert "((" not in whole


def test_text_of_answers_is_text_in_the_document(reported, province):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.models import Letter, Recipient, ReportPart
    from vonggac.jobs.letter_report import docx_of

    holiday, report = reported
    clerk = province.asker("records_clerk")
    evil = "{{ issuer }} {% for x in sections %}<w:p/>&amp;]]>{# c #}"
    Recipient.objects.filter(letter=holiday.letter, organisation_id=province.id("donghoa")).update(name=f"Xã {evil}")
    row = reporting.regenerate(clerk, report.pk, report.version)
    reporting.add_part(clerk, row.pk, row.version, heading=f"Mục {evil}", text=f"Dòng {evil}\n- {evil}")
    ReportPart.objects.filter(letter=report, key="proposals").update(made="một\x01hai\x08\u202eba\ufffe")
    Letter.objects.filter(pk=report.pk).update(subject=f"Trích yếu {evil}")
    report.refresh_from_db()
    document = Document(io.BytesIO(docx_of(report)))
    texts = [one.text for one in document.paragraphs]
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert f"Dòng {evil}" in texts
    assert any(f"MỤC {evil.upper()}" in text for text in texts)
    assert any(evil in text for text in cells)
    assert any(text.startswith("một hai") and "ba" in text for text in texts)
    assert part_of(report, "overview")


def test_what_is_left_out_is_in_no_file_and_the_parts_count_on(reported, province):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.jobs.letter_report import appendix_xlsx, report_of

    _holiday, report = reported
    clerk = province.asker("records_clerk")
    row = reporting.leave_out(clerk, report.pk, report.version, part_of(report, "difficulties").pk)
    row = reporting.leave_out(clerk, row.pk, row.version, part_of(report, "clause:0").pk)
    row = reporting.leave_out(clerk, row.pk, row.version, part_of(report, "appendix:matrix").pk)
    said = report_of(row)
    assert [one.heading for one in said.sections] == [
        "I. TÌNH HÌNH CHUNG", "II. KẾT QUẢ THỰC HIỆN TỪNG NỘI DUNG", "III. ĐỀ XUẤT, KIẾN NGHỊ", "IV. ĐƠN VỊ CHƯA BÁO CÁO",
    ]  # fmt: skip
    below = [block.text for block in said.sections[1].blocks if block.is_heading]
    assert below == ["1. Rà soát, bóc gỡ mã độc (mục 1.c)", "2. Xử lý phản ánh tin nhắn rác (mục 2.c)"]
    assert [one.heading for one in said.appendices] == ["PHỤ LỤC I", "PHỤ LỤC II"]
    book = load_workbook(io.BytesIO(appendix_xlsx(row)))
    assert len(book.worksheets) == 2


def test_the_workbook_says_the_same_numbers_and_holds_no_formula(reported, province):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.models import Recipient
    from vonggac.jobs.letter_report import appendix_xlsx

    holiday, report = reported
    Recipient.objects.filter(letter=holiday.letter, organisation_id=province.id("donghoa")).update(
        name="=cmd|' /C calc'!A0"
    )
    row = reporting.regenerate(province.asker("records_clerk"), report.pk, report.version)
    book = load_workbook(io.BytesIO(appendix_xlsx(row)))
    cells = [cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert any("calc" in str(cell.value) for cell in cells)
    counts = book.worksheets[1]
    assert [cell.value for cell in counts[counts.max_row]][2:] == [4, 4, 2060, 2064, 6, 4]
    assert counts.page_setup.orientation == "landscape"
    assert part_of(row, "appendix:counts")


def test_files_are_made_once_for_what_is_said_and_anew_when_it_changed(reported, province, settings):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.models import LetterFile
    from vonggac.desk.directives.queries import reports
    from vonggac.jobs import evidence_store, letter_report

    _holiday, report = reported
    clerk = province.asker("records_clerk")
    assert letter_report.run_pending(settings) == 0
    reporting.ask_files(clerk, report.pk)
    reporting.ask_files(clerk, report.pk)  # a double click
    assert reports.to_make().count() == 1
    assert letter_report.run_pending(settings) == 1
    made = reports.making(report)
    assert (made.state, made.done, made.basis) == ("done", 3, reports.basis_of(report))
    parts = {"draft_docx", "appendix"} | ({"draft_pdf"} if pdf.is_there() else set())
    before = reports.files(report)
    assert set(before) == parts
    for file in before.values():
        with evidence_store.opened(settings, file) as opened:
            assert len(opened.read()) == file.size
    assert letter_report.run_pending(settings) == 0

    row = reporting.edit_part(
        clerk, report.pk, report.version, part_of(report, "overview").pk, heading="Chung", text="Khác."
    )
    assert reports.making(row).basis != reports.basis_of(row)
    reporting.ask_files(clerk, report.pk)
    assert letter_report.run_pending(settings) == 1
    after = reports.files(report)
    assert LetterFile.objects.filter(letter=report).count() == len(parts)
    assert after["draft_docx"].sha256 != before["draft_docx"].sha256


def test_what_cannot_be_made_is_told_and_can_be_tried_again(reported, province, settings, monkeypatch):
    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.queries import reports
    from vonggac.errors import InputError
    from vonggac.jobs import letter_report

    _holiday, report = reported

    def refuse(*_args, **_more):
        raise InputError("the document took longer than {seconds} seconds to lay out as PDF", seconds=9)

    monkeypatch.setattr(letter_report, "docx_of", refuse)
    reporting.ask_files(province.asker("records_clerk"), report.pk)
    assert letter_report.run_pending(settings) == 1
    made = reports.making(report)
    assert (made.state, made.fault["params"]) == ("failed", {"seconds": "9"})
    assert reports.files(report) == {}
    monkeypatch.undo()
    reporting.ask_files(province.asker("records_clerk"), report.pk)
    assert letter_report.run_pending(settings) == 1
    assert reports.making(report).state == "done"


def test_a_worker_that_died_is_followed_by_another(reported, province, settings):
    from datetime import timedelta

    from django.utils import timezone

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.models import ReportMaking
    from vonggac.jobs import letter_report

    _holiday, report = reported
    reporting.ask_files(province.asker("records_clerk"), report.pk)
    ReportMaking.objects.update(state="making", run="f" * 32, beat_at=timezone.now())
    assert letter_report.run_pending(settings) == 0  # somebody is at it
    ReportMaking.objects.update(beat_at=timezone.now() - timedelta(minutes=5))
    assert letter_report.run_pending(settings) == 1


def test_an_issued_report_gets_its_files_as_every_letter(reported, province, settings):
    from vonggac.desk.directives import actions
    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs import evidence_store, letter_report
    from vonggac.jobs.letter_files import Maker

    _holiday, report = reported
    from vonggac.desk.directives.actions import reporting

    reporting.ask_files(province.asker("records_clerk"), report.pk)
    letter_report.run_pending(settings)
    row = actions.approve(province.asker("leader"), report.pk, report.version, confirms=True)
    row = actions.issue(province.asker("records_clerk"), row.pk, row.version)
    while Maker(settings).round():
        pass
    file = LetterFile.objects.get(letter=row, part="docx")
    with evidence_store.opened(settings, file) as opened:
        document = Document(io.BytesIO(opened.read()))
    cells = " ".join(cell.text for table in document.tables for line in table.rows for cell in line.cells)
    assert "Số: 01/BC-SKHCN" in cells
    assert any("Kèm theo Báo cáo số 01/BC-SKHCN của" in one.text for one in document.paragraphs)


def test_the_day_as_a_document(province):
    from datetime import timedelta

    from answered import answer
    from django.utils import timezone
    from letter_of import CLAUSES, draft

    from vonggac.desk.directives.queries.days import day_of, days_of
    from vonggac.jobs.letter_day import docx_of

    today = timezone.localdate()
    daily = [replace(CLAUSES[0], kind="report_day", is_daily=True)]
    holiday = draft(province, clauses=daily, period_from=today, period_until=today + timedelta(days=2)).issued()
    answer(holiday, "tayson", 0, "something", n_incidents=2, what="Mất {{ điện }}")
    leader = province.asker("leader")
    found = day_of(leader, holiday.letter.pk, days_of(leader, holiday.letter.pk)[0])
    texts = [one.text for one in Document(io.BytesIO(docx_of(found, timezone.get_current_timezone()))).paragraphs]
    assert any(text.startswith("- Xã Tây Sơn (2 sự cố): Mất {{ điện }}.") for text in texts)
    assert any("đã nhận 1/4 báo cáo" in text for text in texts)
