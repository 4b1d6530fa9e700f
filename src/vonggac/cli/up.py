"""``vonggac up``: the whole installation under one supervisor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command
from vonggac.cli.language import _
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_

if TYPE_CHECKING:
    from vonggac.jobs.supervisor import Part, Routine

BACKUP_ASKED_S = 3600.0
FIRST_BACKUP_S = 300.0


@click.command(
    cls=Command,
    name="up",
    help=N_(
        "Start the portal: pages, live stream, background work and the daily backup, and keep them running until Ctrl-C or "
        "SIGTERM. The first start makes the folders, the database and the first administrator, and shows the one-time password."
    ),
    examples=(
        ("vonggac up", N_("start; the portal is at http://localhost:8480")),
        ("VONGGAC_LISTEN=127.0.0.1:9000 vonggac up", N_("on another port")),
    ),
)
@click.pass_obj
def command(settings: Settings) -> int:
    """Run everything until a signal."""
    run(settings)
    return 0


def run(settings: Settings) -> None:
    """Prepare and serve, until SIGTERM or SIGINT. Raises CannotRun."""
    from vonggac.jobs import log_files
    from vonggac.jobs.supervisor import Supervisor, alone, check_port

    os.umask(0o077)  # whatever is made from here on is for this account only
    with alone(settings.data_dir):
        check_port(settings.listen, "listen")
        check_port(settings.live_listen, "live_listen")
        environment = environment_of(settings)
        prepare(environment)
        log = log_files.LogFile(log_files.folder_of(settings.data_dir))

        def keep(record: dict[str, object]) -> None:
            log.write(record)
            text = "\n".join(map(visible, log_files.text_of(record).splitlines()))
            click.echo(text, err=True)

        parts, routines = parts_of(settings, environment)
        try:
            Supervisor(
                parts,
                routines,
                log=keep,
                state=settings.data_dir / "up.json",
                addresses=[settings.listen, settings.live_listen],
                on_ready=lambda: ready(settings),
            ).run()
        finally:
            log.close()


def parts_of(settings: Settings, environment: Mapping[str, str]) -> tuple[list[Part], list[Routine]]:
    """What runs: parts always, routines now and then."""
    from vonggac.jobs.supervisor import Part, Routine

    def of(name: str) -> Mapping[str, str]:
        return {**environment, "VONGGAC_PROCESS": name}

    serving = [sys.executable, "-m", "vonggac.web.serving"]
    parts = [
        Part("pages", [*serving, "pages"], of("pages"), reloads=True),
        Part("live", [*serving, "live"], of("live"), reloads=True),
        Part("worker", [*serving, "worker"], of("worker")),
    ]
    backup = [sys.executable, "-m", "vonggac.web.operations.daily_backup"]
    routine = Routine("backup", backup, of("backup"), every_s=BACKUP_ASKED_S, first_s=FIRST_BACKUP_S)
    return parts, [routine] if settings.backup_keep else []


def environment_of(settings: Settings) -> dict[str, str]:
    """What the processes find in their environment: ours, and an empty folder to count in."""
    folder = settings.data_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def prepare(environment: Mapping[str, str]) -> None:
    """Make what is missing, and show the password of a new administrator. Raises CannotRun with the reason."""
    import orjson

    from vonggac.jobs.supervisor import CannotRun

    made = subprocess.run(  # a module of ours
        [sys.executable, "-m", "vonggac.web.operations.first_start"],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )
    try:
        answer = orjson.loads(made.stdout)
    except orjson.JSONDecodeError:
        answer = {"fault": _("the preparation ended with status {status}").format(status=made.returncode)}
    if "fault" in answer:
        raise CannotRun(N_("cannot start: {reason}"), reason=answer["fault"])
    if "password" in answer:
        click.echo(_("This is the first start. The first administrator signs in with:"))
        click.echo("    " + _("name") + f"      {answer['user']}")
        click.echo("    " + _("password") + f"  {answer['password']}")
        click.echo(_("The password is shown once, must be changed at once, and is kept nowhere."))


def ready(settings: Settings) -> None:
    """Say where everything is, to the person and to systemd."""
    from vonggac.jobs import log_files

    click.echo(_("Vọng Gác is open at {url}").format(url=settings.public_url))
    click.echo(_("data: {folder}").format(folder=settings.data_dir))
    click.echo(_("log: {file}").format(file=log_files.folder_of(settings.data_dir) / log_files.NAME))
    click.echo(_("Stop it with Ctrl-C."))
    sys.stdout.flush()
    notify("READY=1")


def notify(text: str) -> None:
    """Tell systemd, where it started us with Type=notify (sd_notify(3))."""
    import socket

    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.connect("\0" + address[1:] if address.startswith("@") else address)
        out.sendall(text.encode())
