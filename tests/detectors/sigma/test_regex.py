"""The two engines of regular expressions, and the texts that an expression cannot match without."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.sigma.regex import compile_regex, required_literals
from vonggac.errors import RuleError
from vonggac.events.folding import fold

pieces = st.sampled_from(
    [
        "ab",
        "cmd",
        "(?:foo|bar)",
        "[xy]",
        "\\d+",
        ".*",
        "(?:zz)?",
        "(ab){2}",
        "^",
        "$",
        "\\bK",
        "(a|bc)",
        "q*",
        "\\\\",
        "é",
    ]
)


@given(st.lists(pieces, min_size=1, max_size=5), st.data())
def test_whatever_matches_has_one_of_the_required_texts(parts: list[str], data: st.DataObject) -> None:
    pattern = "".join(parts)
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII)))
    required = required_literals(pattern)
    if required is not None and re.search(pattern, text):
        assert any(fold(literal) in fold(text) for literal in required)


@pytest.mark.parametrize(
    ("pattern", "required"),
    [
        ("powershell.*-enc", ["powershell"]),
        ("(foo|barbar)x", ["foo", "barbar"]),
        ("[0-9]{4}", None),
        ("(?:opt)?", None),
        ("(broken", None),
    ],
)
def test_required_texts(pattern: str, required: list[str] | None) -> None:
    assert required_literals(pattern) == required


def test_expressions_search_and_flags_count() -> None:
    assert compile_regex("b+", "").search("abc") is True
    assert compile_regex("B", "").search("abc") is False
    assert compile_regex("B", "i").search("abc") is True
    assert compile_regex("^b", "m").search("a\nb") is True
    assert compile_regex("a.b", "").search("a\nb") is False
    assert compile_regex("a.b", "s").search("a\nb") is True


def test_look_around_goes_to_the_limited_engine() -> None:
    pattern = compile_regex("a(?!b)", "")
    assert not pattern.is_linear
    assert pattern.search("ac") is True
    assert pattern.search("ab") is False


def test_an_invalid_expression_is_an_error() -> None:
    with pytest.raises(RuleError, match="not valid"):
        compile_regex("(", "")


@given(st.lists(pieces, min_size=1, max_size=4), st.lists(st.text("abcmdfoxyz1 K\n\\é", max_size=6), max_size=9))
def test_texts_asked_together_are_judged_as_each_alone(parts: list[str], texts: list[str]) -> None:
    pattern = compile_regex("".join(parts), "")
    assert list(pattern.search_all(texts)) == [pattern.search(text) for text in texts]
