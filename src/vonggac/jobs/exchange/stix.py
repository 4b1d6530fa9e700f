"""STIX 2.1 (OASIS Standard, 10 June 2021): indicators, malware, sightings and TLP markings in and out.

Read are patterns that compare one value: ``[ipv4-addr:value = '…' OR …] OR [file:hashes.'SHA-256' = '…']``, and networks by ISSUBSET.
Identities, relationships and markings are read for what they say of indicators; everything else is counted with its reason.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vonggac.desk.intel.actions.indicators import Draft
from vonggac.desk.intel.models import Indicator, Sighting
from vonggac.desk.intel.models.lists import TLPS
from vonggac.detectors.indicators.values import Value, ValueFault
from vonggac.jobs.exchange.found import (
    MOST_OBJECTS,
    Defaults,
    Found,
    Sight,
    line,
    lines,
    moment,
    not_ours,
    texts,
    value_of,
    whole,
)

TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""Of the markings of TLP 2.0 (OASIS, stix2-extensions: tlp-2.0)."""
MARKINGS: Final = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""TLP 2.0 to the id that its marking has everywhere."""
OLDER_MARKINGS: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
"""The ids of TLP 1.0 (STIX 2.1, 7.2.1.4)."""
_TLP_OF = {marking: tlp for tlp, marking in MARKINGS.items()} | OLDER_MARKINGS
_STRICTNESS = {tlp: place for place, tlp in enumerate(TLPS)}
_SPACE = uuid.UUID("6a0d6c0e-0a57-5f0c-9d53-7a3b2f6f5f12")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

_STRUCTURE = frozenset({"identity", "relationship", "marking-definition", "malware", "extension-definition"})
"""Types that say something of indicators, or nothing that is to be looked for."""
_PATHS: Final = {
    "ipv4-addr:value": frozenset({"ipv4", "cidr"}),
    "ipv6-addr:value": frozenset({"ipv6", "cidr"}),
    "domain-name:value": frozenset({"domain"}),
    "url:value": frozenset({"url"}),
    "file:hashes.MD5": frozenset({"md5"}),
    "file:hashes.'MD5'": frozenset({"md5"}),
    "file:hashes.'SHA-1'": frozenset({"sha1"}),
    "file:hashes.'SHA-256'": frozenset({"sha256"}),
    "file:hashes.SHA1": frozenset({"sha1"}),
    "file:hashes.SHA256": frozenset({"sha256"}),
}
"""Object path of a pattern to the kinds of value that may stand there."""
_PATH_OF = {
    "domain": "domain-name:value",
    "url": "url:value",
    "md5": "file:hashes.MD5",
    "sha1": "file:hashes.'SHA-1'",
    "sha256": "file:hashes.'SHA-256'",
}

LONGEST_PATTERN: Final = 20_000
MOST_COMPARISONS: Final = 500
_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\[)|(?P<close>\])|(?P<or>OR\b)|(?P<equal>=)|(?P<subset>ISSUBSET\b)|(?P<text>'(?:[^'\\]|\\.)*')
    |(?P<path>[a-z0-9-]+:[A-Za-z0-9_.-]+(?:'[A-Za-z0-9-]+')?))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


# --------------------------------------------------------------------------------------------------------------- in


def read(value: Any, defaults: Defaults) -> Found:
    """What a bundle (or the ``objects`` of a TAXII answer) holds. Raises FormatUnknown for what is none."""
    objects = value.get("objects") if isinstance(value, dict) else None
    if not isinstance(objects, list) or not isinstance(value, dict) or value.get("type", "bundle") != "bundle":
        raise not_ours("STIX 2.1")
    found = Found("stix", n_objects=len(objects))
    for _one in objects[MOST_OBJECTS:]:
        found.n_left_out["too_many"] += 1
    sound = list(_sound(objects[:MOST_OBJECTS], found))
    markings = {
        one["id"]: tlp for one in sound if one["type"] == "marking-definition" and (tlp := _tlp_of_marking(one))
    }
    families = _families(sound, defaults)
    drafts: dict[str, list[Draft]] = {}
    for one in sound:
        if one["type"] == "indicator":
            drafts[one["id"]] = _indicator(one, found, defaults, {**markings, **_TLP_OF}, families.get(one["id"], ""))
            found.drafts += drafts[one["id"]]
    for one in sound:
        if one["type"] == "sighting":
            _sighting(one, found, drafts)
        elif one["type"] not in _STRUCTURE and one["type"] != "indicator":
            found.leave_out(f"{one['type']} {line(one.get('name'), 60)}", "object_type")
    return found


def _sound(objects: Iterable[Any], found: Found) -> Iterator[dict[str, Any]]:
    for one in objects:
        if isinstance(one, dict) and isinstance(one.get("type"), str) and isinstance(one.get("id"), str):
            yield one
        else:
            found.leave_out(one, "not_an_object")


def _tlp_of_marking(one: Mapping[str, Any]) -> str:
    extensions = one.get("extensions")
    extension = extensions.get(TLP_EXTENSION) if isinstance(extensions, dict) else None
    definition = one.get("definition")
    said = extension.get("tlp_2_0") if isinstance(extension, dict) else None
    if said is None and one.get("definition_type") == "tlp" and isinstance(definition, dict):
        said = definition.get("tlp")
    said = {"white": "clear"}.get(said, said) if isinstance(said, str) else ""
    return said if said in TLPS else ""


def _families(sound: Sequence[Mapping[str, Any]], defaults: Defaults) -> dict[str, str]:
    """Id of an indicator to the malware that a relationship says it indicates."""
    names = {one["id"]: line(one.get("name"), 120) for one in sound if one["type"] == "malware"}
    return {
        one["source_ref"]: defaults.family(names[one["target_ref"]])[:120]
        for one in sound
        if one["type"] == "relationship"
        and one.get("relationship_type") == "indicates"
        and isinstance(one.get("source_ref"), str)
        and isinstance(one.get("target_ref"), str)
        and names.get(one["target_ref"])
    }


def _indicator(
    one: Mapping[str, Any], found: Found, defaults: Defaults, markings: Mapping[str, str], family: str
) -> list[Draft]:
    pattern = one.get("pattern")
    what = line(one.get("name"), 60) or pattern if isinstance(pattern, str) else one["id"]
    if one.get("revoked") is True:
        found.leave_out(what, "deleted")
        return []
    if one.get("pattern_type", "stix") != "stix" or not isinstance(pattern, str):
        found.leave_out(what, "pattern_type")
        return []
    try:
        values = values_of_pattern(pattern)
    except ValueFault as fault:
        found.leave_out(pattern, fault.reason)
        return []
    told = [markings[ref] for ref in texts(one.get("object_marking_refs")) if ref in markings]
    confidence = whole(one.get("confidence"), 0, 100)
    since, until = moment(one.get("valid_from")), moment(one.get("valid_until"))
    number = one["id"].removeprefix("indicator--")
    draft = Draft(
        "",
        "",
        role="victim" if "compromised" in texts(one.get("indicator_types")) else "hostile",
        family=family,
        tlp=max(told, key=lambda tlp: _STRICTNESS[tlp]) if told else defaults.tlp,
        confidence=defaults.confidence if confidence is None else confidence,
        valid_from=since,
        expires_at=until or defaults.expires_at,
        note=lines(one.get("description"), 4000),
    )
    # One pattern of several values is several indicators; only the first can keep its id.
    ids = [number if _UUID.fullmatch(number) else "", *([""] * (len(values) - 1))]
    return [
        replace(draft, kind=value.kind, value=value.value, stix_id=own) for value, own in zip(values, ids, strict=True)
    ]


def _sighting(one: Mapping[str, Any], found: Found, drafts: Mapping[str, Sequence[Draft]]) -> None:
    of = one.get("sighting_of_ref")
    named = drafts.get(of, ()) if isinstance(of, str) else ()
    first = moment(one.get("first_seen")) or moment(one.get("created"))
    last = moment(one.get("last_seen")) or first
    if not named or first is None or last is None:
        found.leave_out(one["id"], "sighting_of")
        return
    found.sights += [Sight(draft, first, max(first, last), whole(one.get("count"), 1, 10**9) or 1) for draft in named]


def values_of_pattern(pattern: str) -> list[Value]:
    """The values that a pattern compares with, each once. Raises ValueFault with a reason of REASONS."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValueFault("pattern_too_long")
    tokens = list(_tokens(pattern))
    values: dict[tuple[str, str], Value] = {}
    place = 0
    while True:  # [ comparison (OR comparison)* ] (OR [ … ])*
        if tokens[place : place + 1] != [("open", "[")]:
            raise ValueFault("pattern_kind")
        place += 1
        while True:
            names = [name for name, _text in tokens[place : place + 3]]
            if names not in (["path", "equal", "text"], ["path", "subset", "text"]):
                raise ValueFault("pattern_kind")
            value = _compared(tokens[place][1], names[1], tokens[place + 2][1])
            values[value.kind, value.value] = value
            place += 3
            if [name for name, _text in tokens[place : place + 1]] != ["or"]:
                break
            place += 1
        if [name for name, _text in tokens[place : place + 1]] != ["close"] or len(values) > MOST_COMPARISONS:
            raise ValueFault("pattern_kind")
        place += 1
        if place == len(tokens):
            return list(values.values())
        if tokens[place][0] != "or":
            raise ValueFault("pattern_kind")
        place += 1


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(pattern.rstrip())
    while place < end:
        token = _TOKEN.match(pattern, place)
        if token is None or token.lastgroup is None:
            raise ValueFault("pattern_kind")
        yield token.lastgroup, token[token.lastgroup]
        place = token.end()


def _compared(path: str, operator: str, quoted: str) -> Value:
    kinds = _PATHS.get(path)
    if kinds is None or (operator == "subset" and "cidr" not in kinds):
        raise ValueFault("pattern_path")
    value = value_of(_ESCAPED.sub(r"\1", quoted[1:-1]), kinds)
    if value.kind == "cidr" and (":" in value.value) != path.startswith("ipv6"):
        raise ValueFault("wrong_kind")
    return value


# -------------------------------------------------------------------------------------------------------------- out


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
    if row.note:
        out["description"] = row.note
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
