"""Names that are blocked, one a line: hosts files (hosts(5)), filter lists of advertisement blockers, and configurations of dnsmasq.

``0.0.0.0 bad.example worse.example # why`` · ``||bad.example^`` · ``address=/bad.example/0.0.0.0``
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Final

from vonggac.detectors.indicators.forms.parts import Left, Part, Told, left
from vonggac.detectors.indicators.values import FILE_ENDINGS, ValueFault, domain

_SINKS: Final = frozenset({
    "0.0.0.0", "127.0.0.1", "127.0.1.1", "255.255.255.255", "::", "::0", "::1", "0:0:0:0:0:0:0:0", "0:0:0:0:0:0:0:1", "fe80::1%lo0",  # noqa: S104  # as written
})  # fmt: skip
_OWN: Final = frozenset({
    "localhost", "localhost.localdomain", "localhost4", "localhost4.localdomain4", "localhost6", "localhost6.localdomain6", "local",
    "broadcasthost", "ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters",
    "ip6-allhosts", "0.0.0.0", "127.0.0.1", "::1",  # noqa: S104  # as written
})  # fmt: skip
"""Names that every hosts file has for the machine itself."""
_PLAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63})")
"""What is a domain in its normal form beyond doubt, for speed."""
_HOSTS_LINE = re.compile(rb"[ \t]*(?:0\.0\.0\.0|127\.0\.\d\.1|::[01]?|(?:0:){7}[01])[ \t]+[^\s#]+.*")
_FILTER_LINE = re.compile(rb"[ \t]*(?:@@)?\|\|[^\s/^|$]+\^?(?:\$.*)?[ \t]*")
_DNSMASQ_LINE = re.compile(rb"[ \t]*(?:address|server|local)=/\S+[ \t]*")
_FILTER = re.compile(r"(@@)?\|\|([^\s/^|$*]+)\^?(?:\$(\S+))?")
_WHOLE: Final = frozenset(
    {
        "all",
        "document",
        "doc",
        "important",
        "network",
        "popup",
        "third-party",
        "3p",
        "strict3p",
        "match-case",
        "denyallow",
    }
)
"""Options of a filter that leave the whole name blocked. Others block a part of it, elsewhere, or only change what it answers."""
_DNSMASQ = re.compile(r"(?:address|server|local)=/(.+)/([^/]*)")
_SAMPLE = 200
LONGEST_LINE: Final = 64 << 10
MOST_NAMES: Final = 1000
"""Of one line."""


def numbered_lines(data: bytes) -> Iterator[tuple[int, str] | Left]:
    """Every line with its number from 1 and without its end; one that is too long is left out."""
    for number, raw in enumerate(io.BytesIO(data), 1):
        if len(raw) > LONGEST_LINE:
            yield left(number, raw[:80].decode("utf-8", "replace"), "line_too_long")
        else:
            yield number, raw.decode("utf-8", "replace").rstrip("\r\n")


class Names:
    """Turns written names into parts, each value once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def told(self, name: str, number: int, original: str = "", note: str = "") -> Told:
        """The part that a name is, or why it is none."""
        plain = _PLAIN.fullmatch(name)
        value = name if plain and plain[1] not in FILE_ENDINGS else ""
        if not value:
            try:
                value = domain(name)
            except ValueFault as fault:
                is_top = "." not in name.strip(".*") and name.strip(".*").replace("-", "").isalnum()
                return left(number, original or name, "whole_top" if is_top else fault.reason)
        if value in self._seen:
            return Left(number, value, "repeated")
        self._seen.add(value)
        return Part(number, "domain", value, original or name, note=note)


class HostsForm:
    """Reads hosts files that lead names to nowhere."""

    name = "hosts"

    def recognises(self, head: bytes, data: bytes) -> bool:  # as every form
        """When nearly every line leads names to an address of the machine itself or to none."""
        return _share(head, _HOSTS_LINE, b"#") >= 0.8

    def read(self, data: bytes, file: str) -> Iterator[Told]:  # as every form
        """Every name of every line."""
        names = Names()
        for one in numbered_lines(data):
            if isinstance(one, Left):
                yield one
                continue
            number, text = one
            words = text.partition("#")[0].split()
            if not words:
                continue
            address, *others = words
            if address not in _SINKS:
                yield left(
                    number, text, "redirected" if others and (":" in address or address[0].isdigit()) else "not_a_value"
                )
                continue
            if not others:
                yield left(number, text, "no_value")
            for name in others[:MOST_NAMES]:
                name = name.lower().rstrip(".")
                yield left(number, name, "own_name") if name in _OWN else names.told(name, number)
            if len(others) > MOST_NAMES:
                yield Left(number, "", "too_many", n=len(others) - MOST_NAMES)


class FilterForm:
    """Reads what filter lists of browsers block as a whole: ``||name^``; rules of parts of pages are counted."""

    name = "filters"

    def recognises(self, head: bytes, data: bytes) -> bool:  # as every form
        """By its first line, or when most lines are ``||name^``."""
        return head.lstrip().lower().startswith((b"[adblock", b"[ublock")) or _share(head, _FILTER_LINE, b"!#") >= 0.6

    def read(self, data: bytes, file: str) -> Iterator[Told]:  # as every form
        """Every blocked name; ``@@||name^`` is allowed."""
        names = Names()
        for one in numbered_lines(data):
            if isinstance(one, Left):
                yield one
                continue
            number, text = one
            bare = text.strip()
            if not bare or bare[0] in "![" or bare.startswith("# "):
                continue
            found = _FILTER.fullmatch(bare)
            if found is not None and found[1]:
                yield left(number, bare, "allowed")
            elif found is None or not all(option.partition("=")[0] in _WHOLE for option in _options(found[3])):
                yield left(number, bare, "page_rule")
            else:
                yield names.told(found[2].lower(), number, bare)


def _options(written: str | None) -> list[str]:
    return written.split(",") if written else []


class DnsmasqForm:
    """Reads what dnsmasq answers itself."""

    name = "dnsmasq"

    def recognises(self, head: bytes, data: bytes) -> bool:  # as every form
        """When nearly every line is ``address=/name/…``."""
        return _share(head, _DNSMASQ_LINE, b"#") >= 0.8

    def read(self, data: bytes, file: str) -> Iterator[Told]:  # as every form
        """Every name that leads nowhere; one that another server is asked for is not blocked."""
        names = Names()
        for one in numbered_lines(data):
            if isinstance(one, Left):
                yield one
                continue
            number, text = one
            bare = text.partition("#")[0].strip()
            if not bare:
                continue
            found = _DNSMASQ.fullmatch(bare)
            if found is None:
                yield left(number, bare, "not_a_value")
            elif found[2] and found[2] not in _SINKS and found[2] != "#":
                yield left(number, bare, "redirected")
            else:
                for name in found[1].split("/")[:MOST_NAMES]:
                    yield names.told(name.lower(), number)


def _share(head: bytes, wanted: re.Pattern[bytes], remarks: bytes) -> float:
    """Which share of the first lines that say something are as ``wanted``."""
    lines = [
        line for line in head.splitlines() if line.strip() and line.lstrip()[:1] not in (remarks[:1], remarks[-1:])
    ]
    sample = lines[:_SAMPLE]
    return sum(bool(wanted.fullmatch(line)) for line in sample) / len(sample) if sample else 0.0
