"""Reading indicator lists and the files beside them for commands; every fault is told on standard error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vonggac.cli.language import _, ngettext, number, tell
from vonggac.cli.scan import tell_faults
from vonggac.config import Settings, zone_from
from vonggac.errors import N_, InputError, VonggacError

_USUAL = frozenset({"heading", "repeated_header"})
"""Passed over in every office file, and not worth a word."""

if TYPE_CHECKING:
    from vonggac.detectors.indicators.faults import Fault
    from vonggac.detectors.indicators.indicator import Indicator
    from vonggac.detectors.indicators.owners import Owners
    from vonggac.detectors.indicators.warninglists import Warninglists


@dataclass(frozen=True, slots=True)
class Lists:
    """What lists gave. ``is_whole``: nothing in them was unreadable."""

    indicators: Sequence[Indicator]
    n_lists: int
    is_whole: bool


def read_bytes(path: Path) -> bytes:
    """The content of ``path``; raises InputError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            N_("could not be opened: {reason}"), where=str(path), reason=error.strerror or str(error)
        ) from None


def read_lists(
    paths: Sequence[str],
    settings: Settings,
    *,
    mapping: str = "",
    warninglists: Warninglists | None = None,
    at: int | None = None,
) -> Lists:
    """The indicators of all lists, without those that no longer count ``at`` a time (microseconds since 1970); ``mapping`` names a file with roles of columns, which is remembered for lists like these.

    Lists that cannot be read are told, the others count. Raises InputError when no list gave an indicator.
    """
    from vonggac.jobs.list_files import read_path
    from vonggac.jobs.mappings import Mappings, parse_mapping

    known = Mappings(settings.data_dir)
    given = parse_mapping(read_bytes(Path(mapping)).decode("utf-8", "replace"), mapping) if mapping else None
    indicators: list[Indicator] = []
    unread: list[str] = []
    faults: list[Fault] = []
    passed: Counter[str] = Counter()
    for path in paths:
        try:
            found = read_path(
                Path(path),
                read_bytes,
                mapping=given,
                warninglists=warninglists,
                zone=zone_from(settings.zone),
                recall=known.recall,
            )
        except InputError as error:
            unread.append(tell(error))
            continue
        if given and found.header_signature:
            known.remember(found.header_signature, given)
        kept = [one for one in found.indicators if at is None or one.valid_until is None or one.valid_until > at]
        indicators += kept
        faults += found.faults
        passed.update(found.passed_over or {})
        passed["expired"] += len(found.indicators) - len(kept)
        unread += [
            tell(part.error)
            if part.error is not None
            else ": ".join(filter(None, (path, part.sheet, _left_out(part.reason), part.detail)))
            for part in found.skipped
            if part.reason not in {"empty_sheet", "no_table"}
        ]
    if unread:
        tell_faults(_("Not read:"), unread)
    if faults:
        _tell_rows(faults)
    _tell_passed_over(passed)
    _tell_doubts(indicators)
    if not indicators:
        raise InputError(N_("not one usable value in the lists"), where=", ".join(paths))
    return Lists(indicators, len(paths), not unread and all(fault.is_kept for fault in faults))


def _left_out(reason: str) -> str:
    from vonggac.tables.table import LEFT_OUT

    return _(LEFT_OUT[reason])


def _tell_rows(faults: Sequence[Fault]) -> None:
    from vonggac.detectors.indicators.detector import place_text

    heading = ngettext(
        "{n} cell or row of the lists could not be read:",
        "{n} cells or rows of the lists could not be read:",
        len(faults),
    ).format(n=number(len(faults)))
    tell_faults(
        heading,
        [
            f"{place_text(fault.place)}: {_(fault.message)}" + (f": {fault.text}" if fault.text else "")
            for fault in faults
        ],
    )


def _tell_passed_over(passed: Counter[str]) -> None:
    """What is no fault of a list: how many of each kind."""
    from vonggac.detectors.indicators.faults import PASSED_OVER

    told = [
        f"{number(n)} × {_(PASSED_OVER[reason])}" for reason, n in passed.most_common() if n and reason not in _USUAL
    ]
    if told:
        tell_faults(_("Passed over in the lists:"), told)


def _tell_doubts(indicators: Sequence[Indicator]) -> None:
    """Values that were recognised in pictures and may be others."""
    from vonggac.detectors.indicators.detector import place_text
    from vonggac.detectors.indicators.indicator import MISREAD

    found = [
        f"{place_text(one.place)}: {one.value} ({warning})"
        for one in indicators for warning in one.warnings if warning.startswith(MISREAD)
    ]  # fmt: skip
    if found:
        heading = ngettext(
            "{n} recognised value is not sure, look at it:",
            "{n} recognised values are not sure, look at them:",
            len(found),
        )
        tell_faults(heading.format(n=number(len(found))), found)


def read_warninglists(paths: Sequence[str]) -> Warninglists | None:
    """Warninglists of files, and of folders with all ``*.json`` below them; None when no path is given."""
    from vonggac.detectors.indicators.warninglists import Warninglists

    if not paths:
        return None
    files: list[Path] = []
    for path in map(Path, paths):
        found = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        if not found:
            raise InputError(N_("no warninglist (*.json) in this folder"), where=str(path))
        files += found
    lists = Warninglists.load((str(file), read_bytes(file)) for file in files)
    if lists.skipped:
        tell_faults(_("Left out of warninglists:"), [f"{name}: {what}" for name, what in lists.skipped])
    return lists


def read_owners(path: str, settings: Settings) -> tuple[Owners, bool]:
    """The owners in a networks file, and whether all its rows could be read."""
    from vonggac.detectors.indicators.detector import place_text
    from vonggac.detectors.indicators.owners import Owners
    from vonggac.tables import read_tables

    owners = Owners.read(read_tables(read_bytes(Path(path)), path), path, zone_from(settings.zone))
    for heading, faults in (
        (_("Rows of the networks file that could not be read:"), owners.faults),
        (_("Rows of the networks file that contradict each other:"), owners.conflicts),
    ):
        if faults:
            tell_faults(
                heading, [f"{place_text(f.place)}: {tell(VonggacError(f.message, **f.params))}" for f in faults]
            )
    return owners, not owners.faults
