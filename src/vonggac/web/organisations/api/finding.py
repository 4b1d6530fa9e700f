"""One search over everything of the directory."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema

from vonggac.desk.organisations import queries
from vonggac.web.api.core import ERRORS, Text

router = Router(tags=["search"])
Most = Annotated[int, Query(10, ge=1, le=50, description="Hits of one noun")]


class HitOut(Schema):
    """One thing found. ``former``: the name before today's by which an organisation was found."""

    noun: Literal["organisation", "system", "network", "person"]
    id: int
    label: str
    organisation_id: int
    is_past: bool
    former: str


@router.get("/search", response={200: list[HitOut], **ERRORS}, operation_id="search", summary="Find anything")
def search(request: Any, text: Text, limit: Most) -> Any:
    """Words with or without marks, an address, a range or a domain name; nothing for fewer than two characters."""
    return [
        HitOut(
            noun=hit.noun, id=hit.id, label=hit.label, organisation_id=hit.organisation.pk, is_past=hit.is_past,
            former=hit.former,
        )
        for hit in queries.search(request.asker, text, limit)
    ]  # fmt: skip
