"""Tables for a terminal: nothing in a cell can be markup, steer the terminal or hide."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vonggac.cli.safe import visible

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(slots=True)
class Table:
    """A title, headings, and rows with an optional style; ``numeric``: columns set to the right."""

    title: str
    headings: Sequence[str]
    numeric: Sequence[int] = ()
    rows: list[tuple[Sequence[str], str]] = field(default_factory=list)

    def add(self, cells: Sequence[str], style: str = "") -> None:
        """Add a row."""
        self.rows.append((cells, style))


def text_console(*, is_terminal: bool) -> tuple[Console, io.StringIO]:
    """A console that writes text into the buffer beside it, with colours only for a terminal, and knows no markup."""
    from rich.console import Console

    columns = shutil.get_terminal_size((120, 0)).columns
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        force_terminal=is_terminal,
        width=columns if is_terminal else max(columns, 120),
        markup=False,
        emoji=False,
        highlight=False,
    )
    return console, buffer


def draw(tables: Sequence[Table], *, is_terminal: bool | None = None) -> bytes:
    """The tables as text; ``is_terminal``: by default, whether standard output is one."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    console, text = text_console(is_terminal=sys.stdout.isatty() if is_terminal is None else is_terminal)
    for table in tables:
        grid = RichTable(title=Text(table.title, "bold"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for position, heading in enumerate(table.headings):
            is_number = position in table.numeric
            grid.add_column(Text(heading), justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
        for cells, style in table.rows:
            grid.add_row(*(Text(visible(cell), style) for cell in cells))
        console.print(grid)
    return text.getvalue().encode("utf-8", "replace")
