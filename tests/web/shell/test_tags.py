"""The template tags: what they say, and that hostile text stays text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone, translation

from vonggac.web import shell
from vonggac.web.shell.navigation import NAVIGATION
from vonggac.web.shell.paging import Paged, page_of

WEB = Path(shell.__file__).parent.parent

HOSTILE = """"><script>alert(1)</script>'&"""


def shown(code, **values):
    return engines["django"].engine.from_string(code).render(_context(values))


def _context(values):
    from django.template import Context

    return Context(values)


@pytest.mark.parametrize(
    "code",
    [
        "{% badge text 'high' %}",
        "{% badge 'ok' 'ok' text %}",
        "{% icon 'check' text %}",
        "{% icon text %}",
        "{% mono text %}",
        "{% isolate text %}",
        "{% empty text text text text %}",
        "{% clock due None text %}",
        "{% undo text text values %}",
        "{% steps titles 1 %}",
        "{% when None text %}",
    ],
)
def test_hostile_text_stays_text(code):
    values = {
        "text": HOSTILE,
        "due": timezone.now() + timedelta(hours=1),
        "values": {HOSTILE: HOSTILE},
        "titles": [HOSTILE],
    }
    html = shown(code, **values)
    assert "<script" not in html
    assert "&lt;script" in html


def test_a_badge_says_its_state_by_colour_drawing_and_word():
    html = shown("{% badge 'Nghiêm trọng' 'critical' %}")
    assert 'class="badge critical"' in html
    assert "sprite.svg#severity-critical" in html
    assert "Nghiêm trọng" in html
    assert 'class="badge muted"' in shown("{% badge 'x' 'pink' %}")


def test_hidden_marks_are_seen_and_turn_nothing():
    html = shown("{% isolate text %}{% mono text %}", text="a\u202egpj.exe\u2066<b>")
    assert "\u202e" not in html
    assert "\u2066" not in html
    assert html.count("U+202E") == 2
    assert html.count("U+2066") == 2
    assert "<b>" not in html.replace("<bdi>", "")


def test_text_of_the_field_is_left_alone():
    assert shown("{% isolate text %}", text="Ủy ban nhân dân xã Đông Hòa") == "<bdi>Ủy ban nhân dân xã Đông Hòa</bdi>"


@pytest.mark.parametrize(("language", "number"), [("vi", "1.234.567"), ("en", "1,234,567")])
def test_count_speaks_the_language(language, number):
    with translation.override(language):
        assert number in shown("{% count 1234567 %}")
        assert "–" in shown("{% count None %}")


def test_when_is_relative_near_and_exact_on_hover():
    near = timezone.now() - timedelta(hours=3, minutes=5)
    far = datetime(2020, 1, 31, 18, 30, 5, tzinfo=UTC)
    with translation.override("vi"):
        html = shown("{% when near %}|{% when far %}", near=near, far=far)
    one, two = html.split("|")
    assert "3 giờ trước" in one
    assert "data-relative" in one
    assert f'datetime="{near.isoformat()}"' in one
    assert "01/02/2020 01:30<" in two
    assert "data-relative" not in two
    assert 'title="01/02/2020 01:30:05 +07:00 · 31/01/2020 18:30:05 UTC"' in two


@pytest.mark.parametrize(
    ("due", "done", "paused", "state", "word"),
    [
        (timedelta(days=3, minutes=1), None, "", "running", "còn 3 ngày"),
        (timedelta(hours=3, minutes=1), None, "", "soon", "còn 3 giờ"),
        (-timedelta(minutes=90), None, "", "overdue", "quá hạn 1 giờ"),
        (-timedelta(minutes=90), None, "chờ nhà mạng", "paused", "tạm dừng: chờ nhà mạng"),
        (-timedelta(minutes=90), -timedelta(minutes=100), "", "done", "xong đúng hạn"),
        (-timedelta(minutes=90), -timedelta(minutes=80), "", "done", "xong trễ hạn"),
    ],
)
def test_clock_says_its_state(due, done, paused, state, word):
    now = timezone.now()
    with translation.override("vi"):
        html = shown(
            "{% clock due done paused %}", due=now + due, done=None if done is None else now + done, paused=paused
        )
    assert f'class="clock {state}"' in html
    assert word in html


class Sample(forms.Form):
    name = forms.CharField(label="Tên <b>", help_text="Như trên con dấu")
    kinds = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple)
    is_open = forms.BooleanField(required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_has_label_help_and_faults_that_belong_to_its_control():
    form = Sample({"name": "", "kinds": []})
    html = shown("{% field form.name %}", form=form)
    assert '<label class="label" for="id_name">Tên &lt;b&gt;</label>' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    described = html.split('aria-describedby="')[1].split('"')[0].split()
    assert described == ["id_name_helptext", "id_name_error"]
    assert 'aria-invalid="true"' in html


def test_a_group_is_a_fieldset_a_check_has_its_label_behind_a_hidden_field_nothing_else():
    form = Sample({"name": HOSTILE, "kinds": ["a"]})
    assert "<fieldset" in shown("{% field form.kinds %}", form=form)
    assert shown("{% field form.is_open %}", form=form).index("<input") < shown(
        "{% field form.is_open %}", form=form
    ).index("<span>")
    assert shown("{% field form.secret %}", form=form).strip().startswith("<input")
    assert "<script" not in shown("{% field form.name %}", form=form)


def test_the_paginator_keeps_filters_and_leaves_places_out():
    request = RequestFactory().get("/x", {"kind": "commune", "page": "2", "q": 'a"&b'})
    page = page_of(range(1000), request, size=10)
    assert (page.first, list(page.rows)) == (11, list(range(10, 20)))
    html = shown("{% paginator page %}", page=page, request=request)
    assert 'rel="next" href="?kind=commune&amp;q=a%22%26b&amp;page=3"' in html
    assert 'rel="prev" href="?kind=commune&amp;q=a%22%26b&amp;page=1"' in html
    assert "11–20" in html


def test_the_paginator_takes_keysets_and_djangos_pages():
    request = RequestFactory().get("/x", {"after": "old", "kind": "a"})
    keyset = Paged([1, 2], next={"after": "x y"}, previous=None)
    html = shown("{% paginator page %}", page=keyset, request=request)
    assert 'href="?kind=a&amp;after=x+y"' in html
    assert 'rel="prev"' not in html
    with translation.override("en"):
        assert "51–100 of 120" in shown("{% paginator page %}", page=Paginator(range(120), 50).page(2), request=request)


@pytest.mark.parametrize("text", ["", "0", "-1", "x", "1e9", "999999", "²", "１"])
def test_a_page_number_that_is_none_is_the_first_or_the_last_allowed(text):
    request = RequestFactory().get("/x", {"page": text})
    assert page_of(range(30), request, size=10).first in (1, 0)


def test_a_head_sorts_and_turns_round():
    request = RequestFactory().get("/x", {"sort": "name", "page": "3", "q": "a"})
    html = shown("{% sort_head 'Tên' 'name' %}{% sort_head 'Mã' 'code' %}", request=request)
    assert 'aria-sort="ascending"' in html
    assert 'href="?sort=-name&amp;q=a"' in html
    assert 'href="?sort=code&amp;q=a"' in html


def test_a_meter_stays_within_its_bounds():
    assert 'width="100.0"' in shown("{% meter 9 3 %}")
    assert 'width="0.0"' in shown("{% meter 3 0 %}")


def test_every_icon_that_is_named_is_drawn():
    drawn = set(re.findall(r'id="([\w-]+)"', (WEB / "shell/static/vonggac/sprite.svg").read_text("utf-8")))
    used = {item.icon for section in NAVIGATION for item in section.items}
    for template in WEB.rglob("*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', template.read_text("utf-8")))
    assert used - drawn == set()
    assert len(used) > 30
