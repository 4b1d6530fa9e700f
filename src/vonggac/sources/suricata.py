r"""Suricata's EVE log: one JSON object per line, all event types (Suricata User Guide, "EVE JSON Format").

Fields keep Suricata's names, those of objects dotted (``src_ip``, ``dns.rrname``, ``alert.signature``); a value in a list of
objects goes by the name of its key (``dns.answers.rdata``). The three layouts of DNS (``dns.rrname``; ``dns.answers[]`` with
``dns.grouped``; ``dns.queries[]``) keep their own names; ``routing.yml`` gives them the common ones.

EVE writes a request's host and path apart, while rules of proxies ask for the URL as one. Events with ``http.url`` also have
``c-uri`` (the whole URL), ``c-uri-query`` and ``c-uri-extension``, made only when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vonggac.errors import N_
from vonggac.events.batch import EventBatch, Shape, Spans, encode, own_texts, resolve
from vonggac.sources.derived import Derived
from vonggac.sources.json_documents import first_object, frame_json
from vonggac.sources.json_lines import SkipRecord, parse_object, read_objects
from vonggac.sources.lines import RawLines, SkipCounter, head_lines
from vonggac.sources.message_patterns import Fields as MessageFields
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.token_batch import Fields, Path, TokenBatch, Tokens

_SIGNS = frozenset({"flow_id", "src_ip", "dest_ip", "pcap_cnt", "in_iface"})
_MARK_CHARACTERS = 16  # "@cee: " may stand before the object
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,15}://")
_EXTENSION = re.compile(r"\.([A-Za-z0-9_]{1,12})$")


def _url(host: str, url: str) -> str:
    """The whole URL: as it was asked of a proxy, else ``http://`` with the host; ``host:port`` of a CONNECT is itself."""
    if not host or not url.startswith("/"):
        return url
    return f"http://{host}{url}"


def _query(host: str, url: str) -> str | None:
    del host
    return url.partition("#")[0].partition("?")[2] or None


def _extension(host: str, url: str) -> str | None:
    del host
    scheme = _SCHEME.match(url)
    path = url[scheme.end() :].partition("/")[2] if scheme else url
    found = _EXTENSION.search(path.partition("#")[0].partition("?")[0])
    return found[1] if found else None


_MADE: Mapping[str, Callable[[str, str], str | None]] = {
    "c-uri": _url,
    "c-uri-query": _query,
    "c-uri-extension": _extension,
}
"""Field to how it is made of ``http.hostname`` and ``http.url``."""


def _made(make: Callable[[str, str], str | None], http: object) -> str | None:
    """The field of an event whose ``http`` is this; None without a URL."""
    url = next(own_texts(resolve(http, ("url",))), "")
    return make(next(own_texts(resolve(http, ("hostname",))), ""), url) if url else None


def eve(message: str) -> MessageFields | None:
    """An EVE event as a syslog message, which is how firewalls hand it on: its keys, objects whole."""
    start = message.find("{", 0, _MARK_CHARACTERS)
    if start < 0 or message.find('"event_type"', start) < 0:
        return None
    try:
        event = _event(message[start:].encode("utf-8", "replace"))
    except SkipRecord:
        return None
    if not isinstance(event.get("event_type"), str):
        return None
    return tuple(event), tuple(event.values())  # type: ignore[arg-type]  # a column holds objects too


def _event(raw: bytes) -> dict[str, object]:
    event = parse_object(raw)
    for name, make in _MADE.items():
        if (value := _made(make, event.get("http"))) is not None:
            event.setdefault(name, value)
    return event


class _SuricataBatch(TokenBatch):
    """EVE events by the fast reader."""

    __slots__ = ()

    def _is_made(self, name: str) -> bool:
        return name in _MADE or super()._is_made(name)

    def _made(self, name: str) -> Spans:
        make = _MADE.get(name)
        if make is None:
            return super()._made(name)
        urls, hosts = self.column("http.url"), self.column("http.hostname")
        first_host: dict[int, str] = {}
        for row, host in zip(hosts.rows.tolist(), hosts.texts(), strict=True):
            first_host.setdefault(row, host)
        first_url: dict[int, str] = {}
        for row, url in zip(urls.rows.tolist(), urls.texts(), strict=True):
            first_url.setdefault(row, url)
        values = [make(first_host.get(row, ""), url) if url else None for row, url in first_url.items()]
        return Spans.of(encode(values, np.fromiter(first_url, np.int32, len(first_url))))


class SuricataSource:
    """Reads EVE JSON lines."""

    name = "suricata"
    title = N_("Suricata's EVE log (JSON), all event types")

    def sniff(self, head: bytes, filename: str) -> int:
        """95 when the first objects are EVE events, also as an array or written over several lines."""
        del filename
        lines = head_lines(head, 5)
        if not lines or lines[0].lstrip()[:1] not in ("{", "["):
            return 0
        if any(map(_is_eve_line, lines)):
            return 95
        first = first_object(head)
        return 95 if first is not None and _is_eve(first) else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole lines."""
        return frame_json(stream, block_bytes=block_bytes)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per line; records are line numbers."""
        raw = RawLines(block)
        if (batch := _read_tokens(block, options, raw)) is not None:
            return batch
        skips = SkipCounter(block.skipped)
        shapes = EventBatch.from_dicts(self.name, read_objects(block, skips)).shapes
        return EventBatch(self.name, [_with_made(shape) for shape in shapes], options.zone, raw, skips.skips())


def _is_eve_line(line: str) -> bool:
    try:
        return _is_eve(parse_object(line.encode("utf-8", "replace")))
    except SkipRecord:
        return False


def _is_eve(event: Mapping[str, object]) -> bool:
    kind = event.get("event_type")
    if not isinstance(kind, str) or not isinstance(event.get("timestamp"), str):
        return False
    return isinstance(event.get(kind), dict | list) or not _SIGNS.isdisjoint(event)


def _read_tokens(block: Block, options: Options, raw: RawLines) -> EventBatch | None:
    """``block`` by the fast reader; None when a line has to be read otherwise."""
    tokens = Tokens.read(block.data) if block.data.lstrip()[:1] == b"{" else None
    if tokens is None or not tokens.n_rows or any(map(_is_unusual, tokens.paths)):
        return None
    skips = SkipCounter(block.skipped)
    for line in tokens.left.tolist():
        number = block.first_record + line
        text = raw(number)
        if not text or text.isspace():
            continue
        try:
            parse_object(text)
        except SkipRecord as skip:
            skips.add(skip.reason, number, skip.detail)
        else:
            return None
    tokens_of: dict[str, NDArray[np.int32]] = {
        ".".join(path): tokens.of(n) for n, path in enumerate(tokens.paths) if path
    }
    return _SuricataBatch(
        SOURCE.name,
        tokens,
        Fields(tokens_of, {}, np.zeros(len(tokens.paths), np.bool_), _event),
        first_record=block.first_record,
        zone=options.zone,
        raw_of=raw,
        skipped=skips.skips(),
    )


def _is_unusual(path: Path) -> bool:
    """Whether a field could have the name of another one."""
    return any("." in key or not key for key in path) or (path[:1] != () and path[0] in _MADE)


def _with_made(shape: Shape) -> Shape:
    """``shape`` with the fields made of its URL."""
    if "http" not in shape.keys:
        return shape
    http = shape.columns[shape.keys.index("http")]
    names = [name for name in _MADE if name not in shape.keys]
    made: list[Sequence[object]] = [Derived(partial(_made, _MADE[name]), http) for name in names]
    return Shape((*shape.keys, *names), [*shape.columns, *made], shape.records)


SOURCE = SuricataSource()
