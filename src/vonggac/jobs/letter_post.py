"""What goes along with a message about a letter: the letter itself, signed if it is, and what is attached to it, as far as an e-mail carries it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from vonggac.config import Settings
from vonggac.desk.directives.models import Letter, LetterFile
from vonggac.desk.directives.queries.files import DOCX, letter_itself, sent_files
from vonggac.desk.directives.states import ISSUED, OUT
from vonggac.desk.notices.channels import Attached
from vonggac.documents import pdf
from vonggac.jobs import evidence_store

log = logging.getLogger(__name__)

MOST_BYTES: Final = 10 << 20
"""Of all files of one message, before they are encoded: many servers take 20 MB of mail, and a file grows by a third in one."""
_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES: Final = {
    "pdf": "application/pdf",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
}
"""Kind of evidence to media type."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """``left_out``: names of files that do not fit. ``is_whole``: nothing is being made that would still go along."""

    files: tuple[Attached, ...] = ()
    left_out: tuple[str, ...] = ()
    is_whole: bool = True


def parcel(settings: Settings, letter_id: int) -> Parcel:
    """The files of an issued letter; nothing of one that does not hold any more."""
    row = Letter.objects.filter(pk=letter_id, state=ISSUED).first()
    if row is None:
        return Parcel()
    files = list(LetterFile.objects.filter(letter=row))
    itself = letter_itself(files)
    is_whole = row.direction != OUT or (itself is not None and (itself.part != DOCX or not pdf.is_there()))
    packed: list[Attached] = []
    left_out: list[str] = []
    room = MOST_BYTES
    for one in sent_files(files):
        data = _bytes(settings, one) if one.size <= room else None
        if data is None:
            left_out.append(one.name)
        else:
            room -= one.size
            packed.append(Attached(one.name, TYPES.get(one.kind, "application/octet-stream"), data))
    return Parcel(tuple(packed), tuple(left_out), is_whole)


def _bytes(settings: Settings, file: LetterFile) -> bytes | None:
    try:
        with evidence_store.opened(settings, file) as opened:
            return opened.read()
    except evidence_store.Missing:
        log.exception(
            "the file %s of letter %s is not in the store", file.pk, file.letter_id
        )  # the message goes without it
        return None
