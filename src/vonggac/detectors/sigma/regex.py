"""Regular expressions: a linear-time engine first, else one with a time limit.

RE2 runs in time linear in the value; what it refuses (look-around, back-references) goes to ``regex`` with
:data:`TIME_LIMIT_S` per value. Both search, as Sigma does, case-sensitively unless ``i`` is set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import repeat
from re import _parser as sre  # type: ignore[attr-defined]  # the standard library's own parse of a pattern
from typing import Any

import re2
import regex

from vonggac.errors import N_, RuleError

TIME_LIMIT_S = 0.25
_MAX_MEMORY_BYTES = 64 << 20
MAX_ALTERNATIVES = 64
_TOGETHER = 64


class Pattern:
    """A compiled expression: ``search(text)`` says whether it occurs; None when the time limit ended the search."""

    __slots__ = ("_compiled", "_has_end", "_is_free", "_least", "_most", "is_linear")

    def __init__(self, pattern: str, flags: str) -> None:
        self._compiled = compiled(pattern, flags)
        self.is_linear = not isinstance(self._compiled, regex.Pattern)
        self._has_end = "$" in pattern
        self._is_free = self.is_linear and not _is_anchored(pattern)
        self._least, self._most = _lengths(pattern, flags)

    def search_all(self, texts: Sequence[str]) -> Iterator[bool | None]:
        """Whether the expression occurs in each of ``texts``, in order.

        An expression without anchors that is in one text is in any that holds it, so that texts are first asked together.
        """
        for first in range(0, len(texts), _TOGETHER):
            some = texts[first : first + _TOGETHER]
            able = [text for text in some if self._least <= len(text) <= self._most]
            if self._is_free and len(able) > 1 and self._compiled.search("\n".join(able).encode()) is None:
                yield from repeat(False, len(some))
            else:
                yield from map(self.search, some)

    def search(self, text: str) -> bool | None:
        """Whether the expression occurs in ``text``."""
        if not self._least <= len(text) <= self._most:
            return False
        if self.is_linear:
            data = text.encode()  # in a text it would also count characters up to what it finds
            if self._compiled.search(data) is not None:
                return True
            # PCRE's $ holds before a newline that ends the text as well, RE2's does not
            return self._has_end and data.endswith(b"\n") and self._compiled.search(data[:-1]) is not None
        try:
            return self._compiled.search(text, timeout=TIME_LIMIT_S) is not None
        except TimeoutError:
            return None


def compiled(pattern: str, flags: str) -> Any:
    """``pattern`` compiled by the linear engine, else by the limited one; raises RuleError when neither takes it."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    options.never_capture = True
    with suppress(re2.error):
        return re2.compile(f"(?{flags})" * bool(flags) + pattern, options)
    bits = regex.VERSION0
    for letter, flag in (("i", regex.IGNORECASE), ("m", regex.MULTILINE), ("s", regex.DOTALL)):
        if letter in flags:
            bits |= flag
    try:
        return regex.compile(pattern, bits)
    except (regex.error, RecursionError, ValueError) as error:
        raise RuleError(
            N_("the regular expression “{pattern}” is not valid: {fault}"), pattern=pattern[:200], fault=str(error)
        ) from error


@lru_cache(maxsize=4096)
def compile_regex(pattern: str, flags: str) -> Pattern:
    """Compile ``pattern`` with ``flags`` of ``i m s``; raises RuleError when no engine takes it."""
    return Pattern(pattern, flags)


_RARE = frozenset("`^{}~|;")
"""Characters that few values have."""


def required_literals(pattern: str) -> list[str] | None:
    """Texts of which at least one occurs, but for case, in whatever ``pattern`` matches; None when none are known.

    The best single requirement is chosen: of all the parts that a match must have, the one whose shortest text is
    longest. Each text is at least two characters long, or one that is rare.
    """
    try:
        tree = sre.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
    return _best(
        options
        for options in _requirements(tree)
        if len(options) <= MAX_ALTERNATIVES and all(len(text) > 1 or text in _RARE for text in options)
    )


def _is_anchored(pattern: str) -> bool:
    """Whether ``pattern`` asks for the beginning or end of a text or line, or cannot be told not to."""
    try:
        pending = [sre.parse(pattern)]
    except (re.error, RecursionError, OverflowError):
        return True
    while pending:
        item = pending.pop()
        if str(item).startswith(("AT_BEGINNING", "AT_END")):
            return True
        if isinstance(item, sre.SubPattern | list | tuple):
            pending.extend(item)
    return False


def _lengths(pattern: str, flags: str) -> tuple[int, int]:
    """The least and the most characters of a text in which ``pattern`` can occur; (0, ``MAXREPEAT``) where that is not known."""
    unknown = (0, int(sre.MAXREPEAT))
    if "[[:" in pattern or "{," in pattern:  # which the standard library reads in another way
        return unknown
    try:
        tree = sre.parse(pattern)
        least, most = tree.getwidth()
    except (re.error, RecursionError, OverflowError):
        return unknown
    parts = list(tree)
    is_whole = (
        "m" not in flags
        and not tree.state.flags & re.MULTILINE
        and len(parts) > 1
        and str(parts[0][1]) in ("AT_BEGINNING", "AT_BEGINNING_STRING")
        and str(parts[-1][1]) in ("AT_END", "AT_END_STRING")
    )
    return int(least), int(most) + 1 if is_whole else unknown[1]  # one more: the newline before which $ may stand


def _best(requirements: Iterable[list[str]]) -> list[str] | None:
    """The requirement whose shortest text is longest; None of none."""
    return max(requirements, key=lambda options: min(map(len, options)), default=None)


def _requirements(tree: Any) -> Iterator[list[str]]:
    run = ""
    for operator, argument in tree:
        name = str(operator)
        if name == "LITERAL":
            run += chr(argument)
            continue
        if name == "AT":  # anchors and word borders take no characters
            continue
        if run:
            yield [run]
            run = ""
        if name == "SUBPATTERN":
            yield from _requirements(argument[3])
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            if argument[0] >= 1:
                yield from _requirements(argument[2])
        elif name == "ATOMIC_GROUP":
            yield from _requirements(argument)
        elif name == "BRANCH":
            options = [_best(_requirements(branch)) for branch in argument[1]]
            if all(options):
                yield [text for option in options for text in option or ()]
    if run:
        yield [run]
