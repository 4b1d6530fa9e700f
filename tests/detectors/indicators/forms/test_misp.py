"""MISP: events in all their shapes, and the export as CSV."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.faults import REASONS
from vonggac.detectors.indicators.lists import read_list
from vonggac.errors import InputError


def attribute(type_, value, **more):
    return {"type": type_, "value": value, "to_ids": True, **more}


TAG = {"name": 'misp-galaxy:malpedia="Mirai"'}
EVENT = {
    "info": "Chiến dịch",
    "date": "2026-05-01",
    "Attribute": [
        attribute("ip-dst|port", "198.51.100.4|8080"),
        attribute("domain|ip", "a.example|198.51.100.5"),
        attribute("filename|sha256", f"a|b.exe|{'c' * 64}"),
        attribute("malware-sample", "d" * 32),
        attribute("hostname", "h.example", first_seen="2026-05-01T00:00:00Z", last_seen="2026-05-02T00:00:00Z"),
        attribute("ip-src", "198.51.100.6", to_ids=False),
        attribute("btc", "x"),
        attribute("email-src", "a@b.example"),
        attribute("md5", "d" * 32, deleted=True),
        attribute("ip-dst", "10.0.0.1"),
        attribute("ip-src", "203.0.113.7", Tag=[{"name": 'vonggac:role="victim"'}]),
    ],
    "Object": [{"name": "file", "comment": "mẫu", "Attribute": [attribute("sha1", "e" * 40)]}, 5],
    "Tag": [{"name": "tlp:amber"}, TAG],
}
FACTS = [
    ("198.51.100.4", 8080), ("a.example", None), ("198.51.100.5", None), ("c" * 64, None), ("d" * 32, None), ("h.example", None), ("203.0.113.7", None), ("e" * 40, None),
]  # fmt: skip


@pytest.mark.parametrize("shape", [
    {"Event": EVENT}, {"response": [{"Event": EVENT}]}, [{"Event": EVENT}], {"response": {"Event": EVENT}}, {"x": 1, "response": [7, {"Event": EVENT}]},
])  # fmt: skip
def test_an_event_in_every_shape(shape):
    found = read_list(json.dumps(shape).encode(), "su-kien.json")
    assert (found.form, [(one.value, one.port) for one in found.indicators]) == ("misp", FACTS)
    assert {one.malware for one in found.indicators} == {"Mirai"}
    assert [one.role for one in found.indicators][-2:] == ["victim", "hostile"]
    assert (found.indicators[0].place.sheet, found.indicators[0].place.row, found.indicators[0].note) == (
        "Chiến dịch",
        1,
        "Chiến dịch",
    )
    assert found.indicators[-1].note == "mẫu"
    assert found.indicators[5].last_seen - found.indicators[5].first_seen == 86_400_000_000
    assert found.passed_over == {"not_for_detection": 1, "deleted": 1}
    assert [one.reason for one in found.faults] == ["attribute_type", "email", "private"]


def test_attributes_of_a_search():
    found = read_list(json.dumps({"response": {"Attribute": [attribute("url", "http://a.example/x")]}}).encode(), "a")
    assert [one.value for one in found.indicators] == ["http://a.example/x"]
    assert read_list(b'{"response": []}', "a").indicators == []


def test_two_events_do_not_mix():
    other = {"info": "khác", "Attribute": [attribute("domain", "k.example")]}
    found = read_list(json.dumps([{"Event": {**EVENT, "Object": []}}, {"Event": other}]).encode(), "a")
    assert [(one.value, one.malware, one.place.sheet) for one in found.indicators][-1] == ("k.example", "", "khác")


CSV = '''uuid,event_id,category,type,value,comment,to_ids,date,attribute_tag
u1,5,Network activity,ip-dst,198.51.100.7,"một, hai
ba",1,1700000000,"tlp:red,misp-galaxy:botnet=""Mirai"""
u2,5,Network activity,domain,b.example,,0,1700000000,
u3,5,Payload delivery,sha512,x,,1,1700000000,
'''


def test_the_export_as_csv():
    found = read_list(CSV.encode(), "attributes.csv")
    assert (found.form, found.passed_over) == ("misp_csv", {"not_for_detection": 1})
    (one,) = found.indicators
    assert (one.value, one.malware, one.place.row, one.note) == ("198.51.100.7", "Mirai", 2, "một, hai ba")
    assert [(fault.reason, fault.place.row) for fault in found.faults] == [("hash_kind", 5)]


def test_a_cell_without_end_is_told_by_its_line():
    with pytest.raises(InputError) as caught:
        read_list(CSV.encode() + b'u4,5,x,ip-dst,"198.51.100.8' + b"\n" * 200_000, "attributes.csv")
    assert caught.value.params["line"] == 6


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.sampled_from(["ip-dst", "domain|ip", "198.51.100.1", "a|b", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["Event", "Attribute", "Object", "response", "Tag", "name", "type", "value", "to_ids", "info", "comment", "date"]), inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@given(JSON)
def test_any_json_is_read_or_refused(value):
    for shape in (
        {"Event": value},
        {"response": value},
        {"Event": {"Attribute": value, "Tag": value}},
        [value, {"Event": value}],
    ):
        try:
            found = read_list(json.dumps(shape).encode(), "x")
        except InputError:
            continue
        assert all(one.reason in REASONS for one in found.faults)
