"""A letter at size: issued, answered by many at once through the portal, its table read meanwhile, its report made.

    python benchmarks/bench_letter.py --quick                                     # a small letter, some seconds
    python benchmarks/bench_letter.py                                             # 150 recipients, 14 clauses, 60 at once, SQLite
    tools/postgres run -- python benchmarks/bench_letter.py --database postgresql
    python benchmarks/bench_letter.py --folder DIR --only table report            # once more, on what DIR holds already

A portal as ``vonggac up`` starts it. ``answers``: sessions that read their form and then answer clause by clause with some thinking
between, while the leader reads the table every two seconds. ``burst``: all press “send” with all their clauses at the same moment.
The times are the server's own, from the portal's log. ``table``: the query and the page beside the plain way, a record at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from desk_load import MARK, Browser, Portal, environment_of, running

from desk import quantile, say

GOAL_ANSWER_MS, GOAL_TABLE_MS, GOAL_REPORT_S = 300.0, 100.0, 10.0
PHASES = ("answers", "burst", "table", "report")
TABLE_EVERY_S = 2.0


def prepare(options: argparse.Namespace, folder: Path) -> None:
    """A database with a letter that is issued."""
    os.environ.update(environment_of(folder / "data", options.address))
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from letter_fill import fill

    from vonggac.desk.directives.models import Letter

    call_command("migrate", verbosity=0)
    if Letter.objects.exists():
        say(f"{folder} is filled already")
        return
    filled = fill(options.recipients, options.clauses)
    say(
        f"issue of a letter to {options.recipients} recipients with {options.clauses} clauses "
        f"({options.recipients * options.clauses} tasks and the messages): {filled.issue_s:.2f} s"
    )
    connection.close()


def cast() -> dict[str, Any]:
    """Sessions, made by a process of its own: signing in belongs to no measured process."""
    code = "import django, json, sys; django.setup()\nfrom letter_cast import cast\njson.dump(cast(), sys.stdout)\n"
    made = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parent)
    return json.loads(made.stdout)  # type: ignore[no-any-return]


class Answering:
    """Many who answer at once, and a leader who reads the table; each request with an id that the portal's log knows."""

    def __init__(self, portal: Portal, people: dict[str, Any]) -> None:
        self.portal, self.people = portal, people
        self.labels: dict[str, str] = {}
        self.problems: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._over = threading.Event()

    def ask(self, browser: Browser, label: str, path: str, **more: Any) -> None:
        """One request that is measured."""
        with self._lock:
            one = f"{MARK}-{os.getpid()}-{len(self.labels):07}"
            self.labels[one] = label
        status, body = browser.ask(path, one, **more)
        if not 200 <= status < 300:
            with self._lock:
                self.problems[f"{label}: {status} {body[:120]!r}"] += 1

    def browser(self, who: Mapping[str, Any]) -> Browser:
        """A browser of somebody who is signed in."""
        return Browser(self.portal.port, {"Cookie": who["cookie"], "X-CSRFToken": who["csrf"]})

    def run(
        self, rows: Sequence[dict[str, Any]], sessions: int, work: Callable[[Browser, dict[str, Any]], None]
    ) -> float:
        """``work`` with each of ``rows``, ``sessions`` at a time, while the leader reads the table; gives the seconds."""
        waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        for row in rows:
            waiting.put(row)

        def one() -> None:
            while True:
                try:
                    row = waiting.get_nowait()
                except queue.Empty:
                    return
                work(self.browser(row), row)

        threads = [threading.Thread(target=one, daemon=True) for _ in range(min(sessions, len(rows)))]
        reader = threading.Thread(target=self._read, daemon=True)
        begun, cpu, n = time.perf_counter(), self.portal.cpu_s(), len(self.labels)
        for thread in (reader, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        lasted = time.perf_counter() - begun
        used = self.portal.cpu_s() - cpu
        say(
            f"{used / max(len(self.labels) - n, 1) * 1000:.0f} ms of processor for each request, load {os.getloadavg()[0]:.1f}"
        )
        self._over.set()
        reader.join()
        self._over.clear()
        return lasted

    def _read(self) -> None:
        browser = self.browser(self.people["leader"])
        while True:
            self.ask(browser, "the table, meanwhile", f"/letters/{self.people['letter']}/table")
            if self._over.wait(TABLE_EVERY_S):
                return

    def tell(self) -> None:
        """What the server took."""
        answers, found = self.portal.answers(), defaultdict[str, list[float]](list)
        for one, label in self.labels.items():
            if one in answers:
                found[label].append(answers[one][1])
        for label, values in found.items():
            say(f"{label:<44} {len(values):>5} p50 {statistics.median(values):>6.0f} p95 {quantile(values, 0.95):>6.0f} "
                f"max {max(values):>6.0f} ms")  # fmt: skip
        for problem, times in self.problems.most_common(10):
            say(f"  not answered: {problem} ({times} times)")
        self.labels.clear()
        self.problems.clear()


def answers(load: Answering, options: argparse.Namespace, rows: Sequence[dict[str, Any]]) -> None:
    """Clause by clause, with thinking; a form is read first."""
    chance = random.Random(9)  # no secret

    def work(browser: Browser, row: dict[str, Any]) -> None:
        time.sleep(chance.uniform(0, options.think))
        load.ask(browser, "the form of a recipient", f"/letters/received/{row['recipient']}/")
        for answer in row["answers"]:
            time.sleep(chance.uniform(0.5, 1.5) * options.think)
            body = {"answers": [answer]}
            load.ask(
                browser,
                "an answer to a clause",
                f"/api/v1/letters/received/{row['recipient']}/answer",
                method="POST",
                body=body,
            )

    lasted = load.run(rows, options.sessions, work)
    say(
        f"{len(rows)} recipients, {options.sessions} at once, thinking {options.think:.1f} s on average: {lasted:.0f} s"
    )
    load.tell()


def burst(load: Answering, options: argparse.Namespace, rows: Sequence[dict[str, Any]]) -> None:
    """All at the same moment, each all of its clauses in one."""
    ready = threading.Barrier(min(options.sessions, len(rows)))

    def work(browser: Browser, row: dict[str, Any]) -> None:
        ready.wait(60)
        label = "all clauses at once, everybody together"
        load.ask(
            browser,
            label,
            f"/api/v1/letters/received/{row['recipient']}/answer",
            method="POST",
            body={"answers": row["answers"]},
        )

    some = rows[: min(options.sessions, len(rows))]
    lasted = load.run(some, options.sessions, work)
    say(
        f"{len(some)} recipients send all of {options.clauses} clauses at the same moment: all kept after {lasted:.1f} s"
    )
    load.tell()


def serve(options: argparse.Namespace, folder: Path) -> None:
    """Both ways of answering through a portal; then the table page alone."""
    people = cast()
    rows = people["people"]
    with running(folder / "data", options.address) as portal:
        load = Answering(portal, people)
        for path in (f"/letters/{people['letter']}/table", f"/letters/received/{rows[0]['recipient']}/") * 4:
            load.ask(load.browser(people["leader"]), "to warm up", path)
        load.labels.clear()
        together = rows[-options.sessions :] if "burst" in options.only else []
        alone = rows[: len(rows) - len(together)] if "answers" in options.only else []
        if len(rows) <= options.sessions:  # a small letter: half and half
            alone, together = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        if alone and "answers" in options.only:
            answers(load, options, alone)
        if together and "burst" in options.only:
            burst(load, options, together)
        leader = load.browser(people["leader"])
        for _ in range(options.repeats * 4):
            load.ask(leader, "the table, alone", f"/letters/{people['letter']}/table")
        load.tell()


# ------------------------------------------------------------------------------------------------------ beside the plain way


def naive(letter: Any, now: Any) -> dict[str, Any]:
    """The table as everybody would write it first: a query for each recipient and clause, and one for each answer."""
    from vonggac.desk.directives.models import Clause, Recipient
    from vonggac.desk.work.kinds import BY_NAME
    from vonggac.desk.work.models import Answer, Task

    sums: Counter[str] = Counter()
    rows = []
    for recipient in Recipient.objects.filter(letter=letter, role="action").order_by("n"):
        cells = []
        for clause in Clause.objects.filter(letter=letter).exclude(kind="").order_by("n"):
            tasks = Task.objects.filter(
                batch_id=letter.batch_id, organisation_id=recipient.organisation_id, details__clause=clause.pk
            )
            for task in tasks:
                answer = Answer.objects.filter(task=task).order_by("-pk").first()
                cells.append((task.state, task.result, task.proof, task.is_binding and task.due_at <= now))
                if answer is not None and answer.result in BY_NAME[task.kind].final and answer.verdict != "returned":
                    sums.update({name: n for name, n in answer.values.items() if isinstance(n, int)})
        rows.append((recipient.name, cells))
    return {"rows": rows, "sums": sums}


def timed(run: Callable[[], object], repeats: int) -> float:
    """The median of ``repeats`` runs in seconds, after one to warm up."""
    run()
    found = []
    for _ in range(repeats):
        begun = time.perf_counter()
        run()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def table(options: argparse.Namespace) -> None:
    """The query beside the plain way; both must tell the same sums."""
    from django.utils import timezone
    from letter_fill import answer_all, leader

    from vonggac.desk.directives.models import Letter
    from vonggac.desk.directives.queries.table import table as ours
    from vonggac.desk.work.models import Answer

    row = Letter.objects.filter(form="cong_van").get()
    if not Answer.objects.exists():
        say(f"{answer_all(row)} answers written in bulk")
    asker, now = leader(), timezone.now()
    fast = timed(lambda: ours(asker, row), options.repeats)
    begun = time.perf_counter()
    told = naive(row, now)
    slow = time.perf_counter() - begun
    found = ours(asker, row)
    summed: Counter[str] = Counter()
    for (_clause, name), n in found.total.counts.items():
        summed[name] += n
    same = "the same sums" if summed == told["sums"] else "OTHER SUMS"
    say(f"the table of {len(found.lines)} recipients and {len(found.columns)} clauses: {fast * 1000:.0f} ms; "
        f"a record at a time {slow * 1000:.0f} ms, {slow / max(fast, 1e-9):.0f} x ours; {same}")  # fmt: skip


def report() -> None:
    """The report as DOCX, and as PDF where LibreOffice is there."""
    from vonggac.desk.directives.actions.reporting import begin_report
    from vonggac.desk.directives.models import Letter
    from vonggac.desk.scope.asker import machine
    from vonggac.documents import pdf
    from vonggac.jobs.letter_report import docx_of

    row = Letter.objects.filter(form="cong_van").get()
    begun = time.perf_counter()
    made = begin_report(machine("benchmark"), row.pk)
    drafted = time.perf_counter() - begun
    begun = time.perf_counter()
    data = docx_of(made)
    docx_s = time.perf_counter() - begun
    say(f"the report: drafted in {drafted:.1f} s, DOCX in {docx_s:.1f} s ({len(data) / 1e3:.0f} kB)")
    if not pdf.is_there():
        say("no LibreOffice here: no PDF is made")
        return
    begun = time.perf_counter()
    data = pdf.to_pdf(data)
    say(f"the report as PDF in {time.perf_counter() - begun:.1f} s ({len(data) / 1e3:.0f} kB)")


def main(words: Sequence[str] | None = None) -> None:
    """Issue, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="6 recipients, 4 clauses, 3 at once")
    parser.add_argument("--recipients", type=int, default=0, help="150 (quick: 6)")
    parser.add_argument("--clauses", type=int, default=0, help="14 (quick: 4)")
    parser.add_argument("--sessions", type=int, default=0, help="how many answer at once: 60 (quick: 3)")
    parser.add_argument("--think", type=float, default=0, help="seconds before each answer, on average: 5 (quick: 0.1)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keep the data there, and use what it holds")
    parser.add_argument("--only", nargs="+", choices=PHASES, default=PHASES)
    options = parser.parse_args(words)
    for name, whole, quick in (("recipients", 150, 6), ("clauses", 14, 4), ("sessions", 60, 3), ("think", 5.0, 0.1)):
        setattr(options, name, getattr(options, name) or (quick if options.quick else whole))
    options.address = os.environ.get("DESK_TEST_DATABASE", "") if options.database == "postgresql" else ""
    if options.database == "postgresql" and not options.address:
        parser.error(
            "PostgreSQL is named by DESK_TEST_DATABASE: tools/postgres run -- python benchmarks/bench_letter.py ..."
        )
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vonggac-letter-")))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "data").mkdir(exist_ok=True)
        prepare(options, folder)
        say(f"{options.database}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; goals: an answer {GOAL_ANSWER_MS:.0f} ms, "
            f"the table {GOAL_TABLE_MS:.0f} ms (p95), the report {GOAL_REPORT_S:.0f} s")  # fmt: skip
        if {"answers", "burst"} & set(options.only):
            serve(options, folder)
        if "table" in options.only:
            table(options)
        if "report" in options.only:
            report()


if __name__ == "__main__":
    main()
