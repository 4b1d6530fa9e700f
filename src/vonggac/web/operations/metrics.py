"""What is counted, as Prometheus reads it (text format 0.0.4).

Where ``PROMETHEUS_MULTIPROC_DIR`` is set, as ``vonggac up`` does, the processes add up in files of that folder, and any of
them answers for all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from vonggac import __version__
from vonggac.desk.audit.models import Head
from vonggac.desk.notices.background import worker_state
from vonggac.desk.notices.models import STATES, Notice
from vonggac.jobs import installation

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("vonggac_http_requests", "Answered requests.", ("view", "method", "status"))
DURATIONS = Histogram("vonggac_http_request_seconds", "Time to answer a request.", ("view",), buckets=SECONDS)
LIVE_CLIENTS = Gauge("vonggac_live_clients", "Open live streams.", multiprocess_mode="livesum")
"""Whoever serves live streams calls ``inc`` and ``dec``."""


def count_request(*, view: str, method: str, status: int, duration_s: float) -> None:
    """One more answer. ``view``: the name of its URL, of which there are few; never its path."""
    REQUESTS.labels(view, method if method in METHODS else "other", str(status)).inc()
    DURATIONS.labels(view).observe(duration_s)


class Desk(Collector):
    """What the database and the folders say at the moment of asking."""

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        ours = settings.VONGGAC
        yield _gauge("vonggac_info", "The version that runs.", 1, version=__version__)
        head = Head.objects.filter(pk=1).values_list("seq", flat=True).first()
        yield _gauge("vonggac_audit_head", "Number of the last entry of the audit record.", head or 0)
        yield _gauge("vonggac_database_bytes", "Size of the database.", installation.database_bytes())
        yield _gauge("vonggac_data_free_bytes", "Free space for data_dir.", installation.free_bytes(ours.data_dir))
        notices = GaugeMetricFamily("vonggac_notices", "Messages by state.", labels=["state"])
        counted = dict(Notice.objects.order_by().values_list("state").annotate(n=Count("pk")))
        for state in STATES:
            notices.add_metric([state], counted.get(state, 0))
        yield notices
        worker = worker_state()
        yield _gauge("vonggac_worker_alive", "1 when background work is done.", worker.is_alive)
        yield _time("vonggac_worker_beat_timestamp_seconds", "Last heart beat of the worker.", worker.beat_at)
        yield _time("vonggac_backup_timestamp_seconds", "Last good backup.", installation.last_backup())
        yield _time("vonggac_anchor_timestamp_seconds", "Last anchor of the audit.", installation.last_anchor(ours))
        restarts = GaugeMetricFamily("vonggac_part_restarts", "Restarts of a part since the start.", labels=["part"])
        for part in installation.parts(ours):
            restarts.add_metric([str(part["name"])], float(str(part["n_restarts"])))
        yield restarts


def _gauge(name: str, text: str, value: float, **labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _time(name: str, text: str, at: datetime | None) -> GaugeMetricFamily:
    return _gauge(name, text, at.timestamp() if at else 0)


def text() -> bytes:
    """Everything, as Prometheus reads it."""
    desk = CollectorRegistry()
    desk.register(Desk())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together) + generate_latest(desk)
    return generate_latest(REGISTRY) + generate_latest(desk)
