"""The child that looks into pictures and scans of strangers: ``python -m vonggac.jobs.picture_pages SOURCE FOLDER NAME [PAGES]``.

It limits itself first (memory, time, size of files), then writes each page as a grey PNG ``NAME-<n>.png`` without anything but
its dots, and ``NAME-<n>.bare.png`` without ruling lines for a
recogniser, and prints one line of JSON: ``{"pages": 2, "of": 2}``, ``{"text": true}`` for a PDF whose text can be read without this, or
``{"fault": "..."}``. What a hostile file does to the libraries, it does to this process only.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

MOST_PAGES = 20
MOST_DOTS = 60_000_000
LONGEST_SIDE = 2600
_DPI = 200
_MEMORY = 2 << 30
_SECONDS = 60
_FILE = 64 << 20
_DARK = 150
_BESIDE = 12
_PAPER = 250


def limit() -> None:
    """From now on this process can take no more than a page needs."""
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def pages_of(source: Path, folder: Path, name: str, asked: str = "") -> dict[str, Any]:
    """Write the pages of ``source``, or of those the ``asked`` ones; what to print."""
    with source.open("rb") as file:
        head = file.read(1024)
    if b"%PDF-" in head:
        return _of_pdf(source, folder, name, [int(n) - 1 for n in asked.split(",") if n])
    return _of_picture(source, folder, name)


def _of_picture(source: Path, folder: Path, name: str) -> dict[str, Any]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_DOTS
    with Image.open(source, formats=("PNG", "JPEG", "WEBP")) as picture:
        upright = ImageOps.exif_transpose(picture)
        _write(upright.convert("L"), folder, name, 1)
    return {"pages": 1, "of": 1}


def _of_pdf(source: Path, folder: Path, name: str, asked: list[int]) -> dict[str, Any]:
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    n = min(len(document), MOST_PAGES)
    if not asked and any(document[at].get_textpage().count_chars() for at in range(n)):
        return {"text": True}
    for at in asked[:MOST_PAGES] or range(n):
        page = document[at]
        scale = min(_DPI / 72, LONGEST_SIDE / max(*page.get_size(), 1.0))
        _write(page.render(scale=scale, grayscale=True).to_pil().convert("L"), folder, name, at + 1)
    return {"pages": min(len(asked), MOST_PAGES) or n, "of": len(document)}


def _write(picture: Any, folder: Path, name: str, n: int) -> None:
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.save(folder / f"{name}-{n}.png", "PNG")
    _without_rules(picture).save(folder / f"{name}-{n}.bare.png", "PNG")


def _without_rules(picture: Any) -> Any:
    """The same without the ruling lines of tables, which keep a recogniser from seeing the words in small cells."""
    import numpy as np
    from PIL import Image

    dots = np.array(picture)
    for lines, across in ((dots, dots.shape[1]), (dots.T, dots.shape[0])):
        long = max(across // 25, 60)
        dark = lines < _DARK
        for at in np.flatnonzero(dark.sum(axis=1) >= long):
            edges = np.flatnonzero(np.diff(np.concatenate(([0], dark[at].view("i1"), [0]))))
            for begin, end in zip(edges[::2], edges[1::2], strict=True):
                if end - begin >= long:
                    _wipe(lines, int(at), begin, end)
    return Image.fromarray(dots)


def _wipe(lines: Any, at: int, begin: int, end: int) -> None:
    """Make a ruling line white, with the grey that a scanner leaves beside it: rows of which most is no paper."""
    lines[at, begin:end] = 255
    for step in (-1, 1):
        for row in range(at + step, at + step * (_BESIDE + 1), step):
            if not 0 <= row < len(lines) or (lines[row, begin:end] < _PAPER).mean() < 0.6:
                break
            lines[row, begin:end] = 255


def main(words: list[str]) -> int:
    """Do it, and say what came of it."""
    limit()
    warnings.simplefilter("error")  # a picture of too many dots only warns
    source, folder, name, *asked = words
    try:
        found = pages_of(Path(source), Path(folder), name, *asked)
    except Exception as error:  # noqa: BLE001  # whatever a library makes of a damaged file
        found = {"fault": f"{type(error).__name__}: {error}"[:200]}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
