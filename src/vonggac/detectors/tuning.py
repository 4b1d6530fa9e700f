r"""Tuning: what a site decides about rules without touching them: another level, off, exceptions for hosts and values.

A tuning file is YAML::

    rules:
      - rule: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02   # an identifier, or a title with * and ?
        level: low                                    # informational low medium high critical, or off
      - tag: attack.t1059*
        logsource: {product: windows}                 # all that an entry names must fit
        except:
          - host: build-*
          - Image: ['*\ci\agent.exe', '*\ci\runner.exe']
            User: svc-ci
        why: known builds

An exception holds when all that it names fits; of several values of one field one is enough. Case never counts. Where several
entries set the level of a rule, the last one does; exceptions add up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import yaml
from numpy.typing import NDArray

from vonggac.detectors.sigma.explain import glob_tester, holds
from vonggac.detectors.sigma.ruleset import LogSource, Node, RuleSet
from vonggac.errors import N_, RuleError, Several
from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.finding import LEVELS, Hit, RuleInfo

OFF = "off"
MAX_BYTES = 4 << 20
_KEYS = ("rule", "tag", "logsource", "level", "except", "why")
_SELECTORS = ("rule", "tag", "logsource")
_ANY = LogSource()
_LOGSOURCE = ("product", "category", "service")


@dataclass(frozen=True, slots=True)
class Exemption:
    """Events that a rule is not to find: those of ``hosts`` (globs; empty for any) that satisfy ``condition``."""

    hosts: tuple[str, ...]
    condition: Node

    def fits(self, batch: EventBatch, row: int) -> bool:
        """Whether the event in ``row`` is one."""
        if self.hosts:
            host = concepts.text(batch, row, "host.name")
            if not any(glob(pattern, host) for pattern in self.hosts):
                return False
        return holds(self.condition, batch, row)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tuning file, at ``line``."""

    line: int
    rule: str = ""
    tag: str = ""
    logsource: LogSource = _ANY
    level: str = ""
    exceptions: tuple[Exemption, ...] = ()

    def fits(self, info: RuleInfo, logsource: LogSource | None) -> bool:
        """Whether the entry is about a rule; ``logsource``: None for what has none (indicators, correlations)."""
        wanted = self.logsource
        if wanted != _ANY and (
            logsource is None or any(getattr(wanted, name) not in ("", getattr(logsource, name)) for name in _LOGSOURCE)
        ):
            return False
        if self.rule and not names(self.rule, info):
            return False
        return not self.tag or any(glob(self.tag, tag) for tag in info.tags)

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.rule, self.tag, str(self.logsource))))


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> Callable[[str], bool]:
    return glob_tester(_tokens(pattern), 0)


def glob(pattern: str, text: str) -> bool:
    """Whether ``text`` is ``pattern``, in which ``*`` stands for any characters and ``?`` for one; case does not count."""
    return _glob(pattern)(text)


def names(pattern: str, info: RuleInfo) -> bool:
    """Whether ``pattern`` is the identifier of the rule or fits its title."""
    return (
        pattern.lower() == info.id.lower()
        or glob(pattern, info.title)
        or (bool(info.title_vi) and glob(pattern, info.title_vi))
    )


@dataclass(slots=True)
class Tuning:
    """All entries of a tuning file, ready to be applied to rules and to their hits."""

    entries: Sequence[Entry] = ()
    place: str = ""
    _known: dict[str, tuple[RuleInfo | None, tuple[Exemption, ...]]] = field(default_factory=dict)

    def decide(
        self, info: RuleInfo, logsource: LogSource | None = None
    ) -> tuple[RuleInfo | None, tuple[Exemption, ...]]:
        """``info`` with its level here, None when it is off, and its exceptions. Decided once per identifier."""
        known = self._known.get(info.id)
        if known is not None:
            return known
        level = ""
        exceptions: list[Exemption] = []
        for entry in self.entries:
            if entry.fits(info, logsource):
                level = entry.level or level
                exceptions += entry.exceptions
        tuned = None if level == OFF else info if level in ("", info.level) else replace(info, level=level)
        self._known[info.id] = tuned, tuple(exceptions)
        return self._known[info.id]

    def ruleset(self, ruleset: RuleSet) -> RuleSet:
        """The rules and correlations that are not off, at their levels here.

        Raises RuleError for an entry that fits none of them, or that makes exceptions of correlations' findings only.
        """
        logsources: dict[str, LogSource | None] = {one.info.id: None for one in ruleset.correlations}
        logsources |= {rule.info.id: rule.logsource for rule in ruleset.rules}
        infos = ruleset.infos()
        correlations = {one.info.id for one in ruleset.correlations}
        for entry in self.entries:
            meant = [info for info in infos if entry.exceptions and entry.fits(info, logsources[info.id])]
            if meant and correlations.issuperset(info.id for info in meant):
                raise RuleError(
                    N_("“{title}” is a correlation: exceptions belong to the rules that it counts"),
                    where=f"{self.place}:{entry.line}", title=meant[0].title,
                )  # fmt: skip
        tuned = {info.id: self.decide(info, logsources[info.id])[0] for info in infos}
        self._known |= {name: (tuned[name], ()) for name in correlations}  # a pattern may mean some beside rules
        kept = ruleset.keeping(lambda info: tuned[info.id] is not None)
        return replace(
            kept,
            rules=[replace(rule, info=tuned[rule.info.id] or rule.info) for rule in kept.rules],
            correlations=[replace(one, info=tuned[one.info.id] or one.info) for one in kept.correlations],
        )

    def check(self, infos: Iterable[tuple[RuleInfo, LogSource | None]], *, with_indicators: bool) -> None:
        """Raises RuleError, all at once, for the entries that no rule fits; what is about indicators is not known before."""
        known = list(infos)
        faults = [
            f"{self.place}:{entry.line}: {entry}"
            for entry in self.entries
            if not any(entry.fits(info, logsource) for info, logsource in known)
            and not (with_indicators and entry.logsource == _ANY)
        ]
        if faults:
            raise RuleError(N_("no rule is meant by {entries}"), entries="; ".join(faults))

    def apply(self, batch: EventBatch, hits: Iterable[Hit]) -> tuple[list[Hit], Counter[str]]:
        """``hits`` at their levels here, and how many were left out, by title of the rule."""
        kept: list[Hit] = []
        left_out: Counter[str] = Counter()
        for hit in hits:
            info, exceptions = self.decide(hit.rule)
            if info is None or any(one.fits(batch, hit.row) for one in exceptions):
                left_out[hit.rule.title] += 1
            else:
                kept.append(hit if info is hit.rule else replace(hit, rule=info))
        return kept, left_out

    def narrow(self, batch: EventBatch, referenced: Mapping[str, NDArray[np.int32]]) -> dict[str, NDArray[np.int32]]:
        """The rows that rules give to correlations, without those that are exceptions of the rule."""
        found: dict[str, NDArray[np.int32]] = {}
        for rule, rows in referenced.items():
            exceptions = self._known.get(rule, (None, ()))[1]
            kept = [row for row in rows.tolist() if not any(one.fits(batch, row) for one in exceptions)]
            found[rule] = rows if len(kept) == len(rows) else np.array(kept, np.int32)
        return found

    def effect(self, ruleset: RuleSet) -> tuple[int, int, int]:
        """How many rules of ``ruleset`` are off, have another level, and have exceptions."""
        decided = [(info, *self._known.get(info.id, (info, ()))) for info in ruleset.infos()]
        return (
            sum(1 for _info, tuned, _e in decided if tuned is None),
            sum(1 for info, tuned, _e in decided if tuned is not None and tuned.level != info.level),
            sum(1 for _info, tuned, exceptions in decided if tuned is not None and exceptions),
        )


def parse_tuning(text: str, place: str) -> Tuning:
    """The tuning that ``text`` (YAML) of the file ``place`` says; raises RuleError with the line of every fault."""
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"{place}:{mark.line + 1}" if mark else place
        raise RuleError(N_("not valid YAML: {reason}"), where=at, reason=error.problem or error.context) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise RuleError(N_("not valid YAML: {reason}"), where=place, reason=str(error).split("\n")[0]) from None
    reader = _Reader(place)
    entries = reader.entries(root)
    faults = reader.faults
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise RuleError(N_("{n} faults: {faults}"), where=place, n=len(faults), faults=Several(faults[:20]))
    return Tuning(entries, place)


class _Reader:
    """Reads the nodes of a tuning file; every fault is noted with its line."""

    def __init__(self, place: str) -> None:
        self.faults: list[RuleError] = []
        self._place = place

    def _fault(self, node: yaml.Node | None, message: str, **params: str) -> None:
        line = node.start_mark.line + 1 if node else 1
        self.faults.append(RuleError(message, where=f"{self._place}:{line}", **params))

    def entries(self, root: yaml.Node | None) -> list[Entry]:
        """All entries."""
        if root is None:
            self._fault(root, N_("the file is empty; expected the key rules"))
            return []
        found = self._map(root, ("rules",))
        if "rules" not in found:
            if not self.faults:
                self._fault(root, N_("expected the key rules"))
            return []
        items = found["rules"]
        if not isinstance(items, yaml.SequenceNode) or not items.value:
            self._fault(items, N_("rules must be a list of entries"))
            return []
        return [entry for item in items.value if (entry := self._entry(item)) is not None]

    def _map(self, node: yaml.Node, keys: Sequence[str]) -> dict[str, yaml.Node]:
        """The values of a map by key; ``keys``: those that may be, empty for any."""
        if not isinstance(node, yaml.MappingNode):
            self._fault(node, N_("must be a map"))
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                self._fault(key, N_("a key must be a text"))
            elif keys and name not in keys:
                self._fault(key, N_("unknown key {name} (known: {known})"), name=name, known=", ".join(keys))
            elif name in found:
                self._fault(key, N_("{name} stands twice"), name=name)
            else:
                found[name] = value
        return found

    def _text(self, node: yaml.Node, what: str) -> str:
        if isinstance(node, yaml.ScalarNode) and node.value.strip() and node.tag != "tag:yaml.org,2002:null":
            return str(node.value)
        self._fault(node, N_("{what} must be a text"), what=what)
        return ""

    def _texts(self, node: yaml.Node, what: str) -> tuple[str, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not nodes:
            self._fault(node, N_("{what} is empty"), what=what)
        return tuple(filter(None, (self._text(one, what) for one in nodes)))

    def _entry(self, node: yaml.Node) -> Entry | None:
        n_faults = len(self.faults)
        found = self._map(node, _KEYS)
        if len(self.faults) > n_faults:
            return None
        if not any(name in found for name in _SELECTORS):
            self._fault(node, N_("names no rule: expected rule, tag or logsource"))
        if "level" not in found and "except" not in found:
            self._fault(node, N_("changes nothing: expected level or except"))
        level = self._level(found["level"]) if "level" in found else ""
        rule = self._text(found["rule"], "rule") if "rule" in found else ""
        tag = self._text(found["tag"], "tag") if "tag" in found else ""
        source = _ANY
        if "logsource" in found:
            parts = self._map(found["logsource"], _LOGSOURCE)
            source = LogSource(**{name: self._text(value, name) for name, value in parts.items()})
            if not parts:
                self._fault(found["logsource"], N_("logsource names none of {known}"), known=", ".join(_LOGSOURCE))
        exceptions = self._exceptions(found["except"]) if "except" in found else ()
        return Entry(node.start_mark.line + 1, rule, tag, source, level, exceptions)

    def _level(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode) and node.value in (*LEVELS, OFF):
            return str(node.value)
        shown = node.value if isinstance(node, yaml.ScalarNode) else "?"
        self._fault(node, N_("no level: {name} (known: {known})"), name=shown, known=", ".join((*LEVELS, OFF)))
        return ""

    def _exceptions(self, node: yaml.Node) -> tuple[Exemption, ...]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._fault(node, N_("except must be a list of maps"))
            return ()
        found = []
        for item in node.value:
            n_faults = len(self.faults)
            parts = self._map(item, ())
            if not parts:
                if len(self.faults) == n_faults:
                    self._fault(item, N_("an exception names nothing: expected host or a field"))
                continue
            hosts = self._texts(parts.pop("host"), "host") if "host" in parts else ()
            condition: Node = ["and"]
            for name, value in parts.items():
                texts = self._texts(value, name)
                condition.append(["or", *(["glob", name, _tokens(text), 0] for text in texts)])
            found.append(Exemption(hosts, condition))
        return tuple(found)


def _tokens(text: str) -> list[str | int]:
    """A glob as a rule's pattern: texts, 1 for ``*``, 2 for ``?``."""
    parts = re.split(r"(\*+|\?)", text)
    return [1 if part.startswith("*") else 2 if part == "?" else part for part in parts if part]


def selected(ruleset: RuleSet, include: Sequence[str], exclude: Sequence[str]) -> RuleSet:
    """The rules that some pattern of ``include`` means (all, where there is none) and none of ``exclude``.

    A pattern is an identifier, a title or a tag, the latter two with ``*`` and ``?``. Raises RuleError for a pattern that means no rule,
    and when none is left.
    """
    infos = ruleset.infos()
    for flag, patterns in (("--include-rule", include), ("--exclude-rule", exclude)):
        for pattern in patterns:
            if not any(means(pattern)(info) for info in infos):
                raise RuleError(N_("no rule is meant by “{pattern}”"), where=flag, pattern=pattern)
    wanted = [means(pattern) for pattern in include]
    unwanted = [means(pattern) for pattern in exclude]

    def is_kept(info: RuleInfo) -> bool:
        return (not wanted or any(one(info) for one in wanted)) and not any(one(info) for one in unwanted)

    if not any(map(is_kept, infos)):
        raise RuleError(N_("the selection leaves no rule"), where="--include-rule, --exclude-rule")
    kept = ruleset.keeping(is_kept)
    if not kept.heard():
        raise RuleError(
            N_("the selection leaves only rules that correlations count, which give no findings by themselves"),
            where="--include-rule, --exclude-rule",
        )
    return kept


def means(pattern: str) -> Callable[[RuleInfo], bool]:
    """Whether ``pattern`` is a rule's identifier, or fits its title or one of its tags."""
    return lambda info: names(pattern, info) or any(glob(pattern, tag) for tag in info.tags)
