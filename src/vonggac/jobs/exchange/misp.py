"""Indicators out as an event of MISP (core format, draft-dulaunoy-misp-core-format).

TLP, confidence, role and malware go into tags that ``detectors.indicators.forms.misp`` reads back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from vonggac.desk.intel.models import Indicator
from vonggac.desk.intel.models.lists import TLPS
from vonggac.detectors.indicators.forms.misp import ROLE_TAG
from vonggac.jobs.exchange.stix import networks_of, note_of, stamp

_STRICTNESS = {tlp: place for place, tlp in enumerate(TLPS)}
_SPACE = uuid.UUID("6a0d6c0e-0a57-5f0c-9d53-7a3b2f6f5f13")
_TYPE_OF = {
    "ipv4": "ip-dst",
    "ipv6": "ip-dst",
    "cidr": "ip-dst",
    "range": "ip-dst",
    "domain": "domain",
    "url": "url",
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
}


def event(rows: Iterable[Indicator], *, info: str, at: datetime) -> dict[str, Any]:
    """``rows`` as the attributes of one event, which carries the strictest of their TLPs."""
    attributes: list[dict[str, Any]] = []
    strictest = "clear"
    for row in rows:
        strictest = max(strictest, row.tlp, key=lambda tlp: _STRICTNESS[tlp])
        attributes += _attributes(row)
    return {
        "Event": {
            "uuid": str(uuid.uuid5(_SPACE, at.isoformat())), "info": info, "date": at.astimezone(UTC).date().isoformat(),
            "timestamp": str(int(at.timestamp())), "published": False, "analysis": "2", "threat_level_id": "2", "distribution": "0",
            "Tag": [{"name": f"tlp:{strictest}"}], "Attribute": attributes,
        }
    }  # fmt: skip


def _attributes(row: Indicator) -> Iterator[dict[str, Any]]:
    tags = [f"tlp:{row.tlp}", f'vonggac:confidence="{row.confidence}"']
    if row.family:
        escaped = row.family.replace("\\", "\\\\").replace('"', '\\"')
        tags.append(f'vonggac:malware="{escaped}"')
    if row.role == "victim":
        tags.append(ROLE_TAG)
    values = networks_of(row.value) if row.kind == "range" else [row.value]
    for place, value in enumerate(values):
        type_ = (
            "ip-src" if row.role == "victim" and row.kind in ("ipv4", "ipv6", "cidr", "range") else _TYPE_OF[row.kind]
        )
        if row.port is not None and row.kind in ("ipv4", "ipv6", "domain"):
            type_, value = f"{type_.replace('domain', 'hostname')}|port", f"{value}|{row.port}"
        own = row.stix_id if place == 0 else str(uuid.uuid5(_SPACE, f"{row.stix_id}\n{value}"))
        out: dict[str, Any] = {
            "uuid": own, "type": type_, "value": value, "to_ids": row.state == "active", "comment": note_of(row),
            "category": "Payload delivery" if row.kind in ("md5", "sha1", "sha256") else "Network activity",
            "timestamp": str(int(row.valid_from.timestamp())), "distribution": "5", "Tag": [{"name": name} for name in tags],
        }  # fmt: skip
        for name in ("first_seen", "last_seen"):
            if (seen := getattr(row, name)) is not None:
                out[name] = stamp(seen)
        yield out
