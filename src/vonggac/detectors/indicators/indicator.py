"""What an indicator is: one value of a list, with the place it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["ipv4", "ipv6", "cidr", "range", "domain", "url", "md5", "sha1", "sha256"]


MISREAD = "OCR"
"""How a warning begins that says that a value was recognised in a picture and is not sure."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: ``row`` counts from 1 as a person reading the file would; ``sheet`` or page or table name."""

    file: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class Indicator:
    """One value to look for.

    ``value``: normalised (IPv4/IPv6 compressed, CIDR with the host bits cleared, range ``a-b``, domain in lower-case A-labels
    without a trailing dot, URL with a lower-case host, hash in lower-case hexadecimal). ``original``: as it was written.
    ``role``: ``victim`` when the value is an address of ours that the list says is infected, ``hostile`` when it is
    what infected hosts talk to. Times are microseconds since 1970, UTC. ``warnings``: names of the warninglists that
    hold the value, or why it may have been misread (:data:`MISREAD`): it is kept and marked, never acted on blindly.
    ``valid_until``: events from then on are no longer told of.
    """

    kind: Kind
    value: str
    original: str
    role: Literal["victim", "hostile"]
    place: Place
    malware: str = ""
    first_seen: int | None = None
    last_seen: int | None = None
    port: int | None = None
    destination: str = ""
    destination_port: int | None = None
    organisation: str = ""
    count: int | None = None
    warnings: tuple[str, ...] = ()
    note: str = ""
    valid_until: int | None = None
