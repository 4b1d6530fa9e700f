"""Where the probes and the page of operations are. ``/healthz`` and ``/metrics`` are answered by middleware already."""

from __future__ import annotations

from django.urls import path

from vonggac.web.operations import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics_text, name="metrics"),
    path("operations/", views.operations, name="operations"),
]
