"""The pages as LibreOffice lays them out: measured, and read back as somebody who copies from them."""

from __future__ import annotations

import http.server
import io
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from official_samples import CLAUSES, LETTER, REPORT, changed, needs_libreoffice, unit, with_matrix, with_paragraph

from vonggac.documents import pdf
from vonggac.documents.official import Paragraph, Recipient
from vonggac.documents.pdf import lacking, to_pdf
from vonggac.documents.rendering import render_letter, render_report
from vonggac.errors import ConfigError, FormatUnknown, InputError, UnsafeInput

MM = 72 / 25.4
HOSTILE = "<w:p/> & {{ 7 * 7 }} \u202e\x07 ]]> " + "x" * 3000


class Pages:
    """A PDF opened: its pages, and its text on one line."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.file = pdfplumber.open(io.BytesIO(data))
        self.pages = self.file.pages
        self.text = flat("\n".join(page.extract_text() for page in self.pages))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def words(page: Any) -> list[dict[str, Any]]:
    return page.extract_words(extra_attrs=["size", "fontname"])


@pytest.fixture(scope="module")
def long_letter() -> Pages:
    body = [
        *LETTER.body[:-1],
        *(Paragraph(f"Nội dung {n}: nghiêm túc thực hiện, báo cáo kết quả. " * 4) for n in range(20)),
        LETTER.body[-1],
    ]
    return Pages(to_pdf(render_letter(replace(LETTER, body=body))))


@pytest.fixture(scope="module")
def matrix() -> Pages:
    return Pages(to_pdf(render_report(with_matrix())))


@needs_libreoffice
def test_nothing_stands_in_the_margins_but_the_number_of_the_page(long_letter: Pages) -> None:
    assert len(long_letter.pages) >= 3
    for number, page in enumerate(long_letter.pages, 1):
        assert (round(page.width / MM), round(page.height / MM)) == (210, 297)
        chars = [char for char in page.chars if char["text"].strip()]
        body = [char for char in chars if char["top"] >= 19.5 * MM]
        assert min(char["x0"] for char in body) >= 29.8 * MM
        assert max(char["x1"] for char in body) <= 195.2 * MM
        assert max(char["bottom"] for char in body) <= (297 - 19.8) * MM
        above = [char for char in chars if char["top"] < 19.5 * MM]
        if number == 1:
            assert not above
        else:
            assert "".join(char["text"] for char in above) == str(number)
            assert abs((above[0]["x0"] + above[-1]["x1"]) / 2 - 110 * MM) < 1 * MM
            assert 13 <= round(above[0]["size"], 1) <= 14


@needs_libreoffice
def test_the_nine_parts_stand_where_the_decree_puts_them(long_letter: Pages) -> None:
    first, last = words(long_letter.pages[0]), words(long_letter.pages[-1])

    def place(found: list[dict[str, Any]], *texts: str) -> tuple[float, float]:
        for at in range(len(found)):
            if [one["text"] for one in found[at : at + len(texts)]] == list(texts):
                return found[at]["x0"], found[at]["top"]
        raise AssertionError(texts)

    state, motto = place(first, "CỘNG", "HÒA", "XÃ"), place(first, "Độc", "lập")
    superior, issuer = place(first, "ỦY", "BAN"), place(first, "SỞ", "KHOA")
    number, dated = place(first, "Số:", "05/SKHCN-CNTT"), place(first, "Sông", "Lam,", "ngày", "05")
    subject, urgency = place(first, "V/v", "tăng"), place(first, "HỎA", "TỐC")
    addressed, body = place(first, "Kính", "gửi:"), place(first, "Thực", "hiện")
    middle = 105 * MM
    assert max(superior[0], issuer[0], number[0], subject[0], urgency[0]) < middle - 15 * MM
    assert min(state[0], motto[0], dated[0]) > 90 * MM
    assert abs(superior[1] - state[1]) < 5
    assert superior[1] < issuer[1] < number[1] < subject[1] < urgency[1] < addressed[1] < body[1]
    assert state[1] < motto[1] < dated[1]
    assert abs(number[1] - dated[1]) < 5
    told, role, name = place(last, "Nơi", "nhận:"), place(last, "KT.", "GIÁM"), place(last, "Nguyễn", "Văn", "Mẫu")
    assert told[0] < 31 * MM < middle < min(role[0], name[0])
    assert name[1] - role[1] > 25 * MM  # room for seal and signature


@needs_libreoffice
def test_a_line_stands_clear_below_motto_and_issuer(long_letter: Pages) -> None:
    """As long as the motto; its letters with dots below do not touch it."""
    page = long_letter.pages[0]
    rules = sorted(
        (one for one in [*page.lines, *page.rects] if one["top"] < 70 * MM and one["height"] < 3),
        key=lambda one: one["x0"],
    )
    motto = [word for word in words(page) if word["text"] in {"Độc", "phúc"}]
    right = [one for one in rules if one["x0"] > 100 * MM]
    assert right
    assert abs((right[0]["x1"] - right[0]["x0"]) - (motto[1]["x1"] - motto[0]["x0"])) < 6 * MM
    assert right[0]["top"] >= motto[0]["bottom"]


@needs_libreoffice
def test_the_signature_does_not_stand_alone(long_letter: Pages) -> None:
    for n in (6, 8, 9):  # paragraphs that leave little room on the first page
        body = [Paragraph("Nội dung cần thực hiện ngay trong ngày, báo cáo kết quả về Sở trước 17 giờ. " * 2)] * n
        last = Pages(to_pdf(render_letter(replace(LETTER, body=body)))).pages[-1].extract_text()
        assert "./." in last
        assert "KT. GIÁM ĐỐC" in last
        assert "Nguyễn Văn Mẫu" in last


@needs_libreoffice
def test_fonts_are_embedded_and_as_wide_as_times_with_vietnamese_letters(matrix: Pages, long_letter: Pages) -> None:
    for made in (matrix, long_letter):
        descriptors = [
            one for xref in made.file.doc.xrefs for number in xref.get_objids()
            if isinstance(one := made.file.doc.getobj(number), dict) and str(one.get("Type")) == "/'FontDescriptor'"
        ]  # fmt: skip
        assert descriptors
        assert all({"FontFile", "FontFile2", "FontFile3"} & one.keys() for one in descriptors)
        if not lacking():
            names = {char["fontname"] for page in made.pages for char in page.chars}
            assert all(re.match(r"[A-Z]{6}\+(LiberationSerif|TimesNewRoman|Tinos)", name) for name in names), names


@needs_libreoffice
def test_vietnamese_survives_copying(long_letter: Pages) -> None:
    for paragraph in LETTER.body[:-1]:
        assert flat(f"{paragraph.label} {paragraph.text}").strip() in long_letter.text
    assert "Đề nghị các cơ quan, đơn vị nghiêm túc thực hiện./." in long_letter.text


@needs_libreoffice
def test_a_long_subject_and_150_recipients_are_all_on_the_pages() -> None:
    names = [unit(n) for n in range(1, 151)]
    letter = replace(
        LETTER, subject="rà soát, bóc gỡ mã độc " * 25, addressed_to=names, recipients=[Recipient(n) for n in names]
    )
    made = Pages(to_pdf(render_letter(letter)))
    found = re.findall(r"\b(\d{3})[;.]", made.text)
    assert sorted(found) == sorted([f"{n:03d}" for n in range(1, 151)] * 2)
    assert all(char["x1"] <= 195.2 * MM and char["bottom"] <= 278 * MM for page in made.pages for char in page.chars)


@needs_libreoffice
def test_the_matrix_lies_across_with_its_head_on_every_page(matrix: Pages) -> None:
    across = [page for page in matrix.pages if page.width > page.height]
    assert len(across) >= 3
    for page in across:
        table = page.extract_tables()[0]
        assert table[0][2:16] == list(CLAUSES)
        chars = [char for char in page.chars if char["text"].strip() and char["top"] > 19.5 * MM]
        assert min(char["x0"] for char in chars) >= 29.8 * MM
        assert max(char["x1"] for char in chars) <= (297 - 14.8) * MM
        assert max(char["bottom"] for char in chars) <= (210 - 19.8) * MM
        number = [char for char in page.chars if char["text"].strip() and char["top"] < 19.5 * MM]
        assert "".join(char["text"] for char in number) == str(page.page_number)
        assert abs((number[0]["x0"] + number[-1]["x1"]) / 2 - (30 + 247 / 2) * MM) < 1 * MM
    rows = [row for page in across for row in page.extract_tables()[0][1:]]
    told = [flat(row[1] or "") for row in rows]
    assert [name for name in told if "Bình Minh" in name] == [unit(n) for n in range(1, 151)]
    assert rows[-1][-1] == "124.575"
    assert len(rows[-1]) == 17


@needs_libreoffice
def test_a_letter_tells_a_screen_reader_its_parts_and_a_large_table_stays_small(
    long_letter: Pages, matrix: Pages
) -> None:
    assert "StructTreeRoot" in long_letter.file.doc.catalog
    assert len(matrix.data) < 400_000


@needs_libreoffice
def test_without_an_appendix_there_is_no_page_across_and_no_empty_one() -> None:
    made = Pages(to_pdf(render_report(REPORT)))
    assert [page.width < page.height for page in made.pages] == [True]
    assert "Tổng cộng 2.048 52" in made.text


@needs_libreoffice
def test_hostile_values_are_text_on_the_page() -> None:
    letter = replace(LETTER, subject=HOSTILE[:60], body=[Paragraph(HOSTILE)], addressed_to=[HOSTILE[:60]])
    text = Pages(to_pdf(render_letter(letter))).text
    assert "<w:p/> & {{ 7 * 7 }}" in text
    assert text.replace(" ", "").count("x") >= 3000


# ----------------------------------------------------------------------------------------------------------- the child


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """The address of a server, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_GET = do_HEAD = do_OPTIONS = do_PROPFIND = handle_any  # noqa: N815  # names of http.server

        def log_message(self, *told: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/a.png", asked
        server.shutdown()


PICTURE = (
    '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="a"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr><pic:cNvPr id="1" name="a"/><pic:cNvPicPr/>'
    '</pic:nvPicPr><pic:blipFill><a:blip r:link="rIdX"/></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
)


def linked(url: str) -> bytes:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    told = f'<Relationship Id="rIdX" Type="{kind}" Target="{url}" TargetMode="External"/></Relationships>'
    return changed(
        with_paragraph(render_letter(LETTER), PICTURE),
        {"word/_rels/document.xml.rels": lambda xml: xml.replace("</Relationships>", told)},
    )


def test_a_document_that_reaches_out_is_not_laid_out() -> None:
    with pytest.raises(UnsafeInput, match="outside"):
        to_pdf(linked("http://192.0.2.1/a.png"))
    with pytest.raises(FormatUnknown):
        to_pdf(b"%PDF-1.7")


@needs_libreoffice
def test_even_one_that_slipped_through_reaches_nobody(listener: tuple[str, list[str]]) -> None:
    url, asked = listener
    assert pdf.laid_out(linked(url), 60).startswith(b"%PDF-")
    assert asked == []


@needs_libreoffice
def test_without_our_settings_and_limits_it_would(
    listener: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the test above can fail."""
    url, asked = listener
    monkeypatch.setattr(pdf, "_SETTINGS", ())
    monkeypatch.setattr(pdf._Limits, "__call__", lambda self: None)
    pdf.laid_out(linked(url), 60)
    assert asked


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program of ours in the place of LibreOffice."""
    path = tmp_path / "soffice"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


def test_one_that_takes_too_long_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    program(tmp_path, monkeypatch, f"sleep 300 &\necho $$ $! >{pids}\nwait")
    with pytest.raises(InputError, match="longer than 1 second"):
        to_pdf(render_letter(LETTER), timeout_s=1)
    for pid in map(int, pids.read_text().split()):
        for _try in range(50):
            if not alive(pid):
                break
            time.sleep(0.1)
        assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("script", ["exit 1", "kill -SEGV $$", "true", ': >"${@}"'])
def test_one_that_fails_is_an_error_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program(tmp_path, monkeypatch, script)
    with pytest.raises(InputError, match="could not be laid out"):
        to_pdf(render_letter(LETTER), timeout_s=10)


def test_the_child_sees_a_folder_of_its_own_and_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    program(tmp_path, monkeypatch, f'{{ env; ulimit -a; pwd; }} >{told}; printf %%PDF- >"$PWD/out/document.pdf"')
    monkeypatch.setenv("VONGGAC_SECRET", "hidden")
    assert to_pdf(render_letter(LETTER), timeout_s=10) == b"%PDF-"
    seen = told.read_text()
    assert "hidden" not in seen
    folder = Path(seen.splitlines()[-1])
    assert f"HOME={folder}/home" in seen
    assert not folder.exists()


def test_where_libreoffice_lacks_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="apt-get install libreoffice-writer-nogui fonts-liberation2"):
        to_pdf(render_letter(LETTER))
    assert lacking() == ("libreoffice-writer-nogui", "fonts-liberation2")
