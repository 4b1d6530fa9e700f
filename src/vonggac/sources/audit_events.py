"""Events of the Linux audit system: what a record needs from the others with its ``event_id``.

SigmaHQ's auditd rules look at single records (``type: EXECVE``, ``a0``), so every record is an event of its own. Rules of
the categories process_creation, file_event, file_delete and network_connection want the whole: the record that stands for
it has, under Sysmon's names, what the event's other records say.

- EXECVE: ``CommandLine`` (all arguments, of all EXECVE records of the event, on the first), ``CurrentDirectory``
- PATH that creates or deletes: ``TargetFilename``, made absolute by CWD
- SOCKADDR: ``saddr_fam``, ``laddr``, ``lport``; of connect, sendto, sendmsg and accept ``Initiated``, ``DestinationIp`` … or ``SourceIp`` …
- these three: ``Image``, ``ProcessId``, ``ParentProcessId``, ``User``, ``LogonId`` from SYSCALL
- SYSCALL: ``SYSCALL``, the name of the call, where auditd did not write it

All of it is computed when somebody asks for it. Records of one event may stand between those of others, and in two blocks
as long as fewer than MAX_SPREAD records stand between them and the border; beyond that they do not know of each other.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from vonggac.events.batch import Shape
from vonggac.sources.audit_records import reader_of, system_call
from vonggac.sources.derived import Derived
from vonggac.sources.lines import frame_lines
from vonggac.sources.source import Block, Reader

MAX_SPREAD = 500
"""Records looked at on each side of a border between blocks. The kernel writes those of one system call at once; other processors' come between."""

MAX_SHARED_BYTES = 4 << 20
"""No block gets more than this of the blocks beside it."""

_SEARCHED_LINES = 20_000
_SEARCHED_BYTES = 1 << 20  # records of one event stand close to each other
_EVENT = re.compile(r"\d{1,20}(?:\.\d{1,9})?:\d{1,20}")
_EVENT_ID = re.compile(rb"audit\((\d{1,20}(?:\.\d{1,9})?:\d{1,20})\)")

_PROCESS = {
    "Image": ("exe",),
    "ProcessId": ("pid",),
    "ParentProcessId": ("ppid",),
    "User": ("UID", "uid"),  # 0 is root on every system
    "LogonId": ("uid",),
}
"""Sysmon's name to the fields of SYSCALL that have it, the first that is there."""

_ASKING = ("EXECVE", "PATH", "SOCKADDR")
_SHORT = 256
_MAX_TOLD = 64 << 20
"""How many characters the records of a block may get from others; no event of a kernel comes near it."""

_ARGUMENT = re.compile(r"a\d{1,6}")
_ENRICHED_ADDRESS = re.compile(r"(saddr_fam|laddr|lport|path)=(\S+)")
_FAMILIES = {1: "local", 2: "inet", 10: "inet6", 16: "netlink", 17: "packet", 38: "alg"}
_OUTBOUND = ("connect", "sendto", "sendmsg")
_INBOUND = ("accept", "accept4")

Columns = dict[str, Sequence[object]]
OfIndex = Callable[[int], object]


def socket_address(saddr: str, interpreted: str = "") -> dict[str, str]:
    """Family (``saddr_fam``), address (``laddr``), port (``lport``) or ``path`` of a sockaddr in hexadecimal digits.

    ``interpreted`` is auditd's reading, ``{ saddr_fam=inet laddr=192.0.2.1 lport=80 }``, for digits that cannot be read.
    """
    try:
        data = bytes.fromhex(saddr)
        (family,) = struct.unpack_from("<H", data)
        found = {"saddr_fam": _FAMILIES.get(family, str(family))}
        if family == 2:
            port, address = struct.unpack_from(">H4s", data, 2)
            found |= {"laddr": str(IPv4Address(address)), "lport": str(port)}
        elif family == 10:
            port, address = struct.unpack_from(">H4x16s", data, 2)
            found |= {"laddr": str(IPv6Address(address)), "lport": str(port)}
        elif family == 1 and (path := data[2:].lstrip(b"\0").partition(b"\0")[0]):
            found["path"] = path.decode("utf-8", "replace")
    except (ValueError, struct.error):
        return dict(_ENRICHED_ADDRESS.findall(interpreted))
    return found


def frame_events(stream: Reader, *, block_bytes: int) -> Iterator[Block]:
    """Blocks of whole lines; what the block before or behind holds of the same events is in ``around``."""
    held: Block | None = None
    for block in frame_lines(stream, block_bytes=block_bytes):
        if held is None:
            held = block
            continue
        before, behind = _shared_lines(held.data, block.data)
        yield replace(held, around=held.around + behind)
        held = replace(block, around=before)
    if held is not None:
        yield held


def _shared_lines(data: bytes, next_data: bytes) -> tuple[bytes, bytes]:
    """Of the records at the end of ``data`` and at the beginning of ``next_data`` those of events that go on over the border."""
    if b"audit(" not in next_data[:_SEARCHED_BYTES] or b"audit(" not in data[-_SEARCHED_BYTES:]:
        return b"", b""
    last, first = _last_records(data), _first_records(next_data)
    shared = {event for event, _ in last} & {event for event, _ in first}
    before, behind = (b"".join([line for event, line in lines if event in shared]) for lines in (last, first))
    return (before, behind) if len(before) + len(behind) <= MAX_SHARED_BYTES else (b"", b"")


def _last_records(data: bytes) -> list[tuple[bytes, bytes]]:
    """Event and line of the last MAX_SPREAD records, in order."""
    records: list[tuple[bytes, bytes]] = []
    end = len(data)
    n_lines = 0
    while end > 0 and n_lines < _SEARCHED_LINES and len(records) < MAX_SPREAD:
        start = data.rfind(b"\n", 0, end - 1) + 1
        if found := _EVENT_ID.search(data, start, end):
            records.append((found[1], data[start:end]))
        end = start
        n_lines += 1
    return records[::-1]


def _first_records(data: bytes) -> list[tuple[bytes, bytes]]:
    """Event and line of the first MAX_SPREAD records."""
    records: list[tuple[bytes, bytes]] = []
    start = 0
    n_lines = 0
    while start < len(data) and n_lines < _SEARCHED_LINES and len(records) < MAX_SPREAD:
        end = data.find(b"\n", start) + 1 or len(data)
        if found := _EVENT_ID.search(data, start, end):
            records.append((found[1], data[start:end].rstrip(b"\n") + b"\n"))
        start = end
        n_lines += 1
    return records


def is_audit(shape: Shape) -> bool:
    """Whether ``shape`` holds audit records: appliances too have fields of these names, but not next to each other."""
    if "event_id" not in shape.keys or "type" not in shape.keys:
        return False
    at = shape.keys.index("event_id")
    event = shape.columns[at][0]
    return shape.keys.index("type") == at + 1 and (event is None or _EVENT.fullmatch(str(event)) is not None)


def related(shapes: Iterable[Shape], around: Iterable[Shape] = ()) -> list[Shape]:
    """``shapes`` with the values of audit records read and with what those need from each other; others as they are.

    ``around``: the records of blocks beside this one, which only tell.
    """
    others: list[Shape] = []
    records: list[tuple[str, Shape]] = []
    for shape in shapes:
        if is_audit(shape):
            records.extend(_read(shape))
        else:
            others.append(shape)
    events = _Events([*records, *(part for shape in around if is_audit(shape) for part in _read(shape))])
    return others + [_with_related(kind, shape, events) for kind, shape in records]


def _read(shape: Shape) -> list[tuple[str, Shape]]:
    return [(kind, _with_values(kind, part)) for kind, part in _by_type(shape)]


def _by_type(shape: Shape) -> list[tuple[str, Shape]]:
    """``shape`` in parts that have one type of record each."""
    kinds = column_of(shape, "type")
    if len(set(kinds)) == 1:
        return [(str(kinds[0]), shape)]
    rows: dict[str, list[int]] = {}
    for index, kind in enumerate(kinds):
        rows.setdefault(str(kind), []).append(index)
    return [
        (
            kind,
            Shape(
                shape.keys,
                [[column[index] for index in indexes] for column in shape.columns],
                [shape.records[index] for index in indexes],
            ),
        )
        for kind, indexes in rows.items()
    ]


def _with_values(kind: str, shape: Shape) -> Shape:
    """``shape`` with what follows the type read as the audit system writes it."""
    columns = list(shape.columns)
    first = shape.keys.index("type") + 1
    for position, name in enumerate(shape.keys[first:], first):
        columns[position] = Derived(reader_of(kind, name), columns[position])
    return Shape(shape.keys, columns, shape.records)


def column_of(shape: Shape, name: str) -> Sequence[object]:
    """The values of ``name`` in ``shape``."""
    return shape.columns[shape.keys.index(name)]


def _optional(shape: Shape, name: str) -> Sequence[object]:
    return column_of(shape, name) if name in shape.keys else [None] * len(shape.records)


def _ids(shape: Shape) -> Sequence[object]:
    """What records are joined by: event and node or host; a record without an event stands alone."""
    events = column_of(shape, "event_id")
    place = next((name for name in ("node", "hostname") if name in shape.keys), None)
    if place:
        events = [event and (event, host) for event, host in zip(events, column_of(shape, place), strict=True)]
    return [event or record for event, record in zip(events, shape.records, strict=True)]


def _call_names(shape: Shape) -> Sequence[object]:
    """The names of the system calls of SYSCALL records."""
    if "SYSCALL" in shape.keys:
        return column_of(shape, "SYSCALL")
    arch, number = _optional(shape, "arch"), _optional(shape, "syscall")
    return Derived(lambda index: system_call(arch[index], number[index]), range(len(shape.records)))


class _Events:
    """The records of one batch by event: what others need of them, each found when it is first wanted."""

    def __init__(self, records: Iterable[tuple[str, Shape]]) -> None:
        self._shapes: dict[str, list[Shape]] = {}
        for kind, shape in records:
            self._shapes.setdefault(kind, []).append(shape)
        self._found: dict[object, dict[object, object]] = {}

    def field(self, kind: str, names: tuple[str, ...]) -> dict[object, object]:
        """Event to the value of the first of ``names`` that its record of type ``kind`` has."""
        found = self._found.get((kind, names))
        if found is None:
            found = {}
            for shape in self._shapes.get(kind, ()):
                name = next((name for name in names if name in shape.keys), None)
                if name is not None:
                    found.update(zip(_ids(shape), column_of(shape, name), strict=True))
            self._found[kind, names] = found = self._bounded(found)
        return found

    def _bounded(self, found: dict[object, object]) -> dict[object, object]:
        """``found``; cut where records that ask for long values over and over would make far more of them than was read."""
        if all(len(str(value)) <= _SHORT for value in found.values()):
            return found
        uses = Counter(event for kind in _ASKING for shape in self._shapes.get(kind, ()) for event in _ids(shape))
        if sum(len(str(value)) * uses[event] for event, value in found.items()) <= _MAX_TOLD:
            return found
        return {event: value and str(value)[:_SHORT] for event, value in found.items()}

    def calls(self) -> dict[object, object]:
        """Event to the name of its system call."""
        found = self._found.get("calls")
        if found is None:
            found = self._found["calls"] = {}
            for shape in self._shapes.get("SYSCALL", ()):
                found.update(zip(_ids(shape), _call_names(shape), strict=True))
        return found

    def command_lines(self) -> dict[object, object]:
        """Number of an EXECVE record with ``a0`` to its joined arguments, with those of the event's other records."""
        found = self._found.get("command_lines")
        if found is None:
            parts: dict[object, list[tuple[int, Sequence[int], Sequence[str]]]] = {}
            for shape in self._shapes.get("EXECVE", ()):
                named = {int(name[1:]): name for name in shape.keys if _ARGUMENT.fullmatch(name)}
                numbers = sorted(named)
                columns = [column_of(shape, named[number]) for number in numbers]
                rows = zip(_ids(shape), shape.records, zip(*columns, strict=True), strict=False)
                for event, record, row in rows:
                    parts.setdefault(event, []).append((record, numbers, [str(value or "") for value in row]))
            found = self._found["command_lines"] = {}
            for of_event in parts.values():
                begun = [part for part in of_event if part[1][0] == 0]
                if len(begun) == 1 < len(of_event):
                    found[begun[0][0]] = _joined(sorted(of_event, key=lambda part: (part[1][0], part[0])))
                else:
                    found.update((record, " ".join(texts)) for record, _, texts in begun)
        return found


def _joined(parts: Iterable[tuple[int, Sequence[int], Sequence[str]]]) -> str:
    """The arguments of one command over its records in order; a long one goes on in the next record under its number."""
    arguments: dict[int, str] = {}
    for _, numbers, texts in parts:
        for number, text in zip(numbers, texts, strict=True):
            arguments[number] = arguments.get(number, "") + text
    return " ".join(arguments[number] for number in sorted(arguments))


def _with_related(kind: str, shape: Shape, events: _Events) -> Shape:
    """``shape`` with what its records need from others."""
    make = _RELATED.get(kind)
    if make is None:
        return shape
    columns = dict(zip(shape.keys, shape.columns, strict=True))
    for name, column in make(shape, events).items():
        columns.setdefault(name, column)
    return Shape(tuple(columns), list(columns.values()), shape.records)


def _process(ids: Sequence[object], events: _Events) -> Columns:
    def of(name: str, fields: tuple[str, ...]) -> Callable[[object], object]:
        def value(event: object) -> object:
            found = events.field("SYSCALL", fields).get(event)
            return "root" if found == "0" and name == "User" else found

        return value

    return {name: Derived(of(name, fields), ids) for name, fields in _PROCESS.items()}


def _of_call(shape: Shape, events: _Events) -> Columns:
    del events
    return {"SYSCALL": _call_names(shape)}


def _of_execve(shape: Shape, events: _Events) -> Columns:
    ids = _ids(shape)
    columns = _process(ids, events)
    if "a0" in shape.keys:
        columns["CommandLine"] = Derived(lambda record: events.command_lines().get(record), shape.records)
    columns["CurrentDirectory"] = Derived(lambda event: events.field("CWD", ("cwd",)).get(event), ids)
    return columns


def _of_path(shape: Shape, events: _Events) -> Columns:
    ids = _ids(shape)
    columns = _process(ids, events)
    kinds, names = _optional(shape, "nametype"), _optional(shape, "name")

    def target(index: int) -> object:
        name = names[index]
        if not isinstance(name, str) or kinds[index] not in ("CREATE", "DELETE"):
            return None
        if name.startswith("/"):
            return name
        directory = events.field("CWD", ("cwd",)).get(ids[index])
        return f"{str(directory).rstrip('/')}/{name.removeprefix('./')}" if directory else name

    columns["TargetFilename"] = Derived(target, range(len(ids)))
    return columns


def _of_socket(shape: Shape, events: _Events) -> Columns:
    ids = _ids(shape)
    every = range(len(ids))
    digits, readings = _optional(shape, "saddr"), _optional(shape, "SADDR")
    addresses = Derived(lambda index: socket_address(str(digits[index] or ""), str(readings[index] or "")), every)

    def peer(calls: tuple[str, ...], name: str) -> OfIndex:
        def of(index: int) -> object:
            return addresses[index].get(name) if events.calls().get(ids[index]) in calls else None  # type: ignore[attr-defined]

        return of

    def initiated(index: int) -> object:
        call = events.calls().get(ids[index])
        return "true" if call in _OUTBOUND else ("false" if call in _INBOUND else None)

    columns = _process(ids, events)
    for name in ("saddr_fam", "laddr", "lport", "path"):
        columns[name] = Derived(lambda address, name=name: address.get(name), addresses)
    columns["Initiated"] = Derived(initiated, every)
    for side, calls in (("Destination", _OUTBOUND), ("Source", _INBOUND)):
        columns[f"{side}Ip"] = Derived(peer(calls, "laddr"), every)
        columns[f"{side}Port"] = Derived(peer(calls, "lport"), every)
    return columns


_RELATED: dict[str, Callable[[Shape, _Events], Columns]] = {
    "SYSCALL": _of_call,
    "EXECVE": _of_execve,
    "PATH": _of_path,
    "SOCKADDR": _of_socket,
}
