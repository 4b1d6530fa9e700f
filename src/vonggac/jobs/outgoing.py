"""Requests that the portal itself makes to other hosts: only to where it is meant to, briefly, and not much of it.

Whoever names an address must not be able to make the portal knock at doors of the inner network. What a name stands for is looked
at before it is asked, so that not even an open door can be told from a closed one; the address that a connection really has is
looked at again before anything is sent, so that a name which resolves anew to another address (DNS rebinding) opens nothing.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

CONNECT_S, READ_S = 5.0, 10.0
"""How long a connection may take to be made, and any single wait for its next bytes."""
WHOLE_S = 30.0
"""How long all of it may take, however diligently the other side sends a byte now and then."""
LARGEST = 1024 * 1024
"""Bytes of one answer."""
REDIRECTS = 3

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(requests.RequestException):
    """The portal does not ask there."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large: not private, loopback, link-local (metadata), shared, reserved."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):  # NAT64, RFC 6052
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
    return address.is_global and not address.is_multicast


class Guarded(requests.Session):
    """A session that asks hosts of the internet by HTTPS, and ``own_hosts`` wherever they stand.

    ``own_hosts`` are those that the installation's own settings name: they may be in the inner network (but never link-local,
    where clouds keep their metadata), and by plain HTTP if they are this machine. Redirects stay on their host unless ``may_move``;
    then each place is looked at as the first was. ``largest``: bytes of one answer. Raises Refused.
    """

    def __init__(
        self,
        own_hosts: Collection[str] = (),
        whole_s: float = WHOLE_S,
        *,
        largest: int = LARGEST,
        may_move: bool = False,
    ) -> None:
        super().__init__()
        self.largest = largest
        self.may_move = may_move
        self.own_hosts = frozenset(host.lower() for host in own_hosts)
        self.whole_s = whole_s
        self.trust_env = False  # no proxies and no .netrc of the environment
        self._made: list[socket.socket] = []
        self.mount("https://", _Adapter(self.own_hosts, self._made))
        self.mount("http://", _Adapter(self.own_hosts, self._made))

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """As in requests, the body of the answer read up to LARGEST, all of it within ``whole_s`` seconds."""
        with self._ended_in_time():
            return self._asked(method, url, *args, **kwargs)

    @contextmanager
    def _ended_in_time(self) -> Iterator[None]:
        is_late = threading.Event()
        self._made[:] = [one for one in self._made if one.fileno() >= 0]

        def end() -> None:
            is_late.set()
            for one in list(self._made):
                with contextlib.suppress(OSError):  # closed meanwhile
                    socket.socket.shutdown(one, socket.SHUT_RDWR)

        timer = threading.Timer(self.whole_s, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            if is_late.is_set():
                raise Refused(f"it took longer than {self.whole_s:g} s") from error
            raise
        finally:
            timer.cancel()
        if is_late.is_set():
            raise Refused(f"it took longer than {self.whole_s:g} s")

    def _asked(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.update(timeout=(CONNECT_S, READ_S), stream=True, allow_redirects=False)
        target = str(url)
        for _turn in range(REDIRECTS + 1):
            _check(target, self.own_hosts)
            try:
                response = super().request(method, target, *args, **kwargs)
            except requests.ConnectionError as error:
                raise _refusal(error) or error from None
            where = response.headers.get("Location")
            if not response.is_redirect or where is None:
                return _read(response, self.largest)
            response.close()
            following = urljoin(target, where)
            if method.upper() != "GET" or not (self.may_move or _place(following) == _place(target)):
                raise Refused(f"{_place(target)} sends on to another place")
            target = following
        raise Refused(f"{_place(target)} sends in circles")


def _refusal(error: BaseException | None) -> Refused | None:
    """Our own refusal, where it is what urllib3 and requests told in their words."""
    while error is not None:
        for found in (error, *error.args):
            if isinstance(found, Refused):
                return found
        error = error.__cause__ or error.__context__
    return None


def _place(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port


def _check(url: str, own_hosts: frozenset[str]) -> None:
    try:
        scheme, host, _port = _place(url)
    except ValueError:
        raise Refused("this is no address") from None
    if urlsplit(url).username is not None or not host:
        raise Refused("this is no address to ask")
    if scheme == "https":
        return
    if scheme != "http" or host not in own_hosts or not _is_this_machine(host):
        raise Refused(f"{host} is asked by https only")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(response: requests.Response, largest: int) -> requests.Response:
    body = bytearray()
    for part in response.iter_content(65536):
        body += part
        if len(body) > largest:
            response.close()
            raise Refused(f"the answer is longer than {largest} bytes")
    response._content = bytes(body)  # noqa: SLF001  # what requests itself does when it reads all
    return response


def _look(address: str, host: str, own_hosts: frozenset[str]) -> None:
    """Raise Refused where ``host`` stands at an address that must not be asked."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    peer = mapped or found
    is_own = host.lower().strip("[]") in own_hosts and not (
        peer.is_link_local or peer.is_multicast or peer.is_unspecified
    )
    if not is_own and not is_public(peer):
        raise Refused(f"{host} stands at {peer}, which is not of the internet")


class _Looking(HTTPConnection):
    """A connection that looks where it goes, and where it went before anything is sent."""

    own_hosts: frozenset[str] = frozenset()
    made: list[socket.socket]

    def _new_conn(self) -> socket.socket:
        try:
            places = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            places = []  # it stands for nothing, as urllib3 will say
        for *_, place in places:
            _look(str(place[0]), self.host, self.own_hosts)
        connection = super()._new_conn()
        try:
            _look(str(connection.getpeername()[0]), self.host, self.own_hosts)
        except Refused:
            connection.close()
            raise
        return connection

    def connect(self) -> None:
        """As in urllib3; the socket stays known while an answer is read from it."""
        super().connect()
        self.made.append(self.sock)


class _LookingSecure(_Looking, HTTPSConnection):
    """The same with TLS: urllib3's own ``connect`` makes it, once it was looked."""


class _Adapter(HTTPAdapter):
    """Connections that look where they went."""

    def __init__(self, own_hosts: frozenset[str], made: list[socket.socket]) -> None:
        self._own_hosts, self._made = own_hosts, made
        super().__init__(max_retries=Retry(0, redirect=0))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As in requests, with our connections."""
        super().init_poolmanager(*args, **kwargs)
        mine = {"own_hosts": self._own_hosts, "made": self._made}
        plain = type("Plain", (HTTPConnectionPool,), {"ConnectionCls": type("PlainHere", (_Looking,), mine)})
        secure = type("Secure", (HTTPSConnectionPool,), {"ConnectionCls": type("SecureHere", (_LookingSecure,), mine)})
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": secure}
