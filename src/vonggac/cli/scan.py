"""``vonggac scan``: logs through rules and indicator lists to findings."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.command import Command, option
from vonggac.cli.formats import FORMATS
from vonggac.cli.language import _, current, ngettext, number, tell
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_, UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

    from vonggac.cli.formats.format import Format
    from vonggac.cli.selecting import Chosen
    from vonggac.detectors.detector import Detector
    from vonggac.events.finding import RuleInfo
    from vonggac.jobs.rules import LoadedRules
    from vonggac.jobs.scan import Period, Plan, Summary
    from vonggac.jobs.since import Since
    from vonggac.sources.source import Options

LEVEL_NAMES = ("informational", "low", "medium", "high", "critical")
"""The same as ``events.finding.LEVELS``, here so that help needs no heavy import (a test compares them)."""

SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for."""

    paths: Sequence[str]
    rules: Sequence[str] = ()
    no_rules: bool = False
    indicators: Sequence[str] = ()
    start: str = ""
    end: str = ""
    since: str = ""
    tuning: str = ""
    include_rule: Sequence[str] = ()
    exclude_rule: Sequence[str] = ()
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
            "vonggac scan /var/log/firewall/ --indicators botnet.xlsx --no-rules",
            N_("the warning list alone, as fast as text can be looked through"),
        ),
        (
            "zcat auth.log.gz | vonggac scan - --source syslog --year 2026 --from 2026-02-14 --to 2026-02-20",
            N_("standard input, one period"),
        ),
        (
            "vonggac scan logs/ --format html --output report.html",
            N_("one page for a browser: when, which hosts, which rules, the events with what matched marked"),
        ),
        (
            "vonggac scan /var/log --since last --format ecs --output new.jsonl",
            N_("every hour: only what is new since the last run"),
        ),
        (
            "vonggac scan logs/ --rules sigma --include-rule 'attack.t1059*' --tuning tuning.yml",
            N_("some rules only, with the levels and exceptions of this site"),
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
    "--no-rules",
    is_flag=True,
    help=N_("No Sigma rules, the lists of --indicators alone: text logs are then read several times as fast."),
)
@option(
    "--indicators",
    metavar="LIST",
    multiple=True,
    help=N_(
        "A list of addresses, domains, URLs or hashes (XLSX, CSV, text, DOCX, PDF, a scan, STIX, MISP, a hosts file, a DNS policy zone); may be repeated."
    ),
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
    "--since",
    metavar="last|TIME",
    default="",
    help=N_(
        "Only what is new since the last run of the same question (last), or events of the last 30m, 2h, 3d, 1w, or from a "
        "time on."
    ),
)
@option(
    "--tuning",
    metavar="FILE",
    default="",
    help=N_("Levels of rules, rules turned off, and exceptions for hosts and values (YAML)."),
)
@option(
    "--include-rule",
    metavar="RULE",
    multiple=True,
    help=N_("Only rules with this identifier, title or tag, with * and ?, such as 'attack.t1059*'; may be repeated."),
)
@option(
    "--exclude-rule",
    metavar="RULE",
    multiple=True,
    help=N_("Without rules with this identifier, title or tag, with * and ?; may be repeated."),
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
    """What is needed to carry out a request. ``closing``: the last lines. ``is_whole``: all rules and lists could be read."""

    plan: Plan
    form: Format
    closing: Callable[[Summary], list[str]]
    is_whole: bool


def run(request: Request, settings: Settings) -> int:
    """Carry out ``request``; the exit status."""
    from vonggac.cli.output import output
    from vonggac.cli.progress import progress
    from vonggac.jobs.inputs import Inputs
    from vonggac.jobs.scan import scan

    prepared = _prepared(request, settings)
    form = prepared.form
    since = prepared.plan.since
    inputs = Inputs(request.paths, follow=since)
    with output(request.output or None) as write:
        _write(write, form.begin())
        with progress(not request.no_progress, inputs.total_bytes(), inputs.position) as report:
            summary = scan(inputs, prepared.plan, lambda part: _write(write, form.add(part)), report)
        for piece in form.end(summary):
            _write(write, piece)
    if since is not None:
        since.save(file for file, _error in summary.unreadable)
    click.echo("\n".join(prepared.closing(summary)), err=request.format != "table" or bool(request.output))
    return status(summary, request.fail_level, is_whole=prepared.is_whole)


def _write(write: Callable[[bytes], object], part: bytes) -> None:
    if part:
        write(part)


def status(summary: Summary, fail_level: str | None, *, is_whole: bool) -> int:
    """The exit status that ``summary`` deserves; ``is_whole``: the rules and lists could all be read."""
    if summary.is_nothing_read():
        return 3
    if fail_level and summary.reaches(fail_level):
        return 10
    return 4 if summary.has_faults() or not is_whole else 0


def _prepared(request: Request, settings: Settings) -> _Prepared:
    from vonggac.cli import formats
    from vonggac.cli.formats.format import Context
    from vonggac.jobs.scan import Plan, Reading
    from vonggac.sources import by_name

    if request.source:
        by_name(request.source)
    options = reading_options(request.zone, request.year, request.mapping, settings)
    period = _period(request, options)
    detectors, chosen, is_whole = _detectors(request, settings)
    ruleset = chosen.loaded.ruleset
    since = _since(request, settings, chosen, period)
    closing = partial(_closing, chosen=chosen, since=since, zone=options.zone)
    infos = ruleset.infos()
    context = Context(
        titles={info.id: title_of(info) for info in infos},
        rules={rule.info.id: rule for rule in ruleset.rules},
        infos={info.id: info for info in infos},
        inputs=request.paths,
        asked=_asked(request),
        zone=options.zone,
        closing=closing,
        is_file=bool(request.output),
    )
    form = formats.make(request.format, context)
    plan = Plan(
        detectors=detectors,
        correlations=ruleset.correlations,
        silent=ruleset.silent,
        tuning=chosen.tuning,
        since=since,
        reading=Reading(options, request.source),
        period=period,
        level=request.level,
        render=form.render,
        jobs=request.jobs or settings.jobs or len(os.sched_getaffinity(0)),
    )
    return _Prepared(plan, form, closing, is_whole)


def _period(request: Request, options: Options) -> Period:
    """The period asked for; raises UsageError."""
    from vonggac.cli import selecting

    start = moment(request.start, "--from", options, 0)
    if request.since and request.since != selecting.LAST:
        if request.start:
            raise UsageError(N_("both say when the period begins"), where="--since, --from")
        start = selecting.stretch(request.since, selecting.now())
        start = moment(request.since, "--since", options, 0) if start is None else start
    period = (start, moment(request.end, "--to", options, 1))
    if period[0] is not None and period[1] is not None and period[0] >= period[1]:
        raise UsageError(N_("the period ends before it begins"), where="--from, --to")
    return period


def _since(request: Request, settings: Settings, chosen: Chosen, period: Period) -> Since | None:
    """What earlier runs of the same question have read; None when that was not asked."""
    from vonggac.cli import selecting

    if request.since != selecting.LAST:
        return None
    from vonggac.jobs.since import Since, question

    rules = chosen.loaded.ruleset.to_json()
    asked = {
        "inputs": [path if path == "-" else str(Path(path).absolute()) for path in request.paths],
        "rules": [rules["rules"], rules["correlations"], rules["silent"]],
        "tuning": [repr(entry) for entry in chosen.tuning.entries] if chosen.tuning else [],
        "indicators": [_content(Path(path)) for path in request.indicators],
        "period": period,
        "level": request.level,
        "reading": [request.source, request.zone or settings.zone, request.year, sorted(request.mapping)],
    }
    return Since(settings.data_dir / "scan" / f"{question(asked)}.json", int(selecting.now()))


def _content(path: Path) -> str:
    """A digest of a list, or of all files of a folder; empty for what cannot be read, which was told already."""
    import hashlib

    digest = hashlib.blake2b(digest_size=16)
    try:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(str(file).encode("utf-8", "surrogateescape") + b"\0")
                with file.open("rb") as stream:
                    while chunk := stream.read(1 << 20):
                        digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def _closing(summary: Summary, *, chosen: Chosen, since: Since | None, zone: tzinfo) -> list[str]:
    from vonggac.cli import findings, selecting

    lines = [*findings.closing(summary), *map(visible, selecting.closing(summary, chosen, since, zone))]
    if not summary.n_findings and summary.n_events:
        lines.append(_("Nothing found."))
    return lines


def _asked(request: Request) -> list[tuple[str, str]]:
    """What was asked for beside the inputs, for a page that is read later."""
    from vonggac.cli.findings import LEVEL_WORDS

    asked = [
        (_("Rules"), _("none") if request.no_rules else ", ".join(request.rules) or _("the starter pack")),
        (_("Indicators"), ", ".join(request.indicators)),
        (_("Period"), " – ".join((request.start or "…", request.end or "…")) if request.start or request.end else ""),
        (_("Since"), _("the last run") if request.since == "last" else request.since),
        (_("Only rules"), ", ".join(request.include_rule)),
        (_("Without rules"), ", ".join(request.exclude_rule)),
        (_("Tuning"), request.tuning),
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


def _detectors(request: Request, settings: Settings) -> tuple[list[Detector], Chosen, bool]:
    """The detectors, the Sigma rules, and whether all that was asked for could be read."""
    from vonggac.cli.selecting import choose
    from vonggac.detectors.sigma import RuleSet, SigmaDetector
    from vonggac.jobs.rules import LoadedRules, load_rules, named_rules

    if request.no_rules:
        _check_without_rules(request)
        loaded = LoadedRules(RuleSet(), None, ())
    else:
        loaded = load_rules(named_rules(request.rules, settings.data_dir), settings.cache_dir)
    is_whole = tell_rule_faults(loaded)
    chosen = choose(
        loaded,
        request.tuning,
        request.include_rule,
        request.exclude_rule,
        with_indicators=bool(request.indicators),
    )
    loaded = chosen.loaded
    detectors: list[Detector] = [] if request.no_rules else [SigmaDetector(loaded.ruleset, store=loaded.cache)]
    if request.indicators:
        from vonggac.cli.lists import read_lists
        from vonggac.detectors.indicators.detector import IndicatorDetector

        lists = read_lists(request.indicators, settings)
        detectors.append(IndicatorDetector(lists.indicators))
        is_whole = is_whole and lists.is_whole
    return detectors, chosen, is_whole


def _check_without_rules(request: Request) -> None:
    """Raise UsageError where ``--no-rules`` leaves nothing to look for, or says the opposite of another option."""
    if not request.indicators:
        raise UsageError(N_("without rules there is nothing to look for: give --indicators"), where="--no-rules")
    for flag, value in (
        ("--rules", request.rules),
        ("--include-rule", request.include_rule),
        ("--exclude-rule", request.exclude_rule),
    ):
        if value:
            raise UsageError(N_("one asks for rules, the other for none"), where=f"--no-rules, {flag}")


def title_of(info: RuleInfo) -> str:
    """The title of a rule, in Vietnamese for a reader of Vietnamese where it has one."""
    return (info.title_vi if current() == "vi" else "") or info.title


def tell_rule_faults(loaded: LoadedRules) -> bool:
    """Name the rules that cannot be used; whether all could be used."""
    faults = [tell(fault) for fault in loaded.faults()]
    if faults:
        text = ngettext(
            "{n} rule cannot be used; the other {used} run:",
            "{n} rules cannot be used; the other {used} run:",
            len(faults),
        )
        tell_faults(text.format(n=number(len(faults)), used=number(len(loaded.ruleset.infos()))), faults)
    return not faults


def tell_faults(heading: str, faults: Sequence[str]) -> None:
    """Name what cannot be used on standard error: all of a few, the first of many."""
    click.echo(visible(heading), err=True)
    for fault in faults[:SHOWN_FAULTS]:
        click.echo("  " + visible(fault), err=True)
    if len(faults) > SHOWN_FAULTS:
        click.echo("  " + _("and {n} more").format(n=number(len(faults) - SHOWN_FAULTS)), err=True)
