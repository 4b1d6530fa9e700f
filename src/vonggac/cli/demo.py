"""``vonggac demo``: both jobs on a small made-up province under attack."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _
from vonggac.config import Settings
from vonggac.errors import N_, UsageError


@click.command(
    cls=Command,
    name="demo",
    help=N_(
        "Make a small province under attack, scan its logs and match its botnet list. All names and addresses are invented. The "
        "files stay, to try more commands on them, unless --once is given."
    ),
    examples=(
        ("vonggac demo", N_("see both jobs, keep the files")),
        ("vonggac demo --once", N_("leave nothing behind")),
    ),
)
@option("--once", is_flag=True, help=N_("Remove the files at the end."))
@option(
    "--folder", metavar="DIR", default="", help=N_("Where the files go, a new or empty folder; else a temporary one.")
)
@click.pass_obj
def command(settings: Settings, once: bool, folder: str) -> int:
    """Write the scenario, run both jobs on it, say how to go on."""
    from vonggac.cli import match, scan
    from vonggac.jobs.scenario import write_scenario

    place = Path(folder or tempfile.mkdtemp(prefix="vonggac-demo-"))
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(N_("not an empty folder"), where=str(place))
    try:
        scenario = write_scenario(place)
        logs = str(place / "logs")
        commands = [
            ["vonggac", "scan", logs],
            ["vonggac", "match", str(scenario.botnet_list), "--networks", str(scenario.networks), "--logs", logs],
        ]
        _say(_("1. What do the rules find in the logs?"), commands[0])
        scanned = scan.run(scan.Request(paths=[logs]), settings)
        _say(_("2. Whose are the listed addresses, and who must act first?"), commands[1])
        matched = match.run(match.Request([str(scenario.botnet_list)], str(scenario.networks), [logs]), settings)
    finally:
        if once:
            shutil.rmtree(place, ignore_errors=True)
    if not once:
        click.echo(
            "\n" + _("The files are in {folder}; try the commands above with options of your own.").format(folder=place)
        )
    return scanned or (0 if matched == 4 else matched)  # the list holds rows that cannot be read, on purpose


def _say(heading: str, words: list[str]) -> None:
    import shlex

    click.echo("\n" + heading)
    click.echo("$ " + shlex.join(words) + "\n")
