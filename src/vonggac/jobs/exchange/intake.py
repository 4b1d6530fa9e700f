"""Files and pasted texts of others become indicators; first only looked at, if somebody wants to see what would happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from vonggac.config import Settings
from vonggac.desk.intel.actions.indicators import Draft, Seen, Told, add_sightings, tell_indicators
from vonggac.desk.intel.queries.indicators import Value
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.detectors.indicators.faults import REASONS
from vonggac.detectors.indicators.forms import FORMS as READERS
from vonggac.detectors.indicators.forms import as_utf8, form_of
from vonggac.detectors.indicators.lists import IndicatorList
from vonggac.detectors.indicators.values import parse_cell
from vonggac.detectors.indicators.warninglists import Warninglists
from vonggac.errors import N_, FormatUnknown, UnsafeInput
from vonggac.jobs.exchange.families import Families
from vonggac.jobs.exchange.found import SHOWN, Defaults, Found, gather, of_list
from vonggac.tables.table import MAX_BYTES

FORMS: Final = {"stix": "STIX 2.1", "misp": "MISP"}
"""Forms that are written; read are all of ``detectors.indicators.forms``, and tables."""
Tables = Callable[[bytes], IndicatorList]
"""Reads a file that is of no form: an office file, a scan."""
MOST_PASTED: Final = 200_000
"""Characters of one pasted text."""


@dataclass(slots=True)
class Outcome:
    """What became of a file, or would: ``told`` counts drafts; ``left_out``: (what, English text why); ``reasons``: such a text to how many."""

    form: str
    n_objects: int
    told: Told
    n_sightings: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    drafts: Sequence[Draft] = ()

    @property
    def n_left_out(self) -> int:
        """How many parts were not taken."""
        return sum(self.reasons.values())


def read(data: bytes, defaults: Defaults, form: str = "", tables: Tables | None = None) -> Found:
    """What a file of ``form`` (empty: whichever it is) holds; ``tables`` reads what is of no form. Raises InputError, mostly FormatUnknown."""
    text = as_utf8(data)
    reader = next((one for one in READERS if one.name == form), None) if form else form_of(text)
    if reader is not None:
        return gather(reader.name, reader.read(text, ""), defaults)
    if form or tables is None:
        raise FormatUnknown(N_("this form is not known"))
    return of_list(tables(data), defaults)


def take_in(  # noqa: PLR0913  # what a file comes with, by name
    asker: Asker, data: bytes, *, source: str, defaults: Defaults, form: str = "", number: str = "", is_dry: bool = False,
    warninglists: Warninglists | None = None, tables: Tables | None = None,
) -> Outcome:  # fmt: skip
    """Take in a file, whatever form it has; ``is_dry``: only tell what would happen. Needs indicators.edit everywhere."""
    require(asker, "indicators.edit", None)
    found = read(data, replace(defaults, family=Families.load().of), form, tables)
    drafts = [_warned(one, warninglists) for one in found.drafts]
    told = tell_indicators(asker, drafts, source, number, is_dry=is_dry)
    outcome = Outcome(found.form, found.n_objects, told, drafts=drafts)
    outcome.left_out = [(what, REASONS[reason]) for what, reason in found.left_out] + told.left_out
    del outcome.left_out[SHOWN:]
    for reason, n in found.n_left_out.most_common():
        outcome.reasons[REASONS[reason]] = n
    for _what, text in told.left_out:
        outcome.reasons[text] = outcome.reasons.get(text, 0) + 1
    seen = [
        Seen(told.ids[one.of.key], source, one.first_at, one.last_at, n=one.n)
        for one in found.sights
        if one.of.key in told.ids
    ]
    outcome.n_sightings = len(seen) if is_dry else add_sightings(asker, seen)
    return outcome


def _warned(draft: Draft, lists: Warninglists | None) -> Draft:
    if lists is None:
        return draft
    names = lists.names_for(draft.kind, draft.value)  # type: ignore[arg-type]  # a kind of detectors.indicators
    return replace(draft, warnings="; ".join(filter(None, (draft.warnings, *names)))[:500]) if names else draft


def warninglists_in(settings: Settings) -> Warninglists | None:
    """The warninglists in the folder ``warninglists`` of the installation's data; None without any."""
    folder = settings.data_dir / "warninglists"
    files = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    return Warninglists.load((str(path.relative_to(folder)), path.read_bytes()) for path in files) if files else None


def pasted(
    text: str, draft: Draft, warninglists: Warninglists | None = None
) -> tuple[list[Draft], list[tuple[str, str]]]:
    """Drafts like ``draft`` for every value in a pasted text, each once, and (what, English text why) of what looks like one and is none.

    Addresses that say nothing outside their own network are among the latter.
    """
    family = Families.load().of(draft.family)
    drafts: dict[tuple[str, str], Draft] = {}
    faults: list[tuple[str, str]] = []
    for line in text[:MOST_PASTED].splitlines():
        found = parse_cell(line) if line.strip() else None
        if found is None:
            continue
        faults += [(what[:80], REASONS[reason]) for what, reason in found.faults]
        for value in found.values:
            if value.scope:
                faults.append((value.original[:80], REASONS[value.scope]))
            elif len(value.value) > 500:
                faults.append((value.original[:80], REASONS["value_too_long"]))
            else:
                one = replace(draft, kind=value.kind, value=value.value, port=value.port, family=family)
                drafts.setdefault((one.kind, one.value), _warned(one, warninglists))
    return list(drafts.values()), faults


def values_in(text: str) -> tuple[Value, ...]:
    """What somebody who searches typed, if it is values and nothing else: defanged or not, at most 20; else none."""
    found = parse_cell(text.strip()[:2000]) if text.strip() else None
    if found is None or found.faults or not 0 < len(found.values) <= 20:
        return ()
    words = [word for word in text.replace(",", " ").replace(";", " ").split() if word]
    if len(words) > 2 * len(found.values):  # a sentence that happens to name one
        return ()
    return tuple(Value(one.kind, one.value, host_of(one.kind, one.value)) for one in found.values)


def host_of(kind: str, value: str) -> str:
    """The host of a URL; empty for everything else."""
    if kind != "url":
        return ""
    host = urlsplit(value).hostname or ""
    return f"[{host}]" if ":" in host else host


def read_file(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a file of at most ``most``; raises UnsafeInput."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        message = N_("the file is larger than {limit} MB, which is the most that is taken: cut it in parts")
        raise UnsafeInput(message, where=str(path), limit=most >> 20)
    return data
