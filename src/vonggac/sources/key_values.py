"""``key=value`` messages of appliances: FortiGate, Sophos, SonicWall, Stormshield, Check Point and their like.

Keys are kept as they are written; values lose their quotation marks. What stands inside a quoted value is never taken for a
key: devices quote what strangers choose (URLs, user names). Of a key that occurs twice the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from vonggac.sources.message_patterns import Fields

_KEY = r"[A-Za-z_][\w.-]{0,60}"
_QUOTED = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_SPACED = re.compile(rf"({_KEY})=(?:{_QUOTED}|([^\s\"]\S*)?)(?:\s+|$)")
_COMMAS = re.compile(rf'"?({_KEY})=(?:{_QUOTED}|([^,\"]*))"?(?:,\s*|$)')
_PIPES = re.compile(rf"({_KEY})=()((?:[^|\\]|\\.)*+)(?:\||$)")
_COLONS = re.compile(rf"({_KEY}):{_QUOTED};?\s*")
_START = re.compile(rf'"?{_KEY}=(?:"(?:[^"\\]|\\.)*+"|[^\s",|]*)"?(,? +|,|\|){_KEY}=')
_HUAWEI = re.compile(r"([A-Za-z][\w-]{0,60}) ?= ?([^,]*)(?:, *|$)")

MIN_PAIRS = 3
"""With fewer pairs a message is a sentence that has a ``=`` in it."""

_MAX_BYTES = 64 << 10

_REFUSED = (
    "deny denied drop dropped block blocked reject rejected discard discarded prevent prevented reset reset-both "
    "reset-client reset-server block-url block-override block-continue drop-icmp drop-all-packets quarantine refused"
)
_PASSED = (
    "accept accepted allow allowed pass passed passthrough permit permitted close timeout client-rst server-rst start "
    "detected monitor monitored alert continue forward forwarded encrypt decrypt end"
)
VERDICTS = {**dict.fromkeys(_REFUSED.split(), "true"), **dict.fromkeys(_PASSED.split(), "false")}
"""What a firewall calls its verdict, in lower case, to Sigma's field ``blocked``."""

_ACTIONS = ("action", "status", "log_subtype", "disposition", "fw_action", "disp")
_NAT_PORTS = ("tran_src_port", "tran_dst_port", "xlatesport", "xlatedport")
_SONICWALL_END = re.compile(r"([0-9.]{7,15}|\[?[0-9A-Fa-f:]{3,45}\]?):(\d{1,5})(?::\S*)?$")
_SONICWALL_ENDS = {"src": "src", "dst": "dst", "natSrc": "src_translated", "natDst": "dst_translated"}
_SOURCES = frozenset({"srcip", "src_ip", "src", "source-address", "SourceIP", "source-ip"})


def is_key_values(message: str) -> bool:
    """Whether ``message`` begins with two pairs."""
    return _START.match(message, 0, 4096) is not None


def key_values(message: str) -> Fields | None:
    """The pairs of a message that begins with them, separated by spaces, commas or ``|``; None when it has too few."""
    start = _START.match(message, 0, 4096)
    if start is None:
        return None
    separator = start[1].strip() or " "
    pattern = {" ": _SPACED, ",": _COMMAS, "|": _PIPES}[separator[0]]
    found = pattern.findall(message, 0, _MAX_BYTES)
    pairs = [(name, quoted or plain) for name, quoted, plain in found]
    fields = dict(pairs)
    if len(fields) != len(pairs):
        fields = firsts(pairs)
    if '\\"' in message:
        fields = {name: value.replace('\\"', '"') for name, value in fields.items()}
    return finish(fields) if len(fields) >= MIN_PAIRS else None


def comma_pairs(text: str) -> dict[str, str]:
    """``SourceIP=192.0.2.5, DestinationIP=…, SourcePort=…``, as Huawei writes it."""
    return firsts((name, value.strip()) for name, value in _HUAWEI.findall(text[:_MAX_BYTES].rstrip(". ")))


def check_point(text: str) -> Fields | None:
    """``[action:"Accept"; src:"192.0.2.5"; …]`` of Check Point's Log Exporter in the format "syslog"."""
    pairs = _COLONS.findall(text[:_MAX_BYTES])
    if len(pairs) < MIN_PAIRS:
        return None
    return finish(firsts((name, value.replace('\\"', '"')) for name, value in pairs))


def firsts(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """``pairs`` in their order, the first of each name."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def finish(fields: dict[str, str]) -> Fields:
    """``fields`` with ``blocked``, where it is a firewall's verdict on traffic, and without "no address" where NAT was not."""
    if "hostname" in fields and "devid" in fields:  # FortiGate: the host of the URL
        fields.setdefault("cs-host", fields["hostname"])
    if _SOURCES.isdisjoint(fields):
        return tuple(fields), tuple(fields.values())
    for name in _ACTIONS:
        verdict = VERDICTS.get(fields.get(name, "").lower())
        if verdict is not None:
            fields.setdefault("blocked", verdict)
            break
    for name in _NAT_PORTS:
        if fields.get(name) == "0":
            del fields[name]
    if "s_port" in fields and fields.get("service", "").isdigit():  # Check Point: the destination's port
        fields.setdefault("dst_port", fields["service"])
    if ("sn" in fields and "fw" in fields) or fields.get("id") == "firewall":
        _split_ends(fields)
    return present_addresses(tuple(fields), tuple(fields.values()))


_NOWHERE = frozenset({"0.0.0.0", "::", "", None})  # noqa: S104  # compared with, not bound to


def is_there(value: str | None) -> bool:
    """Whether ``value`` says something: not empty and no address that means that there is none."""
    return value not in _NOWHERE


def _split_ends(fields: dict[str, str]) -> None:
    """SonicWall: ``src=192.0.2.5:51000:X0`` is address, port and interface, ``natSrc=203.0.113.5:24000`` what NAT made of it."""
    for key, name in _SONICWALL_ENDS.items():
        if end := _SONICWALL_END.match(fields.get(key, "")):
            fields[f"{name}_ip"] = end[1]
            fields[f"{name}_port"] = end[2]


def present_addresses(names: tuple[str, ...], values: tuple[str | None, ...]) -> Fields:
    """Without values that mean that there is none: ``0.0.0.0`` and ``::`` for an address, the empty text."""
    if _NOWHERE.isdisjoint(values):
        return names, values
    pairs = [pair for pair in zip(names, values, strict=True) if is_there(pair[1])]
    return tuple(name for name, _ in pairs), tuple(value for _, value in pairs)
