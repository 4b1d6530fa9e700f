"""The audit record at size: writing with many writers, walking the whole chain, the pages that read it.

    python benchmarks/bench_audit.py fill N          # N entries, made by the program's own chain, in an empty database
    python benchmarks/bench_audit.py verify          # seconds, entries per second, memory
    python benchmarks/bench_audit.py write W S       # W processes that write for S seconds: transactions per second
    python benchmarks/bench_audit.py read            # the list by filters: p50 and p95 of each, in ms

``VONGGAC_DATA_DIR`` or ``VONGGAC_DATABASE`` says which database; it is migrated first. ``fill`` writes the rows past the models,
a thousand at a time, since one by one two million take an hour; ``verify`` then walks what any program would have left.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402

from vonggac.desk.audit import chain, queries  # noqa: E402
from vonggac.desk.audit.actions import recording  # noqa: E402
from vonggac.desk.audit.models import Detail, Entry, Head  # noqa: E402
from vonggac.desk.audit.queries import Filters  # noqa: E402
from vonggac.desk.audit.titles import ACTIONS  # noqa: E402
from vonggac.desk.audit.verify import verify  # noqa: E402
from vonggac.desk.organisations.models import Organisation  # noqa: E402
from vonggac.desk.scope.asker import Asker, Held, machine  # noqa: E402
from vonggac.desk.scope.models import Reach  # noqa: E402
from vonggac.desk.searching import search_form  # noqa: E402

N_ORGANISATIONS = 2000
N_PEOPLE = 500


def organisations() -> list[int]:
    """2,000 organisations under 40 under one, with their reach."""
    if not Organisation.objects.exists():
        made = [
            Organisation(code=f"B{n}", kind="agency", name=f"Xã Số {n}", folded=f"b{n} xa so {n}")
            for n in range(N_ORGANISATIONS)
        ]
        made = Organisation.objects.bulk_create(made)
        above = {n: {n, 0} | ({1 + n % 40} if n > 40 else set()) for n in range(N_ORGANISATIONS)}
        Reach.objects.bulk_create(
            [Reach(ancestor=made[up], descendant=made[n]) for n, ups in above.items() for up in sorted(ups)]
        )
    return list(Organisation.objects.order_by("pk").values_list("pk", flat=True))


def rows(n: int, places: list[int]) -> Iterator[tuple[Entry, Detail]]:
    """Entries as a year of work leaves them, the chain whole."""
    chance = random.Random(1)
    before, at = chain.START, datetime(2025, 12, 1, tzinfo=UTC)
    actions = sorted(ACTIONS)
    for seq in range(1, n + 1):
        at += timedelta(microseconds=chance.randrange(30_000_000))
        person, place = chance.randrange(N_PEOPLE), chance.choice(places)
        name, label = f"Nguyễn Văn Người {person}", f"Xã Số {place}"
        change = {"type": "organisations.organisation", "id": place, "label": label,
                  "before": {"note": f"ghi chú {seq}", "version": 3}, "after": {"note": f"ghi chú mới {seq}", "version": 4}}  # fmt: skip
        origin = {"address": f"198.51.100.{person % 250}", "agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140",
                  "session": f"{person:016x}"}  # fmt: skip
        content = chain.canonical({"actor": name, "label": label, "changes": [change], **origin})
        salt = f"{chance.getrandbits(128):032x}"
        entry = Entry(seq=seq, at=at, actor_id=person, via="web", action=chance.choice(actions),
                      object_type=change["type"], object_id=str(place), organisation_id=place, n_objects=1,
                      detail_hash=chain.detail_hash(salt, content))  # fmt: skip
        values = [getattr(entry, field) for field in chain.FIELDS]
        values[1] = chain.microseconds(at)
        before = entry.hash = chain.link(before, tuple(values))
        yield entry, Detail(entry_id=seq, salt=salt, folded=search_form(name, label), content=content)


def fill(n: int) -> None:
    """Fill an empty record."""
    places = organisations()
    made = rows(n, places)
    last: Entry | None = None
    while pairs := list(islice(made, 1000)):
        with transaction.atomic():
            Entry.objects.bulk_create([entry for entry, _detail in pairs])
            Detail.objects.bulk_create([detail for _entry, detail in pairs])
            last = pairs[-1][0]
            Head.objects.update_or_create(pk=1, defaults={"seq": last.seq, "hash": last.hash})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def walk() -> None:
    """Walk the chain once."""
    begun, cpu = time.perf_counter(), time.process_time()
    verdict = verify()
    wall_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{verdict.n_entries:,} entries, whole: {verdict.is_whole}, {wall_s:.1f} s, {cpu_s:.1f} s of this processor, "
          f"{verdict.n_entries / wall_s:,.0f} entries/s, at most {peak:,.0f} MiB")  # fmt: skip


def one_writer(seconds: float, number: int) -> int:
    """Write until the time is over; gives how many."""
    connections.close_all()
    asker = machine(f"writer {number}")
    place = Organisation.objects.order_by("pk")[number]
    until, n = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        with recording(asker, "organisations.edit", on=place, organisation_id=place.pk) as record:
            Organisation.objects.filter(pk=place.pk).update(note=f"note {n}")
            record.changed(place, {"note": f"note {n - 1}"})
        n += 1
    return n


def write(n_writers: int, seconds: float) -> None:
    """Several processes at once, each changing a row of its own."""
    organisations()
    connections.close_all()
    with multiprocessing.get_context("spawn").Pool(n_writers) as pool:
        counts = pool.starmap(one_writer, [(seconds, number) for number in range(n_writers)])
    print(f"{n_writers} writers: {sum(counts) / seconds:,.0f} transactions/s, {min(counts)}–{max(counts)} each")


def read() -> None:
    """The list by filters, as leaders and auditors ask for it."""
    places = organisations()
    newest = Entry.objects.order_by("-seq").values_list("at", flat=True).first()
    everywhere, one, part = (Asker(1, "a", (Held("auditor", where),)) for where in (None, places[50], places[1]))
    top = Asker(1, "a", (Held("leader", places[0]),))
    place = Organisation.objects.get(pk=places[70])
    cases: dict[str, Callable[[], object]] = {
        "everything": lambda: queries.entries(everywhere, Filters()),
        "far back": lambda: queries.entries(everywhere, Filters(), before=1000),
        "one organisation": lambda: queries.entries(everywhere, Filters(organisation_id=places[70])),
        "one action": lambda: queries.entries(everywhere, Filters(action="people.add")),
        "one noun": lambda: queries.entries(everywhere, Filters(action="organisations")),
        "one person": lambda: queries.entries(everywhere, Filters(actor_id=7)),
        "one day, half a year ago": lambda: queries.entries(
            everywhere, Filters(since=newest - timedelta(days=180), until=newest - timedelta(days=179))
        ),
        "one person, in a month": lambda: queries.entries(
            everywhere, Filters(actor_id=7, since=newest - timedelta(days=180), until=newest - timedelta(days=150))
        ),
        "text, found": lambda: queries.entries(everywhere, Filters(text="người 77")),
        "text, not found": lambda: queries.entries(everywhere, Filters(text="không có ai")),
        "seen on one": lambda: queries.entries(one, Filters()),
        "seen on 50": lambda: queries.entries(part, Filters()),
        "seen on 50, one action": lambda: queries.entries(part, Filters(action="people.add")),
        "seen on 2,000": lambda: queries.entries(top, Filters()),
        "seen on 2,000, one person": lambda: queries.entries(top, Filters(actor_id=7)),
        "history of one": lambda: queries.history_of(everywhere, place),
        "history of one, seen on 2,000": lambda: queries.history_of(top, place, permission="organisations.view"),
        "stream": lambda: queries.steps_after(queries.last_seq() - 100, 1000),
    }
    for name, case in cases.items():
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            case()
            times.append((time.perf_counter() - begun) * 1000)
        print(f"{name:36} p50 {statistics.median(times):7.1f} ms   p95 {sorted(times)[18]:7.1f} ms")


def main() -> None:
    """One of the four."""
    call_command("migrate", verbosity=0)
    verb, *given = sys.argv[1:] or ["help"]
    if verb == "fill":
        fill(int(given[0]))
    elif verb == "verify":
        walk()
    elif verb == "write":
        write(int(given[0]), float(given[1]))
    elif verb == "read":
        read()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
