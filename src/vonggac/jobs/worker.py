"""The one loop of background work: a list of chores, each with its interval; one that fails stops no other."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module

from django.conf import settings as django_settings
from django.db import close_old_connections, connection, connections
from django.utils import timezone

from vonggac.config import Settings
from vonggac.desk.accounts import actions as accounts
from vonggac.desk.directives import readings
from vonggac.desk.directives.actions.proving import prove
from vonggac.desk.directives.queries import reports
from vonggac.desk.directives.queries.files import DOCX, PDF, to_make
from vonggac.desk.directives.states import FORMS
from vonggac.desk.intel.actions.indicators import expire_indicators
from vonggac.desk.intel.staging import life
from vonggac.desk.notices import actions, background
from vonggac.desk.replies import actions as replies
from vonggac.desk.scope.asker import machine
from vonggac.desk.webhooks import deliveries
from vonggac.desk.work import actions as work_actions
from vonggac.desk.work.actions.alarms import AT_ONCE
from vonggac.desk.work.queries import log_drops
from vonggac.jobs import anchors, webhooks
from vonggac.jobs.deliver import Courier

log = logging.getLogger(__name__)

BEAT_S = 10.0
TICK_S = 0.5
LONGEST_S = 1800.0
"""A chore that takes longer counts as stuck: the heart stops."""


@dataclass
class Work:
    """What chores are given. ``stop`` is set when the worker shall end."""

    settings: Settings
    courier: Courier
    stop: threading.Event = field(default_factory=threading.Event)
    resting: dict[tuple[int, str], float] = field(default_factory=dict)
    """Files of letters that could not be made (id, part), and until when they are left alone on the monotonic clock."""
    failing: set[str] = field(default_factory=set)
    doing: tuple[str, float] = ("", 0.0)
    """The chore in hand, and since when on the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Chore:
    """``once``: one worker does it for all, so its next time stands in the database; else each worker does, at its own pace."""

    name: str
    every: timedelta
    do: Callable[[Work], object]
    once: bool = True


def _deliver(work: Work) -> None:
    work.courier.round(work.stop.is_set)


def _import(work: Work) -> None:
    from vonggac.jobs import directory_import

    directory_import.run_pending(work.settings)


def _letters(work: Work) -> None:
    if readings.pending():
        from vonggac.jobs import letter_arrival

        letter_arrival.run_pending(work.settings)


def _find_hosts(work: Work) -> None:
    if log_drops.waiting().exists() or log_drops.read_ones().exists():
        from vonggac.jobs import find_hosts  # brings the detectors along, 200 MB that a quiet worker does without

        find_hosts.run_pending(work.settings)


def _confirm_networks(_work: Work) -> None:
    from vonggac.jobs import network_confirmation

    network_confirmation.run(machine("networks"), timezone.now())


def _lists(work: Work) -> None:
    if life.pending() or life.finished():
        from vonggac.jobs import list_import  # as above

        list_import.run_pending(work.settings)


def _clocks(_work: Work) -> None:
    work_actions.look_again()
    while work_actions.ring(machine("clocks")) == AT_ONCE:
        pass


def _anchor(work: Work) -> None:
    anchors.run(work.settings, timezone.now())


def _sweep_evidence(work: Work) -> None:
    from vonggac.jobs import evidence_store

    evidence_store.sweep(work.settings)


def _webhooks(work: Work) -> None:
    webhooks.Runner(work.settings).round(work.stop.is_set)


def _expire(_work: Work) -> None:
    expire_indicators(machine("clocks"))


def _prove(_work: Work) -> None:
    prove(machine("proofs"))


def _clear_old(_work: Work) -> None:
    actions.clear_old(machine("housekeeping"))
    deliveries.clear_old(timezone.now())


def _clear_accounts(_work: Work) -> None:
    accounts.clear_old(machine("housekeeping"))


def _clear_replies(_work: Work) -> None:
    replies.forget_old(timezone.now())


def _clear_sessions(_work: Work) -> None:
    import_module(django_settings.SESSION_ENGINE).SessionStore.clear_expired()


def _letter_files(work: Work) -> None:
    if any(to_make(part, FORMS).exists() for part in (DOCX, PDF)):
        from vonggac.jobs import letter_files  # brings along what makes documents

        letter_files.Maker(work.settings, work.resting).round(work.stop.is_set)


def _letter_reports(work: Work) -> None:
    if reports.to_make().exists():
        from vonggac.jobs import letter_report  # as above

        letter_report.run_pending(work.settings)


CHORES = (
    Chore("letter_files", timedelta(seconds=3), _letter_files),  # before what sends them
    Chore("letter_reports", timedelta(seconds=2), _letter_reports, once=False),
    Chore("deliver", timedelta(seconds=3), _deliver, once=False),
    Chore("import", timedelta(seconds=5), _import, once=False),
    Chore("letters", timedelta(seconds=3), _letters, once=False),
    Chore("find_hosts", timedelta(seconds=5), _find_hosts, once=False),
    Chore("confirm_networks", timedelta(days=1), _confirm_networks),
    Chore("lists", timedelta(seconds=5), _lists, once=False),
    Chore("clocks", timedelta(minutes=1), _clocks),
    Chore("webhooks", timedelta(seconds=3), _webhooks, once=False),
    Chore("prove_answers", timedelta(minutes=5), _prove),
    Chore("expire_indicators", timedelta(minutes=5), _expire),
    Chore("anchor", timedelta(hours=1), _anchor),  # makes one a day; asked hourly, so that none is missed
    Chore("sweep_evidence", timedelta(hours=6), _sweep_evidence),
    Chore("clear_old", timedelta(days=1), _clear_old),
    Chore("clear_accounts", timedelta(days=1), _clear_accounts),
    Chore("clear_replies", timedelta(hours=6), _clear_replies),
    Chore("clear_sessions", timedelta(hours=6), _clear_sessions),
)


def run(settings: Settings, stop: threading.Event | None = None, chores: tuple[Chore, ...] = CHORES) -> None:
    """Do chores until SIGTERM, SIGINT or ``stop``; the message in hand is finished first. Django is set up by the caller."""
    work = Work(settings, Courier(settings), stop or threading.Event())
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: work.stop.set())
    log.info("the worker begins")
    threading.Thread(target=_pulse, args=(work,), daemon=True).start()
    due = {chore.name: 0.0 for chore in chores}
    beat = 0.0
    while not work.stop.is_set():
        if time.monotonic() >= beat:
            _guarded("beat", background.beat)
            beat = time.monotonic() + BEAT_S
        for chore in chores:
            if not work.stop.is_set() and time.monotonic() >= due[chore.name]:
                work.doing = (chore.name, time.monotonic())
                _turn(chore, work)
                work.doing = ("", 0.0)
                due[chore.name] = time.monotonic() + min(chore.every.total_seconds(), 60.0)
        work.stop.wait(TICK_S)
    _guarded("stop", background.stopped)
    connections.close_all()
    log.info("the worker ends")


def _pulse(work: Work) -> None:
    """Beat for a chore that takes long, as the loop itself does between short ones."""
    while not work.stop.wait(BEAT_S):
        name, since = work.doing
        if name and BEAT_S <= time.monotonic() - since <= LONGEST_S:
            _guarded("beat", lambda: background.beat(work.doing[0]))
            connection.close()


def _turn(chore: Chore, work: Work) -> None:
    """Do the chore if it is due; what goes wrong is logged and kept for those who look."""
    close_old_connections()
    is_shared = chore.once
    try:
        if is_shared and not background.take(chore.name, chore.every):
            return
        if is_shared:
            background.beat(chore.name)
        chore.do(work)
        fault = ""
    except Exception as error:  # every other chore goes on
        log.exception("the chore %s failed", chore.name)
        fault = f"{type(error).__name__}: {error}"
        close_old_connections()
    if is_shared or fault or chore.name in work.failing:
        (work.failing.add if fault else work.failing.discard)(chore.name)
        _guarded(chore.name, lambda: background.ended(chore.name, chore.every, fault))
    if is_shared:
        _guarded("beat", background.beat)


def _guarded(name: str, write: Callable[[], object]) -> None:
    """Write where the database lets us; when it does not, the log says so and the next round tries again."""
    try:
        write()
    except Exception:  # the database is away: the loop must outlive that
        log.exception("%s could not be written", name)
        close_old_connections()
