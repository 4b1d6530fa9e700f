"""The links of the chain: what is hashed, and how. Pure.

A link is SHA-256 over the hash before it and the canonical form of the entry: a JSON array (RFC 8259, UTF-8, no white space)
of its columns in the order of ``FIELDS``, ``at`` as whole microseconds since 1970 UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

FIELDS = (
    "seq",
    "at",
    "actor_id",
    "via",
    "action",
    "object_type",
    "object_id",
    "organisation_id",
    "n_objects",
    "detail_hash",
)
START = "0" * 64
"""The hash before the first entry."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970 UTC of an aware time."""
    return (at - _EPOCH) // _MICROSECOND


def link(before: str, values: tuple[Any, ...]) -> str:
    """The hash (64 hexadecimal digits) of an entry's ``values`` in the order of FIELDS (``at`` in microseconds)."""
    return hashlib.sha256(before.encode() + orjson.dumps(values)).hexdigest()


def canonical(content: Mapping[str, Any]) -> str:
    """The one JSON text of a detail: keys sorted; what JSON does not know as text, a lone surrogate as ``?``."""
    try:
        return _dumps(content)
    except TypeError:  # a lone surrogate, a number over 64 bits
        return _dumps(_encodable(content))


def _dumps(content: Any) -> str:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str).decode()


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_encodable(str(key)): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return str(value)
    return value


def detail_hash(salt: str, content: str) -> str:
    """The hash that stands in the entry for a detail."""
    return hashlib.sha256(f"{salt}:{content}".encode()).hexdigest()
