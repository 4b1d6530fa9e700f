"""What a detector says: a finding, one rule that one event satisfies."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import orjson

LEVELS = ("informational", "low", "medium", "high", "critical")
"""Sigma's levels, mildest first: the one scale of severities everywhere."""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a reader of a finding needs to know of its rule."""

    id: str
    title: str
    level: str = "medium"
    tags: tuple[str, ...] = ()
    author: str = ""
    references: tuple[str, ...] = ()
    description: str = ""
    falsepositives: tuple[str, ...] = ()
    title_vi: str = ""
    """The title in Vietnamese, where the rule brings one (the attribute ``title_vi``); the two below likewise."""
    description_vi: str = ""
    falsepositives_vi: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A detector's raw answer: event ``row`` of the batch satisfies ``rule``; ``detail`` adds what was matched."""

    rule: RuleInfo
    row: int
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit with its event, ready to be shown or stored.

    ``time``: UTC in ISO 8601 with microseconds and ``Z``, empty when the event has none. ``record``: number of the
    record in ``file``, from 1. ``event``: native field names of ``source``.
    """

    id: str
    rule: RuleInfo
    time: str
    source: str
    host: str
    file: str
    record: int
    event: dict[str, object]
    detail: tuple[tuple[str, str], ...] = ()


def event_id(source: str, record: int, event: dict[str, object]) -> str:
    """A name of the event that is the same on every run, wherever its file lies: 128 bits, hexadecimal."""
    content = [source, record, event]
    try:
        body = _sorted_json(content)
    except orjson.JSONEncodeError:  # an integer over 64 bits, or a lone surrogate
        body = json.dumps(content, sort_keys=True, default=str).encode()
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _sorted_json(content: object) -> bytes:
    try:
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS, default=str)
    except orjson.JSONEncodeError:  # a key that is no text, perhaps: to allow for them costs half as much again
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)


def finding_id(rule_id: str, event: str) -> str:
    """The name of the finding that rule ``rule_id`` makes on the event named ``event``: 128 bits, hexadecimal."""
    return hashlib.blake2b(f"{rule_id}\0{event}".encode(), digest_size=16).hexdigest()
