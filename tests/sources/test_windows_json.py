from __future__ import annotations

import copy
import gc
import io
import json
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.times import iso
from vonggac.sources.source import Block, Options
from vonggac.sources.windows_json import SOURCE

GUID = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"
HASHES = "SHA1=00AA11,MD5=22BB33,SHA256=44CC55,IMPHASH=66DD77"
DATA = {"UtcTime": "2026-02-03 04:05:06.789", "ProcessId": 4460, "Image": "C:\\Windows\\đường.exe", "Hashes": HASHES}
NATIVE = {
    "EventID": 1, "Version": 5, "Level": 4, "Task": 1, "Opcode": 0, "Keywords": "0x8000000000000000", "EventRecordID": 77,
    "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "pc-1.example", "Provider_Name": "Microsoft-Windows-Sysmon",
    "Provider_Guid": GUID, "SystemTime": "2026-02-03T04:05:06.789000Z", "ProcessID": 3544, "ThreadID": 4272, "UserID": "S-1-5-18",
}  # fmt: skip


def nested(data: object = None, **system: object) -> dict:
    return {
        "Event": {
            "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
            "System": {
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon", "Guid": GUID}},
                "EventID": 1, "Version": 5, "Level": 4, "Task": 1, "Opcode": 0, "Keywords": "0x8000000000000000",
                "TimeCreated": {"#attributes": {"SystemTime": "2026-02-03T04:05:06.789000Z"}},
                "EventRecordID": 77, "Correlation": None,
                "Execution": {"#attributes": {"ProcessID": 3544, "ThreadID": 4272}},
                "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "pc-1.example",
                "Security": {"#attributes": {"UserID": "S-1-5-18"}},
                **system,
            },
            "EventData": DATA if data is None else data,
        }
    }  # fmt: skip


def marked(value: object) -> object:
    """The nested form with ``@Name`` instead of ``#attributes``."""
    if not isinstance(value, dict):
        return value
    attributes = {f"@{key}": item for key, item in value.get("#attributes", {}).items()}
    return attributes | {key: marked(item) for key, item in value.items() if key != "#attributes"}


def named_list() -> dict:
    event = marked(nested())
    event["Event"]["EventData"] = {"Data": [{"@Name": key, "#text": value} for key, value in DATA.items()]}
    return event


def attribute_list() -> dict:
    return nested({"Data": [{"#attributes": {"Name": key}, "#text": value} for key, value in DATA.items()]})


def beside() -> dict:
    """As the dumper writes it with attributes apart."""
    system = {}
    for key, value in nested()["Event"]["System"].items():
        if isinstance(value, dict):
            system[f"{key}_attributes"] = value["#attributes"]
        else:
            system[key] = value
    return {"Event": {"Event_attributes": {"xmlns": "x"}, "System": system, "EventData": DATA}}


def bare() -> dict:
    event = nested()
    for key, value in event["Event"]["System"].items():
        if isinstance(value, dict):
            event["Event"]["System"][key] = value["#attributes"]
    return event


def winlogbeat() -> dict:
    return {
        "@timestamp": "2026-02-03T04:05:06.789000Z",
        "message": "Process Create:",
        "host": {"name": "collector.example"},
        "log": {"level": "information"},
        "event": {"code": "1", "kind": "event"},
        "winlog": {
            "channel": NATIVE["Channel"], "event_id": 1, "provider_name": NATIVE["Provider_Name"], "provider_guid": GUID,
            "computer_name": "pc-1.example", "record_id": 77, "version": 5, "task": 1, "opcode": 0,
            "keywords": "0x8000000000000000", "api": "wineventlog",
            "process": {"pid": 3544, "thread": {"id": 4272}}, "user": {"identifier": "S-1-5-18"},
            "event_data": DATA,
        },
    }  # fmt: skip


def old_winlogbeat() -> dict:
    flat = {
        key: value
        for key, value in NATIVE.items()
        if key not in ("Channel", "Computer", "Provider_Name", "EventRecordID")
    }
    return flat | {
        "log_name": NATIVE["Channel"], "computer_name": "pc-1.example", "source_name": NATIVE["Provider_Name"],
        "record_number": 77, "event_data": DATA,
    }  # fmt: skip


def flat() -> dict:
    renamed = {"Computer": "Hostname", "Provider_Name": "SourceName", "Provider_Guid": "ProviderGuid", "EventRecordID": "RecordNumber",
               "ProcessID": "ExecutionProcessID"}  # fmt: skip
    return {renamed.get(key, key): value for key, value in NATIVE.items()} | DATA


def dotted() -> dict:
    found = {}
    for key, value in nested()["Event"]["System"].items():
        if isinstance(value, dict):
            found |= {f"Event.System.{key}.#attributes.{name}": item for name, item in value["#attributes"].items()}
        else:
            found[f"Event.System.{key}"] = value
    return found | {f"Event.EventData.{key}": value for key, value in DATA.items()}


def evtxecmd() -> dict:
    renamed = {"EventID": "EventId", "Provider_Name": "Provider", "SystemTime": "TimeCreated", "UserID": "UserId"}
    payload = {"EventData": {"Data": [{"@Name": key, "#text": value} for key, value in DATA.items()]}}
    top = {renamed.get(key, key): value for key, value in NATIVE.items()}
    return top | {"ChunkNumber": 0, "UserID": "S-1-5-18", "Payload": json.dumps(payload)}


FORMS = [
    nested,
    lambda: marked(nested()),
    named_list,
    attribute_list,
    beside,
    bare,
    winlogbeat,
    old_winlogbeat,
    flat,
    dotted,
    evtxecmd,
]
FORM_IDS = [
    "nested",
    "@",
    "named list",
    "attribute list",
    "beside",
    "bare",
    "winlogbeat",
    "old winlogbeat",
    "flat",
    "dotted",
    "evtxecmd",
]


def read(data: bytes, **options: int) -> EventBatch:
    blocks = list(SOURCE.frame(io.BytesIO(data), **options))
    assert len(blocks) == 1
    return SOURCE.decode(blocks[0], Options())


def read_all(*events: object) -> EventBatch:
    return read(b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events))


def reasons(batch: EventBatch) -> Counter[str]:
    return Counter({skip.reason: skip.count for skip in batch.skipped})


@pytest.mark.parametrize("form", FORMS, ids=FORM_IDS)
def test_every_form_gives_the_same_native_fields(form) -> None:
    event = form()
    if form is evtxecmd:
        event.pop("UserId", None)
    batch = read_all(event, nested())
    row = next(row for row in range(2) if batch.record(row) == 1)
    assert not batch.skipped
    for name, value in {**NATIVE, **DATA}.items():
        assert batch.texts(row, name) == [str(value)], name
        if name == "Level":
            continue
        column = batch.column(name)
        assert str(value) in [text for text, r in zip(column.texts(), column.rows, strict=True) if r == row], name
    assert concepts.time_us(batch, row) == 1770091506789000
    assert concepts.text(batch, row, "host.name") == "pc-1.example"
    assert concepts.text(batch, row, "process.executable") == DATA["Image"]


@pytest.mark.parametrize("form", FORMS, ids=FORM_IDS)
def test_every_form_is_recognised(form) -> None:
    for text in (
        json.dumps(form()),
        json.dumps(form(), indent=2),
        json.dumps([form()]),
        json.dumps([form()], indent=1),
    ):
        assert SOURCE.sniff(text.encode(), "x") >= 70


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "[1]",
        '{"a": 1}',
        '{"EventID": 3}',
        '{"ts": 1, "id.orig_h": "192.0.2.1"}',
        "Event System",
        "{\x00\x01",
    ],
)
def test_others_are_not(text: str) -> None:
    assert SOURCE.sniff(text.encode(), "x.json") == 0


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("layout", ["lines", "array", "records"])
@pytest.mark.parametrize("block_bytes", [1, 8 << 20])
def test_every_layout_gives_the_same_events(indent: int | None, layout: str, block_bytes: int) -> None:
    events = [nested(DATA | {"CommandLine": f'say "}}{{" \\ {i}'}, EventRecordID=i) for i in range(5)]
    texts = [json.dumps(event, indent=indent) for event in events]
    text = {
        "lines": "\n".join(texts),
        "array": "[" + ",\n".join(texts) + "]",
        "records": "\n".join(f"Record {i}\n{one}" for i, one in enumerate(texts)),
    }[layout]
    if layout == "records" and indent is None:
        return  # no tool writes this
    batches = [
        SOURCE.decode(block, Options()) for block in SOURCE.frame(io.BytesIO(text.encode()), block_bytes=block_bytes)
    ]
    found = [batch.event(row) for batch in batches for row in range(batch.n_rows)]
    assert [event["CommandLine"] for event in found] == [f'say "}}{{" \\ {i}' for i in range(5)]
    records = [batch.record(row) for batch in batches for row in range(batch.n_rows)]
    assert records == [1, 2, 3, 4, 5]
    raw = orjson.loads(batches[0].raw(0))
    assert raw == events[0]


def test_hashes_become_fields() -> None:
    batch = read_all(nested())
    for name, value in {
        "sha1": "00AA11",
        "md5": "22BB33",
        "sha256": "44CC55",
        "Imphash": "66DD77",
        "Hashes": HASHES,
    }.items():
        assert batch.column(name).texts() == [value]
    assert concepts.fields_of("file.hash.sha256", "windows")[0] == "sha256"


def test_the_names_of_data_go_before_those_of_system() -> None:
    cleared = nested(Channel="System", EventID=104)
    del cleared["Event"]["EventData"]
    cleared["Event"]["UserData"] = {
        "LogFileCleared": {
            "#attributes": {"xmlns": "x"},
            "SubjectUserName": "an",
            "Channel": "Application",
            "BackupPath": None,
        }
    }
    batch = read_all(cleared)
    assert batch.column("Channel").texts() == ["Application"]
    assert batch.column("System_Channel").texts() == ["System"]
    assert batch.column("SubjectUserName").texts() == ["an"]
    assert concepts.text(batch, 0, "winlog.channel") == "System"


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        ({"Data": {"#text": "one"}}, ["one"]),
        ({"Data": {"#text": ["one", "two"]}, "Binary": None}, ["one", "two"]),
        ({"Data": ["one", "two"]}, ["one", "two"]),
        ({"Data": "one"}, ["one"]),
        ({"Data": None}, []),
        ({}, []),
    ],
)
def test_data_without_names(data: object, texts: list[str]) -> None:
    assert read_all(nested(data)).column("Data").texts() == texts


@pytest.mark.parametrize(
    "data", [None, "text", 7, [], [1], {"#attributes": {"Name": "EVENT_HIVE_LEAK"}, "Detail": "x"}]
)
def test_odd_data_does_not_lose_the_event(data: object) -> None:
    event = nested()
    event["Event"]["EventData"] = data
    batch = read_all(event)
    assert batch.n_rows == 1
    assert batch.column("Channel").texts() == [NATIVE["Channel"]]


def test_qualifiers() -> None:
    batch = read_all(nested(EventID={"#attributes": {"Qualifiers": 16384}, "#text": 7045}))
    assert batch.column("EventID").texts() == ["7045"]
    assert batch.column("Qualifiers").texts() == ["16384"]


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**25, -(2**63), -(2**63) - 1, -(10**30)])
@pytest.mark.parametrize("wrap", [lambda n: n, lambda n: [n, 1], lambda n: {"x": n}])
def test_integers_of_any_size_are_exact(number: int, wrap) -> None:
    batch = read_all(
        nested({"Value": wrap(number), "Other": 1.5}),
        nested({"Value": "text", "Other": 2}),
        flat() | {"Value": wrap(number)},
    )
    name = "Value.x" if isinstance(wrap(number), dict) else "Value"
    assert batch.column(name).texts().count(str(number)) == 2
    row = next(row for row in range(3) if batch.record(row) == 1)
    assert next(iter(batch.texts(row, name))) == str(number)


def test_an_integer_of_ten_thousand_digits() -> None:
    batch = read(json.dumps(nested({"Value": "@"})).replace('"@"', "9" * 10_000).encode())
    assert batch.n_rows + sum(reasons(batch).values()) == 1


def test_a_field_that_is_now_a_number_now_a_string_now_an_object() -> None:
    values = [1, "1", {"a": 1}, [1, "b"], True, 1.0, 2.5, None]
    batch = read_all(*(nested({"Field": value}) for value in values))
    column = batch.column("Field")
    found = Counter((batch.record(row), text) for row, text in zip(column.rows.tolist(), column.texts(), strict=True))
    assert found == Counter([(1, "1"), (2, "1"), (4, "1"), (4, "b"), (5, "true"), (6, "1"), (7, "2.5")])
    assert batch.column("Field.a").texts() == ["1"]


def test_the_last_of_duplicate_keys_counts() -> None:
    text = json.dumps(nested({"Field": "@"})).replace('"Field": "@"', '"Field": "first", "Field": "last"')
    assert read(text.encode()).texts(0, "Field") == ["last"]


@pytest.mark.parametrize(
    "time", ["1601-01-01T00:00:00.000000Z", "2038-01-19T03:14:08.000000Z", "2106-02-07T06:28:16.000000Z"]
)
def test_times_out_of_the_usual(time: str) -> None:
    batch = read_all(nested(TimeCreated={"#attributes": {"SystemTime": time}}))
    assert iso(concepts.time_us(batch, 0)) == time


@pytest.mark.parametrize("time", [None, {}, {"#attributes": {}}, {"#attributes": {"SystemTime": None}}, "x"])
def test_a_missing_time_does_not_lose_the_event(time: object) -> None:
    event = nested({"Image": "x"}, TimeCreated=time)
    batch = read_all(event)
    assert batch.column("Image").texts() == ["x"]
    assert concepts.time_us(batch, 0) is None
    del event["Event"]["System"]["TimeCreated"]
    assert read_all(event).column("Image").texts() == ["x"]


@pytest.mark.parametrize("opening", ['{"a":', "[", '{"Event":', '{"Event":{"System":'])
def test_ten_thousand_levels_are_too_deep(opening: str) -> None:
    closing = {'{"a":': "}", "[": "]"}.get(opening, "}")
    line = opening * 10_000 + "1" + closing * 10_000
    batch = read(json.dumps(nested()).encode() + b"\n" + line.encode() + b"\n")
    assert batch.n_rows == 1
    assert sum(reasons(batch).values()) == 1


@pytest.mark.parametrize("levels", [60, 200, 500, 900])
@pytest.mark.parametrize("ends", [("[", "]"), ('{"k":', "}")])
def test_deep_values_are_kept_without_recursion(levels: int, ends: tuple[str, str]) -> None:
    text = json.dumps(nested({"Deep": "@", "Image": "x"})).replace(
        '"@"', ends[0] * levels + '"needle"' + ends[1] * levels
    )
    batch = read(text.encode())
    assert batch.n_rows + sum(reasons(batch).values()) == 1
    if batch.n_rows:
        assert batch.column("Image").texts() == ["x"]
        batch.column("Deep")
        batch.event(0)


def test_bytes_that_are_no_text_do_not_hide_an_event() -> None:
    lines = [
        json.dumps(nested({"CommandLine": "evil @"})).replace("@", "\\ud800").encode(),
        json.dumps(nested({"CommandLine": "evil @"})).encode().replace(b"@", b"\xff\xfe"),
        json.dumps(nested({"CommandLine": "evil @"})).encode().replace(b"@", b"\x01\x00"),
        json.dumps(nested({"CommandLine": "evil \0"})).encode(),
        json.dumps(nested({"CommandLine": "evil \U0001f600"})).encode(),
    ]
    batch = read(b"\n".join(lines))
    assert batch.n_rows == 5
    texts = batch.column("CommandLine").texts()
    assert len(texts) == 5
    assert all(text.startswith("evil ") for text in texts)
    assert "evil \U0001f600" in texts


def test_bad_lines_are_counted_and_the_others_read() -> None:
    good = json.dumps(nested()).encode()
    batch = read(b"\n".join([good, b'{"Event": {', b"", b"  ", b"[1]", b'"text"', b"\x00\x01\x02", good, b'{"a": 1}']))
    assert batch.n_rows == 3
    assert reasons(batch) == Counter(invalid_json=2, not_an_object=2)
    assert {batch.record(row) for row in range(3)} == {1, 8, 9}
    assert {skip.record for skip in batch.skipped} == {2, 5}


def test_a_line_of_ten_megabytes() -> None:
    batch = read_all(nested({"CommandLine": "x" * 10_000_000 + "needle"}), nested())
    assert batch.n_rows == 2
    assert any(text.endswith("needle") for text in batch.column("CommandLine").texts())


def test_an_object_that_never_ends_is_counted_and_not_held() -> None:
    data = b"[" + json.dumps(nested(), indent=1).encode() + b',\n{"a": "' + b"x" * 3_000_000
    batch = read(data)
    assert batch.n_rows == 1
    assert reasons(batch) == Counter(truncated=1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("indent", [None, 1])
def test_files_with_a_byte_order_mark(encoding: str, indent: int | None) -> None:
    data = json.dumps(nested(), indent=indent, ensure_ascii=False).encode(encoding)
    assert SOURCE.sniff(data, "") >= 70
    assert read(data).column("Image").texts() == [DATA["Image"]]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\r", b"\n\r\n\r", b"\r", b"\n \r", b"\n\n"])
def test_odd_line_ends_lose_nothing(end: bytes) -> None:
    batch = read(json.dumps(nested()).encode() + end)
    assert batch.n_rows == 1
    assert not batch.skipped
    assert orjson.loads(batch.raw(0)) == nested()


@pytest.mark.parametrize("name", ["Provider", "TimeCreated", "Execution", "Correlation", "Security"])
def test_a_text_where_attributes_belong_is_called_as_in_the_event(name: str) -> None:
    batch = read_all(nested(), nested(**{name: "odd"}))
    (native,) = [native for native, value in batch.event(1).items() if value == "odd"]
    assert batch.column(native).texts()[-1] == "odd"
    assert native in batch.fields()


@pytest.mark.parametrize("system", [None, {}, "odd", [{"0": None}]])
def test_an_event_without_a_system_is_called_as_alone(system: object) -> None:
    odd = {"Event": {"System": system, "EventData": DATA}}
    assert read_all(nested(), odd).event(1) == read_all(odd).event(0)
    batch = read_all(nested(), odd)
    for name in batch.fields():
        column = batch.column(name)
        found = [text for row, text in zip(column.rows.tolist(), column.texts(), strict=True) if row == 1]
        assert found == batch.texts(1, name)


@pytest.mark.parametrize("number", [2**80, 2.0**63])
def test_a_wide_number_beside_data_named_in_a_list_is_exact(number: float) -> None:
    event = named_list()
    event["Event"]["EventData"]["Size"] = number
    event["Event"]["EventData"]["Data"].append({"@Name": "Wide", "#text": 2**70})
    batch = read_all(flat(), event)
    row = next(row for row in range(2) if "Size" in batch.event(row))
    assert (batch.event(row)["Size"], batch.event(row)["Wide"]) == (number, 2**70)
    assert batch.column("Wide").texts() == [str(2**70)]


@pytest.mark.parametrize("data", [[{}], [{"x": 1}], [{"#text": "a"}], [{"Name": "n", "#text": "a"}]])
def test_data_in_a_list_is_told_as_alone(data: object) -> None:
    odd = nested({"Data": data})
    for other in ({"Event": None}, named_list(), nested()):
        together = read_all(other, odd)
        shown = [together.event(row) for row in range(together.n_rows)]
        assert read_all(odd).event(0) in shown


def test_a_hash_is_asked_for_by_name_and_not_shown() -> None:
    for odd in (b"", b"\xff\n"):  # which leaves the whole block to the other reader
        batch = SOURCE.decode(Block(json.dumps(nested()).encode() + b"\n" + odd), Options())
        assert batch.texts(0, "md5") == batch.column("md5").texts() == ["22BB33"]
        assert concepts.text(batch, 0, "file.hash.sha256") == "44CC55"
        assert batch.value(0, "Imphash") == "66DD77"
        assert batch.value(0, "imphash") is None
        assert "md5" not in batch.event(0)


def test_hashes_in_a_list() -> None:
    assert read_all(flat() | {"Hashes": ["SHA1=AA,MD5=11", "MD5=22"]}).column("md5").texts() == ["11", "22"]


def test_an_empty_file_has_no_blocks() -> None:
    assert list(SOURCE.frame(io.BytesIO(b""))) == []


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 64, b"\0" * 5000, b"{" * 5000, b'{"' * 5000, b"[[[" + b"\xff" * 100]
)
def test_binary_under_a_name_of_text(data: bytes) -> None:
    batches = [SOURCE.decode(block, Options()) for block in SOURCE.frame(io.BytesIO(data))]
    assert sum(batch.n_rows for batch in batches) == 0
    assert any(batch.skipped for batch in batches)


def test_the_garbage_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    read_all(nested())
    assert gc.isenabled()


def test_a_batch_is_freed_without_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        event = nested({"@": 1, "Hashes": HASHES})  # for the slow reader
        batch = read_all(named_list(), event, flat(), winlogbeat())
        for name in batch.fields():
            batch.column(name)
        del batch
        assert gc.collect() == 0
    finally:
        gc.enable()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3),
    max_leaves=12,
)


@st.composite
def broken_events(draw: st.DrawFn) -> object:
    """An event of any form, a part of which was replaced by anything."""
    event = copy.deepcopy(draw(st.sampled_from(FORMS))())
    here = event
    while True:
        inner = [key for key, value in here.items() if isinstance(value, dict) and value]
        if not inner or draw(st.integers(0, 2)) == 0:
            break
        here = here[draw(st.sampled_from(inner))]
    here[draw(st.sampled_from(sorted(here)) | st.text(max_size=5))] = draw(json_values)
    return event


@given(st.lists(broken_events() | json_values, min_size=1, max_size=4))
def test_every_line_is_an_event_or_is_counted(events: list[object]) -> None:
    data = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    batches = [SOURCE.decode(block, Options()) for block in SOURCE.frame(io.BytesIO(data))]
    assert sum(b.n_rows + sum(skip.count for skip in b.skipped) for b in batches) == len(events) or data.startswith(
        b"["
    )
    assert any(batch.n_rows or batch.skipped for batch in batches) or not data.strip(b"[], \n")  # empty arrays
    for batch in batches:
        for name in batch.fields():
            column = batch.column(name)
            found = list(zip(column.rows.tolist(), column.texts(), strict=True))
            told = [(row, text) for row in range(batch.n_rows) for text in batch.texts(row, name)]
            assert found == [(row, text.encode("utf-8", "replace").decode()) for row, text in told]
        for row in range(batch.n_rows):
            assert batch.event(row) is not None
            assert batch.raw(row)


@given(st.lists(broken_events(), min_size=2, max_size=4))
def test_an_event_is_read_the_same_whatever_stands_beside_it(events: list[object]) -> None:
    together = read_all(*events)
    alone = [read_all(event) for event in events]
    shown = [batch.event(0) for batch in alone if batch.n_rows]
    assert sorted(map(repr, map(together.event, range(together.n_rows)))) == sorted(map(repr, shown))
    for name in ("md5", "Outcome", "Filename"):
        texts = [text for batch in alone for text in batch.column(name).texts()]
        assert sorted(together.column(name).texts()) == sorted(texts)


@pytest.mark.corpus
def test_the_published_regression_events(corpora: Path) -> None:
    paths = sorted((corpora / "sigma/regression_data").rglob("*.json"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        assert SOURCE.sniff(data[:65536], path.name) >= 70, path
        batch = read(data)
        assert batch.n_rows, path
        assert not batch.skipped, path
        assert len(batch.column("EventID")) == batch.n_rows, path
