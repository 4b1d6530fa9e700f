"""Rules against cases of their own: what they must find and what stands just beside it.

Two kinds of case. SigmaHQ's: a rule's ``regression_tests_path`` names an ``info.yml`` with logs and how often the rule must match
in each. Ours: a YAML file of rule (identifier, title or name of its file) to ``hits`` and ``near_misses``, each an ``event`` in
the native fields of its ``source``, ``lines`` of a log, or a ``file``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from vonggac import sources
from vonggac.detectors.sigma import Rule, RuleSet, SigmaDetector
from vonggac.detectors.sigma.routing import routed_sources
from vonggac.detectors.sigma.ruleset import Correlation
from vonggac.errors import N_, InputError, RuleError, UsageError, VonggacError
from vonggac.events.batch import EventBatch
from vonggac.events.finding import RuleInfo
from vonggac.jobs.inputs import Inputs
from vonggac.jobs.rules import MAX_RULE_BYTES
from vonggac.jobs.scan import Plan, Reading, Summary, scan
from vonggac.sources.containers import is_climbing

HITS, NEAR_MISSES = "hits", "near_misses"
_CASE_KEYS = {"source", "event", "lines", "file", "count", "note"}
_SUFFIXES = (".yml", ".yaml")
_REGRESSION = re.compile(r"^regression_tests_path:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_IDENTIFIER = re.compile(r"^id:[ \t]*['\"]?([\w-]+)", re.MULTILINE)
_NUMBER = re.compile(r"\{n(?::0?(\d))?\}")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_TIMES = 100_000
"""How often one line of a case may be repeated."""
MAX_TEXT = 64 << 20
"""Characters of the log that the lines of one case stand for."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``rule``: identifier, title or file name without its ending; ``place``: where the case stands.

    ``count``: how many findings there must be, None for at least one. Of ``event``, ``text`` and ``file`` one is there.
    """

    rule: str
    place: str
    count: int | None = None
    source: str = ""
    event: Mapping[str, Any] | None = None
    text: bytes | None = None
    file: Path | None = None
    fault: str = ""
    """Why there is nothing to try: such a case is not for :func:`try_cases`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case gave: ``found`` findings of the rule; ``fault`` says why it could not be tried, None where it was."""

    case: Case
    title: str
    found: int = 0
    fault: VonggacError | None = None

    @property
    def is_right(self) -> bool:
        """Whether the rule gave what the case expects."""
        if self.fault:
            return False
        return self.found >= 1 if self.case.count is None else self.found == self.case.count


def cases_of_rules(files: Iterable[Path]) -> Iterator[Case]:
    """SigmaHQ's cases: those that the rules in ``files`` name by ``regression_tests_path``.

    The path is relative to the top of the repository: the nearest folder above the rule below which it is there.
    """
    for file in files:
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        for named in _REGRESSION.findall(text):
            yield from _regression_cases(file, named.strip("'\""))


def _regression_cases(rule: Path, named: str) -> Iterator[Case]:
    here = rule.absolute()
    root = None if is_climbing(named) else next((one for one in here.parents if (one / named).is_file()), None)
    if root is None:
        found = _IDENTIFIER.search(rule.read_text("utf-8"))
        yield Case(found[1] if found else rule.stem, str(rule), fault=N_("the cases that the rule names are not there"))
    else:
        yield from info_cases(root / named, root)


def info_cases(info: Path, root: Path) -> Iterator[Case]:
    """The cases of one ``info.yml`` of SigmaHQ, whose logs stand below ``root``."""
    document = _load(info)
    if not isinstance(document, dict):
        raise UsageError(N_("no map of cases"), where=str(info))
    try:
        rule = str(document["rule_metadata"][0]["id"])
        tests = document.get("regression_tests_info") or []
        for number, test in enumerate(tests, 1):
            path = str(test["path"])
            if is_climbing(path):
                raise UsageError(N_("the path of the cases leads out of the rules' folder"), where=str(info))
            count = test.get("match_count")
            yield Case(rule, f"{info}:{number}", count if count is None else int(count), file=root / path)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError):
        raise UsageError(
            N_("not as SigmaHQ writes cases: rule_metadata with an id, regression_tests_info with paths"),
            where=str(info),
        ) from None


def read_cases(paths: Sequence[Path]) -> Iterator[Case]:
    """The cases in files of ours, in ``info.yml`` files, and in the YAML files below folders."""
    for path in paths:
        if not path.exists():
            raise UsageError(N_("no such file or folder"), where=str(path))
        below = sorted(p for p in path.rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file())
        for file in below if path.is_dir() else [path]:
            if file.name == "info.yml":
                yield from info_cases(file, _root_of(file))
            else:
                yield from _own_cases(file, must_be=not path.is_dir())


def _root_of(info: Path) -> Path:
    """The folder that the paths in an ``info.yml`` are relative to: above ``regression_data``, else its own."""
    here = info.absolute()
    return next((parent.parent for parent in here.parents if parent.name == "regression_data"), here.parent)


def _own_cases(file: Path, *, must_be: bool) -> Iterator[Case]:
    document = _load(file)
    is_ours = isinstance(document, dict) and all(
        isinstance(by_kind, dict) and by_kind and not by_kind.keys() - {HITS, NEAR_MISSES}
        for by_kind in document.values()
    )
    if not is_ours or not document:
        if must_be:
            raise UsageError(N_("no map of rules to hits and near_misses"), where=str(file))
        return
    for rule, by_kind in document.items():
        for kind, cases in by_kind.items():
            if not isinstance(cases, list | None):
                raise UsageError(N_("the cases must be a list"), where=f"{file}: {rule}, {kind}")
            for number, case in enumerate(cases or [], 1):
                yield _own_case(file, str(rule), kind, number, case)


def _own_case(file: Path, rule: str, kind: str, number: int, case: Any) -> Case:
    place = f"{file}: {rule}, {kind} {number}"
    if not isinstance(case, dict) or set(case) - _CASE_KEYS:
        names = ", ".join(sorted(_CASE_KEYS))
        raise UsageError(N_("a case is a map of some of {names}"), where=place, names=names)
    forms = [name for name in ("event", "lines", "file") if name in case]
    if len(forms) != 1 or ("source" not in case and forms != ["file"]):
        raise UsageError(N_("a case has a source and either an event, lines or a file"), where=place)
    count = 0 if kind == NEAR_MISSES else case.get("count")
    if count is not None and (not isinstance(count, int) or count < 0):
        raise UsageError(N_("count must be a whole number"), where=place)
    found = Case(rule, place, count, str(case.get("source", "")))
    valid = list(routed_sources()) if forms == ["event"] else [source.name for source in sources.SOURCES]
    if found.source and found.source not in valid:
        names = ", ".join(valid)
        raise UsageError(
            N_("no source is called “{name}”; the sources are {valid}"), where=place, name=found.source, valid=names
        )
    if forms == ["event"]:
        if not isinstance(case["event"], dict):
            raise UsageError(N_("an event is a map of fields to values"), where=place)
        return replace(found, event={str(key): value for key, value in case["event"].items()})
    if forms == ["lines"]:
        return replace(found, text=_text(case["lines"], place))
    return replace(found, file=file.parent / str(case["file"]))


def _text(lines: Any, place: str) -> bytes:
    """The log that ``lines`` stand for; ``{n}`` and ``{n:02}`` in a repeated line are its number, from ``from`` or 1."""
    written: list[str] = []
    room = MAX_TEXT
    for entry in lines if isinstance(lines, list) else [lines]:
        line: Any = entry
        times: Any = 1
        first: Any = 1
        if isinstance(entry, dict) and not entry.keys() - {"line", "times", "from"}:
            line, times, first = entry.get("line"), entry.get("times", 1), entry.get("from", 1)
        are_numbers = isinstance(times, int) and isinstance(first, int) and times <= MAX_TIMES and abs(first) < 2**63
        if not isinstance(line, str) or not are_numbers:
            raise UsageError(N_("a line is a text, or a map of line, times and from"), where=place)
        room -= len(line) * max(times, 0)
        if room < 0:
            raise UsageError(
                N_("the lines stand for too much: at most {limit:,} characters"), where=place, limit=MAX_TEXT
            )
        written.extend(_numbered(line, number) for number in range(first, first + times))
    return ("\n".join(written) + "\n").encode("utf-8", "surrogateescape")


def _numbered(line: str, number: int) -> str:
    return _NUMBER.sub(lambda found: str(number).zfill(int(found[1] or 1)), line)


def _load(file: Path) -> Any:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_RULE_BYTES + 1)
        if len(data) > MAX_RULE_BYTES:
            raise UsageError(N_("longer than {limit:,} bytes"), where=str(file), limit=MAX_RULE_BYTES)
        return yaml.load(data, Loader=_LOADER)  # noqa: S506  # both are safe loaders
    except OSError as error:
        raise UsageError(
            N_("could not be opened or read: {reason}"), where=str(file), reason=error.strerror or str(error)
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(N_("not valid YAML: {reason}"), where=str(file), reason=reason) from None


# Trying them ---------------------------------------------------------------------------------------------------------


def try_cases(
    ruleset: RuleSet, cases: Sequence[Case], progress: Callable[[int], object] = lambda _n: None
) -> list[Outcome]:
    """Run every case against its rule alone; raises RuleError when there is not one case."""
    if not cases:
        raise RuleError(N_("not one case to try; --cases names files of cases"))
    by_name = _names(ruleset)
    outcomes = []
    known: dict[str, Trial] = {}
    for number, case in enumerate(cases, 1):
        info = by_name.get(case.rule)
        if info is None:
            fault = UsageError(N_("no rule of this identifier, title or file name"), where=case.place)
            outcomes.append(Outcome(case, case.rule, fault=fault))
        else:
            trial = known.get(info.id)
            if trial is None:
                trial = known[info.id] = Trial(ruleset, info)
            outcomes.append(trial.outcome(case))
        progress(number)
    return outcomes


def _names(ruleset: RuleSet) -> dict[str, RuleInfo]:
    """Identifier, title and file name to the rule; of a file with several the first that gives findings of its own."""
    found: dict[str, RuleInfo] = {}
    rules: list[Rule | Correlation] = [*ruleset.correlations, *ruleset.rules]
    loud = [rule for rule in rules if rule.info.id not in ruleset.silent]
    for rule in (*loud, *rules):
        stem = Path(rule.place.rpartition(":")[0]).stem
        for name in (rule.info.id, rule.info.title, stem):
            found.setdefault(name, rule.info)
    return found


class Trial:
    """One rule, with what it refers to."""

    def __init__(self, ruleset: RuleSet, info: RuleInfo) -> None:
        self._info = info
        kept = ruleset.keeping(lambda one: one.id == info.id)
        self._ruleset = replace(kept, silent=kept.silent - {info.id})
        self._detector = SigmaDetector(self._ruleset)

    def outcome(self, case: Case) -> Outcome:
        """What ``case`` gives."""
        try:
            return Outcome(case, self._info.title, self._count(case))
        except VonggacError as error:
            return Outcome(case, self._info.title, fault=error)

    def _count(self, case: Case) -> int:
        if case.event is not None:
            if any(one.info.id == self._info.id for one in self._ruleset.correlations):
                raise UsageError(
                    N_("a correlation needs lines or a file: one event alone says nothing of it"), where=case.place
                )
            batch = EventBatch.from_dicts(case.source, [(1, dict(case.event))])
            return sum(hit.rule.id == self._info.id for hit in self._detector.detect(batch))
        plan = Plan(
            [self._detector],
            correlations=self._ruleset.correlations,
            silent=self._ruleset.silent,
            reading=Reading(source=case.source),
        )
        if case.text is not None:
            summary = scan([(case.place, io.BytesIO(case.text))], plan, lambda _lines: None)
        else:
            summary = scan(Inputs([str(case.file)]), plan, lambda _lines: None)
        _all_read(summary, case)
        return sum(count for key, count in summary.by_rule.items() if key[2] == self._info.id)


def _all_read(summary: Summary, case: Case) -> None:
    """Raise InputError where the case's own log could not be read: its count would mean nothing."""
    for _file, error in summary.unreadable:
        raise error
    if summary.skipped or not summary.n_events:
        reasons = ", ".join(sorted(summary.skipped)) or "empty"
        raise InputError(N_("its log could not be read: {reasons}"), where=case.place, reasons=reasons)
