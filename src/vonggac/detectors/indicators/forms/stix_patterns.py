"""Patterns of STIX 2.0 and 2.1 (part 9 of the standard), as far as one value alone says what is looked for.

Read are ``=``, ``IN``, ``ISSUBSET`` and ``LIKE`` without wildcards, joined by OR, in any brackets. Of comparisons joined by AND, the hashes
count (the file is named by them already), or one address, name or URL beside its type, protocol, port or what it resolves to. All
else (NOT, MATCHES, FOLLOWEDBY, REPEATS, several observations at once) would be another thing than what was asked: it has a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from vonggac.detectors.indicators.forms.parts import value_of, whole
from vonggac.detectors.indicators.values import Value, ValueFault

LONGEST: Final = 1 << 20
MOST_COMPARISONS: Final = 20_000
_DEEPEST = 20
_ADDRESS = {"ipv4": frozenset({"ipv4", "cidr"}), "ipv6": frozenset({"ipv6", "cidr"}), "": frozenset({"ipv4", "ipv6", "cidr"})}  # fmt: skip
_PATHS: Final = {
    "ipv4-addr:value": _ADDRESS["ipv4"],
    "ipv6-addr:value": _ADDRESS["ipv6"],
    "domain-name:value": frozenset({"domain"}),
    "url:value": frozenset({"url"}),
    "network-traffic:src_ref.value": _ADDRESS[""] | {"domain"},
    "network-traffic:dst_ref.value": _ADDRESS[""] | {"domain"},
}
"""Object path of a pattern to the kinds of value that may stand there."""
_HASH_KINDS: Final = frozenset({"md5", "sha1", "sha256"})
_HASHES = re.compile(
    r"(?:file:|artifact:|process:(?:image|binary)_ref\.|file:content_ref\.)hashes\.(.+)", re.IGNORECASE
)
_NOT_LOOKED_FOR = {
    "email-addr:value": "email",
    "email-message:from_ref.value": "email",
    "mac-addr:value": "hardware_address",
}
_PORTS = frozenset({"network-traffic:dst_port", "network-traffic:src_port"})
_BESIDE = re.compile(
    r"network-traffic:(?:(?:src|dst)_ref\.type|protocols(?:\[[0-9*]+\])?|(?:src|dst)_port|is_active)|domain-name:resolves_to_refs\[[0-9*]+\]\.(?:value|type)"
)
"""What may stand beside one value, joined by AND, without making it another one."""
_FILE = re.compile(r"(?:file|artifact):[\w.\[\]*'-]+", re.IGNORECASE)

_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:(?P<mark>[\[\](),])|(?P<text>'(?:[^'\\]|\\.)*+')|(?P<compare>==?)|(?P<number>[+-]?[0-9]++(?:\.[0-9]++)?)
    |(?P<path>[a-zA-Z0-9-]++:[A-Za-z0-9_.*\[\]-]++(?:'[A-Za-z0-9 _-]++')?(?:\.[A-Za-z0-9_.*\[\]-]++)?)|(?P<word>[A-Za-z]++))""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE = re.compile(r"\[ ?([a-z0-9-]+:value) ?= ?'([^'\\]*)' ?\]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class _Comparison(NamedTuple):
    """``path operator texts``; a number is the text that it is written as."""

    path: str
    operator: str
    texts: tuple[str, ...]


def values_of_pattern(pattern: str) -> list[Value]:
    """The values that a pattern looks for, each once. Raises ValueFault with the reason where there is none such."""
    if len(pattern) > LONGEST:
        raise ValueFault("pattern_too_long")
    if simple := _SIMPLE.fullmatch(pattern):  # nearly all patterns of feeds
        return [_value(_Comparison(simple[1], "=", (simple[2],)))]
    values = {(one.kind, one.value): one for one in _Pattern(pattern).values()}
    return list(values.values())


class _Pattern:
    """One pattern while it is read, by recursive descent."""

    def __init__(self, pattern: str) -> None:
        self._tokens = list(_tokens(pattern))
        self._at = 0
        self._n = 0

    def values(self) -> list[Value]:
        found = self._observations(0)
        if self._at != len(self._tokens):
            raise ValueFault("pattern_kind")  # a qualifier, AND, FOLLOWEDBY
        return found

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            return "", ""
        kind, text = self._tokens[self._at]
        return kind, text.upper() if kind == "word" else text

    def _take(self, text: str) -> bool:
        if self._next()[1] == text:
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            raise ValueFault("pattern_kind")

    def _observations(self, depth: int) -> list[Value]:
        """``[…] OR ([…] OR […])``"""
        if depth > _DEEPEST:
            raise ValueFault("pattern_kind")
        found: list[Value] = []
        while True:
            if self._take("("):
                found += self._observations(depth + 1)
                self._need(")")
            else:
                self._need("[")
                for group in self._either(depth):
                    found += _values(group)
                self._need("]")
            if not self._take("OR"):
                return found

    def _either(self, depth: int) -> list[list[_Comparison]]:
        """Comparisons joined by OR, of which each may be several joined by AND."""
        groups: list[list[_Comparison]] = []
        while True:
            groups += self._all(depth)
            if not self._take("OR"):
                return groups

    def _all(self, depth: int) -> list[list[_Comparison]]:
        groups = self._one(depth)
        while self._take("AND"):
            others = self._one(depth)
            if len(groups) > 1 and len(others) > 1:
                raise ValueFault("pattern_and")
            groups = [[*a, *b] for a in groups for b in others]
            if sum(map(len, groups)) > MOST_COMPARISONS:
                raise ValueFault("pattern_too_long")
        return groups

    def _one(self, depth: int) -> list[list[_Comparison]]:
        if self._take("("):
            if depth > _DEEPEST:
                raise ValueFault("pattern_kind")
            groups = self._either(depth + 1)
            self._need(")")
            return groups
        kind, path = self._next()
        if kind != "path":
            raise ValueFault("pattern_kind")
        self._at += 1
        kind, operator = self._next()
        self._at += 1
        if kind == "compare":
            return [[_Comparison(path, "=", (self._constant(),))]]
        if operator in ("ISSUBSET", "LIKE"):
            return [[_Comparison(path, operator, (self._constant(),))]]
        if operator != "IN":
            raise ValueFault("pattern_kind")
        self._need("(")
        texts = [self._constant()]
        while self._take(","):
            texts.append(self._constant())
        self._need(")")
        return [[_Comparison(path, "=", (text,))] for text in texts]

    def _constant(self) -> str:
        kind, text = self._next()
        self._at += 1
        self._n += 1
        if self._n > MOST_COMPARISONS:
            raise ValueFault("pattern_too_long")
        if kind == "text":
            return _ESCAPED.sub(r"\1", text[1:-1])
        if kind != "number":
            raise ValueFault("pattern_kind")
        return text


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(pattern.rstrip(" \t\r\n"))
    while place < end:
        token = _TOKEN.match(pattern, place)
        if token is None or token.lastgroup is None:
            raise ValueFault("pattern_kind")
        yield token.lastgroup, token[token.lastgroup]
        place = token.end()


def _values(group: Sequence[_Comparison]) -> list[Value]:
    """What comparisons that must all be met look for."""
    if len(group) == 1:
        return [_value(group[0])]
    hashes = [one for one in group if _is_hash(one.path)]
    if hashes and all(one in hashes or _FILE.fullmatch(one.path) for one in group):
        return [_value(one) for one in hashes]
    ours = [one for one in group if not _BESIDE.fullmatch(one.path)]
    if len(ours) != 1 or any(one.operator != "=" for one in group if one not in ours):
        raise ValueFault("pattern_and")
    value = _value(ours[0])
    ports = [whole(one.texts[0], 0, 65535) for one in group if one.path in _PORTS]
    if value.port is None and len(ports) == 1 and ports[0] is not None:
        value = value._replace(port=ports[0])
    return [value]


def _is_hash(path: str) -> bool:
    found = _HASHES.fullmatch(path)
    return bool(found) and found[1].strip("'").replace("-", "").lower() in _HASH_KINDS  # type: ignore[index]  # it matched


def _value(one: _Comparison) -> Value:
    text = one.texts[0]
    if found := _HASHES.fullmatch(one.path):
        kind = found[1].strip("'").replace("-", "").lower()
        if kind not in _HASH_KINDS:
            raise ValueFault("hash_kind")
        kinds = frozenset({kind})
    elif one.path in _NOT_LOOKED_FOR:
        raise ValueFault(_NOT_LOOKED_FOR[one.path])
    elif one.path in _PATHS:
        kinds = _PATHS[one.path]
    else:
        raise ValueFault("pattern_path")
    if (one.operator == "ISSUBSET" and "cidr" not in kinds) or (
        one.operator == "LIKE" and ("%" in text or "_" in text)
    ):
        raise ValueFault("pattern_path" if one.operator == "ISSUBSET" else "pattern_kind")
    value = value_of(text, kinds)
    if (
        value.kind == "cidr"
        and kinds in (_ADDRESS["ipv4"], _ADDRESS["ipv6"])
        and (":" in value.value) != ("ipv6" in kinds)
    ):
        raise ValueFault("wrong_kind")
    return value
