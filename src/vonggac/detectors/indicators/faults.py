"""What can be wrong with a row of a list: nothing is left out without a reason that is shown."""

from __future__ import annotations

from dataclasses import dataclass

from vonggac.detectors.indicators.indicator import Place
from vonggac.errors import N_
from vonggac.tables.table import LEFT_OUT

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
    "hardware_address": N_("a hardware address (MAC): it is not looked for in logs"),
    "whole_top": N_("a whole top-level domain: too wide to act on"),
    "not_an_object": N_("not an object with a type and an id"),
    "object_type": N_("objects of this type are not read"),
    "attribute_type": N_("attributes of this type are not looked for"),
    "pattern_type": N_("only patterns of STIX are read"),
    "pattern_too_long": N_("the pattern is too long"),
    "pattern_kind": N_("only comparisons of values with “=”, IN or ISSUBSET, joined by OR, are read"),
    "pattern_and": N_("the pattern asks for several things at once, of which none alone says it"),
    "pattern_path": N_("the pattern looks at something that is not looked for"),
    "wrong_kind": N_("the value is not of the kind that its place says"),
    "value_too_long": N_("the value is longer than is kept"),
    "not_text": N_("a text was expected"),
    "sighting_of": N_("a sighting of something that is not in this file"),
    "too_many": N_("more objects than are read at once"),
    "line_too_long": N_("a line of more than 64 KB"),
    "bad_record": N_("not a record of a DNS zone"),
    "bad_brackets": N_("brackets that are not closed, or a record that is too long"),
    "bad_trigger": N_("not an address as policy zones write it: the prefix length, then the address backwards"),
    "out_of_zone": N_("a name outside the zone, or of a zone that the file does not name ($ORIGIN)"),
    "include_refused": N_("$INCLUDE is refused: it would read another file; give that file too"),
    "generate_refused": N_("$GENERATE is refused: one line would become any number of names"),
    "missing_event": N_("an event that the manifest names and the folder lacks"),
}

# What is left out because that is how it should be: counted and told, but nothing is wrong with the list.
PASSED_OVER: dict[str, str] = {
    "heading": N_("headings and totals"),
    "repeated_header": N_("headers again, as on a new page"),
    "repeated": N_("values that stood there before"),
    "not_for_detection": N_("its source says that it is not for detection (to_ids)"),
    "deleted": N_("its source has deleted or revoked it"),
    "expired": N_("its source says that it counts no longer (valid_until)"),
    "observable": N_("observed beside indicators: context, not something to look for"),
    "redirected": N_("names led to another address, not blocked"),
    "own_name": N_("names of the machine itself (localhost)"),
    "allowed": N_("names that the list allows (passthru, @@)"),
    "tcp_only": N_("names that are only asked for over TCP"),
    "of_clients": N_("rules about clients (rpz-client-ip)"),
    "page_rule": N_("rules about parts of web pages, or that do not block a whole name"),
}
REASONS: dict[str, str] = {**LEFT_OUT, **FAULTS, **PASSED_OVER}
"""Every reason why something of a list is no indicator: of values, rows, sheets and pages."""

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
        return REASONS[self.reason]


def shorten(text: str) -> str:
    """``text`` on one line, at most 80 characters."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
