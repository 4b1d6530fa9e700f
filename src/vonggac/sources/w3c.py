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


class _Repeated(Derived):
    """Values that occur often: each is computed once."""

    __slots__ = ()

    def _values(self) -> list[object]:
        if self._all is None:
            known = {value: self._function(value) for value in set(self._base)}
            self._all = [known[value] for value in self._base]
        return self._all


def _first(value: object) -> str:
    return "" if value is None else str(value)


_NO_HOST = (None, None, None)


class _Uris(Derived):
    """The URI of each row, of its parts."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Sequence[object]], n_rows: int) -> None:
        self._parts = parts
        super().__init__(self._of, range(n_rows))

    def _values(self) -> list[object]:
        if self._all is None:
            self._all = list(map(_uri, *self._parts))
        return self._all

    def _of(self, row: int) -> object:
        return _uri(*(part[row] for part in self._parts))


def _uri(*parts: object) -> object:
    """A URI of its scheme, host, port, path and query."""
    if parts[:3] == _NO_HOST:
        _, _, _, path, query = parts
        return path if query is None or path is None else f"{path}?{query}"
    scheme, host, port, path, query = map(_first, parts)
    if not path and not host:
        return None
    where = f"{scheme}://{host}" if scheme and host else host if not path else ""
    if where and port and (scheme, port) not in {("http", "80"), ("https", "443")}:
        where += f":{port}"
    return where + path + (f"?{query.removeprefix('?')}" if query else "")


def _add_web_fields(columns: Columns, n_rows: int) -> None:
    """Add what is derived of the parts of a request, and what its escapes mean."""
    absent: Sequence[object] = [None] * n_rows
    uri, query = columns.get("cs-uri"), columns.get("cs-uri-query")
    path = columns.get("cs-uri-stem", columns.get("cs-uri-path"))
    if uri is None and path is not None:
        # A proxy's log has the path under a name of its own; there the host is part of what was asked for.
        where = ("cs-uri-scheme", "cs-host", "cs-uri-port") if "cs-uri-path" in columns else ()
        parts = [columns.get(name, absent) for name in where] or [absent] * 3
        columns["cs-uri"] = _Uris([*parts, path, absent if query is None else query], n_rows)
    if path is not None:
        columns["cs-uri-stem"] = _Repeated(_both, path)
    elif uri is not None:
        columns["cs-uri-stem"] = _Repeated(_stem_of, uri)
    if query is not None:
        columns["cs-uri-query"] = _Repeated(_query, query)
    elif uri is not None:
        columns["cs-uri-query"] = _Repeated(_query_of, uri)
    for name in _HEADERS:
        if name in columns:
            columns[name] = _Repeated(_header, columns[name])


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
