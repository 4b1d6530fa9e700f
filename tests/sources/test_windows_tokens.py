"""The fast reader of Windows events gives what the slow one gives, or leaves the block to it."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.sources import windows_json
from vonggac.sources.lines import RawLines
from vonggac.sources.source import Block, Options
from vonggac.sources.windows_tokens import read_tokens

NAMES = ("Image", "CommandLine", "Channel", "Version", "Hashes", "Data", "TargetUserName", "Đường dẫn", "a.b")
scalars = st.one_of(
    st.text(max_size=12),
    st.sampled_from(['C:\\Windows\\"x"', "đường\tdẫn\n", "SHA1=AB12,MD5=ff, IMPHASH=0", "\U0001f600", "", "\x7f"]),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)
values = st.one_of(
    scalars, st.lists(scalars, max_size=3), st.dictionaries(st.sampled_from(("x", "y")), scalars, max_size=2)
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, object]:
    system: dict[str, object] = {
        "Provider": {"#attributes": {"Name": draw(st.sampled_from(("Microsoft-Windows-Sysmon", "P")))}},
        "EventID": draw(st.one_of(st.integers(1, 5000), st.just({"#attributes": {"Qualifiers": 0}, "#text": 7}))),
        "Version": draw(st.integers(0, 3)),
        "TimeCreated": {"#attributes": {"SystemTime": "2026-11-20T01:02:03.000000Z"}},
        "Correlation": draw(st.sampled_from((None, {"#attributes": {"ActivityID": "A"}}))),
        "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
        "Channel": draw(st.sampled_from(("System", "Security"))),
        "Computer": "pc-1.example",
        "Security": draw(st.sampled_from((None, {"#attributes": {"UserID": "S-1-5-18"}}))),
    }
    data = draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=5))
    event: dict[str, object] = {"#attributes": {"xmlns": "http://schemas.example"}, "System": system}
    kind = draw(st.sampled_from(("EventData", "EventData", "EventData", "UserData")))
    event[kind] = data if kind == "EventData" else {"LogFileCleared": {"#attributes": {"xmlns:auto-ns2": "n"}, **data}}
    return {"Event": event}


def block_of(lines: list[bytes]) -> Block:
    return Block(b"\n".join(lines), first_record=11)


def slow(block: Block, monkeypatch: pytest.MonkeyPatch) -> object:
    with monkeypatch.context() as patch:
        patch.setattr(windows_json, "read_tokens", lambda *_: None)
        return windows_json.SOURCE.decode(block, Options())


def by_record(batch: object, name: str) -> dict[int, list[str]]:
    column = batch.column(name)  # type: ignore[attr-defined]
    found: dict[int, list[str]] = {}
    for row, text in zip(column.rows.tolist(), column.texts(), strict=True):
        found.setdefault(batch.record(row), []).append(text)  # type: ignore[attr-defined]
    return found


FIELDS = (
    *NAMES, "EventID", "Qualifiers", "Provider_Name", "SystemTime", "ActivityID", "ProcessID", "ThreadID", "UserID", "Computer",
    "System_Channel", "System_Version", "md5", "sha1", "sha256", "Imphash", "Image.x", "Data.y", "Nothing", "xmlns",
)  # fmt: skip


@given(st.lists(events(), min_size=1, max_size=8))
def test_fast_and_slow_readers_agree(found: list[dict[str, object]]) -> None:
    block = block_of([json.dumps(event, ensure_ascii=False).encode("utf-8", "replace") for event in found])
    fast = read_tokens(block, Options(), RawLines(block))
    if fast is None:
        return
    with pytest.MonkeyPatch.context() as patch:
        reference = slow(block, patch)
    assert fast.n_rows == reference.n_rows  # type: ignore[attr-defined]
    for name in FIELDS:
        assert by_record(fast, name) == by_record(reference, name), name
    wanted = {fast.record(row): fast.event(row) for row in range(fast.n_rows)}
    rows = range(reference.n_rows)  # type: ignore[attr-defined]
    given_back = {reference.record(row): reference.event(row) for row in rows}  # type: ignore[attr-defined]
    for record, event in given_back.items():
        assert {k: v for k, v in event.items() if v is not None and k not in ("md5", "sha1", "sha256", "Imphash")} == {
            k: v for k, v in wanted[record].items() if v is not None
        }


@given(st.lists(st.one_of(st.binary(max_size=30), st.text(max_size=30).map(str.encode)), max_size=6), events())
def test_any_bytes_between_events_never_raise_and_are_counted_alike(
    junk: list[bytes], event: dict[str, object]
) -> None:
    good = orjson.dumps(event, default=str, option=orjson.OPT_PASSTHROUGH_SUBCLASS) if _fits(event) else b'{"Event":{}}'
    block = block_of([good, *junk, good])
    batch = windows_json.SOURCE.decode(block, Options())
    with pytest.MonkeyPatch.context() as patch:
        reference = slow(block, patch)
    assert batch.n_rows == reference.n_rows  # type: ignore[attr-defined]
    assert sum(skip.count for skip in batch.skipped) == sum(skip.count for skip in reference.skipped)  # type: ignore[attr-defined]


def _fits(event: object) -> bool:
    try:
        orjson.dumps(event)
    except TypeError:
        return False
    return True


NESTED = b'{"Event":{"System":{"Provider":{"#attributes":{"Name":"P"}},"EventID":1,"TimeCreated":{"#attributes":{"SystemTime":"2026-01-01T00:00:00Z"}},"Channel":"C","Computer":"h"},"EventData":%s}}'


def test_the_usual_form_takes_the_fast_way() -> None:
    block = block_of([NESTED % b'{"Image":"C:\\\\a.exe","N":5}', NESTED % b'{"Image":"\\u0111\\ud83d\\ude00"}'])
    batch = read_tokens(block, Options(), RawLines(block))
    assert batch is not None
    assert batch.column("Image").texts() == ["C:\\a.exe", "đ😀"]
    assert [batch.record(row) for row in range(2)] == [11, 12]
    assert batch.raw_of(12) == NESTED % b'{"Image":"\\u0111\\ud83d\\ude00"}'


@pytest.mark.parametrize(
    "data",
    [
        b'{"Data":{"#attributes":{"Name":"x"},"#text":"y"}}',
        b'{"a":1,"a":2}',
        b'{"a":"\\ud800"}',
        b'{"a\\u0062":1}',
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"Hashes":"MD5=1","Hash":"MD5=2"}',
    ],
)
def test_unusual_events_are_left_to_the_slow_reader(data: bytes) -> None:
    block = block_of([NESTED % b'{"b":1}', NESTED % data])
    assert read_tokens(block, Options(), RawLines(block)) is None
    assert windows_json.SOURCE.decode(block, Options()).n_rows == 2


def test_ten_thousand_different_keys_do_not_break_the_fast_reader() -> None:
    data = json.dumps({f"k{n}": n for n in range(10_000)}).encode()
    batch = windows_json.SOURCE.decode(block_of([NESTED % data]), Options())
    assert batch.column("k9999").texts() == ["9999"]


def test_skips_between_good_lines_are_counted_with_their_place() -> None:
    batch = windows_json.SOURCE.decode(block_of([NESTED % b"{}", b"", b'{"Event":', NESTED % b"{}", b"[1]"]), Options())
    assert batch.n_rows == 2
    assert {(skip.reason, skip.record) for skip in batch.skipped} == {("invalid_json", 13), ("not_an_object", 15)}
