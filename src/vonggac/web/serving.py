"""The processes that ``vonggac up`` keeps running: ``python -m vonggac.web.serving pages``, ``... live`` and ``... worker``.

Limits of both servers: request heads up to 64 KiB, complete within 10 s. Bodies: ``web.operations.middleware``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server import Server

from vonggac.config import Settings
from vonggac.config.reading import read_settings
from vonggac.jobs import logs
from vonggac.jobs.supervisor import end_with_parent, split_address

HEAD_BYTES = 64 * 1024
HEAD_WITHIN_MS = 10_000
THREADS = 4
"""Requests that one process answers at a time; each has a connection to the database of its own."""
MAX_PROCESSES = 4
STOP_WITHIN_S = 5
"""For requests under way when the server is stopped; live streams never end by themselves."""
TARGETS = {"pages": "vonggac.web.wsgi:application", "live": "vonggac.web.asgi:application"}


def load_target(target: str) -> Callable[..., Any]:
    """In the worker process: what granian calls with requests."""
    from importlib import import_module

    end_with_parent(os.getppid())
    module, _colon, name = target.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), name)
    return loaded


def n_processes(settings: Settings) -> int:
    """How many processes serve pages."""
    return settings.web_workers or max(1, min(os.cpu_count() or 1, MAX_PROCESSES))


def server(name: str, settings: Settings) -> Any:
    """The server of ``name`` (a key of TARGETS), not yet started."""
    is_pages = name == "pages"
    host, port = split_address(settings.listen if is_pages else settings.live_listen)
    return Server(
        TARGETS[name],
        address=host,
        port=port,
        interface=Interfaces.WSGI if is_pages else Interfaces.ASGI,
        workers=n_processes(settings) if is_pages else 1,
        blocking_threads=THREADS if is_pages else 1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_WITHIN_MS, max_buffer_size=HEAD_BYTES),
        http2_settings=HTTP2Settings(max_headers_size=HEAD_BYTES),
        log_access=False,
        log_dictconfig={"handlers": {}, "formatters": {}, "loggers": {"_granian": {"propagate": True}}},
        ssl_cert=settings.tls_certificate,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_S,
    )


def work(settings: Settings) -> None:
    """Do the background work until SIGTERM."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
    django.setup()
    from vonggac.jobs import worker

    worker.run(settings)


def main() -> None:
    """Serve or work until SIGTERM."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    settings = read_settings(os.environ)
    if name == "worker":
        work(settings)
    elif name in TARGETS:
        logs.configure(settings.log_level)
        server(name, settings).serve(target_loader=load_target)
    else:
        sys.exit(f"usage: python -m vonggac.web.serving {'|'.join((*TARGETS, 'worker'))}")


if __name__ == "__main__":
    main()
