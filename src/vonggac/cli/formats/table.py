"""``table``: tables that sum up, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vonggac.cli.findings import tables
from vonggac.cli.formats.format import Context, Format
from vonggac.cli.tables import draw

if TYPE_CHECKING:
    from vonggac.jobs.scan import Summary


class _Tables:
    render = None

    def __init__(self, context: Context) -> None:
        self._context = context

    def begin(self) -> bytes:
        return b""

    def add(self, part: bytes) -> bytes:
        return part

    def end(self, summary: Summary) -> Iterable[bytes]:
        yield draw(tables(summary, self._context.titles), is_terminal=False if self._context.is_file else None)


def make(context: Context) -> Format:
    """The format."""
    return _Tables(context)
