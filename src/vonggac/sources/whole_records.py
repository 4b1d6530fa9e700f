"""Blocks for records that span lines: what may go on in the next block is held back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from vonggac.sources.lines import frame_lines
from vonggac.sources.source import Block, Reader

MAX_HELD_BYTES = 4 << 20
"""More than this is never held back: a record that is not closed by then is cut."""

Cut = Callable[[bytes], int]
"""Where in whole lines the last record begins that later lines may belong to; the length where there is none."""


def frame_whole(stream: Reader, *, block_bytes: int, cut: Cut) -> Iterator[Block]:
    """Blocks of whole lines such that no record begins in one and ends in another, as far as ``cut`` sees it."""
    held: Block | None = None
    for block in frame_lines(stream, block_bytes=block_bytes):
        if held is not None and block.skipped:  # a line between them was left out
            yield held
            held = None
        whole = block if held is None else _joined(held, block)
        at = cut(whole.data)
        if len(whole.data) - at > MAX_HELD_BYTES:
            at = len(whole.data)
        first, held = _parts(whole, at)
        if first is not None:
            yield first
    if held is not None:
        yield held


def _joined(held: Block, block: Block) -> Block:
    return replace(held, data=held.data + block.data, n_records=held.n_records + block.n_records)


def _parts(block: Block, at: int) -> tuple[Block | None, Block | None]:
    """What stands before byte ``at``, the beginning of a line, and what from there on."""
    if at >= len(block.data):
        return block, None
    if not at:
        return None, block
    n_lines = block.data.count(b"\n", 0, at)
    return (
        replace(block, data=block.data[:at], n_records=n_lines),
        replace(
            block,
            data=block.data[at:],
            first_record=block.first_record + n_lines,
            n_records=block.n_records - n_lines,
            skipped=(),
        ),
    )
