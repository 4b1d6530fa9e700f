"""Networks, and who held an address."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from vonggac.desk.organisations.models import Network
from vonggac.desk.organisations.queries.graph import below, matching
from vonggac.desk.organisations.spans import key_of_text, parse_span
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.errors import N_, Fault, InvalidValues, NotThere

SORTS = {"address": ("first", "last", "pk"), "organisation": ("organisation__name", "first", "pk")}
"""What a list of networks can be sorted by."""


def networks(
    asker: Asker,
    *,
    text: str = "",
    organisation_id: int | None = None,
    below_id: int | None = None,
    side: str = "",
    at: datetime | None = None,
    sort: str = "address",
) -> QuerySet[Network]:
    """Those that the asker sees, ``organisation`` with them.

    ``text``: an address or range (networks that share an address with it) or words of the network's own; ``at``: that held then.
    """
    rows = visible(Network.objects.all(), asker, "networks.view").select_related("organisation")
    if text.strip():
        try:
            span = parse_span(text)
        except InvalidValues:
            rows = matching(rows, text)
        else:
            rows = rows.filter(first__lte=span.last, last__gte=span.first)
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    if below_id is not None:
        rows = rows.filter(organisation_id__in=below(below_id))
    if side:
        rows = rows.filter(side=side)
    if at is not None:
        rows = rows.filter(valid_at(at))
    return rows.order_by(*SORTS[sort])


def network(asker: Asker, network_id: int) -> Network:
    """One network with its organisation; raises NotThere when there is none that the asker sees."""
    row = visible(Network.objects.select_related("organisation"), asker, "networks.view").filter(pk=network_id).first()
    if row is None:
        raise NotThere(N_("there is no such network here"))
    return row


def owner_at(asker: Asker, address: str, at: datetime) -> list[Network]:
    """The networks that held ``address`` at ``at``, their ``organisation`` with them, public ones first, the smallest first.

    After a merger the predecessor's network held it before, the successor's does since. Raises InvalidValues for no address.
    """
    key = key_of_text(address)
    if key is None:
        raise InvalidValues([Fault("address", N_("“{text}” is no address"), {"text": address[:80]})])
    rows = visible(Network.objects.filter(valid_at(at), first__lte=key, last__gte=key), asker, "networks.view")
    return sorted(rows.select_related("organisation"), key=narrowest)


class NetworkRow(NamedTuple):
    """A network as plain values, for many at once. ``first`` and ``last`` as in Network."""

    id: int
    organisation_id: int
    first: str
    last: str
    side: str
    valid_from: datetime | None
    valid_until: datetime | None


def all_networks(asker: Asker) -> list[NetworkRow]:
    """Every network that the asker sees, past ones too, in the order of their ids."""
    rows = visible(Network.objects.all(), asker, "networks.view").order_by("pk")
    return [NetworkRow(*row) for row in rows.values_list(*NetworkRow._fields)]


def narrowest(row: Network) -> tuple[bool, int, int]:
    """What puts public networks first, and of those the smallest."""
    return row.side != "public", int(row.last, 16) - int(row.first, 16), row.pk
