"""MISP core format (draft-dulaunoy-misp-core-format): an event, several, or the answer of a search; and MISP's export as CSV.

TLP comes from tags; malware from tags of galaxies that name families, and from our own ``vonggac:malware="…"``. Attributes that their source
does not give for detection (``to_ids``) are passed over and counted.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from vonggac.detectors.indicators.forms.json_stream import JsonStream, Path
from vonggac.detectors.indicators.forms.parts import TLPS, Part, Told, left, line, lines, moment, value_of, whole
from vonggac.detectors.indicators.values import Value, ValueFault
from vonggac.errors import N_, FormatUnknown

_ADDRESS = frozenset({"ipv4", "ipv6", "cidr"})
_HASHES = ("md5", "sha1", "sha256")
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
    "link": (frozenset({"url"}),),
    **{kind: (frozenset({kind}),) for kind in _HASHES},
    **{f"filename|{kind}": (None, frozenset({kind})) for kind in _HASHES},
    "malware-sample": (None, frozenset({"md5"})),
}
"""Type of an attribute to the kinds of value of its parts; None: a part that is no value (a port, a file's name)."""
_FILES = frozenset({"malware-sample", *(f"filename|{kind}" for kind in _HASHES)})
_OTHERS: Final = {
    "email": "email", "email-src": "email", "email-dst": "email", "email-reply-to": "email", "mac-address": "hardware_address",
    "sha224": "hash_kind", "sha384": "hash_kind", "sha512": "hash_kind", "ssdeep": "hash_kind", "imphash": "hash_kind", "tlsh": "hash_kind",
}  # fmt: skip
_STRICTNESS = {tlp: place for place, tlp in enumerate(TLPS)}
_TLP_TAGS = {f"tlp:{tlp}": tlp for tlp in TLPS} | {"tlp:white": "clear"}
_FAMILY_TAG = re.compile(
    r'(?:misp-galaxy:(?:malpedia|botnet|ransomware|mitre-malware|tool|stealer|rat|banker|backdoor)|vonggac:malware)="(.{1,200})"'
)
ROLE_TAG: Final = 'vonggac:role="victim"'
_CONFIDENCE_TAG = re.compile(r'vonggac:confidence="(\d{1,3})"')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_HEAD = re.compile(rb'(?:\[\s*)?\{\s*"')
MOST_TAGS: Final = 200
_NO = (False, 0, "0", "false", "False")
_YES = (True, 1, "1", "true", "True")


@dataclass(frozen=True, slots=True)
class _Tags:
    """What tags say. ``tlp``: the strictest, empty when none does."""

    tlp: str = ""
    family: str = ""
    is_victim: bool = False
    confidence: int | None = None


_NO_TAGS = _Tags()


@dataclass(slots=True)
class _Event:
    """What an event says of its attributes."""

    tags: _Tags = _NO_TAGS
    info: str = ""
    day: Any = None


@dataclass(slots=True)
class _Events:
    """The events of a file, by where they stand."""

    known: dict[Path, _Event] = field(default_factory=lambda: defaultdict(_Event))
    n_attributes: int = 0


class MispForm:
    """Reads JSON of MISP."""

    name = "misp"

    def recognises(self, head: bytes, data: bytes) -> bool:  # as every form
        """By the names of its parts."""
        return bool(_HEAD.match(head)) and any(name in head for name in (b'"Event"', b'"Attribute"', b'"response"'))

    def read(self, data: bytes, file: str) -> Iterator[Told]:
        """Twice over the file: what events say of all that is in them first, wherever it stands; then the attributes."""
        events, is_any = _Events(), False
        for path, value in JsonStream(data, file).walk(_is_entered):
            place = _event_of(path)
            is_any = (
                is_any
                or place is not None
                or _is_attribute(path)
                or (_is_empty(path) and isinstance(value, list | dict))
            )
            if place is not None and len(path) == len(place) + 1:
                _learn(events.known[place], path[-1], value)
        if not is_any:
            raise FormatUnknown(N_("this is JSON, but not of {form}"), where=file, form="MISP")
        number = 0
        for path, value in JsonStream(data, file).walk(_is_entered):
            if not _is_attribute(path):
                continue
            place = _event_of(path)
            event = events.known.get(place, _NO_EVENT) if place is not None else _NO_EVENT
            for one, beside in _attributes(path, value):
                number += 1
                yield from _attribute(one, number, event, beside)


_NO_EVENT = _Event()


def _names(path: Path) -> tuple[str, ...]:
    return tuple(name for name in path if isinstance(name, str))


_ENTERED = frozenset({(), ("response",), ("Event",), ("response", "Event"), ("Attribute",), ("response", "Attribute"),
                      ("Event", "Attribute"), ("response", "Event", "Attribute"), ("Event", "Object"), ("response", "Event", "Object")})  # fmt: skip


def _is_entered(path: Path) -> bool:
    names = _names(path)
    if names not in _ENTERED:
        return False
    return not _is_attribute(path)


def _is_attribute(path: Path) -> bool:
    """Whether an attribute stands there, or an object with several."""
    names = _names(path)
    return bool(names) and names in _ENTERED and names[-1] in ("Attribute", "Object") and isinstance(path[-1], int)


def _is_empty(path: Path) -> bool:
    return _names(path)[-1:] in (("response",), ("Event",))


def _event_of(path: Path) -> Path | None:
    """Where the event stands that ``path`` is in."""
    return path[: path.index("Event") + 1] if "Event" in path else None


def _learn(event: _Event, name: str | int, value: Any) -> None:
    if name == "Tag":
        event.tags = _tags_of(value)
    elif name == "info":
        event.info = line(value, 250)
    elif name == "date":
        event.day = value


def _attributes(path: Path, value: Any) -> Iterator[tuple[Any, str]]:
    """The attributes there, each with the note of the object that it is part of."""
    if "Object" not in path:
        yield value, ""
    elif isinstance(value, dict) and isinstance(inner := value.get("Attribute"), list):
        note = lines(value.get("comment"), 4000)
        yield from ((one, note) for one in inner)


def _tags_of(tags: Any) -> _Tags:
    if not isinstance(tags, list) or not tags:
        return _NO_TAGS
    return tags_named([tag.get("name") for tag in tags[:MOST_TAGS] if isinstance(tag, dict)])


def tags_named(written: list[Any]) -> _Tags:
    """What tags of these names say."""
    names = [name.strip() for name in written if isinstance(name, str) and len(name) < 400]
    told = [_TLP_TAGS[name.lower()] for name in names if name.lower() in _TLP_TAGS]
    families = [found[1] for name in names if (found := _FAMILY_TAG.fullmatch(name))]
    sure = [int(found[1]) for name in names if (found := _CONFIDENCE_TAG.fullmatch(name))]
    return _Tags(
        max(told, key=lambda tlp: _STRICTNESS[tlp]) if told else "",
        line(families[0].replace('\\"', '"').replace("\\\\", "\\"), 120) if families else "",
        ROLE_TAG in names,
        min(sure[0], 100) if sure else None,
    )


def _attribute(one: Any, number: int, event: _Event, note: str = "") -> Iterator[Told]:
    if not isinstance(one, dict) or not isinstance(one.get("type"), str):
        yield left(number, one, "not_an_object", event.info)
        return
    type_ = one["type"]
    kinds = TYPES.get(type_)
    what = f"{type_[:40]} {line(one.get('value'), 100)}"
    if one.get("deleted") in _YES:
        yield left(number, what, "deleted", event.info)
    elif one.get("to_ids") in _NO:
        yield left(number, what, "not_for_detection", event.info)
    elif kinds is None:
        yield left(number, what, _OTHERS.get(type_, "attribute_type"), event.info)
    else:
        try:
            values, port = _values(type_, one.get("value"), kinds)
        except ValueFault as fault:
            yield left(number, what, fault.reason, event.info)
            return
        yield from _parts(one, number, event, note, values, port)


def _parts(  # what is known of one attribute
    one: Mapping[str, Any], number: int, event: _Event, note: str, values: list[Value], port: int | None
) -> Iterator[Part]:
    own = _tags_of(one.get("Tag"))
    id_ = one.get("uuid")
    sure = own.confidence if own.confidence is not None else event.tags.confidence
    role: Literal["victim", "hostile"] = "victim" if own.is_victim or event.tags.is_victim else "hostile"
    first, last = moment(one.get("first_seen")), moment(one.get("last_seen"))
    since = moment(one.get("timestamp")) or moment(event.day)
    note = lines(one.get("comment"), 4000) or note or event.info
    for place, value in enumerate(values):
        yield Part(
            number, value.kind, value.value, value.original, event.info, role, own.family or event.tags.family,
            value.port if value.port is not None else port, first, last, since, None, own.tlp or event.tags.tlp, sure, note,
            id_ if not place and isinstance(id_, str) and _UUID.fullmatch(id_) else "",
        )  # fmt: skip


def _values(type_: str, text: Any, kinds: tuple[frozenset[str] | None, ...]) -> tuple[list[Value], int | None]:
    """The values of the parts of an attribute, and a port beside an address or name."""
    if not isinstance(text, str):
        raise ValueFault("not_text")
    # A file's name may hold the mark that parts them; a port and a hash cannot.
    parts = [text] if len(kinds) == 1 else text.rsplit("|", 1)
    if type_ in _FILES and len(parts) == 1:
        parts = ["", text]
    if len(parts) != len(kinds):
        raise ValueFault("not_a_value")
    values = [value_of(part, kind) for part, kind in zip(parts, kinds, strict=True) if kind is not None]
    port = whole(parts[1].strip(), 0, 65535) if len(kinds) == 2 and kinds[1] is None else None
    if len(kinds) == 2 and kinds[1] is None and port is None:
        raise ValueFault("bad_port")
    return values, port


# ----------------------------------------------------------------------------------------------------------------- CSV


class MispCsvForm:
    """Reads MISP's export as CSV: one attribute a line, with the columns that its header names."""

    name = "misp_csv"

    def recognises(self, head: bytes, data: bytes) -> bool:  # as every form
        """By the names in the header."""
        first, _end, rest = head.partition(b"\n")
        names = set(first.strip().replace(b'"', b"").split(b","))
        return bool(rest) and {b"type", b"value", b"category", b"to_ids"} <= names

    def read(self, data: bytes, file: str) -> Iterator[Told]:
        """Its attributes; a line is where the attribute begins."""
        rows = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", "replace", newline=""))
        header = next(rows, [])
        begin = rows.line_num + 1
        event = _Event()
        try:
            for cells in rows:
                if cells:
                    yield from _of_row(dict(zip(header, cells, strict=False)), begin, event)
                begin = rows.line_num + 1
        except csv.Error:
            raise FormatUnknown(
                N_("line {line}: a cell that is too long, or a quotation mark that is never closed"), where=file, line=begin
            ) from None  # fmt: skip


def _of_row(row: dict[str, str], number: int, event: _Event) -> Iterator[Told]:
    one: dict[str, Any] = {
        name: row.get(name, "") for name in ("uuid", "type", "value", "comment", "to_ids", "first_seen", "last_seen")
    }
    one["timestamp"] = row.get("timestamp") or row.get("date")
    tags = row.get("attribute_tag") or row.get("tag") or row.get("event_tag") or ""
    one["Tag"] = [{"name": name} for name in tags.split(",")[:MOST_TAGS]] if tags else []
    yield from _attribute(one, number, event, line(row.get("event_info"), 250))
