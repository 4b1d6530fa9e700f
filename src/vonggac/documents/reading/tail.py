"""What stands below a letter's text: who gets it and why, who signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vonggac.documents.reading.letter import NOWHERE, Doubt, Recipient, Signatory, Value
from vonggac.documents.reading.source import Paragraph, flat
from vonggac.documents.reading.words import ANNEX, SENT_TO, SIGNS_FOR
from vonggac.errors import N_

_ITEM = re.compile(r"[-–—−+•*]\s*")
_LIKE_ABOVE = re.compile(r"Như\s+(?:trên|kính\s+gửi|Điều|đề\s+gửi)", re.IGNORECASE)
_ARCHIVE = re.compile(r"L[ưu]u\b", re.IGNORECASE)
_REPORT = re.compile(r"\(?(?:để\s+)?\b[bh6]/?[c©](?!\w)|\b(?:để\s+)?báo\s+cáo\b", re.IGNORECASE)
_ACTION = re.compile(r"\((?:để\s+)?(?:t/?h|thực hiện|triển khai|phối hợp|p/?h|chỉ đạo)[^)]*\)", re.IGNORECASE)
_NOISE = re.compile(
    r"\(?(?:đã\s+ký|ký\s+tên|chữ\s+ký|signature|ký\s+bởi|người\s+ký|thời\s+gian\s+ký|ngày\s+ký|email|cơ\s+quan|\[?daky|ký\s+số)",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:(?:TS|ThS|PGS|GS|BS|KS|CN|Đại tá|Thượng tá|Trung tá|Thiếu tướng)\.?\s*)*[A-ZÀ-ỸĐ][a-zà-ỹđ]*(?:\s+[A-ZÀ-ỸĐ][a-zà-ỹđ]*){1,5}"
)
_BEHALF = re.compile(r"(?:K/?T|T/?L|T/?M|TUQ|T/U/Q|Q)\s*\.\s*")
_TITLES = re.compile(
    r"(?:PHÓ|CHỦ TỊCH|GIÁM ĐỐC|TỔNG GIÁM ĐỐC|BỘ TRƯỞNG|THỨ TRƯỞNG|CỤC TRƯỞNG|CHÁNH|TRƯỞNG|BÍ THƯ|HIỆU TRƯỞNG|VIỆN TRƯỞNG|CHI CỤC TRƯỞNG|THỦ TRƯỞNG|TỔ TRƯỞNG|QUYỀN)\b"
)


@dataclass(slots=True)
class Tail:
    """What the tail says; ``begin`` and ``end``: where it lies among the paragraphs."""

    begin: int
    end: int
    recipients: list[Recipient] = field(default_factory=list)
    signatory: Value[Signatory] = field(default_factory=lambda: Value(Signatory(), sure=False))
    doubts: list[Doubt] = field(default_factory=list)


def read_tail(paragraphs: Sequence[Paragraph], after: int) -> Tail:
    """Read the tail, which begins at or behind ``after``."""
    at = next((at for at in range(after, len(paragraphs)) if _names_recipients(paragraphs[at])), -1)
    begin = at if at >= 0 else next((n for n in range(after, len(paragraphs)) if _starts_signature(paragraphs[n])), -1)
    if begin < 0:
        tail = Tail(len(paragraphs), len(paragraphs))
        tail.doubts += [Doubt("recipients", N_("no “Nơi nhận” was found: who gets it?")),
                        Doubt("signatory", N_("no signatory was found: who signs it?"))]  # fmt: skip
        return tail
    begin = _signature_above(paragraphs, begin, after)
    tail = Tail(begin, _end(paragraphs, begin))
    pieces = [piece for one in paragraphs[begin : tail.end] for piece in _pieces(one)]
    rest = _read_recipients(tail, pieces)
    _read_signatory(tail, rest)
    return tail


def _signature_above(paragraphs: Sequence[Paragraph], begin: int, after: int) -> int:
    """Where the tail begins when the signature, with short lines only below it, stands above "Nơi nhận"."""
    found = begin
    for at in range(begin - 1, max(after, begin - 9) - 1, -1):
        if _starts_signature(paragraphs[at]):
            found = at
        elif found == begin and not _may_be_of_signature(flat(paragraphs[at].text)):
            break
    return found


def _may_be_of_signature(text: str) -> bool:
    return bool(_NAME.fullmatch(text) or _NOISE.match(text) or (text == text.upper() and _TITLES.match(text)))


def _names_recipients(paragraph: Paragraph) -> bool:
    return any(SENT_TO.match(piece.text) for piece in _pieces(paragraph))


def _starts_signature(paragraph: Paragraph) -> bool:
    text = flat(paragraph.text)
    if not text or text != text.upper() or paragraph.mark or not any(map(str.isalpha, text)) or len(text) > 120:
        return False
    return bool(SIGNS_FOR.match(text)) or (paragraph.side in {"right", "middle"} and bool(_TITLES.match(text)))


def _end(paragraphs: Sequence[Paragraph], begin: int) -> int:
    """The tail ends where an annex begins, or where list and name are done."""
    has_archive = has_name = False
    for at in range(begin, len(paragraphs)):
        one = paragraphs[at]
        if ANNEX.match(flat(one.text)) and at > begin:
            return at
        for piece in _pieces(one):
            has_archive = has_archive or bool(_ARCHIVE.match(_ITEM.sub("", piece.text, count=1)))
            has_name = has_name or (
                piece.side != "left" and bool(_NAME.fullmatch(piece.text)) and not _ITEM.match(piece.text)
            )
        if has_name and not one.side and not _ITEM.match(one.text) and len(one.text) > 120 and at > begin:
            return at
    return len(paragraphs)


def _pieces(paragraph: Paragraph) -> list[Paragraph]:
    found = []
    for line in paragraph.text.split("\n"):
        parts = [flat(part) for part in re.split(r"\t+", line) if part.strip()]
        begins_right = line[:1] == "\t"
        for at, part in enumerate(parts):
            side = paragraph.side
            if len(parts) > 1:
                side = "left" if at == 0 else "right"
            elif begins_right:
                side = "right"
            found.append(replace(paragraph, text=part, side=side))
    return found


def _read_recipients(tail: Tail, pieces: list[Paragraph]) -> list[Paragraph]:
    """Lines of the left column from "Nơi nhận" on; gives the others."""
    rest: list[Paragraph] = []
    items: list[tuple[str, Paragraph]] = []
    is_on = is_done = False
    for one in pieces:
        text = one.text
        if found := SENT_TO.match(text):
            is_on = True
            text = text[found.end() :].strip()
            if not text:
                continue
        is_item = bool(_ITEM.match(text)) or one.mark in {"-", "+", "*"}
        if not is_on or (one.side == "right" and not is_item):
            rest.append(one)
        elif is_item:
            items.append((_ITEM.sub("", text, count=1).strip(), one))
            is_done = is_done or bool(_ARCHIVE.match(items[-1][0]))
        elif items and _goes_on(text, one, items[-1], is_done=is_done):
            items[-1] = (f"{items[-1][0]} {text}", items[-1][1])
        elif not items and one.side in {"left", ""} and not SIGNS_FOR.match(text) and text != text.upper():
            items.append((text, one))
        else:
            rest.append(one)
    _keep_recipients(tail, items)
    return rest


def _goes_on(text: str, one: Paragraph, last: tuple[str, Paragraph], *, is_done: bool) -> bool:
    """Whether a line without a dash belongs to the item above it."""
    return (
        one.side == last[1].side
        and text != text.upper()
        and not (is_done and (last[0].endswith(".") or _NAME.fullmatch(text)))
    )


def _keep_recipients(tail: Tail, items: list[tuple[str, Paragraph]]) -> None:
    for text, one in items:
        for words in [text] if _ARCHIVE.match(text) else re.split(r"\s*;\s*-\s*|;\s*(?=\S)", text.strip(" ;")):
            tail.recipients.append(Recipient(words.strip(" .;"), _role(words), one.where, sure=not one.is_unsure))
    if not tail.recipients:
        tail.doubts.append(Doubt("recipients", N_("no “Nơi nhận” was found: who gets it?")))
    for recipient in tail.recipients:
        if not recipient.sure:
            tail.doubts.append(
                Doubt("recipients", N_("does “{name}” get it?"), {"name": recipient.words[:250]}, recipient.where)
            )


def _role(words: str) -> str:
    if _ARCHIVE.match(words):
        return "archive"
    if _REPORT.search(words):
        return "report"
    if _LIKE_ABOVE.match(words) or _ACTION.search(words):
        return "action"
    return "information"


def _read_signatory(tail: Tail, pieces: list[Paragraph]) -> None:
    on_behalf: list[str] = []
    title: list[str] = []
    name, where, sure = "", NOWHERE, True
    for one in pieces:
        text = one.text
        if _NOISE.match(text) or not any(map(str.isalpha, text)):
            continue
        if text == text.upper() and not name:
            where = where if where != NOWHERE else one.where
            sure = sure and not one.is_unsure
            if _BEHALF.match(text):
                on_behalf.append(text)
            elif _TITLES.match(text) or not on_behalf or title:
                title.append(text)
            else:
                on_behalf[-1] = f"{on_behalf[-1]} {text}"
        elif _NAME.fullmatch(text):
            name = text
            where = where if where != NOWHERE else one.where
            sure = sure and not one.is_unsure
    sure = sure and bool(name) and bool(title or on_behalf)
    tail.signatory = Value(Signatory(tuple(on_behalf), " ".join(title), name), where, sure)
    if not name:
        tail.doubts.append(Doubt("signatory", N_("no name was found below the text: who signs it?"), {}, where))
    elif not sure:
        tail.doubts.append(
            Doubt(
                "signatory",
                N_("is it signed by {name}, {title}?"),
                {"name": name, "title": " ".join([*on_behalf, *title])},
                where,
            )
        )
