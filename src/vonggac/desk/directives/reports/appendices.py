"""The tables behind a report, as plain values that are kept with it: what stood there when it was made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from vonggac.desk.directives.models.reports import APPENDIX
from vonggac.desk.directives.queries.table import Cell, Column, Line
from vonggac.desk.directives.reports import words
from vonggac.desk.directives.reports.figures import Figures
from vonggac.desk.directives.reports.parts import Made
from vonggac.desk.searching import search_form
from vonggac.desk.work.states import PROVEN
from vonggac.documents import official
from vonggac.documents.official import Appendix, DataTable, Paragraph, Row, grouped

MATRIX: Final = f"{APPENDIX}matrix"
COUNTS: Final = f"{APPENDIX}counts"
SAID: Final = f"{APPENDIX}said"
_MOST_COLUMNS: Final = 14
"""Columns of numbers that stand beside each other on one page."""
_MOST_SAID: Final = 400
_ASKED_FOR: Final = {
    "reason": "Lý do",
    "what": "Sự việc",
    "difficulties": "Khó khăn, vướng mắc",
    "proposals": "Đề xuất, kiến nghị",
}


def made_appendices(figures: Figures) -> list[Made]:
    """The appendices of a report: recipients by clauses, their numbers, what they wrote; those with nothing in them are left out."""
    asking = figures.asking
    found = []
    if asking:
        found.append(Made(MATRIX, "Kết quả thực hiện của từng đơn vị", _kept([_matrix(figures, asking)], words.LEGEND)))
    if tables := list(_counts(figures, asking)):
        found.append(Made(COUNTS, "Số liệu của từng đơn vị", _kept(tables)))
    if (table := _said(figures)) is not None:
        found.append(Made(SAID, "Ý kiến của các đơn vị", _kept([table])))
    return found


def tables_of(kept: str) -> tuple[list[DataTable], str]:
    """The tables of an appendix as it is kept, and the note under them; what is no such text is all note."""
    try:
        value = json.loads(kept)
        tables = [
            DataTable(
                [official.Column(title, width, align) for title, width, align in one["columns"]],
                [Row(cells, kind) for kind, cells in one["rows"]],
                one["title"],
            )
            for one in value["tables"]
        ]
        return tables, str(value["note"])
    except (ValueError, KeyError, TypeError):
        return [], kept


def appendix_of(heading: str, title: str, kept: str, note: str) -> Appendix:
    """An appendix as the document has it; ``heading``: its number, ``note``: what it belongs to."""
    tables, legend = tables_of(kept)
    return Appendix(heading, [*tables, *([Paragraph(legend)] if legend else [])], title, note)


def _kept(tables: Sequence[DataTable], note: str = "") -> str:
    rows: list[dict[str, Any]] = [
        {
            "title": table.title,
            "columns": [[one.title, one.width, one.align] for one in table.columns],
            "rows": [[one.kind, list(one.cells)] for one in table.rows],
        }
        for table in tables
    ]
    return json.dumps({"tables": rows, "note": note}, ensure_ascii=False, separators=(",", ":"))


# ------------------------------------------------------------------------------------------------------------ matrix


def _matrix(figures: Figures, asking: Sequence[Column]) -> DataTable:
    columns = [
        official.Column("TT", 4, "center"), official.Column("Cơ quan, đơn vị", 22), official.Column("Tiếp nhận", 7, "center"),
        *(official.Column(_short(column), 6, "center") for column in asking),
    ]  # fmt: skip
    total = figures.table.total
    sums = (figures.table.by_clause[column.clause_id] for column in asking)
    last = Row(
        ["Đã báo cáo / phải báo cáo", None, f"{total.acknowledged}/{total.recipients}", *(f"{one.answered}/{one.n}" for one in sums)], "total"
    )  # fmt: skip
    return DataTable(columns, [*_grouped_rows(figures, lambda line: _row(figures, line, asking)), last])


def _short(column: Column) -> str:
    return column.mark or words.one_line(column.title, 24)


def _grouped_rows(figures: Figures, cells_of: Callable[[Line], Sequence[str | int | None]]) -> Iterator[Row]:
    number, by_group = 0, figures.by_group()
    for name, lines in by_group:
        if len(by_group) > 1:
            yield Row([name], "group")
        for line in lines:
            number += 1
            yield Row([str(number), words.one_line(line.name, 250), *cells_of(line)])


def _row(figures: Figures, line: Line, asking: Sequence[Column]) -> list[str]:
    return ["x" if line.is_seen else "", *(_cell(column, figures.cell(line, column)) for column in asking)]


def _cell(column: Column, cell: Cell) -> str:
    if not cell.n:
        return ""
    marks = (" (m)" if cell.proof == PROVEN else "") + (" (q)" if cell.is_late or cell.was_late else "")
    if column.is_daily:
        return f"{cell.n_answered}/{cell.n}{marks}"
    return (words.SHORT.get(cell.result, cell.result) if cell.n_answered else words.NOT_ANSWERED) + marks


# ------------------------------------------------------------------------------------------------------------ counts


def _counts(figures: Figures, asking: Sequence[Column]) -> Iterator[DataTable]:
    """Tables of numbers, as many clauses beside each other as a page is wide."""
    beside: list[tuple[Column, dict[str, int]]] = []
    for column in asking:
        sums = figures.sums(column)
        if not sums:
            continue
        if beside and sum(len(one) for _column, one in beside) + len(sums) > _MOST_COLUMNS:
            yield _count_table(figures, beside)
            beside = []
        beside.append((column, sums))
    if beside:
        yield _count_table(figures, beside)


def _count_table(figures: Figures, beside: Sequence[tuple[Column, dict[str, int]]]) -> DataTable:
    fields = [(column, name) for column, sums in beside for name in sums]
    columns = [
        official.Column("TT", 4, "center"), official.Column("Cơ quan, đơn vị", 22),
        *(official.Column(_count_title(column, name), 7, "right") for column, name in fields),
    ]  # fmt: skip
    titles = "; ".join(f"{_short(column)}: {words.one_line(column.title, 80)}" for column, _sums in beside)
    rows = _grouped_rows(figures, lambda line: [figures.cell(line, column).counts.get(name) for column, name in fields])
    total = [number for _column, sums in beside for number in sums.values()]
    return DataTable(columns, [*rows, Row(["Tổng cộng", None, *total], "total")], titles)


def _count_title(column: Column, name: str) -> str:
    title = words.upper_first(words.COUNTS.get(name, name).removeprefix("số "))
    return f"{column.mark}: {title}" if column.mark else title


# -------------------------------------------------------------------------------------------------------------- said


def _said(figures: Figures) -> DataTable | None:
    rows = []
    for one in figures.said:
        for name, title in _ASKED_FOR.items():
            text = words.one_line(one.texts.get(name, ""), 1500)
            if not words.says_nothing(search_form(text)):
                mark = _short(one.column)
                clause = f"{mark} ({one.day[8:]}/{one.day[5:7]})" if one.day else mark
                rows.append([words.one_line(one.line.name, 250), clause, title, text])
    if not rows:
        return None
    columns = [
        official.Column("TT", 4, "center"), official.Column("Cơ quan, đơn vị", 24), official.Column("Mục", 8, "center"),
        official.Column("Loại", 14), official.Column("Nội dung", 60),
    ]  # fmt: skip
    shown: list[Row] = [Row([str(n), *one]) for n, one in enumerate(rows[:_MOST_SAID], 1)]
    if len(rows) > _MOST_SAID:
        shown.append(Row([f"Còn {grouped(len(rows) - _MOST_SAID)} ý kiến khác, xem trên hệ thống."], "group"))
    return DataTable(columns, shown)
