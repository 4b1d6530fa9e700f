"""What antivirus products say of a detection: Sigma's names for it, and what became of it (``antivirus.yml``).

The fields: ``Signature``, ``Filename``, ``Action`` (in the product's own word), ``User``, ``Process``, ``ComputerName`` (the
machine concerned, not the console), ``md5``, ``sha1``, ``sha256``; and ``Outcome``, one of :data:`OUTCOMES` whatever the
product, in which "found but not cleaned" is a state of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib import resources
from typing import Any

import yaml

OUTCOMES = ("cleaned", "quarantined", "deleted", "blocked", "not_cleaned", "unknown")
"""All values of ``Outcome``."""

_FIELDS = ("Signature", "Filename", "Action", "User", "Process", "ComputerName")
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
_HEX = re.compile(r"[0-9A-Fa-f]+")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_EMPTY = frozenset({"", "-", "_", "N/A", "NA", "n/a", "None", "Unavailable"})
_MAX_TEXT = 1000
"""More of an action or code is not looked at: the longest that a product writes is a sentence."""

State = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Product:
    """How one product's fields are read. ``when``: field to a pattern; ``outcome``: (field, text to state)."""

    when: tuple[tuple[str, re.Pattern[str]], ...]
    fields: Mapping[str, tuple[str, ...]]
    outcome: tuple[tuple[str, State], ...]

    def detection(self, event: Mapping[str, str]) -> dict[str, str] | None:
        """Sigma's fields for an event of the product; None when it is no detection."""
        for name, pattern in self.when:
            value = event.get(name)
            if value is None or value in _EMPTY or not pattern.match(value[:_MAX_TEXT]):
                return None
        found: dict[str, str] = {}
        for name in _FIELDS:
            if value := _first(event, self.fields.get(name, ())):
                found[name] = value
        if "Signature" not in found:
            return None
        if "Filename" in found:
            found["Filename"] = _file_name(found["Filename"], event.get("fname", ""))
        digest = _first(event, self.fields.get("Hash", ()))
        if digest and (kind := _HASHES.get(len(digest))) and _HEX.fullmatch(digest):
            found[kind] = digest
        found["Outcome"] = self._outcome(event)
        return found

    def _outcome(self, event: Mapping[str, str]) -> str:
        for name, state_of in self.outcome:
            text = event.get(name)
            if text is not None and text not in _EMPTY and (state := state_of(text[:_MAX_TEXT])) is not None:
                return state
        return "unknown"


def _first(event: Mapping[str, str], names: tuple[str, ...]) -> str:
    for name in names:
        value = event.get(name)
        if value is not None and value not in _EMPTY:
            return value
    return ""


def _file_name(path: str, name: str) -> str:
    """A path as its system writes it, of a ``file:`` URI too; with ``name`` where the path is only the folder."""
    if path.startswith("file:///"):
        path = path[8:] if _DRIVE.match(path, 8) else path[7:]
        if _DRIVE.match(path):
            path = path.replace("/", "\\")
    if name and name not in _EMPTY and path != name and not path.endswith(("\\" + name, "/" + name)):
        separator = "" if path.endswith(("\\", "/")) else "/" if path.startswith("/") else "\\"
        if "\\" not in name and "/" not in name:
            return path + separator + name
    return path


@cache
def _table() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("antivirus.yml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506  # both are safe loaders
    return loaded


@cache
def _words() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (state, re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, words))})", re.IGNORECASE))
        for state, words in _table()["words"].items()
    )


def state_of_words(text: str) -> str | None:
    """What an action or result in English says; None when it says nothing."""
    text = text[:_MAX_TEXT]
    for state, pattern in _words():
        if pattern.search(text):
            return state
    return None


def _globs(globs: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs), re.IGNORECASE)


def _state_of_codes(codes: Mapping[str, str]) -> State:
    table = [(_globs([glob]), state) for glob, state in codes.items()]

    def state_of(text: str) -> str | None:
        return next((state for pattern, state in table if pattern.match(text)), None)

    return state_of


@cache
def _products() -> Mapping[str, Product]:
    found = {}
    for name, entry in _table()["products"].items():
        outcome = [
            (field, state_of_words if how == "words" else _state_of_codes(how)) for field, how in entry["outcome"]
        ]
        found[name] = Product(
            tuple((field, _globs(globs)) for field, globs in entry.get("when", {}).items()),
            {key: tuple(entry[key]) for key in (*_FIELDS, "Hash") if key in entry},
            tuple(outcome),
        )
    return found


@cache
def _by_vendor() -> Mapping[str, tuple[Product, ...]]:
    found: dict[str, tuple[Product, ...]] = {}
    for name, entry in _table()["products"].items():
        for vendor in entry["vendors"]:
            found[vendor.lower()] = (*found.get(vendor.lower(), ()), _products()[name])
    return found


def detection(product: str, event: Mapping[str, str]) -> dict[str, str] | None:
    """Sigma's fields for an event of ``product``, a name of ``antivirus.yml``; None when it is no detection."""
    return _products()[product].detection(event)


def detection_by(vendor: str, event: Mapping[str, str]) -> dict[str, str] | None:
    """Sigma's fields for an event of a product of ``vendor``; None when none of them calls it a detection."""
    for product in _by_vendor().get(vendor.lower(), ()):
        if (found := product.detection(event)) is not None:
            return found
    return None


DEFENDER_CHANNEL = "Microsoft-Windows-Windows Defender/Operational"


def defender_outcome(event: Mapping[str, object]) -> str | None:
    """What became of a detection by Microsoft Defender; None when the event is none."""
    if event.get("System_Channel", event.get("Channel")) != DEFENDER_CHANNEL:
        return None
    table = _table()["defender"]
    number = str(event.get("System_EventID", event.get("EventID")))
    if number not in table["events"]:
        return None
    if number in table["by_event"]:
        return str(table["by_event"][number])
    is_taken = number in table["taken"]
    if is_taken and _is_error(_text(event, "Error Code")):
        return "not_cleaned"
    state = table["status"].get(_text(event, "Status Code"))
    if state is None and is_taken:
        state = table["action"].get(_text(event, "Action ID"))
        if state is None and (action := _text(event, "Action Name")):
            state = state_of_words(action)
    return state or "unknown"


def _text(event: Mapping[str, object], name: str) -> str:
    value = event.get(name, event.get(name.replace(" ", "")))
    return str(value) if isinstance(value, str | int) else ""


def _is_error(code: str) -> bool:
    try:
        return bool(code) and int(code[:_MAX_TEXT], 0) != 0
    except ValueError:
        return False


_RESOURCE = re.compile(r"(?:^|; ?)\s*([a-z]{3,30}):_")
_PARTS = re.compile(r"->|\|")


def defender_files(event: Mapping[str, object]) -> object:
    r"""The files of a detection: each resource of ``Path`` (``file:_C:\a.exe; process:_pid:7``) without its kind.

    One text, or a list of several; None when the event is no detection.
    """
    path = _text(event, "Path")
    if not path or event.get("System_Channel", event.get("Channel")) != DEFENDER_CHANNEL:
        return None
    values = _RESOURCE.split(path)[2::2] or [path]
    files = list(
        dict.fromkeys(piece for value in values for part in _PARTS.split(value) if (piece := part.strip("; ")))
    )
    return files if len(files) > 1 else files[0] if files else path


NEEDED = frozenset({"Threat Name", "ThreatName"})
"""Windows events without any of these fields are no detections by Defender."""

ADDED: Mapping[str, Callable[[Mapping[str, object]], object]] = {
    "Outcome": defender_outcome,
    "Filename": defender_files,
}
"""Fields that are added to the Windows events with one of :data:`NEEDED`, when somebody asks; None adds nothing."""
