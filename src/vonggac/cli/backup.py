"""``vonggac backup`` and ``vonggac restore``: everything in one proved file, and back."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _, ngettext, number
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_

if TYPE_CHECKING:
    from vonggac.desk.scope.asker import Asker


@click.command(
    cls=Command,
    name="backup",
    help=N_(
        "Save the database, the anchors and the remembered mappings in one file, also while the portal runs, and prove the file "
        "by restoring it into a temporary database. It appears only when it is whole. It holds personal details: keep it safe."
    ),
    examples=(
        ("vonggac backup /srv/backup/", N_("a file named by the time")),
        ("vonggac backup before-update.tar.zst --with-secrets", N_("with the key that signs sessions")),
    ),
)
@click.argument("target", metavar="FILE|DIR", type=click.Path(path_type=Path))
@option("--with-secrets", is_flag=True, help=N_("Put the secret key in too; guard such a file like a password."))
@click.pass_obj
def command(settings: Settings, target: Path, with_secrets: bool) -> int:
    """Make a backup and say what is in it."""
    load_desk()
    from vonggac.jobs import backup

    made = backup.make(settings, target, who(), with_secrets=with_secrets)
    rows = ngettext("{n} row", "{n} rows", made.n_rows).format(n=number(made.n_rows))
    mib = _("{n} MiB").format(n=f"{made.n_bytes / 1024**2:.1f}")
    click.echo(_("saved in {file}").format(file=visible(str(made.path))) + f" · {mib} · {rows}")
    if made.is_restored:
        click.echo(_("Proved: restored into a temporary database and compared."))
    else:
        click.echo(_("Read through, not restored: the database's user may not make databases (CREATEDB)."))
    if not made.has_secrets:
        click.echo(
            _(
                "The secret key is not in it. Keep {file} apart and safe: without it everybody sets up their second factor anew."
            ).format(file=visible(str(settings.data_dir / "secret.key")))
        )
    return 0


@click.command(
    cls=Command,
    name="restore",
    help=N_(
        "Put a backup in the place of this installation, which must be stopped. What is there is replaced only with --replace, and "
        "saved before. A damaged file, one of a newer version and anything that is no backup is refused before anything changes."
    ),
    examples=(
        ("vonggac restore vonggac-20261120-190000.tar.zst", N_("into an empty installation")),
        ("vonggac restore vonggac-20261120-190000.tar.zst --replace", N_("save what is there, then replace it")),
    ),
)
@click.argument("source", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--replace", is_flag=True, help=N_("Replace what is there, after saving it in the folder for backups."))
@click.pass_obj
def restore(settings: Settings, source: Path, replace: bool) -> int:
    """Restore and say what is there now."""
    from vonggac.jobs.supervisor import alone

    os.umask(0o077)
    with alone(settings.data_dir):
        load_desk()
        from vonggac.jobs import backup

        done = backup.restore(settings, source, who(), replace=replace)
    rows = ngettext("{n} row", "{n} rows", done.n_rows).format(n=number(done.n_rows))
    seq = _("audit record up to entry {seq}").format(seq=number(done.audit_seq))
    click.echo(_("restored the state of {time}").format(time=done.made_at) + f" · {rows} · {seq}")
    if done.is_migrated:
        click.echo(
            _("It was of version {version} and was brought up to this one.").format(version=visible(done.version))
        )
    if done.safety:
        click.echo(_("What was here before is in {file}").format(file=visible(str(done.safety))))
    if not done.has_secrets:
        click.echo(
            _(
                "The secret key was not in it. Put the old secret.key in the data folder, or everybody sets up their second factor anew."
            )
        )
    click.echo(_("Run “vonggac audit verify” now, then “vonggac up”."))
    return 0


def who() -> Asker:
    """Whoever runs the command, for the audit record."""
    from vonggac.desk.scope.asker import Origin, machine

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        name = str(os.getuid())
    return machine(f"{name} (vonggac)", origin=Origin(via="cli"))


def load_desk() -> None:
    """Make Django ready, in the language of the command."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
    django.setup()
