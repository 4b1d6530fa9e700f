"""``vonggac explain``: why a rule matches an event, or why not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_, InputError, UsageError

if TYPE_CHECKING:
    from vonggac.detectors.sigma import Rule
    from vonggac.detectors.sigma.explain import Part
    from vonggac.detectors.sigma.ruleset import Correlation
    from vonggac.events.batch import EventBatch


@click.command(
    cls=Command,
    name="explain",
    help=N_(
        "Show which parts of RULE match EVENT, which do not, and on which value. RULE is a rule file, or the identifier or title "
        "of a rule of the starter pack or of --rules; EVENT is a log file of any format, or - for standard input. The exit "
        "status is 0 whether the rule matches or not."
    ),
    examples=(
        ("vonggac explain rule.yml Security.evtx --record 1834", N_("one record of a log")),
        (
            "echo '{\"EventID\": 1102}' | vonggac explain rule.yml - --source windows_json",
            N_("an event from standard input"),
        ),
    ),
)
@click.argument("rule", metavar="RULE")
@click.argument("event", metavar="EVENT")
@option(
    "--record",
    metavar="N",
    type=click.IntRange(0),
    default=None,
    help=N_("Number of the record in EVENT; the first event unless given."),
)
@option(
    "--rules", metavar="PATH", multiple=True, help=N_("Where RULE is looked up when it is no file; may be repeated.")
)
@option(
    "--source",
    metavar="NAME",
    default="",
    help=N_("The format of the logs, instead of finding it (see vonggac sources)."),
)
@click.pass_obj
def command(settings: Settings, rule: str, event: str, record: int | None, rules: tuple[str, ...], source: str) -> int:
    """Explain every rule that RULE names on the event."""
    from vonggac.detectors.sigma.explain import explain

    chosen, correlations = _rules(rule, rules, settings)
    batch, row = _event(event, record, source, settings)
    for correlation in correlations:
        click.echo(visible(_over(correlation)))
    for one in chosen:
        click.echo("\n".join(visible(line) for line in tree(explain(one, batch, row))))
    return 0


def tree(part: Part, stem: str = "", branch: str = "") -> Iterator[str]:
    """The lines of a tree: a mark, what is asked, and the values that decided it."""
    mark = "✔" if part.matched else "✘"
    asked = f"{part.field} {part.label}" if part.field else part.label
    line = f"{stem}{branch}{mark} {asked}"
    if not part.children:
        line += " ← " + (", ".join(map(repr, part.values)) if part.values else _("(the event has no such field)"))
    yield line
    below = stem + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
    for child in part.children:
        yield from tree(child, below, "└─ " if child is part.children[-1] else "├─ ")


def _over(one: Correlation) -> str:
    """What a correlation says of the rules that are explained after it."""
    return _("{title}: {kind} by {fields} within {seconds} s, over the rules below").format(
        title=one.info.title, kind=one.kind, fields=", ".join(one.group_by) or "–", seconds=one.timespan_us // 1_000_000
    )


def _rules(rule: str, rules: tuple[str, ...], settings: Settings) -> tuple[list[Rule], list[Correlation]]:
    """The rules meant, those that correlations meant refer to too, and these correlations."""
    from vonggac.cli.scan import tell_rule_faults
    from vonggac.detectors.tuning import names
    from vonggac.jobs.rules import load_rules, named_rules

    path = Path(rule)
    if path.is_file():
        loaded = load_rules([path], None)
        tell_rule_faults(loaded)
        return list(loaded.ruleset.rules), list(loaded.ruleset.correlations)
    loaded = load_rules(named_rules(rules, settings.data_dir), settings.cache_dir)
    found = loaded.ruleset.keeping(partial(names, rule))
    if not found.rules:
        raise UsageError(N_("neither a rule file nor the identifier or title of a rule"), where=rule)
    return list(found.rules), list(found.correlations)


def _event(event: str, record: int | None, source: str, settings: Settings) -> tuple[EventBatch, int]:
    from vonggac.cli.language import tell
    from vonggac.cli.scan import reading_options
    from vonggac.events.skips import REASONS
    from vonggac.jobs.inputs import Inputs
    from vonggac.jobs.scan import Reading, Summary, batches
    from vonggac.sources import by_name

    if source:
        by_name(source)
    summary = Summary()
    reading = Reading(reading_options("", None, (), settings), source)
    for _name, batch in batches(Inputs([event]), reading, summary):
        for row in range(batch.n_rows):
            if record is None or batch.record(row) == record:
                return batch, row
    for _name, error in summary.unreadable:
        raise InputError(N_("the event could not be read: {reason}"), where=event, reason=tell(error))
    if record is not None and summary.n_events:
        raise UsageError(N_("there is no event with record number {record}"), where=event, record=record)
    reasons = ", ".join(_(REASONS.get(reason, reason)) for reason in summary.skipped)
    raise InputError(N_("no event in it ({reasons})"), where=event, reasons=reasons or _("it is empty"))
