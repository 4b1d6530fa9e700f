"""Texts for the oracle: case folding, wildcard patterns and regular expressions, each in the plainest way.

Nothing here is fast and nothing is shared with the engine. Regular expressions of the flavour that the Sigma
specification names (PCRE's ``. ^ $ * + ? {n,m} [] () |``) are matched by sets of positions; all others go to ``re``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache

# CaseFolding.txt, status S: what folds to one code point although its full folding (status F) is longer.
SIMPLE_ONLY: dict[int, int] = {
    0x1E9E: 0x00DF, 0x1FBC: 0x1FB3, 0x1FCC: 0x1FC3, 0x1FFC: 0x1FF3,
    **{0x1F88 + n: 0x1F80 + n for n in range(8)},
    **{0x1F98 + n: 0x1F90 + n for n in range(8)},
    **{0x1FA8 + n: 0x1FA0 + n for n in range(8)},
}  # fmt: skip


@cache
def fold_char(char: str) -> str:
    """The simple case folding (statuses C and S of CaseFolding.txt) of one code point."""
    if ord(char) in SIMPLE_ONLY:
        return chr(SIMPLE_ONLY[ord(char)])
    full = char.casefold()
    return full if len(full) == 1 else char


def fold(text: str) -> str:
    """The simple case folding of ``text``, code point by code point."""
    return "".join(fold_char(char) for char in text)


@cache
def variants() -> dict[str, tuple[str, ...]]:
    """Every folded code point to all code points that fold to it, where there are several."""
    found: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if (folded := fold_char(char)) != char:
            found.setdefault(folded, [folded]).append(char)
    return {folded: tuple(chars) for folded, chars in found.items()}


class Wild(Enum):
    """The two wildcards of Sigma."""

    ANY = "*"
    ONE = "?"


Token = str | Wild
"""One code point, or a wildcard."""


def tokens_of(value: str) -> tuple[Token, ...]:
    """Read a value of a rule: a backslash escapes ``*``, ``?`` and a backslash; before all else it is itself."""
    out: list[Token] = []
    at = 0
    while at < len(value):
        char = value[at]
        if char == "\\" and value[at + 1 : at + 2] in ("*", "?", "\\"):
            out.append(value[at + 1])
            at += 2
            continue
        out.append(Wild(char) if char in "*?" else char)
        at += 1
    return tuple(out)


def glob(tokens: Sequence[Token], text: str, cased: bool) -> bool:
    """Whether the whole ``text`` is ``tokens``: the textbook table of prefixes, one row per token."""
    same: Callable[[str], str] = (lambda char: char) if cased else fold_char
    reached = [True] + [False] * len(text)
    for token in tokens:
        if token is Wild.ANY:
            row, seen = [], False
            for before in reached:
                seen = seen or before
                row.append(seen)
        else:
            row = [False] + [
                before and (token is Wild.ONE or same(str(token)) == same(char))
                for before, char in zip(reached, text, strict=False)
            ]
        reached = row
    return reached[-1]


class Unsupported(Exception):
    """The pattern uses more than the flavour of the specification."""


Step = Callable[[str, frozenset[int]], frozenset[int]]
"""From a text and the positions reached so far to the positions reached next."""


class _Parser:
    """A recursive descent over one pattern; ``fold``/``multi``/``dotall`` are the sub-modifiers i, m, s."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.fold = "i" in flags
        self.multi = "m" in flags
        self.dotall = "s" in flags

    def peek(self, size: int = 1) -> str:
        return self.pattern[self.at : self.at + size]

    def whole(self) -> Step:
        step = self.alternation()
        if self.at < len(self.pattern):
            raise Unsupported(self.pattern)
        return step

    def alternation(self) -> Step:
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        return lambda text, start: frozenset().union(*(branch(text, start) for branch in branches))

    def sequence(self) -> Step:
        steps: list[Step] = []
        while self.peek() not in ("", "|", ")"):
            steps.append(self.repeated())

        def run(text: str, positions: frozenset[int]) -> frozenset[int]:
            for step in steps:
                positions = step(text, positions)
            return positions

        return run

    def repeated(self) -> Step:
        step, is_anchor = self.atom()
        found = re.compile(r"[*+?]|\{(\d{1,3})(,(\d{1,3})?)?\}").match(self.pattern, self.at)
        if found is None:
            if self.peek() == "{":
                raise Unsupported(self.pattern)
            return step
        if is_anchor:
            raise Unsupported(self.pattern)
        self.at = found.end()
        if self.peek() == "?":  # lazy: the same texts match
            self.at += 1
        if self.peek() in ("+", "*", "?", "{") and self.peek():
            raise Unsupported(self.pattern)
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(found.group(), (0, 0))
        if found.group(1):
            least = int(found.group(1))
            most = least if found.group(2) is None else int(found.group(3)) if found.group(3) else None
        return _repeat(step, least, most)

    def atom(self) -> tuple[Step, bool]:
        char = self.peek()
        self.at += 1
        if char == "(":
            if self.peek(2) == "?:":
                self.at += 2
            elif self.peek() in ("?", "*"):
                raise Unsupported(self.pattern)
            inner = self.alternation()
            if self.peek() != ")":
                raise Unsupported(self.pattern)
            self.at += 1
            return inner, False
        if char == "^":
            return self.anchor(
                lambda text, at: at == 0 or (self.multi and text[at - 1] == "\n" and at < len(text))
            ), True
        if char == "$":
            return self.anchor(self.is_end), True
        if char == ".":
            return self.one(lambda c: self.dotall or c != "\n"), False
        if char == "[":
            return self.char_class(), False
        if char in "*+?{":
            raise Unsupported(self.pattern)
        literal = self.escaped() if char == "\\" else char
        return self.one(lambda c: c in self.cases(literal)), False

    def is_end(self, text: str, at: int) -> bool:
        if at == len(text) or (at == len(text) - 1 and text[at] == "\n"):
            return True
        return self.multi and text[at] == "\n"

    def cases(self, char: str) -> tuple[str, ...]:
        if not self.fold:
            return (char,)
        folded = fold_char(char)
        return variants().get(folded, (folded,))

    def escaped(self) -> str:
        char = self.peek()
        self.at += 1
        if char in ("n", "t", "r"):
            return {"n": "\n", "t": "\t", "r": "\r"}[char]
        if not char or char.isalnum() or not char.isascii():
            raise Unsupported(self.pattern)
        return char

    def char_class(self) -> Step:
        negated = self.peek() == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        while self.peek() != "]" or not ranges:
            if self.peek() == "" or self.peek(2) in ("[:", "[.", "[=") or (self.peek() == "]" and not ranges):
                raise Unsupported(self.pattern)
            low = high = self.class_char()
            if self.peek() == "-" and self.peek(2) != "-]":
                self.at += 1
                high = self.class_char()
            if low > high:
                raise Unsupported(self.pattern)
            ranges.append((low, high))
        self.at += 1
        return self.one(lambda c: negated != any(low <= v <= high for v in self.cases(c) for low, high in ranges))

    def class_char(self) -> str:
        char = self.peek()
        self.at += 1
        return self.escaped() if char == "\\" else char

    def one(self, test: Callable[[str], bool]) -> Step:
        return lambda text, start: frozenset(at + 1 for at in start if at < len(text) and test(text[at]))

    def anchor(self, test: Callable[[str, int], bool]) -> Step:
        return lambda text, start: frozenset(at for at in start if test(text, at))


def _repeat(step: Step, least: int, most: int | None) -> Step:
    def run(text: str, positions: frozenset[int]) -> frozenset[int]:
        for _ in range(least):
            positions = step(text, positions)
        total = positions
        rounds = 0
        while positions and (most is None or rounds < most - least):
            positions = step(text, positions)
            if most is None and positions <= total:
                break
            total |= positions
            rounds += 1
        return total

    return run


def regex(pattern: str, flags: str) -> Callable[[str], bool]:
    """A test whether ``pattern`` occurs anywhere in a text; ``flags`` of ``ims``. Raises ``re.error``."""
    try:
        step = _Parser(pattern, flags).whole()
    except Unsupported:
        options = sum({"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[flag] for flag in set(flags))
        compiled = re.compile(pattern, options)
        return lambda text: compiled.search(text) is not None
    return lambda text: bool(step(text, frozenset(range(len(text) + 1))))
