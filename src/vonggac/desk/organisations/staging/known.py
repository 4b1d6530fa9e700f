"""What a check holds a file against: the organisations that there are and will be, and where the asker may change what."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.rule import visible

NOUNS = ("organisations", "people", "networks", "systems")
IMPORT = "directory.import"


@dataclass(slots=True)
class Known:
    """Organisations by code and by id, as ``values()`` of the table; those that the file adds join them while it is checked.

    ``broken``: codes of organisations whose own row has faults, so that what hangs on them is not told again and again.
    ``open_to``: noun to the ids where the asker may change it by an import; None: everywhere.
    """

    asker: Asker
    by_code: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_id: dict[int, dict[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    open_to: dict[str, set[int] | None] = field(default_factory=dict)
    seen: set[int] | None = None

    def may(self, noun: str, organisation_id: int | None) -> bool:
        """Whether the asker may import what is of ``noun`` there; None asks for everywhere."""
        allowed = self.open_to[noun]
        return allowed is None or (organisation_id is not None and organisation_id in allowed)

    def sees(self, organisation_id: int) -> bool:
        """Whether the asker sees the organisation at all."""
        return self.seen is None or organisation_id in self.seen

    def code_of(self, organisation_id: int | None) -> str:
        """The code of an organisation, empty for none."""
        return "" if organisation_id is None else str(self.by_id[organisation_id]["code"])

    def add(self, row: dict[str, Any]) -> None:
        """An organisation that the file makes: the asker may there what they may where it stands."""
        self.by_code[row["code"]] = row
        self.by_id[row["id"]] = row
        parent = row["parent_id"]
        for allowed in (*self.open_to.values(), self.seen):
            if allowed is not None and parent in allowed:
                allowed.add(row["id"])


def know(asker: Asker) -> Known:
    """What there is now."""
    known = Known(asker)
    rows: Any = Organisation.objects.values()
    for row in rows.iterator(chunk_size=2000):
        known.by_code[row["code"]] = row
        known.by_id[row["id"]] = row
    known.seen = _ids(asker, "organisations.view")
    importing = _ids(asker, IMPORT)
    for noun in NOUNS:
        editing = _ids(asker, f"{noun}.edit")
        known.open_to[noun] = importing if editing is None else editing if importing is None else importing & editing
        if known.open_to[noun] is importing and importing is not None:
            known.open_to[noun] = set(importing)
    return known


def _ids(asker: Asker, permission: str) -> set[int] | None:
    if isinstance(asker.roots(permission), Everywhere):
        return None
    return set(visible(Organisation.objects.all(), asker, permission, through="id").values_list("pk", flat=True))


def held_digest(asker: Asker) -> str:
    """A digest of where the asker may import what, to notice that it changed."""
    parts = []
    for permission in (IMPORT, "organisations.view", *(f"{noun}.edit" for noun in NOUNS)):
        roots = asker.roots(permission)
        parts.append(f"{permission}:{'*' if isinstance(roots, Everywhere) else ','.join(map(str, sorted(roots)))}")
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def in_batches(ids: Iterable[int], size: int = 500) -> Iterable[list[int]]:
    """``ids`` sorted, some hundred at a time: neither database takes any number of them in one condition."""
    ordered = sorted(ids)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def rows_of(model: Any, owner: str, ids: Collection[int], *columns: str) -> list[dict[str, Any]]:
    """The rows of ``model`` whose ``owner`` is one of ``ids``, as ``values()``, in the order of their keys."""
    found: list[dict[str, Any]] = []
    for some in in_batches(ids):
        found += (
            model.objects.filter(**{f"{owner}__in": some}).order_by("pk").values(*columns).iterator(chunk_size=5000)
        )
    return found


def overlap(a: tuple[datetime | None, datetime | None], b: tuple[datetime | None, datetime | None]) -> bool:
    """Whether two half-open periods share a moment."""
    return (a[1] is None or b[0] is None or b[0] < a[1]) and (b[1] is None or a[0] is None or a[0] < b[1])
