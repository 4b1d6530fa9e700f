"""The words of a report on one day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING

from vonggac.desk.directives.reports import words
from vonggac.desk.directives.reports.parts import Made, letter_words
from vonggac.desk.directives.reports.words import n_units, names, one_line, upper_first
from vonggac.documents.official import grouped

if TYPE_CHECKING:
    from vonggac.desk.directives.queries.days import Day, DayReport


def day_subject(found: Day) -> str:
    """What the report is on."""
    return f"Tình hình {words.day_words(found.day)} trong thực hiện {letter_words(found.letter)}"


def day_parts(found: Day, zone: tzinfo) -> list[Made]:
    """The text: how many reported, what happened, who is missing."""
    parts = [
        Made("overview", "Tình hình chung", "\n".join(_overview(found, zone))),
        Made("happened", "Sự cố, sự việc trong ngày", "\n".join(_happened(found))),
    ]
    if found.lacking:
        parts.append(Made("missing", "Đơn vị chưa báo cáo", "\n".join(_lacking(found))))
    return parts


def _overview(found: Day, zone: tzinfo) -> Iterator[str]:
    yield (
        f"Tính đến {words.moment_words(found.read_at, zone)}, đã nhận {grouped(len(found.given))}/{grouped(len(found.reports))} báo cáo của "
        f"{words.day_words(found.day)}."
    )
    yield f"- Không có sự cố, sự việc phải báo cáo: {grouped(found.n_nothing)} báo cáo."
    yield f"- Có sự cố, sự việc: {grouped(len(found.happened))} báo cáo, với {grouped(found.n_incidents)} sự cố."
    yield f"- Chưa nhận được: {grouped(len(found.lacking))} báo cáo."


def _happened(found: Day) -> Iterator[str]:
    if not found.happened:
        yield "Trong ngày không có sự cố, sự việc nào được báo cáo."
    for one in found.happened:
        n = f" ({grouped(one.n_incidents)} sự cố)" if one.n_incidents else ""
        yield f"- {one_line(one.name, 250)}{n}: {upper_first(one_line(one.what, 2000)) or 'không nêu nội dung'}."


def _lacking(found: Day) -> Iterator[str]:
    by_group: dict[str, dict[int, DayReport]] = {}
    for one in found.lacking:
        by_group.setdefault(one.group, {})[one.recipient_id] = one
    for group, rows in by_group.items():
        who = names((one.name for one in rows.values()), most=len(rows))
        yield f"- {upper_first(group or 'các đơn vị khác')} ({n_units(len(rows))}): {who}."
