"""The picture of when findings were: bars per stretch of time, by severity, with the figures behind it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from vonggac.cli.findings import LEVEL_WORDS
from vonggac.cli.formats.html.text import badge, text, written
from vonggac.cli.language import _, ngettext, number
from vonggac.events.finding import LEVELS

WIDTHS = (1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 604800, 2592000, 7776000, 31536000, 315360000)
"""Seconds that a bar may stand for."""
MAX_BARS = 72
_LEAST_BARS = 12
_MAX_HELD = 4096
_HOUR_US = 3_600_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = 20  # a few findings this many times farther away than nearly all others are told, not drawn
_NEARLY_ALL = 0.99


class Timeline:
    """Counts findings by time, in bounded memory: the finer the shorter the time they span."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._width = 0  # index in WIDTHS
        self._counts: dict[int, list[int]] = {}
        self.n_without = 0

    def add(self, time_us: int | None, level: str) -> None:
        """Count one finding."""
        if time_us is None:
            self.n_without += 1
            return
        seconds = time_us // 1_000_000 + _offset(time_us // _HOUR_US, self._zone)
        self._put(seconds // WIDTHS[self._width], LEVELS.index(level), 1)
        while len(self._counts) > _MAX_HELD and self._width < len(WIDTHS) - 1:
            self._widen()

    def _put(self, bucket: int, level: int, count: int) -> None:
        counts = self._counts.get(bucket)
        if counts is None:
            counts = self._counts[bucket] = [0] * len(LEVELS)
        counts[level] += count

    def _widen(self) -> None:
        before, width = self._counts, WIDTHS[self._width]
        self._counts = {}
        self._width += 1
        for bucket, counts in before.items():
            for level, count in enumerate(counts):
                if count:
                    self._put(bucket * width // WIDTHS[self._width], level, count)

    def html(self) -> str:
        """The picture, the words beside it and the table behind it; empty without a single time."""
        if not self._counts:
            return ""
        first, last, n_outside = self._main_part()
        while self._width < len(WIDTHS) - 1 and last - first + 1 > MAX_BARS:
            self._widen()
            first, last, n_outside = self._main_part()
        last = max(last, first + _LEAST_BARS - 1)
        bars = [(bucket, self._counts.get(bucket)) for bucket in range(first, last + 1)]
        notes = []
        if n_outside:
            notes.append(
                ngettext(
                    "{n} finding lies far from the others in time and is not drawn",
                    "{n} findings lie far from the others in time and are not drawn",
                    n_outside,
                ).format(n=number(n_outside))
            )
        if self.n_without:
            notes.append(
                ngettext(
                    "{n} finding has no time and is not drawn",
                    "{n} findings have no time and are not drawn",
                    self.n_without,
                ).format(n=number(self.n_without))
            )
        most = max(sum(counts) for _bucket, counts in bars if counts)
        middle = bars[len(bars) // 2][0]
        ticks = [first, *([middle] if len(bars) > 4 else []), last + 1]
        labels = "".join(f"<span>{text(self._label(tick))}</span>" for tick in ticks)
        return (
            f'<figure class="chart"><div class="plot"><span class="most">{number(most)}</span>'
            f"{_svg(bars, most, self._label)}</div>"
            f'<div class="ticks">{labels}</div>'
            f'<figcaption class="small muted">{text(self._caption())} {" · ".join(map(text, notes))}</figcaption></figure>'
            + self._table(bars)
        )

    def _caption(self) -> str:
        return _("Findings for each {width}.").format(width=_width_words(WIDTHS[self._width]))

    def _main_part(self) -> tuple[int, int, int]:
        """First and last bucket to draw, and the findings outside: not drawn where a few would squeeze all others."""
        buckets = sorted(self._counts)
        sums: list[int] = []
        total = 0
        for bucket in buckets:
            total += sum(self._counts[bucket])
            sums.append(total)
        low = buckets[bisect_right(sums, total * (1 - _NEARLY_ALL) / 2)]
        high = buckets[min(bisect_right(sums, total * (1 + _NEARLY_ALL) / 2), len(buckets) - 1)]
        reach = max(high - low + 1, 1) * _FAR
        near = [bucket for bucket in buckets if low - reach <= bucket <= high + reach]
        if len(near) == len(buckets) or buckets[-1] - buckets[0] < MAX_BARS:
            return buckets[0], buckets[-1], 0
        return near[0], near[-1], total - sum(sum(self._counts[bucket]) for bucket in near)

    def _label(self, bucket: int) -> str:
        width = WIDTHS[self._width]
        try:
            local = _EPOCH + timedelta(seconds=bucket * width)
        except OverflowError:
            return "…"
        return written(local, is_day=width >= 86400)

    def _table(self, bars: Sequence[tuple[int, list[int] | None]]) -> str:
        present = [n for n in reversed(range(len(LEVELS))) if any(counts and counts[n] for _bucket, counts in bars)]
        head = "".join(f'<th class="number">{badge(LEVELS[n])}</th>' for n in present)
        rows = "".join(
            f"<tr><th>{text(self._label(bucket))}</th>"
            + "".join(f'<td class="number">{number(counts[n])}</td>' for n in present)
            + "</tr>"
            for bucket, counts in bars
            if counts
        )
        return (
            "<details><summary>" + text(_("The figures of this picture")) + "</summary>"
            '<div class="scroll"><table><thead><tr><th>'
            + text(_("From"))
            + f"</th>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
        )


@lru_cache(maxsize=4096)
def _offset(hour: int, zone: tzinfo) -> int:
    """Seconds that ``zone`` is ahead of UTC in ``hour`` since 1970."""
    try:
        found = (_EPOCH + timedelta(hours=hour)).astimezone(zone).utcoffset()
    except (OverflowError, ValueError):
        return 0
    return int(found.total_seconds()) if found else 0


def _svg(bars: Sequence[tuple[int, list[int] | None]], most: int, label: Callable[[int], str]) -> str:
    shapes: list[str] = []
    for number_, (bucket, counts) in enumerate(bars):
        if not counts:
            continue
        below = 0.0
        told = ", ".join(f"{number(counts[n])} {_(LEVEL_WORDS[LEVELS[n]])}" for n in reversed(range(5)) if counts[n])
        shapes.append(f"<g><title>{text(f'{label(bucket)}: {told}')}</title>")
        total = sum(counts)
        scale = max(100 * total / most, 1.5) / total  # the smallest bar can be seen too
        for level in reversed(range(len(LEVELS))):
            if counts[level]:
                height = counts[level] * scale
                shapes.append(
                    f'<rect class="{LEVELS[level]}" x="{number_ * 10 + 1}" y="{100 - below - height:.2f}" width="8" height="{height:.2f}"/>'
                )
                below += height
        shapes.append("</g>")
    title = text(_("When the findings were, by severity"))
    return f'<svg viewBox="0 0 {len(bars) * 10} 100" preserveAspectRatio="none" role="img" aria-label="{title}">{"".join(shapes)}</svg>'


def _width_words(seconds: int) -> str:
    for size, one, many in (
        (31536000, _("year"), _("{n} years")),
        (2592000, _("30 days"), _("{n} × 30 days")),
        (604800, _("week"), _("{n} weeks")),
        (86400, _("day"), _("{n} days")),
        (3600, _("hour"), _("{n} hours")),
        (60, _("minute"), _("{n} minutes")),
    ):
        if seconds >= size:
            return one if seconds == size else many.format(n=seconds // size)
    return _("second") if seconds == 1 else _("{n} seconds").format(n=seconds)
