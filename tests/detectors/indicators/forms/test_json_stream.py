"""JSON in pieces: the same values as a parser of the whole, faults with their line, in bounded memory."""

from __future__ import annotations

import contextlib
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.forms import json_stream
from vonggac.detectors.indicators.forms.json_stream import JsonStream
from vonggac.errors import FormatUnknown, UnsafeInput

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=30,
)


def rebuilt(pairs):
    """The value that pieces make up again."""
    whole = {}
    for path, value in pairs:
        at = whole
        for step in (None, *path)[:-1]:
            at = at.setdefault(step, {})
        at[(None, *path)[-1]] = value
    return whole


def pieces(value, path=()):
    if isinstance(value, dict) and value:
        return [pair for key, inner in value.items() for pair in pieces(inner, (*path, key))]
    if isinstance(value, list) and value:
        return [pair for n, inner in enumerate(value) for pair in pieces(inner, (*path, n))]
    return [(path, value)]


@given(VALUES, st.integers(1, 30), st.sampled_from([None, 2]), st.booleans())
def test_pieces_are_those_of_the_whole_wherever_the_window_ends(value, window, indent, is_ascii):
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    try:
        text.decode()
    except UnicodeDecodeError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_WINDOW", window)
        found = list(JsonStream(text, "f").walk(lambda path: len(path) < 8))
        assert rebuilt(found) == rebuilt(pieces(value))
        whole = list(JsonStream(text, "f").walk(lambda path: False))
    assert whole == [((), value)]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{"objects": [\n{"a": 1},\n{"a" 1}]}', 3), (b'{"objects": [\n{"a": 1}', 2), (b'{"objects": [1,\n2] x', 2), (b'{"a": 1}\n{"a": 2}', 2),
        (b'{\n"a": "\xff"}', 1), (b"{'a': 1}", 1), (b'{"a": tru}', 1), (b'{"a": 1' + b"0" * 6000 + b"}", 1), (b'{"a":', 1), (b'{"a": "\n"}', 1), (b"[1, 2,]", 1),
        (b'{"a": [1,\n\n"x\n', 3),
    ],
)  # fmt: skip
def test_a_broken_file_says_where(data, line):
    with pytest.raises(FormatUnknown) as caught:
        list(JsonStream(data, "bad.json").walk(lambda path: len(path) < 2))
    assert (caught.value.where, caught.value.params["line"]) == ("bad.json", line)


@pytest.mark.parametrize("data", [b"[" * 10**6, b'{"a":' * 10**5, b'{"objects":[' + b"[" * 60 + b"]" * 60 + b"]}"])
def test_what_is_too_deep_is_refused(data):
    with pytest.raises((UnsafeInput, FormatUnknown)):
        list(JsonStream(data, "f").walk(lambda path: len(path) < 2))


def test_one_endless_piece_is_refused(monkeypatch):
    monkeypatch.setattr(json_stream, "MOST_PIECE", 1 << 20)
    monkeypatch.setattr(json_stream, "_WINDOW", 1 << 16)
    with pytest.raises(UnsafeInput):
        list(JsonStream(b'{"objects": ["' + b"x" * (8 << 20), "f").walk(lambda path: len(path) < 2))
    for n, is_refused in (((1 << 20) - 2, False), (1 << 20, True)):  # one that ends, too, to the byte
        whole = JsonStream(b'["' + b"x" * n + b'"]', "f").walk(lambda path: not path)
        with pytest.raises(UnsafeInput) if is_refused else contextlib.nullcontext():
            list(whole)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(FormatUnknown, UnsafeInput):
        list(JsonStream(b"{" + data, "f").walk(lambda path: len(path) < 3))


def test_memory_is_that_of_a_window():
    one = json.dumps({"id": "x" * 900, "n": list(range(20))})
    data = ('{"objects": [' + ",".join([one] * 20_000) + "]}").encode()
    tracemalloc.start()
    n = sum(1 for _one in JsonStream(data, "f").walk(lambda path: path in ((), ("objects",))))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n == 20_000
    assert peak < 10 << 20 < len(data)
