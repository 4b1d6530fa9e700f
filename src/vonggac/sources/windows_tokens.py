"""The fast reader of Windows events in the nested form; the same fields as ``windows.py`` gives, or none at all.

A block where any event is written in another way (named ``Data``, attributes on data, fields beside ``Event`` ...) is left
whole to ``windows.py``, so that what a field is called never depends on the reader.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import orjson
from numpy.typing import NDArray

from vonggac.events.batch import EventBatch
from vonggac.sources import json_kernels as k
from vonggac.sources.antivirus import ADDED, NEEDED
from vonggac.sources.lines import RawLines, SkipCounter
from vonggac.sources.source import Block, Options
from vonggac.sources.token_batch import Fields, Path, TokenBatch, Tokens
from vonggac.sources.windows import (
    HASH_MARKS,
    SCALARS,
    Key,
    collect,
    extract,
    is_wide,
    load_exact,
    names_of,
    plain,
    without_collector,
)
from vonggac.sources.windows_forms import CONTAINERS

_SYSTEM = ("Event", "System")
_SECTION_DEPTH = 3
"""How deep the values of System, EventData and UserData are: each is an object, never in a list."""
_PREFIXED = {"Provider": "Provider_", "Execution": "", "Correlation": "", "Security": ""}
_DERIVED_FROM = ("Hashes", "Hash")


class _Unusual(ValueError):
    """A path that only the slow reader knows."""


def _system_name(rest: Path) -> str:
    """The native name of a field of System."""
    if len(rest) == 1:
        return "" if rest[0] in CONTAINERS else rest[0]
    head, *tail = rest
    if head == "EventID" and tail == ["#text"]:
        return "EventID"
    if len(tail) == 2 and tail[0] == "#attributes":
        if head == "EventID" and tail[1] == "Qualifiers":
            return "Qualifiers"
        if head == "TimeCreated" and tail[1] == "SystemTime":
            return "SystemTime"
        if head in _PREFIXED:
            return _PREFIXED[head] + tail[1]
    raise _Unusual(rest)


def _data_name(rest: Path) -> str:
    """The native name of a field of EventData or of what UserData holds; empty when it is none."""
    if rest[-1].startswith(("xmlns", "@xmlns")):
        return ""
    if len(rest) == 2 and rest[0] == "#attributes":
        return f"EventData.{rest[1]}"
    if rest == ("Data", "#text"):
        return "Data"
    if rest[:2] == ("Data", "Name") or any(
        key.startswith(("#", "@")) or key.endswith("_attributes") or key in ("", "$") for key in rest
    ):
        raise _Unusual(rest)
    return ".".join(rest)


def _names(tokens: Tokens) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """System's and the data's fields, each with its paths; raises _Unusual."""
    system: dict[str, list[int]] = {}
    data: dict[str, list[int]] = {}
    for number, path in enumerate(tokens.paths):
        if tokens.bounds[number] == tokens.bounds[number + 1]:
            continue
        into, name = data, ""
        if path[:2] == _SYSTEM and len(path) > 2:
            into, name = system, _system_name(path[2:])
            if not name and (tokens.kinds[tokens.of(number)] != k.NULL).any():  # a text where attributes belong
                raise _Unusual(path)
        elif path[:2] == ("Event", "EventData") and len(path) > 2:
            name = _data_name(path[2:])
        elif path[:2] == ("Event", "UserData") and len(path) > 3:
            name = _data_name(path[3:])
        elif path != ("Event", "#attributes", "xmlns") and (
            len(path) != 2 or path[0] != "Event" or (tokens.kinds[tokens.of(number)] != k.NULL).any()
        ):
            raise _Unusual(path)
        if name:
            into.setdefault(name, []).append(number)
    if not _all_have(tokens, system):  # an event without a System is read as a flat one
        raise _Unusual(_SYSTEM)
    return system, data


def _all_have(tokens: Tokens, names: dict[str, list[int]]) -> bool:
    """Whether every event has one of the fields ``names``."""
    has = np.zeros(tokens.n_rows, np.bool_)
    for paths in names.values():
        for path in paths:
            has[tokens.rows[tokens.of(path)]] = True
        if has.all():
            return True
    return False


def read_tokens(
    block: Block, options: Options, raw: RawLines, kind: type[TokenBatch] = TokenBatch
) -> EventBatch | None:
    """``block`` as a batch of class ``kind``; None when it has to be read otherwise."""
    tokens = Tokens.read(block.data, plain_depth=_SECTION_DEPTH) if block.data.lstrip()[:1] == b"{" else None
    if tokens is None or not tokens.n_rows:
        return None
    try:
        system, data = _names(tokens)
        tokens_of = _fields(tokens, system, data)
    except _Unusual:
        return None
    skipped = SkipCounter(block.skipped)
    for line in tokens.left.tolist():
        number = block.first_record + line
        with without_collector():
            if collect([raw(number)], raw, skipped, number):
                return None
    is_ignored = np.ones(len(tokens.paths), np.bool_)
    is_ignored[[path for names in (system, data) for paths in names.values() for path in paths]] = False
    marks = {}
    for field in _DERIVED_FROM:
        if field in tokens_of:
            # Hashes are made for the events that have none of their own, which the other reader tells apart.
            if not tokens_of.keys().isdisjoint(HASH_MARKS):
                return None
            marks = {name: (field, mark.encode()) for name, mark in HASH_MARKS.items()}
            break
    return kind(
        "windows",
        tokens,
        Fields(tokens_of, marks, is_ignored, _event, dict.fromkeys(ADDED, NEEDED)),
        first_record=block.first_record,
        zone=options.zone,
        raw_of=raw,
        skipped=skipped.skips(),
    )


def _fields(tokens: Tokens, system: dict[str, list[int]], data: dict[str, list[int]]) -> dict[str, NDArray[np.int32]]:
    """Each field's tokens in order of row; raises _Unusual when a name occurs twice in the data of an event.

    Where an event's data has the name of a field of System, the data has the plain name.
    """
    if set(_DERIVED_FROM) <= data.keys():
        raise _Unusual(_DERIVED_FROM)
    found: dict[str, NDArray[np.int32]] = {}
    for name, paths in data.items():
        parts = [tokens.of(path) for path in paths]
        found[name] = _in_order(tokens, parts)
        if len(parts) > 1:
            n_rows = sum(len(np.unique(tokens.rows[part])) for part in parts)
            if len(np.unique(tokens.rows[found[name]])) != n_rows:
                raise _Unusual(name)
    heads: dict[str, list[NDArray[np.int32]]] = {}
    for name in data:
        heads.setdefault(name.split(".", 1)[0], []).append(found[name])
    for name, paths in system.items():
        mine = _in_order(tokens, [tokens.of(path) for path in paths])
        if name in heads:
            moved = np.isin(tokens.rows[mine], tokens.rows[np.concatenate(heads[name])])
            found[name] = _in_order(tokens, [found[name], mine[~moved]]) if name in found else mine[~moved]
            if moved.any():
                if f"System_{name}" in heads:
                    raise _Unusual(name)
                found[f"System_{name}"] = mine[moved]
        else:
            found[name] = mine
    return found


def _in_order(tokens: Tokens, parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    if len(parts) == 1:
        return parts[0]
    joined = np.concatenate(parts)
    return joined[np.argsort(tokens.rows[joined], kind="stable")]


@lru_cache(maxsize=4096)
def _cached_names(key: Key) -> tuple[str, ...]:
    return tuple(names_of(key))


def _event(raw: bytes) -> dict[str, object]:
    """The event of one line that the fast reader has read."""
    event = _written(raw)
    if not NEEDED.isdisjoint(event):
        for name, make in ADDED.items():
            event.setdefault(name, make(event))
    return event


def _written(raw: bytes) -> dict[str, object]:
    key, row = extract(orjson.loads(raw), lambda: orjson.loads(raw))
    if set(map(type, row)) <= SCALARS:
        return dict(zip(_cached_names(key), row, strict=True))
    if any(map(is_wide, row)):
        key, row = extract(load_exact(raw), lambda: load_exact(raw))
    return dict(zip(_cached_names(key), map(plain, row), strict=True))
