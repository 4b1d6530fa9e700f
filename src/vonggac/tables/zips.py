"""Office files that are zip archives, proved harmless before a library opens them.

The sizes that an archive declares are the attacker's word: every member is inflated here once, piece by piece and only
as far as the limits go, and what a later parser would choke on is looked for in the pieces.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput

MAX_MEMBERS = 5_000
MAX_INFLATED = 768 << 20
"""Bytes of all members together: a sheet of 1,048,576 rows by ten columns has about half of it."""

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins: with its first member, or with the end of an empty directory."""

PIECE_BYTES = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # APPNOTE.TXT 4.3.7: signature, ..., name length, extra length
_DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY|<\x00!\x00D\x00O\x00C\x00T|\x00<\x00!\x00D\x00O\x00C\x00T", re.IGNORECASE)
_DOCTYPE_OVERLAP = 32


@dataclass(slots=True)
class OfficeZip:
    """The members of an archive, by name. ``pieces`` inflates one, ``read`` one whole."""

    data: bytes
    file: str
    members: dict[str, zipfile.ZipInfo]

    def pieces(self, name: str) -> Iterator[bytes]:
        """The inflated bytes of member ``name``; raises UnsafeInput when there are more than the archive declares."""
        yield from _inflate(self.data, self.members[name], self.file)

    def read(self, name: str, limit: int = 16 << 20) -> bytes:
        """Member ``name`` whole; empty when there is none; raises UnsafeInput when it is larger than ``limit`` bytes."""
        info = self.members.get(name)
        if info is None:
            return b""
        if info.file_size > limit:
            raise UnsafeInput(
                N_("part {name} would inflate to {size:,} bytes; at most {limit:,} are read"),
                where=self.file, name=name, size=info.file_size, limit=limit,
            )  # fmt: skip
        return b"".join(self.pieces(name))


def open_zip(data: bytes, file: str) -> OfficeZip:
    """Check the directory of an archive: number and sizes of members, no overlap, no password."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError, struct.error) as error:
        raise InputError(N_("damaged or cut off: its zip directory cannot be read"), where=file) from error
    if len(infos) > MAX_MEMBERS:
        raise UnsafeInput(N_("{count:,} parts in one file; at most {limit:,} are read"), where=file,
                          count=len(infos), limit=MAX_MEMBERS)  # fmt: skip
    if any(info.flag_bits & 1 for info in infos):
        raise protected(file)
    declared = sum(info.file_size for info in infos)
    if declared > MAX_INFLATED:
        raise UnsafeInput(N_("would inflate to {size:,} bytes; at most {limit:,} are read"), where=file,
                          size=declared, limit=MAX_INFLATED)  # fmt: skip
    if sum(info.compress_size for info in infos) > len(data):
        raise UnsafeInput(N_("its parts overlap: this is no file that an office program wrote"), where=file)
    if len({info.filename for info in infos}) != len(infos):
        raise UnsafeInput(N_("two parts have the same name: this is no file that an office program wrote"), where=file)
    return OfficeZip(data, file, {info.filename: info for info in infos})


def protected(file: str) -> InputError:
    """The error of a file that asks for a password."""
    return InputError(N_("protected by a password: remove the password and try again"), where=file)


def refuse_doctypes(archive: OfficeZip, names: Iterator[str]) -> None:
    """Raise UnsafeInput when an XML part among ``names`` declares a document type: no office program does, bombs do."""
    for name in names:
        tail = b""
        for piece in archive.pieces(name):
            if _DOCTYPE.search(tail + piece):
                raise doctype(archive.file, name)
            tail = piece[-_DOCTYPE_OVERLAP:]


def doctype(file: str, name: str) -> UnsafeInput:
    """The error of an XML part with a document type."""
    return UnsafeInput(N_("part {name} declares XML entities or a document type; refused"), where=file, name=name)


def _inflate(data: bytes, info: zipfile.ZipInfo, file: str) -> Iterator[bytes]:
    start = info.header_offset
    if start + 30 > len(data) or data[start : start + 4] != b"PK\x03\x04":
        raise InputError(N_("damaged: part {name} is not where the directory says"), where=file, name=info.filename)
    _, name_length, extra_length = _LOCAL_HEADER.unpack_from(data, start)
    begin = start + 30 + name_length + extra_length
    body = memoryview(data)[begin : begin + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        for at in range(0, len(body), PIECE_BYTES):
            yield bytes(body[at : at + PIECE_BYTES])
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise FormatUnknown(N_("part {name} is compressed in a way that office files do not use"), where=file,
                            name=info.filename)  # fmt: skip
    yield from _inflate_deflated(body, info, file)


def _inflate_deflated(body: memoryview, info: zipfile.ZipInfo, file: str) -> Iterator[bytes]:
    engine = zlib.decompressobj(-15)
    produced = 0
    for at in range(0, len(body), PIECE_BYTES):
        pending: bytes | memoryview = body[at : at + PIECE_BYTES]
        while pending and not engine.eof:
            try:
                piece = engine.decompress(pending, PIECE_BYTES)
            except zlib.error as error:
                raise InputError(N_("damaged: part {name} cannot be inflated"), where=file,
                                 name=info.filename) from error  # fmt: skip
            produced += len(piece)
            if produced > info.file_size:
                raise UnsafeInput(N_("part {name} is larger than the file declares; refused"), where=file,
                                  name=info.filename)  # fmt: skip
            if not piece and not engine.unconsumed_tail:
                break
            yield piece
            pending = engine.unconsumed_tail
    last = engine.flush()
    if produced + len(last) > info.file_size:
        raise UnsafeInput(N_("part {name} is larger than the file declares; refused"), where=file, name=info.filename)
    if last:
        yield last
