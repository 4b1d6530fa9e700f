"""What every source must do, over the registry."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.errors import FormatUnknown, UsageError
from vonggac.sources import SOURCES, by_name, detect
from vonggac.sources.source import Options, Source

EACH = pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])

HEADS = {
    "evtx": b"ElfFile\0" + bytes(5000),
    "windows_json": b'{"Event": {"System": {"EventID": 1}}}\n',
    "syslog": b"<34>Oct 11 22:14:15 host-1 sshd[7]: Failed password for an from 192.0.2.1 port 22 ssh2\n",
    "zeek": b"#separator \\x09\n#set_separator\t,\n#path\tconn\n#fields\tts\tid.orig_h\n#types\ttime\taddr\n1.5\t192.0.2.1\n",
    "suricata": b'{"timestamp":"2026-11-24T10:00:00.000001+0700","flow_id":7,"event_type":"dns","src_ip":"192.0.2.1","dns":{"type":"query"}}\n',
    "web_access": b'192.0.2.1 - - [10/Oct/2026:13:55:36 +0700] "GET /a HTTP/1.1" 200 12 "-" "curl"\n',
    "netflow": bytes.fromhex(
        "00050001000f42406b04fdb00000000000000000000700000a000005cb00710900000000"
        "000100020000000a000003e8000f3e58000f404cc73801bb001b06000000000018180000"
    ),
    "nfcapd": bytes.fromhex(
        "0ca50200000107010a2d0c6b0000000000000100000000000000000000000000000000000100000001000000200000000300000007002000"
    )
    + bytes(28),
    "auditd": b'type=PATH msg=audit(1764400000.123:7): item=0 name="/etc/shadow" nametype=NORMAL\n',
    "sysmon_linux": b'<Event><System><Provider Name="Linux-Sysmon"/><EventID>5</EventID></System><EventData></EventData></Event>\n',
    "windows_firewall": b"#Version: 1.5\n#Fields: date time action src-ip dst-ip\n2026-01-01 00:00:00 DROP 192.0.2.1 198.51.100.2\n",
    "w3c": b"#Fields: date time c-ip cs-method cs-uri-stem\n2026-01-01 00:00:00 192.0.2.1 GET /a\n",
    "csv": b"time,src_ip,dst_ip\n2026-01-01T00:00:00Z,192.0.2.1,198.51.100.2\n",
    "json": b'{"time": "2026-01-01T00:00:00Z", "src": "192.0.2.1"}\n',
}


@EACH
def test_names_find_their_source(source: Source) -> None:
    assert by_name(source.name) is source
    assert source.title


def test_names_are_unique() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES)


def test_an_unknown_name_is_answered_with_the_names() -> None:
    with pytest.raises(UsageError) as caught:
        by_name("evt")
    assert all(source.name in str(caught.value) for source in SOURCES)


@EACH
def test_content_finds_the_source_whatever_the_name(source: Source) -> None:
    assert detect(HEADS[source.name], "x.bin") is source


@pytest.mark.parametrize("head", [b"\x7fELF\x02\x01\x01" + bytes(100), bytes(range(256)), b"MZ\x90\x00" + bytes(50)])
def test_binary_content_is_unknown(head: bytes) -> None:
    with pytest.raises(FormatUnknown):
        detect(head, "x.log")


@EACH
@given(data=st.binary(max_size=400), own_head=st.booleans())
def test_any_bytes_end_without_an_error(source: Source, data: bytes, own_head: bool) -> None:
    data = HEADS[source.name] + data if own_head else data
    assert 0 <= source.sniff(data, "x") <= 100
    for block in source.frame(io.BytesIO(data)):
        batch = source.decode(block, Options())
        for name in batch.fields():
            batch.column(name)
        for row in range(batch.n_rows):
            batch.event(row)
