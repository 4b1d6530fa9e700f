"""The live stream as the tests serve it: as ``vonggac.web.asgi`` does, with times that a test can wait for."""

from __future__ import annotations

import os

import vonggac.web.asgi
from vonggac.web.live.application import Live
from vonggac.web.live.hub import Limits

LIMITS = Limits(
    poll_s=0.05,
    check_s=float(os.environ.get("LIVE_TEST_CHECK_S", "0.5")),
    heartbeat_s=0.4,
    send_s=2.0,
    n_replayed=20,
    n_queued=30,
    n_per_user=3,
)
application = Live(vonggac.web.asgi.application.origin, vonggac.web.asgi.application.hosts, LIMITS)
