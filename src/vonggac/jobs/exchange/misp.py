"""MISP core format (events, attributes, objects) in and out, as far as it tells of what is looked for.

Source: MISP core format, draft-dulaunoy-misp-core-format. TLP comes from tags; malware from tags of galaxies that name families, and from
our own ``vonggac:malware="…"``. Attributes that are not for detection (``to_ids``) are left out and counted.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from vonggac.desk.intel.actions.indicators import Draft
from vonggac.desk.intel.models import Indicator
from vonggac.desk.intel.models.lists import TLPS
from vonggac.detectors.indicators.values import Value, ValueFault
from vonggac.jobs.exchange.found import MOST_OBJECTS, Defaults, Found, line, lines, moment, not_ours, value_of, whole
from vonggac.jobs.exchange.stix import networks_of, stamp

_ADDRESS = frozenset({"ipv4", "ipv6", "cidr"})
TYPES: Final[Mapping[str, tuple[frozenset[str] | None, ...]]] = {
    "ip-src": (_ADDRESS,),
    "ip-dst": (_ADDRESS,),
    "ip-src|port": (_ADDRESS, None),
    "ip-dst|port": (_ADDRESS, None),
    "domain": (frozenset({"domain"}),),
    "hostname": (frozenset({"domain"}),),
    "hostname|port": (frozenset({"domain"}), None),
    "domain|ip": (frozenset({"domain"}), _ADDRESS),
    "url": (frozenset({"url"}),),
    "md5": (frozenset({"md5"}),),
    "sha1": (frozenset({"sha1"}),),
    "sha256": (frozenset({"sha256"}),),
    "filename|md5": (None, frozenset({"md5"})),
    "filename|sha1": (None, frozenset({"sha1"})),
    "filename|sha256": (None, frozenset({"sha256"})),
}
"""Type of an attribute to the kinds of value of its parts; None: a part that is no value (a port, a file's name)."""
_STRICTNESS = {tlp: place for place, tlp in enumerate(TLPS)}
_TLP_TAGS = {f"tlp:{tlp}": tlp for tlp in TLPS} | {"tlp:white": "clear"}
_FAMILY_TAG = re.compile(
    r'(?:misp-galaxy:(?:malpedia|botnet|ransomware|mitre-malware|tool|stealer|rat|banker|backdoor)|vonggac:malware)="(.{1,200})"'
)
_ROLE_TAG, _CONFIDENCE_TAG = 'vonggac:role="victim"', re.compile(r'vonggac:confidence="(\d{1,3})"')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
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
MOST_TAGS: Final = 200


# --------------------------------------------------------------------------------------------------------------- in


@dataclass(frozen=True, slots=True)
class _Tags:
    """What tags say. ``tlp``: the strictest, empty when none does."""

    tlp: str
    family: str
    is_victim: bool
    confidence: int | None


def read(value: Any, defaults: Defaults) -> Found:
    """What an event, several, or the answer of a search holds. Raises FormatUnknown for what is none."""
    found = Found("misp")
    parts = list(_events(value))
    if not parts:
        raise not_ours("MISP")
    for event, attributes in parts:
        tags = _tags_of(event)
        note = line(event.get("info"), 250)
        for one in attributes:
            found.n_objects += 1
            if found.n_objects > MOST_OBJECTS:
                found.n_left_out["too_many"] += 1
            else:
                _attribute(one, found, defaults, tags, note)
    return found


def _events(value: Any) -> Iterator[tuple[Mapping[str, Any], list[Any]]]:
    """Events with their attributes, those of their objects too; attributes without an event stand in an empty one."""
    if isinstance(value, dict) and "response" in value:
        value = value["response"]
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            continue
        event = one.get("Event")
        if isinstance(event, dict):
            inner = _list(event.get("Attribute"))
            for thing in _list(event.get("Object")):
                inner += _list(thing.get("Attribute")) if isinstance(thing, dict) else []
            yield event, inner
        elif isinstance(one.get("Attribute"), list):
            yield {}, one["Attribute"]
        elif isinstance(one.get("Attribute"), dict):
            yield {}, [one["Attribute"]]


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else []


def _tags_of(one: Mapping[str, Any]) -> _Tags:
    names = [
        tag["name"].strip()
        for tag in _list(one.get("Tag"))[:MOST_TAGS]
        if isinstance(tag, dict) and isinstance(tag.get("name"), str) and len(tag["name"]) < 400
    ]
    told = [_TLP_TAGS[name.lower()] for name in names if name.lower() in _TLP_TAGS]
    families = [found[1] for name in names if (found := _FAMILY_TAG.fullmatch(name))]
    sure = [int(found[1]) for name in names if (found := _CONFIDENCE_TAG.fullmatch(name))]
    return _Tags(
        max(told, key=lambda tlp: _STRICTNESS[tlp]) if told else "",
        line(families[0].replace('\\"', '"').replace("\\\\", "\\"), 120) if families else "",
        _ROLE_TAG in names,
        min(sure[0], 100) if sure else None,
    )


def _attribute(one: Any, found: Found, defaults: Defaults, event: _Tags, info: str) -> None:
    if not isinstance(one, dict) or not isinstance(one.get("type"), str):
        found.leave_out(one, "not_an_object")
        return
    kinds = TYPES.get(one["type"])
    what = f"{one['type'][:40]} {line(one.get('value'), 100)}"
    if kinds is None:
        found.leave_out(what, "attribute_type")
    elif one.get("deleted") in (True, 1, "1"):
        found.leave_out(what, "deleted")
    elif one.get("to_ids") in (False, 0, "0"):
        found.leave_out(what, "not_for_detection")
    else:
        _take(one, kinds, found, (defaults, event, info))


def _take(
    one: Mapping[str, Any], kinds: tuple[frozenset[str] | None, ...], found: Found, about: tuple[Defaults, _Tags, str]
) -> None:
    defaults, event, info = about
    try:
        values, port = _values(one.get("value"), kinds)
    except ValueFault as fault:
        found.leave_out(f"{one['type'][:40]} {line(one.get('value'), 100)}", fault.reason)
        return
    own = _tags_of(one)
    family = own.family or event.family
    number = one.get("uuid")
    sure = own.confidence if own.confidence is not None else event.confidence
    ids = [number if isinstance(number, str) and _UUID.fullmatch(number) else "", *([""] * (len(values) - 1))]
    found.drafts += [
        Draft(
            value.kind, value.value, role="victim" if own.is_victim or event.is_victim else "hostile",
            family=defaults.family(family)[:120] if family else "", tlp=own.tlp or event.tlp or defaults.tlp,
            confidence=defaults.confidence if sure is None else sure, first_seen=moment(one.get("first_seen")),
            last_seen=moment(one.get("last_seen")), valid_from=moment(one.get("timestamp")), expires_at=defaults.expires_at,
            port=value.port if value.port is not None else port, note=lines(one.get("comment"), 4000) or info, stix_id=id_,
        )
        for value, id_ in zip(values, ids, strict=True)
    ]  # fmt: skip


def _values(text: Any, kinds: tuple[frozenset[str] | None, ...]) -> tuple[list[Value], int | None]:
    """The values of the parts of an attribute, and a port beside an address or name."""
    if not isinstance(text, str):
        raise ValueFault("not_text")
    # A file's name may hold the mark that parts them; a port and a hash cannot.
    parts = [text] if len(kinds) == 1 else text.rsplit("|", 1)
    if len(parts) != len(kinds):
        raise ValueFault("not_a_value")
    values = [value_of(part, kind) for part, kind in zip(parts, kinds, strict=True) if kind is not None]
    port = whole(parts[1].strip(), 0, 65535) if len(kinds) == 2 and kinds[1] is None else None
    if len(kinds) == 2 and kinds[1] is None and port is None:
        raise ValueFault("bad_port")
    return values, port


# -------------------------------------------------------------------------------------------------------------- out


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
        tags.append(_ROLE_TAG)
    values = networks_of(row.value) if row.kind == "range" else [row.value]
    for place, value in enumerate(values):
        type_ = (
            "ip-src" if row.role == "victim" and row.kind in ("ipv4", "ipv6", "cidr", "range") else _TYPE_OF[row.kind]
        )
        if row.port is not None and row.kind in ("ipv4", "ipv6", "domain"):
            type_, value = f"{type_.replace('domain', 'hostname')}|port", f"{value}|{row.port}"
        own = row.stix_id if place == 0 else str(uuid.uuid5(_SPACE, f"{row.stix_id}\n{value}"))
        out: dict[str, Any] = {
            "uuid": own, "type": type_, "value": value, "to_ids": row.state == "active", "comment": row.note,
            "category": "Payload delivery" if row.kind in ("md5", "sha1", "sha256") else "Network activity",
            "timestamp": str(int(row.valid_from.timestamp())), "distribution": "5", "Tag": [{"name": name} for name in tags],
        }  # fmt: skip
        for name in ("first_seen", "last_seen"):
            if (seen := getattr(row, name)) is not None:
                out[name] = stamp(seen)
        yield out
