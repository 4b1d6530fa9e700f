"""Formats of findings, one file each; a format is made by the ``make`` of its module, which is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from vonggac.cli.formats.format import Context, Format

MODULES: Mapping[str, str] = {
    "table": "table",
    "jsonl": "json_lines",
    "csv": "csv_records",
    "html": "html",
    "sarif": "sarif",
    "ecs": "ecs",
    "timesketch": "timesketch",
}
"""Name of each format to its module here; the first is the default."""

FORMATS = tuple(MODULES)


def make(name: str, context: Context) -> Format:
    """The format called ``name``."""
    return cast("Format", import_module(f"{__name__}.{MODULES[name]}").make(context))
