"""``vonggac scan``: logs through rules and indicator lists to findings."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command, option
from vonggac.cli.formats import FORMATS
from vonggac.cli.language import _, current, ngettext, number
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_, UsageError

if TYPE_CHECKING:
    from vonggac.cli.formats.format import Format
    from vonggac.detectors.detector import Detector
    from vonggac.detectors.sigma import RuleSet
    from vonggac.events.finding import RuleInfo
    from vonggac.jobs.rules import LoadedRules
    from vonggac.jobs.scan import Plan, Summary
    from vonggac.sources.source import Options

LEVEL_NAMES = ("informational", "low", "medium", "high", "critical")
"""The same as ``events.finding.LEVELS``, here so that help needs no heavy import (a test compares them)."""

SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for."""

    paths: Sequence[str]
    rules: Sequence[str] = ()
    indicators: Sequence[str] = ()
    start: str = ""
    end: str = ""
    level: str = LEVEL_NAMES[0]
    fail_level: str | None = None
    jobs: int | None = None
    format: str = FORMATS[0]
    output: str = ""
    source: str = ""
    zone: str = ""
    year: int | None = None
    mapping: Sequence[str] = ()
    no_progress: bool = False


@click.command(
    cls=Command,
    name="scan",
    help=N_(
        "Look for what rules and indicator lists describe in logs. "
        "PATH is a file, a folder, a pattern such as 'logs/*.evtx', or - for standard input; compressed files and archives "
        "are read through. The format of each log is found by its content. Without --rules the starter pack runs, also "
        "beside --indicators."
    ),
    examples=(
        ("vonggac scan logs/", N_("the starter pack on all logs in a folder")),
        (
            "vonggac scan Security.evtx --rules sigma/rules --level high",
            N_("your own Sigma rules, severe findings only"),
        ),
        (
            "vonggac scan logs/ --indicators botnet.xlsx --format jsonl --output findings.jsonl",
            N_("a warning list too, findings as JSON lines into a file"),
        ),
        (
            "zcat auth.log.gz | vonggac scan - --source syslog --year 2026 --from 2026-02-14 --to 2026-02-20",
            N_("standard input, one period"),
        ),
        (
            "vonggac scan logs/ --fail-level high || notify",
            N_("a status for scripts: 10 when something severe was found"),
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
@option(
    "--indicators",
    metavar="LIST",
    multiple=True,
    help=N_("A list of addresses, domains, URLs or hashes (XLSX, CSV, text, DOCX, PDF); may be repeated."),
)
@option(
    "--from", "start", metavar="TIME", default="", help=N_("Only events from this time on, such as 2026-02-14T08:00.")
)
@option(
    "--to",
    "end",
    metavar="TIME",
    default="",
    help=N_("Only events before this time; a date alone includes its whole day."),
)
@option(
    "--level",
    type=click.Choice(LEVEL_NAMES),
    default=LEVEL_NAMES[0],
    show_default=True,
    help=N_("Only findings of this level and above."),
)
@option(
    "--fail-level",
    type=click.Choice(LEVEL_NAMES),
    default=None,
    help=N_("Exit with status 10 when there is a finding of this level or above."),
)
@option(
    "--jobs",
    metavar="N",
    type=click.IntRange(0, 256),
    default=None,
    help=N_("Worker processes; 0, the default, is one per processor."),
)
@option(
    "--format",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help=N_(
        "Tables that sum up, one JSON object per finding, CSV, a page for a browser, SARIF, events of the Elastic Common "
        "Schema, or CSV for Timesketch."
    ),
)
@option("--output", metavar="FILE", default="", help=N_("Write to this file, which appears only when it is whole."))
@option(
    "--source",
    metavar="NAME",
    default="",
    help=N_("The format of the logs, instead of finding it (see vonggac sources)."),
)
@option(
    "--zone",
    metavar="ZONE",
    default="",
    help=N_("Time zone of log times that name none, such as +07:00 or Asia/Ho_Chi_Minh."),
)
@option(
    "--year",
    type=click.IntRange(1970, 9999),
    metavar="YEAR",
    default=None,
    help=N_("Year of log dates that name none."),
)
@option(
    "--mapping",
    metavar="FIELD=NAME",
    multiple=True,
    help=N_("Give a field of a CSV or JSON log the name that rules know; may be repeated."),
)
@option("--no-progress", is_flag=True, help=N_("No progress bar."))
@click.pass_obj
def command(settings: Settings, /, **asked: object) -> int:
    """Scan, show the findings, and return the exit status."""
    return run(Request(**asked), settings)  # type: ignore[arg-type]  # click has checked the types


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is needed to carry out a request. ``is_whole``: all rules and lists could be read."""

    plan: Plan
    form: Format
    is_whole: bool


def run(request: Request, settings: Settings) -> int:
    """Carry out ``request``; the exit status."""
    from vonggac.cli.output import output
    from vonggac.cli.progress import progress
    from vonggac.jobs.inputs import Inputs
    from vonggac.jobs.scan import scan

    prepared = _prepared(request, settings)
    form = prepared.form
    inputs = Inputs(request.paths)
    with output(request.output or None) as write:
        _write(write, form.begin())
        with progress(not request.no_progress, inputs.total_bytes(), inputs.position) as report:
            summary = scan(inputs, prepared.plan, lambda part: _write(write, form.add(part)), report)
        for piece in form.end(summary):
            _write(write, piece)
    lines = _closing(summary)
    click.echo("\n".join(lines), err=request.format != "table" or bool(request.output))
    return status(summary, request.fail_level, is_whole=prepared.is_whole)


def _write(write: Callable[[bytes], object], part: bytes) -> None:
    if part:
        write(part)


def _closing(summary: Summary) -> list[str]:
    from vonggac.cli import findings

    lines = findings.closing(summary)
    if not summary.n_findings and summary.n_events:
        lines.append(_("Nothing found."))
    return lines


def status(summary: Summary, fail_level: str | None, *, is_whole: bool) -> int:
    """The exit status that ``summary`` deserves; ``is_whole``: the rules and lists could all be read."""
    if summary.is_nothing_read():
        return 3
    if fail_level and summary.reaches(fail_level):
        return 10
    return 4 if summary.has_faults() or not is_whole else 0


def _prepared(request: Request, settings: Settings) -> _Prepared:
    from vonggac.cli import findings, formats
    from vonggac.cli.formats.format import Context
    from vonggac.jobs.scan import Plan, Reading
    from vonggac.sources import by_name

    if request.source:
        by_name(request.source)
    options = reading_options(request.zone, request.year, request.mapping, settings)
    period = (moment(request.start, "--from", options, 0), moment(request.end, "--to", options, 1))
    if period[0] is not None and period[1] is not None and period[0] >= period[1]:
        raise UsageError(N_("the period ends before it begins"), where="--from, --to")
    detectors, ruleset, is_whole = _detectors(request, settings)
    infos = [*(rule.info for rule in ruleset.rules), *(one.info for one in ruleset.correlations)]
    context = Context(
        titles={info.id: title_of(info) for info in infos},
        rules={rule.info.id: rule for rule in ruleset.rules},
        infos={info.id: info for info in infos},
        inputs=request.paths,
        asked=_asked(request),
        zone=options.zone,
        closing=findings.closing,
        is_file=bool(request.output),
    )
    form = formats.make(request.format, context)
    plan = Plan(
        detectors=detectors,
        correlations=ruleset.correlations,
        silent=ruleset.silent,
        reading=Reading(options, request.source),
        period=period,
        level=request.level,
        render=form.render,
        jobs=request.jobs or settings.jobs or len(os.sched_getaffinity(0)),
    )
    return _Prepared(plan, form, is_whole)


def _asked(request: Request) -> list[tuple[str, str]]:
    """What was asked for beside the inputs, for a page that is read later."""
    from vonggac.cli.findings import LEVEL_WORDS

    asked = [
        (_("Rules"), ", ".join(request.rules) or _("the starter pack")),
        (_("Indicators"), ", ".join(request.indicators)),
        (_("Period"), " – ".join((request.start or "…", request.end or "…")) if request.start or request.end else ""),
        (_("From level"), _(LEVEL_WORDS[request.level]) if request.level != LEVEL_NAMES[0] else ""),
    ]
    return [(name, value) for name, value in asked if value]


def reading_options(zone: str, year: int | None, mapping: Sequence[str], settings: Settings) -> Options:
    """What the command line and the settings say of the logs."""
    from vonggac.config import zone_from
    from vonggac.sources.source import Options

    names: dict[str, str] = {}
    for entry in mapping:
        native, equals, name = entry.partition("=")
        if not (native and equals and name):
            raise UsageError(N_("“{entry}” is no mapping; expected FIELD=NAME"), where="--mapping", entry=entry)
        names[native] = name
    return Options(zone_from(zone, "--zone") if zone else zone_from(settings.zone), year, names)


def moment(text: str, flag: str, options: Options, add_days: int) -> int | None:
    """The time ``text`` that ``flag`` was given, in microseconds; a date alone is its beginning, ``add_days`` later."""
    from datetime import date, datetime, timedelta

    from vonggac.events.times import parse_time

    if not text:
        return None
    try:
        day = datetime.combine(date.fromisoformat(text), datetime.min.time()) + timedelta(days=add_days)
        found = parse_time(day.isoformat(), options.zone)
    except (ValueError, OverflowError):
        found = parse_time(text, options.zone)
    if found is None:
        raise UsageError(
            N_("“{text}” is no time; expected for example 2026-02-14 or 2026-02-14T08:00+07:00"), where=flag, text=text
        )
    return found


def _detectors(request: Request, settings: Settings) -> tuple[list[Detector], RuleSet, bool]:
    """The detectors, the Sigma rules, and whether all that was asked for could be read."""
    from vonggac.detectors.sigma import SigmaDetector
    from vonggac.jobs.rules import load_rules, named_rules

    loaded = load_rules(named_rules(request.rules, settings.data_dir), settings.cache_dir)
    is_whole = tell_rule_faults(loaded)
    detectors: list[Detector] = [SigmaDetector(loaded.ruleset, store=loaded.cache)]
    if request.indicators:
        from vonggac.cli.lists import read_lists
        from vonggac.detectors.indicators.detector import IndicatorDetector

        lists = read_lists(request.indicators, settings)
        detectors.append(IndicatorDetector(lists.indicators))
        is_whole = is_whole and lists.is_whole
    return detectors, loaded.ruleset, is_whole


def title_of(info: RuleInfo) -> str:
    """The title of a rule, in Vietnamese for a reader of Vietnamese where it has one."""
    return (info.title_vi if current() == "vi" else "") or info.title


def tell_rule_faults(loaded: LoadedRules) -> bool:
    """Name the rules that cannot be used; whether all could be used."""
    ruleset = loaded.ruleset
    faults = [f"{place}: {reason}" for place, reason in loaded.unreadable]
    faults += [f"{fault.place}: {fault.message}" for fault in ruleset.faults]
    if faults:
        text = ngettext(
            "{n} rule cannot be used; the other {used} run:",
            "{n} rules cannot be used; the other {used} run:",
            len(faults),
        )
        tell_faults(
            text.format(n=number(len(faults)), used=number(len(ruleset.rules) + len(ruleset.correlations))), faults
        )
    return not faults


def tell_faults(heading: str, faults: Sequence[str]) -> None:
    """Name what cannot be used on standard error: all of a few, the first of many."""
    click.echo(visible(heading), err=True)
    for fault in faults[:SHOWN_FAULTS]:
        click.echo("  " + visible(fault), err=True)
    if len(faults) > SHOWN_FAULTS:
        click.echo("  " + _("and {n} more").format(n=number(len(faults) - SHOWN_FAULTS)), err=True)
