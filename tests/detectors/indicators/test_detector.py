"""Indicators against batches of events."""

from __future__ import annotations

from typing import Any

from vonggac.detectors.detector import Detector
from vonggac.detectors.indicators.detector import IndicatorDetector
from vonggac.detectors.indicators.indicator import Indicator, Place
from vonggac.events.batch import EventBatch
from vonggac.events.finding import Hit

SHA256 = "ab" * 32


def listed(kind: Any, value: str, row: int = 2, **more: Any) -> Indicator:
    return Indicator(kind, value, value, more.pop("role", "hostile"), Place("list.xlsx", "Sheet1", row), **more)


def hits(indicators: list[Indicator], *events: dict[str, object]) -> list[Hit]:
    detector: Detector = IndicatorDetector(indicators)
    return list(detector.detect(EventBatch.from_dicts("json", list(enumerate(events, 1)))))


def ids(found: list[Hit]) -> list[tuple[int, str]]:
    return [(hit.row, hit.rule.id) for hit in found]


def test_each_kind_is_found_where_it_belongs() -> None:
    found = hits(
        [
            listed("ipv4", "203.0.113.9"),
            listed("cidr", "198.51.100.0/24"),
            listed("range", "192.0.2.10-192.0.2.20"),
            listed("ipv6", "2001:db8::1"),
            listed("domain", "evil.example"),
            listed("url", "http://bad.example/a"),
            listed("sha256", SHA256),
        ],
        {"dst_ip": "203.0.113.9"},
        {"dst_ip": "198.51.100.77"},
        {"dst_ip": "192.0.2.15"},
        {"dst_ip": "2001:0db8:0::0001"},
        {"query": "www.EVIL.example."},
        {"url.full": "https://bad.example/a/b"},
        {"file.hash.sha256": SHA256.upper()},
        {"dst_ip": "203.0.113.8"},
        {"query": "notevil.example"},
        {"url.full": "https://bad.example/ab"},
    )
    assert {one.rule.id for one in found} == {
        "indicator:ipv4:203.0.113.9",
        "indicator:cidr:198.51.100.0/24",
        "indicator:range:192.0.2.10-192.0.2.20",
        "indicator:ipv6:2001:db8::1",
        "indicator:domain:evil.example",
        "indicator:url:http://bad.example/a",
        f"indicator:sha256:{SHA256}",
    }
    assert len(found) == 7


def test_url_hosts_are_looked_up_as_names_and_addresses() -> None:
    found = hits(
        [listed("domain", "evil.example"), listed("ipv4", "203.0.113.9")],
        {"url.full": "http://u@a.evil.example:8080/x?y"},
        {"url.full": "http://203.0.113.9/x"},
        {"url.full": "http://good.example/?u=http://evil.example/"},
    )
    assert ids(found) == [(0, "indicator:domain:evil.example"), (1, "indicator:ipv4:203.0.113.9")]


def test_a_url_in_two_fields_is_one() -> None:
    found = hits(
        [listed("url", "http://bad.example/a")],
        {"url": "/a/b?c", "domain": "bad.example"},
        {"url": "/b", "domain": "bad.example"},
        {"url": "/a", "domain": "good.example"},
        {"domain": "bad.example"},
    )
    assert ids(found) == [(0, "indicator:url:http://bad.example/a")]
    assert ("value", "bad.example/a/b?c") in found[0].detail


def test_one_hit_names_all_lists_and_all_fields() -> None:
    (found,) = hits(
        [
            listed("ipv4", "203.0.113.9", 2, malware="Alpha"),
            listed("ipv4", "203.0.113.9", 7, malware="Beta Bot", warnings=("Public DNS",)),
        ],
        {"dst_ip": "203.0.113.9", "src_ip": "203.0.113.9"},
    )
    assert found.rule.level == "medium"
    assert found.rule.title == "Alpha, Beta Bot: 203.0.113.9 (list.xlsx:Sheet1:2)"
    assert {"indicator.ipv4", "role.hostile", "malware.alpha", "malware.beta-bot", "warninglist.public-dns"} == set(
        found.rule.tags
    )
    assert found.detail == (
        ("indicator", "203.0.113.9"),
        ("field", "src_ip"),
        ("field", "dst_ip"),
        ("list", "list.xlsx:Sheet1:2"),
        ("list", "list.xlsx:Sheet1:7"),
        ("warninglist", "Public DNS"),
    )


def test_the_address_and_its_network_are_two_hits_in_order() -> None:
    found = hits(
        [listed("ipv4", "203.0.113.9"), listed("cidr", "203.0.113.0/24")], {"dst_ip": ["203.0.113.9", "192.0.2.1"]}
    )
    assert ids(found) == [(0, "indicator:cidr:203.0.113.0/24"), (0, "indicator:ipv4:203.0.113.9")]
    assert found[1].rule.level == "high"


def test_the_destination_of_a_victim_row_is_looked_for_too() -> None:
    victim = listed("ipv4", "203.0.113.9", role="victim", destination="sink.example")
    assert ids(hits([victim], {"query": "x.sink.example"}, {"src_ip": "203.0.113.9"})) == [
        (0, "indicator:domain:sink.example"),
        (1, "indicator:ipv4:203.0.113.9"),
    ]


def test_values_of_any_type_are_survived() -> None:
    odd: list[object] = [None, True, 3, 1.5, "", "-", [], {}, ["203.0.113.9", None], {"a": 1}, "\x00", "é" * 300, 2**70]
    found = hits(
        [listed("ipv4", "203.0.113.9"), listed("domain", "evil.example")], *({"dst_ip": v, "query": v} for v in odd)
    )
    assert found
    assert {hit.detail[0][1] for hit in found} == {"203.0.113.9"}


def test_no_indicators_no_hits() -> None:
    assert hits([], {"dst_ip": "203.0.113.9", "url.full": "http://evil.example/"}) == []
