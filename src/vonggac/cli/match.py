"""``vonggac match``: warning lists, owners of networks and logs to a worklist."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _, number
from vonggac.config import Settings, zone_from
from vonggac.errors import N_, UsageError

if TYPE_CHECKING:
    from vonggac.events.batch import EventBatch
    from vonggac.jobs.scan import Reading, Summary
    from vonggac.jobs.worklist import Worklist

FORMATS = ("table", "jsonl", "csv", "xlsx")


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for."""

    lists: Sequence[str]
    networks: str
    logs: Sequence[str] = ()
    mapping: str = ""
    warninglists: Sequence[str] = ()
    as_of: str = ""
    zone: str = ""
    year: int | None = None
    format: str = "table"
    output: str = ""


@click.command(
    cls=Command,
    name="match",
    help=N_(
        "Give each address of warning lists to its owner and rank what must be done first. LIST is the list as it came: XLSX, "
        "XLS, ODS, CSV, text, a table in DOCX or PDF, a scan; STIX, MISP (a feed's folder too), a hosts file, a DNS policy zone. The networks file (CSV or XLSX) has the columns organisation, cidr, "
        "system, level, valid_from, valid_to. With --logs, the inner hosts that talked to listed addresses are found too, "
        "through NAT logs where there are some."
    ),
    examples=(
        ("vonggac match botnet.xlsx --networks networks.csv", N_("who must act, in order of urgency")),
        (
            "vonggac match botnet.xlsx --networks networks.csv --logs logs/",
            N_("with the inner hosts that the logs show"),
        ),
        (
            "vonggac match *.xlsx --networks networks.csv --format xlsx --output worklist.xlsx",
            N_("a workbook to send on"),
        ),
        (
            "vonggac match odd.csv --networks networks.csv --mapping columns.yml",
            N_("columns.yml says what the columns are, as in 'Địa chỉ: victim'; it is remembered"),
        ),
    ),
)
@click.argument("lists", metavar="LIST...", nargs=-1, required=True)
@option("--networks", metavar="FILE", required=True, help=N_("Who holds which network, as CSV or XLSX."))
@option("--logs", metavar="PATH", multiple=True, help=N_("Logs to look for inner hosts in; may be repeated."))
@option(
    "--mapping",
    metavar="FILE",
    default="",
    help=N_("YAML or JSON: header of a column, or its number, to its role; remembered for lists with the same header."),
)
@option(
    "--warninglists",
    metavar="PATH",
    multiple=True,
    help=N_("MISP warninglists: values on them are kept and marked; a file or a folder, may be repeated."),
)
@option(
    "--as-of", metavar="TIME", default="", help=N_("Count recency back from this time, not from the newest sighting.")
)
@option(
    "--zone",
    metavar="ZONE",
    default="",
    help=N_("Time zone of log times that name none, such as +07:00 or Asia/Ho_Chi_Minh."),
)
@option(
    "--year",
    type=click.IntRange(1970, 9999),
    metavar="YEAR",
    default=None,
    help=N_("Year of log dates that name none."),
)
@option(
    "--format",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help=N_("Tables, one JSON object per row, CSV, or a workbook."),
)
@option("--output", metavar="FILE", default="", help=N_("Write to this file, which appears only when it is whole."))
@click.pass_obj
def command(settings: Settings, /, **asked: object) -> int:
    """Match, write the worklist, and return the exit status."""
    return run(Request(**asked), settings)  # type: ignore[arg-type]  # click has checked the types


def run(request: Request, settings: Settings) -> int:
    """Carry out ``request``; the exit status."""
    import time

    from vonggac.cli.lists import read_lists, read_owners, read_warninglists
    from vonggac.cli.output import output
    from vonggac.cli.scan import moment, reading_options
    from vonggac.jobs.match import Asked, match
    from vonggac.jobs.scan import Reading, Summary

    if request.format == "xlsx" and not request.output and sys.stdout.isatty():
        raise UsageError(N_("a workbook needs --output FILE"), where="--format")
    options = reading_options(request.zone, request.year, (), settings)
    as_of = moment(request.as_of, "--as-of", options, 0)
    owners, is_whole = read_owners(request.networks, settings)
    now = time.time_ns() // 1000
    warninglists = read_warninglists(request.warninglists)
    lists = read_lists(
        request.lists, settings, mapping=request.mapping, warninglists=warninglists, at=now if as_of is None else as_of
    )
    summary = Summary()
    with output(request.output or None) as write:
        worklist = match(
            lists.indicators,
            owners,
            _batches(request.logs, Reading(options), summary),
            Asked(now, as_of),
        )
        write(render(worklist, request.format, settings, is_terminal=not request.output and sys.stdout.isatty()))
    click.echo(
        "\n".join(_closing(worklist, summary, lists.n_lists)), err=request.format != "table" or bool(request.output)
    )
    return 0 if lists.is_whole and is_whole and not summary.has_faults() else 4


def _batches(paths: Sequence[str], reading: Reading, summary: Summary) -> Iterator[EventBatch]:
    from vonggac.jobs.inputs import Inputs
    from vonggac.jobs.scan import batches

    if paths:
        for _name, batch in batches(Inputs(paths), reading, summary):
            yield batch


def render(worklist: Worklist, form: str, settings: Settings, *, is_terminal: bool) -> bytes:
    """``worklist`` in the format ``form``, in the language in use."""
    from vonggac.cli.safe import visible_json
    from vonggac.cli.tables import text_console
    from vonggac.jobs import worklist_files

    zone = zone_from(settings.zone)
    if form == "table":
        console, text = text_console(is_terminal=is_terminal)
        worklist_files.write_table(worklist, console, _, zone)
        return text.getvalue().encode("utf-8", "replace")
    if form == "csv":
        lines = io.StringIO()
        worklist_files.write_csv(worklist, lines, _)
        return lines.getvalue().encode("utf-8", "replace")
    data = io.BytesIO()
    if form == "jsonl":
        worklist_files.write_jsonl(worklist, data, _)
        return visible_json(data.getvalue())
    worklist_files.write_xlsx(worklist, data, _, zone)
    return data.getvalue()


def _closing(worklist: Worklist, summary: Summary, n_lists: int) -> list[str]:
    from vonggac.cli.findings import faults

    n_organisations = sum(bool(name) for name, _rows in worklist.organisations())
    lines = [
        _(
            "{lists} lists, {values} values; {rows} rows for {organisations} organisations, {unattributed} without an owner"
        ).format(
            lists=number(n_lists),
            values=number(worklist.n_listed),
            rows=number(len(worklist.rows)),
            organisations=number(n_organisations),
            unattributed=number(worklist.n_unattributed),
        ),
    ]
    if worklist.n_quiet:
        lines.append(_("{n} listed values are neither ours nor met in the logs").format(n=number(worklist.n_quiet)))
    if summary.n_files or summary.unreadable:
        lines.append(
            _("{files} log files, {events} events").format(
                files=number(summary.n_files), events=number(summary.n_events)
            )
        )
    if worklist.n_dropped:
        lines.append(_("{n} observations left out: more than can be held at once").format(n=number(worklist.n_dropped)))
    return [*lines, *faults(summary)]
