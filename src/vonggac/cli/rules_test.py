"""``vonggac rules test``: rules against cases of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _, ngettext, number, tell
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_

if TYPE_CHECKING:
    from vonggac.jobs.rule_tests import Outcome


@click.command(
    cls=Command,
    name="test",
    help=N_(
        "Try rules on their cases: logs that SigmaHQ's rules name (regression_tests_path, info.yml), and YAML files of hits and near "
        "misses. Without RULES the starter pack is tried. The exit status is 1 when a case fails."
    ),
    examples=(
        ("vonggac rules test sigma/rules/windows", N_("SigmaHQ's rules, on the logs that they name")),
        ("vonggac rules test rules/ --cases cases.yml", N_("your own rules, on your own cases")),
    ),
)
@click.argument("rules", metavar="[RULES...]", nargs=-1)
@option(
    "--cases",
    metavar="PATH",
    multiple=True,
    help=N_("A file of cases, or a folder with such files and info.yml files; may be repeated."),
)
@click.pass_obj
def test(settings: Settings, rules: Sequence[str], cases: Sequence[str]) -> int:
    """Try all cases, name those that fail, return 1 if any does."""
    from vonggac.cli.scan import tell_faults, tell_rule_faults
    from vonggac.jobs import rule_tests
    from vonggac.jobs.rules import load_rules, named_rules, rule_files

    paths = named_rules(rules, settings.data_dir)
    loaded = load_rules(paths, settings.cache_dir)
    is_whole = tell_rule_faults(loaded)
    wanted = [
        *rule_tests.cases_of_rules(rule_files(paths) if paths else ()),
        *rule_tests.read_cases([Path(path) for path in cases]),
    ]
    absent = [case for case in wanted if case.fault]
    if absent:
        text = ngettext(
            "{n} rule names cases that are not there:", "{n} rules name cases that are not there:", len(absent)
        )
        tell_faults(text.format(n=number(len(absent))), [case.place for case in absent])
    outcomes = rule_tests.try_cases(loaded.ruleset, [case for case in wanted if not case.fault])
    failed = [outcome for outcome in outcomes if not outcome.is_right]
    for outcome in failed:
        click.echo(visible(told(outcome)))
    rules_tried = {outcome.title for outcome in outcomes}
    click.echo(
        ", ".join(
            (
                ngettext("{n} case tried", "{n} cases tried", len(outcomes)).format(n=number(len(outcomes))),
                ngettext("of {n} rule", "of {n} rules", len(rules_tried)).format(n=number(len(rules_tried))),
                ngettext("{n} failed", "{n} failed", len(failed)).format(n=number(len(failed))),
            )
        )
    )
    return 1 if failed else 0 if is_whole and not absent else 4


def told(outcome: Outcome) -> str:
    """One line: where the case stands, which rule, what was expected and what was found."""
    case = outcome.case
    if outcome.fault is not None:
        return f"{outcome.title}: {tell(outcome.fault)}"
    expected = _("at least one finding") if case.count is None else findings(case.count)
    return _("{place}: {rule}: expected {expected}, found {found}").format(
        place=case.place, rule=outcome.title, expected=expected, found=findings(outcome.found)
    )


def findings(count: int) -> str:
    """``count`` findings in words."""
    return ngettext("{n} finding", "{n} findings", count).format(n=number(count)) if count else _("no finding")
