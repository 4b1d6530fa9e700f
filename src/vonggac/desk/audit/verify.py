"""Walk the whole chain and name every place where it does not hold.

The rows are read raw and in order, some thousand at a time, inside one consistent read that stops no writer. What is checked:
every link, every number, the salted hash of every detail, the head, and the anchors that were kept outside the database. A
detail may be missing only where a later ``audit.erase`` entry names it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction

from vonggac.desk.audit import chain
from vonggac.desk.audit.anchors import Anchor
from vonggac.desk.audit.spans import Span, merged, without
from vonggac.errors import N_

MESSAGES = {
    "changed": N_("entry {first}: changed, or entry {before} was and its hash made anew"),
    "missing_one": N_("entry {first}: missing"),
    "missing": N_("entries {first}–{last}: missing"),
    "detail_changed": N_("entry {first}: its details were changed"),
    "detail_missing_one": N_("entry {first}: its details are missing, and no erasure names them"),
    "detail_missing": N_("entries {first}–{last}: their details are missing, and no erasure names them"),
    "detail_stray": N_("entry {first}: there are details, but no entry"),
    "head": N_("the chain ends at {last}, but its head says {first}"),
    "head_hash": N_("the head has another hash than the last entry, {first}"),
    "cut": N_("the chain ends at {last}, but the anchor of {at:%Y-%m-%d %H:%M} UTC says {first}: cut"),
    "recomputed": N_(
        "entries {first}–{last}: made anew; the anchor of {at:%Y-%m-%d %H:%M} UTC has another hash for {last}"
    ),
    "door": N_("the door of the triggers stands open: somebody deleted past the program"),
}
"""Kind of fault to its English template; ``_one`` is for a single entry."""

Progress = Callable[[int, int], object]
"""Called with how many entries were walked and the number of the head."""

_CHUNK = 10_000
_MAX_FAULTS = 1000
_AT = chain.FIELDS.index("at")
_ACTION = chain.FIELDS.index("action")
_DETAIL_HASH = chain.FIELDS.index("detail_hash")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # SQLite keeps UTC without saying so
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the chain does not hold: its kind (a key of MESSAGES), the entries, and when the anchor was made."""

    kind: str
    first: int
    last: int
    at: datetime | None = None

    @property
    def message(self) -> str:
        """The English template."""
        one = MESSAGES.get(f"{self.kind}_one") if self.first == self.last else None
        return one or MESSAGES[self.kind]

    @property
    def params(self) -> dict[str, Any]:
        """What fills the template."""
        return {"first": self.first, "last": self.last, "before": self.first - 1, "at": self.at or datetime.now(UTC)}

    def __str__(self) -> str:
        return self.message.format(**self.params)


@dataclass(slots=True)
class Verdict:
    """What a walk found. ``faults`` holds the first thousand of ``n_faults``, in the order of the entries."""

    n_entries: int = 0
    n_erased: int = 0
    n_anchors: int = 0
    seq: int = 0
    hash: str = chain.START
    n_faults: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.n_faults

    def add(self, kind: str, first: int, last: int | None = None, at: datetime | None = None) -> None:
        """One more fault."""
        self.n_faults += 1
        if len(self.faults) < _MAX_FAULTS:
            self.faults.append(Fault(kind, first, first if last is None else last, at))


def verify(anchors: Iterable[Anchor] = (), progress: Progress | None = None) -> Verdict:
    """Walk the chain from its first entry to its head and hold it against ``anchors``."""
    walk = _Walk(anchors)
    with one_read():
        head_seq, head_hash = _head()
        for rows in _chunks():
            walk.chunk(rows)
            if progress:
                progress(walk.verdict.n_entries, head_seq)
        walk.finish(head_seq, head_hash, _count("audit_detail"), _count("audit_door"))
    walk.verdict.faults.sort(key=lambda fault: (fault.first, fault.last))
    return walk.verdict


@contextmanager
def one_read() -> Iterator[None]:
    """All reads inside see one state of the database, and no writer waits for them."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        # Django's own transactions begin IMMEDIATE, as a writer's must; in WAL a deferred one reads a snapshot.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


class _Walk:
    """Where the walk stands: the hash before the next entry, and what has to be remembered until the end."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.verdict = Verdict()
        self.before = chain.START
        self.remade = ""  # the hash that the last entry should have had, where it has another
        self.anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self.anchors.setdefault(anchor.seq, []).append(anchor)
            self.verdict.n_anchors += 1
        self.held = 0  # the last anchor that holds
        self.n_details = 0
        self.absent: list[Span] = []
        self.erased: list[Span] = []

    def chunk(self, rows: list[tuple[Any, ...]]) -> None:
        """The next entries, each (columns of chain.FIELDS …, hash, salt, content)."""
        sha256, dumps, moment = hashlib.sha256, orjson.dumps, _reader_of_times()
        seq, before = self.verdict.seq, self.before
        for row in rows:
            *values, stored, salt, content = row
            if values[0] != seq + 1:
                self.verdict.add("missing", seq + 1, values[0] - 1)
            values[_AT] = moment(values[_AT])
            made = sha256(before.encode() + dumps(values)).hexdigest()
            if made != stored or self.remade:
                self._judge_link(seq, values, made, stored)
            seq, before = values[0], stored
            if content is None:
                self._absent(seq)
            else:
                self.n_details += 1
                if sha256(f"{salt}:{content}".encode()).hexdigest() != values[_DETAIL_HASH]:
                    self.verdict.add("detail_changed", seq)
                elif values[_ACTION] == "audit.erase":
                    self.erased += _named(content, seq)
            if seq in self.anchors:
                self._judge_anchors(seq, stored)
        self.verdict.n_entries += len(rows)
        self.verdict.seq, self.before = seq, before

    def _judge_link(self, before: int, values: list[Any], made: str, stored: str) -> None:
        """A link that does not hold. It may only be that the hash, not the content, of the entry before was changed."""
        seq = values[0]
        broken = made != stored and (not self.remade or chain.link(self.remade, tuple(values)) != stored)
        self.remade = made if broken else ""
        if broken and seq == before + 1:  # after a gap nothing can be said of the link
            self.verdict.add("changed", seq)

    def _absent(self, seq: int) -> None:
        if self.absent and self.absent[-1][1] == seq - 1:
            self.absent[-1] = (self.absent[-1][0], seq)
        else:
            self.absent.append((seq, seq))

    def _judge_anchors(self, seq: int, stored: str) -> None:
        anchors = self.anchors.pop(seq)
        for anchor in anchors:
            if anchor.hash != stored:
                self.verdict.add("recomputed", self.held + 1, seq, anchor.at)
                break
        else:
            self.held = seq

    def finish(self, head_seq: int, head_hash: str, n_details: int, n_doors: int) -> None:
        """What can be said only at the end."""
        verdict = self.verdict
        verdict.hash = self.before
        erased = merged(self.erased)
        for first, last in without(self.absent, erased):
            verdict.add("detail_missing", first, last)
        verdict.n_erased = sum(last - first + 1 for first, last in self.absent)
        if n_details != self.n_details:
            for seq in _stray_details():
                verdict.add("detail_stray", seq)
        if head_seq != verdict.seq:
            verdict.add("head", head_seq, verdict.seq)
        elif head_hash != self.before:
            verdict.add("head_hash", head_seq)
        for seq, anchors in self.anchors.items():  # those that were met are gone
            if seq > verdict.seq:
                verdict.add("cut", seq, verdict.seq, anchors[0].at)
            elif seq < 1 and anchors[0].hash != chain.START:
                verdict.add("recomputed", 1, seq, anchors[0].at)
        if n_doors:
            verdict.add("door", verdict.seq)


def _named(content: str, seq: int) -> Iterator[Span]:
    """The spans that an erasure, entry ``seq``, says it erased: entries before itself only."""
    for change in orjson.loads(content).get("changes", ()):
        for first, last in change.get("note", {}).get("erased", ()):
            if first <= last < seq:
                yield first, last


def _reader_of_times() -> Callable[[Any], int]:
    if connection.vendor == "postgresql":
        return int

    def read(text: str) -> int:
        return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND

    return read


def _chunks() -> Iterator[list[tuple[Any, ...]]]:
    # Times: PostgreSQL counts microseconds itself, SQLite gives its text (the empty text keeps Django's converter away).
    at = "(extract(epoch FROM e.at) * 1000000)::bigint" if connection.vendor == "postgresql" else "e.at || ''"
    columns = ", ".join(at if name == "at" else f"e.{name}" for name in chain.FIELDS)
    query = (
        f"SELECT {columns}, e.hash, d.salt, d.content FROM audit_entry e LEFT JOIN audit_detail d ON d.seq = e.seq "  # noqa: S608
        f"WHERE e.seq > %s ORDER BY e.seq LIMIT {_CHUNK}"
    )
    after = -(1 << 63)
    with connection.cursor() as cursor:
        while True:
            cursor.execute(query, [after])
            rows = cursor.fetchall()
            if not rows:
                return
            after = rows[-1][0]
            yield rows


def _head() -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash FROM audit_head WHERE id = 1")
        found: tuple[int, str] | None = cursor.fetchone()
    return found or (0, chain.START)


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  # a name of ours
        count: int = cursor.fetchone()[0]
    return count


def _stray_details() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.seq FROM audit_detail d WHERE NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.seq = d.seq) "
            "ORDER BY d.seq LIMIT %s",
            [_MAX_FAULTS],
        )
        return [seq for (seq,) in cursor.fetchall()]
