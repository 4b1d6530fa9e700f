"""Addresses and ranges of addresses as people write them and as the database compares them. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from vonggac.errors import N_, Fault, InvalidValues

_MAPPED = 0xFFFF << 32  # ::ffff:0:0/96, RFC 4291 section 2.5.5.2
_DASHES = str.maketrans({"–": "-", "—": "-"})
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# RFC 6890 and its registries. Documentation ranges (RFC 5737, 3849) are left in on purpose: exercises are written with them.
_NOT_PUBLIC = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
    "::/127", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses ``first`` to ``last``, both included, as keys (32 hexadecimal digits); ``text`` is the one way to write it."""

    text: str
    first: str
    last: str

    @property
    def n_addresses(self) -> int:
        """How many there are."""
        return int(self.last, 16) - int(self.first, 16) + 1


def key_of(address: Address) -> str:
    """32 hexadecimal digits that sort as the addresses do; IPv4 as ::ffff:a.b.c.d."""
    return f"{int(address) + (_MAPPED if address.version == 4 else 0):032x}"


def address_of(text: str) -> Address | None:
    """The single address that ``text`` is, IPv4-mapped IPv6 as IPv4; None when it is none (a zone id is none)."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return None if address.scope_id else (address.ipv4_mapped or address)
    return address


def key_of_text(text: str) -> str | None:
    """The key of the address that ``text`` is, None when it is none."""
    address = address_of(text)
    return None if address is None else key_of(address)


def parse_span(text: str, field: str = "text") -> Span:
    """One address, a CIDR (no host bits set) or ``first-last``; raises InvalidValues for anything else."""
    plain = text.translate(_DASHES).strip()
    if not plain:
        raise InvalidValues([Fault(field, N_("this is needed"))])
    try:
        if "/" in plain:
            return _cidr(plain, field)
        left, dash, right = plain.partition("-")
        first, last = address_of(left), address_of(right if dash else left)
    except ValueError:
        first = last = None
    if first is None or last is None:
        raise _no_span(field, text)
    if first.version != last.version:
        raise InvalidValues([Fault(field, N_("a range goes from IPv4 to IPv4 or from IPv6 to IPv6"))])
    if int(first) > int(last):
        raise InvalidValues(
            [Fault(field, N_("the range ends ({last}) before it begins ({first})"), {"first": first, "last": last})]
        )
    return _span(first, last, field)


def not_public(span: Span) -> str:
    """The range of addresses without a place on the internet (private, shared, loopback, multicast ...) that ``span`` meets, else empty."""
    for text in _NOT_PUBLIC:
        network = ipaddress.ip_network(text)
        if span.first <= key_of(network.broadcast_address) and key_of(network.network_address) <= span.last:
            return text
    return ""


def _cidr(plain: str, field: str) -> Span:
    network = ipaddress.ip_network(plain, strict=False)
    address = ipaddress.ip_address(plain.partition("/")[0].strip())
    if address != network.network_address:
        message = N_("{text} has bits set behind its prefix: did you mean {network} or the single address {address}?")
        params = {"text": plain, "network": str(network), "address": str(address)}
        raise InvalidValues([Fault(field, message, params)])
    first, last = address_of(str(network.network_address)), address_of(str(network.broadcast_address))
    if first is None or last is None:
        raise _no_span(field, plain)
    return _span(first, last, field)


def _span(first: Address, last: Address, field: str) -> Span:
    if first.version != last.version or int(key_of(first), 16) < _MAPPED <= int(key_of(last), 16):
        message = N_("these IPv6 addresses hold all IPv4 addresses (::ffff:0:0/96) as well: name the two apart")
        raise InvalidValues([Fault(field, message)])
    size = int(last) - int(first) + 1
    if size == 1 << first.max_prefixlen:
        raise InvalidValues([Fault(field, N_("this is the whole internet"))])
    if size == 1:
        text = str(first)
    elif size & (size - 1) == 0 and int(first) % size == 0:
        text = f"{first}/{first.max_prefixlen - size.bit_length() + 1}"
    else:
        text = f"{first}-{last}"
    return Span(text, key_of(first), key_of(last))


def _no_span(field: str, text: str) -> InvalidValues:
    message = N_(
        "“{text}” is no address, CIDR or range: expected is for example 192.0.2.7, 192.0.2.0/24 or 192.0.2.1-192.0.2.9"
    )
    return InvalidValues([Fault(field, message, {"text": text[:80]})])
