"""Letters over the API: written, checked, approved, numbered, sent, withdrawn; groups of recipients and shipped letters."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema
from pydantic import Field

from vonggac.desk.directives import actions, beginning, queries
from vonggac.desk.directives.actions.finding import require_office
from vonggac.desk.directives.models import Addressee, Letter, RecipientGroup
from vonggac.desk.directives.queries.consequences import consequences
from vonggac.desk.directives.queries.expanding import members
from vonggac.desk.directives.shipped import Dates, templates
from vonggac.desk.directives.values import MOST_ADDRESSEES, MOST_CLAUSES, AddresseeValues, ClauseValues, LetterValues
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.rule import require
from vonggac.errors import N_, Fault, InvalidValues, NotThere
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, Strict, Text, Version, page_of, written
from vonggac.web.shell.words import tell_fault

router = Router(tags=["letters"])

Direction = Literal["out", "in"]
State = Literal["draft", "approved", "issued", "withdrawn"]
Form = Literal["cong_van", "bao_cao"]
Urgency = Literal["", "khan", "thuong_khan", "hoa_toc"]
Role = Literal["action", "report", "information", "archive"]
Kind = Literal[
    "", "carry_out", "stand_duty", "check_machines", "patch_systems", "handle_cases", "report_day", "declare"
]
Change = Literal["", "amends", "replaces"]
MaybeId = Annotated[int | None, Field(None, ge=1, lt=2**63)]
Number = Annotated[int | None, Field(None, ge=1, lt=1_000_000)]
Year = Annotated[int | None, Query(None, ge=2000, le=2199)]


class LetterClauseIn(Strict):
    """One clause. ``kind``: how it is answered, empty for a heading; ``groups``: codes, none for all who are to act."""

    title: str = Field(min_length=1, max_length=250)
    mark: str = Field("", max_length=12)
    text: str = Field("", max_length=50_000)
    kind: Kind = ""
    groups: list[str] = Field(default_factory=list, max_length=100)
    due_at: Moment | None = None
    is_daily: bool = False
    needs_file: bool = False
    proof: Literal["", "lists"] = ""


class AddresseeIn(Strict):
    """A line of the recipients: one of a group, an organisation, and words. ``is_addressed``: stands after “Kính gửi”."""

    role: Role = "action"
    is_addressed: bool = False
    group_id: MaybeId = None
    organisation_id: MaybeId = None
    words: str = Field("", max_length=250)


class LetterText(Strict):
    """What a letter says: head, clauses and recipients as a whole."""

    subject: str = Field(min_length=1, max_length=500)
    symbol: str = Field("", max_length=40)
    superior_name: str = Field("", max_length=250)
    place: str = Field("", max_length=80)
    opening: str = Field("", max_length=50_000)
    closing: str = Field("", max_length=50_000)
    urgency: Urgency = ""
    deadline: Moment | None = None
    period_from: date | None = None
    period_until: date | None = None
    parent_id: MaybeId = None
    about_id: MaybeId = None
    change: Change = ""
    signer_name: str = Field("", max_length=120)
    signer_title: str = Field("", max_length=120)
    signer_for: str = Field("", max_length=120)
    links_ask_code: bool = False
    clauses: list[LetterClauseIn] = Field(default_factory=list, max_length=MOST_CLAUSES)
    addressees: list[AddresseeIn] = Field(default_factory=list, max_length=MOST_ADDRESSEES)


class LetterIn(LetterText):
    """A new letter in the register of an office."""

    office_id: Id


class LetterEdit(LetterText):
    """A draft as it is to be; ``version`` is the one that was read."""

    version: int = Field(ge=1, lt=2**31)


class LetterBeginIn(Strict):
    """A new letter made from a shipped one (``template``) or another letter (``source_id``), every day set."""

    office_id: Id
    template: str = Field("", max_length=40)
    source_id: MaybeId = None
    change: Change = ""
    occasion: str = Field("", max_length=120)
    period_from: date | None = None
    period_until: date | None = None
    deadline: Moment | None = None


class LetterApproveIn(Version):
    """``confirms``: the warnings were looked at."""

    confirms: bool = False


class LetterWhyIn(Version):
    """Why."""

    why: str = Field(min_length=1, max_length=500)


class LetterIssueIn(Version):
    """``number`` and ``dated``: the next and today where they are not given; ``sends``: it goes out at once."""

    number: Number = None
    dated: date | None = None
    sends: bool = True


class LetterClauseOut(Schema):
    """A clause."""

    id: int
    n: int
    mark: str
    title: str
    text: str
    kind: str
    groups: list[str]
    due_at: Moment | None
    is_daily: bool
    needs_file: bool
    proof: str


class AddresseeOut(Schema):
    """A line of the recipients."""

    role: str
    is_addressed: bool
    group_id: int | None
    organisation_id: int | None
    words: str


class LetterOut(Schema):
    """A letter. ``clauses`` and ``addressees`` stand in a letter that is read alone; of the recipients a recipient sees none."""

    id: int
    office_id: int
    direction: Direction
    state: State
    form: Form
    issuer_id: int | None
    issuer_name: str
    superior_name: str
    symbol: str
    year: int | None
    number: int | None
    reference: str
    dated: date | None
    place: str
    subject: str
    opening: str
    closing: str
    urgency: Urgency
    deadline: Moment | None
    period_from: date | None
    period_until: date | None
    parent_id: int | None
    source_id: int | None
    template: str
    about_id: int | None
    change: Change
    signer_name: str
    signer_title: str
    signer_for: str
    links_ask_code: bool
    created_at: Moment
    approved_at: Moment | None
    issued_at: Moment | None
    sent_at: Moment | None
    withdrawn_at: Moment | None
    withdraw_reason: str
    version: int
    clauses: list[LetterClauseOut] | None
    addressees: list[AddresseeOut] | None


class Letters(Schema):
    """A page of letters."""

    items: list[LetterOut]
    next: str | None


class LetterFoundOut(Schema):
    """What a check found at a field, in words."""

    field: str
    message: str


class LetterCheckOut(Schema):
    """``faults`` stand in the way of approval, ``warnings`` are confirmed; and what sending it would do now."""

    faults: list[LetterFoundOut]
    warnings: list[LetterFoundOut]
    n_units: int
    n_others: int
    n_pieces: int
    n_unreached: int


class LetterTemplateOut(Schema):
    """A shipped letter."""

    code: str
    name: str


class LetterTemplates(Schema):
    """All of them."""

    items: list[LetterTemplateOut]


class RecipientGroupIn(Strict):
    """A group of recipients: everybody of ``kinds``, and single organisations, but ``without`` some."""

    name: str = Field(min_length=1, max_length=250)
    kinds: list[str] = Field(default_factory=list, max_length=40)
    organisations: list[Id] = Field(default_factory=list, max_length=5000)
    without: list[Id] = Field(default_factory=list, max_length=5000)


class RecipientGroupNew(RecipientGroupIn):
    """With the code that it keeps."""

    code: str = Field(min_length=1, max_length=40)


class RecipientGroupEdit(RecipientGroupIn):
    """As it is to be; ``version`` is the one that was read."""

    version: int = Field(ge=1, lt=2**31)


class RecipientGroupOut(Schema):
    """A group. ``n``: how many belong to it now."""

    id: int
    code: str
    name: str
    kinds: list[str]
    n: int
    version: int


class RecipientGroups(Schema):
    """All of them."""

    items: list[RecipientGroupOut]


def _values(body: LetterText, form: str = "cong_van") -> LetterValues:
    said = body.model_dump(exclude={"clauses", "addressees", "office_id", "version"})
    return LetterValues(
        **said,
        form=form,
        clauses=[ClauseValues(**one.model_dump()) for one in body.clauses],
        addressees=[AddresseeValues(**one.model_dump()) for one in body.addressees],
    )


_PLAIN = tuple(name for name in LetterOut.model_fields if name not in ("clauses", "addressees"))


def _out(row: Letter) -> LetterOut:
    return LetterOut(**{name: getattr(row, name) for name in _PLAIN}, clauses=None, addressees=None)


def _whole(request: Any, row: Letter) -> LetterOut:
    shown = _out(row)
    shown.clauses = [LetterClauseOut.model_validate(one, from_attributes=True) for one in queries.clauses(row)]
    if queries.may_see_office(request.asker, row):
        lines = Addressee.objects.filter(letter=row).order_by("n")
        shown.addressees = [AddresseeOut.model_validate(one, from_attributes=True) for one in lines]
    return shown


def _group(row: RecipientGroup) -> RecipientGroupOut:
    return RecipientGroupOut(
        id=row.pk, code=row.code, name=row.name, kinds=row.kinds, n=len(members(row)), version=row.version
    )


# -------------------------------------------------------------------------------------------------- words before ids


@router.get("/letters/templates", response={200: LetterTemplates, **ERRORS}, operation_id="list_letter_templates")
def shipped(request: Any) -> Any:
    """The letters that are shipped to begin from."""
    _needs_draft(request)
    return {"items": [LetterTemplateOut(code=one.code, name=one.name) for one in templates()]}


def _needs_draft(request: Any) -> None:
    if not request.asker.may("letters.draft"):
        require(request.asker, "letters.draft", None)


@router.get("/letters/groups", response={200: RecipientGroups, **ERRORS}, operation_id="list_letter_groups")
def groups(request: Any) -> Any:
    """The groups of recipients."""
    _needs_draft(request)
    return {"items": [_group(row) for row in queries.groups()]}


@router.post("/letters/groups", response={201: RecipientGroupOut, **ERRORS}, operation_id="add_letter_group")
def add_group(request: Any, body: RecipientGroupNew) -> Any:
    """A new group; needs letters.draft everywhere."""
    return written(request, 201, lambda: _group(actions.save_group(request.asker, None, 0, **body.model_dump())))


@router.put(
    "/letters/groups/{group_id}", response={200: RecipientGroupOut, **ERRORS}, operation_id="change_letter_group"
)
def change_group(request: Any, group_id: Id, body: RecipientGroupEdit) -> Any:
    """A group as it is to be; letters that are issued keep who they went to."""
    given = body.model_dump(exclude={"version"})
    return written(request, 200, lambda: _group(actions.save_group(request.asker, group_id, body.version, **given)))


@router.post("/letters/begin", response={201: LetterOut, **ERRORS}, operation_id="begin_letter")
def begin(request: Any, body: LetterBeginIn) -> Any:
    """A draft from a shipped letter or from another one, with its days and recipients."""
    return written(request, 201, lambda: _whole(request, _begun(request, body)))


def _begun(request: Any, body: LetterBeginIn) -> Letter:
    if bool(body.template) == (body.source_id is not None):
        raise InvalidValues([Fault("template", N_("say either a shipped letter or another one to begin from"))])
    require_office(request.asker, "letters.draft", body.office_id)
    office = Organisation.objects.filter(pk=body.office_id).first()
    if office is None:
        raise NotThere(N_("there is no such organisation here"))
    dates = Dates(body.period_from, body.period_until, body.deadline)
    if body.source_id is not None:
        said = beginning.from_letter(request.asker, body.source_id, office, dates, change=body.change)
        return actions.create(request.asker, office.pk, said, source_id=body.source_id)
    said = beginning.from_template(body.template, office, dates, body.occasion)
    return actions.create(request.asker, office.pk, said, template=body.template)


# ------------------------------------------------------------------------------------------------------------ letters


@router.get("/letters", response={200: Letters, **ERRORS}, operation_id="list_letters", summary="List letters")
def letters(  # filters, by name in the address
    request: Any,
    limit: Limit,
    after: After,
    text: Text,
    direction: Direction | None = None,
    state: State | None = None,
    form: Form | None = None,
    year: Year = None,
) -> Any:
    """Those of offices that the asker sees, and those that were sent to organisations of theirs."""
    wanted = queries.Filters(text=text, direction=direction or "", state=state or "", form=form or "", year=year)
    return page_of(queries.letters(request.asker, wanted), limit, after, shape=_out)


@router.post("/letters", response={201: LetterOut, **ERRORS}, operation_id="add_letter", summary="Write a letter")
def add(request: Any, body: LetterIn) -> Any:
    """A new draft."""
    return written(request, 201, lambda: _whole(request, actions.create(request.asker, body.office_id, _values(body))))


@router.get("/letters/{letter_id}", response={200: LetterOut, **ERRORS}, operation_id="read_letter")
def read(request: Any, letter_id: Id) -> Any:
    """One letter with its clauses."""
    return _whole(request, queries.letter(request.asker, letter_id))


@router.put("/letters/{letter_id}", response={200: LetterOut, **ERRORS}, operation_id="change_letter")
def change(request: Any, letter_id: Id, body: LetterEdit) -> Any:
    """A draft as it is to be, as a whole."""

    def write() -> LetterOut:
        row = queries.letter(request.asker, letter_id)
        return _whole(request, actions.edit(request.asker, letter_id, body.version, _values(body, row.form)))

    return written(request, 200, write)


@router.post("/letters/{letter_id}/discard", response={204: None, **ERRORS}, operation_id="discard_letter")
def discard(request: Any, letter_id: Id, body: Version) -> Any:
    """Throw a draft away."""
    return written(request, 204, lambda: actions.discard(request.asker, letter_id, body.version))


@router.get("/letters/{letter_id}/check", response={200: LetterCheckOut, **ERRORS}, operation_id="check_letter")
def check(request: Any, letter_id: Id) -> Any:
    """What stands in the way of approval, and what sending would do; of who sees its office."""
    row = queries.letter(request.asker, letter_id)
    if not queries.may_see_office(request.asker, row):
        require(request.asker, "letters.view", row.office_id)
    found, means = queries.checked(row), consequences(row)
    return LetterCheckOut(
        faults=[LetterFoundOut(field=one.field, message=tell_fault(one)) for one in found.faults],
        warnings=[LetterFoundOut(field=one.field, message=tell_fault(one)) for one in found.warnings],
        n_units=means.units,
        n_others=means.others,
        n_pieces=means.pieces,
        n_unreached=len(means.unreached),
    )


@router.post("/letters/{letter_id}/approve", response={200: LetterOut, **ERRORS}, operation_id="approve_letter")
def approve(request: Any, letter_id: Id, body: LetterApproveIn) -> Any:
    """It may go out; warnings stand in the way unless they are confirmed."""
    return written(
        request, 200, lambda: _out(actions.approve(request.asker, letter_id, body.version, confirms=body.confirms))
    )


@router.post("/letters/{letter_id}/send-back", response={200: LetterOut, **ERRORS}, operation_id="send_letter_back")
def send_back(request: Any, letter_id: Id, body: LetterWhyIn) -> Any:
    """What was approved is a draft again."""
    return written(request, 200, lambda: _out(actions.send_back(request.asker, letter_id, body.version, body.why)))


@router.post("/letters/{letter_id}/issue", response={200: LetterOut, **ERRORS}, operation_id="issue_letter")
def issue(request: Any, letter_id: Id, body: LetterIssueIn) -> Any:
    """It gets its number, and goes out with it or later."""
    given = body.model_dump(exclude={"version"})
    return written(request, 200, lambda: _out(actions.issue(request.asker, letter_id, body.version, **given)))


@router.post("/letters/{letter_id}/send", response={200: LetterOut, **ERRORS}, operation_id="send_letter")
def send(request: Any, letter_id: Id, body: Version) -> Any:
    """What has its number goes out, and its work begins."""
    return written(request, 200, lambda: _out(actions.send(request.asker, letter_id, body.version)))


@router.post("/letters/{letter_id}/withdraw", response={200: LetterOut, **ERRORS}, operation_id="withdraw_letter")
def withdraw(request: Any, letter_id: Id, body: LetterWhyIn) -> Any:
    """It holds no longer; what is open of its work ends."""
    return written(request, 200, lambda: _out(actions.withdraw(request.asker, letter_id, body.version, body.why)))
