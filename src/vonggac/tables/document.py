"""Tables in Word documents (DOCX)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from zipfile import BadZipFile

import docx
from docx.document import Document
from docx.exceptions import InvalidXmlError
from docx.opc.exceptions import OpcError
from docx.oxml.table import CT_Tbl
from docx.table import Table as WordTable
from lxml.etree import XMLSyntaxError

from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput, VonggacError
from vonggac.tables.table import Cell, LeftOut, Row, Table, Tables, is_empty
from vonggac.tables.zips import ZIP_MAGICS, open_zip, refuse_doctypes

MAX_BODY_BYTES = 96 << 20
"""Of the document's XML: it is held as a tree, about ten times as large."""
_TITLE_PARAGRAPHS = 12
_MAX_COLUMNS = 1_024


class DocumentReader:
    """Reads the tables of a document's body, in order; the paragraphs before a table are its title."""

    name = "document"

    def recognises(self, data: bytes) -> bool:
        """Whether ``data`` is a Word document."""
        if not data.startswith(ZIP_MAGICS):
            return False
        try:
            return "word/document.xml" in open_zip(data, "").members
        except VonggacError:
            return False

    def read(self, data: bytes, file: str) -> Tables:
        """All tables that are not empty."""
        archive = open_zip(data, file)
        body = archive.members["word/document.xml"]
        if body.file_size > MAX_BODY_BYTES:
            raise UnsafeInput(N_("part {name} would inflate to {size:,} bytes; at most {limit:,} are read"), where=file,
                              name=body.filename, size=body.file_size, limit=MAX_BODY_BYTES)  # fmt: skip
        refuse_doctypes(archive, iter(list(archive.members)))
        try:
            tables, skipped = _tables(docx.Document(io.BytesIO(data)), file)
        except (OpcError, InvalidXmlError, KeyError, ValueError, XMLSyntaxError, BadZipFile, AttributeError) as error:
            raise InputError(N_("damaged or cut off: the document cannot be read ({detail})"), where=file,
                             detail=str(error)[:120]) from error  # fmt: skip
        if not tables:
            raise FormatUnknown(N_("a document without a table"), where=file)
        return Tables(tables, skipped)


def _tables(document: Document, file: str) -> tuple[list[Table], list[LeftOut]]:
    tables: list[Table] = []
    skipped: list[LeftOut] = []
    paragraphs: list[str] = []
    number = 0
    for item in document.iter_inner_content():
        if not isinstance(item, WordTable):
            if item.text.strip():
                paragraphs.append(item.text.strip())
            continue
        number += 1
        name = f"table {number}"
        rows = [Row(n, cells) for n, cells in enumerate(_rows(item._tbl), 1) if not all(map(is_empty, cells))]  # noqa: SLF001  # python-docx's own rows are quadratic
        if rows:
            tables.append(Table(file, name, rows, "\n".join(paragraphs[-_TITLE_PARAGRAPHS:])))
            paragraphs = []
        else:
            skipped.append(LeftOut(name, "empty_sheet"))
    return tables, skipped


def _rows(table: CT_Tbl) -> Iterator[list[Cell]]:
    """The cells of each row by grid column: of a horizontal merge the first only, of a vertical one all the value."""
    above: dict[int, str] = {}
    for row in table.tr_lst:
        cells: list[Cell] = [""] * min(row.grid_before, _MAX_COLUMNS)
        for cell in row.tc_lst:
            column, span = len(cells), min(max(cell.grid_span, 1), _MAX_COLUMNS)
            if cell.vMerge == "continue":
                text = above.get(column, "")
            else:
                text = "\n".join(paragraph.text for paragraph in cell.p_lst).strip()
                above[column] = text
            cells.append(text)
            cells.extend([""] * (span - 1))
            if len(cells) > _MAX_COLUMNS:
                break
        yield cells
