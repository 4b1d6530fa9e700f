"""``pfirewall.log`` of the Windows firewall: a W3C extended log of packets, in local time unless it says otherwise.

``action`` is ALLOW or DROP (OPEN, OPEN-INBOUND, CLOSE and INFO-EVENTS-LOST in Windows XP and 2003); ``blocked`` is ``false`` or
``true`` by it, as Sigma's firewall rules ask for it. ``path`` is the direction: SEND, RECEIVE or FORWARD.

Format: Microsoft, "Interpreting the Windows Firewall log" (cc758040).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vonggac.events.batch import EventBatch
from vonggac.sources import w3c_tables
from vonggac.sources.derived import Derived
from vonggac.sources.excerpts import Lines
from vonggac.sources.lines import head_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.w3c_tables import Columns

_BLOCKED = {"ALLOW": "false", "OPEN": "false", "OPEN-INBOUND": "false", "DROP": "true"}
_FIELDS = ("src-ip", "dst-ip", "action")


def _add_blocked(columns: Columns, n_rows: int) -> None:
    del n_rows
    if "action" in columns:
        columns.setdefault("blocked", Derived(_BLOCKED.get, columns["action"]))


class WindowsFirewallSource:
    """Reads the log of the Windows firewall."""

    name = "windows_firewall"
    title = "Windows firewall log (pfirewall.log)"

    def sniff(self, head: bytes, filename: str) -> int:
        """95 when the first lines say that the Windows firewall wrote them, or their fields do."""
        del filename
        lines = head_lines(head, 20)
        if not lines or not lines[0].startswith("#"):
            return 0
        for line in lines:
            if line.startswith("#Software: Microsoft Windows Firewall"):
                return 95
            if line.startswith("#Fields:"):
                return 95 if all(name in line.split() for name in _FIELDS) else 0
        return 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole lines, with the directives in force as context."""
        return w3c_tables.frame(stream, block_bytes=block_bytes)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per line; records are line numbers."""
        return w3c_tables.decode(self.name, block, options, _add_blocked)

    def survey(self, lines: Lines, context: bytes) -> NDArray[np.uint8] | None:
        """A line with a value for each name is an event."""
        return w3c_tables.survey(lines, context)


SOURCE = WindowsFirewallSource()
