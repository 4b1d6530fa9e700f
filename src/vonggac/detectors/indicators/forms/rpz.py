"""DNS response policy zones (draft-ietf-dnsop-dns-rpz), as zone files (RFC 1035, section 5): which names and addresses are answered otherwise.

A rule is named by its owner: a name, ``*.name``, or an address backwards below ``rpz-ip``. What is let pass (``rpz-passthru.``) is no indicator.
``$INCLUDE`` and ``$GENERATE`` are refused: they would read other files, or make millions of names of one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from vonggac.detectors.indicators.forms.hosts import Names, numbered_lines
from vonggac.detectors.indicators.forms.parts import Left, Part, Told, left, value_of
from vonggac.detectors.indicators.values import ValueFault
from vonggac.errors import N_, FormatUnknown

_TTL = re.compile(r"[0-9]+(?:[smhdwSMHDW][0-9]*)*")
_CLASSES = frozenset({"IN", "CH", "HS", "CS"})
_HEAD = re.compile(
    rb"\A(?>(?:[ \t\r]*(?:;[^\n]*)?\n)*)(?:\$(?:TTL|ORIGIN)[ \t]|[^\s;\"]*[ \t]+(?:\d\w*[ \t]+)?(?:IN[ \t]+)?(?:\d\w*[ \t]+)?SOA[ \t])", re.IGNORECASE
)  # fmt: skip
_LINE = re.compile(
    rb"[^\s;\"]+[ \t]+(?:\d\w*[ \t]+)?(?:IN[ \t]+)?(?:\d\w*[ \t]+)?CNAME[ \t]+(?:\*?\.|rpz-[a-z-]+\.)[ \t]*(?:;.*)?", re.IGNORECASE
)  # fmt: skip
_RULE = re.compile(rb"CNAME[ \t]+(?:\*?\.|rpz-[a-z-]{1,20}\.)[ \t]*\r?(?:;|\n|\Z)|\.rpz-(?:ip|nsip|nsdname|client-ip)\b", re.IGNORECASE)  # fmt: skip
_TOKEN = re.compile(r'[ \t]++|;.*|"(?:[^"\\]|\\.)*+"?|[()]|(?:[^\s;"()\\]|\\.|\\$)++')
_STRUCTURE = frozenset({"SOA", "NS", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "DS", "CDS", "CDNSKEY", "ZONEMD", "TYPE65534"})  # fmt: skip
_TRIGGER = re.compile(r"(.+)\.(rpz-(?:client-ip|nsdname|nsip|ip))")
MOST_TOKENS: Final = 2_000
"""Of one record; so long is none."""


class _Record(NamedTuple):
    """One record: ``owner`` is empty where the line begins with white space (the owner of the record before)."""

    number: int
    owner: str
    words: Sequence[str]


class RpzForm:
    """Reads zone files whose records are rules."""

    name = "rpz"

    def recognises(self, head: bytes, data: bytes) -> bool:  # as every form
        """By a zone's beginning, or by lines that are rules."""
        if _HEAD.match(head):
            return True
        sample = [line for line in head.splitlines() if line.strip() and line.lstrip()[:1] != b";"][:100]
        return bool(sample) and sum(bool(_LINE.fullmatch(line)) for line in sample) >= 0.8 * len(sample)

    def read(self, data: bytes, file: str) -> Iterator[Told]:
        """Each rule once, in the order of the file."""
        if not _RULE.search(data):
            raise FormatUnknown(
                N_("a DNS zone without a policy: only response policy zones (RPZ) are lists of what is bad"), where=file
            )
        zone = _Zone()
        for one in _records(data):
            yield from [one] if isinstance(one, Left) else zone.rule(one)


def _records(data: bytes) -> Iterator[_Record | Left]:
    """The records and directives; what stands in brackets goes over lines."""
    pending: list[str] = []
    begin, depth, owner = 0, 0, ""
    for line in numbered_lines(data):
        if isinstance(line, Left):
            yield line
            continue
        number, text = line
        plain = not any(mark in text for mark in '";()\\')
        words = (
            text.split() if plain else [token for token in _TOKEN.findall(text) if token.strip() and token[0] != ";"]
        )
        if not words:
            continue
        if not depth:
            begin, owner, pending = number, "", []
            if text[0] not in " \t":
                owner, words = words[0], words[1:]
        if not plain:
            depth += words.count("(") - words.count(")")
            words = [word for word in words if word not in "()"]
        pending += words
        if depth > 0 and len(pending) <= MOST_TOKENS:
            continue
        if depth:
            yield left(begin, " ".join([owner, *pending[:10]]), "bad_brackets")
        else:
            yield _Record(begin, owner, pending)
        depth = 0
    if depth:
        yield left(begin, " ".join([owner, *pending[:10]]), "bad_brackets")


class _Zone:
    """A zone while it is read. ``origin``, ``zone``: lower case, without the last dot; empty where the file does not say."""

    def __init__(self) -> None:
        self.origin = ""
        self.zone = ""
        self.owner: tuple[str, bool] = ("", False)
        self.names = Names()
        self.addresses: set[str] = set()

    def rule(self, record: _Record) -> Iterator[Told]:
        """What one record tells."""
        if record.owner.startswith("$"):
            yield from self._directive(record)
            return
        if record.owner:
            self.owner = self._absolute(record.owner)
        kind, target = _type_of(record.words)
        if kind == "SOA":
            self.zone = self.owner[0] if self.owner[1] else ""
        if kind in _STRUCTURE:
            return
        what = f"{record.owner} {' '.join(record.words[:8])}"
        if not kind:
            yield left(record.number, what, "bad_record")
            return
        trigger = self._trigger()
        if trigger is None:
            yield left(record.number, what, "out_of_zone")
        elif trigger:
            yield from self._told(trigger, kind, target, record.number, what)

    def _directive(self, record: _Record) -> Iterator[Told]:
        name = record.owner.upper()
        if name == "$ORIGIN" and record.words:
            self.origin = self._absolute(record.words[0])[0]
        elif name != "$TTL":
            reasons = {"$INCLUDE": "include_refused", "$GENERATE": "generate_refused"}
            yield left(record.number, f"{record.owner} {' '.join(record.words[:5])}", reasons.get(name, "bad_record"))

    def _absolute(self, written: str) -> tuple[str, bool]:
        """A name in lower case, and whether it is known from the root on."""
        if written == "@":
            return self.origin, bool(self.origin)
        name = written.lower()
        if name.endswith("."):
            return name[:-1], True
        return (f"{name}.{self.origin}", True) if self.origin else (name, False)

    def _trigger(self) -> str | None:
        """The owner without the zone; None when it is not in the zone, empty for the zone itself."""
        name, is_absolute = self.owner
        if not is_absolute:
            return name
        if not self.zone:
            return None
        if name == self.zone:
            return ""
        return name[: -len(self.zone) - 1] if name.endswith("." + self.zone) else None

    def _told(self, trigger: str, kind: str, target: str, number: int, what: str) -> Iterator[Told]:
        policy = target.lower() if kind == "CNAME" else ""
        if policy in ("rpz-passthru.", trigger + "."):
            yield left(number, what, "allowed")
            return
        if policy == "rpz-tcp-only.":
            yield left(number, what, "tcp_only")
            return
        found = _TRIGGER.fullmatch(trigger) if "rpz-" in trigger else None
        if found is None:
            yield self.names.told(trigger, number)
        elif found[2] == "rpz-client-ip":
            yield left(number, what, "of_clients")
        elif found[2] == "rpz-nsdname":
            yield self.names.told(found[1], number, note=found[2])
        else:
            yield self._address(found[1], found[2], number, what)

    def _address(self, backwards: str, note: str, number: int, what: str) -> Told:
        try:
            value = value_of(network_of(backwards))
        except ValueFault as fault:
            return left(number, what, fault.reason)
        if value.value in self.addresses:
            return Left(number, value.value, "repeated")
        self.addresses.add(value.value)
        return Part(number, value.kind, value.value, backwards, note="" if note == "rpz-ip" else note)


def _type_of(words: Sequence[str]) -> tuple[str, str]:
    """The type of a record in upper case and the first word of its data; TTL and class may stand before it in any order."""
    for at, word in enumerate(words[:3]):
        upper = word.upper()
        if upper in _CLASSES or _TTL.fullmatch(word):
            continue
        return upper, words[at + 1] if at + 1 < len(words) else ""
    return "", ""


def network_of(backwards: str) -> str:
    """``24.0.2.0.192`` to ``192.0.2.0/24``, ``48.zz.1.db8.2001`` to ``2001:db8:1::/48``; raises ValueFault."""
    prefix, *labels = backwards.split(".")
    if not prefix.isascii() or not prefix.isdecimal() or len(prefix) > 3 or len(labels) > 8:
        raise ValueFault("bad_trigger")
    labels.reverse()
    if len(labels) == 4 and "zz" not in labels:
        return f"{'.'.join(labels)}/{prefix}"
    if labels.count("zz") > 1 or ("zz" not in labels and len(labels) != 8):
        raise ValueFault("bad_trigger")
    words = ":".join("" if label == "zz" else label for label in labels)
    words = f":{words}" if labels[0] == "zz" else words
    return f"{words}:/{prefix}" if labels[-1] == "zz" else f"{words}/{prefix}"
