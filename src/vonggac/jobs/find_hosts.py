"""Look for the host inside: a log that the owner of a Task dropped, read for who talked to the listed destination or held the address."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vonggac.config import Settings, zone_from
from vonggac.desk import runs
from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.audit.chain import microseconds
from vonggac.desk.intel.actions.indicators import Draft, Seen, add_sightings, tell_indicators
from vonggac.desk.intel.models import Indicator as Known
from vonggac.desk.scope.asker import Asker, Origin, machine
from vonggac.desk.work import actions
from vonggac.desk.work.actions.log_drops import MOST_TRIES
from vonggac.desk.work.models import HostSearch
from vonggac.desk.work.queries import log_drops
from vonggac.detectors.indicators.indicator import Indicator, Place
from vonggac.detectors.indicators.matching import entries_of, kind_of
from vonggac.detectors.indicators.nat import Confidence
from vonggac.errors import N_, UnsafeInput, VonggacError
from vonggac.events.batch import EventBatch
from vonggac.jobs import spool
from vonggac.jobs.inputs import Inputs
from vonggac.jobs.scan import Reading, Summary, batches
from vonggac.jobs.spool import Spooled, full_disk_told, spool_folder
from vonggac.jobs.trace import Trace
from vonggac.sources.containers import Limits, Opened
from vonggac.sources.source import Options

log = logging.getLogger(__name__)

UPLOAD_LIMIT = 100 << 20
"""Bytes of one file as it is sent."""
LIMITS = Limits(ratio=100, floor=256 << 20, most=4 << 30, depth=2, members=2000)
"""How far it may expand: a hundred megabytes of packed logs are a few gigabytes."""
SMALL_BYTES = 1 << 20
SMALL = Limits(ratio=50, floor=4 << 20, most=16 << 20, depth=2, members=50)
"""What is read while somebody waits; more is the worker's."""
MOST_FAULTS = 20
_ORDER = {"nat_port": 0, "contact": 1, "nat_address": 2}


class TooLong(Exception):  # named for what happened
    """The file is too much for whoever waits: the worker reads it."""


@dataclass(slots=True)
class Found:
    """What a log told. ``hosts``: as in HostSearch.found. ``faults``: name, English text, what fills it."""

    hosts: list[dict[str, Any]] = field(default_factory=list)
    n_events: int = 0
    n_files: int = 0
    faults: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


def find(batch_of: Iterable[EventBatch], details: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The hosts inside that ``batch_of`` shows: behind ``details``' address and port at its times, or talking to its destination.

    One row for each host and way, the surest first.
    """
    asked = _indicator(details)
    wanted = {asked.value: set() if asked.port is None else {asked.port}}
    entries = [entry for entry in entries_of([asked]) if entry.value != asked.value]
    trace = Trace(entries, wanted)
    for batch in batch_of:
        trace.add(batch)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for moment in _moments(details):
        for holder in trace.nat.who(asked.value, asked.port, moment):
            by = "nat_port" if holder.confidence is Confidence.PORT else "nat_address"
            _add(rows, holder.inner, by, holder.count, holder.first, holder.last, "")
    for (number, inner), contact in trace.contacts.items():
        if inner != asked.value:
            _add(rows, inner, "contact", contact.count, contact.first, contact.last, trace.entries[number].value)
    return sorted(rows.values(), key=lambda row: (_ORDER[row["by"]], -row["n"], row["host"]))


def _add(
    rows: dict[tuple[str, str], dict[str, Any]], host: str, by: str, n: int, first: int | None, last: int | None, destination: str
) -> None:  # fmt: skip
    row = rows.get((host, by))
    if row is None:
        rows[host, by] = {
            "host": host[:250],
            "by": by,
            "n": n,
            "first": _text(first),
            "last": _text(last),
            "destination": destination,
        }
    else:
        row["n"] = max(row["n"], n)
        row["first"] = min(filter(None, (row["first"], _text(first))), default="")
        row["last"] = max(row["last"], _text(last))


def _text(moment: int | None) -> str:
    return "" if moment is None else datetime.fromtimestamp(moment / 1e6, UTC).isoformat(timespec="seconds")


def _indicator(details: Mapping[str, Any]) -> Indicator:
    """The Task's row of a list, as the matcher knows it."""
    address = str(details.get("address", ""))
    port = str(details.get("port") or "")
    destination = str(details.get("destination") or "")
    return Indicator(
        kind_of(address) or "ipv4", address, address, "victim", Place("", "", 0), port=int(port) if port.isascii() and port.isdecimal() else None,
        destination=destination if kind_of(destination) else "",
    )  # fmt: skip


def _moments(details: Mapping[str, Any]) -> list[int]:
    """When the address was seen, in microseconds; the latest first."""
    found = []
    for name in ("at", "last_seen", "first_seen"):
        text = details.get(name)
        if isinstance(text, str) and text:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                continue
            if moment.utcoffset() is not None:
                found.append(microseconds(moment))
    return list(dict.fromkeys(found))


# ----------------------------------------------------------------------------------------------------------- the file


class _Named(Inputs):
    """A file of the spool under the name that its sender gave it."""

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        super().__init__([str(path)], limits=limits)
        self._path, self._name = str(path), name

    def __iter__(self) -> Iterator[Opened]:
        for name, stream in super().__iter__():
            yield name.replace(self._path, self._name), stream


def read(settings: Settings, row: HostSearch, limits: Limits, beat: Any = None) -> Found:
    """Look through the file of ``row``. ``beat`` is called for every block."""
    summary = Summary()
    reading = Reading(Options(zone=zone_from(settings.zone)))
    path = spool_folder(settings) / row.spool
    found = Found()

    def batch_of() -> Iterator[EventBatch]:
        for _name, batch in batches(_Named(path, row.file_name, limits), reading, summary):
            if beat is not None:
                beat()
            yield batch

    found.hosts = find(batch_of(), row.task.details)
    found.n_events, found.n_files = summary.n_events, summary.n_files
    for name, error in summary.unreadable[:MOST_FAULTS]:
        if isinstance(error, UnsafeInput) and limits is SMALL:
            raise TooLong
        found.faults.append(
            (name[-200:], error.message, {key: str(value)[:200] for key, value in error.params.items()})
        )
    return found


def receive(settings: Settings, asker: Asker, task_id: int, spooled: Spooled, file_name: str) -> HostSearch:
    """A dropped file waits to be read; it goes when it cannot be taken in."""
    try:
        with full_disk_told():
            return actions.drop_log(
                asker, task_id, file_name=file_name, size=spooled.size, sha256=spooled.sha256, spool=spooled.name
            )
    except BaseException:
        spool.drop(settings, spooled)
        raise


def advance(settings: Settings, asker: Asker, row: HostSearch, *, only_small: bool = False) -> bool:
    """Read the file of ``row``, keep what it told, delete it. ``only_small``: leave it to the worker when it is not quickly done."""
    if only_small and row.size > SMALL_BYTES:
        return False
    run = actions.claim_log(row.pk)
    if run is None:
        return False
    row = HostSearch.objects.select_related("task", "task__organisation").get(pk=row.pk)
    try:
        with full_disk_told():
            found = (
                _given_up()
                if row.n_tries > MOST_TRIES
                else read(settings, row, SMALL if only_small else LIMITS, lambda: runs.beat(HostSearch, row.pk, run))
            )
            _keep(asker, row, run, found)
    except TooLong:
        runs.release(HostSearch, row.pk, run)
        return False
    except runs.Superseded:
        return False
    except BaseException:
        runs.release(HostSearch, row.pk, run)
        raise
    _forget(settings, row)
    return True


def _given_up() -> Found:
    message = N_("reading this file ended badly {n} times: it was given up")
    return Found(faults=[("", message, {"n": MOST_TRIES})])


def _keep(asker: Asker, row: HostSearch, run: str, found: Found) -> None:
    # Sightings first: who dies between both reads the file again, and the same sightings again change nothing.
    add_sightings(asker, list(_seen(row, found.hosts)))
    actions.read_log(
        asker, row.pk, run, found=found.hosts, n_events=found.n_events, faults=found.faults,
        is_refused=found.n_events == 0 and bool(found.faults or not found.n_files),
    )  # fmt: skip


def _seen(row: HostSearch, hosts: Iterable[Mapping[str, Any]]) -> Iterator[Seen]:
    """What hosts found for sure say of indicators: of the destination that they talked to, else of the listed address."""
    known: dict[str, int] = {}
    for host in hosts:
        if host["by"] == "nat_address" or not host["first"]:
            continue  # many used that address
        value = host["destination"] or str(row.task.details.get("address", ""))
        if value not in known:
            known[value] = _known(row, value, is_ours=not host["destination"])
        yield Seen(
            known[value], f"log: {row.file_name}", datetime.fromisoformat(host["first"]), datetime.fromisoformat(host["last"]),
            row.task.organisation_id, host["host"], host["n"], row.task_id,
        )  # fmt: skip


def _known(row: HostSearch, value: str, *, is_ours: bool) -> int:
    """The indicator of this value; told by the Task that names it when nobody told it yet."""
    kind, family = kind_of(value) or "ipv4", str(row.task.details.get("malware", ""))[:120]
    rows = Known.objects.filter(kind=kind, value=value)
    same = rows.filter(family=family).first() or rows.order_by("pk").first()
    if same is not None:
        return same.pk
    draft = Draft(kind, value, "victim" if is_ours else "hostile", family)
    told = tell_indicators(machine("logs"), [draft], row.task.subject[:120])
    return told.ids[draft.key]


def _forget(settings: Settings, row: HostSearch) -> None:
    if row.spool:
        (spool_folder(settings) / row.spool).unlink(missing_ok=True)
        actions.forget_log(row.pk)


def run_pending(settings: Settings) -> int:
    """Read what waits, and remove files that were read; gives how many were read. For the worker's loop."""
    n_done = 0
    for row in log_drops.waiting():
        try:
            n_done += advance(settings, _asker(row), row)
        except VonggacError:
            log.exception("the log %s could not be read", row.pk)
    for row in log_drops.read_ones():
        _forget(settings, row)
    return n_done


def _asker(row: HostSearch) -> Asker:
    """Who dropped the file, with what they hold now."""
    origin = Origin(row.via)
    if row.user_id is None:
        return machine(row.by_name, origin=origin)
    user = User.objects.filter(pk=row.user_id).first()
    return Asker(row.user_id, row.by_name, (), origin) if user is None else asker_of(user, origin)
