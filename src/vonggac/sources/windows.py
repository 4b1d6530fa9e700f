"""Windows events out of JSON, what the sources of Windows events share: native flat fields, fast.

Whatever wrote the JSON, an event gets the same fields: ``EventID``, ``Channel``, ``Computer``, ``Provider_Name``,
``Provider_Guid``, ``SystemTime``, ``EventRecordID``, ``Level``, ``Task``, ``Opcode``, ``Keywords``, ``Version``, ``ProcessID``,
``ThreadID``, ``UserID``, ``Qualifiers``, ``ActivityID`` from its System part, and the fields of its EventData or UserData by
their own names. Where a data field has the name of a System field, the data field has the plain name and the System
field is ``System_<name>`` (``System_Channel`` of event 104, whose data names the cleared channel).

The unnamed ``Data`` of classic events is one value or a list. ``Hashes`` and ``Hash`` (``SHA1=...,MD5=...``) also give
``md5``, ``sha1``, ``sha256`` and ``Imphash``.

Speed: the key tuple of an event names its group; a row is one tuple of values appended to the flat list of its group.
Nothing is renamed, unwrapped or transposed per event, and a column is cut out of the list only when it is asked for.
Then also integers over 64 bits, which orjson turns into floats, are read again from the raw line, exactly; so they cost
nothing where there are none.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, overload

import numpy as np
import orjson
from numpy.typing import NDArray

from vonggac.events.batch import Shape, own_texts
from vonggac.sources.antivirus import ADDED, NEEDED
from vonggac.sources.derived import Derived
from vonggac.sources.lines import SkipCounter
from vonggac.sources.windows_forms import FLAT, NAMED, NESTED, flat_names, named_parts

MAX_DEPTH = 64
"""Objects and lists nested deeper are kept as their JSON text: no reader of a batch must recurse further."""

_MAX_DIGITS = 4300  # the interpreter refuses to convert longer integers; they stay text
_INT64 = 2.0**63
SCALARS = {str, int, bool, type(None)}
_NO_ATTRIBUTES: dict[str, object] = {}
HASH_MARKS = {"md5": "MD5=", "sha1": "SHA1=", "sha256": "SHA256=", "Imphash": "IMPHASH="}
_SECTIONS = ("", "Provider_", "", "", "", "")

_NAMING = ("#attributes", "@Name", "Name")
"""Keys under which a value of ``Data`` says its name."""
_NOT_NESTED = (KeyError, TypeError, AttributeError, ValueError)

Key = tuple[Any, ...]
Row = tuple[object, ...]


@contextmanager
def without_collector() -> Iterator[None]:
    """Suspend the cyclic garbage collector: decoding makes many objects and no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _nested(top: Any) -> tuple[Key, Row]:
    """Key and row of the usual nested form; one of ``_NOT_NESTED`` of any other. Takes ``top`` apart."""
    event = top["Event"]
    system = event["System"]
    data = event.get("EventData")
    if len(event) - ("#attributes" in event) != 2 or len(top) != 1:
        raise KeyError
    if data.__class__ is not dict:
        data = _user_data(event)
    pop = system.pop
    provider = pop("Provider")["#attributes"]
    time = pop("TimeCreated")["#attributes"]["SystemTime"]
    execution = pop("Execution", None)
    execution = _NO_ATTRIBUTES if execution is None else execution["#attributes"]
    correlation = pop("Correlation", None)
    correlation = _NO_ATTRIBUTES if correlation is None else correlation["#attributes"]
    security = pop("Security", None)
    security = _NO_ATTRIBUTES if security is None else security["#attributes"]
    number = system["EventID"]
    if number.__class__ is dict:
        qualifiers = number["#attributes"]
        system["EventID"] = number["#text"]
    else:
        qualifiers = _NO_ATTRIBUTES
    return (
        (NESTED, *system, None, *provider, None, *execution, None, *correlation, None, *security, None, *qualifiers, None, *data),
        (
            *system.values(), *provider.values(), *execution.values(), *correlation.values(),
            *security.values(), *qualifiers.values(), time, *data.values(),
        ),
    )  # fmt: skip


def _user_data(event: dict[str, Any]) -> dict[str, object]:
    """The data fields of an event whose UserData holds one element, or whose EventData is empty."""
    if "UserData" not in event:
        if event["EventData"] is None:
            return {}
        raise KeyError
    (data,) = event["UserData"].values()
    data.pop("#attributes", None)
    if "Data" in data:
        raise KeyError
    return data  # type: ignore[no-any-return]


def _other(top: dict[str, object]) -> tuple[Key, Row]:
    """Key and row of every other form."""
    if "_source" in top and isinstance(source := top["_source"], dict):  # a document as Elasticsearch exports it
        top = source
    parts = named_parts(top)
    if parts is None:
        return (FLAT, *top), tuple(top.values())
    system, data = parts
    return (NAMED, *system, None, *data), (*system.values(), *data.values())


def extract(top: Any, reload: Callable[[], Any]) -> tuple[Key, Row]:
    """Key and row of an event in any form; ``reload`` gives it anew when the first attempt took it apart."""
    try:
        return _nested(top)
    except _NOT_NESTED:
        if "Event" in top:
            top = reload()
        return _other(top)


def names_of(key: Key) -> list[str]:
    """The native name of each cell of the rows with ``key``."""
    if key[0] == FLAT:
        return _unique([], flat_names(key[1:]))
    sections: list[list[str]] = [[]]
    for name in key[1:]:
        if name is None:
            sections.append([])
        else:
            sections[-1].append(name)
    *system_parts, data = sections
    data = ["EventData" if name == "#attributes" else name for name in data]
    if key[0] == NAMED:
        return _unique(system_parts[0], data)
    system = [prefix + name for prefix, part in zip(_SECTIONS, system_parts, strict=True) for name in part]
    return _unique([*system, "SystemTime"], data)


def _unique(system: list[str], data: list[str]) -> list[str]:
    """``system`` and ``data`` names with System's moved away where they collide."""
    taken = set(data)
    names = []
    for name in system:
        while name in taken:
            name = f"System_{name}"
        taken.add(name)
        names.append(name)
    seen: set[str] = set()
    for name in data:
        while name in seen:
            name = f"{name}_"
        seen.add(name)
        names.append(name)
    return names


def load_exact(line: bytes | str) -> Any:
    """Parse JSON that orjson refuses or rounds: integers of any size, lone surrogates and broken UTF-8 as U+FFFD.

    An attacker's process may well put such bytes into a command line; the event must not vanish for it. Raises
    ValueError, or RecursionError when it is nested too deep.
    """
    text = line if isinstance(line, str) else line.decode("utf-8", "replace")
    found = json.loads(text, strict=False, parse_int=_whole, object_pairs_hook=_object)
    return found if isinstance(found, dict) else _clean(found)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < _MAX_DIGITS else digits


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return {_clean_text(key): _clean(value) for key, value in pairs}


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def _clean_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def plain(value: object, depth: int = 0) -> object:
    """``value`` without the marks of XML: ``{"#text": x}`` is x, attributes are fields; deep nesting becomes text."""
    if isinstance(value, dict):
        if depth >= MAX_DEPTH:
            return _text_of(value)
        attributes = value.get("#attributes")
        rest = {name: item for name, item in value.items() if name not in ("#attributes", "@xmlns")}
        if isinstance(attributes, dict):
            rest |= {name: item for name, item in attributes.items() if not name.startswith("xmlns")}
        elif attributes is not None:
            rest["#attributes"] = attributes
        if "#text" in rest and (len(rest) == 1 or set(rest) <= {"#text", "Name", "@Name"}):
            return plain(rest["#text"], depth + 1)
        return {name: plain(item, depth + 1) for name, item in rest.items()}
    if isinstance(value, list):
        return _text_of(value) if depth >= MAX_DEPTH else [plain(item, depth + 1) for item in value]
    return value


def _text_of(value: object) -> str:
    return orjson.dumps(value).decode() if _is_shallow(value) else "..."


def _is_shallow(value: object) -> bool:
    """Whether orjson will write ``value`` (it gives up at 254 levels); walks it level by level."""
    level: list[object] = [value]
    for _ in range(250):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        ]
        if not level:
            return True
    return False


def is_wide(value: object) -> bool:
    """Whether a float that orjson may have made of an integer over 64 bits is in ``value``."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, float):
            if abs(item) >= _INT64:
                return True
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return False


class Columns(Sequence[Sequence[object]]):
    """The columns of one group, each made when first asked for."""

    __slots__ = ("_made", "_makers")

    def __init__(self, makers: Sequence[Callable[[], Sequence[object]]]) -> None:
        self._makers = makers
        self._made: dict[int, Sequence[object]] = {}

    def __len__(self) -> int:
        return len(self._makers)

    @overload
    def __getitem__(self, index: int) -> Sequence[object]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[object]]: ...

    def __getitem__(self, index: int | slice) -> Sequence[Any]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        if index not in self._made:
            self._made[index] = self._makers[index]()
        return self._made[index]


class Group:
    """Events with one key: ``cells`` holds their rows one after the other, ``ordinals`` their numbers."""

    __slots__ = ("cells", "key", "line_of", "names", "ordinals", "width")

    def __init__(
        self, key: Key, cells: list[object], ordinals: list[int], line_of: Callable[[int], bytes | str]
    ) -> None:
        self.key = key
        self.names = names_of(key)
        self.width = len(self.names)
        # Not a list: the collector would walk all cells, which costs more than a fifth of decoding.
        self.cells: NDArray[np.object_] = np.fromiter(cells, object, len(cells))
        self.ordinals = ordinals
        self.line_of = line_of

    def column(self, position: int) -> Sequence[object]:
        """The values at ``position`` of the rows, unwrapped."""
        values: list[object] = self.cells[position :: self.width].tolist()
        kinds = set(map(type, values)) - SCALARS
        if not kinds:
            return values
        for index, value in enumerate(values):
            if value.__class__ is float or value.__class__ is dict or value.__class__ is list:
                values[index] = plain(self._exact(index, position) if is_wide(value) else value)
        return values

    def _exact(self, index: int, position: int) -> object:
        line = self.line_of(self.ordinals[index])
        try:
            key, row = extract(load_exact(line), partial(load_exact, line))
            if key != self.key:  # its data is named in a list
                key, row = _other(load_exact(line))
        except RecursionError:  # orjson goes a little deeper
            key, row = (), ()
        return row[position] if key == self.key else self.cells.item(index * self.width + position)  # rounded

    def shape(self, records: Sequence[int]) -> Shape:
        """The group as a shape whose columns are made on demand."""
        makers: list[Callable[[], Sequence[object]]] = [partial(self.column, n) for n in range(self.width)]
        keys = list(self.names)
        hashes: dict[str, Callable[[], Sequence[object]]] = {}
        for field in ("Hashes", "Hash"):
            if field in self.names:
                base = makers[self.names.index(field)]  # not the made column: a cycle would keep the cells alive
                hashes = {
                    name: partial(_hashes, base, mark) for name, mark in HASH_MARKS.items() if name not in self.names
                }
                break
        if not NEEDED.isdisjoint(self.names):
            for name, make in ADDED.items():
                if name not in keys:
                    keys.append(name)
                    makers.append(partial(self._added, make))
        return Shape((*keys, *hashes), Columns([*makers, *hashes.values()]), records, len(hashes))

    def _added(self, make: Callable[[dict[str, object]], object]) -> Sequence[object]:
        rows = zip(*map(self.column, range(self.width)), strict=True)
        return [make(dict(zip(self.names, row, strict=True))) for row in rows]

    def named(self) -> set[int]:
        """The indices of the events whose ``Data`` is a list of named values, each of which is a field of its own."""
        if "Data" not in self.names:
            return set()
        values: list[object] = self.cells[self.names.index("Data") :: self.width].tolist()
        return {index for index, value in enumerate(values) if isinstance(value, list) and _is_named(value)}

    def row(self, index: int) -> Row:
        """The cells of one event."""
        return tuple(self.cells[index * self.width : (index + 1) * self.width].tolist())


def _is_named(data: list[object]) -> bool:
    return any(isinstance(item, dict) and any(map(item.get, _NAMING)) for item in data)


def _hashes(base: Callable[[], Sequence[object]], mark: str) -> Sequence[object]:
    return Derived(partial(_hash, mark), base())


def _hash(mark: str, value: object) -> object:
    found = []
    for text in own_texts(value):
        start = text.find(mark)
        if start >= 0 or (start := text.upper().find(mark)) >= 0:
            found.append(text[start + len(mark) :].split(",", 1)[0].strip())
    return found if len(found) > 1 else next(iter(found), None)


def collect(
    lines: Iterable[bytes | str], line_of: Callable[[int], bytes | str], skipped: SkipCounter, first: int
) -> list[Group]:
    """Group the events of ``lines``, numbered from ``first``; ``line_of`` gives a line again by its number."""
    groups: dict[Key, tuple[list[object], list[int]]] = {}
    find = groups.get
    loads = orjson.loads
    for number, line in enumerate(lines, first):
        try:
            top = loads(line)
        except ValueError as error:
            if (rescued := _rescue(line, number, skipped, error)) is None:
                continue
            top = rescued
        try:
            key, row = _nested(top)
        except _NOT_NESTED:
            if top.__class__ is not dict:
                skipped.add("not_an_object", number, type(top).__name__)
                continue
            key, row = _other(_again(line) if "Event" in top else top)
        group = find(key)
        if group is None:
            group = groups[key] = ([], [])
        cells, ordinals = group
        cells += row
        ordinals.append(number)
    return [group for key, parts in groups.items() for group in _finish(Group(key, *parts, line_of))]


def _again(line: bytes | str) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:
        return load_exact(line)


def _rescue(line: bytes | str, number: int, skipped: SkipCounter, error: ValueError) -> Any:
    """What ``line`` holds although orjson refuses it; None when it is blank or was skipped."""
    if not line.strip():
        return None
    if "recursion" in str(error):
        skipped.add("too_deep", number)
        return None
    try:
        return load_exact(line)
    except RecursionError:
        skipped.add("too_deep", number)
    except ValueError as reason:
        skipped.add("invalid_json", number, str(reason))
    return None


def _finish(group: Group) -> Iterator[Group]:
    """``group``, or what becomes of it when events name their data in a list."""
    named = group.named()
    if not named:
        yield group
        return
    again: dict[Key, tuple[list[object], list[int]]] = {}
    for index, number in enumerate(group.ordinals):
        is_named = index in named
        key, row = _other(_again(group.line_of(number))) if is_named else (group.key, group.row(index))
        cells, ordinals = again.setdefault(key, ([], []))
        cells += row
        ordinals.append(number)
    for key, parts in again.items():
        yield Group(key, *parts, group.line_of)
