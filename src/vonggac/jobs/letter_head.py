"""The parts that letters and reports share as official documents: who issues, number and day, who gets it, who signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vonggac.desk.directives.models import Addressee, Letter, Recipient
from vonggac.documents import official
from vonggac.documents.official import BLANK, Signatory

PURPOSES: Final[Mapping[str, str]] = {"action": "", "report": "để b/c", "information": "để biết"}
"""Why somebody stands under "Nơi nhận", as it is written there."""


def head_of(row: Letter) -> dict[str, Any]:
    """Fields of ``documents.official.Official`` but the subject; of a draft with room for number and day, of an issued one with the names of then."""
    lines = list(Addressee.objects.filter(letter=row).select_related("group", "organisation").order_by("n"))
    names: dict[int | None, str] = {}
    if row.number is not None:
        names = dict(Recipient.objects.filter(letter=row).values_list("organisation_id", "name"))
    called = {
        line.pk: names.get(line.organisation_id, str(line)) if line.organisation_id else str(line) for line in lines
    }
    kept = [called[line.pk] for line in lines if line.role == "archive"]
    return {
        "issuer": row.issuer_name or row.office.name, "superior": row.superior_name, "symbol": row.symbol or BLANK,
        "number": row.number, "place": row.place, "dated": row.dated, "urgency": row.urgency,
        "addressed_to": [called[line.pk] for line in lines if line.is_addressed],
        "recipients": [
            official.Recipient(called[line.pk], PURPOSES[line.role])
            for line in lines if not line.is_addressed and line.role in PURPOSES
        ],
        "archive": ", ".join(kept) or "VT",
        "signatory": Signatory(
            row.signer_title, row.signer_name, [part for one in row.signer_for.split(";") if (part := one.strip())]
        ),
    }  # fmt: skip
