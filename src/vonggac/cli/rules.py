"""``vonggac rules``: check rule files, list the rules in them; the other verbs of the group have files of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Group, option
from vonggac.cli.language import _, ngettext, number, tell
from vonggac.cli.rules_fetch import fetch
from vonggac.cli.rules_stats import stats
from vonggac.cli.rules_test import test
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_

if TYPE_CHECKING:
    from vonggac.cli.tables import Table
    from vonggac.detectors.sigma import RuleSet
    from vonggac.events.finding import RuleInfo

FORMATS = ("table", "jsonl", "csv")


@click.group(
    cls=Group,
    name="rules",
    help=N_("Check, list, fetch and try Sigma rules."),
    examples=(
        ("vonggac rules check rules/", N_("all faults of all rules in a folder, each with its place")),
        ("vonggac rules list", N_("the starter pack")),
    ),
)
def command() -> None:
    """The group itself does nothing."""


for _verb in (fetch, stats, test):
    command.add_command(_verb)


@command.command(
    "check",
    help=N_("Check Sigma rules and show every fault with its place. The exit status is 1 when there are faults."),
    examples=(
        ("vonggac rules check rules/", N_("a folder with all below it")),
        ("vonggac rules check new-rule.yml", N_("one file")),
    ),
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.pass_obj
def check(settings: Settings, paths: Sequence[str]) -> int:
    """Compile everything anew, show faults on standard output, return 1 if there are any."""
    from vonggac.detectors.sigma import compile_rules
    from vonggac.jobs.rules import named_rules, read_rules, rule_files

    texts, unreadable = read_rules(rule_files(named_rules(paths, settings.data_dir)))
    ruleset = compile_rules(texts)
    faults = [*unreadable, *ruleset.faults]
    for fault in faults:
        click.echo(visible(tell(fault)))
    n_usable = len(ruleset.infos())
    click.echo(
        ", ".join(
            (
                ngettext("{n} file", "{n} files", len(texts) + len(unreadable)).format(
                    n=number(len(texts) + len(unreadable))
                ),
                ngettext("{n} rule can be used", "{n} rules can be used", n_usable).format(n=number(n_usable)),
                ngettext("{n} fault", "{n} faults", len(faults)).format(n=number(len(faults))),
            )
        )
    )
    return 1 if faults or not n_usable else 0


@command.command(
    "list",
    help=N_("List the rules in files and folders; without PATH, the starter pack."),
    examples=(
        ("vonggac rules list", N_("the starter pack")),
        ("vonggac rules list rules/ --format csv > rules.csv", N_("for a spreadsheet")),
    ),
)
@click.argument("paths", metavar="[PATH...]", nargs=-1)
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help=N_("A table, one JSON object per rule, or CSV."),
)
@click.pass_obj
def list_rules(settings: Settings, paths: Sequence[str], form: str) -> int:
    """Write the rules that can be used; those that cannot are named on standard error."""
    from vonggac.cli.findings import csv_line, json_bytes
    from vonggac.cli.output import output
    from vonggac.cli.safe import visible_json
    from vonggac.cli.scan import tell_rule_faults
    from vonggac.cli.tables import draw
    from vonggac.jobs.rules import load_rules, named_rules

    loaded = load_rules(named_rules(paths, settings.data_dir), settings.cache_dir)
    is_whole = tell_rule_faults(loaded)
    rules = _listed(loaded.ruleset)
    with output(None) as write:
        if form == "csv":
            write(csv_line(("id", "title", "level", "logsource", "tags", "author", "place")))
            for info, source, place in rules:
                write(csv_line((info.id, info.title, info.level, source, " ".join(info.tags), info.author, place)))
        elif form == "jsonl":
            for rule in rules:
                write(visible_json(json_bytes(_as_json(*rule))) + b"\n")
        else:
            write(draw([_table(rules)]))
            write(f"{_told(len(rules), len(loaded.ruleset.silent))}\n".encode())
    return 0 if is_whole else 4


def _listed(ruleset: RuleSet) -> list[tuple[RuleInfo, str, str]]:
    """The rules that give findings, the most severe first, each with its log source and its place."""
    from vonggac.events.finding import LEVELS

    rules = [
        *((rule.info, str(rule.logsource), rule.place) for rule in ruleset.rules),
        *((one.info, f"correlation={one.kind}", one.place) for one in ruleset.correlations),
    ]
    heard = [rule for rule in rules if rule[0].id not in ruleset.silent]
    return sorted(heard, key=lambda rule: (-LEVELS.index(rule[0].level), rule[0].title, rule[0].id))


def _as_json(info: RuleInfo, source: str, place: str) -> dict[str, object]:
    return {
        "id": info.id,
        "title": info.title,
        "level": info.level,
        "logsource": source,
        "tags": info.tags,
        "author": info.author,
        "references": info.references,
        "description": info.description,
        "falsepositives": info.falsepositives,
        "place": place,
    }


def _table(rules: Sequence[tuple[RuleInfo, str, str]]) -> Table:
    from vonggac.cli.findings import LEVEL_STYLES, LEVEL_WORDS
    from vonggac.cli.scan import title_of
    from vonggac.cli.tables import Table

    table = Table(_("Rules"), (_("Severity"), _("Rule"), _("Log source"), _("Identifier")))
    for info, source, _place in rules:
        table.add((_(LEVEL_WORDS[info.level]), title_of(info), source, info.id), LEVEL_STYLES.get(info.level, ""))
    return table


def _told(n_listed: int, n_silent: int) -> str:
    said = ngettext("{n} rule", "{n} rules", n_listed).format(n=number(n_listed))
    if n_silent:
        text = ngettext(
            "{n} that only correlations count is not listed",
            "{n} that only correlations count are not listed",
            n_silent,
        )
        said += "; " + text.format(n=number(n_silent))
    return said
