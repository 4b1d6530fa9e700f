"""Messages of DHCP, mail and VPN servers, as their manuals and sources write them."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.sources.source import Options
from vonggac.sources.syslog import SOURCE

HEAD = "Nov 24 10:00:00 gw "


def read(line: str) -> EventBatch:
    (block,) = SOURCE.frame(io.BytesIO(line.encode("utf-8", "replace")))
    batch = SOURCE.decode(block, Options(year=2026))
    assert batch.n_rows == 1, batch.skipped
    return batch


def check(line: str, expected: dict[str, str]) -> None:
    event = read(line).event(0)
    assert {name: event.get(name) for name in expected} == expected


DHCP = {"client_ip": "192.0.2.5", "mac": "00:00:5e:00:53:01"}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "dhcpd[7]: DHCPACK on 192.0.2.5 to 00:00:5e:00:53:01 (pc-1) via eth0",
            {**DHCP, "action": "DHCPACK", "client_hostname": "pc-1", "interface": "eth0"},
        ),
        (
            "dhcpd: DHCPACK to 192.0.2.5 (00:00:5e:00:53:01) via eth0",
            {**DHCP, "action": "DHCPACK", "interface": "eth0"},
        ),
        (
            "dhcpd: DHCPREQUEST for 192.0.2.5 (192.0.2.1) from 00:00:5e:00:53:01 (pc) via 198.51.100.1: wrong network.",
            {
                **DHCP,
                "server_ip": "192.0.2.1",
                "client_hostname": "pc",
                "relay": "198.51.100.1",
                "reason": "wrong network.",
            },
        ),
        (
            "dhcpd: DHCPDISCOVER from 00:00:5e:00:53:01 via eth0: network 192.0.2.0/24: no free leases",
            {"mac": "00:00:5e:00:53:01", "interface": "eth0", "reason": "network 192.0.2.0/24: no free leases"},
        ),
        (
            "dhcpd: DHCPRELEASE of 192.0.2.5 from 00:00:5e:00:53:01 (pc) via eth0 (found)",
            {**DHCP, "action": "DHCPRELEASE"},
        ),
        (
            "dhcpd: Reply NA: address 2001:db8::5 to client with duid 00:01:2a iaid = 12 valid for 3600 seconds",
            {"action": "Reply", "client_ip": "2001:db8::5", "duid": "00:01:2a", "lease_seconds": "3600"},
        ),
        (
            "dnsmasq-dhcp[7]: DHCPACK(eth0) 192.0.2.5 00:00:5e:00:53:01 pc-1",
            {**DHCP, "action": "DHCPACK", "interface": "eth0", "client_hostname": "pc-1"},
        ),
        (
            "dnsmasq-dhcp: 99 DHCPDISCOVER(eth0) 00:00:5e:00:53:01 ",
            {"action": "DHCPDISCOVER", "mac": "00:00:5e:00:53:01"},
        ),
        (
            "dnsmasq-dhcp: DHCPREPLY(eth0) 2001:db8::5 00:01:00:01:2a:00:5e:00:53:01 pc-1",
            {"client_ip": "2001:db8::5", "duid": "00:01:00:01:2a:00:5e:00:53:01", "client_hostname": "pc-1"},
        ),
        (
            (
                "kea-dhcp4[7]: INFO [kea-dhcp4.leases/7.140] DHCP4_LEASE_ALLOC [hwtype=1 00:00:5e:00:53:01], cid=[01:00], tid=0x1: "
                "lease 192.0.2.5 has been allocated for 3600 seconds"
            ),
            {**DHCP, "action": "DHCP4_LEASE_ALLOC", "cid": "01:00", "lease_seconds": "3600"},
        ),
    ],
)
def test_dhcp(message: str, expected: dict[str, str]) -> None:
    check(HEAD + message, expected)


def test_keas_own_file_is_read_as_its_messages() -> None:
    line = "2026-11-24 10:00:00.123 INFO  [kea-dhcp6.leases/7.140] DHCP6_LEASE_ALLOC duid=[00:01], tid=0x1: lease for address 2001:db8::5 "
    check(
        line + "and iaid=1 has been allocated for 60 seconds",
        {
            "program": "kea-dhcp6",
            "level": "INFO",
            "client_ip": "2001:db8::5",
            "duid": "00:01",
            "timestamp": "2026-11-24 10:00:00.123",
        },
    )


def test_a_client_cannot_name_itself_into_another_address() -> None:
    batch = read(HEAD + "dhcpd: DHCPACK on 192.0.2.5 to 00:00:5e:00:53:01 (x) via eth9 (y) via eth0")
    assert concepts.value(batch, 0, "client.ip") == "192.0.2.5"
    assert concepts.value(batch, 0, "client.mac") == "00:00:5e:00:53:01"
    assert batch.value(0, "client_hostname") == "x) via eth9 (y"
    assert batch.value(0, "interface") == "eth0"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("postfix/smtpd[7]: connect from mail.x.example[203.0.113.9]", {"action": "connect", "src_host": "mail.x.example", "src_ip": "203.0.113.9"}),
        (
            "postfix/smtpd[7]: 4ABC1234: client=mail.x.example[203.0.113.9], sasl_method=LOGIN, sasl_username=alice@y.example",
            {"queue_id": "4ABC1234", "src_ip": "203.0.113.9", "sasl_username": "alice@y.example"},
        ),
        (
            "postfix/submission/smtpd[7]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
            {"action": "authentication failed", "src_ip": "203.0.113.9", "sasl_method": "LOGIN"},
        ),
        (
            ("postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 554 5.7.1 <b@z.example>: Relay access denied; "
            "from=<a@x.example> to=<b@z.example> proto=ESMTP helo=<pc>"),
            {"action": "reject", "reason": "554 5.7.1 <b@z.example>: Relay access denied", "from": "a@x.example", "to": "b@z.example", "helo": "pc"},
        ),
        (
            ("postfix/smtp[7]: 4ABC1234: to=<b@z.example>, orig_to=<c@z.example>, relay=mx.z.example[203.0.113.25]:25, delay=1, dsn=2.0.0, "
            "status=sent (250 2.0.0 Ok)"),
            {"to": "b@z.example", "relay_host": "mx.z.example", "dst_ip": "203.0.113.25", "dst_port": "25", "status": "sent", "response": "250 2.0.0 Ok"},
        ),
        ("postfix/qmgr[7]: 4ABC1234: from=<a@x.example>, size=12, nrcpt=1 (queue active)", {"from": "a@x.example", "size": "12", "nrcpt": "1"}),
        ("postfix/cleanup[7]: 4ABC1234: message-id=<m1@x.example>", {"queue_id": "4ABC1234", "message-id": "m1@x.example"}),
        ("postfix/postscreen[7]: PREGREET 11 after 0.1 from [203.0.113.9]:4000: EHLO x", {"action": "PREGREET", "src_ip": "203.0.113.9", "src_port": "4000"}),
        (
            "sm-mta[7]: w1AB2345678901: from=<a@x.example>, size=1234, nrcpts=1, msgid=<m1@x.example>, proto=ESMTP, relay=mail.x.example [203.0.113.9]",
            {"from": "a@x.example", "src_ip": "203.0.113.9", "src_host": "mail.x.example", "msgid": "m1@x.example"},
        ),
        (
            ("sendmail[7]: w1AB2345678901: to=<b@z.example>, ctladdr=<a@x.example> (33/33), mailer=esmtp, relay=mx.z.example. [203.0.113.25], "
            "dsn=2.0.0, stat=Sent (ok, queued)"),
            {"to": "b@z.example", "dst_ip": "203.0.113.25", "relay_host": "mx.z.example", "stat": "Sent (ok, queued)"},
        ),
        (
            "exim[7]: 1abcde-000001-AB <= a@x.example H=mail.x.example (helo) [203.0.113.9]:4000 P=esmtpsa A=login:alice S=1234 id=m1@x.example",
            {"queue_id": "1abcde-000001-AB", "from": "a@x.example", "src_ip": "203.0.113.9", "helo": "helo", "user": "alice", "message_id": "m1@x.example"},
        ),
        (
            "exim[7]: 2026-11-24 10:00:00 1abcde-000001-AB <= a@x.example H=mail.x.example [203.0.113.9] P=esmtp S=1234",
            {"timestamp": "Nov 24 10:00:00", "queue_id": "1abcde-000001-AB", "from": "a@x.example", "src_ip": "203.0.113.9"},
        ),
        (
            "exim4[7]: 2026-11-24 10:00:00.123 +0700 [99] 1abcde-000001-AB => b@z.example R=dns T=smtp H=mx.z.example [203.0.113.25]",
            {"action": "=>", "to": "b@z.example", "dst_ip": "203.0.113.25"},
        ),
        (
            "sm-mta[7]: ruleset=check_relay, arg1=[203.0.113.9], relay=[203.0.113.9], reject=550 5.7.1 Access denied",
            {"ruleset": "check_relay", "src_ip": "203.0.113.9", "reject": "550 5.7.1 Access denied"},
        ),
        (
            "dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.25, mpid=7, TLS, session=<x+y>",
            {"service": "imap-login", "action": "Login", "user": "bob", "rip": "203.0.113.9", "session": "x+y"},
        ),
        (
            "dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, rip=203.0.113.9",
            {"action": "Disconnected", "reason": "auth failed, 1 attempts in 2 secs", "user": "bob", "rip": "203.0.113.9"},
        ),
        ("dovecot: auth-worker(9): pam(bob,203.0.113.9,<abc>): Password mismatch", {"user": "bob", "rip": "203.0.113.9", "reason": "Password mismatch"}),
        ("dovecot: imap(bob)<7><abc>: Logged out in=1 out=2", {"service": "imap", "user": "bob"}),
    ],
)  # fmt: skip
def test_mail(message: str, expected: dict[str, str]) -> None:
    check(HEAD + message, expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '2026-11-24 10:00:00 1abcde-000001-AB => b@z.example R=dnslookup T=remote_smtp H=mx.z.example [203.0.113.25] C="250 OK"',
            {"program": "exim", "action": "=>", "to": "b@z.example", "dst_ip": "203.0.113.25", "response": "250 OK"},
        ),
        (
            "2026-11-24 10:00:00 login authenticator failed for (pc) [203.0.113.9]: 535 Incorrect authentication data (set_id=bob)",
            {"program": "exim", "action": "authentication failed", "src_ip": "203.0.113.9", "user": "bob", "helo": "pc"},
        ),
        (
            "2026-11-24 10:00:00 H=(pc) [203.0.113.9] F=<a@x.example> rejected RCPT <b@z.example>: relay not permitted",
            {"program": "exim", "action": "rejected RCPT", "from": "a@x.example", "to": "b@z.example", "reason": "relay not permitted"},
        ),
        (
            "2026-11-24 10:00:00 alice/203.0.113.9:4000 MULTI: primary virtual IP for alice/203.0.113.9:4000: 10.8.0.6",
            {"program": "openvpn", "user": "alice", "src_ip": "203.0.113.9", "tunnel_ip": "10.8.0.6"},
        ),
    ],
)  # fmt: skip
def test_log_files_of_exim_and_openvpn_have_no_host(line: str, expected: dict[str, str]) -> None:
    check(line, expected)
    assert "hostname" not in read(line).event(0)


@pytest.mark.parametrize("host", ["server-backup-01", "2001:db8::1", "2001:db8::9:1194", "a/b"])
def test_hosts_that_look_like_something_else_stay_hosts(host: str) -> None:
    check(
        f"Nov 24 10:00:00 {host} last message repeated 3 times",
        {"hostname": host, "message": "last message repeated 3 times"},
    )


def test_openvpn_over_ipv6() -> None:
    for client in ("alice/2001:db8::9:1194", "alice/udp6:[AF_INET6]2001:db8::9:1194"):
        check(
            f"{HEAD}openvpn[7]: {client} TLS Error: x", {"user": "alice", "src_ip": "2001:db8::9", "src_port": "1194"}
        )


PEER = {"src_ip": "203.0.113.9"}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "openvpn[7]: 203.0.113.9:4000 [alice] Peer Connection Initiated with [AF_INET]203.0.113.9:4000",
            {**PEER, "user": "alice", "action": "Peer Connection Initiated", "src_port": "4000"},
        ),
        (
            "ovpn-server[7]: alice/203.0.113.9:4000 MULTI_sva: pool returned IPv4=10.8.0.6",
            {**PEER, "user": "alice", "tunnel_ip": "10.8.0.6"},
        ),
        (
            "openvpn[7]: 203.0.113.9:4000 TLS Auth Error: Auth Username/Password verification failed for peer",
            {**PEER, "action": "verification failed"},
        ),
        ("openvpn[7]: 203.0.113.9:4000 TLS Error: TLS handshake failed", {**PEER, "reason": "TLS handshake failed"}),
        (
            "charon: 12[IKE] <rw|3> IKE_SA rw[3] established between 198.51.100.1[gw.example]...203.0.113.9[alice]",
            {**PEER, "action": "established", "user": "alice", "dst_ip": "198.51.100.1", "connection": "rw"},
        ),
        ("charon: 12[IKE] assigning virtual IP 10.8.0.5 to peer 'alice'", {"tunnel_ip": "10.8.0.5", "user": "alice"}),
        ("charon: 12[IKE] EAP method EAP_MSCHAPV2 failed for peer alice", {"action": "failed", "user": "alice"}),
        (
            "charon: 10[NET] received packet: from 203.0.113.9[500] to 198.51.100.1[500] (304 bytes)",
            {**PEER, "src_port": "500", "group": "NET"},
        ),
        ("charon: 10[IKE] 203.0.113.9 is initiating an IKE_SA", {**PEER, "action": "initiating"}),
        (
            "kernel: [12.5] wireguard: wg0: Handshake for peer 3 (203.0.113.9:51820) did not complete after 5 seconds, retrying",
            {**PEER, "interface": "wg0", "peer": "3", "src_port": "51820"},
        ),
        (
            "kernel: wireguard: wg0: Invalid handshake initiation from 203.0.113.9:51820",
            {**PEER, "action": "Invalid handshake initiation"},
        ),
        (
            "kernel: wireguard: wg0: Packet has unallowed src IP (10.9.0.3) from peer 3 (203.0.113.9:51820)",
            {**PEER, "tunnel_ip": "10.9.0.3", "peer": "3"},
        ),
        ("pptpd[7]: CTRL: Client 203.0.113.9 control connection started", {**PEER, "action": "connection started"}),
        (
            "pppd[7]: CHAP authentication succeeded for alice",
            {"action": "CHAP authentication succeeded", "user": "alice"},
        ),
        ("pppd[7]: pptpd-logwtmp.so ip-up ppp0 alice 203.0.113.9", {**PEER, "user": "alice", "interface": "ppp0"}),
        (
            "xl2tpd[7]: Connection established to 203.0.113.9, 1701.  Local: 1, Remote: 2 (ref=0/0).",
            {**PEER, "src_port": "1701"},
        ),
    ],
)
def test_vpn(message: str, expected: dict[str, str]) -> None:
    check(HEAD + message, expected)


PROGRAMS = st.sampled_from(
    ["dhcpd", "dnsmasq-dhcp", "kea-dhcp4", "postfix/smtpd", "postfix/smtp", "exim", "sendmail", "dovecot", "openvpn", "charon", "kernel", "pppd", "xl2tpd"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["DHCPACK on ", "DHCPREQUEST(", "[kea-x] DHCP4_X ", "4ABC1234: ", "to=<", "relay=", "[203.0.113.9]", "w1AB2345678901: ", " <= ", "H=(x) ",
     "rejected ", "imap-login: Login: ", "(bob,", "12[IKE] ", "IKE_SA a[1] ", "wireguard: w: ", " from ", " via ", ", ", ": ", "(", ")", "[", "]", "<", ">", "=", "1", "::"]
)  # fmt: skip


@given(program=PROGRAMS, words=st.lists(WORDS, max_size=12), text=st.text(max_size=30))
def test_any_message_is_an_event(program: str, words: list[str], text: str) -> None:
    message = "".join(words) + text.replace("\n", " ").replace("\r", " ")
    event = read(f"{HEAD}{program}[7]: {message}").event(0)
    assert event["hostname"] == "gw"
    assert all(isinstance(value, str) for value in event.values())


@pytest.mark.parametrize(
    "message",
    [
        "dhcpd: DHCPACK on 1 to 00:00:5e:00:53:01 (" + "x) via (" * 20_000,
        "dnsmasq-dhcp: DHCPACK(e) " + "00:" * 60_000,
        "kea-dhcp4: [kea-x] DHCP4_A " + ": lease " * 30_000,
        "postfix/smtpd: 4ABC1234: " + "a=b, " * 50_000,
        "postfix/smtpd: NOQUEUE: reject: RCPT from a[1]: " + "; from=<" * 30_000,
        "postfix/postscreen: " + "A " * 100_000,
        "sendmail: w1AB2345678901: " + "a=b" * 60_000,
        "exim: 1abcde-000001-AB <= a " + "H=(a) [" * 30_000,
        "exim: H=(a) " + "rejected " * 30_000,
        "dovecot: imap-login: Disconnected: " + "(a" * 60_000,
        "dovecot: " + "a-" * 60_000,
        "openvpn: " + "a/1.1.1.1:1 " * 20_000,
        "charon: 1[IKE] IKE_SA a[1] established between 1[" + "]...1[" * 20_000,
        "kernel: wireguard: w: " + "peer 1 (" * 20_000,
    ],
    ids=range(14),
)
def test_a_hostile_message_takes_linear_time(message: str) -> None:
    started = time.process_time()
    read(HEAD + message)
    assert time.process_time() - started < 2  # quadratic time would be half a minute and more
