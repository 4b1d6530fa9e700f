"""The words of a PDF of strangers, read in a child with limits: ``python -m vonggac.jobs.pdf_words SOURCE`` (JSON out).

The child has little memory and time and writes nothing; what a hostile file does to the library, it does to that process only.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

MOST_PAGES: Final = 30
MOST_CHARACTERS: Final = 400_000
_MEMORY = 1 << 30
_CPU_S = 20
_WALL_S = 30


def words_of(pdf: Path) -> str | None:
    """The text of the first pages, as a reader could copy it; None when it cannot be told."""
    command = [sys.executable, "-m", "vonggac.jobs.pdf_words", str(pdf)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_WALL_S, check=False)  # noqa: S603  # our own program, no shell
        found = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return found if isinstance(found, str) else None


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _main(source: Path) -> int:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(source)
        pieces, left = [], MOST_CHARACTERS
        for at in range(min(len(document), MOST_PAGES)):
            pieces.append(document[at].get_textpage().get_text_bounded()[:left])
            left -= len(pieces[-1])
    except (pypdfium2.PdfiumError, ValueError, MemoryError):
        return 1
    sys.stdout.write(json.dumps("\n".join(pieces)))
    return 0


if __name__ == "__main__":
    _limit()
    sys.dont_write_bytecode = True
    sys.exit(_main(Path(sys.argv[1])))
