"""STIX bundles: patterns, validity, relationships, observables; what is not read has its reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.faults import REASONS
from vonggac.detectors.indicators.forms.stix_patterns import values_of_pattern
from vonggac.detectors.indicators.lists import read_list
from vonggac.detectors.indicators.values import ValueFault
from vonggac.errors import FormatUnknown, InputError

SHA256 = "file:hashes.'SHA-256'"


def bundle(*objects, **more):
    return json.dumps({"type": "bundle", "id": "bundle--1", **more, "objects": list(objects)}).encode()


def indicator(pattern, n=1, **more):
    return {"type": "indicator", "id": f"indicator--{n}", "pattern": pattern, "pattern_type": "stix", **more}


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("[ipv4-addr:value = '198.51.100.1']", ["198.51.100.1"]),
        ("[ipv4-addr:value = '198.51.100.1/32']", ["198.51.100.1"]),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", ["198.51.100.0/24"]),
        ("[ipv4-addr:value IN ('198.51.100.1', '198.51.100.2')]", ["198.51.100.1", "198.51.100.2"]),
        ("  [ domain-name:value='BAD.example' ]  ", ["bad.example"]),
        ("[domain-name:value = 'a.example' OR domain-name:value = 'b.example'] OR [url:value = 'https://c.example/x']",
         ["a.example", "b.example", "https://c.example/x"]),
        ("([domain-name:value = 'a.example'] or ([domain-name:value == 'b.example']))", ["a.example", "b.example"]),
        ("[(domain-name:value = 'a.example' OR domain-name:value = 'a.example') OR (url:value LIKE 'http://c.example/')]", ["a.example", "http://c.example/"]),
        (f"[file:hashes.'SHA-256' = '{'A' * 64}' OR file:hashes.MD5 = '{'b' * 32}']", ["a" * 64, "b" * 32]),
        (f"[file:name = 'a.exe' AND {SHA256} = '{'a' * 64}' AND file:hashes.md5 = '{'b' * 32}' AND file:size = 25]", ["a" * 64, "b" * 32]),
        ("[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.1' AND network-traffic:dst_port = 443]", ["198.51.100.1"]),
        ("[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '198.51.100.1']", ["a.example"]),
        ("[(domain-name:value = 'a.example' OR domain-name:value = 'b.example') AND network-traffic:dst_port = 80]", ["a.example", "b.example"]),
        ("[ipv6-addr:value = '2001:DB8::1']", ["2001:db8::1"]),
    ],
)  # fmt: skip
def test_patterns_that_are_read(pattern, values):
    assert [one.value for one in values_of_pattern(pattern)] == values


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "pattern_kind"), ("[", "pattern_kind"), ("[]", "pattern_kind"), ("ipv4-addr:value = '198.51.100.1'", "pattern_kind"),
        ("[ipv4-addr:value = '198.51.100.1'", "pattern_kind"), ("[ipv4-addr:value = '198.51.100.1']]", "pattern_kind"),
        ("[ipv4-addr:value = '198.51.100.1'] OR", "pattern_kind"), ("[ipv4-addr:value != '198.51.100.1']", "pattern_kind"),
        ("[NOT ipv4-addr:value = '198.51.100.1']", "pattern_kind"), ("[ipv4-addr:value NOT = '198.51.100.1']", "pattern_kind"),
        ("[ipv4-addr:value = '198.51.100.1' AND domain-name:value = 'a.example']", "pattern_and"),
        ("[domain-name:value = 'a.example' AND process:name = 'x']", "pattern_and"),
        ("[ipv4-addr:value = '198.51.100.1'] AND [domain-name:value = 'a.example']", "pattern_kind"),
        ("[ipv4-addr:value = '198.51.100.1'] FOLLOWEDBY [domain-name:value = 'a.example']", "pattern_kind"),
        ("[ipv4-addr:value = '198.51.100.1'] REPEATS 5 TIMES", "pattern_kind"), ("[url:value MATCHES '^(a+)+$']", "pattern_kind"),
        ("[url:value LIKE 'http://a.example/%']", "pattern_kind"), ("[ipv4-addr:value IN ()]", "pattern_kind"), ("[ipv4-addr:value = 198]", "not_a_value"),
        ("[process:name = 'x']", "pattern_path"), ("[file:name = 'a.exe']", "pattern_path"), ("[domain-name:value ISSUBSET 'a.example']", "pattern_path"),
        ("[email-addr:value = 'a@b.example']", "email"), ("[mac-addr:value = '00:11:22:33:44:55']", "hardware_address"),
        (f"[file:hashes.'SHA-512' = '{'a' * 128}']", "hash_kind"), ("[ipv4-addr:value = 'a.example']", "wrong_kind"),
        ("[ipv6-addr:value ISSUBSET '198.51.100.0/24']", "wrong_kind"), ("[ipv4-addr:value = '10.0.0.1']", "private"),
        ("[ipv4-addr:value = '0.0.0.0/0']", "too_wide"), ("[domain-name:value = 'x']", "not_a_value"),
        ("[" * (2 << 20), "pattern_too_long"), ("[" * 30_000, "pattern_kind"), ("(" * 30_000, "pattern_kind"), ("[" + "(" * 30_000, "pattern_kind"),
        ("[url:value = '" + "\\" * 19_000, "pattern_kind"), ("[url:value = '" + "a" * (10 << 20) + "']", "pattern_too_long"),
        ("[" + " OR ".join(f"domain-name:value = 'a{n}.example'" for n in range(20_001)) + "]", "pattern_too_long"),
        ("[" + " AND ".join("(domain-name:value = 'a' OR domain-name:value = 'b')" for n in range(30)) + "]", "pattern_and"),
    ],
)  # fmt: skip
def test_patterns_that_are_not_read_say_why(pattern, reason):
    with pytest.raises(ValueFault) as caught:
        values_of_pattern(pattern)
    assert caught.value.reason == reason
    assert reason in REASONS


PIECES = st.sampled_from(["[", "]", "(", ")", " AND ", " OR ", "=", " IN ", ",", " ISSUBSET ", "ipv4-addr:value", "file:hashes.MD5", "domain-name:value",
                          "'198.51.100.1'", "'a.example'", "'", "\\", "12", " NOT ", "x:y", "\n"])  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_any_pattern_has_values_or_a_reason(pattern):
    try:
        assert values_of_pattern(pattern)
    except ValueFault as fault:
        assert fault.reason in REASONS  # noqa: PT017  # it may be read just as well


def test_what_objects_say_of_each_other():
    found = read_list(bundle(
        {"type": "relationship", "id": "relationship--1", "relationship_type": "indicates", "source_ref": "indicator--1", "target_ref": "tool--1"},
        {"type": "relationship", "id": "relationship--2", "relationship_type": "indicates", "source_ref": "indicator--1", "target_ref": "malware--1"},
        indicator("[ipv4-addr:value = '198.51.100.1' OR ipv4-addr:value = '198.51.100.2']", valid_until="2026-06-01T00:00:00Z", description="mô tả"),
        indicator("[ipv4-addr:value = '198.51.100.3']", 2, indicator_types=["compromised"]), indicator("[url:value = 'http://a.example/']", 3, revoked=True),
        indicator("[ipv4-addr:value = '198.51.100.4']", 4, labels=["compromised"]),
        {"type": "malware", "id": "malware--1", "name": "Trojan:Linux/Mirai.B"}, {"type": "tool", "id": "tool--1", "name": "x"},
        {"type": "sighting", "id": "sighting--1", "sighting_of_ref": "indicator--1", "first_seen": "2026-01-01T00:00:00Z", "last_seen": "2026-01-02T00:00:00Z", "count": 3},
        {"type": "sighting", "id": "sighting--2", "sighting_of_ref": "indicator--1", "first_seen": "2026-01-03T00:00:00Z"},
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "198.51.100.9"}, {"type": "x-of-ours", "id": "x--1"},
    ), "tin.json")  # fmt: skip
    first, second, third, fourth = found.indicators
    assert found.form == "stix"
    assert (first.malware, first.value, first.role, first.count, first.note) == (
        "Mirai",
        "198.51.100.1",
        "hostile",
        4,
        "mô tả",
    )
    assert (second.malware, second.value, second.place.row) == ("Mirai", "198.51.100.2", 3)
    assert [datetime.fromtimestamp(at / 1e6, UTC).day for at in (first.first_seen, first.last_seen)] == [1, 3]
    assert first.valid_until == int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1e6)
    assert (third.role, fourth.role, third.malware) == ("victim", "victim", "")
    assert found.passed_over == {"deleted": 1, "observable": 1}
    assert [(one.reason, one.place.row) for one in found.faults] == [("object_type", 8), ("object_type", 12)]


def test_observables_count_where_nothing_else_is_told():
    found = read_list(bundle(
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "198.51.100.9"}, {"type": "domain-name", "id": "domain-name--1", "value": "BAD.example"},
        {"type": "file", "id": "file--1", "hashes": {"MD5": "a" * 32, "SHA-256": "b" * 64, "SSDEEP": "x"}}, {"type": "mac-addr", "id": "mac-addr--1", "value": "x"},
        {"type": "observed-data", "id": "observed-data--1", "first_observed": "2026-01-01T00:00:00Z", "objects": {"0": {"type": "url", "value": "http://a.example/x"}}},
        {"type": "observed-data", "id": "observed-data--2", "object_refs": ["ipv4-addr--1"]}, {"type": "ipv4-addr", "id": "ipv4-addr--2", "value": "10.0.0.1"},
    ), "x")  # fmt: skip
    assert [one.value for one in found.indicators] == [
        "198.51.100.9",
        "bad.example",
        "a" * 32,
        "b" * 64,
        "http://a.example/x",
    ]
    assert [one.reason for one in found.faults] == ["object_type", "private"]


@pytest.mark.parametrize("write", [lambda text: text, lambda text: b"\xef\xbb\xbf" + text, lambda text: text.decode().encode("utf-16"), lambda text: b"\n \r\n" + text])  # fmt: skip
def test_marks_spaces_and_the_order_of_names_do_not_matter(write):
    objects = [indicator("[domain-name:value = 'xấu.example']")]
    for value in (
        {"type": "bundle", "objects": objects},
        {"more": False, "objects": objects},
        {"x": {"y": [1]}, "objects": objects, "id": "b", "type": "bundle"},
    ):
        assert len(read_list(write(json.dumps(value, ensure_ascii=False).encode()), "a.txt").indicators) == 1  # fmt: skip


@pytest.mark.parametrize("data", [b'{"type": "bundle"}', b'{"a": 1}', b'[{"a": 1}]', b'["198.51.100.1"]', b'{"type": "bundle", "objects": {"a": 1}}', b'{"type": "bundle", "objects": 5}'])  # fmt: skip
def test_json_of_nobody_is_refused(data):
    with pytest.raises(FormatUnknown):
        read_list(data, "x.json")


def test_an_empty_bundle_is_one_without_indicators():
    found = read_list(bundle(), "x.json")
    assert (found.form, found.indicators, found.faults) == ("stix", [], [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.sampled_from(["indicator", "bundle", "malware--1", "sighting", "file", "ipv4-addr", "observed-data"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["type", "id", "objects", "pattern", "name", "labels", "hashes", "MD5", "value", "source_ref", "target_ref", "relationship_type",
                                       "sighting_of_ref", "first_seen", "count", "0"]), inner, max_size=7),
    max_leaves=30,
)  # fmt: skip


@given(st.lists(JSON, max_size=5))
def test_any_objects_are_indicators_faults_or_counted(objects):
    try:
        found = read_list(bundle(*objects), "x")
    except InputError:
        return
    assert all(one.reason in REASONS for one in found.faults)
