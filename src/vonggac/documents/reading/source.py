"""What every kind of file becomes before anything is understood: paragraphs in order, each with its place and side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from vonggac.documents.reading.letter import Doubt, Place, UnsureWord

Side = Literal["", "left", "right", "middle"]

MAX_PAGES: Final = 200
MAX_PARAGRAPHS: Final = 20_000
MAX_CHARACTERS: Final = 2_000_000
LEAST_CONFIDENCE: Final = 70
"""Of 100: a recognised word below it is to be confirmed (Tesseract's own scale)."""

_SPACES = re.compile(r"[^\S\n\t]+")
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a page; edges in points from the top left; ``confidence`` of 100."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    confidence: int = 100
    is_bold: bool = False
    line: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph (in a head or a tail: a line). ``side``: the column it stands in, where it stands in one.

    ``mark``: given by Word's automatic numbering and not part of ``text``. ``is_row``: a row of a table of values, which holds no clause.
    """

    text: str
    where: Place
    side: Side = ""
    mark: str = ""
    is_bold: bool = False
    is_unsure: bool = False
    is_row: bool = False


@dataclass(slots=True)
class Source:
    """A file as paragraphs; ``origin``: docx, pdf, scan."""

    origin: str
    paragraphs: list[Paragraph]
    doubts: list[Doubt] = field(default_factory=list)
    words: list[UnsureWord] = field(default_factory=list)


Recogniser = Callable[[Sequence[int]], "dict[int, RecognisedPage]"]
"""Page numbers (from 1; of a picture: 1) to what was recognised on them."""


@dataclass(frozen=True, slots=True)
class RecognisedPage:
    """Words of a page in points, and its size."""

    words: Sequence[Word]
    width: float
    height: float


def clean(text: str) -> str:
    """``text`` composed (NFC), without characters that nobody sees, spaces of one kind and one at a time; tabs and line ends stay."""
    return _SPACES.sub(" ", _HIDDEN.sub("", unicodedata.normalize("NFC", text))).strip(" ")


def flat(text: str) -> str:
    """``text`` on one line."""
    return " ".join(text.split())
