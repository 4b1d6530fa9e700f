"""Work at size, made by bulk: lists in versions with their rows, Tasks in every state with answers and steps, and their counts.

Django is ready when this is imported, and the organisations are there. Everything is invented; the same for the same size.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from vonggac.desk.intel.models import IndicatorList, ListRow, ListVersion, OrganisationCount
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.searching import search_form
from vonggac.desk.work import tallies
from vonggac.desk.work.models import FAR, Answer, Batch, ClockPolicy, Step, Task
from vonggac.desk.work.states import WITH_OWNER, turn_of

N_VERSIONS = 24
CHUNK = 20_000
FAMILIES = ("Mirai", "Mozi", "Gamarue", "Qakbot", "Emotet", "Conficker")
WEIGHTS = {
    "new": 8,
    "reopened": 1,
    "acknowledged": 4,
    "in_progress": 5,
    "returned": 2,
    "submitted": 6,
    "accepted": 12,
    "rechecked": 2,
    "closed": 55,
    "withdrawn": 5,
}
"""How the Tasks divide over the states."""


def fill_work(organisations: Sequence[Organisation], n_tasks: int, write_rows: Any) -> None:
    """Make ``n_tasks`` Tasks of ``organisations`` out of the versions of one list; a tenth as many rows of the last list again."""
    chance = random.Random(7)  # no secret
    now = timezone.now()
    batches, versions = _lists(now)
    policy = ClockPolicy.objects.filter(kind="clean_address").order_by("pk").first()
    made = _tasks(organisations, n_tasks, batches, policy, now, chance)
    for chunk in _chunks(made):
        with transaction.atomic():
            write_rows(Task, chunk)
            write_rows(Answer, (one for task in chunk for one in _answers(task)))
            write_rows(Step, (one for task in chunk for one in _steps(task)))
            write_rows(ListRow, (_row(task, versions) for task in chunk))
    _reset(Task, Answer, Step, ListRow)
    with transaction.atomic():
        tallies.move(tallies.counted())
        OrganisationCount.objects.bulk_create(
            [
                OrganisationCount(version=version, organisation=one, n_new=300, n_still=40, n_back=6, n_gone=30)
                for version in versions
                for one in organisations
            ],
            batch_size=2000,
        )


def _lists(now: datetime) -> tuple[list[Batch], list[ListVersion]]:
    lists = IndicatorList.objects.create(
        code="BOT", name="Danh sách IP botnet hằng tháng", kind="botnet", issuer="Cục An toàn"
    )
    batches, versions = [], []
    for n in range(1, N_VERSIONS + 1):
        at = now - timedelta(days=30 * (N_VERSIONS - n))
        version = ListVersion.objects.create(
            indicator_list=lists, n=n, previous=versions[-1] if versions else None, state="published", letter=f"{n}/CATTT",
            file_name=f"botnet-{n}.xlsx", size=1000, sha256=f"{n:064x}", asker_name="máy", via="web", created_at=at, checked_at=at,
            published_at=at, as_of=at, is_rechecked=True, counts={"rows": 20_000, "new": 18_000, "still": 2000},
        )  # fmt: skip
        batch = Batch.objects.create(
            title=f"{lists.name} {n}",
            source_type="intel.listversion",
            source_id=version.pk,
            url=f"/lists/versions/{version.pk}/",
            published_at=at,
        )
        ListVersion.objects.filter(pk=version.pk).update(batch_id=batch.pk)
        batches.append(batch)
        versions.append(version)
    return batches, versions


def _tasks(
    organisations: Sequence[Organisation],
    n_tasks: int,
    batches: Sequence[Batch],
    policy: Any,
    now: datetime,
    chance: random.Random,
) -> Iterator[Task]:
    states = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=n_tasks)
    first = Task.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for n, state in enumerate(states):
        organisation, batch = organisations[n % len(organisations)], batches[n * len(batches) // n_tasks]
        value, family = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", FAMILIES[n % len(FAMILIES)]
        at = batch.published_at or now
        due = now + timedelta(minutes=chance.randrange(-3000, 20_000)) if state in WITH_OWNER else FAR
        yield Task(
            pk=first + n + 1, kind="clean_address", key=f"{organisation.pk}|{value}|{family.lower()}", organisation=organisation, batch_id=batch.pk,
            subject=f"{value} · {family}", value=value, details={"address": value, "malware": family, "port": 443}, priority=1 + n % 5, state=state,
            turn=turn_of(state), proof="proven" if state == "closed" else "", result="cleaned" if state in ("submitted", "accepted", "closed") else "",
            n_reopened=0, policy=policy, is_binding=True, acknowledge_due_at=at + timedelta(hours=4), finish_due_at=at + timedelta(days=5),
            due_at=due, alarm_at=FAR, alarms=2, is_late=due < now, stop_reason="", created_at=at, changed_at=at, version=2,
            folded=search_form(value, family),
        )  # fmt: skip


def _answers(task: Task) -> Iterator[Answer]:
    if task.result:
        yield Answer(
            pk=task.pk, task=task, at=task.created_at, by_name="Cán bộ", result=task.result, values={"tool": "Quét", "n_checked": 3, "n_infected": 1, "n_cleaned": 1},
            verdict="" if task.state == "submitted" else "accepted",
        )  # fmt: skip


def _steps(task: Task) -> Iterator[Step]:
    if task.state not in ("new", "reopened"):
        for n, verb in enumerate(("acknowledge", "submit") if task.result else ("acknowledge",)):
            yield Step(
                pk=task.pk * 2 + n,
                task=task,
                at=task.created_at,
                by_name="Cán bộ",
                verb=verb,
                before="new",
                after="acknowledged",
            )


def _row(task: Task, versions: Sequence[ListVersion]) -> ListRow:
    version = versions[(task.batch_id - 1) % len(versions)]
    return ListRow(
        pk=task.pk, version=version, sheet="Sheet1", number=task.pk, kind="ipv4", role="victim", value=task.value, original=task.value,
        malware=task.details["malware"], family=task.details["malware"], last_seen=task.created_at, at=task.created_at, port=443,
        destination="203.0.113.9", told_organisation="", note="", organisation_id=task.organisation_id, attribution="owner", status="new",
        warnings="", decision="", decision_reason="", key=task.key,
    )  # fmt: skip


def _chunks(made: Iterator[Task]) -> Iterator[list[Task]]:
    chunk: list[Task] = []
    for task in made:
        chunk.append(task)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _reset(*models: Any) -> None:
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)
