"""That somebody took the table of a letter along."""

from __future__ import annotations

from vonggac.desk.audit.actions import recording
from vonggac.desk.directives.models import Letter
from vonggac.desk.scope.asker import Asker


def record_export(asker: Asker, row: Letter, *, form: str, n: int) -> None:
    """An entry of the audit record: ``n`` recipients of ``row`` were exported as ``form``."""
    with recording(asker, "letters.export", on=row, organisation_id=row.office_id) as record:
        record.note(reference=row.reference, form=form, n=n)
