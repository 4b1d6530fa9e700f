"""What happens to a request before anything else: whose word about its origin counts, probes, how large it may be."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from vonggac.config.values import Network, networks_from
from vonggac.web.operations import metrics
from vonggac.web.shell.errors import error_page

Handler = Callable[[HttpRequest], HttpResponse]
BODY_BYTES = 51 * 1024 * 1024
"""The largest file that may be uploaded, with what is around it. Nothing larger is read at all."""
_FORWARDING = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)


@cache
def _trusted(text: str) -> tuple[Network, ...]:
    return networks_from(text)


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether ``address`` is one of ``networks``; an IPv4 address written as IPv6 counts as itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in networks)


def client_of(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Who asks: the last address of ``forwarded_for`` that is no proxy of ours, when ``peer`` is one; else ``peer``.

    Each proxy appends whom it heard from, so only what ours appended is known to be true; what stands before it is the
    client's own claim.
    """
    client = peer
    if not is_within(peer, trusted):
        return client
    for part in reversed(forwarded_for.split(",")):
        try:
            client = str(ipaddress.ip_address(part.strip()))
        except ValueError:  # empty, or no address: go no further than the proxy that wrote it
            return client
        if not is_within(client, trusted):
            return client
    return client


def forwarded(get_response: Handler) -> Handler:
    """``REMOTE_ADDR`` and the scheme as our own proxies say, and every forwarding header gone: nothing else may use one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        trusted = _trusted(settings.VONGGAC.trusted_proxies)
        peer = request.META.get("REMOTE_ADDR", "")
        request.META["PEER_ADDR"] = peer
        said = {name: request.META.pop(name, "") for name in _FORWARDING}
        request.META["WAS_FORWARDED"] = any(said.values())
        if is_within(peer, trusted):
            request.META["REMOTE_ADDR"] = client_of(peer, said["HTTP_X_FORWARDED_FOR"], trusted)
            scheme = said["HTTP_X_FORWARDED_PROTO"].strip().lower()
            if scheme in ("http", "https"):
                # what WSGIRequest looks at, and ASGIRequest
                getattr(request, "environ", {})["wsgi.url_scheme"] = scheme
                getattr(request, "scope", {})["scheme"] = scheme
        return get_response(request)

    return middleware


def probes(get_response: Handler) -> Callable[[HttpRequest], HttpResponseBase]:
    """``/healthz`` and ``/metrics`` by any host name, without session, log line or language."""
    from vonggac.web.operations.views import healthz, metrics_text

    views = {"/healthz": healthz, "/metrics": metrics_text}

    def middleware(request: HttpRequest) -> HttpResponseBase:
        view = views.get(request.path_info)
        return get_response(request) if view is None else view(request)

    return middleware


def counted(get_response: Handler) -> Handler:
    """Every answer in the metrics: by view, method and status, and how long it took."""

    def middleware(request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        metrics.count_request(
            view=(match.view_name or match.route if match else "") or "none",
            method=request.method or "",
            status=response.status_code,
            duration_s=time.perf_counter() - start,
        )
        return response

    return middleware


def limited(get_response: Handler) -> Handler:
    """A body that is too large is refused before a byte of it is read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdecimal():
            return error_page(request, 400)
        if int(length) > BODY_BYTES:
            from vonggac.web.operations.views import too_large

            response = too_large(request, BODY_BYTES)
            response.headers["Connection"] = "close"
            return response
        return get_response(request)

    return middleware
