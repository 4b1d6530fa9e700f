"""Indicators: told by whoever knows them, many at once and again; changed, withdrawn and put back by a person; expired by time."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError
from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.intel.models import Indicator, Sighting
from vonggac.desk.intel.models.indicators import INDICATOR_KINDS
from vonggac.desk.intel.models.lists import TLPS
from vonggac.desk.intel.queries.indicators import indicator as seen_indicator
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import update
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import N_, Fault, InvalidValues

CHUNK: Final = 500
"""Indicators of one transaction: well under a second, so that others write in between."""
KEPT_SOURCES: Final = 30
RECORDED_ONE_BY_ONE: Final = 50
"""So many of one chunk stand in its entry by themselves; of more, their number and a digest."""
MOST_VALUE: Final = 500
_SPACE = uuid.UUID("6a0d6c0e-0a57-5f0c-9d53-7a3b2f6f5f11")
"""Names ids of indicators that came without one, so that the same is named the same by everybody."""
_STRICTNESS = {tlp: place for place, tlp in enumerate(TLPS)}
ROLES: Final = ("hostile", "victim")


@dataclass(frozen=True, slots=True)
class Draft:
    """An indicator as somebody tells it, its ``value`` normalised (detectors.indicators.values). ``stix_id``: a UUID, or empty."""

    kind: str
    value: str
    role: str = "hostile"
    family: str = ""
    tlp: str = "amber"
    confidence: int = 70
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    port: int | None = None
    warnings: str = ""
    note: str = ""
    stix_id: str = ""

    @property
    def key(self) -> Key:
        """What makes it one."""
        return self.kind, self.value, self.family


Key = tuple[str, str, str]


@dataclass(slots=True)
class Told:
    """What became of drafts. ``left_out``: (value, English text why) of those that cannot stand. ``ids``: key to id of all the others."""

    n_new: int = 0
    n_changed: int = 0
    n_same: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)
    ids: dict[Key, int] = field(default_factory=dict)


def tell_indicators(
    asker: Asker, drafts: Iterable[Draft], source: str, number: str = "", *, is_dry: bool = False
) -> Told:
    """Take in what ``source`` tells (``number``: of its letter or version), in chunks of one transaction each.

    The same from the same source and number again changes nothing and leaves no entry. Told anew, an expired one is active again; a
    withdrawn one stays so, since a person decided that, and shows that it was told. The stricter TLP and the higher confidence count.
    ``is_dry``: only count what would happen (what is not there yet has no id). Needs indicators.edit or lists.import everywhere.
    """
    require_telling(asker)
    check = Check()
    said = [check.text("source", source, most=120, needed=True), check.text("number", number, most=120)]
    check.done()
    told = Told()
    for chunk in _chunks(sorted(_sound(drafts, told), key=lambda one: one.key)):
        for attempt in (1, 2, 3):
            try:
                _tell(asker, chunk, said, told, is_dry=is_dry)
            except IntegrityError:  # somebody else told the same at the same time: what they wrote is read again
                if attempt == 3:
                    raise
            else:
                break
    return told


def require_telling(asker: Asker) -> None:
    """Raise NotAllowed unless the asker may tell indicators."""
    if not may_on(asker, "lists.import", None):
        require(asker, "indicators.edit", None)


def _sound(drafts: Iterable[Draft], told: Told) -> Iterator[Draft]:
    for draft in drafts:
        if fault := fault_of(draft):
            told.left_out.append((draft.value[:80], fault))
        else:
            yield draft


def fault_of(draft: Draft) -> str:
    """Why a draft cannot stand, as an English text of the catalogue; empty when it can."""
    if draft.kind not in INDICATOR_KINDS:
        return N_("a kind of indicator that is not looked for")
    if not draft.value or len(draft.value) > MOST_VALUE or not draft.value.isprintable():
        return N_("the value is empty, too long, or holds what nobody sees")
    if len(draft.family) > 120 or not draft.family.isprintable() or len(draft.note) > 10_000 or "\0" in draft.note:
        return N_("the name of the malware or the note is too long, or holds what nobody sees")
    if draft.role not in ROLES or draft.tlp not in TLPS or not 0 <= draft.confidence <= 100:
        return N_("role, TLP or confidence are not possible")
    if draft.port is not None and not 0 <= draft.port <= 65535:
        return N_("the port is not possible")
    return ""


def _chunks(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    for start in range(0, len(drafts), CHUNK):
        yield list(drafts[start : start + CHUNK])


@dataclass(slots=True)
class _Merged:
    """A chunk beside what is stored. ``before``: snapshots of what was changed, by key."""

    rows: dict[Key, Indicator]
    new: list[Indicator] = field(default_factory=list)
    before: dict[Key, dict[str, Any]] = field(default_factory=dict)

    @property
    def changed(self) -> list[Indicator]:
        """Stored ones that differ now."""
        return [self.rows[key] for key in self.before]


def _tell(asker: Asker, chunk: Sequence[Draft], said: list[str], told: Told, *, is_dry: bool) -> None:
    merged = _merged(chunk, said, lock=False)
    if (merged.new or merged.before) and not is_dry:
        with recording(asker, "indicators.tell") as record:
            merged = _merged(chunk, said, lock=True)
            _write(record, merged, said)
    told.n_new += len(merged.new)
    told.n_changed += len(merged.before)
    told.n_same += len(merged.rows) - len(merged.new) - len(merged.before)
    told.ids |= {key: row.pk or 0 for key, row in merged.rows.items()}


def _merged(chunk: Sequence[Draft], said: list[str], *, lock: bool) -> _Merged:
    stored = Indicator.objects.filter(value__in={draft.value for draft in chunk}).order_by("pk")
    if lock:
        stored = stored.select_for_update()
    wanted = {draft.key for draft in chunk}
    merged = _Merged({key: row for row in stored if (key := (row.kind, row.value, row.family)) in wanted})
    now = timezone.now()
    asked = {draft.stix_id for draft in chunk if draft.stix_id} | {_named(draft.key) for draft in chunk}
    taken = set(Indicator.objects.filter(stix_id__in=asked).values_list("stix_id", flat=True))
    for draft in chunk:
        row = merged.rows.get(draft.key)
        if row is None:
            row = merged.rows[draft.key] = _made(draft, said, now, taken)
            merged.new.append(row)
            continue
        before = snapshot(row)
        if _told_again(row, draft, said, now) and row.pk is not None:
            merged.before.setdefault(draft.key, before)
    return merged


def _made(draft: Draft, said: list[str], now: datetime, taken: set[str]) -> Indicator:
    options = (draft.stix_id, _named(draft.key), str(uuid.uuid4()))
    stix_id = next(one for one in options if one and one not in taken)
    taken.add(stix_id)
    row = Indicator(
        kind=draft.kind, value=draft.value, role=draft.role, family=draft.family, tlp=draft.tlp, confidence=draft.confidence,
        first_seen=draft.first_seen, last_seen=draft.last_seen, valid_from=draft.valid_from or now, expires_at=draft.expires_at,
        port=draft.port, sources=[said], warnings=draft.warnings[:500], note=draft.note, stix_id=stix_id,
    )  # fmt: skip
    if draft.expires_at is not None and draft.expires_at <= now:
        row.state = "expired"
    return row


def _named(key: Key) -> str:
    return str(uuid.uuid5(_SPACE, "\n".join(key)))


def _told_again(row: Indicator, draft: Draft, said: list[str], now: datetime) -> bool:
    """Let ``row`` know what is told again; whether anything of it changed."""
    is_news = said not in row.sources
    expires_at = row.expires_at
    if draft.expires_at is None:
        expires_at = None if is_news else expires_at
    elif expires_at is not None:
        expires_at = max(expires_at, draft.expires_at)
    values: dict[str, Any] = {
        "first_seen": _least(row.first_seen, draft.first_seen),
        "last_seen": _most(row.last_seen, draft.last_seen),
        "expires_at": expires_at,
        "port": draft.port if row.port is None else row.port,
        "note": row.note or draft.note,
        "warnings": draft.warnings[:500] or row.warnings,
    }
    if is_news:
        values["sources"] = [*row.sources, said][-KEPT_SOURCES:]
        values["tlp"] = max(row.tlp, draft.tlp, key=lambda one: _STRICTNESS.get(one, 0))
        values["confidence"] = max(row.confidence, draft.confidence)
    is_alive = expires_at is None or expires_at > now
    if row.state == "expired" and is_alive and (is_news or expires_at != row.expires_at):
        values["state"] = "active"
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _least(one: datetime | None, other: datetime | None) -> datetime | None:
    return one if other is None else other if one is None else min(one, other)


def _most(one: datetime | None, other: datetime | None) -> datetime | None:
    return one if other is None else other if one is None else max(one, other)


_CHANGING = (
    "first_seen", "last_seen", "expires_at", "port", "note", "warnings", "sources", "tlp", "confidence", "state", "changed_at",
    "version", "folded", "first", "last",
)  # fmt: skip


def _write(record: Recording, merged: _Merged, said: list[str]) -> None:
    now = timezone.now()
    for row in merged.new:
        row.derive()
    for row in merged.changed:
        row.version, row.changed_at = row.version + 1, now
        row.derive()
    Indicator.objects.bulk_create(merged.new, batch_size=200)
    Indicator.objects.bulk_update(merged.changed, _CHANGING, batch_size=100)
    record.note(source=said[0], number=said[1], n_new=len(merged.new), n_changed=len(merged.before))
    if len(merged.new) + len(merged.before) <= RECORDED_ONE_BY_ONE:
        for row in merged.new:
            record.created(row)
        for key, before in merged.before.items():
            record.changed(merged.rows[key], before)
        if record.n_objects == 1:
            record.on = (merged.new or merged.changed)[0]
        return
    keys = sorted(f"{row.kind}\t{row.value}\t{row.family}" for row in (*merged.new, *merged.changed))
    record.note(sha256=hashlib.sha256("\n".join(keys).encode()).hexdigest())
    record.n_objects = len(keys)


# ------------------------------------------------------------------------------------------------------ by a person


def add_indicators(asker: Asker, drafts: Sequence[Draft], source: str) -> Told:
    """What a person typed or pasted, the ``source`` in their words. Needs indicators.edit everywhere; raises InvalidValues."""
    require(asker, "indicators.edit", None)
    if not drafts:
        raise InvalidValues([Fault("text", N_("no address, domain, URL or hash stands here"))])
    faults = [Fault("text", fault) for draft in drafts[:20] if (fault := fault_of(draft))]
    if faults:
        raise InvalidValues(faults)
    return tell_indicators(asker, drafts, source)


def edit_indicator(asker: Asker, indicator_id: int, version: int, **values: Any) -> Indicator:
    """Change what is known of an indicator, all but its value. Needs indicators.edit everywhere."""
    row = _to_edit(asker, indicator_id)
    check = Check()
    taken = _checked(check, values)
    family = taken.get("family", row.family)
    others = Indicator.objects.filter(kind=row.kind, value=row.value, family=family).exclude(pk=row.pk)
    if others.exists():
        check.fault("family", N_("this value is known with this malware already"))
    check.done()
    if "expires_at" in taken and row.state != "withdrawn":
        until = taken["expires_at"]
        taken["state"] = "active" if until is None or until > timezone.now() else "expired"
    with recording(asker, "indicators.edit", on=row) as record:
        update(record, row, version, {**taken, "changed_at": timezone.now()})
    return row


def _checked(check: Check, values: Mapping[str, Any]) -> dict[str, Any]:
    taken: dict[str, Any] = {}
    for name, value in values.items():
        if name == "role":
            taken[name] = check.one_of(name, value, ROLES)
        elif name == "tlp":
            taken[name] = check.one_of(name, value, tuple(TLPS))
        elif name == "confidence":
            taken[name] = check.whole(name, value, 0, 100)
        elif name == "family":
            taken[name] = check.text(name, value, most=120)
        elif name == "note":
            taken[name] = check.text(name, value, most=10_000, lines=True)
        elif name in ("first_seen", "last_seen", "expires_at"):
            taken[name] = check.moment(name, value)
        else:
            check.fault(name, N_("this cannot be changed"))
    first, last = taken.get("first_seen"), taken.get("last_seen")
    if first is not None and last is not None and first > last:
        check.fault("last_seen", N_("it ends before it begins"))
    return taken


def withdraw_indicator(asker: Asker, indicator_id: int, version: int, why: str) -> Indicator:
    """It is not to be looked for any more, because. Needs indicators.edit everywhere."""
    return _move(asker, "indicators.withdraw", (indicator_id, version), why, "withdrawn")


def put_back_indicator(asker: Asker, indicator_id: int, version: int, why: str) -> Indicator:
    """It is looked for again, because; one that has run out holds without an end. Needs indicators.edit everywhere."""
    return _move(asker, "indicators.put_back", (indicator_id, version), why, "active")


def _move(asker: Asker, action: str, seen: tuple[int, int], why: str, state: str) -> Indicator:
    row = _to_edit(asker, seen[0])
    check = Check()
    why = check.text("reason", why, most=250, needed=True)
    if 0 < len(why) < 3:
        check.fault("reason", N_("say why, in a few words"))
    if row.state == state:
        check.fault("", N_("it is so already"))
    check.done()
    values: dict[str, Any] = {"state": state, "reason": why, "changed_at": timezone.now()}
    if state == "active" and row.expires_at is not None and row.expires_at <= timezone.now():
        values["expires_at"] = None
    with recording(asker, action, on=row) as record:
        update(record, row, seen[1], values)
    return row


def _to_edit(asker: Asker, indicator_id: int) -> Indicator:
    row = seen_indicator(asker, indicator_id)
    require(asker, "indicators.edit", None)
    return row


# ---------------------------------------------------------------------------------------------------- by time, by logs


def expire_indicators(asker: Asker) -> int:
    """Active ones whose time is over are expired; gives how many. At most CHUNK in one transaction."""
    require(asker, "indicators.edit", None)
    n_all = 0
    while True:
        now = timezone.now()
        due = Indicator.objects.filter(state="active", expires_at__lte=now).order_by("expires_at", "pk")
        if not due.exists():
            return n_all
        with recording(asker, "indicators.expire") as record:
            rows = list(due.select_for_update()[:CHUNK])
            for row in rows:
                row.state, row.changed_at, row.version = "expired", now, row.version + 1
            Indicator.objects.bulk_update(rows, ["state", "changed_at", "version"], batch_size=200)
            record.note(n=len(rows), ids=[row.pk for row in rows])
            record.n_objects = len(rows)
        n_all += len(rows)


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody saw an indicator: at an organisation (None: not known where), on a host perhaps, ``n`` times."""

    indicator_id: int
    source: str
    first_at: datetime
    last_at: datetime
    organisation_id: int | None = None
    host: str = ""
    n: int = 1
    task_id: int | None = None


def add_sightings(asker: Asker, rows: Sequence[Seen]) -> int:
    """Keep who saw what; gives how many are new or say more than before. The same again changes nothing.

    Needs indicators.edit or lists.import everywhere, or work.answer on each of their organisations (who found it in their own logs).
    """
    everywhere = may_on(asker, "indicators.edit", None) or may_on(asker, "lists.import", None)
    if not everywhere:
        for organisation_id in {row.organisation_id for row in rows}:
            require(asker, "work.answer", organisation_id)
    n = 0
    for start in range(0, len(rows), CHUNK):
        n += _sight(asker, rows[start : start + CHUNK])
    return n


def _sight(asker: Asker, rows: Sequence[Seen]) -> int:
    ids = {row.indicator_id for row in rows}
    known = {_sighting_key(one): one for one in Sighting.objects.filter(indicator_id__in=ids)}
    new: list[Sighting] = []
    more: dict[int, Sighting] = {}
    for row in rows:
        made = Sighting(
            indicator_id=row.indicator_id, organisation_id=row.organisation_id, task_id=row.task_id, source=row.source[:120],
            host=row.host[:250], n=max(row.n, 1), first_at=row.first_at, last_at=max(row.first_at, row.last_at),
        )  # fmt: skip
        there = known.get(_sighting_key(made))
        if there is None:
            known[_sighting_key(made)] = made
            new.append(made)
        elif made.n > there.n or made.last_at > there.last_at:
            there.n, there.last_at = max(there.n, made.n), max(there.last_at, made.last_at)
            if there.pk is not None:
                more[there.pk] = there
    if not new and not more:
        return 0
    organisations = {row.organisation_id for row in rows}
    where = organisations.pop() if len(organisations) == 1 else None
    with recording(asker, "indicators.sight", organisation_id=where) as record:
        Sighting.objects.bulk_create(new, ignore_conflicts=True, batch_size=200)
        Sighting.objects.bulk_update(list(more.values()), ["n", "last_at"], batch_size=200)
        record.note(n_new=len(new), n_changed=len(more), ids=sorted(ids)[:RECORDED_ONE_BY_ONE])
        record.n_objects = len(new) + len(more)
    return len(new) + len(more)


def _sighting_key(row: Sighting) -> tuple[Any, ...]:
    return row.indicator_id, row.organisation_id, row.source, row.host, row.first_at


def record_export(asker: Asker, *, form: str, audience: str, recipient: str, n: int, n_left_out: int) -> None:
    """Note that indicators leave the house: in which form, for whom, how many. Needs indicators.view everywhere."""
    require(asker, "indicators.view", None)
    with recording(asker, "indicators.export") as record:
        record.note(form=form, audience=audience, recipient=recipient, n=n, n_left_out=n_left_out)
