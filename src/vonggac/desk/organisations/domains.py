"""Domain names: one form to keep and compare, and a word of warning about those made to be mistaken. Pure."""

from __future__ import annotations

import idna

from vonggac.desk.organisations.checks import mixed_word
from vonggac.errors import N_, Fault, InvalidValues


def parse_domain(text: str, field: str = "addresses") -> str:
    """The name in lower-case A-labels (IDNA 2008, RFC 5891) without a trailing dot; raises InvalidValues for anything else."""
    plain = text.strip().rstrip(".")
    try:
        name = idna.encode(plain, uts46=True, transitional=False).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise _no_domain(field, text) from error
    last = name.rpartition(".")[2]
    if "." not in name or last.isdigit() or len(name) > 253:
        raise _no_domain(field, text)
    return name


def shown(name: str) -> str:
    """``name`` in the letters that people read; in A-labels still when those mix scripts or cannot be decoded."""
    if name.isascii() and "xn--" not in name.lower():
        return name
    try:
        letters = idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name
    return name if mixed_word(letters) else letters


def homograph(name: str) -> str | None:
    """The label of ``name`` that mixes scripts that look alike (the trick of a false name), None when none does."""
    try:
        return mixed_word(idna.decode(name))
    except (idna.IDNAError, UnicodeError):
        return None


def _no_domain(field: str, text: str) -> InvalidValues:
    message = N_("“{text}” is neither an address nor a domain name")
    return InvalidValues([Fault(field, message, {"text": text[:80]})])
