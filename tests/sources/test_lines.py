import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.sources.lines import RawLines, byte_lines, frame_lines, head_lines, text_lines


class Dribble:
    """A stream that gives few bytes at a time and counts how many it was asked for."""

    def __init__(self, data, step):
        self._stream = io.BytesIO(data)
        self._step = step

    def read(self, size=-1, /):
        return self._stream.read(min(self._step, size) if size >= 0 else self._step)


@given(
    lines=st.lists(st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b""))),
    step=st.integers(1, 50),
    block_bytes=st.integers(1, 100),
)
def test_blocks_hold_all_lines_in_order_with_their_numbers(lines, step, block_bytes):
    data = b"".join(b"%b\n" % line for line in [b"first", *lines])
    blocks = list(frame_lines(Dribble(data, step), block_bytes=block_bytes))
    assert b"".join(block.data for block in blocks) == data
    number = 1
    for block in blocks:
        assert block.first_record == number
        assert block.n_records == block.data.count(b"\n")
        number += block.n_records


def test_the_last_line_needs_no_end():
    (block,) = frame_lines(io.BytesIO(b"a\nb"))
    assert (block.n_records, text_lines(block.data)) == (2, ["a", "b"])


def test_a_line_over_the_limit_is_skipped_and_keeps_its_number():
    data = b"short\n" + b"x" * 5000 + b"\nafter\n" + b"y" * 101 + b"\n" + b"z" * 100
    blocks = list(frame_lines(Dribble(data, 64), max_record_bytes=100))
    kept = [(block.first_record + n, line) for block in blocks for n, line in enumerate(byte_lines(block.data))]
    assert kept == [(1, b"short"), (3, b"after"), (5, b"z" * 100)]
    skips = [skip for block in blocks for skip in block.skipped]
    assert [(skip.reason, skip.record, skip.count, skip.detail) for skip in skips] == [
        ("line_too_long", 2, 1, "5000 bytes"),
        ("line_too_long", 4, 1, "101 bytes"),
    ]


def test_a_line_over_the_limit_at_the_end_is_reported_too():
    (block,) = frame_lines(io.BytesIO(b"x" * 500), max_record_bytes=100)
    assert block.data == b""
    assert [skip.reason for skip in block.skipped] == ["line_too_long"]


def test_a_line_of_ten_megabytes_is_one_line():
    line = b"a" * 10_000_000
    blocks = list(frame_lines(io.BytesIO(b"x\n" + line + b"\ny\n"), block_bytes=1 << 20))
    assert [line for block in blocks for line in byte_lines(block.data)] == [b"x", line, b"y"]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", "\ufeff"), ("utf-16-le", "\ufeff"), ("utf-16-be", "\ufeff")])
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_byte_order_marks_are_understood(encoding, mark, step):
    data = (mark + "Đường\r\nhai 𝄞\n").encode(encoding)
    blocks = list(frame_lines(Dribble(data, step)))
    assert [line for block in blocks for line in text_lines(block.data)] == ["Đường", "hai 𝄞"]
    assert head_lines(data) == ["Đường", "hai 𝄞"]


def test_nul_and_invalid_bytes_survive():
    (block,) = frame_lines(io.BytesIO(b"a\0b\xff\n"))
    assert text_lines(block.data) == ["a\0b\ufffd"]
    assert RawLines(block)(1) == b"a\0b\xff"


def test_only_line_feeds_end_lines():
    assert text_lines("a\x0bb\x0c\x85\u2028c\rd\r\ne".encode()) == ["a\x0bb\x0c\x85\u2028c\rd", "e"]


def test_a_record_that_is_not_in_the_block_is_an_error():
    (block,) = frame_lines(io.BytesIO(b"a\n"))
    with pytest.raises(KeyError):
        RawLines(block)(2)
    with pytest.raises(KeyError):
        RawLines(block)(0)


def test_a_head_may_end_within_a_line():
    assert head_lines(b"whole\ncut of") == ["whole"]
    assert head_lines(b"only") == ["only"]
    assert head_lines(b"\0\1\0\2" * 100) == []
