"""The numbered tree of a letter's body, with what stands before it and after it; no word is dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from vonggac.documents.reading.letter import Clause, Doubt, Value
from vonggac.documents.reading.source import Paragraph, flat
from vonggac.errors import N_

_MARKS: Final = (
    ("part", re.compile(r"(?:Phần|PHẦN|Chương|CHƯƠNG)\s+([IVX]+|\d{1,2}|thứ\s+\w+)\b\s*[.:/]?\s*")),
    ("article", re.compile(r"Điều\s+(\d{1,3})\s*[.:]\s*")),
    ("roman", re.compile(r"([IVX]{1,5})\s*[./)]\s*(?:[-–]?\s+(?=\S)|(?=[A-ZÀ-ỸĐ]{2}))|([IVX]{2,5})\s+(?=[A-ZÀ-ỸĐ]{2})")),
    ("upper", re.compile(r"([A-HĐ])\s*[.)]\s+(?=\S)")),
    ("decimals", re.compile(r"(\d{1,2}(?:\.\d{1,2}){1,3})\s*[.)]?\s+(?=[^\W\d_]|[\"“(])")),
    ("decimal", re.compile(r"(\d{1,2})\s*(?:\.\s*|/\s+)(?=[^\W\d_]|[\"“(])")),
    ("paren", re.compile(r"\(?(\d{1,2})\s*\)\s*(?=\S)")),
    ("alpha", re.compile(r"([a-zđ])\s*[.)]\s*(?=\S)")),
    ("dash", re.compile(r"([-–—−•●▪])\s*(?=\S)")),
    ("plus", re.compile(r"(\+)\s*(?=\S)")),
    ("star", re.compile(r"(\*+)\s*(?=\S)")),
)  # fmt: skip
_BULLETS: Final = ("dash", "plus", "star")
_ORDER: Final = [name for name, _ in _MARKS]
_VIETNAMESE: Final = "abcdđeghiklmnopqrstuvxy"
_ROMAN_DIGITS: Final = {"I": 1, "V": 5, "X": 10}
_LONGEST_TITLE: Final = 160
_CLOSES: Final = re.compile(
    r"(?:Trên đây là|Yêu cầu|Đề nghị|Kính đề nghị|Trong quá trình|Trong trường hợp|Nhận được|Rất mong|Trân trọng|Mọi (?:thông tin|vướng mắc)|"
    r"(?:Quá trình|Nếu có|Kính mong|Giao|Căn cứ nội dung)\b|(?:[^\W\d_][\w,]*\s+){1,16}?(?:yêu cầu|đề nghị|trân trọng|kính (?:đề nghị|báo cáo|trình)|"
    r"báo cáo)\s)"
)
_ENDS_ALL: Final = re.compile(r"\./\.?\s*$|\.\s*/\s*\.\s*$")


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbering at the beginning of a text: kind, ordinal (0: it has none), as written, and where the text goes on."""

    kind: str
    ordinal: int
    written: str
    name: str
    end: int


def mark_of(text: str) -> Mark | None:
    """The mark that ``text`` begins with."""
    for kind, expression in _MARKS:
        found = expression.match(text)
        if found:
            name = found[1] or found[found.lastindex or 1]
            return Mark(kind, _ordinal(kind, name), flat(text[: found.end()]), name, found.end())
    return None


def _ordinal(kind: str, name: str) -> int:
    if kind in _BULLETS:
        return 0
    if kind == "alpha":
        return _VIETNAMESE.find(name) + 1 or ord(name) - ord("a") + 1
    if kind == "upper":
        return ord(name) - ord("A") + 1 if name != "Đ" else 5
    last = name.rsplit(".", 1)[-1]
    if last.isdigit():
        return int(last)
    total, above = 0, 0
    for sign in reversed(last):
        value = _ROMAN_DIGITS.get(sign, 0)
        total += value if value >= above else -value
        above = max(above, value)
    return total


def _follows(mark: Mark, before: Mark) -> bool:
    """Whether ``mark`` may come right after ``before`` in one list; Word counts letters without đ and with f, j, w, z."""
    if mark.ordinal == 0 or mark.ordinal == before.ordinal + 1:
        return True
    return mark.kind == "alpha" and ord(mark.name) == ord(before.name) + 1


@dataclass(slots=True)
class _Open:
    kind: tuple[str, int]
    clause: Clause
    mark: Mark


@dataclass(slots=True)
class Body:
    """The parts of a body."""

    opening: list[Value[str]]
    clauses: list[Clause]
    closing: list[Value[str]]
    doubts: list[Doubt]


def read_body(paragraphs: Sequence[Paragraph]) -> Body:
    """The opening, the tree and the closing of ``paragraphs``."""
    tree = _Tree([])
    body = Body([], tree.tops, [], tree.doubts)
    marks = [_mark(one) for one in paragraphs]
    last = _last_marked(marks)
    has_numbers = any(mark and mark.kind not in _BULLETS for mark in marks[: last + 1])
    for at, (paragraph, mark) in enumerate(zip(paragraphs, marks, strict=True)):
        is_bullet = mark is not None and mark.kind in _BULLETS
        if mark and not (is_bullet and not tree.stack and has_numbers):
            tree.add(paragraph, mark)
        elif not tree.stack:
            body.opening.append(Value(flat(paragraph.text), paragraph.where))
        elif at > last and (body.closing or _closes(paragraphs, at, tree)):
            body.closing.append(Value(flat(paragraph.text), paragraph.where))
        else:
            tree.go_on(paragraph, is_last=at > last and not paragraph.is_row)
    return body


def _mark(paragraph: Paragraph) -> Mark | None:
    if paragraph.is_row:
        return None
    if paragraph.mark:
        found = mark_of(paragraph.mark + " x")
        if found:
            return Mark(found.kind, found.ordinal, paragraph.mark, found.name, 0)
        return Mark("dash", 0, paragraph.mark, paragraph.mark, 0)
    return mark_of(paragraph.text)


def _last_marked(marks: Sequence[Mark | None]) -> int:
    """The last paragraph with a mark, -1 where there is none."""
    return max((at for at, mark in enumerate(marks) if mark), default=-1)


def _closes(paragraphs: Sequence[Paragraph], at: int, tree: _Tree) -> bool:
    text = flat(paragraphs[at].text)
    if _CLOSES.match(text):
        return True
    if _ENDS_ALL.search(text) and at == len(paragraphs) - 1:
        tree.doubts.append(
            Doubt("closing", N_("does this belong to clause {clause}, or to the whole letter?"),
                  {"clause": tree.stack[-1].clause.path}, paragraphs[at].where)
        )  # fmt: skip
        return True
    return False


class _Tree:
    """Clauses as they come; ``stack``: those that are open, from the top."""

    def __init__(self, tops: list[Clause]) -> None:
        self.tops = tops
        self.stack: list[_Open] = []
        self.doubts: list[Doubt] = []

    def add(self, paragraph: Paragraph, mark: Mark) -> None:
        kind = (mark.kind, mark.name.count(".") if mark.kind == "decimals" else 0)
        before = self._make_room(kind, mark)
        doubt = ""
        if before is not None:
            read = _repaired(mark, before)
            if read != mark:
                doubt = N_("{mark} comes twice; is it {name}?")
            elif not _follows(mark, before):
                doubt = N_("{mark} does not follow {before}: is one missing, or is this no clause?")
            mark = read
        elif mark.ordinal > 1:
            doubt = N_("{mark} has none before it: is one missing, or is this no clause?")
        self._append(paragraph, mark, kind, is_sure=not doubt)
        if doubt:
            params = {"mark": mark.written, "name": mark.name, "before": before.written if before else ""}
            self.doubts.append(Doubt("clauses", doubt, params, paragraph.where))

    def _make_room(self, kind: tuple[str, int], mark: Mark) -> Mark | None:
        """Close what ``mark`` ends; the mark of the sibling before it, None when it begins a list."""
        at = next((at for at in reversed(range(len(self.stack))) if self.stack[at].kind == kind), -1)
        if at >= 0 and not (mark.ordinal == 1 and self.stack[at].mark.ordinal >= 1 and self._is_new_list(at, mark)):
            before = self.stack[at].mark
            del self.stack[at:]
            return before
        if mark.kind not in _BULLETS:
            while self.stack and self.stack[-1].mark.kind in _BULLETS:
                self.stack.pop()
        elif self.stack and self.stack[-1].mark.kind in _BULLETS and mark.kind == "dash":
            self.stack.pop()
        if mark.kind in {"roman", "upper", "part", "article"} or mark.ordinal > 1:
            rank = _ORDER.index(mark.kind)
            while self.stack and _ORDER.index(self.stack[-1].mark.kind) >= rank:
                self.stack.pop()
        if mark.kind == "decimals":
            wanted = mark.name.rsplit(".", 1)[0]
            while self.stack and self.stack[-1].mark.name != wanted and self.stack[-1].mark.kind != "roman":
                self.stack.pop()
        return None

    def _is_new_list(self, at: int, mark: Mark) -> bool:
        """A second "1." right below "a)" is a list of its own."""
        return at < len(self.stack) - 1 and mark.kind in {"paren", "decimal"} and self.stack[-1].mark.kind == "alpha"

    def _append(self, paragraph: Paragraph, mark: Mark, kind: tuple[str, int], *, is_sure: bool) -> None:
        parent = self.stack[-1].clause if self.stack else None
        siblings = parent.children if parent else self.tops
        text = flat(paragraph.text[mark.end :])
        name = (
            f"-{sum(one.mark[:1] == mark.written[:1] for one in siblings) + 1}" if mark.kind in _BULLETS else mark.name
        )
        if mark.kind == "plus":
            name = "+" + name[1:]
        if mark.kind == "decimals" and parent and mark.name.startswith(f"{parent.path.rsplit('.', 1)[-1]}."):
            name = mark.name.rsplit(".", 1)[-1]
        path = f"{parent.path}.{name}" if parent else name
        clause = Clause(
            mark.written,
            path,
            _title(text),
            text,
            paragraph.where,
            len(self.stack),
            is_sure and not paragraph.is_unsure,
        )
        siblings.append(clause)
        self.stack.append(_Open(kind, clause, mark))

    def go_on(self, paragraph: Paragraph, *, is_last: bool) -> None:
        """A paragraph without a mark belongs to the open clause."""
        clause = self.stack[-1].clause
        clause.text = f"{clause.text}\n{flat(paragraph.text)}".strip()
        clause.title = clause.title or _title(clause.text)
        if is_last:
            clause.sure = False
            self.doubts.append(
                Doubt(
                    "clauses",
                    N_("does this belong to clause {clause}, or to the whole letter?"),
                    {"clause": clause.path},
                    paragraph.where,
                )
            )


def _repaired(mark: Mark, before: Mark) -> Mark:
    """A recogniser takes đ for d and III for II: what comes twice is taken for the next."""
    if mark.kind == "alpha" and mark.name == before.name == "d":
        return replace(mark, ordinal=before.ordinal + 1, name="đ")
    if mark.kind == "roman" and mark.ordinal == before.ordinal:
        return replace(mark, ordinal=before.ordinal + 1, name=_roman(before.ordinal + 1))
    return mark


def _roman(n: int) -> str:
    tens, ones = divmod(n, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]


def _title(text: str) -> str:
    """The first sentence, or as many words as a title may have."""
    found = re.match(r"(.+?)(?:[:;]|\.(?=\s|$))", text.split("\n", 1)[0])
    first = (found[1] if found else text.split("\n", 1)[0]).strip()
    if len(first) <= _LONGEST_TITLE:
        return first
    return first[:_LONGEST_TITLE].rsplit(" ", 1)[0] + " …"
