"""What DHCP servers write into syslog: ISC dhcpd, Kea, dnsmasq.

Fields: ``action`` (the message as the server names it: ``DHCPACK``, ``DHCP4_LEASE_ALLOC``), ``client_ip``, ``mac``,
``client_hostname``, ``interface`` (or ``relay``, the agent that the message came through), ``duid``, ``lease_seconds``.
A client chooses its own host name, so nothing after one is trusted to be an address.
"""

from __future__ import annotations

import re

from vonggac.sources.message_patterns import Fields, Parser, one_of, present

_IP = r"([0-9A-Fa-f.:]{2,45})"
_MAC = r"((?:[0-9A-Fa-f]{2}:){2,19}[0-9A-Fa-f]{2})"
_HOST = r"(?: \((.{1,255})\))?"  # up to the last bracket: what the client calls itself may hold some
_VIA = r" via (?:([0-9.]{7,15}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)|([^\s:]{1,64}))(?::? ?(.+))?$"
_TAIL = "relay interface reason"

# ISC dhcpd: server/dhcp.c and server/dhcpv6.c.
_DHCPD = one_of(
    (
        ("DHCPDISCOVER", rf"(DHCPDISCOVER) from {_MAC}{_HOST}{_VIA}", f"action mac client_hostname {_TAIL}", {}),
        (
            "DHCPREQUEST",
            rf"(DHCPREQUEST) for {_IP}(?: \({_IP}\))? from {_MAC}{_HOST}{_VIA}",
            f"action client_ip server_ip mac client_hostname {_TAIL}",
            {},
        ),
        (
            "DHCPACK|DHCPOFFER|DHCPNAK",
            rf"(DHCPACK|DHCPOFFER|DHCPNAK) on {_IP} to {_MAC}{_HOST}{_VIA}",
            f"action client_ip mac client_hostname {_TAIL}",
            {},
        ),
        ("DHCPACK", rf"(DHCPACK) to {_IP} \({_MAC}\){_VIA}", f"action client_ip mac {_TAIL}", {}),
        (
            "DHCPRELEASE|DHCPDECLINE",
            rf"(DHCPRELEASE|DHCPDECLINE) of {_IP} from {_MAC}{_HOST}{_VIA}",
            f"action client_ip mac client_hostname {_TAIL}",
            {},
        ),
        ("DHCPINFORM", rf"(DHCPINFORM) from {_IP}{_VIA}", f"action client_ip {_TAIL}", {}),
        ("DHCPEXPIRE", rf"(DHCPEXPIRE) on {_IP} to {_MAC}", "action client_ip mac", {}),
        (
            "Advertise|Reply NA|Advertise TA|Reply TA",
            rf"(Advertise|Reply) [NT]A: address {_IP} to client with duid (\S{{1,400}}) iaid = (-?\d+) valid for (\d+) seconds",
            "action client_ip duid iaid lease_seconds",
            {},
        ),
        (
            "uid lease",
            rf"uid lease {_IP} for client {_MAC} is duplicate",
            "client_ip mac",
            {"action": "duplicate uid lease"},
        ),
        ("Abandoning", rf"(Abandoning) IP address {_IP}: (.+)", "action client_ip reason", {}),
    )
)

# dnsmasq(8): rfc2131.c log_packet(), rfc3315.c log6_packet(); a transaction number with --log-dhcp.
_DNSMASQ_DHCP = re.compile(
    rf"(?:\d+ )?(DHCP[A-Z]+)\(([^()\s]{{1,64}})\)(?: {_IP}(?= |$))?"
    r"(?: ((?:[0-9A-Fa-f]{2}:){2,130}[0-9A-Fa-f]{2})(?= |$))?(?: (.{1,255}))?",
    re.DOTALL,
)


def _dnsmasq_dhcp(message: str) -> Fields | None:
    found = _DNSMASQ_DHCP.match(message)
    if found is None:
        return None
    action, interface, address, hardware, rest = found.groups()
    if address is not None and hardware is None and re.fullmatch(_MAC, address):
        address, hardware = None, address  # DHCPDISCOVER(eth0) 00:00:5e:00:53:01
    is_mac = hardware is not None and len(hardware) == 17
    detail = "client_hostname" if action in ("DHCPACK", "DHCPREPLY") else "reason"
    return present(
        ("action", "interface", "client_ip", "mac" if is_mac else "duid", detail),
        (action, interface, address, hardware, rest),
    )


# Kea Administrator Reference Manual, "Message format" and the catalogue of messages.
_KEA = re.compile(r"(?:[A-Z]{4,6} +)?\[(kea-[^\]]{1,80})\] ([A-Z][A-Z0-9_]+) ?(.*)", re.DOTALL)
_KEA_CLIENT = re.compile(
    rf"\[?(?:hwtype=\d+ {_MAC})?\]?(?:,? ?cid=\[([0-9A-Fa-f:]{{2,400}})\])?(?:duid=\[([0-9A-Fa-f:]{{2,400}})\])?"
)
_KEA_ADDRESS = re.compile(
    r"(?:\b(?:lease(?: for)?(?: address)?|address|selected) |\breserved for |: )"
    r"((?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{2,40})"
)
_KEA_LEASE_TIME = re.compile(r"for (\d{1,10}) seconds")


def kea(message: str) -> Fields | None:
    """``INFO [kea-dhcp4.leases/7.140] DHCP4_LEASE_ALLOC [hwtype=1 00:00:5e:00:53:01], …: lease 192.0.2.5 has been …``."""
    found = _KEA.match(message)
    if found is None:
        return None
    logger, action, rest = found.groups()
    client = _KEA_CLIENT.match(rest)
    address = _KEA_ADDRESS.search(rest, client.end() if client else 0, 2000)
    seconds = _KEA_LEASE_TIME.search(rest, address.end() if address else 0, 2000)
    return present(
        ("logger", "action", "mac", "cid", "duid", "client_ip", "lease_seconds"),
        (
            logger,
            action,
            *(client.groups() if client else (None, None, None)),
            address and address[1],
            seconds and seconds[1],
        ),
    )


PARSERS: dict[str, Parser] = {
    "dhcpd": _DHCPD,
    "dhcpd6": _DHCPD,
    "dnsmasq-dhcp": _dnsmasq_dhcp,
    "kea": kea,
    "kea-dhcp4": kea,
    "kea-dhcp6": kea,
}
"""Program name in lower case to its parser."""
