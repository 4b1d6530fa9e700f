"""Charts made on the server as SVG: each answers the question in its title, names its axes, and has a table behind it.

They carry classes and presentation attributes only (no style), so that themes, print and the content policy hold.
Colours repeat after four series, dashes tell lines apart without colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from vonggac.web.shell.times import number

WIDTH = 480
ROW = 30
"""Height of a bar with the room around it, in units of the drawing."""
LETTER = 6.6
"""Rough width of a letter at 12 units, to leave room for labels."""


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is counted over all labels; ``tone`` replaces the colour of its place by ``critical`` or ``ok``."""

    name: str
    values: Sequence[float]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """``question``: what it answers. ``across`` and ``up`` name the axes (of labels, of values). ``kind``: bar, stacked or line."""

    question: str
    labels: Sequence[str]
    series: Sequence[Series]
    across: str
    up: str
    kind: str = "bar"


def ticks(most: float) -> list[float]:
    """Round values from 0 to at least ``most``, three to six of them: steps of 1, 2 or 5 times a power of ten."""
    if most < 1e-9:
        return [0.0, 1.0]
    rough = most / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    if most == int(most):
        step = max(step, 1.0)
    return [step * place for place in range(math.ceil(most / step) + 1)]


def drawing(chart: Chart) -> SafeString:
    """The chart as one SVG element."""
    parts, height = _lines(chart) if chart.kind == "line" else _bars(chart)
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="xMinYMin meet">{}</svg>',
        WIDTH,
        height,
        chart.question,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _tag(name: str, inside: str = "", **attributes: object) -> SafeString:
    """One element; numbers are rounded to a tenth, ``_`` in names stands for ``-``, ``class_`` for ``class``."""
    pairs = (
        (key.rstrip("_").replace("_", "-"), f"{value:.1f}" if isinstance(value, float) else value)
        for key, value in attributes.items()
    )
    return format_html("<{}{}>{}</{}>", name, format_html_join("", ' {}="{}"', pairs), inside, name)


def _text(inside: str, x: float, y: float, anchor: str = "middle", css: str = "") -> SafeString:
    return _tag("text", inside, x=float(x), y=float(y), text_anchor=anchor, class_=css)


def _line(css: str, start: tuple[float, float], end: tuple[float, float]) -> SafeString:
    return _tag("line", class_=css, x1=start[0], y1=start[1], x2=end[0], y2=end[1])


def _short(label: str, most: int = 27) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _mark(place: int, series: Series) -> str:
    return series.tone or f"s{place % 4 + 1}"


def _told(chart: Chart, row: int, series: Series) -> SafeString:
    """What is said of one value on hover."""
    return _tag("title", f"{chart.labels[row]} · {series.name}: {number(series.values[row])}")


def _bars(chart: Chart) -> tuple[list[SafeString], int]:
    """Lying bars, one row per label; side by side for several series, or end to end when stacked."""
    is_stacked = chart.kind == "stacked"
    n_bars = 1 if is_stacked else max(len(chart.series), 1)
    sums = [sum(series.values[row] for series in chart.series) for row in range(len(chart.labels))]
    most = max(sums if is_stacked else [value for series in chart.series for value in series.values], default=0)
    marks = ticks(most)
    left = min(max((len(_short(label)) for label in chart.labels), default=0) * LETTER + 16, 190.0)
    room = WIDTH - left - 56
    row_height = ROW if n_bars == 1 else 12 + 15 * n_bars
    height = row_height * len(chart.labels) + 44
    parts = _upright_grid(chart, marks, left, room, height)
    thick = float(row_height - 8 if n_bars == 1 else 13)
    for row, label in enumerate(chart.labels):
        top = row * row_height + 4
        parts.append(_text(_short(label), left - 8, top + (row_height - 8) / 2 + 4, "end", "label"))
        start = left
        for place, series in enumerate(chart.series):
            length = room * series.values[row] / marks[-1]
            y = float(top + (15 * place if n_bars > 1 else 0))
            mark = f"bar {_mark(place, series)}"
            parts.append(
                _tag("rect", _told(chart, row, series), class_=mark, x=start, y=y, width=length, height=thick, rx=2)
            )
            if is_stacked:
                start += length
            else:
                parts.append(_text(number(series.values[row]), left + length + 6, y + thick / 2 + 4, "start", "value"))
        if is_stacked:
            parts.append(_text(number(sums[row]), start + 6, top + thick / 2 + 4, "start", "value"))
    return parts, height


def _upright_grid(chart: Chart, marks: list[float], left: float, room: float, height: int) -> list[SafeString]:
    parts = []
    for mark in marks:
        x = left + room * mark / marks[-1]
        parts.append(_line("grid" if mark else "axis", (x, 0.0), (x, float(height - 38))))
        parts.append(_text(number(mark), x, height - 22))
    return [*parts, _text(chart.up, left + room / 2, height - 4)]


def _lines(chart: Chart) -> tuple[list[SafeString], int]:
    """Lines over labels in their order."""
    height, top, bottom = 280, 26, 48
    marks = ticks(max((value for series in chart.series for value in series.values), default=0))
    left = max(len(number(mark)) for mark in marks) * LETTER + 16
    room, depth = WIDTH - left - 24, height - top - bottom

    def at(place: int, value: float) -> tuple[float, float]:
        return left + room * place / max(len(chart.labels) - 1, 1), top + depth * (1 - value / marks[-1])

    parts = [_text(chart.up, 0, 12, "start")]
    for mark in marks:
        y = at(0, mark)[1]
        parts.append(_line("grid" if mark else "axis", (left, y), (left + room, y)))
        parts.append(_text(number(mark), left - 8, y + 4, "end"))
    every = max(1, math.ceil(len(chart.labels) / 7))
    for place in range(0, len(chart.labels), every):
        anchor = "start" if place == 0 else "end" if place == len(chart.labels) - 1 else "middle"
        parts.append(_text(chart.labels[place], at(place, 0)[0], height - 28, anchor))
    parts.append(_text(chart.across, left + room / 2, height - 6))
    for place, series in enumerate(chart.series):
        points = [at(row, value) for row, value in enumerate(series.values)]
        mark_of = _mark(place, series)
        parts.append(_tag("polyline", class_=f"line {mark_of}", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points)))
        parts.extend(
            _tag("circle", _told(chart, row, series), class_=f"point {mark_of}", cx=x, cy=y, r=3)
            for row, (x, y) in enumerate(points)
        )
    return parts, height


def table(chart: Chart) -> list[tuple[str, list[str]]]:
    """The rows behind the drawing: a label with the values of all series, as people read them."""
    return [(label, [number(series.values[row]) for series in chart.series]) for row, label in enumerate(chart.labels)]


def keys(chart: Chart) -> list[tuple[str, str]]:
    """Class and name of each series, for the key under a drawing of several."""
    return [(_mark(place, series), series.name) for place, series in enumerate(chart.series)]
