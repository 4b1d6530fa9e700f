"""Open streams are counted for whoever watches the installation."""

from __future__ import annotations

import pytest

from vonggac.desk.scope.asker import nobody
from vonggac.web.live.hub import Hub, Limits
from vonggac.web.live.reading import Visitor
from vonggac.web.operations import metrics

pytestmark = pytest.mark.django_db


def n_clients() -> float:
    (line,) = [line for line in metrics.text().decode().splitlines() if line.startswith("vonggac_live_clients ")]
    return float(line.split()[1])


def test_streams_count_while_they_are_open(monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    hub, before = Hub(Limits()), n_clients()
    visitors = [Visitor(f"s{number}", number, nobody()) for number in (1, 2)]
    streams = [hub.join(visitor) for visitor in visitors]
    assert n_clients() == before + 2
    for stream in streams:
        hub.leave(stream)
    assert n_clients() == before
