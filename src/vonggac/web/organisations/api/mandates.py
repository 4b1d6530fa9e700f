"""Mandates, and who held one then."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from vonggac.desk.organisations import actions, queries
from vonggac.web.api.core import ERRORS, After, Limit, Moment, OptionalId, page_of
from vonggac.web.organisations.api.routes import Noun, register
from vonggac.web.organisations.api.shapes import At, MandateEdit, MandateIn, MandateOut, Subject

router = Router(tags=["mandates"])


class Mandates(Schema):
    """A page of mandates."""

    items: list[MandateOut]
    next: str | None


def out(row: Any) -> MandateOut:
    """A mandate as it looks outside."""
    return MandateOut.model_validate(row, from_attributes=True)


@router.get("/mandates", response={200: Mandates, **ERRORS}, operation_id="list_mandates", summary="List mandates")
def mandates(
    request: Any,
    limit: Limit,
    after: After,
    holder_id: OptionalId = None,
    subject: Subject | None = None,
    at: At = None,
) -> Any:
    """Those that the asker sees."""
    rows = queries.mandates(request.asker, holder_id=holder_id, subject=subject or "", at=at)
    return page_of(rows, limit, after, shape=out)


@router.get(
    "/holders",
    response={200: list[MandateOut], **ERRORS},
    operation_id="holders_at",
    summary="Who held a mandate then?",
)
def holders(request: Any, subject: Subject, at: Moment, over_id: OptionalId = None) -> Any:
    """The mandates of this subject that held then over an organisation (null: the province), the most specific first."""
    return [out(row) for row in queries.holders(request.asker, subject, over_id, at)]


def _add(asker: Any, values: dict[str, Any]) -> Any:
    return actions.add_mandate(asker, values.pop("holder_id"), **values)


register(
    Noun(
        router, "mandate", "/mandates", MandateIn, MandateEdit, MandateOut, read=queries.mandate, out=out,
        add=_add, edit=actions.edit_mandate, end=actions.end_mandate,
    )
)  # fmt: skip
