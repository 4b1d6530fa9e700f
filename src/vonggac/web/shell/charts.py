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

WIDTH = 640
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
    if most <= 0:
        return [0.0, 1.0]
    rough = most / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    if most == int(most):
        step = max(step, 1.0)
    return [step * place for place in range(math.ceil(most / step) + 1)]


def drawing(chart: Chart) -> SafeString:
    """The chart as one SVG element."""
    body, height = _lines(chart) if chart.kind == "line" else _bars(chart)
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="xMinYMin meet">{}</svg>',
        WIDTH,
        height,
        chart.question,
        body,
    )


def _short(label: str, most: int = 34) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _mark(place: int, series: Series) -> str:
    return series.tone or f"s{place % 4 + 1}"


def _bars(chart: Chart) -> tuple[SafeString, int]:
    """Lying bars, one row per label; side by side for several series, or end to end when stacked."""
    is_stacked = chart.kind == "stacked"
    n_bars = 1 if is_stacked else max(len(chart.series), 1)
    sums = [sum(series.values[row] for series in chart.series) for row in range(len(chart.labels))]
    most = max(sums if is_stacked else [value for series in chart.series for value in series.values], default=0)
    marks = ticks(most)
    left = min(max((len(_short(label)) for label in chart.labels), default=0) * LETTER + 12, 240)
    room = WIDTH - left - 56
    row_height = ROW if n_bars == 1 else 12 + 15 * n_bars
    height = row_height * len(chart.labels) + 44
    parts = [_upright_grid(chart, marks, left, room, height)]
    for row, label in enumerate(chart.labels):
        top = row * row_height + 4
        parts.append(
            format_html(
                '<text class="label" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>',
                left - 8,
                top + (row_height - 8) / 2 + 4,
                _short(label),
            )
        )
        start = 0.0
        for place, series in enumerate(chart.series):
            value = series.values[row]
            length = room * value / marks[-1]
            y = top + (0 if is_stacked or n_bars == 1 else 15 * place)
            thick = row_height - 8 if n_bars == 1 else 13
            parts.append(_bar(_mark(place, series), left + start, y, length, thick, f"{label} · {series.name}: {number(value)}"))
            if not is_stacked:
                parts.append(_value(left + length + 6, y + thick / 2 + 4, value))
            start += length if is_stacked else 0
        if is_stacked:
            parts.append(_value(left + start + 6, top + (row_height - 8) / 2 + 4, sums[row]))
    return format_html_join("", "{}", ((part,) for part in parts)), height


def _bar(mark: str, x: float, y: float, length: float, thick: float, told: str) -> SafeString:
    return format_html(
        '<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"><title>{}</title></rect>',
        mark,
        x,
        y,
        max(length, 0),
        thick,
        told,
    )


def _value(x: float, y: float, value: float) -> SafeString:
    return format_html('<text class="value" x="{:.1f}" y="{:.1f}">{}</text>', x, y, number(value))


def _upright_grid(chart: Chart, marks: list[float], left: float, room: float, height: int) -> SafeString:
    lines = format_html_join(
        "",
        '<line class="{}" x1="{:.1f}" y1="0" x2="{:.1f}" y2="{}"/><text x="{:.1f}" y="{}" text-anchor="middle">{}</text>',
        (
            ("grid" if mark else "axis", x, x, height - 38, x, height - 22, number(mark))
            for mark in marks
            for x in (left + room * mark / marks[-1],)
        ),
    )
    return format_html(
        '{}<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>', lines, left + room / 2, height - 4, chart.up
    )


def _lines(chart: Chart) -> tuple[SafeString, int]:
    """Lines over labels in their order."""
    height, top, bottom = 280, 26, 48
    marks = ticks(max((value for series in chart.series for value in series.values), default=0))
    left = max(len(number(mark)) for mark in marks) * LETTER + 16
    room, depth = WIDTH - left - 16, height - top - bottom
    n = max(len(chart.labels) - 1, 1)

    def at(place: int, value: float) -> tuple[float, float]:
        return left + room * place / n, top + depth * (1 - value / marks[-1])

    parts = [format_html('<text x="0" y="12">{}</text>', chart.up)]
    for mark in marks:
        _x, y = at(0, mark)
        parts.append(
            format_html(
                '<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{}" y2="{:.1f}"/><text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>',
                "grid" if mark else "axis",
                left,
                y,
                WIDTH - 16,
                y,
                left - 8,
                y + 4,
                number(mark),
            )
        )
    every = max(1, math.ceil(len(chart.labels) / 8))
    for place in range(0, len(chart.labels), every):
        x, _y = at(place, 0)
        anchor = "start" if place == 0 else "middle"
        parts.append(format_html('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>', x, height - 28, anchor, chart.labels[place]))
    parts.append(format_html('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>', left + room / 2, height - 6, chart.across))
    for place, series in enumerate(chart.series):
        points = [at(i, value) for i, value in enumerate(series.values)]
        parts.append(
            format_html('<polyline class="line {}" points="{}"/>', _mark(place, series), " ".join(f"{x:.1f},{y:.1f}" for x, y in points))
        )
        parts.extend(
            format_html(
                '<circle class="point {}" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}</title></circle>',
                _mark(place, series),
                x,
                y,
                f"{chart.labels[i]} · {series.name}: {number(series.values[i])}",
            )
            for i, (x, y) in enumerate(points)
        )
    return format_html_join("", "{}", ((part,) for part in parts)), height


def table(chart: Chart) -> list[tuple[str, list[str]]]:
    """The rows behind the drawing: a label with the values of all series, as people read them."""
    return [
        (label, [number(series.values[row]) for series in chart.series]) for row, label in enumerate(chart.labels)
    ]


def keys(chart: Chart) -> list[tuple[str, str]]:
    """Class and name of each series, for the key under a drawing of several."""
    return [(_mark(place, series), series.name) for place, series in enumerate(chart.series)]
