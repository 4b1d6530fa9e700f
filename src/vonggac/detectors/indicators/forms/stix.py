"""STIX 2.1 (OASIS Standard, 10 June 2021) and 2.0: a bundle, or the answer of a TAXII server, to the values that it tells of.

An indicator's pattern is read by ``stix_patterns``; malware comes from relationships ``indicates`` (or the indicator's labels), TLP from markings,
first and last time from sightings. Observables (addresses, names, URLs, files) count only where there is no indicator at all: beside
indicators they are what was observed, which may be the victim's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from vonggac.detectors.indicators.forms.json_stream import JsonStream, Path
from vonggac.detectors.indicators.forms.parts import (
    TLPS,
    Part,
    Sight,
    Told,
    left,
    line,
    lines,
    moment,
    texts,
    value_of,
    whole,
)
from vonggac.detectors.indicators.forms.stix_patterns import values_of_pattern
from vonggac.detectors.indicators.values import Value, ValueFault
from vonggac.errors import N_, FormatUnknown

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
_STRICTNESS = {tlp: place for place, tlp in enumerate(TLPS)}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_HEAD = re.compile(
    rb'\{\s*"(?:type"\s*:\s*"bundle"|objects"\s*:|id"\s*:\s*"bundle--|spec_version"\s*:|more"\s*:|next"\s*:)'
)

_STRUCTURE: Final = frozenset(
    {"identity", "relationship", "marking-definition", "malware", "extension-definition", "sighting"}
)
"""Types that say something of indicators, or nothing that is to be looked for."""
_NAMED: Final = frozenset({"malware", "tool", "intrusion-set"})
"""What an indicator may indicate and be called by; malware first."""
_OBSERVED: Final[Mapping[str, frozenset[str]]] = {
    "ipv4-addr": frozenset({"ipv4", "cidr"}),
    "ipv6-addr": frozenset({"ipv6", "cidr"}),
    "domain-name": frozenset({"domain"}),
    "url": frozenset({"url"}),
}
_CONTEXT: Final = frozenset({
    "file", "artifact", "email-addr", "email-message", "mac-addr", "network-traffic", "process", "software", "user-account", "directory",
    "mutex", "windows-registry-key", "x509-certificate", "autonomous-system", "observed-data", *_OBSERVED,
})  # fmt: skip
_HASHES: Final = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA1": "sha1", "SHA256": "sha256"}
MOST_SIGHTS: Final = 100
"""Sightings of one indicator that are kept one by one."""


@dataclass(slots=True)
class _About:
    """What the objects of a bundle say of its indicators, by id."""

    n_indicators: int = 0
    markings: dict[str, str] = field(default_factory=lambda: {m: tlp for tlp, m in MARKINGS.items()} | OLDER_MARKINGS)
    names: dict[str, str] = field(default_factory=dict)
    indicates: dict[str, str] = field(default_factory=dict)
    sights: dict[str, list[Sight]] = field(default_factory=lambda: defaultdict(list))

    def family(self, one: Mapping[str, Any]) -> str:
        return self.names.get(self.indicates.get(one["id"], ""), "")

    def tlp(self, one: Mapping[str, Any]) -> str:
        told = [self.markings[ref] for ref in texts(one.get("object_marking_refs")) if ref in self.markings]
        return max(told, key=lambda tlp: _STRICTNESS[tlp]) if told else ""


class StixForm:
    """Reads bundles."""

    name = "stix"

    def recognises(self, head: bytes, data: bytes) -> bool:
        """By the names at the beginning, or those of a bundle anywhere in a JSON object that is no event of MISP."""
        if _HEAD.match(head):
            return True
        return head.startswith(b"{") and b'"bundle"' in data and b'"objects"' in data and b'"Event"' not in head

    def read(self, data: bytes, file: str) -> Iterator[Told]:
        """Twice over the objects: what they say of each other first, then the values."""
        about, is_any = _About(), False
        for path, value in JsonStream(data, file).walk(_is_entered):
            if path == ("type",) and value != "bundle":
                break
            is_any = is_any or _is_object(path) or (path == ("objects",) and value == [])
            if _is_object(path) and _is_sound(value):
                _learn(value, about)
        if not is_any:
            raise FormatUnknown(N_("this is JSON, but not of {form}"), where=file, form="STIX")
        known: set[str] = set()
        for path, value in JsonStream(data, file).walk(_is_entered):
            if _is_object(path):
                yield from _object(value, int(path[1]) + 1, about, known)
        for ref in about.sights.keys() - known:
            yield left(0, ref, "sighting_of")


def _is_entered(path: Path) -> bool:
    return path in ((), ("objects",))


def _is_object(path: Path) -> bool:
    return len(path) == 2 and path[0] == "objects" and isinstance(path[1], int)


def _is_sound(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("type"), str) and isinstance(one.get("id"), str)


def _learn(one: dict[str, Any], about: _About) -> None:
    kind = one["type"]
    if kind == "indicator":
        about.n_indicators += 1
    elif kind in _NAMED and (name := line(one.get("name"), 120)):
        about.names[one["id"]] = name
    elif kind == "marking-definition" and (tlp := _tlp_of_marking(one)):
        about.markings[one["id"]] = tlp
    elif kind == "relationship":
        _relate(one, about)
    elif kind == "sighting" and isinstance(of := one.get("sighting_of_ref"), str) and (seen := _sight(one)):
        about.sights[of] = [*about.sights[of], seen][:MOST_SIGHTS]


def _relate(one: Mapping[str, Any], about: _About) -> None:
    source, target = one.get("source_ref"), one.get("target_ref")
    if one.get("relationship_type") != "indicates" or not isinstance(source, str) or not isinstance(target, str):
        return
    if target.startswith("malware--") or source not in about.indicates:
        about.indicates[source] = target


def _tlp_of_marking(one: Mapping[str, Any]) -> str:
    extensions = one.get("extensions")
    extension = extensions.get(TLP_EXTENSION) if isinstance(extensions, dict) else None
    definition = one.get("definition")
    said = extension.get("tlp_2_0") if isinstance(extension, dict) else None
    if said is None and one.get("definition_type") == "tlp" and isinstance(definition, dict):
        said = definition.get("tlp")
    said = {"white": "clear"}.get(said, said) if isinstance(said, str) else ""
    return said if said in TLPS else ""


def _sight(one: Mapping[str, Any]) -> Sight | None:
    first = moment(one.get("first_seen")) or moment(one.get("created"))
    last = moment(one.get("last_seen")) or first
    if first is None or last is None:
        return None
    return Sight(first, max(first, last), whole(one.get("count"), 1, 10**9) or 1)


def _object(one: Any, number: int, about: _About, known: set[str]) -> Iterator[Told]:
    if not _is_sound(one):
        yield left(number, one, "not_an_object")
    elif one["type"] == "indicator":
        known.add(one["id"])
        yield from _indicator(one, number, about)
    elif one["type"] == "sighting":
        if not isinstance(one.get("sighting_of_ref"), str) or _sight(one) is None:
            yield left(number, one["id"], "sighting_of")
    elif one["type"] in _CONTEXT:
        yield from _observable(one, number, about)
    elif one["type"] not in _STRUCTURE:
        yield left(number, f"{one['type'][:60]} {line(one.get('name'), 60)}", "object_type")


def _indicator(one: Mapping[str, Any], number: int, about: _About) -> Iterator[Told]:
    pattern = one.get("pattern")
    what = line(one.get("name"), 60) or (pattern if isinstance(pattern, str) else one["id"])
    if one.get("revoked") is True:
        yield left(number, what, "deleted")
        return
    if one.get("pattern_type", "stix") != "stix" or not isinstance(pattern, str):
        yield left(number, what, "pattern_type")
        return
    try:
        values = values_of_pattern(pattern)
    except ValueFault as fault:
        yield left(number, pattern, fault.reason)
        return
    yield from _parts(one, number, about, values)


def _parts(one: Mapping[str, Any], number: int, about: _About, values: list[Value]) -> Iterator[Part]:
    own = one["id"].removeprefix("indicator--")
    sights = tuple(about.sights.get(one["id"], ()))
    types = texts(one.get("indicator_types")) + texts(one.get("labels"))  # 2.0 has them in labels
    role: Literal["victim", "hostile"] = "victim" if "compromised" in types else "hostile"
    since, until = moment(one.get("valid_from")), moment(one.get("valid_until"))
    tlp, sure, note = about.tlp(one), whole(one.get("confidence"), 0, 100), lines(one.get("description"), 4000)
    for place, value in enumerate(values):  # only the first of several values can keep the id
        uuid = own if not place and _UUID.fullmatch(own) else ""
        yield Part(
            number, value.kind, value.value, value.original, "", role, about.family(one), value.port,
            min((seen.first_at for seen in sights), default=None), max((seen.last_at for seen in sights), default=None),
            since, until, tlp, sure, note, uuid, sights,
        )  # fmt: skip


def _observable(one: Mapping[str, Any], number: int, about: _About) -> Iterator[Told]:
    what = f"{one['type']} {line(one.get('value') or one.get('name'), 100)}"
    if about.n_indicators:
        yield left(number, what, "observable")
        return
    inner = one.get("objects") if one["type"] == "observed-data" else None  # STIX 2.0
    if one["type"] == "observed-data" and not isinstance(inner, dict):
        return  # it only refers to observables, which stand in the bundle themselves
    first, last = moment(one.get("first_observed")), moment(one.get("last_observed"))
    for thing in inner.values() if isinstance(inner, dict) else [one]:
        if isinstance(thing, dict):
            yield from _observed(thing, number, what, _made(number, about.tlp(one), first, last))


def _made(number: int, tlp: str, first: datetime | None, last: datetime | None) -> Callable[[Value], Part]:
    return lambda value: Part(
        number, value.kind, value.value, value.original, first_seen=first, last_seen=last, tlp=tlp
    )  # fmt: skip


def _observed(thing: Mapping[str, Any], number: int, what: str, part: Callable[[Value], Part]) -> Iterator[Told]:
    kind, hashes = thing.get("type"), thing.get("hashes")
    written: list[tuple[Any, frozenset[str]]] = []
    if isinstance(kind, str) and kind in _OBSERVED:
        written.append((thing.get("value"), _OBSERVED[kind]))
    elif kind in ("file", "artifact") and isinstance(hashes, dict):
        written += [(text, frozenset({_HASHES[name]})) for name, text in hashes.items() if name in _HASHES]
    if not written:
        yield left(number, what, "object_type")
    for text, kinds in written:
        try:
            yield part(value_of(text, kinds))
        except ValueFault as fault:
            yield left(number, f"{kind} {line(text, 100)}", fault.reason)
