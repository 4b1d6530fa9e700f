"""Reports on letters over the API: begun, their parts read and written, made anew, their files; what was sent to whom; single days.

A path of words stands before one that takes an id there: the first that fits answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from django.http import HttpResponse, HttpResponseBase
from ninja import Router, Schema
from pydantic import Field

from vonggac.desk.directives.actions import reporting, sending
from vonggac.desk.directives.models import Letter, ReportPart, SentNote
from vonggac.desk.directives.queries import reports as queries
from vonggac.desk.directives.queries.days import day_of
from vonggac.desk.directives.queries.sent import SentLine, sent_log
from vonggac.desk.directives.reports.appendices import tables_of
from vonggac.desk.directives.reports.numbering import numbered
from vonggac.errors import N_, NotThere
from vonggac.web.api.core import ERRORS, Id, Moment, Strict, Version, written
from vonggac.web.letters.files import file_answer

router = Router(tags=["letters"])

FilePart = Literal["draft_docx", "draft_pdf", "appendix"]
How = Literal["post", "messenger", "hand", "fax", "exchange", "mail"]


class ReportPartOut(Schema):
    """A part of a report. ``number``: as it stands in the document; ``made``: as it is made from the table; ``text``: as a person wrote it, null for
    nobody did; ``has_moved``: its figures are others since. An appendix has ``tables`` and no text.
    """

    id: int
    key: str
    number: str
    is_below: bool
    is_left_out: bool
    heading: str
    made: str
    text: str | None
    has_moved: bool
    made_at: Moment
    tables: list[dict[str, Any]]


class ReportOut(Schema):
    """A report with its parts, in order. ``is_behind``: answers came or were judged since they were made."""

    id: int
    about_id: int | None
    state: str
    reference: str
    subject: str
    opening: str
    closing: str
    is_behind: bool
    version: int
    parts: list[ReportPartOut]


class ReportPartIn(Version):
    """A part of one's own; ``after_id``: behind which, else before the appendices."""

    heading: str = Field(min_length=1, max_length=250)
    text: str = Field("", max_length=50_000)
    after_id: int | None = Field(None, ge=1, lt=2**63)


class ReportPartEdit(Version):
    """A change of a part, of what is given alone. ``text`` null: as it is made; ``move``: one place up (-1) or down (1)."""

    heading: str | None = Field(None, min_length=1, max_length=250)
    text: str | None = Field(None, max_length=50_000)
    is_left_out: bool | None = None
    move: Literal[-1, 1] | None = None


class ReportFileOut(Schema):
    """A file of the draft."""

    part: FilePart
    name: str
    size: int
    sha256: str


class ReportFilesOut(Schema):
    """How far the files are. ``state``: none (nobody asked), waiting, making, done or failed; ``done`` of ``of``; ``is_current``: of what it says now."""

    state: Literal["none", "waiting", "making", "done", "failed"]
    done: int
    of: int
    is_current: bool
    message: str
    files: list[ReportFileOut]


class SentMessageOut(Schema):
    """One message; of addresses all but begin and domain is hidden."""

    template: str
    channel: str
    to: str
    state: str
    at: Moment
    ended_at: Moment | None


class SentNoteIn(Strict):
    """A copy that went out beside the portal."""

    how: How
    on: date
    note: str = Field("", max_length=250)


class SentNoteOut(Schema):
    """The same, noted."""

    id: int
    recipient_id: int
    how: str
    on: date
    note: str
    at: Moment
    by: str


class SentLineOut(Schema):
    """A recipient. ``state``: of its messages, the one that asks most for somebody; not_told: none, kept: it is the archive."""

    recipient_id: int
    organisation_id: int | None
    name: str
    role: str
    state: str
    sent_at: Moment | None
    opened_at: Moment | None
    link_used_at: Moment | None
    acknowledged_at: Moment | None
    acknowledged_by: str
    acknowledged_via: str
    messages: list[SentMessageOut]
    notes: list[SentNoteOut]


class SentLogOut(Schema):
    """What was sent to whom."""

    letter_id: int
    reference: str
    sent_at: Moment | None
    lines: list[SentLineOut]


class LetterDayReportOut(Schema):
    """What one recipient reported on the day to one clause; ``result`` empty: nothing that counts yet."""

    recipient_id: int
    name: str
    clause: str
    result: str
    n_incidents: int
    what: str
    at: Moment | None
    by: str


class LetterDayOut(Schema):
    """One day of a letter."""

    letter_id: int
    day: date
    days: list[date]
    n_reports: int
    n_given: int
    n_nothing: int
    n_incidents: int
    reports: list[LetterDayReportOut]


def _report(row: Letter) -> ReportOut:
    found = queries.parts(row)
    return ReportOut.model_validate(
        {
            **{name: getattr(row, name) for name in ("state", "reference", "subject", "opening", "closing", "version")},
            "id": row.pk, "about_id": row.about_id, "is_behind": queries.is_behind(row, found),
            "parts": [_part(one.part, one.number, one.is_below) for one in numbered(found)],
        }
    )  # fmt: skip


def _part(part: ReportPart, number: str, is_below: bool) -> Mapping[str, Any]:
    tables = tables_of(part.made)[0] if part.is_appendix and part.made else []
    return {
        **{name: getattr(part, name) for name in ("key", "heading", "text", "is_left_out", "made_at")},
        "id": part.pk, "number": number, "is_below": is_below, "has_moved": queries.has_moved(part),
        "made": "" if part.is_appendix else part.made,
        "tables": [
            {"title": one.title, "columns": [two.title for two in one.columns], "rows": [{"kind": row.kind, "cells": list(row.cells)} for row in one.rows]}
            for one in tables
        ],
    }  # fmt: skip


@router.post("/letters/{letter_id}/report", response={201: ReportOut, **ERRORS}, operation_id="begin_report")
def begin(request: Any, letter_id: Id) -> HttpResponse:
    """The draft of a report on a letter that was sent, made from its table; the one that lies there already if there is one."""
    return written(request, 201, lambda: _report(reporting.begin_report(request.asker, letter_id)))


@router.get("/letters/{report_id}/parts", response={200: ReportOut, **ERRORS}, operation_id="read_report")
def read(request: Any, report_id: Id) -> ReportOut:
    """A report with its parts."""
    return _report(queries.report(request.asker, report_id))


@router.post("/letters/{report_id}/parts", response={201: ReportOut, **ERRORS}, operation_id="add_report_part")
def add(request: Any, report_id: Id, given: ReportPartIn) -> HttpResponse:
    """A part of one's own."""

    def write() -> ReportOut:
        reporting.add_part(
            request.asker, report_id, given.version, heading=given.heading, text=given.text, after_id=given.after_id
        )
        return _report(queries.report(request.asker, report_id))

    return written(request, 201, write)


@router.post("/letters/{report_id}/parts/renew", response={200: ReportOut, **ERRORS}, operation_id="renew_report")
def renew(request: Any, report_id: Id, given: Version) -> HttpResponse:
    """Make the parts anew from the table; what people wrote stays."""

    def write() -> ReportOut:
        return _report(reporting.regenerate(request.asker, report_id, given.version))

    return written(request, 200, write)


@router.post(
    "/letters/{report_id}/parts/files", response={202: ReportFilesOut, **ERRORS}, operation_id="make_report_files"
)
def make(request: Any, report_id: Id) -> HttpResponse:
    """Ask for the files of the draft; they are made in the background."""

    def write() -> ReportFilesOut:
        reporting.ask_files(request.asker, report_id)
        return _files(queries.report(request.asker, report_id))

    return written(request, 202, write)


@router.get(
    "/letters/{report_id}/parts/files", response={200: ReportFilesOut, **ERRORS}, operation_id="list_report_files"
)
def files(request: Any, report_id: Id) -> ReportFilesOut:
    """How far the files of the draft are, and those that are there."""
    return _files(queries.report(request.asker, report_id))


def _files(row: Letter) -> ReportFilesOut:
    made, found = queries.making(row), queries.files(row)
    return ReportFilesOut.model_validate(
        {
            "state": "none" if made is None else made.state,
            "done": 0 if made is None else made.done,
            "of": len(queries.STEPS),
            "is_current": made is not None and made.state == "done" and made.basis == queries.basis_of(row),
            "message": "" if made is None else str(made.fault.get("message", "")),
            "files": [
                {"part": part, "name": one.name, "size": one.size, "sha256": one.sha256} for part, one in found.items()
            ],
        }
    )


@router.get("/letters/{report_id}/parts/files/{part}", response=ERRORS, operation_id="read_report_file")
def one_file(request: Any, report_id: Id, part: FilePart) -> HttpResponseBase:
    """A file of the draft."""
    found = queries.files(queries.report(request.asker, report_id)).get(part)
    if found is None:
        raise NotThere(N_("there is no such file here"))
    return file_answer(found)


@router.put(
    "/letters/{report_id}/parts/{part_id}", response={200: ReportOut, **ERRORS}, operation_id="change_report_part"
)
def change(request: Any, report_id: Id, part_id: Id, given: ReportPartEdit) -> HttpResponse:
    """Write a part, leave it out, move it; a part of one's own that is left out is gone."""

    def write() -> ReportOut:
        row = queries.report(request.asker, report_id)
        part = next((one for one in queries.parts(row) if one.pk == part_id), None)
        if part is None:
            raise NotThere(N_("there is no such part in this report"))
        version, sent = given.version, given.model_fields_set
        if given.move is not None:
            version = reporting.move_part(request.asker, report_id, version, part_id, by=given.move).version
        if {"heading", "text"} & sent:
            text = given.text if "text" in sent else part.text
            heading = given.heading or part.heading
            version = reporting.edit_part(
                request.asker, report_id, version, part_id, heading=heading, text=text
            ).version
        if given.is_left_out is not None:
            reporting.leave_out(request.asker, report_id, version, part_id, is_left_out=given.is_left_out)
        return _report(queries.report(request.asker, report_id))

    return written(request, 200, write)


@router.get("/letters/{letter_id}/sent", response={200: SentLogOut, **ERRORS}, operation_id="letter_sent_log")
def sent(request: Any, letter_id: Id) -> Mapping[str, Any]:
    """What was sent to whom, for who sees the letter's office."""
    row, lines = sent_log(request.asker, letter_id)
    return {
        "letter_id": row.pk,
        "reference": row.reference,
        "sent_at": row.sent_at,
        "lines": [_sent(one) for one in lines],
    }


def _sent(line: SentLine) -> Mapping[str, Any]:
    one = line.recipient
    return {
        "recipient_id": one.pk, "organisation_id": one.organisation_id, "name": one.name, "role": one.role, "state": line.state,
        "sent_at": one.sent_at, "opened_at": one.opened_at, "link_used_at": line.used_at, "acknowledged_at": one.acknowledged_at,
        "acknowledged_by": one.acknowledged_by_name, "acknowledged_via": one.acknowledged_via,
        "messages": [
            {name: getattr(two, name) for name in ("template", "channel", "to", "state", "at", "ended_at")} for two in line.messages
        ],
        "notes": [_note(two).model_dump() for two in line.notes],
    }  # fmt: skip


def _note(one: SentNote) -> SentNoteOut:
    return SentNoteOut(
        id=one.pk, recipient_id=one.recipient_id, how=one.how, on=one.on, note=one.note, at=one.at, by=one.by_name
    )


@router.post(
    "/letters/sent/{recipient_id}/notes", response={201: SentNoteOut, **ERRORS}, operation_id="note_letter_sent"
)
def note(request: Any, recipient_id: Id, given: SentNoteIn) -> HttpResponse:
    """Note a copy that went to a recipient beside the portal."""
    return written(
        request, 201,
        lambda: _note(sending.note_sent(request.asker, recipient_id, how=given.how, on=given.on, note=given.note)),
    )  # fmt: skip


@router.get("/letters/{letter_id}/days/{day}", response={200: LetterDayOut, **ERRORS}, operation_id="letter_day")
def one_day(request: Any, letter_id: Id, day: date) -> Mapping[str, Any]:
    """One day of a letter that asks for a report on each."""
    found = day_of(request.asker, letter_id, day)
    return {
        "letter_id": found.letter.pk, "day": found.day, "days": list(found.days), "n_reports": len(found.reports),
        "n_given": len(found.given), "n_nothing": found.n_nothing, "n_incidents": found.n_incidents,
        "reports": [one._asdict() for one in found.reports],
    }  # fmt: skip
