"""Files that people add to a letter: attachments, and the PDF that came back signed, with what can be said of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from vonggac.config import Settings
from vonggac.desk.directives.actions.drafting import attach as attach_action
from vonggac.desk.directives.actions.files import put_signed
from vonggac.desk.directives.models import Letter, LetterFile
from vonggac.desk.directives.queries.files import ATTACHMENT, Match
from vonggac.desk.directives.queries.letters import letter
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.work.evidence import DOCX, JPEG, PDF, PNG, WEBP, XLSX, Kind, kind_of
from vonggac.errors import N_, Fault, FormatUnknown, InvalidValues
from vonggac.jobs import evidence_store, pdf_words, signed_pdf
from vonggac.jobs.spool import Spooled, drop, full_disk_told, spool_folder

ATTACHED: Final = (PDF, DOCX, XLSX, PNG, JPEG, WEBP)
"""Kinds of what is attached to a letter: what every recipient opens without thinking."""
MOST_BYTES: Final = 20 << 20
"""Of one file."""
MOST_FILES: Final = 20
_SPACES = re.compile(r"\s+")
_DASHES = re.compile("[\u2010-\u2015\u2212]")


def attach(settings: Settings, asker: Asker, letter_id: int, spooled: Spooled, file_name: str) -> LetterFile:
    """A file from the spool is attached to a letter; whatever happens, it is not in the spool afterwards. Needs letters.draft on its office.

    Raises NotThere, NotAllowed, InvalidValues, DiskFull, and of a file that is not taken InputError with the reason.
    """

    def keep(row: Letter, kind: Kind, _path: Path) -> LetterFile:
        return attach_action(
            asker, row.pk, part=ATTACHMENT, name=file_name, kind=kind.name, size=spooled.size, sha256=spooled.sha256
        )

    def fits(row: Letter) -> None:
        if LetterFile.objects.filter(letter=row, part=ATTACHMENT).count() >= MOST_FILES:
            raise InvalidValues(
                [Fault("file", N_("it has {most} files already, which is the most"), {"most": MOST_FILES})]
            )

    return _taken(settings, asker, letter_id, spooled, ATTACHED, fits, keep)


def signed(settings: Settings, asker: Asker, letter_id: int, spooled: Spooled, file_name: str) -> LetterFile:
    """The PDF of an issued letter comes back signed; it is kept with what is said of it, whatever that is. As :func:`attach`."""

    def fits(row: Letter) -> None:
        if row.number is None:
            raise InvalidValues([Fault("file", N_("it has no number yet: issue it first, then have it signed"))])

    def keep(row: Letter, _kind: Kind, path: Path) -> LetterFile:
        said = verdict_of(settings, row, path)
        return put_signed(asker, row.pk, name=file_name, size=spooled.size, sha256=spooled.sha256, verdict=said)

    return _taken(settings, asker, letter_id, spooled, (PDF,), fits, keep)


def _taken(
    settings: Settings, asker: Asker, letter_id: int, spooled: Spooled, kinds: tuple[Kind, ...],
    fits: Callable[[Letter], None], keep: Callable[[Letter, Kind, Path], LetterFile],
) -> LetterFile:  # fmt: skip
    try:
        row = letter(asker, letter_id)
        require(asker, "letters.draft", row.office_id)
        fits(row)
        kind = kind_of((spool_folder(settings) / spooled.name).read_bytes())
        if kind not in kinds:
            names = ", ".join(dict.fromkeys(one.suffixes[0][1:].upper() for one in kinds))
            raise FormatUnknown(N_("this kind of file is not taken here; possible are {names}"), names=names)
        with full_disk_told(), evidence_store.held(settings):
            evidence_store.put(settings, spool_folder(settings) / spooled.name, spooled.sha256)
            return keep(row, kind, evidence_store.path_of(settings, spooled.sha256))
    finally:
        drop(settings, spooled)


def verdict_of(settings: Settings, row: Letter, pdf: Path) -> dict[str, Any]:
    """What is said of the signatures of a file, and whether what was signed is this letter (``match``)."""
    now = datetime.now(UTC)
    said = signed_pdf.look_at(pdf, signed_pdf.roots_of(settings), at=now)
    return {**said, "match": match_of(row, pdf_words.words_of(pdf)), "looked_at": now.isoformat()}


def match_of(row: Letter, words: str | None) -> Match:
    """Whether ``words`` are those of this letter: its number and symbol stand at the head, its subject somewhere."""
    text = _plain(words or "")
    if not text.strip():
        return "no_text"
    numbers = re.finditer(rf"(?<!\d)(\d+)\s*/\s*{_loosely(_plain(row.symbol))}(?![\w-])", text)
    first = next(numbers, None)
    has_reference = first is not None and int(first[1]) == row.number
    has_subject = _SPACES.sub("", _plain(row.subject)) in _SPACES.sub("", text)
    if has_reference and has_subject:
        return "yes"
    return "partly" if has_reference or (has_subject and first is None) else "no"


def _plain(text: str) -> str:
    """Composed, small, with one kind of dash: what fonts and programs make of the same words."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    return _DASHES.sub("-", composed.replace("\u00ad", "").replace("\ufffe", "-"))


def _loosely(text: str) -> str:
    """A pattern of ``text`` with white anywhere: a PDF breaks lines where it likes."""
    return r"\s*".join(re.escape(char) for char in _SPACES.sub("", text))


def signers_of(verdict: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The signatures (without time stamps of the whole) that a verdict tells of."""
    return [one for one in verdict.get("signatures", ()) if one.get("kind") == "signature"]
