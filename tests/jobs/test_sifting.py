"""Reading only the lines that matter gives what reading all of them gives, whatever the lines and the lists."""

from __future__ import annotations

import gzip
import io
import time
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sifted import LINE_SOURCES, WholeReader, assert_same, listed, values_in

from vonggac import sources
from vonggac.detectors.indicators.detector import IndicatorDetector
from vonggac.detectors.indicators.indicator import Indicator, Place
from vonggac.detectors.sigma import SigmaDetector
from vonggac.detectors.sigma.compile import compile_rules
from vonggac.jobs.scan import Plan, Reading, scan
from vonggac.jobs.sifting import sift
from vonggac.sources.excerpts import LineSource
from vonggac.sources.source import Options, Source

SHA256 = "0123456789abcdef" * 4
SYSLOG = [
    "<34>Oct 11 22:14:15 host-1 sshd[7]: Failed password for an from 192.0.2.1 port 22 ssh2",
    "Oct  1 22:14:15 host-1 sshd[7]: Failed password for an from 2001:db8::7 port 22 ssh2",
    "Oct 11 22:14:15 gw kernel: [1.2] FW IN=eth0 OUT= MAC=00:11:22:33:44:55:66:77:88:99:aa:bb:08:00 SRC=192.0.2.1 DST=198.51.100.7 LEN=60 PROTO=TCP SPT=4 DPT=443",
    "Oct 11 22:14:15 gw kernel: FW IN=eth0 OUT= SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=::ffff:192.0.2.9 PROTO=TCP",
    "2026-11-24T10:00:00.123456+07:00 gw conntrack[6]: [NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=203.0.113.9 sport=1 dport=2 [UNREPLIED] src=203.0.113.9 dst=192.0.2.33 sport=2 dport=1",
    "Oct 11 22:14:15 mt firewall,info forward: in:a out:b, proto TCP (SYN), 192.0.2.1:1->198.51.100.2:443, NAT (192.0.2.1:1->203.0.113.9:1)->198.51.100.2:443, len 60",
    "Oct 11 22:14:15 mt firewall,info forward: in:a out:b, proto ICMP, 2001:db8::1->2001:db8::2, len 60",
    "Oct 11 22:14:15 mt firewall,info forward: in:a out:b, proto UDP, 2001:db8::1:53->[2001:db8::2]:53, len 60",
    "24-Nov-2026 10:00:00.123 client @0x7f 192.0.2.1#53 (a.Evil.example): query: a.Evil.example IN A +E(0)K (192.0.2.53)",
    "Oct 11 22:14:15 ns dnsmasq[1]: query[A] www.evil.example from 192.0.2.4",
    "Oct 11 22:14:15 ns dnsmasq[1]: reply evil.example is 203.0.113.5",
    "Oct 11 22:14:15 ns unbound[1]: [1:0] info: 192.0.2.5 evil.example. A IN",
    "1700000000.123    921 192.0.2.68 TCP_MISS/200 507 GET http://u@a.evil.example:8080/a%2Fb?c=d - DIRECT/203.0.113.5 text/html",
    "1700000000.123 1 192.0.2.68 TCP_TUNNEL/200 507 CONNECT evil.example:443 - HIER_DIRECT/203.0.113.5 -",
    "1700000000.123 1 192.0.2.68 TCP_MISS/200 507 GET http://[2001:db8::7]/a - DIRECT/203.0.113.5 -",
    '<165>1 2026-10-11T22:14:15.003Z host app - ID47 [a@1 k="v" l="evil.example"][b@1] An event from 192.0.2.1',
    '<165>1 2026-10-11T22:14:15.003Z host app - ID47 [a@1 k="v\\"]"] x',
    "<165>1 2026-10-11T22:14:15.003Z host app - - - src=192.0.2.1 dst=192.0.2.2 sport=1",
    "Oct 11 22:14:15 ns named[1]: client 192.0.2.1#53 (x): query: ｅｖｉｌ．example IN A + (192.0.2.53)",
    "Oct 11 22:14:15 ns named[1]: client 192.0.2.1#53 (x): query: xn--bcher-kva.example IN A + (192.0.2.53)",
    "Oct 11 22:14:15 ns named[1]: client 192.0.2.1#53 (x): query: bücher.example IN A + (192.0.2.53)",
    "no line of any format", "", "   ", "\u00a0", "<34>", "<999999>Oct 11 22:14:15 x", "2026-13-45 10:00:00 x y: z",
    "Oct 11 22:14:15 cắt đôi.ví-dụ.example chữ: đường 192.0.2.1",
]  # fmt: skip
WEB = [
    '192.0.2.1 - - [10/Oct/2026:13:55:36 +0700] "GET /a HTTP/1.1" 200 12 "http://evil.example/x" "curl"',
    '2001:db8::7 - an [10/Oct/2026:13:55:36 +0700] "GET http://evil.example/a?b HTTP/1.1" 200 -',
    'www.example:443 192.0.2.1 - - [10/Oct/2026:13:55:36 +0700] "POST /%61 HTTP/1.1" 404 12 "-" "x" "203.0.113.9"',
    'evil.example 192.0.2.1 - a b [10/Oct/2026:13:55:36 +0700] "\\x16\\x03 \\"" 400 12 "-" "-"',
    '192.0.2.1 - - [10/Oct/2026:13:55:36 +0700] "GET / HTTP/1.1" 200',
    '192.0.2.1 - - [x] "GET / HTTP/1.1" 200 5', 'đường - - [10/Oct/2026:13:55:36 +0700] "GET / HTTP/1.1" 200 5',
    "no line of any format", "", " \t ",
]  # fmt: skip
ZEEK = [
    "#separator \\x09", "#set_separator\t,", "#path\tconn",
    "#fields\tts\tid.orig_h\tid.resp_h\tquery\tsha256", "#types\ttime\taddr\taddr\tstring\tstring",
    f"1.5\t192.0.2.1\t2001:db8::7\ta.evil.example\t{SHA256}", "1.5\t192.0.2.1\t198.51.100.7\t-\t-",
    "1.5\t::ffff:192.0.2.9\t198.51.100.7\tevil\\x2eexample\t-", "1.5\t192.0.2.1", "", "\t\t\t\t", " \t\t\t\t",
    "#fields\tts\tid.orig_h", '{"ts":1}', "x\t192.0.2.1", "#close\t2026",
]  # fmt: skip
W3C = [
    "#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0", "#Date: 2026-11-24 10:00:00",
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) cs-host sc-status",
    "2026-11-24 10:00:01 198.51.100.7 GET /a x=1 443 - 192.0.2.1 curl/8 http://evil.example/x www.example 200",
    "2026-11-24 10:00:01 198.51.100.7 GET /a%2Fb - 443 an 2001:db8::7 Mozilla/5.0+(X) - a.evil.example:443 404",
    "2026-11-24 10:00:01 198.51.100.7 GET", "", "đường", "2026-11-24 10:00:01 - GET / - 80 - ::ffff:192.0.2.9 - - - 200",
    "#Fields: date time c-ip", "2026-11-24 10:00:01 192.0.2.1",
]  # fmt: skip
PFIREWALL = [
    "#Version: 1.5", "#Software: Microsoft Windows Firewall", "#Time Format: Local",
    "#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path",
    "", "2026-11-24 10:00:01 ALLOW TCP 192.0.2.1 198.51.100.7 50000 443 0 - 0 0 0 - - - SEND",
    "2026-11-24 10:00:01 DROP UDP 2001:db8::7 ff02::fb 5353 5353 0 - - - - - - - RECEIVE",
    "2026-11-24 10:00:02 INFO-EVENTS-LOST - - - - - - - - - - - - 44 -", "2026-11-24 10:00:01 DROP UDP 192.0.2.9",
]  # fmt: skip
SAMPLES = {"syslog": SYSLOG, "web_access": WEB, "zeek": ZEEK, "w3c": W3C, "windows_firewall": PFIREWALL}

QUIET = {
    "syslog": b"Oct 11 22:14:15 host-1 sshd[7]: Failed password for an from 10.9.9.9 port 22 ssh2",
    "web_access": b'10.9.9.9 - - [10/Oct/2026:13:55:36 +0700] "GET / HTTP/1.1" 200 12 "-" "-"',
    "zeek": b"1.5\t10.9.9.9\t10.9.9.9\t-\t-",
    "w3c": b"2026-11-24 10:00:01 10.9.9.9 GET / - 443 - 10.9.9.9 curl/8 - - 200",
    "windows_firewall": b"2026-11-24 10:00:01 ALLOW TCP 10.9.9.9 10.9.9.9 50000 443 0 - 0 0 0 - - - SEND",
}
"""A line of each source in which nothing is listed."""

VALUES = (
    "192.0.2.1", "192.0.2.9", "198.51.100.0/24", "203.0.113.9-203.0.113.12", "2001:db8::7", "2001:db8::/126", "::ffff:c000:221",
    "evil.example", "a.evil.example", "xn--bcher-kva.example", "http://evil.example/a", "http://a.evil.example:8080/",
    "http://[2001:db8::7]/a", "http://192.0.2.68/", SHA256, "localhost", "203.0.113.5", "đôi.ví-dụ.example",
)  # fmt: skip


EACH = pytest.mark.parametrize("source", LINE_SOURCES, ids=[source.name for source in LINE_SOURCES])


def samples(source: Source) -> list[bytes]:
    return [line.encode() for line in SAMPLES[source.name]]


@EACH
def test_each_value_of_each_line_is_found_alone(source: Source) -> None:
    lines = samples(source)
    header = list(takewhile(lambda line: line.startswith(b"#"), lines))
    noise = b"\n".join([*lines, *header, *[QUIET[source.name]] * 4 * len(lines), b""])
    n_found = 0
    for value in sorted(values_in(source, noise)):
        indicators = [one for one in [listed(value)] if one is not None]
        n_found += bool(assert_same(source, noise, indicators))
    assert n_found > 3


@EACH
def test_lines_are_sifted_and_not_read_whole(source: Source) -> None:
    quiet = QUIET[source.name]
    head = b"".join(line + b"\n" for line in samples(source)[:6] if line.startswith(b"#"))
    data = head + (quiet + b"\n") * 100 + quiet.replace(b"10.9.9.9", b"192.0.2.1")
    detector = IndicatorDetector([one for one in [listed("192.0.2.1")] if one])
    (block,) = source.frame(io.BytesIO(data))
    found = sift(source, block, [detector], Options())
    assert found is not None
    batch, n_others = found
    assert n_others == 100
    assert batch.n_rows == 1
    assert sift(source, block, [WholeReader(detector)], Options()) is None


@EACH
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_lines_and_any_lists_give_the_same(source: Source, data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(samples(source)), max_size=12))
    end = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    whole = bytearray(end.join(lines) + data.draw(st.sampled_from([b"", b"\n"])))
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(whole)))
        whole[at : at + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(ODD))
    text = bytes(whole)
    values = data.draw(st.lists(st.sampled_from([*VALUES, *sorted(values_in(source, text))]), max_size=6))
    indicators = [one for value in values if (one := listed(value)) is not None]
    assert_same(source, text, indicators, data.draw(st.sampled_from([1, 300, 1 << 20])))


ODD = (
    b" ", b"\n", b".", b":", b"::", b"1", b"f", b"\\", b"%2e", b"\t", b"#", b'"', b"]", b"-", b"\xff", b"\xc3", "。".encode(), b"\0",
    b"\n#set_separator\t;\n", "\u2028".encode(), b"\r", b"\x1c", "\u00a0".encode(), b"<", b"192.0.2.1", b"evil.example",
)  # fmt: skip


def test_a_period_is_asked_of_every_event() -> None:
    source = sources.by_name("syslog")
    data = b"".join(line + b"\n" for line in samples(source))
    plan = Plan(
        [IndicatorDetector([])],
        reading=Reading(Options(year=2026), "syslog"),
        period=(1_790_000_000_000_000, None),
    )
    summary = scan([("x.log", io.BytesIO(data))], plan, lambda _: None)
    assert summary.skipped["outside_period"].count > 0
    assert summary.skipped["no_time"].count > 0


def test_rules_that_fit_no_event_of_a_source_do_not_ask_for_its_events() -> None:
    rule = "title: a\nid: 5013198d-8d2a-4e2b-a2f4-0d6d0cc3bd10\nlogsource:\n  product: {}\ndetection:\n  s:\n    A: b\n  condition: s\n"
    source = sources.by_name("syslog")
    (block,) = source.frame(io.BytesIO(b"".join(line + b"\n" for line in samples(source))))
    for product, is_sifted in (("windows", True), ("linux", False)):
        detectors = [SigmaDetector(compile_rules([("a.yml", rule.format(product))])), IndicatorDetector([])]
        assert (sift(source, block, detectors, Options()) is not None) is is_sifted


def test_names_of_odd_characters_do_not_shut_the_door() -> None:
    source = sources.by_name("syslog")
    line = b"Oct 11 22:14:15 ns dnsmasq[1]: query[A] %s from 192.0.2.4\n"
    data = b"".join(line % name for name in (b"a..b.example", b"x*y.example", b"a.x*y.example", b"z.example")) + 20 * (
        line % b"q"
    )
    names = ("a..b.example", "x*y.example", "192.0.2.0/29", "z.example..")
    detector = IndicatorDetector(
        Indicator("domain", one, one, "hostile", Place("list.txt", "", 1)) for one in names[:2]
    )
    (block,) = source.frame(io.BytesIO(data))
    found = sift(source, block, [detector], Options())
    assert found is not None
    assert found[0].n_rows == 3
    for some in (names[:2], names[2:], names):
        kinds = ["cidr" if "/" in one else "domain" for one in some]
        assert_same(
            source,
            data,
            [
                Indicator(kind, one, one, "hostile", Place("list.txt", "", 1))
                for kind, one in zip(kinds, some, strict=True)
            ],
        )


def test_lines_that_are_mostly_nothing_are_read_whole() -> None:
    source = sources.by_name("syslog")
    (block,) = source.frame(io.BytesIO(b"\n" * 10_000))
    assert sift(source, block, [IndicatorDetector([])], Options()) is None


def test_words_of_colons_cost_no_time() -> None:
    source = sources.by_name("syslog")
    data = (
        b"Oct 11 22:14:15 a b: "
        + b"0::0:0:0" * (1 << 18)
        + b"\n"
        + SYSLOG[1].encode()
        + b"\n"
        + 10 * (QUIET["syslog"] + b"\n")
    )
    began = time.process_time()
    assert_same(source, data, [one for one in [listed("2001:db8::7")] if one])
    assert time.process_time() - began < 10


@pytest.mark.corpus
def test_real_logs(corpora: Path) -> None:
    n_found = 0
    for path in sorted((corpora / "logs").rglob("*.log*")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        data = data[: 1 << 20]
        source = sources.detect(data[: 64 << 10], path.name)
        if not isinstance(source, LineSource):
            continue
        values = sorted(values_in(source, data))
        for some in (values[:: max(1, len(values) // 300)], values[len(values) // 2 :][:3], values[-1:]):
            n_found += len(assert_same(source, data, [one for value in some if (one := listed(value)) is not None]))
    assert n_found
