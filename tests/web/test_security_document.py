"""docs/security.md says what meets each requirement: every test that it names exists, every state is one of four, none is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text("utf-8")
ROW = re.compile(r"^\| ([\d., –]+) \| (.+?) \| (Met|Partly|Not met|None here)\b(.*) \|$", re.MULTILINE)
LEVELS_1_AND_2 = {
    1: {1: 2, 2: 9, 3: 11, 4: 3, 5: 2}, 2: {1: 3, 2: 3, 3: 4, 4: 1}, 3: {2: 2, 3: 4, 4: 6, 5: 5, 7: 2}, 4: {1: 3, 2: 1, 3: 2, 4: 4},
    5: {1: 1, 2: 3, 3: 2, 4: 3}, 6: {1: 3, 2: 11, 3: 3, 4: 4, 5: 5, 6: 3, 8: 3}, 7: {1: 3, 2: 4, 3: 2, 4: 5, 5: 2, 6: 2},
    8: {1: 2, 2: 3, 3: 1, 4: 1}, 9: {1: 3, 2: 4}, 10: {1: 2, 2: 2, 3: 4, 4: 11, 5: 5, 6: 2, 7: 3}, 11: {1: 2, 2: 3, 3: 3, 4: 3, 5: 1, 6: 1},
    12: {1: 3, 2: 2, 3: 4}, 13: {1: 1, 2: 5, 3: 2, 4: 5}, 14: {1: 2, 2: 4, 3: 3}, 15: {1: 3, 2: 3, 3: 7},
    16: {1: 1, 2: 5, 3: 4, 4: 3, 5: 3},
}  # fmt: skip
"""Chapter to section to its last requirement of levels 1 and 2: those of level 3 come after them in every section."""


def named():
    """File and test of each test that the document names."""
    return re.findall(r"`([\w/]+\.py)::(\w+)`", DOCUMENT)


def covered():
    """Every requirement that a row speaks of."""
    found = set()
    for numbers, _asked, _state, _why in ROW.findall(DOCUMENT):
        for part in numbers.split(","):
            first, _dash, last = part.strip().partition("–")
            chapter, section, low = map(int, first.split("."))
            to = [int(one) for one in last.split(".")] if last else [chapter, section, low]
            for at in range(section, to[1] + 1):  # a span may go over several sections: 9.1.1–9.2.4
                begin = low if at == section else 1
                end = to[2] if at == to[1] else 99
                found |= {(chapter, at, n) for n in range(begin, end + 1)}
    return found


def test_every_test_that_is_named_exists():
    missing = [
        (file, name)
        for file, name in named()
        if not re.search(rf"^def {name}\(", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE)
    ]
    assert missing == []
    assert len(named()) > 100


def test_every_row_has_a_state():
    rows = [line for line in DOCUMENT.splitlines() if re.match(r"^\| \d+\.\d+\.\d+", line)]
    assert rows
    assert [line for line in rows if not ROW.match(line)] == []


def test_no_requirement_is_forgotten():
    wanted = {
        (chapter, section, n)
        for chapter, sections in LEVELS_1_AND_2.items()
        for section, last in sections.items()
        for n in range(1, last + 1)
    }
    assert wanted - covered() == set()


def test_what_is_met_says_by_what():
    bare = [
        numbers
        for numbers, _asked, state, why in ROW.findall(DOCUMENT)
        if state in {"Partly", "Not met"} and len(why.strip(": ")) < 20
    ]
    assert bare == []
    assert [numbers for numbers, _asked, state, why in ROW.findall(DOCUMENT) if state == "Met" and len(why) < 10] == []
