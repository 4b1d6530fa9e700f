import io
import random
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.events.batch import Shape
from vonggac.sources import syslog
from vonggac.sources.audit_events import MAX_SPREAD, related, socket_address
from vonggac.sources.audit_records import escaped, record, system_call, type_name
from vonggac.sources.auditd import SOURCE
from vonggac.sources.source import Options

SYSCALL = (
    "type=SYSCALL msg=audit(1764400000.123:101): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=0 items=2 ppid=900 "
    'pid=901 auid=1000 uid=33 euid=33 tty=(none) ses=3 comm="sh" exe="/usr/bin/dash" key=(null)'
)
EXECVE = 'type=EXECVE msg=audit(1764400000.123:101): argc=3 a0="sh" a1="-c" a2=636174202F6574632F70617373776420C491'
CWD = 'type=CWD msg=audit(1764400000.123:101): cwd="/var/www/html"'
PATH = 'type=PATH msg=audit(1764400000.123:101): item=0 name="./x.php" inode=1 mode=0100644 nametype=CREATE'
TITLE = "type=PROCTITLE msg=audit(1764400000.123:101): proctitle=7368002D6300636174"
EVENT = (SYSCALL, EXECVE, CWD, PATH, TITLE)
ENRICHED = '\x1dARCH=x86_64 SYSCALL=execve AUID="an" UID="www-data"'
CONNECT = (
    'type=SYSCALL msg=audit(1764400000.124:102): arch=c000003e syscall=42 success=yes ppid=1 pid=77 uid=0 exe="/usr/bin/nc"',
    "type=SOCKADDR msg=audit(1764400000.124:102): saddr=02000050C00002010000000000000000\x1dSADDR={ saddr_fam=inet laddr=192.0.2.1 lport=80 }",
)


class Dripping(io.BytesIO):
    """A stream that gives few bytes at a time, so that blocks may end anywhere."""

    def read(self, size=-1, /):
        return super().read(min(size, 61) if size > 0 else 61)


def batches(text, block_bytes=1 << 20, source=SOURCE):
    data = text.encode() if isinstance(text, str) else text
    return [source.decode(block, Options()) for block in source.frame(Dripping(data), block_bytes=block_bytes)]


def events(*lines, block_bytes=1 << 20, source=SOURCE):
    found = {}
    for batch in batches("\n".join(lines) + "\n", block_bytes, source):
        for row in range(batch.n_rows):
            event = batch.event(row)
            found[batch.record(row)] = {key: value for key, value in event.items() if value is not None}
    return [found[number] for number in sorted(found)]


def test_a_record_has_its_own_names_and_plain_values():
    (found,) = events(SYSCALL)
    assert found["type"] == "SYSCALL"
    assert found["event_id"] == "1764400000.123:101"
    assert found["exe"] == "/usr/bin/dash"
    assert found["a0"] == "55d"
    assert found["tty"] == "(none)"
    assert "key" not in found
    assert found["SYSCALL"] == "execve"


def test_what_auditd_adds_is_read_and_wins_over_the_table():
    (found,) = events(SYSCALL + ENRICHED.replace("=execve", "=execveat"))
    assert (found["SYSCALL"], found["UID"], found["AUID"]) == ("execveat", "www-data", "an")


def test_digits_are_text_where_the_audit_system_writes_text_so_and_only_there():
    (found,) = events(
        'type=SYSCALL msg=audit(1.0:1): arch=c000003e syscall=165 a0=7461 comm=2E2F61 exe="/tmp/a" key=610162',
    )
    assert (found["a0"], found["comm"], found["key"], found["SYSCALL"]) == ("7461", "./a", ["a", "b"], "mount")
    assert events(TITLE)[0]["proctitle"] == "sh -c cat"


def test_arguments_are_joined_and_the_process_is_told():
    _, found, _, path, _ = events(*EVENT)
    assert (
        found
        | {
            "a0": "sh",
            "a1": "-c",
            "a2": "cat /etc/passwd đ",
            "CommandLine": "sh -c cat /etc/passwd đ",
            "Image": "/usr/bin/dash",
            "CurrentDirectory": "/var/www/html",
            "ProcessId": "901",
            "ParentProcessId": "900",
            "User": "33",
            "LogonId": "33",
        }
        == found
    )
    assert (path["TargetFilename"], path["Image"], path["name"]) == ("/var/www/html/x.php", "/usr/bin/dash", "./x.php")


def test_the_user_has_a_name_where_one_is_known():
    assert events(SYSCALL + ENRICHED, EXECVE)[1]["User"] == "www-data"
    assert events(SYSCALL.replace(" uid=33", " uid=0"), EXECVE)[1]["User"] == "root"


def test_long_arguments_in_parts_and_arguments_over_several_records():
    first = 'type=EXECVE msg=audit(1.0:1): argc=4 a0="sh" a1_len=6 a1[0]=6162 a1[1]="cd" a1[2]=65'
    second = 'type=EXECVE msg=audit(1.0:1): a10="z" a9="y"'
    one, two = events(second, first)[::-1]
    assert (one["a1"], one["CommandLine"]) == ("abcde", "sh abcde y z")
    assert "CommandLine" not in two


def test_a_long_argument_that_goes_on_in_the_next_record_is_one():
    first = 'type=EXECVE msg=audit(1.0:1): argc=3 a0="sh" a1="-c" a2_len=9 a2[0]="wg" a2[1]="et"'
    second = 'type=EXECVE msg=audit(1.0:1): a2[2]="-O-" a3="x"'
    assert events(first, second)[0]["CommandLine"] == "sh -c wget-O- x"


def test_an_argument_cannot_pass_for_something_else():
    line = 'type=EXECVE msg=audit(1.0:1): argc=4 a0="wget" a1="msg=\'" a2="--post-file=/x" a3="\'#035UID=z"'
    (found,) = events(line)
    assert found["CommandLine"] == "wget msg=' --post-file=/x '#035UID=z"
    assert "UID" not in found
    (found,) = events(f'type=EXECVE msg=audit(1.0:1): argc=2 a0="{"a7=" * 9}" a1="a0[0]=_len=]="')
    assert found["CommandLine"] == "a7=" * 9 + " a0[0]=_len=]="


@pytest.mark.parametrize("number", ["9" * 5000, "\u0661", "-1", "1" * 7])
def test_numbers_that_are_none_are_left_as_they_are(number):
    call = f"type=SYSCALL msg=audit(1.0:1): arch=c000003e syscall={number} exe=/x"
    (found,) = events(call)
    assert (found["syscall"], "SYSCALL" in found) == (number, False)
    assert events(call.replace("SYSCALL", number))[0]["type"] == number
    assert events(call.replace("SYSCALL", f"UNKNOWN[{number}]"))[0]["type"] == f"UNKNOWN[{number}]"


def test_what_records_say_to_each_other_is_bounded():
    same = [f'type=EXECVE msg=audit(1.0:1): argc=2 a0="x" a1="{number}"' for number in range(300)]
    assert [event["CommandLine"] for event in events(*same)] == [f"x {number}" for number in range(300)]
    path = "/" + "x" * 4000
    call = f'type=SYSCALL msg=audit(1.0:2): exe="{path}"'
    one = 'type=PATH msg=audit(1.0:2): name="a" nametype=NORMAL'
    assert events(call, one)[1]["Image"] == path
    assert {len(event["Image"]) for event in events(call, *[one] * 17_000)[1:]} == {256}


@pytest.mark.parametrize(
    ("nametype", "name", "target"),
    [
        ("CREATE", '"/etc/cron.d/x"', "/etc/cron.d/x"), ("DELETE", '"x"', "/var/www/html/x"), ("NORMAL", '"/etc/x"', None),
        ("CREATE", "2F746D702F6120C491", "/tmp/a đ"), ("CREATE", "(null)", None),
    ],
)  # fmt: skip
def test_files_that_come_and_go(nametype, name, target):
    line = f"type=PATH msg=audit(1764400000.123:101): item=0 name={name} nametype={nametype}"
    assert events(line, CWD)[0].get("TargetFilename") == target


def test_a_connection_has_its_peer_and_its_process():
    _, found = events(*CONNECT)
    assert (found["Image"], found["User"], found["Initiated"]) == ("/usr/bin/nc", "root", "true")
    assert (found["DestinationIp"], found["DestinationPort"]) == ("192.0.2.1", "80")
    _, found = events(CONNECT[0].replace("syscall=42", "syscall=288"), CONNECT[1])
    assert (found["Initiated"], found["SourceIp"], found.get("DestinationIp")) == ("false", "192.0.2.1", None)
    _, found = events(CONNECT[0].replace("syscall=42", "syscall=44"), CONNECT[1])  # sendto: a datagram
    assert (found["Initiated"], found["DestinationIp"], found["DestinationPort"]) == ("true", "192.0.2.1", "80")
    _, found = events(CONNECT[0].replace("syscall=42", "syscall=49"), CONNECT[1])
    assert (found["laddr"], found["lport"], found.get("Initiated")) == ("192.0.2.1", "80", None)


@pytest.mark.parametrize(
    ("digits", "address"),
    [
        ("0A0001BB0000000020010DB800000000000000000000000100000000", {"saddr_fam": "inet6", "laddr": "2001:db8::1", "lport": "443"}),
        ("01002F72756E2F782E736F636B00", {"saddr_fam": "local", "path": "/run/x.sock"}),
        ("0100002F6162737472616374", {"saddr_fam": "local", "path": "/abstract"}),
        ("1000000000000000", {"saddr_fam": "netlink"}), ("2600616561640000", {"saddr_fam": "alg"}), ("0200", {}), ("", {}), ("0g", {}),
    ],
)  # fmt: skip
def test_socket_addresses(digits, address):
    assert socket_address(digits) == address


@given(st.text(max_size=40))
def test_any_socket_address(digits):
    assert set(socket_address(digits, digits)) <= {"saddr_fam", "laddr", "lport", "path"}


def test_records_of_programs_in_user_space():
    line = (
        'type=USER_AUTH msg=audit(1.0:7): pid=55 uid=0 auid=4294967295 msg=\'op=PAM:authentication grantors=? acct="an" '
        'exe="/usr/sbin/sshd" hostname=198.51.100.7 addr=198.51.100.7 terminal=ssh res=failed\'\x1dUID="root" AUID="o\'n"'
    )
    (found,) = events(line)
    assert (found["acct"], found["addr"], found["res"], found["op"]) == (
        "an",
        "198.51.100.7",
        "failed",
        "PAM:authentication",
    )
    assert (found["UID"], found["AUID"], "grantors" in found) == ("root", "o'n", False)
    (batch,) = batches(line)
    assert concepts.text(batch, 0, "source.ip") == "198.51.100.7"
    assert concepts.text(batch, 0, "user.name") == "an"
    added = "type=ADD_USER msg=audit(1.0:8): pid=5 msg='op=adding user id=1007 exe=\"/usr/sbin/useradd\" res=success'"
    assert events(added)[0]["op"] == "adding user"
    stopped = "type=SERVICE_STOP msg=audit(1.0:8): pid=1 uid=0 msg='unit=firewalld comm=\"systemd\" res=success'"
    assert events(stopped)[0]["unit"] == "firewalld"


def test_refusals_of_selinux_and_apparmor():
    selinux = (
        'type=AVC msg=audit(1.0:5): avc:  denied  { read write } for  pid=10 comm="httpd" name="shadow" tclass=file'
    )
    found = events(selinux)[0]
    assert (found["seresult"], found["seperms"], found["name"]) == ("denied", "read write", "shadow")
    assert events('type=1400 msg=audit(1.0:6): apparmor="DENIED" operation="open" name="/x"')[0]["type"] == "AVC"


def test_numbers_have_names():
    assert (type_name("1309"), type_name("UNKNOWN[1334]"), type_name("UNKNOWN[9]"), type_name("X")) == (
        "EXECVE", "BPF", "UNKNOWN[9]", "X",
    )  # fmt: skip
    assert [
        system_call(arch, number) for arch, number in (("c000003e", "59"), ("40000003", "11"), ("c00000b7", "221"))
    ] == ["execve"] * 3
    assert system_call("c000003e", "99999") is None
    assert system_call("0", "59") is None
    assert system_call("c000003e", "x") is None


def test_time_node_and_raw():
    (batch,) = batches("node=web-1 " + SYSCALL + "\n")
    assert concepts.time_us(batch, 0) == 1764400000123000
    assert concepts.text(batch, 0, "host.name") == "web-1"
    assert batch.raw(0).decode() == "node=web-1 " + SYSCALL


def test_events_of_two_nodes_with_one_number_stay_apart():
    lines = [f"node={node} {line.replace('dash', node)}" for line in EVENT[:2] for node in ("a", "b")]
    assert [event["Image"] for event in events(*lines)[2:]] == ["/usr/bin/a", "/usr/bin/b"]


def test_what_is_no_record_is_counted():
    found = batches("hello\n\n" + SYSCALL + "\ntype=SYSCALL msg=audit(1.0): a0=1\n")
    assert {(skip.reason, skip.record) for batch in found for skip in batch.skipped} == {("unknown_line", 1)}
    assert sum(batch.n_rows for batch in found) == 1


TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=30)


def written(text):
    """As audit_log_untrustedstring writes it: in quotes, or in digits when a character is not printable or a quote."""
    raw = text.encode()
    if any(byte < 0x21 or byte > 0x7E or byte == 0x22 for byte in raw):
        return raw.hex().upper()
    return f'"{text}"'


@given(TEXTS)
@example("")
@example("DEADBEEF")
def test_texts_are_read_as_they_were_before_they_were_written(text):
    assert (escaped(written(text)) or "") == text


@given(st.lists(TEXTS, min_size=1, max_size=12))
def test_command_lines_are_read_as_they_were_before_they_were_written(arguments):
    pairs = " ".join(f"a{number}={written(text)}" for number, text in enumerate(arguments))
    (found,) = events(f"type=EXECVE msg=audit(1.0:1): argc={len(arguments)} {pairs}")
    assert [found[f"a{number}"] for number in range(len(arguments))] == arguments
    assert found["CommandLine"] == " ".join(arguments)


def many_events(n_events, seed, prefix=""):
    """Lines of ``n_events`` events: records of each in order, events interleaved as several processors write them."""
    chance = random.Random(seed)
    queues = [
        [prefix + line.replace(":101)", f":{number})").replace("dash", f"dash{number}") for line in EVENT]
        for number in range(n_events)
    ]
    waiting, lines = [], []
    while queues or waiting:
        if queues and len(waiting) < 5:
            waiting.append(queues.pop(0))
        queue = chance.choice(waiting)
        lines.append(queue.pop(0))
        waiting = [queue for queue in waiting if queue]
    return lines


@pytest.mark.parametrize(
    ("source", "prefix"), [(SOURCE, ""), (syslog.SOURCE, "Nov 24 08:30:01 web-1 audisp-syslog[9]: ")]
)
@pytest.mark.parametrize("block_bytes", [1 << 16, 100_000, 1 << 20])
def test_interleaved_events_are_whole_wherever_blocks_end(source, prefix, block_bytes):
    lines = many_events(900, block_bytes, prefix)
    whole = "\n".join(lines)  # the last line has no end
    found = batches(whole, block_bytes, source)
    assert block_bytes == 1 << 20 or len(found) > 3
    assert sum(batch.n_rows for batch in found) == len(lines)
    records = []
    for batch in found:
        for row in range(batch.n_rows):
            event = batch.event(row)
            records.append(batch.record(row))
            assert batch.raw(row).decode() == lines[batch.record(row) - 1]
            if event["type"] in ("EXECVE", "PATH"):
                assert event["Image"] == "/usr/bin/dash" + event["event_id"].rpartition(":")[2]
            if event["type"] == "EXECVE":
                assert event["CurrentDirectory"] == "/var/www/html"
    assert sorted(records) == list(range(1, len(lines) + 1))


def test_what_stands_beside_a_block_is_bounded():
    endless = "\n".join(EVENT[3] for _ in range(9 * MAX_SPREAD)) + "\n"
    blocks = list(SOURCE.frame(Dripping(endless.encode()), block_bytes=1 << 16))
    assert len(blocks) > 3
    assert {block.around.count(b"\n") for block in blocks[1:-1]} == {2 * MAX_SPREAD}
    assert b"".join(block.data for block in blocks).decode() == endless


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), max_size=30), st.integers(1, 60))
@settings(max_examples=200)
def test_a_block_has_beside_it_what_the_next_holds_of_its_events(numbers, block_bytes):
    lines = [(f"x audit(1.0:{number}) y\n" if is_event else "other\n").encode() for number, is_event in numbers]
    blocks = list(SOURCE.frame(Dripping(b"".join(lines)), block_bytes=block_bytes))
    assert b"".join(block.data for block in blocks) == b"".join(lines)
    events_of = [{line for line in block.data.splitlines() if line != b"other"} for block in blocks]
    for number, block in enumerate(blocks):
        beside = set().union(*events_of[max(number - 1, 0) : number], *events_of[number + 1 : number + 2])
        assert set(block.around.splitlines()) == beside & events_of[number]


def test_a_run_over_several_processes_has_the_same_findings(tmp_path):
    lines = many_events(3000, 1)
    (tmp_path / "audit.log").write_text("\n".join(lines) + "\n")
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "title: x\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: linux, category: process_creation}\n"
        "detection:\n  s: {Image|endswith: '/dash2999', CurrentDirectory: /var/www/html, CommandLine|contains: passwd}\n"
        "  condition: s\nlevel: high\n"
    )
    found = [
        subprocess.run(
            [sys.executable, "-m", "vonggac", "scan", tmp_path / "audit.log", "--rules", rule, "--format", "jsonl", "--jobs", jobs],
            capture_output=True, text=True, check=False,
        ).stdout
        for jobs in ("1", "2")
    ]  # fmt: skip
    assert found[0] == found[1]
    assert found[0].count("\n") == 1


def test_in_syslog_the_host_and_what_wrote_the_record_are_kept_apart():
    lines = [f"Nov 24 08:30:01 web-1 audispd[9]: {line}" for line in (SYSCALL, EXECVE.replace("\x1d", "#035"))]
    call, found = events(*lines, source=syslog.SOURCE)
    assert (call["pid"], call["hostname"], call["program"]) == ("901", "web-1", "audispd")
    assert (found["CommandLine"], found["Image"]) == ("sh -c cat /etc/passwd đ", "/usr/bin/dash")


def test_records_of_journald_and_of_the_kernel():
    journal = 'Nov 24 08:30:02 web-1 audit[311]: EXECVE argc=2 a0="ls" a1=2D6C61'
    kernel = 'Nov 24 08:30:02 web-1 kernel: [ 12.345678] audit: type=1400 audit(1764400000.123:7): apparmor="DENIED" name="/x"'
    enriched = f"2026-11-24T08:30:02+07:00 web-1 audisp-syslog: {SYSCALL}{ENRICHED}".replace("\x1d", "#035")
    first, second, third = events(journal, kernel, enriched, source=syslog.SOURCE)
    assert (first["type"], first["a1"], first["CommandLine"]) == ("EXECVE", "-la", "ls -la")
    assert (second["type"], second["apparmor"], second["name"]) == ("AVC", "DENIED", "/x")
    assert (third["UID"], third.get("key")) == ("www-data", None)


def test_fields_of_an_appliance_that_are_called_alike_stay_as_they_are():
    line = "Nov 24 08:30:02 fw-1 fw: type=traffic event_id=7 name=AB12 SRC=192.0.2.1 DST=192.0.2.2"
    (found,) = events(line, source=syslog.SOURCE)
    assert found["SRC"] == "192.0.2.1"
    shape = Shape(("event_id", "x", "type", "name"), [["1.0:1"], ["?"], ["PATH"], ["AB12"]], [1])
    other = Shape(("event_id", "type", "name"), [["7"], ["PATH"], ["AB12"]], [1])
    assert related([shape, other]) == [shape, other]


def test_programs_with_no_record_to_tell_are_plain_syslog():
    (found,) = events("Nov 24 08:30:02 web-1 auditd[1]: Audit daemon rotating log files", source=syslog.SOURCE)
    assert found["message"] == "Audit daemon rotating log files"
    assert "type" not in found


@given(st.text(max_size=200), st.sampled_from(["EXECVE", "SOCKADDR", "AVC", "SYSCALL", "PATH", "USER_CMD"]))
@example("msg='", "USER_CMD")
@example("a0[0]= a0_len= a0[1]=6", "EXECVE")
@example("nametype=CREATE", "PATH")
@example("saddr=", "SOCKADDR")
@example('a00="x"', "EXECVE")
@example('a0="x" a00="y"', "EXECVE")
@example("type=x event_id=2 argc=1", "EXECVE")
def test_any_body_is_read(body, kind):
    line = f"type={kind} msg=audit(1.0:1): {body}".replace("\n", " ")
    assert record(line) is not None
    for event in events(line, SYSCALL.replace(":101", ":1")):
        assert all(isinstance(name, str) for name in event)


@pytest.mark.parametrize(
    "hostile", ["a" * 200_000, "a=" * 100_000, "op=x " * 50_000, "{ " * 100_000, "a0[1]=" * 50_000, "'" * 100_000]
)
def test_hostile_bodies_take_time_in_proportion(hostile):
    for kind in ("USER_CMD", "EXECVE", "SOCKADDR", "AVC"):
        record(f"type={kind} msg=audit(1.0:1): msg='{hostile}")
        record(f"type={kind} msg=audit(1.0:1): avc:  denied  {{ {hostile}")
