"""The cleanup report: what became of every listed address, as a workbook or as the document that a leader signs (Decree 30/2020/ND-CP).

Values come from lists and forms that anybody may have written: no cell can be taken for a formula, no text for a part of a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, BinaryIO, Literal

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Substr
from django.utils import timezone

from vonggac.desk.audit.actions import recording
from vonggac.desk.intel.models import ListRow, OrganisationCount
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import Organisation, SystemAddress
from vonggac.desk.organisations.queries.graph import below
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import visible
from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.desk.work.models import Answer, Batch, Evidence, Tally, Task
from vonggac.desk.work.queries.tasks import published
from vonggac.desk.work.states import RETURNED, STATES, WITHDRAWN
from vonggac.errors import N_, Fault, InvalidValues, NotAllowed, NotThere

Say = Callable[[str], str]
Form = Literal["xlsx", "docx"]
MOST_ROWS: Mapping[str, int] = {"xlsx": 20_000, "docx": 2_000}
"""Rows of one report."""
LIST_VERSION = "intel.listversion"
_CHUNK = 500
_MOMENT = "%d/%m/%Y %H:%M"
NO_ANSWER = N_("No report yet")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be reported: of one list version or order (``batch_id``), or what was opened in a period; of whom (with all below)."""

    batch_id: int | None = None
    organisation_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One address. Times are local texts; a number is None where nobody said it."""

    organisation: str
    system: str
    address: str
    inner_address: str
    host: str
    malware: str
    received: str
    verified: str
    done: str
    result: str
    tool: str
    n_checked: int | None
    n_infected: int | None
    n_cleaned: int | None
    evidence: str
    difficulties: str
    proposals: str
    by: str


@dataclass
class Report:
    """The rows with what stands over them. ``results``: title of a result to how many; ``hosts``: checked, infected, cleaned."""

    asked: Asked
    made_at: datetime
    title: str
    issuer: str
    parent: str
    lines: list[Line]
    results: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)


def batches(asker: Asker) -> QuerySet[Batch]:
    """Versions of lists and orders of which the asker may take a report along, the newest first."""
    seen = visible(Tally.objects.filter(kind=CLEAN_ADDRESS.name), asker, "work.export").values("batch_id")
    counts = visible(OrganisationCount.objects.all(), asker, "work.export").values("version_id")
    # A version on which all stood before opened nothing by itself.
    of_lists = Q(source_type=LIST_VERSION, source_id__in=counts)
    return Batch.objects.filter(Q(pk__in=seen) | of_lists).exclude(published_at=None).order_by("-pk")


def write(asker: Asker, asked: Asked, form: Form, file: BinaryIO, zone: tzinfo, say: Say) -> int:
    """Write the report; gives its rows. An entry of the audit record says who took what along. Raises NotThere, NotAllowed, InvalidValues."""
    from vonggac.jobs import cleanup_files

    report = collect(asker, asked, MOST_ROWS[form], zone, say)
    if form == "xlsx":
        cleanup_files.write_xlsx(report, file, say, zone)
    else:
        cleanup_files.write_docx(report, file, say, zone)
    with recording(asker, "work.export_cleanup", organisation_id=asked.organisation_id) as record:
        record.note(
            form=form, n_rows=len(report.lines), batch_id=asked.batch_id, since=_iso(asked.since), until=_iso(asked.until)
        )  # fmt: skip
    return len(report.lines)


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def collect(asker: Asker, asked: Asked, most: int, zone: tzinfo, say: Say) -> Report:
    """The rows in the order of their organisations."""
    if not asker.may("work.export"):
        raise NotAllowed(N_("you may not do this here: it needs “{permission}”"), permission="work.export")
    check = Check()
    check.moment("since", asked.since)
    check.moment("until", asked.until)
    check.done()
    tasks = _tasks(asker, asked)
    if tasks.count() > most:
        message = N_("more than {most} rows: choose one organisation or a shorter period")
        raise InvalidValues([Fault("organisation", message, {"most": most})])
    issuer = _organisation(asker, asked.organisation_id)
    report = Report(
        asked, timezone.now(), _title(asker, asked, zone, say), issuer.name if issuer else "",
        issuer.parent.name if issuer and issuer.parent else "", [],
    )  # fmt: skip
    report.lines = [line for some in _chunks(tasks) for line in _lines(some, report, zone, say)]
    return report


def _tasks(asker: Asker, asked: Asked) -> QuerySet[Task]:
    rows = visible(published(), asker, "work.export").filter(kind=CLEAN_ADDRESS.name).exclude(state=WITHDRAWN)
    if asked.batch_id is not None:
        batch = _batch(asker, asked.batch_id)
        if batch.source_type == LIST_VERSION:
            # What stood on the list before keeps the Task that an earlier version opened.
            rows = _of_version(rows, batch.source_id)
        else:
            rows = rows.filter(batch_id=batch.pk)
    if asked.organisation_id is not None:
        rows = rows.filter(organisation_id__in=below(asked.organisation_id))
    if asked.since is not None:
        rows = rows.filter(created_at__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(created_at__lt=asked.until)
    return rows.select_related("organisation").order_by("organisation__sort_key", "organisation_id", "pk")


def _of_version(rows: QuerySet[Task], version_id: int) -> QuerySet[Task]:
    """The Tasks of the rows of a version: of a row whose organisation has none, that of whom it was handed to, or who had it before a merger."""
    listed = ListRow.objects.filter(version_id=version_id)
    own = Task.objects.filter(kind=CLEAN_ADDRESS.name, key__in=listed.values("key"))
    without = listed.exclude(Exists(Task.objects.filter(kind=CLEAN_ADDRESS.name, key=OuterRef("key"))))
    entry = Substr("key", StrIndex("key", Value("|")) + 1)  # without the organisation
    # Asked by the value alone (``rows`` are of one kind): SQLite takes any index of kind before the one of values, and reads all Tasks.
    others = Task.objects.filter(value__in=without.values("value")).exclude(value="")
    others = others.annotate(entry=entry).filter(entry__in=without.annotate(entry=entry).values("entry"))
    return rows.filter(Q(pk__in=own.values("pk")) | Q(pk__in=others.values("pk")))


def _batch(asker: Asker, batch_id: int) -> Batch:
    row = batches(asker).filter(pk=batch_id).first()
    if row is None:
        raise NotThere(N_("there is no such list here"))
    return row


def _organisation(asker: Asker, organisation_id: int | None) -> Organisation | None:
    if organisation_id is None:
        return None
    row = (
        visible(Organisation.objects.select_related("parent"), asker, "work.export", through="pk")
        .filter(pk=organisation_id)
        .first()
    )
    if row is None:
        raise NotThere(N_("there is no such organisation here"))
    return row


def _title(asker: Asker, asked: Asked, zone: tzinfo, say: Say) -> str:
    if asked.batch_id is not None:
        return say(N_("Result of removing malware by: {title}")).format(title=_batch(asker, asked.batch_id).title)
    if asked.since is None and asked.until is None:
        return say(N_("Result of removing malware"))
    since = asked.since.astimezone(zone).strftime("%d/%m/%Y") if asked.since else "…"
    until = (asked.until - timedelta(seconds=1)).astimezone(zone).strftime("%d/%m/%Y") if asked.until else "…"
    return say(N_("Result of removing malware from {since} to {until}")).format(since=since, until=until)


def _chunks(tasks: QuerySet[Task]) -> Iterator[list[Task]]:
    some: list[Task] = []
    for task in tasks.iterator(chunk_size=_CHUNK):
        some.append(task)
        if len(some) == _CHUNK:
            yield some
            some = []
    if some:
        yield some


def _lines(tasks: list[Task], report: Report, zone: tzinfo, say: Say) -> Iterator[Line]:
    ids = [task.pk for task in tasks]
    answers = {one.task_id: one for one in Answer.objects.filter(task__in=ids).order_by("pk")}
    files: dict[int, list[str]] = {}
    for task_id, name in (
        Evidence.objects.filter(task__in=ids).exclude(answer=None).order_by("pk").values_list("task_id", "name")
    ):
        files.setdefault(task_id, []).append(name)
    systems = _systems(tasks, say)
    for task in tasks:
        answer = answers.get(task.pk) if task.result else None  # one of before it began anew tells nothing of now
        values: Mapping[str, Any] = answer.values if answer else {}
        result = CLEAN_ADDRESS.results.get(answer.result, NO_ANSWER) if answer else NO_ANSWER
        if answer is not None and answer.verdict == "returned":
            result = STATES[RETURNED]
        else:
            for name in ("n_checked", "n_infected", "n_cleaned"):
                report.hosts[name] += values.get(name) or 0
        report.results[result] += 1
        yield _line(
            task,
            answer,
            values,
            say(result),
            systems.get((task.organisation_id, task.value), ""),
            files.get(task.pk, []),
            zone,
        )


def _line(
    task: Task, answer: Answer | None, values: Mapping[str, Any], result: str, system: str, files: list[str], zone: tzinfo
) -> Line:  # fmt: skip
    def time_of(name: str) -> str:
        text = values.get(name)
        return datetime.fromisoformat(text).astimezone(zone).strftime(_MOMENT) if text else ""

    received = time_of("received_at") or (
        task.acknowledge_met_at.astimezone(zone).strftime(_MOMENT) if task.acknowledge_met_at else ""
    )
    by = ""
    if answer is not None:
        by = f"{answer.told_by} ({answer.by_name})" if answer.told_by else answer.by_name
    return Line(
        task.organisation.name, system, task.value or str(task.details.get("address", "")), str(values.get("inner_address", "")),
        str(values.get("host", "")), str(values.get("malware") or task.details.get("malware", "")), received,
        time_of("verified_at"), time_of("done_at"), result, str(values.get("tool", "")), values.get("n_checked"),
        values.get("n_infected"), values.get("n_cleaned"), "\n".join(filter(None, [values.get("evidence", ""), *files])),
        str(values.get("difficulties", "")), str(values.get("proposals", "")), by,
    )  # fmt: skip


def _systems(tasks: list[Task], say: Say) -> dict[tuple[int, str], str]:
    """(organisation, address) to the system that has it, with its level."""
    rows = SystemAddress.objects.filter(value__in={task.value for task in tasks if task.value}).order_by("pk")
    found = {}
    for row in rows.select_related("system"):
        system = row.system
        level = say(N_("level {level}")).format(level=system.level) if system.level else say(N_("no level yet"))
        found[system.organisation_id, row.value] = f"{system.name} ({level})"
    return found
