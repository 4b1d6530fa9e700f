"""How the value of each kind of setting is read. Every reader takes a value and its place, and raises ConfigError there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit
from zoneinfo import ZoneInfo

from vonggac.errors import N_, ConfigError

LANGUAGES = ("vi", "en")
LEVELS = ("debug", "info", "warning", "error")
MAX_KEPT = 3650

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def zone_from(value: object, where: str = "") -> tzinfo:
    """A time zone of its name (``Asia/Ho_Chi_Minh``), its offset (``+07:00``) or ``UTC``."""
    text = value if isinstance(value, str) else ""
    if text.upper() in ("UTC", "Z"):
        return UTC
    if found := _OFFSET.fullmatch(text):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset < timedelta(hours=24):
            return timezone(-offset if found[1] == "-" else offset)
    else:
        try:
            return ZoneInfo(text)
        except (ValueError, OSError, KeyError):  # not found, not a name, a folder
            pass
    raise ConfigError(
        N_("“{value}” is no time zone; expected for example +07:00, UTC or Asia/Ho_Chi_Minh"),
        where=where,
        value=str(value),
    )


def read_zone(value: object, where: str) -> str:
    """The name of a zone that there is."""
    zone_from(value, where)
    return str(value)


def read_language(value: object, where: str) -> str:
    """A language that we speak."""
    if value not in LANGUAGES:
        raise ConfigError(
            N_("“{value}” is no language we speak; expected {valid}"),
            where=where,
            value=str(value),
            valid=", ".join(LANGUAGES),
        )
    return str(value)


def read_processes(value: object, where: str) -> int:
    """A number of processes; 0 is one per processor."""
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or int(text) > 256:
        raise ConfigError(
            N_("“{value}” is no number of worker processes; expected 0 (one per processor) to 256"),
            where=where,
            value=text,
        )
    return int(text)


def read_path(value: object, where: str) -> Path:
    """A path, ``~`` filled in."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value:
        raise ConfigError(N_("“{value}” is no folder; expected a path as text"), where=where, value=str(value))
    return Path(value).expanduser()


def read_paths(value: object, where: str) -> tuple[Path, ...]:
    """Paths by commas, or a list of paths."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ConfigError(N_("“{value}” is no list of files or folders"), where=where, value=str(value))
    return tuple(read_path(part.strip(), where) for part in parts if part.strip())


def read_text(value: object, where: str) -> str:
    """One line of text."""
    if not isinstance(value, str) or any(ord(char) < 32 for char in value):
        raise ConfigError(N_("“{value}” is no text on one line"), where=where, value=str(value))
    return value.strip()


def address_reader(*schemes: str) -> Callable[[object, str], str]:
    """A reader of addresses with one of ``schemes`` and a host. A password in an address would stand in logs: refused."""

    def read(value: object, where: str) -> str:
        text = read_text(value, where)
        parts = urlsplit(text)
        if text and (parts.scheme not in schemes or not parts.hostname or parts.password or not _has_good_port(parts)):
            raise ConfigError(
                N_("expected an address that begins with {schemes}, with a host and without a password"),
                where=where,
                schemes=", ".join(f"{scheme}://" for scheme in schemes),
            )
        return text.rstrip("/")

    return read


def _has_good_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:  # no number, or none up to 65535
        return False


DATABASE_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "target_session_attrs")
"""The connection parameters of libpq that the address of a database may name."""


def read_database(value: object, where: str) -> str:
    """``postgresql://user@host:port/name``, perhaps with some of DATABASE_OPTIONS as a query."""
    text = address_reader("postgresql")(value, where)
    try:
        options = parse_qs(urlsplit(text).query, keep_blank_values=True, strict_parsing=bool(urlsplit(text).query))
    except ValueError:
        options = {"": []}
    for name in options:
        if name not in DATABASE_OPTIONS:
            raise ConfigError(
                N_("“{name}” is no option of a database's address; the options are {valid}"),
                where=where,
                name=name,
                valid=", ".join(DATABASE_OPTIONS),
            )
    return text


def read_listen(value: object, where: str) -> str:
    """``host:port`` to listen on."""
    text = read_text(value, where)
    host, _colon, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(N_("“{value}” is no address to listen on; expected host:port"), where=where, value=text)
    return text


def read_level(value: object, where: str) -> str:
    """A log level."""
    if value not in LEVELS:
        raise ConfigError(
            N_("“{value}” is no log level; expected {valid}"), where=where, value=str(value), valid=", ".join(LEVELS)
        )
    return str(value)


def read_origin(value: object, where: str) -> str:
    """A scheme, a host and perhaps a port, as browsers name an origin (RFC 6454)."""
    text = address_reader("http", "https")(value, where)
    parts = urlsplit(text)
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ConfigError(
            N_("“{value}” has more than a scheme, a host and a port; the portal stands at the top of its host"),
            where=where,
            value=text,
        )
    return text


def read_networks(value: object, where: str) -> str:
    """Addresses and networks by commas."""
    text = read_text(value, where)
    networks_from(text, where)
    return text


def networks_from(text: str, where: str = "") -> tuple[Network, ...]:
    """The addresses and networks (CIDR) that stand in ``text`` by commas."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(
            N_("expected addresses or networks by commas, for example 10.0.0.5, 10.1.0.0/16: {reason}"),
            where=where,
            reason=str(error),
        ) from None


_HOST = re.compile(r"[0-9a-z](?:[0-9a-z.-]{0,251}[0-9a-z])?|[0-9a-f:]{2,39}")


def read_hosts(value: object, where: str) -> str:
    """Names or addresses of hosts by commas, in lower case."""
    text = read_text(value, where).lower()
    for host in filter(None, (part.strip() for part in text.split(","))):
        if not _HOST.fullmatch(host):
            raise ConfigError(
                N_("“{value}” is no name or address of a host; expected some by commas"), where=where, value=host
            )
    return text


def read_mailbox(value: object, where: str) -> str:
    """An e-mail address, with or without a name before it."""
    from email.headerregistry import Address
    from email.utils import parseaddr

    text = read_text(value, where)
    address = parseaddr(text)[1]
    try:
        good = not text or bool(Address(addr_spec=address).domain)
    except (ValueError, IndexError):  # what email.headerregistry raises for what is no address
        good = False
    if not good:
        raise ConfigError(
            N_("“{value}” is no e-mail address; expected name@host or Name <name@host>"), where=where, value=text
        )
    return text


def read_count(value: object, where: str) -> int:
    """A whole number up to MAX_KEPT."""
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or int(text) > MAX_KEPT:
        raise ConfigError(N_("“{value}” is no number from 0 to {limit}"), where=where, value=text, limit=MAX_KEPT)
    return int(text)
