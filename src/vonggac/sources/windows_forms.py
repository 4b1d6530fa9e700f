"""The ways in which tools write Windows events as JSON, brought to native names.

- nested, ``{"Event": {"System": ..., "EventData": ...}}``: attributes as ``#attributes`` (the usual form of EVTX dumpers,
  handled faster in ``windows.py``), as ``Provider_attributes`` beside ``Provider``, as ``@Name`` keys, or as plain keys;
  data as an object or as a list of named values
- Winlogbeat and the Elastic agent: ``winlog.channel``, ``winlog.event_id``, ``winlog.event_data`` ...; the other ECS fields stay as
  they are (``host.name``, ``process.executable``)
- EvtxECmd: flat, with the data as JSON text in ``Payload``
- flat: everything at the top, as NXLog and older Winlogbeats write it, also with dotted names
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

NESTED, NAMED, FLAT = 0, 1, 2
"""First elements of a key: how the names in it are to be read."""

Fields = dict[str, object]

CONTAINERS = {"Provider", "TimeCreated", "Execution", "Correlation", "Security"}
"""Elements of System that hold attributes alone."""
_NOT_FIELDS = {"#attributes", "@xmlns", "xmlns", "@xmlns:auto-ns2", "xml_name"}

_WINLOG = {
    "channel": "Channel",
    "event_id": "EventID",
    "provider_name": "Provider_Name",
    "provider_guid": "Provider_Guid",
    "computer_name": "Computer",
    "record_id": "EventRecordID",
    "task": "Task",
    "opcode": "Opcode",
    "keywords": "Keywords",
    "version": "Version",
    "activity_id": "ActivityID",
    "related_activity_id": "RelatedActivityID",
}
# Names that tools give to System fields at the top level; the native name itself goes first, then in this order.
_FLAT = {
    "EventId": "EventID",
    "event_id": "EventID",
    "LogName": "Channel",
    "log_name": "Channel",
    "Hostname": "Computer",
    "ComputerName": "Computer",
    "MachineName": "Computer",
    "computer_name": "Computer",
    "SourceName": "Provider_Name",
    "ProviderName": "Provider_Name",
    "source_name": "Provider_Name",
    "ProviderGuid": "Provider_Guid",
    "provider_guid": "Provider_Guid",
    "RecordNumber": "EventRecordID",
    "RecordID": "EventRecordID",
    "RecordId": "EventRecordID",
    "record_number": "EventRecordID",
    "TimeCreated": "SystemTime",
    "ExecutionProcessID": "ProcessID",
    "ExecutionThreadID": "ThreadID",
    "message": "Message",
}
_PREFIXES = ("Event.System.", "Event.EventData.", "Event.UserData.", "winlog.event_data.", "winlog.user_data.")
_LEVELS = {"critical": 1, "error": 2, "warning": 3, "information": 4, "info": 4, "verbose": 5}


def is_windows(top: Mapping[str, object]) -> bool:
    """Whether ``top`` looks like a Windows event in one of the forms."""
    if isinstance(source := top.get("_source"), dict):
        top = source
    event = top.get("Event")
    if isinstance(event, dict):
        return "System" in event
    if isinstance(top.get("winlog"), dict):
        return True
    names = set(flat_names(tuple(top)))
    return "EventID" in names and bool(names & {"Channel", "Provider_Name", "Provider_Guid", "EventRecordID"})


def named_parts(top: Fields) -> tuple[Fields, Fields] | None:
    """System and data fields of an event that is not flat, by native names; None when it is flat."""
    event = top.get("Event")
    if isinstance(event, dict) and isinstance(system := event.get("System"), dict):
        data = _payload(event)
        data.update((name, value) for name, value in top.items() if name != "Event" and name not in data)
        return _system(system), data
    if isinstance(winlog := top.get("winlog"), dict):
        return _winlog(top, winlog)
    if isinstance(event_data := top.get("event_data"), dict):  # Winlogbeat before version 7
        return _flat_system({name: value for name, value in top.items() if name != "event_data"}), dict(event_data)
    payload = top.get("Payload")
    if isinstance(payload, str) and "ChunkNumber" in top:
        return _evtxecmd(top, payload)
    return None


def flat_names(names: Sequence[str]) -> list[str]:
    """Native names for the top-level ``names`` of a flat event; a name that is taken leaves the original as it is."""
    taken = set(names)
    native = []
    for name in names:
        short = _shorten(name)
        better = _FLAT.get(short, short)
        if better != name and better in taken:
            better = name
        taken.add(better)
        native.append(better)
    return native


def _shorten(name: str) -> str:
    """``name`` without the path that flattening tools put before it."""
    if "." not in name:
        return name
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            *before, last = name.removeprefix(prefix).split(".")
            if prefix == "Event.System." and before and before[0].removesuffix("_attributes") == "Provider":
                return f"Provider_{last.lstrip('@')}"
            if last == "#text" and before:
                return before[-1]
            return last.lstrip("@")
    if name.startswith("winlog."):
        return _WINLOG.get(name.removeprefix("winlog."), name)
    return name


def _flat_system(top: Fields) -> Fields:
    return dict(zip(flat_names(tuple(top)), top.values(), strict=True))


def _split(value: Fields, *, is_container: bool) -> tuple[Fields, object]:
    """Attributes and text of an element."""
    attributes: Fields = {}
    text: object = None
    for name, item in value.items():
        if name == "#attributes" and isinstance(item, dict):
            attributes.update(item)
        elif name in ("#text", "$"):
            text = item
        elif name.startswith("@") or is_container:
            attributes[name.lstrip("@")] = item
        else:  # an object of its own
            return {}, value
    return attributes, text


def _system(system: Fields) -> Fields:
    """The fields of a System element, whatever marks its attributes."""
    fields: Fields = {}
    for name, value in system.items():
        base = name.removesuffix("_attributes")
        attributes: Fields = {}
        text = value
        if base != name and isinstance(value, dict):
            attributes, text = dict(value), None
        elif isinstance(value, dict):
            attributes, text = _split(value, is_container=base in CONTAINERS)
        prefix = "Provider_" if base == "Provider" else ""
        fields.update((prefix + attribute, item) for attribute, item in attributes.items())
        if text is not None:
            native = {"Provider": "Provider_Name", "TimeCreated": "SystemTime", "Security": "UserID"}.get(base, base)
            fields[native] = text
        elif not attributes and base not in CONTAINERS and base not in fields:
            fields[base] = None
    return fields


def _payload(event: Fields) -> Fields:
    """The data fields of an Event element: of EventData, of what UserData holds, and whatever stands beside them."""
    fields: Fields = {}
    for name, value in event.items():
        if name == "System" or name in _NOT_FIELDS or name.endswith("_attributes") or value is None:
            continue
        if name == "EventData":
            _add_data(fields, value)
        elif name == "UserData" and isinstance(value, dict):
            for child, inner in value.items():
                if isinstance(inner, dict):
                    _add_data(fields, inner)
                elif inner is not None and child not in _NOT_FIELDS and not child.endswith("_attributes"):
                    fields.setdefault(child, inner)
        elif name == "RenderingInfo" and isinstance(value, dict) and "Message" in value:
            fields.setdefault("Message", value["Message"])
            fields.setdefault(name, value)
        else:
            fields.setdefault(name, value)
    return fields


def _add_data(fields: Fields, data: object) -> None:
    """Add the fields of an EventData element; the first of a name stays."""
    if isinstance(data, list):
        data = {"Data": data}
    if not isinstance(data, dict):
        fields.setdefault("Data", data)
        return
    for name, value in data.items():
        if name == "Data":
            _add_named(fields, value)
        elif name == "#attributes":
            if isinstance(value, dict) and (
                own := {key: item for key, item in value.items() if not key.startswith("xmlns")}
            ):
                fields.setdefault("EventData", own)
        elif name not in _NOT_FIELDS and not (name.endswith("_attributes") and isinstance(value, dict)):
            fields.setdefault(name, value)


def _add_named(fields: Fields, value: object) -> None:
    """Add what ``Data`` holds: each named value as a field, the others as ``Data``."""
    unnamed: list[object] = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            unnamed.append(item)
            continue
        attributes = item.get("#attributes")
        name = item.get("@Name", item.get("Name", attributes.get("Name") if isinstance(attributes, dict) else None))
        text = item.get("#text", item.get("$", item.get("Value", item.get("content"))))
        if isinstance(name, str) and name:
            fields.setdefault(name, text)
        elif isinstance(text, list):
            unnamed.extend(text)
        else:
            unnamed.append(item if text is None and item else text)
    if unnamed:
        fields.setdefault("Data", unnamed if len(unnamed) > 1 else unnamed[0])


def _winlog(top: Fields, winlog: Fields) -> tuple[Fields, Fields]:
    """Winlogbeat's event: what winlog holds by native names, the other ECS fields by their own."""
    system: Fields = {}
    data: Fields = {}
    for name, value in winlog.items():
        if name in ("event_data", "user_data") and isinstance(value, dict):
            data.update((key, item) for key, item in value.items() if key not in _NOT_FIELDS)
        elif name == "process" and isinstance(value, dict):
            system["ProcessID"] = value.get("pid")
            thread = value.get("thread")
            system["ThreadID"] = thread.get("id") if isinstance(thread, dict) else None
        elif name == "user" and isinstance(value, dict):
            system["UserID"] = value.get("identifier")
        else:
            system[_WINLOG.get(name, f"winlog.{name}")] = value
    for name, value in top.items():
        if name == "@timestamp":
            system.setdefault("SystemTime", value)
        elif name == "message":
            system["Message"] = value
        elif name != "winlog":
            system.setdefault(name, value)
    log = top.get("log")
    if isinstance(log, dict) and isinstance(level := log.get("level"), str):
        system["Level"] = _LEVELS.get(level.lower(), level)
    event = top.get("event")
    if "EventID" not in system and isinstance(event, dict) and "code" in event:
        system["EventID"] = event["code"]
    return system, data


def _evtxecmd(top: Fields, payload: str) -> tuple[Fields, Fields] | None:
    try:
        event = orjson.loads(payload)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    system = _flat_system({name: value for name, value in top.items() if name != "Payload"})
    if "Provider" in system:
        system.setdefault("Provider_Name", system.pop("Provider"))
    return system, _payload(event)
