"""One portal for all stories of a run, filled once; a window for whoever a story needs."""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest
from mail_server import MailServer
from portal import Portal
from visiting import Visits


@pytest.fixture(scope="session")
def sink():
    """The mail server of the province: what arrives there."""
    with MailServer() as server:
        yield server


@contextmanager
def database():
    """The database of the portal: one of its own beside that of the tests where they run on PostgreSQL, else SQLite ("")."""
    url = os.environ.get("DESK_TEST_DATABASE")
    if not url:
        yield ""
        return
    import psycopg

    name = f"portal_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def portal(sink, tmp_path_factory):
    """The province of the demonstration, served by all processes of ``vonggac up``."""
    with database() as url:
        yield from served(sink, tmp_path_factory.mktemp("e2e") / "portal", {"VONGGAC_DATABASE": url} if url else {})


def served(sink, folder, more):
    """A portal in ``folder``, with ``more`` settings, while it is needed."""
    made = Portal(
        folder,
        settings={
            "VONGGAC_SMTP_URL": f"smtp+plain://127.0.0.1:{sink.port}", "VONGGAC_MAIL_FROM": "vonggac@songvan.example", **more,
        },
    )  # fmt: skip
    try:
        made.fill()
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def sessions(portal):
    """Name that signs in to the cookie of a session."""
    return portal.sessions()


@pytest.fixture
def visits(chromium, portal, sessions):
    """Windows at the portal; at the end no browser has complained, or asked anything of anybody else."""
    found = Visits(chromium, portal, sessions)
    yield found
    found.close()
    assert found.faults == []


@pytest.fixture
def visit(visits):
    """``visit(role, path, **options)``: one window."""
    return visits.window
