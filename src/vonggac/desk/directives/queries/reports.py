"""Reports on letters: what they are made of, their parts, their files, how far the making of those is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

import orjson
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.directives.models import Letter, LetterFile, ReportMaking, ReportPart
from vonggac.desk.directives.queries import saying
from vonggac.desk.directives.queries.letters import letter, may_see_office
from vonggac.desk.directives.queries.table import Table, table
from vonggac.desk.directives.reports.appendices import made_appendices
from vonggac.desk.directives.reports.figures import Figures, Said
from vonggac.desk.directives.reports.parts import AS_OF, Made, made_parts
from vonggac.desk.directives.states import DRAFT, REPORT
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work.models import Task
from vonggac.errors import N_, NotThere

_TEXTS: Final = ("reason", "what", "difficulties", "proposals")
STEPS: Final = ("draft_docx", "draft_pdf", "appendix")
"""The files of a report in the making, in their order: parts of ``LetterFile``. Once it is issued it gets those of every letter."""


def figures(asker: Asker, row: Letter) -> Figures:
    """What a report on a letter is made of; for who sees its office all of it."""
    found = table(asker, row, now=timezone.now())
    return Figures(row, found, list(_said(asker, row, found)))


def _said(asker: Asker, row: Letter, found: Table) -> Iterator[Said]:
    """What was written in answers that count, in the order of the table."""
    by_clause = {one.clause_id: one for one in found.columns}
    by_recipient = {one.recipient_id: one for one in found.all_lines}
    place = {pk: n for n, pk in enumerate(by_recipient)}
    rows = []
    for one in saying.said(asker, row):
        if one.counts and one.recipient_id in by_recipient:
            texts = {name: str(one.values[name]) for name in _TEXTS if one.values.get(name)}
            rows.append(Said(by_recipient[one.recipient_id], by_clause[one.clause_id], one.day, one.result, texts))
    yield from sorted(rows, key=lambda one: (place[one.line.recipient_id], one.column.n, one.day))


def made(asker: Asker, row: Letter) -> list[Made]:
    """The parts of a report on a letter as they are made now, appendices last."""
    found = figures(asker, row)
    return [*made_parts(found, zone_from(settings.VONGGAC.zone)), *made_appendices(found)]


def report(asker: Asker, report_id: int) -> Letter:
    """A report that the asker sees as its office does; raises NotThere."""
    row = letter(asker, report_id)
    if row.form != REPORT or not may_see_office(asker, row):
        raise NotThere(N_("there is no such report here"))
    return row


def reports_on(asker: Asker, row: Letter) -> QuerySet[Letter]:
    """Reports on a letter that the asker sees as their office does, the newest first."""
    rows = Letter.objects.filter(about=row, form=REPORT)
    return visible(rows, asker, "letters.view", through="office_id").select_related("office").order_by("-pk")


def parts(row: Letter) -> list[ReportPart]:
    """The parts of a report that its office sees, in order, those left out too."""
    return list(ReportPart.objects.filter(letter=row).order_by("n"))


def has_moved(part: ReportPart) -> bool:
    """Whether a person wrote the part, and its figures are others since."""
    return part.text is not None and bool(part.key) and _figures_in(part.edited_from or "") != _figures_in(part.made)


def moved_lines(part: ReportPart) -> list[tuple[bool, str]]:
    """What of a part as it is made changed since a person wrote it: (is it there now, line)."""
    before, now = _figures_in(part.edited_from or ""), _figures_in(part.made)
    found: list[tuple[bool, str]] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if tag != "equal":
            found += [*((False, line) for line in before[i:j]), *((True, line) for line in now[k:m])]
    return found


def _figures_in(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(AS_OF)]


def making(row: Letter) -> ReportMaking | None:
    """How far the files of a report are; None: nobody asked for them."""
    return ReportMaking.objects.filter(letter=row).first()


def basis_of(row: Letter) -> str:
    """A digest of all that the files of a report say, so that it shows when they are of before."""
    said = [
        row.version, row.state, row.reference, row.subject, row.opening, row.closing,
        [[one.n, one.heading, one.shown] for one in parts(row) if not one.is_left_out],
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(said)).hexdigest()


def files(row: Letter) -> dict[str, LetterFile]:
    """The newest file of each of STEPS."""
    rows = LetterFile.objects.filter(letter=row, part__in=STEPS).order_by("pk")
    return {one.part: one for one in rows}


def is_behind(row: Letter, found: list[ReportPart]) -> bool:
    """Whether answers came, or were judged, since the parts of a draft were made."""
    about = row.about
    if row.state != DRAFT or about is None or not about.batch_id or not found:
        return False
    since = min((one.made_at for one in found if one.key), default=None)
    return since is not None and Task.objects.filter(batch_id=about.batch_id, changed_at__gt=since).exists()


def to_make() -> QuerySet[ReportMaking]:
    """Files of reports that somebody asked for and nobody makes yet. For the worker, which asks for nobody."""
    return ReportMaking.objects.filter(state__in=("waiting", "making")).order_by("pk")
