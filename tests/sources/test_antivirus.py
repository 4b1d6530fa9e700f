import io
import json
import time
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.events import concepts
from vonggac.sources import detect, syslog, windows_json
from vonggac.sources.antivirus import DEFENDER_CHANNEL, OUTCOMES, defender_files, defender_outcome, state_of_words
from vonggac.sources.source import Options

SHOWN = ("Signature", "Filename", "Action", "User", "ComputerName", "Outcome")


def read(*lines):
    (block,) = syslog.SOURCE.frame(io.BytesIO("\n".join(lines).encode()))
    batch = syslog.SOURCE.decode(block, Options(year=2026))
    assert not batch.skipped, batch.skipped
    return batch


def shown(line):
    batch = read(line)
    return tuple(batch.value(0, name) for name in SHOWN)


HEAD = "Nov 24 10:00:00 console "
KSC = (
    HEAD
    + r"CEF:0|KasperskyLab|SecurityCenter|14|{kind}|Object|4|rt=1647626887000 dhost=PC-1 dst=192.0.2.5 duser=PC-1\\an "
    r"cs1=HEUR:Trojan.Win32.Agent cs1Label=VirusName filePath=C:\\Users\\an\\x.ps1"
)
KSC_5424 = (
    '<14>1 2026-11-24T10:00:00.0Z ksc KES|11.0 - {kind} [event@23668 et="{kind}" etdn="Object" hdn="PC-1" hip="192.0.2.5" '
    'p1="' + "ab" * 32 + r'" p2="C:\\Users\\an\\x.ps1" p5="HEUR:Trojan.Win32.Agent" p7="PC-1\\an"] text'
)
SEP = (
    "<54>Nov 24 10:00:00 sepm SymantecServer: Virus found,IP Address: 192.0.2.5,Computer name: PC-1,Source: Auto-Protect scan,"
    "Risk name: Trojan.Gen.2,Occurrences: 1,{path},Actual action: {action},Requested action: Cleaned,"
    "Secondary action: Quarantined,Event time: 2026-11-24 10:00:00,User: an"
)
APEX = (
    HEAD
    + r"CEF:0|Trend Micro|Apex Central|2019|AV:{act}|JOKE_A|3|rt=Nov 24 2026 10:00:00 GMT+00:00 dhost=PC-1 duser=an act={act} "
    r"cs5Label=VLF_FirstActionResult cs5={first} cs6Label=VLF_SecondActionResult cs6={second} fname=a.exe filePath=C:\\Temp\\"
)
DEEP = (
    HEAD
    + r"CEF:0|Trend Micro|Deep Security Agent|12.0|4000000|Eicar_test_file|6|cn1=1 cn1Label=Host ID dvchost=PC-1 suser=an "
    r"filePath=C:\\Temp\\a.exe act=Delete result={result} msg=Realtime"
)
DEEP_LEEF = (
    HEAD
    + "LEEF:2.0|Trend Micro|Deep Security Agent|12.0|4000030|cat=Anti-Malware\tname=Eicar_test_file\tdvchost=PC-1\tusrName=an\t"
    "filePath=C:\\Temp\\a.exe\tact={act}"
)
SOPHOS = (
    HEAD
    + r"CEF:0|sophos|sophos central|1.0|{kind}|Mal/EncPk-A|8|threat=Mal/EncPk-A filePath=C:\\Temp\\a.exe suser=PC-1\\an dhost=PC-1"
)
ESET = (
    HEAD
    + "LEEF:1.0|ESET|RemoteAdministrator|7.0|Threat Event|cat=ESET Threat Event\tsrc=192.0.2.5\tdeviceName=PC-1\taccountName=an\t"
    "threatName=Win32/Agent.X\tobjectUri=file:///C:/Temp/a.exe\tactionTaken={action}\tthreatHandled={handled}"
)
ESET_CEF = (
    HEAD
    + "CEF:0|ESET|Protect|11.1|183|File scanner|5|dvchost=PC-1 cat=ESET Threat Event cs1=Win32/Agent.X cs1Label=Threat Name "
    "act={action} filePath=file:///C:/Temp/a.exe cn1={handled} cn1Label=Handled suser=an"
)
TRELLIX = (
    '<29>1 2026-11-24T10:00:00.0Z epo EPOEvents - EventFwd [agentInfo@3401 tenantId="1"] ?<?xml version="1.0"?><EPOEvent><MachineInfo>'
    "<MachineName>PC-1</MachineName><IPAddress>192.0.2.5</IPAddress><UserName>an</UserName></MachineInfo><SoftwareInfo><Event>"
    "<EventID>{number}</EventID><CommonFields><ThreatCategory>av.detect</ThreatCategory><ThreatName>Elspy.worm</ThreatName>"
    "<ThreatActionTaken>{action}</ThreatActionTaken><ThreatHandled>{handled}</ThreatHandled><TargetFileName>C:\\Temp\\a&amp;b.exe"
    "</TargetFileName></CommonFields></Event></SoftwareInfo></EPOEvent>"
)
BITDEFENDER = (
    HEAD + r"CEF:0|Bitdefender|GravityZone|6.4|1|AntiMalware|9|BitdefenderGZModule=av dvchost=PC-1 suser=an "
    r"BitdefenderGZMalwareName=Ransom.X act={act} filePath=C:\\Temp\\a.exe"
)


def eset_json(action, handled):
    event = {
        "event_type": "Threat_Event", "ipv4": "192.0.2.5", "hostname": "PC-1", "threat_name": "Win32/Agent.X", "username": "an",
        "object_uri": "file:///C:/Temp/a.exe", "action_taken": action, "threat_handled": handled, "hash": "ab" * 20,
    }  # fmt: skip
    return HEAD + "ERAServer[7]: " + json.dumps(event, separators=(",", ":"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (KSC.format(kind="GNRL_EV_VIRUS_FOUND"), "unknown"),
        (KSC.format(kind="GNRL_EV_VIRUS_FOUND_AND_BLOCKED"), "blocked"),
        (KSC.format(kind="GNRL_EV_OBJECT_CURED"), "cleaned"),
        (KSC.format(kind="GNRL_EV_OBJECT_DELETED"), "deleted"),
        (KSC.format(kind="GNRL_EV_OBJECT_QUARANTINED"), "quarantined"),
        (KSC.format(kind="GNRL_EV_OBJECT_NOTCURED"), "not_cleaned"),
        (KSC_5424.format(kind="GNRL_EV_OBJECT_NOTCURED"), "not_cleaned"),
        (KSC_5424.format(kind="GNRL_EV_OBJECT_BLOCKED"), "blocked"),
        (SEP.format(action="Left alone", path="C:\\Temp\\a.exe,"), "not_cleaned"),
        (SEP.format(action="Left alone", path="C:\\Temp\\a.exe").replace("Server:", "Server sepm:"), "not_cleaned"),
        (SEP.format(action="Cleaned by deletion", path="File path: C:\\Temp\\a.exe"), "deleted"),
        (SEP.format(action="Quarantined", path='"C:\\Temp\\a.exe"'), "quarantined"),
        (SEP.format(action="Process termination pending restart", path="C:\\Temp\\a.exe"), "not_cleaned"),
        (SEP.format(action="All actions failed", path="C:\\Temp\\a.exe"), "not_cleaned"),
        (SEP.format(action="Access denied", path="C:\\Temp\\a.exe"), "blocked"),
        (SEP.format(action="Details pending", path="C:\\Temp\\a.exe"), "unknown"),
        (APEX.format(act="File quarantined", first="Unable to clean file", second="File quarantined"), "quarantined"),
        (APEX.format(act="File cleaned", first="File cleaned", second="N/A"), "cleaned"),
        (APEX.format(act="Unable to quarantine file", first="Unable to clean file", second="Unable to quarantine file"), "not_cleaned"),
        (DEEP.format(result="Deleted"), "deleted"),
        (DEEP.format(result="Delete Failed"), "not_cleaned"),
        (DEEP_LEEF.format(act="Terminate"), "blocked"),
        (DEEP_LEEF.format(act="Pass"), "not_cleaned"),
        (SOPHOS.format(kind="Event::Endpoint::Threat::Detected"), "unknown"),
        (SOPHOS.format(kind="Event::Endpoint::Threat::CleanedUp"), "cleaned"),
        (SOPHOS.format(kind="Event::Endpoint::Threat::CleanupFailed"), "not_cleaned"),
        (SOPHOS.format(kind="Event::Endpoint::Threat::PuaCleanupFailed"), "not_cleaned"),
        (SOPHOS.format(kind="Event::Endpoint::CoreCleanFailed"), "not_cleaned"),
        (SOPHOS.format(kind="Event::Endpoint::CorePuaClean"), "cleaned"),
        (ESET.format(action="cleaned by deleting", handled=1), "deleted"),
        (ESET.format(action="retained", handled=0), "not_cleaned"),
        (ESET.format(action="cleaned by deleting", handled=0), "not_cleaned"),
        (ESET_CEF.format(action="Cleaned", handled=1), "cleaned"),
        (ESET_CEF.format(action="Connection terminated", handled=1), "blocked"),
        (eset_json("Deleted", True), "deleted"),
        (eset_json("Deleted", False), "not_cleaned"),
        (TRELLIX.format(number=1027, action="IDS_ALERT_ACT_TAK_DEL", handled="True"), "deleted"),
        (TRELLIX.format(number=1026, action="none", handled="False"), "not_cleaned"),
        (TRELLIX.format(number=1278, action="cleaned", handled="1"), "cleaned"),
        (TRELLIX.format(number=1025, action="_", handled="1"), "cleaned"),
        (BITDEFENDER.format(act="disinfected"), "cleaned"),
        (BITDEFENDER.format(act="still present"), "not_cleaned"),
        (BITDEFENDER.format(act="ignored"), "not_cleaned"),
        (BITDEFENDER.format(act="blocked"), "blocked"),
    ],
)  # fmt: skip
def test_every_console_tells_what_became_of_a_find_in_the_same_words(line, expected):
    signature, file, action, user, computer, outcome = shown(line)
    assert outcome == expected
    assert all((signature, action or "_<" in line, user, computer)), (signature, action, user)
    assert file in ("C:\\Users\\an\\x.ps1", "C:\\Temp\\a.exe", "C:\\Temp\\a&b.exe")
    batch = read(line)
    assert concepts.text(batch, 0, "host.name") == "PC-1"
    assert concepts.text(batch, 0, "antivirus.outcome") == expected
    assert concepts.text(batch, 0, "threat.software.name") == signature


@pytest.mark.parametrize(
    "line",
    [
        HEAD + "CEF:0|KasperskyLab|SecurityCenter|14|KLPRCI_TaskState|Completed|1|dhost=PC-1 filePath=C:\\a",
        HEAD + "CEF:0|Trend Micro|Apex Central|2019|WB:7|7|3|dhost=PC-1 act=1 request=http://h.example/",
        HEAD + "CEF:0|Trend Micro|Deep Security Manager|12|600|User Signed In|3|suser=an",
        HEAD + "CEF:0|sophos|sophos central|1.0|Event::Endpoint::UpdateSuccess|x|1|dhost=PC-1",
        HEAD + "CEF:0|Other|Product|1|GNRL_EV_VIRUS_FOUND|x|1|cs1=a cs1Label=VirusName",
        TRELLIX.format(number=1120, action="none", handled="1").replace("av.detect", "ops.update"),
        TRELLIX.format(number=1120, action="none", handled="1").replace("Elspy.worm", "_"),
        HEAD + 'ERAServer: {"event_type":"Audit_Event","hostname":"PC-1","action":"Logout"}',
        HEAD + "SymantecServer: Site: a,Server Name: b,Domain Name: c,The client has downloaded x,PC-1,an",
        HEAD + "clamd[7]: SelfCheck: Database status OK.",
    ],
)
def test_other_events_of_the_same_products_are_no_detections(line):
    batch = read(line)
    assert batch.value(0, "Outcome") is None
    assert batch.value(0, "Signature") is None


def test_hashes_are_told_by_their_length():
    assert concepts.text(read(KSC_5424.format(kind="GNRL_EV_VIRUS_FOUND")), 0, "file.hash.sha256") == "ab" * 32
    assert concepts.text(read(eset_json("x", True)), 0, "file.hash.sha1") == "ab" * 20


CLAMD = "Tue Nov 24 10:00:00 2026 -> "


@pytest.mark.parametrize(
    "head", ["", CLAMD, HEAD + "clamd[7]: ", HEAD + "clamscan: "], ids=["bare", "clamd", "syslog", "scan"]
)
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("/srv/www/a b.php: Php.Webshell.X-1 FOUND", ("Php.Webshell.X-1", "/srv/www/a b.php", "FOUND", "unknown")),
        ("/srv/a: b: X.Y(0123456789abcdef0123456789abcdef:68) FOUND", ("X.Y", "/srv/a: b", "FOUND", "unknown")),
        ("/srv/www/a.php: Removed.", (None, "/srv/www/a.php", "Removed", "deleted")),
        ("/srv/www/a.php: moved to '/q/a.php'", (None, "/srv/www/a.php", "moved to", "quarantined")),
        ("/srv/www/a.php: copied to '/q/a.php'", (None, "/srv/www/a.php", "copied to", "not_cleaned")),
    ],
)
def test_clamav(head, message, expected):
    batch = read(head + message)
    assert tuple(batch.value(0, name) for name in ("Signature", "Filename", "Action", "Outcome")) == expected
    assert detect((head + message + "\n").encode(), "clamav.log") is syslog.SOURCE


@pytest.mark.parametrize(
    ("message", "outcome", "file"),
    [
        ("ERROR: Can't unlink '/srv/www/a.php': Permission denied", "not_cleaned", "/srv/www/a.php"),
        ("ERROR: Can't move file /srv/www/a.php to /q/a.php", "not_cleaned", "/srv/www/a.php"),
        ("instream(192.0.2.3@4242): Win.Test.EICAR_HDB-1 FOUND", "unknown", None),
        ("Message from <a@b.example> to <c@d.example> with subject 's' message-id '<1>' date 'd' infected by Win.X", "unknown", None),
    ],
)  # fmt: skip
def test_clamav_and_what_it_could_not_do(message, outcome, file):
    batch = read(CLAMD + message)
    assert (batch.value(0, "Outcome"), batch.value(0, "Filename")) == (outcome, file)


def test_a_report_of_clamscan_is_read_whole():
    report = (
        "/srv/a: OK\n/srv/b: Win.X FOUND\n/srv/b: moved to '/q/b'\n\n----------- SCAN SUMMARY -----------\nKnown viruses: 8700000\n"
        "Engine version: 1.4.1\nScanned directories: 1\nInfected files: 1\nData scanned: 0.00 MB\nTime: 9.1 sec (0 m 9 s)\n"
    )
    batch = read(*report.splitlines())
    assert batch.column("Signature").texts() == ["Win.X"]
    assert detect(report.encode(), "scan.log") is syslog.SOURCE


def defender(number, **data):
    system = {
        "Provider": {"#attributes": {"Name": "Microsoft-Windows-Windows Defender"}}, "EventID": number,
        "TimeCreated": {"#attributes": {"SystemTime": "2026-11-24T10:00:00.000000Z"}}, "Channel": DEFENDER_CHANNEL,
        "Computer": "PC-1", "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}}, "Security": None, "Correlation": None,
    }  # fmt: skip
    names = {name.replace("_", " "): value for name, value in data.items()}
    return {
        "Event": {"System": system, "EventData": {"Threat Name": "Trojan:Win32/X", "Path": "file:_C:\\a.exe", **names}}
    }


CASES = [
    (defender(1116, Action_ID="9", Action_Name="Not Applicable", Error_Code="0x00000000", Status_Code="1"), "unknown"),
    (defender(1117, Action_ID="2", Error_Code="0x00000000"), "quarantined"),
    (defender(1117, Action_ID="3", Error_Code="0x80508023"), "not_cleaned"),
    (defender(1117, Action_ID=1, Error_Code="0"), "cleaned"),
    (defender(1117, Action_ID="6"), "not_cleaned"),
    (defender(1117, Action_ID="9"), "not_cleaned"),
    (defender(1117, Action_ID="10"), "blocked"),
    (defender(1117, Action_Name="Quarantine"), "quarantined"),
    (defender(1117, Action_ID="2", Status_Code="103"), "not_cleaned"),
    (defender(1118, Action_ID="2"), "not_cleaned"),
    (defender(1119, Action_ID="2"), "not_cleaned"),
    (defender(1008), "not_cleaned"),
    (defender(1007, Action_ID="3"), "deleted"),
    (defender(1006), "unknown"),
    (defender(1009), "not_cleaned"),
    (defender(1011), "deleted"),
    (defender(1151), None),
]


def windows(*events):
    data = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    (block,) = windows_json.SOURCE.frame(io.BytesIO(data))
    return windows_json.SOURCE.decode(block, Options())


def _slowly(monkeypatch):
    monkeypatch.setattr(windows_json, "read_tokens", lambda *_: None)


@pytest.mark.parametrize("is_fast", [True, False], ids=["fast", "slow"])
def test_defender(monkeypatch, is_fast):
    if not is_fast:
        _slowly(monkeypatch)
    other = {
        "Event": {
            "System": CASES[0][0]["Event"]["System"] | {"Channel": "System"},
            "EventData": {"Outcome": "own", "x": 1},
        }
    }
    batch = windows(*(event for event, _ in CASES), other)
    rows = sorted(range(batch.n_rows), key=batch.record)
    expected = [*(state for _, state in CASES), "own"]
    assert [batch.value(row, "Outcome") for row in rows] == expected
    assert [concepts.value(batch, row, "antivirus.outcome") for row in rows] == expected
    column = batch.column("Outcome")
    assert column.rows.tolist() == sorted(column.rows.tolist())
    found = dict(zip(map(batch.record, column.rows.tolist()), column.texts(), strict=True))
    assert [found.get(batch.record(row)) for row in rows] == expected
    assert batch.column("Filename").texts() == ["C:\\a.exe"] * len(CASES)


def test_columns_of_other_windows_events_make_no_event():
    batch = windows(
        {"Event": {"System": CASES[0][0]["Event"]["System"] | {"Channel": "System"}, "EventData": {"x": 1}}}
    )
    assert batch.column("Outcome").texts() == []
    assert not batch._events


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("file:_C:\\a.exe", "C:\\a.exe"),
        ("containerfile:_C:\\a.zip; file:_C:\\a.zip->x\\evil.js", ["C:\\a.zip", "x\\evil.js"]),
        ("webfile:_C:\\a.exe|https://bad.example/a.exe|pid:7", ["C:\\a.exe", "https://bad.example/a.exe", "pid:7"]),
        ("C:\\a; b.exe", "C:\\a; b.exe"),
        ("", None),
    ],
)
def test_files_of_a_detection(path, files):
    assert defender_files({"Channel": DEFENDER_CHANNEL, "Path": path}) == files


@given(st.text(), st.text())
def test_any_words_are_one_of_the_states(words, code):
    assert state_of_words(words) in (*OUTCOMES, None)
    event = {
        "Channel": DEFENDER_CHANNEL,
        "EventID": 1117,
        "Action ID": code,
        "Error Code": code,
        "Action Name": words,
        "Path": words,
    }
    assert defender_outcome(event) in OUTCOMES
    defender_files(event)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_message_of_any_product_is_read(text):
    text = text.replace("\n", " ").replace("\r", " ")
    lines = [KSC.format(kind=text), SEP.format(action=text, path=text), eset_json(text, True), TRELLIX.format(number=text, action=text, handled=text),
             HEAD + "clamd: " + text + " FOUND", CLAMD + text, KSC_5424.format(kind="GNRL_EV_VIRUS_FOUND").replace("Trojan", text)]  # fmt: skip
    batch = read(*lines)
    assert batch.n_rows == len(lines)
    assert set(batch.column("Outcome").texts()) <= set(OUTCOMES)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "clamd: " + "a: " * 50_000 + "FOUND",
        HEAD + "clamd: Can't move " + "to " * 50_000,
        HEAD + "clamd: Message from a to " + "with " * 50_000 + "infected by",
        HEAD + "SymantecServer: Virus found," + "A b: " * 50_000,
        HEAD + "SymantecServer: Virus found," + "," * 100_000,
        HEAD + "x: <EPO" + "<a>" * 50_000,
        HEAD + 'x: {"event_type":' + "[" * 100_000,
        "/" + ": " * 50_000,
        "/a: moved to '" + "'" * 100_000,
        CLAMD + " " * 100_000,
        HEAD + SOPHOS.format(kind="Event::Endpoint::Threat::" + "Clean" * 20_000),
    ],
    ids=range(11),
)
def test_hostile_messages_take_linear_time(text):
    started = time.process_time()
    (block,) = syslog.SOURCE.frame(io.BytesIO(text.encode()))
    assert syslog.SOURCE.decode(block, Options()).n_rows <= 1
    assert time.process_time() - started < 3


@cache
def antivirus_rules(folder: Path) -> list[tuple[str, str]]:
    paths = sorted((folder / "sigma").rglob("av_*.yml"))
    return [(path.name, path.read_text("utf-8")) for path in paths]


def _sample(selection):
    """Values of fields that satisfy a selection: of each field's first value, as its modifier asks."""
    for part in selection if isinstance(selection, list) else [selection]:
        values = {}
        for name, value in part.items():
            field, modifier = name.split("|")
            first = value[0] if isinstance(value, list) else value
            made = {
                "startswith": f"{first}.x",
                "endswith": f"C:\\x{first}",
                "re": first.replace("\\d", "7"),
                "contains": f"C:\\a{first}b",
            }
            values[field] = made[modifier]
        yield values


@pytest.mark.corpus
def test_each_antivirus_rule_of_sigmahq_finds_an_event_of_every_product(corpora):
    rules = antivirus_rules(corpora)
    assert len(rules) >= 9
    for name, text in rules:
        parsed = yaml.safe_load(text)
        ruleset = compile_rules([(name, text)])
        selections = [value for key, value in parsed["detection"].items() if key.startswith("selection")]
        for values in (values for selection in selections for values in _sample(selection)):
            signature, file = values.get("Signature", "Trojan.X"), values.get("Filename", "C:\\Temp\\a.q")
            batches = [
                windows(defender(1116, Threat_Name=signature, Path="file:_" + file)),
                read(*_told(signature, file)),
            ]
            hits = [len(SigmaDetector(ruleset).detect(batch)) for batch in batches]
            assert hits == [1, batches[1].n_rows], (name, values, hits)


def _told(signature, file):
    """A detection told by each product."""
    escaped = file.replace("\\", "\\\\")
    return [
        KSC.format(kind="GNRL_EV_VIRUS_FOUND")
        .replace("HEUR:Trojan.Win32.Agent", signature)
        .replace("C:\\\\Users\\\\an\\\\x.ps1", escaped),
        SEP.format(action="Left alone", path=file).replace("Trojan.Gen.2", signature),
        BITDEFENDER.format(act="blocked").replace("Ransom.X", signature).replace("C:\\\\Temp\\\\a.exe", escaped),
        SOPHOS.format(kind="Event::Endpoint::Threat::Detected")
        .replace("Mal/EncPk-A", signature)
        .replace("C:\\\\Temp\\\\a.exe", escaped),
        ESET.format(action="retained", handled=0)
        .replace("Win32/Agent.X", signature)
        .replace("file:///C:/Temp/a.exe", file),
        TRELLIX.format(number=1, action="none", handled="False")
        .replace("Elspy.worm", signature)
        .replace("C:\\Temp\\a&amp;b.exe", file),
        CLAMD + f"{file}: {signature} FOUND",
    ]
