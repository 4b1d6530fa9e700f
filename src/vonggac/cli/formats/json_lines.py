"""``jsonl``: one JSON object for each finding."""

from __future__ import annotations

from vonggac.cli.findings import to_json
from vonggac.cli.formats.format import Context, Format, Plain


def make(_context: Context) -> Format:
    """The format."""
    return Plain(to_json)
