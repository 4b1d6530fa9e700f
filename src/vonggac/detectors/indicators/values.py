"""Written indicators to normal values: defanged, with ports, in brackets, several in one cell."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import idna

from vonggac.detectors.indicators.indicator import Kind

MIN_PREFIX_V4 = 8
MIN_PREFIX_V6 = 16
MAX_CELL_CHARACTERS = 20_000
MAX_VALUE_CHARACTERS = 4_096
MAX_VALUES = 1_000


class Value(NamedTuple):
    """One value. ``scope`` is empty, or why the address is not one of the public internet (a key of FAULTS)."""

    kind: Kind
    value: str
    original: str
    port: int | None = None
    scope: str = ""


class ValueFault(Exception):  # named for what it is, as Fault is
    """A text that is no value: ``reason`` is a key of FAULTS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CellValues(NamedTuple):
    """What one cell holds: its values, and (text, reason) of what looks like a value and is none."""

    values: tuple[Value, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()


# RFC 6890 and its registries. Documentation (RFC 5737, 3849) and benchmarking (RFC 2544) ranges are left in on purpose:
# they are never routed, so they hit nothing by accident, and exercises are written with them.
_SPECIAL = [
    (int(net.network_address), int(net.broadcast_address), net.version, scope)
    for text, scope in (
        ("0.0.0.0/8", "unspecified"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "shared"), ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link_local"), ("172.16.0.0/12", "private"), ("192.168.0.0/16", "private"),
        ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"), ("::/128", "unspecified"), ("::1/128", "loopback"),
        ("fc00::/7", "private"), ("fe80::/10", "link_local"), ("fec0::/10", "private"), ("ff00::/8", "multicast"),
    )
    for net in [ipaddress.ip_network(text)]
]  # fmt: skip

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
# without the first octets that have special ranges in them: those take the longer way
_PLAIN_IPV4 = re.compile(rf"(?!(?:0|10|100|127|169|172|192|22[4-9]|2[345]\d)\.){_OCTET}(?:\.{_OCTET}){{3}}")
_IPV4_LIKE = re.compile(r"\d{1,4}(?:\.\d{1,4}){3}")
_IPV4_PORT = re.compile(r"(\d{1,4}(?:\.\d{1,4}){3})[:#](\d{1,6})/?(?:tcp|udp)?", re.IGNORECASE)
_IPV6_BRACKETS = re.compile(r"\[([0-9a-fA-F:.]+)(?:%[\w.\-]*)?\](?::(\d{1,6}))?(/\d{1,3})?")
_IPV6_LIKE = re.compile(r"(?=.*:.*:)[0-9a-fA-F:]*(?::\d{1,3}(?:\.\d{1,3}){3})?(?:%[\w.\-]+)?")
_WILDCARD = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})((?:\.[*xX])+)")
_SHORT_RANGE = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.)(\d{1,3})-(\d{1,3})")
_HASH = re.compile(r"[0-9a-fA-F]{32,128}")
_HASHES: dict[int, Kind] = {32: "md5", 40: "sha1", 64: "sha256"}
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]{1,15}://")
_LABEL = r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9\-]{{1,59}})")
_HOST_PORT = re.compile(r"(?P<host>[^\s/:@]+\.[^\s/:@]+):(?P<port>\d{1,6})")
FILE_ENDINGS = frozenset(
    "exe dll sys bat cmd vbs ps1 txt doc docx xls xlsx ppt pptx pdf jpg jpeg png gif tmp dat log lnk scr hta jar rar php "
    "asp aspx jsp html htm csv json xml".split()
)

_DEFANG = re.compile(
    r"(?P<dot>\s?(?:\[(?:\.|dot|,)\]|\((?:\.|dot)\)|\{(?:\.|dot)\}|\[\.|(?<=\w)\.\]|\\\.)\s?)"
    r"|(?P<scheme>\bh(?:xx|XX|tt|\*\*)p(?P<tls>s?)(?=\W{0,3}:))|(?P<ftp>\bfxp(?=s?\W{0,3}:))"
    r"|(?P<slashes>\[://\]|:\\/\\/)|(?P<colon>\[:\]|\(:\)|\[:(?=//))|(?P<slash>\[/\]|\(/\))|(?P<at>\[(?:@|at)\]|\(at\))",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_IP_END = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}:[0-9a-fA-F:]+)"
_SPACED_RANGE = re.compile(rf"(?<=[\da-fA-F:])\s*(?:[-–—÷~]|\bđến\b|\btới\b|\bden\b|\bto\b)\s*(?={_IP_END})")
_SPACED_SHORT = re.compile(r"(?<![\d.])((?:\d{1,3}\.){3}\d{1,3})\s*[-–—÷~]\s*(?=\d{1,3}(?![\d./:]))")
_SPACED_PREFIX = re.compile(r"(?<=[\da-fA-F:])\s*/\s*(?=\d{1,3}(?![\d.]))")
_WORD_PORT = re.compile(r"\b(?:port|ports|cổng|cong)\s*[:=]?\s*(\d{1,6})\b", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s,;|]+")
_EDGES = "\"'`<>“”‘’«»"


def parse_cell(text: str) -> CellValues:
    """All values in ``text``, in order. Words between values are passed over; what looks like a value must be one."""
    if value := plain_ipv4(text):
        return CellValues((value,))
    values: list[Value] = []
    faults: list[tuple[str, str]] = []
    words: list[str] = []
    for token, original in _tokens(text[:MAX_CELL_CHARACTERS]):
        try:
            values.append(parse_value(token, original))
        except ValueFault as fault:
            (words if fault.reason == "not_a_value" else faults).append(original)  # type: ignore[arg-type]
            if fault.reason != "not_a_value":
                faults[-1] = (original, fault.reason)
        if len(values) >= MAX_VALUES:
            break
    if not values and not faults and words:
        faults.append((text.strip(), "not_a_value"))
    if len(values) == 1 and values[0].port is None and (found := _WORD_PORT.search(text)):
        values[0] = values[0]._replace(port=_port(found.group(1)) if int(found.group(1)) < 65536 else None)
    return CellValues(tuple(values), tuple(faults))


def plain_ipv4(text: str) -> Value | None:
    """The value of a text that is nothing but a public IPv4 address, for speed: most cells of most lists are."""
    if _PLAIN_IPV4.fullmatch(text):
        return Value("ipv4", text, text)
    return None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """The pieces of ``text`` that may be values: made readable, and as they were written (as near as can be)."""
    written = _SEPARATORS.split(text.strip())
    readable = refang(text)
    readable = _SPACED_RANGE.sub("-", readable)
    readable = _SPACED_SHORT.sub(r"\1-", readable)
    readable = _SPACED_PREFIX.sub("/", readable)
    pieces = [piece for piece in _SEPARATORS.split(readable) if piece]
    for number, piece in enumerate(pieces):
        original = text.strip() if len(pieces) == 1 else written[number] if len(written) == len(pieces) else piece
        yield _trim(piece), original


def _trim(piece: str) -> str:
    piece = piece.strip(_EDGES).rstrip(".,;!?")
    if piece.endswith(":") and not piece.endswith("::"):
        piece = piece[:-1]
    for opening, closing in ("()", "{}", "[]"):
        if piece.startswith(opening) and piece.endswith(closing):
            inner = piece[1:-1]
            piece = piece if opening == "[" and ":" in inner else inner
        elif piece.endswith(closing) and opening not in piece:
            piece = piece[:-1]
        elif piece.startswith(opening) and closing not in piece:
            piece = piece[1:]
    return piece.strip(_EDGES)


def refang(text: str) -> str:
    """Undo what keeps an indicator from being clicked: ``hxxp``, ``[.]``, ``(dot)``, ``[:]//``, invisible characters."""
    text = _INVISIBLE.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_WIDE)
    return _DEFANG.sub(_refang_one, text)


_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3002: ord("."), 0xFF61: ord("."), 0xA0: ord(" ")}


def _refang_one(found: re.Match[str]) -> str:
    if found["dot"]:
        return "."
    if found["scheme"]:
        return "http" + found["tls"].lower()
    if found["ftp"]:
        return "ftp"
    if found["colon"]:
        return ":"
    if found["slashes"]:
        return "://"
    return "/" if found["slash"] else "@"


def parse_value(text: str, original: str = "") -> Value:
    """The one value that refanged ``text`` is; raises ValueFault with the reason when it is none."""
    original = original or text
    if len(text) > MAX_VALUE_CHARACTERS:
        raise ValueFault("not_a_value")
    if _SCHEME.match(text):
        return _url(text, original)
    if (found := _hash(text, original)) or (found := _ipv4(text, original)) or (found := _ipv6(text, original)):
        return found
    if "@" in text:
        raise ValueFault("email" if "." in text.rpartition("@")[2] else "not_a_value")
    if "/" in text and "." in text.partition("/")[0] and not text.startswith(("/", ".")):
        return _url("http://" + text, original)
    port = None
    if match := _HOST_PORT.fullmatch(text):
        text, port = match["host"], _port(match["port"])
    return Value("domain", domain(text), original, port)


def _hash(text: str, original: str) -> Value | None:
    if not _HASH.fullmatch(text):
        return None
    kind = _HASHES.get(len(text))
    if kind is None:
        raise ValueFault("hash_kind")
    return Value(kind, text.lower(), original)


def _port(text: str) -> int:
    port = int(text)
    if port > 65535:
        raise ValueFault("bad_port")
    return port


def _ipv4(text: str, original: str) -> Value | None:
    if not text[:1].isdigit():
        return None
    if _IPV4.fullmatch(text):
        return _address(text, original)
    if match := _IPV4_PORT.fullmatch(text):
        return _address(match.group(1), original)._replace(port=_port(match.group(2)))
    if "-" in text:
        if match := _SHORT_RANGE.fullmatch(text):
            return _range(match.group(1) + match.group(2), match.group(1) + match.group(3), original)
        first, _, last = text.partition("-")
        if _IPV4_LIKE.fullmatch(first) and _IPV4_LIKE.fullmatch(last):
            return _range(first, last, original)
    address, slash, _ = text.partition("/")
    if slash and _IPV4_LIKE.fullmatch(address) and re.fullmatch(r"[\d.]+", text[len(address) + 1 :]):
        return _network(text, original)
    if match := _WILDCARD.fullmatch(text):
        n_kept = match.group(1).count(".") + 1
        if n_kept + len(match.group(2)) // 2 == 4:
            return _network(f"{match.group(1)}{'.0' * (4 - n_kept)}/{8 * n_kept}", original)
    if _IPV4_LIKE.fullmatch(text) or re.fullmatch(r"[\d.:/\-]*\d(?:\.\d+){3,}[\d.:/\-]*", text):
        raise ValueFault("bad_ipv4")
    return None


def _ipv6(text: str, original: str) -> Value | None:
    if text.count(":") < 2 and not text.startswith("["):
        return None
    if match := _IPV6_BRACKETS.fullmatch(text):
        address, port, prefix = match.groups()
        if prefix:
            return _network(address + prefix, original)
        return _address(address, original)._replace(port=_port(port) if port else None)
    first, dash, last = text.partition("-")
    if dash and _IPV6_LIKE.fullmatch(first) and _IPV6_LIKE.fullmatch(last):
        return _range(first, last, original)
    address, slash, prefix = text.partition("/")
    if not _IPV6_LIKE.fullmatch(address):
        return None
    if slash:
        if not re.fullmatch(r"\d{1,3}", prefix):
            raise ValueFault("bad_prefix")
        return _network(f"{address.partition('%')[0]}/{prefix}", original)
    if re.fullmatch(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", address) or re.fullmatch(r"\d{1,2}:\d\d:\d\d", address):
        raise ValueFault("not_a_value")  # a hardware address, a time of day
    return _address(address.partition("%")[0], original)


def _parse_ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueFault("bad_ipv6" if ":" in text else "bad_ipv4") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _address(text: str, original: str) -> Value:
    address = _parse_ip(text)
    number = int(address)
    kind: Kind = "ipv4" if address.version == 4 else "ipv6"
    return Value(kind, str(address), original, None, scope_of(number, number, address.version))


def _network(text: str, original: str) -> Value:
    address, _, _ = text.partition("/")
    _parse_ip(address)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueFault("bad_prefix") from None
    if network.prefixlen == network.max_prefixlen:
        return _address(address, original)
    first, last = int(network.network_address), int(network.broadcast_address)
    scope = scope_of(first, last, network.version)
    if network.prefixlen < (MIN_PREFIX_V4 if network.version == 4 else MIN_PREFIX_V6):
        raise ValueFault("too_wide")
    return Value("cidr", str(network), original, None, scope)


def _range(first_text: str, last_text: str, original: str) -> Value:
    first, last = _parse_ip(first_text.partition("%")[0]), _parse_ip(last_text.partition("%")[0])
    if first.version != last.version or int(first) > int(last):
        raise ValueFault("bad_range")
    if first == last:
        return _address(str(first), original)
    size_limit = 1 << (32 - MIN_PREFIX_V4) if first.version == 4 else 1 << (128 - MIN_PREFIX_V6)
    if int(last) - int(first) >= size_limit:
        raise ValueFault("too_wide")
    return Value("range", f"{first}-{last}", original, None, scope_of(int(first), int(last), first.version))


def scope_of(first: int, last: int, version: int) -> str:
    """Why addresses ``first`` to ``last`` are not all of the public internet (a key of FAULTS); empty when they are."""
    for begin, end, of_version, scope in _SPECIAL:
        if of_version == version and first <= end and last >= begin:
            return scope
    return ""


def domain(text: str) -> str:
    """A domain in lower-case A-labels without trailing dot or leading ``*.`` (UTS 46, RFC 5891); raises ValueFault."""
    name = text.strip(".").lower()
    while name.startswith("*."):
        name = name[2:]
    if not name.isascii():
        if not any(char.isalpha() for char in name) or "." not in unicodedata.normalize("NFKC", name):
            raise ValueFault("not_a_value")
        try:
            name = idna.encode(name, uts46=True, transitional=False).decode("ascii")
        except (idna.IDNAError, UnicodeError, IndexError):
            raise ValueFault("bad_domain") from None
    if not _DOMAIN.fullmatch(name):
        looks_so = "." in name and re.fullmatch(r"[\w.\-]+", name) and re.search(r"[a-z]", name)
        raise ValueFault("bad_domain" if looks_so and not re.fullmatch(r"[\d.]+[a-z]?", name) else "not_a_value")
    if name.rpartition(".")[2] in FILE_ENDINGS:
        raise ValueFault("file_name")
    return name


def _url(text: str, original: str) -> Value:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueFault("bad_url") from None
    scope = ""
    try:
        if ":" in host or _IPV4_LIKE.fullmatch(host):
            address = _address(host.partition("%")[0], original)
            host, scope = f"[{address.value}]" if address.kind == "ipv6" else address.value, address.scope
        else:
            host = domain(host)
    except ValueFault:
        raise ValueFault("bad_url") from None
    netloc = host if port is None else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return Value("url", f"{parts.scheme.lower()}://{netloc}{parts.path or '/'}{query}", original, port, scope)
