"""Who is, or was, charged with what."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from vonggac.desk.organisations.models import Mandate, Placement
from vonggac.desk.organisations.queries.graph import organisation
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.errors import N_, NotThere


def mandates(
    asker: Asker, *, holder_id: int | None = None, subject: str = "", at: datetime | None = None
) -> QuerySet[Mandate]:
    """Those of organisations that the asker sees; ``holder`` and ``over`` with them."""
    rows = visible(Mandate.objects.all(), asker, "organisations.view", through="holder_id").select_related(
        "holder", "over"
    )
    if holder_id is not None:
        rows = rows.filter(holder_id=holder_id)
    if subject:
        rows = rows.filter(subject=subject)
    if at is not None:
        rows = rows.filter(valid_at(at))
    return rows.order_by("subject", "holder_id", "pk")


def mandate(asker: Asker, mandate_id: int) -> Mandate:
    """One mandate with holder and territory; raises NotThere when there is none that the asker sees."""
    row = mandates(asker).filter(pk=mandate_id).first()
    if row is None:
        raise NotThere(N_("there is no such mandate here"))
    return row


def holders(asker: Asker, subject: str, over_id: int | None, at: datetime) -> list[Mandate]:
    """Who held the mandate ``subject`` for the organisation ``over_id`` (None: for the whole province) at ``at``.

    It holds for what it is over and all that stood below that then; the narrowest territory comes first, the whole province last.
    """
    if over_id is not None:
        organisation(asker, over_id)
    path = _path_at(over_id, at)
    rows = mandates(asker, subject=subject, at=at).filter(Q(over_id=None) | Q(over_id__in=path))
    return sorted(rows, key=lambda row: (len(path) if row.over_id is None else path.index(row.over_id), row.pk))


def _path_at(organisation_id: int | None, at: datetime) -> list[int]:
    """The organisation and those above it at ``at``, from below."""
    path: list[int] = []
    while organisation_id is not None and organisation_id not in path:
        path.append(organisation_id)
        row = Placement.objects.filter(valid_at(at), organisation_id=organisation_id).values_list("parent_id").first()
        organisation_id = row[0] if row else None
    return path
