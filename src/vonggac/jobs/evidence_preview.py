"""A small copy of a photo, made anew from its dots: ``python -m vonggac.jobs.evidence_preview SOURCE TARGET KIND``.

Run as a child with limits, since what a picture makes its reader do is not ours to trust. Nothing but dots comes over: not the
place and telephone in EXIF, no profile, no second picture, no text.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

SIDE = 1280
"""The longer side of a preview at most, in dots."""
MOST_DOTS = 60_000_000
MEMORY = 1 << 30
SECONDS = 20


def make(source: Path, target: Path, kind: str) -> bool:
    """Write the preview as JPEG; False when the picture is too large or is none."""
    from PIL import ImageOps
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    readers: dict[str, Any] = {"jpeg": JpegImageFile, "png": PngImageFile, "webp": WebPImageFile}
    try:
        with source.open("rb") as file, readers[kind](file) as picture:
            if picture.width * picture.height > MOST_DOTS:
                return False
            picture.draft("RGB", (SIDE, SIDE))
            turned = ImageOps.exif_transpose(picture)
            turned.thumbnail((SIDE, SIDE))
            flat = turned.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, MemoryError, OverflowError):
        return False
    flat.info.clear()
    flat.save(target, "JPEG", quality=82)
    return True


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))
    sys.exit(0 if make(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]) else 1)
