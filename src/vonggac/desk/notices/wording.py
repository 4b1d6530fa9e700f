"""What messages say: one file per template and language, ``templates/notices/<template>.<language>.txt``.

A file is a subject line, an empty line and a body of paragraphs parted by empty lines. ``{name}`` stands for a value,
``{name:when}`` for a time, ``{name:number}`` for a number, ``{name:link}`` for an address in the portal, ``{name:lines}`` for a list
(alone in its paragraph). Every value that a file names must be given, and no other.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import Any

from vonggac.config import LANGUAGES, zone_from
from vonggac.errors import N_

LIMIT = 500
"""Characters of one value; longer ones are cut."""
MASK = "••••••••"
DIGEST_LINES = 20
"""Messages that a digest names; the others are counted."""


_MORE = {"vi": "và {n} thông báo khác", "en": "and {n} more"}


@dataclass(frozen=True, slots=True)
class Template:
    """``title`` is an English text of the catalogue. ``values``: names with their kind (text, when, number, link, lines).

    ``secrets``: values that open something; such a message is always urgent, shown masked and wiped when sent.
    """

    name: str
    title: str
    values: Mapping[str, str]
    secrets: frozenset[str] = frozenset()
    is_urgent: bool = False


_LETTER = {"organisation": "text", "issuer": "text", "reference": "text", "subject": "text"}

TEMPLATES = (
    Template(
        "invitation",
        N_("Invitation"),
        {"name": "text", "organisation": "text", "invited_by": "text", "link": "link", "expires_at": "when"},
        secrets=frozenset({"link"}),
        is_urgent=True,
    ),
    Template(
        "password_reset",
        N_("New password"),
        {"name": "text", "username": "text", "link": "link", "expires_at": "when"},
        secrets=frozenset({"link"}),
        is_urgent=True,
    ),
    Template("mfa_reset", N_("Second factor removed"), {"name": "text", "by": "text", "at": "when"}, is_urgent=True),
    Template(
        "account_locked",
        N_("Account locked"),
        {"name": "text", "username": "text", "address": "text", "at": "when", "until": "when"},
        is_urgent=True,
    ),
    Template(
        "audit_anchor", N_("Head of the audit chain"), {"seq": "number", "hash": "text", "at": "when"}, is_urgent=True
    ),
    Template(
        "import_finished",
        N_("Import finished"),
        {"file": "text", "n_created": "number", "n_changed": "number", "n_same": "number", "link": "link"},
    ),
    Template("import_refused", N_("Import refused"), {"file": "text", "n_faults": "number", "link": "link"}),
    Template("work_new", N_("New work"), {"organisation": "text", "n": "number", "title": "text", "link": "link"}),
    Template(
        "work_submitted", N_("Result reported"), {"organisation": "text", "title": "text", "by": "text", "link": "link"}
    ),
    Template(
        "work_returned",
        N_("Work returned"),
        {"organisation": "text", "title": "text", "reason": "text", "link": "link"},
    ),
    Template("work_comment", N_("Comment"), {"organisation": "text", "title": "text", "by": "text", "link": "link"}),
    Template(
        "work_due",
        N_("A clock is about to break"),
        {"organisation": "text", "n": "number", "title": "text", "until": "when", "link": "link"},
    ),
    Template(
        "work_late", N_("A clock broke"), {"organisation": "text", "n": "number", "title": "text", "link": "link"}
    ),
    Template(
        "work_head",
        N_("Work without an answer"),
        {"organisation": "text", "n": "number", "title": "text", "link": "link"},
        is_urgent=True,
    ),
    Template("letter_new", N_("New letter"), {**_LETTER, "link": "link"}),
    Template("letter_copy", N_("Copy of a letter"), {**_LETTER, "link": "link"}),
    Template(
        "letter_link",
        N_("Letter with a link for the answer"),
        {**_LETTER, "until": "when", "link": "link"},
        secrets=frozenset({"link"}),
        is_urgent=True,
    ),
    Template(
        "letter_code",
        N_("Code for the link of a letter"),
        {"organisation": "text", "reference": "text", "code": "text", "expires_at": "when"},
        secrets=frozenset({"code"}),
        is_urgent=True,
    ),
    Template("letter_due", N_("Letter to be answered"), {**_LETTER, "n": "number", "until": "when", "link": "link"}),
    Template(
        "letter_reminder",
        N_("Reminder of a letter, with a new link"),
        {**_LETTER, "n": "number", "until": "when", "link": "link"},
        secrets=frozenset({"link"}),
        is_urgent=True,
    ),
    Template(
        "letter_head",
        N_("Letter without an answer, to the head of the unit"),
        {**_LETTER, "n": "number", "until": "when", "link": "link"},
        secrets=frozenset({"link"}),
        is_urgent=True,
    ),
    Template("letter_withdrawn", N_("Letter withdrawn"), {**_LETTER, "reason": "text", "link": "link"}),
    Template("digest", N_("Digest"), {"organisation": "text", "n": "number", "list": "lines", "link": "link"}),
    Template("test", N_("Test message"), {"at": "when"}, is_urgent=True),
)
BY_NAME = {template.name: template for template in TEMPLATES}


@dataclass(frozen=True, slots=True)
class Wording:
    """A message in words: ``html`` is a fragment in which every value is escaped."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the portal is and which zone its times are in; ``site`` has no slash at its end."""

    site: str
    zone: str = "+07:00"


def plain(template: Template, values: Mapping[str, Any], site: str) -> dict[str, Any]:
    """``values`` in the form in which they are kept: times as ISO texts in UTC, links as paths, texts clean.

    Raises ValueError when one is missing, is not of its kind, is unknown to the template, or leads out of the portal.
    """
    if missing := sorted(template.values.keys() - values.keys()):
        raise ValueError(f"the message “{template.name}” lacks {', '.join(missing)}")
    if unknown := sorted(values.keys() - template.values.keys()):
        raise ValueError(f"the message “{template.name}” has no place for {', '.join(unknown)}")
    return {name: _PLAIN[kind](values[name], name, site) for name, kind in template.values.items()}


def render(template: Template, language: str, values: Mapping[str, Any], place: Place) -> Wording:
    """The message of ``plain`` values. Raises ValueError when one is missing."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    subject, paragraphs = _file(template.name, language)
    text, markup = _Words(template, language, values, place), _Markup(template, language, values, place)
    return Wording(
        subject=" ".join(text.fill(subject).split()),
        text="\n\n".join(text.fill(paragraph) for paragraph in paragraphs) + "\n",
        html="\n".join(markup.paragraph(paragraph) for paragraph in paragraphs),
    )


def masked(template: Template, values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with every secret masked."""
    return {**values, **dict.fromkeys(template.secrets, MASK)}


@lru_cache
def _file(name: str, language: str) -> tuple[str, tuple[str, ...]]:
    text = files(__package__).joinpath("templates", "notices", f"{name}.{language}.txt").read_text("utf-8")
    subject, *paragraphs = text.strip().split("\n\n")
    return subject, tuple(paragraphs)


class _Words(string.Formatter):
    """Fills a text with values. Fields are plain names: nothing of a value can be reached into."""

    def __init__(self, template: Template, language: str, values: Mapping[str, Any], place: Place) -> None:
        self.template = template
        self.language = language
        self.values = values
        self.place = place

    def fill(self, text: str) -> str:
        return self.vformat(text, (), {})

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        if field_name not in self.template.values or field_name not in self.values:
            raise ValueError(f"the message “{self.template.name}” lacks {field_name}")
        return self.values[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        return self.shown(value, format_spec)

    def shown(self, value: Any, kind: str) -> str:
        if value == MASK:
            return MASK
        if kind == "when":
            return _when(value, self.place.zone, self.language)
        if kind == "number":
            return f"{value:,}".replace(",", "." if self.language == "vi" else ",")
        if kind == "link":
            return self.place.site + str(value)
        if kind == "lines":
            return "\n".join(f"- {self.line(line)}" for line in value)
        return str(value)

    def line(self, line: str | int) -> str:
        """One line of a list; a number stands for that many that are not listed."""
        return _MORE[self.language].format(n=line) if isinstance(line, int) else line


class _Markup(_Words):
    """The same as HTML: everything escaped, links only where the template has one."""

    def paragraph(self, text: str) -> str:
        filled = self.fill(escape(text, quote=False).replace("\n", "<br>\n"))
        return filled if filled.startswith("<ul>") else f"<p>{filled}</p>"

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "lines":
            return "<ul>" + "".join(f"<li><bdi>{escape(self.line(line))}</bdi></li>" for line in value) + "</ul>"
        shown = escape(self.shown(value, format_spec))
        if format_spec == "link" and value != MASK:
            return f'<a href="{shown}">{shown}</a>'
        return shown if format_spec else f"<bdi>{shown}</bdi>"


def _when(value: str, zone: str, language: str) -> str:
    at = datetime.fromisoformat(value).astimezone(zone_from(zone))
    return f"{at:%H:%M} ngày {at:%d/%m/%Y}" if language == "vi" else f"{at:%H:%M on %-d %B %Y} ({zone})"


def _plain_text(value: Any, _name: str, _site: str) -> str:
    """One clean line. ``://`` is broken: mail programs make links of bare addresses, and only ours may be links."""
    kept = (
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in str(value)
        if unicodedata.category(char) not in ("Cf", "Cs")
    )
    return " ".join("".join(kept).split())[:LIMIT].replace("://", "[://]")


def _plain_when(value: Any, name: str, _site: str) -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise ValueError(f"{name} is no time with its zone")
    return at.astimezone(UTC).isoformat()


def _plain_number(value: Any, name: str, _site: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"{name} is no whole number")


def _plain_link(value: Any, name: str, site: str) -> str:
    """A path; an address of the portal is cut to its path, so that links lead nowhere else."""
    text = str(value)
    path = text.removeprefix(site) if text.startswith(f"{site}/") else text
    clean = path.isascii() and path.isprintable() and not set(path) & set(" <>\"'\\{}|^`")
    if not path.startswith("/") or path.startswith("//") or not clean or len(path) > LIMIT:
        raise ValueError(f"{name} leads out of the portal")
    return path


def _plain_lines(value: Any, name: str, site: str) -> list[str | int]:
    """Texts, and at the end perhaps the number of those left out."""
    return [line if isinstance(line, int) else _plain_text(line, name, site) for line in value]


_PLAIN = {
    "text": _plain_text,
    "when": _plain_when,
    "number": _plain_number,
    "link": _plain_link,
    "lines": _plain_lines,
}
