"""What VPN servers write into syslog: OpenVPN, strongSwan, WireGuard's kernel module, pptpd, xl2tpd, pppd.

Fields: ``action``, ``user``, ``src_ip`` and ``src_port`` of the peer outside, ``tunnel_ip`` given to it, ``connection``,
``interface``, ``reason``. Firewalls' own VPN messages are with the other messages of the firewall.
"""

from __future__ import annotations

import re

from vonggac.sources.message_patterns import Fields, Parser, one_of, present

_IP = r"([0-9A-Fa-f.:]{2,45})"

# OpenVPN prefixes what belongs to a client with "common-name/address:port" once it is known, "address:port" before.
OPENVPN_CLIENT = re.compile(
    r"(?:([^\s/:\[\]]{1,255})/(?=\S*:))?(?:(?:udp|tcp)[46](?:-server)?:)?(?:\[AF_INET6?\])?"
    r"([0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?<=[/\]])[0-9A-Fa-f:]{3,45}):(\d{1,5}) "
)
_OPENVPN = one_of(
    (
        ("", r"\[([^\]]{1,255})\] (Peer Connection Initiated) with", "user action", {}),
        ("MULTI", r"MULTI: (primary virtual IP) for \S+: ([0-9A-Fa-f.:]{2,45})", "action tunnel_ip", {}),
        ("MULTI", r"MULTI_sva: (pool returned) IPv4=([0-9.]{7,15})", "action tunnel_ip", {}),
        ("MULTI", r"MULTI: (Learn): ([0-9A-Fa-f.:]{2,45})", "action tunnel_ip", {}),
        (
            "TLS: Username",
            r"TLS: Username/Password (authentication (?:succeeded|deferred)) for username '(.*?)'",
            "action user",
            {},
        ),
        (
            "TLS Auth|TLS: User",
            r"TLS(?: Auth)?(?: Error)?: (?:Auth )?Username/Password (verification failed|authentication failed) for (?:peer|username '(.*?)')",
            "action user",
            {},
        ),
        ("TLS Error|TLS_ERROR", r"TLS(?: Error|_ERROR): (.{1,200})", "reason", {"action": "TLS Error"}),
        ("VERIFY", r"(VERIFY (?:OK|ERROR|KU OK|EKU OK))(?:: (.{1,300}))?", "action reason", {}),
        ("AUTH", r"(AUTH_FAILED|AUTH: .{1,100})", "action", {}),
        ("SIGTERM|SIGUSR1", r"(SIG[A-Z0-9]+)\[([^\]]{1,80})\] received", "action reason", {}),
        ("Connection reset", r"(Connection reset), restarting", "action", {}),
        ("Inactivity", r"(Inactivity timeout)", "action", {}),
    )
)


def openvpn(message: str) -> Fields | None:
    """``alice/203.0.113.9:4000 MULTI: primary virtual IP for alice/203.0.113.9:4000: 10.8.0.6``."""
    client = OPENVPN_CLIENT.match(message)
    found = _OPENVPN(message[client.end() :] if client else message)
    if client is None:
        return found
    names, values = found or ((), ())
    if "user" in names:
        return (*names, "src_ip", "src_port"), (*values, client[2], client[3])
    return present((*names, "user", "src_ip", "src_port"), (*values, client[1], client[2], client[3]))


# strongSwan: thread number, group, then <connection|number>; libcharon's messages.
_CHARON = re.compile(r"\d+\[([A-Z]{3})\d?\] (?:<(?:([^|<>]{1,255})\|)?\d+> )?(.*)", re.DOTALL)
_CHARON_TEXT = one_of(
    (
        (
            "IKE_SA ",
            (
                r"IKE_SA ([^\s\[]{1,255})\[\d+\] (established|rekeyed) between "
                rf"{_IP}\[(.{{0,255}}?)\]\.\.\.{_IP}\[(.{{0,255}}?)\]"
            ),
            "connection action dst_ip local_id src_ip user",
            {},
        ),
        (
            "deleting IKE_SA|closing IKE_SA",
            rf"(deleting|closing) IKE_SA ([^\s\[]{{1,255}})\[\d+\] between {_IP}\[(.{{0,255}}?)\]\.\.\.{_IP}\[(.{{0,255}}?)\]",
            "action connection dst_ip local_id src_ip user",
            {},
        ),
        (
            "CHILD_SA",
            r"CHILD_SA (\S{1,255}?)\{\d+\} (established) with SPIs (\S+) (\S+) and TS (.+)",
            "connection action spi_in spi_out traffic_selectors",
            {},
        ),
        (
            "assigning|reassigning|leasing",
            rf"(assigning|reassigning|leasing) .*?(?:virtual IP|lease) {_IP} to (?:peer )?'(.*)'",
            "action tunnel_ip user",
            {},
        ),
        (
            "received packet|sending packet",
            rf"(received|sending) packet: from {_IP}\[(\d+)\] to {_IP}\[(\d+)\]",
            "action src_ip src_port dst_ip dst_port",
            {},
        ),
        (
            "authentication of",
            r"authentication of '(.*?)' (?:\(.{1,80}?\) )?(?:with (.{1,120}?) )?(successful|failed)",
            "user method action",
            {},
        ),
        ("EAP method", r"EAP method (\S+) (succeeded|failed)(?: for peer (.+?))?(?:, .*)?$", "method action user", {}),
        ("XAuth auth", r"XAuth authentication of '(.*?)' (successful|failed)", "user action", {}),
        ("received AUTH", r"received (AUTHENTICATION_FAILED)", "action", {}),
        (
            "no matching|no shared|no IKE|no trusted",
            r"no (?:matching peer config|shared key|IKE config|trusted \S+ public key) found(.*)",
            "reason",
            {"action": "failed"},
        ),
        (
            "tried ",
            r"tried (\d+) shared keys? for '(.*?)' - '(.*?)', but MAC mismatched",
            "tries local_id user",
            {"action": "failed"},
        ),
        ("", rf"{_IP} is initiating an? (.+?)(?: IKE_SA)?$", "src_ip mode", {"action": "initiating"}),
    )
)


def charon(message: str) -> Fields | None:
    """``12[IKE] <rw|3> IKE_SA rw[3] established between 198.51.100.1[gw.example]...203.0.113.9[alice]``."""
    found = _CHARON.match(message)
    if found is None:
        return _CHARON_TEXT(message)
    group, connection, text = found.groups()
    names, values = _CHARON_TEXT(text) or ((), ())
    if "connection" in names:
        return (*names, "group"), (*values, group)
    return present((*names, "group", "connection"), (*values, group, connection))


# Linux, drivers/net/wireguard: receive.c, send.c, timers.c (with dynamic debug).
_WIREGUARD = re.compile(r"(?:\[ *\d+\.\d+\] )?wireguard: ([^\s:]{1,32}): (.*)", re.DOTALL)
_WIREGUARD_PEER = re.compile(
    r"peer (\d+)(?: \(\[?([0-9A-Fa-f.:]{2,45}?)\]?:(\d+)\))?|from \[?([0-9A-Fa-f.:]{2,45}?)\]?:(\d+)"
)
_WIREGUARD_INNER = re.compile(r"src IP \(([0-9A-Fa-f.:]{2,45})\)")


def wireguard(message: str) -> Fields | None:
    """``wireguard: wg0: Receiving handshake initiation from peer 3 (203.0.113.9:51820)`` of the kernel."""
    found = _WIREGUARD.match(message)
    if found is None:
        return None
    interface, text = found.groups()
    peer = _WIREGUARD_PEER.search(text[:500])
    number, address, port, sender, sender_port = peer.groups() if peer else (None,) * 5
    inner = _WIREGUARD_INNER.search(text[:500])
    action = (
        (text[: peer.start()] if peer else text[:200])
        .strip(" (")
        .removesuffix(" for")
        .removesuffix(" from")
        .removesuffix(" to")
    )
    return present(
        ("interface", "action", "peer", "src_ip", "src_port", "tunnel_ip"),
        (interface, action[:120], number, address or sender, port or sender_port, inner and inner[1]),
    )


_POINT_TO_POINT = one_of(
    (
        ("CTRL", rf"CTRL: Client {_IP} control (connection \w+)", "src_ip action", {}),
        (
            "pptpd-logwtmp",
            rf"pptpd-logwtmp(?:\.so)? (ip-up|ip-down) (\S+) (\S+)(?: {_IP})?",
            "action interface user src_ip",
            {},
        ),
        ("peer from", rf"peer from calling number {_IP} (authorized)", "src_ip action", {}),
        ("remote IP", rf"remote IP address {_IP}", "tunnel_ip", {"action": "remote IP address"}),
        (
            "CHAP|PAP |MSCHAP|EAP ",
            r"((?:MS)?(?:CHAP|PAP|EAP)(?:-v\d)? (?:peer )?authentication (?:succeeded|failed)) ?(?:for (\S+))?",
            "action user",
            {},
        ),
        ("Peer ", r"Peer (\S+) (failed \S+ authentication)", "user action", {}),
        (
            "Connection|Call",
            rf"(Connection established to|Call established with) {_IP}(?:, (\d+))?\.?",
            "action src_ip src_port",
            {},
        ),
        ("Connection", rf"Connection \d+ (closed) to {_IP}, port (\d+) \((.*)\)", "action src_ip src_port reason", {}),
        ("Maximum", r"(Maximum retries exceeded) for tunnel \d+", "action", {}),
    )
)

PARSERS: dict[str, Parser] = {
    "openvpn": openvpn,
    "ovpn": openvpn,
    "charon": charon,
    "charon-systemd": charon,
    "ipsec": charon,
    "pptpd": _POINT_TO_POINT,
    "pppd": _POINT_TO_POINT,
    "xl2tpd": _POINT_TO_POINT,
}
"""Program name in lower case to its parser; instances of OpenVPN are called ``openvpn-name`` or ``ovpn-name``."""
