"""``vonggac notices``: what goes to whom, what is held, and whether mail arrives."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vonggac.cli.backup import load_desk, who
from vonggac.cli.command import Command, Group, option
from vonggac.cli.language import _, current, ngettext, number
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_, UsageError

if TYPE_CHECKING:
    from vonggac.desk.notices.queries import Line

STATES = ("held", "waiting", "failed", "sent", "merged", "dropped")
PATIENCE_S = 60.0

command = Group(
    name="notices",
    help=N_("Look at messages, hold and release them, try whether mail arrives."),
    examples=(
        ("vonggac notices list --state held", N_("what waits for somebody to release it")),
        ("vonggac notices release --all", N_("let all of it go")),
        ("vonggac notices send-test me@agency.example", N_("does mail arrive?")),
    ),
)


@command.command(
    cls=Command,
    name="list",
    help=N_(
        "List messages, the newest first, one a line: number, time, state, channel, recipient, subject, last fault."
    ),
    examples=(
        ("vonggac notices list", N_("the last 50")),
        ("vonggac notices list --state failed --json", N_("what did not arrive, for a program")),
    ),
)
@option("--state", type=click.Choice(STATES), help=N_("Only messages in this state."))
@option("--recipient", default="", metavar="TEXT", help=N_("Only to addresses or people with this text in them."))
@option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help=N_("At most so many."))
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object a line."))
def list_(state: str | None, recipient: str, limit: int, as_json: bool) -> int:
    """Show what is in the outbox and its log."""
    load_desk()
    from vonggac.desk.notices import queries

    lines = queries.notices(who(), queries.Filters(state=state or "", recipient=recipient), limit=limit)
    if as_json:
        _tell_json(lines)
        return 0
    for line in lines:
        notice = line.notice
        parts = [
            str(notice.pk),
            f"{notice.ended_at or notice.created_at:%Y-%m-%d %H:%MZ}",
            _(line.state),
            _(line.channel),
            line.to,
            line.subject,
            _fault(line),
        ]
        click.echo(visible("  ".join(filter(None, parts))))
    holding = queries.holding(who())
    if holding.is_on:
        held = ngettext("Messages are held: {n} waits.", "Messages are held: {n} wait.", holding.n_held)
        click.echo(held.format(n=number(holding.n_held)), err=True)
    return 0


def _fault(line: Line) -> str:
    notice = line.notice
    return _(notice.fault).format(**notice.fault_params) if notice.fault else ""


def _tell_json(lines: Sequence[Line]) -> None:
    from vonggac.cli.findings import json_bytes
    from vonggac.cli.output import output

    with output(None) as write:
        for line in lines:
            notice = line.notice
            record = {
                "id": notice.pk,
                "created": notice.created_at.isoformat(),
                "ended": notice.ended_at.isoformat() if notice.ended_at else None,
                "state": notice.state,
                "channel": notice.channel,
                "template": notice.template,
                "recipient": line.to,
                "organisation": notice.organisation.code if notice.organisation else None,
                "subject": line.subject,
                "attempts": notice.n_attempts,
                "fault": _fault(line),
                "reason": notice.reason,
            }
            write(json_bytes(record) + b"\n")


@command.command(
    cls=Command,
    name="release",
    help=N_("Let held messages go: those with these numbers, or all. They cannot be called back."),
    examples=(
        ("vonggac notices release 12 13", N_("these two")),
        ("vonggac notices release --all", N_("all that are held")),
    ),
)
@click.argument("numbers", metavar="[NUMBER...]", type=click.IntRange(1, 2**62), nargs=-1)
@option("--all", "take_all", is_flag=True, help=N_("All that are held."))
def release(numbers: Sequence[int], take_all: bool) -> int:
    """Release, and say how many."""
    if bool(numbers) == take_all:
        raise UsageError(N_("give numbers of messages, or --all"))
    load_desk()
    from vonggac.desk.notices import actions

    n = actions.release(who(), None if take_all else numbers)
    click.echo(ngettext("{n} message released", "{n} messages released", n).format(n=number(n)))
    return 0


@command.command(
    cls=Command,
    name="hold",
    help=N_(
        "Hold every message that leaves the house until somebody releases it; with --off, let new ones go at once. What is "
        "held stays held either way."
    ),
    examples=(
        ("vonggac notices hold", N_("nothing goes out by accident")),
        ("vonggac notices hold --off", N_("new messages go out at once")),
    ),
)
@option("--off", "turn_off", is_flag=True, help=N_("Stop holding new messages."))
def hold(turn_off: bool) -> int:
    """Turn the switch, and say what is held."""
    load_desk()
    from vonggac.desk.notices import actions, queries

    (actions.stop_holding if turn_off else actions.hold)(who())
    click.echo(_("New messages go out at once.") if turn_off else _("Messages are held from now on."))
    n = queries.holding(who()).n_held
    if n:
        click.echo(ngettext("{n} message is held.", "{n} messages are held.", n).format(n=number(n)))
    return 0


@command.command(
    cls=Command,
    name="send-test",
    help=N_(
        "Send a test message, also while messages are held, and wait up to a minute for what the mail server says. Status 1 "
        "when it was not sent."
    ),
    examples=(("vonggac notices send-test me@agency.example", N_("does mail arrive?")),),
)
@click.argument("address", metavar="ADDRESS")
@click.pass_obj
def send_test(settings: Settings, address: str) -> int:
    """Put it in the outbox and wait for the worker."""
    load_desk()
    from vonggac.desk.notices import actions, background, queries

    for title, why in queries.obstacles(settings):
        raise UsageError(N_("{channel}: {reason}"), channel=_(title), reason=_(why))
    if not background.worker_state().is_alive:
        raise UsageError(N_("the background worker does not run, so nothing is sent; “vonggac up” starts it"))
    key = actions.send_test(who(), address, current())
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        line = queries.by_key(who(), key)
        if line.notice.n_attempts:
            if line.notice.state == "sent":
                click.echo(_("The mail server took the message for {address}.").format(address=visible(address)))
                return 0
            click.echo(visible(_fault(line)), err=True)
            return 1
        time.sleep(0.5)
    click.echo(_("It still waits. “vonggac notices list” shows what becomes of it."), err=True)
    return 1
