"""``csv``: one record for each finding, for spreadsheets."""

from __future__ import annotations

from vonggac.cli.findings import CSV_COLUMNS, csv_line, to_csv
from vonggac.cli.formats.format import Context, Format, Plain


def make(_context: Context) -> Format:
    """The format."""
    return Plain(to_csv, csv_line(CSV_COLUMNS))
