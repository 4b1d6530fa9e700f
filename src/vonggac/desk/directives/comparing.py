"""What differs between two letters: head, clauses, recipients. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from vonggac.desk.directives.values import ClauseValues, LetterValues
from vonggac.desk.searching import search_form

_WORDS = re.compile(r"\S+\s*|\s+")
_MOST_WORDS = 4000
"""Longer texts are compared line by line: word by word would take the square of their length."""
_ALIKE = 0.6
"""From which likeness of their titles two clauses are the same one."""

_MOST_GUESSED = 40
"""More clauses than these without a like title are told as gone and new: each would be held against each."""

Part = tuple[Literal["same", "gone", "new"], str]
"""A run of text: in both, in the old one alone, in the new one alone."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value that differs; ``parts`` only of texts."""

    name: str
    was: Any
    now: Any
    parts: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """What became of a clause. ``at``: its place in the new letter, None for one that is gone."""

    what: Literal["same", "changed", "gone", "new"]
    was: ClauseValues | None
    now: ClauseValues | None
    at: int | None = None
    values: Sequence[Value] = ()
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs from the old letter to the new one; ``gone`` and ``new`` are recipients, as told."""

    head: Sequence[Value] = ()
    clauses: Sequence[ClauseChange] = ()
    gone: Sequence[str] = ()
    new: Sequence[str] = ()
    n_same: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether both say the same."""
        return not (self.head or self.gone or self.new or any(one.what != "same" for one in self.clauses))


_HEAD = (
    "subject", "opening", "closing", "urgency", "deadline", "period_from", "period_until", "symbol", "superior_name", "place",
    "signer_for", "signer_title", "signer_name", "links_ask_code",
)  # fmt: skip
_TEXTS = frozenset({"subject", "opening", "closing", "title", "text"})
_OF_CLAUSE = ("mark", "title", "text", "kind", "groups", "due_at", "is_daily", "needs_file", "proof")


def difference(was: LetterValues, now: LetterValues, told: Callable[[Any], str]) -> Difference:
    """From ``was`` to ``now``; ``told`` names an AddresseeValues."""
    old, new = [told(one) for one in was.addressees], [told(one) for one in now.addressees]
    clauses = list(_clauses(was.clauses, now.clauses))
    return Difference(
        head=list(_values(was, now, _HEAD)),
        clauses=clauses,
        gone=[one for one in old if one not in new],
        new=[one for one in new if one not in old],
        n_same=sum(one.what == "same" for one in clauses),
    )


def _values(was: Any, now: Any, names: Sequence[str]) -> Iterator[Value]:
    for name in names:
        old, new = getattr(was, name), getattr(now, name)
        if isinstance(old, list | tuple):
            old, new = sorted(old), sorted(new)
        if old != new and (old or new):
            yield Value(name, old, new, parts_of(old, new) if name in _TEXTS else ())


def parts_of(was: str, now: str) -> list[Part]:
    """Both texts in one: what is the same, what is gone, what is new."""
    old, new = _WORDS.findall(was), _WORDS.findall(now)
    if len(old) + len(new) > _MOST_WORDS:
        old, new = was.splitlines(keepends=True), now.splitlines(keepends=True)
        if len(old) + len(new) > _MOST_WORDS:
            return [("gone", was), ("new", now)]
    found: list[Part] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(old[a:b])))
            continue
        if a < b:
            found.append(("gone", "".join(old[a:b])))
        if c < d:
            found.append(("new", "".join(new[c:d])))
    return found


def _clauses(was: Sequence[ClauseValues], now: Sequence[ClauseValues]) -> Iterator[ClauseChange]:
    """The clauses of the new letter in order, those that are gone after the one that they followed."""
    pairs = _pairs(was, now)
    of_new = {new: old for old, new in pairs.items()}
    steady = _steady([old for _new, old in sorted(of_new.items())])
    gone: dict[int, list[ClauseValues]] = {}
    follows = -1
    for n, one in enumerate(was):
        if n in pairs:
            follows = pairs[n]
        else:
            gone.setdefault(follows, []).append(one)
    for at in range(-1, len(now)):
        if at >= 0:
            yield _clause(was, now, at, of_new.get(at), steady)
        yield from (ClauseChange("gone", one, None) for one in gone.get(at, ()))


def _clause(
    was: Sequence[ClauseValues], now: Sequence[ClauseValues], at: int, old: int | None, steady: set[int]
) -> ClauseChange:
    if old is None:
        return ClauseChange("new", None, now[at], at)
    values = list(_values(was[old], now[at], _OF_CLAUSE))
    moved = old not in steady
    return ClauseChange("changed" if values or moved else "same", was[old], now[at], at, values, moved)


def _pairs(was: Sequence[ClauseValues], now: Sequence[ClauseValues]) -> dict[int, int]:
    """Places in the old letter to those in the new one: of the same title first, then of titles much alike."""
    found: dict[int, int] = {}
    free: dict[str, list[int]] = {}
    for at, one in enumerate(now):
        free.setdefault(search_form(one.title), []).append(at)
    for n, one in enumerate(was):
        places = free.get(search_form(one.title))
        if places:
            found[n] = places.pop(0)
    left = sorted(at for places in free.values() for at in places)
    for n, one in enumerate(was):
        if n in found or not left or len(left) > _MOST_GUESSED:
            continue
        matcher = SequenceMatcher(None, "", search_form(one.title)[:120])
        best, at = 0.0, -1
        for place in left:
            matcher.set_seq1(search_form(now[place].title)[:120])
            if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
                best, at = ratio, place
        same_mark = [
            place for place in left if now[place].mark and now[place].mark == one.mark and now[place].kind == one.kind
        ]
        if best >= _ALIKE:
            found[n] = at
            left.remove(at)
        elif same_mark:
            found[n] = same_mark[0]
            left.remove(same_mark[0])
    return found


def _steady(order: Sequence[int]) -> set[int]:
    """Those of ``order`` that stand in a longest rising row: the others were moved."""
    best: list[tuple[int, int]] = []  # (length, place before) of each
    for at, one in enumerate(order):
        length, before = max(
            ((best[n][0], n) for n in range(at) if order[n] < one), default=(0, -1), key=lambda pair: pair[0]
        )
        best.append((length + 1, before))
    at = max(range(len(order)), key=lambda n: best[n][0], default=-1)
    found = set()
    while at >= 0:
        found.add(order[at])
        at = best[at][1]
    return found
