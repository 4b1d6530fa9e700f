"""What is wrong with a draft before it goes out: faults stand in the way of approval, warnings have to be confirmed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from django.conf import settings
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.directives.models import Addressee, Clause, Letter, RecipientGroup
from vonggac.desk.directives.queries.expanding import Expanded, expanded
from vonggac.desk.directives.states import ACTION, LETTER
from vonggac.desk.directives.values import MOST_DAYS
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import ContactPoint, Mandate
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.rule import above
from vonggac.desk.searching import search_form
from vonggac.desk.work.notifying import answering
from vonggac.documents.official import BLANK
from vonggac.documents.reading.letter import Doubt, Place
from vonggac.documents.reading.mentions import Passage, read_deadlines, read_references
from vonggac.errors import N_, Fault

ORDERING = ("state_management", "orders", "coordination", "specialised_unit")
"""Subjects of mandates by which a body may ask others for something."""
_ENCLOSED = re.compile(
    r"\b(?:kèm theo|gửi kèm|đính kèm|danh sách kèm|tại phụ lục|theo phụ lục|xem phụ lục)\b", re.IGNORECASE
)
_NAMED = 5
"""Names that a warning lists."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter with its lines and who they stand for."""

    letter: Letter
    clauses: list[Clause]
    addressees: list[Addressee]
    recipients: list[Expanded]


def draft_of(row: Letter) -> Draft:
    """``row`` with what belongs to it."""
    lines = list(Addressee.objects.filter(letter=row).select_related("group", "organisation").order_by("n"))
    # A group of all departments holds the one that writes, too: it does not write to itself.
    others = [
        one
        for one in expanded(lines)
        if one.organisation is None or one.organisation.pk != row.office_id or not one.groups
    ]
    return Draft(row, list(Clause.objects.filter(letter=row).order_by("n")), lines, others)


def checked(row: Letter) -> Check:
    """What would stand in the way of approving ``row`` (``faults``) and what has to be confirmed (``warnings``)."""
    draft, check = draft_of(row), Check()
    now, zone = timezone.now(), zone_from(settings.VONGGAC.zone)
    _head(check, draft)
    if row.form == LETTER:
        _owners(check, draft)
        _deadlines(check, draft, now)
        _mandate(check, draft, now)
        _written(check, draft, now, zone)
    else:
        _report(check, draft)
    _reach(check, draft)
    return check


def _warn(check: Check, field: str, message: str, **params: object) -> None:
    check.warnings.append(Fault(field, message, params))


def _head(check: Check, draft: Draft) -> None:
    row = draft.letter
    if not row.symbol:
        check.fault("symbol", N_("the symbol after the number is missing"))
    if not row.signer_title:
        check.fault("signer_title", N_("say as what it is signed"))
    if not row.signer_name:
        _warn(check, "signer_name", N_("the name of who signs is missing"))
    if not draft.recipients:
        check.fault("addressees", N_("it goes to nobody: name who it is for"))
    if row.form == LETTER:
        if not any(line.is_addressed for line in draft.addressees):
            check.fault("addressees", N_("nobody stands after “Kính gửi”"))
        if not any(clause.kind for clause in draft.clauses):
            _warn(check, "clauses", N_("no clause asks for an answer: nothing can be followed up"))
    if row.change and row.about is not None and row.about.office_id != row.office_id:
        check.fault("about_id", N_("only a letter of the same office is amended or replaced"))


def _owners(check: Check, draft: Draft) -> None:
    """Each clause has somebody who is to act, and nobody is named in a clause who does not stand among the recipients."""
    there: dict[str, int] = {}
    n_acting = 0
    for one in draft.recipients:
        if one.role == ACTION and one.organisation is not None:
            n_acting += 1
            for code in one.groups:
                there[code] = there.get(code, 0) + 1
    known = {group.code: group for group in RecipientGroup.objects.all()}
    lines = {line.group.code for line in draft.addressees if line.group is not None}
    written = search_form(*(str(line) for line in draft.addressees))
    for clause in draft.clauses:
        at = f"clauses.{clause.n}"
        if clause.kind and not n_acting:
            check.fault(at, N_("clause {clause}: nobody among the recipients is to act"), clause=str(clause))
        for code in clause.groups:
            name = known[code].name if code in known else code
            if code not in known:
                check.fault(at, N_("clause {clause}: there is no group “{group}”"), clause=str(clause), group=name)
            elif code not in lines:
                check.fault(at, N_("clause {clause} is for “{group}”, who stand neither after “Kính gửi” nor under “Nơi nhận”"),
                            clause=str(clause), group=name)  # fmt: skip
            elif clause.kind and not there.get(code):
                check.fault(at, N_("clause {clause}: nobody belongs to “{group}” now"), clause=str(clause), group=name)
        text = f" {search_form(clause.title, clause.text)} "
        for group in known.values():
            named = search_form(group.name)
            if len(named) > 5 and f" {named} " in text and group.code not in lines and named not in written:
                _warn(check, at, N_("clause {clause} names “{group}”, who are not among the recipients"),
                      clause=str(clause), group=group.name)  # fmt: skip


def _deadlines(check: Check, draft: Draft, now: datetime) -> None:
    row = draft.letter
    if row.deadline is not None and row.deadline <= now:
        check.fault("deadline", N_("the deadline has passed already"))
    for clause in draft.clauses:
        at, due = f"clauses.{clause.n}", clause.due_at or row.deadline
        if clause.kind and due is None:
            check.fault(at, N_("clause {clause} has no deadline, nor has the letter"), clause=str(clause))
        elif clause.kind and clause.due_at is not None and clause.due_at <= now and not clause.is_daily:
            check.fault(at, N_("clause {clause}: the deadline has passed already"), clause=str(clause))
        if clause.due_at and row.deadline and clause.due_at > row.deadline and not clause.is_daily:
            _warn(check, at, N_("clause {clause} is due after the deadline of the whole letter"), clause=str(clause))
        if clause.is_daily and not (row.period_from and row.period_until):
            check.fault(
                at, N_("clause {clause} asks for a report on each day: say from which day to which"), clause=str(clause)
            )
    if row.period_from and row.period_until and (row.period_until - row.period_from).days >= MOST_DAYS:
        check.fault(
            "period_until", N_("the last day comes before the first, or more than {most} days after it"), most=MOST_DAYS
        )
    parent = row.parent
    if parent is not None and parent.deadline is not None and (row.deadline is None or row.deadline > parent.deadline):
        _warn(
            check,
            "deadline",
            N_("the letter {reference}, which it carries out, is due earlier"),
            reference=parent.reference,
        )


def _report(check: Check, draft: Draft) -> None:
    """A report says something, somebody gets it, and its figures are those of now."""
    from vonggac.desk.directives.queries import reports  # made of what stands beside this room

    row = draft.letter
    parts = [one for one in reports.parts(row) if not one.is_left_out]
    if not row.opening and not any(one.shown for one in parts if not one.is_appendix):
        check.fault("parts", N_("the report says nothing: its parts are empty"))
    if not any(one.role == "report" for one in draft.recipients):
        _warn(check, "addressees", N_("nobody gets it for report"))
    for one in parts:
        if reports.has_moved(one):
            _warn(check, "parts", N_("the figures of “{part}” changed since it was edited"), part=one.heading)
        if BLANK in one.shown:
            _warn(check, "parts", N_("something is still to be written in “{part}”"), part=one.heading)
    if reports.is_behind(row, parts):
        _warn(check, "parts", N_("answers came or were judged since the report was made: make it anew"))


def _mandate(check: Check, draft: Draft, now: datetime) -> None:
    """The office may ask each of them: a mandate over them, or over the whole province, holds today."""
    without = beyond_mandate(draft, now)
    if without:
        _warn(
            check,
            "office",
            N_("by the directory the office has no mandate over {n} of them: {names}"),
            n=len(without),
            names=_some(without.values()),
        )


def beyond_mandate(draft: Draft, now: datetime) -> dict[int, str]:
    """Those who are to act (id to name) although no mandate of the office holds over them at ``now``; what stands under it is its own."""
    acting = {one.organisation.pk: one.name for one in draft.recipients if one.organisation and one.role == ACTION}
    office = draft.letter.office_id
    rows = Mandate.objects.filter(valid_at(now), holder_id=office, subject__in=ORDERING)
    over = set(rows.values_list("over_id", flat=True))
    if None in over:
        return {}
    reached = above(acting)
    return {pk: name for pk, name in acting.items() if not reached.get(pk, frozenset()) & {*over, office}}


def _written(check: Check, draft: Draft, now: datetime, zone: tzinfo) -> None:
    """What the text says agrees with what the fields say: enclosures, the parent's number, days."""
    row = draft.letter
    passages = [Passage(row.opening, "", Place(), is_opening=True)]
    passages += [Passage(f"{clause.title}\n{clause.text}", str(clause), Place()) for clause in draft.clauses]
    passages.append(Passage(row.closing, "", Place()))
    if any(_ENCLOSED.search(one.text) for one in passages) and not row.files.filter(part="attachment").exists():
        _warn(check, "files", N_("the text speaks of something enclosed, and no file is attached"))
    doubts: list[Doubt] = []
    today = now.astimezone(zone).date()
    parent = row.parent
    if parent is not None and parent.dated is not None and parent.dated > today:
        check.fault(
            "parent_id",
            N_("the letter {reference}, which it carries out, is dated later than today"),
            reference=parent.reference,
        )
    found = read_references(passages, row.reference, doubts)
    if parent is not None and parent.reference:
        same = [one for one in found if search_form(one.number) == search_form(parent.reference)]
        if not same:
            _warn(
                check,
                "parent_id",
                N_("the text does not name the letter {reference}, which it carries out"),
                reference=parent.reference,
            )
        for one in same:
            if one.dated and parent.dated and one.dated != parent.dated:
                check.fault("parent_id", N_("the text dates the letter {reference} {written}, the register {dated}"),
                            reference=parent.reference, written=_day(one.dated), dated=_day(parent.dated))  # fmt: skip
    dues = {str(clause): clause.due_at or row.deadline for clause in draft.clauses}
    for deadline in read_deadlines(passages, today, doubts):
        due = dues.get(deadline.clause, row.deadline)
        if deadline.day is None or due is None or deadline.begins is not None:
            continue
        if deadline.day < today:
            _warn(check, "clauses", N_("“{written}” in the text has passed already"), written=deadline.written)
        elif datetime.combine(deadline.day, time.max, zone).astimezone(UTC) < due:
            _warn(check, "clauses", N_("the text says “{written}”, the field says {due}"), written=deadline.written,
                  due=due.astimezone(zone).strftime("%H:%M %d/%m/%Y"))  # fmt: skip


def _reach(check: Check, draft: Draft) -> None:
    """Everybody who is to act can be told by a message."""
    acting = {one.organisation.pk: one.name for one in draft.recipients if one.organisation and one.role == ACTION}
    reached = set(answering(acting))
    rows = ContactPoint.objects.filter(valid_at(timezone.now()), organisation_id__in=sorted(acting), channel="email")
    reached.update(rows.values_list("organisation_id", flat=True))
    if unreached := [name for pk, name in acting.items() if pk not in reached]:
        _warn(check, "addressees", N_("{n} of them have neither an account nor an e-mail contact: {names}"),
              n=len(unreached), names=_some(unreached))  # fmt: skip


def _some(names: Iterable[str]) -> str:
    rows = list(names)
    return ", ".join(rows[:_NAMED]) + (" …" if len(rows) > _NAMED else "")


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
