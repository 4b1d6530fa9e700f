"""The same rows by IntelMQ 3.5, one at a time through its own bots: parser, taxonomy, a lookup of whose the address is, output to SQLite.

    python -m venv /tmp/intelmq && /tmp/intelmq/bin/pip install intelmq==3.5.0
    /tmp/intelmq/bin/python benchmarks/peer_intelmq.py [--rows 5000]

The bots run in one process by IntelMQ's library mode, so that no broker and no other process slows them; between two of them a message is what
IntelMQ makes of it, a dict. It has no Tasks, no clocks, no difference to the version before: it ends with rows in a table.
"""

from __future__ import annotations

import argparse
import base64
import csv
import io
import random
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from intelmq.bots.experts.generic_db_lookup.expert import GenericDBLookupExpertBot
from intelmq.bots.experts.taxonomy.expert import TaxonomyExpertBot
from intelmq.bots.outputs.sql.output import SQLOutputBot
from intelmq.bots.parsers.generic.parser_csv import GenericCsvParserBot
from intelmq.lib.bot import BotLibSettings

COLUMNS = ("source.ip", "time.source", "source.port", "destination.ip", "destination.port", "malware.name")
N_ORGANISATIONS = 60


def rows(n: int) -> str:
    """``n`` rows as a file."""
    chance = random.Random(3)  # no secret
    text = io.StringIO()
    out = csv.writer(text)
    for _ in range(n):
        place = chance.randrange(N_ORGANISATIONS * 4096)
        out.writerow(
            (f"10.{place >> 16}.{place >> 8 & 255}.{place & 255}", "2026-11-20T03:00:00+00:00", chance.randrange(1024, 65536), "198.51.100.7", 443, "mirai")
        )  # fmt: skip
    return text.getvalue()


def database(folder: Path, n_addresses: int) -> Path:
    """A table of owners by address, and one for what comes out."""
    path = folder / "events.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE owners (ip TEXT PRIMARY KEY, "source.local_hostname" TEXT)')
        connection.executemany(
            "INSERT INTO owners VALUES (?, ?)",
            ((f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", f"DV{n // 4096}") for n in range(n_addresses)),
        )
        names = (*COLUMNS, "source.local_hostname", "classification.type", "classification.taxonomy", "raw",
                 "time.observation", "feed.name", "extra")  # fmt: skip
        connection.execute(f"CREATE TABLE events ({', '.join(f'{chr(34)}{name}{chr(34)} TEXT' for name in names)})")
    return path


def settings(**more: Any) -> Any:
    """What a bot of the library mode takes."""
    return BotLibSettings | more


def main() -> None:
    """Make the bots, then time the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="intelmq-") as folder:
        path = database(Path(folder), N_ORGANISATIONS * 4096)
        bots = [
            TaxonomyExpertBot("taxonomy", settings=settings()),
            GenericDBLookupExpertBot("owners", settings=settings(
                engine="sqlite", database=str(path), table="owners", match_fields={"source.ip": "ip"},
                replace_fields={"source.local_hostname": "source.local_hostname"}, overwrite=True)),
            SQLOutputBot("out", settings=settings(engine="sqlite", database=str(path), table="events", fields=None)),
        ]  # fmt: skip
        reader = GenericCsvParserBot(
            "csv", settings=settings(columns=list(COLUMNS), default_fields={"classification.type": "infected-system"})
        )
        report = {"__type": "Report", "raw": base64.b64encode(rows(options.rows).encode()).decode(), "feed.name": "x"}
        begun = time.perf_counter()
        events = reader.process_message(report)["output"]
        for event in events:
            message = event
            for bot in bots[:-1]:
                (message,) = bot.process_message(message)["output"]
            bots[-1].process_message(message)
        lasted = time.perf_counter() - begun
        with sqlite3.connect(path) as connection:
            (n,) = connection.execute("SELECT count(*) FROM events").fetchone()
        print(
            f"IntelMQ, one at a time: {n} rows in {lasted:.1f} s, {n / lasted:.0f} rows/s, {100_000 * lasted / max(n, 1):.0f} s for 100,000"
        )


if __name__ == "__main__":
    main()
