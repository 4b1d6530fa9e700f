"""Lines whose header is not quite syslog's: log files of single programs, and devices that send pairs alone."""

from __future__ import annotations

import re

from vonggac.sources.key_values import is_key_values, key_values
from vonggac.sources.message_patterns import Fields
from vonggac.sources.syslog_appliances import huawei
from vonggac.sources.syslog_cisco import cisco
from vonggac.sources.syslog_mail import EXIM_ID
from vonggac.sources.syslog_vpn import OPENVPN_CLIENT

Header = tuple[str | None, ...]
"""Priority, time, host, program, process number, message; None where the line has none."""

LEVELS = frozenset(
    {"TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL", "SEVERE"}
    | {
        "[TRACE]",
        "[DEBUG]",
        "[INFO]",
        "[NOTICE]",
        "[WARN]",
        "[WARNING]",
        "[ERROR]",
        "[CRITICAL]",
        "[FATAL]",
        "[SEVERE]",
    }
)
"""What stands where syslog has a host in the log files of applications."""

_KEA = re.compile(r"\[(kea-[a-z0-9-]{1,20})\W")
_EXIM_FLAG = re.compile(r"<= |=> |-> |\*> |>> |\*\* |== |Completed")
_PAN_START = re.compile(r"\d*,\d{4}/\d\d/\d\d$")


def untagged(values: Header) -> tuple[Header, tuple[str, ...], tuple[str, ...]]:
    """The header of a line that names no program or a level in place of a host, and fields that are read out of it."""
    priority, time, host, program, pid, message = values
    text = message or ""
    if host is None:
        if " : %" in text[:300] and (device := _DEVICE_TAG.match(text)):
            return (priority, time, device[1], device[2], None, text[device.end() :]), (), ()
        return values, (), ()
    if host in LEVELS:
        if program is None and (kea := _KEA.match(text)):
            program = kea[1]
        return (priority, time, None, program, pid, message), ("level",), (host.strip("[]"),)
    if program is not None:
        text = f"{program}[{pid}]: {text}" if pid else f"{program}: {text}"
    joined = f"{host} {text}"
    is_exim = EXIM_ID.fullmatch(host) and _EXIM_FLAG.match(text)  # "server-backup-01" looks like a number of Exim's too
    if is_exim or host.startswith("H=") or text.startswith("authenticator failed for"):
        return (priority, time, None, "exim", None, joined), (), ()
    if ":" in host and OPENVPN_CLIENT.match(joined):
        return (priority, time, None, "openvpn", None, joined), (), ()
    if host.startswith("%%") or ("=" in host and is_key_values(joined)) or _PAN_START.match(host):
        return (priority, time, None, None, pid, joined), (), ()
    return values, (), ()


_DEVICE_TAG = re.compile(r"(\S{1,255}) : (%[A-Z][A-Z0-9_-]{2,80}): ")  # ASA with its own name: "asa : %ASA-6-302013: …"
_PRIORITY = re.compile(r"<(\d{1,3})> ?")
_DEVICE = re.compile(
    r'(?:<\d{1,3}> ?)?"?(?:(?:date|itime|eventtime|logver|devname|devid|device|device_name|device_id|id|time)=)'
    r"(?=.{0,600}?\b(?:devname|devid|device_name|device_id|logid|sn|loguid)=)"
)
_TAGGED = re.compile(
    r"(?:<(\d{1,3})> ?)?(?:([^\s%:]{1,255}) )?:? ?(?:%%: )?(%(?:%\d\d|(?:ASA|FTD|PIX|FWSM)-\d-\d).*)", re.DOTALL
)
# Cisco, "System Message Logging": [sequence: ][origin: ][sequence: ][*.]time[ zone]: %FACILITY-SEVERITY-MNEMONIC: text.
_IOS = re.compile(
    r"(?:<(\d{1,3})> ?)?(?:\d{1,10}: )?(?:(?!\d+:)([^\s:%<]{1,255}): )?(?:\d{1,10}: )?[*.]?"
    r"([A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ([A-Z]{1,5}))?: (%[A-Z][A-Z0-9_-]{2,80}): (.*)",
    re.DOTALL,
)
_OFFSET = re.compile(r"[+-]\d\d:?(?:\d\d)?")


def is_headless(line: str) -> bool:
    """Whether ``line`` is surely one that :func:`headless` reads."""
    return bool(_DEVICE.match(line) or _TAGGED.match(line) or _IOS.match(line))


def headless(line: str) -> tuple[Header, Fields] | None:
    """A line without a time in front: pairs alone (FortiGate, Sophos, SonicWall), or a message of Cisco or Huawei.

    Of IOS's zones UTC and GMT are known; what other letters mean is not, so that such times are in the zone asked for.
    """
    found = _PRIORITY.match(line)
    priority, text = (found[1], line[found.end() :]) if found else (None, line)
    if is_key_values(text):
        fields = key_values(text)
        if fields is None:
            return None
        pairs = dict(zip(*fields, strict=True))
        host = pairs.get("devname") or pairs.get("device_name") or pairs.get("hostname")
        return (priority, _time_of(pairs), host, None, None, text), fields
    if tagged := _TAGGED.match(line):
        fields = huawei(tagged[3]) if tagged[3].startswith("%%") else cisco(tagged[3])
        return (tagged[1], None, tagged[2], None, None, tagged[3]), fields or ((), ())
    if device := _IOS.match(line):
        ios_priority, host, time, zone, tag, message = device.groups()
        stated = f"{time} {zone}" if zone in ("UTC", "GMT") else time
        return (ios_priority, stated, host, tag, None, message), cisco(f"{tag}: {message}") or ((), ())
    return None


def _time_of(pairs: dict[str, str | None]) -> str | None:
    date, clock = pairs.get("date"), pairs.get("time")
    if date and clock:
        zone = pairs.get("tz") or pairs.get("timezone") or ""
        return f"{date} {clock}{zone}" if _OFFSET.fullmatch(zone) else f"{date} {clock}"
    return next(
        (pairs[name] for name in ("timestamp", "eventtime", "itime", "time", "start_time") if pairs.get(name)), None
    )
