"""Tables of a report as WordprocessingML (ECMA-376, part 1, 17.4).

They are written as text, so that no template has to repeat over cells; an office shapes them by the styles ``DataTable``, ``DataHead``,
``DataCell`` and, for tables of many columns, ``DataHeadSmall`` and ``DataCellSmall`` of its template. :func:`fit` sets widths once it is known what page they stand on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from docx.oxml.ns import qn
from markupsafe import Markup

from vonggac.documents.official import Column, DataTable, Row, grouped
from vonggac.documents.text import plain

STYLE: Final = "DataTable"
_MANY_COLUMNS = 9
"""From here on the cells are set small."""
_GRID = 9000
"""Twentieths of a point over which widths are shared out before the page is known."""


def markup(table: DataTable) -> Markup:
    """The table and an empty paragraph after it, since two tables in succession would become one."""
    shares = _shares(table.columns)
    cell_style = "DataCellSmall" if len(table.columns) >= _MANY_COLUMNS else "DataCell"
    parts = [
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{STYLE}"/><w:tblW w:w="{sum(shares)}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr>',
        "<w:tblGrid>", *(f'<w:gridCol w:w="{share}"/>' for share in shares), "</w:tblGrid>",
        _head(table.columns, shares, cell_style),
        *(_row(row, table.columns, shares, cell_style) for row in table.rows),
        '</w:tbl><w:p><w:pPr><w:pStyle w:val="DataAfter"/></w:pPr></w:p>',
    ]  # fmt: skip
    return Markup("".join(parts))  # noqa: S704  # every text in it went through escape


def fit(table: Any, width: int) -> None:
    """Set the columns of a rendered table to ``width`` twentieths of a point together, in the shares that they have."""
    grid = [int(column.get(qn("w:w"))) for column in table.iterfind(f"{qn('w:tblGrid')}/{qn('w:gridCol')}")]
    scale = width / (sum(grid) or 1)
    for name in ("w:gridCol", "w:tcW", "w:tblW"):
        for element in table.iter(qn(name)):
            element.set(qn("w:w"), str(round(int(element.get(qn("w:w"))) * scale)))


def _shares(columns: Sequence[Column]) -> list[int]:
    total = sum(column.width for column in columns) or 1
    return [max(1, round(_GRID * column.width / total)) for column in columns]


def _head(columns: Sequence[Column], shares: Sequence[int], cell_style: str) -> str:
    size = "DataHeadSmall" if cell_style == "DataCellSmall" else "DataHead"
    cells = "".join(
        _cell(_p(column.title, size, "center", is_bold=True), share)
        for column, share in zip(columns, shares, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"


def _row(row: Row, columns: Sequence[Column], shares: Sequence[int], cell_style: str) -> str:
    """Cells that a row lacks are empty, those over the columns are an error of ours."""
    is_bold = row.kind != "plain"
    if row.kind == "group" and len(row.cells) == 1:
        inner = _cell(_paragraphs(row.cells[0], cell_style, "left", is_bold=True), sum(shares), span=len(columns))
    else:
        values = [*row.cells, *[None] * (len(columns) - len(row.cells))]
        spanned = _label_span(values) if row.kind == "total" else 1
        first = _paragraphs(values[0], cell_style, "center" if spanned > 1 else columns[0].align, is_bold=is_bold)
        inner = _cell(first, sum(shares[:spanned]), spanned) + "".join(
            _cell(_paragraphs(value, cell_style, column.align, is_bold=is_bold), share)
            for value, column, share in list(zip(values, columns, shares, strict=True))[spanned:]
        )
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{inner}</w:tr>"


def _label_span(values: Sequence[str | int | None]) -> int:
    """Over how many columns the label of a sum goes: its own and the empty ones after it."""
    span = 1
    while isinstance(values[0], str) and span < len(values) and values[span] is None:
        span += 1
    return span


def _cell(inner: str, share: int, span: int = 1) -> str:
    spanned = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{share}" w:type="dxa"/>{spanned}</w:tcPr>{inner}</w:tc>'


def _paragraphs(value: str | int | None, style: str, align: str, *, is_bold: bool) -> str:
    return "".join(_p(line, style, align, is_bold=is_bold) for line in _lines(value))


def _lines(value: str | int | None) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.splitlines() or [""]
    else:
        yield "" if value is None else grouped(value)


def _p(text: str, style: str, align: str, *, is_bold: bool) -> str:
    side = "" if align == "left" else f'<w:jc w:val="{align}"/>'
    bold = "<w:rPr><w:b/></w:rPr>" if is_bold else ""
    told = escape(plain(text))
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{side}</w:pPr>'
        f'<w:r>{bold}<w:t xml:space="preserve">{told}</w:t></w:r></w:p>'
    )
