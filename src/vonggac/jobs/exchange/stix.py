"""Indicators out as a bundle of STIX 2.1 (OASIS Standard, 10 June 2021); ``detectors.indicators.forms.stix`` reads it back."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from vonggac.desk.intel.models import Indicator, Sighting
from vonggac.detectors.indicators.forms.stix import MARKINGS, TLP_EXTENSION

_SPACE = uuid.UUID("6a0d6c0e-0a57-5f0c-9d53-7a3b2f6f5f12")
_PATH_OF = {
    "domain": "domain-name:value",
    "url": "url:value",
    "md5": "file:hashes.MD5",
    "sha1": "file:hashes.'SHA-1'",
    "sha256": "file:hashes.'SHA-256'",
}


def bundle(
    rows: Iterable[Indicator], sightings: Iterable[Sighting] = (), *, at: datetime | None = None
) -> dict[str, Any]:
    """``rows`` with their malware, markings and ``sightings`` (never where, which would tell of whom) as one bundle."""
    objects: list[dict[str, Any]] = []
    markings: dict[str, dict[str, Any]] = {}
    families: dict[str, str] = {}
    ids: dict[int, tuple[str, str]] = {}
    for row in rows:
        marking = MARKINGS[row.tlp]
        markings.setdefault(row.tlp, _marking(row.tlp))
        ids[row.pk] = (f"indicator--{row.stix_id}", marking)
        objects.append(_out(row, marking))
        if row.family:
            objects += _indicates(row, marking, families)
    for one in sightings:
        if one.indicator_id in ids:
            objects.append(_seen(one, *ids[one.indicator_id]))
    number = uuid.uuid4() if at is None else uuid.uuid5(_SPACE, at.isoformat())
    return {"type": "bundle", "id": f"bundle--{number}", "objects": [*markings.values(), *objects]}


def _marking(tlp: str) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKINGS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp.upper()}",
        "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp}},
    }


def _out(row: Indicator, marking: str) -> dict[str, Any]:
    since = row.valid_from
    if row.expires_at is not None and row.expires_at <= since:  # valid_until must be later than valid_from
        since = row.expires_at - timedelta(seconds=1)
    out: dict[str, Any] = {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--{row.stix_id}", "created": stamp(row.created_at),
        "modified": stamp(max(row.created_at, row.changed_at)), "name": row.value,
        "indicator_types": ["compromised" if row.role == "victim" else "malicious-activity"],
        "pattern": pattern_of(row.kind, row.value), "pattern_type": "stix", "pattern_version": "2.1", "valid_from": stamp(since),
        "confidence": row.confidence, "object_marking_refs": [marking],
    }  # fmt: skip
    if row.expires_at is not None:
        out["valid_until"] = stamp(row.expires_at)
    if note := note_of(row):
        out["description"] = note
    if row.state == "withdrawn":
        out["revoked"] = True
    return out


def _indicates(row: Indicator, marking: str, families: dict[str, str]) -> Iterator[dict[str, Any]]:
    # A family is named under the marking of each that tells of it, so that a reader of one learns nothing of the other.
    key = f"{row.family}\n{row.tlp}"
    created = stamp(row.created_at)
    common = {"spec_version": "2.1", "created": created, "modified": created, "object_marking_refs": [marking]}
    if key not in families:
        families[key] = f"malware--{uuid.uuid5(_SPACE, key)}"
        yield {"type": "malware", "id": families[key], **common, "name": row.family, "is_family": True}
    number = uuid.uuid5(_SPACE, f"{row.stix_id}\n{key}")
    yield {"type": "relationship", "id": f"relationship--{number}", **common, "relationship_type": "indicates",
           "source_ref": f"indicator--{row.stix_id}", "target_ref": families[key]}  # fmt: skip


def _seen(one: Sighting, indicator: str, marking: str) -> dict[str, Any]:
    number = uuid.uuid5(_SPACE, f"{indicator}\n{one.pk}")
    return {
        "type": "sighting", "spec_version": "2.1", "id": f"sighting--{number}", "created": stamp(one.first_at),
        "modified": stamp(one.last_at), "first_seen": stamp(one.first_at), "last_seen": stamp(one.last_at),
        "count": min(one.n, 999_999_999), "sighting_of_ref": indicator, "object_marking_refs": [marking],
    }  # fmt: skip


def note_of(row: Indicator) -> str:
    """What is said of a value, with what speaks against it: who gets it has neither our warninglists nor the page that it was read from."""
    return "\n".join(filter(None, (row.note, row.warnings)))


def pattern_of(kind: str, value: str) -> str:
    """The pattern that looks for a value; a range as the networks that it is made of."""
    if kind in ("ipv4", "ipv6"):
        return f"[{kind}-addr:value = {quoted(value)}]"
    if kind in ("cidr", "range"):
        path = "ipv6-addr:value" if ":" in value else "ipv4-addr:value"
        return "[" + " OR ".join(f"{path} ISSUBSET {quoted(one)}" for one in networks_of(value)) + "]"
    return f"[{_PATH_OF[kind]} = {quoted(value)}]"


def networks_of(value: str) -> list[str]:
    """A network, or the networks that a range ``first-last`` is made of."""
    first, dash, last = value.partition("-")
    if not dash:
        return [value]
    ends: Any = (ipaddress.ip_address(first), ipaddress.ip_address(last))
    return [str(one) for one in ipaddress.summarize_address_range(*ends)]


def quoted(text: str) -> str:
    """A text as patterns write it (STIX 2.1, 9.6.3): nothing in it ends the text."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def stamp(at: datetime) -> str:
    """A time as STIX writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
