"""Evidence, workbooks of reports and the cleanup report over the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext
from ninja import Query, Router, Schema

from vonggac.desk.work import actions, queries
from vonggac.desk.work.actions.evidence import require_room
from vonggac.desk.work.models import Evidence
from vonggac.errors import N_, Fault, InputError, InvalidValues, NotAllowed
from vonggac.jobs import evidence_store, report_import, spool
from vonggac.jobs.cleanup_report import Asked
from vonggac.jobs.report_import import Plan
from vonggac.web.api.core import ERRORS, Id, Moment, OptionalId, Strict, written
from vonggac.web.api.uploads import BINARY, BODY, spooled
from vonggac.web.organisations.imports.downloads import TYPES
from vonggac.web.work import cleanup_views, evidence_views, report_views
from vonggac.web.work.views.bulk import told_fault

router = Router(tags=["work"])
FileName = Annotated[
    str, Query(min_length=1, max_length=200, description="As it is to be shown; what it is, its bytes tell")
]
CameBy = Annotated[Literal["", "phone", "letter", "mail"], Query("", description="How a unit told it to the centre")]
ToldBy = Annotated[str, Query("", max_length=120, description="Who of the unit told it")]


class EvidenceOut(Schema):
    """A file. ``kind``: as its bytes tell; ``answer_id`` null: not part of a report yet."""

    id: int
    task_id: int
    answer_id: int | None
    name: str
    kind: str
    size: int
    sha256: str
    at: Moment
    by_name: str


class EvidenceList(Schema):
    """The files of a Task, in the order in which they came; there are never many."""

    items: list[EvidenceOut]


class ReportFaultOut(Schema):
    """What is wrong in a cell; ``column`` empty: the row as a whole."""

    sheet: str
    row: int
    column: str
    value: str
    message: str


class ReadyOut(Schema):
    """A row that can stand."""

    sheet: str
    row: int
    task_id: int
    result: str


class PlanOut(Schema):
    """What a workbook would do, or did: ``n_sent``. ``n_same``: the last report already; ``n_blank``: without a result."""

    n_sent: int
    n_same: int
    n_blank: int
    ready: list[ReadyOut]
    faults: list[ReportFaultOut]


class CleanupIn(Strict):
    """What a cleanup report is to be of."""

    form: Literal["xlsx", "docx"] = "xlsx"
    batch_id: Id | None = None
    organisation_id: Id | None = None
    since: Moment | None = None
    until: Moment | None = None


def _out(row: Evidence) -> EvidenceOut:
    return EvidenceOut.model_validate(row, from_attributes=True)


@router.get("/work/tasks/{task_id}/evidence", response={200: EvidenceList, **ERRORS}, operation_id="list_evidence")
def evidence(request: Any, task_id: Id) -> Any:
    """The files of a Task."""
    return {"items": [_out(one) for one in queries.evidence_of(queries.task(request.asker, task_id))]}


@router.post(
    "/work/tasks/{task_id}/evidence", response={201: EvidenceOut, **ERRORS}, operation_id="add_evidence", summary="Add a file",
    openapi_extra=BODY,
)  # fmt: skip
def add(request: Any, task_id: Id, file_name: FileName) -> Any:
    """The body is the file. The same content again gives the file that is there."""
    require_room(request.asker, task_id, 0)
    taken = spooled(request, evidence_store.UPLOAD_LIMIT)
    with _file_faults():
        row = evidence_store.take(report_views.SETTINGS, request.asker, task_id, taken, file_name)
    return HttpResponse(_out(row).model_dump_json(), status=201, content_type="application/json")


@router.get(
    "/work/evidence/{evidence_id}/file", response={200: None, **ERRORS}, operation_id="read_evidence_file", summary="The file itself",
    openapi_extra={"responses": {200: {"content": {"application/octet-stream": BINARY}}}},
)  # fmt: skip
def file(request: Any, evidence_id: Id) -> Any:
    """Its bytes as they came. They are somebody's: never run or show them as they are."""
    return evidence_views.file_answer(queries.one_evidence(request.asker, evidence_id))


@router.delete("/work/evidence/{evidence_id}", response={204: None, **ERRORS}, operation_id="remove_evidence")
def remove(request: Any, evidence_id: Id) -> Any:
    """Take a file away while no answer rests on it."""
    return written(request, 204, lambda: actions.remove_evidence(request.asker, evidence_id))


@router.get(
    "/work/reports/workbook", response={200: None, **ERRORS}, operation_id="read_report_workbook", summary="The workbook to fill in",
    openapi_extra={"responses": {200: {"content": {TYPES["xlsx"]: BINARY}}}},
)  # fmt: skip
def workbook(request: Any, organisation_id: OptionalId = None) -> Any:
    """The open Tasks for which the asker answers, one row each; those of one organisation when it is named."""
    _require_answering(request)
    return report_views.workbook_answer(request.asker, organisation_id)


@router.post(
    "/work/reports/check", response={200: PlanOut, **ERRORS}, operation_id="check_report_workbook", summary="Check a workbook",
    openapi_extra=BODY,
)  # fmt: skip
def check(request: Any, file_name: FileName, came_by: CameBy = "", told_by: ToldBy = "") -> Any:
    """The body is the workbook, filled in. Nothing is written."""
    data = _whole(request)
    teller = report_views.teller_of(request.asker, came_by, told_by)
    with _file_faults():
        return _plan_out(report_import.check(teller, data, file_name), 0)


@router.post(
    "/work/reports", response={200: PlanOut, **ERRORS}, operation_id="send_report_workbook", summary="Send the reports of a workbook",
    openapi_extra=BODY,
)  # fmt: skip
def send(
    request: Any, file_name: FileName, came_by: CameBy = "", told_by: ToldBy = "", or_none: bool = False
) -> Any:  # fmt: skip
    """The rows that can stand are reported, the same workbook again changes nothing; ``or_none``: nothing when any row has a fault."""
    data = _whole(request)
    teller = report_views.teller_of(request.asker, came_by, told_by)
    with _file_faults():
        plan, outcome = report_import.apply(teller, data, file_name, or_none=or_none)
    return _plan_out(plan, outcome.n)


@contextmanager
def _file_faults() -> Iterator[None]:
    """A file that is not taken is a value that cannot stand."""
    try:
        yield
    except InputError as error:
        raise InvalidValues([Fault("body", error.message, error.params)]) from error


def _require_answering(request: Any) -> None:
    if not request.asker.may("work.answer"):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission="work.answer")


def _whole(request: Any) -> bytes:
    _require_answering(request)
    taken = spooled(request, report_views.MOST_BYTES)
    try:
        return spool.read(report_views.SETTINGS, taken.name, taken.sha256)
    finally:
        spool.drop(report_views.SETTINGS, taken)


def _plan_out(plan: Plan, n_sent: int) -> PlanOut:
    return PlanOut(
        n_sent=n_sent, n_same=plan.n_same, n_blank=plan.n_blank,
        ready=[ReadyOut(sheet=one.sheet, row=one.row, task_id=one.task.pk, result=one.report.result) for one in plan.ready],
        faults=[
            ReportFaultOut(
                sheet=one.sheet, row=one.row, column=gettext(one.column) if one.column else "", value=one.value,
                message=told_fault(InvalidValues([one.fault])),
            )
            for one in plan.faults
        ],
    )  # fmt: skip


@router.get(
    "/work/cleanup", response={200: None, **ERRORS}, operation_id="export_cleanup_report", summary="The cleanup report",
    openapi_extra={"responses": {200: {"content": {TYPES["xlsx"]: BINARY, TYPES["docx"]: BINARY}}}},
)  # fmt: skip
def cleanup(request: Any, asked: Query[CleanupIn]) -> Any:
    """Every listed address with what became of it: of one list (``batch_id``) or period, of one organisation with all below."""
    values = asked.model_dump(exclude={"form"})
    return cleanup_views.file_answer(request.asker, Asked(**values), asked.form)
