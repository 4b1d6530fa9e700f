"""Messages of Cisco: ASA, FTD and PIX by their numbers (``%ASA-6-302013: Built …``), IOS by their mnemonics.

Fields: ``mnemonic`` (``302013``, ``CONFIG_I``), ``src_ip``, ``src_port``, ``dst_ip``, ``dst_port`` of the hosts themselves,
``src_translated_ip`` and so on for what NAT made of them, ``proto``, ``action``, ``blocked`` (Sigma's name for whether
traffic was refused), ``user``, ``reason``, ``command``. Cisco ASA Series Syslog Messages; IOS System Message Guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from vonggac.sources.key_values import firsts
from vonggac.sources.message_patterns import Fields, Parser, one_of, present

_IF = r"([^\s:/()]{1,64})"
_IP = r"([^\s/(),:]*(?::[^\s/(),]*)?)"  # a host's name where "names" is on, else an address of either family
_USER = r"(?: ?\((?!type|code)([^()\s]{1,255})\))?"
_AT = rf"{_IF}:{_IP}/(\d{{1,5}})"
_MAPPED = rf"{_AT} ?\({_IP}/(\d{{1,5}})\){_USER}"

_PASSED = {"blocked": "false"}
_REFUSED = {"action": "Deny", "blocked": "true"}

_BUILT = re.compile(rf"(?:Built|Created) (inbound|outbound|\S+) (\S+) connection (\d+) for {_MAPPED} to {_MAPPED}")
_BUILT_NAMES = (
    "{0}_interface {0}_ip {0}_port {0}_translated_ip {0}_translated_port {0}_user "
    "{1}_interface {1}_ip {1}_port {1}_translated_ip {1}_translated_port {1}_user action direction proto connection blocked"
)
_BUILT_INBOUND = tuple(_BUILT_NAMES.format("src", "dst").split())
_BUILT_OUTBOUND = tuple(_BUILT_NAMES.format("dst", "src").split())


def _built(message: str) -> Fields | None:
    """302013, 302015, 302017: the first host is the foreign one, the source only when the connection is inbound."""
    found = _BUILT.match(message)
    if found is None:
        return None
    direction, protocol, connection, *ends = found.groups()
    names = _BUILT_OUTBOUND if direction == "outbound" else _BUILT_INBOUND
    return present(names, (*ends, "Built", direction, protocol, connection, "false"))


_TEARDOWN = re.compile(
    rf"Teardown (\S+) connection (\d+) for {_AT}{_USER} to {_AT}{_USER} duration (\S+) bytes (\d+)(?: (.*))?", re.DOTALL
)
_ENDS = "{0}_interface {0}_ip {0}_port {0}_user {1}_interface {1}_ip {1}_port {1}_user"
_TAIL = ("action", "proto", "connection", "duration", "bytes", "reason", "blocked")
_TEARDOWN_INBOUND = (*_ENDS.format("src", "dst").split(), *_TAIL)
_TEARDOWN_OUTBOUND = (*_ENDS.format("dst", "src").split(), *_TAIL)


def _teardown(message: str) -> Fields | None:
    """302014, 302016, 302018 do not say the direction: the host with the higher port is taken to have begun."""
    found = _TEARDOWN.match(message)
    if found is None:
        return None
    protocol, connection, *ends, duration, n_bytes, reason = found.groups()
    names = _TEARDOWN_INBOUND if int(ends[2]) > int(ends[6]) else _TEARDOWN_OUTBOUND
    return present(names, (*ends, "Teardown", protocol, connection, duration, n_bytes, reason or None, "false"))


_ICMP = re.compile(
    rf"(Built|Teardown) (?:(inbound|outbound) )?ICMP connection for faddr {_IP}/(\d+){_USER} gaddr {_IP}/(\d+) "
    rf"laddr {_IP}/(\d+){_USER}"
)


def _icmp(message: str) -> Fields | None:
    """302020, 302021: foreign, global (what NAT made of the local one) and local address."""
    found = _ICMP.match(message)
    if found is None:
        return None
    action, direction, foreign, _, user, outside, _, local, _, local_user = found.groups()
    there, here = ("src", "dst") if direction == "inbound" else ("dst", "src")
    return present(
        (
            *("action", "direction", "proto", "blocked", f"{there}_ip", f"{there}_user"),
            *(f"{here}_ip", f"{here}_translated_ip", f"{here}_user"),
        ),
        (action, direction, "ICMP", "false", foreign, user, local, outside, local_user),
    )


_SRC = "src_interface src_ip src_port"
_DST = "dst_interface dst_ip dst_port"
_GROUP_USER = rf"Group <(.{{0,255}}?)> User <(.{{0,255}}?)> IP <{_IP}> "
_GROUP_NAMES = "group user src_ip"

_Rows = tuple[tuple[str, str, dict[str, str]], ...]
_NUMBERS: dict[str, _Rows] = {
    "305011 305012": (
        (
            rf"(Built|Teardown) (?:dynamic|static|\S+) (\S+) translation from {_AT}{_USER} to {_AT}(?: duration (\S+))?",
            f"action proto {_SRC} src_user translated_interface src_translated_ip src_translated_port duration",
            _PASSED,
        ),
    ),
    "305009 305010": (
        (
            rf"(Built|Teardown) \S+ translation from {_IF}:{_IP}{_USER} to {_IF}:{_IP}(?: duration (\S+))?",
            "action src_interface src_ip src_user translated_interface src_translated_ip duration",
            _PASSED,
        ),
    ),
    "106023": (
        (
            (
                rf"Deny (?:protocol )?(\S+) (?:reverse path check )?src {_IF}:{_IP}(?:/(\d+))?{_USER} dst {_IF}:{_IP}(?:/(\d+))?{_USER}"
                r'(?: \(type (\d+), code (\d+)\))?(?: by access-group "([^"]{1,255})")?'
            ),
            f"proto {_SRC} src_user {_DST} dst_user icmp_type icmp_code access_list",
            _REFUSED,
        ),
    ),
    "106100 106102 106103": (
        (
            (
                rf"access-list (\S+) (denied) (\S+)(?: for user '?([^\s']+)'?)? {_IF}/{_IP}\((\d+)\){_USER} -> {_IF}/{_IP}\((\d+)\)"
                r"(?:\([^()]*\))?(?: hit-cnt (\d+))?"
            ),
            f"access_list action proto user {_SRC} src_user {_DST} count",
            {"blocked": "true"},
        ),
        (
            (
                rf"access-list (\S+) (\S+) (\S+)(?: for user '?([^\s']+)'?)? {_IF}/{_IP}\((\d+)\){_USER} -> {_IF}/{_IP}\((\d+)\)"
                r"(?:\([^()]*\))?(?: hit-cnt (\d+))?"
            ),
            f"access_list action proto user {_SRC} src_user {_DST} count",
            _PASSED,
        ),
    ),
    "106001": (
        (
            rf"Inbound (\S+) connection denied from {_IP}/(\d+) to {_IP}/(\d+) flags (.*?) on interface (\S+)",
            "proto src_ip src_port dst_ip dst_port flags src_interface",
            _REFUSED,
        ),
    ),
    "106006 106007": (
        (
            rf"Deny inbound (\S+) from {_IP}/(\d+) to {_IP}/(\d+)(?: due to (.*?))?(?: on interface (\S+))?$",
            "proto src_ip src_port dst_ip dst_port reason src_interface",
            _REFUSED,
        ),
    ),
    "106010": (
        (
            rf"Deny inbound (?:protocol )?(\S+) src {_IF}:{_IP}(?:/(\d+))? dst {_IF}:{_IP}(?:/(\d+))?",
            f"proto {_SRC} {_DST}",
            _REFUSED,
        ),
    ),
    "106014": (
        (
            rf"Deny inbound (icmp) src {_IF}:{_IP}{_USER} dst {_IF}:{_IP}{_USER} \(type (\d+), code (\d+)\)",
            "proto src_interface src_ip src_user dst_interface dst_ip dst_user icmp_type icmp_code",
            _REFUSED,
        ),
    ),
    "106015": (
        (
            rf"Deny (\S+) \((no connection)\) from {_IP}/(\d+) to {_IP}/(\d+) flags (.*?) +on interface (\S+)",
            "proto reason src_ip src_port dst_ip dst_port flags src_interface",
            _REFUSED,
        ),
    ),
    "106016 106017 106021 106022": (
        (
            (
                rf"Deny (?:\S+ )?(IP spoof|IP due to Land Attack|reverse path check|connection spoof) from \(?{_IP}\)? to {_IP}"
                r"(?: on interface (\S+))?"
            ),
            "reason src_ip dst_ip src_interface",
            _REFUSED,
        ),
    ),
    "419002": ((rf"(Duplicate TCP SYN) from {_AT} to {_AT}", f"reason {_SRC} {_DST}", {"proto": "TCP"}),),
    "710001 710002 710003 710005": (
        (
            rf"(\S+) (?:access (?:denied by ACL|requested)|request discarded) from {_IP}/(\d+) to {_IF}:{_IP}/(\S+)",
            f"proto src_ip src_port {_DST}",
            _REFUSED,
        ),
        (
            rf"(\S+) access (permitted) from {_IP}/(\d+) to {_IF}:{_IP}/(\S+)",
            f"proto action src_ip src_port {_DST}",
            _PASSED,
        ),
    ),
    "304001 304002": (
        (
            rf"(?:\S+@)?{_IP}(?:\([^()]*\))? (Accessed (?:JAVA )?URL) ([^\s:]+):(\S+)",
            "src_ip action dst_ip url",
            _PASSED,
        ),
        (
            rf"Access denied URL (\S+) SRC {_IP} DEST {_IP}(?: on interface (\S+))?",
            "url src_ip dst_ip src_interface",
            {"action": "Access denied", "blocked": "true"},
        ),
    ),
    "113004 113005 113012 113015 113008 113003 113006 113007 113010 113013": (
        (
            (
                r"(AAA user (?:authentication|authorization|accounting)) (Successful|Rejected)(?: : reason = (.*?))?"
                rf"(?: : server = {_IP}| : local database)?(?: : user = (.*?))?(?: ?: user IP = {_IP})?$"
            ),
            "event action reason server user src_ip",
            {},
        ),
        (r"User (\S+) (locked out|unlocked)(?: .*)?", "user action", {}),
    ),
    "113019": (
        (
            (
                rf"Group = (.{{0,255}}?), Username = (.{{0,255}}?), IP = {_IP}, (Session disconnected)\. Session Type: (.*?), "
                r"Duration: (.*?), Bytes xmt: (\d+), Bytes rcv: (\d+), Reason: (.*)"
            ),
            "group user src_ip action session_type duration bytes_sent bytes_received reason",
            {},
        ),
    ),
    "722051": (
        (
            rf"{_GROUP_USER}(?:IPv4 )?Address <([0-9.]+)>(?: IPv6 address <(\S+)>)? (assigned to session)",
            f"{_GROUP_NAMES} tunnel_ip tunnel_ip6 action",
            {},
        ),
    ),
    "716039": (
        (
            r"Authentication: (rejected|successful), group = (.{0,255}?) user = (.{0,255}?), Session Type: (\S+)",
            "action group user session_type",
            {},
        ),
    ),
    "605004 605005": (
        (
            rf'Login (denied|permitted) from {_IP}/(\d+) to {_IF}:{_IP}/(\S+) for user "(.*)"',
            f"action src_ip src_port {_DST} user",
            {},
        ),
    ),
    "611101 611102 611103": (
        (rf"User (authentication \w+)(?:: IP(?: address)?: {_IP})?[,:]? ?Uname: (.*)", "action src_ip user", {}),
        (r"User (logged out): Uname: (.*)", "action user", {}),
    ),
    "111008 111010 111009": (
        (
            rf"User '(.{{0,255}}?)'(?:, running '(.{{0,64}}?)' from IP {_IP},)? executed (?:the )?(?:cmd: |')(.*?)'?(?: command\.?)?$",
            "user application src_ip command",
            {"action": "executed"},
        ),
    ),
    "725001 725002 725003 725006 725016": (
        (rf"(?:Device|\S+) ((?:\S+ ){{1,6}}?)with (?:\S+ )?{_AT} to {_IP}/(\d+)", f"action {_SRC} dst_ip dst_port", {}),
    ),
    "338001 338002 338003 338004 338005 338006 338007 338008 338201 338202 338203 338204": (
        (
            (
                rf"Dynamic [Ff]ilter (\S+) (.*?)(\S+) traffic from {_AT} ?\({_IP}/(\d+)\) to {_AT} ?\({_IP}/(\d+)\), .*?"
                r"(?:resolved from|matched|threat).*?: ([^\s,]+)"
            ),
            f"action list proto {_SRC} src_translated_ip src_translated_port {_DST} dst_translated_ip dst_translated_port listed",
            {},
        ),
    ),
    "733100": ((r"\[(.*?)\] drop rate-(\d+) exceeded", "reason rate", {"action": "rate exceeded"}),),
}

_SESSION = one_of((("", rf"{_GROUP_USER}(.{{0,300}}?)\.?$", f"{_GROUP_NAMES} action", {}),))


def _any_of(rows: _Rows) -> Parser:
    return one_of(("", pattern, names, constants) for pattern, names, constants in rows)


_BY_NUMBER: dict[str, Parser] = {
    **{
        number: parser
        for numbers, rows in _NUMBERS.items()
        for parser in (_any_of(rows),)
        for number in numbers.split()
    },
    **dict.fromkeys(("302013", "302015", "302017", "302303", "302305"), _built),
    **dict.fromkeys(("302014", "302016", "302018", "302304", "302306"), _teardown),
    **dict.fromkeys(("302020", "302021"), _icmp),
}

# FTD, "Security Event Syslog Messages" (430001 to 430005): Key: value, Key: value.
_FTD_PAIR = re.compile(r"([A-Z][A-Za-z0-9_]{1,40}): (.*?)(?:, (?=[A-Z][A-Za-z0-9_]{1,40}: )|$)", re.DOTALL)
_FTD_BLOCKED = {"block": "true", "allow": "false", "trust": "false", "monitor": "false"}
_FTD_LIMIT = 16_384


def _ftd(message: str) -> Fields | None:
    fields = firsts(_FTD_PAIR.findall(message[:_FTD_LIMIT]))
    if len(fields) < 3:
        return None
    action = fields.get("AccessControlRuleAction", "").lower().split(" ")[0]
    if action in _FTD_BLOCKED:
        fields["blocked"] = _FTD_BLOCKED[action]
    return tuple(fields), tuple(fields.values())


def _numbered(number: str) -> Parser:
    if number.startswith("43000"):
        return _ftd
    return _BY_NUMBER.get(number, _SESSION if number[:3] in ("716", "722", "113", "734", "737") else _nothing)


def _nothing(message: str) -> Fields | None:
    del message
    return None


# IOS, IOS XE: the messages that name hosts or people.
_IOS: dict[str, Parser] = {
    "IPACCESSLOGP": _any_of(
        (
            (
                r"list (\S+) (denied) (\S+) ([0-9A-Fa-f.:]+)\((\d+)\)(?: \(([^()]*)\))? -> ([0-9A-Fa-f.:]+)\((\d+)\), (\d+) packet",
                "access_list action proto src_ip src_port src_interface dst_ip dst_port count",
                {"blocked": "true"},
            ),
            (
                r"list (\S+) (\S+) (\S+) ([0-9A-Fa-f.:]+)\((\d+)\)(?: \(([^()]*)\))? -> ([0-9A-Fa-f.:]+)\((\d+)\), (\d+) packet",
                "access_list action proto src_ip src_port src_interface dst_ip dst_port count",
                _PASSED,
            ),
        )
    ),
    "IPACCESSLOGDP": _any_of(
        ((r"list (\S+) (\S+) (\S+) ([0-9A-Fa-f.:]+)(?: \([^()]*\))? -> ([0-9A-Fa-f.:]+) \((\d+)/(\d+)\)",
          "access_list action proto src_ip dst_ip icmp_type icmp_code", {}),)
    ),
    "LOGIN_FAILED": _any_of(
        ((r"(Login failed) \[user: (.*?)\] \[Source: (\S+?)\] \[localport: (\d+)\](?: \[Reason: (.*?)\])?",
          "action user src_ip dst_port reason", {}),)
    ),
    "LOGIN_SUCCESS": _any_of(
        ((r"(Login Success) \[user: (.*?)\] \[Source: (\S+?)\] \[localport: (\d+)\]", "action user src_ip dst_port", {}),)
    ),
    "CONFIG_I": _any_of(
        ((r"(Configured) from (\S+)(?: by (\S+))?(?: on (\S+))?(?: \(([0-9A-Fa-f.:]+)\))?", "action configured_from user line src_ip", {}),)
    ),
    "CFGLOG_LOGGEDCMD": _any_of(((r"User:(\S*)\s+logged command:(.*)", "user command", {"action": "logged command"}),)),
    "BADAUTH": _any_of(
        ((r"(.*?) from ([0-9A-Fa-f.:]+)\((\d+)\) to ([0-9A-Fa-f.:]+)\((\d+)\)", "reason src_ip src_port dst_ip dst_port", {}),)
    ),
}  # fmt: skip

_HEAD = re.compile(r"%([A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*?)-(?:[0-9A-Za-z]+-)?([0-7])-([A-Z0-9_]{2,64})")
_FIREWALLS = frozenset({"ASA", "FTD", "PIX", "FWSM", "NGIPS"})
_HEAD_LIMIT = 200


def _with_mnemonic(parse: Parser, mnemonic: str) -> Callable[[str], Fields]:
    def read(message: str) -> Fields:
        names, values = parse(message) or ((), ())
        return (*names, "mnemonic"), (*values, mnemonic)

    return read


def parser_of_tag(tag: str) -> Parser | None:
    """The parser for messages that the tag ``%ASA-6-302013`` or ``%SYS-5-CONFIG_I`` heads; None for another tag."""
    found = _HEAD.fullmatch(tag.rstrip(":"))
    if found is None:
        return None
    mnemonic = found[3]
    by = _numbered(mnemonic) if found[1] in _FIREWALLS else _IOS.get(mnemonic, _nothing)
    return _with_mnemonic(by, mnemonic)


_EMBEDDED = re.compile(rf"({_HEAD.pattern}): ?")


def cisco(message: str) -> Fields | None:
    """A message with its tag somewhere at its beginning: behind IOS's sequence number and its own time."""
    found = _EMBEDDED.search(message, 0, _HEAD_LIMIT)
    parse = parser_of_tag(found[1]) if found else None
    return parse(message[found.end() :]) if found and parse else None
