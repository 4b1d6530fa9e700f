"""Parsers of messages as tables of patterns, what every family of syslog messages shares.

A parser takes a message and gives the names and values of the fields that it holds, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Fields = tuple[tuple[str, ...], tuple[str | None, ...]]
Parser = Callable[[str], Fields | None]


def present(names: tuple[str, ...], values: tuple[str | None, ...]) -> Fields:
    """Without the names whose optional part was not there."""
    if None in values:
        pairs = [pair for pair in zip(names, values, strict=True) if pair[1] is not None]
        return tuple(name for name, _ in pairs), tuple(value for _, value in pairs)
    return names, values


_Row = tuple[re.Pattern[str], tuple[str, ...], tuple[str, ...]]
_PREFIX = 4


def one_of(table: Iterable[tuple[str, str, str, dict[str, str]]]) -> Parser:
    """A parser that tries patterns in order.

    Each row: how its messages begin (``|`` between several beginnings of 4 characters at least, empty: anyhow), the
    pattern, the names of its groups, constant fields. Most messages end at the beginnings.
    """
    rows: list[tuple[tuple[str, ...], _Row]] = [
        (
            tuple(start[:_PREFIX] for start in starts.split("|")),
            (re.compile(pattern, re.DOTALL), (*names.split(), *constants), tuple(constants.values())),
        )
        for starts, pattern, names, constants in table
    ]
    anyhow = [row for starts, row in rows if starts == ("",)]
    by_start = {
        start: [row for others, row in rows if start in others or others == ("",)]
        for starts, _ in rows
        for start in starts
    }

    def parse(message: str) -> Fields | None:
        for pattern, names, constants in by_start.get(message[:_PREFIX], anyhow):
            if match := pattern.match(message):
                return present(names, match.groups() + constants)
        return None

    return parse
