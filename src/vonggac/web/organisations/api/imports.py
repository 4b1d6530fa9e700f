"""Files into the directory and out of it: the same steps as in the portal's wizard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpResponse
from ninja import Router, Schema

from vonggac.desk.organisations.models.imports import Import, ImportFault, ImportLine
from vonggac.desk.organisations.staging import life, queries
from vonggac.desk.organisations.staging.fillings import filling
from vonggac.desk.organisations.staging.known import IMPORT
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, Fault, NotAllowed
from vonggac.jobs import directory_import
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, page_of, written
from vonggac.web.api.uploads import BINARY, BODY, SETTINGS, FileName, spooled
from vonggac.web.organisations.imports import downloads
from vonggac.web.shell.words import tell_fault

router = Router(tags=["imports"])
Kind = Literal["organisations", "people", "contacts", "networks", "systems", "mandates"]


class ImportOut(Schema):
    """A file on its way. ``state``: reading, checked, applying, applied, refused or abandoned; ``counts``: by sheet."""

    id: int
    state: str
    file_name: str
    size: int
    sha256: str
    created_at: Moment
    checked_at: Moment | None
    applied_at: Moment | None
    n_rows: int
    n_faults: int
    n_lines: int
    n_applied: int
    counts: dict[str, dict[str, int]]
    digest: str
    message: str


class Imports(Schema):
    """A page of imports."""

    items: list[ImportOut]
    next: str | None


class RowFaultOut(Schema):
    """What is wrong in a cell or row; ``is_warning``: a caution that hinders nothing. ``row`` 0: the sheet as a whole."""

    is_warning: bool
    sheet: str
    row: int
    column: str
    value: str
    message: str


class RowFaults(Schema):
    """A page of faults, as they were found."""

    items: list[RowFaultOut]
    next: str | None


class LineOut(Schema):
    """An object that is, or was, to be made or changed: ``changes`` is field to what was and what is to be."""

    n: int
    kind: str
    is_new: bool
    sheet: str
    row: int
    label: str
    changes: dict[str, list[Any]]


class Lines(Schema):
    """A page of lines, in the order in which they are applied."""

    items: list[LineOut]
    next: str | None


def out(row: Import) -> ImportOut:
    """An import as it looks outside."""
    values = {name: getattr(row, name) for name in ImportOut.model_fields if name != "message"}
    return ImportOut(**values, message=_told("", row.message, row.params) if row.message else "")


def _told(field: str, message: str, params: dict[str, Any]) -> str:
    return tell_fault(Fault(field, message, filling(params)))


def _fault_out(row: ImportFault) -> RowFaultOut:
    values = {name: getattr(row, name) for name in RowFaultOut.model_fields if name != "message"}
    return RowFaultOut(**values, message=_told(row.column, row.message, row.params))


def _line_out(row: ImportLine) -> LineOut:
    return LineOut.model_validate(row, from_attributes=True)


@router.get("/imports", response={200: Imports, **ERRORS}, operation_id="list_imports", summary="List imports")
def imports(request: Any, limit: Limit, after: After) -> Any:
    """One's own; all of them for who may import everywhere."""
    return page_of(queries.imports(request.asker), limit, after, shape=out)


@router.post(
    "/imports", response={201: ImportOut, **ERRORS}, operation_id="upload_import", summary="Check a file",
    openapi_extra=BODY,
)  # fmt: skip
def upload(request: Any, file_name: FileName) -> Any:
    """The body is the file. It is checked, at once when it is small; nothing of the directory changes."""
    asker: Asker = request.asker
    if not asker.may(IMPORT):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission=IMPORT)
    row = directory_import.receive(SETTINGS, asker, spooled(request), file_name)
    directory_import.advance(SETTINGS, asker, row, only_small=True)
    return HttpResponse(out(queries.one(asker, row.pk)).model_dump_json(), status=201, content_type="application/json")


@router.get("/imports/{record_id}", response={200: ImportOut, **ERRORS}, operation_id="read_import")
def one(request: Any, record_id: Id) -> Any:
    """How far it is."""
    return out(queries.one(request.asker, record_id))


@router.get("/imports/{record_id}/faults", response={200: RowFaults, **ERRORS}, operation_id="list_import_faults")
def faults(request: Any, record_id: Id, limit: Limit, after: After, warnings: bool | None = None) -> Any:
    """Every fault and caution; ``warnings``: those only (true) or none of them (false)."""
    return page_of(queries.faults(request.asker, record_id, warnings=warnings), limit, after, shape=_fault_out)


@router.get("/imports/{record_id}/lines", response={200: Lines, **ERRORS}, operation_id="list_import_lines")
def lines(request: Any, record_id: Id, limit: Limit, after: After, kind: Kind | None = None) -> Any:
    """What it makes and changes."""
    return page_of(queries.lines(request.asker, record_id, kind=kind or ""), limit, after, shape=_line_out)


@router.post("/imports/{record_id}/apply", response={200: ImportOut, **ERRORS}, operation_id="apply_import")
def apply(request: Any, record_id: Id) -> Any:
    """Make the changes; a large file is applied in the background."""
    return _act(request, record_id, life.start_applying)


@router.post("/imports/{record_id}/check", response={200: ImportOut, **ERRORS}, operation_id="check_import_again")
def check(request: Any, record_id: Id) -> Any:
    """Check the same file against the directory as it is now."""
    return _act(request, record_id, life.check_again)


@router.post("/imports/{record_id}/abandon", response={200: ImportOut, **ERRORS}, operation_id="abandon_import")
def abandon(request: Any, record_id: Id) -> Any:
    """Drop it: the directory is as it was."""
    return _act(request, record_id, life.abandon)


def _act(request: Any, record_id: int, action: Callable[[Asker, int], None]) -> Any:
    def write() -> ImportOut:
        row = queries.one(request.asker, record_id)
        action(request.asker, row.pk)
        row.refresh_from_db()
        directory_import.advance(SETTINGS, request.asker, row, only_small=True)
        return out(queries.one(request.asker, record_id))

    return written(request, 200, write)


@router.get(
    "/export", response={200: None, **ERRORS}, operation_id="export_directory", summary="Take the directory along",
    openapi_extra={"responses": {200: {"content": dict.fromkeys((downloads.TYPES["xlsx"], downloads.TYPES["csv"]), BINARY)}}},
)  # fmt: skip
def export(request: Any, form: Literal["xlsx", "csv"] = "xlsx") -> Any:
    """All that the asker may take along, in the shape that an import reads: a workbook, or a zip archive of CSVs."""
    return downloads.directory(request.asker, form)
