"""What a draft of a letter says, as plain values, and whether it can stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from vonggac.desk.directives.states import ACTION, CHANGES, FORMS, LETTER, MACHINE_PROOFS, ROLES, URGENCIES
from vonggac.desk.organisations.checks import Check
from vonggac.desk.work.kinds import OBLIGATIONS
from vonggac.errors import N_

MOST_CLAUSES: Final = 200
MOST_ADDRESSEES: Final = 500
MOST_DAYS: Final = 62
"""Days of a letter's period: a daily report on each."""
_KINDS: Final = ("", *(kind.name for kind in OBLIGATIONS))
_LONGEST: Final = 50_000
"""Characters of one passage."""


@dataclass(frozen=True, slots=True)
class ClauseValues:
    """See ``models.Clause``."""

    title: str
    mark: str = ""
    text: str = ""
    kind: str = ""
    groups: Sequence[str] = ()
    due_at: datetime | None = None
    is_daily: bool = False
    needs_file: bool = False
    proof: str = ""


@dataclass(frozen=True, slots=True)
class AddresseeValues:
    """See ``models.Addressee``: one of ``group_id``, ``organisation_id`` and ``words``."""

    role: str = ACTION
    is_addressed: bool = False
    group_id: int | None = None
    organisation_id: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class LetterValues:
    """See ``models.Letter``."""

    subject: str
    form: str = LETTER
    symbol: str = ""
    superior_name: str = ""
    place: str = ""
    opening: str = ""
    closing: str = ""
    urgency: str = ""
    deadline: datetime | None = None
    period_from: date | None = None
    period_until: date | None = None
    parent_id: int | None = None
    about_id: int | None = None
    change: str = ""
    signer_name: str = ""
    signer_title: str = ""
    signer_for: str = ""
    links_ask_code: bool = False
    clauses: Sequence[ClauseValues] = field(default=())
    addressees: Sequence[AddresseeValues] = field(default=())


HEAD: Final = (
    "subject", "form", "symbol", "superior_name", "place", "opening", "closing", "urgency", "deadline", "period_from", "period_until",
    "parent_id", "about_id", "change", "signer_name", "signer_title", "signer_for", "links_ask_code",
)  # fmt: skip
"""Columns of a letter that its draft sets."""
_LINES: Final = {
    "symbol": 40,
    "superior_name": 250,
    "place": 80,
    "signer_name": 120,
    "signer_title": 120,
    "signer_for": 120,
}


def clean(check: Check, values: LetterValues) -> LetterValues:
    """``values`` as they are kept; notes what cannot stand, for clauses and addressees as ``clauses.3.title`` (from 0)."""
    said = {name: check.text(name, getattr(values, name), most=most) for name, most in _LINES.items()}
    subject = check.text("subject", values.subject, most=500, needed=True)
    opening = check.text("opening", values.opening, most=_LONGEST, lines=True)
    closing = check.text("closing", values.closing, most=_LONGEST, lines=True)
    check.one_of("form", values.form, tuple(FORMS))
    check.one_of("urgency", values.urgency, tuple(URGENCIES))
    check.one_of("change", values.change, tuple(CHANGES))
    if values.change and values.about_id is None:
        check.fault("about_id", N_("say which letter it changes"))
    begins, ends = values.period_from, values.period_until
    if begins and ends and not 0 <= (ends - begins).days < MOST_DAYS:
        check.fault(
            "period_until", N_("the last day comes before the first, or more than {most} days after it"), most=MOST_DAYS
        )
    for name, rows, most in (
        ("clauses", values.clauses, MOST_CLAUSES),
        ("addressees", values.addressees, MOST_ADDRESSEES),
    ):
        if len(rows) > most:
            check.fault(name, N_("{n} are too many: at most {most}"), n=len(rows), most=most)
    return LetterValues(
        subject=subject, form=values.form, opening=opening, closing=closing, urgency=values.urgency, deadline=_utc(values.deadline),
        period_from=begins, period_until=ends, parent_id=values.parent_id, about_id=values.about_id, change=values.change,
        links_ask_code=values.links_ask_code, **said,
        clauses=[_clause(check, f"clauses.{n}", one) for n, one in enumerate(values.clauses[:MOST_CLAUSES])],
        addressees=[_addressee(check, f"addressees.{n}", one) for n, one in enumerate(values.addressees[:MOST_ADDRESSEES])],
    )  # fmt: skip


def _clause(check: Check, at: str, one: ClauseValues) -> ClauseValues:
    check.one_of(f"{at}.kind", one.kind, _KINDS)
    check.one_of(f"{at}.proof", one.proof, tuple(MACHINE_PROOFS))
    if one.is_daily and not one.kind:
        check.fault(f"{at}.kind", N_("a report on each day needs a form of answer"))
    return ClauseValues(
        title=check.text(f"{at}.title", one.title, most=250, needed=True),
        mark=check.text(f"{at}.mark", one.mark, most=12),
        text=check.text(f"{at}.text", one.text, most=_LONGEST, lines=True),
        kind=one.kind, groups=[check.text(f"{at}.groups", code, most=40) for code in dict.fromkeys(one.groups)],
        due_at=_utc(one.due_at), is_daily=one.is_daily, needs_file=one.needs_file, proof=one.proof,
    )  # fmt: skip


def _addressee(check: Check, at: str, one: AddresseeValues) -> AddresseeValues:
    check.one_of(f"{at}.role", one.role, tuple(ROLES))
    words = check.text(f"{at}.words", one.words, most=250)
    if sum((one.group_id is not None, one.organisation_id is not None, bool(words))) != 1:
        check.fault(f"{at}.words", N_("say either a group, or an organisation, or a name; one of them"))
    return AddresseeValues(one.role, one.is_addressed, one.group_id, one.organisation_id, words)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
