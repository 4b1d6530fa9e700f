"""Scans and photos of lists: kept as plain pictures while a person types them in, recognised by Tesseract where it is there.

Libraries and Tesseract run as children with limits, never through a shell; a picture is named by who brought it and a random
number, so that nobody else is shown it.
"""

from __future__ import annotations

import itertools
import json
import re
import resource
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from vonggac.config import Settings
from vonggac.errors import N_, InputError

KEPT_S = 24 * 3600
"""A picture is removed after this time."""

PACKAGES = ("tesseract-ocr", "tesseract-ocr-vie")
"""Debian's packages of Tesseract and its Vietnamese."""

MOST_ROWS, MOST_COLUMNS = 40, 12
_MAGICS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_NAME = re.compile(r"(\d{1,18})-[0-9a-f]{32}")
_CHILD_S = 90
_OCR_S = 60
_OCR_MEMORY = 1 << 30
_ONLY_LINES = re.compile(r"[|_\-—=~.\[\]]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """What was recognised in one cell, and how sure of 100."""

    text: str
    sure: int


def is_picture(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a picture."""
    return head.startswith(_MAGICS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def may_be_picture(path: Path) -> bool:
    """Whether a file is a picture, or a PDF that may be one."""
    with path.open("rb") as file:
        head = file.read(1024)
    return is_picture(head) or b"%PDF-" in head


def keep(settings: Settings, user_id: int, source: Path) -> str:
    """Keep the pages of a picture or scan for ``user_id``; gives its name, empty for a PDF whose text can be read.

    Raises InputError when it can not be shown.
    """
    folder = _folder(settings)
    sweep(folder)
    name = f"{user_id}-{secrets.token_hex(16)}"
    command = [sys.executable, "-m", "vonggac.jobs.picture_pages", str(source), str(folder), name]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_CHILD_S, check=False)  # noqa: S603  # our own program, no shell
        told = json.loads(done.stdout or b'{"fault": ""}')
    except (subprocess.TimeoutExpired, ValueError):
        told = {"fault": ""}
    if told.get("text"):
        return ""
    if not told.get("pages"):
        for path in folder.glob(f"{name}-*"):
            path.unlink(missing_ok=True)
        raise InputError(
            N_("this picture cannot be opened: take it again as PNG or JPEG, or ask for the original file")
        )
    return name


def n_pages(settings: Settings, user_id: int, name: str) -> int:
    """How many pages there are of a picture of ``user_id``; 0: there is no such picture of theirs."""
    if not _is_of(user_id, name):
        return 0
    folder, n = _folder(settings), 0
    while (folder / f"{name}-{n + 1}.png").is_file():
        n += 1
    return n


def page_file(settings: Settings, user_id: int, name: str, n: int) -> Path | None:
    """The file of one page, None when ``user_id`` has none such."""
    if not _is_of(user_id, name):
        return None
    path = _folder(settings) / f"{name}-{n}.png"
    return path if path.is_file() else None


def sweep(folder: Path) -> None:
    """Remove pictures whose time is over."""
    limit = time.time() - KEPT_S
    for path in folder.iterdir():
        try:
            if path.lstat().st_mtime < limit:
                path.unlink()
        except FileNotFoundError:
            continue


def _is_of(user_id: int, name: str) -> bool:
    match = _NAME.fullmatch(name)
    return match is not None and match[1] == str(user_id)


def _folder(settings: Settings) -> Path:
    folder = settings.data_dir / "pictures"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


# --------------------------------------------------------------------------------------------------------- recognising


def recogniser() -> str:
    """Where Tesseract is, empty when it is not there."""
    return shutil.which("tesseract") or ""


def recogniser_for(filename: str) -> str:
    """Where Tesseract is; raises InputError with the command that installs it, or its Vietnamese."""
    program = recogniser()
    if not has_vietnamese(program):
        raise InputError(N_("a scan: to read it here, install the recogniser as root: {command}"), where=filename,
                         command="apt-get install " + " ".join(PACKAGES))  # fmt: skip
    return program


def has_vietnamese(program: str) -> bool:
    """Whether this recogniser is there and knows Vietnamese."""
    return bool(program) and _language(program) == "vie"


def draw(folder: Path, pages: Sequence[int], filename: str) -> int:
    """Draw ``pages`` (all: those that there are, at most MOST_PAGES) of the file ``source`` in ``folder`` as ``page-<n>.png``.

    Gives how many pages the file has; raises InputError when they cannot be drawn.
    """
    command = [sys.executable, "-m", "vonggac.jobs.picture_pages", str(folder / "source"), str(folder), "page"]
    if pages:
        command.append(",".join(map(str, pages)))
    try:
        done = subprocess.run(command, capture_output=True, timeout=_CHILD_S, check=False)  # noqa: S603  # our own program, no shell
        told = json.loads(done.stdout or b"{}")
    except (subprocess.TimeoutExpired, ValueError):
        told = {}
    if not told.get("pages") or (pages and told["pages"] != len(pages)):
        raise InputError(
            N_("its pages cannot be drawn: scan it again as PDF, PNG or JPEG, or ask for the original file"),
            where=filename,
        )
    return int(told["of"])


def recognise(path: Path, language: str = "") -> list[list[Cell]]:
    """The cells of a page as Tesseract reads them (in Vietnamese where it knows it), row by row, all rows of one length; nothing where it is not there or fails."""
    program = recogniser()
    if not program:
        return []
    command = [
        program,
        str(path.with_suffix(".bare.png")),
        "stdout",
        "-l",
        language or _language(program),
        "--psm",
        "6",
        "tsv",
    ]
    try:
        done = subprocess.run(  # noqa: S603  # no shell, our own arguments
            command, capture_output=True, timeout=_OCR_S, check=False, preexec_fn=limit_child,  # sets limits only
            env={"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return []
    return grid_of(done.stdout.decode("utf-8", "replace")) if done.returncode == 0 else []


def limit_child() -> None:
    """From now on this process can take no more than a page needs."""
    resource.setrlimit(resource.RLIMIT_AS, (_OCR_MEMORY, _OCR_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_OCR_S, _OCR_S))


def _language(program: str) -> str:
    told = subprocess.run([program, "--list-langs"], capture_output=True, timeout=10, check=False)  # noqa: S603  # as above
    known = told.stdout.split()
    return "vie" if b"vie" in known else "eng"


@dataclass(frozen=True, slots=True)
class _Word:
    left: int
    right: int
    middle: float
    height: int
    sure: int
    text: str


def grid_of(told: str) -> list[list[Cell]]:
    """Rows of cells from what Tesseract told of words (TSV): lines by height, columns by the white between them."""
    words = _words(told)
    if not words:
        return []
    height = median(word.height for word in words)
    lines = _lines(words, height)
    gaps = _gaps(lines, height)
    rows = []
    for line in lines:
        cells: list[list[_Word]] = [[] for _ in range(len(gaps) + 1)]
        for word in line:
            cells[sum(gap < (word.left + word.right) / 2 for gap in gaps)].append(word)
        rows.append(
            [
                Cell(" ".join(word.text for word in cell), min((word.sure for word in cell), default=100))
                for cell in cells
            ]
        )
    kept = [at for at in range(len(gaps) + 1) if any(row[at].text for row in rows)][:MOST_COLUMNS]
    return [[row[at] for at in kept] for row in rows]


def _words(told: str) -> list[_Word]:
    found = []
    for line in told.splitlines()[1:]:
        parts = line.split("\t")
        if len(parts) != 12 or parts[0] != "5":
            continue
        text = parts[11].strip(" |")
        if not text or _ONLY_LINES.fullmatch(text):
            continue
        left, top, width, height = map(int, parts[6:10])
        found.append(_Word(left, left + width, top + height / 2, height, int(float(parts[10])), text))
    return found


def _lines(words: Iterable[_Word], height: float) -> list[list[_Word]]:
    lines: list[list[_Word]] = []
    for word in sorted(words, key=lambda one: one.middle):
        if lines and word.middle - median(one.middle for one in lines[-1]) < 0.7 * height:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [sorted(line, key=lambda one: one.left) for line in lines]


def _gaps(lines: Sequence[Sequence[_Word]], height: float) -> list[float]:
    """Where columns part: the middle of every stretch that is white in (nearly) all lines of several columns."""
    wide = [line for line in lines if sum(b.left - a.right > height for a, b in itertools.pairwise(line)) >= 1]
    if not wide:
        return []
    begin, end = min(line[0].left for line in wide), max(word.right for line in wide for word in line)
    inked = [0] * (end - begin + 1)
    for line in wide:
        for word in line:
            for x in range(max(word.left, begin) - begin, word.right - begin):
                inked[x] += 1
    gaps, start = [], None
    for x, n in enumerate(inked):
        if n <= 0.05 * len(wide):
            start = x if start is None else start
        else:
            if start is not None and x - start >= 0.7 * height:
                gaps.append(begin + (start + x) / 2)
            start = None
    return gaps
