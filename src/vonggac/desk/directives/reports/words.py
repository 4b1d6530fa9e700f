"""The fixed Vietnamese words of a report, whatever the language of who makes it (as in ``documents.official``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Final

from vonggac.documents.official import grouped
from vonggac.documents.text import plain

RESULTS: Final = {
    "done": "đã thực hiện",
    "partly": "thực hiện một phần",
    "no": "chưa thực hiện",
    "not_applicable": "không thuộc phạm vi áp dụng",
    "nothing": "không phát sinh",
    "something": "có sự việc phải báo cáo",
    "in_progress": "đang thực hiện",
}
"""Result of an answer to the words for it."""

SHORT: Final = {
    "done": "Đ",
    "partly": "MP",
    "no": "C",
    "not_applicable": "KAD",
    "nothing": "KPS",
    "something": "CSV",
    "in_progress": "ĐTH",
}
"""Result to what stands in a narrow cell; LEGEND says what it means."""
NOT_ANSWERED: Final = "–"
LEGEND: Final = (
    "Ghi chú: Đ: đã thực hiện; MP: thực hiện một phần; C: chưa thực hiện; KAD: không thuộc phạm vi áp dụng; KPS: không phát sinh; "
    "CSV: có sự việc phải báo cáo; –: chưa báo cáo; ô trống: không giao; (m): đã được hệ thống kiểm chứng; (q): báo cáo quá hạn; "
    "dạng 3/5: số ngày đã báo cáo trên số ngày phải báo cáo."
)

COUNTS: Final = {
    "n_people": "số người trực",
    "n_servers": "số máy chủ",
    "n_workstations": "số máy trạm",
    "n_checked": "số máy đã kiểm tra",
    "n_infected": "số máy nhiễm mã độc",
    "n_cleaned": "số máy đã làm sạch",
    "n_patched": "số hệ thống đã cập nhật bản vá",
    "n_pending": "số hệ thống chờ cập nhật",
    "n_unknown": "số hệ thống chưa rõ",
    "n_received": "số vụ việc tiếp nhận",
    "n_settled": "số vụ việc đã xử lý",
    "n_open": "số vụ việc còn tồn",
    "n_incidents": "số sự cố",
}
"""Name of a number in an answer to the words for it."""

KINDS: Final = {
    "authority": "các cơ quan chỉ đạo",
    "department": "các sở, ban, ngành",
    "centre": "các trung tâm",
    "agency": "các cơ quan, đơn vị",
    "district": "các huyện, thị xã",
    "commune": "các xã, phường, đặc khu",
    "telco": "các doanh nghiệp viễn thông",
    "platform": "các nền tảng số",
    "police": "các đơn vị công an",
    "military": "các đơn vị quân đội",
    "enterprise": "các doanh nghiệp",
    "other": "các đơn vị khác",
}
"""Kind of organisation to what such recipients are called together, where no group names them."""

_EMPTY: Final = frozenset(
    {"", "khong", "khong co", "khong co gi", "chua co", "none", "no", "n/a", "na", "-", "–", ".", "ok", "khong co kho khan"}
)  # fmt: skip
_NAMED: Final = 8
_LONGEST: Final = 600


def n_units(n: int) -> str:
    """``12 đơn vị``."""
    return f"{grouped(n)} đơn vị"


def says_nothing(folded: str) -> bool:
    """Whether a text, folded as a search has it, only says that there is nothing to say."""
    return folded.strip(" .;-–") in _EMPTY


def one_line(text: object, most: int = _LONGEST) -> str:
    """What somebody wrote, as it may stand within a line: of what a reader can see, white space single, not ended by a stop."""
    line = " ".join(plain(" ".join(str(text).split())).split()).rstrip(" .;")
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def names(found: Iterable[str], most: int = _NAMED) -> str:
    """``Xã A; Xã B và 3 đơn vị khác``."""
    rows = [one_line(name, 250) for name in found]
    if len(rows) <= most:
        return "; ".join(rows)
    return f"{'; '.join(rows[:most])} và {n_units(len(rows) - most)} khác"


def numbers(found: Mapping[str, int]) -> str:
    """``số máy chủ: 1.234; số máy trạm: 20``."""
    return "; ".join(f"{COUNTS.get(name, name)}: {grouped(n)}" for name, n in found.items())


def upper_first(text: str) -> str:
    """``text`` with a capital at its begin."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """``text`` within a sentence: a capital at its begin becomes small, unless the word is an abbreviation."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def day_words(day: date) -> str:
    """``ngày 05 tháng 9 năm 2026`` (Decree 30/2020, appendix I, II.4)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def moment_words(at: datetime, zone: tzinfo) -> str:
    """``17 giờ 00 phút ngày 05 tháng 9 năm 2026``."""
    local = at.astimezone(zone)
    return f"{local:%H} giờ {local:%M} phút {day_words(local.date())}"


def listed(texts: Sequence[str]) -> str:
    """``a, b và c``."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} và {texts[-1]}" if texts else ""
