"""The reply as a letter of the unit: what it says, and how its pages look."""

from __future__ import annotations

import subprocess

import pytest
from test_answer_workbook import ZONE, words

from vonggac.documents import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(province):
    from letter_of import draft

    from vonggac.desk.directives.actions.answering import answer

    issued = draft(province).issued()
    row = issued.recipient("donghoa")
    duty, _machines = issued.tasks("donghoa")
    people = [{"day": "30/04", "name": "Lê Văn Cam", "phone": "0000 000 222", "is_leader": True}]
    answer(province.asker("agency_officer"), row.pk, [
        (duty.pk, "done", {"n_people": 1200, "people": people, "difficulties": "Thiếu người\nThiếu máy"}),
    ])  # fmt: skip
    return row


def test_each_clause_is_reported_with_its_result_and_counts(answered):
    from vonggac.jobs.reply_letter import reply_of

    said = reply_of(answered, ZONE, words())
    assert said.issuer == "Xã Đông Hòa"
    assert said.superior == "Ủy ban nhân dân tỉnh Thạch Lâm"
    assert said.addressed_to == ["Sở Khoa học và Công nghệ"]
    assert (said.number, said.dated) == (None, None)
    assert said.subject.startswith("báo cáo kết quả thực hiện Công văn số 01/SKHCN-CNTT ngày ")
    text = "\n".join(f"{one.label} {one.text}".strip() for one in said.body)
    assert "về việc tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ" in text
    assert "1. Trực và giám sát 24/7 (mục 1.a của Công văn)" in text
    assert "1.200" in text
    assert "+ 30/04, Lê Văn Cam" in text
    assert "Thiếu người\nThiếu máy" in text
    assert text.count("Kết quả:") == 2
    assert "chưa báo cáo" in text
    assert text.endswith("tổng hợp.")


def test_what_was_returned_is_not_reported_as_done(answered, province):
    from vonggac.desk.work import actions as work
    from vonggac.desk.work.models import Task
    from vonggac.jobs.reply_letter import reply_of

    task = Task.objects.get(state="submitted")
    work.return_(province.asker("analyst"), [(task.pk, task.version)], "Thiếu ca đêm")
    text = "\n".join(one.text for one in reply_of(answered, ZONE, words()).body)
    assert text.count("chưa báo cáo") == 2
    assert "1.200" not in text


def test_its_pages_are_a4_and_its_text_survives_copying(answered, tmp_path):
    from vonggac.jobs.reply_letter import docx_of

    path = tmp_path / "reply.pdf"
    path.write_bytes(pdf.to_pdf(docx_of(answered, ZONE, words())))
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, timeout=30).stdout.decode()  # fmt: skip
    info = subprocess.run(["pdfinfo", str(path)], capture_output=True, check=True, timeout=30).stdout.decode()
    assert "(A4)" in info
    assert "XÃ ĐÔNG HÒA" in text
    assert "Trực và giám sát 24/7" in text
    assert "THỦ TRƯỞNG ĐƠN VỊ" in text


def test_what_a_unit_wrote_is_text_and_no_field(answered):
    from vonggac.desk.work.models import Answer
    from vonggac.jobs.reply_letter import docx_of, reply_of

    hostile = "{{ issuer }} {% if x %}"
    row = Answer.objects.get()
    row.values = {**row.values, "difficulties": hostile}
    row.save()
    assert any(hostile in one.text for one in reply_of(answered, ZONE, words()).body)
    assert docx_of(answered, ZONE, words()).startswith(b"PK")
