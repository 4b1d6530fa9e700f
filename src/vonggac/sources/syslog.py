"""Syslog files: RFC 3164, RFC 5424 with structured data, and the ISO 8601 form that rsyslog and journald write.

Fields: ``timestamp``, ``hostname``, ``program``, ``pid``, ``message``; where the line has a priority ``facility`` and
``severity`` by the names of syslog.conf(5); of RFC 5424 also ``msgid`` and ``structured_data`` (an object of objects);
and what :mod:`vonggac.sources.syslog_messages` finds in the message. A field that a line does not have is absent.

Squid's native access log, BIND's log files, and the log files of Kea, Exim and OpenVPN, which have times of their own
instead of a header, are read as if their programs had sent them. Lines of FortiGate, Sophos and their like, which are pairs
from the start, give their time and name from those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vonggac.events.batch import EventBatch, Shape
from vonggac.sources.audit_events import frame_events, related
from vonggac.sources.derived import Derived
from vonggac.sources.excerpts import Lines
from vonggac.sources.line_kernels import OPEN, survey_syslog
from vonggac.sources.lines import RawLines, SkipCounter, head_lines, text_lines
from vonggac.sources.message_patterns import Parser
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.syslog_antivirus import clamav, clamav_line, kaspersky
from vonggac.sources.syslog_appliances import junos_structured
from vonggac.sources.syslog_cef import carried
from vonggac.sources.syslog_headers import LEVELS, headless, is_headless, untagged
from vonggac.sources.syslog_messages import SQUID, named, parser_of, squid

_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
_BSD = r"[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?(?: \d{4}(?= ))?"

# RFC 3164, 4.1 and what is found of it: the priority, the host and the tag may each be missing.
_LINE = re.compile(
    rf"(?:<(\d{{1,3}})>[ :]?)?({_BSD}|{_ISO}):? +(?:(?!(?:CEF|LEEF):)(\S*[^\s:]) +(?!:))?"
    r"(?:: )?(?:([^\s:\[\]]{1,128})(?:\[([^\]\s]*)\])?:(?: |$))?(.*)",
    re.DOTALL,
)
_KEYS = ("priority", "timestamp", "hostname", "program", "pid", "message")

# RFC 5424, 6.
_RFC5424 = re.compile(
    r"<(\d{1,3})>\d{1,2} (\S+) (\S+) (\S+) (\S+) (\S+) "
    r'(-|(?>(?:\[[^\]\s"=]++(?>(?: +[^\]\s"=]++="(?:[^"\\]|\\.)*+")*) *\])+))(?: (.*))?',
    re.DOTALL,
)
# The same header before what is no structured data: Check Point's Log Exporter, devices that leave it out.
_LOOSE_5424 = re.compile(
    r"<(\d{1,3})>\d{1,2} (\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,16}) (\S+) (\S+) (\S+) (\S+) (.*)", re.DOTALL
)
_KEYS_LOOSE = ("priority", "timestamp", "hostname", "program", "pid", "msgid", "message")
_KEYS_5424 = ("priority", "timestamp", "hostname", "program", "pid", "msgid", "structured_data", "message")
_SD_ELEMENT = re.compile(r'\[([^\]\s"=]++)((?>(?: +[^\]\s"=]++="(?:[^"\\]|\\.)*+")*)) *\]', re.DOTALL)
_SD_PARAM = re.compile(r' +([^\]\s"=]++)="((?:[^"\\]|\\.)*+)"', re.DOTALL)
_SD_ESCAPE = re.compile(r'\\(["\\\]])')

# What stands before CEF or LEEF where there is no time.
_PRIORITY_HOST = re.compile(r"(?:<(\d{1,3})> ?)?(?:([^\s|]{1,255}) (?=(?:CEF|LEEF):))?")

# BIND 9 Administrator Reference, "print-time local": day-month-year.
_BIND = re.compile(r"(\d\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d:\d\d:\d\d\.\d{3}) (.*)", re.DOTALL)
_MONTHS = {m: f"{i:02}" for i, m in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}

FACILITIES = (
    "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock "
    "local0 local1 local2 local3 local4 local5 local6 local7"
).split()
SEVERITIES = "emerg alert crit err warning notice info debug".split()

_SURE_ISO = re.compile(
    r"(?:<\d{1,3}>)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) \S+ [^\s:\[]+(?:\[\d+\])?: "
)
_SURE_BSD = re.compile(rf"(?:<\d{{1,3}}>[ :]?)?{_BSD}:? ")


def _facility(priority: str) -> str | None:
    number = int(priority) >> 3
    return FACILITIES[number] if number < len(FACILITIES) else None


def _severity(priority: str) -> str:
    return SEVERITIES[int(priority) & 7]


def structured_data(text: str) -> dict[str, object]:
    """RFC 5424, 6.3: the elements by their SD-ID, each its parameters; one that occurs twice is a list."""
    elements: dict[str, object] = {}
    for name, params in _SD_ELEMENT.findall(text):
        values: dict[str, object] = {}
        for key, value in _SD_PARAM.findall(params):
            _add(values, key, _SD_ESCAPE.sub(r"\1", value) if "\\" in value else value)
        _add(elements, name, values)
    return elements


def _add(found: dict[str, object], key: str, value: object) -> None:
    earlier = found.get(key)
    if earlier is None:
        found[key] = value
    elif isinstance(earlier, list):
        earlier.append(value)
    else:
        found[key] = [earlier, value]


class _Parsers(dict[str | None, Parser]):
    """Program as written to its parser, looked up once per name."""

    def __missing__(self, program: str | None) -> Parser:
        parser = parser_of(program or "")
        if len(self) < 10_000:  # names in a hostile file are without end
            self[program] = parser
        return parser


_DISPLACED = frozenset({"hostname", "facility", "severity"})
"""Fields of the header whose name a device's own field may take; the header's is ``System_hostname`` then."""

_Groups = dict[tuple[object, ...], tuple[list[tuple[object, ...]], list[int]]]


class _Rows:
    """Rows of a block by the keys that they have."""

    def __init__(self) -> None:
        self._groups: _Groups = {}
        self._parsers = _Parsers()

    def add(self, record: int, keys: tuple[str, ...], values: tuple[str | None, ...]) -> None:
        """One line: the header's values, of which the last is the message and None means absent."""
        host = values[2]
        if keys is _KEYS and (values[3] is None or (host is not None and (host in LEVELS or "/" in host))):
            values, names, more = untagged(values)
            if names:
                found = self._parsers[values[3]](values[-1] or "") or ((), ())
                self.add_parsed(record, keys, values, (*names, *found[0]), (*more, *found[1]))
                return
        extra = self._parsers[values[3]](values[-1] or "")
        self.add_parsed(record, keys, values, *(extra or ((), ())))

    def add_parsed(
        self,
        record: int,
        keys: tuple[str, ...],
        values: tuple[str | None, ...],
        names: tuple[str, ...],
        more: tuple[str | None, ...],
    ) -> None:
        """One line whose message is already parsed into ``names`` and ``more``."""
        absent = tuple([value is None for value in values])
        group = self._groups.get(kind := (keys, absent, names))
        if group is None:
            group = self._groups[kind] = ([], [])
        group[0].append(values + more)
        group[1].append(record)

    def shapes(self) -> list[Shape]:
        """One shape per set of keys."""
        return [
            _shape(keys, absent, names, rows, records)  # type: ignore[arg-type]  # as add_parsed made them
            for (keys, absent, names), (rows, records) in self._groups.items()
        ]


def _shape(
    keys: tuple[str, ...],
    absent: tuple[bool, ...],
    names: tuple[str, ...],
    rows: Sequence[tuple[object, ...]],
    records: Sequence[int],
) -> Shape:
    columns: dict[str, Sequence[object]] = {}
    values = list(zip(*rows, strict=True))
    for key, is_absent, column in zip(keys, absent, values, strict=False):
        if is_absent:
            continue
        if key == "priority":
            columns["facility"] = Derived(_facility, column)
            columns["severity"] = Derived(_severity, column)
        elif key == "structured_data":
            columns[key] = Derived(structured_data, column)
        else:
            columns[key] = column
    for name, column in zip(names, values[len(keys) :], strict=True):
        if name == "pid":  # of whom the message is about, who may not be who wrote it
            columns[name] = column
        elif name in _DISPLACED and name in columns:
            columns[f"System_{name}"] = columns[name]
            columns[name] = column
        else:
            columns.setdefault(name, column)
    return Shape(tuple(columns), list(columns.values()), records)


def _nil(value: str | None) -> str | None:
    return None if value == "-" else value


def _other_line(line: str, record: int, rows: _Rows) -> bool:
    """Read a line that has no RFC 3164 header; False when it is no line of syslog."""
    if found := _RFC5424.match(line):
        values = tuple([_nil(value) for value in found.groups()])
        if values[-1] is not None:
            values = (*values[:-1], values[-1].removeprefix("\ufeff"))
        if values[6] and "junos@" in values[6]:
            rows.add_parsed(record, _KEYS_5424, values, *junos_structured(values[5], _SD_PARAM.findall(values[6])))
        elif values[6] and "[event@23668 " in values[6]:
            rows.add_parsed(record, _KEYS_5424, values, *kaspersky(values[5], _SD_PARAM.findall(values[6])))
        else:
            rows.add(record, _KEYS_5424, values)
        return True
    if found := _LOOSE_5424.match(line):
        rows.add(record, _KEYS_LOOSE, tuple([_nil(value) for value in found.groups()]))
        return True
    if (carrier := carried(line)) is not None:
        head = _PRIORITY_HOST.match(line)
        priority, host = head.groups() if head else (None, None)
        rows.add_parsed(record, _KEYS, (priority, None, host, None, None, line), *carrier)
        return True
    if (scanned := clamav_line(line)) is not None:
        time, program, message = scanned
        rows.add_parsed(record, _KEYS, (None, time, None, program, None, message), *(clamav(message) or ((), ())))
        return True
    if (bare := headless(line)) is not None:
        header, fields = bare
        rows.add_parsed(record, _KEYS, header, *fields)
        return True
    if (parsed := squid(line)) is not None:
        time = line.split(None, 1)[0]
        rows.add_parsed(record, _KEYS, (None, time, None, "squid", None, line), *parsed)
        return True
    if (found := _BIND.match(line)) and (month := _MONTHS.get(found[2])):
        time = f"{found[3]}-{month}-{found[1]} {found[4]}"
        rows.add_parsed(record, _KEYS, (None, time, None, "named", None, found[5]), *(named(found[5]) or ((), ())))
        return True
    return False


def _shapes(lines: Sequence[str], first_record: int, skips: SkipCounter) -> list[Shape]:
    """The events of ``lines``."""
    rows = _Rows()
    match, add = _LINE.match, rows.add
    for record, line in enumerate(lines, first_record):
        found = match(line)
        if found is not None:
            add(record, _KEYS, found.groups())
        elif line and not line.isspace() and not _other_line(line, record, rows):
            skips.add("unknown_line", record, line[:80])
    return rows.shapes()


class SyslogSource:
    """Reads syslog files."""

    name = "syslog"
    title = "Syslog files (RFC 3164, RFC 5424, rsyslog)"

    def sniff(self, head: bytes, filename: str) -> int:
        """At most 90, by how many of the first lines have a syslog header."""
        del filename
        lines = head_lines(head)
        if not lines:
            return 0
        known = sum(1 for line in lines if _is_sure(line))
        return 90 * known // len(lines) if known * 2 > len(lines) else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole lines, with what stands beside them of the same events of the Linux audit system."""
        return frame_events(stream, block_bytes=block_bytes)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per line; records are line numbers."""
        skips = SkipCounter(block.skipped)
        shapes = _shapes(text_lines(block.data), block.first_record, skips)
        beside = text_lines(block.around)
        return EventBatch(
            self.name,
            related(shapes, _shapes(beside, -len(beside), SkipCounter())),
            zone=options.zone,
            raw_of=RawLines(block),
            skipped=skips.skips(),
            year=options.year,
        )

    def survey(self, lines: Lines, context: bytes) -> NDArray[np.uint8] | None:
        """Every line whose header is plain is an event: what programs write is never refused.

        None for blocks with records of the audit system, which are read together and hold values as digits, and with XML.
        """
        if len(lines.holding(*_NOT_BY_LINE)):
            return None
        kinds = survey_syslog(lines.data, lines.starts, lines.ends)
        kinds[lines.holding(*_HIDING)] = OPEN
        return kinds


_NOT_BY_LINE = (b"audit(", b"EXECVE ", b"SOCKADDR ", b"PROCTITLE ", b"<Event>")
_HIDING = (b"<EPO", b"LEEF:2", b"LEEF: 2")
"""Marks of messages that write values otherwise than as they are: in XML, or between separators of any kind."""


def _is_sure(line: str) -> bool:
    return (
        is_headless(line)
        or carried(line) is not None
        or clamav_line(line) is not None
        or bool(
            _SURE_BSD.match(line)
            or _RFC5424.match(line)
            or _LOOSE_5424.match(line)
            or _SURE_ISO.match(line)
            or SQUID.match(line)
            or _BIND.match(line)
        )
    )


SOURCE = SyslogSource()
