"""Tables in PDF files that have text."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Sequence
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfminer.psexceptions import PSException
from pdfplumber.pdf import PDF
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput
from vonggac.tables.table import Cell, LeftOut, PicturesFound, Row, Table, Tables, is_empty
from vonggac.tables.zips import protected

MAX_PAGES = 500
MAX_STREAM_BYTES = 128 << 20
"""Of one inflated stream, and of all of them four times this."""

_PIECE_BYTES = 64 << 10
_MAX_LAYERS = 4
_STREAM = re.compile(rb"stream\r?\n")
_LINELESS: dict[str, Any] = {"vertical_strategy": "text", "horizontal_strategy": "text", "min_words_vertical": 2}
_ERRORS = (
    PDFException,
    PSException,
    PdfminerException,
    MalformedPDFException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    zlib.error,
    RecursionError,
    OverflowError,
)  # what a damaged file makes the library raise


class PdfReader:
    """Reads the tables of every page; a table without ruling lines is found by its alignment."""

    name = "pdf"

    def recognises(self, data: bytes) -> bool:
        """Whether ``data`` is a PDF file (its header may stand in the first 1,024 bytes)."""
        return b"%PDF-" in data[:1024]

    def read(self, data: bytes, file: str) -> Tables:
        """All tables, each named by its page."""
        refuse_bombs(data, file)
        try:
            with pdfplumber.open(io.BytesIO(data)) as document:
                return _tables(document, file)
        except (InputError, FormatUnknown):
            raise
        except _ERRORS as error:
            if isinstance(error, PDFPasswordIncorrect) or any(isinstance(a, PDFPasswordIncorrect) for a in error.args):
                raise protected(file) from error
            raise InputError(N_("damaged or cut off: the PDF cannot be read ({detail})"), where=file,
                             detail=(str(error) or type(error).__name__)[:120]) from error  # fmt: skip


def _tables(document: PDF, file: str) -> Tables:
    tables: list[Table] = []
    skipped: list[LeftOut] = []
    has_text = False
    if not document.pages:
        raise InputError(N_("damaged or cut off: the PDF has no pages"), where=file)
    for number, page in enumerate(document.pages, 1):
        name = f"page {number}"
        if number > MAX_PAGES:
            skipped.append(LeftOut(name, "too_many_rows", f"{MAX_PAGES} / {len(document.pages)}"))
            break
        has_text = has_text or bool(page.chars)
        found = _page_tables(page)
        for index, (title, rows) in enumerate(found, 1):
            tables.append(Table(file, name if len(found) == 1 else f"{name}, table {index}", rows, title))
        if not found:
            skipped.append(LeftOut(name, "no_table" if page.chars or not page.images else "picture_page"))
        page.close()
    pictures = [int(part.sheet.removeprefix("page ")) for part in skipped if part.reason == "picture_page"]
    if not has_text or (pictures and not tables):
        raise PicturesFound(N_("a scan: its pages are pictures without text. Ask for the original file, or recognise its "
                               "text with an OCR program first"), where=file, pages=pictures)  # fmt: skip
    if not tables:
        raise FormatUnknown(N_("a PDF without a table"), where=file)
    return Tables(tables, skipped)


def _page_tables(page: Any) -> list[tuple[str, Sequence[Row]]]:
    found = []
    boxes = page.find_tables()
    for table in boxes:
        rows = _rows(table.extract())
        if rows:
            top = table.bbox[1]
            title = page.crop((0, 0, page.width, top)).extract_text() if top > 1 else ""
            found.append((title[-2000:], rows))
    if not found and page.chars:
        lines = _rows(table for extracted in page.extract_tables(_LINELESS) for table in extracted)
        if lines and max(len([c for c in row.cells if c]) for row in lines) > 1:
            found.append(("", lines))
    return found


def _rows(extracted: Any) -> Sequence[Row]:
    """Rows of one extracted table."""
    rows = []
    for number, cells in enumerate(extracted, 1):
        texts: list[Cell] = [_unbreak(cell or "") for cell in cells]
        if not all(map(is_empty, texts)):
            rows.append(Row(number, texts))
    return rows


def _unbreak(text: str) -> str:
    """Join the lines of a cell that holds one long value, as a hash or a URL; leave words and several values alone."""
    if "\n" not in text:
        return text
    joined = text.replace("\n", "")
    if " " not in joined and (_HASH.fullmatch(joined) or _LONG_URL.fullmatch(joined)):
        return joined
    return text


_HASH = re.compile(r"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})")
_LONG_URL = re.compile(r"h(?:tt|xx)ps?(?:(?!://).)*\[?:\]?//(?:(?!h(?:tt|xx)ps?\S?:|,|;).)+", re.IGNORECASE)


def refuse_bombs(data: bytes, file: str) -> None:
    """Raise UnsafeInput when a stream of the file inflates beyond measure; the library would inflate it in one go."""
    if b"LZWDecode" in data:
        raise UnsafeInput(N_("the PDF uses LZW compression, which is refused: print it to a new PDF and try again"),
                          where=file)  # fmt: skip
    total = 0
    for found in _STREAM.finditer(data):
        size = _stream_size(data, found.end())
        total += size
        if size > MAX_STREAM_BYTES or total > 4 * MAX_STREAM_BYTES:
            raise UnsafeInput(N_("a stream in the PDF would inflate to more than {limit:,} bytes; refused"), where=file,
                              limit=MAX_STREAM_BYTES)  # fmt: skip


def _stream_size(data: bytes, begin: int) -> int:
    """How large the stream at ``begin`` becomes; Flate, and Flate within ASCII85 (PDF 32000-1, 7.4)."""
    if _looks_deflated(data[begin : begin + 2]):
        return _inflated_size(memoryview(data)[begin:], 0)
    end = data.find(b"~>", begin)
    if end < 0 or b"endstream" in data[begin : min(end, begin + 4096)]:
        return 0
    try:
        inner = base64.a85decode(data[begin:end].removeprefix(b"<~"))
    except ValueError:
        return 0
    return _inflated_size(inner, 0) if _looks_deflated(inner[:2]) else len(inner)


def _looks_deflated(head: bytes) -> bool:
    return len(head) == 2 and head[0] & 0x0F == 8 and int.from_bytes(head, "big") % 31 == 0  # RFC 1950, 2.2


def _inflated_size(body: memoryview | bytes, depth: int) -> int:
    """The size of the largest of the layers of a Flate stream, as far as the limit."""
    engine = zlib.decompressobj()
    size = at = 0
    kept: list[bytes] = []
    try:
        while not engine.eof and size <= MAX_STREAM_BYTES and (at < len(body) or engine.unconsumed_tail):
            pending: bytes | memoryview = engine.unconsumed_tail
            if not pending:
                pending = body[at : at + _PIECE_BYTES]
                at += _PIECE_BYTES
            piece = engine.decompress(pending, 16 * _PIECE_BYTES)
            size += len(piece)
            if kept or (size and _looks_deflated(piece[:2])):
                kept.append(piece)
    except zlib.error:
        return size
    if kept and depth < _MAX_LAYERS and size <= MAX_STREAM_BYTES:
        size = max(size, _inflated_size(b"".join(kept), depth + 1))
    return size
