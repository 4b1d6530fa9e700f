from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.sources import json_documents
from vonggac.sources.json_documents import frame_json, is_one_per_line
from vonggac.sources.source import Block

texts = st.text(max_size=6) | st.sampled_from(['"', "\\", '\\"', "{", "}}", "[", "\n", '{"a": 1}', "đường"])
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)


class Dripping(io.BytesIO):
    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self.step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or self.step, self.step))


def records(blocks: list[Block]) -> dict[int, object]:
    found: dict[int, object] = {}
    for block in blocks:
        lines = block.data.split(b"\n")
        for number, line in enumerate(lines, block.first_record):
            if line.strip():
                found[number] = json.loads(line)
    return found


@given(
    st.lists(objects, min_size=1, max_size=5),
    st.sampled_from([None, 0, 3]),
    st.booleans(),
    st.booleans(),
    st.integers(1, 40),
    st.integers(1, 200),
)
def test_every_layout_gives_every_object(
    found: list[dict], indent: int | None, is_array: bool, is_ascii: bool, step: int, block_bytes: int
) -> None:
    if is_array:
        text = json.dumps(found, indent=indent, ensure_ascii=is_ascii)
    else:
        text = "\n".join(json.dumps(one, indent=indent, ensure_ascii=is_ascii) for one in found)
    stream = Dripping(text.encode(), step)
    assert list(records(list(frame_json(stream, block_bytes=block_bytes))).values()) == found


@given(st.binary(max_size=300), st.sampled_from([b"", b"[", b'{\n"', b"Record 1\n{"]), st.integers(1, 50))
def test_any_bytes_end_and_leave_a_trace(data: bytes, start: bytes, step: int) -> None:
    blocks = list(frame_json(Dripping(start + data, step)))
    assert blocks or not (start + data).strip(b" \t\r\n[],\xff\xfe\xef\xbb\xbf\0")


def test_an_object_over_the_limit_is_counted_and_the_next_read() -> None:
    text = json.dumps([{"a": 1}, {"b": "x" * 5000}, {"c": [{"d": 1}]}], indent=1).encode()
    blocks = list(frame_json(io.BytesIO(text), max_record_bytes=1000))
    assert records(blocks) == {1: {"a": 1}, 3: {"c": [{"d": 1}]}}
    assert [(skip.reason, skip.record) for block in blocks for skip in block.skipped] == [("line_too_long", 2)]


def test_an_object_over_the_limit_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    framer = json_documents.DocumentFramer(1000, 10_000)
    stream = io.BytesIO(b'[{"a": "' + b"x" * (5 << 20) + b'"}, {"b": 1}]')
    blocks = list(framer.blocks(stream))
    assert records(blocks) == {2: {"b": 1}}
    assert framer._parts == []


def test_what_is_an_empty_array_is_no_fault() -> None:
    assert list(frame_json(io.BytesIO(b" [ ]\n"))) == []


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'{"a": 1}\n{"a": 2}\n', True),
        (b'{"a": {"b": \n{"a": 2}\n{"a": 3}\n', True),  # one bad line
        (b'{\n{"a": 1}\n{"a": 2}\n', True),  # a line put before the others
        (b"{\n" * 100 + b'{"a": 1}\n', True),
        (b'{"a": {"b": "cut off by the end of the head', True),
        (b"{}\n{}\n", True),
        (b'{}\n{\n"a": 1\n}\n', False),
        (b"{\n", False),
        (b"", True),
        (b"rubbish\nrubbish\n", True),
        (b'{\n "a": 1\n}\n{\n "a": 2\n}\n', False),
        (b'[{"a": 1}]', False),
        (b'Record 1\n{\n"a": 1\n}\n', False),
    ],
)
def test_layouts_are_told_apart(head: bytes, *, expected: bool) -> None:
    assert is_one_per_line(head) is expected
