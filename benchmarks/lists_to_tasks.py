"""A list of 100,000 rows becomes the work of 60 organisations, while somebody else keeps writing.

    python benchmarks/lists_to_tasks.py                                                   # SQLite
    tools/postgres run -- python benchmarks/lists_to_tasks.py --database postgresql       # PostgreSQL
    python benchmarks/lists_to_tasks.py --rows 5000 --form xlsx --profile                 # a small one, and where the time goes

Told apart: reading the file, writing its rows (with whose each address was at its time), staging the Tasks, publishing; the longest write
transaction, and the longest that another writer (small audited actions, one after the other) had to wait. Then the same file again,
the next version with its re-check, and beside it the usual way of such pipelines: one row at a time through all stages.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import io
import os
import pstats
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from desk_load import environment_of

GOAL_S = 5.0
HEADER = ("STT", "Đơn vị", "Địa chỉ IP", "Thời gian", "Cổng nguồn", "IP đích", "Cổng đích", "Mã độc")
FAMILIES = (
    "Mirai",
    "Gafgyt",
    "Conficker",
    "Avalanche-Andromeda",
    "Necurs",
    "Ramnit",
    "Sality",
    "Backdoor:Linux/Mirai.B!MTB",
)
NETWORK_SIZE = 4096
NAIVE_ROWS = 300


def say(text: str) -> None:
    """One line, at once."""
    print(text, flush=True)


def rows_of(n: int, n_organisations: int, *, seed: int = 3, day: int = 20) -> list[tuple[str, ...]]:
    """``n`` rows: addresses of every organisation and, one of fifty, of nobody; as many distinct ones as there are rows."""
    chance = random.Random(seed)  # no secret
    space = n_organisations * NETWORK_SIZE
    places = chance.sample(range(space), min(n, space)) + [chance.randrange(space) for _ in range(n - space)]
    found = []
    for number, place in enumerate(places, start=1):
        outside = "11" if number % 50 == 0 else "10"
        address = f"{outside}.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}"
        at = datetime(2026, 10, day, tzinfo=UTC) + timedelta(seconds=chance.randrange(5 * 86_400))
        found.append(
            (str(number), "", f"100{address[2:]}" if outside == "11" else f"20{address[2:]}", f"{at:%d/%m/%Y %H:%M:%S}",
             str(chance.randrange(1024, 65_000)), f"203.0.113.{chance.randrange(1, 40)}", "443", chance.choice(FAMILIES))
        )  # fmt: skip
    return found


def file_of(rows: Sequence[tuple[str, ...]], form: str) -> bytes:
    """The rows as an office program writes them."""
    if form == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([HEADER, *rows])
        return text.getvalue().encode("utf-8-sig")
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (HEADER, *rows):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def province(n: int) -> None:
    """``n`` organisations, each with one network of public addresses."""
    from vonggac.desk.organisations import actions
    from vonggac.desk.scope.asker import machine

    asker, since = machine("benchmark"), datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(n):
        row = actions.create_organisation(
            asker, code=f"K{number:03}", kind="commune", name=f"Xã Mẫu {number}", valid_from=since
        )
        first = number * NETWORK_SIZE
        text = f"20.{first >> 16}.{first >> 8 & 255}.{first & 255}/20"
        actions.add_network(asker, row.pk, text=text, valid_from=since)
        actions.add_contact(asker, row.pk, channel="email", value=f"k{number}@mau.example", valid_from=since)


@contextmanager
def longest_transaction() -> Iterator[list[float]]:
    """The seconds that the longest outermost transaction held, from its beginning to its end."""
    from django.db import transaction

    found, begun = [0.0], [0.0]
    enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__

    def entered(self: Any) -> None:
        was_in = transaction.get_connection(self.using).in_atomic_block
        enter(self)
        if not was_in:
            begun[0] = time.perf_counter()

    def left(self: Any, *error: Any) -> None:
        leave(self, *error)
        if not transaction.get_connection(self.using).in_atomic_block:
            found[0] = max(found[0], time.perf_counter() - begun[0])

    transaction.Atomic.__enter__, transaction.Atomic.__exit__ = entered, left  # type: ignore[method-assign]
    try:
        yield found
    finally:
        transaction.Atomic.__enter__, transaction.Atomic.__exit__ = enter, leave  # type: ignore[method-assign]


class Watch:
    """How long each step took, in the order in which they were begun."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def over(self, module: Any, name: str, title: str) -> None:
        """Measure every call of a function of a module."""
        inner = getattr(module, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds[title] = self.seconds.get(title, 0.0) + time.perf_counter() - begun

        setattr(module, name, timed)

    def told(self) -> str:
        """All steps since the last time."""
        text = ", ".join(f"{title} {seconds:.2f} s" for title, seconds in self.seconds.items())
        self.seconds.clear()
        return text


@contextmanager
def another_writer() -> Iterator[list[float]]:
    """Somebody who writes small audited actions meanwhile; afterwards the longest that one took."""
    found = [0.0]
    program = [sys.executable, str(Path(__file__).with_name("desk_measures.py")), "observe"]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(3.0)  # until it writes
    try:
        yield found
    finally:
        found[0] = float(process.communicate("", timeout=60)[0])


def take(parent: Any, data: bytes, name: str) -> Any:
    """A file received, read, confirmed, published; without the re-check, which the worker does later."""
    from django.conf import settings as django_settings

    from vonggac.desk.intel import actions
    from vonggac.desk.intel.models import ListVersion
    from vonggac.desk.scope.asker import machine
    from vonggac.jobs import list_import, spool

    settings, asker = django_settings.VONGGAC, machine("benchmark")
    taken = spool.Spool(settings, spool.UPLOAD_LIMIT)
    taken.write(data)
    row = list_import.receive(settings, asker, parent.pk, taken.done(), name)
    if row.is_repeated:
        return row
    list_import.advance(settings, asker, row)
    row = ListVersion.objects.get(pk=row.pk)
    actions.confirm(asker, row.pk, row.version)
    list_import.advance(settings, asker, row)
    return ListVersion.objects.get(pk=row.pk)


def naive(rows: Sequence[tuple[str, ...]], parent: Any) -> float:
    """Rows per second, each through all stages by itself: read, looked up, deduplicated, opened, told. Nothing is shared between rows."""
    from django.conf import settings as django_settings

    from vonggac.config import zone_from
    from vonggac.desk.organisations.queries import owner_at
    from vonggac.desk.scope.asker import machine
    from vonggac.desk.work.actions import Draft, open_task
    from vonggac.desk.work.models import Task
    from vonggac.detectors.indicators.lists import read_list

    asker, zone = machine("benchmark"), zone_from(django_settings.VONGGAC.zone)
    begun = time.perf_counter()
    for row in rows:
        (victim, *_others) = read_list(file_of([row], "csv"), "ds.csv", zone=zone, role="victim").indicators
        at = datetime.fromtimestamp((victim.last_seen or 0) / 1e6, UTC)
        held = owner_at(asker, victim.value, at)
        if held and not Task.objects.filter(value=victim.value, organisation=held[0].organisation, batch_id=0).exists():
            details = {"address": victim.value, "malware": f"{victim.malware} {parent.code}", "port": victim.port}
            open_task(asker, Draft("clean_address", held[0].organisation_id, victim.value, victim.value, details))
    return len(rows) / (time.perf_counter() - begun)


def profiled(run: Callable[[], Any], *, is_wanted: bool) -> Any:
    """``run``, with the functions that took the most when that is wanted."""
    if not is_wanted:
        return run()
    profile = cProfile.Profile()
    found = profile.runcall(run)
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)
    return found


def measure(options: argparse.Namespace) -> None:
    """Everything, once."""
    from vonggac.desk.intel import actions
    from vonggac.desk.intel.staging import applying, looking_again
    from vonggac.desk.intel.staging import rows as staged
    from vonggac.desk.scope.asker import machine
    from vonggac.desk.work.models import Task
    from vonggac.jobs import list_import, list_recheck, list_rows

    province(options.organisations)
    watch, asker = Watch(), machine("benchmark")
    for module, name, title in (
        (list_import, "read_list", "reading the file"), (list_rows, "make", "whose, since when, how urgent"), (staged, "write", "writing rows"),
        (applying, "stage_all", "staging Tasks"), (applying, "show", "publishing"),
        (list_recheck, "tell_indicators", "(later) indicators"), (looking_again, "look_again", "(later) re-check"),
    ):  # fmt: skip
        watch.over(module, name, title)
    small = actions.create_list(asker, code="warm", name="Làm nóng")
    take(small, file_of(rows_of(500, options.organisations, seed=9), options.form), f"w.{options.form}")
    watch.seconds.clear()
    parent = actions.create_list(asker, code="botnet", name="Danh sách IP botnet")
    first = rows_of(options.rows, options.organisations)
    again = first[: len(first) // 2] + rows_of(len(first) // 2, options.organisations, seed=4, day=25)
    for title, rows in (("first version", first), ("the next one, half of it new", again)):
        data, n_before = file_of(rows, options.form), Task.objects.count()
        with another_writer() as waited, longest_transaction() as longest:
            begun, cpu = time.perf_counter(), time.process_time()
            row = profiled(lambda data=data: take(parent, data, f"ds.{options.form}"), is_wanted=options.profile)  # type: ignore[misc]
            whole, used = time.perf_counter() - begun, time.process_time() - cpu
        later = sum(seconds for step, seconds in watch.seconds.items() if step.startswith("(later)"))
        say(f"{title}: {row.state}, {row.counts['rows']} rows, {Task.objects.count() - n_before} Tasks: {whole - later:.2f} s until it is "
            f"published (goal {GOAL_S:.0f} s; with what comes later {used:.2f} s of processor); {watch.told()}")  # fmt: skip
        say(
            f"  longest write transaction {longest[0] * 1000:.0f} ms; another writer waited {waited[0] * 1000:.0f} ms at most"
        )
    begun = time.perf_counter()
    row = take(parent, file_of(again, options.form), "lai.csv")
    say(
        f"the same file again: {'nothing done' if row.is_repeated else 'done anew'} in {time.perf_counter() - begun:.2f} s"
    )
    speed = naive(rows_of(NAIVE_ROWS, options.organisations, seed=5), parent)
    say(f"one row at a time through all stages: {speed:.0f} rows/s, {options.rows / speed:.0f} s for {options.rows}")


def main(words: Sequence[str] | None = None) -> None:
    """Make a portal, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--organisations", type=int, default=60)
    parser.add_argument("--form", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args(words)
    address = os.environ.get("DESK_TEST_DATABASE", "") if options.database == "postgresql" else ""
    if options.database == "postgresql" and not address:
        parser.error(
            "PostgreSQL is named by DESK_TEST_DATABASE: tools/postgres run -- python benchmarks/lists_to_tasks.py ..."
        )
    with tempfile.TemporaryDirectory(prefix="vonggac-lists-") as folder:
        os.environ.update(environment_of(Path(folder) / "data", address))
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        say(f"{options.database}, {options.form}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        measure(options)


if __name__ == "__main__":
    main()
