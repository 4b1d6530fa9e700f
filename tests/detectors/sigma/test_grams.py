"""Literals of every kind and length, in values of every kind and length, batch after batch by the same detector."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.events.batch import EventBatch
from vonggac.sources import by_name
from vonggac.sources.source import Block, Options

MODES: Mapping[str, Callable[[str, str], bool]] = {
    "": lambda value, text: value == text,
    "|startswith": str.startswith,
    "|endswith": str.endswith,
    "|contains": lambda value, text: text in value,
}
TEXTS = st.text(st.sampled_from('aAbB\\"éÉ đĐ\n'), max_size=3) | st.text(st.sampled_from("aAb\\"), max_size=45)


def detector_of(literals: list[tuple[str, str, bool]]) -> SigmaDetector:
    """One rule for each literal: its modifier, the literal, whether capitals count."""
    documents = []
    for number, (mode, text, is_cased) in enumerate(literals):
        key = f"f{mode}{'|cased' if is_cased else ''}"
        escaped = text.replace("\\", "\\\\")
        documents.append(
            {
                "title": str(number),
                "id": f"00000000-0000-4000-8000-{number:012}",
                "logsource": {"product": "any"},
                "detection": {"s": {key: escaped}, "condition": "s"},
            }
        )
    ruleset = compile_rules([("r", yaml.safe_dump_all(documents, allow_unicode=True))])
    assert not ruleset.faults
    return SigmaDetector(ruleset, route=False)


def as_lines(events: Sequence[Mapping[str, object]], *, is_ascii: bool) -> EventBatch:
    """The events as JSON lines, read."""
    data = "".join(json.dumps(event, ensure_ascii=is_ascii) + "\n" for event in events).encode()
    return by_name("json").decode(Block(data), Options())


def found(detector: SigmaDetector, batch: EventBatch) -> set[tuple[str, int]]:
    return {(hit.rule.title, batch.record(hit.row)) for hit in detector.detect(batch)}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(MODES)), TEXTS.filter(bool), st.booleans()), min_size=1, max_size=12),
    st.lists(TEXTS, min_size=1, max_size=12),
    st.data(),
)
def test_a_literal_is_found_where_it_stands_and_nowhere_else(
    literals: list[tuple[str, str, bool]], values: list[str], data: st.DataObject
) -> None:
    detector = detector_of(literals)
    for _ in range(4):  # from the third time on a value is remembered
        order = data.draw(st.permutations(values))
        expected = {
            (str(number), row)
            for number, (mode, text, is_cased) in enumerate(literals)
            for row, value in enumerate(order, 1)
            if (MODES[mode](value, text) if is_cased else MODES[mode](value.lower(), text.lower()))
        }
        events: list[dict[str, object]] = [{"f": value, "g": value} for value in order]
        assert found(detector, as_lines(events, is_ascii=data.draw(st.booleans()))) == expected
        assert found(detector, EventBatch.from_dicts("json", enumerate(events, 1))) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 70])
def test_every_length_has_its_gram(size: int) -> None:
    text = ("abcdefghijklmnopqrstuvwxyz0123456789" * 2)[:size]
    detector = detector_of([(mode, text, False) for mode in MODES])
    values = [text, "!" + text, text + "!", "!" + text + "!", text[:-1], text[1:], text[:-1] + "!", "!" + text[1:], ""]
    expected = {
        (str(n), row) for n, mode in enumerate(MODES) for row, v in enumerate(values, 1) if MODES[mode](v, text)
    }
    for _ in range(3):
        assert found(detector, as_lines([{"f": value} for value in values], is_ascii=True)) == expected


def test_more_values_than_are_remembered_are_judged_as_well() -> None:
    detector = detector_of([("|contains", "needle", False), ("|endswith", "0", False)])
    values = [f"{'needle' if n % 7 == 0 else 'straw'}-{'x' * (n % 190)}-{n}" for n in range(30_000)]
    expected = {("0", n + 1) for n in range(0, 30_000, 7)} | {("1", n + 1) for n in range(0, 30_000, 10)}
    for _ in range(3):
        assert found(detector, as_lines([{"f": value} for value in values], is_ascii=True)) == expected
