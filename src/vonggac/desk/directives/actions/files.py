"""Files of letters: made of an issued one, come back signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vonggac.desk.audit.actions import recording, snapshot
from vonggac.desk.directives.actions.drafting import put_file
from vonggac.desk.directives.actions.finding import to_change
from vonggac.desk.directives.models import Letter, LetterFile
from vonggac.desk.directives.queries.files import SIGNED
from vonggac.desk.directives.queries.letters import letter
from vonggac.desk.directives.states import ISSUED, OUT
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, EditConflict, Fault, InvalidValues


def made(asker: Asker, letter_id: int, *, part: str, name: str, size: int, sha256: str) -> LetterFile:
    """An issued letter has its ``part`` (docx, pdf), which lies in the store. Raises EditConflict where it has one, or does not hold any more."""
    with recording(asker, "letters.make_file") as record:
        row = Letter.objects.select_for_update(of=("self",)).get(pk=letter_id)
        record.on, record.organisation_id = row, row.office_id
        if row.state != ISSUED or LetterFile.objects.filter(letter=row, part=part).exists():
            raise EditConflict(N_("somebody else changed this since you opened it"))
        return put_file(record, row, part=part, name=name, kind=part, size=size, sha256=sha256)


def put_signed(
    asker: Asker, letter_id: int, *, name: str, size: int, sha256: str, verdict: Mapping[str, Any]
) -> LetterFile:
    """A PDF that came back signed, which lies in the store, belongs to its letter, whatever is said of it (``verdict``).

    Needs letters.draft on its office. The same content again: what is said of it now counts.
    """
    with recording(asker, "letters.attach") as record:
        row = letter(asker, letter_id)
        row = to_change(asker, "letters.draft", letter_id, row.version, ISSUED)
        record.on, record.organisation_id = row, row.office_id
        if row.direction != OUT:
            raise InvalidValues([Fault("", N_("only a letter of one's own comes back signed"))])
        file = LetterFile.objects.filter(letter=row, part=SIGNED, sha256=sha256).first()
        if file is None:
            file = put_file(record, row, part=SIGNED, name=name, kind="pdf", size=size, sha256=sha256, verdict=verdict)
        else:
            before = snapshot(file)
            file.verdict = dict(verdict)
            file.save(update_fields=["verdict"])
            record.changed(file, before)
        record.note(state=verdict.get("state", ""), match=verdict.get("match", ""))
    return file
