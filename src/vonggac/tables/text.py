"""CSV and plain text, in any usual encoding."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from vonggac.errors import N_, FormatUnknown, InputError
from vonggac.tables.table import MAX_ROWS, LeftOut, Row, Table, Tables
from vonggac.tables.zips import ZIP_MAGICS

SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_LINES = 200
_MAX_TITLE = 2_000
_HOSTS_LINE = re.compile(r"[0-9a-fA-F.:]{2,45}[ \t]+[^\s#]+(?:\s*#.*)?")
_VOWELS = frozenset("aăâeêioôơuưyAĂÂEÊIOÔƠUƯY")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_MAX_CELL_LINES = 50
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class TextReader:
    """Reads separated values; lines without a separator are rows of one cell. Lines that begin with ``#`` are remarks."""

    name = "text"

    def recognises(self, data: bytes) -> bool:
        """All but zip archives: it is the last reader of the tuple."""
        return not data.startswith(ZIP_MAGICS)

    def read(self, data: bytes, file: str) -> Tables:
        """One table; its title is the remarks at the beginning."""
        text = decode(data, file)
        if text[:1000].lstrip()[:14].lower().startswith(("<!doctype html", "<html", "<table")):
            raise FormatUnknown(N_("a web page under another name: open it and save it as XLSX or CSV"), where=file)
        lines = (
            text.splitlines()
            if "\x0b" not in text and "\x0c" not in text and "\x85" not in text
            else re.split(r"\r\n?|\n", text)
        )
        skipped = []
        if len(lines) > MAX_ROWS:
            skipped.append(LeftOut("", "too_many_rows", f"{MAX_ROWS:,} / {len(lines):,}"))
            del lines[MAX_ROWS:]
        remarks, n_remarks = _remarks(lines)
        separator = _separator(lines)
        rows = _header_in_remark(remarks, n_remarks, separator, lines)
        rows += _split(lines, separator)
        if not rows:
            raise InputError(N_("an empty file"), where=file)
        return Tables([Table(file, "", rows, "\n".join(remarks)[:_MAX_TITLE])], skipped)


def decode(data: bytes, file: str) -> str:
    """Text in Unicode normal form C, from UTF-8, UTF-16, UTF-32, Windows-1258 or Windows-1252, with or without a mark.

    Raises FormatUnknown for what is no text. A few damaged bytes or NULs are survived.
    """
    text = _decode(data, file)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text


def _decode(data: bytes, file: str) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    head = data[:65536]
    n_nul = head.count(0)
    if n_nul > len(head) // 5:
        odd, even = head[1::2].count(0), head[::2].count(0)
        if max(odd, even) > 4 * min(odd, even):
            return data.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    n_control = sum(head.count(code) for code in range(32) if code not in (9, 10, 12, 13))
    if n_control > max(2, len(head) // 50):
        raise FormatUnknown(N_("not a table: neither an office file nor text"), where=file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_damaged(data)


def _decode_damaged(data: bytes) -> str:
    lenient = data.decode("utf-8", "replace")
    n_bad = lenient.count("\ufffd")
    n_good = sum(1 for char in lenient[: 1 << 20] if char > "\x7f" and char != "\ufffd")
    if n_good > 2 * n_bad:
        return lenient
    vietnamese = data.decode("cp1258", "replace")
    n_tones = n_misplaced = 0
    for before, char in pairwise(vietnamese[:1_000_000]):
        if char in _TONES:
            n_tones += 1
            n_misplaced += before not in _VOWELS
    if ("\ufffd" not in vietnamese and n_tones and n_misplaced * 5 <= n_tones) or b"\xf0" in data or b"\xd0" in data:
        return vietnamese
    return data.decode("cp1252", "replace")


def _remarks(lines: Sequence[str]) -> tuple[list[str], int]:
    """The remarks before the first other line, without their signs, and how many lines that is."""
    remarks: list[str] = []
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            return remarks, number
        if bare:
            remarks.append(bare.lstrip("# ").rstrip())
    return remarks, len(lines)


def _separator(lines: Sequence[str]) -> str:
    """The separator whose number per line is the steadiest; a blank for hosts files, empty when there is none."""
    sample = [line for line in lines[: 20 * _SAMPLE_LINES] if line.strip() and not line.lstrip().startswith("#")]
    sample = sample[:_SAMPLE_LINES]
    if not sample:
        return ""
    if sample[0].lower().startswith("sep=") and len(sample[0]) == 5:
        return sample[0][4]
    best = (0.0, 0, "")
    for separator in SEPARATORS:
        counts = Counter(line.count(separator) for line in sample if separator in line)
        if counts:
            steady = max(counts.values()) / len(sample)
            present = sum(counts.values()) / len(sample)
            best = max(best, (round(steady + present, 2), max(counts, key=lambda n: (counts[n], n)), separator))
    if best[0] >= 0.8:
        return best[2]
    if sum(bool(_HOSTS_LINE.fullmatch(line.strip())) for line in sample) >= 0.8 * len(sample):
        return " "
    return ""


def _header_in_remark(remarks: list[str], n_lines: int, separator: str, lines: Sequence[str]) -> list[Row]:
    """The last remark as a row, when it has as many columns as the first line after it: feeds hide their header there."""
    if separator in ("", " ") or not remarks or n_lines >= len(lines):
        return []
    if remarks[-1].count(separator) != lines[n_lines].count(separator):
        return []
    return [Row(n_lines, [cell.strip().strip('"') for cell in remarks[-1].split(separator)])]


def _split(lines: Sequence[str], separator: str) -> list[Row]:
    if separator == " ":
        return [Row(n, line.split("#")[0].split()) for n, line in enumerate(lines, 1) if _is_data(line)]
    if not separator:
        return [Row(n, [line]) for n, line in enumerate(lines, 1) if _is_data(line)]
    if lines[0].strip().lower() == f"sep={separator}":
        return [Row(row.number + 1, row.cells) for row in _split(lines[1:] or [""], separator)]
    if any('"' in line for line in lines):
        rows = _split_quoted(lines, separator)
        if rows is not None:
            return rows
    blank = separator + " \t"
    return [
        Row(n, line.split(separator))
        for n, line in enumerate(lines, 1)
        if line and line[0] != "#" and line.strip(blank)
    ]


def _is_data(line: str) -> bool:
    bare = line.lstrip()
    return bool(bare) and bare[0] != "#"


def _split_quoted(lines: Sequence[str], separator: str) -> list[Row] | None:
    """Rows by RFC 4180; None when a quote that is never closed swallows the rows after it."""
    rows = []
    reader = csv.reader(_with_ends(lines), delimiter=separator, skipinitialspace=True)
    begin = 1
    try:
        for cells in reader:
            if reader.line_num - begin > _MAX_CELL_LINES:
                return None
            if cells and any(cells) and not cells[0].startswith("#"):
                rows.append(Row(begin, cells))
            begin = reader.line_num + 1
    except csv.Error:  # a cell of more than 128 KiB
        return None
    return rows


def _with_ends(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield line + "\n"
