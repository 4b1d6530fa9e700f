"""How Tasks come to be: one by hand; or by the ten thousand, staged in short transactions and seen by nobody before they are published."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from vonggac.desk import loading
from vonggac.desk.audit.actions import Recording, recording
from vonggac.desk.audit.chain import microseconds
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.desk.searching import search_form
from vonggac.desk.work import clocks, tallies
from vonggac.desk.work.actions.changing import Seen, changing
from vonggac.desk.work.kinds import BY_NAME, Kind
from vonggac.desk.work.models import SEARCHED, Batch, Task
from vonggac.desk.work.notifying import tell_organisations
from vonggac.desk.work.states import NEW, PRIORITIES, PROPOSED, turn_of
from vonggac.errors import N_, Fault, InvalidValues, NotThere


@dataclass(frozen=True, slots=True)
class Draft:
    """A Task that is to be. ``details``: plain values; of them those that its kind calls unique make its key. See Task for the rest.

    ``finish_due_at``: by when it is ordered to be done, in the place of what the policy says.

    ``key`` and ``folded``: as they will be worked out, where whoever drafts many of them knows them already.
    """

    kind: str
    organisation_id: int
    subject: str
    value: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 3
    more_words: str = ""
    parent_id: int | None = None
    key: str = ""
    folded: str = ""
    finish_due_at: datetime | None = None


def key_of(kind: Kind, organisation_id: int, details: Mapping[str, Any]) -> str:
    """What makes a Task one: its organisation and the details that its kind names, folded."""
    parts = [str(organisation_id), *(search_form(str(details.get(name, ""))) for name in kind.unique)]
    return "|".join(parts)[:200]


def open_task(asker: Asker, draft: Draft) -> Task:
    """One Task by hand; needs work.assign on the organisation. Raises NotThere, NotAllowed, InvalidValues (there is one like it)."""
    require_assign(asker, draft.organisation_id)
    check = Check()
    if not Organisation.objects.filter(pk=draft.organisation_id, valid_until=None).exists():
        check.fault("organisation_id", N_("this organisation exists no longer: choose who took over from it"))
    subject = check.text("subject", draft.subject, most=300, needed=True)
    check.one_of("kind", draft.kind, tuple(name for name, kind in BY_NAME.items() if not kind.is_obligation))
    check.one_of("priority", draft.priority, tuple(PRIORITIES))
    check.done()
    with recording(asker, "work.open", organisation_id=draft.organisation_id) as record:
        record.on = row = write_task(record, replace(draft, subject=subject), timezone.now())
    return row


def write_task(record: Recording, draft: Draft, now: datetime) -> Task:
    """One Task within the action that ``record`` is of; its organisation is told. Raises InvalidValues when there is one like it."""
    kind = BY_NAME[draft.kind]
    details = dict(draft.details)
    if "number" in kind.unique and not details.get("number"):
        details["number"] = uuid.uuid4().hex
    policy = clocks.policy_for(clocks.policies_at(now), kind.name, draft.priority)
    start = clocks.started(kind, policy, now, clocks.calendar(), draft.finish_due_at)
    row = Task(
        kind=kind.name, key=key_of(kind, draft.organisation_id, details), organisation_id=draft.organisation_id,
        subject=draft.subject, value=draft.value, details=details, priority=draft.priority, parent_id=draft.parent_id,
        state=_first_state(kind), turn=turn_of(_first_state(kind)), created_at=now, changed_at=now, batch_id=0,
        proof="", result="", n_reopened=0, alarms=0, is_late=False, stop_reason="", version=1,
        folded=_folded(draft), **{name: getattr(start, name) for name in start.__slots__},
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise InvalidValues([Fault("", N_("there is such a task for this organisation already"))]) from None
    record.created(row)
    tallies.move(Counter({tallies.cell_of(row): 1}))
    tell_organisations({row.organisation_id: 1}, title=row.subject, url=f"/work/{row.pk}/", key=f"task:{row.pk}")
    return row


def _folded(draft: Draft) -> str:
    """What a search of Tasks looks at."""
    return search_form(draft.subject, draft.more_words)[:SEARCHED]


def _first_state(kind: Kind) -> str:
    return PROPOSED if kind.needs_approval else NEW


def require_assign(asker: Asker, organisation_id: int) -> None:
    """Raise NotThere or NotAllowed unless work may be given to this organisation."""
    there = Organisation.objects.filter(pk=organisation_id).exists()
    if not there or not (
        may_on(asker, "work.assign", organisation_id) or may_on(asker, "organisations.view", organisation_id)
    ):
        raise NotThere(N_("there is no such organisation here"))
    require(asker, "work.assign", organisation_id)


def approve(asker: Asker, seen: Sequence[Seen]) -> int:
    """Proposed Tasks begin; their clocks start now. Needs work.review. Gives how many."""
    with changing(asker, "work.approve", "work.review", seen) as (_record, changes):
        policies, days = clocks.policies_at(timezone.now()), clocks.calendar()
        for change in changes:
            task = change.task
            change.step("approve", state=NEW)
            policy = clocks.policy_for(policies, task.kind, task.priority)
            clocks.restart(task, BY_NAME[task.kind], policy, change.now, days)
    return len(changes)


# ------------------------------------------------------------------------------------------------------ many at once

_COLUMNS = (
    "kind", "state", "turn", "key", "organisation_id", "parent_id", "batch_id", "subject", "value", "details", "priority", "policy_id", "is_binding",
    "acknowledge_due_at", "contain_due_at", "finish_due_at", "due_at", "alarm_at", "created_at", "changed_at", "folded",
)  # fmt: skip
"""What stage() writes; the other columns have their default in the database."""

_UNSTAGED_AT_ONCE = 10_000


def hide_batch(title: str, source_type: str, source_id: int, url: str) -> Batch:
    """A batch whose Tasks nobody sees yet; the one that there is for the same source, if it is still hidden."""
    row, _made = Batch.objects.get_or_create(
        source_type=source_type, source_id=source_id, defaults={"title": title, "url": url}
    )
    if row.published_at is not None:
        raise InvalidValues([Fault("", N_("its tasks are published already"))])
    return row


def stage(batch: Batch, drafts: Sequence[Draft], at: datetime, written: Callable[[], None] | None = None) -> int:
    """Write ``drafts`` as Tasks of a hidden batch, clocks from ``at`` on, in one short transaction. Gives how many are new.

    One that is there already (same kind and key) is left alone, so that a second try after a kill changes nothing. ``written`` is
    called within the transaction. Call it with some thousand at a time.
    """
    policies, days = clocks.policies_at(at), clocks.calendar()
    adapt = connection.ops.adapt_datetimefield_value
    moment = adapt(at)
    starts: dict[tuple[str, int, datetime | None], tuple[Any, ...]] = {}
    rows = []
    for draft in drafts:
        start = starts.get((draft.kind, draft.priority, draft.finish_due_at))
        if start is None:
            kind = BY_NAME[draft.kind]
            policy = clocks.policy_for(policies, kind.name, draft.priority)
            one = clocks.started(kind, policy, at, days, draft.finish_due_at)
            times = (one.acknowledge_due_at, one.contain_due_at, one.finish_due_at, one.due_at, one.alarm_at)
            start = (one.policy_id, one.is_binding, *(None if time is None else adapt(time) for time in times))
            starts[draft.kind, draft.priority, draft.finish_due_at] = start
        kind = BY_NAME[draft.kind]
        state = _first_state(kind)
        rows.append(
            (
                draft.kind, state, turn_of(state), draft.key or key_of(kind, draft.organisation_id, draft.details), draft.organisation_id,
                draft.parent_id, batch.pk, draft.subject, draft.value, orjson.dumps(draft.details).decode(), draft.priority,
                *start, moment, moment, draft.folded or _folded(draft),
            )
        )  # fmt: skip
    with transaction.atomic():
        n = loading.insert("work_task", _COLUMNS, rows, once=("kind", "key"))
        if written is not None:
            written()
    return n


def unstage(batch: Batch) -> None:
    """Drop what was staged for a hidden batch, in short pieces; its Tasks can be staged anew, with clocks from now on."""
    tasks = Task.objects.filter(batch_id=batch.pk).order_by("pk")
    while keys := list(tasks.values_list("pk", flat=True)[:_UNSTAGED_AT_ONCE]):
        with transaction.atomic():
            if Batch.objects.filter(pk=batch.pk).exclude(published_at=None).exists():
                raise InvalidValues([Fault("", N_("its tasks are published already"))])
            tasks.filter(pk__lte=keys[-1]).order_by()._raw_delete(tasks.db)  # noqa: SLF001  # nothing hangs on what nobody saw
    batch.created_at = timezone.now()
    batch.save(update_fields=["created_at"])


def add(record: Recording, batch: Batch, drafts: Sequence[Draft], at: datetime) -> dict[int, int]:
    """Open ``drafts`` (some hundred at most) as part of a batch that is published, within the transaction of ``record``.

    Those that are there already are left alone. Gives how many each organisation got; each is told once.
    """
    last = Task.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if not stage(batch, drafts, at):
        return {}
    cells = tallies.counted_of(Task.objects.filter(batch_id=batch.pk, pk__gt=last))
    tallies.move(cells)
    got: Counter[int] = Counter()
    for cell, n in cells.items():
        got[cell.organisation_id] += n
    record.note(batch=batch.pk, n_tasks=sum(got.values()))
    tell_organisations(got, title=batch.title, url=f"/work/?batch={batch.pk}", key=f"batch:{batch.pk}:{last}")
    return dict(got)


def publish(record: Recording, batch: Batch, at: datetime, *, tells: bool = True) -> dict[int, int]:
    """Make the Tasks of ``batch`` visible, within the transaction of ``record``; gives how many each organisation got.

    Each organisation is told once, however many there are; not at all when whoever publishes ``tells`` them in another way.
    """
    tasks = Task.objects.filter(batch_id=batch.pk)
    cells = tallies.counted_of(tasks)
    tallies.move(cells)
    batch.published_at = at
    batch.save(update_fields=["published_at"])
    per_organisation: Counter[int] = Counter()
    for cell, n in cells.items():
        per_organisation[cell.organisation_id] += n
    record.note(batch=batch.pk, n_tasks=sum(per_organisation.values()))
    if tells:
        tell_organisations(per_organisation, title=batch.title, url=f"/work/?batch={batch.pk}", key=f"batch:{batch.pk}")
    return dict(per_organisation)


def open_at_once(asker: Asker, action: str, drafts: Sequence[Draft], *, title: str, source_type: str) -> dict[int, int]:
    """Those of ``drafts`` that are not there yet, in one action: some thousand at most. Gives how many each organisation got.

    Needs work.assign on all of their organisations. Each is told once, of ``title``. ``action``: what the audit entry says.
    """
    for organisation_id in sorted({draft.organisation_id for draft in drafts}):
        require_assign(asker, organisation_id)
    now = timezone.now()
    with recording(asker, action) as record:
        batch = hide_batch(title, source_type, microseconds(now), "")
        if not stage(batch, drafts, now):
            raise InvalidValues([Fault("", N_("there is such a task for each of them already"))])
        return publish(record, batch, now)
