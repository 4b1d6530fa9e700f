"""Events of Sysmon for Linux, ``<Event><System>…</System><EventData><Data Name="Image">/bin/sh</Data>…</EventData></Event>``.

The form that Sysmon writes is fixed, so it is read by patterns and not by an XML parser: there are no document types,
entities of their own, namespaces or comments, whatever a line may say. Of an event that syslog cut off, what is whole is
read, and the value in which it ends. Names are those of the ``windows`` source for the same event (``Provider_Name``, ``SystemTime``).
"""

from __future__ import annotations

import re

from vonggac.sources.message_patterns import Fields

_MAX_NAME = 200
_SYSTEM = re.compile(
    r"\s*<Event(?: [^<>]{0,200})?>\s*<System>([^<]*+(?>(?:<(?!/System>|Event[ >]|EventData>)[^<]*+)*))(?:</System>)?"
)
# Attributes of an element or its text.
_ELEMENT = re.compile(r"<(\w{1,40})((?>(?: +\w{1,40}=(?:\"[^\"<]*\"|'[^'<]*'))*)) *(?:/>|>([^<]*))")
_ATTRIBUTE = re.compile(r"(\w{1,40})=(?:\"([^\"<]*)\"|'([^'<]*)')")
# A "<" that Sysmon left as it was does not end a value; the closing tag, or the end of the text, does.
_DATA = re.compile(
    rf"<Data Name=(?:\"([^\"<>]{{1,{_MAX_NAME}}})\"|'([^'<>]{{1,{_MAX_NAME}}})') *"
    r"(?:/>|>([^<]*+(?>(?:<(?!/Data>|Data Name=|Event[ >])[^<]*+)*))(?:</Data>|\Z))"
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


# What nearly every event looks like, to the last character: read without looking at single elements.
_USUAL = re.compile(
    r'<Event><System><Provider Name="([^"<]*)" Guid="([^"<]*)"/><EventID>(\d+)</EventID><Version>(\d+)</Version>'
    r"<Level>(\d+)</Level><Task>(\d+)</Task><Opcode>(\d+)</Opcode><Keywords>(\w+)</Keywords>"
    r'<TimeCreated SystemTime="([^"<]*)"/><EventRecordID>(\d+)</EventRecordID><Correlation/>'
    r'<Execution ProcessID="(\d+)" ThreadID="(\d+)"/><Channel>([^<\s][^<]*)</Channel><Computer>([^<\s][^<]*)</Computer>'
    r'<Security UserId="([^"<]*)"/></System><EventData><Data Name="'
)
_USUAL_NAMES = tuple(
    "Provider_Name Provider_Guid EventID Version Level Task Opcode Keywords SystemTime EventRecordID ProcessID ThreadID "
    "Channel Computer UserID".split()
)
_USUAL_END = "</Data></EventData></Event>"


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
    if (usual := _USUAL.match(text)) and (fields := _usual_event(usual, text)) is not None:
        return fields
    return _any_event(text)


def _usual_event(begun: re.Match[str], text: str) -> Fields | None:
    """The fields of an event of the usual form; None where any part of it is not."""
    if not text.endswith(_USUAL_END) or '"/>' in (data := text[begun.end() : -len(_USUAL_END)]) or "<Event" in data:
        return None
    pieces = data.split('</Data><Data Name="')
    if len(pieces) != data.count("<Data Name=") + 1 or data.count("</Data>") != len(pieces) - 1:
        return None
    pairs = [piece.partition('">') for piece in pieces]
    names = _USUAL_NAMES + tuple([name for name, _, _ in pairs])
    if len(set(names)) != len(names) or not all(
        name.isalnum() and end and len(name) <= _MAX_NAME for name, end, _ in pairs
    ):
        return None
    values = begun.groups() + tuple([value for _, _, value in pairs])
    return names, tuple(map(_text, values)) if "&" in text else values


def _any_event(text: str) -> Fields | None:
    found = _SYSTEM.match(text)
    if found is None:
        return None
    system = _system(found[1])
    if "EventID" not in system:
        return None
    names, values = list(system), list(system.values())
    for double, single, value in _DATA.findall(text, found.end()):
        names.append(double or single)
        values.append(_text(value))
    if len(set(names)) != len(names):
        unique: dict[str, str] = {}
        for name, value in zip(names, values, strict=True):
            unique.setdefault(name, value)
        return tuple(unique), tuple(unique.values())
    return tuple(names), tuple(values)
