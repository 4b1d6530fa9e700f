"""Digests and URLs: which listed ones a text column holds.

A digest is found wherever it stands as a whole run of hexadecimal digits, in any case: alone, or inside Sysmon's
``Hashes`` (``MD5=…,SHA256=…``).

A URL without a query covers itself and everything below its path, segment by segment: ``http://evil.example/a`` covers
``https://evil.example/a/b?c=d`` but not ``http://evil.example/ab``; without a path it covers the whole host (not its
subdomains). A URL with a query covers only itself. Scheme, user, fragment and the ports 80 and 443 are not compared, host
names are compared as A-labels, and percent-encoding and dot segments are normalised (RFC 3986 section 6.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import numpy as np
from numpy.typing import NDArray

from vonggac.detectors.indicators import text_kernels
from vonggac.detectors.indicators.domains import DomainIndex, a_labels

_SIZES = (32, 40, 64)  # hexadecimal digits of MD5, SHA-1, SHA-256
_HEX = re.compile(r"[0-9a-f]+")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986 2.3
_SCHEME = re.compile(r"[A-Za-z0-9+.-]+://|//")  # as text_kernels.url_hosts reads it
_IPV6 = re.compile(r"[0-9a-f:.]+")
_HOST = re.compile(r"[^\s.:\[\]]+(\.[^\s.:\[\]]+)*\.?")
_MAX_HOST = 255  # RFC 1035 section 2.3.4
_PORT = re.compile(r"[0-9]{0,5}")
_DEFAULT_PORTS = frozenset({"", "80", "443"})
_MAX_SEGMENTS = 64  # deeper paths are compared by their first segments only


@dataclass(slots=True)
class HashIndex:
    """Finds listed digests. Entry i is the i-th of the digests that :meth:`of` was given."""

    entries: Sequence[str]
    _numbers: list[int]
    _tables: tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int64]]

    @classmethod
    def of(cls, entries: Sequence[str]) -> HashIndex:
        """Index ``entries``; of equal ones the first counts, one that is no digest covers nothing."""
        numbers: dict[str, int] = {}
        for number, entry in enumerate(entries):
            digest = entry.strip().lower()
            if len(digest) in _SIZES and _HEX.fullmatch(digest):
                numbers.setdefault(digest, number)
        digests = sorted(numbers)
        prefixes = np.array([int(digest[:16], 16) for digest in digests], np.uint64)
        bounds = np.zeros(len(digests) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, digests), np.int64, len(digests)), out=bounds[1:])
        tables = (prefixes, np.frombuffer("".join(digests).encode("ascii"), np.uint8), bounds)
        return cls(entries, [numbers[digest] for digest in digests], tables)

    @property
    def tables(self) -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int64]]:
        """What :func:`text_kernels.find_digests` looks in."""
        return self._tables

    def find(
        self, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], list[int]]:
        """Pairs (text i, entry) of all listed digests in ``data[starts[i]:ends[i]]``, in order of text."""
        texts, found = text_kernels.find_digests(data, starts, ends, *self._tables)
        return texts, [self._numbers[number] for number in found.tolist()]


class UrlKey(NamedTuple):
    """What of a URL is compared. ``path`` begins with ``/``; ``query`` is None when there is no ``?``."""

    host: str
    port: str
    path: str
    query: str | None


def _decode_unreserved(found: re.Match[str]) -> str:
    byte = unquote_to_bytes(found.group())[0]
    return chr(byte) if byte in _UNRESERVED else found.group().upper()


def _without_dots(path: str) -> str:
    """Remove dot segments (RFC 3986 section 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def url_key(text: str) -> UrlKey | None:
    """What of the URL ``text`` is compared; None when it has no host."""
    text = text.strip()
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    rest = rest.partition("#")[0]
    cut = next((i for i, char in enumerate(rest) if char in "/?\\"), len(rest))
    authority, tail = rest[:cut].rpartition("@")[2], rest[cut:].replace("\\", "/")
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        port = port.removeprefix(":")
        host = host.lower()
        if not _IPV6.fullmatch(host):
            return None
    else:
        host, _, port = authority.partition(":")
        host = a_labels(host) if _HOST.fullmatch(host) else ""
        if not _HOST.fullmatch(host):
            return None
    if not host or len(host) > _MAX_HOST or not _PORT.fullmatch(port):
        return None
    path, question, query = tail.partition("?")
    path = _without_dots(_PERCENT.sub(_decode_unreserved, path or "/"))
    return UrlKey(
        host,
        "" if port in _DEFAULT_PORTS else port,
        path,
        _PERCENT.sub(_decode_unreserved, query) if question else None,
    )


def _prefixes(path: str) -> Iterator[str]:
    """``path`` without its closing slash and every path above it, the longest first, ``""`` last."""
    segments = path.rstrip("/").split("/")[1 : _MAX_SEGMENTS + 1]
    for n in range(len(segments), -1, -1):
        yield "".join("/" + segment for segment in segments[:n])


@dataclass(slots=True)
class UrlIndex:
    """Finds the listed URLs that cover a URL. Entry i is the i-th of the URLs that :meth:`of` was given."""

    entries: Sequence[str]
    _whole: dict[UrlKey, list[int]]
    _below: dict[tuple[str, str, str], list[int]]
    hosts: DomainIndex
    """The hosts of all entries: few URLs pass this fast test and are then compared as a whole."""
    _memo: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[str]) -> UrlIndex:
        """Index ``entries``; one without a host covers nothing."""
        whole: dict[UrlKey, list[int]] = {}
        below: dict[tuple[str, str, str], list[int]] = {}
        hosts: dict[str, None] = {}
        for number, entry in enumerate(entries):
            key = url_key(entry)
            if key is None:
                continue
            hosts[key.host] = None
            if key.query is None:
                below.setdefault((key.host, key.port, key.path.rstrip("/")), []).append(number)
            else:
                whole.setdefault(key, []).append(number)
        return cls(entries, whole, below, DomainIndex.of(list(hosts)))

    def find_text(self, text: str) -> tuple[int, ...]:
        """The entries that cover the URL ``text``: equal ones first, then the longest path first."""
        found = self._memo.get(text)
        if found is None:
            found = tuple(self._find(text))
            if len(self._memo) < 100_000:
                self._memo[text] = found
        return found

    def _find(self, text: str) -> Iterator[int]:
        key = url_key(text)
        if key is None:
            return
        if key.query is not None:
            yield from self._whole.get(key, ())
        for path in _prefixes(key.path):
            yield from self._below.get((key.host, key.port, path), ())


def host_bounds(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the hosts of the URLs ``data[starts[i]:ends[i]]`` stand in ``data``; empty where there is none."""
    host_starts, host_ends = np.empty(len(starts), np.int64), np.empty(len(starts), np.int64)
    text_kernels.url_hosts(data, starts, ends, host_starts, host_ends)
    return host_starts, host_ends
