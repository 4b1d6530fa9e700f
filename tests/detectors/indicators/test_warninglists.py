"""Warninglists in MISP's format."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.warninglists import Warninglists
from vonggac.errors import InputError


def load(*lists):
    return Warninglists.load((f"{number}.json", json.dumps(body).encode()) for number, body in enumerate(lists))


def made(kind, *entries, name="N", attributes=()):
    return {"name": name, "type": kind, "list": list(entries), "matching_attributes": list(attributes), "version": 1}


@pytest.mark.parametrize(
    ("kind", "value", "is_held"),
    [
        ("ipv4", "203.0.113.1", True), ("ipv4", "203.0.114.1", False), ("cidr", "203.0.113.0/28", True), ("cidr", "203.0.112.0/20", True),
        ("cidr", "203.0.96.0/20", False), ("range", "203.0.112.250-203.0.113.2", True), ("range", "203.0.114.0-203.0.114.9", False),
        ("ipv6", "2001:db8::5", True), ("ipv6", "2001:db9::5", False), ("url", "http://203.0.113.9/x", True), ("ipv4", "198.51.100.7", True),
        ("url", "http://[2001:db8::1]/x", True), ("domain", "evil.example", False), ("cidr", "0.0.0.0/1", False), ("cidr", "128.0.0.0/1", True),
    ],
)  # fmt: skip
def test_networks(kind, value, is_held):
    lists = load(made("cidr", "203.0.113.0/24", "2001:db8::/32", "198.51.100.7"))
    assert lists.names_for(kind, value) == (("N",) if is_held else ())


@pytest.mark.parametrize(
    ("kind", "value", "is_held"),
    [
        ("domain", "example.com", True), ("domain", "a.b.example.com", True), ("domain", "notexample.com", False), ("domain", "com", False),
        ("url", "https://www.example.com/x", True), ("domain", "x.dotted.example", True), ("domain", "xn--bcher-kva.example", True),
    ],
)  # fmt: skip
def test_hosts(kind, value, is_held):
    lists = load(made("hostname", "Example.com", ".dotted.example", "bücher.example"))
    assert lists.names_for(kind, value) == (("N",) if is_held else ())


def test_strings_are_whole_and_addresses_among_them_are_addresses():
    lists = load(made("string", "com", "A" * 32, "2001:DB8:0:0::1"))
    assert lists.names_for("domain", "com") == ("N",)
    assert lists.names_for("domain", "example.com") == ()
    assert lists.names_for("md5", "a" * 32) == ("N",)
    assert lists.names_for("ipv6", "2001:db8::1") == ("N",)


def test_substrings_and_patterns():
    lists = load(
        made("substring", "update", name="S"), made("regex", r"/^cdn\d+\.EXAMPLE$/i", r"\.test$", "(", name="R")
    )
    assert lists.names_for("domain", "my-updates.example") == ("S",)
    assert lists.names_for("domain", "cdn12.example") == ("R",)
    assert lists.names_for("domain", "cdn12.example.org") == ()
    assert [name for name, _ in lists.skipped] == ["R"]


def test_a_catastrophic_pattern_costs_nothing():
    lists = load(made("regex", "(a+)+$", r"(?=look)behind"))
    assert lists.names_for("url", "http://" + "a" * 50_000 + "!") == ()
    assert len(lists.skipped) == 1  # what no linear engine can do is left out with its name


def test_a_list_speaks_only_of_its_attributes():
    lists = load(
        made("cidr", "203.0.113.0/24", attributes=["ip-dst"]),
        made("string", "evil.example", name="H", attributes=["md5"]),
    )
    assert lists.names_for("ipv4", "203.0.113.1") == ("N",)
    assert lists.names_for("url", "http://203.0.113.1/") == ()
    assert lists.names_for("domain", "evil.example") == ()


def test_several_lists_are_named_in_order_and_unknown_types_are_left_out():
    lists = load(
        made("cidr", "203.0.113.0/24", name="B"),
        made("cidr", "203.0.0.0/16", "nonsense", name="A"),
        made("sound", "x", name="X"),
    )
    assert lists.names_for("ipv4", "203.0.113.1") == ("A", "B")
    assert [name for name, _ in lists.skipped] == ["A", "X"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"name": "x", "list": 5}', b'{"list": []}', b"\xff"])
def test_what_is_no_warninglist_is_named(data):
    with pytest.raises(InputError, match=r"w\.json"):
        Warninglists.load([("w.json", data)])


@given(st.lists(st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), max_size=20), st.ip_addresses(v=4))
def test_networks_agree_with_a_plain_loop(networks, address):
    import ipaddress

    listed = [ipaddress.ip_network(f"{first}/{prefix}", strict=False) for first, prefix in networks]
    lists = load(made("cidr", *map(str, listed)))
    for candidate in [
        address,
        *(network.network_address for network in listed),
        *(network.broadcast_address for network in listed),
    ]:
        assert bool(lists.names_for("ipv4", str(candidate))) == any(candidate in network for network in listed)


@pytest.mark.corpus
def test_real_lists(corpora):
    files = sorted((corpora / "ioc" / "warninglists").glob("*/list.json"))
    lists = Warninglists.load((str(file), file.read_bytes()) for file in files)
    assert len(lists.names) == len(files)
    assert not lists.skipped
    assert "List of known IPv4 public DNS resolvers" in lists.names_for("ipv4", "8.8.8.8")
