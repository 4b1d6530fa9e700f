"""The design language in numbers: contrasts, one set of names for both themes, no value outside the one file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[3] / "src/vonggac/web/shell/static/vonggac"
TOKENS = (STATIC / "tokens.css").read_text("utf-8")
STYLES = sorted(path for path in STATIC.glob("*.css") if path.name != "tokens.css")
STATES = ("critical", "high", "medium", "low", "info", "ok")
TEXT = 4.5
"""WCAG 2.2, 1.4.3: text."""
SHAPE = 3.0
"""WCAG 2.2, 1.4.11: borders of controls, drawings, parts of charts."""

PAIRS = [
    *(
        (ink, ground, TEXT)
        for ink in ("ink", "ink-2", "accent", "accent-strong")
        for ground in ("ground", "surface", "sunken")
    ),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("accent-strong", "accent-wash", TEXT),
    ("ink", "accent-wash", TEXT),
    ("ink-2", "accent-wash", TEXT),
    ("on-shout", "shout", TEXT),
    ("ground", "ink", TEXT),
    *((state, f"{state}-wash", TEXT) for state in STATES),
    *((state, ground, TEXT) for state in STATES for ground in ("ground", "surface")),
    *(("ink", f"{state}-wash", TEXT) for state in STATES),
    *((f"series-{n}", "surface", SHAPE) for n in range(1, 5)),
    *(("line-strong", ground, SHAPE) for ground in ("ground", "surface", "sunken")),
    *(("accent", ground, SHAPE) for ground in ("ground", "surface", "sunken", "accent-wash")),
    *(("shout", ground, SHAPE) for ground in ("ground", "surface")),
]


def blocks() -> dict[str, dict[str, str]]:
    """Selector to the tokens that stand in its block."""
    found = {}
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", TOKENS, flags=re.DOTALL)):
        found[" ".join(selector.split())] = dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))
    return found


BLOCKS = blocks()
LIGHT = BLOCKS[':root, [data-theme="light"]']
ASKED_DARK = BLOCKS['[data-theme="dark"]']
DEVICE_DARK = next(values for selector, values in BLOCKS.items() if '[data-theme="auto"]' in selector)


def luminance(colour: str) -> float:
    """WCAG's relative luminance of ``#rrggbb``."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_arithmetic_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_can_be_read(theme):
    tokens = LIGHT if theme == "light" else LIGHT | ASKED_DARK
    weak = {
        f"{front} on {back}": round(found, 2)
        for front, back, least in PAIRS
        if (found := contrast(tokens[front], tokens[back])) < least
    }
    assert weak == {}


def test_dark_means_the_same_whether_the_device_or_the_reader_asks():
    assert DEVICE_DARK == ASKED_DARK
    assert set(ASKED_DARK) <= set(LIGHT)


def test_every_colour_of_light_has_one_in_dark():
    colours = {name for name, value in LIGHT.items() if value.startswith(("#", "rgb"))}
    assert colours == set(ASKED_DARK) - {"shadow", "veil"} | ({"shadow", "veil"} & colours)


def test_colours_stand_in_the_tokens_only():
    """White of paper is not a colour of the portal."""
    found = {
        (path.name, value)
        for path in STYLES
        for value in re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", path.read_text("utf-8"))
    }
    assert found <= {("print.css", "#fff")}


def test_every_token_that_is_used_exists_and_every_one_that_exists_is_used():
    used = {name for path in STYLES for name in re.findall(r"var\(--([\w-]+)", path.read_text("utf-8"))}
    assert used == set(LIGHT)


def test_one_shadow_two_radii():
    assert sum(name.startswith("shadow") for name in LIGHT) == 1
    assert sum(name.startswith("radius") for name in LIGHT) == 2
