"""One portal for all stories of a run, filled once; a window for whoever a story needs."""

from __future__ import annotations

import pytest
from mail_server import MailServer
from portal import Portal
from visiting import Visits


@pytest.fixture(scope="session")
def sink():
    """The mail server of the province: what arrives there."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="session")
def portal(sink, tmp_path_factory):
    """The province of the demonstration, served by all processes of ``vonggac up``."""
    made = Portal(
        tmp_path_factory.mktemp("e2e") / "portal",
        settings={"VONGGAC_SMTP_URL": f"smtp+plain://127.0.0.1:{sink.port}", "VONGGAC_MAIL_FROM": "vonggac@songvan.example"},
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
