"""Tables for a terminal: nothing in a cell can be markup, steer the terminal or hide."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from vonggac.cli.safe import visible


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


def draw(tables: Sequence[Table], *, is_terminal: bool | None = None) -> bytes:
    """The tables as text, with colours only for a terminal (by default, when standard output is one)."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    if is_terminal is None:
        is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((120, 0)).columns
    buffer = io.StringIO()
    console = Console(file=buffer, force_terminal=is_terminal, width=width if is_terminal else max(width, 120),
                      markup=False, emoji=False, highlight=False)
    for table in tables:
        grid = RichTable(title=Text(table.title, "bold"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for position, heading in enumerate(table.headings):
            is_number = position in table.numeric
            grid.add_column(Text(heading), justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
        for cells, style in table.rows:
            grid.add_row(*(Text(visible(text), style) for text in cells))
        console.print(grid)
    return buffer.getvalue().encode("utf-8", "replace")
