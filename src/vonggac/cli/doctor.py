"""``vonggac doctor``: whether this installation can do its work, and how large a machine must be."""

from __future__ import annotations

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _, number
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_, UsageError

MARKS = {"ok": N_("ok"), "warn": N_("warning"), "fail": N_("fault")}


@click.command(
    cls=Command,
    name="doctor",
    help=N_(
        "Look whether this installation can do its work: settings, secrets, TLS, clock, disk, memory, ports, database, "
        "background work, backups, mail. Each line says what to do. Status 1 when there is a fault. With --size it says instead "
        "how large a machine must be."
    ),
    examples=(
        ("vonggac doctor", N_("every check that touches nothing outside this machine and its database")),
        ("vonggac doctor --mail", N_("sign in to the mail server too; nothing is sent")),
        ("vonggac doctor --size --events-per-second 2000 --days 180", N_("disk, cores and memory for that")),
    ),
)
@option("--mail", is_flag=True, help=N_("Sign in to the mail server too; nothing is sent."))
@option("--size", is_flag=True, help=N_("Say how large a machine must be, look at nothing."))
@option(
    "--events-per-second", type=click.FloatRange(0, 10_000_000), metavar="N", help=N_("Events a second, on average.")
)
@option("--days", type=click.IntRange(1, 36_500), metavar="D", help=N_("How long events are kept."))
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object."))
@click.pass_obj
def command(
    settings: Settings, mail: bool, size: bool, events_per_second: float | None, days: int | None, as_json: bool
) -> int:
    """Examine or size, tell, give the status."""
    if size:
        if events_per_second is None or days is None:
            raise UsageError(N_("--size needs --events-per-second and --days"))
        _tell_size(events_per_second, days, as_json)
        return 0
    if events_per_second is not None or days is not None:
        raise UsageError(N_("--events-per-second and --days belong to --size"))
    return _examine(settings, mail, as_json)


def _examine(settings: Settings, mail: bool, as_json: bool) -> int:
    from vonggac.cli.backup import load_desk

    load_desk()
    from vonggac.jobs import doctor

    found = doctor.examine(settings, mail=mail)
    n_faults = sum(one.line.verdict == doctor.FAIL for one in found)
    if as_json:
        lines = [
            {
                "check": one.check,
                "verdict": one.line.verdict,
                "message": one.line.message.format(**one.line.params),
                "advice": one.line.advice.format(**one.line.params),
            }
            for one in found
        ]
        _write_json({"faults": n_faults, "lines": lines})
    else:
        for one in found:
            params = {name: _(value) if name == "what" else value for name, value in one.line.params.items()}
            head = f"{_(MARKS[one.line.verdict]):<9} {_(one.check)}: "
            click.echo(visible(head + _(one.line.message).format(**params)))
            if one.line.advice:
                click.echo(visible(f"{'':<10}→ " + _(one.line.advice).format(**params)))
    return 1 if n_faults else 0


def _tell_size(events_per_second: float, days: int, as_json: bool) -> None:
    from dataclasses import asdict

    from vonggac.jobs import sizing

    found = sizing.size(events_per_second, days)
    if as_json:
        _write_json({"events_per_second": events_per_second, "days": days, **asdict(found)})
        return
    gib = 1024**3
    click.echo(
        _("{n} cores: {judging} judge events, {desk} for the portal").format(
            n=found.n_cores, judging=found.n_judging, desk=sizing.DESK_CORES
        )
    )
    click.echo(_("{n} GiB of memory").format(n=f"{found.memory_bytes / gib:.1f}"))
    click.echo(
        _("{n} GiB of disk for events: {stored} GiB a day ({raw} GiB before they are packed), {days} days").format(
            n=f"{found.disk_bytes / gib:.0f}",
            stored=f"{found.stored_bytes_a_day / gib:.1f}",
            raw=f"{found.raw_bytes_a_day / gib:.1f}",
            days=number(days),
        )
    )
    click.echo(
        _(
            "By docs/benchmarks.md: {bytes} bytes an event, {rate} events per processor second judged by 3,752 rules, {packed} times "
            "smaller when packed; processors half busy, disks at most four fifths full."
        ).format(bytes=number(sizing.EVENT_BYTES), rate=number(sizing.EVENTS_PER_CPU_S), packed=sizing.PACKED)
    )


def _write_json(record: object) -> None:
    from vonggac.cli.findings import json_bytes
    from vonggac.cli.output import output

    with output(None) as write:
        write(json_bytes(record) + b"\n")
