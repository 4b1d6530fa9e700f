"""Hosts files, filter lists and dnsmasq: every line is a name, a fault, or counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.faults import REASONS
from vonggac.detectors.indicators.forms import form_of
from vonggac.detectors.indicators.lists import read_list

HOSTS = b"""# Title: danh s\xc3\xa1ch
127.0.0.1\tlocalhost localhost.localdomain
::1 localhost ip6-localhost
0.0.0.0 0.0.0.0
0.0.0.0 bad.example worse.example   # hai
0.0.0.0\tBAD.example.
0.0.0.0 x\xe1\xba\xa5u.example
192.0.2.10 portal.example
0.0.0.0 -bad.example a..b.example 198.51.100.9
0.0.0.0 zip
::1 v6.example
0.0.0.0 one.example\r
0.0.0.0 two.example
0.0.0.0 three.example
"""


def names(found):
    return [one.value for one in found.indicators]


def test_a_hosts_file():
    found = read_list(HOSTS, "hosts")
    assert found.form == "hosts"
    assert names(found) == [
        "bad.example", "worse.example", "xn--xu-r5s.example", "v6.example", "one.example", "two.example", "three.example",
    ]  # fmt: skip
    assert {one.role for one in found.indicators} == {"hostile"}
    assert found.indicators[1].place.row == 5
    assert found.passed_over == {"own_name": 5, "repeated": 1, "redirected": 1}
    assert [(one.place.row, one.reason) for one in found.faults] == [
        (9, "bad_domain"),
        (9, "bad_domain"),
        (9, "not_a_value"),
        (10, "whole_top"),
    ]


def test_pairs_of_addresses_and_names_are_a_table():
    assert form_of(b"198.51.100.1 a.example\n198.51.100.2 b.example\n") is None


def test_a_filter_list():
    found = read_list(
        b"[Adblock Plus 2.0]\n! Title\n||bad.example^\n||worse.example^$third-party,important\n@@||ok.example^\n||a.example/path\n"
        b"shop.example##.ad\n||b.example^$domain=c.example\n/regex[0-9]+/\n||bad.example^\n",
        "filters.txt",
    )
    assert (found.form, names(found)) == ("filters", ["bad.example", "worse.example"])
    assert found.passed_over == {"allowed": 1, "page_rule": 4, "repeated": 1}
    assert not found.faults


@pytest.mark.parametrize(
    ("option", "is_listed"),
    [
        ("all", True), ("popup", True), ("document,important", True), ("3p,denyallow=cdn.example|b.example", True),
        ("removeparam=utm_source", False), ("csp=script-src 'none'", False), ("badfilter", False), ("important,domain=a.example", False),
        ("script,third-party", False), ("elemhide", False), ("dnsrewrite=NOERROR;A;192.0.2.1", False), ("", False),
    ],
)  # fmt: skip
def test_only_a_filter_that_blocks_the_whole_name_names_it(option, is_listed):
    data = b"||z.example^\n" * 9 + f"||name.example^${option}\n".encode()
    assert names(read_list(data, "filters")) == ["z.example", "name.example"][: 1 + is_listed]


def test_a_filter_list_without_its_first_line():
    data = b"! Title: x\n||a.example^\n||b.example^$dnsrewrite=NXDOMAIN;;\n||c.example^$client='a b'\n/ads[0-9]/\n"
    assert form_of(data).name == "filters"
    assert names(read_list(data, "x.txt")) == ["a.example"]


def test_dnsmasq():
    found = read_list(
        b"# x\naddress=/bad.example/worse.example/0.0.0.0\naddress=/c.example/\nserver=/in.example/192.0.2.53\nlocal=/d.example/\naddress=/e.example/#\n",
        "d.conf",
    )
    assert (found.form, names(found)) == (
        "dnsmasq",
        ["bad.example", "worse.example", "c.example", "d.example", "e.example"],
    )
    assert found.passed_over == {"redirected": 1}


LINE = st.lists(
    st.sampled_from(
        ["0.0.0.0", "127.0.0.1", "::1", "a.example", "localhost", "#", " ", "\t", "\r", "ß.example", "192.0.2.1", "||", "^", "=/", "."]
    )
    | st.text(st.characters(exclude_characters="\0"), max_size=5)
).map(" ".join)  # fmt: skip


@given(st.lists(LINE, max_size=8))
def test_any_lines_are_names_faults_or_counted(lines):
    data = "\n".join(["0.0.0.0 z.example"] * 40 + lines).encode("utf-8", "replace")
    found = read_list(data, "hosts")
    if found.form == "hosts":
        assert all(one.reason in REASONS for one in found.faults)
        assert names(found)[0] == "z.example"


@pytest.mark.parametrize(
    "line", [b"0.0.0.0 " + b"a." * 5_000_000, b"0.0.0.0" + b" " * 5_000_000, b"0.0.0.0 " + b"a.example " * 500_000]
)
def test_a_line_of_megabytes_takes_no_long_time_and_is_told(line):
    found = read_list(b"0.0.0.0 z.example\n" * 9 + line + b"\n", "hosts")
    assert names(found) == ["z.example"]
    assert [(one.reason, one.place.row) for one in found.faults] == [("line_too_long", 10)]


def test_a_line_of_slashes_is_known_at_once():
    data = b"address=/a.example/\n" * 9 + b"address=/" + b"/" * 60_000 + b" x\n"
    assert form_of(data).name == "dnsmasq"


@pytest.mark.corpus
def test_a_real_hosts_file(corpora):
    data = (corpora / "ioc" / "hostsvn" / "hosts").read_bytes()
    found = read_list(data, "hosts")
    assert found.form == "hosts"
    n_lines = sum(bool(line.split(b"#")[0].strip()) for line in data.splitlines())
    assert len(found.indicators) + len(found.faults) + sum(found.passed_over.values()) == n_lines
    assert len(found.faults) < n_lines / 1000
    assert len(found.indicators) > 18_000
