"""What the portal does beside answering: owners at a time, the audit chain, many writers, an import of everything.

Django is ready when this is imported. Run as a program (``observe``) it writes small audited actions until its standard input ends,
and tells the longest that one took: what others wait for while an import becomes visible.
"""

from __future__ import annotations

import ipaddress
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import django

django.setup()

from django.db import connection, connections  # noqa: E402
from django.db.models import F, Value  # noqa: E402
from django.db.models.functions import Concat  # noqa: E402
from measure import Cost, cost_of  # noqa: E402

from vonggac.desk.audit.actions import recording  # noqa: E402
from vonggac.desk.audit.models import Touch  # noqa: E402
from vonggac.desk.organisations.models import Organisation  # noqa: E402
from vonggac.desk.organisations.queries import all_networks, owner_at, systems  # noqa: E402
from vonggac.desk.scope.asker import machine  # noqa: E402
from vonggac.jobs.owner_at import owners_at  # noqa: E402

PROGRAM = [sys.executable, "-m", "vonggac"]
VERIFY_LIMIT_S = 3600
FAR = 10_000
"""How far down the longest list reaches."""


class Timing(NamedTuple):
    """What something took: seconds of the wall and of this processor, medians."""

    wall_s: float
    cpu_s: float


def timed(run: Callable[[], object], repeats: int) -> Timing:
    """``run`` once to warm up, then ``repeats`` times."""
    run()
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Timing(statistics.median(walls), statistics.median(cpus))


# -------------------------------------------------------------------------------------------------------------- owners


def questions(n: int, n_networks: int) -> tuple[list[str], list[datetime]]:
    """``n`` addresses, nine of ten within networks of the filling, each with a time."""
    from desk_fill import N_DAYS, START

    chance = random.Random(7)  # no secret
    addresses, times = [], []
    for _ in range(n):
        one = chance.randrange(n_networks * 16)
        v4 = f"10.{one >> 16 & 255}.{one >> 8 & 255}.{one & 255}"
        addresses.append(v4 if chance.random() < 0.9 else f"2001:db8:{chance.randrange(n_networks):x}::7")
        times.append(START + timedelta(seconds=chance.randrange(N_DAYS * 86400)))
    return addresses, times


def owners(n: int, n_networks: int, repeats: int) -> dict[str, tuple[int, Timing]]:
    """Ways to say who owned each address at its time: how many were asked, and what it took."""
    asker = machine("benchmark")
    addresses, times = questions(n, n_networks)
    few, some = min(n, 100), min(n, 500)
    return {
        "owners at a time (ours)": (n, timed(lambda: owners_at(asker, addresses, times), repeats)),
        "a query for each address": (some, timed(lambda: [owner_at(asker, *one) for one in zip(addresses[:some], times, strict=False)], repeats)),
        "each address against each network (ipaddress)": (few, timed(lambda: _row_by_row(addresses[:few], times), repeats)),
    }  # fmt: skip


def _row_by_row(addresses: list[str], times: list[datetime]) -> list[int]:
    known = [
        (ipaddress.ip_address(int(row.first, 16)), ipaddress.ip_address(int(row.last, 16)), row)
        for row in all_networks(machine("benchmark"))
    ]
    found = []
    for address, at in zip(addresses, times, strict=False):
        one = ipaddress.ip_address(address)
        key = ipaddress.ip_address(int(one) | 0xFFFF << 32) if one.version == 4 else one
        holding = [
            (int(last) - int(first), row.organisation_id)
            for first, last, row in known
            if first <= key <= last
            and (row.valid_from is None or row.valid_from <= at)
            and (row.valid_until is None or at < row.valid_until)
        ]
        found.append(min(holding)[1] if holding else 0)
    return found


# --------------------------------------------------------------------------------------------------------------- lists


def lists(repeats: int) -> dict[str, Timing]:
    """The systems far down the list, as the page reads them and as they would be read without an index of their order."""
    asker = machine("benchmark")
    far = min(FAR, systems(asker).count() // 2)
    unindexed = systems(asker).annotate(by=Concat(F("name"), Value(""))).order_by("by", "pk")
    return {
        "page far down the list of systems (ours)": timed(lambda: list(systems(asker)[far : far + 51]), repeats),
        "the same without an index": timed(lambda: list(unindexed[far : far + 51]), repeats),
    }


# --------------------------------------------------------------------------------------------------------------- audit


def verify() -> tuple[Cost, dict[str, Any]]:
    """``vonggac audit verify`` over everything: what it cost, and what it said."""
    cost = cost_of([*PROGRAM, "audit", "verify", "--json"], statuses=(0, 1))
    return cost, json.loads(cost.output)


def writers(n: int, seconds: float, *, with_chain: bool) -> float:
    """Audited transactions per second of ``n`` processes, each changing a row of its own; without the chain: a plain row instead."""
    connections.close_all()
    with multiprocessing.get_context("spawn").Pool(n) as pool:
        return sum(pool.starmap(_write, [(seconds, number, with_chain) for number in range(n)])) / seconds


def _write(seconds: float, number: int, with_chain: bool) -> int:
    from django.db import transaction

    asker = machine(f"writer {number}")
    place = Organisation.objects.order_by("pk")[number]
    rows = Organisation.objects.filter(pk=place.pk)
    until, n = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        if with_chain:
            with recording(asker, "organisations.edit", on=place, organisation_id=place.pk) as record:
                rows.update(note=f"note {n}")
                record.changed(place, {"note": f"note {n - 1}"})
        else:
            with transaction.atomic():
                rows.update(note=f"note {n}")
                Touch.objects.create(object_type="benchmark", object_id=json.dumps({"note": n}), seq=0)
        n += 1
    return n


# -------------------------------------------------------------------------------------------------------------- import


class Imported(NamedTuple):
    """An import of everything: bytes and rows of the file, cost of writing it and of taking it in, longest wait of another."""

    size: int
    n_rows: int
    export: Cost
    checking: Cost
    applying: Cost
    longest_wait_s: float


def import_everything(folder: Path) -> Imported:
    """The whole directory out into a file, then into an empty database, while somebody else writes there."""
    file = folder / "directory.zip"
    export = cost_of([*PROGRAM, "directory", "export", str(file)])
    environment = _elsewhere(folder)
    cost_of([sys.executable, "-m", "vonggac.web.manage", "migrate", "--verbosity", "0"], environment=environment)
    checking = cost_of([*PROGRAM, "directory", "import", str(file), "--json"], environment=environment)
    observer = subprocess.Popen(
        [sys.executable, __file__, "observe"],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    applying = cost_of([*PROGRAM, "directory", "import", str(file), "--apply", "--json"], environment=environment)
    told, _errors = observer.communicate()
    rows = sum(kind["rows"] for kind in json.loads(applying.output)["counts"].values())
    return Imported(file.stat().st_size, rows, export, checking, applying, float(told))


def _elsewhere(folder: Path) -> dict[str, str]:
    """The settings of an empty portal beside this one, on the same kind of database."""
    data = folder / "import"
    address = os.environ.get("VONGGAC_DATABASE", "")
    if address:
        name = "vonggac_import"
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name}")
        address = f"{address.rpartition('/')[0]}/{name}"
    return {"VONGGAC_DATA_DIR": str(data), "VONGGAC_DATABASE": address}


def observe() -> float:
    """Write small audited actions until standard input ends; the seconds that the longest took."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    asker, longest = machine("observer"), 0.0
    while not over.wait(0.02):
        begun = time.perf_counter()
        with recording(asker, "directory.export") as record:
            record.note(format="csv")
        longest = max(longest, time.perf_counter() - begun)
    return longest


if __name__ == "__main__":
    if sys.argv[1:] != ["observe"]:
        sys.exit(__doc__)
    sys.stdout.write(str(observe()))
