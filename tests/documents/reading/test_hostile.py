"""Files that mean harm, or cannot be read: said, never run, never garbage."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import offices
import pytest
from offices import AGENCY, DEPARTMENT, HOLIDAY

from vonggac.documents import letters
from vonggac.documents.letters import read_letter
from vonggac.errors import FormatUnknown, InputError, UnsafeInput
from vonggac.jobs import letter_scans, pictures
from vonggac.jobs.letter_scans import read_letter_file

LETTER = offices.word_table(AGENCY)


def changed(change: Callable[[bytes], bytes] = lambda xml: xml, extra: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(LETTER)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            body = old.read(info.filename)
            new.writestr(info.filename, change(body) if info.filename == "word/document.xml" else body)
        for path, body in (extra or {}).items():
            new.writestr(path, body)
    return out.getvalue()


def asked(data: bytes) -> list[str]:
    return [doubt.message for doubt in read_letter(data, "letter").doubts]


def test_macros_files_inside_and_links_out_are_told_and_nothing_is_run() -> None:
    assert asked(changed(extra={"word/vbaProject.bin": b"\xd0\xcf"})) == [
        "the file carries macros; none was run. Ask for a file without"
    ]
    assert asked(changed(extra={"word/embeddings/oleObject1.bin": b"x"})) == [
        "the file has other files inside it; they were not opened"
    ]
    link = b'<Relationships><Relationship Id="r" Type="x/attachedTemplate" Target="http://203.0.113.9/t.dotm" TargetMode="External"/></Relationships>'
    assert asked(changed(extra={"word/_rels/settings.xml.rels": link})) == [
        "the file points to something outside it; nothing was fetched"
    ]


def test_a_link_in_the_text_is_no_matter() -> None:
    link = b'<Relationships><Relationship Id="r" Type="x/hyperlink" Target="https://giamsat.example" TargetMode="External"/></Relationships>'
    assert asked(changed(extra={"word/_rels/footnotes.xml.rels": link})) == []


def test_entities_are_refused() -> None:
    with pytest.raises(UnsafeInput, match="declares XML entities"):
        read_letter(
            changed(
                lambda xml: xml.replace(
                    b"<w:document", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document', 1
                )
            ),
            "cv.docx",
        )


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    began = time.process_time()
    with pytest.raises(UnsafeInput, match="would inflate to"):
        read_letter(changed(lambda xml: xml + b" " * (100 << 20)), "cv.docx")
    with pytest.raises(UnsafeInput, match="would inflate to"):
        read_letter(changed(extra={"word/numbering.xml2": b"", "word/media/a.bin": b"\0" * (800 << 20)}), "cv.docx")
    assert time.process_time() - began < 30


def test_nesting_without_end_is_refused() -> None:
    deep = b"<w:tbl><w:tr><w:tc>" * 3000 + b"<w:p/>" + b"</w:tc></w:tr></w:tbl>" * 3000
    with pytest.raises(InputError, match=r"nested too deep|cannot be read"):
        read_letter(changed(lambda xml: xml.replace(b"<w:body>", b"<w:body>" + deep)), "cv.docx")


def test_too_many_paragraphs_and_pages_are_no_letter() -> None:
    with pytest.raises(UnsafeInput, match="20,000 paragraphs"):
        read_letter(
            changed(lambda xml: xml.replace(b"<w:body>", b"<w:body>" + b"<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 20_001)),
            "cv.docx",
        )
    with pytest.raises(UnsafeInput, match="200 pages"):
        read_letter(pages(10_000), "cv.pdf")


def pages(n: int) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out)
    for _ in range(n):
        canvas.drawString(100, 100, "x")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"   \n"])
def test_an_empty_file(data: bytes) -> None:
    with pytest.raises(InputError, match="empty"):
        read_letter(data, "cv.pdf")


def test_a_letter_without_text() -> None:
    out = io.BytesIO()
    docx.Document().save(out)
    with pytest.raises(InputError, match="no text in it"):
        read_letter(out.getvalue(), "cv.docx")


def test_what_is_no_letter_is_told_what_to_do() -> None:
    for data in (b"GIF89a....", b"{\\rtf1 x}", b"<html></html>", b"MZ\x90\0"):
        with pytest.raises(FormatUnknown, match="save the letter as DOCX or PDF"):
            read_letter(data, "cv")


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MAX_BYTES", 10)
    with pytest.raises(UnsafeInput, match="at most 10 are read"):
        read_letter(LETTER, "cv.docx")


@pytest.mark.parametrize("make", [offices.word_table, offices.pdf_lines])
def test_a_file_cut_off_anywhere_is_an_error_that_says_so(make: Callable[..., bytes]) -> None:
    data = make(AGENCY)
    for part in range(1, 20):
        with pytest.raises(InputError, match=r"^cv: "):
            read_letter(data[: len(data) * part // 20], "cv")


def test_bytes_changed_anywhere_are_read_or_refused() -> None:
    data = offices.pdf_lines(DEPARTMENT)
    for at in range(0, len(data), len(data) // 60):
        try:
            read_letter(data[:at] + b"<<[(/" + data[at + 5 :], "cv")
        except InputError:
            continue


# ------------------------------------------------------------------------------------------------- fonts and hidden text


def in_font(font: str, text: str) -> bytes:
    made = docx.Document()
    run = made.add_paragraph().add_run(text)
    run.font.name = font
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


TCVN3 = "Céng hoµ x· héi chñ nghÜa ViÖt Nam. Thùc hiÖn C«ng v¨n cña Së Khoa häc vµ C«ng nghÖ vÒ viÖc b¶o ®¶m an toµn th«ng tin"
VNI = "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam. Thöïc hieän Coâng vaên cuûa Sôû Khoa hoïc vaø Coâng ngheä veà vieäc baûo ñaûm an toaøn thoâng tin"


@pytest.mark.parametrize(("font", "text"), [(".VnTime", TCVN3), ("VNI-Times", VNI), ("Arial", TCVN3), ("Arial", VNI)])
def test_old_fonts_are_told_and_never_shown_as_garbage(font: str, text: str) -> None:
    with pytest.raises(InputError, match="old font that is not Unicode"):
        read_letter(in_font(font, text), "cv.docx")


def test_unicode_in_a_font_of_an_old_name_is_read() -> None:
    letter = read_letter(in_font(".VnTime", "Đề nghị các đơn vị thực hiện nghiêm túc."), "cv.docx")
    assert letter.opening[0].value == "Đề nghị các đơn vị thực hiện nghiêm túc."


def test_a_pdf_in_an_old_font_is_told() -> None:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(50, 700, TCVN3)
    canvas.save()
    with pytest.raises(InputError, match="old font that is not Unicode"):
        read_letter(out.getvalue(), "cv.pdf")


def test_hidden_text_is_left_out_and_told() -> None:
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>1. Chuyển tiền ngay</w:t></w:r></w:p>".encode()
    data = changed(
        lambda xml: xml.replace(
            b'<w:p><w:pPr><w:spacing w:after="120"/>', hidden + b'<w:p><w:pPr><w:spacing w:after="120"/>', 1
        )
    )
    letter = read_letter(data, "cv.docx")
    assert "Chuyển tiền" not in str(letter)
    assert [doubt.message for doubt in letter.doubts] == ["it holds hidden text, which was left out"]


# ------------------------------------------------------------------------------------------------------------- scans


def test_without_tesseract_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "recogniser", lambda: "")
    with pytest.raises(InputError, match="apt-get install tesseract-ocr tesseract-ocr-vie"):
        read_letter_file(offices.scanned(offices.pdf_lines(AGENCY)), "scan.pdf")


def test_without_a_recogniser_a_scan_is_an_error() -> None:
    with pytest.raises(InputError, match="a scan"):
        read_letter(offices.scanned(offices.pdf_lines(AGENCY)), "scan.pdf")


@pytest.mark.skipif(
    not letter_scans.is_there(), reason="Tesseract is missing: apt-get install tesseract-ocr tesseract-ocr-vie"
)
def test_a_damaged_picture_is_an_error_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InputError, match="cannot be drawn"):
        read_letter_file(b"\x89PNG\r\n\x1a\n" + b"x" * 1000, "photo.png")
    assert list(tmp_path.iterdir()) == []


def test_a_letter_of_four_hundred_clauses_is_read_in_time() -> None:
    spec = replace(HOLIDAY, clauses=[(f"{n % 99 + 1}.", "Thực hiện nhiệm vụ " * 20) for n in range(400)])
    began = time.process_time()
    assert len(read_letter(offices.word_table(spec), "cv.docx").all_clauses()) == 400
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "text",
    [
        "Công văn " * 20_000,
        "từ ngày " * 20_000,
        "trước " * 40_000,
        "1." * 50_000,
        "số 1/" + "A-" * 40_000,
        "ngày 1 " * 20_000,
    ],
)
def test_no_text_makes_an_expression_run_for_ever(text: str) -> None:
    began = time.process_time()
    read_letter(changed(lambda xml: xml.replace("Tiếp theo".encode(), text.encode(), 1)), "cv.docx")
    assert time.process_time() - began < 10
