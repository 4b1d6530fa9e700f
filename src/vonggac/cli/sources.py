"""``vonggac sources``: which log formats are read."""

from __future__ import annotations

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _
from vonggac.errors import N_

FORMATS = ("table", "jsonl")


@click.command(
    cls=Command,
    name="sources",
    help=N_(
        "List the log formats that are read, and the concepts that each gives. The name in the first column is what "
        "--source takes and what findings carry."
    ),
    examples=(("vonggac sources", N_("all formats")), ("vonggac sources --format jsonl", N_("the same for a program"))),
)
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help=N_("A table or one JSON object per format."),
)
def command(form: str) -> int:
    """Write all sources with their titles and concepts."""
    from vonggac.cli.findings import json_bytes
    from vonggac.cli.output import output
    from vonggac.cli.tables import Table, draw
    from vonggac.events import concepts
    from vonggac.jobs.scan import decode
    from vonggac.sources import SOURCES
    from vonggac.sources.source import Block, Options

    table = Table(_("Log formats"), (_("Name"), _("What it reads"), _("Concepts")))
    with output(None) as write:
        for source in SOURCES:
            family = decode(source, Block(b""), Options()).source  # several formats may hold one kind of event
            given = {name: list(fields) for name in concepts.table() if (fields := concepts.fields_of(name, family))}
            if form == "jsonl":
                write(json_bytes({"name": source.name, "title": source.title, "concepts": given}) + b"\n")
            else:
                table.add((source.name, _(source.title), ", ".join(given)))
        if form == "table":
            write(draw([table]))
    return 0
