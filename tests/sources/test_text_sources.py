"""What every source of text keeps: nothing raises, every record is counted, each recognises its own."""

import io
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.events.skips import REASONS
from vonggac.sources import (
    auditd,
    csv_table,
    json_lines,
    suricata,
    syslog,
    sysmon_linux,
    w3c,
    web_access,
    windows_firewall,
    zeek,
)
from vonggac.sources.source import Options

SOURCES = (
    syslog.SOURCE,
    zeek.SOURCE,
    suricata.SOURCE,
    web_access.SOURCE,
    auditd.SOURCE,
    sysmon_linux.SOURCE,
    windows_firewall.SOURCE,
    w3c.SOURCE,
    csv_table.SOURCE,
    json_lines.SOURCE,
)

SAMPLES = {
    ("syslog", "rfc3164"): b"Nov 24 10:00:00 gate sshd[7]: Failed password for bob from 192.0.2.9 port 22 ssh2\n" * 3,
    ("syslog", "pri"): b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8\n" * 3,
    ("syslog", "rfc5424"): b'<165>1 2026-10-11T22:14:15.003Z host app - ID47 [a@1 k="v"] An event\n' * 3,
    ("syslog", "rsyslog"): b"2026-11-24T10:00:00.123456+07:00 gate cron[12]: started\n" * 3,
    ("syslog", "squid"): b"1700000000.123 921 192.0.2.68 TCP_MISS/200 507 GET http://a.example/ - D/203.0.113.5 -\n"
    * 3,
    ("syslog", "cef"): rb"CEF:0|Example|Gate|1|7|Found|5|src=192.0.2.1 cs1Label=Virus name cs1=X act=a\=b" + b"\n",
    ("syslog", "leef"): b"<13>Nov 24 10:00:00 gate LEEF:2.0|Example|Gate|1|7|^|src=192.0.2.1^usrName=bob\n" * 2,
    ("syslog", "antivirus"): (
        b"Tue Nov 24 10:00:00 2026 -> /srv/a.php: Php.X(" + b"ab" * 16 + b":68) FOUND\n"
        b"Nov 24 10:00:00 s SymantecServer: Virus found,IP Address: 192.0.2.5,Computer name: PC-1,Risk name: X,Actual action: Left alone\n"
        b'<14>1 2026-11-24T10:00:00Z k KES|11 - GNRL_EV_OBJECT_NOTCURED [event@23668 et="GNRL_EV_OBJECT_NOTCURED" p5="X"] t\n'
        b'<29>1 2026-11-24T10:00:00Z e EPOEvents - EventFwd [a@3401 t="1"] <?xml version="1.0"?><EPOEvent><ThreatName>X</ThreatName></EPOEvent>\n'
        b'Nov 24 10:00:00 e ERAServer: {"event_type":"Threat_Event","threat_name":"X","threat_handled":false}\n'
    ),
    (
        "suricata",
        "dns",
    ): b'{"timestamp":"2026-11-24T10:00:00.1+0700","event_type":"dns","dns":{"queries":[{"rrname":"a.example"}]}}\n'
    * 3,
    (
        "suricata",
        "http",
    ): b'{"timestamp":"2026-11-24T10:00:00.1+0700","flow_id":7,"event_type":"http","http":{"hostname":"a.example","url":"/b.exe?c"}}\n',
    (
        "zeek",
        "tsv",
    ): b"#separator \\x09\n#path\tdns\n#fields\tts\tuid\tquery\n#types\ttime\tstring\tstring\n1.5\tC1\ta.example\n",
    ("zeek", "json"): b'{"ts":1.5,"uid":"C1","id.orig_h":"192.0.2.1","id.resp_h":"192.0.2.2","conn_state":"SF"}\n' * 3,
    ("web_access", "common"): b'192.0.2.1 - - [10/Oct/2026:13:55:36 +0700] "GET / HTTP/1.1" 200 5\n' * 3,
    ("web_access", "combined"): b'192.0.2.1 - bob [10/Oct/2026:13:55:36 +0700] "GET /a HTTP/1.1" 200 5 "-" "curl/8"\n'
    * 3,
    (
        "web_access",
        "vhost",
    ): b'a.example:443 2001:db8::1 - - [10/Oct/2026:13:55:36 +0700] "GET / HTTP/1.1" 200 5 "-" "x"\n',
    (
        "csv",
        "comma",
    ): b"time,src_ip,dst_ip\n2026-11-24T10:00:00Z,192.0.2.1,198.51.100.2\n2026-11-24T10:00:01Z,192.0.2.1,\n",
    ("csv", "semicolon"): "Thời gian;Địa chỉ\n24/11/2026;192.0.2.1\n25/11/2026;192.0.2.2\n".encode(),
    (
        "auditd",
        "raw",
    ): b'type=SYSCALL msg=audit(1764400000.123:101): arch=c000003e syscall=59 pid=901 uid=33 exe="/usr/bin/dash"\n'
    b'type=EXECVE msg=audit(1764400000.123:101): argc=3 a0="sh" a1="-c" a2=6964203E2F746D702F78\n'
    b'type=CWD msg=audit(1764400000.123:101): cwd="/tmp"\n'
    b'type=PATH msg=audit(1764400000.123:101): item=0 name="x" nametype=CREATE\n',
    (
        "auditd",
        "enriched",
    ): b'node=a type=SYSCALL msg=audit(1764400000.124:102): arch=c000003e syscall=42 exe="/bin/nc"\x1dSYSCALL=connect UID="root"\n'
    b"node=a type=SOCKADDR msg=audit(1764400000.124:102): saddr=02000050C0000201\x1dSADDR={ saddr_fam=inet laddr=192.0.2.1 lport=80 }\n"
    b'node=a type=USER_AUTH msg=audit(1764400001.0:103): pid=5 msg=\'op=PAM acct="an" addr=192.0.2.7 res=failed\'\x1dUID="root"\n',
    (
        "syslog",
        "audit",
    ): b'Nov 24 08:30:01 web audispd: type=SYSCALL msg=audit(1764400000.1:101): syscall=59 exe="/bin/sh"\n'
    b'Nov 24 08:30:01 web audispd: type=EXECVE msg=audit(1764400000.1:101): argc=2 a0="sh" a1=2D63\n'
    b'Nov 24 08:30:02 web audit[311]: EXECVE argc=2 a0="ls" a1=2D6C61\n',
    ("syslog", "sysmon"): b"Nov 24 08:30:01 web sysmon: <Event><System><EventID>1</EventID></System><EventData>"
    b'<Data Name="Image">/bin/sh</Data></EventData></Event>\n',
    (
        "sysmon_linux",
        "lines",
    ): b'<Event><System><Provider Name="Linux-Sysmon" Guid="{0}"/><EventID>1</EventID><Version>5</Version><Level>4</Level>'
    b"<Task>1</Task><Opcode>0</Opcode><Keywords>0x8</Keywords>"
    b'<TimeCreated SystemTime="2026-11-24T08:30:01.467399000Z"/><EventRecordID>7</EventRecordID><Correlation/>'
    b'<Execution ProcessID="1" ThreadID="1"/><Channel>Linux-Sysmon/Operational</Channel><Computer>web-1</Computer>'
    b'<Security UserId="0"/></System><EventData><Data Name="Image">/bin/sh</Data>'
    b'<Data Name="CommandLine">sh -c &quot;id&quot; &gt;/tmp/x</Data></EventData></Event>\n' * 2,
    (
        "sysmon_linux",
        "pretty",
    ): b'<Event>\n <System>\n  <Provider Name="Linux-Sysmon"/>\n  <EventID>3</EventID>\n </System>\n <EventData>\n'
    b'  <Data Name="DestinationIp">192.0.2.1</Data>\n  <Data Name="X"/>\n </EventData>\n</Event>\n',
    (
        "w3c",
        "iis",
    ): b"#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent)\n"
    b"2026-11-02 00:00:07 GET /a%2e.aspx x=%27+or 203.0.113.9 Mozilla/5.0+(X11)+++a\n",
    (
        "w3c",
        "proxy",
    ): b"#Fields: date time c-ip cs-uri-scheme cs-host cs-uri-port cs-uri-path cs-uri-query cs(User-Agent)\n"
    b'2026-11-02 00:00:08 203.0.113.9 https www.test.example 8443 /a ?x=1 "My ""agent"" 1"\n',
    (
        "w3c",
        "exchange",
    ): b'#Fields: date-time,client-ip,event-id,message-subject\n2026-11-02T00:00:08.123Z,203.0.113.9,SEND,"a, ""b"""\n',
    (
        "windows_firewall",
        "log",
    ): b"#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n"
    b"#Fields: date time action protocol src-ip dst-ip src-port dst-port\n\n"
    b"2026-11-02 07:00:08 ALLOW TCP 192.0.2.7 198.51.100.3 50000 23\n2026-11-02 07:00:09 DROP ICMP fe80::1 ff02::fb - -\n",
    ("json", "lines"): b'{"time":"2026-11-24T10:00:00Z","src_ip":"192.0.2.1","msg":"a"}\n' * 3,
    ("json", "array"): b'[\n  {"a": 1},\n  {"a": 2}\n]\n',
}


def decode_all(source, data, *, block_bytes=1 << 20, options=None):
    return [
        source.decode(block, options or Options()) for block in source.frame(io.BytesIO(data), block_bytes=block_bytes)
    ]


def events(source, data, **kwargs):
    return [
        {"#": batch.record(row), **batch.event(row)}
        for batch in decode_all(source, data, **kwargs)
        for row in sorted(range(batch.n_rows), key=batch.record)
    ]


@pytest.mark.parametrize(("name", "form"), SAMPLES)
def test_a_sample_is_claimed_most_by_its_own_source(name, form):
    head = SAMPLES[name, form]
    scores = {source.name: source.sniff(head, "input") for source in SOURCES}
    best = max(scores.values())
    assert scores[name] == best > 0
    assert [other for other, score in scores.items() if score == best] == [name]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
@pytest.mark.parametrize(
    "head", [b"", b"\n\n", b"ElfFile\0" + b"\0\1" * 4096, b"just some words\n", b"\x1f\x8b\x08" + bytes(200)]
)
def test_what_is_no_log_is_claimed_by_nobody(source, head):
    assert source.sniff(head, "input") == 0


@pytest.mark.parametrize(("name", "form"), SAMPLES)
def test_a_sample_in_utf16_reads_the_same(name, form):
    source = next(source for source in SOURCES if source.name == name)
    data = SAMPLES[name, form]
    wide = ("\ufeff" + data.decode()).encode("utf-16-le")
    assert events(source, wide) == events(source, data) != []
    assert source.sniff(wide, "input") == source.sniff(data, "input")


@dataclass
class Counted:
    n_events: int
    n_skipped: int


def count(source, data, block_bytes):
    batches = decode_all(source, data, block_bytes=block_bytes)
    for batch in batches:
        for name in batch.fields():
            batch.column(name)
        for row in range(batch.n_rows):
            batch.event(row)
            assert batch.raw(row) is not None
        assert {skip.reason for skip in batch.skipped} <= set(REASONS)
    return Counted(
        sum(batch.n_rows for batch in batches), sum(skip.count for batch in batches for skip in batch.skipped)
    )


LINES = st.lists(
    st.one_of(
        st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")),
        st.sampled_from([line for sample in SAMPLES.values() for line in sample.splitlines()]),
        st.sampled_from(
            [b"", b"  ", b"#", b"#fields\t", b"#fields\ta", b'{"a":', b"[1]", b'"', b'a"b,c', b"\0\0", b"\xff\xfe"]
        ),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    "source", [syslog.SOURCE, web_access.SOURCE, zeek.SOURCE, auditd.SOURCE], ids=lambda source: source.name
)
@given(lines=LINES, block_bytes=st.integers(1, 200), ended=st.booleans(), crlf=st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_line_is_an_event_or_skipped_or_blank(source, lines, block_bytes, ended, crlf):
    lines = [b"x", *lines]  # no byte order mark by chance
    end = b"\r\n" if crlf else b"\n"
    data = end.join(lines) + (end if ended else b"")
    counted = count(source, data, block_bytes)
    records = [text for line in lines if (text := line.decode("utf-8", "replace").strip())]
    if source is zeek.SOURCE:
        records = [
            text
            for line, text in ((x, x.decode("utf-8", "replace").strip()) for x in lines)
            if text and line[:1] != b"#"
        ]
    assert counted.n_events + counted.n_skipped == len(records)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from(list(SAMPLES.values()))).map(b"".join),
        st.text().map(str.encode),
    )
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise(source, data):
    source.sniff(data, "x.csv")
    count(source, data, 64)
    count(source, data, 1 << 20)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
@given(order=st.lists(st.sampled_from(sorted(SAMPLES)), max_size=5), block_bytes=st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_the_size_of_blocks_changes_nothing(source, order, block_bytes):
    data = b"".join(SAMPLES[key] for key in order)
    if source is json_lines.SOURCE:
        data = b"".join(SAMPLES[key] for key in order if key != ("json", "array"))
    assert events(source, data, block_bytes=block_bytes) == events(source, data)
