"""Other documents and times that a text names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from vonggac.documents.reading.letter import Deadline, Doubt, Place, Reference
from vonggac.errors import N_

_DAY = r"(?P<{0}d>\d{{1,2}})\s*(?:[/.\-]|\s*tháng\s*)\s*(?P<{0}m>\d{{1,2}})(?:\s*(?:[/.\-]|,?\s*năm\s*)\s*(?P<{0}y>\d{{4}}))?(?!\d)"
_TIME = r"(?P<{0}h>\d{{1,2}})\s*(?:giờ|[hHg:])(?:\s*(?P<{0}i>\d{{2}}))?(?:\s*(?:phút|ph))?"
_KINDS = (
    r"Công\s+văn|Công\s+điện|Chỉ\s+thị|Quyết\s+định|Kế\s+hoạch|Thông\s+báo|Văn\s+bản|Nghị\s+định|Thông\s+tư(?:\s+liên\s+tịch)?|Luật|Nghị\s+quyết|"
    r"Tờ\s+trình|Báo\s+cáo|Hướng\s+dẫn|Chương\s+trình|Phương\s+án|Giấy\s+mời|Cảnh\s+báo|Phiếu\s+chuyển|Thư"
)
_NUMBERED = r"\d{1,6}(?:\s?[/-]\s?[^\W_][\w&.]*)(?:\s?[/\-–&]\s?[^\W_]\w*)*"
_REFERENCE = re.compile(
    rf"(?P<kind>{_KINDS})\s+(?:(?:hỏa\s+tốc|hoả\s+tốc|thượng\s+khẩn|khẩn|mật)\s+)?"
    rf"(?:(?:số\s*:?\s*)?(?P<number>{_NUMBERED})(?:\s*,?\s*(?:ký\s+)?ngày\s+{_DAY.format('a')})?|"
    rf"(?:(?:[^\W\d_]+\s+){{0,8}}?)ngày\s+{_DAY.format('b')})"
    r"(?:\s*,?\s*của\s+(?P<issuer>[^,;:.\n()]{3,120}?)(?=\s+(?:về|v/v|yêu cầu|hướng dẫn|ban hành|quy định|đề nghị|tại|và\s+(?:Công\s+(?:văn|điện)|Chỉ\s+thị|Kế\s+hoạch|Quyết\s+định|Văn\s+bản))|[,;:.\n()]|$))?",
    re.IGNORECASE,
)  # fmt: skip
_FOLLOWS = re.compile(r"\b(?:Thực hiện|Triển khai|Tiếp theo|Phúc đáp|Trả lời|Theo|Tiếp nối|Chấp hành)\b")
_BASIS = re.compile(r"\bCăn cứ\b")
_LAWS = ("luật", "nghị định", "thông tư", "nghị quyết")
_LIMIT = (
    r"(?:(?:xong\s+|hoàn\s+thành\s+|gửi\s+)?trước(?:\s+thời\s+điểm)?|chậm\s+nhất(?:\s+là)?(?:\s+vào)?|muộn\s+nhất(?:\s+là)?|không\s+muộn\s+hơn|"
    r"không\s+quá|thời\s+gian\s+hoàn\s+thành(?:\s+là)?:?|hoàn\s+thành\s+(?:vào|trong)|hạn\s+(?:cuối|chót)(?:\s+là)?:?|thời\s+hạn(?:\s+\w+){0,3}?:?|hạn(?:\s+\w+){0,3}?:|đến\s+hết|xong\s+trong)"
)
_JOIN = r"\s*(?:,|của|vào|đến|là)?\s*"
_EVERY = r"(?:hằng|hàng|mỗi)\s+(?P<every>ngày|tuần|tháng)"
_PERIOD = re.compile(
    rf"từ\s+(?:{_TIME.format('a')}{_JOIN})?(?:ngày\s+)?(?P<ad>\d{{1,2}})(?:\s*(?:[/.\-]|tháng)\s*(?P<am>\d{{1,2}}))?(?:\s*(?:[/.\-]|năm)\s*(?P<ay>\d{{4}}))?"
    rf"\s+(?:cho\s+)?đến\s+(?:hết\s+)?(?:{_TIME.format('b')}{_JOIN})?(?:ngày\s+)?{_DAY.format('b')}",
    re.IGNORECASE,
)
_WEEKDAYS = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5, "2": 0, "3": 1, "4": 2, "5": 3, "6": 4, "7": 5}
_REPEATED = re.compile(
    rf"(?:{_EVERY}[^.;\n]{{0,60}}?\b{_LIMIT}\s*{_TIME.format('a')}|"
    rf"{_LIMIT}\s*{_TIME.format('b')}{_JOIN}(?:thứ\s+(?P<weekday>hai|ba|tư|năm|sáu|bảy|[2-7])\s+)?(?:hằng|hàng|mỗi)\s+(?P<later>ngày|tuần|tháng)|"
    rf"{_LIMIT}\s*(?:{_TIME.format('c')}{_JOIN})?ngày\s+(?P<monthday>\d{{1,2}})\s+(?:hằng|hàng)\s+tháng|"
    rf"{_LIMIT}\s*(?:{_TIME.format('d')}{_JOIN})?thứ\s+(?P<onday>hai|ba|tư|năm|sáu|bảy|[2-7])\s+(?:hằng|hàng)\s+tuần)",
    re.IGNORECASE,
)
_DATE_LIMIT = re.compile(
    rf"{_LIMIT}{_JOIN}(?:{_TIME.format('a')}{_JOIN})?(?:(?:thứ\s+\w+|chủ\s+nhật)\s*,?\s*)?(?:ngày\s+)?\(?{_DAY.format('a')}",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"(?:trong\s+(?:vòng|thời\s+hạn|thời\s+gian)|chậm\s+nhất(?:\s+là)?|không\s+quá|tối\s+đa|sau)\s+(?P<n>\d{1,3})\s*(?:\([^)]{1,30}\)\s*)?"
    r"(?P<unit>phút|giờ|h|ngày\s+làm\s+việc|ngày|tuần|tháng)\b(?!\s*\d)(?=\s*(?:[,.;)]|kể|từ|sau|tính|khi|phải|đối|$|làm))",
    re.IGNORECASE,
)
_UNITS = {
    "phút": "minutes",
    "giờ": "hours",
    "h": "hours",
    "ngày": "days",
    "tuần": "weeks",
    "tháng": "months",
    "ngày làm việc": "working_days",
}
_SENTENCE = re.compile(r"(?<=[;\n])|(?<=\.)\s+(?=[^\W\d_a-zà-ỹ])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the text: the path of its clause, empty outside; ``is_opening``: it stands before the first clause."""

    text: str
    clause: str
    where: Place
    is_opening: bool = False
    is_unsure: bool = False


def read_references(passages: list[Passage], own: str, doubts: list[Doubt]) -> list[Reference]:
    """Every other document named, each once."""
    found: dict[tuple[str, str], Reference] = {}
    for passage in passages:
        for match in _REFERENCE.finditer(passage.text):
            if not match["number"] and (match["kind"][0].islower() or re.search(_LIMIT, match[0], re.IGNORECASE)):
                continue
            one = _reference(match, passage)
            key = (one.number.lower() or one.kind.lower(), "" if one.number else str(one.dated))
            if one.number == own or (key in found and (found[key].dated or not one.dated)):
                continue
            found[key] = replace(one, relation=found[key].relation) if key in found else one
    for one in found.values():
        if not one.number:
            doubts.append(
                Doubt(
                    "references",
                    N_("a {kind} is named without its number: which one is it?"),
                    {"kind": one.kind},
                    one.where,
                )
            )
        elif one.relation == "parent" and one.dated is None:
            doubts.append(
                Doubt(
                    "references",
                    N_("{number} is named without its date: when is it dated?"),
                    {"number": one.number},
                    one.where,
                )
            )
        elif not one.sure:
            doubts.append(Doubt("references", N_("is {number} the number?"), {"number": one.number}, one.where))
    if not any(one.relation == "parent" for one in found.values()):
        opening = " ".join(passage.text for passage in passages if passage.is_opening)
        if re.search(
            r"(?:Thực hiện|Triển khai|Theo)\s+(?:ý kiến\s+)?(?:chỉ đạo|yêu cầu|đề nghị|[Cc]ông văn|[Vv]ăn bản)", opening
        ):
            doubts.append(
                Doubt("references", N_("it follows an order whose number and date were not found: which one is it?"))
            )
    return list(found.values())


def _reference(match: re.Match[str], passage: Passage) -> Reference:
    number = re.sub(r"\s*([/\-–&])\s*", lambda sign: sign[1].replace("–", "-"), match["number"] or "").rstrip(".,-")
    dated = _date(match, "a") or _date(match, "b")
    kind = " ".join(match["kind"].split())
    kind = kind[:1].upper() + kind[1:]
    sentence = _SENTENCE.split(passage.text[: match.start()])
    lead = passage.text[: match.start()] if passage.is_opening else sentence[-1]
    relation = "mention"
    if kind.lower().startswith(_LAWS) or (_BASIS.search(lead) and not _FOLLOWS.search(lead)):
        relation = "basis"
    elif passage.is_opening and _FOLLOWS.search(lead):
        relation = "parent"
    issuer = " ".join((match["issuer"] or "").split())
    sure = bool(number) and not passage.is_unsure
    return Reference(kind, number, dated, issuer, relation, passage.clause, passage.where, sure)


def _date(match: re.Match[str], name: str) -> dt.date | None:
    groups = match.groupdict()
    try:
        return dt.date(int(groups[f"{name}y"]), int(groups[f"{name}m"]), int(groups[f"{name}d"]))
    except (KeyError, TypeError, ValueError):
        return None


# -------------------------------------------------------------------------------------------------------- deadlines


def read_deadlines(passages: list[Passage], dated: dt.date | None, doubts: list[Doubt]) -> list[Deadline]:
    """Every time by which something is asked, in the order of the text."""
    found: list[Deadline] = []
    for passage in passages:
        taken: list[tuple[int, int]] = []
        of_passage: list[tuple[int, Deadline]] = []
        for expression, make in (
            (_PERIOD, _period),
            (_REPEATED, _repeated),
            (_DATE_LIMIT, _day_limit),
            (_WITHIN, _within),
        ):
            for match in expression.finditer(passage.text):
                if any(match.start() < end and begin < match.end() for begin, end in taken):
                    continue
                one = make(match, passage, dated)
                if one is not None:
                    taken.append(match.span())
                    of_passage.append((match.start(), one))
        found += [one for _at, one in sorted(of_passage, key=lambda pair: pair[0])]
    for one in found:
        doubts += _questions(one, dated)
    return found


def _questions(one: Deadline, dated: dt.date | None) -> Iterator[Doubt]:
    params = {"written": one.written, "clause": one.clause}
    if one.kind == "date" and one.day is None:
        yield Doubt("deadlines", N_("no day is “{written}”: until when?"), params, one.where)
    elif one.day and dated and one.day < dated and one.kind != "period":
        yield Doubt("deadlines", N_("“{written}” lies before the date of the letter: until when?"), params, one.where)
    elif not one.sure:
        yield Doubt(
            "deadlines",
            N_("is the time “{written}” understood rightly as {day}?"),
            {**params, "day": one.day or ""},
            one.where,
        )


def _time(match: re.Match[str], *names: str) -> dt.time | None:
    groups = match.groupdict()
    for name in names:
        if groups.get(f"{name}h"):
            try:
                return dt.time(int(groups[f"{name}h"]), int(groups[f"{name}i"] or 0))
            except ValueError:
                return dt.time(23, 59) if groups[f"{name}h"] == "24" else None
    return None


def _written_day(
    match: re.Match[str], name: str, dated: dt.date | None, default: dt.date | None = None
) -> tuple[dt.date | None, bool]:
    """The day that is written, and whether it is sure: a year that lacks is that of the letter, or the next."""
    groups = match.groupdict()
    if groups[f"{name}y"]:
        return _date(match, name), True
    try:
        day, month = int(groups[f"{name}d"]), int(groups[f"{name}m"] or (default.month if default else 0))
        if default is not None:
            found = dt.date(default.year, month, day)
            return (found if found <= default else found.replace(year=found.year - 1)), True
        if dated is None:
            return None, False
        found = dt.date(dated.year, month, day)
        return (found if found >= dated else found.replace(year=dated.year + 1)), found >= dated
    except ValueError:
        return None, False


def _period(match: re.Match[str], passage: Passage, dated: dt.date | None) -> Deadline | None:
    end, sure = _written_day(match, "b", dated)
    if end is None:
        return None
    begin, _sure = _written_day(match, "a", dated, default=end)
    return _made(
        match, passage, kind="period", day=end, begins=begin, time=_time(match, "b"), sure=sure and begin is not None
    )


def _repeated(match: re.Match[str], passage: Passage, _dated: dt.date | None) -> Deadline:
    groups = match.groupdict()
    every = (groups["every"] or groups["later"] or ("tháng" if groups["monthday"] else "tuần")).lower()
    weekday = (groups["weekday"] or groups["onday"] or "").lower()
    kind = {"ngày": "daily", "tuần": "weekly", "tháng": "monthly"}[every]
    time = _time(match, "a", "b", "c", "d")
    is_whole = (
        (kind == "daily" and time is not None)
        or (kind == "weekly" and bool(weekday))
        or (kind == "monthly" and bool(groups["monthday"]))
    )
    return _made(
        match,
        passage,
        kind=kind,
        time=time,
        weekday=_WEEKDAYS.get(weekday),
        day_of_month=int(groups["monthday"] or 0),
        sure=is_whole,
    )


def _day_limit(match: re.Match[str], passage: Passage, dated: dt.date | None) -> Deadline:
    day, sure = _written_day(match, "a", dated)
    is_late = bool(day and dated and day < dated)
    return _made(
        match, passage, kind="date", day=day, time=_time(match, "a"), sure=sure and day is not None and not is_late
    )


def _within(match: re.Match[str], passage: Passage, _dated: dt.date | None) -> Deadline:
    unit = _UNITS[" ".join(match["unit"].lower().split())]
    return _made(match, passage, kind="within", amount=int(match["n"]), unit=unit)


def _made(match: re.Match[str], passage: Passage, *, kind: str, sure: bool = True, **values: Any) -> Deadline:
    return Deadline(
        kind, " ".join(match[0].split()), passage.clause, passage.where, sure=sure and not passage.is_unsure, **values
    )
