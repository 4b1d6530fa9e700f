"""Windows events for benchmarks: generated ones of ordinary days, and copies of real attack samples with values varied.

An event is a line of JSON with slots; writing one is a call of ``%`` with a few fresh values, so that a million different
events take seconds. The samples come from ``$VONGGAC_CORPORA`` at run time and are never stored here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

Slot = Callable[[], str]
Template = tuple[str, tuple[Slot, ...]]

SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
_PROVIDERS = {
    SYSMON: "Microsoft-Windows-Sysmon",
    POWERSHELL: "Microsoft-Windows-PowerShell",
    "Security": "Microsoft-Windows-Security-Auditing",
    "System": "Service Control Manager",
}
_MARK = re.compile(r'"@@#(\w+)@@"|@@(\w+)@@')
_SYSTEM32 = "C:\\Windows\\System32\\"
_PROCESS = {"ProcessGuid": "{@@guid@@}", "ProcessId": "@@#pid@@", "Image": "@@image@@", "User": "CONTOSO\\@@user@@"}

# Channel, event, share in a thousand, data. Shares are those of a workstation with Sysmon, by order of magnitude.
_ORDINARY: tuple[tuple[str, int, int, dict[str, object]], ...] = (
    (SYSMON, 1, 140, {
        "RuleName": "-", "UtcTime": "@@utc@@", **_PROCESS, "FileVersion": "10.0.@@number@@.1", "Description": "Host @@word@@",
        "Product": "Microsoft® Windows® Operating System", "Company": "Microsoft Corporation", "OriginalFileName": "@@word@@.exe",
        "CommandLine": '"@@image@@" --type=@@word@@ --id=@@number@@ C:\\Users\\@@user@@\\Documents\\@@word@@-@@token@@.docx',
        "CurrentDirectory": "C:\\Users\\@@user@@\\", "LogonGuid": "{@@guid@@}", "LogonId": "0x@@hex@@", "TerminalSessionId": 1,
        "IntegrityLevel": "Medium", "Hashes": "MD5=@@md5@@,SHA256=@@sha256@@,IMPHASH=@@md5@@", "ParentProcessGuid": "{@@guid@@}",
        "ParentProcessId": "@@#pid@@", "ParentImage": "@@image@@", "ParentCommandLine": "@@image@@ -k @@word@@ -s @@token@@",
        "ParentUser": "CONTOSO\\@@user@@",
    }),
    (SYSMON, 3, 120, {
        "RuleName": "-", "UtcTime": "@@utc@@", **_PROCESS, "Protocol": "tcp", "Initiated": True, "SourceIsIpv6": False,
        "SourceIp": "10.@@octet@@.@@octet@@.@@octet@@", "SourceHostname": "@@host@@", "SourcePort": "@@#port@@", "SourcePortName": "-",
        "DestinationIsIpv6": False, "DestinationIp": "203.0.113.@@octet@@", "DestinationHostname": "@@word@@-@@token@@.example",
        "DestinationPort": 443, "DestinationPortName": "https",
    }),
    (SYSMON, 7, 150, {
        "RuleName": "-", "UtcTime": "@@utc@@", **_PROCESS, "ImageLoaded": _SYSTEM32 + "@@word@@@@token@@.dll", "FileVersion": "10.0.@@number@@",
        "Description": "@@word@@ library", "Product": "Microsoft® Windows® Operating System", "Company": "Microsoft Corporation",
        "OriginalFileName": "@@word@@.dll", "Hashes": "MD5=@@md5@@,SHA256=@@sha256@@,IMPHASH=@@md5@@", "Signed": "true",
        "Signature": "Microsoft Windows", "SignatureStatus": "Valid",
    }),
    (SYSMON, 11, 90, {
        "RuleName": "-", "UtcTime": "@@utc@@", **_PROCESS, "TargetFilename": "C:\\Users\\@@user@@\\AppData\\Local\\@@word@@\\@@word@@\\@@token@@.tmp",
        "CreationUtcTime": "@@utc@@",
    }),
    (SYSMON, 13, 110, {
        "RuleName": "-", "EventType": "SetValue", "UtcTime": "@@utc@@", **_PROCESS,
        "TargetObject": "HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings\\S-1-5-21-@@number@@\\@@word@@@@token@@", "Details": "Binary Data",
    }),
    (SYSMON, 22, 90, {
        "RuleName": "-", "UtcTime": "@@utc@@", **_PROCESS, "QueryName": "@@word@@-@@token@@.@@word@@.example", "QueryStatus": "0",
        "QueryResults": "type:  5 @@word@@.example;::ffff:203.0.113.@@octet@@;::ffff:198.51.100.@@octet@@;",
    }),
    ("Security", 4624, 60, {
        "SubjectUserSid": "S-1-5-18", "SubjectUserName": "@@host@@$", "SubjectDomainName": "CONTOSO", "SubjectLogonId": "0x3e7",
        "TargetUserSid": "S-1-5-21-@@number@@-@@number@@", "TargetUserName": "@@user@@", "TargetDomainName": "CONTOSO",
        "TargetLogonId": "0x@@hex@@", "LogonType": 3, "LogonProcessName": "Kerberos", "AuthenticationPackageName": "Kerberos",
        "WorkstationName": "@@host@@", "LogonGuid": "@@guid@@", "TransmittedServices": "-", "LmPackageName": "-", "KeyLength": 0,
        "ProcessId": "0x@@hex@@", "ProcessName": "-", "IpAddress": "10.@@octet@@.@@octet@@.@@octet@@", "IpPort": "@@port@@",
        "ImpersonationLevel": "%%1833", "ElevatedToken": "%%1842",
    }),
    ("Security", 4625, 6, {
        "SubjectUserSid": "S-1-0-0", "SubjectUserName": "-", "SubjectLogonId": "0x0", "TargetUserSid": "S-1-0-0", "TargetUserName": "@@user@@",
        "TargetDomainName": "CONTOSO", "Status": "0xc000006d", "FailureReason": "%%2313", "SubStatus": "0xc000006a", "LogonType": 3,
        "LogonProcessName": "NtLmSsp", "AuthenticationPackageName": "NTLM", "WorkstationName": "@@host@@", "ProcessId": "0x0",
        "ProcessName": "-", "IpAddress": "10.@@octet@@.@@octet@@.@@octet@@", "IpPort": "@@port@@",
    }),
    ("Security", 4688, 70, {
        "SubjectUserSid": "S-1-5-21-@@number@@-@@number@@", "SubjectUserName": "@@user@@", "SubjectDomainName": "CONTOSO",
        "SubjectLogonId": "0x@@hex@@", "NewProcessId": "0x@@hex@@", "NewProcessName": "@@image@@", "TokenElevationType": "%%1938",
        "ProcessId": "0x@@hex@@", "CommandLine": '"@@image@@" /@@word@@ /n:@@number@@ "C:\\Users\\@@user@@\\Desktop\\@@word@@ @@token@@.xlsx"',
        "TargetUserSid": "S-1-0-0", "TargetUserName": "-", "ParentProcessName": "@@image@@", "MandatoryLabel": "S-1-16-8192",
    }),
    ("Security", 4672, 40, {
        "SubjectUserSid": "S-1-5-21-@@number@@-@@number@@", "SubjectUserName": "@@user@@", "SubjectDomainName": "CONTOSO",
        "SubjectLogonId": "0x@@hex@@", "PrivilegeList": "SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeRestorePrivilege\r\n\t\t\tSeTakeOwnershipPrivilege",
    }),
    ("Security", 5156, 60, {
        "ProcessID": "@@#pid@@", "Application": "\\device\\harddiskvolume3\\program files\\@@word@@\\@@word@@.exe", "Direction": "%%14593",
        "SourceAddress": "10.@@octet@@.@@octet@@.@@octet@@", "SourcePort": "@@port@@", "DestAddress": "203.0.113.@@octet@@", "DestPort": "443",
        "Protocol": 6, "FilterRTID": "@@#number@@", "LayerName": "%%14611", "LayerRTID": 48, "RemoteUserID": "S-1-0-0", "RemoteMachineID": "S-1-0-0",
    }),
    ("System", 7036, 12, {"param1": "@@word@@ Service @@token@@", "param2": "running", "Binary": "@@md5@@@@md5@@"}),
    ("System", 7045, 2, {
        "ServiceName": "@@word@@@@token@@", "ImagePath": '"C:\\Program Files\\@@word@@\\@@word@@.exe" -service', "ServiceType": "user mode service",
        "StartType": "auto start", "AccountName": "LocalSystem",
    }),
    (POWERSHELL, 4103, 20, {
        "ContextInfo": "        Severity = Informational\r\n        Host Name = ConsoleHost\r\n        Host Version = 5.1.@@number@@.1\r\n        Host ID = @@guid@@\r\n        Host Application = powershell.exe -File C:\\Ops\\@@word@@.ps1\r\n        Engine Version = 5.1\r\n        Runspace ID = @@guid@@\r\n        Command Name = Write-Output\r\n        User = CONTOSO\\@@user@@\r\n        Sequence Number = @@number@@",
        "UserData": "", "Payload": 'CommandInvocation(Write-Output): "Write-Output"\r\nParameterBinding(Write-Output): name="InputObject"; value="@@word@@ @@token@@"',
    }),
    (POWERSHELL, 4104, 30, {
        "MessageNumber": 1, "MessageTotal": 1, "ScriptBlockId": "@@guid@@", "Path": "C:\\Ops\\@@word@@.ps1",
        "ScriptBlockText": "param($Days = @@number@@)\n# @@word@@ @@token@@\nforeach ($item in Get-ChildItem -Path 'D:\\Share\\@@word@@') {\n    if ($item.Length -gt @@number@@) {\n        Write-Output ('{0} {1}' -f $item.Name, $item.Length)\n    }\n}\n$total = (Get-ChildItem 'D:\\Share\\@@token@@' | Measure-Object -Property Length -Sum).Sum\nWrite-Output \"total: $total\"\n",
    }),
)  # fmt: skip

_WORDS = (
    "report budget calendar update viewer editor print search index sync backup reader mail chat browser archive image "
    "table form invoice ledger survey notice minutes agenda contract leave payroll asset stock patient record exam school"
).split()
_IMAGES = (
    "svchost.exe", "taskhostw.exe", "RuntimeBroker.exe", "SearchIndexer.exe", "spoolsv.exe", "dllhost.exe", "conhost.exe",
)  # fmt: skip


class _Values:
    """Fresh values for slots. Times go forward, one event after another, over ``span``."""

    def __init__(self, random: Random, n_events: int, start: datetime, span: timedelta) -> None:
        self._random = random
        self._moment = start.timestamp()
        self._step = span.total_seconds() / max(n_events, 1)
        self._second = -1
        self._text = ""
        self._record = random.randint(1_000_000, 9_000_000)
        self._hosts = [f"{random.choice(_WORDS).upper()}-{number:04}" for number in range(400)]
        self._users = [f"{random.choice(_WORDS)}.{random.choice(_WORDS)}{number}" for number in range(900)]
        self._images = [f"C:\\\\Program Files\\\\{a}\\\\{b}{n}.exe" for a in _WORDS for b in _WORDS for n in range(2)]
        self._images += [f"C:\\\\Windows\\\\System32\\\\{name}" for name in _IMAGES for _ in range(200)]

    def advance(self) -> None:
        """Go on to the time of the next event."""
        self._moment += self._step
        second = int(self._moment)
        if second != self._second:
            self._second = second
            self._text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")

    def time(self) -> str:
        """The time as event logs write it in XML."""
        return f"{self._text}.{int((self._moment - self._second) * 1e6):06}Z"

    def utc(self) -> str:
        """The time as Sysmon writes it."""
        return f"{self._text.replace('T', ' ')}.{int((self._moment - self._second) * 1e3):03}"

    def record(self) -> str:
        """The next record number."""
        self._record += 1
        return str(self._record)

    def guid(self) -> str:
        """A random GUID without braces."""
        text = f"{self._random.getrandbits(128):032X}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def slot(self, name: str) -> Slot:
        """The function that gives values for slots called ``name``."""
        bits, rand = self._random.getrandbits, self._random.random
        hosts, users, images = self._hosts, self._users, self._images
        slots: dict[str, Slot] = {
            "time": self.time, "utc": self.utc, "record": self.record, "guid": self.guid,
            "pid": lambda: str((bits(14) + 100) * 4),
            "port": lambda: str(49152 + bits(13)),
            "octet": lambda: str(bits(8)),
            "number": lambda: str(bits(20)),
            "hex": lambda: f"{bits(28):x}",
            "token": lambda: f"{bits(36):09x}",
            "md5": lambda: f"{bits(128):032X}",
            "sha256": lambda: f"{bits(256):064X}",
            "host": lambda: hosts[int(rand() * len(hosts))],
            "user": lambda: users[int(rand() * len(users))],
            "image": lambda: images[int(rand() * len(images))],
            "word": lambda: _WORDS[int(rand() * len(_WORDS))],
        }  # fmt: skip
        return slots[name]


def _compiled(text: str, values: _Values) -> Template:
    pieces: list[str] = []
    slots: list[Slot] = []
    end = 0
    for found in _MARK.finditer(text):
        pieces.append(text[end : found.start()].replace("%", "%%"))
        slots.append(values.slot(found[1] or found[2]))
        end = found.end()
    pieces.append(text[end:].replace("%", "%%"))
    return "%s".join(pieces), tuple(slots)


def _ordinary(channel: str, number: int, data: dict[str, object]) -> str:
    system = {
        "Provider": {"#attributes": {"Name": _PROVIDERS[channel], "Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9"}},
        "EventID": number, "Version": 5, "Level": 4, "Task": number, "Opcode": 0, "Keywords": "0x8000000000000000",
        "TimeCreated": {"#attributes": {"SystemTime": "@@time@@"}}, "EventRecordID": "@@#record@@", "Correlation": None,
        "Execution": {"#attributes": {"ProcessID": "@@#pid@@", "ThreadID": "@@#pid@@"}}, "Channel": channel,
        "Computer": "@@host@@.contoso.example", "Security": {"#attributes": {"UserID": "S-1-5-18"}},
    }  # fmt: skip
    return json.dumps({"Event": {"#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
                                 "System": system, "EventData": data}}, separators=(",", ":"))  # fmt: skip


_GUID = re.compile(r"\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b")
_VARIED = (
    (re.compile(r'"SystemTime":"[^"]*"'), '"SystemTime":"@@time@@"'),
    (re.compile(r'"UtcTime":"[^"]*"'), '"UtcTime":"@@utc@@"'),
    (re.compile(r'"CreationUtcTime":"[^"]*"'), '"CreationUtcTime":"@@utc@@"'),
    (re.compile(r'"EventRecordID":\d+'), '"EventRecordID":"@@#record@@"'),
    (re.compile(r'"((?:Parent|Source|Target)?Process(?:ID|Id)|ThreadID)":\d+'), r'"\1":"@@#pid@@"'),
    (re.compile(r'"Computer":"[^"]*"'), '"Computer":"@@host@@.contoso.example"'),
    (re.compile(r'"(SourcePort|IpPort)":"?\d+"?'), r'"\1":"@@port@@"'),
    (re.compile(r"MD5=[0-9A-F]{32}"), "MD5=@@md5@@"),
    (re.compile(r"SHA256=[0-9A-F]{64}"), "SHA256=@@sha256@@"),
    (re.compile(r"(?<=:\\\\Users\\\\)(?!Public\b|Default\b)[^\\\"]{1,30}(?=\\\\)"), "@@user@@"),
)
_COMMAND = re.compile(r'("CommandLine":"(?:[^"\\]|\\.)+)"')


def sample_templates(corpora: Path, values: _Values) -> list[Template]:
    """One template for each event of the attack samples (those of the Application channel left out).

    Every second one gets a further argument, so that command lines differ too. Empty when there are no samples.
    """
    from evtx import PyEvtxParser  # the samples may be absent, the parser then is not needed

    files = sorted([*(corpora / "evtx").rglob("*.evtx"), *(corpora / "sigma" / "regression_data").rglob("*.evtx")])
    by_kind: dict[tuple[object, object], int] = {}
    found: list[Template] = []
    for file in files:
        for record in PyEvtxParser(str(file)).records_json():
            event = json.loads(record["data"])  # type: ignore[index]  # its stub says Any or None
            system = event["Event"]["System"]
            kind = (system.get("Channel"), str(system.get("EventID")))
            by_kind[kind] = by_kind.get(kind, 0) + 1
            if by_kind[kind] > 150 or kind[0] == "Application":  # one kind must not drown the others
                continue
            text = json.dumps(event, separators=(",", ":")).replace("@@", "")
            for pattern, replacement in _VARIED:
                text = pattern.sub(replacement, text)
            text = _GUID.sub("@@guid@@", text)
            if len(found) % 2:
                text = _COMMAND.sub(r'\1 /ref:@@token@@"', text)
            if len(text) < 20_000:
                found.append(_compiled(text, values))
    return found


def windows_lines(n_events: int, attack_share: float, random: Random, corpora: Path, start: datetime) -> Iterator[str]:
    """``n_events`` lines of JSON; of them ``attack_share`` are varied copies of samples, as far as there are any."""
    values = _Values(random, n_events, start, timedelta(days=1))
    samples = sample_templates(corpora, values) if attack_share > 0 else []
    ordinary = [_compiled(_ordinary(channel, number, data), values) for channel, number, _, data in _ORDINARY]
    weights = [share for _, _, share, _ in _ORDINARY]
    done = 0
    while done < n_events:
        chosen: Sequence[Template] = random.choices(ordinary, weights, k=min(4096, n_events - done))
        for template in chosen:
            if samples and random.random() < attack_share:
                template = samples[int(random.random() * len(samples))]
            values.advance()
            text, slots = template
            yield text % tuple([slot() for slot in slots])
        done += len(chosen)
