"""Information systems."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from vonggac.desk.organisations.models import InformationSystem, SystemAddress
from vonggac.desk.organisations.models.systems import BY_LEVEL
from vonggac.desk.organisations.queries.graph import below, matching
from vonggac.desk.organisations.spans import key_of_text
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.errors import N_, NotThere

SORTS: dict[str, tuple[Any, ...]] = {
    "name": ("sort_key", "pk"),
    "code": ("code", "pk"),
    "level": (BY_LEVEL.desc(), "sort_key", "pk"),
}
"""What a list of systems can be sorted by; by level, the highest first and what is not yet approved last."""


def systems(  # noqa: PLR0913  # filters, by name
    asker: Asker,
    *,
    text: str = "",
    level: int | None = None,
    no_level: bool = False,
    exposure: str = "",
    organisation_id: int | None = None,
    below_id: int | None = None,
    operator_id: int | None = None,
    address: str = "",
    at: datetime | None = None,
    sort: str = "name",
) -> QuerySet[InformationSystem]:
    """Those that the asker sees; ``organisation`` and ``operator`` with them, ``addresses`` fetched ahead.

    ``below_id``: owned by it or anybody below it; ``no_level``: not yet approved; ``address``: that have this address or domain.
    """
    rows = matching(visible(InformationSystem.objects.all(), asker, "systems.view"), text)
    if level is not None:
        rows = rows.filter(level=level)
    if no_level:
        rows = rows.filter(level=None)
    if exposure:
        rows = rows.filter(exposure=exposure)
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    if below_id is not None:
        rows = rows.filter(organisation_id__in=below(below_id))
    if operator_id is not None:
        rows = rows.filter(operator_id=operator_id)
    if address.strip():
        rows = rows.filter(pk__in=at_address(address).values("system_id"))
    if at is not None:
        rows = rows.filter(valid_at(at))
    ahead = Prefetch("addresses", SystemAddress.objects.order_by("pk"))
    return rows.select_related("organisation", "operator").prefetch_related(ahead).order_by(*SORTS[sort])


def system(asker: Asker, system_id: int) -> InformationSystem:
    """One system with owner, operator and addresses; raises NotThere when there is none that the asker sees."""
    row = systems(asker).filter(pk=system_id).first()
    if row is None:
        raise NotThere(N_("there is no such system here"))
    return row


def at_address(text: str) -> QuerySet[SystemAddress]:
    """Addresses of systems that are ``text``: an IP address or a domain name, or one under that name."""
    key = key_of_text(text)
    if key is not None:
        return SystemAddress.objects.filter(key=key)
    name = text.strip().rstrip(".").lower()
    return SystemAddress.objects.filter(Q(value=name) | Q(value__endswith=f".{name}"))
