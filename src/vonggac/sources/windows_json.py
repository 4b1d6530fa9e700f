"""Windows events as JSON, in any form and layout (see ``windows.py``, ``windows_forms.py``, ``json_documents.py``)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

from vonggac.errors import N_
from vonggac.events.batch import EventBatch
from vonggac.sources.json_documents import first_object, frame_json
from vonggac.sources.lines import RawLines, SkipCounter, head_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader
from vonggac.sources.windows import collect, without_collector
from vonggac.sources.windows_forms import is_windows
from vonggac.sources.windows_tokens import read_tokens

_NESTED = re.compile(r'"Event"\s*:\s*\{.{0,2000}?"System"\s*:\s*\{', re.DOTALL)
_WINLOG = re.compile(r'"winlog"\s*:\s*\{.{0,20000}?"(?:channel|event_id|provider_name)"\s*:', re.DOTALL)
_FLAT_NAMES = (
    r'"(?:EventID|EventId)"\s*:',
    r'"(?:Channel|SourceName|ProviderGuid|Provider_Name|LogName|EventRecordID)"\s*:',
)


class WindowsJson:
    """Windows events as JSON lines, pretty-printed objects or an array."""

    name = "windows_json"
    title = N_("Windows events as JSON: as EVTX dumpers, Winlogbeat or NXLog write them")

    def sniff(self, head: bytes, filename: str) -> int:
        """90 when the first object is a Windows event, 80 when the text only looks like one."""
        lines = head_lines(head)
        if not lines or not (lines[0].lstrip()[:1] in ("{", "[") or lines[0].startswith("Record ")):
            return 0
        if (first := first_object(head)) is not None:
            return 90 if is_windows(first) else 0
        text = "\n".join(lines)
        if _NESTED.search(text) or _WINLOG.search(text):
            return 80
        return 70 if all(re.search(pattern, text) for pattern in _FLAT_NAMES) else 0

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of one event per line."""
        return frame_json(stream, block_bytes=block_bytes)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """Turn lines into a batch."""
        if block.data.endswith(b"\n\r"):  # no line: RawLines, unlike the fast reader, does not count it
            block = replace(block, data=block.data[:-1])
        raw = RawLines(block)
        if (batch := read_tokens(block, options, raw)) is not None:
            return batch
        skipped = SkipCounter(block.skipped)
        with without_collector():
            groups = collect(io.BytesIO(block.data), raw, skipped, block.first_record)
            shapes = [group.shape(group.ordinals) for group in groups]
        return EventBatch(
            "windows",
            shapes,
            zone=options.zone,
            raw_of=raw,
            skipped=skipped.skips(),
        )


SOURCE = WindowsJson()
