"""Response policy zones: triggers, policies, the syntax of zone files; what would read or make more is refused."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.faults import REASONS
from vonggac.detectors.indicators.forms.rpz import network_of
from vonggac.detectors.indicators.lists import read_list
from vonggac.detectors.indicators.values import ValueFault
from vonggac.errors import FormatUnknown

ZONE = """; tên miền xấu
$TTL 2h
$ORIGIN rpz.trungtam.example.
@ 300 IN SOA localhost. root.localhost. (
        2026112901 ; serial (số
        1h 15m 30d 2h )
        IN NS localhost.
bad.example             CNAME .
*.bad.example   IN 60   CNAME .
nodata.example  60 IN   CNAME *.
drop.example            cname rpz-drop.
ok.example              CNAME rpz-passthru.
old.example             CNAME old.example.
slow.example            CNAME rpz-tcp-only.
garden.example          A     192.0.2.9
                        AAAA  2001:db8::9
                        TXT   "đừng ; vào (đây" "hai"
long.example            TXT   ( "a"
                                "b" )
abs.example.rpz.trungtam.example. CNAME .
other.example.          CNAME .
32.9.100.51.198.rpz-ip      CNAME .
24.0.100.51.198.rpz-ip      CNAME *.
128.1.zz.db8.2001.rpz-ip    CNAME .
8.0.0.0.10.rpz-ip           CNAME .
33.0.100.51.198.rpz-ip      CNAME .
x.rpz-ip                    CNAME .
24.0.2.0.192.rpz-client-ip  CNAME rpz-drop.
ns.evil.example.rpz-nsdname CNAME .
32.5.113.0.203.rpz-nsip     CNAME .
$ORIGIN sub
deep            CNAME .
$INCLUDE /etc/passwd
$GENERATE 1-4000000000 host$ CNAME .
$WHAT
*.zip.rpz.trungtam.example. CNAME .
alone
"""


def test_a_whole_zone():
    found = read_list(ZONE.encode(), "rpz.zone")
    assert found.form == "rpz"
    assert [(one.kind, one.value, one.note) for one in found.indicators] == [
        ("domain", "bad.example", ""), ("domain", "nodata.example", ""), ("domain", "drop.example", ""), ("domain", "garden.example", ""),
        ("domain", "long.example", ""), ("domain", "abs.example", ""), ("ipv4", "198.51.100.9", ""), ("cidr", "198.51.100.0/24", ""),
        ("ipv6", "2001:db8::1", ""), ("domain", "ns.evil.example", "rpz-nsdname"), ("ipv4", "203.0.113.5", "rpz-nsip"), ("domain", "deep.sub", ""),
    ]  # fmt: skip
    assert found.passed_over == {"repeated": 3, "allowed": 2, "tcp_only": 1, "of_clients": 1}
    assert [(one.place.row, one.reason) for one in found.faults] == [
        (21, "out_of_zone"), (25, "private"), (26, "bad_prefix"), (27, "bad_trigger"), (33, "include_refused"), (34, "generate_refused"), (35, "bad_record"),
        (36, "whole_top"), (37, "bad_record"),
    ]  # fmt: skip


@pytest.mark.parametrize("data", [
    b"bad.example CNAME .\n*.bad.example CNAME .\n", b"@ SOA a. b. 1 2 3 4 5\nbad.example CNAME .\n", b"\xef\xbb\xbf$TTL 1\r\n\r\nbad.example CNAME .\r\n",
    b"; x\n\nrpz.example. IN SOA a. b. ( 1 2 3\n 4 5 )\nbad.example.rpz.example. CNAME .\n", "$TTL 5\nbad.example CNAME .\n".encode("utf-16"),
])  # fmt: skip
def test_zones_are_known_by_their_beginning(data):
    found = read_list(data, "a.txt")
    assert (found.form, [one.value for one in found.indicators]) == ("rpz", ["bad.example"])


def test_a_zone_of_ones_own_names_is_refused():
    with pytest.raises(FormatUnknown):
        read_list(b"$TTL 1\n@ SOA a. b. 1 2 3 4 5\nwww A 192.0.2.1\nmail CNAME www\n", "db.zone")


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6), st.integers(1, 128))
def test_every_network_written_backwards_is_read(address, prefix):
    prefix = min(prefix, address.max_prefixlen)
    network = ipaddress.ip_network((address, prefix), strict=False)
    text = str(network.network_address)
    if network.version == 4:
        labels = text.split(".")
    else:
        labels = [word or "zz" for word in text.replace("::", ":zz:").strip(":").split(":")]
        labels = [word for n, word in enumerate(labels) if word != "zz" or "zz" not in labels[:n]]
        if any("." in label for label in labels):
            return
    assert ipaddress.ip_network(network_of(".".join([str(prefix), *reversed(labels)]))) == network


LINE = st.lists(
    st.sampled_from(["bad.example", "*", "@", "CNAME", ".", "*.", "rpz-passthru.", "32.1.100.51.198.rpz-ip", "(", ")", '"', ";", "\\", "$ORIGIN", "$TTL", "SOA",
                     "IN", "60", " ", "\t", "rpz-ip", "zz.rpz-ip", "\\.", "A"]) | st.text(st.characters(exclude_characters="\0"), max_size=4), max_size=8,
).map(" ".join)  # fmt: skip


@given(st.lists(LINE, max_size=12))
def test_any_zone_is_rules_faults_or_counted(lines):
    found = read_list("\n".join(["$TTL 1", *lines, "z.example CNAME ."]).encode("utf-8", "replace"), "x")
    assert found.form == "rpz"
    assert all(one.reason in REASONS for one in found.faults)


@given(st.text(max_size=30))
def test_any_trigger_is_a_network_or_a_fault(text):
    try:
        network_of(text)
    except ValueFault as fault:
        assert fault.reason in REASONS  # noqa: PT017  # it may be read just as well


@pytest.mark.parametrize("body", [b"x TXT (" + b" a\n" * 500_000, b"x TXT ( )\n" * 100_000, b"x TXT " + b'"' * 1_000_000, b"(" * 1_000_000, b"x CNAME ." + b" " * 5_000_000,
                                  b"\\" * 1_000_000, b"x TXT (\n" * 200_000])  # fmt: skip
def test_hostile_zones_take_no_long_time(body):
    found = read_list(b"$TTL 1\nz.example CNAME .\n" + body, "x")
    assert found.indicators[0].value == "z.example"
