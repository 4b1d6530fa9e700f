"""What the network saw: connections and name queries (Zeek, inside the NAT) and translations (conntrack on the gateways)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from vonggac.jobs.scenario.lines import Line, in_order, iso_local, working_time
from vonggac.jobs.scenario.province import (
    AGENCIES,
    C2_ADDRESS,
    C2_DOMAIN,
    COLLEGE,
    COMMUNE_A,
    FARMING,
    HEALTH,
    HOSPITAL,
    MINER_ADDRESS,
    SINKHOLE_ADDRESS,
    SINKHOLE_DOMAIN,
    SITES,
    Agency,
)

_RESOLVER = "10.20.1.53"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection from machine ``host`` of ``agency`` to the outside, and the public port that the gateway gave it."""

    time: datetime
    agency: Agency
    host: int
    target: str
    port: int
    public_port: int
    name: str = ""

    @property
    def inner(self) -> str:
        """The address of the machine."""
        return self.agency.inner(self.host)


HEALTH_PORT, SHARED_PORT, HOSPITAL_PORT, COLLEGE_PORT, FARMING_PORT = 51514, 49733, 52110, 50871, 53390


def infected(end: datetime) -> list[Connection]:
    """Connections to listed destinations, in order of time; the last of each machine is the one that the list names.

    The public port :data:`SHARED_PORT` of the health department is held by three machines one after another.
    """
    beacons = [
        Connection(end - timedelta(hours=hour), HEALTH, 14, C2_ADDRESS, 443, HEALTH_PORT - hour + 3, C2_DOMAIN)
        for hour in range(14, 2, -1)
    ]
    mining = [
        Connection(end - timedelta(hours=hour), COMMUNE_A, 21, MINER_ADDRESS, 3333, 40000 + hour)
        for hour in range(30, 10, -4)
    ]
    found = [
        *beacons,
        *mining,
        Connection(end - timedelta(hours=12), HEALTH, 12, "203.0.113.201", 443, SHARED_PORT),
        Connection(end - timedelta(hours=9), HEALTH, 17, MINER_ADDRESS, 3333, SHARED_PORT),
        Connection(end - timedelta(hours=6), HEALTH, 11, "203.0.113.202", 443, SHARED_PORT),
        Connection(end - timedelta(hours=20), COLLEGE, 3, SINKHOLE_ADDRESS, 80, COLLEGE_PORT, SINKHOLE_DOMAIN),
        Connection(end - timedelta(hours=33), FARMING, 17, SINKHOLE_ADDRESS, 80, FARMING_PORT, SINKHOLE_DOMAIN),
        Connection(end - timedelta(hours=8), HOSPITAL, 31, C2_ADDRESS, 443, HOSPITAL_PORT, C2_DOMAIN),
    ]
    return sorted(found, key=lambda one: one.time)


def everyday(random: Random, end: datetime, n_connections: int) -> list[Connection]:
    """Ordinary connections of the last two days; their public ports are never those that the list names."""
    return [
        Connection(
            working_time(random, end, 2), random.choice(AGENCIES), random.randint(11, 40), f"203.0.113.{random.randint(200, 250)}",
            443, random.randint(1024, 39999), random.choice(SITES),
        )
        for _ in range(n_connections)
    ]  # fmt: skip


def _zeek(
    path: str, fields: str, types: str, rows: Sequence[tuple[datetime, Sequence[object]]], end: datetime
) -> bytes:
    head = [
        "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", f"#path\t{path}",
        f"#open\t{end - timedelta(days=2):%Y-%m-%d-%H-%M-%S}", "#fields\t" + "\t".join(fields.split()), "#types\t" + "\t".join(types.split()),
    ]  # fmt: skip
    body = ["\t".join((f"{time.timestamp():.6f}", *map(str, row))) for time, row in rows]
    return "\n".join([*head, *body, f"#close\t{end:%Y-%m-%d-%H-%M-%S}", ""]).encode()


def _uid(random: Random) -> str:
    return "C" + "".join(random.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", k=17))


def conn_log(random: Random, connections: Sequence[Connection], end: datetime) -> bytes:
    """Zeek's conn.log of ``connections``, which are in order of time."""
    rows = []
    for one in connections:
        sent, received = random.randint(200, 9000), random.randint(300, 90000)
        rows.append((one.time, (
            _uid(random), one.inner, random.randint(49152, 65535), one.target, one.port, "tcp", "ssl" if one.port == 443 else "-",
            f"{random.uniform(0.01, 90):.6f}", sent, received, "SF", "T", "F", 0, "ShADadFf", 12, sent + 500, 14, received + 600, "(empty)",
        )))  # fmt: skip
    fields = (
        "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig "
        "local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents"
    )
    types = (
        "time string addr port addr port enum string interval count count string bool bool count string count count count count "
        "set[string]"
    )
    return _zeek("conn", fields, types, rows, end)


def dns_log(random: Random, connections: Sequence[Connection], end: datetime) -> bytes:
    """Zeek's dns.log: the name of each connection that has one is asked for just before it."""
    rows = [
        (one.time - timedelta(milliseconds=40), (
            _uid(random), one.inner, random.randint(49152, 65535), _RESOLVER, 53, "udp", random.randint(1, 65535), "0.001200",
            one.name, 1, "C_INTERNET", 1, "A", 0, "NOERROR", "F", "F", "T", "T", 0, one.target, "300.000000", "F",
        ))
        for one in connections if one.name
    ]  # fmt: skip
    fields = (
        "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name "
        "AA TC RD RA Z answers TTLs rejected"
    )
    types = (
        "time string addr port addr port enum count interval string count string count string count string bool bool bool bool count "
        "vector[string] vector[interval] bool"
    )
    return _zeek("dns", fields, types, rows, end)


def nat_log(random: Random, connections: Sequence[Connection]) -> list[Line]:
    """Conntrack's events on the gateways: the reply direction goes to the public address and port."""
    lines = []
    for one in connections:
        port = random.randint(49152, 65535)
        lines.append(Line(one.time, (
            f"{iso_local(one.time)} gw-{one.agency.code} conntrack[{400 + one.agency.number}]: [NEW] tcp      6 120 SYN_SENT "
            f"src={one.inner} dst={one.target} sport={port} dport={one.port} [UNREPLIED] "
            f"src={one.target} dst={one.agency.egress} sport={one.port} dport={one.public_port}"
        )))  # fmt: skip
    return in_order(lines)
