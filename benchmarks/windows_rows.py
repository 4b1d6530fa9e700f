"""Windows events as flat rows, for peers that need a table: what their users do before they can ask a question.

Understands the nested form of EVTX dumpers, the Winlogbeat form and rows that are flat already. The program of a peer
imports this in the peer's own environment, so it needs orjson alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

Scalar = str | int | float | None


def rows(path: Path) -> Iterator[dict[str, Scalar]]:
    """The events of a JSON-lines file as flat rows under Sigma's field names."""
    with path.open("rb") as file:
        for line in file:
            yield flat(orjson.loads(line))


def flat(event: dict[str, object]) -> dict[str, Scalar]:
    """One event under the field names that Sigma rules use."""
    row: dict[str, Scalar] = {}
    inner, winlog = event.get("Event"), event.get("winlog")
    if isinstance(inner, dict):
        _system(inner.get("System") or {}, row)
        for part in ("EventData", "UserData"):
            _leaves(inner.get(part), row)
    elif isinstance(winlog, dict):
        row |= {
            "Channel": winlog.get("channel"),
            "Computer": winlog.get("computer_name"),
            "EventID": winlog.get("event_id"),
        }
        row["Provider_Name"] = winlog.get("provider_name")
        for part in ("event_data", "user_data"):
            _leaves(winlog.get(part), row)
    else:
        _leaves(event, row)
    if row.get("EventID") is not None:
        row["EventID"] = int(row["EventID"])
    return row


def _system(system: dict[str, object], row: dict[str, Scalar]) -> None:
    for name, value in system.items():
        if name == "Provider" and isinstance(value, dict):
            row["Provider_Name"] = _attributes(value).get("Name")
        elif name == "TimeCreated" and isinstance(value, dict):
            row["SystemTime"] = _attributes(value).get("SystemTime")
        elif name == "EventID" and isinstance(value, dict):
            row["EventID"] = value.get("#text", value.get("Value"))
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            row[name] = value


def _attributes(value: dict[str, object]) -> dict[str, object]:
    inner = value.get("#attributes")
    return inner if isinstance(inner, dict) else value


def _leaves(value: object, row: dict[str, Scalar]) -> None:
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if isinstance(inner, dict):
            _leaves(inner, row)
        elif isinstance(inner, list):
            row[name] = orjson.dumps(inner).decode()
        elif isinstance(inner, bool):
            row[name] = "true" if inner else "false"
        elif isinstance(inner, int) and abs(inner) >= 1 << 63:
            row[name] = str(inner)
        else:
            row[name] = inner
