"""Where a rule matched an event: the values that its condition asked for, and the places inside of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex

from vonggac.detectors.sigma.costly import compare_fields, tester
from vonggac.detectors.sigma.explain import glob_tester
from vonggac.detectors.sigma.regex import TIME_LIMIT_S, compiled
from vonggac.detectors.sigma.routing import ROUTING, aliases
from vonggac.detectors.sigma.ruleset import Node, Rule
from vonggac.events.batch import EventBatch, leaf_texts, own_texts, resolve
from vonggac.events.folding import fold

Span = tuple[int, int]
"""First character and the one after the last."""

MAX_SPANS = 100
"""Places marked in one value."""
_MAX_CHARACTERS = 1 << 18
"""A longer value is not looked at: whoever reads marks does not read so much, and a rule may have thousands of leaves."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that the rule asked for. ``field``: its native name, empty for a keyword, which any value may hold."""

    field: str
    text: str
    spans: tuple[Span, ...]


def marks(rule: Rule, source: str, event: dict[str, object]) -> list[Mark]:
    """What ``rule`` found in ``event`` of ``source``: each leaf that holds and is not negated, on each value that it holds on."""
    return list(_Marker(source, event).marks(rule.condition))


class _Marker:
    def __init__(self, source: str, event: dict[str, object]) -> None:
        self._known: dict[str, list[tuple[str, str]]] = {}
        self._event = event
        self._batch = EventBatch.from_dicts(source, [(1, event)])
        self._aliases = aliases(source)

    def marks(self, node: Node) -> Iterator[Mark]:
        """The marks of a node that holds; none of one that does not."""
        kind = node[0]
        if kind == "and":
            for child in node[1:]:
                yield from self.marks(child)
        elif kind == "or":
            for child in node[1:]:
                if self._holds(child):
                    yield from self.marks(child)
        elif kind == "is":
            yield from self.marks(node[2])
        elif kind != "not":
            yield from self._leaf(node)

    def _holds(self, node: Node) -> bool:
        kind = node[0]
        if kind in ("and", "or"):
            return (all if kind == "and" else any)(self._holds(child) for child in node[1:])
        if kind == "not":
            return not self._holds(node[1])
        if kind == "is":
            return self._holds(node[2])
        return next(self._leaf(node), None) is not None

    def _names(self, field: str) -> Iterator[str]:
        """The native fields that a rule means by ``field``."""
        yield field.removeprefix(ROUTING)
        for alias in self._aliases:
            if alias.name == field and self._holds(alias.when):
                yield alias.field

    def _texts(self, field: str) -> list[tuple[str, str]]:
        """Native name and text of each value of ``field``."""
        found = self._known.get(field)
        if found is None:
            pairs = (
                ((name, text) for name in self._names(field) for text in own_texts(self._value(name)))
                if field
                else (("", text) for text in leaf_texts(self._event))
            )
            found = [(name, _clean(text)) for name, text in pairs if len(text) <= _MAX_CHARACTERS]
            self._known[field] = found
        return found

    def _value(self, name: str) -> object:
        found = self._event.get(name)
        return found if found is not None or "." not in name else resolve(self._event, name.split("."))

    def _leaf(self, leaf: Node) -> Iterator[Mark]:
        kind = leaf[0]
        if kind == "exists":
            value = self._value(leaf[1])
            texts = (text for text in leaf_texts(value) if len(text) <= _MAX_CHARACTERS)
            yield from (Mark(leaf[1], _clean(text), _whole(text)) for text in texts)
            return
        if kind == "ref":
            yield from self._reference(leaf)
            return
        find = _finder(leaf, self._batch)
        for name, text in self._texts(leaf[1]):
            if spans := find(text):
                yield Mark(name, text, spans)

    def _reference(self, leaf: Node) -> Iterator[Mark]:
        others = self._texts(leaf[2])
        for name, text in self._texts(leaf[1]):
            for other, value in others:
                if compare_fields([text], [value], leaf[3]):
                    yield Mark(name, text, _whole(text))
                    yield Mark(other, value, _whole(value))


def _clean(text: str) -> str:
    """``text`` as columns hold it: what UTF-8 cannot write is ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _whole(text: str) -> tuple[Span, ...]:
    return ((0, len(text)),)


def _finder(leaf: Node, batch: EventBatch) -> Any:
    """A function from a text to the places where ``leaf`` holds on it; empty where it does not."""
    kind = leaf[0]
    if kind == "any":
        return _whole
    if kind == "glob":
        pieces = _pieces(tuple(leaf[2]), bool(leaf[3]))
        if any(isinstance(token, str) for token in leaf[2]):
            return lambda text: _glob_spans(pieces, leaf, text)
        fits = glob_tester(leaf[2], leaf[3])
        return lambda text: _whole(text) if fits(text) else ()
    if kind == "re":
        pattern = _compiled(leaf[2], leaf[3])
        return lambda text: _regex_spans(pattern, text)
    test = tester(leaf, batch)
    return lambda text: _whole(text) if test(text) else ()


@lru_cache(maxsize=4096)
def _compiled(pattern: str, flags: str) -> Any:
    return compiled(pattern, flags)


def _regex_spans(pattern: Any, text: str) -> tuple[Span, ...]:
    limit = {"timeout": TIME_LIMIT_S} if isinstance(pattern, regex.Pattern) else {}
    try:
        found = pattern.search(text, **limit)
        if found is None and text.endswith("\n"):  # as PCRE's $, see regex.py
            found = pattern.search(text[:-1], **limit)
    except TimeoutError:
        return ()
    if found is None:
        return ()
    start, end = found.span()
    return ((start, end),) if end > start else _whole(text)


@lru_cache(maxsize=1 << 14)
def _pieces(tokens: tuple[str | int, ...], is_cased: bool) -> tuple[tuple[tuple[str | int, ...], ...], bool, bool]:
    """What stands between the ``*`` of ``tokens``, folded, and whether the first begins and the last ends the value."""
    pieces: list[list[str | int]] = [[]]
    for token in tokens:
        if token == 1:
            pieces.append([])
        else:
            pieces[-1].append(token if is_cased or isinstance(token, int) else fold(token))
    return tuple(tuple(piece) for piece in pieces if piece), tokens[:1] != (1,), tokens[-1:] != (1,)


def _glob_spans(parts: tuple[tuple[tuple[str | int, ...], ...], bool, bool], leaf: Node, text: str) -> tuple[Span, ...]:
    """Where the texts of a pattern stand in ``text``, from the left; empty where the pattern does not fit."""
    pieces, is_begin, is_end = parts
    subject = text if leaf[3] else _folded(text)
    spans: list[Span] = []
    at = 0
    for number, piece in enumerate(pieces):
        size = sum(len(token) if isinstance(token, str) else 1 for token in piece)
        is_last = number == len(pieces) - 1
        if number == 0 and is_begin:
            start = 0 if (size == len(subject) or not (is_last and is_end)) else -1
        elif is_last and is_end:
            start = len(subject) - size
        else:
            start = _find(piece, subject, at)
        if start < at or start + size > len(subject) or not _fits(piece, subject, start):
            return ()
        spans += _literals(piece, start)
        at = start + size
    if len(pieces) == 1 and not is_begin and not is_end:  # "contains": wherever it is
        while (start := _find(pieces[0], subject, at)) >= 0 and len(spans) < MAX_SPANS:
            spans += _literals(pieces[0], start)
            at = start + sum(len(token) if isinstance(token, str) else 1 for token in pieces[0])
    return merged(spans) or _whole(text)


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    return fold(text)


def _find(piece: Sequence[str | int], subject: str, at: int) -> int:
    """The first place from ``at`` on where ``piece`` fits; -1 for nowhere."""
    before = 0
    anchor = ""
    for token in piece:
        if isinstance(token, str):
            anchor = token
            break
        before += 1
    if not anchor:  # only "?"
        return at if at + len(piece) <= len(subject) else -1
    start = subject.find(anchor, at + before)
    while start >= 0 and not _fits(piece, subject, start - before):
        start = subject.find(anchor, start + 1)
    return start - before if start >= 0 else -1


def _fits(piece: Sequence[str | int], subject: str, at: int) -> bool:
    for token in piece:
        if isinstance(token, str):
            if not subject.startswith(token, at):
                return False
            at += len(token)
        else:
            at += 1
    return 0 <= at <= len(subject)


def _literals(piece: Sequence[str | int], at: int) -> Iterator[Span]:
    for token in piece:
        size = len(token) if isinstance(token, str) else 1
        if isinstance(token, str):
            yield at, at + size
        at += size


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """``spans`` in order, with those that touch made one; empty ones left out."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
