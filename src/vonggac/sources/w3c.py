"""Logs of web servers and proxies in the W3C extended format: IIS, HTTP.sys (HTTPERR), Blue Coat, CloudFront; Exchange's too.

Beside the native fields (see :mod:`vonggac.sources.w3c_tables`) an event has ``cs-uri``, put together where the log holds its
parts, and ``cs-uri-stem`` and ``cs-uri-query``, cut out where it holds the whole. As in ``web_access``, what has percent escapes
has two values, as written and decoded once; IIS writes ``+`` for the blanks of a header, so a user agent, a referrer and a
cookie have two as well: with blanks and as written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote, unquote_plus

from vonggac.events.batch import EventBatch
from vonggac.sources import w3c_tables
from vonggac.sources.derived import Derived
from vonggac.sources.lines import head_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.w3c_tables import Columns

_HEADERS = ("cs-user-agent", "cs-referer", "cs-cookie")


def _both(value: object) -> object:
    """As written and with its percent escapes undone."""
    if isinstance(value, str) and "%" in value and (decoded := unquote(value)) != value:
        return [value, decoded]
    return value


def _query(value: object) -> object:
    if not isinstance(value, str):
        return value
    value = value.removeprefix("?")  # Blue Coat writes it
    if ("%" in value or "+" in value) and (decoded := unquote_plus(value)) != value:
        return [value, decoded]
    return value


def _header(value: object) -> object:
    """A header with its blanks; a plus sign of its own has become a second one, before which there was a blank."""
    if not isinstance(value, str) or " " in value:
        return value
    if "+" in value:
        return [value.replace("++", " \0").replace("+", " ").replace("\0", "+"), value]
    return _both(value)


def _stem_of(uri: object) -> object:
    if not isinstance(uri, str):
        return None
    path = uri.partition("?")[0]
    _, has_host, rest = path.partition("://")
    return _both(path if not has_host else "/" + rest.partition("/")[2])


def _query_of(uri: object) -> object:
    return (_query(uri.partition("?")[2]) or None) if isinstance(uri, str) else None


def _first(value: object) -> str:
    return "" if value is None else str(value)


class _Uris(Derived):
    """The URI of each row, of its parts."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Sequence[object]], n_rows: int) -> None:
        self._parts = parts
        super().__init__(self._uri, range(n_rows))

    def _uri(self, row: int) -> object:
        scheme, host, port, path, query = (_first(part[row]) for part in self._parts)
        if not path and not host:
            return None
        where = f"{scheme}://{host}" if scheme and host else host if not path else ""
        if where and port and (scheme, port) not in {("http", "80"), ("https", "443")}:
            where += f":{port}"
        return where + path + (f"?{query.removeprefix('?')}" if query else "")


def _add_web_fields(columns: Columns, n_rows: int) -> None:
    """Add what is derived of the parts of a request."""
    absent: Sequence[object] = [None] * n_rows
    path = columns.get("cs-uri-stem", columns.get("cs-uri-path"))
    if "cs-uri" in columns:
        columns.setdefault("cs-uri-stem", Derived(_stem_of, columns["cs-uri"]))
        columns.setdefault("cs-uri-query", Derived(_query_of, columns["cs-uri"]))
    elif path is not None:
        whole = "cs-uri-path" in columns  # a proxy's: the host is part of what was asked for
        parts = [columns.get(name, absent) if whole else absent for name in ("cs-uri-scheme", "cs-host", "cs-uri-port")]
        columns["cs-uri"] = _Uris([*parts, path, columns.get("cs-uri-query", absent)], n_rows)
        columns["cs-uri-stem"] = Derived(_both, path)
    if isinstance(query := columns.get("cs-uri-query"), Sequence) and "cs-uri" in columns and path is not None:
        columns["cs-uri-query"] = Derived(_query, query)
    for name in _HEADERS:
        if name in columns:
            columns[name] = Derived(_header, columns[name])


class W3cSource:
    """Reads W3C extended logs of web servers and proxies."""

    name = "w3c"
    title = "W3C extended logs (IIS, HTTPERR, Blue Coat, CloudFront, Exchange)"

    def sniff(self, head: bytes, filename: str) -> int:
        """90 when one of the first lines is ``#Fields:``."""
        del filename
        lines = head_lines(head, 20)
        return 90 if lines and lines[0].startswith("#") and any(line.startswith("#Fields:") for line in lines) else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole lines, with the directives in force as context."""
        return w3c_tables.frame(stream, block_bytes=block_bytes)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per line; records are line numbers."""
        return w3c_tables.decode(self.name, block, options, _add_web_fields)


SOURCE = W3cSource()
