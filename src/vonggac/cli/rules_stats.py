"""``vonggac rules stats``: what rules cost on given logs, what they find, which could match nothing of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _, current, ngettext, number
from vonggac.config import Settings
from vonggac.errors import N_

if TYPE_CHECKING:
    from vonggac.cli.output import Write
    from vonggac.cli.tables import Table
    from vonggac.jobs.rule_stats import Costs, RuleCost

FORMATS = ("table", "jsonl", "csv")
TOP = 25
"""Rules in the table; the other formats have all."""

COLUMNS = (
    "id", "title", "level", "logsource", "ms", "costly_ms", "share_ms", "literals", "costly", "values", "events", "findings",
    "never",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for."""

    paths: Sequence[str]
    rules: Sequence[str] = ()
    never: bool = False
    form: str = FORMATS[0]
    output: str = ""
    source: str = ""
    mapping: Sequence[str] = ()
    no_progress: bool = False


@click.command(
    cls=Command,
    name="stats",
    help=N_(
        "Run rules over logs and show what each costs, how often it finds something, and which could match nothing of these logs "
        "and why. Without --rules the starter pack is measured. It runs in one process and takes about twice as long as a scan."
    ),
    examples=(
        (
            "vonggac rules stats logs/ --rules sigma",
            N_("the costliest rules, and how many are of no use for these logs"),
        ),
        (
            "vonggac rules stats logs/ --rules sigma --never --format csv",
            N_("the rules that these logs cannot trigger"),
        ),
    ),
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@option(
    "--rules",
    metavar="PATH",
    multiple=True,
    help=N_("Sigma rules: a file, a folder, sigma for what was fetched, pack for the starter pack; may be repeated."),
)
@option("--never", is_flag=True, help=N_("Only the rules that could match nothing of these logs."))
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help=N_("A table, one JSON object per rule, or CSV."),
)
@option("--output", metavar="FILE", default="", help=N_("Write to this file, which appears only when it is whole."))
@option(
    "--source",
    metavar="NAME",
    default="",
    help=N_("The format of the logs, instead of finding it (see vonggac sources)."),
)
@option(
    "--mapping",
    metavar="FIELD=NAME",
    multiple=True,
    help=N_("Give a field of a CSV or JSON log the name that rules know; may be repeated."),
)
@option("--no-progress", is_flag=True, help=N_("No progress bar."))
@click.pass_obj
def stats(settings: Settings, /, **asked: object) -> int:
    """Measure, show, return the exit status."""
    return run(Request(**asked), settings)  # type: ignore[arg-type]  # click has checked the types


def run(request: Request, settings: Settings) -> int:
    """Carry out ``request``; the exit status."""
    from vonggac.cli.findings import faults
    from vonggac.cli.output import output
    from vonggac.cli.progress import progress
    from vonggac.cli.scan import reading_options, tell_rule_faults
    from vonggac.jobs.inputs import Inputs
    from vonggac.jobs.rule_stats import measure
    from vonggac.jobs.rules import load_rules, named_rules
    from vonggac.jobs.scan import Reading
    from vonggac.sources import by_name

    if request.source:
        by_name(request.source)
    reading = Reading(reading_options("", None, request.mapping, settings), request.source)
    loaded = load_rules(named_rules(request.rules, settings.data_dir), settings.cache_dir)
    is_whole = tell_rule_faults(loaded)
    inputs = Inputs(request.paths)
    with output(request.output or None) as write:
        with progress(not request.no_progress, inputs.total_bytes(), inputs.position) as report:
            costs = measure(inputs, loaded.ruleset, reading, report)
        _show(write, costs, request)
    closing = [
        _("{events} events, {findings} findings; reading took {read} s, judging {judged} s").format(
            events=number(costs.summary.n_events),
            findings=number(costs.summary.n_findings),
            read=decimal(costs.decoding_s),
            judged=decimal(costs.judging_s),
        ),
        *faults(costs.summary),
    ]
    click.echo("\n".join(closing), err=request.form != "table" or bool(request.output))
    if costs.summary.is_nothing_read():
        return 3
    return 4 if costs.summary.has_faults() or not is_whole else 0


def _show(write: Write, costs: Costs, request: Request) -> None:
    from vonggac.cli.findings import csv_line, json_bytes
    from vonggac.cli.safe import visible_json
    from vonggac.cli.tables import draw

    kept = (cost for cost in costs.rules if cost.never or not request.never)
    shown = sorted(kept, key=lambda cost: (-cost.seconds, cost.info.id))
    if request.form == "table":
        write(draw(tables(costs, shown), is_terminal=False if request.output else None))
        return
    if request.form == "csv":
        write(csv_line(COLUMNS))
    for cost in shown:
        row = _row(cost)
        write(csv_line(tuple(row.values())) if request.form == "csv" else visible_json(json_bytes(row)) + b"\n")


def _row(cost: RuleCost) -> dict[str, object]:
    """One rule under :data:`COLUMNS`."""
    info = cost.info
    values = (
        info.id,
        info.title,
        info.level,
        str(cost.logsource),
        round(cost.seconds * 1000, 3),
        round(cost.costly_s * 1000, 3),
        round(cost.share_s * 1000, 3),
        cost.n_literals,
        cost.n_costly,
        cost.n_values,
        cost.n_events,
        cost.n_findings,
        cost.never,
    )
    return dict(zip(COLUMNS, values, strict=True))


def tables(costs: Costs, shown: Sequence[RuleCost]) -> list[Table]:
    """The costliest rules, and how many could match nothing, by the reason."""
    from vonggac.cli.findings import LEVEL_STYLES, LEVEL_WORDS
    from vonggac.cli.scan import title_of
    from vonggac.cli.tables import Table
    from vonggac.jobs.rule_stats import REASONS

    top = Table(
        _("Rules by what they cost"),
        (_("Severity"), _("Rule"), _("ms"), _("of it costly"), _("Values"), _("Events of its source"), _("Findings")),
        numeric=(2, 3, 4, 5, 6),
    )
    for cost in shown[:TOP]:
        top.add(
            (
                _(LEVEL_WORDS[cost.info.level]),
                title_of(cost.info),
                decimal(cost.seconds * 1000),
                decimal(cost.costly_s * 1000),
                number(cost.n_values),
                number(cost.n_events),
                number(cost.n_findings),
            ),
            LEVEL_STYLES.get(cost.info.level, "") if cost.n_findings else "",
        )
    if rest := shown[TOP:]:
        text = ngettext("{n} other rule", "{n} other rules", len(rest)).format(n=number(len(rest)))
        spent = sum(cost.seconds for cost in rest) * 1000
        top.add(("", text, decimal(spent), decimal(sum(cost.costly_s for cost in rest) * 1000), "", "", ""), "dim")
    reasons = Counter(cost.never for cost in costs.rules if cost.never)
    never = Table(_("Rules that could match nothing of these logs"), (_("Reason"), _("Rules")), numeric=(1,))
    for reason, text in REASONS.items():
        if reasons[reason]:
            never.add((_(text), number(reasons[reason])))
    never.add((_("(rules that could match)"), number(sum(not cost.never for cost in costs.rules))), "dim")
    return [top, never]


def decimal(value: float) -> str:
    """A number with one decimal for a reader."""
    text = f"{value:,.1f}"
    return text.translate(str.maketrans(",.", ".,")) if current() == "vi" else text
