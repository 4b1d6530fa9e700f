"""Files of letters: what goes out as the letter, who sees which of them, what of the store they need."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Literal

from django.db.models import Exists, OuterRef, QuerySet

from vonggac.desk.directives.models import Letter, LetterFile, LetterReading
from vonggac.desk.directives.queries.letters import letter, may_see_office
from vonggac.desk.directives.states import ISSUED, OUT
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, NotThere

DOCX, PDF, SIGNED, ATTACHMENT = "docx", "pdf", "signed", "attachment"
_BEST: Final = (SIGNED, PDF, DOCX, "original")
"""Parts that are the letter itself, the best first."""
PARTS: Final = (*_BEST, ATTACHMENT, "reply")
"""Parts of a letter that are files of its own; others belong to a report that is being made."""
HOLDS: Final = ("valid", "valid_unknown_signer")
"""States of a signature (``documents.signature_verdict``) with which a file goes out as the letter: it was not changed since."""

Match = Literal["yes", "partly", "no", "no_text"]


def is_good(file: LetterFile) -> bool:
    """Whether a file that came back signed may go out as the letter: the signature holds, and it is this letter that was signed."""
    said: Mapping[str, Any] = file.verdict
    return file.part == SIGNED and said.get("state") in HOLDS and said.get("match") == "yes"


def letter_itself(files: Collection[LetterFile]) -> LetterFile | None:
    """Of the ``files`` of one letter that which is the letter: signed before PDF before DOCX, the newest of its part; None: not made yet."""
    may = [one for one in files if one.part in _BEST and (one.part != SIGNED or is_good(one))]
    return min(may, key=lambda one: (_BEST.index(one.part), -one.pk), default=None)


def sent_files(files: Collection[LetterFile]) -> list[LetterFile]:
    """What its recipients get of the ``files`` of one letter: the letter itself, then what is attached to it."""
    itself = letter_itself(files)
    attached = [one for one in files if one.part == ATTACHMENT]
    return ([itself] if itself else []) + sorted(attached, key=lambda one: one.pk)


def files_of(asker: Asker, row: Letter) -> list[LetterFile]:
    """The files of a letter that the asker was found to see: all of them for who sees its office (those of the draft of a
    report are its own), else what was sent, to keep or to edit.
    """
    files = list(LetterFile.objects.filter(letter=row).filter(part__in=PARTS).order_by("pk"))
    if may_see_office(asker, row):
        return files
    seen = {one.pk for one in sent_files(files)}
    seen |= {one.pk for one in files if one.part in (PDF, DOCX)}
    return [one for one in files if one.pk in seen]


def one_file(asker: Asker, letter_id: int, file_id: int) -> LetterFile:
    """One file of a letter that the asker sees; raises NotThere."""
    for one in files_of(asker, letter(asker, letter_id)):
        if one.pk == file_id:
            return one
    raise NotThere(N_("there is no such file here"))


def one_attached(asker: Asker, file_id: int) -> LetterFile:
    """A file attached to a letter whose office the asker sees, ``letter`` with it; raises NotThere."""
    row = LetterFile.objects.select_related("letter").filter(pk=file_id, part=ATTACHMENT).first()
    if row is None or not may_see_office(asker, row.letter):
        raise NotThere(N_("there is no such file here"))
    return row


def to_make(part: str, forms: Collection[str]) -> QuerySet[Letter]:
    """Issued letters of ``forms`` whose ``part`` (docx, pdf) is not made yet, the oldest first. For the worker, which asks for nobody."""
    there = LetterFile.objects.filter(letter=OuterRef("pk"), part=part)
    rows = Letter.objects.filter(direction=OUT, state=ISSUED, form__in=list(forms), number__isnull=False)
    return rows.filter(~Exists(there)).select_related("office", "issuer").order_by("pk")


def in_use(contents: Collection[str]) -> set[str]:
    """Those of ``contents`` (SHA-256 each) which a letter holds or a reading needs. For the store, which asks for nobody."""
    some = list(contents)
    found = set(LetterFile.objects.filter(sha256__in=some).values_list("sha256", flat=True))
    return found | set(_readings().filter(sha256__in=some).values_list("sha256", flat=True))


def all_contents() -> Iterator[tuple[str, int]]:
    """SHA-256 and size of every content that letters need; one may come twice."""
    for rows in (LetterFile.objects.all(), _readings()):
        yield from rows.order_by("sha256").values_list("sha256", "size").distinct().iterator(chunk_size=2000)


def _readings() -> QuerySet[LetterReading]:
    return LetterReading.objects.exclude(state="dropped")
