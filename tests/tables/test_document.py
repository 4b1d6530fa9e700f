"""Tables in Word documents, through the public door."""

import io
import time
import zipfile

import docx
import pytest

from vonggac.errors import FormatUnknown, InputError, UnsafeInput
from vonggac.tables import read_tables

LINES = [["TT", "Đơn vị", "Địa chỉ IP"], ["1", "Sở A", "192.0.2.1"], ["2", "Sở A", "192.0.2.2"]]


def document(fill) -> bytes:
    made = docx.Document()
    fill(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def add_table(made, lines):
    table = made.add_table(len(lines), len(lines[0]))
    for row, cells in zip(table.rows, lines, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    return table


def test_tables_with_the_paragraphs_before_them_as_title():
    def fill(made):
        made.add_paragraph("DANH SÁCH IP NHIỄM MÃ ĐỘC")
        add_table(made, LINES)
        made.add_paragraph("Phụ lục 2")
        add_table(made, [["IP"], ["198.51.100.1"]])
        add_table(made, [["", ""]])

    found = read_tables(document(fill), "cv.docx")
    assert [(t.sheet, t.title) for t in found.tables] == [
        ("table 1", "DANH SÁCH IP NHIỄM MÃ ĐỘC"),
        ("table 2", "Phụ lục 2"),
    ]
    assert [(row.number, list(row.cells)) for row in found.tables[0].rows] == list(enumerate(LINES, 1))
    assert [(part.sheet, part.reason) for part in found.skipped] == [("table 3", "empty_sheet")]


def test_merged_cells():
    def fill(made):
        table = add_table(made, [["TT", "Thời gian", ""], ["", "Đầu", "Cuối"], ["1", "a", "b"], ["", "c", "d"]])
        table.cell(0, 1).merge(table.cell(0, 2))
        table.cell(0, 0).merge(table.cell(1, 0))
        table.cell(2, 0).merge(table.cell(3, 0))

    (table,) = read_tables(document(fill), "cv.docx").tables
    assert [list(row.cells) for row in table.rows] == [
        ["TT", "Thời gian", ""], ["TT", "Đầu", "Cuối"], ["1", "a", "b"], ["1", "c", "d"],
    ]  # fmt: skip


def test_a_long_table_is_read_in_linear_time():
    row = b"<w:tr><w:tc><w:p><w:r><w:t>192.0.2.1</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr>"
    data = with_part(lambda xml: xml.replace(b"<w:body>", b"<w:body><w:tbl><w:tblGrid/>" + row * 20_000 + b"</w:tbl>"))
    began = time.process_time()
    table, _ = read_tables(data, "cv.docx").tables
    assert len(table.rows) == 20_000
    assert time.process_time() - began < 20


def with_part(change, name: str = "word/document.xml") -> bytes:
    out = io.BytesIO()
    source = document(lambda made: add_table(made, LINES))
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            body = old.read(info.filename)
            new.writestr(info.filename, change(body) if info.filename == name else body)
    return out.getvalue()


@pytest.mark.parametrize("part", ["word/document.xml", "word/styles.xml", "[Content_Types].xml"])
def test_an_entity_bomb_is_refused(part):
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>'
    with pytest.raises(UnsafeInput, match="entities"):
        read_tables(with_part(lambda xml: xml.replace(b"?>", b"?>" + bomb, 1), part), "bomb.docx")


def test_a_body_too_large_for_a_tree_is_refused():
    with pytest.raises(UnsafeInput, match="inflate"):
        read_tables(with_part(lambda xml: xml + b" " * (100 << 20)), "bomb.docx")


def test_a_span_of_millions_of_columns_takes_no_memory():
    data = with_part(lambda xml: xml.replace(b"<w:tcPr>", b'<w:tcPr><w:gridSpan w:val="900000000"/>'))
    (table,) = read_tables(data, "bomb.docx").tables
    assert max(len(row.cells) for row in table.rows) <= 2_048


def test_no_table_damage_and_cuts():
    with pytest.raises(FormatUnknown, match="without a table"):
        read_tables(document(lambda made: made.add_paragraph("Kính gửi")), "cv.docx")
    with pytest.raises(InputError):
        read_tables(with_part(lambda xml: xml[:-40]), "cv.docx")
    whole = document(lambda made: add_table(made, LINES))
    for cut in (40, 500, 5_000, len(whole) - 30):
        with pytest.raises(InputError):
            read_tables(whole[:cut], "cv.docx")


def test_flipped_bytes_never_raise_anything_else():
    data = document(lambda made: add_table(made, LINES))
    for at in range(0, len(data), 701):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        try:
            read_tables(bytes(broken), "flip.docx")
        except InputError:
            continue


@pytest.mark.parametrize(
    "xml", [b"<a/>", b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>']
)
def test_a_body_that_is_no_document_is_damage(xml):
    with pytest.raises(InputError, match="damaged"):
        read_tables(with_part(lambda _: xml), "cv.docx")
