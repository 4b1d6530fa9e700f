"""Structured logs of the portal's processes: one JSON object a line, and no secret in any of them.

A process that ``vonggac up`` started (``VONGGAC_PROCESS`` names it) writes JSON lines to standard error, where the supervisor
reads them, keeps them in files and shows them as text. Any other process writes warnings as text.

A line has ``at`` (ISO 8601, UTC), ``level``, ``process``, ``pid``, ``logger``, ``message``, then what the call passed as
``extra``, and ``exc_info`` with the traceback.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.orjson import OrjsonFormatter

VARIABLE = "VONGGAC_PROCESS"
HIDDEN = "***"
SHORTEST_SECRET = 6
"""Shorter ones are not replaced wherever they occur: they would be found in ordinary words."""

_NAMES = r"pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|authorization|cookie|session(?:id|_key)?|csrf\w*|otp|totp|salt"
_SECRET_NAME = re.compile(rf"(?i)(?:^|[_\-\s])(?:\w*_)?(?:{_NAMES})(?:\d*|s|_?hash)$")
_PATTERNS = (
    # user:password@host of an address (RFC 3986, 3.2.1)
    (re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    # The key of a letter's link (web.letters.links) in its path, whatever it is made of
    (re.compile(r"(?i)(?<=\ba/)[^\s/?#\"']{12,}"), HIDDEN),
    # name=value, "name": "value", name: value
    (
        re.compile(rf"(?i)((?:\b|_)(?:{_NAMES})\d*[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'&,;)}}\]]+)"),
        rf"\1{HIDDEN}",
    ),
    # what secrets.token_urlsafe and the like make: long, with capitals, small letters and digits
    (re.compile(r"\b(?=[A-Za-z_-]*\d)(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])[A-Za-z0-9_-]{22,}"), HIDDEN),
)

_SEGMENT = re.compile(r"(?<=/)(?=[^/]*\d)[A-Za-z0-9_.:~-]{20,}(?=/|$)")
"""A part of a path that is long enough to be a key of a link in a message; addresses and names of ours are shorter."""


class Redactor:
    """Takes secrets out of texts: those that it knows (``known``), and whatever looks like one."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        found = sorted({text for text in known if len(text) >= SHORTEST_SECRET}, key=len, reverse=True)
        self.known = re.compile("|".join(map(re.escape, found))) if found else None

    def text(self, text: str) -> str:
        """``text`` with ``***`` in the place of each secret."""
        if self.known:
            text = self.known.sub(HIDDEN, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def value(self, value: Any, name: str = "") -> Any:
        """A plain value with its secrets taken out; all of it when its ``name`` says that it is one."""
        if name and _SECRET_NAME.search(name) and value not in (None, "", 0, False, True):
            return HIDDEN
        if isinstance(value, str):
            return self.text(_SEGMENT.sub(HIDDEN, value) if name == "path" else value)
        if isinstance(value, Mapping):
            return {str(key): self.value(part, str(key)) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(part) for part in value]
        return value if value is None or isinstance(value, bool | int | float) else self.text(str(value))


class JsonLines(OrjsonFormatter):
    """A record as one JSON object, its secrets taken out."""

    def __init__(self, process: str, redactor: Redactor) -> None:
        super().__init__("%(message)s")
        self.process_name = process
        self.redactor = redactor

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Redact what the record and its call said."""
        return {name: self.redactor.value(value, name) for name, value in log_data.items()}

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """The fields in their order: when, how bad, who, what, the rest."""
        log_data.update(
            at=datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            level=record.levelname.lower(),
            process=self.process_name,
            pid=record.process,
            logger=record.name,
            message=record.getMessage(),
        )
        extra: dict[str, Any] = {}
        super().add_fields(extra, record, message_dict)
        log_data.update({name: value for name, value in extra.items() if name not in log_data and value is not None})


class Text(logging.Formatter):
    """A record as text for a person, its secrets taken out."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self.redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The text."""
        return self.redactor.text(super().format(record))


def configure(level: str, known_secrets: Iterable[str] = (), *, process: str | None = None) -> None:
    """Let every logger of this process write through one handler, at ``level`` or above; replaces what an earlier call set.

    ``process``: its name in the lines, else ``$VONGGAC_PROCESS``; empty for text.
    """
    name = os.environ.get(VARIABLE, "") if process is None else process
    redactor = Redactor(known_secrets)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(name, redactor) if name else Text(redactor))
    handler.set_name("vonggac")
    root = logging.getLogger()
    for old in [old for old in root.handlers if old.get_name() == "vonggac"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper() if name else logging.WARNING)
    for other in ("django", "django.server", "_granian", "granian.access"):
        logger = logging.getLogger(other)
        logger.handlers.clear()
        logger.propagate = True
    # What happened to a request is in its own line, with who and where (web.operations.middleware).
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)


def configure_django(description: Mapping[str, Any]) -> None:
    """What Django's LOGGING_CONFIG calls with LOGGING: {"level": a level, "secrets": texts never to be written}."""
    configure(description["level"], description["secrets"])
