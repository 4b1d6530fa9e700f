"""What stands above a letter's text: issuer, number, place and date, form, subject, marks, who it is addressed to."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vonggac.documents.reading.clauses import mark_of
from vonggac.documents.reading.letter import NOWHERE, Doubt, Place, Recipient, Value
from vonggac.documents.reading.source import Paragraph, flat
from vonggac.documents.reading.words import ADDRESSED, MOTTO, NATION, SECRET, SENT_TO, SYMBOLS, URGENT, title_of
from vonggac.errors import N_

_NUMBER = re.compile(
    r"S[ốôó]\s*[:;.]?\s*(\d[\d ]*|[.…_ ]*)\s*([/-])\s*((?:\d{4}\s*/\s*)?[^\W\d_][\w&.\-–]*(?:\s?[/\-–&]\s?[^\W_][\w&]*)*)"
)
_DATED = re.compile(
    r"(?P<place>[^\n,;:]{2,60}?)\s*[,.;]?\s*ng[àaá]y\s*(?P<day>\d{1,2})?[\s.…_]*th[áaà]ng\s*(?P<month>\d{1,2})?[\s.…_]*n[ăaâ]m\s*(?P<year>\d{4})?",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"(?:V\s?[/&|⁄]?\s?[vwy]\b|Về\s+việc)\s*[:.]?\s*", re.IGNORECASE)
_RULE = re.compile(r"[-–—_*=\s.~]+")
_AGENCY = re.compile(
    r"(?:ỦY BAN|UỶ BAN|UBND|HỘI ĐỒNG|HĐND|TỈNH ỦY|THÀNH ỦY|ĐẢNG ỦY|SỞ|BỘ|CỤC|TỔNG CỤC|CHI CỤC|TRUNG TÂM|PHÒNG|VĂN PHÒNG|BAN|THANH TRA|"
    r"CÔNG AN|VIỆN|TRƯỜNG|TẬP ĐOÀN|TỔNG CÔNG TY|CÔNG TY|BỆNH VIỆN|CHI NHÁNH|KHO BẠC|NGÂN HÀNG|TÒA ÁN|HỘI|LIÊN|THỦ TƯỚNG|CHÍNH PHỦ|VNPT|VIỄN THÔNG)\b"
)
_OPENS = re.compile(
    r"(?:Thực hiện|Căn cứ|Theo|Tiếp theo|Để|Nhằm|Triển khai|Phúc đáp|Trước|Trong|Thời gian|Hiện nay|Vừa qua|Qua|Ngày|Trả lời|Từ|Nhân|Sở|Ủy ban nhân dân tỉnh)\s"
)
_NOISE = " ¬—–-_.~„*'"
_ITEM = re.compile(r"[-–—−+•*]\s*")


@dataclass(slots=True)
class Head:
    """What the head says; ``n``: how many paragraphs it takes."""

    n: int
    issuer: Value[str] = field(default_factory=lambda: Value("", sure=False))
    superior: Value[str] = field(default_factory=lambda: Value(""))
    number: Value[int | None] = field(default_factory=lambda: Value(None, sure=False))
    symbol: Value[str] = field(default_factory=lambda: Value("", sure=False))
    reference: Value[str] = field(default_factory=lambda: Value("", sure=False))
    place: Value[str] = field(default_factory=lambda: Value("", sure=False))
    dated: Value[dt.date | None] = field(default_factory=lambda: Value(None, sure=False))
    form: Value[str] = field(default_factory=lambda: Value("", sure=False))
    subject: Value[str] = field(default_factory=lambda: Value("", sure=False))
    urgency: Value[str] = field(default_factory=lambda: Value(""))
    secrecy: Value[str] = field(default_factory=lambda: Value(""))
    addressed: list[Recipient] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    def ask(self, field: str, message: str, where: Place = NOWHERE, /, **params: object) -> None:
        """Note a question."""
        self.doubts.append(Doubt(field, message, params, where))


def read_head(paragraphs: Sequence[Paragraph]) -> Head:
    """Read the head of ``paragraphs``, and find where it ends."""
    at_recipients = next((at for at, one in enumerate(paragraphs[:120]) if ADDRESSED.match(flat(one.text))), -1)
    head = Head(0)
    at_title = -1
    limit = at_recipients if at_recipients >= 0 else min(len(paragraphs), 60)
    for at, one in enumerate(paragraphs[:limit]):
        if title_of(one.text):
            at_title = at
            break
    if at_recipients >= 0:
        top = list(paragraphs[:at_recipients])
        head.n = _read_addressed(head, paragraphs, at_recipients)
    else:
        head.n = _end_without_addressed(paragraphs, at_title)
        top = list(paragraphs[: head.n])
    lines = [piece for one in top for piece in _pieces(one)]
    _read_marks(head, lines)
    _read_number(head, lines)
    _read_date(head, lines)
    _read_issuer(head, lines)
    _read_form(head, lines)
    _read_subject(head, lines)
    if at_recipients < 0 and head.form.value in {"cong_van", "to_trinh", "cong_dien", ""}:
        head.ask("addressed", N_("no “Kính gửi” was found: to whom is it addressed?"))
    return head


def _end_without_addressed(paragraphs: Sequence[Paragraph], at_title: int) -> int:
    """Below the title the subject stands in the middle or in bold; else the head ends below number and date."""
    if at_title >= 0:
        at = at_title + 1
        while (
            at < len(paragraphs)
            and (paragraphs[at].side == "middle" or paragraphs[at].is_bold)
            and not _is_text(paragraphs[at])
        ):
            at += 1
        return at
    found = [
        at
        for at, one in enumerate(paragraphs[:30])
        if _NUMBER.search(one.text) or (_DATED.search(one.text) and one.side)
    ]
    at = found[-1] + 1 if found else 0
    while at < len(paragraphs) and paragraphs[at].side and not _is_text(paragraphs[at]):
        at += 1
    return at


def _is_text(paragraph: Paragraph) -> bool:
    return bool(paragraph.mark or mark_of(paragraph.text) or (_OPENS.match(paragraph.text) and not paragraph.is_bold))


def _pieces(paragraph: Paragraph) -> list[Paragraph]:
    """The lines of a paragraph, each side of its tab stops on its own."""
    found = []
    for line in paragraph.text.split("\n"):
        parts = [part for part in re.split(r"\t+", line.strip("\t ")) if part.strip()]
        lead = line[: len(line) - len(line.lstrip("\t "))]
        for at, part in enumerate(parts):
            side = paragraph.side
            if len(parts) == 2:
                side = "left" if at == 0 else "right"
            elif len(parts) == 1 and "\t" in lead and not side:
                side = "right"
            found.append(replace(paragraph, text=flat(part), side=side))
    return [one for one in found if one.text and not _RULE.fullmatch(one.text)]


def _read_marks(head: Head, lines: list[Paragraph]) -> None:
    for one in lines:
        if (found := URGENT.fullmatch(one.text)) and one.text == one.text.upper():
            word = " ".join(found[1].upper().replace("HOẢ", "HỎA").split())
            value = {"KHẨN": "khan", "THƯỢNG KHẨN": "thuong_khan"}.get(word, "hoa_toc")
            head.urgency = Value(value, one.where, sure=not one.is_unsure)
        elif found := SECRET.fullmatch(one.text):
            value = {"MẬT": "mat", "TỐI MẬT": "toi_mat"}.get(" ".join(found[1].split()), "tuyet_mat")
            head.secrecy = Value(value, one.where, sure=not one.is_unsure)


def _read_number(head: Head, lines: list[Paragraph]) -> None:
    found = [(one, match) for one in lines if (match := _NUMBER.match(one.text))]
    if not found:
        head.ask("number", N_("no number and symbol were found: what are they?"))
        return
    one, match = found[0]
    digits = re.sub(r"\D", "", match[1])
    symbol = re.sub(r"\s", "", match[3]).replace("–", "-").rstrip(".-/")
    sure = len(found) == 1 and not one.is_unsure
    head.number = Value(int(digits[:9]) if digits else None, one.where, sure and bool(digits))
    head.symbol = Value(symbol, one.where, sure)
    head.reference = Value(f"{digits}{match[2]}{symbol}", one.where, sure and bool(digits))
    if not digits:
        head.ask("number", N_("the place of the number is empty: which number does it have?"), one.where)
    elif not sure:
        head.ask("number", N_("is the number {number}?"), one.where, number=head.reference.value)


def _read_date(head: Head, lines: list[Paragraph]) -> None:
    candidates = [one for one in lines if _DATED.search(one.text)]
    candidates.sort(key=lambda one: (one.side != "right", one.text.startswith("(")))
    for one in candidates:
        match = _DATED.search(one.text)
        if match is None:
            continue
        place = flat(match["place"]).strip(" -–.,(")
        head.place = Value(place, one.where, sure=not one.is_unsure)
        try:
            day = dt.date(int(match["year"]), int(match["month"]), int(match["day"]))
        except (TypeError, ValueError):
            head.ask("dated", N_("the date is not whole, or no day has it: which is it?"), one.where)
            return
        head.dated = Value(day, one.where, sure=not one.is_unsure)
        if one.is_unsure:
            head.ask("dated", N_("is it dated {day}?"), one.where, day=day)
        return
    head.ask("dated", N_("no place and date were found: when is it dated?"))


def _read_issuer(head: Head, lines: list[Paragraph]) -> None:
    """The left column above the number: capitals; the last body named is the issuer, who is above it stands before."""
    at = next((at for at, one in enumerate(lines) if _NUMBER.match(one.text)), len(lines))
    names = [
        one for one in lines[:at]
        if one.side in {"left", "", "middle"} and not NATION.match(one.text) and not MOTTO.match(one.text) and not title_of(one.text)
        and not URGENT.fullmatch(one.text) and not SECRET.fullmatch(one.text) and not _DATED.search(one.text) and one.text == one.text.upper()
    ]  # fmt: skip
    if any(one.side == "left" for one in names):
        names = [one for one in names if one.side == "left"]
    groups: list[list[Paragraph]] = []
    for one in names:
        if not groups or (_AGENCY.match(one.text) and len(flat(" ".join(p.text for p in groups[-1])).split()) > 1
                          and not _is_unfinished(groups[-1])):  # fmt: skip
            groups.append([one])
        else:
            groups[-1].append(one)
    if not groups:
        head.ask("issuer", N_("no issuer was found: whose letter is it?"))
        return
    title = [flat(" ".join(one.text.strip(_NOISE) for one in group)) for group in groups]
    is_plain = (
        len(groups) <= 2
        and bool(_AGENCY.match(title[-1]))
        and not any(one.is_unsure for group in groups for one in group)
    )
    head.issuer = Value(title[-1], groups[-1][0].where, sure=is_plain)
    if len(groups) > 1:
        head.superior = Value(flat(" ".join(title[:-1])), groups[0][0].where, sure=is_plain)
    if not is_plain:
        head.ask("issuer", N_("is “{name}” the issuer?"), groups[-1][0].where, name=title[-1])


def _is_unfinished(group: list[Paragraph]) -> bool:
    return bool(re.search(r"(?:ỦY BAN NHÂN DÂN|UỶ BAN NHÂN DÂN|HỘI ĐỒNG NHÂN DÂN| VÀ|,)$", flat(group[-1].text)))


def _read_form(head: Head, lines: list[Paragraph]) -> None:
    title = next((one for one in lines if title_of(one.text)), None)
    first = re.split(r"[-/]", head.symbol.value.upper().removeprefix("2"))[0] if head.symbol.value else ""
    told = SYMBOLS.get(re.sub(r"^\d{4}/", "", head.symbol.value.upper()).split("/")[0].split("-")[0] or first, "")
    if title is not None:
        form = title_of(title.text)
        head.form = Value(form, title.where, sure=told in {"", form})
    elif any(_SUBJECT.match(one.text) for one in lines) and not told:
        head.form = Value("cong_van", head.reference.where)
    else:
        head.form = Value(told or "cong_van", head.reference.where, sure=False)
    if not head.form.sure:
        head.ask("form", N_("title and symbol do not tell which form it has: is this right?"), head.form.where)


def _read_subject(head: Head, lines: list[Paragraph]) -> None:
    title = next((at for at, one in enumerate(lines) if title_of(one.text)), -1)
    begin = next((at for at, one in enumerate(lines) if _SUBJECT.match(one.text) and at > title), -1)
    if begin < 0:
        begin = title + 1 if 0 <= title < len(lines) - 1 else -1
    if begin < 0:
        head.ask("subject", N_("no subject (V/v) was found: what is it about?"))
        return
    side = lines[begin].side
    kept = [lines[begin]]
    for one in lines[begin + 1 :]:
        if (
            URGENT.fullmatch(one.text)
            or SECRET.fullmatch(one.text)
            or _DATED.search(one.text)
            or NATION.match(one.text)
            or MOTTO.match(one.text)
        ):
            continue
        if one.side == side:
            kept.append(one)
    text = flat(" ".join(one.text for one in kept))
    match = _SUBJECT.match(text)
    text = text[match.end() :] if match and title < 0 else text
    sure = not any(one.is_unsure for one in kept) and len(text) <= 500
    head.subject = Value(text[:1].upper() + text[1:] if title < 0 else text, kept[0].where, sure)
    if not sure:
        head.ask("subject", N_("is this the subject: “{text}”?"), kept[0].where, text=text[:500])


def _read_addressed(head: Head, paragraphs: Sequence[Paragraph], at: int) -> int:
    """Recipients of "Kính gửi"; gives the place of the first paragraph of the text."""
    first = paragraphs[at]
    match = ADDRESSED.match(flat(first.text))
    rest = first.text[match.end() :] if match else ""
    lines = [(line, first) for line in re.split(r"\n", rest) if line.strip(" \t:")]
    n = at + 1
    is_list = not lines or bool(_ITEM.match(lines[0][0].strip(" \t:")))
    while n < len(paragraphs) and _is_addressee(paragraphs[n], lines, is_list=is_list):
        lines += [(line, paragraphs[n]) for line in paragraphs[n].text.split("\n")]
        n += 1
    texts: list[tuple[str, Paragraph]] = []
    for line, one in lines:
        text = flat(line).strip(" :")
        starts = bool(one.mark) or bool(_ITEM.match(text)) or not texts or texts[-1][0].endswith((";", "."))
        if starts or not text:
            texts.append((_ITEM.sub("", text, count=1), one))
        else:
            texts[-1] = (f"{texts[-1][0]} {text}", texts[-1][1])
    for text, one in texts:
        for words in re.split(r"\s*;\s*", text.strip(" .;")):
            if words.strip(" .,"):
                head.addressed.append(Recipient(words.strip(" .,"), "action", one.where, sure=not one.is_unsure))
    if not head.addressed:
        head.ask("addressed", N_("nobody stands after “Kính gửi”: to whom is it addressed?"), first.where)
    for recipient in head.addressed:
        if not recipient.sure or len(recipient.words) > 250:
            head.ask("addressed", N_("is it addressed to “{name}”?"), recipient.where, name=recipient.words[:250])
    return n


def _is_addressee(paragraph: Paragraph, lines: list[tuple[str, Paragraph]], *, is_list: bool) -> bool:
    text = flat(paragraph.text)
    if SENT_TO.match(text):
        return False
    if _ITEM.match(text) or (paragraph.mark and mark_of(paragraph.mark + " x") and paragraph.mark in {"-", "+", "*"}):
        return not lines or is_list or bool(paragraph.side)
    if paragraph.mark or mark_of(text):
        return False
    last = flat(lines[-1][0]) if lines else ""
    if not last:
        return True
    if paragraph.side in {"right", "left"}:
        return True
    if last.endswith((".", ":")):
        return False
    if _OPENS.match(text):
        return False
    return (is_list and last.endswith((";", ","))) or (paragraph.side == "middle" and not last.endswith("."))
