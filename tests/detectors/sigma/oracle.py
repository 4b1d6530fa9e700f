"""A slow judge of Sigma rules: one rule, one event, straight from the Sigma specification 2.

Shares no code with the engine, nor with the library that parses rules for it. Where the specification is silent, the
project's definition holds: values compare as text; null is an absent field; a list is several values of its field;
dotted names reach into objects; field names are exact; a keyword is sought in every leaf of the event.
"""

from __future__ import annotations

import base64
import ipaddress
import itertools
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import yaml
from oracle_text import Token, Wild, fold, glob, regex, tokens_of

Event = Mapping[str, Any]
Test = Callable[[Event], bool]

DASHES = "-/\u2013\u2014\u2015"  # hyphen, slash, en dash, em dash, horizontal bar
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge,
}  # fmt: skip
PARTS = ("minute", "hour", "day", "week", "month", "year")


class RuleFault(Exception):
    """The rule is not one that the specification allows."""


# Events


def text_of(value: object) -> str:
    """The text of a scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return value if isinstance(value, str) else repr(value)


def texts(value: object, into_objects: bool) -> list[str]:
    """All texts of a value; those inside objects only when asked for."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [t for item in value.values() for t in texts(item, True)] if into_objects else []
    if isinstance(value, list | tuple):
        return [t for item in value for t in texts(item, into_objects)]
    return [text_of(value)]


def reach(value: object, name: str) -> list[object]:
    """What the field ``name`` holds: the longest key that fits, then the rest of the name inside; lists each."""
    if isinstance(value, list | tuple):
        return [found for item in value for found in reach(item, name)]
    if not isinstance(value, Mapping):
        return []
    if value.get(name) is not None:
        return [value[name]]
    for dot in reversed([at for at, char in enumerate(name) if char == "."]):
        if value.get(name[:dot]) is not None:
            return reach(value[name[:dot]], name[dot + 1 :])
    return []


def field_texts(event: Event, name: str | None) -> list[str]:
    """The texts that a value of a rule is held against; no name: the whole event."""
    if name is None:
        return texts(event, True)
    return [t for found in reach(event, name) for t in texts(found, False)]


def exists(event: Event, name: str) -> bool:
    """Whether the field has any value at all."""
    return any(texts(found, True) for found in reach(event, name))


# Values, while modifiers change them


@dataclass(frozen=True)
class Pattern:
    """A string: ``raw`` as written until something changed it; ``bytes_`` once an encoding was applied."""

    tokens: tuple[Token, ...]
    raw: str | None = None
    bytes_: bytes | None = None

    @property
    def plain(self) -> bytes:
        if self.bytes_ is not None:
            return self.bytes_
        return "".join(self.characters()).encode()

    def characters(self) -> list[str]:
        if any(isinstance(token, Wild) for token in self.tokens):
            raise RuleFault("an encoding of wildcards")
        return [str(token) for token in self.tokens]


@dataclass(frozen=True)
class Regex:
    pattern: str
    flags: str = ""


@dataclass(frozen=True)
class Reference:
    name: str
    begins: bool = False
    ends: bool = False


@dataclass(frozen=True)
class Special:
    """``kind``: cidr, exists, a comparison or a part of a time; ``part`` when a part of a time is compared."""

    kind: str
    value: Any
    part: str | None = None


Value = Pattern | Regex | Reference | Special | bool | int | float | None


def pattern(text: str) -> Pattern:
    """A pattern of exactly this text."""
    return Pattern(tuple(text))


@dataclass
class Item:
    """One line ``field|modifiers: values``: each value became some alternatives, any of which does for it."""

    name: str | None
    values: list[list[Value]]
    placeholders: Mapping[str, Sequence[str]]
    every: bool = False
    cased: bool = False
    negated: bool = False
    seen: list[str] = field(default_factory=list)

    def apply(self, modifier: str) -> None:
        """Apply one modifier, in its turn."""
        if modifier == "all":
            self.every = True
        elif modifier == "neq":
            self.negated = True
        elif modifier == "cased":
            if not all(isinstance(v, Pattern) for value in self.values for v in value):
                raise RuleFault("cased is for strings")
            self.cased = True
        elif (change := CHANGES.get(modifier)) is not None:
            self.values = [[new for old in value for new in change(old, self)] for value in self.values]
        else:
            raise RuleFault(f"unknown modifier {modifier}")
        self.seen.append(modifier)

    def holds(self, event: Event) -> bool:
        """Whether the event satisfies the line."""
        linked = all if self.every else any
        found = linked(any(self.value_holds(v, event) for v in value) for value in self.values)
        return found != self.negated

    def value_holds(self, value: Value, event: Event) -> bool:
        if isinstance(value, Reference):
            return self.refers(value, event)
        if value is None or (isinstance(value, Special) and value.kind == "exists"):
            if self.name is None:
                raise RuleFault("only a field can be null or exist")
            return exists(event, self.name) == (value is not None and value.value)
        return any(self.text_holds(value, text) for text in field_texts(event, self.name))

    def text_holds(self, value: Value, text: str) -> bool:
        if isinstance(value, Regex):
            return regex(value.pattern, value.flags)(text)
        if isinstance(value, Special):
            return special(value, text)
        tokens = value.tokens if isinstance(value, Pattern) else tuple(text_of(value))
        if self.name is None:
            tokens = (Wild.ANY, *tokens, Wild.ANY)
        return glob(tokens, text, self.cased)

    def refers(self, reference: Reference, event: Event) -> bool:
        if self.name is None:
            raise RuleFault("a keyword cannot be a reference")
        pairs = itertools.product(field_texts(event, self.name), field_texts(event, reference.name))
        return any(refers(reference, fold(one), fold(other)) for one, other in pairs)


def refers(reference: Reference, one: str, other: str) -> bool:
    """Whether ``one`` equals, begins with, ends with or contains ``other``."""
    if reference.begins and reference.ends:
        return other in one
    if reference.begins:
        return one[: len(other)] == other
    if reference.ends:
        return one[max(0, len(one) - len(other)) :] == other
    return one == other


def special(value: Special, text: str) -> bool:
    """Hold one text against a network, a number or a part of a time."""
    if value.kind == "cidr":
        try:
            address = ipaddress.ip_address(text.strip())
        except ValueError:
            return False
        if address.version == 6 and value.value.version == 4:  # an IPv4 address in an IPv6 log
            address = address.ipv4_mapped or address
        return bool(address in value.value)
    part = value.part or (value.kind if value.kind in PARTS else None)
    number: Decimal | int | None
    number = part_of(text, part) if part else number_of(text)
    if number is None:
        return False
    compare: Callable[[Any, Any], bool] = COMPARE.get(value.kind, operator.eq)
    return compare(number, Decimal(text_of(value.value)))


def number_of(text: str) -> Decimal | None:
    """The number that a text writes in decimal, with or without white space around it."""
    return Decimal(text.strip()) if NUMBER.fullmatch(text.strip()) else None


def part_of(text: str, part: str) -> int | None:
    """The part of a time as it is written: the specification forbids to convert zones."""
    if not (found := ISO.fullmatch(text)):
        return None
    try:
        year, month, day, hour, minute, second = (int(group or 0) for group in found.groups())
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # as written, zone or no zone
    except ValueError:
        return None
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))


# Modifiers: from one value to its alternatives

Change = Callable[[Value, Item], Sequence[Value]]


def _string(value: Value) -> Pattern:
    if not isinstance(value, Pattern):
        raise RuleFault("this modifier is for strings")
    return value


def _around(begins: bool, ends: bool) -> Change:
    def change(value: Value, item: Item) -> Sequence[Value]:
        if isinstance(value, Regex):
            return [value]
        if isinstance(value, Reference):
            return [replace(value, begins=value.begins or begins, ends=value.ends or ends)]
        tokens = _string(value).tokens
        return [Pattern((() if begins else (Wild.ANY,)) + tokens + (() if ends else (Wild.ANY,)))]

    return change


def _contains(value: Value, item: Item) -> Sequence[Value]:
    if isinstance(value, Reference):
        return [replace(value, begins=True, ends=True)]
    if isinstance(value, Regex):
        return [value]
    return [Pattern((Wild.ANY, *_string(value).tokens, Wild.ANY))]


def _base64(value: Value, item: Item) -> Sequence[Value]:
    return [pattern(base64.b64encode(_string(value).plain).decode())]


def _base64offset(value: Value, item: Item) -> Sequence[Value]:
    """At each of three offsets, the characters that depend on the value alone: whole groups of six of its bits."""
    plain = _string(value).plain
    out: list[Value] = []
    for shift in range(3):
        bits = "0" * 8 * shift + "".join(f"{byte:08b}" for byte in plain)
        encoded = base64.b64encode(b"\0" * shift + plain).decode()
        own = [n for n in range(len(bits) // 6) if 6 * n >= 8 * shift]
        out.append(pattern("".join(encoded[n] for n in own)))
    return out


def _utf16(codec: str, mark: bytes = b"") -> Change:
    def change(value: Value, item: Item) -> Sequence[Value]:
        encoded = mark + "".join(_string(value).characters()).encode(codec)
        return [Pattern(tuple(encoded.decode("latin-1")), bytes_=encoded)]

    return change


def _windash(value: Value, item: Item) -> Sequence[Value]:
    """Every dash that begins a word (the sign of a command line flag) becomes each of the five."""
    tokens = _string(value).tokens
    word = [isinstance(token, str) and re.match(r"\w", token) is not None for token in tokens]
    choices: list[Sequence[Token]] = []
    for at, token in enumerate(tokens):
        begins = not (at and word[at - 1]) and at + 1 < len(tokens) and word[at + 1]
        choices.append(DASHES if isinstance(token, str) and token in DASHES and begins else (token,))
    return [Pattern(tokens_) for tokens_ in itertools.product(*choices)]


def _re(value: Value, item: Item) -> Sequence[Value]:
    if (isinstance(value, Pattern) and value.raw is None) or "cased" in item.seen:
        raise RuleFault("re is for values as written")
    pattern_ = value.raw if isinstance(value, Pattern) else str(value)
    try:
        regex(str(pattern_), "")
    except re.error as error:
        raise RuleFault(str(error)) from error
    return [Regex(str(pattern_))]


def _flag(flag: str) -> Change:
    def change(value: Value, item: Item) -> Sequence[Value]:
        if not isinstance(value, Regex):
            raise RuleFault("a flag without a regular expression")
        return [replace(value, flags=value.flags + flag)]

    return change


def _cidr(value: Value, item: Item) -> Sequence[Value]:
    try:
        return [Special("cidr", ipaddress.ip_network(_string(value).raw or ""))]
    except ValueError as error:
        raise RuleFault(str(error)) from error


def _compare(kind: str) -> Change:
    def change(value: Value, item: Item) -> Sequence[Value]:
        if isinstance(value, Special) and value.kind in PARTS:
            return [Special(kind, value.value, value.kind)]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RuleFault("a comparison is with a number")
        return [Special(kind, value)]

    return change


def _part(kind: str) -> Change:
    def change(value: Value, item: Item) -> Sequence[Value]:
        if isinstance(value, bool) or not isinstance(value, int):
            raise RuleFault("a part of a time is a whole number")
        return [Special(kind, value)]

    return change


def _exists(value: Value, item: Item) -> Sequence[Value]:
    if not isinstance(value, bool):
        raise RuleFault("exists is true or false")
    return [Special("exists", value)]


def _fieldref(value: Value, item: Item) -> Sequence[Value]:
    return [Reference("".join(_string(value).characters()))]


def _expand(value: Value, item: Item) -> Sequence[Value]:
    if not isinstance(value, Pattern):
        return [value]
    tokens = value.tokens
    alternatives: list[tuple[Token, ...]] = [()]
    at = 0
    while at < len(tokens):
        if tokens[at] == "\\" and tokens[at + 1 : at + 2] == ("%",):
            choices: list[tuple[Token, ...]] = [("%",)]
            at += 2
        elif tokens[at] == "%" and "%" in tokens[at + 1 :]:
            end = tokens.index("%", at + 1)
            name = "".join(str(token) for token in tokens[at + 1 : end])
            if name not in item.placeholders:
                raise RuleFault(f"unknown placeholder {name}")
            choices = [tokens_of(text) for text in item.placeholders[name]]
            at = end + 1
        else:
            choices = [(tokens[at],)]
            at += 1
        alternatives = [old + new for old in alternatives for new in choices]
    return [Pattern(tokens_) for tokens_ in alternatives]


CHANGES: dict[str, Change] = {
    "contains": _contains,
    "startswith": _around(begins=True, ends=False),
    "endswith": _around(begins=False, ends=True),
    "base64": _base64,
    "base64offset": _base64offset,
    "wide": _utf16("utf-16-le"),
    "utf16le": _utf16("utf-16-le"),
    "utf16be": _utf16("utf-16-be"),
    "utf16": _utf16("utf-16-le", b"\xff\xfe"),
    "windash": _windash,
    "re": _re,
    **{flag: _flag(flag) for flag in "ims"},
    "cidr": _cidr,
    **{kind: _compare(kind) for kind in COMPARE},
    **{kind: _part(kind) for kind in PARTS},
    "exists": _exists,
    "fieldref": _fieldref,
    "expand": _expand,
}


# Detections and conditions


def _item(key: str, given: object, placeholders: Mapping[str, Sequence[str]]) -> Item:
    name, *modifiers = key.split("|")
    values: list[list[Value]] = []
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, str):
            values.append([Pattern(tokens_of(one), one)])
        elif one is None or isinstance(one, bool | int | float):
            values.append([one])
        else:
            raise RuleFault(f"a value of type {type(one).__name__}")
    if not values:
        raise RuleFault(f"{key} has no value")
    item = Item(name or None, values, placeholders)
    for modifier in modifiers:
        item.apply(modifier)
    if item.name is None and not all(
        isinstance(v, Pattern | Regex | bool | int | float) for vs in item.values for v in vs
    ):
        raise RuleFault("a keyword is a text")
    return item


def _detection(given: object, placeholders: Mapping[str, Sequence[str]]) -> Test:
    """A map: all of its lines; a list: any of its members; a scalar: a keyword."""
    if isinstance(given, dict):
        if not given:
            raise RuleFault("an empty detection")
        items = [_item(str(key), value, placeholders) for key, value in given.items()]
        return lambda event: all(item.holds(event) for item in items)
    if isinstance(given, list):
        if not given:
            raise RuleFault("an empty detection")
        members = [_detection(member, placeholders) for member in given]
        return lambda event: any(member(event) for member in members)
    return _item("", given, placeholders).holds


class _Condition:
    """``or`` over ``and`` over ``not`` over ``x of`` over parentheses."""

    def __init__(self, text: str, tests: Mapping[str, Test]) -> None:
        self.words = re.findall(r"[()]|[^\s()]+", text)
        self.tests = tests

    def whole(self) -> Test:
        test = self.linked("or", any, lambda: self.linked("and", all, self.negated))
        if self.words:
            raise RuleFault(f"unexpected {self.words[0]}")
        return test

    def linked(self, word: str, link: Callable[[Iterator[bool]], bool], part: Callable[[], Test]) -> Test:
        parts = [part()]
        while self.words[:1] == [word]:
            self.words.pop(0)
            parts.append(part())
        return lambda event: link(p(event) for p in parts)

    def negated(self) -> Test:
        if self.words[:1] == ["not"]:
            self.words.pop(0)
            inner = self.negated()
            return lambda event: not inner(event)
        return self.primary()

    def primary(self) -> Test:
        if not self.words:
            raise RuleFault("the condition ends too early")
        word = self.words.pop(0)
        if word == "(":
            inner = self.linked("or", any, lambda: self.linked("and", all, self.negated))
            if not self.words or self.words.pop(0) != ")":
                raise RuleFault("unbalanced parentheses")
            return inner
        if word in ("1", "any", "all") and self.words[:1] == ["of"]:
            chosen = self.chosen(([*self.words, ""])[1])
            del self.words[:2]
            return lambda event: (all if word == "all" else any)(test(event) for test in chosen)
        if word not in self.tests:
            raise RuleFault(f"unknown identifier {word}")
        return self.tests[word]

    def chosen(self, wanted: str) -> list[Test]:
        """The tests that ``them`` or a pattern means; names with a leading underscore only when it is spelled out."""
        expression = re.compile(".*".join(map(re.escape, ("*" if wanted == "them" else wanted).split("*"))))
        names = [n for n in self.tests if expression.fullmatch(n) and (n[:1] != "_" or wanted[:1] == "_")]
        if not names:
            raise RuleFault(f"no identifier fits {wanted}")
        return [self.tests[name] for name in names]


class Oracle:
    """One rule, given as YAML text or as what it loads to. ``placeholders``: values for ``expand``."""

    def __init__(self, rule: str | Mapping[str, Any], placeholders: Mapping[str, Sequence[str]] | None = None) -> None:
        loaded = yaml.safe_load(rule) if isinstance(rule, str) else rule
        if not isinstance(loaded, Mapping) or not isinstance(loaded.get("detection"), Mapping):
            raise RuleFault("no detection")
        detection = dict(loaded["detection"])
        conditions = detection.pop("condition", None)
        tests = {str(name): _detection(given, placeholders or {}) for name, given in detection.items()}
        if not conditions:
            raise RuleFault("no condition")
        self.queries = [
            _Condition(str(condition), tests).whole()
            for condition in (conditions if isinstance(conditions, list) else [conditions])
        ]

    def matches(self, event: Event) -> bool:
        """Whether the event satisfies the rule, whatever its log source."""
        return any(query(event) for query in self.queries)


def matches(
    rule: str | Mapping[str, Any], event: Event, placeholders: Mapping[str, Sequence[str]] | None = None
) -> bool:
    """Whether ``event`` satisfies ``rule``. Raises :class:`RuleFault` for a rule that the specification forbids."""
    return Oracle(rule, placeholders).matches(event)
