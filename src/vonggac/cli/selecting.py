"""Which rules run, at which level, and on which part of the logs: the selecting options of ``vonggac scan``."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from vonggac.cli.language import _, ngettext, number
from vonggac.errors import N_, InputError, UsageError

if TYPE_CHECKING:
    from vonggac.detectors.sigma import RuleSet
    from vonggac.detectors.tuning import Tuning
    from vonggac.jobs.rules import LoadedRules
    from vonggac.jobs.scan import Summary
    from vonggac.jobs.since import Since

LAST = "last"
"""What ``--since`` is given for the last run of the same question."""
_STRETCH = re.compile(r"(\d{1,6})([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
TOP = 20


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rules that run. ``lines``: what selection and tuning changed, for the reader."""

    loaded: LoadedRules
    tuning: Tuning | None = None
    lines: Sequence[str] = ()


def choose(
    loaded: LoadedRules, tuning: str, include: Sequence[str], exclude: Sequence[str], *, with_indicators: bool
) -> Chosen:
    """``loaded`` as the file ``tuning`` and the patterns have it; raises UsageError or RuleError where these mean nothing."""
    if not (tuning or include or exclude):
        return Chosen(loaded)
    from vonggac.detectors.tuning import selected

    whole = loaded.ruleset
    ruleset, rules, lines = whole, None, []
    if tuning:
        rules = read_tuning(tuning)
        rules.check(
            [*((rule.info, rule.logsource) for rule in whole.rules), *((one.info, None) for one in whole.correlations)],
            with_indicators=with_indicators,
        )
        ruleset = rules.ruleset(whole)
        off, levels, exceptions = rules.effect(whole)
        lines.append(
            _("tuning: {off} rules off, {levels} with another level, {exceptions} with exceptions").format(
                off=number(off), levels=number(levels), exceptions=number(exceptions)
            )
        )
        if not ruleset.heard() and not with_indicators:
            raise UsageError(N_("the tuning turns off every rule"), where=tuning)
    ruleset = selected(ruleset, include, exclude) if include or exclude else ruleset
    n_heard = len(ruleset.heard())
    lines.insert(
        0,
        ngettext("{n} of {all} rules runs", "{n} of {all} rules run", n_heard).format(
            n=number(n_heard), all=number(len(whole.heard()))
        ),
    )
    return Chosen(_narrowed(loaded, ruleset), rules, lines)


def _narrowed(loaded: LoadedRules, ruleset: RuleSet) -> LoadedRules:
    """``loaded`` with ``ruleset``, some of its rules, and a store of their own plans: numbers of rules differ."""
    cache = loaded.cache
    kept = [rule.info.id for rule in ruleset.rules]
    if cache is not None and kept != [rule.info.id for rule in loaded.ruleset.rules]:
        digest = hashlib.blake2b("\0".join((cache.folder.name, *kept)).encode(), digest_size=16).hexdigest()
        cache = replace(cache, folder=cache.folder.with_name(digest))
    return replace(loaded, ruleset=ruleset, cache=cache)


def read_tuning(path: str) -> Tuning:
    """The tuning file at ``path``; raises InputError or RuleError."""
    from vonggac.detectors.tuning import MAX_BYTES, parse_tuning

    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(N_("could not be opened: {reason}"), where=path, reason=error.strerror or str(error)) from None
    if len(data) > MAX_BYTES:
        raise InputError(N_("too long to be read here: at most {limit:,} bytes"), where=path, limit=MAX_BYTES)
    try:
        return parse_tuning(data.decode("utf-8-sig"), path)
    except UnicodeDecodeError as error:
        raise InputError(N_("not UTF-8 at byte {at}"), where=path, at=error.start) from None


def stretch(text: str, now: float) -> int | None:
    """The moment that ``30m``, ``2h``, ``3d`` or ``1w`` before ``now`` is, in microseconds; None when ``text`` is no such stretch."""
    found = _STRETCH.fullmatch(text)
    return int((now - int(found[1]) * _SECONDS[found[2]]) * 1_000_000) if found else None


def closing(summary: Summary, chosen: Chosen, since: Since | None, zone: tzinfo) -> list[str]:
    """What selection, tuning and ``--since last`` made of the scan, for its last lines."""
    lines = list(chosen.lines)
    if summary.excepted:
        n = summary.excepted.total()
        lines.append(
            ngettext("{n} finding left out as an exception:", "{n} findings left out as exceptions:", n).format(
                n=number(n)
            )
        )
        lines += [f"  {title}: {number(count)}" for title, count in summary.excepted.most_common(TOP)]
        if len(summary.excepted) > TOP:
            lines.append("  " + _("and {n} more").format(n=number(len(summary.excepted) - TOP)))
    if since is not None:
        lines.append(_since(since, zone))
    return lines


def _since(since: Since, zone: tzinfo) -> str:
    if since.is_damaged:
        return _("what earlier runs had read is not known any more: everything was read")
    if not since.last_run:
        return _("no earlier run of this question is known: everything was read")
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(since.last_run, UTC).astimezone(zone)
    return _(
        "since the run of {time}: {unchanged} files unchanged, {old} without anything new, {continued} read on, {new} new"
    ).format(
        time=f"{at:%Y-%m-%d %H:%M:%S}",
        unchanged=number(since.n_unchanged),
        old=number(since.n_old),
        continued=number(since.n_continued),
        new=number(since.n_new),
    )


def now() -> float:
    """Seconds since 1970."""
    return time.time()
