"""What a format of findings is: it begins, writes the findings of one event, and ends.

``render`` runs in the workers, which are forked once the format is made, and whatever it keeps stays in that worker.
``begin``, ``add`` and ``end`` run in the parent: ``add`` gets what ``render`` gave for one block, in the order of the input, and
gives what is to be written now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Protocol

from vonggac.events.finding import Finding, RuleInfo

if TYPE_CHECKING:
    from vonggac.detectors.sigma.ruleset import Rule
    from vonggac.jobs.scan import Summary

Render = Callable[[Sequence[Finding]], bytes]


@dataclass(frozen=True, slots=True)
class Context:
    """What a format may say besides the findings.

    ``titles``: rule id to its title for the reader. ``rules``: rule id to the rule, of Sigma's. ``infos``: rule id to what is
    known of it, correlations too. ``inputs``: what was asked to be read. ``asked``: what else was asked for, as (name, value).
    ``zone``: in which times are shown. ``closing``: the last lines of the scan for its summary. ``is_file``: the output is no
    terminal's.
    """

    titles: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    infos: Mapping[str, RuleInfo] = field(default_factory=dict)
    inputs: Sequence[str] = ()
    asked: Sequence[tuple[str, str]] = ()
    zone: tzinfo = UTC
    closing: Callable[[Summary], Sequence[str]] = lambda _summary: ()
    is_file: bool = True


class Format(Protocol):
    """One form of output; see the module."""

    @property
    def render(self) -> Render | None:
        """The findings of one event as bytes; None when only the counts are wanted."""
        ...

    def begin(self) -> bytes:
        """What stands before all findings."""
        ...

    def add(self, part: bytes) -> bytes:
        """What to write now that ``part`` was rendered."""
        ...

    def end(self, summary: Summary) -> Iterable[bytes]:
        """What stands after all findings, in pieces."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """A format whose findings stand one after the other, after ``head``."""

    render: Render
    head: bytes = b""

    def begin(self) -> bytes:
        """The head."""
        return self.head

    def add(self, part: bytes) -> bytes:
        """The findings as they are."""
        return part

    def end(self, _summary: Summary) -> Iterable[bytes]:
        """Nothing."""
        return ()
