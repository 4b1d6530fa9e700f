"""Generic JSON: one object per line, one array of objects, or objects one after the other, with names from a mapping.

Numbers keep their digits: integers of any size are exact, in the one place where the fast parser would round them the
exact one reads the line. Strings that are not Unicode (lone surrogates) hold U+FFFD instead. Of a key that occurs twice
the last counts. Records are line numbers; in a stream that is not one object per line, the numbers of the objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from vonggac.events.batch import EventBatch, Shape, resolve
from vonggac.sources.derived import Derived
from vonggac.sources.json_elements import frame_json
from vonggac.sources.lines import RawLines, SkipCounter, byte_lines, head_lines
from vonggac.sources.source import BLOCK_BYTES, Block, Options, Reader

MAX_DEPTH = 100
"""Objects and lists within each other beyond this are skipped as ``too_deep``; real events stay below 20."""

_MAX_DIGITS = 20  # 2**64 has 20 digits, -2**63 has 19 and a sign: with fewer digits orjson is exact


def has_long_integers(data: bytes) -> bool:
    """Whether ``data`` has so many digits in a row that orjson may round them (they may still be in a string)."""
    raw = np.frombuffer(data, np.uint8)
    run: Any = (raw - np.uint8(48)) < np.uint8(10)
    length = 1
    while length < _MAX_DIGITS - 1:
        step = min(length, _MAX_DIGITS - 1 - length)
        if len(run) <= step:
            return False
        run = run[step:] & run[:-step]
        length += step
    return bool(run.any())


_LONG_INTEGER = re.compile(rb"-\d{19}|\d{20}")


class SkipRecord(Exception):
    """A record that cannot be read: ``reason`` as in ``events.skips``, ``detail`` what was found."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def parse_object(line: bytes, *, check_integers: bool = True) -> dict[str, Any]:
    """The JSON object in ``line``; raises :class:`SkipRecord`.

    ``check_integers`` may be False when :func:`has_long_integers` is for the block that holds the line.
    """
    if line.count(b"{") + line.count(b"[") > MAX_DEPTH:
        _refuse_depth(line)
    try:
        if check_integers and _LONG_INTEGER.search(line):
            found = _parse_exactly(line)
        else:
            found = orjson.loads(line)
    except orjson.JSONDecodeError:
        found = _parse_exactly(line)
    if found.__class__ is not dict:
        raise SkipRecord("not_an_object", type(found).__name__)
    return found


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # more than sys.get_int_max_str_digits(): the digits themselves are what is compared
        return digits


_DECODER = json.JSONDecoder(parse_int=_integer)
_SURROGATE = re.compile("[\ud800-\udfff]")


def _parse_exactly(line: bytes) -> Any:
    try:
        found = _DECODER.decode(line.decode("utf-8", "replace").strip())
    except RecursionError:
        raise SkipRecord("too_deep") from None
    except ValueError as error:
        raise SkipRecord("invalid_json", str(error)) from None
    return _without_surrogates(found)


def _without_surrogates(value: Any) -> Any:
    """``value`` with U+FFFD for lone surrogates, which no UTF-8 can hold; no deeper than MAX_DEPTH, as checked before."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value


_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _refuse_depth(line: bytes) -> None:
    """Raise :class:`SkipRecord` when ``line`` nests deeper than MAX_DEPTH."""
    depth = 0
    for token in _BRACKETS.finditer(line):
        first = token[0][:1]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise SkipRecord("too_deep")
        elif first in b"]}":
            depth -= 1


def read_objects(block: Block, skips: SkipCounter) -> Iterator[tuple[int, dict[str, Any]]]:
    """Record number and object of each line of ``block``; what is no object goes to ``skips``, blank lines nowhere."""
    check = has_long_integers(block.data)
    for record, line in enumerate(byte_lines(block.data), block.first_record):
        if not line or line.isspace():
            continue
        try:
            yield record, parse_object(line, check_integers=check)
        except SkipRecord as skip:
            skips.add(skip.reason, record, skip.detail)


def rename(shapes: Sequence[Shape], mapping: Mapping[str, str]) -> list[Shape]:
    """``shapes`` with their fields named as ``mapping`` says, native name to new one.

    A dotted native name reaches into objects: the value is given the new name beside the object. When two fields get
    one name, the field has both values.
    """
    return [_rename(shape, mapping) for shape in shapes] if mapping else list(shapes)


def _rename(shape: Shape, mapping: Mapping[str, str]) -> Shape:
    columns: dict[str, Sequence[object]] = {}
    for key, column in zip(shape.keys, shape.columns, strict=True):
        _put(columns, mapping.get(key, key), column)
    present = set(shape.keys)
    for native, name in mapping.items():
        parts = native.split(".")
        if native in present or len(parts) == 1:
            continue
        for n in range(len(parts) - 1, 0, -1):
            if (outer := ".".join(parts[:n])) in present:
                rest = tuple(parts[n:])
                inner = shape.columns[shape.keys.index(outer)]
                _put(columns, name, Derived(lambda value, rest=rest: resolve(value, rest), inner))
                break
    return Shape(tuple(columns), list(columns.values()), shape.records)


def _put(columns: dict[str, Sequence[object]], name: str, column: Sequence[object]) -> None:
    earlier = columns.get(name)
    columns[name] = column if earlier is None else [[a, b] for a, b in zip(earlier, column, strict=True)]


class JsonLinesSource:
    """Reads JSON lines, arrays and sequences of objects of any kind."""

    name = "json"
    title = "Generic JSON (lines or an array of objects), with a mapping of names"

    def sniff(self, head: bytes, filename: str) -> int:
        """40 when the first line is an object, 30 when an array or a written-out object begins; never sure."""
        lines = head_lines(head, 5)
        if not lines or lines[0].lstrip()[:1] not in ("{", "["):
            return 0
        bonus = 10 if filename.lower().endswith((".json", ".jsonl", ".ndjson")) else 0
        try:
            parse_object(lines[0].encode("utf-8", "replace"))
        except SkipRecord:
            start = "".join(lines)[:400].replace(" ", "").replace("\t", "")
            return 30 + bonus if re.match(r'\[*\{(?:"|\}|$)|\[$', start) else 0
        return 40 + bonus

    def frame(self, stream: Reader, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole lines, one object each: as they are, or made of the elements of the array."""
        return frame_json(stream, block_bytes=block_bytes)

    def decode(self, block: Block, options: Options) -> EventBatch:
        """One event per object."""
        skips = SkipCounter(block.skipped)
        batch = EventBatch.from_dicts(
            self.name,
            read_objects(block, skips),
            zone=options.zone,
            raw_of=RawLines(block),
            year=options.year,
        )
        if options.mapping:
            shapes = rename(batch.shapes, options.mapping)
            batch = EventBatch(self.name, shapes, options.zone, batch.raw_of, year=options.year)
        batch.skipped = skips.skips()
        return batch


SOURCE = JsonLinesSource()
