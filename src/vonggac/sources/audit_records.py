r"""Records of the Linux audit system: ``type=PATH msg=audit(1364481363.243:24287): item=0 name="/etc/shadow" …``.

The names of a record are kept as they are; ``event_id`` is what stands in ``audit(…)``, the time in seconds since 1970 and
the serial number that all records of one event share. What auditd adds to a record behind \x1d (``log_format = enriched``)
is part of it. Values stay as written; :func:`reader_of` says how one is read.

Format: "The Linux Audit File" (linux-audit/audit-documentation, SPEC Audit Event Enrichment and Audit Field Dictionary), kernel/audit.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import yaml

from vonggac.sources.message_patterns import Fields

HEADER = re.compile(r"(?:node=(\S+) +)?type=(\S+) +(?:msg=)?audit\((\d{1,20}(?:\.\d{1,9})?:\d{1,20})\): ?")
"""Node, type (a number in the kernel's own log), event."""

# journald's own form, "audit[311]: EXECVE argc=3 a0=…": the type alone.
_JOURNAL = re.compile(r"([A-Z][A-Z0-9_]{1,40}|UNKNOWN\[\d+\]) (?=\S)")

# What separates the parts, \x1d, is white space to these patterns.
_PAIR = re.compile(r'(?<![\w\[\]-])([A-Za-z_][\w\[\]-]*)=("[^"]*"|\S*)')
# Programs of user space write words and braces without quotes: op=adding user id=7; SADDR={ saddr_fam=inet … }.
_LOOSE = re.compile(
    r'(?<![\w\[\]-])([A-Za-z_][\w\[\]-]*)=("[^"]*"|\{[^}]*\}|[^\s=]*+(?>(?: (?![\w\[\]-]+=|\{)[^\s=]++)*))'
)
_AVC = re.compile(r"avc: +(\w+) +\{ ([^}]*) \} for +")
_ARGUMENT = re.compile(r"a(\d{1,6})(?:\[\d+\]|(_len))?")
_NUMBER = re.compile(r"[0-9]{1,6}")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")

# libauparse/typetab.h, AUPARSE_TYPE_ESCAPED: written by audit_log_untrustedstring, in quotes or as hexadecimal digits.
_ESCAPED = frozenset(
    "path comm exe file name watch cwd cmd dir key proctitle vm acct ocomm sw root_dir data grp new_group "
    "old-disk new-disk old-fs new-fs old-chardev new-chardev old-net new-net device device_path op_path".split()
)


@cache
def _names() -> Mapping[str, Mapping[str, Mapping[int, str]]]:
    """The tables of ``audit_names.yml``: by kind and architecture (types: ""), number to name."""
    text = resources.files(__package__).joinpath("audit_names.yml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    raw: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506  # both are safe loaders
    types: dict[int, str] = {}
    for first, words in raw["types"].items():
        types.update(_numbered(words, first))
    return {
        "types": {"": types},
        "system_calls": {arch: dict(_numbered(words, 0)) for arch, words in raw["system_calls"].items()},
    }


def _numbered(words: str, number: int) -> list[tuple[int, str]]:
    found = []
    for word in words.split():
        if word.startswith("-"):
            number += int(word[1:])
        else:
            found.append((number, word))
            number += 1
    return found


def type_name(written: str) -> str:
    """The name of a record type that the kernel's own log has as a number (``1400`` or ``UNKNOWN[1400]``)."""
    number = written.removeprefix("UNKNOWN[").removesuffix("]")
    return _names()["types"][""].get(int(number), written) if _NUMBER.fullmatch(number) else written


def system_call(arch: object, number: object) -> str | None:
    """The name of a system call by the numbers of a SYSCALL record; None where the tables do not have it."""
    table = _names()["system_calls"].get(str(arch))
    return table.get(int(number)) if table and isinstance(number, str) and _NUMBER.fullmatch(number) else None


def record(line: str) -> Fields | None:
    """The fields of one record, as ``audit.log``, audisp and the kernel's log write them; None when it is none."""
    header = HEADER.match(line)
    if header is None:
        return None
    node, kind, event = header.groups()
    names: tuple[str, ...] = ("event_id", "type")
    values: tuple[str | None, ...] = (event, type_name(kind))
    if node:
        names, values = ("node", *names), (node, *values)
    return _with_body(names, values, line, header.end())


def journal_record(message: str) -> Fields | None:
    """The fields of one record as journald forwards it: the type and the pairs, without an event."""
    found = _JOURNAL.match(message)
    return _with_body(("event_id", "type"), (None, type_name(found[1])), message, found.end()) if found else None


def _with_body(names: tuple[str, ...], values: tuple[str | None, ...], line: str, start: int) -> Fields:
    kind = values[-1] or ""
    pairs = _pairs(line, start, kind)
    if not pairs:
        return names, values
    more_names, more_values = zip(*pairs, strict=True)
    names, values = names + more_names, values + more_values
    if kind == "EXECVE" and ("_len=" in line or "]=" in line):
        return _whole_arguments(names, values)
    if len(set(names)) != len(names):
        unique: dict[str, str | None] = {}
        for name, value in zip(names, values, strict=True):
            unique.setdefault(name, value)
        return tuple(unique), tuple(unique.values())
    return names, values


def _pairs(line: str, start: int, kind: str) -> list[tuple[str, str]]:
    # What the kernel writes in quotes has no blanks, so that no argument can look like this.
    inner = start if line.startswith("msg='", start) else line.find(" msg='", start) + 1
    if inner > 0:  # of a program in user space: its own pairs are in quotes
        end = line.find("'\x1d", inner + 5)
        end = end if end >= 0 else line.rfind("'")
        end = end if end > inner + 4 else len(line)
        rest = line[end + 1 :]
        pairs = _PAIR.findall(line, start, inner) + _LOOSE.findall(line, inner + 5, end)
        return pairs + (_LOOSE.findall(rest) if rest else [])
    if kind == "SOCKADDR":
        return _LOOSE.findall(line, start)
    if found := _AVC.match(line, start):
        return [("seresult", found[1]), ("seperms", found[2]), *_PAIR.findall(line, found.end())]
    return _PAIR.findall(line, start)


def _whole_arguments(names: Sequence[str], values: Sequence[str | None]) -> Fields:
    """An EXECVE record whose long arguments come in parts (``a1_len=9000 a1[0]=… a1[1]=…``), put together."""
    fields: dict[str, str | None] = {}
    parts: dict[str, list[str]] = {}
    for name, value in zip(names, values, strict=True):
        found = _ARGUMENT.fullmatch(name)
        if found is None or name == f"a{found[1]}":
            fields.setdefault(name, value)
        elif not found[2]:
            whole = f"a{found[1]}"
            fields.setdefault(whole, "")
            parts.setdefault(whole, []).append(value or "")
    for name, pieces in parts.items():
        fields[name] = '"' + "".join(str(escaped(piece) or "") for piece in pieces) + '"'
    return tuple(fields), tuple(fields.values())


def plain(value: str) -> str | None:
    """A value without its quotes; None for ``?`` and ``(null)``, the audit system's words for "not known"."""
    if value[:1] in ('"', "'"):
        return value.strip('"').strip("'")
    return None if value in ("?", "(null)", "") else value


def escaped(value: str) -> str | None:
    """A value that may be in hexadecimal digits, as text; bytes that are not UTF-8 become U+FFFD."""
    if value[:1] == '"':
        return value[1:-1] if value[-1:] == '"' and len(value) > 1 else value[1:]
    if _HEX.fullmatch(value):
        return bytes.fromhex(value).decode("utf-8", "replace").rstrip("\0")
    return plain(value)


def _keys(value: str) -> object:
    r"""One key, or the several that the kernel joins by \x01."""
    text = escaped(value)
    return text.split("\x01") if text and "\x01" in text else text


def _title(value: str) -> str | None:
    """The command line of PROCTITLE, whose arguments end with NUL."""
    text = escaped(value)
    return text.replace("\0", " ") if text else text


def reader_of(kind: str, name: str) -> Callable[[str], object]:
    """How values of field ``name`` in records of type ``kind`` are read."""
    if name == "key":
        return _keys
    if name == "proctitle":
        return _title
    if name in _ESCAPED or (kind == "EXECVE" and _ARGUMENT.fullmatch(name)):
        return escaped
    return plain
