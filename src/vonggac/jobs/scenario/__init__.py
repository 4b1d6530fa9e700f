"""A small invented province under attack: logs in real formats, a botnet list, the networks, and what was planted.

``write_scenario`` gives the same bytes for the same seed and end, so that what a demonstration shows can be tested.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from vonggac.jobs.scenario.letter import Listed, botnet_list
from vonggac.jobs.scenario.lines import RuleHit, joined, planted
from vonggac.jobs.scenario.network import conn_log, dns_log, everyday, infected, nat_log
from vonggac.jobs.scenario.province import PROVINCE, networks_csv
from vonggac.jobs.scenario.servers import access_log, auth_log
from vonggac.jobs.scenario.windows import windows_events

__all__ = ["END", "PROVINCE", "Listed", "RuleHit", "Scenario", "write_scenario"]

END = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""Midnight in the province, after the last event of the scenario."""

N_WINDOWS, N_REQUESTS, N_CONNECTIONS = 5000, 2500, 3000


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where the scenario lies, and what must be found in it.

    ``hits``: every finding that the starter pack must make, and no other. ``listed``: what must come of each row of
    ``botnet_list``.
    """

    folder: Path
    logs: tuple[Path, ...]
    botnet_list: Path
    networks: Path
    hits: tuple[RuleHit, ...]
    listed: tuple[Listed, ...]


def write_scenario(folder: Path, *, seed: int = 20261124, end: datetime = END) -> Scenario:
    """Write the scenario into ``folder``, which is made if it is missing; ``end`` must be aware.

    Logs go into ``folder/logs``, the list and the networks beside it.
    """
    random = Random(seed)  # noqa: S311  # a story, not a secret
    windows = windows_events(random, end, N_WINDOWS)
    logins = auth_log(random, end)
    requests = access_log(random, end, N_REQUESTS)
    contacts = infected(end)
    connections = sorted([*contacts, *everyday(random, end, N_CONNECTIONS)], key=lambda one: one.time)
    attachment, listed = botnet_list(end, contacts)
    contents = {
        "windows-events.jsonl": joined(windows),
        "dichvucong-01-auth.log": joined(logins),
        "dichvucong-access.log.gz": gzip.compress(joined(requests), 6, mtime=0),
        "zeek-conn.log": conn_log(random, connections, end),
        "zeek-dns.log": dns_log(random, connections, end),
        "gateways-nat.log": joined(nat_log(random, connections)),
    }
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (logs / name).write_bytes(content)
    (folder / "danh-sach-botnet.xlsx").write_bytes(attachment)
    (folder / "networks.csv").write_bytes(networks_csv(end))
    hits = [
        *planted("windows-events.jsonl", windows),
        *planted("dichvucong-01-auth.log", logins),
        *planted("dichvucong-access.log.gz", requests),
    ]
    return Scenario(
        folder,
        tuple(logs / name for name in contents),
        folder / "danh-sach-botnet.xlsx",
        folder / "networks.csv",
        tuple(hits),
        listed,
    )
