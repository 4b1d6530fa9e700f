"""Messages of firewalls and routers, as the vendors' manuals write them."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.times import iso, parse_time
from vonggac.jobs.trace import Trace
from vonggac.sources import detect
from vonggac.sources.key_values import MIN_PAIRS, key_values
from vonggac.sources.source import Options
from vonggac.sources.syslog import SOURCE

HEAD = "Nov 24 10:00:00 gw "
FORTIGATE = (
    'date=2026-11-24 time=10:00:00 devname="FG1" devid="FGT60F0000000000" eventtime=1795489200000000000 tz="+0700" '
    'logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=10.0.0.5 srcport=51000 srcintf="lan" '
    'dstip=203.0.113.9 dstport=443 dstintf="wan1" sessionid=12 proto=6 action="close" policyid=1 service="HTTPS" trandisp="snat" '
    'transip=198.51.100.1 transport=40001 duration=5 sentbyte=1234 rcvdbyte=5678 srcmac="00:00:5e:00:53:01"'
)
SOPHOS = (
    'device="SFW" date=2026-11-24 time=10:00:00 timezone="+07" device_name="XG210" device_id=C1 log_id=010101600001 log_type="Firewall" '
    'log_component="Firewall Rule" log_subtype="Allowed" status="Allow" priority=Information fw_rule_id=5 user_name="" src_ip=10.0.0.5 '
    'dst_ip=203.0.113.9 protocol="TCP" src_port=51000 dst_port=443 sent_bytes=1234 tran_src_ip=198.51.100.1 tran_src_port=40001 tran_dst_ip='
)
PALO_ALTO = (
    '1,2026/11/24 10:00:00,007200001056,TRAFFIC,end,2561,2026/11/24 10:00:00,10.0.0.5,203.0.113.9,198.51.100.1,203.0.113.9,"allow, all",'
    "y\\bob,,ssl,vsys1,trust,untrust,ethernet1/1,ethernet1/2,fwd,2026/11/24 10:00:00,4711,1,51000,443,40001,443,0x400000,tcp,allow,6912,1234,"
    "5678,22,2026/11/24 09:59:30,16,any,,99,0x0,10.0.0.0-10.255.255.255,Netherlands,,12,10,tcp-fin"
)
HUAWEI = (
    "%%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=tcp,SourceIP=10.0.0.5,DestinationIP=203.0.113.9,SourcePort=51000,DestinationPort=443,"
    "SourceNatIP=198.51.100.1,SourceNatPort=40001,BeginTime=1452219708,EndTime=1452219709,SendPkts=1,SendBytes=1234,RcvPkts=1,RcvBytes=60."
)
CHECK_POINT = (
    '<134>1 2026-11-24T10:00:00Z gw CheckPoint 13752 - [action:"Accept"; flags:"150784"; ifdir:"inbound"; src:"10.0.0.5"; '
    'dst:"203.0.113.9"; s_port:"51000"; service:"443"; proto:"6"; xlatesrc:"198.51.100.1"; xlatesport:"40001"; xlatedst:"0.0.0.0";]'
)
JUNIPER = (
    "<14>1 2026-11-24T10:00:00.000Z gw RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.40 "
    'source-address="10.0.0.5" source-port="51000" destination-address="203.0.113.9" destination-port="443" '
    'nat-source-address="198.51.100.1" nat-source-port="40001" protocol-id="6" username="bob"] session created'
)
ASA = (
    "%ASA-6-302013: Built outbound TCP connection 12 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/51000 "
    "(198.51.100.1/40001)"
)
NAT = {
    "FortiGate": f"<189>{FORTIGATE}",
    "FortiGate behind a header": HEAD + FORTIGATE,
    "FortiGate as CSV": FORTIGATE.replace(" ", ","),
    "Sophos": f"<30>{SOPHOS}",
    "Palo Alto": HEAD + PALO_ALTO,
    "Huawei": HEAD + HUAWEI,
    "Check Point": CHECK_POINT,
    "Juniper, structured": JUNIPER,
    "Juniper": HEAD + "RT_FLOW: RT_FLOW_SESSION_CREATE: session created 10.0.0.5/51000->203.0.113.9/443 0x0 junos-https "
    "198.51.100.1/40001->203.0.113.9/443 0x0 source rule r1 N/A N/A 6 pol trust untrust 4711 bob(N/A) ge-0/0/0.0",
    "ASA connection": HEAD + ASA,
    "ASA connection with its name": f"Nov 24 2026 10:00:00 gw : {ASA}",
    "ASA connection without a name": f"<166>Nov 24 2026 10:00:00: {ASA}",
    "ASA connection in the format EMBLEM": f"<166>:Nov 24 2026 10:00:00 ICT: {ASA}",
    "SonicWall": HEAD + 'id=gate sn=00005E005301 time="2026-11-24 10:00:00" fw=198.51.100.1 pri=6 c=1024 m=98 msg="Connection Opened" '
    "src=10.0.0.5:51000:X0 srcZone=LAN natSrc=198.51.100.1:40001 dst=203.0.113.9:443:X1 natDst=203.0.113.9:443 proto=tcp/https "
    'fw_action="forward"',
    "Stormshield": HEAD + 'id=firewall time="2026-11-24 10:00:00" fw="sns" tz=+0700 startime="2026-11-24 10:00:00" pri=5 ipproto=tcp '
    'src=10.0.0.5 srcport=51000 dst=203.0.113.9 dstport=443 modsrc=198.51.100.1 modsrcport=40001 action=pass logtype="connection"',
    "FTD": HEAD + "%FTD-1-430003: DeviceUUID: u, AccessControlRuleAction: Allow, SrcIP: 10.0.0.5, DstIP: 203.0.113.9, SrcPort: 51000, "
    "DstPort: 443, Protocol: tcp, NAT_InitiatorPort: 40001, NAT_ResponderPort: 443, NAT_InitiatorIP: 198.51.100.1, NAT_ResponderIP: 203.0.113.9",
    "ASA translation": HEAD + "%ASA-6-305011: Built dynamic TCP translation from inside:10.0.0.5/51000(LOCAL\\bob) to outside:198.51.100.1/40001",
}  # fmt: skip


def read(line: str) -> EventBatch:
    (block,) = SOURCE.frame(io.BytesIO(line.encode("utf-8", "replace")))
    batch = SOURCE.decode(block, Options(year=2026))
    assert batch.n_rows == 1, batch.skipped
    return batch


def check(line: str, expected: dict[str, str]) -> None:
    event = read(line).event(0)
    assert {name: event.get(name) for name in expected} == expected


@pytest.mark.parametrize("line", NAT.values(), ids=NAT)
def test_nat_of_every_vendor_tells_which_host_was_behind_it(line: str) -> None:
    batch = read(line)
    expected = {
        "source.ip": "10.0.0.5",
        "source.port": "51000",
        "source.nat.ip": "198.51.100.1",
        "source.nat.port": "40001",
    }
    if "305011" not in line:
        expected |= {"destination.ip": "203.0.113.9", "destination.port": "443"}
    assert {name: concepts.value(batch, 0, name) for name in expected} == expected
    assert batch.value(0, "blocked") == "false"
    trace = Trace([], {"198.51.100.1": {40001}})
    trace.add(batch)
    time_us = concepts.time_us(batch, 0)
    assert time_us is not None
    assert [one.inner for one in trace.nat.who("198.51.100.1", 40001, time_us)] == ["10.0.0.5"]


@pytest.mark.parametrize("line", [f"<189>{FORTIGATE}", FORTIGATE, f"<30>{SOPHOS}", CHECK_POINT, JUNIPER])
def test_lines_without_a_usual_header_are_recognised(line: str) -> None:
    assert detect(f"{line}\n{line}\n".encode(), "x") is SOURCE


@pytest.mark.parametrize(
    ("head", "host", "time"),
    [
        ("<189>123: *Nov 24 10:00:04.123: ", None, "2026-11-24T10:00:04.123000Z"),
        ("<189>124: r1.example: Nov 24 10:00:04.123 UTC: ", "r1.example", "2026-11-24T10:00:04.123000Z"),
        ("<189>125: 000045: .Nov 24 2026 10:00:04 ICT: ", None, "2026-11-24T10:00:04.000000Z"),
        ("000046: *Nov  4 10:00:04: ", None, "2026-11-04T10:00:04.000000Z"),
        ("*Nov 24 10:00:04.123: ", None, "2026-11-24T10:00:04.123000Z"),
    ],
)
def test_lines_of_ios_as_the_router_sends_and_stores_them(head: str, host: str | None, time: str) -> None:
    line = head + "%SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.9(4000) -> 10.0.0.5(22), 1 packet"
    assert detect(f"{line}\n{line}\n".encode(), "x") is SOURCE
    batch = read(line)
    assert (concepts.text(batch, 0, "host.name") or None, iso(concepts.time_us(batch, 0))) == (host, time)
    check(
        line, {"program": "%SEC-6-IPACCESSLOGP", "mnemonic": "IPACCESSLOGP", "src_ip": "203.0.113.9", "blocked": "true"}
    )


def test_a_device_that_sends_pairs_alone_gives_time_and_name_by_them() -> None:
    batch = read(f"<189>{FORTIGATE}")
    assert iso(concepts.time_us(batch, 0)) == "2026-11-24T03:00:00.000000Z"
    assert concepts.value(batch, 0, "host.name") == "FG1"
    batch = read(f"<30>{SOPHOS}")
    assert concepts.time_us(batch, 0) == parse_time("2026-11-24T10:00:00+07:00")
    assert concepts.value(batch, 0, "host.name") == "XG210"


def test_bytes_and_hardware_addresses() -> None:
    batch = read(FORTIGATE)
    expected = {
        "source.bytes": "1234",
        "destination.bytes": "5678",
        "source.mac": "00:00:5e:00:53:01",
        "event.action": "close",
    }
    assert {name: concepts.value(batch, 0, name) for name in expected} == expected
    assert [concepts.value(read(HEAD + line), 0, "source.bytes") for line in (PALO_ALTO, HUAWEI)] == ["1234", "1234"]


def test_the_host_of_a_url_is_not_the_host_of_the_event() -> None:
    line = 'date=2026-11-24 time=10:00:00 devname="FG1" devid="F" type="utm" subtype="webfilter" hostname="bad.example" url="/a" severity="high"'
    batch = read(f"<189>{HEAD}{line}")
    assert concepts.value(batch, 0, "host.name") == "gw"
    assert concepts.value(batch, 0, "url.domain") == "bad.example"
    assert batch.value(0, "hostname") == "bad.example"
    assert (batch.value(0, "severity"), batch.value(0, "System_severity")) == ("high", "notice")


def test_what_stands_in_quotes_is_no_pair() -> None:
    line = 'date=2026-11-24 time=10:00:00 devid="F" url="/?x=\\" srcip=198.51.100.66 dstip=1" srcip=10.0.0.5 dstip=203.0.113.9 action=deny'
    check(line, {"srcip": "10.0.0.5", "url": '/?x=" srcip=198.51.100.66 dstip=1', "blocked": "true"})
    assert key_values("a=1 b=2 c=3 a=4") == (("a", "b", "c"), ("1", "2", "3"))


REFUSED = {"src_ip": "203.0.113.9", "dst_ip": "10.0.0.5", "src_port": "4000", "dst_port": "22", "blocked": "true"}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('%ASA-4-106023: Deny tcp src outside:203.0.113.9/4000 dst inside:10.0.0.5/22 by access-group "OUT" [0x0, 0x0]', REFUSED),
        ("%ASA-6-106100: access-list OUT denied tcp outside/203.0.113.9(4000) -> inside/10.0.0.5(22) hit-cnt 1 first hit [0x1, 0x0]", REFUSED),
        ("%ASA-2-106001: Inbound TCP connection denied from 203.0.113.9/4000 to 10.0.0.5/22 flags SYN on interface outside", REFUSED),
        ("%ASA-6-106015: Deny TCP (no connection) from 203.0.113.9/4000 to 10.0.0.5/22 flags RST ACK  on interface outside", REFUSED),
        ("%ASA-2-106006: Deny inbound UDP from 203.0.113.9/4000 to 10.0.0.5/22 on interface outside", REFUSED),
        (
            '%ASA-4-106023: Deny icmp src outside:2001:db8::9 dst inside:2001:db8::5 (type 8, code 0) by access-group "OUT"',
            {"src_ip": "2001:db8::9", "dst_ip": "2001:db8::5", "icmp_type": "8", "blocked": "true"},
        ),
        (
            ("%ASA-6-302015: Built inbound UDP connection 12 for outside:203.0.113.9/4000 (203.0.113.9/4000)(LOCAL\\bob) to dmz:10.0.1.5/53 "
            "(198.51.100.2/53)"),
            {"src_ip": "203.0.113.9", "src_user": "LOCAL\\bob", "dst_ip": "10.0.1.5", "dst_translated_ip": "198.51.100.2", "proto": "UDP"},
        ),
        (
            "%ASA-6-302014: Teardown TCP connection 12 for outside:203.0.113.9/443 to inside:10.0.0.5/51000 duration 0:00:30 bytes 1234 TCP FINs",
            {"src_ip": "10.0.0.5", "dst_ip": "203.0.113.9", "bytes": "1234", "reason": "TCP FINs"},
        ),
        (
            "%ASA-6-302020: Built outbound ICMP connection for faddr 203.0.113.9/0 gaddr 198.51.100.1/1 laddr 10.0.0.5/1 type 8 code 0",
            {"src_ip": "10.0.0.5", "src_translated_ip": "198.51.100.1", "dst_ip": "203.0.113.9"},
        ),
        (
            "%ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : server = 192.0.2.9 : user = bob : user IP = 203.0.113.9",
            {"action": "Rejected", "reason": "AAA failure", "server": "192.0.2.9", "user": "bob", "src_ip": "203.0.113.9"},
        ),
        (
            ("%ASA-4-113019: Group = VPN, Username = bob, IP = 203.0.113.9, Session disconnected. Session Type: SSL, Duration: 0h:10m:00s, "
            "Bytes xmt: 1, Bytes rcv: 2, Reason: User Requested"),
            {"user": "bob", "src_ip": "203.0.113.9", "bytes_sent": "1", "reason": "User Requested"},
        ),
        (
            "%ASA-6-113039: Group <VPN> User <bob> IP <203.0.113.9> AnyConnect parent session started.",
            {"user": "bob", "src_ip": "203.0.113.9", "action": "AnyConnect parent session started"},
        ),
        (
            "%ASA-4-722051: Group <VPN> User <bob> IP <203.0.113.9> IPv4 Address <10.8.0.5> IPv6 address <::> assigned to session",
            {"user": "bob", "src_ip": "203.0.113.9", "tunnel_ip": "10.8.0.5", "mnemonic": "722051"},
        ),
        (
            '%ASA-6-605004: Login denied from 203.0.113.9/4000 to outside:198.51.100.1/ssh for user "root"',
            {"action": "denied", "src_ip": "203.0.113.9", "user": "root"},
        ),
        ("%ASA-5-111008: User 'bob' executed the 'write erase' command.", {"user": "bob", "command": "write erase"}),
        (
            ("%FTD-6-430003: EventPriority: Low, DeviceUUID: 1a-2b, AccessControlRuleAction: Block, SrcIP: 203.0.113.9, DstIP: 10.0.0.5, "
            "SrcPort: 4000, DstPort: 22, Protocol: tcp, URL: http://bad.example/a, b"),
            {"SrcIP": "203.0.113.9", "DstPort": "22", "URL": "http://bad.example/a, b", "blocked": "true"},
        ),
        (
            "45: *Nov 24 09:59:59.999: %SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.9(4000) -> 10.0.0.5(22), 1 packet",
            {**REFUSED, "mnemonic": "IPACCESSLOGP", "access_list": "101"},
        ),
        ("%SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.5)", {"user": "admin", "src_ip": "192.0.2.5", "mnemonic": "CONFIG_I"}),
        (
            "%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: bob] [Source: 203.0.113.9] [localport: 22] [Reason: Login Authentication Failed]",
            {"user": "bob", "src_ip": "203.0.113.9", "dst_port": "22", "reason": "Login Authentication Failed"},
        ),
        (
            ('date=2026-11-24 time=10:00:00 devname=FG1 devid=F logid="0101039426" type="event" subtype="vpn" action="ssl-login-fail" remip=203.0.113.9 '
            'user="bob" reason="sslvpn_login_unknown_user"'),
            {"action": "ssl-login-fail", "user": "bob", "reason": "sslvpn_login_unknown_user"},
        ),
        (
            ("1,2026/11/24 10:00:00,007200001056,THREAT,url,2561,2026/11/24 10:00:00,10.0.0.5,203.0.113.9,0.0.0.0,0.0.0.0,r1,,,web-browsing,vsys1,"
            'trust,untrust,e1,e2,fwd,2026/11/24 10:00:00,1,1,51000,80,0,0,0x4,tcp,block-url,"bad.example/a,b.exe",(9999),malware,high,client-to-server'),
            {"url": "bad.example/a,b.exe", "severity": "high", "blocked": "true", "dport": "80"},
        ),
        (
            "1,2026/11/24 10:00:00,007200001056,SYSTEM,auth,0,2026/11/24 10:00:00,,auth-fail,,0,0,general,medium,\"failed for user 'admin'.\",99,0x0",
            {"type": "SYSTEM", "eventid": "auth-fail", "opaque": "failed for user 'admin'."},
        ),
        (
            "%%01POLICY/6/POLICYDENY(l):vsys=public, protocol=6, source-ip=203.0.113.9, source-port=4000, destination-ip=10.0.0.5, destination-port=22.",
            {"source-ip": "203.0.113.9", "destination-port": "22", "blocked": "true", "mnemonic": "POLICYDENY"},
        ),
        (
            "%%01SECLOG/6/SESSION_BUILT(l): Built an udp session, 10.0.0.5:51000 (trust) to 203.0.113.9:53 (untrust).",
            {"SourceIP": "10.0.0.5", "DestinationPort": "53", "SourceZone": "trust", "blocked": "false"},
        ),
        (
            "%%01BGP/3/BGP_AUTH_FAILED(l)[12]:BGP session authentication failed. (PeeringAddress=192.0.2.5:179, LocalAddress=192.0.2.6)",
            {"module": "BGP", "mnemonic": "BGP_AUTH_FAILED", "PeeringAddress": "192.0.2.5:179"},
        ),
        (
            "RT_FLOW: RT_FLOW_SESSION_DENY: session denied 203.0.113.9/4000->10.0.0.5/22 junos-ssh 6(0) deny untrust trust UNKNOWN UNKNOWN",
            {"source-address": "203.0.113.9", "destination-port": "22", "blocked": "true", "policy-name": "deny"},
        ),
        ("filterlog[9]: 5,,,1000000103,em0,match,block,in,4,0x0,,64,0,0,DF,6,tcp,60,203.0.113.9,10.0.0.5,4000,22,0,S,1,,64240,,mss", REFUSED),
        (
            "filterlog[9]: 7,,,1000000105,em0,match,pass,out,6,0x00,0x0,255,ICMPv6,58,64,2001:db8::1,2001:db8::2,",
            {"src_ip": "2001:db8::1", "dst_ip": "2001:db8::2", "proto": "ICMPv6", "blocked": "false"},
        ),
        ("system,error,critical login failure for user admin from 203.0.113.9 via ssh", {"user": "admin", "src_ip": "203.0.113.9", "service": "ssh"}),
        ("dhcp,info dhcp1 assigned 192.0.2.5 to 00:00:5E:00:53:01", {"client_ip": "192.0.2.5", "mac": "00:00:5E:00:53:01"}),
        (
            'id=firewall sn=00 time="2026-11-24 10:00:00" fw=198.51.100.1 pri=6 msg="Connection Opened" src=10.0.0.5:51000:X0 dst=203.0.113.9:443:X1',
            {"src_ip": "10.0.0.5", "src_port": "51000", "dst_ip": "203.0.113.9", "dst_port": "443"},
        ),
        (
            "time=1795489200|hostname=cp|product=Firewall|action=Drop|src=203.0.113.9|dst=10.0.0.5|proto=6|s_port=4000|service=22|",
            {"src": "203.0.113.9", "dst_port": "22", "blocked": "true"},
        ),
    ],
)  # fmt: skip
def test_messages(message: str, expected: dict[str, str]) -> None:
    check(HEAD + message, expected)


@pytest.mark.parametrize(
    "line", ["<190>USG %%01SECLOG/6/SESSION_BUILT(l):IPVer=4,SourceIP=10.0.0.5", f"<166>{ASA}", f"<166>gw {ASA}"]
)
def test_messages_without_a_time_are_events(line: str) -> None:
    batch = read(line)
    assert concepts.value(batch, 0, "source.ip") == "10.0.0.5"
    assert concepts.time_us(batch, 0) is None


@pytest.mark.parametrize(
    "message", ["app: sentence with a=b only", "app: 50% of x: y", "app: a=b c=d", "app: [x] y: z", "app: 1,2,3"]
)
def test_sentences_stay_whole(message: str) -> None:
    assert set(read(HEAD + message).event(0)) == {"timestamp", "hostname", "program", "message"}


def test_a_level_is_no_host() -> None:
    check("2026-11-24 10:00:00,123 ERROR django.request: failed", {"level": "ERROR", "program": "django.request"})
    assert "hostname" not in read("2026-11-24 10:00:00,123 ERROR django.request: failed").event(0)


KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters='\\"\n\r', exclude_categories=["Cs", "Cc"]), max_size=20)


@given(pairs=st.dictionaries(KEYS, VALUES, min_size=MIN_PAIRS, max_size=10))
def test_quoted_pairs_are_read_as_they_were_written(pairs: dict[str, str]) -> None:
    found = key_values(" ".join(f'{name}="{value}"' for name, value in pairs.items()))
    assert found is not None
    read_back = dict(zip(*found, strict=True))
    assert {
        name: value for name, value in pairs.items() if value not in ("", "0.0.0.0", "::")
    }.items() <= read_back.items()  # a value
    assert read_back.keys() - pairs.keys() <= {"blocked", "dst_port", "cs-host"}


WORDS = st.sampled_from(
    ["%ASA-6-302013: ", "%ASA-4-106023: Deny ", "%SYS-5-X: ", "%%01A/6/B(l):", "1,2026/11/24 10:00:00,1,TRAFFIC,", "date=2026-11-24 time=10:00:00 ",
     'devid="F" ', "RT_FLOW: session created ", "filterlog: ", '[a:"b"; ', "|", ",", "=", '"', " src=1 dst=2 ", "x:1/2 (3/4)", " to ", "junos@1 ", "<", ">"]
)  # fmt: skip


@given(
    words=st.lists(WORDS, max_size=12),
    text=st.text(max_size=30),
    header=st.sampled_from([HEAD, "<134>1 2026-11-24T10:00:00Z gw a 1 - ", "<1>"]),
)
def test_any_line_is_read_or_counted(words: list[str], text: str, header: str) -> None:
    line = header + "".join(words) + text.replace("\n", " ").replace("\r", " ")
    (block,) = SOURCE.frame(io.BytesIO(line.encode("utf-8", "replace")))
    batch = SOURCE.decode(block, Options(year=2026))
    assert batch.n_rows + sum(skip.count for skip in batch.skipped) == 1
    SOURCE.sniff(line.encode("utf-8", "replace"), "")


@pytest.mark.parametrize(
    "line",
    [
        HEAD + "%ASA-6-302013: Built outbound TCP connection 1 for " + "a:1/2 (" * 20_000,
        HEAD + "%ASA-6-113005: AAA user authentication Rejected" + " : reason = a" * 20_000,
        HEAD + "%ASA-6-338002: Dynamic Filter a " + "b traffic from a:1/2 " * 10_000,
        HEAD + "%FTD-6-430003: " + "A: b, " * 30_000,
        HEAD + "x %" + "A-" * 50_000,
        HEAD + 'x: a="b" ' + 'c="\\' * 40_000,
        HEAD + "x: a=b " + "c= " * 50_000,
        HEAD + "x: a=b," + 'c="' * 50_000,
        HEAD + "1,2026/11/24 10:00:00,1,TRAFFIC," + '",' * 50_000,
        HEAD + "%%01A/6/B(l):" + "a=" * 60_000,
        HEAD + "RT_FLOW: session closed " + "a:" * 50_000,
        HEAD + "filterlog: " + "," * 100_000,
        HEAD + "x login failure for user " + "a from 1 via " * 10_000,
        "<134>1 2026-11-24T10:00:00Z gw a 1 - [" + 'a:"' * 40_000,
        '<30>device="' + "a=" * 60_000,
        "<189>date=1 " + 'devid="x' * 20_000,
    ],
    ids=range(16),
)
def test_a_hostile_line_takes_linear_time(line: str) -> None:
    started = time.process_time()
    SOURCE.sniff(line.encode()[: 64 << 10], "")
    (block,) = SOURCE.frame(io.BytesIO(line.encode()))
    SOURCE.decode(block, Options(year=2026))
    assert time.process_time() - started < 2  # quadratic time would be half a minute and more
