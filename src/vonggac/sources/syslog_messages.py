"""What programs write into syslog, parsed into fields: one pattern per kind of message, the programs' own names kept.

Messages that no parser knows stay whole in ``message``.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from vonggac.sources import syslog_antivirus, syslog_appliances, syslog_cef, syslog_dhcp, syslog_mail, syslog_vpn
from vonggac.sources.audit_records import journal_record, record
from vonggac.sources.key_values import is_key_values, key_values
from vonggac.sources.message_patterns import Fields, Parser, one_of, present
from vonggac.sources.suricata import eve
from vonggac.sources.syslog_cef import HEAD_CHARACTERS, carried
from vonggac.sources.syslog_cisco import cisco, parser_of_tag
from vonggac.sources.sysmon_xml import sysmon_event

_BARE = r"(\S+)"
_PORT = r"(\d{1,5})"

# Linux-PAM: pam_unix(8) writes the same lines for every service.
_PAM = (
    (
        "pam_|PAM ",
        (
            r"(?:pam_unix\(([^:)\s]+)(?::\w+)?\): |PAM \d+ more )authentication failures?; logname=(\S*) uid=(\S*) euid=(\S*) "
            r"tty=(\S*) ruser=(\S*) rhost=(\S*)(?:\s+user=(\S+))?"
        ),
        "service logname uid euid tty ruser rhost user",
        {"action": "authentication_failure"},
    ),
    (
        "pam_",
        r"pam_unix\(([^:)\s]+)(?::\w+)?\): session (opened|closed) for user ([^\s(]+)(?:\(uid=\d+\))?(?: by (\S*?)\(uid=(\d+)\))?",
        "service session user by_user by_uid",
        {"action": "session"},
    ),
)

_SSHD = one_of(
    (
        (
            "Accepted|Failed",
            (
                rf"(Accepted|Failed) (\S+) for (?:(invalid user) )?(.*) from {_BARE} port {_PORT}(?: (ssh\d?))?"
                r"(?:: (\S+) (\S+:\S+))?"
            ),
            "action method invalid_user user src_ip src_port protocol key_type key_fingerprint",
            {},
        ),
        (
            "message repeated",
            rf"message repeated (\d+) times: \[ (Failed) (\S+) for (?:(invalid user) )?(.*) from {_BARE} port {_PORT}",
            "repeated action method invalid_user user src_ip src_port",
            {},
        ),
        ("Invalid user", rf"(Invalid user) (.*) from {_BARE}(?: port {_PORT})?$", "action user src_ip src_port", {}),
        (
            "error: |maximum",
            rf"(?:error: )?(maximum authentication attempts exceeded) for (?:(invalid user) )?(.*) from {_BARE} port {_PORT}",
            "action invalid_user user src_ip src_port",
            {},
        ),
        (
            "Connection|Disconnected|Received",
            (
                rf"(Connection closed|Connection reset|Disconnected|Received disconnect|Connection) (?:by|from) "
                rf"(?:(?:(?:authenticating|invalid) )?user (\S*) )?{_BARE}(?: port {_PORT})?"
            ),
            "action user src_ip src_port",
            {},
        ),
        (
            "Did not|Bad protocol",
            (
                rf"(Did not receive identification string|Bad protocol version identification .*?) from {_BARE}"
                rf"(?: port {_PORT})?"
            ),
            "action src_ip src_port",
            {},
        ),
        (
            "error: |fatal: |Unable",
            rf"(?:error: |fatal: )?(Unable to negotiate) with {_BARE} port {_PORT}",
            "action src_ip src_port",
            {},
        ),
        ("User ", r"(User) (\S+) from (\S+) not allowed because (.*)", "action user src_ip reason", {}),
        (
            "reverse mapping",
            r"reverse mapping checking getaddrinfo for (\S+) \[(\S+)\] failed",
            "src_host src_ip",
            {"action": "reverse mapping failed"},
        ),
        *_PAM,
    )
)

_PAM_ONLY = one_of(_PAM)

_SU = one_of(
    (
        ("Successful|FAILED", r"(Successful|FAILED) su for (\S+) by (\S+)", "action user by_user", {}),
        ("(to ", r"\(to (\S+)\) (\S+) on (\S+)", "user by_user tty", {"action": "Successful"}),
        ("FAILED SU", r"FAILED SU \(to (\S+)\) (\S+) on (\S+)", "user by_user tty", {"action": "FAILED"}),
        *_PAM,
    )
)

_CRON = one_of(
    (
        ("", r"\((\S+?)\) (CMD) \(\s*(.*?)\s*\)$", "user action command", {}),
        ("", r"\((\S+?)\) ([A-Z][A-Z ]*[A-Z]) \((.*)\)$", "user action detail", {}),
        *_PAM,
    )
)

_USERADD = one_of(
    (
        (
            "new user|new group|new account",
            (
                r"(new (?:user|group|account)): name=([^,\s]+)(?:, UID=(\d+))?(?:, GID=(\d+))?(?:, home=([^,]+))?"
                r"(?:, shell=([^,]+))?"
            ),
            "action user UID GID home shell",
            {},
        ),
        ("add '", r"(add) '([^']+)' to (?:shadow )?group '([^']+)'", "action user group", {}),
        ("delete user", r"(delete user) '([^']+)'", "action user", {}),
    )
)

_LOGIND = one_of(
    (
        ("New session", r"(New session) (\S+) of user (\S+?)\.$", "action session user", {}),
        ("Removed session", r"(Removed session) (\S+?)\.$", "action session", {}),
    )
)

# sudo(8), "Log format": user : reason ; KEY=value ; ... ; COMMAND=rest of the line.
_SUDO = re.compile(r"\s*(\S+) : (?:(?!TTY=|PWD=)([^;]*?) ; )?((?:TTY|HOST|PWD|USER|GROUP|TSID|ENV|CHROOT)=.*)")
_SUDO_KEY = re.compile(r"(TTY|HOST|PWD|USER|GROUP|TSID|ENV|CHROOT)=(.*?) ; |(COMMAND)=(.*)", re.DOTALL)


def sudo(message: str) -> Fields | None:
    """``alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh``: user and the keys as sudo writes them."""
    found = _SUDO.match(message)
    if found is None:
        return _PAM_ONLY(message)
    names, values = ["user"], [found[1]]
    if found[2]:
        names.append("reason")
        values.append(found[2])
    position = found.start(3)
    while pair := _SUDO_KEY.match(message, position):
        names.append(pair[1] or pair[3])
        values.append(pair[4] if pair[3] else pair[2])
        position = pair.end()
    return _distinct(names, values)


def _distinct(names: list[str], values: list[str]) -> Fields:
    """The first value of each name."""
    if len(set(names)) == len(names):
        return tuple(names), tuple(values)
    pairs: dict[str, str] = {}
    for name, value in zip(names, values, strict=True):
        pairs.setdefault(name, value)
    return tuple(pairs), tuple(pairs.values())


# Netfilter's LOG target (nf_log_syslog.c) and ulogd2's print stacks: KEY=value, flags alone; then conntrack's
# lower-case form, in which the second address pair is the reply direction: its destination is the public side of a NAT.
_NETFILTER = re.compile(r"([A-Z]{2,16})=(\S*)")
_CONNTRACK = re.compile(r"\b(src|dst|sport|dport|packets|bytes|type|code|id)=(\S+)")
_CONNTRACK_PROTO = re.compile(r"\b(tcp|udp|icmp|icmpv6|sctp|dccp|gre|udplite)\b")
_EVENT = re.compile(r"\[(NEW|UPDATE|DESTROY)\]")
_LOWER_NAMES = {"src": "SRC", "dst": "DST", "sport": "SPT", "dport": "DPT", "type": "TYPE", "code": "CODE", "id": "ID"}
_UPTIME = re.compile(r"\s*\[ *\d+\.\d+\] ")


def netfilter(message: str) -> Fields | None:
    """``[prefix] IN=eth0 OUT= SRC=… DST=… PROTO=TCP SPT=… DPT=…`` of iptables, nftables and ulogd.

    What precedes the first key is ``prefix``. The reply direction of a connection has ``REPLY_`` before its names, the
    packet that an ICMP error quotes ``QUOTED_``.
    """
    if "SRC=" not in message or "DST=" not in message:
        return _conntrack(message) if "src=" in message and "dst=" in message else None
    message, _, quoted = message.partition("[SRC=")
    pairs = _NETFILTER.findall(message)
    if not pairs:
        return None
    uptime = _UPTIME.match(message)
    prefix = message[uptime.end() if uptime else 0 : message.find(pairs[0][0] + "=")].strip()
    if prefix:
        pairs.insert(0, ("prefix", prefix))
    fields: dict[str, str] = dict(pairs)
    if len(fields) != len(pairs):
        fields = {}
        _add_pairs(fields, pairs)
    if quoted:
        _add_pairs(fields, [(f"QUOTED_{name}", value) for name, value in _NETFILTER.findall("SRC=" + quoted)])
    return tuple(fields), tuple(fields.values())


def _conntrack(message: str) -> Fields | None:
    fields: dict[str, str] = {}
    if event := _EVENT.search(message):
        fields["prefix"] = event[1]
    if proto := _CONNTRACK_PROTO.search(message):
        fields["PROTO"] = proto[1].upper()
    pairs = [(_LOWER_NAMES.get(name, name.upper()), value) for name, value in _CONNTRACK.findall(message)]
    _add_pairs(fields, pairs)
    return tuple(fields), tuple(fields.values())


def _add_pairs(fields: dict[str, str], pairs: list[tuple[str, str]]) -> None:
    """Add ``pairs``; what follows a second SRC is the reply direction. LEN and ID may be said twice of one packet."""
    direction = ""
    for name, value in pairs:
        if name == "SRC" and name in fields:
            direction = "REPLY_"
        fields.setdefault(direction + name, value)


# BIND 9 Administrator Reference, category "queries"; the client object "@0x…" and "view …:" come and go by version.
_NAMED_QUERY = re.compile(
    r"client (?:@\S{1,20} )?([^\s#]{1,64})#(\d+)(?: \([^)]{0,300}\))?: (?:view (\S+): )?query: (\S+) (\S+) (\S+)"
    r"(?: (\S+))?(?: \(([^)]+)\))?"
)
_NAMED_NAMES = ("src_ip", "src_port", "view", "query", "record_class", "record_type", "flags", "dst_ip")
_NAMED_DENIED = re.compile(
    r"client (?:@\S{1,20} )?([^\s#]{1,64})#(\d+)(?: \([^)]{0,300}\))?: (?:view \S+: )?(?:(query|query \(cache\)|"
    r"zone transfer|update)) '(\S+?)/(\S+?)/(\S+?)' (denied)"
)
_NAMED_DENIED_NAMES = ("src_ip", "src_port", "operation", "query", "record_type", "record_class", "action")


def named(message: str) -> Fields | None:
    """A BIND query: ``client @0x7f 192.0.2.1#5353 (example.com): query: example.com IN A +E(0)K (192.0.2.53)``."""
    if match := _NAMED_QUERY.search(message):
        return present((*_NAMED_NAMES, "action"), (*match.groups(), "query"))
    if match := _NAMED_DENIED.search(message):
        return _NAMED_DENIED_NAMES, match.groups()
    return None


# dnsmasq(8), --log-queries, with or without the serial number and requestor of "extra".
_DNSMASQ = one_of(
    (
        ("", r"(?:\d+ \S+ )?(query)\[(\S+?)\] (\S+) from (\S+)", "action record_type query src_ip", {}),
        ("", r"(?:\d+ \S+ )?(reply|cached|config|forwarded) (\S+) (?:is|to) (\S+)", "action query answer", {}),
    )
)

# Unbound, log-queries: yes: "info: 192.0.2.1 example.com. A IN".
_UNBOUND = one_of(
    (
        (
            "",
            r"(?:\[\d+:\d+\] )?(?:info|reply|query): (\S+) (\S+?)\.? ([A-Z0-9]+) (IN|CH|HS)(?: (\S+))?",
            "src_ip query record_type record_class rcode",
            {"action": "query"},
        ),
    )
)

# Squid, logformat squid: time elapsed client code/status bytes method URL user hierarchy/peer type.
SQUID = re.compile(r"\s*(\d+\.\d{3}) +(-?\d+) (\S+) (\w+)/(\d{1,3}) (\d+) (\S+) (\S+) (\S+) (\w+)/(\S+) (\S+)")
_SQUID_NAMES = tuple(
    "time elapsed c-ip action sc-status sc-bytes cs-method c-uri cs-username hierarchy r-ip cs-mime-type cs-host "
    "c-uri-query c-uri-extension".split()
)


def squid(message: str) -> Fields | None:
    """A line of Squid's native access log, with the parts of its URL that Sigma's proxy rules ask for."""
    found = SQUID.match(message)
    if found is None:
        return None
    values = [None if value == "-" else value for value in found.groups()]
    return present(_SQUID_NAMES, (*values, *_url_parts(found[8])))


def _url_parts(url: str) -> tuple[str | None, str | None, str | None]:
    if "://" not in url:  # CONNECT host:port
        return url.rpartition(":")[0] or url, None, None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None, None, None
    name = parts.path.rpartition("/")[2]
    return host, parts.query or None, name.rpartition(".")[2] if "." in name else None


# The kernel's own log: "[ 12.3] audit: type=1400 audit(…): …".
_ADDITIONS = re.compile(r"#035(?=[A-Z]{2,12}=)")
_KERNEL_AUDIT = re.compile(r"(?:\[ *\d+\.\d+\] )?audit: (?=type=)")


def audit(message: str) -> Fields | None:
    """A record of the Linux audit system, as audisp or journald hands it to syslog."""
    if "#035" in message:  # rsyslog's way to write the character behind which auditd's additions stand
        message = _ADDITIONS.sub("\x1d", message)
    return record(message) or journal_record(message)


def kernel(message: str) -> Fields | None:
    """What the kernel logs of packets and of WireGuard's peers, else of audit records."""
    if "wireguard: " in message:
        return syslog_vpn.wireguard(message)
    fields = netfilter(message)
    if fields is None and "audit(" in message and (begun := _KERNEL_AUDIT.match(message)):
        return record(message[begun.end() :])
    return fields


PARSERS: dict[str, Parser] = {
    "sshd": _SSHD,
    "sshd-session": _SSHD,
    "sudo": sudo,
    "su": _SU,
    "cron": _CRON,
    "crond": _CRON,
    "crontab": _CRON,
    "useradd": _USERADD,
    "userdel": _USERADD,
    "groupadd": _USERADD,
    "usermod": _USERADD,
    "systemd-logind": _LOGIND,
    "systemd": _PAM_ONLY,
    "login": _PAM_ONLY,
    "vsftpd": _PAM_ONLY,
    "chpasswd": _PAM_ONLY,
    "passwd": _PAM_ONLY,
    "kernel": kernel,
    "audit": audit,
    "auditd": audit,
    "audispd": audit,
    "audisp-syslog": audit,
    "tag_audit_log": audit,
    "sysmon": sysmon_event,
    "ulogd": netfilter,
    "conntrack": netfilter,
    "conntrackd": netfilter,
    "named": named,
    "dnsmasq": _DNSMASQ,
    "unbound": _UNBOUND,
    "squid": squid,
    **syslog_dhcp.PARSERS,
    **syslog_mail.PARSERS,
    **syslog_vpn.PARSERS,
    **syslog_appliances.PARSERS,
    **syslog_antivirus.PARSERS,
    **syslog_cef.PARSERS,
    "suricata": eve,
}
"""Program name in lower case to its parser."""


def anyone(message: str) -> Fields | None:
    """What may come under any name: CEF and LEEF, detections of malware, then what appliances write."""
    if message.find("EF:", 0, HEAD_CHARACTERS) >= 0 and (found := carried(message)) is not None:
        return found
    return syslog_antivirus.any_program(message) or firewall(message)


def firewall(message: str) -> Fields | None:
    """What an appliance logged under any name: key=value lists, netfilter's forms, RouterOS's, and those of other vendors."""
    if "SRC=" in message or "src=" in message:
        if "SRC=" not in message and is_key_values(message):
            return key_values(message)
        return netfilter(message)
    if "->" in message and " proto " in message:
        return syslog_appliances.mikrotik(message)
    if "%" in message[:100] and (found := cisco(message)) is not None:
        return found
    return syslog_appliances.appliance(message)


_PREFIXES: tuple[tuple[str, str], ...] = (
    ("squid", "squid"),
    ("postfix", "postfix"),
    ("openvpn", "openvpn"),
    ("ovpn", "openvpn"),
    ("kea-", "kea"),
)
"""How names begin that programs give themselves, and whose they are: ``postfix-out/smtp``, ``openvpn-server1``."""


def parser_of(program: str) -> Parser:
    """The parser for messages of ``program``; names like ``(squid-1)`` and ``/usr/sbin/sshd`` are understood.

    A program without a parser of its own may be a firewall's: each names its log lines as it likes.
    """
    if program.startswith("%"):
        if program.startswith("%%"):
            return lambda message: syslog_appliances.huawei(f"{program}: {message}")
        return parser_of_tag(program) or firewall
    name = program.lower().strip("()")
    for prefix, family in _PREFIXES:
        if name.startswith(prefix):
            return PARSERS[family]
    return PARSERS.get(name.rpartition("/")[2], anyone)
