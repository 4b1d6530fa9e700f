"""Charts: true to their numbers, readable without them, and made of elements that the content policy allows."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from django.template import Context, engines
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from vonggac.web.shell.charts import Chart, Series, drawing, ticks

HOSTILE = '"><script>alert(1)</script>'


def chart(kind="bar", labels=("A", "B"), *series):
    return Chart("Loại nào thiếu nhất?", labels, series or [Series("Số", [1, 3])], "Loại", "Số đơn vị", kind)


def elements(one, name):
    root = ET.fromstring(str(drawing(one)))  # what we made ourselves
    return [element for element in root.iter() if element.tag.endswith(name)]


def test_lengths_are_in_the_proportion_of_the_values():
    widths = [float(bar.get("width")) for bar in elements(chart(), "rect")]
    assert widths[1] == pytest.approx(3 * widths[0], abs=0.2)


def test_stacked_bars_stand_end_to_end_and_say_their_sum():
    one = chart("stacked", ["A"], Series("x", [2]), Series("y", [5]))
    first, second = elements(one, "rect")
    assert float(second.get("x")) == pytest.approx(float(first.get("x")) + float(first.get("width")), abs=0.2)
    assert "7" in [text.text for text in elements(one, "text")]


def test_a_line_rises_with_its_values():
    (line,) = elements(chart("line", ["1", "2", "3"], Series("x", [0, 5, 10])), "polyline")
    heights = [float(point.split(",")[1]) for point in line.get("points").split()]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("kind", ["bar", "stacked", "line"])
def test_a_chart_has_its_question_its_axes_and_a_table(kind):
    code = engines["django"].engine.from_string("{% chart one %}")
    with translation.override("vi"):
        html = code.render(Context({"one": chart(kind, ["A", "B"], Series("x", [1234, 5]), Series("y", [2, 3]))}))
    assert "<figcaption>Loại nào thiếu nhất?</figcaption>" in html
    assert "Số đơn vị" in html
    assert "<td>1.234</td>" in html
    assert html.count("<li>") == 2
    assert "style=" not in html


@pytest.mark.parametrize("kind", ["bar", "stacked", "line"])
def test_nothing_and_zero_can_be_drawn(kind):
    assert "<svg" in drawing(chart(kind, [], Series("x", [])))
    assert "<svg" in drawing(chart(kind, ["A"], Series("x", [0])))


@pytest.mark.parametrize("kind", ["bar", "stacked", "line"])
def test_hostile_labels_stay_text(kind):
    svg = str(drawing(Chart(HOSTILE, [HOSTILE], [Series(HOSTILE, [1])], HOSTILE, HOSTILE, kind)))
    assert "<script" not in svg
    ET.fromstring(svg)


@given(st.floats(min_value=0, max_value=1e9, allow_nan=False))
def test_ticks_cover_the_greatest_value_in_few_even_steps(most):
    marks = ticks(most)
    assert marks[0] == 0
    assert marks[-1] >= most * (1 - 1e-9)
    assert 2 <= len(marks) <= 7
    assert len({round((b - a) / marks[1], 6) for a, b in pairwise(marks)}) == 1


def test_whole_numbers_have_whole_ticks():
    assert all(mark == int(mark) for mark in ticks(2))
    assert re.search(r">2<", str(drawing(chart("bar", ["A"], Series("x", [2])))))
