"""What a new letter says before anybody wrote on it: made from a shipped one, from an earlier one, from one that came in, or blank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo

from django.conf import settings
from django.utils import timezone

from vonggac.config import zone_from
from vonggac.desk.directives.actions.drafting import draft_from, values_of
from vonggac.desk.directives.models import Letter, RecipientGroup
from vonggac.desk.directives.queries.expanding import members
from vonggac.desk.directives.queries.letters import letter
from vonggac.desk.directives.shipped import Dates, Template, due_of, fill, template, words_of
from vonggac.desk.directives.states import DRAFT, IN, LETTER, OUT
from vonggac.desk.directives.values import AddresseeValues, ClauseValues, LetterValues
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, Fault, InvalidValues, NotThere

_HEAD = ("symbol", "superior_name", "place", "signer_name", "signer_title", "signer_for")
"""What an office's letters have alike."""


def blank(office: Organisation, dates: Dates, subject: str) -> LetterValues:
    """Nothing but what the letters of ``office`` have alike."""
    return _of_office(_dated(LetterValues(subject=subject), dates), office)


def from_template(code: str, office: Organisation, dates: Dates, occasion: str = "") -> LetterValues:
    """The shipped letter ``code`` for ``office``: every day set, its recipients those that the directory has. Raises InvalidValues."""
    found = template(code)
    if found is None:
        raise InvalidValues([Fault("template", N_("there is no such template"))])
    zone = zone_from(settings.VONGGAC.zone)
    words = words_of(dates, zone, occasion=occasion.strip(), office=office.name)
    groups = {row.code: row for row in RecipientGroup.objects.all()}
    there = {code for code, row in groups.items() if members(row)}
    said = LetterValues(
        subject=fill(found.said["subject"], words)[:500],
        opening=fill(found.said["opening"], words),
        closing=fill(found.said["closing"], words),
        urgency=found.said["urgency"],
        clauses=_clauses(found, words, there, dates, zone),
        addressees=_addressees(found, office, {code: groups[code].pk for code in there}),
    )
    return _of_office(_dated(said, dates), office)


def _clauses(found: Template, words: dict[str, str], there: set[str], dates: Dates, zone: tzinfo) -> list[ClauseValues]:
    now = timezone.now()
    made = []
    for one in found.said["clauses"]:
        asked: Sequence[str] = one.get("groups", ())
        groups = [code for code in asked if code in there]
        if asked and not groups:
            continue  # nobody of them is in the directory
        due = due_of(one.get("due", ""), dates, zone)
        if due is not None and not one.get("daily") and (due <= now or (dates.deadline and due > dates.deadline)):
            due = None  # by the letter's own deadline then
        made.append(
            ClauseValues(
                title=one["title"], mark=one["mark"], text=fill(one.get("text", ""), words), kind=one.get("kind", ""), groups=groups,
                due_at=due, is_daily=bool(one.get("daily")), needs_file=bool(one.get("needs_file")), proof=one.get("proof", ""),
            )
        )  # fmt: skip
    return made


def _addressees(found: Template, office: Organisation, groups: dict[str, int]) -> list[AddresseeValues]:
    made = []
    for one in found.said["to"]:
        role, is_addressed = one.get("role", "action"), bool(one.get("addressed"))
        if "group" in one and one["group"] in groups:
            made.append(AddresseeValues(role, is_addressed, group_id=groups[one["group"]]))
        elif one.get("superior") and office.parent_id is not None:
            made.append(AddresseeValues(role, is_addressed, organisation_id=office.parent_id))
        elif "words" in one:
            made.append(AddresseeValues(role, is_addressed, words=one["words"]))
    return made


def from_letter(asker: Asker, letter_id: int, office: Organisation, dates: Dates, *, change: str = "") -> LetterValues:
    """A new letter of ``office`` made from one that the asker sees; raises NotThere.

    Its days are moved to those of ``dates``, where its text names them, too. From one that came in: the clauses are taken over, the
    head is the office's own. ``change``: it amends or replaces that letter.
    """
    row = letter(asker, letter_id)
    if row.form != LETTER:
        raise NotThere(N_("there is no such letter here"))
    if row.direction == IN:
        return _reissued(asker, row, office, dates)
    zone = zone_from(settings.VONGGAC.zone)
    said = draft_from(asker, letter_id)
    was = values_of(row)
    if change:
        given = Dates(
            dates.first or row.period_from, dates.last or row.period_until, dates.deadline or _to_come(row.deadline)
        )
        said = replace(was, parent_id=row.parent_id)
    else:
        given = dates
    moved = _moved(was, said, given, zone)
    if change:
        moved = _changing(moved, row, change)
    return moved


def _to_come(moment: datetime | None) -> datetime | None:
    return moment if moment and moment > timezone.now() else None


def _moved(was: LetterValues, said: LetterValues, dates: Dates, zone: tzinfo) -> LetterValues:
    """``said`` with the days of ``was`` moved to ``dates``."""
    swaps = dict(_swaps(was, dates, zone))

    def text(value: str) -> str:
        return re.sub(r"\b\d{1,2}/\d{1,2}/\d{4}\b", lambda found: swaps.get(_key(found[0]), found[0]), value)

    clauses = [
        replace(one, text=text(one.text), title=text(one.title), due_at=_due(old.due_at, was, dates, zone))
        for one, old in zip(said.clauses, was.clauses, strict=True)
    ]
    moved = replace(
        said, subject=text(said.subject), opening=text(said.opening), closing=text(said.closing), clauses=clauses
    )
    return _dated(moved, dates)


def _swaps(was: LetterValues, dates: Dates, zone: tzinfo) -> list[tuple[str, str]]:
    pairs = (
        (was.deadline.astimezone(zone).date() if was.deadline else None, dates.deadline.astimezone(zone).date() if dates.deadline else None),
        (was.period_from, dates.first),
        (was.period_until, dates.last),
    )  # fmt: skip
    return [(old.isoformat(), new.strftime("%d/%m/%Y")) for old, new in pairs if old and new]


def _key(written: str) -> str:
    day, month, year = (int(part) for part in written.split("/"))
    return f"{year:04}-{month:02}-{day:02}"


def _due(due: datetime | None, was: LetterValues, dates: Dates, zone: tzinfo) -> datetime | None:
    """The deadline of a clause as far from the same day of the letter as it was; None where that has passed or is not known."""
    if due is None:
        return None
    local = due.astimezone(zone)
    if was.period_from and dates.first:
        day: date | None = dates.first + (local.date() - was.period_from)
    elif was.deadline and dates.deadline:
        day = dates.deadline.astimezone(zone).date() + (local.date() - was.deadline.astimezone(zone).date())
    else:
        day = None
    if day is None:
        return None
    moved = datetime.combine(day, local.timetz().replace(tzinfo=None), zone)
    return moved if moved > timezone.now() else None


def _dated(said: LetterValues, dates: Dates) -> LetterValues:
    return replace(said, period_from=dates.first, period_until=dates.last, deadline=dates.deadline)


def _changing(said: LetterValues, row: Letter, change: str) -> LetterValues:
    named = f"Công văn số {row.reference} ngày {row.dated:%d/%m/%Y}" if row.dated else f"Công văn số {row.reference}"
    if change == "amends":
        subject = f"Sửa đổi, bổ sung {named}"
        line = f"Các nội dung khác tại {named} vẫn giữ nguyên hiệu lực."
    else:
        subject, line = said.subject, f"Công văn này thay thế {named}."
    closing = f"{line}\n{said.closing}" if said.closing else line
    return replace(said, subject=subject[:500], closing=closing, about_id=row.pk, change=change)


def _reissued(asker: Asker, row: Letter, office: Organisation, dates: Dates) -> LetterValues:
    """What carries out a letter that came in: its clauses, under our own head, to those to whom we wrote last."""
    said = draft_from(asker, row.pk)
    named = f"Công văn số {row.reference}" + (f" ngày {row.dated:%d/%m/%Y}" if row.dated else "")
    by = f" của {row.issuer_name}" if row.issuer_name else ""
    opening = f"Thực hiện {named}{by} về việc {row.subject}, {office.name} đề nghị các cơ quan, đơn vị thực hiện các nội dung sau:"
    dated = Dates(dates.first or row.period_from, dates.last or row.period_until, dates.deadline)
    last = _last_of(office)
    to = values_of(last).addressees if last else _shipped_recipients(office)
    made = replace(
        said, opening=opening, closing="", addressees=to, links_ask_code=False,
        clauses=[replace(one, groups=[]) if last is None else one for one in said.clauses],
    )  # fmt: skip
    return _of_office(_dated(made, dated), office, last)


def _shipped_recipients(office: Organisation) -> Sequence[AddresseeValues]:
    return from_template("holiday", office, Dates()).addressees


def _last_of(office: Organisation) -> Letter | None:
    rows = Letter.objects.filter(office=office, direction=OUT, form=LETTER)
    return rows.exclude(state=DRAFT).order_by("-pk").first() or rows.order_by("-pk").first()


def _of_office(said: LetterValues, office: Organisation, last: Letter | None = None) -> LetterValues:
    """``said`` with the head that the letters of ``office`` had last; of its first letter, what the directory knows."""
    last = last or _last_of(office)
    if last is not None:
        return replace(said, **{name: getattr(last, name) for name in _HEAD})
    parent = office.parent
    return replace(
        said, symbol=office.code.upper()[:40], superior_name=parent.name if parent else "", place="", signer_name="",
        signer_title="", signer_for="",
    )  # fmt: skip
