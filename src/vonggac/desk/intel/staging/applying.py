"""A version becomes work: its rows are staged as Tasks some thousand at a time, then one short transaction makes all of it true at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording
from vonggac.desk.intel.models import ListRow, ListVersion, OrganisationCount
from vonggac.desk.intel.staging import life, rows
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions import Draft, hide_batch, publish, stage
from vonggac.desk.work.actions.opening import unstage
from vonggac.desk.work.kinds import CLEAN_ADDRESS
from vonggac.desk.work.models import Batch, Step

SOURCE = "intel.listversion"
"""What a Batch that a version opened stands for."""

OLD = timedelta(minutes=30)
"""Tasks staged longer ago than this were left by somebody who died: their clocks would have run before anybody could see them."""


class Line(NamedTuple):
    """A row as its Task needs it."""

    pk: int
    organisation_id: int
    value: str
    family: str
    port: int | None
    at: Any
    first_seen: Any
    last_seen: Any
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
    at = batch.created_at
    left = rows.to_work_on(version)
    after: int | None = left.values_list("pk", flat=True)[version.n_staged - 1] if version.n_staged else None
    n_done = version.n_staged
    while lines := _lines(left if after is None else left.filter(pk__gt=after)):
        n_done += len(lines)

        def say(n_done: int = n_done) -> None:
            life.beat(version.pk, run, n_staged=n_done)

        stage(batch, list(drafts(version, lines)), at, written=say)
        after = lines[-1].pk
    return batch


def _lines(left: Any) -> list[Line]:
    return [Line(*row) for row in left.values_list(*Line._fields)[: life.PIECE]]


def drafts(version: ListVersion, lines: Sequence[Line]) -> Iterator[Draft]:
    """The Task of each row, but of those whose Task was handed over: it stays with who has it, as the row of a network that is not corrected yet."""
    elsewhere = _handed_over([line for line in lines if line.status != "new"])
    code, letter = version.indicator_list.code, version.letter
    for line in lines:
        if elsewhere and (line.organisation_id, line.value, line.family) in elsewhere:
            continue
        details: dict[str, Any] = {
            "address": line.value, "malware": line.family, "port": line.port, "at": _iso(line.at),
            "first_seen": _iso(line.first_seen), "last_seen": _iso(line.last_seen), "destination": line.destination,
            "destination_port": line.destination_port, "note": line.note, "list": code, "letter": letter,
        }  # fmt: skip
        yield Draft(
            CLEAN_ADDRESS.name, line.organisation_id, f"{line.value} · {line.family}" if line.family else line.value, line.value,
            {name: value for name, value in details.items() if value not in (None, "") or name == "malware"}, line.priority,
        )  # fmt: skip


def _iso(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()


def _handed_over(lines: Sequence[Line]) -> set[tuple[int, str, str]]:
    """Of rows that were there before: those whose Task this very organisation gave to another one."""
    if not lines:
        return set()
    steps: Any = Step.objects.filter(
        verb="hand_over", task__kind=CLEAN_ADDRESS.name, task__value__in=sorted({line.value for line in lines})
    )
    given = {
        (values.get("was"), value, details.get("malware", ""))
        for values, value, details in steps.values_list("values", "task__value", "task__details")
    }
    if not given:
        return set()
    ids = {line.organisation_id for line in lines}
    names = dict(Organisation.objects.filter(pk__in=sorted(ids)).values_list("pk", "name"))
    found = ((line.organisation_id, line.value, line.family) for line in lines)
    return {one for one in found if (names.get(one[0]), one[1], one[2]) in given}


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
    left = rows.to_work_on(version, {"pk__in": list(row_ids)})
    return list(drafts(version, [Line(*row) for row in left.values_list(*Line._fields)]))


def rows_waiting(version: ListVersion) -> Any:
    """Rows on a warninglist that nobody decided yet."""
    return ListRow.objects.filter(version=version, decision="wait")
