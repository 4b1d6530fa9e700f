"""Files that prove something and files that only pretend to, made by hand."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any


def png(width: int = 4, height: int = 3, more: bytes = b"", end: bytes = b"") -> bytes:
    """A picture in one colour; ``more`` stands before its end, ``end`` behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x30\x60\x90" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body + end


def comment(text: bytes) -> bytes:
    """A PNG chunk with a text."""
    data = b"Comment\0" + text
    return struct.pack(">I", len(data)) + b"tEXt" + data + struct.pack(">I", zlib.crc32(b"tEXt" + data))


def jpeg(with_place: bool = False) -> bytes:
    """A photo; with the place and the name of the telephone in its EXIF."""
    from PIL import Image

    file = io.BytesIO()
    picture = Image.new("RGB", (64, 48), (200, 30, 30))
    exif = picture.getexif()
    if with_place:
        exif[0x010F] = "Dien thoai bi mat"
        exif[0x0112] = 6
        exif.get_ifd(0x8825)[1] = "N"
    picture.save(file, "JPEG", exif=exif)
    return file.getvalue()


def webp() -> bytes:
    """A small picture."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "WEBP")
    return file.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def packed(**members: bytes | str) -> bytes:
    """A ZIP archive; ``__`` in a name stands for a slash and ``_dot_`` for a dot."""
    return archive({name.replace("__", "/").replace("_dot_", "."): data for name, data in members.items()})


def archive(members: dict[str, Any]) -> bytes:
    """A ZIP archive by the names of its members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


def sealed(members: dict[str, bytes], *, only: int | None = None, inside: bool = True) -> bytes:
    """A ZIP archive whose directory (and ``inside``: whose members) say that it is encrypted; ``only`` the first so many."""
    data = bytearray(archive(members))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as made:
        offsets = [info.header_offset for info in made.infolist()]
    if inside:
        for offset in offsets[:only]:
            data[offset + 6] |= 1
    at = -1
    for _ in offsets[:only]:
        at = data.index(b"PK\x01\x02", at + 1)
        data[at + 8] |= 1
    return bytes(data)


def seven(
    header: bytes = b"\x17\x06\x00\x01\x09\x20\x00\x07\x0b\x01\x00\x01\x24\x06\xf1\x07\x01\x0a", body: bytes = b"x" * 64
) -> bytes:
    """A 7z archive with this header; by default one whose directory is encrypted."""
    start = struct.pack("<QQI", len(body), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body + header


def docx(**more: bytes) -> bytes:
    """A Word document, as our own library writes one, with ``more`` parts."""
    import docx as library

    file = io.BytesIO()
    made = library.Document()
    made.add_paragraph("Biên bản rà quét")
    made.save(file)
    return _with(file.getvalue(), more)


def xlsx(rows: list[list[Any]] | None = None, **more: bytes) -> bytes:
    """A workbook with these rows, with ``more`` parts."""
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    for row in rows or [["a", "b"]]:
        book.active.append(row)
    book.save(file)
    return _with(file.getvalue(), more)


def _with(data: bytes, more: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        members = {name: made.read(name) for name in made.namelist()}
    return archive(members | {name.replace("__", "/").replace("_dot_", "."): one for name, one in more.items()})


MAIL = (
    b"Received: from mx.example\r\nFrom: ke.gian@lua-dao.example\r\nTo: van.thu@donghoa.example\r\nSubject: Hoa don\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<html>chao</html>\r\n"
)


def mail(name: str = "", data: bytes = b"") -> bytes:
    """An e-mail, with a file hanging on it."""
    import base64

    part = b""
    if name:
        part = (
            b"--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="
            + name.encode()
        )
        part += b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data) + b"\r\n"
    return MAIL + part + b"--b--\r\n"
