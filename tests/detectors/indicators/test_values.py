"""Written values to normal ones."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.faults import FAULTS
from vonggac.detectors.indicators.values import parse_cell, refang

GOOD = [
    ("192.0.2.1", "ipv4", "192.0.2.1", None),
    (" 192.0.2.1 ", "ipv4", "192.0.2.1", None),
    ("192[.]0[.]2[.]1", "ipv4", "192.0.2.1", None),
    ("192(dot)0(dot)2(dot)1", "ipv4", "192.0.2.1", None),
    ("192.0.2[.1", "ipv4", "192.0.2.1", None),
    ("192．0．2．1", "ipv4", "192.0.2.1", None),
    ("192.0.2.1\u200b", "ipv4", "192.0.2.1", None),
    ("(192.0.2.1)", "ipv4", "192.0.2.1", None),
    ("'192.0.2.1'", "ipv4", "192.0.2.1", None),
    ("192.0.2.1:8080", "ipv4", "192.0.2.1", 8080),
    ("192.0.2.1[:]8080", "ipv4", "192.0.2.1", 8080),
    ("192.0.2.1#53", "ipv4", "192.0.2.1", 53),
    ("IP 192.0.2.1 cổng 443", "ipv4", "192.0.2.1", 443),
    ("192.0.2.1/32", "ipv4", "192.0.2.1", None),
    ("::ffff:192.0.2.3", "ipv4", "192.0.2.3", None),
    ("192.0.2.77/24", "cidr", "192.0.2.0/24", None),
    ("192.0.2.0 / 24", "cidr", "192.0.2.0/24", None),
    ("192.0.2.0/255.255.255.128", "cidr", "192.0.2.0/25", None),
    ("192.0.2.*", "cidr", "192.0.2.0/24", None),
    ("203.0.x.x", "cidr", "203.0.0.0/16", None),
    ("192.0.2.1-20", "range", "192.0.2.1-192.0.2.20", None),
    ("192.0.2.1 – 192.0.2.20", "range", "192.0.2.1-192.0.2.20", None),
    ("192.0.2.1 đến 192.0.2.20", "range", "192.0.2.1-192.0.2.20", None),
    ("192.0.2.1-192.0.2.1", "ipv4", "192.0.2.1", None),
    ("2001:DB8:0::1", "ipv6", "2001:db8::1", None),
    ("[2001:db8::1]:443", "ipv6", "2001:db8::1", 443),
    ("2001:db8::1%eth0", "ipv6", "2001:db8::1", None),
    ("2001:db8::5/32", "cidr", "2001:db8::/32", None),
    ("2001:db8::1-2001:db8::9", "range", "2001:db8::1-2001:db8::9", None),
    ("EVIL[.]Example[.]com.", "domain", "evil.example.com", None),
    ("evil [dot] example [dot] com", "domain", "evil.example.com", None),
    ("*.evil.example", "domain", "evil.example", None),
    ("evil.example:8443", "domain", "evil.example", 8443),
    ("a_b.evil.example", "domain", "a_b.evil.example", None),
    ("Bücher.example", "domain", "xn--bcher-kva.example", None),
    ("faß.example", "domain", "xn--fa-hia.example", None),
    ("hxxps[:]//EVIL[.]example(.)com/Path?q=A", "url", "https://evil.example.com/Path?q=A", None),
    ("hXXp://evil.example:8080", "url", "http://evil.example:8080/", 8080),
    ("http[://]evil.example/x", "url", "http://evil.example/x", None),
    ("evil.example/gate.php", "url", "http://evil.example/gate.php", None),
    ("http://[2001:DB8::1]/x", "url", "http://[2001:db8::1]/x", None),
    ("http://ví-dụ.example/", "url", "http://xn--v-d-rma6749a.example/", None),
    ("D41D8CD98F00B204E9800998ECF8427E", "md5", "d41d8cd98f00b204e9800998ecf8427e", None),
    ("a" * 40, "sha1", "a" * 40, None),
    ("B" * 64, "sha256", "b" * 64, None),
]


@pytest.mark.parametrize(("text", "kind", "value", "port"), GOOD)
def test_forms(text, kind, value, port):
    found = parse_cell(text)
    assert [(v.kind, v.value, v.port, v.scope) for v in found.values] == [(kind, value, port, "")]
    assert not found.faults


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("192.0.2.300", "bad_ipv4"), ("192.0.02.1", "bad_ipv4"), ("192.0.2.1.5", "bad_ipv4"), ("2001:db8::1::2", "bad_ipv6"),
        ("192.0.2.1:99999", "bad_port"), ("192.0.2.1/33", "bad_prefix"), ("2001:db8::/129", "bad_prefix"),
        ("192.0.2.9-192.0.2.1", "bad_range"), ("192.0.2.9-1", "bad_range"), ("0.0.0.0/0", "too_wide"), ("2000::/3", "too_wide"),
        ("1.0.0.0-9.255.255.255", "too_wide"), ("abc..example.com", "bad_domain"), ("-x.example", "bad_domain"),
        ("setup.exe", "file_name"), ("a@b.example", "email"), ("a" * 128, "hash_kind"), ("http:///x", "bad_url"),
        ("http://evil.example:99999/", "bad_url"), ("Sở Y tế", "not_a_value"), ("24/11/2026", "not_a_value"),
        ("08:15:00", "not_a_value"), ("00:00:5e:00:53:01", "not_a_value"), ("1.234.567", "not_a_value"),
    ],
)  # fmt: skip
def test_what_is_no_value_has_its_reason(text, reason):
    found = parse_cell(text)
    assert not found.values
    assert [fault for _, fault in found.faults] == [reason]
    assert reason in FAULTS


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("10.1.2.3", "private"), ("172.31.255.255", "private"), ("192.168.0.1", "private"), ("100.64.0.1", "shared"),
        ("127.0.0.1", "loopback"), ("169.254.9.9", "link_local"), ("224.0.0.1", "multicast"), ("255.255.255.255", "reserved"),
        ("0.0.0.0", "unspecified"), ("10.0.0.0/8", "private"), ("9.255.255.0-10.0.0.5", "private"), ("::1", "loopback"),
        ("fe80::1%eth0", "link_local"), ("fd00::1", "private"), ("ff02::1", "multicast"), ("::", "unspecified"),
        ("::ffff:10.0.0.1", "private"), ("http://192.168.1.1/x", "private"),
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_internet_are_marked(text, scope):
    (value,) = parse_cell(text).values
    assert value.scope == scope
    assert scope in FAULTS


@pytest.mark.parametrize(
    "text", ["172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "11.0.0.1", "192.167.1.1", "223.255.255.255"]
)
def test_their_neighbours_are_not(text):
    (value,) = parse_cell(text).values
    assert (value.value, value.scope) == (text, "")


def test_several_in_one_cell():
    found = parse_cell("192.0.2.1 (C2), 198.51.100.2:80;\n203.0.113.3 / evil.example và 192.0.2.300")
    assert [(v.value, v.port) for v in found.values] == [
        ("192.0.2.1", None), ("198.51.100.2", 80), ("203.0.113.3", None), ("evil.example", None),
    ]  # fmt: skip
    assert found.faults == (("192.0.2.300", "bad_ipv4"),)


def test_the_original_is_what_was_written():
    assert parse_cell("hxxp://evil[.]example").values[0].original == "hxxp://evil[.]example"
    assert [v.original for v in parse_cell("192[.]0.2.1, 198.51.100[.]2").values] == ["192[.]0.2.1", "198.51.100[.]2"]


@given(st.ip_addresses())
def test_every_address_is_read_back(address):
    text = str(address)
    expected = address.ipv4_mapped or address if address.version == 6 else address
    for written in (text, text.upper(), text.replace(".", "[.]"), f" {text} ", f"({text})"):
        (value,) = parse_cell(written).values
        assert value.value == str(expected)
        assert (
            bool(value.scope)
            or expected.is_global
            or expected.is_reserved
            or expected.is_private
            or value.kind == "ipv6"
        )


@given(st.ip_addresses(v=4), st.integers(8, 31))
def test_every_network_is_read_with_its_host_bits_cleared(address, prefix):
    (value,) = parse_cell(f"{address}/{prefix}").values
    assert (value.kind, value.value) == ("cidr", str(ipaddress.ip_network(f"{address}/{prefix}", strict=False)))


@given(st.from_regex(r"[a-z0-9]([a-z0-9\-]{0,20}[a-z0-9])?(\.[a-z0-9]{1,10}){1,3}\.example", fullmatch=True))
def test_every_domain_survives_defanging(name):
    for written in (name.replace(".", "[.]"), name.replace(".", "(dot)"), name.upper(), name + "."):
        (value,) = parse_cell(written).values
        assert (value.kind, value.value) == ("domain", name)


@given(st.text(max_size=200))
def test_any_text_gives_values_that_are_stable_and_known_reasons(text):
    found = parse_cell(text)
    for value in found.values:
        again = parse_cell(value.value)
        assert [(v.kind, v.value) for v in again.values] == [(value.kind, value.value)]
    assert all(reason in FAULTS for _, reason in found.faults)


@given(st.text("0123456789abcdef.:[]()-/ht xp%", max_size=60))
def test_texts_that_look_like_values_too(text):
    test_any_text_gives_values_that_are_stable_and_known_reasons.hypothesis.inner_test(text)


@pytest.mark.parametrize(
    "text", ["1." * 10_000, "-" * 20_000, "[" * 20_000, " " * 20_000 + "/ 1", "a." * 10_000, "1:" * 9_000, "h" * 20_000]
)
def test_long_cells_take_no_long_time(text):
    assert len(parse_cell(text).values) <= 1_000


def test_refanging_twice_is_refanging_once():
    for text, *_ in GOOD:
        assert refang(refang(text)) == refang(text)
