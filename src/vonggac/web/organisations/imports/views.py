"""The wizard: choose a file, look at what was found, apply it; and the directory to take along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from vonggac.config import Settings
from vonggac.desk.organisations.models.imports import STATES, Import, ImportFault, ImportLine
from vonggac.desk.organisations.staging import life, queries
from vonggac.desk.organisations.staging.fillings import filling
from vonggac.desk.organisations.staging.kinds import KINDS, choice_titles
from vonggac.errors import Fault
from vonggac.jobs import directory_export, directory_import, spool
from vonggac.web.organisations.imports.downloads import directory, download, language
from vonggac.web.organisations.imports.uploads import spooling
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of
from vonggac.web.shell.words import tell, tell_fault

SETTINGS: Settings = django_settings.VONGGAC
TONES = {
    "reading": "info",
    "checked": "medium",
    "applying": "info",
    "applied": "ok",
    "refused": "high",
    "abandoned": "muted",
}


def _limit_mb() -> int:
    return spool.UPLOAD_LIMIT >> 20


@spooling("directory.import", SETTINGS, spool.UPLOAD_LIMIT)
@page("directory.import", "POST")
def upload(request: Any) -> HttpResponseBase:
    """Choose a file; below stands what became of earlier ones."""
    status, error = 200, ""
    if request.method == "POST":
        error, row = _receive(request)
        if row is not None:
            return redirect("directory-import-one", row.pk)
        status = 413 if isinstance(request.upload.error, spool.TooLarge) else 422
    context = {
        "error": error,
        "limit_mb": _limit_mb(),
        "page": page_of(queries.imports(request.asker), request, size=20),
        "states": {name: (gettext(title), TONES[name]) for name, title in STATES.items()},
        "kinds": [kind.titles[language()] for kind in KINDS.values()],
        "may_export": request.asker.may("directory.export"),
    }
    return render(request, "organisations/imports/upload.html", context, status=status)


def _receive(request: Any) -> tuple[str, Import | None]:
    """Take the uploaded file in and check it at once when it is small; else what to tell."""
    handler = request.upload
    if handler.error is None:
        _fields = request.POST  # reading the form lets the handler take the file
    spooled = handler.take()
    if handler.error is not None:
        return tell(handler.error), None
    if spooled is None:
        return gettext("Choose a file first; an empty one holds nothing to import."), None
    try:
        row = directory_import.receive(SETTINGS, request.asker, spooled, handler.file_name or "")
        directory_import.advance(SETTINGS, request.asker, row, only_small=True)
    except spool.DiskFull as error:
        return tell(error), None
    return "", row


@page("directory.import")
def one(request: Request, import_id: int) -> HttpResponse:
    """One import, at whichever step it is."""
    row = queries.one(request.asker, import_id)
    kind, op = request.GET.get("kind", ""), request.GET.get("op", "")
    lines = queries.lines(
        request.asker, row.pk, kind=kind if kind in KINDS else "", is_new={"new": True, "changed": False}.get(op)
    )
    title, tone = gettext(STATES[row.state]), TONES[row.state]
    context: dict[str, Any] = {
        "row": row,
        "state": title,
        "tone": tone,
        "steps": _steps(row),
        "message": tell_fault(Fault("", row.message, filling(row.params))) if row.message else "",
        "is_waiting": row.state in ("reading", "applying"),
        "is_mine": row.user_id == request.asker.user_id,
        "counts": list(_counts(row)),
        "limit_mb": _limit_mb(),
    }
    if row.state == "checked" and row.n_faults:
        context["page"] = page_of(queries.faults(request.asker, row.pk, warnings=False), request, total=row.n_faults)
        context["faults"] = [_told(fault) for fault in context["page"].rows]
    elif row.n_lines:
        context["page"] = page_of(lines, request)
        context["lines"] = [_shown(line) for line in context["page"].rows]
        context["chips"] = list(_chips(row, kind, op))
    warnings = list(queries.faults(request.asker, row.pk, warnings=True)[:101])
    context |= {"warnings": [_told(one) for one in warnings[:100]], "has_more_warnings": len(warnings) > 100}
    return render(request, "organisations/imports/one.html", context)


def _steps(row: Import) -> list[tuple[str, str]]:
    """Title and state (done, here, empty) of each step."""
    at = {"reading": 1, "refused": 1, "checked": 2, "abandoned": 2, "applying": 3, "applied": 4}[row.state]
    at = 1 if row.state == "checked" and row.n_faults else at
    titles = (gettext("Choose a file"), gettext("Check"), gettext("Look at the changes"), gettext("Apply"))
    return [(title, "done" if number < at else "here" if number == at else "") for number, title in enumerate(titles)]


def _counts(row: Import) -> Iterator[dict[str, Any]]:
    for kind in KINDS.values():
        numbers = row.counts.get(kind.name)
        if numbers:
            yield {"title": kind.titles[language()], **numbers}


def _chips(row: Import, kind: str, op: str) -> Iterator[tuple[str, str, int, bool]]:
    """Title, query, number and whether it is chosen, of each way to look at a part of the lines."""
    yield gettext("All"), "?", row.n_lines, not kind and not op
    for key, title in (("new", gettext("New")), ("changed", gettext("Changed"))):
        n = sum(numbers["created" if key == "new" else "changed"] for numbers in row.counts.values())
        if n:
            yield title, f"?op={key}", n, op == key and not kind
    for one_kind in KINDS.values():
        numbers = row.counts.get(one_kind.name, {})
        n = numbers.get("created", 0) + numbers.get("changed", 0)
        if n:
            yield one_kind.titles[language()], f"?kind={one_kind.name}", n, kind == one_kind.name


def _told(fault: ImportFault) -> dict[str, Any]:
    return {"fault": fault, "text": tell_fault(Fault(fault.column, fault.message, filling(fault.params)))}


def _shown(line: ImportLine) -> dict[str, Any]:
    """A line with the titles of its fields and its values in the reader's words."""
    kind = KINDS[line.kind]
    changes = []
    for name, column in kind.columns.items():
        if name in line.changes:
            before, after = (_word(column, value) for value in line.changes[name])
            changes.append((column.titles[language()], before, after))
    return {"line": line, "kind": kind.titles[language()], "changes": changes}


def _word(column: Any, value: Any) -> str:
    if column.kind == "flag":
        return gettext("yes") if value else gettext("no")
    if column.choices:
        return choice_titles(column.choices, language()).get(value, str(value))
    return "" if value is None else str(value)


@page("directory.import", "POST")
def apply(request: Request, import_id: int) -> HttpResponseBase:
    """Make the changes."""
    return _act(request, import_id, life.start_applying)


@page("directory.import", "POST")
def check_again(request: Request, import_id: int) -> HttpResponseBase:
    """Check the same file against the directory as it is now."""
    return _act(request, import_id, life.check_again)


@page("directory.import", "POST")
def abandon(request: Request, import_id: int) -> HttpResponseBase:
    """Drop it."""
    if request.method == "POST":
        queries.one(request.asker, import_id)
        life.abandon(request.asker, import_id)
        messages.success(request, gettext("The import was dropped; the directory is as it was."))
        return redirect("directory-import")
    return redirect("directory-import-one", import_id)


def _act(request: Request, import_id: int, action: Callable[[Any, int], None]) -> HttpResponseBase:
    row = queries.one(request.asker, import_id)
    if request.method == "POST":
        action(request.asker, row.pk)
        row.refresh_from_db()
        directory_import.advance(SETTINGS, request.asker, row, only_small=True)
    return redirect("directory-import-one", row.pk)


@page("directory.import")
def faults(request: Request, import_id: int) -> HttpResponseBase:
    """All faults of a file as a workbook."""
    row = queries.one(request.asker, import_id)
    rows = queries.faults(request.asker, row.pk)
    name = f"vonggac-import-{row.pk}-faults.xlsx"
    return download(name, "xlsx", lambda file: directory_export.write_faults(rows.iterator(2000), file, gettext))


@page("directory.import")
def template(_request: Request) -> HttpResponseBase:
    """The workbook to fill in."""
    spoken = language()
    return download(f"vonggac-directory-{spoken}.xlsx", "xlsx", lambda file: directory_export.template(file, spoken))


@page("directory.export")
def export(request: Request) -> HttpResponseBase:
    """All that the asker may take along, as XLSX or as a zip archive of CSVs."""
    return directory(request.asker, "csv" if request.GET.get("form") == "csv" else "xlsx")
