"""PDF and recognised pages to paragraphs: words to lines, columns in the head and the tail, sentences that a line or a page broke."""

from __future__ import annotations

import io
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from pdfminer.pdfdocument import PDFDocument, PDFPasswordIncorrect
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfplumber.pdf import PDF

from vonggac.documents.reading.clauses import mark_of
from vonggac.documents.reading.fonts import is_old_text, refuse_old
from vonggac.documents.reading.letter import Doubt, Place, UnsureWord
from vonggac.documents.reading.source import (
    LEAST_CONFIDENCE,
    MAX_CHARACTERS,
    MAX_PAGES,
    Paragraph,
    RecognisedPage,
    Recogniser,
    Side,
    Source,
    Word,
    clean,
)  # fmt: skip
from vonggac.documents.reading.words import ADDRESSED, ANNEX, SENT_TO, SIGNS_FOR, title_of
from vonggac.errors import N_, InputError, UnsafeInput
from vonggac.tables.pdf import _ERRORS, refuse_bombs
from vonggac.tables.zips import protected

_LEAST_LETTERS = 40
"""A page with fewer is a picture with a stamp on it, or empty."""
_PAGE_NUMBER = re.compile(r"(?:trang\s*)?[-–—]?\s*\d{1,3}\s*[-–—]?(?:\s*/\s*\d{1,3})?", re.IGNORECASE)
_BROKEN = re.compile(r"(?<=\w)([-/])\n(?=\w)")
"""A symbol that a line broke; Vietnamese breaks no words."""
_ENDS = (".", ";", ":", "!", "?", "./.", ",")
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia)\b")


@dataclass(frozen=True, slots=True)
class _Page:
    n: int
    words: Sequence[Word]
    width: float
    height: float
    is_recognised: bool = False


@dataclass(slots=True)
class _Line:
    page: int
    n: int
    words: list[Word]
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.words[0].left

    @property
    def right(self) -> float:
        return self.words[-1].right

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def size(self) -> float:
        return median(word.bottom - word.top for word in self.words)

    @property
    def text(self) -> str:
        return clean(" ".join(word.text for word in self.words))


def read_pdf(data: bytes, file: str, recognise: Recogniser | None) -> Source:
    """The paragraphs of a PDF; pages that are pictures go to ``recognise``."""
    refuse_bombs(data, file)
    try:
        pages, n_old, font = _pdf_pages(data, file)
    except InputError:
        raise
    except _ERRORS as error:
        if isinstance(error, PDFPasswordIncorrect) or any(isinstance(a, PDFPasswordIncorrect) for a in error.args):
            raise protected(file) from error
        raise InputError(N_("damaged or cut off: the PDF cannot be read ({detail})"), where=file,
                         detail=(str(error) or type(error).__name__)[:120]) from error  # fmt: skip
    refuse_old((word.text for page in pages for word in page.words), n_old, font, file)
    bare = [page.n for page in pages if sum(len(word.text) for word in page.words) < _LEAST_LETTERS]
    with_text = len(pages) - len(bare)
    if bare and (with_text == 0 or bare[0] == 1 or _has_pictures(data)):
        recognised = _recognised(bare, recognise, file, is_needed=with_text == 0 or bare[0] == 1)
        pages = [_of_recognised(page.n, recognised[page.n]) if page.n in recognised else page for page in pages]
    source = of_pages(pages, "scan" if any(page.is_recognised for page in pages) else "pdf", file)
    if _ACTIVE.search(data):
        source.doubts.append(Doubt("file", N_("the PDF carries scripts or files inside it; nothing was run or opened")))
    return source


def _has_pictures(data: bytes) -> bool:
    return b"/Image" in data


def read_picture(file: str, recognise: Recogniser | None) -> Source:
    """The paragraphs of a photo or scan of one page."""
    found = _recognised([1], recognise, file, is_needed=True)
    return of_pages([_of_recognised(n, page) for n, page in sorted(found.items())], "scan", file)


def _recognised(
    numbers: Sequence[int], recognise: Recogniser | None, file: str, *, is_needed: bool
) -> dict[int, RecognisedPage]:
    if recognise is None:
        if not is_needed:
            return {}
        raise InputError(N_("a scan: its pages are pictures without text. Ask for the original file, or recognise its "
                            "text with an OCR program first"), where=file)  # fmt: skip
    return recognise(numbers)


def _of_recognised(n: int, page: RecognisedPage) -> _Page:
    return _Page(n, page.words, page.width, page.height, is_recognised=True)


def _pdf_pages(data: bytes, file: str) -> tuple[list[_Page], int, str]:
    document = PDFDocument(PDFParser(io.BytesIO(data)))
    n = sum(1 for _ in itertools.islice(PDFPage.create_pages(document), MAX_PAGES + 1))
    if n > MAX_PAGES:
        raise UnsafeInput(N_("more than {limit:,} pages: this is no letter"), where=file, limit=MAX_PAGES)
    if not n:
        raise InputError(N_("damaged or cut off: the PDF has no pages"), where=file)
    pages: list[_Page] = []
    n_old, n_characters, font = 0, 0, ""
    with PDF(io.BytesIO(data)) as opened:
        for number, page in enumerate(opened.pages, 1):
            chars = [one for one in page.dedupe_chars().chars if one["upright"]]
            n_characters += len(chars)
            if n_characters > MAX_CHARACTERS:
                raise UnsafeInput(
                    N_("more than {limit:,} characters: this is no letter"), where=file, limit=MAX_CHARACTERS
                )
            words = list(_words(chars, float(page.height)))
            for word, name in words:
                if is_old_text(word.text, name):
                    n_old, font = n_old + len(word.text), name
            pages.append(_Page(number, [word for word, _font in words], float(page.width), float(page.height)))
            page.close()
    return pages, n_old, font


def _words(chars: Sequence[dict[str, Any]], height: float) -> Iterator[tuple[Word, str]]:
    """Words and the font of their first letter, by base line and position: a letter from another font is one of the same word."""
    rows: list[tuple[float, list[dict[str, Any]]]] = []
    for char in sorted(chars, key=lambda one: -one["matrix"][5]):
        base = height - char["matrix"][5]
        if not rows or base - rows[-1][0] > 2:
            rows.append((base, []))
        rows[-1][1].append(char)
    for n, (base, row) in enumerate(rows):
        row.sort(key=_position)
        run: list[dict[str, Any]] = []
        for char in row:
            is_apart = char["text"].isspace() or not char["text"]
            if run and (is_apart or _is_far(char, run)):
                yield _word(run, base, n)
                run = []
            if not is_apart:
                run.append(char)
        if run:
            yield _word(run, base, n)


def _is_far(char: dict[str, Any], run: Sequence[dict[str, Any]]) -> bool:
    gap = char["x0"] - max(one["x1"] for one in run[-2:])
    return bool(gap > 0.18 * char["size"]) and not _is_sign(char)


def _is_sign(char: dict[str, Any]) -> bool:
    """Whether it stands on another letter."""
    return bool(unicodedata.combining(char["text"][:1] or " "))


def _position(char: dict[str, Any]) -> float:
    return float((char["x0"] + char["x1"]) / 2 if _is_sign(char) else char["x0"])


def _word(run: Sequence[dict[str, Any]], base: float, n: int) -> tuple[Word, str]:
    name, size = str(run[0]["fontname"]), max(float(one["size"]) for one in run)
    text = clean("".join(one["text"] for one in run))
    right = max(float(one["x1"]) for one in run)
    is_bold = "bold" in name.lower()
    return Word(
        text, float(run[0]["x0"]), right, base - 0.8 * size, base + 0.2 * size, is_bold=is_bold, line=(n,)
    ), name


# ------------------------------------------------------------------------------------------------------------- lines


def of_pages(pages: Sequence[_Page], origin: str, file: str) -> Source:
    """Pages of words as paragraphs."""
    lines = [line for page in pages for line in _lines(page)]
    lines = _without_furniture(lines)
    if not lines:
        raise InputError(N_("no text in it"), where=file)
    unsure = [
        UnsureWord(word.text, word.confidence, Place(line.page, line.n))
        for line in lines for word in line.words if word.confidence < LEAST_CONFIDENCE and any(map(str.isalnum, word.text))
    ]  # fmt: skip
    paragraphs = list(_paragraphs(lines))
    return Source(origin, paragraphs, words=unsure)


def _lines(page: _Page) -> Iterator[_Line]:
    """Words of one height, from the top down, each line from the left."""
    rows: list[list[Word]] = []
    for group in _segments(page.words):
        middle = median((word.top + word.bottom) / 2 for word in group)
        height = median(word.bottom - word.top for word in group)
        for row in reversed(rows[-8:]):
            near = min(row, key=lambda word: abs(word.left - group[0].left))
            if abs((near.top + near.bottom) / 2 - middle) < 0.5 * max(height, 4) and not _overlaps(row, group):
                row.extend(group)
                break
        else:
            rows.append(list(group))
    rows.sort(key=lambda row: median((word.top + word.bottom) / 2 for word in row))
    for n, row in enumerate(rows, 1):
        yield _Line(page.n, n, sorted(row, key=lambda word: word.left), page.width, page.height)


def _segments(words: Sequence[Word]) -> list[list[Word]]:
    """Words that are known to be of one line stay together; others stand alone, from the top down."""
    groups: dict[tuple[int, ...], list[Word]] = {}
    for at, word in enumerate(words):
        groups.setdefault(word.line or (-1, at), []).append(word)
    return sorted(
        groups.values(), key=lambda group: (round(median((w.top + w.bottom) / 2 for w in group), 1), group[0].left)
    )


def _overlaps(row: Sequence[Word], group: Sequence[Word]) -> bool:
    return any(min(a.right, b.right) - max(a.left, b.left) > 2 for a in row for b in (group[0], group[-1]))


def _without_furniture(lines: list[_Line]) -> list[_Line]:
    """Without page numbers, and without what stands at the edge of several pages."""
    edges: Counter[str] = Counter()
    for line in lines:
        if _is_at_edge(line):
            edges[_digitless(line)] += 1
    n_pages = len({line.page for line in lines})
    return [
        line for line in lines
        if not (_is_at_edge(line) and (_PAGE_NUMBER.fullmatch(line.text) or (n_pages > 1 and edges[_digitless(line)] > 1)))
    ]  # fmt: skip


def _is_at_edge(line: _Line) -> bool:
    return line.top < 0.085 * line.height or line.top > 0.9 * line.height


def _digitless(line: _Line) -> str:
    return re.sub(r"\d+", "0", line.text)


# -------------------------------------------------------------------------------------------------------- paragraphs


def _paragraphs(lines: list[_Line]) -> Iterator[Paragraph]:
    head, tail, end = _zones(lines)
    for line in lines[:head]:
        yield from _columns(line)
    yield from _body(lines[head:tail])
    for line in lines[tail:end]:
        yield from _columns(line)
    yield from _body(lines[end:])


def _zones(lines: list[_Line]) -> tuple[int, int, int]:
    """Where the head ends, the tail begins, and ends."""
    head = next((at for at, line in enumerate(lines) if line.page == lines[0].page and ADDRESSED.match(line.text)), -1)
    if head < 0:
        head = _after_title(lines)
    tail = next((at for at, line in enumerate(lines) if at > head and _starts_tail(line)), len(lines))
    while tail > head + 1 and _is_signature(lines[tail - 1]):
        tail -= 1
    end = next((at for at in range(tail, len(lines)) if ANNEX.match(lines[at].text)), len(lines))
    if tail < len(lines):
        page = lines[tail].page
        over = next((at for at in range(tail, end) if lines[at].page > page and lines[at].left > -1), end)
        listed = next((at for at in range(tail, end) if re.search(r"(?:^|\s)-?\s*Lưu\s*:", lines[at].text)), -1)
        end = (
            over if listed < over else next((at for at in range(over, end) if lines[at].page > lines[listed].page), end)
        )
    return head, tail, end


def _starts_tail(line: _Line) -> bool:
    return bool(SENT_TO.match(line.text)) or (bool(SIGNS_FOR.match(line.text)) and line.left > 0.4 * line.width)


def _is_signature(line: _Line) -> bool:
    return line.left > 0.42 * line.width and line.text == line.text.upper() and any(map(str.isalpha, line.text))


def _after_title(lines: list[_Line]) -> int:
    """Without "Kính gửi": the head ends below the title and the subject, which stand in the middle."""
    first = lines[0].page
    at = next((at for at, line in enumerate(lines) if line.page == first and title_of(line.text)), -1)
    if at < 0:
        dated = [
            at
            for at, line in enumerate(lines[:25])
            if re.search(r"ngày.*tháng.*năm", line.text) or re.match(r"Số\s*:", line.text)
        ]
        at = dated[-1] if dated else -1
    at += 1
    page = [line for line in lines if line.page == first]
    left, right = min(line.left for line in page), max(line.right for line in page)
    while (
        at < len(lines)
        and lines[at].page == first
        and _is_centred(lines[at], left, right)
        and not mark_of(lines[at].text)
    ):
        at += 1
    return at


def _is_centred(line: _Line, left: float, right: float) -> bool:
    before, behind = line.left - left, right - line.right
    return before > 15 and behind > 15 and abs(before - behind) < max(20, 0.12 * (right - left))


def _columns(line: _Line) -> Iterator[Paragraph]:
    """A line of a head or a tail, cut where its columns part."""
    gaps = [(b.left - a.right, at) for at, (a, b) in enumerate(itertools.pairwise(line.words), 1)]
    wide, at = max(gaps, default=(0.0, 0))
    cut = (
        at
        if wide > 0.75 * line.size
        and line.words[at].left > 0.3 * line.width
        and line.words[at - 1].right < 0.75 * line.width
        else 0
    )
    if not cut and line.left < 0.25 * line.width and line.right > 0.8 * line.width:
        cut = next(
            (
                i
                for i, word in enumerate(line.words)
                if i and word.text.upper() in {"CỘNG", "ĐẢNG"} and word.left > 0.3 * line.width
            ),
            0,
        )
    for words in (line.words[:cut], line.words[cut:]) if cut else (line.words,):
        middle = (words[0].left + words[-1].right) / 2 / line.width
        side: Side = (
            "left" if middle < 0.43 else "right" if middle > 0.59 or (cut and words[0] is line.words[cut]) else "middle"
        )
        if cut and words[0] is line.words[0]:
            side = "left"
        yield _paragraph([_part(line, words)], side)


def _part(line: _Line, words: list[Word]) -> _Line:
    return _Line(line.page, line.n, words, line.width, line.height)


def _body(lines: list[_Line]) -> Iterator[Paragraph]:
    """Lines to paragraphs: a new one begins where the line before was left short, at an indent, a gap, or a mark."""
    if not lines:
        return
    right = sorted(line.right for line in lines)[int(len(lines) * 0.9)]
    leading = [
        b.top - a.top for a, b in itertools.pairwise(lines) if a.page == b.page and 0 < b.top - a.top < 3 * a.size
    ]
    usual = median(leading) if leading else 0.0
    current: list[_Line] = []
    for line in lines:
        if current and _begins(line, current, right, usual):
            yield _paragraph(current, "")
            current = []
        current.append(line)
    yield _paragraph(current, "")


def _begins(line: _Line, current: list[_Line], right: float, usual: float) -> bool:
    last = current[-1]
    space = 0.3 * last.size
    is_short = last.right + space + (line.words[0].right - line.words[0].left) < right - 2
    is_full_stop = last.text.endswith(_ENDS)
    if is_short or _is_stretched(last):
        return True
    if line.page == last.page and usual and line.top - last.top > 1.3 * usual and line.top - last.top > usual + 3:
        return True
    is_marked = mark_of(line.text) is not None
    step = line.left - last.left
    hanging = (
        len(current) == 1
        and mark_of(last.text) is not None
        and len(last.words) > 1
        and abs(line.left - last.words[1].left) < 3
    )
    if is_marked:
        return is_full_stop or step > 6
    return step > 8 and is_full_stop and not hanging


def _is_stretched(line: _Line) -> bool:
    """A justified line with a soft end is as wide as the others, with holes in it."""
    gaps = [b.left - a.right for a, b in itertools.pairwise(line.words)]
    return len(gaps) > 1 and median(gaps) > 0.9 * line.size


def _paragraph(lines: list[_Line], side: Side) -> Paragraph:
    words = [word for line in lines for word in line.words]
    return Paragraph(
        _BROKEN.sub(r"\1", "\n".join(line.text for line in lines)).replace("\n", " "),
        Place(lines[0].page, lines[0].n),
        side,
        is_bold=sum(word.is_bold for word in words) * 2 > len(words),
        is_unsure=any(word.confidence < LEAST_CONFIDENCE for word in words),
    )
