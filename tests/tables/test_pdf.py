"""Tables in PDF files, through the public door."""

import io
import zlib

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, SimpleDocTemplate, Table

from vonggac.errors import FormatUnknown, InputError, UnsafeInput
from vonggac.tables import read_tables

LINES = [["No", "Organisation", "IP address"], ["1", "Department A", "192.0.2.1"], ["2", "Department B", "192.0.2.2"]]
GRID = [("GRID", (0, 0), (-1, -1), 1, "black")]


def pdf(*tables, style=GRID, **options) -> bytes:
    out = io.BytesIO()
    flow = []
    for lines in tables:
        flow += [Table(lines, style=style, repeatRows=1), PageBreak()]
    SimpleDocTemplate(out, pagesize=A4, **options).build(flow)
    return out.getvalue()


def drawn(draw, **options) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, **options)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_a_table_with_lines_on_each_page():
    found = read_tables(pdf(LINES, LINES[1:]), "list.pdf")
    assert [table.sheet for table in found.tables] == ["page 1", "page 2"]
    assert [list(row.cells) for row in found.tables[0].rows] == LINES
    assert [list(row.cells) for row in found.tables[1].rows] == LINES[1:]


def test_a_table_without_lines_is_found_by_its_alignment():
    lines = [["No", "Address", "Port"], *([str(n), f"192.0.2.{n}", str(400 + n)] for n in range(1, 12))]
    (table,) = read_tables(pdf(lines, style=[]), "list.pdf").tables
    cells = [[cell for cell in row.cells if cell] for row in table.rows]
    assert ["3", "192.0.2.3", "403"] in cells


def test_a_scan_says_that_it_is_one():
    with pytest.raises(InputError, match="scan"):
        read_tables(drawn(lambda canvas: canvas.rect(50, 50, 200, 300, fill=1)), "scan.pdf")


def test_text_without_a_table():
    with pytest.raises(FormatUnknown, match="without a table"):
        read_tables(drawn(lambda canvas: canvas.drawString(100, 100, "Dear")), "letter.pdf")


def test_a_password():
    data = pdf(LINES, encrypt=StandardEncryption("invented", ownerPassword="owner", canPrint=0))
    with pytest.raises(InputError, match="password"):
        read_tables(data, "list.pdf")


def stream_pdf(body: bytes, filters: str = "/FlateDecode") -> bytes:
    head = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    head += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
    head += f"4 0 obj<</Length {len(body)}/Filter[{filters}]>>stream\n".encode() + body + b"\nendstream endobj\n"
    return head + b"trailer<</Root 1 0 R>>\n%%EOF"


def bomb(size: int = 200 << 20) -> bytes:
    engine = zlib.compressobj(1)
    return b"".join([*(engine.compress(bytes(1 << 20)) for _ in range(size >> 20)), engine.flush()])


def ascii85(data: bytes) -> bytes:
    import base64

    return base64.a85encode(data, wrapcol=80) + b"~>"


@pytest.mark.parametrize("wrap", [lambda b: b, zlib.compress, lambda b: zlib.compress(zlib.compress(b)), ascii85])
def test_a_stream_that_inflates_beyond_measure_is_refused(wrap):
    with pytest.raises(UnsafeInput, match="inflate"):
        read_tables(stream_pdf(wrap(BOMB)), "bomb.pdf")


BOMB = bomb()


def test_a_compression_that_cannot_be_bounded_is_refused():
    with pytest.raises(UnsafeInput, match="LZW"):
        read_tables(stream_pdf(b"\x80\x0b\x60\x50", "/LZWDecode"), "bomb.pdf")


def test_damage_is_an_input_error():
    whole = pdf(LINES)
    for broken in (whole[:100], b"%PDF-1.7\n" + bytes(range(256)) * 4, b"%PDF-"):
        with pytest.raises(InputError):
            read_tables(broken, "broken.pdf")


def test_flipped_bytes_never_raise_anything_else():
    data = pdf(LINES)
    for at in range(0, len(data), 97):
        broken = bytearray(data)
        broken[at] ^= 0x55
        try:
            read_tables(bytes(broken), "flip.pdf")
        except InputError:
            continue


def test_a_page_without_a_size_is_damage():
    data = stream_pdf(b"").replace(b"[0 0 9 9]", b"[0 0 9 /x]")
    with pytest.raises(InputError, match="damaged"):
        read_tables(data, "list.pdf")
