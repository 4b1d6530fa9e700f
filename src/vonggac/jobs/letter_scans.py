"""Letters on paper: pages drawn by the child of ``picture_pages``, recognised by Tesseract, read by ``documents.letters``.

Both run as children with limits, in a private folder that goes when they are done, never through a shell.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vonggac.documents.letters import ReadLetter, RecognisedPage, Word, read_letter
from vonggac.errors import N_, InputError, UnsafeInput
from vonggac.jobs.picture_pages import MOST_PAGES
from vonggac.jobs.pictures import draw, has_vietnamese, limit_child, recogniser, recogniser_for

_PAGE_S: Final = 60
_A4_WIDTH: Final = 595.0
"""In points: a page of unknown size is taken for one of this width."""


def read_letter_file(data: bytes, filename: str) -> ReadLetter:
    """As ``documents.letters.read_letter``, with the recogniser of this machine for pages that are pictures."""
    return read_letter(data, filename, lambda pages: recognise(data, filename, pages))


def recognise(data: bytes, filename: str, pages: Sequence[int]) -> dict[int, RecognisedPage]:
    """The words of ``pages`` (from 1) of a PDF or a picture; raises InputError when it cannot be done, and what would help."""
    program = recogniser_for(filename)
    if len(pages) > MOST_PAGES:
        raise UnsafeInput(
            N_("a scan of {n} pages; at most {limit} are recognised"), where=filename, n=len(pages), limit=MOST_PAGES
        )
    with tempfile.TemporaryDirectory(prefix="vonggac-letter-") as name:
        folder = Path(name)
        (folder / "source").write_bytes(data)
        draw(folder, pages, filename)
        return {page: _page(program, folder / f"page-{page}.png", filename, page) for page in pages}


def _page(program: str, path: Path, filename: str, n: int) -> RecognisedPage:
    command = [program, str(path.with_suffix(".bare.png")), "stdout", "-l", "vie", "--psm", "4", "tsv"]
    try:
        done = subprocess.run(  # noqa: S603  # no shell, our own arguments
            command, capture_output=True, timeout=_PAGE_S, check=False, preexec_fn=limit_child,  # sets limits only
            env={"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode != 0:
        raise InputError(N_("page {n} could not be recognised: scan it again, upright and sharp"), where=filename, n=n)
    return page_of(done.stdout.decode("utf-8", "replace"))


def page_of(told: str) -> RecognisedPage:
    """A page from what Tesseract tells of words (TSV), in points."""
    rows = [line.split("\t") for line in told.splitlines()[1:]]
    size = next(
        ((float(row[8]), float(row[9])) for row in rows if len(row) == 12 and row[0] == "1"), (_A4_WIDTH, 842.0)
    )
    scale = _A4_WIDTH / max(size[0], 1.0)
    words = []
    for row in rows:
        if len(row) != 12 or row[0] != "5" or not row[11].strip():
            continue
        left, top, width, height = (float(one) * scale for one in row[6:10])
        words.append(
            Word(
                row[11].strip(),
                left,
                left + width,
                top,
                top + height,
                int(float(row[10])),
                line=(int(row[2]), int(row[3]), int(row[4])),
            )
        )
    return RecognisedPage(words, size[0] * scale, size[1] * scale)


def is_there() -> bool:
    """Whether scans can be read on this machine."""
    return has_vietnamese(recogniser())
