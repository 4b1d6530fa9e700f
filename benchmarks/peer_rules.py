"""Turns Sigma rules into one SQL query each, with a pySigma backend: ``peer_rules.py sqlite|duckdb RULES ROUTING OUT``.

Runs in the environment of the peer. The backends know no log sources: what each one means is taken from ROUTING, our own
table, so that all ask the same question. OUT gets JSON: ``{"rules": [{id, title, queries}], "fields": [...], "faults": n}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError


def backend_of(name: str) -> object:
    """The backend, set up as its documentation asks for a table that holds the events as they are."""
    if name == "sqlite":
        from sigma.backends.sqlite import sqliteBackend

        return sqliteBackend(fulltext_field="_fulltext")
    from sigma_backend_duckdb import DuckDBBackend

    return DuckDBBackend()


def windows_rules(folder: Path) -> Iterator[dict[str, object]]:
    """The Windows rules under ``folder``, as parsed YAML."""
    for path in sorted(folder.rglob("*.yml")):
        if "regression_data" in path.parts:
            continue
        for document in yaml.load_all(path.read_text("utf-8"), Loader=yaml.CSafeLoader):
            if isinstance(document, dict) and "detection" in document and _product(document) == "windows":
                yield document


def _product(rule: dict[str, object]) -> object:
    source = rule.get("logsource")
    return source.get("product") if isinstance(source, dict) else None


def route(rule: dict[str, object], routing: dict[str, dict[str, object]]) -> str:
    """The SQL condition that the rule's log source means; empty when it means every event."""
    source = rule["logsource"]
    assert isinstance(source, dict)
    parts = []
    for kind, table in (("category", "categories"), ("service", "services")):
        means = routing[table].get(str(source.get(kind, "")))
        alternatives = means if isinstance(means, list) else [means] if means else []
        if alternatives:
            parts.append("(" + " OR ".join(map(_condition, alternatives)) + ")")
    return " AND ".join(parts)


def _condition(fields: dict[str, object]) -> str:
    parts = []
    for name, wanted in fields.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        if values == ["*"]:
            parts.append(f'"{name}" IS NOT NULL')
            continue
        literals = ", ".join(
            str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'" for value in values
        )
        parts.append(f'"{name}" IN ({literals})')
    return "(" + " AND ".join(parts) + ")"


def field_names(detection: object) -> Iterator[str]:
    """The fields that a detection names."""
    if isinstance(detection, dict):
        for key, value in detection.items():
            yield str(key).split("|")[0]
            yield from field_names(value)
    elif isinstance(detection, list):
        for item in detection:
            yield from field_names(item)


def main() -> None:
    """Convert, and say how many rules the backend refused."""
    name, folder, routing_file, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    routing = yaml.load(routing_file.read_text("utf-8"), Loader=yaml.CSafeLoader)["windows"]
    backend = backend_of(name)
    converted, fields, n_faults = [], set(), 0
    for rule in windows_rules(folder):
        try:
            queries = backend.convert(SigmaCollection.from_dicts([rule]))
        except (SigmaError, NotImplementedError):
            n_faults += 1
            continue
        source = route(rule, routing)
        routed = [query.replace(" WHERE ", f" WHERE {source} AND (", 1) + ")" if source else query for query in queries]
        converted.append({"id": rule["id"], "title": rule["title"], "queries": routed})
        for key, value in rule["detection"].items():
            if key not in {"condition", "timeframe"}:
                fields.update(field_names(value))
    fields.discard("")
    out.write_text(json.dumps({"rules": converted, "fields": sorted(fields), "faults": n_faults}), "utf-8")


if __name__ == "__main__":
    main()
