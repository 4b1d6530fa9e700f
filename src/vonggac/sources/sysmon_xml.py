"""Events of Sysmon for Linux, ``<Event><System>…</System><EventData><Data Name="Image">/bin/sh</Data>…</EventData></Event>``.

The form that Sysmon writes is fixed, so it is read by patterns and not by an XML parser: there are no document types,
entities of their own, namespaces or comments, whatever a line may say. Of an event that syslog cut off, what is whole is
read, and the value in which it ends. Names are those of the ``windows`` source for the same event (``Provider_Name``, ``SystemTime``).
"""

from __future__ import annotations

import re

from vonggac.sources.message_patterns import Fields

_SYSTEM = re.compile(r"\s*<Event(?: [^<>]{0,200})?>\s*<System>((?:[^<]|<(?!/System>|Event[ >]|EventData>))*+)(</System>)?")
# Attributes of an element or its text.
_ELEMENT = re.compile(r"<(\w{1,40})((?: +\w{1,40}=(?:\"[^\"<]*\"|'[^'<]*'))*+) *(?:/>|>([^<]*))")
_ATTRIBUTE = re.compile(r"(\w{1,40})=(?:\"([^\"<]*)\"|'([^'<]*)')")
# A "<" that Sysmon left as it was does not end a value; the closing tag, or the end of the text, does.
_DATA = re.compile(
    r"<Data Name=(?:\"([^\"<>]{1,200})\"|'([^'<>]{1,200})') *(?:/>|>((?:[^<]|<(?!/Data>|Data Name=|Event[ >]))*+)(?:</Data>|\Z))"
)
_NATIVE = {
    ("Provider", "Name"): "Provider_Name",
    ("Provider", "Guid"): "Provider_Guid",
    ("TimeCreated", "SystemTime"): "SystemTime",
    ("Security", "UserId"): "UserID",
    ("Security", "UserID"): "UserID",
}


# XML 1.0, 4.1 and 4.6: character references and the five entities that need no declaration.
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7})));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def _character(found: re.Match[str]) -> str:
    name, digits16, digits10 = found.groups()
    if name:
        return _ENTITIES[name]
    code = int(digits16, 16) if digits16 else int(digits10)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd"


def _text(value: str) -> str:
    return _REFERENCE.sub(_character, value) if "&" in value else value


def _system(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, attributes, value in _ELEMENT.findall(text):
        for attribute, double, single in _ATTRIBUTE.findall(attributes):
            fields.setdefault(_NATIVE.get((name, attribute), attribute), _text(double or single))
        if value and not value.isspace():
            fields.setdefault(name, _text(value))
    return fields


def sysmon_event(text: str) -> Fields | None:
    """The fields of one event, System's first; None when ``text`` is no event with an EventID. The first of a name stays."""
    found = _SYSTEM.match(text)
    if found is None:
        return None
    fields = _system(found[1])
    if "EventID" not in fields:
        return None
    names, values = list(fields), list(fields.values())
    for double, single, value in _DATA.findall(text, found.end()):
        names.append(double or single)
        values.append(_text(value))
    if len(set(names)) != len(names):
        unique: dict[str, str] = {}
        for name, value in zip(names, values, strict=True):
            unique.setdefault(name, value)
        return tuple(unique), tuple(unique.values())
    return tuple(names), tuple(values)
