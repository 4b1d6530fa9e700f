"""Warninglists in MISP's format: values that must never be acted on blindly.

The format (MISP warninglists, ``schema.json``): an object with ``name``, ``type`` (string, cidr, hostname, substring,
regex), ``list`` and ``matching_attributes``, the MISP attribute types that the list speaks of; none means all.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import re2

from vonggac.detectors.indicators.indicator import Kind
from vonggac.detectors.indicators.values import ValueFault, domain
from vonggac.errors import N_, InputError

MAX_ENTRIES = 5_000_000
_TOUCHED_BITS = 16
_IP_TYPES = frozenset({"ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "domain|ip"})
_ATTRIBUTES: dict[Kind, frozenset[str]] = {
    "ipv4": _IP_TYPES,
    "ipv6": _IP_TYPES,
    "cidr": _IP_TYPES,
    "range": _IP_TYPES,
    "domain": frozenset({"domain", "hostname", "domain|ip", "hostname|port"}),
    "url": frozenset({"url", "uri", "link"}),
    "md5": frozenset({"md5", "filename|md5"}),
    "sha1": frozenset({"sha1", "filename|sha1"}),
    "sha256": frozenset({"sha256", "filename|sha256"}),
}
_PHP_REGEX = re.compile(r"([/#~@])(.*)\1([imsux]*)", re.DOTALL)


@dataclass(slots=True)
class _Networks:
    """Networks of one IP version: first address to the names per prefix length, and all of them sorted.

    ``touched``: the first 16 bits of every address in them, so that most questions end at once.
    """

    width: int
    by_prefix: dict[int, dict[int, tuple[str, ...]]] = field(default_factory=dict)
    firsts: list[int] = field(default_factory=list)
    names: list[tuple[str, ...]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)

    def add(self, first: int, prefix: int, name: str) -> None:
        """List the network of ``prefix`` bits at ``first`` under ``name``."""
        at = self.by_prefix.setdefault(prefix, {})
        key = first >> (self.width - prefix)
        known = at.get(key, ())
        if name not in known:
            at[key] = (*known, name)

    def close(self) -> None:
        """Sort what was added; call once, before any question."""
        pairs = [
            (key << (self.width - prefix), names)
            for prefix, entries in self.by_prefix.items()
            for key, names in entries.items()
        ]
        pairs.sort()
        self.firsts = [first for first, _ in pairs]
        self.names = [names for _, names in pairs]
        for prefix, entries in self.by_prefix.items():
            for key in entries:
                if prefix >= _TOUCHED_BITS:
                    self.touched.add(key >> (prefix - _TOUCHED_BITS))
                else:
                    n_bits = _TOUCHED_BITS - prefix
                    self.touched.update(range(key << n_bits, (key + 1) << n_bits))

    def overlapping(self, first: int, last: int) -> set[str]:
        """The names of all networks that share an address with ``first`` to ``last``."""
        found: set[str] = set()
        if first == last and first >> (self.width - _TOUCHED_BITS) not in self.touched:
            return found
        for prefix, entries in self.by_prefix.items():
            if names := entries.get(first >> (self.width - prefix)):
                found.update(names)
        if last > first:
            for at in range(bisect_left(self.firsts, first), len(self.firsts)):
                if self.firsts[at] > last:
                    break
                found.update(self.names[at])
        return found


class Warninglists:
    """Loaded warninglists. Immutable after :meth:`load`; ``skipped`` are (list, what was left out of it)."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        self._attributes: dict[str, frozenset[str]] = {}
        self._networks = {4: _Networks(32), 6: _Networks(128)}
        self._exact: dict[str, tuple[str, ...]] = {}
        self._hosts: dict[str, tuple[str, ...]] = {}
        self._substrings: list[tuple[str, str]] = []
        self._patterns: list[tuple[Any, str]] = []

    @classmethod
    def load(cls, files: Iterable[tuple[str, bytes]]) -> Warninglists:
        """Read lists from ``(file name, JSON bytes)``; raises InputError naming the file that is no warninglist."""
        lists = cls()
        for file, data in files:
            lists._add_file(file, data)
        for networks in lists._networks.values():
            networks.close()
        return lists

    def names_for(self, kind: Kind, value: str) -> tuple[str, ...]:
        """The names of the lists that hold ``value`` (a normalised indicator value of ``kind``), sorted.

        A network or range is held when a listed one shares an address with it; a domain when it or a parent is listed;
        a URL also when its host is.
        """
        found: set[str] = set()
        if kind in ("ipv4", "ipv6", "cidr", "range"):
            found.update(self._for_addresses(value))
        elif kind == "domain":
            found.update(self._for_host(value))
        elif kind == "url":
            host = urlsplit(value).hostname or ""
            found.update(self._for_host(host))
            if host and not found:
                found.update(self._for_addresses(host))
        found.update(self._exact.get(value.lower(), ()))
        if self._substrings or self._patterns:
            found.update(name for part, name in self._substrings if part in value)
            found.update(name for pattern, name in self._patterns if pattern.search(value))
        if not found:
            return ()
        spoken = _ATTRIBUTES[kind]
        return tuple(sorted(name for name in found if not self._attributes[name] or self._attributes[name] & spoken))

    def _for_addresses(self, value: str) -> set[str]:
        try:
            first, last, version = _span(value)
        except (ValueError, OSError):
            return set()
        return self._networks[version].overlapping(first, last)

    def _for_host(self, host: str) -> set[str]:
        found: set[str] = set()
        while host:
            found.update(self._hosts.get(host, ()))
            host = host.partition(".")[2]
        return found

    def _add_file(self, file: str, data: bytes) -> None:
        try:
            raw = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise InputError(N_("not a warninglist: not valid JSON"), where=file) from error
        entries = raw.get("list") if isinstance(raw, dict) else None
        if not isinstance(entries, list) or not isinstance(raw.get("name"), str):
            raise InputError(N_("not a warninglist: an object with “name”, “type” and “list” was expected"), where=file)
        name, kind = raw["name"], raw.get("type", "string")
        adders: dict[str, Callable[[str, str], None]] = {
            "cidr": self._add_network, "string": self._add_string, "hostname": self._add_host,
            "substring": self._add_substring, "regex": self._add_regex,
        }  # fmt: skip
        add = adders.get(kind)
        if add is None:
            self.skipped.append((name, f"type {kind!r}"))
            return
        self.names.append(name)
        attributes = raw.get("matching_attributes") or []
        # Two lists of one name speak of what either speaks of.
        known = self._attributes.get(name)
        spoken = frozenset(map(str, attributes))
        self._attributes[name] = spoken if known is None else (known | spoken if known and spoken else frozenset())
        self._add_all(name, entries[:MAX_ENTRIES], add)

    def _add_all(self, name: str, entries: Sequence[object], add: Callable[[str, str], None]) -> None:
        for entry in entries:
            try:
                if isinstance(entry, str) and entry.strip():
                    add(entry.strip(), name)
            except (ValueError, ValueFault, re2.error) as error:
                self.skipped.append((name, f"{entry!r}"[:80] + f": {error}"[:120]))

    def _add_network(self, entry: str, name: str) -> None:
        network = ipaddress.ip_network(entry, strict=False)
        self._networks[network.version].add(int(network.network_address), network.prefixlen, name)

    def _add_string(self, entry: str, name: str) -> None:
        key = entry.lower()
        self._exact[key] = (*self._exact.get(key, ()), name)
        if entry[-1:].isdigit() or ":" in entry:
            try:  # an address in a list of strings is found under any way of writing it
                self._add_network(entry, name)
            except ValueError:
                return

    def _add_host(self, entry: str, name: str) -> None:
        key = entry.lower().strip(".")
        key = key if key.isascii() else domain(key)
        self._hosts[key] = (*self._hosts.get(key, ()), name)

    def _add_substring(self, entry: str, name: str) -> None:
        self._substrings.append((entry, name))

    def _add_regex(self, entry: str, name: str) -> None:
        found = _PHP_REGEX.fullmatch(entry)
        body, flags = (found.group(2), found.group(3)) if found else (entry, "")
        letters = "".join(sorted(set(flags) & set("ims")))
        self._patterns.append((re2.compile(f"(?{letters}){body}" if letters else body), name))


def _span(value: str) -> tuple[int, int, int]:
    if "/" not in value and "-" not in value and ":" not in value:
        number = int.from_bytes(socket.inet_pton(socket.AF_INET, value), "big")
        return number, number, 4
    first, dash, last = value.partition("-")
    if dash:
        begin, end = ipaddress.ip_address(first), ipaddress.ip_address(last)
        return int(begin), int(end), begin.version
    network = ipaddress.ip_network(value)
    return int(network.network_address), int(network.broadcast_address), network.version
