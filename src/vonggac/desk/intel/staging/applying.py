"""A version becomes work: its rows are staged as Tasks some thousand at a time, then one short transaction makes all of it true at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording
from vonggac.desk.intel.models import ListRow, ListVersion, OrganisationCount
from vonggac.desk.intel.staging import life, rows
from vonggac.desk.organisations.queries.graph import heirs
from vonggac.desk.scope.asker import Asker
from vonggac.desk.searching import search_form
from vonggac.desk.work.actions import Draft, hide_batch, publish, stage
from vonggac.desk.work.actions.opening import unstage
from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.desk.work.models import Batch, Step, Task
from vonggac.desk.work.queries import about

SOURCE = "intel.listversion"
"""What a Batch that a version opened stands for."""

_TIMES = ("at", "first_seen", "last_seen")

OLD = timedelta(minutes=30)
"""Tasks staged longer ago than this were left by somebody who died: their clocks would have run before anybody could see them."""


class Line(NamedTuple):
    """A row as its Task needs it."""

    organisation_id: int
    pk: int
    key: str
    value: str
    family: str
    port: int | None
    at: str | None
    first_seen: str | None
    last_seen: str | None
    destination: str
    destination_port: int | None
    note: str
    priority: int
    status: str


def title_of(version: ListVersion) -> str:
    """A version in words of no language: the list, and its letter or file."""
    return f"{version.indicator_list.name} – {version.letter or version.file_name}"[:250]


def batch_of(version: ListVersion) -> Batch:
    """The hidden batch of a version; one that somebody left half-staged long ago begins anew."""
    batch = hide_batch(title_of(version), SOURCE, version.pk, f"/lists/versions/{version.pk}/")
    if batch.created_at < timezone.now() - OLD:
        unstage(batch)
        ListVersion.objects.filter(pk=version.pk).update(n_staged=0)
        version.n_staged = 0
    return batch


def stage_all(version: ListVersion, run: str) -> Batch:
    """Stage what is not staged yet. Each piece moves ``n_staged`` with its Tasks, so that a kill loses one piece at most."""
    batch = batch_of(version)
    lines = lines_of(rows.to_work_on(version))
    for start in range(version.n_staged, len(lines), life.PIECE):
        some = lines[start : start + life.PIECE]

        def say(n_done: int = start + len(some)) -> None:
            life.beat(version.pk, run, n_staged=n_done)

        stage(batch, list(drafts(version, some)), batch.created_at, written=say)
    return batch


def lines_of(found: QuerySet[ListRow]) -> list[Line]:
    """The rows, by organisation and then as they stand in the file; times as ISO texts in UTC."""
    texts = {name: Cast(name, TextField()) for name in _TIMES}
    columns = [texts.get(name, name) for name in Line._fields]
    ordered: Any = found.order_by("organisation_id", "value", "pk").values_list(*columns)
    return [Line(*row) for row in ordered.iterator(chunk_size=10_000)]


def drafts(version: ListVersion, lines: Sequence[Line]) -> Iterator[Draft]:
    """The Task of each row that has none yet. Another's counts too: handed over, it stays with who has it, as the row of a network that is
    not corrected yet; from before a merger, it goes on as it is and who took over does it.
    """
    known = _known([line for line in lines if line.status != "new"])
    code, letter = version.indicator_list.code, version.letter
    folded = {line.family: search_form(line.family) for line in lines}
    for line in lines:
        if known and (line.organisation_id, line.value, line.family) in known:
            continue
        details: dict[str, Any] = {
            "address": line.value, "malware": line.family, "port": line.port, "at": _iso(line.at),
            "first_seen": _iso(line.first_seen), "last_seen": _iso(line.last_seen), "destination": line.destination,
            "destination_port": line.destination_port, "note": line.note, "list": code, "letter": letter,
        }  # fmt: skip
        subject, searched = line.value, line.value.lower()
        if line.family:
            subject, searched = f"{subject} · {line.family}", f"{searched} · {folded[line.family]}"
        yield Draft(
            CLEAN_ADDRESS.name, line.organisation_id, subject, line.value,
            {name: value for name, value in details.items() if value not in (None, "") or name == "malware"}, line.priority,
            key=line.key, folded=searched,
        )  # fmt: skip


def _iso(text: str | None) -> str | None:
    """What a database makes of a time in UTC, as ISO 8601."""
    return None if text is None else f"{text[:19].replace(' ', 'T')}+00:00"


def _known(lines: Sequence[Line]) -> set[tuple[int, str, str]]:
    """Of rows that were there before (organisation, address, family): those with a Task of this very organisation, or with one that it gave
    to another one or took over with another one.
    """
    if not lines:
        return set()
    tasks: dict[int, tuple[str, str]] = {}
    had: list[tuple[int, int]] = []  # Task, and an organisation that has it or had it before a hand-over
    found = about(Task.objects.all(), {line.value for line in lines})
    for pk, kind, value, details, owner in found.values_list("pk", "kind", "value", "details", "organisation_id"):
        if kind == CLEAN_ADDRESS.name:
            tasks[pk] = value, details.get("malware", "")
            had.append((pk, owner))
    owners = dict(had)
    steps: Any = Step.objects.filter(verb="hand_over", task_id__in=sorted(tasks))
    had += [(pk, values["was_id"]) for pk, values in steps.values_list("task_id", "values")]
    after = heirs({organisation for _pk, organisation in had}, timezone.now())
    own = {(organisation, *tasks[pk]) for pk, organisation in owners.items()}
    return own | {
        (heir, *tasks[pk])
        for pk, organisation in had
        if len(after[organisation]) == 1
        for heir in after[organisation] - {owners[pk]}
    }


def show(asker: Asker, version: ListVersion, run: str, batch: Batch) -> None:
    """The version is published: its number, its Tasks, its counts, one audit entry, one message for each organisation. Raises Superseded."""
    counts = rows.counted(version)
    version.refresh_from_db()
    with recording(asker, "lists.publish") as record:
        now = timezone.now()
        last = rows.published(version).order_by("-n").values_list("n", flat=True).first() or 0
        life.move_on(
            version.pk, run, "published",
            {"n": last + 1, "published_at": now, "batch_id": batch.pk, "message": "", "params": {}, "version": version.version + 1},
        )  # fmt: skip
        version.refresh_from_db()
        record.on = version
        _count(counts, version)
        publish(record, batch, now)
        _note(record, version)


def _count(counts: Mapping[int, Mapping[str, int]], version: ListVersion) -> None:
    OrganisationCount.objects.bulk_create(
        [
            OrganisationCount(
                version=version, organisation_id=organisation, **{f"n_{status}": n for status, n in found.items()}
            )
            for organisation, found in sorted(counts.items())
        ]
    )


def _note(record: Recording, version: ListVersion) -> None:
    record.note(list=version.indicator_list.code, n=version.n, letter=version.letter, sha256=version.sha256, counts=version.counts,
                digest=version.digest)  # fmt: skip


def late(version: ListVersion, row_ids: Sequence[int]) -> list[Draft]:
    """The Tasks of rows that were decided after the version was published."""
    return list(drafts(version, lines_of(rows.to_work_on(version, {"pk__in": list(row_ids)}))))


def rows_waiting(version: ListVersion) -> Any:
    """Rows on a warninglist that nobody decided yet."""
    return ListRow.objects.filter(version=version, decision="wait")
