"""Networks, and who held an address then."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Query, Router, Schema

from vonggac.desk.organisations import actions, queries
from vonggac.web.api.core import ERRORS, After, Limit, Moment, OptionalId, Text, page_of
from vonggac.web.organisations.api.graph import out as organisation_out
from vonggac.web.organisations.api.routes import Noun, register
from vonggac.web.organisations.api.shapes import At, NetworkEdit, NetworkIn, NetworkOut, OwnerOut, Side

router = Router(tags=["networks"])


class Networks(Schema):
    """A page of networks."""

    items: list[NetworkOut]
    next: str | None


def out(row: Any) -> NetworkOut:
    """A network as it looks outside."""
    return NetworkOut.model_validate(row, from_attributes=True)


@router.get("/networks", response={200: Networks, **ERRORS}, operation_id="list_networks", summary="List networks")
def networks(
    request: Any, limit: Limit, after: After, text: Text, organisation_id: OptionalId = None, side: Side | None = None, at: At = None
) -> Any:  # fmt: skip
    """Those that the asker sees; ``text`` may be an address that lies in them."""
    rows = queries.networks(request.asker, text=text, organisation_id=organisation_id, side=side or "", at=at)
    return page_of(rows, limit, after, shape=out)


@router.get(
    "/owner", response={200: list[OwnerOut], **ERRORS}, operation_id="owner_at", summary="Who held an address then?"
)
def owner(request: Any, address: Annotated[str, Query(max_length=45)], at: Moment) -> Any:
    """The networks that held it, public ones first, the smallest first; empty when nobody's that the asker sees."""
    return [
        OwnerOut(network=out(row), organisation=organisation_out(row.organisation))
        for row in queries.owner_at(request.asker, address, at)
    ]


def _add(asker: Any, values: dict[str, Any]) -> Any:
    return actions.add_network(asker, values.pop("organisation_id"), **values)


register(
    Noun(
        router, "network", "/networks", NetworkIn, NetworkEdit, NetworkOut, read=queries.network, out=out,
        add=_add, edit=actions.edit_network, end=actions.end_network,
    )
)  # fmt: skip
