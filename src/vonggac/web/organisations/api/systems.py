"""Information systems."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Query, Router, Schema

from vonggac.desk.organisations import actions, queries
from vonggac.web.api.core import ERRORS, After, Limit, OptionalId, Text, page_of
from vonggac.web.organisations.api.routes import Noun, register
from vonggac.web.organisations.api.shapes import At, Exposure, SystemEdit, SystemIn, SystemOut

router = Router(tags=["systems"])
Level = Annotated[int | None, Query(None, ge=1, le=5)]


class Systems(Schema):
    """A page of systems."""

    items: list[SystemOut]
    next: str | None


def out(row: Any) -> SystemOut:
    """A system as it looks outside."""
    columns = {name: getattr(row, name) for name in SystemOut.model_fields if name != "addresses"}
    return SystemOut(**columns, addresses=sorted(one.value for one in row.addresses.all()))


@router.get("/systems", response={200: Systems, **ERRORS}, operation_id="list_systems", summary="List systems")
def systems(  # noqa: PLR0913, PLR0917  # filters, by name in the address
    request: Any, limit: Limit, after: After, text: Text, organisation_id: OptionalId = None, level: Level = None,
    exposure: Exposure | None = None, no_level: bool = False, at: At = None,
) -> Any:  # fmt: skip
    """Those that the asker sees."""
    rows = queries.systems(
        request.asker,
        text=text,
        organisation_id=organisation_id,
        level=level,
        no_level=no_level,
        exposure=exposure or "",
        at=at,
    )
    return page_of(rows.prefetch_related("addresses"), limit, after, shape=out)


def _add(asker: Any, values: dict[str, Any]) -> Any:
    return actions.add_system(asker, values.pop("organisation_id"), **values)


register(
    Noun(
        router, "system", "/systems", SystemIn, SystemEdit, SystemOut, read=queries.system, out=out,
        add=_add, edit=actions.edit_system, end=actions.end_system,
    )
)  # fmt: skip
