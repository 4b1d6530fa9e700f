"""Leaves that are judged value by value: regular expressions, addresses, numbers, other fields, parts of times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from operator import ge, gt, le, lt

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.sigma.regex import compile_regex
from vonggac.detectors.sigma.ruleset import Node
from vonggac.events.batch import EventBatch
from vonggac.events.folding import fold
from vonggac.events.times import parse_time

TextsOf = Callable[[str, NDArray[np.int32]], dict[int, list[str]]]
"""The texts of a field in each of some rows that has any."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {"lt": lt, "lte": le, "gt": gt, "gte": ge}


def judge(
    leaf: Node, texts_of: TextsOf, rows: NDArray[np.int32], batch: EventBatch
) -> tuple[NDArray[np.int32], int]:
    """Which of ``rows`` satisfy ``leaf``, and how many values ran into a time limit (these count as no match)."""
    if leaf[0] == "ref":
        mine, others = texts_of(leaf[1], rows), texts_of(leaf[2], rows)
        kept = [row for row in rows.tolist() if compare_fields(mine.get(row, ()), others.get(row, ()), leaf[3])]
        return np.array(kept, np.int32), 0
    test = tester(leaf, batch)
    known: dict[str, bool | None] = {}
    kept = []
    n_timeouts = 0
    for row, texts in texts_of(leaf[1], rows).items():
        for text in texts:
            verdict = known.get(text, ...)
            if verdict is ...:
                verdict = known[text] = test(text)
            if verdict:
                kept.append(row)
                break
            n_timeouts += verdict is None
    return np.array(kept, np.int32), n_timeouts


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
        return lambda text: in_network(text, leaf[2])
    if kind == "cmp":
        compare = _COMPARE[leaf[2]]
        return lambda text: (number := as_number(text)) is not None and compare(number, leaf[3])
    if kind == "part":
        return lambda text: part_of_time(text, leaf[2], batch) == leaf[3]
    raise AssertionError(kind)


@cache
def _network(text: str) -> tuple[int, int, int]:
    network = ip_network(text)
    return network.version, int(network.network_address), int(network.netmask)


def in_network(text: str, network: str) -> bool:
    """Whether ``text`` is an address in ``network``; an IPv4 address written as IPv6 (``::ffff:192.0.2.1``) counts as IPv4."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text.strip())
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None and ":" not in network:
        address = address.ipv4_mapped
    version, base, mask = _network(network)
    return address.version == version and int(address) & mask == base


def as_number(text: str) -> float | int | None:
    """The number that ``text`` writes in decimal; None when it writes none. Whole numbers stay exact."""
    text = text.strip()
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
    """The ``minute hour day week month year`` (ISO 8601 week) of the time that ``text`` writes, in UTC."""
    time_us = parse_time(text, batch.zone, batch.year)
    if time_us is None:
        return None
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    except OverflowError:
        return None
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))


