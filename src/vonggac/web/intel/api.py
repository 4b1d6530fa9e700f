"""Lists over the API: files in, what they would mean, decided, published, compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from vonggac.desk.intel import actions, queries
from vonggac.desk.intel.models import IndicatorList, ListRow, ListVersion, RowFault
from vonggac.desk.intel.staging.life import IMPORT
from vonggac.desk.organisations.staging.fillings import filling
from vonggac.desk.scope.rule import may_on, require
from vonggac.detectors.indicators.faults import REASONS
from vonggac.errors import Fault
from vonggac.jobs import list_import
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, OptionalId, Strict, Text, Version, page_of, written
from vonggac.web.api.uploads import BODY, SETTINGS, FileName, spooled
from vonggac.web.shell.words import tell_fault

router = Router(tags=["lists"])

Kind = Literal["botnet", "hostile", "phishing", "other"]
Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
Status = Literal["new", "still", "back"]
Attribution = Literal["owner", "nobody", "contested", "none"]
Decision = Literal["wait", "act", "ignore"]
Confidence = Annotated[int, Field(ge=0, le=100)]
Letter = Annotated[str, Query("", max_length=120, description="Number of the letter that it came with")]


class ListIn(Strict):
    """A list that comes again and again. ``cadence_days``: how often, 0 when there is need; ``expires_days``: how long it holds."""

    code: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=250)
    kind: Kind = "botnet"
    issuer: str = Field("", max_length=250)
    tlp: Tlp = "amber"
    confidence: Confidence = 70
    cadence_days: int = Field(30, ge=0, le=3650)
    expires_days: int = Field(90, ge=1, le=3650)
    note: str = Field("", max_length=4000)


class ListEdit(Version):
    """A change: ``version`` is the one that was read; only the fields that are given change."""

    code: str | None = Field(None, min_length=1, max_length=40)
    name: str | None = Field(None, min_length=1, max_length=250)
    kind: Kind | None = None
    issuer: str | None = Field(None, max_length=250)
    tlp: Tlp | None = None
    confidence: Confidence | None = None
    cadence_days: int | None = Field(None, ge=0, le=3650)
    expires_days: int | None = Field(None, ge=1, le=3650)
    note: str | None = Field(None, max_length=4000)


class ListOut(Schema):
    """A list."""

    id: int
    code: str
    name: str
    kind: Kind
    issuer: str
    tlp: Tlp
    confidence: int
    cadence_days: int
    expires_days: int
    note: str
    version: int


class Lists(Schema):
    """A page of lists."""

    items: list[ListOut]
    next: str | None


class ColumnOut(Schema):
    """A column of the file. ``role``: what it was read as, empty for nothing; ``number`` counts from 1."""

    sheet: str
    number: int
    header: str
    role: str
    samples: list[str]


class VersionOut(Schema):
    """A file of a list. ``n``: its number once it is published, 0 before. ``counts`` and ``columns`` are empty for who sees a part only.

    ``state``: reading, checked, applying, published, refused or abandoned. ``is_repeated``: the file was there already.
    """

    id: int
    list_id: int
    n: int
    previous_id: int | None
    state: str
    letter: str
    letter_on: date | None
    as_of: Moment | None
    tlp: Tlp
    confidence: int
    expires_at: Moment | None
    file_name: str
    size: int
    sha256: str
    created_at: Moment
    checked_at: Moment | None
    published_at: Moment | None
    batch_id: int | None
    n_staged: int
    is_rechecked: bool
    is_repeated: bool
    counts: dict[str, int]
    columns: list[ColumnOut]
    mapping: dict[str, str]
    message: str
    version: int


class Versions(Schema):
    """A page of versions, in the order in which they came."""

    items: list[VersionOut]
    next: str | None


class RowOut(Schema):
    """A row. ``status``: new, still there or back beside the version before; ``task_id``: of its work, where there is some to see."""

    id: int
    sheet: str
    number: int
    kind: str
    role: str
    value: str
    malware: str
    family: str
    first_seen: Moment | None
    last_seen: Moment | None
    port: int | None
    destination: str
    destination_port: int | None
    told_organisation: str
    note: str
    organisation_id: int | None
    attribution: str
    status: str
    priority: int
    warnings: str
    decision: str
    decision_reason: str
    key: str
    task_id: int | None
    task_state: str | None


class Rows(Schema):
    """A page of rows, in the order of the file."""

    items: list[RowOut]
    next: str | None


class ListFaultOut(Schema):
    """What could not be read; ``is_kept``: the row was, without that cell."""

    sheet: str
    number: int
    reason: str
    message: str
    text: str
    is_kept: bool


class ListFaults(Schema):
    """A page of faults."""

    items: list[ListFaultOut]
    next: str | None


class PreviewLineOut(Schema):
    """How the rows of one organisation divide."""

    organisation_id: int
    n_new: int
    n_still: int
    n_back: int
    n_gone: int


class DifferenceOut(Schema):
    """How a version differs from the one before. All but ``organisations`` is 0 for who sees a part only."""

    organisations: list[PreviewLineOut]
    n_rows: int
    n_faults: int
    n_new: int
    n_still: int
    n_back: int
    n_gone: int
    n_waiting: int
    n_nobody: int
    n_contested: int
    n_none: int


class CellOut(Schema):
    """An organisation in a version: rows, and the Tasks that the version opened or reopened."""

    organisation_id: int
    version_id: int
    n_rows: int
    n_gone: int
    n_tasks: int
    n_acknowledged: int
    n_open: int
    n_accepted: int
    n_late: int


class MatrixOut(Schema):
    """Organisations by versions, the oldest first."""

    versions: list[int]
    organisations: list[int]
    cells: list[CellOut]


class MappingIn(Version):
    """Header (or number of the column from 1) to role; none: as the program finds it."""

    mapping: dict[str, str] = Field(max_length=512)


class DetailsIn(Version):
    """What it came with; only the fields that are given change."""

    letter: str | None = Field(None, max_length=120)
    letter_on: date | None = None
    as_of: Moment | None = None
    tlp: Tlp | None = None
    confidence: Confidence | None = None
    expires_at: Moment | None = None


class DecisionsIn(Strict):
    """What becomes of rows on a warninglist."""

    row_ids: list[Id] = Field(min_length=1, max_length=500)
    decision: Literal["act", "ignore"]
    reason: str = Field(min_length=1, max_length=250)


class Reason(Version):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class AskedOut(Schema):
    """How many questions went out; ``n_unknown``: rows whose telco is not known."""

    n: int
    n_unknown: int


def list_out(row: IndicatorList) -> ListOut:
    """A list as it looks outside."""
    return ListOut.model_validate(row, from_attributes=True)


def _version_out(asker: Any) -> Callable[[ListVersion], VersionOut]:
    sees_all = may_on(asker, queries.VIEW, None)

    def out(row: ListVersion) -> VersionOut:
        others = ("list_id", "counts", "columns", "mapping", "message")
        values = {name: getattr(row, name) for name in VersionOut.model_fields if name not in others}
        message = tell_fault(Fault("", row.message, filling(row.params))) if row.message else ""
        seen = {"counts": row.counts, "columns": row.columns, "mapping": row.mapping} if sees_all else {}
        return VersionOut(**values, list_id=row.indicator_list_id, message=message,
                          **{"counts": {}, "columns": [], "mapping": {}, **seen})  # fmt: skip

    return out


def _one(request: Any, version_id: int) -> VersionOut:
    return _version_out(request.asker)(queries.list_version(request.asker, version_id))


# --------------------------------------------------------------------------------------------------------------- lists


@router.get("/lists", response={200: Lists, **ERRORS}, operation_id="list_lists", summary="List the lists")
def lists(request: Any, limit: Limit, after: After, text: Text) -> Any:
    """Those that the asker sees."""
    return page_of(queries.lists(request.asker, text=text), limit, after, shape=list_out)


@router.post("/lists", response={201: ListOut, **ERRORS}, operation_id="add_list", summary="Add a list")
def add(request: Any, body: ListIn) -> Any:
    """A list that will come again and again."""
    return written(request, 201, lambda: list_out(actions.create_list(request.asker, **body.model_dump())))


@router.get("/lists/{list_id}", response={200: ListOut, **ERRORS}, operation_id="read_list", summary="Read a list")
def read(request: Any, list_id: Id) -> Any:
    """One list."""
    return list_out(queries.indicator_list(request.asker, list_id))


@router.patch(
    "/lists/{list_id}", response={200: ListOut, **ERRORS}, operation_id="change_list", summary="Change a list"
)
def change(request: Any, list_id: Id, body: ListEdit) -> Any:
    """Its kind stays once a version is there."""
    given = {
        name: value
        for name, value in body.model_dump(exclude_unset=True, exclude={"version"}).items()
        if value is not None
    }
    return written(request, 200, lambda: list_out(actions.edit_list(request.asker, list_id, body.version, **given)))


@router.get("/lists/{list_id}/matrix", response={200: MatrixOut, **ERRORS}, operation_id="list_matrix")
def matrix(request: Any, list_id: Id, last: Annotated[int, Query(6, ge=1, le=60)]) -> Any:
    """Organisations by the last published versions: rows, and what became of the work."""
    found = queries.matrix(request.asker, list_id, last)
    cells = [
        CellOut(
            organisation_id=organisation, version_id=version, n_rows=cell.n_rows, n_gone=cell.n_gone, n_tasks=cell.work.total,
            n_acknowledged=cell.work.acknowledged, n_open=cell.work.open, n_accepted=cell.work.accepted, n_late=cell.work.late,
        )
        for (organisation, version), cell in sorted(found.cells.items())
    ]  # fmt: skip
    return MatrixOut(
        versions=[row.pk for row in found.versions], organisations=[row.pk for row in found.organisations], cells=cells
    )


# ------------------------------------------------------------------------------------------------------------ versions


@router.get("/lists/{list_id}/versions", response={200: Versions, **ERRORS}, operation_id="list_versions")
def versions(request: Any, list_id: Id, limit: Limit, after: After) -> Any:
    """All versions that the asker sees."""
    return page_of(queries.versions(request.asker, list_id), limit, after, shape=_version_out(request.asker))


@router.post(
    "/lists/{list_id}/versions", response={201: VersionOut, **ERRORS}, operation_id="upload_list", summary="Take in a file of a list",
    openapi_extra=BODY,
)  # fmt: skip
def upload(
    request: Any,
    list_id: Id,
    file_name: FileName,
    letter: Letter,
    letter_on: date | None = None,
    as_of: Moment | None = None,
) -> Any:
    """The body is the file. It is read, at once when it is small; nobody is told of it before it is confirmed.

    The same file again gives the version that there is.
    """
    queries.indicator_list(request.asker, list_id)
    require(request.asker, IMPORT, None)
    row = list_import.receive(
        SETTINGS, request.asker, list_id, spooled(request), file_name, letter=letter, letter_on=letter_on, as_of=as_of
    )
    list_import.advance(SETTINGS, request.asker, row, only_small=True)
    shown = queries.list_version(request.asker, row.pk)
    shown.is_repeated = row.is_repeated
    body = _version_out(request.asker)(shown).model_dump_json()
    return HttpResponse(body, status=201, content_type="application/json")


@router.get("/lists/versions/{version_id}", response={200: VersionOut, **ERRORS}, operation_id="read_list_version")
def version(request: Any, version_id: Id) -> Any:
    """How far it is."""
    return _one(request, version_id)


@router.get("/lists/versions/{version_id}/rows", response={200: Rows, **ERRORS}, operation_id="list_version_rows")
def rows(  # noqa: PLR0913, PLR0917  # filters, by name in the address
    request: Any,
    version_id: Id,
    limit: Limit,
    after: After,
    text: Text,
    status: Status | None = None,
    organisation_id: OptionalId = None,
    attribution: Attribution | None = None,
    decision: Decision | None = None,
) -> Any:
    """Its rows, of what the asker sees, with their work."""
    found = queries.rows(
        request.asker, version_id, status=status or "", organisation_id=organisation_id, attribution=attribution or "",
        decision=decision or "", text=text,
    )  # fmt: skip
    return _with_tasks(request.asker, page_of(found, limit, after, shape=_as_is))


@router.get("/lists/versions/{version_id}/gone", response={200: Rows, **ERRORS}, operation_id="list_version_gone")
def gone(request: Any, version_id: Id, limit: Limit, after: After) -> Any:
    """Rows of the version before that this one lacks: not seen again, which is not the same as clean."""
    return _with_tasks(request.asker, page_of(queries.gone_rows(request.asker, version_id), limit, after, shape=_as_is))


def _as_is(row: ListRow) -> ListRow:
    return row


def _with_tasks(asker: Any, page: dict[str, Any]) -> dict[str, Any]:
    """A page of rows as it looks outside, the Tasks of all of them asked for at once."""
    tasks = queries.tasks_of(asker, page["items"])
    names = [name for name in RowOut.model_fields if not name.startswith("task_")]
    items = []
    for row in page["items"]:
        task = tasks.get(row.pk)
        values = {name: getattr(row, name) for name in names}
        items.append(RowOut(**values, task_id=task.pk if task else None, task_state=task.state if task else None))
    return {"items": items, "next": page["next"]}


@router.get(
    "/lists/versions/{version_id}/faults", response={200: ListFaults, **ERRORS}, operation_id="list_version_faults"
)
def faults(request: Any, version_id: Id, limit: Limit, after: After) -> Any:
    """What could not be read, for who sees the whole list."""
    return page_of(queries.row_faults(request.asker, version_id), limit, after, shape=_fault_out)


def _fault_out(row: RowFault) -> ListFaultOut:
    message = tell_fault(Fault("", REASONS.get(row.reason, row.reason), {}))
    return ListFaultOut(
        sheet=row.sheet, number=row.number, reason=row.reason, message=message, text=row.text, is_kept=row.is_kept
    )


@router.get(
    "/lists/versions/{version_id}/difference", response={200: DifferenceOut, **ERRORS}, operation_id="list_version_difference"
)  # fmt: skip
def difference(request: Any, version_id: Id) -> Any:
    """By organisation: what is new, still there, back and not seen again."""
    found = queries.preview(request.asker, version_id)
    numbers = {name: getattr(found, name) for name in DifferenceOut.model_fields if name != "organisations"}
    lines = [
        PreviewLineOut(organisation_id=line.organisation.pk, n_new=line.n_new, n_still=line.n_still, n_back=line.n_back, n_gone=line.n_gone)
        for line in found.lines
    ]  # fmt: skip
    return DifferenceOut(organisations=lines, **numbers)


# ------------------------------------------------------------------------------------------------------------- deciding


def _act(request: Any, version_id: int, act: Callable[[], object]) -> Any:
    """Do something with a version, bring it on when that is quickly done, and tell how it is then."""

    def write() -> VersionOut:
        act()
        row = queries.list_version(request.asker, version_id)
        list_import.advance(SETTINGS, request.asker, row, only_small=True)
        return _one(request, version_id)

    return written(request, 200, write)


@router.post(
    "/lists/versions/{version_id}/mapping", response={200: VersionOut, **ERRORS}, operation_id="map_list_version"
)
def mapping(request: Any, version_id: Id, body: MappingIn) -> Any:
    """Say what its columns are: it is read again, and the list remembers it."""
    return _act(request, version_id, lambda: actions.set_mapping(request.asker, version_id, body.version, body.mapping))


@router.patch("/lists/versions/{version_id}", response={200: VersionOut, **ERRORS}, operation_id="change_list_version")
def details(request: Any, version_id: Id, body: DetailsIn) -> Any:
    """Correct what it came with, before it is published."""
    given = body.model_dump(exclude_unset=True, exclude={"version"})
    return _act(request, version_id, lambda: actions.set_details(request.asker, version_id, body.version, **given))


@router.post(
    "/lists/versions/{version_id}/decisions", response={200: VersionOut, **ERRORS}, operation_id="decide_list_rows"
)
def decide(request: Any, version_id: Id, body: DecisionsIn) -> Any:
    """Rows that a warninglist holds: work is made of them, or they are left aside."""
    return _act(
        request,
        version_id,
        lambda: actions.decide_rows(request.asker, version_id, body.row_ids, body.decision, body.reason),
    )


@router.post(
    "/lists/versions/{version_id}/confirm", response={200: VersionOut, **ERRORS}, operation_id="confirm_list_version"
)
def confirm(request: Any, version_id: Id, body: Version) -> Any:
    """Publish it: its rows become work, and each organisation is told once. A large one is published in the background."""
    return _act(request, version_id, lambda: actions.confirm(request.asker, version_id, body.version))


@router.post(
    "/lists/versions/{version_id}/abandon", response={200: VersionOut, **ERRORS}, operation_id="abandon_list_version"
)
def abandon(request: Any, version_id: Id, body: Reason) -> Any:
    """Give it up; nobody was told of it."""
    return _act(request, version_id, lambda: actions.abandon(request.asker, version_id, body.version, body.reason))


@router.post(
    "/lists/versions/{version_id}/attribution", response={200: AskedOut, **ERRORS}, operation_id="ask_holders_of_list"
)
def ask_holders(request: Any, version_id: Id) -> Any:
    """Ask the telcos who held the addresses that lie in nobody's network."""

    def write() -> AskedOut:
        asked = actions.request_attribution(request.asker, version_id)
        return AskedOut(n=asked.n, n_unknown=len(asked.unknown))

    return written(request, 200, write)
