"""Rule texts to compiled rules: pySigma parses and checks, this lowers its objects to the tree of ``ruleset``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import yaml
from sigma.collection import SigmaCollection
from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
    SigmaCondition,
)
from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationConditionOperator, SigmaCorrelationRule
from sigma.filters import SigmaFilter
from sigma.modifiers import SigmaCaseSensitiveModifier
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine, RegexPattern
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaDetections, SigmaLogSource, SigmaRule, SigmaRuleBase
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from vonggac.detectors.sigma.meta_rules import (
    NOT_A_NAME,
    NOT_A_PERCENTILE,
    UNKNOWN_PART,
    CorrelationDraft,
    FilterDraft,
    Names,
    apply_filters,
    resolve_correlations,
    silent_ids,
)
from vonggac.detectors.sigma.modifiers import NEEDS_A_NUMBER, WIDEST
from vonggac.detectors.sigma.regex import compile_regex, compiled
from vonggac.detectors.sigma.ruleset import LogSource, Node, Rule, RuleSet, fault_of
from vonggac.errors import N_, RuleError
from vonggac.events.finding import LEVELS, RuleInfo

MULTI, SINGLE = 1, 2
_TIME_PARTS = frozenset({"minute", "hour", "day", "week", "month", "year"})
_JSON_INTEGERS = 2**63
"""The cache holds no integer of this size and above."""
_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}
_MOST_EXPANDED = 100_000
"""Values that aliases may add to a document; a few hundred bytes of aliases of aliases can stand for billions."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_YAML = N_("not valid YAML: {reason}")
_NO_RULE = N_("holds no rule")


class _Engines(RegexEngine):
    """Tells pySigma that an expression is valid when one of our engines takes it."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        """A compiled pattern of the linear engine, else of the limited one."""
        letters = "".join(
            letter for letter, flag in zip("ims", (re.IGNORECASE, re.MULTILINE, re.DOTALL), strict=True) if flags & flag
        )
        return cast("RegexPattern", compiled(pattern, letters))

    @property
    def error(self) -> type[Exception]:
        """What :meth:`compile` raises."""
        return RuleError


_POLICY = SigmaPolicy(regex_engine=_Engines())
_UNUSABLE = (RuleError, ValueError, RecursionError, TypeError, AttributeError, KeyError)
"""What comes of a rule that cannot be used: pySigma's own errors are ValueErrors, the others are its surprise."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A rule and what other rules may call it."""

    rule: Rule
    name: str


_Answer = _Named | CorrelationDraft | FilterDraft | RuleError


def compile_rules(texts: Iterable[tuple[str, str]]) -> RuleSet:
    """Compile ``(place, YAML text)`` pairs; a fault in one rule leaves the others usable."""
    gathered = _Gathered()
    for place, text in texts:
        for answer in _compile_text(place, text):
            gathered.add(answer)
    return gathered.ruleset()


class _Gathered:
    """What the files hold, each rule once, until all of them are read: then what names others is held against these."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._faults: list[RuleError] = []
        self._filters: dict[tuple[str, str], FilterDraft] = {}
        self._correlations: list[CorrelationDraft] = []
        self._names = Names()
        self._seen: dict[str, tuple[str, object]] = {}

    def add(self, answer: _Answer) -> None:
        """Keep one document of a file."""
        if isinstance(answer, RuleError):
            self._faults.append(answer)
        elif isinstance(answer, FilterDraft):
            self._filters.setdefault(
                (answer.title, repr((answer.names, str(answer.logsource), answer.condition))), answer
            )
        elif isinstance(answer, CorrelationDraft):
            written = answer.parsed.to_dict()["correlation"]
            if self._is_new(answer.info, answer.parsed.name, [written, answer.conditions], answer.place):
                self._correlations.append(answer)
        elif self._is_new(answer.rule.info, answer.name, answer.rule.condition, answer.rule.place):
            self._rules.append(answer.rule)

    def _is_new(self, info: RuleInfo, name: str | None, content: object, place: str) -> bool:
        """Whether no rule has this id yet; another rule with it is a fault, the same one again is not."""
        twin = self._seen.get(info.id)
        if twin is not None and twin[1] != (info, content):
            self._faults.append(
                RuleError(N_("has the id {id} of another rule, at {place}"), where=place, id=info.id, place=twin[0])
            )
            return False
        self._names.add(info.id, name or "", place)
        self._seen.setdefault(info.id, (place, (info, content)))
        return twin is None

    def ruleset(self) -> RuleSet:
        """All of it as one set."""
        rules, unfit = apply_filters(self._rules, self._filters.values(), self._names)
        correlations, unresolved = resolve_correlations(self._correlations, self._names, rules)
        return RuleSet(rules, [*self._faults, *unfit, *unresolved], correlations, silent_ids(correlations))


def _compile_text(place: str, text: str) -> Iterator[_Answer]:
    try:
        documents = list(_documents(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"{place}:{mark.line + 1}:{mark.column + 1}" if mark else place
        yield RuleError(_NOT_YAML, where=at, reason=error.problem or error.context)
        return
    except (RuleError, yaml.YAMLError, RecursionError, ValueError) as error:
        yield fault_of(error, place, _NOT_YAML)
        return
    if not documents:
        yield RuleError(_NO_RULE, where=place)
    pending: list[dict[str, Any]] = []  # the documents of a collection share "action: global" and "repeat"
    lines: list[int] = []
    for line, document in documents:
        if not isinstance(document, dict):
            yield RuleError(N_("a rule must be a YAML map"), where=f"{place}:{line}")
        else:
            pending.append(document)
            lines.append(line)
    yield from _compile_documents(place, pending, lines)


def _documents(text: str) -> Iterator[tuple[int, Any]]:
    loader = _LOADER(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            _expanded(node, {})
            yield node.start_mark.line + 1, _exact(loader.construct_document(node))
    finally:
        loader.dispose()


def _expanded(node: Any, known: dict[int, int]) -> int:
    """How many nodes ``node`` stands for, aliases followed; raises RuleError where they make much out of little.

    ``known``: identity of a node to its answer, 0 while it is being worked out.
    """
    found = known.get(id(node))
    if found is None:
        known[id(node)] = 0
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        children = [child for part in parts for child in (part if isinstance(part, tuple) else (part,))]
        found = known[id(node)] = 1 + sum(_expanded(child, known) for child in children)
    if not found:
        raise RuleError(N_("a YAML anchor that holds itself"))
    if found > _MOST_EXPANDED + len(known):
        raise RuleError(N_("YAML aliases that stand for more than {limit:,} values"), limit=_MOST_EXPANDED)
    return found


def _exact(value: Any) -> Any:
    """``value`` with integers that a float cannot hold as text: pySigma would round them."""
    if isinstance(value, dict):
        return {key: item if _is_time_part(key) else _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    is_wide = isinstance(value, int) and not isinstance(value, bool) and abs(value) > WIDEST
    return str(value) if is_wide else value


def _is_time_part(key: object) -> bool:
    return isinstance(key, str) and not _TIME_PARTS.isdisjoint(key.split("|")[1:])


def _compile_documents(place: str, documents: Sequence[dict[str, Any]], lines: Sequence[int]) -> Iterator[_Answer]:
    prefix: list[dict[str, Any]] = []  # "global" and "reset", and the rule that "repeat" repeats
    for document, line in zip(documents, lines, strict=True):
        at = f"{place}:{line}"
        if _is_shared(document):
            prefix.append(document)
            continue
        is_repeat = document.get("action") == "repeat"
        before = [one for one in prefix if is_repeat or _is_shared(one)]
        if is_repeat:
            prefix.append(document)
        elif "correlation" not in document and "filter" not in document:
            prefix = [*before, document]
        try:
            whole, conditions = _split_range(document)
            collection = SigmaCollection.from_dicts(
                [*map(dict, before), whole], collect_errors=True, resolve_references=False,
                collect_filters=True, policy=_POLICY,
            )  # fmt: skip
        except _UNUSABLE as error:
            yield fault_of(error, at)
            continue
        yield from (fault_of(error, at) for error in collection.errors)
        if not collection.errors:
            yield _compile_last(at, collection, conditions)


def _is_shared(document: dict[str, Any]) -> bool:
    return document.get("action") in ("global", "reset")


def _split_range(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A copy of ``document`` in which a correlation's condition compares once, as pySigma wants it, and the others.

    The specification allows several at once for a range, such as ``gt: 100`` with ``lte: 200``. Raises RuleError for numbers that
    pySigma would make others of.
    """
    correlation = document.get("correlation")
    condition = correlation.get("condition") if isinstance(correlation, dict) else None
    if not isinstance(correlation, dict) or not isinstance(condition, dict):
        return dict(document), {}
    compared = [key for key in condition if key in SigmaCorrelationConditionOperator.operators()]
    percentile = condition.get("percentile")
    if isinstance(percentile, bool) or (isinstance(percentile, float) and percentile % 1):
        raise RuleError(NOT_A_PERCENTILE, value=str(percentile))
    for key in compared:
        if isinstance(condition[key], bool):
            raise RuleError(NEEDS_A_NUMBER, key=key, value=str(condition[key]))
    rest = {key: condition[key] for key in compared[1:]}
    first = {key: value for key, value in condition.items() if key not in rest}
    return {**document, "correlation": {**correlation, "condition": first}}, rest


def _compile_last(place: str, collection: SigmaCollection, conditions: dict[str, Any]) -> _Answer:
    try:
        if collection.filters:
            return _filter(collection.filters[-1], place)
        if not collection.rules:
            return RuleError(_NO_RULE, where=place)
        parsed = collection.rules[-1]
        if isinstance(parsed, SigmaCorrelationRule):
            return _correlation(parsed, conditions, place)
        return _Named(_lower(parsed, place), parsed.name or "")
    except _UNUSABLE as error:
        return fault_of(error, place)


def _filter(parsed: SigmaFilter, place: str) -> FilterDraft:
    detections = parsed.filter
    names = () if isinstance(detections.rules, str) else tuple(one.reference for one in detections.rules)
    if not all(isinstance(name, str) for name in names):
        raise RuleError(NOT_A_NAME)
    condition = _condition(detections.parsed_condition[0], detections)
    return FilterDraft(parsed.title, _logsource(parsed.logsource), names, condition, place)


def _correlation(parsed: SigmaCorrelationRule, others: dict[str, Any], place: str) -> CorrelationDraft:
    parts = [parsed.condition, *(SigmaCorrelationCondition.from_dict({key: value}) for key, value in others.items())]
    conditions = tuple(
        (part.op.name.lower(), part.count) for part in parts if isinstance(part, SigmaCorrelationCondition)
    )
    if any(abs(number) >= _JSON_INTEGERS for _, number in conditions):
        raise RuleError(N_("the condition compares with a number that is too large"))
    if not all(isinstance(one.reference, str) for one in parsed.rules or ()):
        raise RuleError(NOT_A_NAME)
    draft = CorrelationDraft(_info(parsed, ""), parsed, conditions, place)
    if parsed.id:
        return draft
    content = repr((parsed.title, parsed.to_dict()["correlation"], conditions))
    return replace(draft, info=_info(parsed, _digest(content)))


def _lower(rule: SigmaRule, place: str) -> Rule:
    conditions = [_condition(parsed, rule.detection) for parsed in rule.detection.parsed_condition]
    condition = conditions[0] if len(conditions) == 1 else ["or", *conditions]
    logsource = _logsource(rule.logsource)
    identity = "" if rule.id else _digest(f"{rule.title}\0{logsource}\0{condition}")
    return Rule(_info(rule, identity), logsource, condition, place)


def _logsource(source: SigmaLogSource) -> LogSource:
    return LogSource(source.product or "", source.category or "", source.service or "")


def _info(rule: SigmaRuleBase, identity: str) -> RuleInfo:
    """What readers know of ``rule``; ``identity`` is its id where it brings none."""
    level = rule.level.name.lower() if rule.level else "medium"
    return RuleInfo(
        id=str(rule.id) if rule.id else identity,
        title=rule.title,
        level=level if level in LEVELS else "medium",
        tags=tuple(map(str, rule.tags)),
        author=rule.author or "",
        references=tuple(map(str, rule.references)),
        description=rule.description or "",
        falsepositives=tuple(map(str, rule.falsepositives)),
        title_vi=str(rule.custom_attributes.get("title_vi") or ""),
        description_vi=str(rule.custom_attributes.get("description_vi") or ""),
        falsepositives_vi=_texts(rule.custom_attributes.get("falsepositives_vi")),
    )


def _texts(value: object) -> tuple[str, ...]:
    """An attribute of a rule that may be one text or a list of them."""
    return tuple(str(one) for one in (value if isinstance(value, list) else [value]) if one)


def _digest(content: str) -> str:
    return hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _condition(condition: SigmaCondition, detections: SigmaDetections) -> Node:
    return _expression(condition.parse(postprocess=False), detections)


def _expression(node: Any, detections: SigmaDetections) -> Node:
    if isinstance(node, ConditionIdentifier):
        if node.identifier not in detections.detections:
            raise RuleError(
                N_("the condition names “{name}”, which the detection does not define"), name=node.identifier
            )
        return ["is", node.identifier, _detection(detections.detections[node.identifier])]
    if isinstance(node, ConditionSelector):
        found = node.resolve_referenced_detections(detections)
        if not found:
            raise RuleError(
                N_("“{selector}” fits no part of the detection"), selector=f"{node.args[0]} of {node.pattern}"
            )
        word = "and" if node.cond_class is ConditionAND else "or"
        return _joined(word, [_expression(identifier, detections) for identifier in found])
    if isinstance(node, ConditionNOT):
        return ["not", _expression(node.args[0], detections)]
    if isinstance(node, ConditionAND | ConditionOR):
        word = "and" if isinstance(node, ConditionAND) else "or"
        return _joined(word, [_expression(argument, detections) for argument in node.args])
    raise RuleError(UNKNOWN_PART, kind=type(node).__name__)


def _joined(word: str, nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else [word, *nodes]


def _detection(detection: SigmaDetection) -> Node:
    word = "and" if detection.item_linking is ConditionAND else "or"
    nodes = [
        _detection(item) if isinstance(item, SigmaDetection) else _item(item) for item in detection.detection_items
    ]
    return _joined(word, nodes)


def _item(item: SigmaDetectionItem) -> Node:
    field = item.field or ""
    cased = SigmaCaseSensitiveModifier in item.modifiers  # pySigma forgets it when a value expands to several
    word = "and" if item.value_linking is ConditionAND else "or"
    if not item.value:
        if not field:
            raise RuleError(N_("a keyword without a value"))
        node: Node = ["not", ["exists", field]]
    else:
        node = _joined(word, [_value(field, value, cased) for value in item.value])
    return ["not", node] if item.negated else node


def _value(field: str, value: SigmaType, cased: bool) -> Node:  # noqa: C901, PLR0911  # one branch per kind of value
    if isinstance(value, SigmaExpansion):
        return _joined("or", [_value(field, part, cased) for part in value.values])
    if isinstance(value, SigmaString):
        return _string(field, value, cased or isinstance(value, SigmaCasedString))
    if isinstance(value, SigmaRegularExpression):
        flags = "".join(sorted(_FLAGS[flag] for flag in value.flags))
        pattern = str(value.regexp)
        compile_regex(pattern, flags)
        return ["re", field, pattern, flags]
    if not field:
        return _keyword(value)
    if isinstance(value, SigmaTimestampPart):
        return ["part", field, value.timestamp_part.name.lower(), int(value.number)]
    if isinstance(value, SigmaNumber):
        return ["glob", field, [str(value.number)], 0]
    if isinstance(value, SigmaBool):
        return ["glob", field, ["true" if value.boolean else "false"], 0]
    if isinstance(value, SigmaNull):
        return ["not", ["exists", field]]
    if isinstance(value, SigmaExists):
        return ["exists", field] if value.exists else ["not", ["exists", field]]
    if isinstance(value, SigmaCIDRExpression):
        return ["cidr", field, str(value.network)]
    if isinstance(value, SigmaCompareExpression):
        operator = value.op.name.lower()
        if operator == "neq":
            return ["not", ["glob", field, [str(value.number.number)], 0]]
        number = value.number.number
        is_huge = isinstance(number, int) and abs(number) >= _JSON_INTEGERS
        return ["cmp", field, operator, str(number) if is_huge else number]
    if isinstance(value, SigmaFieldReference):
        mode = {(0, 0): "eq", (1, 0): "startswith", (0, 1): "endswith", (1, 1): "contains"}
        return ["ref", field, value.field, mode[int(value.starts_with), int(value.ends_with)]]
    raise RuleError(N_("a value of unknown kind: {kind}"), kind=type(value).__name__)


def _keyword(value: SigmaType) -> Node:
    if isinstance(value, SigmaNumber | SigmaBool):
        return ["glob", "", [MULTI, str(value).lower(), MULTI], 0]
    raise RuleError(N_("a keyword must be a text or a number"))


def _string(field: str, value: SigmaString, cased: bool) -> Node:
    tokens: list[str | int] = []
    for part in value.s if field else (SpecialChars.WILDCARD_MULTI, *value.s, SpecialChars.WILDCARD_MULTI):
        if isinstance(part, str):
            if tokens and isinstance(tokens[-1], str):
                tokens[-1] += part
            elif part:
                tokens.append(part)
        elif part is SpecialChars.WILDCARD_MULTI:
            if not tokens or tokens[-1] != MULTI:
                tokens.append(MULTI)
        elif part is SpecialChars.WILDCARD_SINGLE:
            tokens.append(SINGLE)
        else:
            raise RuleError(N_("the placeholder {name} has no value here"), name=f"%{part.name}%")
    if tokens == [MULTI]:
        return ["any", field]
    return ["glob", field, tokens, int(cased)]
