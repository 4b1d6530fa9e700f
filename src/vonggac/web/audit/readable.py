"""An entry as people read it: titles in their language, what was before and what came after, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from vonggac.desk.audit import titles
from vonggac.desk.audit.queries import Shown
from vonggac.desk.organisations.queries import organisations
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_
from vonggac.web.shell import times

VIAS = {
    "web": N_("Portal"),
    "api": N_("API"),
    "cli": N_("Command line"),
    "job": N_("The program itself"),
    "link": N_("Link in a message"),
}
"""By which way somebody acted to its title."""

_ORGANISATIONS = frozenset(
    {"organisation_id", "parent_id", "operator_id", "holder_id", "over_id", "predecessor_id", "successor_id"}
)
_LONGEST = 2000
_MOST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One column: its title, what it was and what it became; None where there was or is none."""

    title: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One changed object. ``sign``: created, changed, deleted or noted."""

    sign: str
    title: str
    label: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Row:
    """One entry in the list."""

    entry: Shown
    action: str
    kind: str
    organisation: str
    via: str

    @property
    def is_itself(self) -> bool:
        """Whether the organisation is what the entry is about."""
        return (self.entry.object_type, self.entry.object_id) == (
            "organisations.organisation",
            str(self.entry.organisation_id),
        )


def rows_of(entries: Iterable[Shown], asker: Asker) -> list[Row]:
    """Entries with the words for them."""
    found = list(entries)
    names = names_of({entry.organisation_id for entry in found if entry.organisation_id is not None}, asker)
    return [
        Row(
            entry,
            gettext(titles.title_of_action(entry.action)),
            gettext(titles.title_of_kind(entry.object_type)) if entry.object_type else "",
            "" if entry.organisation_id is None else names.get(entry.organisation_id, f"#{entry.organisation_id}"),
            gettext(VIAS.get(entry.via, entry.via)),
        )
        for entry in found
    ]


def names_of(ids: Iterable[int], asker: Asker) -> dict[int, str]:
    """The names of those organisations that the asker sees."""
    wanted = sorted(set(ids))
    return dict(organisations(asker).filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def parts_of(entry: Shown, asker: Asker) -> tuple[list[Part], int]:
    """What an entry changed, and how many parts more there are than are shown."""
    changes = entry.changes[:_MOST]
    values = [value for change in changes for side in ("before", "after") for value in (change.get(side) or {}).items()]
    ids = {value for name, value in values if name in _ORGANISATIONS and isinstance(value, int)}
    names = names_of(ids, asker)
    return [_part(change, names) for change in changes], len(entry.changes) - len(changes)


def _part(change: Mapping[str, Any], names: Mapping[int, str]) -> Part:
    if "note" in change:
        noted = [Line(_title(name), None, _text(name, value, names)) for name, value in change["note"].items()]
        return Part("noted", gettext("Said with it"), "", noted)
    before, after = change.get("before"), change.get("after")
    sign = "created" if before is None else "deleted" if after is None else "changed"
    columns = [name for name in dict.fromkeys([*(before or ()), *(after or ())]) if name not in titles.HIDDEN]
    lines = [
        Line(
            _title(name),
            None if before is None else _text(name, before.get(name), names),
            None if after is None else _text(name, after.get(name), names),
        )
        for name in columns
    ]
    if sign != "changed":  # of something new or gone, columns without a value say nothing
        lines = [line for line in lines if line.before or line.after]
    return Part(sign, gettext(titles.title_of_kind(change.get("type", ""))), change.get("label", ""), lines)


def _title(name: str) -> str:
    return gettext(titles.title_of_column(name))


def _text(name: str, value: Any, names: Mapping[int, str]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if name in _ORGANISATIONS and isinstance(value, int):
        return names.get(value, f"#{value}")
    if isinstance(value, list | tuple):
        return ", ".join(_text(name, item, names) for item in value[:_MOST])[:_LONGEST]
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_text(str(key), item, names)}" for key, item in value.items())[:_LONGEST]
    text = str(value)
    if isinstance(value, str) and len(text) in range(19, 36) and text[4:5] == "-" and text[10:11] == "T":
        return _time(text)
    return text[:_LONGEST]


def _time(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return times.to_the_minute(at) if at.tzinfo else text
