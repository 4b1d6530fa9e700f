"""What the portal asks of other hosts, and what it refuses to."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from vonggac.jobs import outgoing
from vonggac.jobs.outgoing import Guarded, Refused, is_public


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("127.0.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("255.255.255.255", False), ("192.0.2.1", False), ("::1", False), ("::", False), ("fe80::1", False),
        ("fd00:ec2::254", False), ("::ffff:127.0.0.1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False),
        ("2002:0a00:0001::1", False), ("ff02::1", False),
    ],
)  # fmt: skip
def test_which_addresses_are_of_the_internet(address, expected):
    assert is_public(ipaddress.ip_address(address)) is expected


class Host(BaseHTTPRequestHandler):
    seen: ClassVar[list[str]] = []

    def log_message(self, *_args):
        pass

    def do_GET(self):
        self.seen.append(self.path)
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/drip":  # never silent for long, never done
            with contextlib.suppress(OSError):
                for byte in b"HTTP/1.0 200 OK\r\nX-Long: " + b"x" * 200:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/slow":
            with contextlib.suppress(OSError):
                for _ in range(200):
                    self.wfile.write(b"x")
                    time.sleep(0.05)
            return
        body = b"x" * (outgoing.LARGEST + 10) if self.path == "/large" else b"hello"
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # as http.server calls it


@pytest.fixture
def host():
    Host.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_its_own_host_is_asked(host):
    with Guarded({"127.0.0.1"}) as session:
        assert session.get(f"http://{host}/").text == "hello"
        assert session.get(f"http://{host}/to?/next").text == "hello"


@pytest.mark.parametrize(
    "url",
    [
        "http://{host}/", "https://{host}/", "http://localhost:{port}/", "http://user@{host}/", "http://10.0.0.1/",
        "http://[::ffff:127.0.0.1]:{port}/", "http://2130706433:{port}/", "http://0x7f.1:{port}/", "ftp://{host}/",
        "file:///etc/passwd", "//{host}/", "", "http://example.com/", "gopher://{host}/", "http://[bad/",
    ],
)  # fmt: skip
def test_nothing_else_here_is_asked(host, url):
    with Guarded() as session, pytest.raises(outgoing.requests.RequestException):
        session.get(url.format(host=host, port=host.rpartition(":")[2]))
    assert Host.seen == []


def test_the_own_host_does_not_open_its_neighbours(host):
    with Guarded({"127.0.0.1"}) as session:
        for url in (f"http://localhost:{host.rpartition(':')[2]}/", "https://10.0.0.1/", "http://169.254.169.254/"):
            with pytest.raises(outgoing.requests.RequestException):
                session.get(url)


def test_metadata_of_clouds_is_never_asked_even_by_its_own_name(monkeypatch):
    """Whatever the settings call it, link-local is refused."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda name, port, *args, **kwargs: real("169.254.169.254", port, *args, **kwargs)
    )
    with Guarded({"sso.example"}) as session, pytest.raises(Refused, match=r"169\.254"):
        session.get("https://sso.example/")


def test_a_name_that_changes_its_address_between_look_and_call_is_refused(host, monkeypatch):
    """DNS rebinding: of the internet when it is looked at, ours when it is asked."""
    port = int(host.rpartition(":")[2])
    real = socket.getaddrinfo
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda name, *args, **kwargs: real(next(answers), port, *args[1:], **kwargs)
    )
    with Guarded() as session, pytest.raises(Refused, match=r"127\.0\.0\.1"):
        session.get(f"https://innocent.example:{port}/")
    assert Host.seen == []


def test_a_name_that_resolves_to_the_inner_network_is_refused_before_anything_is_sent(host, monkeypatch):
    """The name looks like any, its address is ours."""
    port = int(host.rpartition(":")[2])
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda name, *args, **kwargs: real("127.0.0.1", port, *args[1:], **kwargs)
    )
    with Guarded() as session, pytest.raises(outgoing.requests.RequestException):
        session.get(f"https://innocent.example:{port}/")
    assert Host.seen == []


def test_an_open_door_inside_cannot_be_told_from_a_closed_one():
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_server(("127.0.0.1", 0)) as other:
        door.settimeout(0.5)
        is_open, is_closed = door.getsockname()[1], other.getsockname()[1]
        other.close()
        said = []
        for port in (is_open, is_closed):
            with pytest.raises(Refused) as caught:
                Guarded().get(f"https://127.0.0.1:{port}/")
            said.append(str(caught.value))
        assert said[0] == said[1]
        with pytest.raises(TimeoutError):
            door.accept()


def test_redirects_stay_on_their_host(host):
    with Guarded({"127.0.0.1"}) as session:
        for wanted in ("http://localhost/", "//localhost/x", "https://10.0.0.1/", "file:///etc/passwd"):
            with pytest.raises(Refused):
                session.get(f"http://{host}/to?{wanted}")
        with pytest.raises(Refused):
            session.get(f"http://{host}/to?/to?/to?/to?/to?/end")
        with pytest.raises(Refused):
            session.post(f"http://{host}/to?/next")


def test_long_answers_are_cut_off(host):
    with Guarded({"127.0.0.1"}) as session, pytest.raises(Refused):
        session.get(f"http://{host}/large")


def test_proxies_of_the_environment_are_not_asked(host, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Guarded({"127.0.0.1"}) as session:
        assert session.get(f"http://{host}/").text == "hello"


@pytest.mark.parametrize("path", ["/drip", "/slow"])
def test_an_answer_that_comes_byte_by_byte_is_not_waited_for(host, path):
    began = time.monotonic()
    with Guarded({"127.0.0.1"}, whole_s=0.5) as session, pytest.raises(Refused, match=r"longer than 0\.5 s"):
        session.get(f"http://{host}{path}")
    assert time.monotonic() - began < 4


def test_a_session_asks_again_after_one_that_was_late(host):
    with Guarded({"127.0.0.1"}, whole_s=0.5) as session:
        with pytest.raises(Refused):
            session.get(f"http://{host}/slow")
        assert session.get(f"http://{host}/").text == "hello"
