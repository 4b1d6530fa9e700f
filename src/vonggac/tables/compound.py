"""OLE compound files: old Excel workbooks, and the envelope of password-protected new ones ([MS-CFB], [MS-XLS]).

Only what must be known before a library opens the file: which streams there are, whether it is encrypted, and how far
the cells of its sheets reach.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from vonggac.errors import N_, FormatUnknown, InputError
from vonggac.tables.zips import protected

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END_OF_CHAIN = 0xFFFFFFFA  # this and all above are not sector numbers ([MS-CFB] 2.1)
_CELL_RECORDS = {0x0006, 0x0201, 0x0203, 0x0204, 0x0205, 0x00FD, 0x027E, 0x00D6, 0x00BE, 0x00BD}
_MULTI_RECORDS = {0x00BD, 0x00BE}
_BOF, _FILEPASS = 0x0809, 0x002F


def streams(data: bytes, file: str) -> dict[str, bytes]:
    """The streams of a compound file by name, without the folders they are in."""
    try:
        return _streams(data)
    except (struct.error, IndexError, ValueError) as error:
        raise InputError(N_("damaged or cut off: its directory cannot be read"), where=file) from error


def _streams(data: bytes) -> dict[str, bytes]:
    (shift, mini_shift) = struct.unpack_from("<HH", data, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise ValueError(shift)
    size = 1 << shift
    directory_start, mini_cutoff, mini_fat_start = struct.unpack_from("<I4xII", data, 48)
    fat = _fat(data, size)
    directory = _chain(data, fat, directory_start, size, size)
    mini_fat_bytes = _chain(data, fat, mini_fat_start, size, size)
    mini_fat = list(struct.unpack(f"<{len(mini_fat_bytes) // 4}I", mini_fat_bytes[: len(mini_fat_bytes) // 4 * 4]))
    found: dict[str, bytes] = {}
    mini = b""
    for at in range(0, len(directory) - 127, 128):
        entry = directory[at : at + 128]
        (name_length, kind) = struct.unpack_from("<HB", entry, 64)
        (start, length) = struct.unpack_from("<II", entry, 116)
        name = entry[: max(0, min(name_length, 64) - 2)].decode("utf-16-le", "replace")
        if kind == 5:
            mini = _chain(data, fat, start, size, size)[:length]
        elif kind == 2 and length < mini_cutoff:
            found[name] = _chain(mini, mini_fat, start, 64, 0)[:length]
        elif kind == 2:
            found[name] = _chain(data, fat, start, size, size)[:length]
    return found


def _fat(data: bytes, size: int) -> list[int]:
    sectors = [number for number in struct.unpack_from("<109I", data, 76) if number < _END_OF_CHAIN]
    (next_difat,) = struct.unpack_from("<I", data, 68)
    seen: set[int] = set()
    while next_difat < _END_OF_CHAIN and next_difat not in seen and (next_difat + 2) * size <= len(data):
        seen.add(next_difat)
        numbers = struct.unpack_from(f"<{size // 4}I", data, (next_difat + 1) * size)
        sectors += [number for number in numbers[:-1] if number < _END_OF_CHAIN]
        next_difat = numbers[-1]
    fat: list[int] = []
    for number in sectors[: len(data) // size + 1]:
        fat += struct.unpack_from(f"<{size // 4}I", data, (number + 1) * size)
    return fat


def _chain(data: bytes, fat: list[int], start: int, size: int, base: int) -> bytes:
    pieces: list[bytes] = []
    limit = len(data) // size + 1
    number = start
    while number < len(fat) and len(pieces) <= limit:
        pieces.append(data[base + number * size : base + (number + 1) * size])
        number = fat[number]
    return b"".join(pieces)


def workbook_area(data: bytes, file: str) -> int:
    """The number of cells of the largest rectangle that a sheet of an old workbook spans.

    Raises InputError when the file is encrypted, FormatUnknown when it is no workbook.
    """
    found = streams(data, file)
    if "EncryptedPackage" in found or "EncryptionInfo" in found:
        raise protected(file)
    body = found.get("Workbook", found.get("Book"))
    if body is None:
        if "WordDocument" in found:
            raise FormatUnknown(N_("an old Word document (.doc): save it as DOCX and try again"), where=file)
        raise FormatUnknown(N_("an old office file that is no workbook"), where=file)
    largest = rows = columns = 0
    for kind, first_row, last_row, last_column in _cells(body, file):
        if kind == _BOF:
            largest, rows, columns = max(largest, rows * columns), 0, 0
        else:
            rows, columns = max(rows, first_row + 1, last_row + 1), max(columns, last_column + 1)
    return max(largest, rows * columns)


def _cells(body: bytes, file: str) -> Iterator[tuple[int, int, int, int]]:
    header = struct.Struct("<HH")
    at, end = 0, len(body) - 4
    while at <= end:
        kind, length = header.unpack_from(body, at)
        at += 4
        if kind in _CELL_RECORDS and length >= 4 and at + length <= len(body):
            row, column = header.unpack_from(body, at)
            if kind in _MULTI_RECORDS and length >= 6:
                column = max(column, struct.unpack_from("<H", body, at + length - 2)[0])
            yield kind, row, row, column
        elif kind == _FILEPASS:
            raise protected(file)
        elif kind == _BOF:
            yield kind, 0, 0, 0
        at += length
