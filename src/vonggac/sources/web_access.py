"""Access logs of Apache and nginx: common, combined and vhost_combined, with what a site appends to them.

Fields have the names of the W3C extended log format, which Sigma's web server rules use. ``cs-uri`` is the target as the
server wrote it; ``cs-uri-stem`` and ``cs-uri-query`` are its parts. Where a part has percent escapes it has two values, as
written and decoded once: about a quarter of the rules look for escaped text, the others for plain text, and an attacker
chooses which of them the log holds. ``-`` means absent. A request that is not HTTP has ``cs-uri`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote, unquote_plus

import numpy as np
from numpy.typing import NDArray

from vonggac.events.batch import EventBatch, Shape
from vonggac.sources.derived import Derived
from vonggac.sources.excerpts import Lines
from vonggac.sources.line_kernels import survey_access
from vonggac.sources.lines import RawLines, SkipCounter, frame_lines, head_lines, text_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader

# mod_log_config and ngx_http_log_module: [vhost] client identity user [time] "request" status bytes ["referer" "agent"].
# A client that has a name or address holds a dot or a colon; so a missing vhost is told from a user with blanks.
_QUOTED = r'"((?:[^"\\]++|\\.)*+)"'
_LINE = re.compile(
    r"(?:(\S+) (?=[^ ]*[.:][^ ]* \S+ ))?(\S+) (\S+) ([^\[]*?) \[([^\]]{10,40})\] "
    + _QUOTED
    + r" (\d{3}|-) (\d+|-)(?: "
    + _QUOTED
    + " "
    + _QUOTED
    + r")?(.*)",
    re.DOTALL,
)
_REQUEST = re.compile(r"([A-Za-z][A-Za-z_-]*) +(.+?)(?: +(HTTP/\d(?:\.\d)?))?", re.DOTALL)
_FORWARDED = re.compile(r'\s+"((?:[^"\\]++|\\.)*+)"')

_SURE = re.compile(r'(?:\S+ )?\S+ \S+ .*?\[\d{1,2}/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "')

Request = tuple[str | None, str | None, str | None]


def _request(text: str) -> Request:
    """Method, target and protocol; of what is no request only the text, as target."""
    parts = text.split(" ")
    if len(parts) == 3 and parts[2].startswith("HTTP/") and parts[0].isalpha():
        return parts[0], parts[1], parts[2]
    found = _REQUEST.fullmatch(text)
    if found and (found[3] or found[2].startswith("/")):
        return found[1], found[2], found[3]
    return None, (None if text in ("", "-") else text), None


def _stem(request: Request) -> object:
    method, target, _ = request
    if method is None or target is None:
        return None
    stem = target.partition("?")[0]
    if "%" in stem and (decoded := unquote(stem)) != stem:
        return [stem, decoded]
    return stem


def _query(request: Request) -> object:
    method, target, _ = request
    if method is None or target is None:
        return None
    _, mark, query = target.partition("?")
    if not mark:
        return None
    if ("%" in query or "+" in query) and (decoded := unquote_plus(query)) != query:
        return [query, decoded]
    return query


def _part(index: int) -> Callable[[Request], object]:
    return lambda request: request[index]


def _present(value: str) -> str | None:
    return None if value in ("-", "") else value


def _client_host(vhost: str) -> str:
    host, colon, port = vhost.rpartition(":")
    return host if colon and port.isdigit() else vhost


def _forwarded(rest: str) -> str | None:
    """What nginx's "main" format appends: the X-Forwarded-For header."""
    found = _FORWARDED.match(rest)
    return _present(found[1]) if found else None


class WebAccessSource:
    """Reads access logs of web servers."""

    name = "web_access"
    title = "Apache and nginx access logs (common, combined, vhost_combined)"

    def sniff(self, head: bytes, filename: str) -> int:
        """At most 95, by how many of the first lines have a time in brackets and a request in quotes."""
        del filename
        lines = head_lines(head)
        if not lines:
            return 0
        known = sum(1 for line in lines if _SURE.match(line) and _LINE.match(line))
        return 95 * known // len(lines) if known * 2 > len(lines) else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole lines."""
        return frame_lines(stream, block_bytes=block_bytes)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per line; records are line numbers."""
        skips = SkipCounter(block.skipped)
        groups: dict[tuple[bool, bool, bool], tuple[list[tuple[str | None, ...]], list[int]]] = {}
        match = _LINE.match
        for record, line in enumerate(text_lines(block.data), block.first_record):
            found = match(line)
            if found is None:
                if line and not line.isspace():
                    skips.add("unknown_line", record, line[:80])
                continue
            row = found.groups()
            kind = (row[0] is not None, row[8] is not None, bool(row[10]))
            group = groups.get(kind)
            if group is None:
                group = groups[kind] = ([], [])
            group[0].append(row)
            group[1].append(record)
        shapes = [_shape(*kind, rows, records) for kind, (rows, records) in groups.items()]
        return EventBatch(self.name, shapes, options.zone, RawLines(block), skips.skips(), options.year)

    def survey(self, lines: Lines, context: bytes) -> NDArray[np.uint8]:
        """What has the parts up to the status is an event."""
        return survey_access(lines.data, lines.starts, lines.ends)


def _shape(
    has_vhost: bool, is_combined: bool, has_rest: bool, rows: Sequence[tuple[str | None, ...]], records: Sequence[int]
) -> Shape:
    vhost, client, identity, user, date, request, status, size, referer, agent, rest = zip(*rows, strict=True)
    requests = Derived(_request, request)
    columns: dict[str, Sequence[object]] = {
        "c-ip": client,
        "cs-ident": Derived(_present, identity),
        "cs-username": Derived(_present, user),
        "date": date,
        "cs-method": Derived(_part(0), requests),
        "cs-uri": Derived(_part(1), requests),
        "cs-uri-stem": Derived(_stem, requests),
        "cs-uri-query": Derived(_query, requests),
        "cs-version": Derived(_part(2), requests),
        "sc-status": Derived(_present, status),
        "sc-bytes": Derived(_present, size),
    }
    if has_vhost:
        columns["cs-host"] = Derived(_client_host, vhost)
    if is_combined:
        columns["cs-referer"] = Derived(_present, referer)
        columns["cs-user-agent"] = Derived(_present, agent)
    if has_rest:
        columns["x-forwarded-for"] = Derived(_forwarded, rest)
        columns["rest"] = Derived(str.strip, rest)
    return Shape(tuple(columns), list(columns.values()), records)


SOURCE = WebAccessSource()
