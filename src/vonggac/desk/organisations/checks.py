"""Whether single values can stand: each check cleans a value or notes a Fault, so that all faults come at once. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from vonggac.errors import N_, Fault, InvalidValues

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")
_EMAIL = re.compile(
    r"[^\s@\"(),:;<>\[\\\]]{1,64}@([0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?(?:\.[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?)+)"
)
_PHONE = re.compile(r"\+?[0-9](?:[0-9 ]*[0-9])?")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of what nobody sees: controls, format characters (bidi overrides and isolates, zero-width marks, tags),
surrogates, private use, unassigned, line and paragraph separators."""
_SPACES = re.compile("[ \\u00a0\\u2000-\\u200a\\u202f\\u205f\\u3000]+")
_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")
_LETTERS = re.compile(r"[^\W\d_]+")
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Check:
    """Notes faults while values are cleaned; ``done()`` raises them. ``warnings`` are worth a look, no hindrance."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def fault(self, field: str, message: str, **params: Any) -> None:
        """``field`` cannot stand."""
        self.faults.append(Fault(field, message, params))

    def done(self) -> None:
        """Raise InvalidValues when there was any fault."""
        if self.faults:
            raise InvalidValues(self.faults)

    def text(self, field: str, value: str | None, *, most: int, needed: bool = False, lines: bool = False) -> str:
        """``value`` in Unicode NFC, trimmed, at most ``most`` characters of what can be seen.

        White space is single, unless ``lines``: then line breaks and tabs may stay.
        """
        text = unicodedata.normalize("NFC", value or "")
        if lines:
            text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        else:
            text = _SPACES.sub(" ", text.strip())
        hidden = first_hidden(text, allowed="\n\t" if lines else "")
        if hidden is not None:
            self.fault(
                field,
                N_("an invisible character ({name}) stands at position {position}: remove it"),
                name=_name_of(text[hidden]),
                position=hidden + 1,
            )
            # Whoever looks whether there is such a code already asks the database, which fails at these.
            text = _UNSTORABLE.sub("\ufffd", text)
        if needed and not text:
            self.fault(field, N_("this is needed"))
        if len(text) > most:
            self.fault(field, N_("{n} characters are too many: at most {most}"), n=len(text), most=most)
        mixed = None if lines else mixed_word(text)
        if mixed is not None:
            self.warnings.append(
                Fault(field, N_("the word “{word}” mixes letters of several scripts that look alike"), {"word": mixed})
            )
        return text

    def code(self, field: str, value: str | None, *, most: int) -> str:
        """A key: letters without marks, digits and ``. _ / -``, beginning with a letter or digit."""
        text = self.text(field, value, most=most, needed=True)
        if text and not _CODE.fullmatch(text):
            wrong = next((i for i, char in enumerate(text) if not re.match(r"[0-9A-Za-z._/-]", char)), 0)
            self.fault(
                field,
                N_("“{char}” at position {position} cannot stand here: only letters without marks, digits and . _ / -"),
                char=text[wrong],
                position=wrong + 1,
            )
        return text

    def email(self, field: str, value: str | None, *, needed: bool = False) -> str:
        """An e-mail address, its domain in lower case."""
        text = self.text(field, value, most=254, needed=needed)
        local, at, domain = text.rpartition("@")
        text = f"{local}{at}{domain.lower()}"
        if text and not _EMAIL.fullmatch(text):
            self.fault(field, N_("“{text}” is no e-mail address: expected is name@domain"), text=text[:80])
        return text

    def phone(self, field: str, value: str | None, *, needed: bool = False) -> str:
        """A telephone number: digits and spaces, perhaps a leading +, 3 to 15 digits (ITU-T E.164 allows 15)."""
        text = self.text(field, value, most=32, needed=needed)
        n_digits = sum(char.isdigit() for char in text)
        if text and not (_PHONE.fullmatch(text) and 3 <= n_digits <= 15):
            self.fault(
                field,
                N_("“{text}” is no telephone number: 3 to 15 digits, spaces and a leading + are possible"),
                text=text,
            )
        return text

    def one_of(self, field: str, value: Any, choices: Collection[Any]) -> Any:
        """One of ``choices``."""
        if value not in choices:
            self.fault(
                field,
                N_("“{value}” is not possible here: expected is one of {choices}"),
                value=str(value)[:40],
                choices=", ".join(map(str, choices)),
            )
        return value

    def whole(self, field: str, value: Any, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            self.fault(field, N_("a whole number from {low} to {high} was expected"), low=low, high=high)
            return low
        return int(value)

    def moment(
        self, field: str, value: datetime | None, *, needed: bool = False, latest: datetime | None = None
    ) -> datetime | None:
        """An aware time from 1900 to 2200, not after ``latest``."""
        if value is None:
            if needed:
                self.fault(field, N_("this is needed"))
            return None
        if value.utcoffset() is None:
            self.fault(field, N_("a time with its zone was expected"))
            return None
        if not _EARLIEST <= value < _LATEST:
            self.fault(field, N_("the year {year} is not possible"), year=value.year)
            return None  # at the edge of what a calendar holds it has no time in UTC
        if latest is not None and value > latest:
            self.fault(field, N_("this lies in the future: it can be written down from that day on"))
        return value.astimezone(UTC)

    def period(self, values: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
        """``valid_from`` and ``valid_until`` of ``values``, the first before the second."""
        valid_from = self.moment("valid_from", values.get("valid_from"))
        valid_until = self.moment("valid_until", values.get("valid_until"))
        if valid_from is not None and valid_until is not None and valid_from >= valid_until:
            self.fault("valid_until", N_("it ends before it begins"))
        return valid_from, valid_until


def first_hidden(text: str, allowed: str = "") -> int | None:
    """The position of the first character that cannot be seen (see ``_HIDDEN``), None when all can."""
    if text.isascii() and text.isprintable():
        return None
    return next(
        (i for i, char in enumerate(text) if char not in allowed and unicodedata.category(char) in _HIDDEN), None
    )


def mixed_word(text: str) -> str | None:
    """The first word whose letters are of several scripts among Latin, Cyrillic, Greek, Armenian and Cherokee, which look alike."""
    if text.isascii():
        return None
    return next((word for word in _LETTERS.findall(text) if len(_scripts(word)) > 1), None)


def _scripts(word: str) -> set[str]:
    # unicodedata knows no scripts; the first word of a letter's name is its script in these five.
    names = {unicodedata.name(char, "").partition(" ")[0] for char in word}
    return names & {"LATIN", "FULLWIDTH", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}


def _name_of(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
