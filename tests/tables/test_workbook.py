"""Workbooks: XLSX, XLS, ODS, through the public door."""

# ruff: noqa: DTZ001  # cells of office files have no zone

import datetime as dt
import io
import struct
import time
import zipfile

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table as OdfTable
from odf.table import TableCell, TableRow
from odf.text import P

from vonggac.errors import FormatUnknown, InputError, UnsafeInput
from vonggac.tables import Unread, read_tables

SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


def xlsx(fill) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet(xml: bytes, name: str = SHEET, source: bytes | None = None) -> bytes:
    """A workbook whose sheet (or other part) is this XML."""
    source = source or xlsx(lambda sheet: sheet.append(["x"]))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, xml if info.filename == name else old.read(info.filename))
    return out.getvalue()


def test_rows_have_the_numbers_that_a_spreadsheet_shows():
    def fill(sheet):
        sheet["B3"] = "IP"
        sheet["B4"] = "192.0.2.1"
        sheet["C4"] = dt.datetime(2026, 11, 24, 8, 15)
        sheet["B9"] = 7

    (table,) = read_tables(xlsx(fill), "a.xlsx").tables
    assert [row.number for row in table.rows] == [3, 4, 9]
    assert table.rows[1].cells[1:] == ["192.0.2.1", dt.datetime(2026, 11, 24, 8, 15)]
    assert (table.file, table.sheet) == ("a.xlsx", "Sheet")


def test_a_vertical_merge_fills_down_and_a_horizontal_one_does_not():
    def fill(sheet):
        for row in (
            ["Đơn vị", "IP"],
            ["Sở A", "192.0.2.1"],
            [None, "192.0.2.2"],
            ["Sở B", "192.0.2.3"],
            ["chung", None],
        ):
            sheet.append(row)
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("A5:B5")

    (table,) = read_tables(xlsx(fill), "a.xlsx").tables
    assert [row.cells[0] for row in table.rows] == ["Đơn vị", "Sở A", "Sở A", "Sở B", "chung"]
    assert table.rows[4].cells[1] == ""


def test_a_formula_gives_its_stored_value_or_says_that_there_is_none():
    stored = (
        HEAD + b'<row r="1"><c r="A1" t="str"><f>B1</f><v>192.0.2.9</v></c><c r="B1"><f>C1</f><v></v></c></row>' + TAIL
    )
    (table,) = read_tables(with_sheet(stored), "a.xlsx").tables
    assert list(table.rows[0].cells) == ["192.0.2.9", Unread("formula")]
    (table,) = read_tables(xlsx(lambda sheet: sheet.append(["x", "=A1", "#N/A"])), "a.xlsx").tables
    assert list(table.rows[0].cells) == ["x", Unread("formula"), Unread("error")]


def test_hidden_and_empty_sheets_are_left_out_by_name():
    book = openpyxl.Workbook()
    book.active.append(["192.0.2.1"])
    book.create_sheet("trống")
    book.create_sheet("ẩn").append(["198.51.100.1"])
    book["ẩn"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    found = read_tables(out.getvalue(), "a.xlsx")
    assert [table.sheet for table in found.tables] == ["Sheet"]
    assert {(part.sheet, part.reason) for part in found.skipped} == {("trống", "empty_sheet"), ("ẩn", "hidden_sheet")}


def test_a_million_empty_rows_are_quick():
    rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (n, n) for n in range(3, 1_048_576))
    first = b'<row r="1"><c r="A1"><v>5</v></c></row>'
    last = b'<row r="1048576"><c r="A1048576"><v>7</v></c></row>'
    began = time.process_time()
    (table,) = read_tables(with_sheet(HEAD + first + rows + last + TAIL), "a.xlsx").tables
    assert [(row.number, list(row.cells)) for row in table.rows] == [(1, [5.0]), (1_048_576, [7.0])]
    assert time.process_time() - began < 30


@pytest.mark.parametrize(
    "cells",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c s='1'\nr='XFD1048576'><v>1</v></c></row>",
        b"""<row r="1"><c y=' r="A1"' r="XFD1048576"><v>1</v></c></row>""",
        b'<row r="1048576"><c><v>1</v></c></row><row r="1">' + b"<c><v>1</v></c>" * 16_000 + b"</row>",
    ],
)
def test_cells_spread_over_too_large_an_area_are_not_laid_out(cells):
    found = read_tables(with_sheet(HEAD + cells + TAIL), "bomb.xlsx")
    assert not found.tables
    assert [part.reason for part in found.skipped] == ["too_many_cells"]


@pytest.mark.parametrize(
    "cell",
    [
        b'<c x=">" r="XFD1048576"><v>1</v></c>',
        b'<c r="XFD104857&#54;"><v>1</v></c>',
        b'<c r="AXFDX1048576"><v>1</v></c>',
        b'<c r="A1" r="XFD1048576"><v>1</v></c>',
    ],
)
def test_an_address_hidden_from_the_check_is_refused(cell):
    body = b'<row r="1"><c r="A1"><v>1</v></c></row><row>' + cell + b"</row>"
    with pytest.raises(UnsafeInput):
        read_tables(with_sheet(HEAD + body + TAIL), "bomb.xlsx")


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml"])
def test_an_entity_bomb_is_refused(part):
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    with pytest.raises(UnsafeInput, match="entities"):
        read_tables(with_sheet(bomb, part), "bomb.xlsx")


@pytest.mark.parametrize("encoding", ["UTF-6", "hex", "utf-7", "idna", "undefined"])
def test_an_encoding_that_no_xml_has_is_an_input_error(encoding):
    book = f'<?xml version="1.0" encoding="{encoding}"?><workbook/>'.encode()
    with pytest.raises(InputError):
        read_tables(with_sheet(book, "xl/workbook.xml"), "list.xlsx")


def test_a_zip_bomb_is_refused_by_what_it_declares():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open(SHEET, "w", force_zip64=True) as member:
            for _ in range(800):
                member.write(bytes(1 << 20))
    with pytest.raises(UnsafeInput, match="inflate"):
        read_tables(out.getvalue(), "bomb.xlsx")


def test_a_zip_bomb_that_lies_about_its_size_is_refused():
    data = bytearray(with_sheet(HEAD + b" " * (64 << 20) + TAIL))
    small = struct.pack("<I", 1000)
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.getinfo(SHEET)
        true_size = struct.pack("<I", info.file_size)
    at = data.find(true_size, info.header_offset)
    while at >= 0:
        data[at : at + 4] = small
        at = data.find(true_size, at + 1)
    with pytest.raises(UnsafeInput, match="larger than the file declares"):
        read_tables(bytes(data), "bomb.xlsx")


def test_overlapping_parts_are_refused():
    data = with_sheet(HEAD + b"<row/>" * 100 + TAIL)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        directory = archive.start_dir
        infos = archive.infolist()
    broken = bytearray(data)
    at = directory
    for info in infos:  # every entry of the directory claims almost the whole file
        broken[at + 20 : at + 24] = struct.pack("<I", len(data) // 2)
        at += 46 + len(info.filename.encode()) + len(info.extra) + len(info.comment)
    with pytest.raises(UnsafeInput, match="overlap"):
        read_tables(bytes(broken), "bomb.xlsx")


def test_the_same_part_twice_is_refused():
    out = io.BytesIO(with_sheet(HEAD + TAIL))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, HEAD + TAIL)
    with pytest.raises(UnsafeInput, match="same name"):
        read_tables(out.getvalue(), "bomb.xlsx")


@pytest.mark.parametrize("cut", [30, 200, 1000, 3000])
def test_a_cut_off_workbook_is_an_input_error(cut):
    with pytest.raises(InputError):
        read_tables(xlsx(lambda sheet: sheet.append(["192.0.2.1"]))[:cut], "cut.xlsx")


def test_flipped_bytes_never_raise_anything_else():
    data = xlsx(lambda sheet: [sheet.append([f"192.0.2.{n}", n]) for n in range(50)])
    for at in range(0, len(data), 37):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        try:
            read_tables(bytes(broken), "flip.xlsx")
        except InputError:
            continue


def test_an_old_workbook():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Danh sách")
    sheet.write(1, 1, "IP")
    sheet.write_merge(2, 3, 0, 0, "Sở A")
    sheet.write(2, 1, "192.0.2.1")
    sheet.write(3, 1, dt.datetime(2026, 11, 24), xlwt.easyxf(num_format_str="dd/mm/yyyy"))
    out = io.BytesIO()
    book.save(out)
    (table,) = read_tables(out.getvalue(), "a.xls").tables
    assert [(row.number, list(row.cells)) for row in table.rows] == [
        (2, ["", "IP"]), (3, ["Sở A", "192.0.2.1"]), (4, ["Sở A", dt.date(2026, 11, 24)]),
    ]  # fmt: skip


def test_an_old_workbook_whose_cells_reach_too_far_is_refused():
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    for row in range(50):
        sheet.write(row, 0, row)
    out = io.BytesIO()
    book.save(out)
    data = bytearray(out.getvalue())
    record = struct.pack("<HH", 0x027E, 10)  # RK: a number in four bytes
    found = [at for at in range(len(data)) if data[at : at + 4] == record]
    assert len(found) == 50
    struct.pack_into("<HH", data, found[-1] + 4, 65_535, 65_000)
    with pytest.raises(UnsafeInput, match="too large an area"):
        read_tables(bytes(data), "bomb.xls")


def test_old_files_that_are_protected_or_no_workbook():
    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, "x")
    out = io.BytesIO()
    book.save(out)
    whole = out.getvalue()
    name = "Workbook".encode("utf-16-le")
    for stream, error, message in (
        ("EncryptedPackage", InputError, "password"), ("WordDocument", FormatUnknown, "Word"), ("Sound", FormatUnknown, "no workbook"),
    ):  # fmt: skip
        encoded = stream.encode("utf-16-le")
        data = bytearray(whole)
        at = data.index(name)
        data[at : at + 64] = encoded.ljust(64, b"\0")
        struct.pack_into("<H", data, at + 64, len(encoded) + 2)
        with pytest.raises(error, match=message):
            read_tables(bytes(data), "a.xls")
    for cut in (8, 100, 600, len(whole) // 2):
        with pytest.raises(InputError):
            read_tables(whole[:cut], "cut.xls")


def ods(*rows, repeat_last: int = 1) -> bytes:
    document = OpenDocumentSpreadsheet()
    table = OdfTable(name="S1")
    for number, cells in enumerate(rows):
        repeated = repeat_last if number == len(rows) - 1 else 1
        row = TableRow(**({"numberrowsrepeated": repeated} if repeated > 1 else {}))
        for cell in cells:
            text, options = cell if isinstance(cell, tuple) else (cell, {})
            made = TableCell(**({"valuetype": "string"} if text else {}), **options)
            if text:
                made.addElement(P(text=text))
            row.addElement(made)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_an_open_document():
    data = ods(
        ["Đơn vị", "IP"],
        [("Sở A", {"numberrowsspanned": 2}), "192.0.2.1"],
        ["", "192.0.2.2"],
        [""],
        repeat_last=1_000_000,
    )
    (table,) = read_tables(data, "a.ods").tables
    assert [(row.number, list(row.cells)) for row in table.rows] == [
        (1, ["Đơn vị", "IP"]), (2, ["Sở A", "192.0.2.1"]), (3, ["Sở A", "192.0.2.2"]),
    ]  # fmt: skip


def test_an_open_document_that_repeats_without_end_is_refused():
    with pytest.raises(UnsafeInput, match="too large an area"):
        read_tables(ods([("a", {"numbercolumnsrepeated": 16_000})], repeat_last=1_000_000), "bomb.ods")


def test_a_zip_that_is_no_office_file_and_a_binary_workbook():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("list.txt", "192.0.2.1")
    with pytest.raises(FormatUnknown, match="unpack"):
        read_tables(out.getvalue(), "a.zip")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.bin", b"\0")
    with pytest.raises(FormatUnknown, match="xlsb"):
        read_tables(out.getvalue(), "a.xlsb")
