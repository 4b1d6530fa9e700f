"""The parts of a report in words, made of figures. Lines are paragraphs; a line that begins with “- ” stands in a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries.table import Column, Line
from vonggac.desk.directives.reports import words
from vonggac.desk.directives.reports.figures import Figures, Said
from vonggac.desk.directives.reports.words import n_units, names, one_line, upper_first
from vonggac.desk.searching import search_form
from vonggac.documents.official import grouped

OVERVIEW: Final = "overview"
RESULTS: Final = "results"
CLAUSE: Final = "clause:"
"""How the key of the part on one clause begins; it stands below RESULTS."""
DIFFICULTIES: Final = "difficulties"
PROPOSALS: Final = "proposals"
MISSING: Final = "missing"
AS_OF: Final = "Số liệu trong báo cáo này được tổng hợp đến"
"""How the line begins that says until when the figures are: another time alone is no other figure."""
_MOST_SAID: Final = 25
"""Different texts that a part lists; all stand in the appendix."""
_MOST_REASONS: Final = 8
"""The same of one clause."""


@dataclass(frozen=True, slots=True)
class Made:
    """A part as it is made. See ``models.ReportPart``."""

    key: str
    heading: str
    text: str


def made_parts(figures: Figures, zone: tzinfo) -> list[Made]:
    """The text of the report, in order, without its appendices."""
    asking = figures.asking
    difficulties = _said(
        figures, "difficulties", "Các đơn vị nêu những khó khăn, vướng mắc sau:", "Không có đơn vị nào nêu khó khăn, vướng mắc."
    )  # fmt: skip
    proposals = _said(
        figures, "proposals", "Các đơn vị đề xuất, kiến nghị:", "Không có đơn vị nào nêu đề xuất, kiến nghị."
    )
    parts = [
        Made(OVERVIEW, "Tình hình chung", "\n".join(_overview(figures, zone))),
        Made(RESULTS, "Kết quả thực hiện từng nội dung", _results_opening(figures, asking)),
        *(Made(f"{CLAUSE}{one.clause_id}", _heading(one), "\n".join(_clause(figures, one))) for one in asking),
        Made(DIFFICULTIES, "Khó khăn, vướng mắc", "\n".join(difficulties)),
        Made(PROPOSALS, "Đề xuất, kiến nghị", "\n".join(proposals)),
    ]
    if missing := list(_missing(figures)):
        parts.append(Made(MISSING, "Đơn vị chưa báo cáo", "\n".join(missing)))
    return parts


def letter_words(row: Letter) -> str:
    """``Công văn số 15/SKHCN-CNTT ngày 05 tháng 9 năm 2026``."""
    dated = f" {words.day_words(row.dated)}" if row.dated else ""
    return f"Công văn số {row.reference}{dated}"


# ----------------------------------------------------------------------------------------------------------- overview


def _overview(figures: Figures, zone: tzinfo) -> Iterator[str]:
    row, table = figures.letter, figures.table
    by_group = "; ".join(f"{name}: {grouped(len(lines))}" for name, lines in figures.by_group())
    of_groups = f" ({by_group})" if by_group else ""
    due = f"; hạn báo cáo kết quả là {words.moment_words(row.deadline, zone)}" if row.deadline else ""
    yield f"{letter_words(row)} được gửi đến {n_units(table.total.recipients)} để thực hiện{of_groups}{due}."
    yield f"{AS_OF} {words.moment_words(table.read_at, zone)}."
    text = f"- Tiếp nhận công văn: {grouped(table.total.acknowledged)}/{n_units(table.total.recipients)}"
    unseen = [line.name for line in table.all_lines if not line.is_seen]
    yield f"{text}; chưa tiếp nhận: {names(unseen)}." if unseen else f"{text}."
    yield from _standings(table.all_lines)
    yield from _trust(figures)


def _standings(lines: Sequence[Line]) -> Iterator[str]:
    full = [line for line in lines if line.is_complete]
    partly = [line for line in lines if line.is_owing and line.n_answered]
    silent = [line for line in lines if line.is_owing and not line.n_answered]
    n_late = sum(any(cell.was_late for cell in line.cells) for line in full)
    text = f"Đã báo cáo đầy đủ các nội dung được giao: {n_units(len(full))}"
    if full:
        on_time = f"đúng hạn {n_units(len(full) - n_late)}, quá hạn {n_units(n_late)}"
        text += f", trong đó {on_time}" if n_late else ", tất cả đúng hạn"
    yield f"- {text}."
    if partly:
        yield f"- Mới báo cáo một phần nội dung: {n_units(len(partly))} ({names(one.name for one in partly)})."
    if silent:
        yield f"- Chưa báo cáo: {n_units(len(silent))} ({names(one.name for one in silent)})."
    elif lines:
        yield "- Chưa báo cáo: không có đơn vị nào."


def _trust(figures: Figures) -> Iterator[str]:
    total = figures.table.total
    if returned := figures.table.returned:
        who = list(dict.fromkeys(line.name for line, _column, _cell in returned))
        yield f"- Đã trả lại để bổ sung, làm rõ: {grouped(total.returned)} báo cáo của {n_units(len(who))} ({names(who)})."
    if total.answered:
        text = f"- Đã nhận {grouped(total.answered)}/{grouped(total.n)} báo cáo theo từng nội dung, trong đó {grouped(total.accepted)} báo cáo "
        yield f"{text}đã được xem xét, chấp nhận; {_declared(total.answered, total.proven)}."


def _declared(n_answered: int, n_proven: int) -> str:
    if not n_proven:
        return "các báo cáo đều do đơn vị tự khai, chưa có báo cáo nào được hệ thống kiểm chứng bằng máy"
    rest = f", {grouped(n_answered - n_proven)} báo cáo do đơn vị tự khai" if n_proven < n_answered else ""
    return f"{grouped(n_proven)} báo cáo được hệ thống kiểm chứng bằng máy{rest}"


# ------------------------------------------------------------------------------------------------------------ clauses


def _results_opening(figures: Figures, asking: Sequence[Column]) -> str:
    if not asking:
        return f"{letter_words(figures.letter)} không yêu cầu nội dung nào phải báo cáo."
    return (
        f"Kết quả thực hiện {grouped(len(asking))} nội dung của công văn được tổng hợp như sau; kết quả và số liệu của từng đơn vị nêu tại các "
        "phụ lục kèm theo."
    )


def _heading(column: Column) -> str:
    mark = f" (mục {column.mark})" if column.mark else ""
    return f"{one_line(column.title, 220)}{mark}"


def _clause(figures: Figures, column: Column) -> Iterator[str]:
    if not figures.cells(column):
        yield "Nội dung này chưa đến hạn báo cáo hoặc không còn giao cho đơn vị nào."
        return
    yield _daily(figures, column) if column.is_daily else _once(figures, column)
    if numbers := figures.sums(column):
        yield f"Tổng hợp số liệu: {words.numbers(numbers)}."
        by_group = figures.sums_by_group(column)
        if len(by_group) > 1:  # of one group the sum of all says it
            yield from (f"- {name}: {words.numbers(found)}." for name, found in by_group)
    total = figures.table.by_clause[column.clause_id]
    if total.answered and (total.proven or column.proof):
        yield f"Mức độ xác nhận: {_declared(total.answered, total.proven)}."
    yield from _uncleaned(figures, column)
    yield from _reasons(figures, column)


def _uncleaned(figures: Figures, column: Column) -> Iterator[str]:
    """Machines that answers say are infected and not cleaned."""
    found = [one for one in figures.table.troubles if one.what == "infected" and one.column == column]
    if found:
        who = names(f"{one.line.name}: {grouped(one.n)}" for one in found)
        yield f"Còn {grouped(sum(one.n for one in found))} máy nhiễm mã độc chưa được làm sạch ({who})."


def _by_result(figures: Figures, column: Column, n_of: Callable[[int], str]) -> str:
    """What was answered, by outcome as the table counts it; what fell under “done” without anything having happened is told apart."""
    outcomes = figures.table.by_clause[column.clause_id].outcomes
    results = figures.results(column)
    calm, happened = results["nothing"], results["something"]
    counts = {
        "done": outcomes["done"] - calm - happened, "something": happened, "nothing": calm,
        **{name: outcomes[name] for name in ("partly", "no", "not_applicable")},
    }  # fmt: skip
    said = words.RESULTS if column.kind != "report_day" else {**words.RESULTS, "nothing": "không có sự cố"}
    return "; ".join(f"{n_of(n)} {said[name]}" for name, n in counts.items() if n > 0)


def _once(figures: Figures, column: Column) -> str:
    rows = figures.cells(column)
    waiting = [line.name for line, cell in rows if cell.n_answered < cell.n]
    n_answered = len(rows) - len(waiting)
    n_late = sum(cell.was_late for _line, cell in rows)
    text = f"Nội dung này giao cho {n_units(len(rows))}; {n_units(n_answered) if n_answered else 'chưa có đơn vị nào'} {'đã ' if n_answered else ''}báo cáo"
    text += f" (trong đó {n_units(n_late)} báo cáo quá hạn)" if n_late else ""
    if n_answered:
        text += f": {_by_result(figures, column, n_units)}"
    return f"{text}. Chưa báo cáo: {n_units(len(waiting))} ({names(waiting)})." if waiting else f"{text}."


def _daily(figures: Figures, column: Column) -> str:
    rows, total = figures.cells(column), figures.table.by_clause[column.clause_id]
    lacking = [line.name for line, cell in rows if cell.n_answered < cell.n]
    text = f"Nội dung này giao cho {n_units(len(rows))} báo cáo hằng ngày; đến nay đã nhận {grouped(total.answered)}/{grouped(total.n)} báo cáo ngày"
    if total.answered:
        text += f": {_by_result(figures, column, lambda n: f'{grouped(n)} báo cáo')}"
    return f"{text}. Chưa báo cáo đủ số ngày: {n_units(len(lacking))} ({names(lacking)})." if lacking else f"{text}."


_NOTABLE: Final = {
    "partly": "thực hiện một phần",
    "no": "chưa thực hiện",
    "not_applicable": "không thuộc phạm vi áp dụng",
}


def _reasons(figures: Figures, column: Column) -> Iterator[str]:
    lines, rows = [], figures.said_of(column)
    for result, title in _NOTABLE.items():
        said = _collected((one for one in rows if one.result == result), "reason")
        lines += [f"- {upper_first(title)}: {text} ({names(who)})." for text, who in said]
    lines += [f"- Sự việc đã báo cáo: {text} ({names(who)})." for text, who in _collected(rows, "what")]
    if lines:
        yield "Lý do và nội dung cần lưu ý:"
        yield from _some(lines, _MOST_REASONS)


# --------------------------------------------------------------------------------------------------------- what was said


def _said(figures: Figures, name: str, opening: str, nothing: str) -> Iterator[str]:
    said = _collected(figures.said, name)
    if not said:
        yield nothing
        return
    yield opening
    yield from _some([f"- {upper_first(text)} ({names(who)})." for text, who in said])


def _some(lines: Sequence[str], most: int = _MOST_SAID) -> Iterator[str]:
    yield from lines[:most]
    if len(lines) > most:
        yield f"- Và {grouped(len(lines) - most)} ý kiến khác, nêu tại phụ lục kèm theo."


def _collected(rows: Iterable[Said], name: str) -> list[tuple[str, list[str]]]:
    """Each text once, as it was first written, with the names of those who said it; what most said stands first."""
    found: dict[str, tuple[str, dict[str, None]]] = {}
    for one in rows:
        text = one_line(one.texts.get(name, ""))
        folded = search_form(text)
        if not words.says_nothing(folded):
            found.setdefault(folded, (text, {}))[1].setdefault(one.line.name)
    return sorted(((text, list(who)) for text, who in found.values()), key=lambda one: -len(one[1]))


def _missing(figures: Figures) -> Iterator[str]:
    """Who answered nothing at all of what is due, by group, and how far they are."""
    silent = {line.recipient_id for line in figures.table.all_lines if line.is_owing and not line.n_answered}
    if not silent:
        return
    late = sum(line.is_late for line in figures.table.all_lines if line.recipient_id in silent)
    overdue = f", trong đó {n_units(late)} đã quá hạn" if late else ""
    yield f"Đến thời điểm tổng hợp còn {n_units(len(silent))} chưa báo cáo{overdue}, gồm:"
    for name, lines in figures.by_group():
        of_group = [line for line in lines if line.recipient_id in silent]
        if of_group:
            n_unseen = sum(not line.is_seen for line in of_group)
            far = f"; trong đó {n_units(n_unseen)} chưa tiếp nhận công văn" if n_unseen else ""
            yield f"- {name} ({n_units(len(of_group))}{far}): {names((one.name for one in of_group), most=len(of_group))}."
