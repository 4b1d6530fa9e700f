"""Letters that come in: what is being read, who sent it by the directory of that day, what is there already; and the registers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.directives.arrivals import IN_BOOK
from vonggac.desk.directives.models import Letter, LetterFile, LetterReading, RecipientGroup, Referral, Register
from vonggac.desk.directives.proposing import Proposal, proposed
from vonggac.desk.directives.queries.checking import ORDERING
from vonggac.desk.directives.queries.letters import letters
from vonggac.desk.directives.readings import DROPPED, KEPT, READ
from vonggac.desk.directives.states import IN, LETTER, REPORT
from vonggac.desk.organisations.models import Mandate, Name, Organisation
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import above, may_on, visible
from vonggac.desk.searching import search_form
from vonggac.desk.work.models import Task
from vonggac.desk.work.queries.tasks import published
from vonggac.errors import N_, NotThere

BOOKS = {IN_BOOK: N_("Letters in"), LETTER: N_("Letters out"), REPORT: N_("Reports out")}
"""A register to its title: of what came in, and of each form of outgoing documents."""
_MOST_OFFICES = 200
_MOST_GAPS = 200


# ----------------------------------------------------------------------------------------------------------- readings


def readings(asker: Asker) -> QuerySet[LetterReading]:
    """Files that came in for offices whose letters the asker enters, office and letter with them, the newest first."""
    rows = visible(LetterReading.objects.exclude(state=DROPPED), asker, "letters.draft", through="office_id")
    return rows.select_related("office", "letter").order_by("-pk")


def reading(asker: Asker, reading_id: int) -> LetterReading:
    """One of them; raises NotThere."""
    row = readings(asker).filter(pk=reading_id).first()
    if row is None:
        raise NotThere(N_("there is no such letter here"))
    return row


def same_file(office_id: int, sha256: str) -> Letter | LetterReading | None:
    """The letter of this office that came as this very file, else its reading that is still open. For who enters its letters."""
    file = LetterFile.objects.filter(sha256=sha256, part="original", letter__office_id=office_id).order_by("pk").first()
    if file is not None:
        return file.letter
    rows = LetterReading.objects.filter(office_id=office_id, sha256=sha256)
    return rows.exclude(state__in=[KEPT, DROPPED]).order_by("pk").first()


def same_letter(office_id: int, issuer_name: str, reference: str, dated: date | None) -> Letter | None:
    """The letter in the register that has issuer, number and symbol, and date alike; None where no number is said."""
    if not reference:
        return None
    wanted, issuer = search_form(reference), search_form(issuer_name)
    rows = Letter.objects.filter(office_id=office_id, direction=IN, dated=dated).order_by("pk")
    alike = (row for row in rows if search_form(row.reference) == wanted and search_form(row.issuer_name) == issuer)
    return next(alike, None)


def proposal(row: LetterReading) -> Proposal | None:
    """What is proposed for the register from a reading that is read; its caller knows ``row``."""
    if row.state not in (READ, KEPT) or not row.found:
        return None
    zone = zone_from(settings.VONGGAC.zone)
    groups = dict(RecipientGroup.objects.values_list("code", "name"))
    return proposed(row.found, groups, zone, timezone.now().astimezone(zone).date())


# ------------------------------------------------------------------------------------------------------------- issuers


@dataclass(frozen=True, slots=True)
class Standing:
    """Who sent it. ``issuer`` None: the directory knows nobody (``n_alike`` 0) or several of that name. ``subjects``: of mandates over the
    office that held then; ``is_above``: the office stands below it.
    """

    issuer: Organisation | None
    n_alike: int = 0
    subjects: Sequence[str] = field(default=())
    is_above: bool = False

    @property
    def may_ask(self) -> bool:
        """Whether the directory says why it may ask the office for something."""
        return bool(self.subjects) or self.is_above


def standing(office_id: int, issuer_name: str, on: date | None, zone: tzinfo) -> Standing:
    """Who was called ``issuer_name`` on a day (None: today), and by which mandate they could ask this office. No scope: names and subjects only."""
    at = timezone.now() if on is None else datetime.combine(on, time(12), zone)
    found = _called(issuer_name, at)
    if len(found) != 1:
        return Standing(None, len(found))
    issuer = Organisation.objects.get(pk=found.pop())
    reaching = above([office_id]).get(office_id, frozenset())
    held = Mandate.objects.filter(valid_at(at), holder_id=issuer.pk, subject__in=ORDERING)
    held = held.filter(Q(over_id=None) | Q(over_id__in=sorted(reaching)))
    subjects = sorted(set(held.values_list("subject", flat=True)))
    return Standing(issuer, 1, subjects, issuer.pk in reaching and issuer.pk != office_id)


def _called(name: str, at: datetime) -> set[int]:
    wanted = search_form(name)
    if not wanted:
        return set()
    rows = Name.objects.filter(valid_at(at), folded__startswith=wanted)
    alike = {row.organisation_id for row in rows if wanted in (search_form(row.name), search_form(row.short_name))}
    short = Name.objects.filter(valid_at(at), folded__endswith=wanted)
    return alike or {row.organisation_id for row in short if search_form(row.short_name) == wanted}


def by_reference(asker: Asker, reference: str) -> Letter | None:
    """The letter of this number and symbol that the asker sees, the newest of several."""
    wanted = search_form(reference)
    if not wanted:
        return None
    rows = letters(asker).filter(folded__startswith=wanted)[:50]
    return next((row for row in rows if search_form(row.reference) == wanted), None)


def offices(asker: Asker, permission: str = "letters.draft") -> list[Organisation]:
    """Where the asker holds ``permission`` on letters: those with a register first, then by name."""
    rows = visible(Organisation.objects.filter(valid_until=None), asker, permission, through="id").order_by(
        "sort_key", "pk"
    )
    busy = set(Register.objects.values_list("office_id", flat=True)) | set(
        Letter.objects.values_list("office_id", flat=True).distinct()
    )
    first = list(rows.filter(pk__in=sorted(busy)))
    return [*first, *rows.exclude(pk__in=[one.pk for one in first])[: max(_MOST_OFFICES - len(first), 0)]]


# ----------------------------------------------------------------------------------------------------------- registers


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers from ``first`` to ``last`` that no letter has."""

    first: int
    last: int


def books(asker: Asker) -> QuerySet[Letter]:
    """Everything with a number in a register of an office whose letters the asker sees; what its page shows is with it."""
    rows = visible(Letter.objects.filter(number__isnull=False), asker, "letters.view", through="office_id")
    return rows.select_related("office", "issuer", "parent")


def register(asker: Asker, office_id: int, book: str, year: int) -> QuerySet[Letter]:
    """One register of one year, by number. Raises NotThere where the asker does not see the office's letters."""
    if not may_on(asker, "letters.view", office_id) or not Organisation.objects.filter(pk=office_id).exists():
        raise NotThere(N_("there is no such register here"))
    rows = books(asker).filter(office_id=office_id, book=book, year=year)
    return rows.prefetch_related("recipients").order_by("number", "pk")


def years(asker: Asker, office_id: int) -> list[int]:
    """Years of which an office has a register, the last first; the asker sees the office."""
    rows = books(asker).filter(office_id=office_id).order_by()
    return sorted({year for year in rows.values_list("year", flat=True) if year is not None}, reverse=True)


def gaps(rows: QuerySet[Letter]) -> list[Gap]:
    """The numbers that lack between 1 and the last of a register, the first some hundred of them."""
    found, before = [], 0
    for number in rows.prefetch_related(None).order_by("number").values_list("number", flat=True).iterator(2000):
        if number is not None and number > before + 1:
            found.append(Gap(before + 1, number - 1))
        before = number or before
    return found[:_MOST_GAPS]


def since(asker: Asker, at: datetime | None, office_id: int | None, book: str, year: int | None) -> QuerySet[Letter]:
    """What was entered in registers, or withdrawn, at ``at`` or later; for the office's own system."""
    rows = books(asker)
    if at is not None:
        rows = rows.filter(Q(issued_at__gte=at) | Q(withdrawn_at__gte=at))
    wanted = {"office_id": office_id, "book": book or None, "year": year}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return rows.prefetch_related("recipients")


def in_register(rows: QuerySet[Letter]) -> Iterator[Letter]:
    """All of a register, some at a time."""
    return rows.iterator(chunk_size=500)


# ----------------------------------------------------------------------------------------------------------- referrals


def referrals(asker: Asker) -> QuerySet[Referral]:
    """Matters that were put before others by offices whose letters the asker sees, task and letter with them, the newest first."""
    rows = visible(Referral.objects.all(), asker, "letters.view", through="letter__office_id")
    return rows.select_related("task__organisation", "letter__office").order_by("-pk")


def referral(asker: Asker, referral_id: int) -> Referral:
    """One of them; raises NotThere."""
    row = referrals(asker).filter(pk=referral_id).first()
    if row is None:
        raise NotThere(N_("there is no such referral here"))
    return row


def tasks_seen(asker: Asker, ids: Collection[int]) -> set[int]:
    """Those of these Tasks that the asker sees."""
    return set(visible(published(), asker, "work.view").filter(pk__in=sorted(ids)).values_list("pk", flat=True))


def taken_up(row: Letter) -> list[Task]:
    """The Tasks of the office itself that answer a letter that came in."""
    if not row.batch_id:
        return []
    return list(Task.objects.filter(batch_id=row.batch_id).select_related("organisation").order_by("pk"))
