import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.sources.json_elements import frame_json
from vonggac.sources.json_lines import MAX_DEPTH, SOURCE, has_long_integers
from vonggac.sources.source import Options


def batches(data, *, block_bytes=1 << 20, **options):
    data = data if isinstance(data, bytes) else data.encode()
    return [
        SOURCE.decode(block, Options(**options)) for block in SOURCE.frame(io.BytesIO(data), block_bytes=block_bytes)
    ]


def events(data, **kwargs):
    found = [(batch.record(row), batch.event(row)) for batch in batches(data, **kwargs) for row in range(batch.n_rows)]
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def skips(data, **kwargs):
    return [(skip.reason, skip.record, skip.count) for batch in batches(data, **kwargs) for skip in batch.skipped]


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**40])
def test_integers_of_any_size_are_exact(number):
    (batch,) = batches(f'{{"n": {number}, "in": {{"n": [{number}]}}}}')
    assert batch.column("n").texts() == batch.column("in.n").texts() == [str(number)]


def test_an_integer_of_ten_thousand_digits_keeps_its_digits():
    (batch,) = batches('{"n": ' + "7" * 10_000 + "}")
    assert batch.column("n").texts() == ["7" * 10_000]


@given(st.lists(st.integers(-(10**25), 10**25)))
def test_long_integers_are_found_wherever_they_stand(numbers):
    data = " ".join(map(str, numbers)).encode()
    if any(len(str(abs(number))) >= 20 or number < -(2**63) for number in numbers):
        assert has_long_integers(data)
    if all(len(str(abs(number))) < 19 for number in numbers):
        assert not has_long_integers(data)


def test_what_is_no_object_is_skipped_with_its_reason():
    data = (
        b'{"a":1}\n[1]\n"x"\n{"a":\n\n' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"\n" + b"[" * 10_000 + b"\n{}\n"
    )
    assert skips(data) == [("not_an_object", 2, 2), ("invalid_json", 4, 1), ("too_deep", 6, 2)]
    assert events(data) == [{"a": 1}, {}]


@pytest.mark.parametrize(("depth", "n_events"), [(MAX_DEPTH, 1), (MAX_DEPTH + 1, 0)])
def test_the_depth_that_is_read_can_be_searched(depth, n_events):
    data = '{"a":' * depth + '"}{[[["' + "}" * depth
    found = batches(data)
    assert [batch.n_rows for batch in found] == [n_events]
    assert len(found[0].column(".".join(["a"] * depth))) == n_events


def test_brackets_in_strings_are_no_depth():
    assert events(json.dumps({"a": "[{" * 1000 + '\\"'})) == [{"a": "[{" * 1000 + '\\"'}]


def test_strings_that_are_not_unicode_are_mended():
    data = b'{"a":"x\\ud800y","\\udfff":[{"b":"\\ud83d\\ude00"}]}\n{"a":"\xff"}\n{"a":NaN}\n'
    assert events(data)[:2] == [{"a": "x\ufffdy", "\ufffd": [{"b": "😀"}]}, {"a": "\ufffd"}]
    assert batches(data)[0].raw(0).startswith(b'{"a":"x\\ud800y"')


def test_the_last_of_a_repeated_key_counts():
    assert events('{"a":1,"a":2}') == [{"a": 2}]


def test_a_field_may_be_of_any_type():
    (batch,) = batches('{"a":1}\n{"a":"x"}\n{"a":{"b":2}}\n{"a":null}\n{"a":[1.0,true]}\n')
    assert batch.column("a").texts() == ["1", "x", "1", "true"]
    assert batch.column("a.b").texts() == ["2"]


def test_a_mapping_names_fields_anew():
    data = '{"actor":{"ip":"192.0.2.1"},"who":"bob","user.name":"eve","x":1}'
    mapping = {"actor.ip": "source.ip", "who": "user.name", "absent": "y"}
    (batch,) = batches(data, mapping=mapping)
    assert batch.event(0) == {
        "actor": {"ip": "192.0.2.1"}, "source.ip": "192.0.2.1", "user.name": ["bob", "eve"], "x": 1,
    }  # fmt: skip
    assert concepts.text(batch, 0, "source.ip") == "192.0.2.1"


VALUES = st.none() | st.text(max_size=8) | st.integers() | st.lists(st.booleans() | st.text(max_size=3), max_size=3)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), max_size=5)


@given(objects=OBJECTS, indent=st.sampled_from([None, 1]), block_bytes=st.integers(1, 300))
def test_an_array_of_objects_is_as_many_events(objects, indent, block_bytes):
    data = json.dumps(objects, indent=indent)
    assert events(data, block_bytes=block_bytes) == objects
    assert not skips(data, block_bytes=block_bytes)


@given(objects=OBJECTS.filter(lambda objects: objects and objects[0]))
def test_objects_written_one_after_the_other_are_as_many_events(objects):
    assert events("\n".join(json.dumps(found, indent=2) for found in objects)) == objects


def test_what_is_broken_in_an_array_spoils_only_itself():
    data = '[{"a":1},\n 5, {"a" 2}, {"a":3}, {"a":4'
    assert events(data) == [{"a": 1}, {"a": 3}]
    assert skips(data) == [
        ("truncated", 5, 1), ("not_an_object", 2, 1), ("invalid_json", 3, 1),
    ]  # fmt: skip


def test_the_number_of_an_element_is_its_record():
    (batch,) = batches('[\n{"a":\n1},\n{"a":2}\n]')
    assert [batch.record(row) for row in range(2)] == [1, 2]
    assert batch.raw(0) == b'{"a": 1}'


def test_an_element_over_the_limit_is_dropped_without_being_held():
    class Stream(io.BytesIO):
        """Counts nothing but gives few bytes at a time."""

        def read(self, size=-1, /):
            return super().read(min(size, 7) if size > 0 else 7)

    long = json.dumps({"s": '}]"\\' * 500, "t": [1] * 100})
    data = f'[{{"a":1}},{long},{{"a":2}},[{long}],{{"a":3}}]'.encode()
    blocks = list(frame_json(Stream(data), max_record_bytes=50))
    assert [line for block in blocks for line in block.data.split(b"\n") if line] == [
        b'{"a":1}',
        b'{"a":2}',
        b'{"a":3}',
    ]
    assert [(skip.reason, skip.record) for block in blocks for skip in block.skipped] == [
        ("line_too_long", 2), ("line_too_long", 4),
    ]  # fmt: skip


def test_a_broken_first_line_does_not_make_the_rest_one_object():
    assert events('{"a":\n{"a":2}\n{"a":3}\n') == [{"a": 2}, {"a": 3}]
