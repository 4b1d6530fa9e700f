"""What a list says, made into rows: whose each address was at its time, what is new beside the version before, how urgent it is."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vonggac.desk.audit.chain import microseconds
from vonggac.desk.intel.models import ListVersion, RowFault
from vonggac.desk.intel.staging import rows as staged
from vonggac.desk.loading import utc_texts
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.queries.graph import heirs
from vonggac.desk.scope.asker import Asker
from vonggac.desk.searching import search_form
from vonggac.detectors.indicators.indicator import Indicator
from vonggac.detectors.indicators.rows import family_of
from vonggac.jobs.exchange.families import Families
from vonggac.jobs.owner_at import CONTESTED, NOBODY, OwnersAt
from vonggac.jobs.priority import default as priorities

MOST_VALUE = 500
_STEPS = ((70.0, 1), (55.0, 2), (40.0, 3), (25.0, 4))
"""Points of ``priority.yml`` from which on a Task has this priority; below all it is 5."""
_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")
_SINKHOLE = "sinkhole"


def kept(text: str, most: int) -> str:
    """``text`` as a column of ``most`` characters can keep it."""
    text = text[:most]
    return text if text.isascii() and "\0" not in text else _UNSTORABLE.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class Made:
    """Rows (``staging.rows.COLUMNS``), with what was too long to be one; ``counts`` and ``digest`` as in ListVersion."""

    rows: list[tuple[Any, ...]]
    faults: list[RowFault]
    counts: dict[str, int]
    digest: str


def make(version: ListVersion, indicators: Sequence[Indicator], asker: Asker, now: datetime) -> Made:
    """The rows of ``version``; nothing is written."""
    fits = [one for one in indicators if len(one.value) <= MOST_VALUE]
    faults = [
        RowFault(version=version, sheet=kept(one.place.sheet, 120), number=one.place.row, reason="too_long", text=kept(one.value, 80))
        for one in indicators if len(one.value) > MOST_VALUE
    ]  # fmt: skip
    families = _families({one.malware for one in fits})
    names = [families[one.malware] for one in fits]
    basis = microseconds(version.as_of or version.created_at)
    at = [one.last_seen or one.first_seen or basis for one in fits]
    owners = whose(fits, at, asker, now)
    statuses, n_gone = _statuses(version, [(one.value, name) for one, name in zip(fits, names, strict=True)])
    columns = _columns(version, fits, names, at, owners, statuses, basis)
    rows = list(zip(*columns, strict=True))
    counts = Counter[str](statuses)
    counts.update(_ATTRIBUTION_COUNTS[one] for one in columns[staged.COLUMNS.index("attribution")])
    counts["waiting"] = columns[staged.COLUMNS.index("decision")].count("wait")
    known = ("new", "still", "back", "owned", "nobody", "contested", "none", "waiting")
    found = {"rows": len(rows), "gone": n_gone, **{name: counts[name] for name in known}}
    return Made(rows, faults, found, _digest(rows))


def _families(written: set[str]) -> dict[str, str]:
    """Names of malware to families: by what people entered, then by the table that is shipped; a cell may name several."""
    known = Families.load()
    found = {}
    for text in written:
        family = known.of(text)
        found[text] = kept(family if family != text else family_of(text), 120)
    return found


_ATTRIBUTION_COUNTS = {"owner": "owned", "nobody": "nobody", "contested": "contested", "none": "none"}


def _digest(rows: Sequence[tuple[Any, ...]]) -> str:
    """Of what each row is, whose and in which state: what a person looked at."""
    places = [staged.COLUMNS.index(name) for name in ("sheet", "number", "key", "organisation_id", "status")]
    lines = ("\x1f".join(str(row[place]) for place in places) for row in rows)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()


def _columns(  # what is known of the rows, column by column
    version: ListVersion,
    found: Sequence[Indicator],
    names: Sequence[str],
    at: Sequence[int],
    owners: Sequence[int],
    statuses: Sequence[str],
    basis: int,
) -> list[list[Any]]:
    attributions = [_attribution(one, owner) for one, owner in zip(found, owners, strict=True)]
    organisations = [owner if owner > 0 else None for owner in owners]
    warnings = [kept(", ".join(one.warnings), 500) if one.warnings else "" for one in found]
    decided = staged.decisions(version.pk)
    entries = zip(found, names, warnings, strict=True)
    decisions = [decided.get((one.value, name), ("wait", "")) if warned else ("", "") for one, name, warned in entries]
    folded = {name: search_form(name) for name in set(names)}
    keys = [
        f"{organisation}|{one.value.lower()}|{folded[name]}"[:200] if organisation else f"{one.kind}|{one.value}|{folded[name]}"[:200]
        for one, name, organisation in zip(found, names, organisations, strict=True)
    ]  # fmt: skip
    texts = {most: _texts(most) for most in (120, 250, 500)}
    return [
        [version.pk] * len(found),
        [texts[120](one.place.sheet) for one in found],
        [one.place.row for one in found],
        [one.kind for one in found],
        [one.role for one in found],
        [one.value for one in found],
        [kept(one.original, 500) for one in found],
        [texts[250](one.malware) for one in found],
        list(names),
        utc_texts([one.first_seen for one in found]),
        utc_texts([one.last_seen for one in found]),
        utc_texts(at),
        [one.port for one in found],
        [texts[500](one.destination) for one in found],
        [one.destination_port for one in found],
        [one.count for one in found],
        [texts[250](one.organisation) for one in found],
        [texts[500](one.note) for one in found],
        organisations,
        attributions,
        list(statuses),
        warnings,
        [_priority(one, name, basis) for one, name in zip(found, names, strict=True)],
        [decision for decision, _reason in decisions],
        [reason for _decision, reason in decisions],
        keys,
    ]


def _texts(most: int) -> Callable[[str], str]:
    """:func:`kept` for texts that come again and again."""
    known: dict[str, str] = {}

    def shape(text: str) -> str:
        found = known.get(text)
        if found is None:
            known[text] = found = kept(text, most)
        return found

    return shape


def _attribution(one: Indicator, owner: int) -> str:
    if owner > 0:
        return "owner"
    if one.kind not in staged.ADDRESSES or one.role == "hostile":
        return "none"
    return "contested" if owner == CONTESTED else "nobody"


def _priority(one: Indicator, family: str, basis: int) -> int:
    table = priorities()
    age = None if one.last_seen is None else max(basis - one.last_seen, 0)
    points = table.points(
        malware_class=table.class_of(family), age_us=age, level=None, n_hosts=0, is_warned=bool(one.warnings)
    )
    return next((priority for least, priority in _STEPS if points >= least), 5)


# ------------------------------------------------------------------------------------------------------------ statuses


def _statuses(version: ListVersion, entries: Sequence[staged.Entry]) -> tuple[list[str], int]:
    """What each entry is beside the version that was published last, and how many rows of that one are gone."""
    if version.previous_id is None:
        return ["new"] * len(entries), 0
    before, here = staged.entries(version.previous_id), set(entries)
    back = staged.seen_before(version, here - before)
    statuses = ["still" if one in before else "back" if one in back else "new" for one in entries]
    return statuses, staged.n_of(version.previous_id, before - here)


# ----------------------------------------------------------------------------------------------------------- ownership


def whose(found: Sequence[Indicator], at: Sequence[int], asker: Asker, now: datetime) -> list[int]:
    """For each the organisation that answers for it today: who held the address at its time, or who took over from that one.

    NOBODY or CONTESTED where there is no one such. A network or range is somebody's when its first and last address are. A hostile value
    that is a sinkhole is nobody's work, whoever runs it. A telco gave its addresses out: it is asked who held one, not told to clean it.
    """
    owners = OwnersAt.read(asker)
    is_ours = np.fromiter(
        (one.kind in staged.ADDRESSES and not (one.role == "hostile" and _SINKHOLE in one.note) for one in found),
        bool,
        len(found),
    )
    moments = np.array(at, np.int64)
    firsts, lasts = [], []
    for one in found:
        first, last = _ends(one)
        firsts.append(first)
        lasts.append(last)
    held = owners.ask(firsts, moments)
    wide = np.fromiter((first != last for first, last in zip(firsts, lasts, strict=True)), bool, len(found))
    if wide.any():
        rows = np.flatnonzero(wide)
        ends = owners.ask([lasts[row] for row in rows], moments[rows])
        held[rows] = np.where(held[rows] == ends, held[rows], CONTESTED)
    held[~is_ours] = NOBODY
    held[np.isin(held, _telcos())] = NOBODY
    return _living(owners, held, firsts, now)


def _telcos() -> list[int]:
    return list(Organisation.objects.filter(kind="telco").values_list("pk", flat=True))


def _ends(one: Indicator) -> tuple[str, str]:
    """The first and last address of a value."""
    if one.kind == "range":
        first, _dash, last = one.value.partition("-")
        return first, last
    if one.kind == "cidr":
        network = ipaddress.ip_network(one.value)
        return str(network[0]), str(network[-1])
    return one.value, one.value


def _living(owners: OwnersAt, held: NDArray[np.int64], addresses: Sequence[str], now: datetime) -> list[int]:
    after = heirs({int(one) for one in np.unique(held)} - {NOBODY, CONTESTED}, now)
    result: list[int] = held.tolist()
    split: list[int] = []
    for row, owner in enumerate(result):
        if owner > 0:
            found = after[owner]
            result[row] = next(iter(found)) if len(found) == 1 else NOBODY
            if len(found) > 1:
                split.append(row)
    if split:  # several took over: the one whose network it is now, if it is one of them
        today = owners.ask([addresses[row] for row in split], np.full(len(split), microseconds(now), np.int64))
        for row, owner in zip(split, today.tolist(), strict=True):
            result[row] = owner if owner in after[int(held[row])] else CONTESTED
    return result
