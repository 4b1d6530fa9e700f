"""Letters and reports as DOCX: what stands where, of which size, whatever the values hold."""

from __future__ import annotations

import io
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from official_samples import CLAUSES, LETTER, REPORT, unit, with_matrix

from vonggac.documents.fields import LETTER_FIELDS, REPORT_FIELDS, letter_values, report_values
from vonggac.documents.official import (
    Appendix,
    Column,
    DataTable,
    Paragraph,
    Recipient,
    Row,
    Section,
    Signatory,
    number_and_symbol,
    place_and_date,
)
from vonggac.documents.rendering import render_letter, render_report, shipped

ROOT = Path(__file__).resolve().parents[2]


def texts(data: bytes) -> list[str]:
    """Every paragraph in its order, cells too."""
    body = docx.Document(io.BytesIO(data)).element.body
    found = ("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p")))
    return [text for text in found if text]


def paragraph_of(data: bytes, text: str) -> Any:
    body = docx.Document(io.BytesIO(data))
    cells = [cell for table in body.tables for row in table.rows for cell in row.cells]
    for paragraph in [*body.paragraphs, *(p for cell in cells for p in cell.paragraphs)]:
        if text in paragraph.text:
            return paragraph
    raise AssertionError(text)


def test_a_letter_has_its_parts_in_order() -> None:
    assert texts(render_letter(LETTER)) == [
        "ỦY BAN NHÂN DÂN TỈNH SÔNG LAM", "SỞ KHOA HỌC VÀ CÔNG NGHỆ",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
        "Số: 05/SKHCN-CNTT", "V/v tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ", "HỎA TỐC",
        "Sông Lam, ngày 05 tháng 02 năm 2026",
        "Kính gửi:", "- Các sở, ban, ngành;", "- Ủy ban nhân dân các xã, phường;", "- Các doanh nghiệp viễn thông.",
        "Thực hiện Công văn số 100/CATT ngày 20 tháng 8 năm 2026, Sở đề nghị các đơn vị:",
        "1. Đối với các cơ quan, đơn vị",
        "a) Ứng trực 24/7; rà soát, bóc gỡ mã độc, ưu tiên địa chỉ nằm trong danh sách IP botnet.",
        "b) Khẩn trương vá lỗ hổng; săn lùng mối nguy hại.",
        "Đề nghị các cơ quan, đơn vị nghiêm túc thực hiện./.",
        "Nơi nhận:", "- Như trên;", "- Ủy ban nhân dân tỉnh (để b/c);", "- Công an tỉnh;", "- Lưu: VT, CNTT.",
        "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Nguyễn Văn Mẫu",
    ]  # fmt: skip


def test_what_is_open_leaves_room_and_what_lacks_leaves_none() -> None:
    draft = replace(
        LETTER, number=None, dated=None, urgency="", superior="", addressed_to=["Công an tỉnh"], recipients=[],
        signatory=Signatory("Giám đốc"),
    )  # fmt: skip
    found = texts(render_letter(draft))
    assert found[0] == "SỞ KHOA HỌC VÀ CÔNG NGHỆ"
    assert "Kính gửi: Công an tỉnh." in found
    assert "Kính gửi:" not in found
    assert not [text for text in found if "HỎA TỐC" in text or "KT." in text]
    [number] = [text for text in found if text.startswith("Số:")]
    assert number.endswith("\u00a0/SKHCN-CNTT")
    assert any("ngày\u00a0" in text and "năm\u00a0" in text for text in found)


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 1, 1), "Huế, ngày 01 tháng 01 năm 2026"),
        (date(2026, 2, 10), "Huế, ngày 10 tháng 02 năm 2026"),
        (date(2026, 3, 9), "Huế, ngày 09 tháng 3 năm 2026"),
        (date(2026, 12, 31), "Huế, ngày 31 tháng 12 năm 2026"),
    ],
)
def test_days_below_ten_and_two_months_have_a_zero(day: date, written: str) -> None:
    assert place_and_date("Huế", day) == written


def test_numbers_below_ten_have_a_zero() -> None:
    assert [number_and_symbol(n, "UBND") for n in (7, 15, 1204)] == ["07/UBND", "15/UBND", "1204/UBND"]


@pytest.mark.parametrize("data", [render_letter(LETTER), render_report(with_matrix(3))], ids=["letter", "report"])
def test_the_page_is_as_the_decree_says(data: bytes) -> None:
    document = docx.Document(io.BytesIO(data))
    first = document.sections[0]
    assert (round(first.page_width.mm), round(first.page_height.mm)) == (210, 297)
    for section in document.sections:
        assert 20 <= round(section.top_margin.mm, 1) <= 25
        assert 20 <= round(section.bottom_margin.mm, 1) <= 25
        assert 30 <= round(section.left_margin.mm, 1) <= 35
        assert 15 <= round(section.right_margin.mm, 1) <= 20
    assert first.different_first_page_header_footer
    assert not first.first_page_header.paragraphs[0].text
    assert "PAGE" in first.header._element.xml
    assert first.header.paragraphs[0].runs[0].font.size == Pt(13)
    normal = document.styles["Normal"]
    assert (normal.font.name, normal.font.size) == ("Times New Roman", Pt(14))


SIZES = [
    ("CỘNG HÒA", 12, 13, True), ("Độc lập", 13, 14, True), ("SỞ KHOA HỌC", 12, 13, True), ("ỦY BAN NHÂN DÂN TỈNH", 12, 13, False),
    ("Số: 05", 13, 13, False), ("V/v", 12, 13, False), ("ngày 05", 13, 14, False), ("HỎA TỐC", 13, 14, True),
    ("KT. GIÁM ĐỐC", 13, 14, True), ("Nguyễn Văn Mẫu", 13, 14, True), ("Nơi nhận:", 12, 12, True), ("- Lưu:", 11, 11, False),
]  # fmt: skip
"""Part, least and most of its size in points, whether it is bold: appendix I, V."""


@pytest.mark.parametrize(("text", "least", "most", "is_bold"), SIZES)
def test_parts_have_their_sizes(text: str, least: float, most: float, is_bold: bool) -> None:
    run = paragraph_of(render_letter(LETTER), text).runs[0]
    assert least <= run.font.size.pt <= most
    assert bool(run.bold) is is_bold


def test_values_are_those_of_the_schema() -> None:
    """What a template may name is there, in letters and reports, and nothing else is."""

    def compare(schema: Any, value: Any) -> None:
        if isinstance(schema, dict):
            assert schema.keys() <= value.keys()
            for name in schema:
                compare(schema[name], value[name])
        elif isinstance(schema, list):
            assert isinstance(value, list)
            assert value, schema
            for one in value:
                compare(schema[0], one)
        else:
            assert isinstance(value, str | bool)

    many = [Recipient(unit(n)) for n in range(12)]
    letter = letter_values(replace(LETTER, recipients=many))
    compare(LETTER_FIELDS, letter)
    assert letter.keys() == LETTER_FIELDS.keys()
    report = report_values(replace(with_matrix(2), recipients=many, addressed_to=["A", "B"]))
    compare(REPORT_FIELDS, report)
    assert report.keys() == REPORT_FIELDS.keys()


HOSTILE = [
    "<w:p><w:r/></w:p>", "a & b < c > d", "&lt;&amp;#x41;", "]]>", "{{ 7 * 7 }}", "{% for a in addressees %}", "{{ issuer.__class__ }}", "{#",
    "' OR 1=1 --", '"></w:t>', "=HYPERLINK(1)", "x" * 4000, "<!DOCTYPE a [<!ENTITY b 'c'>]>", "\\n\\t", "%s {0} ${x}", "𠜎 🛡 ờ",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_values_are_text_and_nothing_else(value: str) -> None:
    letter = replace(
        LETTER, issuer="Sở", subject=value, place=value, symbol=value, addressed_to=[value, value], body=[Paragraph(value, value)] * 2,
        signatory=Signatory("Giám đốc", value), recipients=[Recipient(value, value)],
    )  # fmt: skip
    found = texts(render_letter(letter))
    assert f"V/v {value}" in found
    assert f"{value} {value}" in found
    assert value in found
    assert len(found) == len(texts(render_letter(replace(letter, subject="a", place="a", symbol="a", addressed_to=["a", "a"],
                                                         body=[Paragraph("a", "a")] * 2, signatory=Signatory("a", "a"),
                                                         recipients=[Recipient("a", "a")]))))  # fmt: skip
    table = DataTable([Column(value), Column("b")], [Row([value, 1]), Row([value], "group")], value).totalled(value)
    cells = texts(
        render_report(replace(REPORT, sections=[Section(value, [table])], appendices=[Appendix(value, [table])]))
    )
    assert cells.count(value) == 2 * 5 + 2


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x00b\x07c\x0bd", "a b c d"),
        ("một\tdòng\r", "một dòng"),
        ("giả\u202emạo\u200b", "giảmạo"),
        ("lẻ \ud800", "lẻ \ufffd"),
        (unicodedata.normalize("NFD", "Nghiêm trọng"), "Nghiêm trọng"),
        ("số\u00a05", "số\u00a05"),
    ],
)
def test_signs_that_xml_or_a_reader_cannot_bear_go(value: str, shown: str) -> None:
    found = texts(render_letter(replace(LETTER, subject=value)))
    assert f"V/v {shown}" in found


def test_a_line_break_in_a_text_begins_a_paragraph_and_in_a_cell_a_line() -> None:
    found = texts(render_letter(replace(LETTER, body=[Paragraph("một\n\nhai\r\nba.", "1.")])))
    assert found[found.index("1. một") :][:3] == ["1. một", "hai", "ba./."]
    report = replace(REPORT, sections=[Section("I.", [DataTable([Column("A")], [Row(["x\ny"])])])])
    cells = texts(render_report(report))
    assert cells[cells.index("A") :][:3] == ["A", "x", "y"]


def test_an_end_is_marked_once() -> None:
    for text in ("Trân trọng", "Trân trọng.", "Trân trọng./."):
        assert "Trân trọng./." in texts(render_letter(replace(LETTER, body=[Paragraph(text)])))


def test_a_long_subject_and_150_recipients_all_stand_in_it() -> None:
    names = [unit(n) for n in range(1, 151)]
    letter = replace(
        LETTER, subject="rà soát, bóc gỡ mã độc " * 25, addressed_to=names, recipients=[Recipient(n) for n in names]
    )
    found = texts(render_letter(letter))
    assert [text for text in found if "Bình Minh" in text] == [
        *(f"- {name}{'.' if name == names[-1] else ';'}" for name in names), *(f"- {name};" for name in names),
    ]  # fmt: skip


def test_sums_are_of_numbers_and_written_the_vietnamese_way() -> None:
    table = DataTable([Column("STT"), Column("Tên"), Column("Máy"), Column("Ghi chú"), Column("Nhiễm")],
                      [Row(["Nhóm"], "group"), Row(["1", "a", 1200, "x", None]), Row(["2", "b", 34, None, 5])])  # fmt: skip
    assert table.totalled().rows[-1] == Row(["Tổng cộng", None, 1234, None, 5], "total")
    assert DataTable([Column("A")], []).totalled().rows == []
    data = render_report(replace(REPORT, sections=[Section("I.", [table.totalled()])]))
    cells = texts(data)
    assert cells[cells.index("Tổng cộng") :][:3] == ["Tổng cộng", "1.234", "5"]
    rows = next(table for table in docx.Document(io.BytesIO(data)).tables if table.style.name == "DataTable").rows
    assert rows[-1]._tr.tc_lst[0].grid_span == 2
    assert rows[1]._tr.tc_lst[0].grid_span == 5


def test_a_row_with_too_many_cells_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zip"):
        render_report(replace(REPORT, sections=[Section("I.", [DataTable([Column("A")], [Row(["1", "2"])])])]))


def test_the_appendix_lies_across_and_without_one_no_page_does() -> None:
    sections = docx.Document(io.BytesIO(render_report(with_matrix(3)))).sections
    assert [section.page_width > section.page_height for section in sections] == [False, True]
    [only] = docx.Document(io.BytesIO(render_report(REPORT))).sections
    assert only.page_width < only.page_height
    assert "Phụ lục I" not in texts(render_report(REPORT))


def test_tables_are_as_wide_as_the_text_beside_them() -> None:
    document = docx.Document(io.BytesIO(render_report(with_matrix(3))))
    tables = [table for table in document.tables if table.style.name == "DataTable"]
    widths = [sum(column.width for column in table.columns) for table in tables]
    assert [round(width / Mm(1)) for width in widths] == [160, 247]


def test_a_matrix_of_150_recipients_by_14_clauses_is_whole() -> None:
    document = docx.Document(io.BytesIO(render_report(with_matrix())))
    rows = document.tables[-1]._tbl.tr_lst
    told = [[("".join(t.text or "" for t in cell.iter(qn("w:t")))) for cell in row.tc_lst] for row in rows]
    assert told[0] == ["STT", "Cơ quan, đơn vị", *CLAUSES, "Máy đã kiểm tra"]
    assert [row[1] for row in told[2:-1]] == [unit(n) for n in range(1, 151)]
    assert {len(row) for row in told[2:-1]} == {17}
    assert told[-1][0] == "Tổng cộng"
    assert told[-1][-1] == "124.575"
    assert rows[0].find(qn("w:trPr")).find(qn("w:tblHeader")) is not None


def test_the_same_values_give_the_same_bytes() -> None:
    assert render_report(with_matrix(3)) == render_report(with_matrix(3))


def test_the_properties_say_what_it_is() -> None:
    properties = docx.Document(io.BytesIO(render_letter(replace(LETTER, subject="a & b " * 100)))).core_properties
    assert properties.title.startswith("a & b a & b")
    assert len(properties.title) <= 255
    assert properties.author == "Sở Khoa học và Công nghệ"


def test_the_committed_templates_are_what_the_tool_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "document_templates", tmp_path], check=True)
    for name in ("cong_van", "bao_cao"):
        made, kept = (tmp_path / f"{name}.docx").read_bytes(), shipped(name)
        with zipfile.ZipFile(io.BytesIO(made)) as one, zipfile.ZipFile(io.BytesIO(kept)) as other:
            assert one.namelist() == other.namelist()
            for part in one.namelist():
                assert one.read(part) == other.read(part), f"{name}: {part}; run tools/document_templates"
