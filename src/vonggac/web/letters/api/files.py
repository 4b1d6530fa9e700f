"""Files of letters over the API: listed, read, attached, come back signed; drafts as documents; answers by workbook; the reply of a unit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext
from ninja import Query, Router, Schema

from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.models import LetterFile, Recipient
from vonggac.desk.directives.queries.files import is_good, letter_itself, one_attached
from vonggac.desk.scope.rule import require
from vonggac.errors import Fault, InputError, InvalidValues
from vonggac.jobs import answer_import, letter_uploads, spool
from vonggac.jobs.answer_import import Plan
from vonggac.web.api.core import ERRORS, Id, Moment, written
from vonggac.web.api.uploads import BINARY, BODY, spooled
from vonggac.web.letters import books, files
from vonggac.web.letters.panel import said_of
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.imports.downloads import TYPES
from vonggac.web.shell.words import tell_fault

router = Router(tags=["letters"])
FileName = Annotated[
    str, Query(min_length=1, max_length=200, description="As it is to be shown; what it is, its bytes tell")
]
CameBy = Annotated[Literal["", "phone", "letter", "mail"], Query("", description="How a unit told it to the centre")]
ToldBy = Annotated[str, Query("", max_length=120, description="Who of the unit told it")]
_STREAM: dict[str, Any] = {"responses": {200: {"content": {"application/octet-stream": BINARY}}}}


class SignerOut(Schema):
    """Who signed; ``is_proven``: a trusted time stamp says when."""

    name: str
    organisation: str
    issuer: str
    at: Moment | None
    is_proven: bool


class SignatureOut(Schema):
    """What is said of a file that came back signed. ``state``: see the command ``letters verify``; ``match``: whether its text is that of the letter."""

    state: str
    match: str
    is_good: bool
    title: str
    signers: list[SignerOut]
    reasons: list[str]


class LetterFileOut(Schema):
    """A file. ``part``: original, signed, pdf, docx, attachment or reply; ``is_letter``: recipients get it as the letter."""

    id: int
    part: str
    name: str
    kind: str
    size: int
    sha256: str
    at: Moment
    by_name: str
    is_letter: bool
    signature: SignatureOut | None


class LetterFiles(Schema):
    """The files of a letter; there are never many."""

    items: list[LetterFileOut]


class CellFaultOut(Schema):
    """What is wrong in a cell; ``cell`` empty: the clause as a whole."""

    cell: str
    clause: str
    question: str
    value: str
    message: str


class WorkbookAnswerOut(Schema):
    """A clause whose answer can stand."""

    task_id: int
    result: str


class WorkbookOut(Schema):
    """What a workbook would answer, or did: ``n_sent``. ``n_same``: sent before; ``n_blank``: clauses without a result."""

    n_sent: int
    n_same: int
    n_blank: int
    who: str
    ready: list[WorkbookAnswerOut]
    faults: list[CellFaultOut]


@router.get("/letters/{letter_id}/files", response={200: LetterFiles, **ERRORS}, operation_id="list_letter_files")
def listed(request: Any, letter_id: Id) -> LetterFiles:
    """The files of a letter: all of them for who sees its office, else what was sent."""
    found = queries.files_of(request.asker, queries.letter(request.asker, letter_id))
    itself = letter_itself(found)
    return LetterFiles(items=[_out(one, is_letter=one == itself) for one in found])


def _out(row: LetterFile, *, is_letter: bool = False) -> LetterFileOut:
    return LetterFileOut(
        id=row.pk, part=row.part, name=row.name, kind=row.kind, size=row.size, sha256=row.sha256, at=row.at, by_name=row.by_name,
        is_letter=is_letter, signature=_signature(row) if row.part == "signed" else None,
    )  # fmt: skip


def _signature(row: LetterFile) -> SignatureOut:
    said = said_of(row.verdict)
    return SignatureOut(
        state=row.verdict.get("state", "cannot_tell"), match=row.verdict.get("match", "no_text"), is_good=is_good(row), title=said.title,
        signers=[
            SignerOut(name=one.name, organisation=one.organisation, issuer=one.issuer, at=one.at, is_proven=one.is_proven)
            for one in said.signers
        ],
        reasons=said.reasons,
    )  # fmt: skip


@router.get(
    "/letters/{letter_id}/files/{file_id}",
    response={200: None, **ERRORS},
    operation_id="read_letter_file",
    openapi_extra=_STREAM,
)
def one(request: Any, letter_id: Id, file_id: Id) -> HttpResponseBase:
    """Its bytes as they came. They may be somebody's: never run or show them as they are."""
    return files.file_answer(queries.one_file(request.asker, letter_id, file_id))


@router.post(
    "/letters/{letter_id}/files",
    response={201: LetterFileOut, **ERRORS},
    operation_id="attach_letter_file",
    openapi_extra=BODY,
)
def attach(request: Any, letter_id: Id, file_name: FileName) -> HttpResponse:
    """The body is the file: PDF, DOCX, XLSX or a picture. The same content again gives the file that is there."""
    return _taken(request, letter_id, file_name, letter_uploads.attach)


@router.post(
    "/letters/{letter_id}/signed",
    response={201: LetterFileOut, **ERRORS},
    operation_id="add_signed_letter",
    openapi_extra=BODY,
)
def signed(request: Any, letter_id: Id, file_name: FileName) -> HttpResponse:
    """The body is the PDF that came back signed. It is kept whatever is said of its signature; only a good one goes out as the letter."""
    return _taken(request, letter_id, file_name, letter_uploads.signed)


def _taken(request: Any, letter_id: int, file_name: str, take: files.Take) -> HttpResponse:
    row = queries.letter(request.asker, letter_id)
    require(request.asker, "letters.draft", row.office_id)
    upload = spooled(request, letter_uploads.MOST_BYTES)
    with _file_faults():
        file = take(files.SETTINGS, request.asker, letter_id, upload, file_name)
    return HttpResponse(_out(file).model_dump_json(), status=201, content_type="application/json")


@router.delete("/letters/attachments/{attached_id}", response={204: None, **ERRORS}, operation_id="remove_letter_file")
def remove(request: Any, attached_id: Id) -> Any:
    """Take an attachment off a draft."""
    file = one_attached(request.asker, attached_id)
    return written(request, 204, lambda: actions.detach(request.asker, file.letter_id, file.letter.version, file.pk))


@router.get(
    "/letters/{letter_id}/preview", response={200: None, **ERRORS}, operation_id="preview_letter", openapi_extra=_STREAM
)
def preview(request: Any, letter_id: Id, form: Literal["docx", "pdf"] = "docx") -> HttpResponseBase:
    """A draft as it would look, with room for what it does not have yet."""
    with _file_faults():
        return files.preview_answer(request.asker, letter_id, form)


# --------------------------------------------------------------------------------------------- answers by workbook


@router.get(
    "/letters/received/{recipient_id}/workbook", response={200: None, **ERRORS}, operation_id="read_answer_workbook",
    openapi_extra={"responses": {200: {"content": {TYPES["xlsx"]: BINARY}}}},
)  # fmt: skip
def workbook(request: Any, recipient_id: Id) -> HttpResponseBase:
    """The workbook of one recipient, to be filled in."""
    return books.workbook_answer(request.asker, queries.recipient(request.asker, recipient_id))


@router.post(
    "/letters/received/{recipient_id}/workbook/check", response={200: WorkbookOut, **ERRORS}, operation_id="check_answer_workbook",
    openapi_extra=BODY,
)  # fmt: skip
def check(request: Any, recipient_id: Id, file_name: FileName) -> WorkbookOut:
    """The body is the workbook, filled in. Nothing is written."""
    row = queries.recipient(request.asker, recipient_id)
    plan, _sha256 = _plan(request, row, file_name)
    return _plan_out(plan, 0)


@router.post(
    "/letters/received/{recipient_id}/workbook", response={200: WorkbookOut, **ERRORS}, operation_id="send_answer_workbook",
    openapi_extra=BODY,
)  # fmt: skip
def send(
    request: Any, recipient_id: Id, file_name: FileName, came_by: CameBy = "", told_by: ToldBy = ""
) -> WorkbookOut:
    """What the workbook holds is answered, all of it or, when a cell is wrong, nothing; the same workbook again changes nothing."""
    row = queries.recipient(request.asker, recipient_id)
    plan, sha256 = _plan(request, row, file_name)
    if plan.faults or not plan.ready:
        return _plan_out(plan, 0)
    done = answer_import.apply(request.asker, plan, key=sha256, came_by=came_by, told_by=told_by)
    return _plan_out(plan, len(done.made))


@router.get(
    "/letters/received/{recipient_id}/reply", response={200: None, **ERRORS}, operation_id="read_letter_reply",
    openapi_extra={"responses": {200: {"content": {TYPES["docx"]: BINARY}}}},
)  # fmt: skip
def reply(request: Any, recipient_id: Id) -> HttpResponseBase:
    """What a recipient answered as a letter for its own number and signature."""
    return books.reply_answer(request.asker, queries.recipient(request.asker, recipient_id))


def _plan(request: Any, row: Recipient, file_name: str) -> tuple[Plan, str]:
    books.require_own(request.asker, row)
    taken = spooled(request, books.MOST_BYTES)
    try:
        with _file_faults():
            return books.plan_of(request.asker, row, taken, file_name), taken.sha256
    finally:
        spool.drop(books.SETTINGS, taken)


def _plan_out(plan: Plan, n_sent: int) -> WorkbookOut:
    return WorkbookOut(
        n_sent=n_sent, n_same=plan.n_same, n_blank=plan.n_blank, who=plan.who,
        ready=[WorkbookAnswerOut(task_id=one.given.task_id, result=one.given.result) for one in plan.ready],
        faults=[
            CellFaultOut(
                cell=one.cell, clause=one.clause, question=gettext(one.question) if one.question else "", value=one.value,
                message=capital(tell_fault(one.fault)),
            )
            for one in plan.faults
        ],
    )  # fmt: skip


@contextmanager
def _file_faults() -> Iterator[None]:
    """A file that is not taken is a value that cannot stand."""
    try:
        yield
    except InputError as error:
        raise InvalidValues([Fault("body", error.message, error.params)]) from error
