"""Leaves that are judged value by value: regular expressions, addresses, numbers, other fields, parts of times."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from operator import ge, gt, le, lt
from socket import AF_INET, inet_pton

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.sigma.regex import compile_regex
from vonggac.detectors.sigma.ruleset import Node
from vonggac.events.batch import EventBatch
from vonggac.events.folding import fold
from vonggac.events.times import parse_time

ValuesOf = Callable[[str], tuple[NDArray[np.int32], list[str]]]
"""The values of a field in the rows to be judged: rows int32[n], in which one may occur several times, and n texts."""

JudgeLeaf = Callable[[Node, ValuesOf, EventBatch], tuple[NDArray[np.int32], int]]
"""What :func:`judge` is."""

MAX_TIMEOUTS = 20
"""After so many time limits of one expression in one batch its other values are given up, and counted, unread."""

_ZONE = re.compile(r"(?<=:\d\d)((?:[.,]\d+)?)\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)\s*$")
"""The zone of a time that has one, with the decimals before it."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {"lt": lt, "lte": le, "gt": gt, "gte": ge}


def judge(leaf: Node, values_of: ValuesOf, batch: EventBatch) -> tuple[NDArray[np.int32], int]:
    """Which rows satisfy ``leaf``, and how many values ran into a time limit (these count as no match)."""
    if leaf[0] == "ref":
        mine, others = _by_row(*values_of(leaf[1])), _by_row(*values_of(leaf[2]))
        kept = [row for row, texts in mine.items() if compare_fields(texts, others.get(row, ()), leaf[3])]
        return np.array(kept, np.int32), 0
    rows, texts = values_of(leaf[1])
    distinct = list(dict.fromkeys(texts))
    verdicts: dict[str, bool | None] = {}
    n_timeouts = 0
    if leaf[0] == "re":
        found = compile_regex(leaf[2], leaf[3]).search_all(distinct)
        for text in distinct:
            verdict = next(found) if n_timeouts < MAX_TIMEOUTS else None
            n_timeouts += verdict is None
            verdicts[text] = verdict
    else:
        verdicts.update(zip(distinct, map(tester(leaf, batch), distinct), strict=True))
    is_true = np.fromiter((verdicts[text] or False for text in texts), np.bool_, len(texts))
    return rows[is_true], n_timeouts


def _by_row(rows: NDArray[np.int32], texts: list[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row, text in zip(rows.tolist(), texts, strict=True):
        found.setdefault(row, []).append(text)
    return found


def tester(leaf: Node, batch: EventBatch) -> Callable[[str], bool | None]:
    """A function that says whether one text satisfies ``leaf``; None when a time limit ended it."""
    kind = leaf[0]
    if kind == "re":
        return compile_regex(leaf[2], leaf[3]).search
    if kind == "glob":  # wildcards alone: only the length counts, in characters
        least = sum(1 for token in leaf[2] if token == 2)
        endless = any(token == 1 for token in leaf[2])
        return lambda text: len(text) >= least if endless else len(text) == least
    if kind == "cidr":
        return _network_tester(leaf[2])
    if kind == "cmp":
        compare = _COMPARE[leaf[2]]
        than = int(leaf[3]) if isinstance(leaf[3], str) else leaf[3]
        return lambda text: (number := as_number(text)) is not None and compare(number, than)
    if kind == "part":
        return lambda text: part_of_time(text, leaf[2], batch) == leaf[3]
    raise AssertionError(kind)


@cache
def _network(text: str) -> tuple[int, int, int]:
    network = ip_network(text)
    return network.version, int(network.network_address), int(network.netmask)


@lru_cache(maxsize=1 << 16)
def _address(text: str) -> tuple[int, int, int] | None:
    """Version and value of the address ``text`` writes, and the IPv4 address inside an IPv6 one (-1 for none)."""
    text = text.strip()
    try:
        return 4, int.from_bytes(inet_pton(AF_INET, text), "big"), -1  # the usual form, at a sixth of the cost
    except (OSError, ValueError):
        pass
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address.version, int(address), -1 if mapped is None else int(mapped)


@cache
def _network_tester(network: str) -> Callable[[str], bool]:
    """Whether a text is an address in ``network``; an IPv4 address written as IPv6 (``::ffff:192.0.2.1``) counts as IPv4."""
    version, base, mask = _network(network)

    def is_in(text: str) -> bool:
        found = _address(text)
        if found is None:
            return False
        if found[0] == version:
            return found[1] & mask == base
        return version == 4 and found[2] >= 0 and found[2] & mask == base

    return is_in


def as_number(text: str) -> float | int | None:
    """The number that ``text`` writes in decimal; None when it writes none. Whole numbers stay exact."""
    text = text.strip()
    if not text.isascii() or "_" in text:  # what int() and float() accept beyond decimal notation
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def compare_fields(mine: Iterable[str], others: Iterable[str], mode: str) -> bool:
    """Whether some text of ``mine`` equals, starts, ends with or contains some text of ``others``, but for case."""
    folded = [fold(text) for text in others]
    for text in map(fold, mine):
        for other in folded:
            if (
                (mode == "eq" and text == other)
                or (mode == "startswith" and text.startswith(other))
                or (mode == "endswith" and text.endswith(other))
                or (mode == "contains" and other in text)
            ):
                return True
    return False


def part_of_time(text: str, part: str, batch: EventBatch) -> int | None:
    """The ``minute hour day week month year`` (ISO 8601 week) of a time as ``text`` writes it, whatever its zone.

    Numbers, which are times since 1970, are in UTC. The specification's time modifiers convert no zones.
    """
    time_us = parse_time(_ZONE.sub(r"\1", text), UTC, batch.year)
    if time_us is None:
        return None
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    except OverflowError:
        return None
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))
