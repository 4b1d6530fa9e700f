"""Indicator lists: office files and the forms of others to indicators, and every row that gave none with its reason."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from vonggac.detectors.indicators.columns import Header, Layout, check_mapping, find_header, find_layout, fold_words
from vonggac.detectors.indicators.dates import VIETNAM
from vonggac.detectors.indicators.faults import Fault
from vonggac.detectors.indicators.forms import as_utf8, form_of, looks_like_json
from vonggac.detectors.indicators.indicator import Indicator
from vonggac.detectors.indicators.parts import read_parts
from vonggac.detectors.indicators.rows import family_of, read_rows
from vonggac.detectors.indicators.warninglists import Warninglists
from vonggac.errors import N_, ConfigError, FormatUnknown, InputError
from vonggac.tables import LeftOut, Table, Tables, read_tables
from vonggac.tables.table import MAX_BYTES, cell_text, is_empty

Role = Literal["victim", "hostile"]
N_SAMPLES = 3
"""Values of a column that are shown to a person, looked for in the first ``N_SAMPLED`` rows, cut to ``SAMPLE_LENGTH``."""
N_SAMPLED = 50
SAMPLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class TableReading:
    """How one table was read: its columns, its name in places, how many rows it had, and per column its first values."""

    sheet: str
    layout: Layout
    n_rows: int
    samples: Sequence[Sequence[str]] = ()

    @property
    def mapping(self) -> dict[str, str]:
        """Header (or column number from 1, where there is none) to role, of the columns that have one."""
        headers = self.layout.headers
        return {headers[column] or str(column + 1): role for column, role in sorted(self.layout.roles.items())}


@dataclass(frozen=True, slots=True)
class IndicatorList:
    """What a file gave. ``mapping_used`` and ``header_signature`` are those of the table with the most rows.

    ``faults``: rows and cells that could not be read. ``skipped``: sheets and pages that were not. ``passed_over``: how
    many rows are no entries at all, by kind (a key of PASSED_OVER). ``form``: the name of its form, ``table`` for tables.
    """

    indicators: Sequence[Indicator]
    faults: Sequence[Fault]
    mapping_used: Mapping[str, str]
    header_signature: str
    tables: Sequence[TableReading] = ()
    skipped: Sequence[LeftOut] = ()
    passed_over: Mapping[str, int] | None = None
    form: str = "table"


def read_list(
    data: bytes,
    filename: str,
    *,
    mapping: Mapping[str, str] | None = None,
    warninglists: Warninglists | None = None,
    zone: tzinfo = VIETNAM,
    role: Role | None = None,
    recall: Callable[[str], Mapping[str, str] | None] | None = None,
    family: Callable[[str], str] = family_of,
) -> IndicatorList:
    """Read an indicator list, whatever kind of office file or form (``forms.FORMS``) it is.

    ``mapping``: header text (or column number from 1) to role, over what is found (roles: ``columns.role_names()``).
    ``recall``: a header signature to the mapping remembered for it, asked where ``mapping`` is not given. ``role``: what
    plain address columns are; by default the title, file name and columns tell (in other forms, what each says itself). ``family``: what is kept of a malware cell. A row gives a victim (or, in a hostile
    list, a hostile) indicator for each address; the destinations that victims' rows name are one hostile indicator for
    each distinct value, port and malware, at the place of the first row, with the earliest and latest times.

    Raises InputError when nothing could be read at all, ConfigError when the mapping names no role or no column.
    """
    if mapping is not None:
        check_mapping(mapping, filename)
    with _without_collector():
        text = as_utf8(data)
        form = form_of(text) if len(data) <= MAX_BYTES else None
        if form is None:
            if looks_like_json(text):
                raise FormatUnknown(N_("JSON, but neither a bundle of STIX nor an event of MISP"), where=filename)
            tables = read_tables(data, filename)
            return _read(tables, filename, mapping, warninglists, zone, role, recall, family)
        found = read_parts(form.read(text, filename), filename, warninglists, role, family)
    return IndicatorList(
        found.indicators, found.faults, {}, "", (), found.skipped, dict(found.passed_over), form.name
    )  # fmt: skip


def read_recognised(
    tables: Tables,
    filename: str,
    *,
    mapping: Mapping[str, str] | None = None,
    warninglists: Warninglists | None = None,
    zone: tzinfo = VIETNAM,
    role: Role | None = None,
    recall: Callable[[str], Mapping[str, str] | None] | None = None,
    family: Callable[[str], str] = family_of,
) -> IndicatorList:
    """As :func:`read_list`, of tables that somebody else made: pages that were recognised."""
    if mapping is not None:
        check_mapping(mapping, filename)
    with _without_collector():
        return _read(tables, filename, mapping, warninglists, zone, role, recall, family)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Pause the cycle collector: it would walk a hundred thousand living rows again and again and find nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(
    tables: Tables,
    filename: str,
    mapping: Mapping[str, str] | None,
    warninglists: Warninglists | None,
    zone: tzinfo,
    role: Role | None,
    recall: Callable[[str], Mapping[str, str] | None] | None,
    family: Callable[[str], str],
) -> IndicatorList:
    indicators: list[Indicator] = []
    faults: list[Fault] = []
    readings: list[TableReading] = []
    passed: Counter[str] = Counter()
    for table, layout in _laid_out(tables.tables, mapping, recall):
        found = read_rows(table, layout, warninglists, zone, role, family)
        indicators += found.indicators
        faults += found.faults
        passed.update(found.passed_over)
        readings.append(TableReading(table.sheet, layout, len(table.rows) - layout.first, _samples(table, layout)))
    if mapping:
        _check_used(mapping, readings, filename)
    if not readings:
        raise InputError(N_("no sheet with anything in it"), where=filename)
    largest = max(readings, key=lambda reading: reading.n_rows)
    return IndicatorList(
        indicators, faults, largest.mapping, largest.layout.signature, readings, tables.skipped, dict(passed)
    )


def _samples(table: Table, layout: Layout) -> list[list[str]]:
    """The first values of each column."""
    rows = table.rows[layout.first : layout.first + N_SAMPLED]
    columns = [[row.cells[n] for row in rows if n < len(row.cells)] for n in range(len(layout.headers))]
    return [[cell_text(cell)[:SAMPLE_LENGTH] for cell in cells if not is_empty(cell)][:N_SAMPLES] for cells in columns]


def _laid_out(
    tables: Sequence[Table],
    mapping: Mapping[str, str] | None,
    recall: Callable[[str], Mapping[str, str] | None] | None,
) -> list[tuple[Table, Layout]]:
    """Each table with its layout. A table without a header continues the one before it if that is as wide."""
    result: list[tuple[Table, Layout]] = []
    for table in tables:
        header = find_header(table)
        before = result[-1][1] if result else None
        if not header.found and before and before.has_header and len(before.headers) == len(header.texts):
            header = Header(0, before.headers, True, before.signature)
            used: Mapping[str, str] = before.mapping
        else:
            used = mapping if mapping is not None else (recall(header.signature) if recall else None) or {}
            if used:  # the signature stays the one that is found without a mapping, so that it is found again
                known = find_header(table, frozenset(map(fold_words, used)))
                header = known._replace(signature=header.signature)
        result.append((table, find_layout(table, used, header)))
    return result


def _check_used(mapping: Mapping[str, str], readings: Sequence[TableReading], filename: str) -> None:
    widest = max((len(reading.layout.headers) for reading in readings), default=0)
    headers = {fold_words(text): text for reading in readings for text in reading.layout.headers if text}
    for key in mapping:
        if fold_words(key) not in headers and not (key.isdigit() and 1 <= int(key) <= widest):
            raise ConfigError(N_("no column is called “{header}”; the columns are: {headers}"), where=filename, header=key,
                              headers=", ".join(headers.values()) or f"1–{widest}")  # fmt: skip
