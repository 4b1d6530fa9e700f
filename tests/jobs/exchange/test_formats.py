"""STIX and MISP: what goes out comes back, what is hostile or odd is counted and breaks nothing."""

from __future__ import annotations

import ipaddress
import json
import uuid
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.desk.intel.models import Indicator, Sighting
from vonggac.desk.intel.models.lists import TLPS
from vonggac.detectors.indicators.faults import REASONS
from vonggac.detectors.indicators.forms.stix import MARKINGS, OLDER_MARKINGS
from vonggac.detectors.indicators.forms.stix_patterns import values_of_pattern
from vonggac.detectors.indicators.values import parse_value
from vonggac.errors import FormatUnknown, UnsafeInput
from vonggac.jobs.exchange import misp, stix
from vonggac.jobs.exchange.found import LARGEST, Defaults
from vonggac.jobs.exchange.intake import read, read_file

DEFAULTS = Defaults()


def read_stix(value, defaults=DEFAULTS):
    return read(json.dumps(value).encode(), defaults, "stix")


def read_misp(value, defaults=DEFAULTS):
    return read(json.dumps(value).encode(), defaults, "misp")


NAIVE = [datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2001, 2100)]
TIMES = st.datetimes(*NAIVE, timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
V4 = st.integers(0xC0000200, 0xC00002FF).map(lambda n: str(ipaddress.IPv4Address(n)))
V6 = st.integers(0, 2**64 - 1).map(lambda n: str(ipaddress.IPv6Address((0x20010DB8 << 96) + n)))
DOMAIN = st.lists(LABEL, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"]))
PATH = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x17F, exclude_categories=("Cc", "Zs", "Zl", "Zp", "Cf")),
    max_size=40,
)


def cidr(pair):
    return str(ipaddress.ip_network(pair, strict=False))


def span(pair):
    first, last = sorted(pair)
    return f"{ipaddress.IPv4Address(first)}-{ipaddress.IPv4Address(last)}"


VALUES = st.one_of(
    st.tuples(st.just("ipv4"), V4),
    st.tuples(st.just("ipv6"), V6),
    st.tuples(st.just("cidr"), st.tuples(V4, st.integers(16, 31)).map(cidr)),
    st.tuples(st.just("cidr"), st.tuples(V6, st.integers(33, 127)).map(cidr)),
    st.tuples(st.just("range"), st.tuples(*[st.integers(0xC0000200, 0xC00002FF)] * 2).filter(lambda p: p[0] != p[1]).map(span)),
    st.tuples(st.just("domain"), DOMAIN),
    st.tuples(st.just("url"), st.tuples(DOMAIN, PATH).map(lambda p: f"http://{p[0]}/{p[1].replace('?', '').replace('#', '')}")),
    *[st.tuples(st.just(kind), st.text("0123456789abcdef", min_size=n, max_size=n)) for kind, n in (("md5", 32), ("sha1", 40), ("sha256", 64))],
)  # fmt: skip
TEXT = st.text(
    st.characters(
        min_codepoint=0x20, max_codepoint=0x1EFF, exclude_categories=("Cc", "Cf", "Cs", "Cn", "Zs", "Zl", "Zp")
    ),
    max_size=60,
)


@st.composite
def rows(draw):
    kind, value = draw(VALUES)
    normal = parse_value(value) if kind != "range" else None
    since, until = draw(TIMES), draw(st.none() | TIMES)
    return Indicator(
        pk=draw(st.integers(1, 10**6)), kind=kind, value=normal.value if normal else value, family=draw(TEXT), tlp=draw(st.sampled_from(list(TLPS))),
        confidence=draw(st.integers(0, 100)), valid_from=since, expires_at=until if until is None or until > since else None,
        role=draw(st.sampled_from(["hostile", "victim"])), note=draw(TEXT), stix_id=str(uuid.UUID(int=draw(st.integers(0, 2**128 - 1)), version=4)),
        created_at=since, changed_at=since, port=draw(st.none() | st.integers(0, 65535)), first_seen=draw(st.none() | TIMES), last_seen=draw(st.none() | TIMES),
    )  # fmt: skip


def addresses(values):
    """What values cover: the networks of a range count as the range."""
    found = []
    for kind, value in values:
        if kind in ("ipv4", "ipv6", "cidr"):
            found.append(ipaddress.ip_network(value))
        elif kind == "range":
            found += ipaddress.summarize_address_range(*map(ipaddress.ip_address, value.split("-")))
        else:
            found.append((kind, value))
    return set(map(str, found))


def common(row, drafts):
    assert addresses([(draft.kind, draft.value) for draft in drafts]) == addresses([(row.kind, row.value)])
    for draft in drafts:
        assert (draft.family, draft.tlp, draft.confidence, draft.role) == (
            row.family,
            row.tlp,
            row.confidence,
            row.role,
        )
        assert draft.valid_from == row.valid_from
        assert draft.note in (row.note, row.note or "v")
    assert drafts[0].stix_id == row.stix_id


@given(rows())
def test_what_goes_out_as_stix_comes_back(row):
    found = read(orjson.dumps(stix.bundle([row])), DEFAULTS)
    assert (found.form, found.left_out) == ("stix", [])
    common(row, found.drafts)
    assert {draft.expires_at for draft in found.drafts} == {row.expires_at}


@given(rows())
def test_what_goes_out_as_misp_comes_back(row):
    found = read(orjson.dumps(misp.event([row], info="v", at=row.created_at)), DEFAULTS)
    assert (found.form, found.left_out) == ("misp", [])
    common(row, found.drafts)
    for draft in found.drafts:
        assert (draft.first_seen, draft.last_seen) == (row.first_seen, row.last_seen)
    if row.kind in ("ipv4", "ipv6", "domain"):
        assert found.drafts[0].port == row.port


@given(st.text(max_size=80).filter(lambda text: text.isprintable() and " " not in text and text))
def test_nothing_in_a_text_ends_it_in_a_pattern(text):
    """Whatever stands in a value: the pattern compares with that text and nothing else."""
    url = f"http://a.example/{text}"
    found = values_of_pattern(f"[url:value = {stix.quoted(url)}]")
    assert [(one.kind, one.original) for one in found] == [("url", url.strip())]


def test_what_speaks_against_a_value_goes_out_with_it():
    row = Indicator(
        pk=1, kind="domain", value="c2-b1il.example", tlp="green", note="Letter 7", warnings="OCR 60 %: c2-b1ll.example",
        stix_id=str(uuid.uuid4()), created_at=datetime(2026, 1, 1, tzinfo=UTC), changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    both = "Letter 7\nOCR 60 %: c2-b1ll.example"
    for content in (stix.bundle([row]), misp.event([row], info="v", at=row.created_at)):
        assert [draft.note for draft in read(orjson.dumps(content), DEFAULTS).drafts] == [both]


def test_a_url_that_would_end_its_pattern_stays_one_url():
    evil = "http://bad.example/'%20OR%20ipv4-addr:value%20=%20'8.8.8.8']\\"
    row = Indicator(pk=1, kind="url", value=evil, tlp="green", stix_id=str(uuid.uuid4()))
    found = read_stix(stix.bundle([row]), DEFAULTS)
    assert [(one.kind, one.value) for one in found.drafts] == [("url", evil)]


def stix_of(**values):
    base = {
        "type": "indicator",
        "id": f"indicator--{uuid.uuid4()}",
        "pattern": "[domain-name:value = 'a.example']",
        "pattern_type": "stix",
    }
    return {**base, **values}


def test_every_part_that_is_not_read_is_counted_with_its_reason():
    found = read_stix(
        {"type": "bundle", "objects": [
            stix_of(), stix_of(revoked=True), stix_of(pattern_type="yara"), stix_of(pattern=7), stix_of(pattern="[file:name = 'x']"),
            {"type": "tool", "id": "tool--1", "name": "x"}, {"type": "identity", "id": "identity--1"}, 5, None, [], {"type": "indicator"},
            {"type": "sighting", "id": "sighting--1", "sighting_of_ref": "indicator--none"}, {"type": 3, "id": []},
        ]},
        DEFAULTS,
    )  # fmt: skip
    assert len(found.drafts) == 1
    assert dict(found.n_left_out) == {
        "deleted": 1, "pattern_type": 2, "pattern_path": 1, "object_type": 1, "not_an_object": 5, "sighting_of": 1,
    }  # fmt: skip


def test_markings_of_both_tlps_and_ones_own_are_understood():
    own = "marking-definition--11111111-1111-4111-8111-111111111111"
    old = {"type": "marking-definition", "id": own, "definition_type": "tlp", "definition": {"tlp": "red"}}
    amber = MARKINGS["amber+strict"]
    white = next(key for key, tlp in OLDER_MARKINGS.items() if tlp == "clear")
    told = [[own], [amber], [white], [white, amber], ["marking-definition--unknown"], "x", None]
    drafts = read_stix(
        {"objects": [old, *(stix_of(object_marking_refs=refs) for refs in told)]}, Defaults(tlp="green")
    ).drafts
    assert [one.tlp for one in drafts] == ["red", "amber+strict", "clear", "amber+strict", "green", "green", "green"]


def test_sightings_and_malware_go_along_without_saying_where():
    at = datetime(2026, 6, 1, tzinfo=UTC)
    row = Indicator(pk=7, kind="domain", value="a.example", family="Mirai", tlp="green", stix_id=str(uuid.uuid4()))
    told = stix.bundle(
        [row], [Sighting(pk=3, indicator_id=7, source="nhật ký mật", host="may-7", n=4, first_at=at, last_at=at)]
    )
    assert "may-7" not in json.dumps(told)
    assert "nhật ký" not in json.dumps(told, ensure_ascii=False)
    found = read_stix(told, DEFAULTS)
    assert [(one.of.value, one.n, one.first_at) for one in found.sights] == [("a.example", 4, at)]


def test_misp_in_all_its_shapes():
    def attribute(type_, value, **more):
        return {"type": type_, "value": value, "to_ids": True, "uuid": str(uuid.uuid4()), **more}

    tag = {"name": 'misp-galaxy:malpedia="Mirai"'}
    event = {"Event": {
        "info": "Chiến dịch", "Tag": [{"name": "tlp:amber"}, tag],
        "Attribute": [
            attribute("ip-dst|port", "198.51.100.4|8080"), attribute("domain|ip", "a.example|198.51.100.5"), attribute("filename|sha256", f"a|b.exe|{'c' * 64}"),
            attribute("hostname", "h.example", Tag=[{"name": "TLP:RED"}]), attribute("hostname|port", "i.example|no"), attribute("ip-src", "198.51.100.6", to_ids=False),
            attribute("btc", "x"), attribute("url", "hxxp://x"), attribute("md5", "d" * 32, deleted=True), attribute("ip-dst", "10.0.0.1"), attribute("ip-dst", ["x"]),
        ],
        "Object": [{"name": "file", "Attribute": [attribute("sha1", "e" * 40)]}, 5],
    }}  # fmt: skip
    found = read_misp({"response": [event, 7]}, DEFAULTS)
    assert [(one.value, one.port, one.tlp) for one in found.drafts] == [
        ("198.51.100.4", 8080, "amber"), ("a.example", None, "amber"), ("198.51.100.5", None, "amber"), ("c" * 64, None, "amber"),
        ("h.example", None, "red"), ("e" * 40, None, "amber"),
    ]  # fmt: skip
    assert {one.family for one in found.drafts} == {"Mirai"}
    assert dict(found.n_left_out) == {
        "bad_port": 1, "not_for_detection": 1, "attribute_type": 1, "bad_url": 1, "deleted": 1, "private": 1, "not_text": 1,
    }  # fmt: skip
    assert (
        read_misp({"response": {"Attribute": [attribute("url", "http://a.example/")]}}, DEFAULTS).drafts[0].value
        == "http://a.example/"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["type", "id", "objects", "pattern", "Event", "Attribute", "Tag", "name", "value", "response", "Object", "extensions",
                         "object_marking_refs", "uuid", "first_seen", "confidence", "sighting_of_ref", "valid_until", "definition", "x"]),
        inner | st.sampled_from(["indicator", "bundle", "sighting", "malware", "relationship", "marking-definition", "ip-dst", "[", "2026-01-01T00:00:00Z"]),
        max_size=6,
    ),
    max_leaves=40,
)  # fmt: skip


@given(JSON)
def test_any_json_is_read_or_refused(value):
    for make in (lambda: read_stix({"objects": [value, stix_of(object_marking_refs=value, valid_until=value, confidence=value)]}, DEFAULTS),
                 lambda: read_misp(value, DEFAULTS), lambda: read_misp({"Event": {"Attribute": [value], "Tag": value}}, DEFAULTS)):  # fmt: skip
        try:
            found = make()
        except FormatUnknown:
            continue
        assert all(reason in REASONS for reason in found.n_left_out)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe",
        b'"\\ud800"',
        b"5",
        b"[]",
        b"{}",
        b'{"type": "bundle"}',
    ],
)
def test_what_is_no_file_of_ours_is_refused(data):
    with pytest.raises((FormatUnknown, UnsafeInput)):
        read(data, DEFAULTS)


def test_too_deep_and_too_large_are_refused(tmp_path):
    deep = "[" * 50 + "]" * 50
    with pytest.raises(UnsafeInput):
        read_stix({"objects": [json.loads(deep)]})
    (tmp_path / "x").write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(UnsafeInput):
        read_file(tmp_path / "x", LARGEST)


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e999", -5, 10**40, True, {}, "2026-13-01", "x" * 5000],
)
def test_times_that_no_calendar_holds_are_no_times(at):
    found = read_stix({"objects": [stix_of(valid_from=at, valid_until=at)]}, DEFAULTS)
    assert (found.drafts[0].valid_from, found.drafts[0].expires_at) == (None, None)
