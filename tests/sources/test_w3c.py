import io
from datetime import timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.sources import w3c, windows_firewall
from vonggac.sources.excerpts import BLANK, EVENT, Lines
from vonggac.sources.source import Options
from vonggac.sources.w3c_tables import Directives

IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-11-02 00:00:07\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status\n"
)
ROW = "2026-11-02 00:00:07 192.0.2.10 GET /a.aspx x=%27+or 443 - 203.0.113.9 Mozilla/5.0+(X11;+Linux)+curl - 200\n"
FIREWALL = (
    "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n"
    "#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path pid\n\n"
)
ALLOWED = "2026-11-02 07:00:08 ALLOW TCP 192.0.2.7 198.51.100.3 50000 23 0 - 0 0 0 - - - SEND 1234\n"
DROPPED = "2026-11-02 07:00:09 DROP UDP fe80::1 ff02::fb 5353 5353 0 - - - - - - - RECEIVE 4\n"


class Dripping(io.BytesIO):
    def read(self, size=-1, /):
        return super().read(min(size, 29) if size > 0 else 29)


def batches(text, block_bytes=1 << 20, source=w3c.SOURCE, options=None):
    data = text.encode() if isinstance(text, str) else text
    return [
        source.decode(block, options or Options()) for block in source.frame(Dripping(data), block_bytes=block_bytes)
    ]


def events(text, block_bytes=1 << 20, source=w3c.SOURCE):
    return [
        {key: value for key, value in batch.event(row).items() if value is not None}
        for batch in batches(text, block_bytes, source)
        for row in range(batch.n_rows)
    ]


def test_a_request_to_iis_has_the_names_that_rules_of_web_servers_use():
    assert events(IIS + ROW) == [
        {
            "date": "2026-11-02", "time": "00:00:07", "timestamp": "2026-11-02 00:00:07Z", "s-ip": "192.0.2.10", "cs-method": "GET",
            "cs-uri-stem": "/a.aspx", "cs-uri-query": ["x=%27+or", "x=' or"], "cs-uri": "/a.aspx?x=%27+or", "s-port": "443",
            "c-ip": "203.0.113.9", "cs-user-agent": ["Mozilla/5.0 (X11; Linux) curl", "Mozilla/5.0+(X11;+Linux)+curl"], "sc-status": "200",
        }
    ]  # fmt: skip


def test_times_are_utc_whatever_the_zone_and_concepts_are_there():
    (batch,) = batches(IIS + ROW, options=Options(zone=timezone(timedelta(hours=7))))
    assert concepts.time_us(batch, 0) == concepts.times_us(batch)[0] == 1793577607000000
    named = {
        "source.ip": "203.0.113.9",
        "destination.ip": "192.0.2.10",
        "url.full": "/a.aspx?x=%27+or",
        "host.name": "192.0.2.10",
    }
    assert {name: concepts.text(batch, 0, name) for name in named} == named


def test_an_escaped_path_has_two_values_and_a_plus_sign_of_a_header_stays_one():
    found = events(IIS + ROW.replace("/a.aspx", "/a%2e%2e/x").replace("+curl", "+a/1+++b++c"))[0]
    assert found["cs-uri-stem"] == ["/a%2e%2e/x", "/a../x"]
    assert found["cs-user-agent"][0] == "Mozilla/5.0 (X11; Linux) a/1 + b +c"


@pytest.mark.parametrize("block_bytes", [1, 40, 300, 1 << 20])
def test_fields_may_change_within_a_stream(block_bytes):
    text = (
        IIS
        + ROW
        + "#Date: 2026-11-03 00:00:00\n#Fields: time c-ip cs-method cs-uri-stem\n00:00:09 203.0.113.9 GET /x\n"
        + IIS
        + ROW
    )
    found = events(text, block_bytes)
    assert [event["timestamp"][:19] for event in found] == [
        "2026-11-02 00:00:07",
        "2026-11-03 00:00:09",
        "2026-11-02 00:00:07",
    ]
    assert found[1]["cs-uri"] == "/x"


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
def test_what_does_not_fit_is_skipped_with_its_reason_and_records_are_lines(block_bytes):
    found = batches("a b\n" + IIS + "short line\n\n" + ROW + "\0\0\0\n", block_bytes)
    skips = [(skip.reason, skip.record) for batch in found for skip in batch.skipped]
    assert skips[0] == ("no_header", 1)
    assert {("wrong_columns", 6), ("wrong_columns", 9)} >= set(skips[1:]) != set()
    assert sum(skip.count for batch in found for skip in batch.skipped) == 3
    (batch,) = [batch for batch in found if batch.n_rows]
    assert (batch.record(0), batch.raw(0).decode()) == (8, ROW.rstrip("\n"))


def test_logs_of_proxies():
    text = (
        "#Software: SGOS 6.7.5.3\n#Fields: date time c-ip cs-categories sc-status s-action cs-method rs(Content-Type) cs-uri-scheme cs-host "
        "cs-uri-port cs-uri-path cs-uri-query cs-uri-extension cs(User-Agent) r-ip\n"
        '2026-11-02 00:00:08 203.0.113.9 "Web Ads" 200 TCP_MISS GET text/html https www.test.example 8443 /a/b.exe ?x=1+2 exe "My ""agent"" 1" 192.0.2.1\n'
        '2026-11-02 00:00:08 203.0.113.9 "none" 200 TCP_TUNNELED CONNECT - tcp www.test.example 443 - - - - -\n'
    )
    one, two = events(text)
    assert (one["cs-uri"], one["cs-uri-stem"]) == ("https://www.test.example:8443/a/b.exe?x=1+2", "/a/b.exe")
    assert (one["cs-uri-query"], one["cs-user-agent"], one["cs-categories"]) == (
        ["x=1+2", "x=1 2"],
        'My "agent" 1',
        "Web Ads",
    )
    assert one["rs-content-type"] == "text/html"
    assert (two["cs-uri"], two["cs-categories"]) == ("tcp://www.test.example:443", "none")


def test_tabs_and_commas():
    cloudfront = (
        "#Version: 1.0\n#Fields: date time x-edge-location c-ip cs-method cs(Host) cs-uri-stem cs(User-Agent)\n"
        "2026-11-02\t00:00:08\tSGN50\t203.0.113.9\tGET\tx.example\t/a\tMozilla/5.0%20(X11)\n"
    )
    (found,) = events(cloudfront)
    assert (found["cs-host"], found["cs-user-agent"]) == ("x.example", ["Mozilla/5.0%20(X11)", "Mozilla/5.0 (X11)"])
    exchange = (
        "#Software: Microsoft Exchange Server\n#Fields: date-time,client-ip,server-hostname,event-id,message-subject\n"
        '2026-11-02T00:00:08.123Z,203.0.113.9,mail-1,SEND,"a, ""b"""\n'
    )
    (batch,) = batches(exchange)
    assert batch.value(0, "message-subject") == 'a, "b"'
    assert concepts.time_us(batch, 0) == 1793577608123000


def test_what_http_sys_refused():
    text = (
        "#Software: Microsoft HTTP API 2.0\n#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-reason\n"
        "2026-11-02 00:00:07 203.0.113.9 5555 192.0.2.10 80 HTTP/1.1 GET /x/..%2f?y=%41 400 URL\n"
        "2026-11-02 00:00:07 203.0.113.9 5555 192.0.2.10 80 - - - - Timer_ConnectionIdle\n"
    )
    one, two = events(text)
    assert (one["cs-uri-stem"], one["cs-uri-query"], one["cs-uri"]) == (
        ["/x/..%2f", "/x/../"],
        ["y=%41", "y=A"],
        "/x/..%2f?y=%41",
    )
    assert not {"cs-uri-stem", "cs-uri-query", "cs-method"} & set(two)


def test_names_are_one_of_a_kind():
    directives = Directives()
    directives.take("#Fields: a A cs(A-B) cs-a-b")
    assert directives.names == ("a", "a_2", "cs-a-b", "cs-a-b_2")
    directives.take("#Fields:")
    assert directives.names == ()


def test_the_firewall_of_windows_speaks_local_time_and_says_what_was_blocked():
    text = FIREWALL + ALLOWED + DROPPED
    (batch,) = batches(text, source=windows_firewall.SOURCE, options=Options(zone=timezone(timedelta(hours=7))))
    assert concepts.time_us(batch, 0) == 1793577608000000
    allowed, dropped = batch.event(0), batch.event(1)
    assert (allowed["action"], allowed["blocked"], allowed["dst-port"], allowed["pid"]) == (
        "ALLOW",
        "false",
        "23",
        "1234",
    )
    assert (dropped["action"], dropped["blocked"], dropped["src-ip"], dropped["tcpflags"]) == (
        "DROP",
        "true",
        "fe80::1",
        None,
    )
    assert [batch.record(row) for row in range(2)] == [6, 7]
    assert [concepts.text(batch, 1, name) for name in ("source.ip", "destination.port", "network.transport")] == [
        "fe80::1",
        "5353",
        "UDP",
    ]


@pytest.mark.parametrize("head", [FIREWALL, FIREWALL.replace("#Software: Microsoft Windows Firewall\n", "")])
def test_each_log_finds_its_source(head):
    assert windows_firewall.SOURCE.sniff(head.encode(), "x") > w3c.SOURCE.sniff(head.encode(), "x") > 0
    assert windows_firewall.SOURCE.sniff(IIS.encode(), "x") == 0 < w3c.SOURCE.sniff(IIS.encode(), "x")
    assert w3c.SOURCE.sniff(ROW.encode(), "x") == 0


CELLS = st.text(
    st.characters(min_codepoint=33, blacklist_characters='"#', blacklist_categories=("Cs", "Z")), min_size=1, max_size=8
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), st.integers(1, 80), st.booleans())
def test_what_is_written_is_read(rows, block_bytes, crlf):
    rows = [row for row in rows if not " ".join(row).isspace()]
    text = "#Fields: a b c\n" + "".join(" ".join(row) + "\n" for row in rows)
    found = events(text.replace("\n", "\r\n") if crlf else text, block_bytes)
    wanted = [{name: value for name, value in zip("abc", row, strict=True) if value != "-"} for row in rows]
    assert found == wanted


LINES = st.lists(
    st.one_of(
        st.sampled_from([ROW.strip(), ALLOWED.strip(), "", " ", "#Fields: a b c", "#Fields: a", "#Fields:", "#Fields: a,b", "#Date: x", "# c", "a b c", "a  c",
                         'a "b c" d', "a\tb\tc", "x,y", "- - -", '"', "a b c ", " a b", "\u00a0", "  ", "\u2003 b c"]),
        st.text('ab \t"#,-', max_size=8),
    ),
    max_size=12,
)  # fmt: skip


@pytest.mark.parametrize("source", [w3c.SOURCE, windows_firewall.SOURCE], ids=lambda source: source.name)
@given(lines=LINES, block_bytes=st.integers(1, 120))
@settings(max_examples=150)
def test_every_line_is_an_event_or_counted_wherever_blocks_end(source, lines, block_bytes):
    text = "\n".join(["#Fields: a b c", *lines])
    assert events(text, block_bytes, source) == events(text, 1 << 20, source)
    found = batches(text, block_bytes, source)
    n_records = sum(1 for line in lines if line and not line.isspace() and not line.startswith("#"))
    assert sum(batch.n_rows + sum(skip.count for skip in batch.skipped) for batch in found) == n_records


@given(lines=LINES)
@settings(max_examples=200)
def test_a_line_that_is_called_an_event_at_a_glance_is_one(lines):
    data = "\n".join(["#Fields: a b c", *lines]).encode()
    survey = windows_firewall.SOURCE.survey(Lines.of(data), b"")
    if survey is None:
        return
    records = {
        batch.record(row) for batch in batches(data, source=windows_firewall.SOURCE) for row in range(batch.n_rows)
    }
    called = {int(index) + 1 for index in np.flatnonzero(survey == EVENT)}
    assert called <= records
    assert not (survey == BLANK)[[record - 1 for record in records]].any()
