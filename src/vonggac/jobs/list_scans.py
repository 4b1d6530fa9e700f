"""Lists on paper: pages of a scan or a photo to tables whose cells say how sure they are.

Nothing that was recognised is silently taken as sure: a cell that the recogniser doubts, one in which a letter was mended to a digit, and
a name in which the two cannot be told apart carry a :class:`~vonggac.tables.table.Doubt`.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vonggac.errors import InputError
from vonggac.jobs import pictures
from vonggac.jobs.picture_pages import MOST_PAGES
from vonggac.tables.table import LEFT_OUT, Doubt, LeftOut, Row, Table, Tables

SURE: Final = 90
"""From this confidence on, of 100, a cell is taken as it was read."""
MOST_S: Final = 600
"""All pages of a file together; pages that are left then are told."""

_DIGIT_LIKE = "0-9OoQDlI|!iSsBZz"
_DIGITS = str.maketrans("OoQDlI|!iSsBZz", "00001111155822")
_ADDRESS = re.compile(
    rf"[{_DIGIT_LIKE}]{{1,3}}(?:[.,·][{_DIGIT_LIKE}]{{1,3}}){{3}}(?P<rest>[/:][{_DIGIT_LIKE}]{{1,5}})?"
)
_CLEAN = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[/:][0-9]{1,5})?")
_HASH_LIKE = re.compile(r"[0-9a-fA-FOolIsSZzQ]{32}(?:[0-9a-fA-FOolIsSZzQ]{8}|[0-9a-fA-FOolIsSZzQ]{32})?")
_HEX_DIGITS = str.maketrans("OoQlIsSZz", "000115522")
_NAME = re.compile(r"(?:h[tx]{2}ps?\W{1,5})?(?:[\w-]+\[?\.\]?)+[A-Za-z]{2,}(?:[/:]\S*)?")
_VALUE = re.compile(rf"{_CLEAN.pattern}|[0-9a-f]{{32,64}}|{_NAME.pattern}")
_CONFUSING = re.compile(r"[A-Za-z][01]|[01][A-Za-z]|rn|vv|[a-z][I|][a-z]")
"""What two letters or digits look the same in print: no check can tell which of them stands in a name."""


def read_pages(data: bytes, filename: str, pages: Sequence[int] = ()) -> Tables:
    """The tables of ``pages`` (from 1; none named: all) of a PDF or picture, and the pages that gave none.

    Raises InputError when there is no recogniser (with the command that installs it), or when nothing was recognised at all.
    """
    pictures.recogniser_for(filename)
    asked = list(pages[:MOST_PAGES])
    skipped = [LeftOut(f"page {n}", "too_many_pages", f"{MOST_PAGES}") for n in pages[MOST_PAGES:]]
    tables: list[Table] = []
    end = time.monotonic() + MOST_S
    with tempfile.TemporaryDirectory(prefix="vonggac-list-") as name:
        folder = Path(name)
        (folder / "source").write_bytes(data)
        n_pages = pictures.draw(folder, asked, filename)
        if not asked:
            asked = list(range(1, min(n_pages, MOST_PAGES) + 1))
            if n_pages > MOST_PAGES:
                skipped.append(LeftOut(f"page {MOST_PAGES + 1}–{n_pages}", "too_many_pages", f"{MOST_PAGES}"))
        for n in asked:
            if time.monotonic() > end:
                skipped.append(LeftOut(f"page {n}", "too_many_pages", f"{MOST_S} s"))
                continue
            cells = pictures.recognise(folder / f"page-{n}.png")
            if cells:
                again = pictures.recognise(folder / f"page-{n}.png", "eng")
                tables.append(table_of(cells, filename, f"page {n}", again))
            else:
                skipped.append(LeftOut(f"page {n}", "unrecognised"))
    if not tables:
        raise InputError(LEFT_OUT["unrecognised"], where=filename)
    return Tables(tables, skipped)


Cells = Sequence[Sequence[pictures.Cell]]


def table_of(cells: Cells, file: str, sheet: str, again: Cells = ()) -> Table:
    """A recognised page as a table: addresses and hashes mended where a letter stands for a digit, with every doubt.

    ``again``: the page as it was read a second time, by what the recogniser knows of another language. A value that both saw is as sure as
    the surer of them; where they differ, the surer one counts, and it is not sure.
    """
    rows: list[Row] = []
    doubts: dict[tuple[int, int], Doubt] = {}
    seen = {_bare(mended(cell)[0]): cell.sure for line in again for cell in line}
    is_alike = list(map(len, cells)) == list(map(len, again))
    for number, line in enumerate(cells, 1):
        texts = []
        for column, cell in enumerate(line):
            text, doubt = _best(cell, again[number - 1][column] if is_alike else None, seen) if again else mended(cell)
            texts.append(text)
            if doubt is not None:
                doubts[number, column] = doubt
        rows.append(Row(number, texts))
    return Table(file, sheet, rows, doubts=doubts)


def _best(cell: pictures.Cell, other: pictures.Cell | None, seen: dict[str, int]) -> tuple[str, Doubt | None]:
    """What a cell holds, of two readings."""
    text, doubt = mended(cell)
    is_value = bool(_VALUE.fullmatch(_bare(text)))
    if is_value and (sure := seen.get(_bare(text))) is not None:
        return mended(pictures.Cell(cell.text, max(cell.sure, sure)))
    second = mended(other)[0] if other is not None else ""
    if other is not None and _VALUE.fullmatch(_bare(second)) and (not is_value or other.sure > cell.sure):
        return second, Doubt(min(cell.sure, other.sure), cell.text)
    return text, Doubt(min(cell.sure, SURE - 1)) if is_value and doubt is None else doubt


def _bare(text: str) -> str:
    return "".join(text.split())


def mended(cell: pictures.Cell) -> tuple[str, Doubt | None]:
    """The text of a cell as it will be read, and why it is not sure."""
    text = cell.text.strip()
    bare = _bare(text)
    if _ADDRESS.fullmatch(bare) and sum(char.isdigit() for char in bare) >= 2:
        clean = bare.translate(_DIGITS).replace(",", ".").replace("·", ".")
        if _CLEAN.fullmatch(clean):
            return clean, _doubt(cell, clean, is_doubtful=clean != text)
    if _HASH_LIKE.fullmatch(bare):
        clean = bare.translate(_HEX_DIGITS).lower()
        return clean, _doubt(cell, clean, is_doubtful=clean != text.lower())
    return text, _doubt(cell, text, is_doubtful=bool(_NAME.fullmatch(bare) and _CONFUSING.search(bare)))


def _doubt(cell: pictures.Cell, text: str, *, is_doubtful: bool) -> Doubt | None:
    if not text or (cell.sure >= SURE and not is_doubtful):
        return None
    return Doubt(cell.sure, cell.text if cell.text != text else "")
