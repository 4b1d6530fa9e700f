"""Messages of firewalls and routers that come under any name: Palo Alto, Huawei, Juniper, Check Point, pfSense, MikroTik.

Fields keep the names of the vendor's manual (``natsrc``, ``SourceNatIP``, ``nat-source-address``); ``blocked`` is Sigma's
name for whether traffic was refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from vonggac.sources.key_values import (
    VERDICTS,
    check_point,
    comma_pairs,
    finish,
    firsts,
    is_there,
    key_values,
    present_addresses,
)
from vonggac.sources.message_patterns import Fields, Parser, one_of, present

# PAN-OS Administrator's Guide, "Syslog Field Descriptions": names of the fields in their order, "-" for FUTURE_USE; the
# zones, there "from" and "to", are called so since mail has those names.
_PAN_HEAD = "- receive_time serial type subtype - time_generated "
_PAN_SESSION = (
    _PAN_HEAD
    + "src dst natsrc natdst rule srcuser dstuser app vsys from_zone to_zone inbound_if outbound_if logset - sessionid "
    "repeatcnt sport dport natsport natdport flags proto action "
)
_PAN_THREAT = (
    _PAN_SESSION
    + "misc threatid category severity direction seqno actionflags srcloc dstloc - contenttype pcap_id filedigest "
    "cloud url_idx user_agent filetype xff referer sender subject recipient reportid dg_hier_level_1 dg_hier_level_2 "
    "dg_hier_level_3 dg_hier_level_4 vsys_name device_name - src_uuid dst_uuid http_method tunnelid monitortag"
)
_PAN_FIELDS: dict[str, tuple[str, ...]] = {
    "TRAFFIC": tuple(
        (
            _PAN_SESSION
            + "bytes bytes_sent bytes_received packets start elapsed category - seqno actionflags srcloc dstloc - "
            "pkts_sent pkts_received session_end_reason dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 "
            "vsys_name device_name action_source src_uuid dst_uuid"
        ).split()
    ),
    "THREAT": tuple(_PAN_THREAT.split()),
    "URL": tuple(_PAN_THREAT.split()),
    "SYSTEM": tuple((_PAN_HEAD + "vsys eventid object - - module severity opaque seqno actionflags").split()),
    "CONFIG": tuple((_PAN_HEAD + "host vsys cmd admin client result path").split()),
    "GLOBALPROTECT": tuple(
        (
            _PAN_HEAD
            + "vsys eventid stage auth_method tunnel_type srcuser srcregion machinename public_ip public_ipv6 "
            "private_ip private_ipv6 hostid serialnumber client_ver client_os client_os_ver repeatcnt reason error opaque "
            "status location login_duration connect_method error_code portal"
        ).split()
    ),
    "USERID": tuple(
        (_PAN_HEAD + "vsys ip user datasourcename eventid repeatcnt timeout beginport endport datasource").split()
    ),
}
_PAN = re.compile(r"\d*,\d{4}/\d\d/\d\d \d\d:\d\d:\d\d,[^,]{0,40},([A-Z]{3,20}),")
_PAN_VERDICTS = VERDICTS | {
    "allow": "false",
    "alert": "false",
    "sinkhole": "true",
    "random-drop": "true",
    "syncookie-sent": "false",
}


def _cells(text: str) -> list[str]:
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text]))
    except (csv.Error, StopIteration):
        return text.split(",")


def palo_alto(message: str) -> Fields | None:
    """``1,2026/11/24 10:00:00,007200001056,TRAFFIC,end,…`` of PAN-OS; fields beyond the documented ones are dropped."""
    found = _PAN.match(message)
    names = _PAN_FIELDS.get(found[1]) if found else None
    if names is None:
        return None
    pairs = [pair for pair in zip(names, _cells(message), strict=False) if pair[0] != "-" and is_there(pair[1])]
    fields = dict(pairs)
    verdict = _PAN_VERDICTS.get(fields.get("action", ""))
    if verdict is not None:
        fields["blocked"] = verdict
    if fields.get("subtype") == "url" and "misc" in fields:
        fields["url"] = fields["misc"]
    if "natsrc" not in fields:
        fields.pop("natsport", None)
    if "natdst" not in fields:
        fields.pop("natdport", None)
    return tuple(fields), tuple(fields.values())


# Huawei, "Log Reference": %%<version><module>/<level>/<mnemonic>(<kind>)[<number>]:<text>.
_HUAWEI = re.compile(
    r"%%\d\d([A-Za-z0-9_]{1,64})/(\d)/([A-Za-z0-9_]{1,64})(?:\(\w{1,3}\))?(?::CID=0x[0-9a-f]+)?(?:\[\d+\])?:?-? ?(.*)",
    re.DOTALL,
)
_HUAWEI_MTN = re.compile(
    r"(Built|Teardown) an? (\S+) session, ([0-9A-Fa-f.:]+?):(\d+)(?: \(([^()]{0,64})\))? to ([0-9A-Fa-f.:]+?):(\d+)(?: \(([^()]{0,64})\))?"
)
_HUAWEI_VERDICTS = {
    "POLICYDENY": "true",
    "POLICYPERMIT": "false",
    "SESSION_BUILT": "false",
    "SESSION_TEARDOWN": "false",
}


def huawei(message: str) -> Fields | None:
    """``%%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=tcp,SourceIP=192.0.2.5,…``."""
    found = _HUAWEI.match(message)
    if found is None:
        return None
    module, _, mnemonic, text = found.groups()
    fields = {"module": module, "mnemonic": mnemonic}
    if mtn := _HUAWEI_MTN.match(text):
        names = (
            "action",
            "Protocol",
            "SourceIP",
            "SourcePort",
            "SourceZone",
            "DestinationIP",
            "DestinationPort",
            "DestinationZone",
        )
        fields |= {name: value for name, value in zip(names, mtn.groups(), strict=True) if value}
    else:
        start = text.rfind("(") + 1 if not re.match(r"[\w-]+ ?=", text) else 0
        fields |= comma_pairs(text[start:].rstrip(".) "))
    if mnemonic in _HUAWEI_VERDICTS:
        fields["blocked"] = _HUAWEI_VERDICTS[mnemonic]
    return present_addresses(tuple(fields), tuple(fields.values()))


# Junos OS, "Information Provided in Session Log Entries".
_RT_FLOW = re.compile(
    r"(?:(RT_FLOW_SESSION_[A-Z_]+): )?session (created|denied|closed)(?: ([^/]{1,120}?):)? "
    r"([0-9A-Fa-f.:]+)/(\d+)->([0-9A-Fa-f.:]+)/(\d+)(?: 0x[0-9a-f]+)?(?: (\S+))?"
    r"(?: ([0-9A-Fa-f.:]+)/(\d+)->([0-9A-Fa-f.:]+)/(\d+))?(.*)",
    re.DOTALL,
)
_RT_FLOW_NAMES = (
    "tag action reason source-address source-port destination-address destination-port service-name nat-source-address "
    "nat-source-port nat-destination-address nat-destination-port protocol-id policy-name source-zone-name "
    "destination-zone-name blocked"
).split()
_RT_FLOW_TAIL = re.compile(r"(?: .{0,200}?)? (\d{1,3})(?:\(\d+\))? (\S+) (\S+) (\S+)(?: |$)")


def junos(message: str) -> Fields | None:
    """``RT_FLOW_SESSION_CREATE: session created 10.0.0.5/51000->203.0.113.9/443 0x0 junos-https …`` of SRX."""
    found = _RT_FLOW.match(message)
    if found is None:
        return None
    *values, rest = found.groups()
    tail = _RT_FLOW_TAIL.match(rest)
    verdict = "true" if values[1] == "denied" else "false"
    return present(tuple(_RT_FLOW_NAMES), (*values, *(tail.groups() if tail else (None,) * 4), verdict))


_JUNOS_VERDICTS = {"RT_FLOW_SESSION_DENY": "true", "RT_FLOW_SESSION_CREATE": "false", "RT_FLOW_SESSION_CLOSE": "false"}


def junos_structured(tag: str | None, pairs: Sequence[tuple[str, str]]) -> Fields:
    """The parameters of Junos's structured data, one field each."""
    fields = firsts(pairs)
    verdict = _JUNOS_VERDICTS.get(tag or "")
    if verdict:
        fields["blocked"] = verdict
    return finish(fields)


# Netgate, "Raw Filter Log Format"; OPNsense writes the same.
_PF_COMMON = "rule sub_rule anchor tracker interface reason action direction ip_version".split()
_PF_4 = "tos ecn ttl id offset flags protocol_id proto length src_ip dst_ip".split()
_PF_6 = "class flow_label hop_limit proto protocol_id length src_ip dst_ip".split()
_PF_TCP = "src_port dst_port data_length tcp_flags sequence ack window urg options".split()
_PF_UDP = "src_port dst_port data_length".split()
_PF_REST = {"tcp": _PF_TCP, "udp": _PF_UDP, "icmp": ["icmp_type"], "icmpv6": ["icmp_type"], "carp": ["carp_type"]}


def filterlog(message: str) -> Fields | None:
    """``5,,,1000000103,em0,match,block,in,4,0x0,,64,0,0,DF,6,tcp,60,203.0.113.9,192.0.2.5,4000,22,0,S,…`` of pf."""
    cells = message.split(",")
    if len(cells) < 17:
        return None
    names = _PF_COMMON + (_PF_4 if cells[8] == "4" else _PF_6)
    fields = dict(zip(names, cells, strict=False))
    protocol = fields.get("proto", "").lower()
    fields.update(zip(_PF_REST.get(protocol, ()), cells[len(names) :], strict=False))
    fields = {name: value for name, value in fields.items() if value}
    verdict = VERDICTS.get(fields.get("action", ""))
    if verdict is not None:
        fields["blocked"] = verdict
    return tuple(fields), tuple(fields.values())


# RouterOS, "Firewall / Logging": proto TCP (SYN), 192.0.2.1:1->198.51.100.2:443, NAT (192.0.2.1:1->203.0.113.9:1)->…
_INTERFACES = re.compile(r": in:(\S+) out:([^,\s]+)")
_ROUTED = re.compile(r"proto ([\w-]{1,20})[^,]{0,40}, ([^\s,>]{1,60}->[^,\s]{1,60})(?:, NAT (\S{1,130}))?")
_ENDPOINT = re.compile(r"\[?([0-9A-Fa-f.:]+?)\]?(?::(\d+))?$")


def mikrotik(message: str) -> Fields | None:
    """``forward: in:bridge out:ether1, proto TCP (SYN), 192.0.2.5:51000->203.0.113.9:443, NAT (…)->…`` of RouterOS, by netfilter's names."""
    start = message.find(": in:")
    interfaces = _INTERFACES.match(message, start) if start > 0 else None
    found = _ROUTED.search(message, start) if interfaces else None
    if interfaces is None or found is None:
        return None
    prefix, _, chain = message[:start].rpartition(" ")
    fields = {"prefix": prefix} if prefix else {}
    fields |= {"chain": chain, "IN": interfaces[1], "OUT": interfaces[2], "PROTO": found[1]}
    source, _, target = found[2].partition("->")
    _add_endpoint(fields, "SRC", "SPT", source)
    _add_endpoint(fields, "DST", "DPT", target)
    nat = found[3] or ""
    if nat.startswith("("):
        _, _, public = nat[1:].partition(")")[0].partition("->")
        _add_endpoint(fields, "REPLY_DST", "REPLY_DPT", public)
    return tuple(fields), tuple(fields.values())


def _add_endpoint(fields: dict[str, str], address: str, port: str, text: str) -> None:
    if found := _ENDPOINT.match(text):
        fields[address] = found[1]
        if found[2]:
            fields[port] = found[2]


# RouterOS, topics dhcp, system, account, in front of the text or not.
_TOPICS = r"(?:[a-z][a-z0-9,!-]{2,60} )?"
_ROUTEROS = one_of(
    (
        (
            "",
            rf"{_TOPICS}(login failure) for user (.{{0,255}}) from ([0-9A-Fa-f.:]{{2,45}}) via (\S+)",
            "action user src_ip service",
            {},
        ),
        (
            "",
            rf"{_TOPICS}user (.{{0,255}}) (logged in|logged out) from ([0-9A-Fa-f.:]{{2,45}}) via (\S+)",
            "user action src_ip service",
            {},
        ),
        (
            "",
            rf"{_TOPICS}(\S{{1,64}}) (assigned|deassigned) ([0-9.]{{7,15}}) (?:to|for|from) ([0-9A-Fa-f:]{{17}})(?: \(?([^()]{{1,255}}?)\)?)?$",
            "server action client_ip mac client_hostname",
            {},
        ),
    )
)


def appliance(message: str) -> Fields | None:
    """A message of a program without a parser of its own: the vendor is told by how it begins."""
    first = message[:1]
    if first == "%":
        return huawei(message)
    if first.isdigit():
        return palo_alto(message)
    if first == "[":
        return check_point(message) if message[:400].find(':"') > 0 else None
    if " via " in message or "assigned " in message:
        found = _ROUTEROS(message)
        if found is not None:
            return found
    return key_values(message) if "=" in message[:200] else None


PARSERS: dict[str, Parser] = {
    "filterlog": filterlog,
    "rt_flow": junos,
}
"""Program name in lower case to its parser."""
