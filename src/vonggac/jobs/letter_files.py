"""The letter itself as a document: from what is kept of it to DOCX and PDF, and, once it is issued, both into the store.

What an issued letter says stands still (its recipients' names and its issuer's too), and so do its files: they are made once.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings as django_settings

from vonggac.config import Settings
from vonggac.desk.directives.actions.files import made
from vonggac.desk.directives.models import Clause, Letter
from vonggac.desk.directives.queries.files import DOCX, PDF, to_make
from vonggac.desk.directives.states import LETTER, REPORT
from vonggac.desk.scope.asker import machine
from vonggac.documents import pdf
from vonggac.documents.official import OfficialLetter, Paragraph
from vonggac.documents.rendering import render_letter
from vonggac.errors import EditConflict
from vonggac.jobs import evidence_store, letter_report, office_templates
from vonggac.jobs.letter_head import head_of

log = logging.getLogger(__name__)

AT_ONCE = 5
"""Letters made in one round, so that other work gets its turn."""
_REST_S = 600.0
"""How long a file that could not be made is left alone."""
_ALL_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_ENDED = re.compile(r"[^\w\s]\Z")


# --------------------------------------------------------------------------------------------------- what it says


def official_of(row: Letter) -> OfficialLetter:
    """What a letter says, part by part; of a draft with room for number and day, of an issued one with the names of then."""
    return OfficialLetter(subject=_within_a_line(row.subject), body=list(_body(row)), **head_of(row))


def _within_a_line(subject: str) -> str:
    """The subject as it goes on after "V/v": it begins small, but for what is all capitals or a name of two capitals."""
    first, second = subject[:1], subject[1:2]
    return subject if second.isupper() or not second else first.lower() + subject[1:]


def _body(row: Letter) -> Iterator[Paragraph]:
    if row.opening:
        yield Paragraph(row.opening)
    marks: set[str] = set()
    for clause in Clause.objects.filter(letter=row).order_by("n"):
        yield from _clause(clause, _label(clause.mark, marks))
        marks.add(clause.mark)
    if row.closing:
        yield Paragraph(row.closing)


def _clause(clause: Clause, label: str) -> Iterator[Paragraph]:
    """Its title over its text; a title that is only the beginning of the text is not said twice."""
    begin = clause.title.rstrip("…. ")
    if not clause.text:
        yield Paragraph(clause.title, label)
    elif " ".join(clause.text.split()).startswith(begin):
        yield Paragraph(clause.text, label)
    else:
        yield Paragraph(clause.title, label, is_heading=True)
        yield Paragraph(clause.text)


def _label(mark: str, before: set[str]) -> str:
    """A mark as it is written: ``1.``, ``1.1.``, ``a)``; of ``1.a`` the letter alone where clause 1 went before."""
    if not mark or _ENDED.search(mark):
        return mark
    if _ALL_NUMBERS.fullmatch(mark):
        return f"{mark}."
    above, _dot, last = mark.rpartition(".")
    return f"{last})" if above in before else f"{mark})"


def docx_of(row: Letter) -> bytes:
    """The letter as DOCX by the office's template, the same bytes for the same letter."""
    return render_letter(official_of(row), office_templates.template_of(django_settings.VONGGAC, "letter"))


RENDERERS: dict[str, Callable[[Letter], bytes]] = {LETTER: docx_of, REPORT: letter_report.docx_of}
"""Form of a document to what makes its DOCX."""


def file_name(row: Letter, part: str) -> str:
    """``15-SKHCN-CNTT.pdf``; a draft is called so."""
    stem = re.sub(r"[^\w.-]+", "-", row.reference, flags=re.ASCII).strip("-.") if row.number is not None else "du-thao"
    return f"{stem or row.pk}.{part}"


# ------------------------------------------------------------------------------------------- files of issued letters


@dataclass
class Maker:
    """Makes the files that issued letters lack, round by round. ``resting``: (letter, part) that failed, until when (monotonic)."""

    settings: Settings
    resting: dict[tuple[int, str], float] = field(default_factory=dict)

    def round(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Make what is lacking of up to AT_ONCE letters; gives how many files. Without LibreOffice the DOCX alone."""
        parts = (DOCX, PDF) if pdf.is_there() else (DOCX,)
        n = 0
        for part in parts:
            for row in self._waiting(part):
                if is_stopping():
                    return n
                n += self._make(row, part)
        return n

    def _waiting(self, part: str) -> Sequence[Letter]:
        now = time.monotonic()
        left_alone = [pk for (pk, of), until in self.resting.items() if of == part and until > now]
        return list(to_make(part, RENDERERS).exclude(pk__in=left_alone)[:AT_ONCE])

    def _make(self, row: Letter, part: str) -> bool:
        try:
            data = RENDERERS[row.form](row)
            if part == PDF:
                data = pdf.to_pdf(data)
            keep(self.settings, row, part, data)
        except EditConflict:  # another worker made it meanwhile
            return False
        except Exception:  # a letter that cannot be made must not keep the others
            log.exception("the %s of letter %s could not be made", part, row.pk)
            self.resting[row.pk, part] = time.monotonic() + _REST_S
            return False
        self.resting.pop((row.pk, part), None)
        return True


def keep(settings: Settings, row: Letter, part: str, data: bytes) -> None:
    """A file that was made of an issued letter goes into the store and belongs to it."""
    with evidence_store.held(settings):
        sha256 = evidence_store.keep(settings, data)
        made(machine("letters"), row.pk, part=part, name=file_name(row, part), size=len(data), sha256=sha256)
