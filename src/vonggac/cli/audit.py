"""``vonggac audit``: whether the record of who did what is whole, and its anchors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command, Group, option
from vonggac.cli.language import _, ngettext, number
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_

if TYPE_CHECKING:
    from vonggac.desk.audit.anchors import Anchor
    from vonggac.desk.audit.verify import Progress, Verdict

command = Group(
    name="audit",
    help=N_("Look whether the record of who did what is whole, and keep its anchors."),
    examples=(
        ("vonggac audit verify", N_("walk the whole record and name every place that was changed or cut")),
        ("vonggac audit verify --anchors mail.jsonl", N_("hold it against anchors that were kept elsewhere, too")),
        ("vonggac audit anchor", N_("write the head of the record outside the database now")),
    ),
)


@command.command(
    cls=Command,
    name="verify",
    help=N_(
        "Walk the whole audit record: every link, every number, every detail, the head, and the anchors. Status 0: it is "
        "whole. Status 1: something was changed, cut or made anew; every place is named."
    ),
    examples=(
        ("vonggac audit verify", N_("the anchors of the settings are used")),
        ("vonggac audit verify --json", N_("the same for a program")),
    ),
)
@option(
    "--anchors",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help=N_("Anchors kept elsewhere, one JSON object a line; repeatable, beside those of the settings."),
)
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object."))
@option("--progress/--no-progress", "is_wanted", default=True, help=N_("Show a progress bar on a terminal."))
@click.pass_obj
def verify(settings: Settings, files: Sequence[str], as_json: bool, is_wanted: bool) -> int:
    """Walk the chain, tell what was found, and give the status."""
    _load_desk()
    from vonggac.desk.audit import verify as walking

    anchors = _anchors(settings, files)
    with _progress(is_wanted) as report:
        verdict = walking.verify(anchors, report)
    if as_json:
        _tell_json(verdict)
    else:
        _tell(verdict)
    return 0 if verdict.is_whole else 1


@command.command(
    cls=Command,
    name="anchor",
    help=N_(
        "Write the head of the audit record to the anchor file, and by mail where the settings name an address. It is done "
        "daily by itself; this does it at once. Refused, with status 1, when the record no longer holds its last anchor."
    ),
    examples=(("vonggac audit anchor", N_("before the database is handed to somebody")),),
)
@click.pass_obj
def anchor(settings: Settings) -> int:
    """Make an anchor now."""
    _load_desk()
    from vonggac.jobs import anchors

    made = anchors.write(settings, datetime.now(UTC))
    click.echo(
        _("anchored entry {seq} in {path}: {hash}").format(
            seq=number(made.seq), path=visible(str(anchors.path_of(settings))), hash=made.hash
        )
    )
    return 0


def _load_desk() -> None:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
    django.setup()


def _anchors(settings: Settings, files: Sequence[str]) -> list[Anchor]:
    from vonggac.desk.audit.anchors import read
    from vonggac.jobs.anchors import path_of

    own = path_of(settings)
    paths = [*([own] if own.exists() else []), *map(Path, files)]
    return [anchor for path in paths for anchor in read(path)]


@contextmanager
def _progress(is_wanted: bool) -> Iterator[Progress | None]:
    if not is_wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.percentage:>3.0f} %"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        report: Callable[[int, int], object] = lambda done, total: bar.update(task, completed=done, total=total)  # noqa: E731
        yield report


def _tell(verdict: Verdict) -> None:
    walked = ngettext("{n} entry walked", "{n} entries walked", verdict.n_entries).format(n=number(verdict.n_entries))
    anchors = ngettext("{n} anchor", "{n} anchors", verdict.n_anchors).format(n=number(verdict.n_anchors))
    erased = _("details erased: {n}").format(n=number(verdict.n_erased))
    click.echo(f"{walked} · {anchors} · {erased}")
    if verdict.is_whole:
        click.echo(_("The audit record is whole. Its head is entry {seq}: {hash}").format(
            seq=number(verdict.seq), hash=verdict.hash
        ))  # fmt: skip
        if not verdict.n_anchors:
            click.echo(_("There is no anchor yet: a record that was made anew as a whole would not be noticed."))
        return
    click.echo(
        ngettext(
            "The audit record is not whole: {n} place", "The audit record is not whole: {n} places", verdict.n_faults
        ).format(n=number(verdict.n_faults))
    )
    for fault in verdict.faults:
        params = {name: number(value) if isinstance(value, int) else value for name, value in fault.params.items()}
        click.echo("  " + _(fault.message).format(**params))
    if verdict.n_faults > len(verdict.faults):
        click.echo("  " + _("and {n} more").format(n=number(verdict.n_faults - len(verdict.faults))))


def _tell_json(verdict: Verdict) -> None:
    from vonggac.cli.findings import json_bytes
    from vonggac.cli.output import output

    record = {
        "whole": verdict.is_whole,
        "entries": verdict.n_entries,
        "erased": verdict.n_erased,
        "anchors": verdict.n_anchors,
        "head": {"seq": verdict.seq, "hash": verdict.hash},
        "n_faults": verdict.n_faults,
        "faults": [
            {
                "kind": fault.kind,
                "first": fault.first,
                "last": fault.last,
                "anchor": fault.at.isoformat() if fault.at else None,
                "message": str(fault),
            }
            for fault in verdict.faults
        ],
    }
    with output(None) as write:
        write(json_bytes(record) + b"\n")
