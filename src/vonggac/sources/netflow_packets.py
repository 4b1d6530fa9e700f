"""Export packets of NetFlow 5 and 9 and of IPFIX, one after the other: their borders, templates, and where data lie.

NetFlow 5: 24 bytes, then ``count`` records of 48. NetFlow 9 (RFC 3954): 20 bytes, then sets of a number and a length; its
header does not say how long a packet is, so that it ends where a version stands in place of a set's number. IPFIX (RFC 7011;
files of them RFC 5655): 16 bytes with the length, then sets. A template says how the records of a data set are laid out and
holds until it is replaced, so what is known of templates goes from block to block.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from vonggac.sources.lines import SkipCounter

VARIABLE = 0xFFFF
"""The length of a field that states its own length in each record."""

MAX_TEMPLATES = 10_000
MAX_FIELDS = 200_000
"""Of all templates of a stream; beyond, those learned first are forgotten."""

MAX_FIELDS_OF_ONE = 1000
"""A template with more fields is not learned: real ones have some forty."""

MAX_PACKET_BYTES = 128 << 10
"""Twice what a datagram holds; a packet of NetFlow 9 ends there at the latest."""

_V5 = struct.Struct(">HHIIIIBBH")
_V9 = struct.Struct(">HHIIII")
_IPFIX = struct.Struct(">HHIII")
_PAIR = struct.Struct(">HH")
_U32 = struct.Struct(">I")

_V5_RECORD = 48
_V5_MAX = 1024
_EARLIEST, _LATEST = 631_152_000, 4_102_444_800  # 1990 to 2100
_VERSIONS = frozenset({5, 9, 10})
_START = re.compile(rb"\x00[\x05\x09\x0a]")

Field = tuple[int, int, int]
"""Number of the element, length in bytes (:data:`VARIABLE`), private enterprise number (0: IANA's)."""


@dataclass(frozen=True, slots=True)
class Template:
    """How records are laid out; ``record_bytes`` is 0 where a field has no fixed length, then ``least_bytes`` is not."""

    version: int
    fields: tuple[Field, ...]
    is_options: bool = False
    record_bytes: int = 0
    least_bytes: int = 0

    @classmethod
    def of(cls, version: int, fields: tuple[Field, ...], *, is_options: bool = False) -> Template:
        """With its lengths added up."""
        least = sum(1 if length == VARIABLE else length for _, length, _ in fields)
        is_fixed = all(length != VARIABLE for _, length, _ in fields)
        return cls(version, fields, is_options, least if is_fixed else 0, least)


# NetFlow 5's record as a template, Cisco's "NetFlow Export Datagram Format"; 210 is padding.
V5 = Template.of(
    5,
    tuple(
        (number, length, 0)
        for number, length in (
            *(
                (8, 4),
                (12, 4),
                (15, 4),
                (10, 2),
                (14, 2),
                (2, 4),
                (1, 4),
                (22, 4),
                (21, 4),
                (7, 2),
                (11, 2),
                (210, 1),
                (6, 1),
            ),
            *((4, 1), (5, 1), (16, 2), (17, 2), (9, 1), (13, 1), (210, 2)),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Header:
    """Of a packet. ``export_ms`` since 1970; ``uptime_ms`` of the exporter at that time modulo 2**32, -1 where it is not known; ``sampling``: one in so many."""

    version: int
    export_ms: int
    uptime_ms: int
    domain: int
    sampling: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """The records of one data set: ``count`` of them in ``data[start:stop]``."""

    template: Template
    header: Header
    start: int
    stop: int
    count: int


@dataclass(slots=True)
class Known:
    """What a stream has said so far: templates and sampling intervals by version and observation domain."""

    templates: dict[tuple[int, int, int], Template] = field(default_factory=dict)
    sampling: dict[tuple[int, int], int] = field(default_factory=dict)
    begun_ms: dict[tuple[int, int], int] = field(default_factory=dict)
    """When the exporter began, from which its times may count (systemInitTimeMilliseconds)."""

    n_fields: int = 0

    def learn(self, key: tuple[int, int, int], template: Template | None) -> None:
        """Take over ``template``, or forget the one of ``key``."""
        earlier = self.templates.pop(key, None)
        if earlier is not None:
            self.n_fields -= len(earlier.fields)
        if template is None:
            return
        self.templates[key] = template
        self.n_fields += len(template.fields)
        while len(self.templates) > MAX_TEMPLATES or self.n_fields > MAX_FIELDS:
            oldest = next(iter(self.templates))
            self.n_fields -= len(self.templates.pop(oldest).fields)

    def context(self) -> bytes:
        """As bytes, for :meth:`of`."""
        templates = [[*key, one.is_options, one.fields] for key, one in self.templates.items()]
        return orjson.dumps(
            [templates, *([[*key, one] for key, one in said.items()] for said in (self.sampling, self.begun_ms))]
        )

    @classmethod
    def of(cls, context: bytes) -> Known:
        """What :meth:`context` wrote."""
        known = cls()
        if context:
            templates, sampling, begun = orjson.loads(context)
            for version, domain, number, is_options, fields in templates:
                template = Template.of(version, tuple(tuple(one) for one in fields), is_options=is_options)
                known.learn((version, domain, number), template)
            known.sampling = {(version, domain): interval for version, domain, interval in sampling}
            known.begun_ms = {(version, domain): time for version, domain, time in begun}
        return known


def is_start(data: bytes, at: int) -> bool:
    """Whether a packet may well begin at ``at``; False too where fewer than 24 bytes are there to tell."""
    if len(data) < at + 24 or data[at] != 0 or data[at + 1] not in _VERSIONS:
        return False
    version, count = _PAIR.unpack_from(data, at)
    if version == 5:
        return 0 < count <= _V5_MAX and _is_time(data, at + 8)
    if version == 9:
        number, length = _PAIR.unpack_from(data, at + 20)
        return count > 0 and _is_set(number, length) and _is_time(data, at + 8)
    number, length = _PAIR.unpack_from(data, at + 16)
    return (
        bool(count >= 20)
        and (number in (2, 3) or number >= 256)
        and 4 <= length <= count - 16
        and _is_time(data, at + 4)
    )


def _is_time(data: bytes, at: int) -> bool:
    return _EARLIEST < int.from_bytes(data[at : at + 4], "big") < _LATEST


def _is_set(number: int, length: int) -> bool:
    return length >= 4 and (number <= 1 or number >= 256)


def is_cut_set(data: bytes, at: int) -> bool:
    """Whether a set of NetFlow 9 begins at ``at`` that goes on beyond ``data``."""
    if len(data) < at + 4:
        return False
    number, length = _PAIR.unpack_from(data, at)
    return _is_set(number, length) and at + length > len(data)


def next_start(data: bytes, at: int) -> int:
    """The first place from ``at`` on where a packet may begin; -1 when there is none."""
    for found in _START.finditer(data, at):
        if is_start(data, found.start()):
            return found.start()
    return -1


def packet_end(data: bytes, at: int, *, is_whole: bool) -> int:
    """Where the packet at ``at`` ends; -1 when more bytes are needed to tell, -2 when it is no packet.

    With ``is_whole`` nothing follows ``data``: what is cut off ends at the end of its last whole set.
    """
    size = len(data)
    if size < at + 2:
        return -1
    version = data[at] << 8 | data[at + 1]
    if version not in _VERSIONS:
        return -2
    if size < at + 24 and not (version == 10 and is_whole and size >= at + 16):
        return -1
    if version == 9:
        return _end_of_9(data, at, is_whole=is_whole)
    if version == 5:
        if not is_start(data, at):
            return -2
        end = at + 24 + _V5_RECORD * _PAIR.unpack_from(data, at)[1]
    else:
        length = _PAIR.unpack_from(data, at)[1]
        if length < 16:
            return -2
        end = at + length
    return end if end <= size else -1


def _end_of_9(data: bytes, at: int, *, is_whole: bool) -> int:
    if not is_start(data, at):
        return -2
    size = len(data)
    place = at + 20
    unpack = _PAIR.unpack_from
    while place + 4 <= size:
        number, length = unpack(data, place)
        if number in _VERSIONS or not _is_set(number, length) or place - at > MAX_PACKET_BYTES:
            return place
        if place + length > size:
            break
        place += length
    return place if is_whole and place > at + 20 else -1


def parts_of(data: bytes, at: int, end: int, known: Known, skips: SkipCounter | None, record: int) -> Iterator[Part]:
    """The data of the packet in ``data[at:end]``, after what its templates say is learned.

    ``record``: the number of its first record, for what goes to ``skips``.
    """
    version = data[at + 1]
    if version == 5:
        _, count, uptime, seconds, nanoseconds, _, _, engine, sampling = _V5.unpack_from(data, at)
        header = Header(5, seconds * 1000 + nanoseconds // 1_000_000, uptime, engine, sampling & 0x3FFF)
        yield Part(V5, header, at + 24, at + 24 + _V5_RECORD * count, count)
        return
    place = at + 20 if version == 9 else at + 16
    header = _header(data, at, known)
    template_set, options_set = (0, 1) if version == 9 else (2, 3)
    while place + 4 <= end:
        number, length = _PAIR.unpack_from(data, place)
        stop = place + length
        if length < 4 or stop > end:
            if skips is not None:
                skips.add("bad_record", record, f"a set of {length} bytes at byte {place - at} of a packet")
            return
        if number in (template_set, options_set):
            _learn(data, place + 4, stop, header, known, is_options=number == options_set)
        elif number >= 256:
            part = _data_part(data, place + 4, stop, known.templates.get((version, header.domain, number)), header)
            if part is None:
                if skips is not None:
                    skips.add("unknown_template", record, f"template {number} of domain {header.domain}")
            elif part.template.is_options:
                _note_options(data, part, known)
                header = _header(data, at, known)
            elif part.count:
                record += part.count
                yield part
        place = stop


def _header(data: bytes, at: int, known: Known) -> Header:
    """Of a packet of NetFlow 9 or IPFIX, with what its exporter has said by now."""
    if data[at + 1] == 9:
        _, _, uptime, seconds, _, domain = _V9.unpack_from(data, at)
        return Header(9, seconds * 1000, uptime, domain, known.sampling.get((9, domain), 0))
    _, _, seconds, _, domain = _IPFIX.unpack_from(data, at)
    begun = known.begun_ms.get((10, domain))
    uptime = -1 if begun is None else (seconds * 1000 - begun) & 0xFFFFFFFF
    return Header(10, seconds * 1000, uptime, domain, known.sampling.get((10, domain), 0))


def _data_part(data: bytes, start: int, stop: int, template: Template | None, header: Header) -> Part | None:
    if template is None:
        return None
    if template.record_bytes:
        count = (stop - start) // template.record_bytes
        return Part(template, header, start, start + count * template.record_bytes, count)
    count, end = 0, start
    for _, end in records_of(data, start, stop, template):  # noqa: B007  # the last end counts
        count += 1
    return Part(template, header, start, end, count)


def records_of(data: bytes, start: int, stop: int, template: Template) -> Iterator[tuple[list[bytes], int]]:
    """The fields of each record with fields of variable length (RFC 7011, 7), and where it ends."""
    place = start
    while place + template.least_bytes <= stop:
        values: list[bytes] = []
        for _, length, _ in template.fields:
            if length == VARIABLE:
                if place >= stop:
                    return
                length = data[place]  # as the record states it
                place += 1
                if length == 255:
                    if place + 2 > stop:
                        return
                    length = data[place] << 8 | data[place + 1]
                    place += 2
            if place + length > stop:
                return
            values.append(data[place : place + length])
            place += length
        yield values, place


def _learn(data: bytes, place: int, stop: int, header: Header, known: Known, *, is_options: bool) -> None:
    while place + 4 <= stop:
        number, count = _PAIR.unpack_from(data, place)
        if number < 256:
            return  # padding
        place += 4
        key = (header.version, header.domain, number)
        if is_options and header.version == 9:  # scope and options by their lengths in bytes, RFC 3954 6.1
            if place + 2 > stop:
                return
            count = (count + (data[place] << 8 | data[place + 1])) // 4
            place += 2
        elif is_options and count:
            place += 2  # how many of the fields are the scope
        fields: list[Field] = []
        for _ in range(count):
            if place + 4 > stop:
                return
            element, length = _PAIR.unpack_from(data, place)
            place += 4
            enterprise = 0
            if element & 0x8000 and header.version == 10:
                if place + 4 > stop:
                    return
                enterprise = _U32.unpack_from(data, place)[0]
                element &= 0x7FFF
                place += 4
            fields.append((element, length, enterprise))
        template = Template.of(header.version, tuple(fields), is_options=is_options)
        is_usable = template.least_bytes and count <= MAX_FIELDS_OF_ONE
        known.learn(key, template if is_usable else None)  # no fields: it is withdrawn (RFC 7011, 8.1)


def _note_options(data: bytes, part: Part, known: Known) -> None:
    """Remember when an exporter began (160) and how it samples.

    samplingInterval (34), samplerRandomInterval (50), or packet interval and space (305, 306).
    """
    template = part.template
    if not part.count or not template.record_bytes or len(known.sampling) + len(known.begun_ms) >= MAX_TEMPLATES:
        return
    place = part.start
    said: dict[int, int] = {}
    for element, length, enterprise in template.fields:
        if not enterprise and element in (34, 50, 160, 305, 306) and length <= 8:
            said[element] = int.from_bytes(data[place : place + length], "big")
        place += length
    key = (part.header.version, part.header.domain)
    interval = said.get(34) or said.get(50) or 0
    if not interval and (taken := said.get(305, 0)):
        interval = (taken + said.get(306, 0)) // taken
    if interval:
        known.sampling[key] = min(interval, 1 << 32)
    if 160 in said and said[160] < 1 << 53:
        known.begun_ms[key] = said[160]
