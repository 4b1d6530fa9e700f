import io
import time

import pytest

from vonggac.events import concepts
from vonggac.events.times import iso
from vonggac.sources.source import Options
from vonggac.sources.syslog import SOURCE, structured_data


def read(*lines, **options):
    data = "\n".join(lines).encode()
    (block,) = SOURCE.frame(io.BytesIO(data))
    return SOURCE.decode(block, Options(**options))


def event(line):
    batch = read(line)
    assert batch.n_rows == 1, batch.skipped
    return batch.event(0)


def message(program, text):
    found = event(f"Nov 24 10:00:00 gate {program}[7]: {text}")
    for header in ("timestamp", "hostname", "program", "pid", "message"):
        del found[header]
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "<34>Oct 11 22:14:15 gate su[12]: hello: there",
            {"timestamp": "Oct 11 22:14:15", "hostname": "gate", "program": "su", "pid": "12", "message": "hello: there",
             "facility": "auth", "severity": "crit"},
        ),
        ("Oct  1 22:14:15 gate systemd: up", {"timestamp": "Oct  1 22:14:15", "hostname": "gate", "program": "systemd",
                                              "message": "up"}),
        ("Oct  1 22:14:15 kernel: up", {"timestamp": "Oct  1 22:14:15", "program": "kernel", "message": "up"}),
        ("Oct  1 22:14:15 2001:db8::1 postfix/smtpd[9]: x", {"timestamp": "Oct  1 22:14:15", "hostname": "2001:db8::1",
                                                            "program": "postfix/smtpd", "pid": "9", "message": "x"}),
        ("Oct  1 22:14:15 gate last message repeated 3 times", {"timestamp": "Oct  1 22:14:15", "hostname": "gate",
                                                                "message": "last message repeated 3 times"}),
        (
            "2026-11-24T10:00:00.123456+07:00 gate app: x",
            {"timestamp": "2026-11-24T10:00:00.123456+07:00", "hostname": "gate", "program": "app", "message": "x"},
        ),
        (
            '<165>1 2026-10-11T22:14:15.003Z gate app 8710 ID47 [e@1 k="a\\"b\\]" l="2"][f@1] \ufeffĐã xong',
            {"timestamp": "2026-10-11T22:14:15.003Z", "hostname": "gate", "program": "app", "pid": "8710",
             "msgid": "ID47", "structured_data": {"e@1": {"k": 'a"b]', "l": "2"}, "f@1": {}}, "message": "Đã xong",
             "facility": "local4", "severity": "notice"},
        ),
        ("<14>1 - - - - - -", {"facility": "user", "severity": "info"}),
    ],
)  # fmt: skip
def test_headers(line, expected):
    assert event(line) == expected


def test_structured_data_is_reached_by_dotted_names():
    batch = read('<165>1 - - app - - [x@1 ip="192.0.2.1" ip="192.0.2.2"] m')
    assert batch.column("structured_data.x@1.ip").texts() == ["192.0.2.1", "192.0.2.2"]
    assert structured_data("-") == {}


def test_a_priority_beyond_the_table_has_no_facility():
    assert read("<999>Oct 11 22:14:15 gate su: x").texts(0, "facility") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Failed password for bob from 192.0.2.9 port 40000 ssh2",
         {"action": "Failed", "method": "password", "user": "bob", "src_ip": "192.0.2.9", "src_port": "40000",
          "protocol": "ssh2"}),
        ("Failed password for invalid user x from 192.0.2.9 port 1 from 198.51.100.2 port 22 ssh2",
         {"action": "Failed", "method": "password", "invalid_user": "invalid user", "user": "x from 192.0.2.9 port 1",
          "src_ip": "198.51.100.2", "src_port": "22", "protocol": "ssh2"}),
        ("Accepted publickey for bob from 2001:db8::9 port 5 ssh2: ED25519 SHA256:abc",
         {"action": "Accepted", "method": "publickey", "user": "bob", "src_ip": "2001:db8::9", "src_port": "5",
          "protocol": "ssh2", "key_type": "ED25519", "key_fingerprint": "SHA256:abc"}),
        ("Invalid user  from 192.0.2.9", {"action": "Invalid user", "user": "", "src_ip": "192.0.2.9"}),
        ("Connection closed by invalid user admin 192.0.2.9 port 5 [preauth]",
         {"action": "Connection closed", "user": "admin", "src_ip": "192.0.2.9", "src_port": "5"}),
        ("pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.9  user=bob",
         {"service": "sshd", "logname": "", "uid": "0", "euid": "0", "tty": "ssh", "ruser": "", "rhost": "192.0.2.9",
          "user": "bob", "action": "authentication_failure"}),
        ("Server listening on 0.0.0.0 port 22.", {}),
    ],
)  # fmt: skip
def test_sshd(text, expected):
    assert message("sshd", text) == expected


def test_sudo_keeps_its_keys_and_the_whole_command():
    assert message("sudo", "   bob : command not allowed ; TTY=pts/0 ; PWD=/home/b ; USER=root ; COMMAND=/bin/sh -c a ; b") == {
        "user": "bob", "reason": "command not allowed", "TTY": "pts/0", "PWD": "/home/b", "USER": "root",
        "COMMAND": "/bin/sh -c a ; b",
    }  # fmt: skip


def test_iptables():
    text = "[ 12.5] DROP-IN: IN=eth0 OUT= SRC=198.51.100.7 DST=192.0.2.1 LEN=60 DF PROTO=UDP SPT=9 DPT=53 LEN=40"
    assert message("kernel", text) == {
        "prefix": "DROP-IN:", "IN": "eth0", "OUT": "", "SRC": "198.51.100.7", "DST": "192.0.2.1", "LEN": "60",
        "PROTO": "UDP", "SPT": "9", "DPT": "53",
    }  # fmt: skip


def test_the_packet_that_an_icmp_error_quotes_is_no_nat():
    batch = read(
        "Nov 24 10:00:00 gate kernel: IN=e SRC=192.0.2.1 DST=192.0.2.2 PROTO=ICMP [SRC=192.0.2.2 DST=203.0.113.1 DPT=53 ]"
    )
    assert concepts.value(batch, 0, "source.nat.ip") is None
    assert batch.value(0, "QUOTED_DST") == "203.0.113.1"


@pytest.mark.parametrize(
    "line",
    [
        (
            "Nov 24 10:00:00 gate ulogd[1]: [NEW] ORIG: SRC=10.0.0.5 DST=203.0.113.9 PROTO=TCP SPT=51000 DPT=443 PKTS=0 , "
            "REPLY: SRC=203.0.113.9 DST=198.51.100.1 PROTO=TCP SPT=443 DPT=40001 PKTS=0"
        ),
        (
            "Nov 24 10:00:00 gate conntrack: [DESTROY] tcp 6 src=10.0.0.5 dst=203.0.113.9 sport=51000 dport=443 "
            "src=203.0.113.9 dst=198.51.100.1 sport=443 dport=40001"
        ),
        (
            "Nov 24 10:00:00 gate firewall,info srcnat: in:bridge out:ether1, src-mac 00:00:5e:00:53:01, proto TCP (SYN), "
            "10.0.0.5:51000->203.0.113.9:443, NAT (10.0.0.5:51000->198.51.100.1:40001)->203.0.113.9:443, len 60"
        ),
    ],
)
def test_nat_logs_say_which_inner_host_had_the_public_port(line):
    batch = read(line)
    expected = {
        "source.ip": "10.0.0.5", "source.port": "51000", "destination.ip": "203.0.113.9", "destination.port": "443",
        "source.nat.ip": "198.51.100.1", "source.nat.port": "40001", "network.transport": "TCP",
    }  # fmt: skip
    assert {name: concepts.value(batch, 0, name) for name in expected} == expected


@pytest.mark.parametrize(
    "line",
    [
        "Nov 24 10:00:00 dns named[5]: client @0x7f 192.0.2.5#4000 (bad.example): query: bad.example IN A +E(0)K (192.0.2.53)",
        "24-Nov-2026 10:00:00.123 queries: info: client 192.0.2.5#4000 (bad.example): view in: query: bad.example IN A + (192.0.2.53)",
        "Nov 24 10:00:00 dns dnsmasq[5]: query[A] bad.example from 192.0.2.5",
        "Nov 24 10:00:00 dns unbound: [5:0] info: 192.0.2.5 bad.example. A IN",
    ],
)
def test_name_servers(line):
    batch = read(line, year=2026)
    assert concepts.value(batch, 0, "dns.question.name") == "bad.example"
    assert concepts.value(batch, 0, "dns.question.type") == "A"
    assert concepts.value(batch, 0, "source.ip") == "192.0.2.5"
    assert iso(concepts.time_us(batch, 0)).startswith("2026-11-24T10:00:00")


@pytest.mark.parametrize("header", ["", "Nov 14 22:13:20 proxy (squid-1)[9]: "])
def test_squid(header):
    line = "1700000000.123    921 192.0.2.68 TCP_MISS/200 507 GET http://bad.example/a/b.exe?x=1 - HIER_DIRECT/203.0.113.5 text/html"
    batch = read(header + line, year=2023)
    assert {name: batch.value(0, name) for name in ("c-uri-query", "c-uri-extension", "cs-host", "cs-method", "sc-status")} == {
        "c-uri-query": "x=1", "c-uri-extension": "exe", "cs-host": "bad.example", "cs-method": "GET", "sc-status": "200",
    }  # fmt: skip
    assert batch.value(0, "cs-username") is None
    assert concepts.value(batch, 0, "destination.ip") == "203.0.113.5"
    assert iso(concepts.time_us(batch, 0)).startswith("2023-11-14T22:13:20")


def test_other_lines_are_skipped_with_their_place():
    batch = read("Nov 24 10:00:00 gate a: x", "  at some.java.Frame", "", "word")
    assert [(skip.reason, skip.record, skip.count) for skip in batch.skipped] == [("unknown_line", 2, 2)]
    assert batch.raw(0) == b"Nov 24 10:00:00 gate a: x"


@pytest.mark.corpus
def test_every_line_of_a_real_auth_log_is_an_event(corpora):
    data = (corpora / "logs/auth/auth.log").read_bytes()
    batches = [SOURCE.decode(block, Options(year=2017)) for block in SOURCE.frame(io.BytesIO(data))]
    assert sum(batch.n_rows for batch in batches) == data.count(b"\n")
    assert not any(batch.skipped for batch in batches)
    (batch,) = batches
    assert len(batch.column("src_ip")) > 1500
    assert all(concepts.time_us(batch, row) for row in range(0, batch.n_rows, 97))


@pytest.mark.parametrize(
    "text",
    [
        "x: x: in:a out:b, " * 5000 + " proto a->",
        "named: client " + "a" * 100_000,
        "named: " + "client a#1 (" * 20_000,
        "sshd: Accepted a for " + " from b port " * 20_000,
        "sudo: a : " + "; " * 50_000 + "TTY",
        "x: " + "src=dst= -> proto a, " * 20_000,
        ": " * 50_000,
    ],
    ids=range(7),
)
def test_a_hostile_message_takes_linear_time(text):
    started = time.process_time()
    assert read("Nov 24 10:00:00 gate " + text).n_rows == 1
    assert time.process_time() - started < 2  # quadratic time would be half a minute and more
