"""Templates that an office brings: what it may change is taken, what acts or reaches further is refused."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import replace

import docx
import pytest
from docx.shared import Mm
from official_samples import LETTER, REPORT, Change, changed, said, with_matrix, with_paragraph

from vonggac.documents.rendering import (
    check_letter_template,
    check_report_template,
    render_letter,
    render_report,
    shipped,
)
from vonggac.errors import FormatUnknown, InputError, UnsafeInput, VonggacError

LETTER_FILE = shipped("cong_van")
REPORT_FILE = shipped("bao_cao")
RELS = "word/_rels/document.xml.rels"
TYPES = "[Content_Types].xml"
BASE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def words(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def related(kind: str, target: str, mode: str = "External") -> Change:
    told = f'<Relationship Id="rIdX" Type="{kind if "://" in kind else f"{BASE}/{kind}"}" Target="{target}" TargetMode="{mode}"/>'
    return lambda xml: xml.replace("</Relationships>", f"{told}</Relationships>")


def typed(told: str) -> Change:
    return lambda xml: xml.replace("</Types>", f"{told}</Types>")


def in_header(inner: str) -> Change:
    return lambda xml: xml.replace("</w:hdr>", f"<w:p>{inner}</w:p></w:hdr>")


def field(*pieces: str) -> str:
    inner = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    return f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{inner}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


# --------------------------------------------------------------------------------------------------------------- taken


def test_ours_may_be_brought_back_as_they_are() -> None:
    check_letter_template(LETTER_FILE)
    check_report_template(REPORT_FILE)
    assert render_letter(LETTER, LETTER_FILE) == render_letter(LETTER)
    assert render_report(with_matrix(2), REPORT_FILE) == render_report(with_matrix(2))


def test_an_office_changes_words_fonts_and_margins_and_breaks_fields_into_runs() -> None:
    def split(xml: str) -> str:
        return xml.replace(
            "{{ subject }}", '{{ sub</w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve">ject }}'
        )

    document = docx.Document(io.BytesIO(changed(REPORT_FILE, {"word/document.xml": split})))
    document.sections[0].right_margin = Mm(15)
    document.sections[0].first_page_header.paragraphs[0].text = "{{ issuer }} – LƯU HÀNH NỘI BỘ"
    document.add_paragraph("{% if urgency == '' %}Không khẩn{% else %}Khẩn{% endif %}{# ghi chú #}")
    made = io.BytesIO()
    document.save(made)
    data = render_report(replace(REPORT, subject="Kết <quả>"), made.getvalue())
    assert "Kết <quả>" in words(data)
    assert "Không khẩn" in words(data)
    found = docx.Document(io.BytesIO(data))
    assert found.sections[0].first_page_header.paragraphs[0].text == "SỞ KHOA HỌC VÀ CÔNG NGHỆ – LƯU HÀNH NỘI BỘ"
    [table] = [table for table in found.tables if table.style.name == "DataTable"]
    assert round(sum(column.width for column in table.columns) / Mm(1)) == 165


def test_a_picture_of_the_office_stays() -> None:
    from PIL import Image

    logo, made = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(logo, "PNG")
    document = docx.Document(io.BytesIO(LETTER_FILE))
    document.add_picture(logo)
    document.save(made)
    with zipfile.ZipFile(io.BytesIO(render_letter(LETTER, made.getvalue()))) as archive:
        assert archive.read("word/media/image1.png") == logo.getvalue()


# --------------------------------------------------------------------------------------------------- injection refused

REFUSED = [
    "{{ issuer.__class__ }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ issuer.upper() }}", "{{ issuer|safe }}",
    "{{ issuer['x'] }}", "{{ issuer[0] }}", "{{ self }}", "{{ self.__init__.__globals__ }}", "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}", "{{ namespace() }}", "{{ range(1000000000) }}", "{{ 'a' * 1000000000 }}", "{{ 2 ** 99999999 }}", "{{ 7 * 7 }}",
    "{{ config }}", "{{ loop }}", "{{ issuer ~ issuer }}", "{{ issuer if number else subject }}", "{{ [1, 2] }}", "{{ {'a': 1} }}", "{{ 'text' }}",
    "{% set a = issuer %}", "{% import 'x' as y %}", "{% include 'x' %}", "{% extends 'x' %}", "{% block a %}{% endblock %}",
    "{% macro a() %}{% endmacro %}", "{% call a() %}{% endcall %}", "{% filter upper %}a{% endfilter %}", "{% with a = issuer %}{% endwith %}",
    "{% autoescape false %}{{ issuer }}{% endautoescape %}", "{% for a in addressees recursive %}{% endfor %}",
    "{% for a in addressees if a %}{% endfor %}", "{% for a in addressees %}{% for b in addressees %}x{% endfor %}{% endfor %}",
    "{% for a in 'abc' %}x{% endfor %}", "{% for a in range(9) %}x{% endfor %}", "{% for a, b in addressees %}x{% endfor %}",
    "{% for loop in addressees %}{% endfor %}", "{% if issuer is defined %}{% endif %}", "{% if issuer in subject %}{% endif %}",
    "{% if issuer &gt; subject %}{% endif %}", "{% if issuer.__class__ == 1 %}{% endif %}", "{% if f() %}{% endif %}",
    "{% if a %}{% elif g() %}{% endif %}", "{% for a in issuer %}{% endfor %}", "{{ addressees }}", "{{ paragraphs }}", "{{ isuer }}",
    "{% for p in paragraphs %}{{ p.txt }}{% endfor %}", "{% for p in paragraphs %}{{ p.items }}{% endfor %}", "{{ p.text }}", "{{ issuer",
    "{{ }}", "{% if issuer %}", "{% endif %}", "{% frobnicate %}", "{{ issuer + }}", "{%hm%}", "{{ " + "(" * 90 + "issuer" + ")" * 90 + " }}",
    "{{ " + "x" * 400 + " }}", "{% if issuer %}" * 40 + "{% endif %}" * 40, "{{ issuer }}" * 1001, "{{ loop.first }}",
    "{% colspan issuer.__class__ %}", "{% cellbg f() %}", "{% trans %}a{% endtrans %}", "{% do issuer %}", "{% break %}", "{% debug %}",
]  # fmt: skip


@pytest.mark.parametrize("told", REFUSED)
@pytest.mark.parametrize("place", ["body", "header"])
def test_a_template_that_does_more_than_name_repeat_and_ask_is_refused(told: str, place: str) -> None:
    run = said(told)
    data = (
        with_paragraph(LETTER_FILE, run)
        if place == "body"
        else changed(LETTER_FILE, {"word/header1.xml": in_header(run)})
    )
    with pytest.raises(InputError) as caught:
        render_letter(LETTER, data)
    assert caught.value.where == "template"


def test_what_is_in_an_attribute_is_looked_at_too() -> None:
    data = with_paragraph(LETTER_FILE, '<w:pPr><w:pStyle w:val="{{ issuer.__class__ }}"/></w:pPr>')
    with pytest.raises(InputError):
        render_letter(LETTER, data)


def test_properties_hold_no_fields() -> None:
    data = changed(LETTER_FILE, {"docProps/core.xml": lambda xml: xml.replace("Công văn", "{{ 7 * 7 }}")})
    with pytest.raises(InputError, match="properties"):
        render_letter(LETTER, data)


def test_a_mistake_names_the_field_and_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"there is no field isuer; there are: issuer, superior, number"):
        check_letter_template(with_paragraph(LETTER_FILE, said("{{ isuer }}")))
    with pytest.raises(InputError, match="there is no field form"):
        check_letter_template(REPORT_FILE)


@pytest.mark.parametrize("told", [said("{{p issuer }}"), said("{{ block.table }}")])
def test_a_field_where_word_would_find_damage_is_refused(told: str) -> None:
    data = with_paragraph(
        REPORT_FILE,
        said("{%p for section in sections %}") + "</w:p><w:p>" + said("{%p for block in section.blocks %}") + f"</w:p><w:p>{told}</w:p><w:p>"
        + said("{%p endfor %}") + "</w:p><w:p>" + said("{%p endfor %}"),
    )  # fmt: skip
    with pytest.raises(InputError, match="stands where it cannot"):
        render_report(REPORT, data)


# ------------------------------------------------------------------------------------------------- what acts is refused

ACTIVE: list[tuple[str, Mapping[str, Change], str]] = [
    ("a part with macros", {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}, "macros"),
    ("macros by type", {TYPES: typed('<Override PartName="/word/x.xml" ContentType="application/vnd.ms-office.vbaProject"/>')}, "macros"),
    ("a document with macros", {TYPES: lambda xml: xml.replace(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml")}, "macros"),
    ("a relation to macros", {RELS: related("http://schemas.microsoft.com/office/2006/relationships/vbaProject", "x.xml", "Internal")}, "macros"),
    ("a Word template", {TYPES: lambda xml: xml.replace("wordprocessingml.document.main", "wordprocessingml.template.main")}, "Word document"),
    ("a picture from outside", {RELS: related("image", "http://192.0.2.1/a.png")}, "outside"),
    ("a file of the machine", {RELS: related("image", "file:///etc/passwd")}, "outside"),
    ("a share", {RELS: related("image", "\\\\192.0.2.1\\a", "Internal")}, "outside"),
    ("an address that calls itself internal", {RELS: related("image", "http://192.0.2.1/a.png", "Internal")}, "outside"),
    ("a template elsewhere", {"word/_rels/settings.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="a" Type="{BASE}/attachedTemplate" Target="http://192.0.2.1/a.dotm" TargetMode="External"/></Relationships>'}, "outside"),
    ("a link", {RELS: related("hyperlink", "https://a.example")}, "outside"),
    ("another document in it", {RELS: related("aFChunk", "a.html", "Internal")}, "not allowed"),
    ("an object", {RELS: related("oleObject", "embeddings/a.bin", "Internal"), "word/embeddings/a.bin": b"MZ"}, "remove it"),
    ("a package", {RELS: related("package", "embeddings/a.xlsx", "Internal")}, "not allowed"),
    ("a control", {RELS: related("control", "activeX/a.xml", "Internal")}, "not allowed"),
    ("a program", {"word/media/a.exe": b"MZ"}, "neither text nor a picture"),
    ("a drawing that is a script", {"word/media/a.svg": b"<svg onload='x'/>"}, "neither text nor a picture"),
    ("entities", {"word/document.xml": lambda xml: xml.replace("<w:document", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><w:document', 1)}, "entities"),
    ("entities in a part that is not of the text", {"customXml/item1.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "entities"),
    ("damaged XML", {"word/document.xml": lambda xml: xml.replace("</w:body>", "", 1)}, "cannot be read"),
    ("no text", {"word/document.xml": None}, "no Word document"),
    ("a bomb", {"word/media/a.png": b"\0" * (65 << 20)}, "inflate"),
    ("a bomb of text", {"word/document.xml": lambda xml: xml.replace("</w:body>", f"<w:p>{said('a' * (2 << 20))}</w:p></w:body>")}, "too long"),
    ("very many parts", {f"word/media/{n}.png": b"a" for n in range(500)}, "inflate"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "why"), [case[1:] for case in ACTIVE], ids=[case[0] for case in ACTIVE])
def test_what_acts_or_reaches_out_is_refused(changes: Mapping[str, Change], why: str) -> None:
    with pytest.raises(InputError, match=why):
        render_letter(LETTER, changed(LETTER_FILE, changes))


@pytest.mark.parametrize(
    "told",
    [
        field("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe"), field("DD", "EAUTO ", "cmd"), field('INCLUDETEXT "/etc/passwd"'),
        field('INCLUDEPICTURE "http://192.0.2.1/"'), field("HYPERLINK a"), field("PAGE ", "\\* MERGEFORMAT INCLUDETEXT a"),
        field("{{ issuer }}"), field(""), f'<w:fldSimple w:instr="INCLUDETEXT a">{said("x")}</w:fldSimple>',
        field("PAGE").replace("PAGE</w:instrText></w:r>", "PAGE</w:instrText></w:r>" + field("DDE a")),
        "<w:r><w:instrText>DDE a</w:instrText></w:r>", '<w:altChunk r:id="rId1"/>', "<w:r><w:object/></w:r>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["body", "header"])
def test_fields_that_fetch_or_run_are_refused(told: str, place: str) -> None:
    data = (
        with_paragraph(LETTER_FILE, told)
        if place == "body"
        else changed(LETTER_FILE, {"word/header1.xml": in_header(told)})
    )
    with pytest.raises(UnsafeInput, match=r"only numbers of pages|not allowed"):
        render_letter(LETTER, data)


def test_numbers_of_pages_are_allowed() -> None:
    check_letter_template(with_paragraph(LETTER_FILE, field(" NUM", "PAGES ", " \\* MERGEFORMAT ")))


def test_sizes_that_lie_are_refused() -> None:
    data = bytearray(changed(LETTER_FILE, {"word/media/a.png": b"\0" * (1 << 20)}))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"word/media/a.png"))
    struct.pack_into("<L", data, at + 24, 10)
    with pytest.raises(VonggacError):
        render_letter(LETTER, bytes(data))


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b"PK\x03\x04 broken", b"<html>"]
)
def test_what_is_no_word_file_is_called_so(data: bytes) -> None:
    with pytest.raises((FormatUnknown, InputError)):
        check_letter_template(data)
