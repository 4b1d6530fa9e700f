"""Which column of a list is what: by the words of its header (``columns.yml``), checked against what the column holds.

A role that the words suggest counts only when the cells agree, so that ``Nguồn`` above the names of newspapers is not taken
for source addresses. Columns without a header are told by their content alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, NamedTuple

import yaml

from vonggac.detectors.indicators import aliases
from vonggac.detectors.indicators.dates import plain, time_us
from vonggac.detectors.indicators.values import parse_cell
from vonggac.errors import N_, ConfigError
from vonggac.tables.table import Cell, Row, Table, cell_text, is_empty

HEADER_ROWS = 40
"""A header is looked for in this many rows that are not empty."""

SAMPLE_ROWS = 60
MAX_HEADER_CHARACTERS = 80
MAX_COLUMNS = 256
VALUE_ROLES = frozenset({"victim", "destination", "address", "indicator", "hash", "inner"})
_TIME_ROLES = frozenset({"first_seen", "last_seen", "seen"})
_NUMBER_ROLES = frozenset({"port", "destination_port", "count"})
_REPEATED_ROLES = VALUE_ROLES | {"ignored", "ordinal", "note"}
_ADDRESS_KINDS = frozenset({"ipv4", "ipv6", "cidr", "range"})
_NUMBER = re.compile(r"\d{1,9}(?:[.,]0+)?(?:\s*[/(]\s*(?:tcp|udp)\)?)?(?:\s*[,;]\s*\d{1,9})*", re.IGNORECASE)
_COLUMN_MARK = re.compile(r"\(?\[?\s*(\d{1,3}|[A-Za-z])\s*\]?\)?")


class _Role(NamedTuple):
    name: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True)
class _Vocabulary:
    roles: tuple[_Role, ...]
    victims_title: tuple[str, ...]
    hostile_title: tuple[str, ...]
    nothing: frozenset[str]


@cache
def vocabulary() -> _Vocabulary:
    """The words of ``columns.yml``."""
    raw = yaml.safe_load(resources.files(__package__).joinpath("columns.yml").read_text("utf-8"))
    roles = tuple(
        _Role(name, tuple(f" {word} " for word in entry["names"] or ()), tuple(f" {word} " for word in entry.get("unless", ())),
              bool(entry.get("whole")))
        for name, entry in raw["roles"].items()
    )  # fmt: skip
    pad = [tuple(f" {word} " for word in raw[key]) for key in ("victims_title", "hostile_title")]
    return _Vocabulary(roles, pad[0], pad[1], frozenset(map(str, raw["nothing"])))


def role_names() -> tuple[str, ...]:
    """The roles that a mapping may name."""
    return tuple(role.name for role in vocabulary().roles)


def check_mapping(mapping: Mapping[str, str], where: str = "") -> None:
    """Raise ConfigError naming the first role of ``mapping`` that there is not, and those that there are."""
    for header, role in mapping.items():
        if role not in role_names():
            raise ConfigError(N_("unknown role “{role}” for column “{header}”; the roles are {valid}"), where=where, role=role,
                              header=header, valid=", ".join(role_names()))  # fmt: skip


@lru_cache(maxsize=65536)
def fold_words(text: str) -> str:
    """Words of ``text`` for comparison: lower case, no diacritics, only letters and digits, single blanks."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return re.sub(r"[^a-z0-9]+", " ", plain(text)).strip()


def is_nothing(cell: Cell) -> bool:
    """Whether a cell says that there is nothing: empty, ``-``, ``không có``, ``N/A``."""
    if not isinstance(cell, str):
        return False
    return not cell or (len(cell) < 20 and not cell[0].isdigit() and fold_words(cell) in vocabulary().nothing)


@lru_cache(maxsize=4096)
def _roles_for(header: str) -> tuple[str, ...]:
    """The roles whose words stand in a folded header, the most telling first."""
    if not header:
        return ()
    text = f" {header} "
    return tuple(
        role.name
        for role in vocabulary().roles
        if any(text == phrase if role.is_whole else phrase in text for phrase in role.phrases)
        and not any(phrase in text for phrase in role.unless)
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a table are. ``first``: index of the first row of data; ``roles``: column index to role.

    ``signature`` names the header: equal for lists with the same columns. ``title``: the text above and around the table.
    """

    first: int
    headers: tuple[str, ...]
    roles: Mapping[int, str]
    signature: str
    title: str
    has_header: bool = True
    mapping: Mapping[str, str] = field(default_factory=dict)

    def columns(self, *roles: str) -> list[int]:
        """The columns that have one of ``roles``, from left to right."""
        return sorted(column for column, role in self.roles.items() if role in roles)


class Header(NamedTuple):
    """Where the data begin, the header texts, and whether there is a header at all."""

    first: int
    texts: tuple[str, ...]
    found: bool
    signature: str


def find_header(table: Table, known: frozenset[str] = frozenset()) -> Header:
    """Find the header of ``table``; ``known``: folded headers that count although no word of ours is in them."""
    rows = table.rows[:HEADER_ROWS]
    scores = [_header_score(row, known) for row in rows]
    width = max((len(row.cells) for row in table.rows[: HEADER_ROWS + SAMPLE_ROWS]), default=0)
    width = min(width, MAX_COLUMNS)
    best = max(scores, default=0)
    if best <= 0:
        return _unworded_header(rows, width)
    at = scores.index(best)
    if best == 1:  # a lone word may be the title: the one nearest to the data is the header
        data = next((i for i, score in enumerate(scores) if score < 0), len(scores))
        at = max((i for i, score in enumerate(scores[:data]) if score == 1), default=at)
    texts = [cell_text(cell) for cell in rows[at].cells[:width]]
    first = at + 1
    if first < len(rows) and _continues(rows[at], rows[first], scores[first]):
        texts = _join_headers(texts, [cell_text(cell) for cell in rows[first].cells[:width]])
        first += 1
    if first < len(table.rows) and _is_column_marks(table.rows[first]):
        first += 1
    texts += [""] * (width - len(texts))
    return Header(first, tuple(texts), True, _signature(texts, width))


def _unworded_header(rows: Sequence[Row], width: int) -> Header:
    """A header none of whose words we know: a row of texts right above the first values; else no header at all."""
    first = _first_value_row(rows)
    if first:
        above = rows[first - 1].cells[:width]
        texts = [cell_text(cell) for cell in above]
        is_text = all(isinstance(cell, str) for cell in above)
        is_data = any(_NUMBER.fullmatch(text) or time_us(text) is not None for text in texts)
        if is_text and not is_data and all(texts[: len(rows[first].cells)]) and len(texts) >= len(rows[first].cells):
            texts += [""] * (width - len(texts))
            return Header(first, tuple(texts), True, _signature(texts, width))
    return Header(first, ("",) * width, False, _signature((), width))


def _signature(texts: Sequence[str], width: int) -> str:
    folded = [fold_words(text) for text in texts]
    while folded and not folded[-1]:
        folded.pop()
    body = "\x1f".join(folded) if folded else f"no header, {width} columns"
    return hashlib.blake2b(body.encode(), digest_size=8).hexdigest()


def _header_score(row: Row, known: frozenset[str]) -> int:
    """How many cells of a row read like headers; -1 for a row that holds values."""
    score = 0
    for cell in row.cells[:MAX_COLUMNS]:
        if not isinstance(cell, str) or is_empty(cell):
            continue
        if len(cell) <= 400 and any(v.kind != "domain" for v in parse_cell(cell).values):
            return -1
        folded = fold_words(cell) if len(cell) <= MAX_HEADER_CHARACTERS else ""
        if folded in known:
            score += 1
        elif _is_listed_name(cell, folded):
            return -1
        elif _roles_for(folded):
            score += 1
    if score == 0 and any(isinstance(cell, str) and len(cell) < 254 and parse_cell(cell).values for cell in row.cells):
        return -1
    return score


def _is_listed_name(cell: str, folded: str) -> bool:
    """Whether a cell is a domain, though words of headers stand in it (``c2.evil.example``); ``src.ip`` is a header."""
    if "." not in cell or len(cell.split()) != 1 or not parse_cell(cell).values:
        return False
    words = folded.split()
    return len(words) != 2 or not all(word == "name" or _roles_for(word) for word in words)


def _first_value_row(rows: Sequence[Row]) -> int:
    for index, row in enumerate(rows):
        if any(isinstance(cell, str) and len(cell) <= 2_000 and parse_cell(cell).values for cell in row.cells):
            return index
    return 0


def _continues(above: Row, row: Row, score: int) -> bool:
    """Whether ``row`` is the second line of the header that begins with ``above``."""
    if score < 1:
        return False
    for column, cell in enumerate(row.cells):
        if is_empty(cell) or (column < len(above.cells) and cell == above.cells[column]):
            continue
        if not isinstance(cell, str) or not _roles_for(fold_words(cell)):
            return False
    return True


def _join_headers(above: list[str], below: list[str]) -> list[str]:
    joined = []
    last = ""
    for column in range(max(len(above), len(below))):
        top = above[column] if column < len(above) else ""
        bottom = below[column] if column < len(below) else ""
        last = top or last
        joined.append(top if not bottom or bottom == top else f"{top or last} {bottom}".strip())
    return joined


def _is_column_marks(row: Row) -> bool:
    """Whether a row only numbers the columns, as ``(1) (2) (3)`` or ``A B 1 2`` under official tables."""
    texts = [cell_text(cell) for cell in row.cells if not is_empty(cell)]
    marks = [_COLUMN_MARK.fullmatch(text) for text in texts]
    numbers = [int(mark.group(1)) for mark in marks if mark and mark.group(1).isdigit()]
    is_running = bool(numbers) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return len(texts) > 1 and all(marks) and is_running


@dataclass(slots=True)
class _Content:
    """What share of a column's sample are what."""

    n: int = 0
    values: float = 0.0
    addresses: float = 0.0
    inner: float = 0.0
    numbers: float = 0.0
    times: float = 0.0
    malware: float = 0.0
    running: bool = False


def _content(rows: Sequence[Row], column: int) -> _Content:
    cells = [row.cells[column] for row in rows if column < len(row.cells) and not is_nothing(row.cells[column])]
    found = _Content(n=len(cells))
    if not cells:
        return found
    integers: list[int] = []
    for cell in cells:
        text = cell_text(cell)[:2_000]
        parsed = parse_cell(text)
        if parsed.values or any(reason != "not_a_value" for _, reason in parsed.faults):
            found.values += 1
            found.addresses += any(value.kind in _ADDRESS_KINDS for value in parsed.values)
            found.inner += any(value.scope in ("unspecified", "loopback") for value in parsed.values)
        if _NUMBER.fullmatch(text):
            found.numbers += 1
            if text.isdigit():
                integers.append(int(text))
        found.times += time_us(cell) is not None
        found.malware += len(text) < 60 and aliases.is_known(text)
    found.running = len(integers) == len(cells) and integers == list(range(integers[0], integers[0] + len(integers)))
    for name in ("values", "addresses", "inner", "numbers", "times", "malware"):
        setattr(found, name, getattr(found, name) / len(cells))
    return found


def _fits(role: str, content: _Content) -> bool:
    if not content.n:
        return True
    if role in VALUE_ROLES:
        return content.values >= 0.3
    if role in _TIME_ROLES:
        return content.times >= 0.3
    if role in _NUMBER_ROLES or role == "ordinal":
        return content.numbers >= 0.4
    if role in ("malware", "organisation"):
        return content.addresses < 0.5
    return True


def find_layout(table: Table, mapping: Mapping[str, str], header: Header | None = None) -> Layout:
    """The layout of ``table``. ``mapping`` (header text or column number from 1, to role) overrides what is found."""
    wanted = {fold_words(key): role for key, role in mapping.items()}
    header = header or find_header(table, frozenset(wanted))
    sample = _sample(table.rows[header.first :])
    contents = [_content(sample, column) for column in range(len(header.texts))]
    roles: dict[int, str] = {}
    for column, text in enumerate(header.texts):
        role = wanted.get(fold_words(text)) if text else None
        if role := role or wanted.get(str(column + 1)):
            roles[column] = role
    for column, text in enumerate(header.texts):
        if column not in roles:
            candidates = [r for r in _roles_for(fold_words(text)) if r in _REPEATED_ROLES or r not in roles.values()]
            role = next((r for r in candidates if _fits(r, contents[column])), None)
            if role is not None:
                roles[column] = role
    is_told = bool(roles)
    _add_by_content(header, contents, roles)
    _settle_addresses(roles, is_told=is_told)
    above = [cell_text(cell) for row in table.rows[: header.first - 1] for cell in row.cells if isinstance(cell, str)]
    title = " ".join([table.file.replace("\\", "/").rpartition("/")[2], table.sheet, table.title, *above])
    return Layout(header.first, header.texts, roles, header.signature, title[:4_000], header.found, dict(mapping))


def _sample(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows from the beginning, middle and end."""
    if len(rows) <= SAMPLE_ROWS:
        return rows
    step = len(rows) // (SAMPLE_ROWS // 2)
    return [*rows[: SAMPLE_ROWS // 2], *rows[SAMPLE_ROWS // 2 :: step]]


def _add_by_content(header: Header, contents: Sequence[_Content], roles: dict[int, str]) -> None:
    has_values = any(role in VALUE_ROLES - {"inner"} for role in roles.values())
    times: list[int] = []
    for column, content in enumerate(contents):
        if column in roles or not content.n or (header.texts[column] and has_values):
            continue
        if content.values >= 0.5:
            roles[column] = (
                "ignored" if content.inner >= 0.9 else "address" if content.addresses >= 0.3 else "indicator"
            )
        elif header.texts[column]:
            continue
        elif content.running:
            roles[column] = "ordinal"
        elif content.times >= 0.5:
            times.append(column)
        elif content.malware >= 0.3 and "malware" not in roles.values():
            roles[column] = "malware"
    if not _TIME_ROLES & set(roles.values()):
        names = ("seen",) if len(times) == 1 else ("first_seen", "last_seen")
        roles.update(zip(times, names, strict=False))


def _settle_addresses(roles: dict[int, str], *, is_told: bool) -> None:
    """Say what plain address and indicator columns are beside columns of victims or destinations."""
    taken = set(roles.values())
    if "victim" in taken:
        for column, role in roles.items():
            if role == "indicator":
                roles[column] = "destination"
            elif role == "address":
                roles[column] = "ignored"
    elif "destination" in taken:
        for column, role in roles.items():
            if role == "address":
                roles[column] = "victim"
    elif not is_told and len(roles) > 2:
        plain_columns = [column for column, role in roles.items() if role in ("address", "indicator")]
        if len(plain_columns) == 2 and roles[min(plain_columns)] == "address":
            roles[min(plain_columns)], roles[max(plain_columns)] = "victim", "destination"


def list_role(layout: Layout) -> Literal["victim", "hostile"]:
    """Whose addresses a list with plain address columns names: ``victim`` or ``hostile``, by its title and columns."""
    words = vocabulary()
    text = f" {fold_words(layout.title)} "
    if any(word in text for word in words.hostile_title):
        return "hostile"
    if layout.columns("organisation"):
        return "victim"
    is_victims = any(word in text for word in words.victims_title)
    return "victim" if is_victims and layout.has_header and any(layout.headers) else "hostile"
