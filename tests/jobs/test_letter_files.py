"""A letter as a document: what it says, how it looks, and the files that an issued one gets."""

from __future__ import annotations

import io
import re
import subprocess
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from docx import Document

from vonggac.documents import letters as reading
from vonggac.documents import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def settings(tmp_path):
    return replace(django_settings.VONGGAC, data_dir=tmp_path)


def text_of(docx: bytes) -> str:
    document = Document(io.BytesIO(docx))
    cells = [p.text for table in document.tables for row in table.rows for cell in row.cells for p in cell.paragraphs]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def pages(path: Path, *arguments: str) -> str:
    command = ["pdftotext", "-layout", *arguments, str(path), "-"]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout.decode()


def test_a_draft_says_what_is_written_with_room_for_number_and_day(province):
    from letter_of import draft

    from vonggac.jobs.letter_files import docx_of, official_of

    row = draft(province, urgency="hoa_toc", signer_for="TM. ỦY BAN NHÂN DÂN; KT. CHỦ TỊCH").letter
    said = official_of(row)
    assert (said.number, said.dated, said.symbol, said.urgency) == (None, None, "SKHCN-CNTT", "hoa_toc")
    assert said.addressed_to == ["Ủy ban nhân dân các xã, phường", "Các doanh nghiệp viễn thông"]
    assert [(one.name, one.purpose) for one in said.recipients] == [("Ủy ban nhân dân tỉnh Thạch Lâm", "để b/c")]
    assert said.archive == "VT, CNTT"
    assert said.signatory.signed_for == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"]
    text = text_of(docx_of(row))
    assert "V/v tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ" in text
    assert "HỎA TỐC" in text
    assert re.search(r"Số:\s*\u00a0+/SKHCN-CNTT", text)
    assert re.search(r"ngày\s+tháng\s+năm", text)


def test_clauses_stand_under_their_marks_and_nothing_is_said_twice(province):
    from letter_of import draft

    from vonggac.desk.directives.values import ClauseValues
    from vonggac.jobs.letter_files import official_of

    clauses = (
        ClauseValues("Các cơ quan, đơn vị", "1"),
        ClauseValues("Tổ chức trực…", "1.a", "Tổ chức trực 24/7 và báo cáo."),
        ClauseValues("Vá lỗ hổng", "1.b", "Cập nhật bản vá."),
        ClauseValues("Doanh nghiệp", "2.a", "Bố trí nhân lực."),
        ClauseValues("Đầu mối", "3)", ""),
    )
    body = official_of(draft(province, clauses=clauses).letter).body
    assert [(one.label, one.text, one.is_heading) for one in body[1:-1]] == [
        ("1.", "Các cơ quan, đơn vị", False),
        ("a)", "Tổ chức trực 24/7 và báo cáo.", False),
        ("b)", "Vá lỗ hổng", True),
        ("", "Cập nhật bản vá.", False),
        ("2.a)", "Doanh nghiệp", True),
        ("", "Bố trí nhân lực.", False),
        ("3)", "Đầu mối", False),
    ]


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Tăng cường trực", "tăng cường trực"),
        ("ATTT dịp lễ", "ATTT dịp lễ"),
        ("X", "X"),
        ("Đợt rà soát", "đợt rà soát"),
    ],
)
def test_the_subject_goes_on_after_v_v(province, subject, shown):
    from letter_of import draft

    from vonggac.jobs.letter_files import official_of

    assert official_of(draft(province, subject=subject).letter).subject == shown


def test_an_issued_letter_keeps_the_names_of_then(province):
    from letter_of import CLAUSES, draft
    from province import admin

    from vonggac.desk.directives.values import AddresseeValues
    from vonggac.desk.organisations import actions as directory
    from vonggac.desk.organisations.models import Organisation
    from vonggac.jobs.letter_files import official_of

    to = (
        AddresseeValues("action", True, organisation_id=province.id("tayson")),
        AddresseeValues("information", organisation_id=province.id("soyte")),
    )
    row = draft(province, addressees=to, clauses=CLAUSES[:2]).issued().letter
    for code, name in (("tayson", "Phường Tây Sơn Mới"), ("sokhcn", "Sở Chuyển đổi số")):
        one = Organisation.objects.get(code=code)
        directory.edit_organisation(admin(), one.pk, one.version, name=name, since=timezone.now())
    row.refresh_from_db()
    said = official_of(row)
    assert said.issuer == "Sở Khoa học và Công nghệ"
    assert said.addressed_to == ["Xã Tây Sơn"]
    assert [(one.name, one.purpose) for one in said.recipients] == [("Sở Y tế", "để biết")]
    assert (said.number, said.dated) == (row.number, row.dated)


def test_the_letter_that_is_written_is_the_letter_that_is_read(province):
    from letter_of import draft

    from vonggac.desk.directives.values import ClauseValues
    from vonggac.jobs.letter_files import docx_of

    clauses = (
        ClauseValues("Các cơ quan, đơn vị thực hiện", "1"),
        ClauseValues("Trực và giám sát", "1.a", "Bố trí cán bộ trực.", "stand_duty"),
        ClauseValues("Rà soát", "1.b", "Rà soát toàn bộ máy chủ.", "check_machines"),
        ClauseValues("Báo cáo kết quả", "2", "Gửi về Sở.", "carry_out"),
    )
    row = draft(province, clauses=clauses).issued().letter
    found = reading.read_letter(docx_of(row), "thu.docx")
    assert (found.reference.value, found.dated.value) == (row.reference, row.dated)
    assert [one.path for top in found.clauses for one in top.walk()] == ["1", "1.a", "1.b", "2"]
    assert [one.words for one in found.addressed] == ["Ủy ban nhân dân các xã, phường", "Các doanh nghiệp viễn thông"]


def test_what_stands_in_a_letter_is_text_and_never_a_field_or_markup(province):
    from letter_of import draft

    from vonggac.jobs.letter_files import docx_of

    hostile = "{{ 7*7 }} {% for x in y %} <w:br/> </w:t> & ]]> {#"
    row = draft(province, subject=f"Về {hostile}", opening=hostile, signer_name="{{ signer_title }}").letter
    text = text_of(docx_of(row))
    assert text.count("{{ 7*7 }} {% for x in y %} <w:br/> </w:t> & ]]> {#") == 2
    assert "49" not in text
    assert "{{ signer_title }}" in text


# ---------------------------------------------------------------------------------------------- files of what is issued


def test_an_issued_letter_gets_its_files_once(province, settings):
    from letter_of import draft

    from vonggac.desk.audit.models import Entry
    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs import evidence_store
    from vonggac.jobs.letter_files import Maker

    draft(province)  # stays without
    row = draft_twice(province).issued().letter
    maker = Maker(settings)
    assert maker.round() == 2
    assert maker.round() == 0
    files = {one.part: one for one in LetterFile.objects.all()}
    assert set(files) == {"docx", "pdf"}
    assert all(one.letter_id == row.pk and one.name.startswith("01-SKHCN-CNTT.") for one in files.values())
    assert Entry.objects.filter(action="letters.make_file", organisation_id=province.id("sokhcn")).count() == 2
    path = evidence_store.path_of(settings, files["pdf"].sha256)
    text = pages(path)
    assert "01/SKHCN-CNTT" in text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Rà soát, bóc gỡ mã độc" in text
    size = subprocess.run(["pdfinfo", str(path)], capture_output=True, check=True, timeout=30).stdout.decode()
    assert "(A4)" in size


def draft_twice(province):
    from dataclasses import replace as changed

    from letter_of import Holiday

    from vonggac.desk.directives import actions
    from vonggac.desk.directives.models import Letter

    old = Letter.objects.get()
    values = changed(actions.values_of(old), deadline=timezone.now() + timedelta(days=2))
    return Holiday(province, actions.create(province.asker("records_clerk"), old.office_id, values), {})


def test_without_libreoffice_the_docx_is_made_alone(province, settings, monkeypatch):
    from letter_of import draft

    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs.letter_files import Maker

    draft(province).issued()
    monkeypatch.setenv("PATH", "/nowhere")
    assert Maker(settings).round() == 1
    assert [one.part for one in LetterFile.objects.all()] == ["docx"]
    monkeypatch.undo()
    assert Maker(settings).round() == 1


def test_a_letter_that_cannot_be_made_keeps_no_other_and_is_left_alone_for_a_while(
    province, settings, monkeypatch, caplog
):
    from letter_of import draft

    from vonggac.desk.directives.models import LetterFile
    from vonggac.jobs.letter_files import Maker

    one = draft(province).issued()
    other = draft_twice(province).issued()
    laid_out = pdf.to_pdf

    def broken(docx: bytes) -> bytes:
        if one.letter.reference in text_of(docx):
            raise MemoryError
        return laid_out(docx)

    monkeypatch.setattr(pdf, "to_pdf", broken)
    maker = Maker(settings)
    assert maker.round() == 3
    assert "could not be made" in caplog.text
    assert LetterFile.objects.get(part="pdf").letter_id == other.letter.pk
    monkeypatch.setattr(pdf, "to_pdf", laid_out)
    assert maker.round() == 0
    maker.resting = {key: time.monotonic() - 1 for key in maker.resting}
    assert maker.round() == 1


def test_the_store_keeps_what_letters_need_and_sweeps_the_rest(province, settings, monkeypatch):
    from letter_of import draft

    from vonggac.desk.directives.models import LetterFile, LetterReading
    from vonggac.jobs import evidence_store
    from vonggac.jobs.letter_files import Maker

    draft(province).issued()
    monkeypatch.setattr(pdf, "is_there", lambda: False)
    Maker(settings).round()
    made = LetterFile.objects.get()
    reading_sha, dropped_sha, lost = (
        evidence_store.keep(settings, data) for data in (b"reading", b"dropped", b"nobody's")
    )
    for sha256, state in ((reading_sha, "waiting"), (dropped_sha, "dropped")):
        LetterReading.objects.create(
            office=province["sokhcn"], name="x.pdf", kind="pdf", size=7, sha256=sha256, state=state, by_name="x"
        )
    for _sha256, path in evidence_store.contents(settings):
        import os

        os.utime(path, (1, 1))
    assert evidence_store.sweep(settings) == 2
    assert {name for name, _path in evidence_store.contents(settings)} == {made.sha256, reading_sha}
    assert {name for name, _size in evidence_store.needed()} == {made.sha256, reading_sha}
    assert list(evidence_store.faults(settings, 1 << 20)) == []
    evidence_store.path_of(settings, made.sha256).write_bytes(b"x")
    assert list(evidence_store.faults(settings, 1 << 20)) == [(made.sha256, "changed")]
    assert lost != made.sha256


def test_a_long_letter_to_many_is_quick(province, django_assert_max_num_queries):
    from letter_of import draft
    from province import make_organisation

    from vonggac.desk.directives.values import AddresseeValues, ClauseValues
    from vonggac.jobs.letter_files import docx_of, official_of

    many = [make_organisation(f"xa{n}") for n in range(150)]
    row = draft(
        province,
        clauses=[ClauseValues(f"Mục {n}", f"{n}", "Nội dung " * 80, "carry_out") for n in range(1, 15)],
        addressees=[AddresseeValues("action", True, organisation_id=one.pk) for one in many],
        deadline=timezone.now() + timedelta(days=2),
    ).issued().letter  # fmt: skip
    with django_assert_max_num_queries(3):
        said = official_of(row)
    assert (len(said.addressed_to), len(said.body)) == (150, 30)
    assert docx_of(row) == docx_of(row)


def test_an_office_makes_its_letters_by_its_own_template(province, tmp_path, monkeypatch):
    from letter_of import draft

    from vonggac.documents.rendering import shipped
    from vonggac.jobs.letter_files import docx_of

    document = Document(io.BytesIO(shipped("cong_van")))
    document.add_paragraph("Mẫu riêng của cơ quan")
    path = tmp_path / "mau.docx"
    document.save(path)
    row = draft(province).letter
    assert "Mẫu riêng" not in text_of(docx_of(row))
    monkeypatch.setattr(django_settings, "VONGGAC", replace(django_settings.VONGGAC, letter_template=path))
    assert "Mẫu riêng của cơ quan" in text_of(docx_of(row))
