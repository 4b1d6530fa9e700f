"""From the lines of a letter's recipients to organisations, as they are at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vonggac.desk.directives.models import Addressee, RecipientGroup
from vonggac.desk.directives.states import ROLES
from vonggac.desk.organisations.models import Organisation

_RANK = {role: rank for rank, role in enumerate(ROLES)}


@dataclass(slots=True)
class Expanded:
    """One recipient to be; ``organisation`` None: a body that the directory does not hold. See ``models.Recipient``."""

    name: str
    role: str
    organisation: Organisation | None = None
    groups: list[str] = field(default_factory=list)


def expanded(addressees: Sequence[Addressee]) -> list[Expanded]:
    """Each recipient once, in the order of the lines; who stands there twice has the role that asks most of them.

    ``group`` and ``organisation`` of ``addressees`` are read. An organisation that exists no longer is left out.
    """
    found: dict[object, Expanded] = {}
    for line in addressees:
        for organisation in _of_line(line):
            key = organisation.pk if organisation else line.words
            one = found.setdefault(
                key, Expanded(organisation.name if organisation else line.words, line.role, organisation)
            )
            one.role = min(one.role, line.role, key=_RANK.__getitem__)
            if line.group is not None:
                one.groups.append(line.group.code)
    return list(found.values())


def _of_line(line: Addressee) -> Sequence[Organisation | None]:
    if line.group is not None:
        return members(line.group)
    if line.organisation is not None:
        return [line.organisation] if line.organisation.valid_until is None else []
    return [None]


def members(group: RecipientGroup) -> list[Organisation]:
    """The organisations of a group as they are now, by name."""
    rows = Organisation.objects.filter(valid_until=None)
    kinds = rows.filter(kind__in=group.kinds).exclude(pk__in=group.without)
    return list((kinds | rows.filter(pk__in=group.organisations)).order_by("sort_key", "pk"))
