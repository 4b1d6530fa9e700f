"""What comes over the wire to the real server: requests that two readers would part differently, heads without end, a gigabyte."""

from __future__ import annotations

import contextlib
import http
import http.client
import socket
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.database, pytest.mark.any_database]

PIECE = b"x" * (1 << 20)


@pytest.fixture
def served(installation):
    """An installation that is open, and whose processes have each made a page before: the first takes long where others work."""
    installation.up()
    installation.wait_for("is open at")
    for _ in range(6):
        client = http.client.HTTPConnection("localhost", installation.port, timeout=60)
        client.request("GET", "/account/login/")
        assert client.getresponse().status == http.HTTPStatus.OK
        client.close()
    return installation


def sent(served, *parts: bytes, within_s: float = 15) -> bytes:
    """All that the server answers to these bytes until it closes the connection or says no more for a while."""
    answer = b""
    with socket.create_connection(("127.0.0.1", served.port), timeout=within_s) as client, contextlib.suppress(OSError):
        for part in parts:
            client.sendall(part)
        client.settimeout(3)
        while data := client.recv(1 << 16):
            answer += data
    return answer


def head(served, *lines: str, method: str = "POST", path: str = "/account/login/") -> bytes:
    """The head of a request."""
    return "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: localhost:{served.port}", *lines, "", "")).encode(
        "latin-1"
    )


def test_one_request_stays_one_request(served):
    """Whatever says how long a body is, nothing of it is answered as a request of its own (RFC 9112, 6.3 and 11.2)."""
    second = head(served, method="GET", path="/smuggled-door")
    plain = sent(served, head(served, "Content-Length: 5"), b"12345", second)
    assert (
        plain.count(b"HTTP/1.1 ") == 2
    )  # what is plain is read as two: so the test sees a second answer where there is one
    doubtful = {
        "two lengths": ("Content-Length: 5", f"Content-Length: {5 + len(second)}"),
        "a list of lengths": (f"Content-Length: 5, {len(second)}",),
        "a length with a sign": ("Content-Length: +5",),
        "a length below zero": ("Content-Length: -5",),
        "a length in hex": ("Content-Length: 0x5",),
        "an unknown coding": ("Transfer-Encoding: xchunked",),
        "a coding behind chunked": ("Transfer-Encoding: chunked, identity",),
        "a space before the colon": ("Content-Length : 5",),
    }
    for what, lines in doubtful.items():
        answer = sent(served, head(served, *lines), b"12345", second)
        assert b"smuggled-door" not in answer, what
        assert answer.count(b"HTTP/1.1 ") <= 1, what
        assert not answer or answer[9:12] in {b"400", b"403", b"411", b"413", b"501"}, (what, answer[:80])

    # Chunked goes over a length, as the RFC says, and what follows the last chunk is not part of the body.
    both = sent(served, head(served, "Content-Length: 400", "Transfer-Encoding: chunked"), b"0\r\n\r\n")
    assert both[9:12] in {b"400", b"403", b"411"}
    for chunk in (b"-1\r\n\r\n", b"fffffffffffffffff\r\n", b"5;" + b"x" * 200_000, b"zz\r\n"):
        answer = sent(served, head(served, "Transfer-Encoding: chunked", "Connection: close"), chunk)
        assert answer[9:12] in {b"", b"400", b"403", b"411", b"413"}, chunk[:20]
    assert served.get("/healthz") == (200, "ok\n")


def test_heads_that_break_lines_or_never_end(served):
    assert sent(served, head(served, "X: a\nY: b\rZ: c", method="GET"))[9:12] in {b"", b"200", b"400"}
    assert sent(served, head(served, "X: a\0b", method="GET"))[9:12] in {b"", b"400"}
    large = sent(served, head(served, *(f"X-{n}: {'y' * 8000}" for n in range(40)), method="GET"))
    assert large[9:12] in {b"", b"400", b"431"}
    assert sent(served, head(served, method="GET", path="/search?q=" + "x" * 200_000))[9:12] in {
        b"",
        b"400",
        b"414",
        b"431",
    }
    for line in (
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0" * 1000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\n",
    ):
        assert b" 500 " not in sent(served, line, within_s=5)[:20], line[:20]
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: local")  # and no more: the server does not wait for ever
        with contextlib.suppress(OSError):
            slow.recv(1000)
    assert time.monotonic() - start < 20
    assert served.get("/healthz") == (200, "ok\n")


def test_odd_bytes_in_the_head_break_nothing(served):
    """Headers and paths are bytes: whatever they are, the answer is no fault of the program."""
    for odd in ("\xff\xfe", "\xe2\x80\xae", "\xe1\xba\xae" * 50, "\x80", "=;=;\xff=\xe2", "a" * 9000):
        for name in (
            "Cookie",
            "User-Agent",
            "Accept-Language",
            "Referer",
            "Authorization",
            "X-Request-ID",
            "HX-Current-URL",
            "Origin",
            "Host",
        ):
            answer = sent(served, head(served, f"{name}: {odd}", "Connection: close", method="GET"))
            assert answer[9:12] in {b"", b"200", b"302", b"400", b"431"}, (name, odd, answer[:60])
    for path in (
        "/%ff",
        "/%ED%A0%80",
        "/\xff\xfe",
        "/%00",
        "/organisations/%E0%A4%A/",
        "/search?q=\xff",
        "/%%%",
        "/a;b=c?d#e",
        "//evil.example//",
        "/..%2f..%2fetc/passwd",
    ):
        answer = sent(served, head(served, "Connection: close", method="GET", path=path))
        assert answer[9:12] in {b"", b"302", b"400", b"404"}, (path, answer[:60])
        assert b"root:" not in answer


def test_no_method_of_proxies_is_answered(served):
    for method, path in (("TRACE", "/"), ("CONNECT", "localhost:1"), ("TRACK", "/"), ("GET", "http://evil.example/")):
        answer = sent(served, head(served, "Cookie: secret=zzz", "Connection: close", method=method, path=path))
        assert b"zzz" not in answer, method
        assert answer[9:12] not in {b"200", b"500"}, (method, answer[:80])


def resident(served) -> int:
    """Bytes in memory of all processes of an installation."""
    total = 0
    for pid in served.processes():
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    return total


def on_disk(served) -> int:
    """Bytes below the folder of an installation."""
    return sum(path.stat().st_size for path in served.folder.rglob("*") if path.is_file())


def test_a_gigabyte_fills_neither_memory_nor_disk(served):
    """Said to be a gigabyte, and said to be of no length at all: both end early, and nothing is left."""
    served.get("/account/login/")  # what pages need is loaded with the first of them
    memory, disk = resident(served), on_disk(served)
    for lines, framed in (((f"Content-Length: {1 << 30}",), False), (("Transfer-Encoding: chunked",), True)):
        kind = "Content-Type: multipart/form-data; boundary=b"
        part = f"{len(PIECE):x}\r\n".encode() + PIECE + b"\r\n" if framed else PIECE
        most, n_sent = 0, 0
        with socket.create_connection(("127.0.0.1", served.port), timeout=20) as client:
            client.sendall(head(served, *lines, kind, path="/directory/import/"))
            for _ in range(1024):
                try:
                    client.sendall(part)
                except OSError:  # the server has closed it
                    break
                n_sent += len(part)
                if n_sent % (64 << 20) < len(part):
                    most = max(most, resident(served))
            client.settimeout(5)
            with contextlib.suppress(OSError):
                assert client.recv(1000)[9:12] in {b"", b"302", b"400", b"403", b"411", b"413"}
        assert n_sent < 200 << 20, lines
        assert max(most, resident(served)) - memory < 150 << 20, lines
    assert on_disk(served) - disk < 4 << 20
    assert served.get("/healthz") == (200, "ok\n")
