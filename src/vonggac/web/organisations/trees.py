"""The tree of organisations as rows of a page: which branches are shown, which open, which come when they are opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.organisations.models.graph import KINDS
from vonggac.desk.organisations.queries.branches import Branch, branches, counts_of, taken_over
from vonggac.desk.organisations.queries.graph import words_of
from vonggac.desk.organisations.queries.tree import Counts
from vonggac.desk.scope.asker import Asker

WHOLE = 150
"""A tree of up to so many branches is sent at once; of a larger one what lies deeper comes when it is opened."""
WIDE = 200
"""Branches right below one that are shown; the list has them all."""


@dataclass(slots=True)
class Row:
    """One place in the tree. ``opens``: branches below follow, up to the row with ``closes``; ``lazy``: they come when opened;
    ``former``: the name before by which it was found.
    """

    branch: Branch
    kind: str = ""
    held: Counts | None = None
    successors: Sequence[Any] = ()
    n_below: int = 0
    opens: bool = False
    closes: bool = False
    lazy: bool = False
    is_open: bool = False
    is_match: bool = False
    former: str = ""
    is_closed: bool = False
    n_left: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """``rows`` from top to bottom; ``n``: how many organisations fit; ``path``: what stands above the root that was asked for."""

    rows: Sequence[Row]
    n: int
    path: Sequence[Branch] = ()
    is_lazy: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    words: Sequence[str]
    kind: str
    with_closed: bool
    now: datetime

    @property
    def is_filter(self) -> bool:
        return bool(self.words or self.kind)

    def fits(self, branch: Branch) -> bool:
        return (not self.kind or branch.kind == self.kind) and branch.found_by(self.words) is not None

    def shows(self, branch: Branch) -> bool:
        """Closed ones are in the way, unless somebody looks for them by name or asks for a time when they existed."""
        return self.with_closed or bool(self.words) or not _is_closed(branch, self.now)


def _is_closed(branch: Branch, now: datetime) -> bool:
    return branch.valid_until is not None and branch.valid_until <= now


def tree_of(
    asker: Asker, *, at: datetime, text: str, kind: str, root_id: int | None, is_past: bool, with_closed: bool = False
) -> Tree:
    """The tree at ``at`` (``is_past``) or today's; with a filter what fits it and what stands above that."""
    everything = branches(asker, at if is_past else None)
    asked = _Asked(words_of(text), kind, with_closed or is_past, timezone.now())
    by_id = {one.id: one for one in everything}
    matches = {one.id for one in everything if asked.fits(one) and asked.shows(one)}
    shown = set(matches)
    for pk in matches:
        above = by_id[pk].parent_id
        while above in by_id and above not in shown:
            shown.add(above)
            above = by_id[above].parent_id
    children: dict[int | None, list[Branch]] = {}
    for one in everything:
        if one.id in shown:
            children.setdefault(one.parent_id if one.parent_id in by_id else None, []).append(one)
    root = by_id.get(root_id) if root_id is not None else None
    rows: list[Row] = []
    walk = _Walk(children, asked, matches, rows, is_whole=len(shown) <= WHOLE)
    for top in [root] if root is not None else children.get(None, [])[:WIDE]:
        walk.add(top, 0)
    _furnish(asker, rows, at if is_past else None, asked.now)
    return Tree(rows, len(matches), _path(by_id, root), not walk.is_whole)


@dataclass(slots=True)
class _Walk:
    children: dict[int | None, list[Branch]]
    asked: _Asked
    matches: set[int]
    rows: list[Row]
    is_whole: bool

    def add(self, branch: Branch, depth: int) -> None:
        """Its row, and those below it as far as they are shown."""
        below = self.children.get(branch.id, [])
        is_eager = self.is_whole or depth < 1
        row = Row(branch, n_below=len(below), opens=bool(below), lazy=bool(below) and not is_eager)
        row.is_open = depth < 1 or (self.asked.is_filter and self.is_whole)
        row.is_match = self.asked.is_filter and branch.id in self.matches
        if row.is_match and (name := branch.found_by(self.asked.words)) != branch.name:
            row.former = name or ""
        self.rows.append(row)
        if not row.opens:
            return
        if is_eager:
            for one in below[:WIDE]:
                self.add(one, depth + 1)
        self.rows.append(Row(branch, closes=True, n_left=max(len(below) - WIDE, 0)))


def _furnish(asker: Asker, rows: Sequence[Row], at: datetime | None, now: datetime) -> None:
    """Counts and successors of all rows at once."""
    ids = {row.branch.id for row in rows}
    held = counts_of(asker, ids, at)
    closed = {row.branch.id for row in rows if _is_closed(row.branch, now)}
    successors = taken_over(asker, closed) if closed else {}
    for row in rows:
        row.held = held[row.branch.id]
        row.kind = _(KINDS.get(row.branch.kind, row.branch.kind))
        row.is_closed = row.branch.id in closed
        row.successors = successors.get(row.branch.id, ())


def _path(by_id: dict[int, Branch], root: Branch | None) -> list[Branch]:
    path: list[Branch] = []
    above = root.parent_id if root is not None else None
    while above in by_id and by_id[above] not in path:
        path.append(by_id[above])
        above = by_id[above].parent_id
    return path[::-1]
