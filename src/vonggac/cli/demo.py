"""``vonggac demo``: both jobs on a small made-up province under attack, then the portal with that province in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _, number
from vonggac.cli.tables import Table, draw
from vonggac.config import Settings
from vonggac.errors import N_, UsageError, VonggacError


@click.command(
    cls=Command,
    name="demo",
    help=N_(
        "Make a small province under attack, scan its logs, match its botnet list, fill a portal with its directory and open it, "
        "with somebody to sign in as for every role. All names and addresses are invented. The files stay, to try more "
        "commands on them, unless --once is given."
    ),
    examples=(
        ("vonggac demo", N_("see both jobs, then the portal until Ctrl-C")),
        ("vonggac demo --once", N_("all but the portal's pages; leave nothing behind")),
    ),
)
@option("--once", is_flag=True, help=N_("Do not open the portal, and remove the files at the end."))
@option(
    "--folder", metavar="DIR", default="", help=N_("Where the files go, a new or empty folder; else a temporary one.")
)
@click.pass_obj
def command(settings: Settings, once: bool, folder: str) -> int:
    """Write the scenario, run both jobs on it, fill the portal and open it."""
    place = Path(folder or tempfile.mkdtemp(prefix="vonggac-demo-")).absolute()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(N_("not an empty folder"), where=str(place))
    try:
        status = attack(settings, place)
        _heading(_("3. Who is in the province, and who signs in?"))
        portal = _portal_of(settings, place)
        _tell(_fill(portal, place))
        if once:
            return status
        click.echo(
            "\n" + _("The files are in {folder}; try the commands above with options of your own.").format(folder=place)
        )
        _serve(portal, place)
    finally:
        if once:
            shutil.rmtree(place, ignore_errors=True)
    return status


def attack(settings: Settings, place: Path) -> int:
    """Write the province under attack into the folder ``place``, scan its logs and match its list; the exit status."""
    from vonggac.cli import match, scan
    from vonggac.jobs.scenario import write_scenario

    scenario = write_scenario(place)
    logs = str(place / "logs")
    commands = [
        ["vonggac", "scan", logs],
        ["vonggac", "match", str(scenario.botnet_list), "--networks", str(scenario.networks), "--logs", logs],
    ]
    _heading(_("1. What do the rules find in the logs?"), commands[0])
    scanned = scan.run(scan.Request(paths=[logs]), settings)
    _heading(_("2. Whose are the listed addresses, and who must act first?"), commands[1])
    matched = match.run(match.Request([str(scenario.botnet_list)], str(scenario.networks), [logs]), settings)
    return scanned or (0 if matched == 4 else matched)  # the list holds rows that cannot be read, on purpose


def _heading(heading: str, words: list[str] | None = None) -> None:
    import shlex

    click.echo("\n" + heading)
    if words:
        click.echo("$ " + shlex.join(words) + "\n")


def _portal_of(settings: Settings, place: Path) -> Settings:
    """An installation of its own, on the embedded database, whatever is installed here; it can be opened again by its file."""
    portal = Settings(
        language=settings.language, zone=settings.zone, listen=settings.listen, live_listen=settings.live_listen,
        public_url=settings.public_url, cache_dir=settings.cache_dir, data_dir=place / "portal", backup_keep=0,
    )  # fmt: skip
    kept = ("language", "zone", "listen", "live_listen", "public_url", "backup_keep")
    lines = [f"{name} = {_toml(getattr(portal, name))}" for name in kept if getattr(portal, name) != ""]
    lines.append(f"data_dir = {_toml(str(portal.data_dir))}")
    (place / "config.toml").write_text("\n".join(lines) + "\n", "utf-8")
    return portal


def _toml(value: object) -> str:
    import orjson

    return orjson.dumps(value).decode()  # texts and whole numbers are written alike in both


def _environment(place: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("VONGGAC_")}
    return ours | {"VONGGAC_CONFIG": str(place / "config.toml"), "DJANGO_SETTINGS_MODULE": "vonggac.web.settings"}


def _fill(portal: Settings, place: Path) -> dict[str, Any]:
    import orjson

    portal.data_dir.mkdir(mode=0o700)
    made = subprocess.run(  # noqa: S603  # a module of ours
        [sys.executable, "-m", "vonggac.web.operations.demonstration", str(place)],
        env=_environment(place), stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        reason = made.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise VonggacError(N_("the portal could not be filled: {reason}"), reason=reason)
    found: dict[str, Any] = orjson.loads(made.stdout)
    return found


def _tell(made: dict[str, Any]) -> None:
    from vonggac.desk.scope.roles import ROLES

    click.echo(
        _("{organisations} organisations, {people} people, {networks} networks and {systems} systems are in the directory.").format(
            organisations=number(made["n_organisations"]), people=number(made["n_people"]),
            networks=number(made["n_networks"]), systems=number(made["n_systems"]),
        )
    )  # fmt: skip
    click.echo(_("Sign in as one of these; where a seed stands, an authenticator app makes the one-time codes of it:"))
    table = Table("", [_("Role"), _("Name"), _("Password"), _("Seed of one-time codes")])
    for login in made["logins"]:
        table.add([_(ROLES[login["role"]].title), login["username"], login["password"], login["totp"] or "–"])
    click.echo(draw([table]).decode(), nl=False)


def _serve(portal: Settings, place: Path) -> None:
    from vonggac.cli import up

    os.environ.clear()
    os.environ.update(_environment(place))
    click.echo(
        _("Open it again later with: {command}").format(command=f"VONGGAC_CONFIG={place / 'config.toml'} vonggac up")
    )
    up.run(portal)
