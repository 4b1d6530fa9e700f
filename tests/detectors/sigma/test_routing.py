"""Which events the log sources of Sigma mean: of applications, clouds, network devices; what stays without a source, and why."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml

from vonggac.detectors.sigma import RuleSet, SigmaDetector, compile_rules
from vonggac.detectors.sigma.explain import explain
from vonggac.detectors.sigma.routing import route, routed_sources
from vonggac.detectors.sigma.ruleset import LogSource
from vonggac.events.batch import EventBatch
from vonggac.sources import by_name
from vonggac.sources.source import Options

UNROUTED = {
    # Files that appear on a Palo Alto appliance: it logs none, and no agent runs there.
    LogSource("paloalto", "file_event", "globalprotect"),
}
"""Log sources of SigmaHQ, but for Linux and Windows, of which no log that arrives here can hold an event."""


def rules(detection: str, logsource: str) -> RuleSet:
    text = f"title: t\nlogsource: {logsource}\ndetection:\n  s: {detection}\n  condition: s\n"
    ruleset = compile_rules([("r.yml", text)])
    assert not ruleset.faults, ruleset.faults
    return ruleset


def fits(batch: EventBatch, detection: str, logsource: str) -> bool:
    ruleset = rules(detection, logsource)
    found = bool(SigmaDetector(ruleset).detect(batch))
    assert explain(ruleset.rules[0], batch, 0).matched is found
    return found


def json(event: dict[str, object]) -> EventBatch:
    return EventBatch.from_dicts("json", [(1, event)])


def syslog(line: str) -> EventBatch:
    source = by_name("syslog")
    (block,) = source.frame(io.BytesIO(line.encode()))
    batch = source.decode(block, Options())
    assert batch.n_rows == 1, batch.skipped
    return batch


@pytest.mark.parametrize(
    ("logsource", "detection", "event"),
    [
        (
            "{product: aws, service: cloudtrail}",
            "{eventName: StopLogging, userIdentity.type: Root}",
            {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "userIdentity": {"type": "Root"}},
        ),
        (
            "{product: kubernetes, category: application, service: audit}",
            "{verb: create, objectRef.resource: pods, hostPath: '*', capabilities: '*ADMIN*', apiGroup: apps}",
            {
                "auditID": "1", "verb": "create", "objectRef": {"resource": "pods", "apiGroup": "apps"},
                "requestObject": {"spec": {
                    "volumes": [{"name": "a"}, {"hostPath": {"path": "/"}}],
                    "containers": [{"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}],
                }},
            },
        ),
        ("{product: github, service: audit}", "{action: repo.create}", {"action": "repo.create", "actor": "bob"}),
        (
            "{product: bitbucket, service: audit}",
            "{auditType.action: Project created}",
            {"auditType": {"action": "Project created", "category": "Projects"}},
        ),
        ("{product: okta, service: okta}", "{eventType: user.lock}", {"eventType": "user.lock", "actor": {"id": "1"}}),
        ("{product: onelogin, service: onelogin.events}", "{event_type_id: 3}", {"event_type_id": 3}),
        (
            "{product: cisco, service: duo}",
            "{event_type: authentication, reason: user_marked_fraud}",
            {"event_type": "authentication", "reason": "user_marked_fraud", "txid": "1", "factor": "duo_push"},
        ),
        (
            "{product: azure, service: auditlogs}",
            "{operationName: Add user, Status: success}",
            {"category": "AuditLogs", "operationName": "Add user", "properties": {"status": "success"}},
        ),
        (
            "{product: azure, service: activitylogs}",
            "{operationName: MICROSOFT.X/WRITE}",
            {"operationName": "MICROSOFT.X/WRITE", "resourceId": "/s/1", "category": "Administrative"},
        ),
        (
            "{product: azure, service: signinlogs}",
            "{ResultType: 50126}",
            {"category": "SignInLogs", "resultType": "50126", "properties": {"id": "1"}},
        ),
        ("{product: azure, service: riskdetection}", "{riskEventType: x}", {"properties": {"riskEventType": "x"}}),
        ("{product: azure, service: pim}", "{riskEventType: x}", {"riskEventType": "x"}),
        (
            "{product: gcp, service: gcp.audit}",
            "{gcp.audit.method_name|startswith: v1.compute, data.protoPayload.serviceName: compute.googleapis.com}",
            {"protoPayload": {"methodName": "v1.compute.x", "serviceName": "compute.googleapis.com"}},
        ),
        (
            "{product: gcp, service: google_workspace.admin}",
            "{eventService: admin.googleapis.com, eventName: GRANT}",
            {"eventService": "admin.googleapis.com", "eventName": "GRANT"},
        ),
        (
            "{product: gcp, service: google_workspace.login}",
            "{protoPayload.metadata.event.eventName: login_failure}",
            {"protoPayload": {"serviceName": "login.googleapis.com", "metadata": {"event": [{"eventName": "login_failure"}]}}},
        ),
        ("{product: m365, service: audit}", "{Operation: New-InboxRule}", {"Operation": "New-InboxRule", "Workload": "Exchange"}),
        (
            "{product: m365, service: threat_management}",
            "{eventSource: SecurityComplianceCenter, eventName: Unusual, status: success}",
            {"Workload": "SecurityComplianceCenter", "Name": "Unusual", "Status": "success"},
        ),
        ("{product: opencanary, category: application}", "{logtype: 4002}", {"logtype": 4002, "src_host": "192.0.2.9"}),
        (
            "{product: rpc_firewall, category: application}",
            "{EventLog: RPCFW, EventID: 3}",
            {"EventLog": "RPCFW", "EventID": 3, "InterfaceUuid": "x"},
        ),
        ("{product: python, category: application}", "[OperationalError]", {"levelname": "ERROR", "exc": "x OperationalError: y"}),
        (
            "{product: macos, category: process_creation}",
            "{Image|endswith: /osascript, CommandLine|contains: '-e', ParentImage: /bin/sh}",
            {
                "process": {"executable": {"path": "/bin/sh"}},
                "event": {"exec": {"target": {"executable": {"path": "/usr/bin/osascript"}}, "args": ["osascript", "-e"]}},
            },
        ),
        ("{category: firewall}", "{dst_ip: 203.0.113.9}", {"src_ip": "192.0.2.5", "dst_ip": "203.0.113.9"}),
        ("{category: dns}", "{query: bad.example}", {"query": "bad.example"}),
        (
            "{product: paloalto, category: appliance, service: globalprotect}",
            "['failed to unmarshal session(../']",
            {"level": "error", "task": "1-2", "message": "failed to unmarshal session(../x)"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("{") else "",
)  # fmt: skip
def test_json_of_clouds_and_applications(logsource: str, detection: str, event: dict[str, object]) -> None:
    assert fits(json(event), detection, logsource)
    assert not fits(json({"unrelated": "x"}), detection, logsource)


FORTIGATE = (
    'date=2026-11-24 time=10:00:00 devname="fg" devid="FG1" logid="1" type="traffic" srcip=10.0.0.5 srcport=51000 '
    'dstip=203.0.113.9 dstport=23 action="{action}"'
)
HEAD = "Nov 24 10:00:00 gw "


@pytest.mark.parametrize(
    ("line", "is_passed"),
    [
        (FORTIGATE.format(action="close"), True),
        (FORTIGATE.format(action="deny"), False),
        (
            HEAD
            + "%ASA-6-302013: Built outbound TCP connection 1 for out:203.0.113.9/23 (203.0.113.9/23) to in:10.0.0.5/51000 "
            "(198.51.100.1/40001)",
            True,
        ),
        (HEAD + "%ASA-4-106023: Deny tcp src in:10.0.0.5/51000 dst out:203.0.113.9/23", False),
        (
            HEAD + "%%01POLICY/6/POLICYPERMIT(l):source-ip=10.0.0.5, destination-ip=203.0.113.9, destination-port=23",
            True,
        ),
        (HEAD + "RT_FLOW: session denied 10.0.0.5/51000->203.0.113.9/23 junos-telnet 6(0) p a b", False),
        (
            HEAD + "filterlog[1]: 5,,,1,em0,match,pass,out,4,0x0,,64,0,0,DF,6,tcp,60,10.0.0.5,203.0.113.9,51000,23,0,S",
            True,
        ),
    ],
)
def test_the_rule_of_cleartext_protocols_reads_every_firewall(line: str, *, is_passed: bool) -> None:
    assert fits(syslog(line), "{dst_port: 23, blocked: 'false'}", "{category: firewall}") is is_passed
    assert fits(syslog(line), "{src_ip: 10.0.0.5, dst_ip: 203.0.113.9}", "{category: firewall}")


@pytest.mark.parametrize(
    ("logsource", "detection", "line"),
    [
        ("{product: cisco, service: aaa}", "['no logging']", HEAD + "r1 %PARSER-5-CFGLOG_LOGGEDCMD: User:bob  logged command:no logging"),
        ("{product: cisco, service: aaa}", "['clear log']", HEAD + "tac_plus[7]: 192.0.2.5 bob vty0 stop cmd=clear log <cr>"),
        ("{product: cisco, service: bgp}", "[IP-TCP-3-BADAUTH]", HEAD + "%IP-TCP-3-BADAUTH: No MD5 digest from 192.0.2.5(179) to 192.0.2.6(9)"),
        ("{product: huawei, service: bgp}", "[BGP_AUTH_FAILED]", HEAD + "%%01BGP/3/BGP_AUTH_FAILED(l)[1]:failed. (PeeringAddress=192.0.2.5)"),
        ("{product: juniper, service: bgp}", "[missing MD5 digest]", HEAD + "rpd[7]: missing MD5 digest from 192.0.2.5:179"),
        (
            "{product: fortigate, service: event}",
            "{action: Add, cfgpath: system.admin}",
            'date=2026-11-24 time=10:00:00 devname=fg devid=FG1 logid=0100044547 type=event action=Add cfgpath="system.admin"',
        ),
        ("{product: django, category: application}", "[SuspiciousOperation]", HEAD + "shop[7]: django.core.exceptions.SuspiciousOperation"),
        ("{category: database}", "[truncate]", HEAD + "postgres[7]: LOG:  statement: truncate table t"),
        ("{category: dns}", "{query: bad.example}", HEAD + 'date=2026-11-24 time=10:00:00 devid=FG1 logid=1 type=utm subtype=dns qname="bad.example"'),
    ],
)  # fmt: skip
def test_messages_of_devices_and_applications(logsource: str, detection: str, line: str) -> None:
    assert fits(syslog(line), detection, logsource)


@pytest.mark.parametrize(
    "logsource",
    ["{product: cisco, service: aaa}", "{product: huawei, service: bgp}", "{product: fortios, service: sslvpnd}"],
)
def test_rules_of_devices_leave_other_lines_alone(logsource: str) -> None:
    assert not fits(
        syslog(HEAD + "sudo: bob : TTY=p ; PWD=/ ; USER=root ; COMMAND=/bin/show history"),
        "['show history']",
        logsource,
    )


@pytest.mark.corpus
def test_every_log_source_of_the_corpus_has_a_source(corpora: Path) -> None:
    left: dict[LogSource, str] = {}
    for path in sorted((corpora / "sigma").glob("rules*/**/*.yml")):
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            found = (document or {}).get("logsource")
            if not found or found.get("product") in ("windows", "linux"):
                continue
            logsource = LogSource(*(found.get(key, "") for key in ("product", "category", "service")))
            if all(route(source, logsource) is None for source in routed_sources()):
                left[logsource] = str(path)
    assert left.keys() == UNROUTED, left
