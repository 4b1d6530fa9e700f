"""Office files: bytes to rows with place and reason.

``read_tables`` finds the format by content; :data:`READERS` lists all readers, the first that recognises the bytes reads
them. Nothing is opened, unpacked to disk or executed; limits stand in :mod:`vonggac.tables.table`.
"""

from __future__ import annotations

from typing import Protocol

from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput
from vonggac.tables.document import DocumentReader
from vonggac.tables.pdf import PdfReader
from vonggac.tables.table import MAX_BYTES, Cell, LeftOut, Row, Table, Tables, Unread, cell_text, is_empty
from vonggac.tables.text import TextReader
from vonggac.tables.workbook import WorkbookReader

__all__ = [
    "READERS", "Cell", "LeftOut", "Row", "Table", "TableReader", "Tables", "Unread", "cell_text", "is_empty", "read_tables",
]  # fmt: skip


class TableReader(Protocol):
    """One kind of office file. Instances are stateless."""

    name: str

    def recognises(self, data: bytes) -> bool:
        """Whether the bytes are of this kind."""
        ...

    def read(self, data: bytes, file: str) -> Tables:
        """The tables in ``data``; raises InputError when there are none to read."""
        ...


READERS: tuple[TableReader, ...] = (WorkbookReader(), DocumentReader(), PdfReader(), TextReader())


def read_tables(data: bytes, filename: str) -> Tables:
    """All tables of an office file, found by content; ``filename`` only names it in places and errors.

    Raises InputError (damaged, protected, a scan, empty), UnsafeInput (bombs, over a limit), FormatUnknown.
    """
    if len(data) > MAX_BYTES:
        raise UnsafeInput(
            N_("{size:,} bytes; at most {limit:,} are read"), where=filename, size=len(data), limit=MAX_BYTES
        )
    if not data.strip(b"\x00 \t\r\n"):
        raise InputError(N_("an empty file"), where=filename)
    for reader in READERS:
        if reader.recognises(data):
            return reader.read(data, filename)
    raise FormatUnknown(N_("a zip archive that is no office file: unpack it first"), where=filename)
