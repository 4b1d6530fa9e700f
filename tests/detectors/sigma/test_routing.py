"""Which events the log sources of rules mean: real lines find their rules, and no log source of SigmaHQ is without a route unawares."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.detectors.sigma.routing import route, routed_sources
from vonggac.detectors.sigma.ruleset import LogSource
from vonggac.sources import SOURCES, by_name
from vonggac.sources.source import Options

FOLDERS = ("rules", "rules-emerging-threats", "rules-threat-hunting")

UNROUTED = {
    "product=paloalto category=file_event service=globalprotect": "files that come up on the appliance itself, which no log of it tells",
}
"""Log sources that lead to no event, and why."""

ID = "11111111-1111-4111-8111-111111111111"
AUDIT = (
    'type=SYSCALL msg=audit(1764400000.123:101): arch=c000003e syscall=59 ppid=900 pid=901 uid=0 exe="/usr/bin/wget" key="k"\n'
    'type=EXECVE msg=audit(1764400000.123:101): argc=2 a0="wget" a1="--post-file=/etc/shadow"\n'
    'type=CWD msg=audit(1764400000.123:101): cwd="/tmp"\n'
    'type=PATH msg=audit(1764400000.123:101): item=0 name="/etc/cron.d/x" nametype=CREATE\n'
    'type=PATH msg=audit(1764400000.123:101): item=1 name="/var/log/syslog" nametype=DELETE\n'
    'type=SYSCALL msg=audit(1764400000.124:102): arch=c000003e syscall=42 ppid=1 pid=77 uid=0 exe="/bin/bash"\n'
    "type=SOCKADDR msg=audit(1764400000.124:102): saddr=02000050C00002010000000000000000\n"
)


def sysmon(number: int, **data: str) -> str:
    inner = "".join(f'<Data Name="{name}">{value}</Data>' for name, value in data.items())
    return (
        f'<Event><System><Provider Name="Linux-Sysmon"/><EventID>{number}</EventID><Channel>Linux-Sysmon/Operational</Channel>'
        f"</System><EventData>{inner}</EventData></Event>\n"
    )


SYSMON = (
    sysmon(1, Image="/usr/bin/wget", CommandLine="wget --post-file=/etc/shadow", User="root")
    + sysmon(3, Image="/bin/bash", DestinationIp="192.0.2.1", DestinationPort="80", Initiated="true")
    + sysmon(11, Image="/bin/bash", TargetFilename="/etc/cron.d/x")
    + sysmon(23, Image="/bin/rm", TargetFilename="/var/log/syslog")
)
MESSAGES = (
    "crontab[9]: (root) REPLACE (root)", "sshd-session[9]: error: incorrect signature", "sudo:   an : TTY=pts/0 ; USER=#-1 ; COMMAND=/bin/sh",
    "vsftpd[9]: Input line too long.", "clamd[9]: /tmp/x: Trojan.X FOUND", 'guacd[9]: User "a" joined connection (2 users now present)',
    "pkexec[9]: an: The value for environment variable XAUTHORITY contains suspicious content",
)  # fmt: skip
SYSLOG = "".join(f"Nov 24 08:30:01 web-1 {message}\n" for message in MESSAGES)
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) sc-status\n"
    "2026-11-02 00:00:07 192.0.2.10 POST /shell.aspx cmd=dir+c%3A 203.0.113.9 My+Agent/1 200\n"
)
FIREWALL = (
    "#Software: Microsoft Windows Firewall\n#Fields: date time action protocol src-ip dst-ip src-port dst-port\n"
    "2026-11-02 07:00:08 ALLOW TCP 192.0.2.7 198.51.100.3 50000 23\n2026-11-02 07:00:08 DROP TCP 192.0.2.7 198.51.100.3 50000 23\n"
)

PROCESS = "{Image|endswith: /wget, CommandLine|contains: ' --post-file=', User: root}"
CASES = [
    *(
        (source, text, logsource, selection, lines)
        for source, text, lines in (
            ("auditd", AUDIT, {"process": [2], "connection": [7], "file": [4], "delete": [5]}),
            ("syslog", "".join(f"Nov 24 08:30:01 web-1 audispd: {line}\n" for line in AUDIT.splitlines()), {"process": [2], "connection": [7], "file": [4], "delete": [5]}),
            ("sysmon_linux", SYSMON, {"process": [1], "connection": [2], "file": [3], "delete": [4]}),
            ("syslog", "".join(f"Nov 24 08:30:01 web-1 sysmon: {line}\n" for line in SYSMON.splitlines()), {"process": [1], "connection": [2], "file": [3], "delete": [4]}),
        )
        for logsource, selection, lines in (
            ("{product: linux, category: process_creation}", PROCESS, lines["process"]),
            ("{product: linux, category: network_connection}", "{Image|endswith: /bash, DestinationIp: 192.0.2.1, DestinationPort: 80, Initiated: 'true'}", lines["connection"]),
            ("{product: linux, category: file_event}", "{TargetFilename|startswith: /etc/cron.d/}", lines["file"]),
            ("{product: linux, category: file_delete}", "{TargetFilename: /var/log/syslog}", lines["delete"]),
            ("{product: windows, category: process_creation}", PROCESS, []),
        )
    ),
    ("auditd", AUDIT, "{product: linux, service: auditd}", "{type: EXECVE, a0: wget, a1|startswith: '--post-file='}", [2]),
    ("auditd", AUDIT, "{product: linux, service: auditd}", "{type: SYSCALL, SYSCALL: execve, key: k}", [1]),
    ("auditd", AUDIT, "{product: linux}", "['wget --post-file=']", [2]),
    ("auditd", AUDIT, "{product: linux, service: sshd}", "['wget']", []),
    ("sysmon_linux", SYSMON, "{product: linux, service: sysmon}", "{EventID: 1}", [1]),
    *(
        ("syslog", SYSLOG, f"{{product: linux, service: {service}}}", selection, [line])
        for line, (service, selection) in enumerate(
            (("cron", "['REPLACE']"), ("sshd", "['incorrect signature']"), ("sudo", "{USER|startswith: '#-'}"), ("vsftpd", "['Input line too long.']"),
             ("clamav", "['Trojan*FOUND']"), ("guacamole", "['(2 users now present)']"), ("auth", "['pkexec']")), 1
        )
    ),
    ("w3c", IIS, "{category: webserver}", "{cs-method: POST, cs-uri-query|contains: 'cmd=dir c:', cs-uri-stem|endswith: .aspx, sc-status: 200}", [3]),
    ("w3c", IIS, "{category: webserver}", "{cs-uri-query|contains: /shell.aspx, cs-user-agent: My Agent/1}", [3]),
    ("w3c", IIS, "{category: proxy}", "{c-useragent: My Agent/1, c-uri|contains: '.aspx?cmd='}", [3]),
    ("w3c", IIS, "{category: firewall}", "{cs-method: POST}", []),
    ("windows_firewall", FIREWALL, "{category: firewall}", "{dst_port: 23, blocked: 'false', src_ip: 192.0.2.7, dst_ip|startswith: '198.51.'}", [3]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text", "logsource", "selection", "lines"), CASES)
def test_events_find_the_rules_that_mean_them(
    source: str, text: str, logsource: str, selection: str, lines: list[int]
) -> None:
    rule = f"title: x\nid: {ID}\nlogsource: {logsource}\ndetection:\n  s: {selection}\n  condition: s\nlevel: low\n"
    rules = compile_rules([("x.yml", rule)])
    assert not rules.faults
    detector = SigmaDetector(rules)
    reader = by_name(source)
    found = []
    for block in reader.frame(io.BytesIO(text.encode())):
        batch = reader.decode(block, Options())
        assert not batch.skipped
        found.extend(batch.record(hit.row) for hit in detector.detect(batch))
    assert found == lines


def logsources(corpora: Path) -> Counter[LogSource]:
    """The log sources of all rules of the corpus, each with how many rules name it."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: Counter[LogSource] = Counter()
    for folder in FOLDERS:
        for path in sorted((corpora / "sigma" / folder).rglob("*.yml")):
            for document in yaml.load_all(path.read_text("utf-8"), Loader=loader):  # both are safe loaders
                if source := document.get("logsource"):
                    found[LogSource(*(source.get(key) or "" for key in ("product", "category", "service")))] += 1
    return found


@pytest.mark.corpus
def test_no_log_source_of_sigmahq_is_without_a_route_unawares(corpora: Path) -> None:
    found = logsources(corpora)
    assert found.total() > 3000
    assert len({one for one in found if one.product in ("linux", "windows") or one.category == "webserver"}) >= 80
    without = {str(one) for one in found if not any(route(source, one) for source in routed_sources())}
    assert without == set(UNROUTED)


def test_a_rule_for_all_logs_of_a_product_leaves_out_those_without_words() -> None:
    everything = LogSource("windows")
    assert route("windows_firewall", everything) is None
    assert route("windows_firewall", LogSource("windows", "firewall")) is not None
    assert route("w3c", everything) == route("windows", everything) == ["and"]


def test_every_source_with_routes_is_a_source() -> None:
    families = {"windows"}  # what EVTX and the JSON forms of Windows events give
    assert set(routed_sources()) <= {source.name for source in SOURCES} | families
