"""A portal of its own with real processes and the province of the demonstration, for browsers that visit it."""

from __future__ import annotations

import base64
import ctypes
import hmac
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_S = 180
TESTS = Path(__file__).resolve().parent.parent
SESSIONS = """
import json
from django.test import Client
from signing import sign_in
from vonggac.desk.accounts.models import User
def session(user):
    return sign_in(Client(), user).cookies["vonggac_session"].value
found = {user.username: session(user) for user in User.objects.filter(is_active=True)}
print(json.dumps(found))
"""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def one_time_code(seed: str, at: float | None = None) -> str:
    """What an authenticator app shows (RFC 6238: SHA-1, six digits, 30 s)."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int((time.time() if at is None else at) // 30)), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def end_with_parent() -> None:
    """In the child: SIGTERM when the tests die, however they die (prctl(2))."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@dataclass
class Portal:
    """An installation in ``folder``. ``logins``: role to how somebody of the demonstration signs in."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    logins: dict[str, dict[str, str]] = field(default_factory=dict)
    up: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port, self.live_port = free_port(), free_port()
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700, parents=True)

    @property
    def url(self) -> str:
        """Where browsers find it. A name, not an address: passkeys need one."""
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Of every process of this installation."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("VONGGAC_", "DJANGO_"))},
            "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
            "VONGGAC_DATA_DIR": str(self.data),
            "VONGGAC_LISTEN": f"127.0.0.1:{self.port}",
            "VONGGAC_LIVE_LISTEN": f"127.0.0.1:{self.live_port}",
            "VONGGAC_PUBLIC_URL": self.url,
            "VONGGAC_WEB_WORKERS": "1",
            "VONGGAC_BACKUP_KEEP": "0",
            "VONGGAC_LANG": "en",
            **self.settings,
        }

    def fill(self) -> None:
        """Put the province of the demonstration into the empty installation."""
        made = json.loads(self._run("-m", "vonggac.web.operations.demonstration", str(self.folder)))
        self.logins = {login["role"]: login for login in made["logins"]}

    def python(self, code: str) -> str:
        """Run ``code`` with Django on this installation; what it prints."""
        folders = [str(TESTS / name) for name in ("desk", "e2e")]
        start = f"import sys; sys.path[:0] = {folders!r}; import django; django.setup()\n"
        return self._run("-c", start + code).strip()

    def sessions(self) -> dict[str, str]:
        """Name that signs in to the cookie of a session in which a second factor was shown."""
        found: dict[str, str] = json.loads(self.python(SESSIONS))
        return found

    def pages(self) -> dict[str, str]:
        """Name to path of every page, see ``pages``."""
        found: dict[str, str] = json.loads(self.python("import json, pages; print(json.dumps(pages.paths()))"))
        return found

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout

    def start(self) -> None:
        """``vonggac up``, until it is open."""
        with (self.folder / "up.out").open("wb") as out:
            self.up = subprocess.Popen(
                [sys.executable, "-m", "vonggac", "up"], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=end_with_parent,  # noqa: PLW1509  # the child calls prctl alone
            )  # fmt: skip
        self.wait_for(r"is open at")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Until ``up`` said something that fits ``pattern``."""
        ends = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, (self.folder / "up.out").read_text("utf-8", "replace"))):
            if time.monotonic() > ends or (self.up is not None and self.up.poll() is not None):
                raise AssertionError(f"{pattern!r} not in:\n{(self.folder / 'up.out').read_text('utf-8', 'replace')}")
            time.sleep(0.05)
        return found

    def stop(self) -> None:
        """End all its processes and forget its files."""
        if self.up is not None and self.up.poll() is None:
            self.up.send_signal(signal.SIGTERM)
            try:
                self.up.wait(15)
            except subprocess.TimeoutExpired:
                self.up.kill()
                self.up.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
