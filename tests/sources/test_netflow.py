"""Export packets: what each version says, templates across blocks, and everything that can be broken in a packet."""

from __future__ import annotations

import io
import ipaddress
import struct
from collections.abc import Iterable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.times import iso
from vonggac.jobs.trace import Trace
from vonggac.sources import detect
from vonggac.sources.netflow import SOURCE
from vonggac.sources.source import Options

NOW = 1_795_489_200  # 2026-11-24 03:00 UTC
UPTIME = 1_000_000
VARIABLE = 65_535

Field = tuple[int, ...]

FLOW: list[Field] = [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (22, 4), (21, 4), (225, 4), (227, 2)]


def address(text: str) -> int:
    return int(ipaddress.IPv4Address(text))


def flow(host: int = 5, octets: int = 1234) -> bytes:
    """One record of FLOW: from half a second before to half a second after the exporter's 999 seconds."""
    return struct.pack(
        ">IIHHBQIIIH", address("10.0.0.0") + host, address("203.0.113.9"), 51000, 443, 6, octets, 998_500, 999_500,
        address("198.51.100.1"), 40001,
    )  # fmt: skip


def v5(n: int, octets: int = 1000, sampling: int = 0) -> bytes:
    records = (
        struct.pack(
            ">IIIHHIIIIHHBBBBHHBBH", address("10.0.0.5") + i, address("203.0.113.9"), 0, 1, 2, 10, octets, 998_500, 999_500,
            51000, 443, 0, 0x1B, 6, 0, 64500, 64501, 24, 16, 0,
        )
        for i in range(n)
    )  # fmt: skip
    return struct.pack(">HHIIIIBBH", 5, n, UPTIME, NOW, 0, 0, 0, 7, sampling) + b"".join(records)


def one_set(number: int, body: bytes, *, pad: bool = True) -> bytes:
    body += bytes(-len(body) % 4) if pad else b""
    return struct.pack(">HH", number, 4 + len(body)) + body


def fields(those: Iterable[Field]) -> bytes:
    return b"".join(
        struct.pack(">HH", one[0] | (0x8000 if len(one) > 2 else 0), one[1])
        + (struct.pack(">I", one[2]) if len(one) > 2 else b"")
        for one in those
    )


def template(number: int, those: Sequence[Field], version: int = 9) -> bytes:
    return one_set(0 if version == 9 else 2, struct.pack(">HH", number, len(those)) + fields(those))


def v9(*sets: bytes, domain: int = 42, seconds: int = NOW) -> bytes:
    return struct.pack(">HHIIII", 9, len(sets), UPTIME, seconds, 0, domain) + b"".join(sets)


def ipfix(*sets: bytes, domain: int = 42) -> bytes:
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), NOW, 0, domain) + body


def batches(data: bytes, block_bytes: int = 8 << 20) -> Iterator[EventBatch]:
    for block in SOURCE.frame(io.BytesIO(data), block_bytes=block_bytes):
        batch = SOURCE.decode(block, Options())
        assert batch.n_rows == block.n_records
        yield batch


def read(data: bytes) -> EventBatch:
    (batch,) = batches(data)
    return batch


def reasons(batch: EventBatch) -> list[tuple[str, int]]:
    return [(skip.reason, skip.count) for skip in batch.skipped]


@pytest.mark.parametrize(
    "data", [v5(2), v9(template(300, FLOW), one_set(300, flow(5) + flow(6))), ipfix(template(300, FLOW, 10), one_set(300, flow(5) + flow(6)))],
    ids=["5", "9", "ipfix"],
)  # fmt: skip
def test_each_version_gives_flows_under_the_names_of_ipfix(data: bytes) -> None:
    assert detect(data + data, "x") is SOURCE
    batch = read(data)
    assert not batch.skipped
    assert batch.column("sourceIPv4Address").texts() == ["10.0.0.5", "10.0.0.6"]
    expected = {
        "source.ip": "10.0.0.6", "source.port": 51000, "destination.ip": "203.0.113.9", "destination.port": 443, "network.transport": 6,
    }  # fmt: skip
    assert {name: concepts.value(batch, 1, name) for name in expected} == expected
    assert [batch.record(row) for row in (0, 1)] == [1, 2]
    assert batch.raw(1)[:4] == ipaddress.IPv4Address("10.0.0.6").packed


@pytest.mark.parametrize("data", [v5(1), v9(template(300, FLOW), one_set(300, flow()))], ids=["5", "9"])
def test_times_count_from_the_start_of_the_exporter(data: bytes) -> None:
    batch = read(data)
    assert iso(concepts.time_us(batch, 0)) == "2026-11-24T02:59:58.500000Z"
    assert batch.value(0, "flowEndMilliseconds") == NOW * 1000 - 500


def test_the_counter_of_an_exporter_wraps_after_fifty_days() -> None:
    record = struct.pack(">IIIIII", 1, 2, 3, 4, 2**32 - 1000, 2**32 - 500)
    data = struct.pack(">HHIIII", 9, 1, 500, NOW, 0, 0)
    data += template(300, [(8, 4), (12, 4), (1, 4), (2, 4), (22, 4), (21, 4)]) + one_set(300, record)
    assert read(data).value(0, "flowStartMilliseconds") == NOW * 1000 - 1500


@pytest.mark.parametrize("length", [0, 3, 8, 300])
def test_a_time_of_an_odd_length_is_no_time(length: int) -> None:
    batch = read(v9(template(300, [(8, 4), (22, length)]), one_set(300, bytes(4 + length))))
    assert batch.texts(0, "sourceIPv4Address") == ["0.0.0.0"]
    assert concepts.time_us(batch, 0) is not None


def test_times_beside_fields_of_variable_length() -> None:
    those: list[Field] = [(371, VARIABLE), (22, 4)]
    option = one_set(3, struct.pack(">HHH", 400, 2, 1) + fields([(143, 4), (160, 8)]))
    said = one_set(400, struct.pack(">IQ", 1, NOW * 1000 - UPTIME))
    batch = read(ipfix(option, said, template(300, those, 10), one_set(300, b"\3bob" + struct.pack(">I", 998_500))))
    assert batch.value(0, "flowStartMilliseconds") == NOW * 1000 - 1500


def test_ipfix_tells_its_start_by_an_option() -> None:
    option = one_set(3, struct.pack(">HHH", 400, 2, 1) + fields([(143, 4), (160, 8)]))
    said = one_set(400, struct.pack(">IQ", 1, NOW * 1000 - UPTIME))
    data = ipfix(option, said, template(300, FLOW, 10), one_set(300, flow()))
    assert read(data).value(0, "flowStartMilliseconds") == NOW * 1000 - 1500
    first, second = batches(ipfix(option, said) + ipfix(template(300, FLOW, 10), one_set(300, flow())), 1)
    assert first.n_rows == 0
    assert second.value(0, "flowStartMilliseconds") == NOW * 1000 - 1500


def test_templates_hold_across_blocks_until_they_are_replaced() -> None:
    data = v9(template(300, FLOW), one_set(300, flow(5))) + v9(one_set(300, flow(6)))
    data += v9(template(300, [(8, 4), (12, 4)]), one_set(300, struct.pack(">II", 1, 2))) + v9(
        one_set(300, struct.pack(">II", 3, 4))
    )
    found = list(batches(data, 1))
    assert len(found) == 4
    assert [batch.texts(0, "sourceIPv4Address") for batch in found] == [
        ["10.0.0.5"],
        ["10.0.0.6"],
        ["0.0.0.1"],
        ["0.0.0.3"],
    ]
    assert [batch.record(0) for batch in found] == [1, 2, 3, 4]
    assert "octetDeltaCount" not in found[3].fields()
    whole = read(data)
    assert sorted(whole.record(row) for row in range(4)) == [1, 2, 3, 4]


def test_templates_belong_to_their_domain_and_version() -> None:
    data = (
        v9(template(300, FLOW), domain=1) + v9(one_set(300, flow()), domain=2) + ipfix(one_set(300, flow()), domain=1)
    )
    batch = read(data)
    assert batch.n_rows == 0
    assert reasons(batch) == [("unknown_template", 2)]


def test_a_withdrawn_template_is_forgotten() -> None:
    data = ipfix(template(300, FLOW, 10), one_set(2, struct.pack(">HH", 300, 0)), one_set(300, flow()))
    assert reasons(read(data)) == [("unknown_template", 1)]


def test_fields_of_variable_length() -> None:
    those: list[Field] = [(8, 4), (371, VARIABLE), (1, 4)]
    long = b"x" * 300
    records = struct.pack(">I", 1) + b"\3bob" + struct.pack(">I", 10)
    records += struct.pack(">I", 2) + b"\xff" + struct.pack(">H", 300) + long + struct.pack(">I", 20)
    records += struct.pack(">I", 3) + b"\0" + struct.pack(">I", 30)
    batch = read(ipfix(template(300, those, 10), one_set(300, records)))
    assert [batch.value(row, "userName") for row in range(3)] == ["bob", long.decode(), None]
    assert [batch.value(row, "octetDeltaCount") for row in range(3)] == [10, 20, 30]
    assert batch.raw(0) == struct.pack(">I", 1) + b"\3bob" + struct.pack(">I", 10)


def test_types_of_elements() -> None:
    those: list[Field] = [
        (27, 16), (56, 6), (82, 8), (152, 8), (154, 8), (276, 1), (8, 3), (2, 3), (4, 1, 29305), (7, 2, 9), (40000 & 0x7FFF, 2), (210, 5),
        (70, 3), (70, 3), (320, 8),
    ]  # fmt: skip
    record = (
        ipaddress.IPv6Address("2001:db8::5").packed + bytes.fromhex("00005e005301") + b"eth0\0\0\0\0" + struct.pack(">Q", NOW * 1000)
        + struct.pack(">II", NOW + 2_208_988_800, 1 << 31) + b"\1" + b"abc" + b"\1\0\0" + b"\6" + b"\1\2" + b"\0\7" + bytes(5)
        + b"\0\0\1" + b"\0\0\2" + struct.pack(">d", 1.5)
    )  # fmt: skip
    event = read(ipfix(template(300, those, 10), one_set(300, record))).event(0)
    expected = {
        "sourceIPv6Address": "2001:db8::5", "sourceMacAddress": "00:00:5e:00:53:01", "interfaceName": "eth0",
        "flowStartMilliseconds": NOW * 1000, "flowStartMicroseconds": NOW * 1_000_000 + 500_000, "dataRecordsReliability": True,
        "sourceIPv4Address": "616263", "packetDeltaCount": 65536, "reverseProtocolIdentifier": 6, "enterprise_9_7": "0102",
        "element_7232": 7, "mplsTopLabelStackSection": "000001", "mplsTopLabelStackSection_2": "000002", "absoluteError": 1.5,
    }  # fmt: skip
    assert {name: event.get(name) for name in expected} == expected
    assert "paddingOctets" not in event


def test_sampling_is_told_with_each_flow() -> None:
    assert read(v5(1, sampling=0x4064)).value(0, "samplingInterval") == 100
    assert "samplingInterval" not in read(v5(1)).fields()
    options = one_set(1, struct.pack(">HHH", 400, 4, 4) + fields([(1, 4), (34, 4)]))
    said = one_set(400, struct.pack(">II", 0, 1000))
    (batch,) = batches(v9(options, said) + v9(template(300, FLOW), one_set(300, flow())))
    assert batch.n_rows == 1
    assert batch.value(0, "samplingInterval") == 1000


@pytest.mark.parametrize(("event", "blocked"), [(1, ["false"]), (2, ["false"]), (3, ["true"]), (0, [])])
def test_what_a_firewall_did_is_sigmas_blocked(event: int, blocked: list[str]) -> None:
    data = v9(
        template(300, [(8, 4), (12, 4), (11, 2), (233, 1)]),
        one_set(300, struct.pack(">IIHB", 1, address("203.0.113.9"), 23, event)),
    )
    batch = read(data)
    assert batch.texts(0, "blocked") == blocked
    rule = "title: t\nlogsource: {category: firewall}\ndetection: {s: {dst_ip: 203.0.113.9, dst_port: 23, blocked: 'false'}, condition: s}\n"
    assert bool(SigmaDetector(compile_rules([("r.yml", rule)])).detect(batch)) is (blocked == ["false"])


def test_flows_are_traced_to_inner_hosts_through_nat() -> None:
    trace = Trace([], {"198.51.100.1": {40001}})
    trace.add(read(v9(template(300, FLOW), one_set(300, flow(5)))))
    (holder,) = trace.nat.who("198.51.100.1", 40001, NOW * 1_000_000)
    assert holder.inner == "10.0.0.5"


def cut(data: bytes, size: int) -> list[tuple[str, int]]:
    return [reason for batch in batches(data[:size]) for reason in reasons(batch)]


def test_what_is_cut_off_is_told() -> None:
    assert cut(v5(2), 100) == [("truncated", 1)]
    data = ipfix(template(300, FLOW, 10), one_set(300, flow()))
    assert cut(data, len(data) - 1) == [("truncated", 1)]
    whole = v9(template(300, FLOW), one_set(300, flow()))
    found = list(batches(whole + whole[:-3]))
    assert sum(batch.n_rows for batch in found) == 1
    assert [reason for batch in found for reason in reasons(batch)] == [("truncated", 1)]


def test_bytes_between_packets_are_left_out() -> None:
    data = v5(1) + b"garbage" * 9 + v5(2)
    found = list(batches(data))
    assert sum(batch.n_rows for batch in found) == 3
    assert [reason for batch in found for reason in reasons(batch)] == [("bad_record", 1)]


@pytest.mark.parametrize(
    "sets",
    [
        template(300, [(8, 0), (12, 0)]),
        template(300, [(8, 4)] * 1001),
        template(255, [(8, 4)]),
        template(300, []),
        one_set(2, struct.pack(">HH", 300, 9) + fields([(8, 4)])),
        one_set(3, struct.pack(">HH", 300, 9)),
    ],
    ids=["no bytes", "too many fields", "reserved number", "no fields", "cut off", "options cut off"],
)
def test_templates_that_cannot_be_used_are_not_learned(sets: bytes) -> None:
    batch = read(ipfix(sets, one_set(300, bytes(200))))
    assert batch.n_rows == 0
    assert reasons(batch) == [("unknown_template", 1)]


def test_a_set_that_does_not_fit_ends_its_packet() -> None:
    bad = ipfix(template(300, FLOW, 10), one_set(300, flow()), struct.pack(">HH", 300, 3) + bytes(20))
    batch = read(bad + ipfix(one_set(300, flow(6))))
    assert batch.n_rows == 2
    assert reasons(batch) == [("bad_record", 1)]


def test_many_templates_and_layouts_stay_within_bounds() -> None:
    sets = [template(256 + n, [(8, 4), (n + 1, 2)], 10) + one_set(256 + n, bytes(6)) for n in range(1200)]
    (block,) = SOURCE.frame(io.BytesIO(b"".join(ipfix(one) for one in sets)))
    batch = SOURCE.decode(block, Options())
    assert batch.n_rows == 1000
    assert reasons(batch) == [("bad_record", 200)]
    many = b"".join(ipfix(template(256, [(8, 4), (12, 4)], 10), domain=n) for n in range(10_500))
    last = list(SOURCE.frame(io.BytesIO(many + ipfix(one_set(256, bytes(8)), domain=10_499))))[-1]
    assert last.n_records == 1
    assert len(last.context) < 1_000_000


def test_small_records_are_cut_into_blocks() -> None:
    data = ipfix(template(300, [(4, 1)], 10)) + ipfix(one_set(300, bytes(60_000))) * 8
    blocks = list(SOURCE.frame(io.BytesIO(data)))
    assert sum(block.n_records for block in blocks) == 480_000
    assert max(block.n_records for block in blocks) <= 300_000


PACKETS = st.lists(
    st.sampled_from(
        [
            v5(2),
            v9(template(300, FLOW), one_set(300, flow())),
            v9(one_set(300, flow() * 3)),
            ipfix(template(300, FLOW, 10), one_set(300, flow())),
            ipfix(template(301, [(371, VARIABLE), (8, 4)], 10), one_set(301, b"\3bob\1\2\3\4")),
            ipfix(one_set(3, struct.pack(">HHH", 400, 2, 1) + fields([(143, 4), (34, 4)])), one_set(400, bytes(8))),
        ]
    ),
    max_size=12,
)


@given(packets=PACKETS, block_bytes=st.integers(1, 2000))
def test_the_size_of_blocks_changes_nothing(packets: list[bytes], block_bytes: int) -> None:
    def events(size: int) -> list[tuple[int, object]]:
        return sorted(
            (
                (batch.record(row), repr(batch.event(row)))
                for batch in batches(b"".join(packets), size)
                for row in range(batch.n_rows)
            ),
        )

    assert events(block_bytes) == events(8 << 20)


@given(packets=PACKETS, where=st.integers(0, 600), change=st.binary(max_size=8), cut_at=st.integers(0, 3000))
@settings(max_examples=200)
def test_damaged_streams_never_raise(packets: list[bytes], where: int, change: bytes, cut_at: int) -> None:
    data = b"".join(packets)
    broken = (data[:where] + change + data[where + len(change) // 2 :])[:cut_at]
    SOURCE.sniff(broken, "")
    for batch in batches(broken, 500):
        for name in batch.fields():
            column = batch.column(name)
            assert column.texts() == [text for row in range(batch.n_rows) for text in batch.texts(row, name)]
        for row in range(batch.n_rows):
            assert batch.raw(row)


def test_an_event_has_its_fields_whatever_stands_beside_it() -> None:
    data = v5(1, sampling=100) + v5(1) + v5(1, sampling=1)
    found = [
        [batch.event(row) for batch in batches(data, size) for row in sorted(range(batch.n_rows), key=batch.record)]
        for size in (1 << 20, 1)
    ]
    assert found[0] == found[1]
    assert [event.get("samplingInterval") for event in found[0]] == [100, None, None]
