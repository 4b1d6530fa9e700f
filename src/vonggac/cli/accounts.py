"""``vonggac accounts``: the ways back in that need no portal: the first administrator, a new password, an end of a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.command import Command, Group, option
from vonggac.cli.language import _, ngettext
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_, UsageError

if TYPE_CHECKING:
    from vonggac.desk.scope.asker import Asker

command = Group(
    name="accounts",
    help=N_(
        "Make the first administrator, give a new password, end a lock, list accounts: for whoever runs the server."
    ),
    examples=(
        ("vonggac accounts first-admin", N_("the one-time password of the first administrator, on a new installation")),
        ("vonggac accounts reset-password admin", N_("somebody cannot get in: a new one-time password")),
    ),
)


@command.command(
    cls=Command,
    name="first-admin",
    help=N_(
        "Make the account “admin” with a one-time password, where there is no account yet, and show the password once. It must be "
        "changed at the first sign-in, within 72 hours. Where there are accounts, nothing is made: status 1."
    ),
    examples=(("vonggac accounts first-admin", N_("once, after the installation")),),
)
@click.pass_obj
def first_admin(settings: Settings) -> int:
    """Make the first administrator."""
    _load_desk()
    from vonggac.desk.accounts import actions

    password = actions.first_administrator(_asker(), language=settings.language or "vi")
    if password is None:
        click.echo(_("There are accounts already. A new password: vonggac accounts reset-password NAME"), err=True)
        return 1
    _tell_password("admin", password)
    click.echo(_("Sign in at {url}").format(url=settings.public_url))
    return 0


@command.command(
    cls=Command,
    name="reset-password",
    help=N_(
        "Replace the password of NAME by a one-time password and show it once. It must be changed at the next sign-in, within "
        "72 hours; all sessions and locks of the account end. With --factors the second factors are taken away, too."
    ),
    examples=(
        ("vonggac accounts reset-password admin", N_("the password was forgotten")),
        ("vonggac accounts reset-password admin --factors", N_("the telephone was lost as well")),
    ),
)
@click.argument("name")
@option("--factors", is_flag=True, help=N_("Take the second factors and recovery codes away, too."))
def reset_password(name: str, factors: bool) -> int:
    """Give somebody a one-time password."""
    _load_desk()
    from django.db import transaction

    from vonggac.desk.accounts import actions

    user_id = _id_of(name)
    with transaction.atomic():
        if factors:
            actions.reset_factors(_asker(), user_id)
        password = actions.one_time_password(_asker(), user_id)
    _tell_password(name, password)
    return 0


@command.command(
    cls=Command,
    name="unlock",
    help=N_("Let NAME try again at once after too many wrong passwords or codes."),
    examples=(("vonggac accounts unlock lan", N_("ask first whether the wrong tries were theirs")),),
)
@click.argument("name")
def unlock(name: str) -> int:
    """End a lock."""
    _load_desk()
    from vonggac.desk.accounts import actions

    actions.unlock(_asker(), _id_of(name))
    click.echo(_("{name} can try again.").format(name=visible(name)))
    return 0


@command.command(
    cls=Command,
    name="list",
    help=N_("List accounts: name to sign in with, name, roles that hold now, state."),
    examples=(
        ("vonggac accounts list", N_("all that are open")),
        ("vonggac accounts list --state locked", N_("who is locked out?")),
    ),
)
@option(
    "--state",
    type=click.Choice(["active", "no_factor", "locked", "never", "shut"]),
    default="active",
    help=N_("Only those that are open, without a second factor, locked, that never signed in, or that are shut."),
)
def list_accounts(state: str) -> int:
    """List accounts."""
    _load_desk()
    from vonggac.desk.accounts import queries
    from vonggac.desk.scope.roles import ROLES

    rows: list[Any] = list(queries.accounts(_asker(), state="" if state == "active" else state))
    for row in rows:
        held = ", ".join(_(ROLES[grant.role].title) for grant in row.holding if grant.role in ROLES)
        marks = [_("locked")] if row.is_locked else []
        marks += [] if row.has_factor else [_("no second factor")]
        marks += [_("never signed in")] if row.last_login is None else []
        parts = (row.username, str(row), held or "–", ", ".join(marks))
        click.echo(" · ".join(visible(part) for part in parts if part))
    click.echo(ngettext("{n} account", "{n} accounts", len(rows)).format(n=len(rows)), err=True)
    return 0


def _load_desk() -> None:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
    django.setup()


def _asker() -> Asker:
    from vonggac.desk.scope.asker import Origin, machine

    return machine("vonggac", origin=Origin("cli"))


def _id_of(name: str) -> int:
    from vonggac.desk.accounts import queries

    user = queries.account_named(_asker(), name)
    if user is None:
        raise UsageError(N_("there is no account “{name}”; “vonggac accounts list” shows all"), name=name)
    return user.pk


def _tell_password(name: str, password: str) -> None:
    click.echo(_("Name to sign in with: {name}").format(name=visible(name)))
    click.echo(_("One-time password, shown this once: {password}").format(password=password))
