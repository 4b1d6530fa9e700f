r"""What antivirus products say in syslog and in log files of their own, beside CEF and LEEF.

ClamAV (clamd, clamscan, clamav-milter): ``path: name FOUND``, and what clamscan then did with the file (``Removed.``, ``moved
to '…'``; shared/actions.c). clamd itself only finds, so what became of a find is unknown until a later line says it.
Symantec Endpoint Protection Manager: comma-separated ``label: value``. ESET PROTECT: JSON. Trellix ePO: XML. Kaspersky Security
Center: structured data of RFC 5424. All get the fields of :mod:`vonggac.sources.antivirus`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape as unescape_xml

import orjson

from vonggac.sources.antivirus import detection
from vonggac.sources.message_patterns import Fields, Parser, one_of

_FOUND = {"Action": "FOUND", "Outcome": "unknown"}

# clamd/clamscan "name(hash:size)" with ExtendedDetectionInfo; the name has no blanks.
_NAME = r"([^\s()]{1,256})(?:\(([0-9a-f]{32,64}):\d+\))?"
_CLAMAV = one_of(
    (
        (
            "",
            rf"Message from (\S+) to ((?>(?:(?! with ).)*)) with .*infected by {_NAME}$",
            "sender recipient Signature hash",
            _FOUND,
        ),
        ("", rf"instream\(([^()@\s]{{1,64}})@(\d+)\): {_NAME} FOUND$", "src_ip src_port Signature hash", _FOUND),
        ("", rf"(?:ScanOnAccess: |ClamScanQueue: )?(.+): {_NAME} FOUND$", "Filename Signature hash", _FOUND),
        ("", r"(.+): (Removed)\.$", "Filename Action", {"Outcome": "deleted"}),
        ("", r"(.+): (moved to) '(.*)'$", "Filename Action target", {"Outcome": "quarantined"}),
        ("", r"(.+): (copied to) '(.*)'$", "Filename Action target", {"Outcome": "not_cleaned"}),
        (
            "",
            r"(?:ERROR: |!)?(Can't (?:unlink|remove|move|copy))(?: file)? '?(.+?)'?(?: to '?(.*?)'?)?(?::.*)?\.?$",
            "Action Filename target",
            {"Outcome": "not_cleaned"},
        ),
    )
)

_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}


def clamav(message: str) -> Fields | None:
    """A find of ClamAV, or what was done with it."""
    found = _CLAMAV(message)
    if found is None or "hash" not in found[0]:
        return found
    names, values = found
    digest = values[names.index("hash")] or ""
    kind = _HASHES.get(len(digest), "hash")
    return tuple([kind if name == "hash" else name for name in names]), values


# What clamd writes before each line with LogTime (ctime(3)).
_CLAMD = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2} [ \d]\d) (\d\d:\d\d:\d\d) (\d{4}) -> [!~^*+]?(.*)", re.DOTALL
)
_CLAMSCAN = re.compile(
    r"(?:/|[A-Za-z]:\\|\\\\).*: (?:\S+ FOUND|OK|Empty file|Excluded|Removed\.|moved to '.*'|copied to '.*')$"
)
_SUMMARY = re.compile(
    r"-{70,90}$|-{5,} SCAN SUMMARY -{5,}$|(?:Known viruses|Scanned directories|Scanned files|Infected files|Not removed|Not moved|"
    r"Not copied|Total errors): \d+$|Engine version: \d[\w.-]*$|Data (?:scanned|read): [\d.]+ [KMGT]?i?B\b|"
    r"Time: [\d.]+ sec \(|(?:Start|End) Date: \d{4}:\d\d:\d\d "
)


def clamav_line(line: str) -> tuple[str | None, str, str] | None:
    """Time (None without one), program and message of a line of ClamAV's own log files; None when it is none."""
    if found := _CLAMD.match(line):
        return f"{found[1]} {found[3]} {found[2]}", "clamd", found[4]
    if _CLAMSCAN.match(line) or _SUMMARY.match(line):
        return None, "clamscan", line
    return None


# SEPM: "Virus found,IP Address: …,Computer name: …,…"; before 14.2 the path stands alone after the number of occurrences.
_SEP_EVENT = re.compile(
    r"(?:SymantecServer \S{1,255}: )?(?:Site: [^,]*,(?:Server(?: Name)?: [^,]*,)?(?:Domain(?: Name)?: [^,]*,)?)?\"?"
    r"(Virus found|Security risk found|Potential risk found|Forced SONAR threat detected|SONAR detection now allowed|"
    r"Commercial application detected|Forced proactive threat detected|Proactive detection now permitted|"
    r"Compressed File|Adware found|Cookie found)\"?,",
    re.IGNORECASE,
)
_SEP_LABEL = re.compile(r"\"?([A-Z][A-Za-z0-9 /()_-]{1,40}): ?(.*?)\"?$", re.DOTALL)


def symantec(message: str) -> Fields | None:
    """A risk event of SEPM; its other events stay whole."""
    begun = _SEP_EVENT.match(message)
    if begun is None:
        return None
    event: dict[str, str] = {"Event": begun[1]}
    last = ""
    for piece in message[begun.end() :].split(",", 200)[:200]:
        if found := _SEP_LABEL.match(piece):
            last = found[1]
            event.setdefault(last, found[2].strip())
        elif piece and last in ("Occurrences", "File path") and "File path" not in event:
            event["File path"] = piece.strip('"')
        elif piece and last:  # a value with a comma in it
            event[last] += "," + piece
    if ip := event.get("IP Address"):
        event["src_ip"] = ip
    return _with_detection("symantec", event)


def eset(message: str) -> Fields | None:
    """An event of ESET PROTECT as JSON; only those of threats are detections."""
    try:
        found = orjson.loads(message)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("event_type"), str):
        return None
    event = {name: _text(value) for name, value in found.items() if isinstance(value, str | bool | int)}
    if event["event_type"] != "Threat_Event":
        return tuple(event), tuple(event.values())
    if ip := event.get("ipv4", event.get("ipv6", "")):
        event["src_ip"] = ip
    return _with_detection("eset", event | {"cat": "Threat"})


def _text(value: str | bool | int) -> str:
    return value if isinstance(value, str) else str(value).lower()


_SD_ESCAPE = re.compile(r'\\(["\\\]])')  # RFC 5424, 6.3.3
_ELEMENT = re.compile(r"<([A-Za-z]\w{0,60})>([^<>]{0,4000})</")


def trellix(message: str) -> Fields | None:
    """An ``EPOEvent``: the text of each element by its name, the first that occurs."""
    if message.find("<EPO", 0, 400) < 0:
        return None
    event: dict[str, str] = {}
    for name, text in _ELEMENT.findall(message):
        if text and len(event) < 200:
            event.setdefault(name, unescape_xml(text) if "&" in text else text)
    if ip := event.get("IPAddress", ""):
        event["src_ip"] = ip
    return _with_detection("trellix", event)


def kaspersky(kind: str | None, params: list[tuple[str, str]]) -> Fields:
    """``event@23668`` of KSC: its parameters, ``et`` being the type of the event (also the MSGID, ``kind``)."""
    event = {name: _SD_ESCAPE.sub(r"\1", value) if "\\" in value else value for name, value in params}
    event["deviceEventClassId"] = event.get("et") or kind or ""
    if ip := event.get("hip", ""):
        event["src_ip"] = ip
    return _with_detection("kaspersky", event)


def _with_detection(product: str, event: Mapping[str, str]) -> Fields:
    fields = {**event, **(detection(product, event) or {})}
    return tuple(fields), tuple(fields.values())


def any_program(message: str) -> Fields | None:
    """A detection that is known by the message alone, whichever program is said to have sent it."""
    if message.startswith('{"event_type":'):
        return eset(message)
    if message.startswith("<?xml") or message.find("<EPO", 0, 60) >= 0:
        return trellix(message)
    return symantec(message) if ",Computer name: " in message or ",IP Address: " in message else None


PARSERS: dict[str, Parser] = {
    "clamd": clamav,
    "clamscan": clamav,
    "clamav": clamav,
    "clamonacc": clamav,
    "clamav-milter": clamav,
    "clamdscan": clamav,
    "symantecserver": symantec,
    "epoevents": trellix,
}
"""Program name in lower case to its parser."""
