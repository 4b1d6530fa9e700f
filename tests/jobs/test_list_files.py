"""Lists as files: feeds in a folder, scans and photos with every doubt marked, what to install where nothing recognises."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table as PrintedTable

from vonggac.cli import main
from vonggac.detectors.indicators.detector import IndicatorDetector, rule_of
from vonggac.detectors.indicators.indicator import MISREAD
from vonggac.errors import InputError
from vonggac.jobs import list_scans, pictures
from vonggac.jobs.list_files import read_file, read_path
from vonggac.jobs.pictures import Cell

ROWS = [
    ("STT", "Unit", "IP", "Malware", "Last seen"),
    *[(str(n), "Xa Dong Hoa", f"198.51.100.{n * 37 % 256}", "Mirai", "20/11/2026 08:15") for n in range(1, 7)],
]
needs_tesseract = pytest.mark.skipif(
    not pictures.has_vietnamese(pictures.recogniser()),
    reason="Tesseract is missing: apt-get install tesseract-ocr tesseract-ocr-vie",
)


def page(rows=ROWS, blur=0.0):
    picture = Image.new("L", (1650, 120 + 70 * len(rows)), 255)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(28)
    edges = (60, 160, 620, 950, 1230, 1600)
    for at, row in enumerate(rows):
        top = 60 + at * 70
        for x, text in zip(edges, row, strict=False):
            draw.text((x + 14, top + 16), text, font=font, fill=0)
        for y in (top, top + 70):
            draw.line((60, y, 1600, y), fill=0, width=2)
        for x in edges:
            draw.line((x, top, x, top + 70), fill=0, width=2)
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture


def saved(picture, form, **more):
    file = io.BytesIO()
    picture.save(file, form, **more)
    return file.getvalue()


# ------------------------------------------------------------------------------------------------------------- scans


@needs_tesseract
@pytest.mark.parametrize(("form", "blur"), [("PDF", 0.0), ("PNG", 0.0), ("PDF", 1.5)])
def test_a_list_on_paper_is_read_by_its_cells(form, blur):
    found = read_file(saved(page(blur=blur), form), "scan.bin")
    assert found.form == "scan"
    assert [one.value for one in found.indicators] == [row[2] for row in ROWS[1:]]
    assert {one.place.sheet for one in found.indicators} == {"page 1"}
    assert all(warning.startswith(MISREAD) for one in found.indicators for warning in one.warnings)


@needs_tesseract
def test_pages_that_are_pictures_are_read_beside_pages_with_text():
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    table = PrintedTable([["IP", "Malware"], ["203.0.113.9", "Mirai"]], style=[("GRID", (0, 0), (-1, -1), 1, "black")])
    table.wrapOn(canvas, 400, 400)
    table.drawOn(canvas, 72, 600)
    canvas.showPage()
    canvas.drawImage(ImageReader(page()), 30, 400, 535, 200)
    canvas.showPage()
    canvas.save()
    found = read_file(file.getvalue(), "cv.pdf")
    assert [one.value for one in found.indicators] == ["203.0.113.9", *(row[2] for row in ROWS[1:])]
    assert [one.place.sheet for one in found.indicators][:2] == ["page 1", "page 2"]
    assert found.skipped == []


@needs_tesseract
def test_only_so_many_pages_are_recognised_and_the_others_are_told(monkeypatch):
    monkeypatch.setattr(list_scans, "MOST_PAGES", 1)
    small = page(ROWS[:2])
    found = read_file(saved(small, "PDF", save_all=True, append_images=[small, small]), "scan.pdf")
    assert len(found.indicators) == 1
    assert {part.reason for part in found.skipped} == {"too_many_pages"}


@needs_tesseract
@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + b"x" * 100, b"\xff\xd8\xff", b"RIFF0000WEBPVP8 ", saved(Image.new("L", (400, 400), 255), "PNG")])  # fmt: skip
def test_a_damaged_or_empty_picture_is_an_input_error(data):
    with pytest.raises(InputError):
        read_file(data, "x.png")


@needs_tesseract
def test_a_picture_of_too_many_dots_is_refused():
    with pytest.raises(InputError):
        read_file(saved(Image.new("1", (30_000, 30_000)), "PNG"), "bomb.png")


@pytest.mark.parametrize("form", ["PDF", "PNG"])
def test_without_a_recogniser_the_command_that_installs_it_is_named(monkeypatch, form):
    monkeypatch.setattr(pictures, "recogniser", lambda: "")
    with pytest.raises(InputError, match="apt-get install tesseract-ocr tesseract-ocr-vie"):
        read_file(saved(page(ROWS[:2]), form), "scan")


@pytest.mark.parametrize(
    ("written", "sure", "text", "is_doubtful"),
    [
        ("198.51.100.7", 95, "198.51.100.7", False), ("198.51.100.7", 70, "198.51.100.7", True), ("l98.5I.1OO.7", 96, "198.51.100.7", True),
        ("198.51. 100.7", 96, "198.51.100.7", True), ("198,51,100,7", 96, "198.51.100.7", True), ("198.51.100.0/24", 99, "198.51.100.0/24", False),
        ("198.51.100.7:8O80", 99, "198.51.100.7:8080", True), ("d41d8cd98f00b2O4e9800998ecf8427e", 99, "d41d8cd98f00b204e9800998ecf8427e", True),
        ("D41D8CD98F00B204E9800998ECF8427E", 99, "d41d8cd98f00b204e9800998ecf8427e", False), ("bad.example", 99, "bad.example", False),
        ("b4d0g.example", 99, "b4d0g.example", True), ("hxxp://rnail[.]example/x", 99, "hxxp://rnail[.]example/x", True), ("Xã Đông Hòa", 99, "Xã Đông Hòa", False),
        ("", 100, "", False), ("Só 10.5", 50, "Só 10.5", True),
    ],
)  # fmt: skip
def test_what_is_mended_or_not_sure_says_so(written, sure, text, is_doubtful):
    mended, doubt = list_scans.mended(Cell(written, sure))
    assert (mended, doubt is not None) == (text, is_doubtful)
    if doubt is not None and written != text:
        assert doubt.written == written


def test_a_doubt_is_never_taken_as_sure(monkeypatch):
    cells = [
        [Cell("IP", 99), Cell("Malware", 99)],
        [Cell("198.51.100.7", 99), Cell("Mirai", 40)],
        [Cell("198.5l.100.8", 99), Cell("Mirai", 99)],
    ]
    monkeypatch.setattr(pictures, "recogniser_for", lambda _name: "there")
    monkeypatch.setattr(pictures, "draw", lambda _folder, _pages, _name: 1)
    monkeypatch.setattr(pictures, "recognise", lambda _path, _language="": cells)
    found = read_file(b"\x89PNG\r\n\x1a\n" + b"0" * 20, "anh.png")
    assert [(one.value, one.warnings) for one in found.indicators] == [
        ("198.51.100.7", ()),
        ("198.51.100.8", ("OCR 99 %: 198.5l.100.8",)),
    ]
    entries = IndicatorDetector(found.indicators)._matcher.entries
    assert [rule_of(entry).level for entry in entries] == ["high", "medium"]
    assert "recognised.doubtful" in rule_of(entries[1]).tags


# ------------------------------------------------------------------------------------------------------------- feeds


def feed(folder: Path, **events: list[str]) -> Path:
    folder.mkdir()
    for name, values in events.items():
        attributes = [{"type": "domain", "value": value, "to_ids": True} for value in values]
        (folder / f"{name}.json").write_text(json.dumps({"Event": {"info": name, "Attribute": attributes}}))
    return folder


def test_the_folder_of_a_feed(tmp_path):
    folder = feed(tmp_path / "feed", e1=["a.example"], e2=["b.example", "x"], e3=["not-named.example"])
    (folder / "broken.json").write_text('{"Event": {"Attribute": [')
    (folder / "manifest.json").write_text(
        json.dumps({"e1": {}, "broken": {}, "e2": {}, "gone": {}, "../e3": {}, "a/b": {}, "": {}})
    )
    found = read_path(folder, Path.read_bytes)
    assert [one.value for one in found.indicators] == ["a.example", "b.example"]
    assert sorted(one.reason for one in found.faults) == ["missing_event"] * 4 + ["not_a_value"]
    assert {one.text for one in found.faults} >= {"gone.json", "../e3.json", "a/b.json", ".json"}
    [part] = found.skipped
    assert (part.sheet, part.reason) == ("broken.json", "damaged_sheet")
    assert str(part.error) == f"{folder / 'broken.json'}: line 1: the JSON is cut off"


def test_what_a_feed_lacks_is_told_once_and_in_the_language_of_the_reader(tmp_path, capsys):
    folder = feed(tmp_path / "feed", e1=["a.example"])
    (folder / "broken.json").write_text('{"Event": {"Attribute": [')
    (folder / "manifest.json").write_text(json.dumps({"e1": {}, "broken": {}, "gone": {}}))
    (tmp_path / "networks.csv").write_text("organisation,cidr\nA,203.0.113.0/24\n")
    with pytest.raises(SystemExit):
        main(["match", str(folder), "--networks", str(tmp_path / "networks.csv"), "--lang", "vi"])
    told = capsys.readouterr().err
    assert f"  {folder / 'broken.json'}: dòng 1: JSON bị cắt ngang\n" in told
    assert f"  {folder / 'manifest.json'}: sự kiện có trong manifest nhưng thiếu trong thư mục: gone.json\n" in told


@pytest.mark.parametrize("manifest", [None, "[]", "{", "{}", '"x"'])
def test_a_folder_that_is_no_feed_is_an_error(tmp_path, manifest):
    folder = feed(tmp_path / "feed", e1=["a.example"])
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest)
    with pytest.raises(InputError):
        read_path(folder, Path.read_bytes)
