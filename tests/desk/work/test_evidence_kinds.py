"""What a file is, told by its bytes; what pretends, runs, climbs, nests or explodes is refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofs import MAIL, PDF, archive, comment, docx, jpeg, mail, png, sealed, seven, webp, xlsx

from vonggac.desk.work.evidence import JPEG, KINDS, TEXT, clean_name, kind_of
from vonggac.errors import FormatUnknown, InputError, UnsafeInput, VonggacError

LOG = b"<34>2026-11-01T00:00:01+07:00 fw01 GET /?q=<script>alert(1)</script> ALLOW\n" * 50
PE = b"MZ\x90\0" + b"\0" * 200


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (png(), "png"),
        (jpeg(), "jpeg"),
        (webp(), "webp"),
        (PDF, "pdf"),
        (LOG, "text"),
        ("\ufeffthời gian,địa chỉ\n".encode(), "text"),
        ("thời gian\tđịa chỉ\r\n".encode("utf-16"), "text"),
        (b"May chu \xd0ong Hoa: da quet 12 may tram, khong con ket noi ra ngoai\n", "text"),
        (docx(), "docx"),
        (xlsx(), "xlsx"),
        (mail(), "eml"),
        (mail("chu-ky.gif", b"GIF89a\1\0\1\0"), "eml"),
        (mail("mau.zip", sealed({"a.exe": PE})), "eml"),
        (b"\xd4\xc3\xb2\xa1\2\0\4\0" + b"\0" * 40, "pcap"),
        (archive({"anh/1.png": png(), "nhat-ky.log": LOG}), "zip"),
        (sealed({"mau.exe": PE}), "zip_sealed"),
        (seven(), "7z_sealed"),
    ],
)
def test_what_may_be_taken_is_told_by_its_bytes(data, name):
    assert kind_of(data).name == name


@pytest.mark.parametrize("two", [b"<%", b"< %", b"<\n%", b"<?", b"<!"])
def test_bytes_that_compressed_pictures_have_by_chance_make_no_second_kind(two):
    """Two given bytes stand in one of sixteen pictures of a screen among the first 4096."""
    assert kind_of(png(more=comment(b"\x00\x9c" + two + b"\xf3\x11"))).name == "png"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
RELATION = (
    b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
    b'Target="http://203.0.113.9/a.dotm" TargetMode="External"/></Relationships>'
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (SVG, "browser would run"),
        (b"\n  \xef\xbb\xbf" + HTML, "browser would run|not taken"),
        (b'<?xml version="1.0"?>' + SVG, "browser would run"),
        (b"\xff\xfe" + "<html>".encode("utf-16-le"), "browser would run"),
        (b"GIF89a=1;alert(1)//", "browser would run"),
        (b"{\\rtf1\\object}", "browser would run"),
        (png(more=comment(b"<script>alert(1)</script>")), "two kinds"),
        (png(end=HTML * 3), "hangs on its end"),
        (b"%PDF-1.4\n<html><script>alert(1)</script>\n%%EOF", "two kinds"),
        (HTML[:-1] + b"\n%PDF-1.4", "browser would run"),
        (b"xin chao\n%PDF-1.4\n", "two kinds"),
        (jpeg() + archive({"a.class": b"\xca\xfe\xba\xbe"}), "two kinds"),
        (PDF + archive({"a.txt": b"a"}), "two kinds"),
        (b"GET / \n" + archive({"a.txt": b"a"}), "not taken"),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript /JS (a) >>"), "script"),
        (PDF.replace(b"/Catalog", b"/Catalog /AA << /S /Launch >>"), "script"),
        (PE, "with a password"),
        (b"\x7fELF" + b"\0" * 60, "with a password"),
        (b"#!/bin/sh\nrm -rf /\n", "with a password"),
        (b"L\0\0\0\x01\x14\x02\0" + b"\0" * 60, "with a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old office file"),
        (b"Rar!\x1a\7\0", "only ZIP and 7z"),
        (b"\x1f\x8b\x08" + b"\0" * 40, "only ZIP and 7z"),
        (b"\0\1\2\3" * 20, "not taken"),
        (b"", "empty"),
        (docx(word__vbaProject_dot_bin=b"x"), "macros"),
        (xlsx(xl__macrosheets__sheet1_dot_xml=b"<a/>"), "macros"),
        (xlsx(xl__activeX__activeX1_dot_bin=b"x"), "macros"),
        (docx(word__embeddings__oleObject1_dot_bin=b"x"), "macros"),
        (docx(word__embeddings__a_dot_xlsx=PE), "with a password"),
        (docx(word___rels__settings_dot_xml_dot_rels=RELATION), "from elsewhere"),
        (docx(word__footer9_dot_xml=b'<w:instrText>DDEAUTO "cmd" "/c calc"</w:instrText>'), "macros"),
        (xlsx(xl__externalLinks__externalLink1_dot_xml=b'<x><ddeLink ddeService="cmd"/></x>'), "macros"),
        (docx(word__bomb_dot_xml=b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "entities"),
        (archive({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<a/>"}), "only DOCX and XLSX"),
        (archive({"mau.exe": PE}), "with a password"),
        (archive({"trang.html": HTML}), "browser would run"),
        (archive({"a.zip": archive({"b.txt": b"b"})}), "archive in an archive"),
        (archive({"a.zip": sealed({"b.exe": PE})}), "archive in an archive"),
        (archive({"a.7z": seven()}), "archive in an archive"),
        (archive({"a.eml": mail("b.zip", archive({"c.txt": b"c"}))}), "archive in an archive"),
        (archive({"../../etc/passwd": b"a"}), "somewhere else"),
        (archive({"a/..\\..\\b.txt": b"a"}), "somewhere else"),
        (archive({"/etc/passwd": b"a"}), "somewhere else"),
        (archive({"C:\\a.txt": b"a"}), "somewhere else"),
        (archive({"a\u202etxt.exe": b"a"}), "somewhere else"),
        (sealed({"../a.exe": PE}), "somewhere else"),
        (sealed({"a.exe": PE, "b.exe": PE}, only=1), "only a part"),
        (sealed({"a.exe": PE}, inside=False), "only a part"),
        (seven(b"\x01\x04\x06\x00"), "encrypted file names"),
        (seven(b"\x17\x06\x00\x01\x09\x20\x00\x07\x0b\x01\x00\x01\x23\x03\x01\x01\x05"), "encrypted file names"),
        (seven()[:-1], "damaged"),
        (mail("hoa-don.exe", PE), "with a password"),
        (mail("hoa-don.html", HTML), "browser would run"),
        (mail("hoa-don.zip", archive({"a.exe": PE})), "with a password"),
        (MAIL + b"Content-Type: multipart/mixed; boundary=c\r\n" * 80, "deeply nested"),
    ],
)  # fmt: skip
def test_what_may_not_is_refused_with_its_reason(data, said):
    with pytest.raises((UnsafeInput, FormatUnknown, InputError), match=said):
        kind_of(data)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"PK\3\4", b"7z\xbc\xaf\x27\x1c", b"%PDF-", b"\xff\xd8\xff", b"From: a\nTo: b\n\n", png()]),
)
def test_whatever_comes_is_told_or_refused(data, begin):
    try:
        kind = kind_of(begin + data)
    except VonggacError:
        return
    assert kind in KINDS


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("anh.JPG", "anh.jpg"),
        ("C:\\Users\\an\\ảnh máy chủ.jpeg", "ảnh máy chủ.jpeg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("hoadon\u202egpj.exe", "hoadongpj.exe.jpg"),
        ("a\r\nSet-Cookie: b=c.jpg", "aSet-Cookie_ b=c.jpg"),
        ('x"><script>.html', "x___script_.html.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        (".jpg", "jpg.jpg"),
        ("a" * 400 + ".jpg", "a" * 150 + ".jpg"),
    ],
)
def test_a_name_has_no_path_nothing_hidden_and_the_ending_of_its_kind(name, kept):
    assert clean_name(name, JPEG) == kept


@pytest.mark.parametrize("name", ["mau.js", "mau.hta", "mau.bat", "mau.txt.ps1", "mau.vbs"])
def test_a_script_that_looks_like_text_leaves_as_text(name):
    assert kind_of(b"WScript.Shell") is TEXT
    assert clean_name(name, TEXT) == f"{name}.txt"
