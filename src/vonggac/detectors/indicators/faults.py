"""What can be wrong with a row of a list: nothing is left out without a reason that is shown."""

from __future__ import annotations

from dataclasses import dataclass

from vonggac.detectors.indicators.indicator import Place
from vonggac.errors import N_

# The reasons, with what a person reads (an English template; the rim translates it).
FAULTS: dict[str, str] = {
    "no_value": N_("no address, domain, URL or hash in this row"),
    "not_a_value": N_("neither an address nor a domain, URL or hash"),
    "bad_ipv4": N_("not an IPv4 address: four numbers from 0 to 255 without leading zeros were expected"),
    "bad_ipv6": N_("not an IPv6 address"),
    "bad_port": N_("not a port: a number from 0 to 65535 was expected"),
    "bad_prefix": N_("not a network: the prefix length or mask does not fit the address"),
    "bad_range": N_("not a range: the last address must not be before the first, and both of the same kind"),
    "bad_domain": N_("not a domain name"),
    "bad_url": N_("not a URL that can be looked for"),
    "file_name": N_("a file name, not a domain"),
    "email": N_("an e-mail address, not a domain"),
    "hash_kind": N_("a hash of a kind that is not looked for: MD5, SHA-1 or SHA-256 was expected"),
    "too_wide": N_("a network too wide to act on: at least /8 for IPv4 and /16 for IPv6 was expected"),
    "private": N_("a private address (RFC 1918, RFC 4193): it says nothing outside its own network"),
    "shared": N_("an address of the range shared by operators for NAT (RFC 6598)"),
    "loopback": N_("a loopback address"),
    "link_local": N_("a link-local address"),
    "multicast": N_("a multicast address"),
    "unspecified": N_("an unspecified address (0.0.0.0/8, ::)"),
    "reserved": N_("a reserved address"),
    "too_long": N_("longer than 500 characters"),
    "bad_time": N_("a time that could not be read"),
    "bad_count": N_("a number was expected"),
    "formula": N_("a formula without a stored value: open and save the file in a spreadsheet program"),
    "error": N_("the cell holds an error value"),
}

SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """A row, or one cell of it, that could not be read. ``reason`` is a key of :data:`FAULTS`.

    ``text``: what stood there, at most 80 characters. ``is_kept``: the row gave an indicator all the same, without this
    cell.
    """

    place: Place
    reason: str
    text: str = ""
    is_kept: bool = False

    @property
    def message(self) -> str:
        """The English template of the reason."""
        return FAULTS[self.reason]


def shorten(text: str) -> str:
    """``text`` on one line, at most 80 characters."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
