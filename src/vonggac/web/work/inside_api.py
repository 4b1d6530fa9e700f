"""Who it was inside, over the API: questions to telcos, their answers passed on, logs looked through."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Router, Schema
from pydantic import Field

from vonggac.desk.scope.rule import require
from vonggac.desk.work import actions, queries
from vonggac.desk.work.actions import Question
from vonggac.desk.work.models import HostSearch
from vonggac.errors import Fault
from vonggac.jobs import find_hosts
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, Strict, page_of, written
from vonggac.web.api.uploads import BODY, spooled
from vonggac.web.shell.words import tell_fault
from vonggac.web.work import shapes
from vonggac.web.work.api import out as task_out
from vonggac.web.work.inside_views import SETTINGS
from vonggac.web.work.proof_api import FileName

router = Router(tags=["work"])


class AskIn(Strict):
    """Who held ``address`` and ``port`` at ``at``? ``organisation_id`` null: the telco in whose network it lay is asked."""

    address: Annotated[str, Field(min_length=2, max_length=64)]
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    at: Moment
    organisation_id: Id | None = None


class PassedOut(Schema):
    """What became of an answer; ``task_id``: of the Task that it reached, null where there is none."""

    way: Literal["told", "handed", "opened", "named", "unknown"]
    task_id: int | None


class HostOut(Schema):
    """A host inside. ``by``: nat_port (held address and port), contact (talked to the destination), nat_address (one of many)."""

    host: str
    by: str
    n: int
    first: Moment | None
    last: Moment | None
    destination: str


class SearchOut(Schema):
    """A log that was looked through. ``state``: waiting, done or refused; ``n_found`` hosts, each perhaps found in several ways."""

    id: int
    task_id: int
    state: str
    file_name: str
    size: int
    sha256: str
    created_at: Moment
    done_at: Moment | None
    n_events: int
    n_found: int
    hosts: list[HostOut]
    faults: list[str]


class Searches(Schema):
    """A page of logs."""

    items: list[SearchOut]
    next: str | None


def _out(row: HostSearch) -> SearchOut:
    hosts = [HostOut(**{**host, "first": host["first"] or None, "last": host["last"] or None}) for host in row.found]
    faults = [tell_fault(Fault(name, text, params)) for name, text, params in row.faults]
    names = SearchOut.model_fields.keys() - {"hosts", "faults"}
    return SearchOut(hosts=hosts, faults=faults, **{name: getattr(row, name) for name in names})


@router.post(
    "/work/tasks/{task_id}/ask-holder", response={201: shapes.TaskOut, **ERRORS}, operation_id="ask_holder",
    summary="Ask who held an address",
)  # fmt: skip
def ask_holder(request: Any, task_id: Id, body: AskIn) -> Any:
    """The question becomes a Task of whoever is asked, for the Task that has to be cleaned."""

    def write() -> shapes.TaskOut:
        row = queries.task(request.asker, task_id)
        question = Question(body.address, body.port, body.at, body.organisation_id, row.pk, row.priority, row.details)
        return task_out(actions.ask_holder(request.asker, question))

    return written(request, 201, write)


@router.post(
    "/work/tasks/{task_id}/pass-on", response={200: PassedOut, **ERRORS}, operation_id="pass_on_answer",
    summary="Pass an accepted answer on",
)  # fmt: skip
def pass_on(request: Any, task_id: Id, body: shapes.VersionIn) -> Any:
    """Whoever has to clean is told the inner address and the times, nothing else of the answer."""

    def write() -> PassedOut:
        passed = actions.pass_on(request.asker, task_id, body.version)
        return PassedOut(way=passed.way, task_id=passed.task_id)

    return written(request, 200, write)


@router.get("/work/tasks/{task_id}/hosts", response={200: Searches, **ERRORS}, operation_id="list_host_searches")
def hosts(request: Any, task_id: Id, limit: Limit, after: After) -> Any:
    """Logs that were looked through for a Task, for whoever answers for its organisation."""
    row = queries.task(request.asker, task_id)
    require(request.asker, "work.answer", row.organisation_id)
    return page_of(queries.searches(request.asker, row.pk), limit, after, shape=_out)


@router.post(
    "/work/tasks/{task_id}/hosts", response={201: SearchOut, **ERRORS}, operation_id="drop_log", summary="Look for the host in a log",
    openapi_extra=BODY,
)  # fmt: skip
def drop(request: Any, task_id: Id, file_name: FileName) -> Any:
    """The body is the log, perhaps packed; small ones are read at once. It is deleted as soon as it was looked through."""
    actions.require_log(request.asker, task_id)
    row = find_hosts.receive(SETTINGS, request.asker, task_id, spooled(request, find_hosts.UPLOAD_LIMIT), file_name)
    find_hosts.advance(SETTINGS, request.asker, row, only_small=True)
    row.refresh_from_db()
    return HttpResponse(_out(row).model_dump_json(), status=201, content_type="application/json")
