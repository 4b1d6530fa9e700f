"""What the stream tells: that something happened, to what kind of thing, where. Never who did it, nor what it says. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from vonggac.desk.audit.titles import permission_to_see
from vonggac.desk.scope.asker import Asker, Everywhere


@dataclass(frozen=True, slots=True)
class Change:
    """One audit entry as the stream tells it. ``reached_by``: its organisation and every one above it."""

    seq: int
    action: str
    object_type: str
    object_id: str
    organisation_id: int | None
    reached_by: frozenset[int] = frozenset()

    @property
    def permission(self) -> str:
        """What one must hold on its organisation to be told."""
        return permission_to_see(self.action, self.object_type)

    def is_for(self, asker: Asker) -> bool:
        """Whether ``asker`` may know: the same rule as ``scope.rule``, over ancestors that were read once for everybody."""
        roots = asker.roots(self.permission)
        return isinstance(roots, Everywhere) or not roots.isdisjoint(self.reached_by)

    def message(self) -> bytes:
        """As Server-Sent Events (HTML Living Standard, 9.2) carry it."""
        data = {
            "seq": self.seq,
            "action": self.action,
            "noun": self.permission.partition(".")[0],
            "type": self.object_type,
            "id": self.object_id,
            "organisation": self.organisation_id,
        }
        return _event("changed", orjson.dumps(data), self.seq)


def ready(seq: int) -> bytes:
    """The first message: from here on nothing is missed. ``retry`` is how soon a browser comes back, in ms."""
    return b"retry: 3000\n" + _event("ready", b"{}", seq)


def reset(seq: int) -> bytes:
    """Too much happened in between: the page has to be loaded anew."""
    return _event("reset", b"{}", seq)


def end() -> bytes:
    """The session is over: do not come back."""
    return _event("end", b"{}")


def heartbeat(seq: int) -> bytes:
    """Nothing happened that one may know of, up to ``seq``: an event without data moves the browser's place only."""
    return b": \nid: %d\n\n" % seq


def messages(changes: Iterable[Change], asker: Asker) -> bytes:
    """Those of ``changes`` that ``asker`` may know of."""
    return b"".join(change.message() for change in changes if change.is_for(asker))


def _event(name: str, data: bytes, seq: int | None = None) -> bytes:
    number = b"" if seq is None else b"id: %d\n" % seq
    return b"%sevent: %s\ndata: %s\n\n" % (number, name.encode(), data)
