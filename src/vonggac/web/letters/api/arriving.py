"""Letters that come in over the API: files to read, entries of the register, the registers themselves, matters put before other bodies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from vonggac.desk.directives.actions import arriving as actions
from vonggac.desk.directives.actions import referring
from vonggac.desk.directives.actions.finding import require_office
from vonggac.desk.directives.arrivals import ArrivalValues
from vonggac.desk.directives.models import Letter, LetterReading, Referral
from vonggac.desk.directives.proposing import Proposal
from vonggac.desk.directives.queries import arriving as queries
from vonggac.desk.directives.values import MOST_ADDRESSEES, MOST_CLAUSES, AddresseeValues, ClauseValues, LetterValues
from vonggac.errors import Fault, InputError, InvalidValues, VonggacError
from vonggac.jobs import evidence_store, letter_arrival
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, OptionalId, Strict, Version, page_of, written
from vonggac.web.api.uploads import BINARY, BODY, SETTINGS, FileName, spooled
from vonggac.web.letters.arriving.registers import workbook
from vonggac.web.organisations.imports.downloads import TYPES
from vonggac.web.shell import times
from vonggac.web.shell.words import tell, tell_fault

router = Router(tags=["letters"])

Book = Literal["in", "cong_van", "bao_cao"]
OptionalBook = Annotated[Book | None, Query(None, description="Of what came in, or of one form of outgoing documents")]
OptionalYear = Annotated[int | None, Query(None, ge=1990, lt=2200)]
Since = Annotated[Moment | None, Query(None, description="Entered or withdrawn at this time or later")]


class ClauseIn(Strict):
    """A clause: ``kind`` is the kind of work that it asks for, empty for none; ``groups`` are codes of groups of recipients."""

    title: str = Field(min_length=1, max_length=250)
    mark: str = Field("", max_length=12)
    text: str = Field("", max_length=50_000)
    kind: str = Field("", max_length=24)
    groups: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=200)
    due_at: Moment | None = None
    is_daily: bool = False
    needs_file: bool = False


class ArrivalIn(Strict):
    """The entry of a letter. ``number``: of arrival, null for the next; ``parent_reference``: of the letter that it carries out."""

    arrived_on: date
    issuer_name: str = Field(min_length=1, max_length=250)
    subject: str = Field(min_length=1, max_length=500)
    reference: str = Field("", max_length=60)
    dated: date | None = None
    form: str = Field("cong_van", max_length=10)
    urgency: str = Field("", max_length=12)
    deadline: Moment | None = None
    period_from: date | None = None
    period_until: date | None = None
    parent_reference: str = Field("", max_length=60)
    handler: str = Field("", max_length=150)
    number: int | None = Field(None, ge=1, le=999_999)
    superior_name: str = Field("", max_length=250)
    place: str = Field("", max_length=80)
    signer_for: str = Field("", max_length=120)
    signer_title: str = Field("", max_length=120)
    signer_name: str = Field("", max_length=120)
    opening: str = Field("", max_length=50_000)
    closing: str = Field("", max_length=50_000)
    addressed: list[Annotated[str, Field(max_length=250)]] = Field(default_factory=list, max_length=MOST_ADDRESSEES)
    clauses: list[ClauseIn] = Field(default_factory=list, max_length=MOST_CLAUSES)

    def values(self) -> ArrivalValues:
        """As actions take them."""
        names = ("subject", "form", "urgency", "deadline", "period_from", "period_until", "superior_name", "place", "signer_for",
                 "signer_title", "signer_name", "opening", "closing")  # fmt: skip
        said = LetterValues(
            **{name: getattr(self, name) for name in names}, symbol=self.reference.partition("/")[2][:40],
            clauses=[ClauseValues(**one.model_dump()) for one in self.clauses],
            addressees=[AddresseeValues(is_addressed=True, words=words) for words in self.addressed if words.strip()],
        )  # fmt: skip
        return ArrivalValues(
            said,
            self.arrived_on,
            self.reference,
            self.dated,
            self.issuer_name,
            self.number,
            self.handler,
            self.parent_reference,
        )


class ReceiveIn(Version):
    """What was read, confirmed or mended. ``confirms``: a person compared with the letter what was not sure."""

    confirms: bool = False
    entry: ArrivalIn


class CorrectIn(Version):
    """The whole entry, as it shall be."""

    entry: ArrivalIn


class EnterIn(Strict):
    """A letter without a file, to the office that it came to."""

    office_id: Id
    entry: ArrivalIn


class TakeUpIn(Version):
    """Clauses that become work of the office; ``due_at``: by when, in the place of the letter's deadline."""

    clause_ids: list[Id] = Field(min_length=1, max_length=MOST_CLAUSES)
    due_at: Moment | None = None


class QuestionOut(Schema):
    """What the reader is not sure of: about which value, and where it stands (page and line or paragraph from 1; 0: nowhere)."""

    about: str
    text: str
    page: int
    paragraph: int


class ReadClauseOut(Schema):
    """A clause as it was read."""

    mark: str
    title: str
    text: str
    kind: str
    groups: list[str]
    due_at: Moment | None
    is_daily: bool


class ProposalOut(Schema):
    """What is proposed for the register from what was read."""

    reference: str
    dated: date | None
    form: str
    issuer_name: str
    subject: str
    urgency: str
    deadline: Moment | None
    parent_reference: str
    addressed: list[str]
    clauses: list[ReadClauseOut]


class ReadingOut(Schema):
    """A file that came in. ``state``: waiting, reading, read, failed or kept; ``letter_id``: what became of it."""

    id: int
    office_id: int
    letter_id: int | None
    name: str
    kind: str
    size: int
    sha256: str
    state: str
    fault: str
    at: Moment
    by_name: str
    version: int
    questions: list[QuestionOut]
    proposal: ProposalOut | None


class TakenOut(Schema):
    """What a file became: a reading, or the letter that came as this very file before."""

    reading_id: int | None
    letter_id: int | None


class Readings(Schema):
    """A page of readings."""

    items: list[ReadingOut]
    next: str | None


class RegisterEntryOut(Schema):
    """A line of a register. ``direction``: in or out; ``number``: in its register; ``recipients``: names of an outgoing one."""

    id: int
    office_id: int
    direction: str
    book: str
    year: int
    number: int
    reference: str
    dated: date | None
    arrived_on: date | None
    form: str
    issuer_name: str
    subject: str
    urgency: str
    deadline: Moment | None
    state: str
    handler: str
    signer_name: str
    recipients: list[str]
    issued_at: Moment | None
    withdrawn_at: Moment | None
    parent_id: int | None
    version: int


class RegisterEntries(Schema):
    """A page of a register."""

    items: list[RegisterEntryOut]
    next: str | None


class ReferralIn(Strict):
    """A Task put before a body: one of the directory, or one by its name. Of the Task's files those named go along."""

    office_id: Id
    task_id: Id
    body_id: Id | None = None
    body_words: str = Field("", max_length=250)
    subject: str = Field(min_length=1, max_length=500)
    why: str = Field(min_length=1, max_length=10_000)
    evidence_ids: list[Id] = Field(default_factory=list, max_length=200)


class OutcomeIn(Version):
    """What the body answered."""

    outcome: str = Field(min_length=1, max_length=10_000)


class ReferralOut(Schema):
    """A matter put before a body by a letter. ``task_id`` is null where the Task is not the asker's to see."""

    id: int
    task_id: int | None
    letter_id: int
    reference: str
    letter_state: str
    why: str
    outcome: str
    outcome_at: Moment | None
    outcome_by_name: str
    version: int


class Referrals(Schema):
    """A page of referrals."""

    items: list[ReferralOut]
    next: str | None


# ------------------------------------------------------------------------------------------------------------ readings


def _proposal_out(found: Proposal | None) -> ProposalOut | None:
    if found is None:
        return None
    values, said = found.values, found.values.said
    clauses = [ReadClauseOut.model_validate(one, from_attributes=True) for one in said.clauses]
    return ProposalOut(
        reference=values.reference, dated=values.dated, form=said.form, issuer_name=values.issuer_name, subject=said.subject,
        urgency=said.urgency, deadline=said.deadline, parent_reference=values.parent_reference,
        addressed=[line.words for line in said.addressees], clauses=clauses,
    )  # fmt: skip


def _reading_out(row: LetterReading) -> ReadingOut:
    doubts: Sequence[Any] = row.found.get("doubts", ()) if row.state == "read" else ()
    told = [
        QuestionOut(about=one["field"], text=tell_fault(Fault("", one["message"], one["params"])), **one["where"])
        for one in doubts
    ]
    fault = tell(VonggacError(str(row.fault["message"]), **row.fault["params"])) if row.fault else ""
    names = ("id", "office_id", "letter_id", "name", "kind", "size", "sha256", "state", "at", "by_name", "version")
    found = queries.proposal(row) if row.state == "read" else None
    return ReadingOut(
        **{name: getattr(row, name) for name in names}, fault=fault, questions=told, proposal=_proposal_out(found)
    )


@router.get(
    "/letters/readings",
    response={200: Readings, **ERRORS},
    operation_id="list_letter_readings",
    summary="List files that came in",
)
def list_readings(request: Any, limit: Limit, after: After) -> Any:
    """Those of the offices whose letters the asker enters."""
    return page_of(queries.readings(request.asker), limit, after, shape=_reading_out)


@router.post(
    "/letters/offices/{organisation_id}/readings", response={201: TakenOut, **ERRORS}, operation_id="bring_letter", summary="Bring in the file of a letter",
    openapi_extra=BODY,
)  # fmt: skip
def bring(request: Any, organisation_id: Id, file_name: FileName) -> Any:
    """The body is the file: DOCX, PDF, PNG, JPEG or WebP. It is read in the background; the same file again leads to what it became."""
    require_office(request.asker, "letters.draft", organisation_id)
    upload = spooled(request, evidence_store.UPLOAD_LIMIT)
    try:
        found = letter_arrival.take(SETTINGS, request.asker, organisation_id, upload, file_name)
    except InputError as refused:
        raise InvalidValues([Fault("body", refused.message, refused.params)]) from refused
    is_letter = isinstance(found, Letter)
    told = TakenOut(reading_id=None if is_letter else found.pk, letter_id=found.pk if is_letter else None)
    return HttpResponse(told.model_dump_json(), status=201, content_type="application/json")


@router.get(
    "/letters/readings/{reading_id}",
    response={200: ReadingOut, **ERRORS},
    operation_id="read_letter_reading",
    summary="What was read",
)
def read_reading(request: Any, reading_id: Id) -> Any:
    """Its state, what is proposed for the register, and what is not sure."""
    return _reading_out(queries.reading(request.asker, reading_id))


@router.post(
    "/letters/readings/{reading_id}/receive", response={201: RegisterEntryOut, **ERRORS}, operation_id="receive_letter",
    summary="Enter what was read in the register",
)  # fmt: skip
def receive(request: Any, reading_id: Id, body: ReceiveIn) -> Any:
    """Its original is kept with it, and what the signatures of a PDF say."""
    return written(
        request, 201,
        lambda: _entry_out(
            letter_arrival.receive(
                SETTINGS, request.asker, reading_id, body.version, body.entry.values(), confirms=body.confirms
            )
        ),
    )  # fmt: skip


@router.post(
    "/letters/readings/{reading_id}/again",
    response={200: ReadingOut, **ERRORS},
    operation_id="read_letter_again",
    summary="Read it once more",
)
def read_again(request: Any, reading_id: Id, body: Version) -> Any:
    """As when it came."""
    return written(request, 200, lambda: _reading_out(actions.read_again(request.asker, reading_id, body.version)))


@router.post(
    "/letters/readings/{reading_id}/drop",
    response={204: None, **ERRORS},
    operation_id="drop_letter_reading",
    summary="Throw the file away",
)
def drop_reading(request: Any, reading_id: Id, body: Version) -> Any:
    """It is no letter for the register."""

    def drop() -> None:
        actions.drop_reading(request.asker, reading_id, body.version)

    return written(request, 204, drop)


@router.post(
    "/letters/arrivals",
    response={201: RegisterEntryOut, **ERRORS},
    operation_id="enter_letter",
    summary="Enter a letter on paper",
)
def enter(request: Any, body: EnterIn) -> Any:
    """Without any file."""
    return written(request, 201, lambda: _entry_out(actions.enter(request.asker, body.office_id, body.entry.values())))


@router.post(
    "/letters/{letter_id}/take-up", response={200: RegisterEntryOut, **ERRORS}, operation_id="take_up_letter",
    summary="Make work of the office of what a letter asks",
)  # fmt: skip
def take_up(request: Any, letter_id: Id, body: TakeUpIn) -> Any:
    """Each clause becomes a Task of the office itself."""
    return written(
        request, 200,
        lambda: _entry_out(actions.take_up(request.asker, letter_id, body.version, body.clause_ids, due_at=body.due_at)),
    )  # fmt: skip


@router.put(
    "/letters/{letter_id}/arrival",
    response={200: RegisterEntryOut, **ERRORS},
    operation_id="correct_letter",
    summary="Mend the entry of a letter",
)
def correct(request: Any, letter_id: Id, body: CorrectIn) -> Any:
    """All of it is given; its number of arrival stays."""
    return written(
        request, 200, lambda: _entry_out(actions.correct(request.asker, letter_id, body.version, body.entry.values()))
    )


# ----------------------------------------------------------------------------------------------------------- registers


def _entry_out(row: Letter) -> RegisterEntryOut:
    names = [one for one in RegisterEntryOut.model_fields if one != "recipients"]
    recipients = [one.name for one in row.recipients.all()] if row.direction == "out" else []
    return RegisterEntryOut(**{name: getattr(row, name) for name in names}, recipients=recipients)


@router.get(
    "/letters/register",
    response={200: RegisterEntries, **ERRORS},
    operation_id="list_letter_register",
    summary="Read the registers of letters",
)
def list_register(  # the parameters of the URL
    request: Any,
    limit: Limit,
    after: After,
    office_id: OptionalId,
    book: OptionalBook,
    year: OptionalYear,
    since: Since,
) -> Any:
    """Every letter in or out that has a number, of the offices whose letters the asker sees. An office's own system asks ``since`` the last time."""
    rows = queries.since(request.asker, since, office_id, book or "", year)
    return page_of(rows, limit, after, shape=_entry_out)


@router.get(
    "/letters/offices/{organisation_id}/register", response=ERRORS, operation_id="export_letter_register", summary="Get one register as a workbook",
    openapi_extra={"responses": {200: {"content": {TYPES["xlsx"]: BINARY}}}},
)  # fmt: skip
def export_register(request: Any, organisation_id: Id, year: OptionalYear, book: Book = "in") -> Any:
    """One year, this one unless another is asked for; numbers that lack are said."""
    return workbook(request.asker, organisation_id, book, year or timezone.now().astimezone(times.zone()).year)


# ----------------------------------------------------------------------------------------------------------- referrals


def _referral_out(asker: Any, row: Referral) -> ReferralOut:
    is_seen = bool(queries.tasks_seen(asker, [row.task_id]))
    return ReferralOut(
        id=row.pk, task_id=row.task_id if is_seen else None, letter_id=row.letter_id, reference=row.letter.reference,
        letter_state=row.letter.state, why=row.why, outcome=row.outcome, outcome_at=row.outcome_at,
        outcome_by_name=row.outcome_by_name, version=row.version,
    )  # fmt: skip


@router.get(
    "/letters/referrals",
    response={200: Referrals, **ERRORS},
    operation_id="list_referrals",
    summary="List matters put before other bodies",
)
def list_referrals(request: Any, limit: Limit, after: After) -> Any:
    """Those of the offices whose letters the asker sees."""
    return page_of(queries.referrals(request.asker), limit, after, shape=lambda row: _referral_out(request.asker, row))


@router.post(
    "/letters/referrals",
    response={201: ReferralOut, **ERRORS},
    operation_id="refer",
    summary="Put a Task before another body",
)
def refer(request: Any, body: ReferralIn) -> Any:
    """Drafts a letter that goes the way of every letter."""
    said = body.model_dump()
    office_id, task_id = said.pop("office_id"), said.pop("task_id")
    return written(
        request, 201, lambda: _referral_out(request.asker, referring.refer(request.asker, office_id, task_id, **said))
    )


@router.get(
    "/letters/referrals/{referral_id}",
    response={200: ReferralOut, **ERRORS},
    operation_id="read_referral",
    summary="Read a referral",
)
def read_referral(request: Any, referral_id: Id) -> Any:
    """One of them."""
    return _referral_out(request.asker, queries.referral(request.asker, referral_id))


@router.post(
    "/letters/referrals/{referral_id}/outcome", response={200: ReferralOut, **ERRORS}, operation_id="record_referral_outcome",
    summary="Record what the body answered",
)  # fmt: skip
def outcome(request: Any, referral_id: Id, body: OutcomeIn) -> Any:
    """Once its letter is issued."""
    return written(
        request, 200,
        lambda: _referral_out(request.asker, referring.record_outcome(request.asker, referral_id, body.version, body.outcome)),
    )  # fmt: skip
