"""Probes for machines, and the page of those who run the installation."""

from __future__ import annotations

import hmac
import ipaddress
import logging
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext

from vonggac.jobs import installation
from vonggac.web.operations import metrics, status
from vonggac.web.secret_key import secret_in
from vonggac.web.shell.errors import error_page
from vonggac.web.shell.pages import PUBLIC, Request, page

log = logging.getLogger(__name__)


@page(PUBLIC)
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers; with ``?ready`` whether it can work: 503 names what it waits for."""
    if "ready" not in request.GET:
        return _plain(HttpResponse("ok\n", content_type="text/plain"))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        missing = "migrations" if installation.migrations_of_program() - installation.migrations_of_database() else ""
    except Exception:  # whatever keeps us from the database: that is the answer
        log.exception("not ready")
        missing = "database"
    return _plain(JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200))


@page(PUBLIC)
def metrics_text(request: HttpRequest) -> HttpResponse:
    """The metrics, for this machine itself or with the token of ``metrics_token_file``."""
    if not _may_read_metrics(request):
        return _plain(
            HttpResponse("Only from the machine itself, or with the token.\n", status=403, content_type="text/plain")
        )
    return _plain(HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE))


def _may_read_metrics(request: HttpRequest) -> bool:
    token = secret_in(settings.VONGGAC.metrics_token_file, "metrics_token_file")
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    # A proxy on this machine speaks for others: what came through one is not from here.
    if request.META.get("WAS_FORWARDED"):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _plain(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def too_large(request: HttpRequest, limit: int) -> HttpResponse:
    """The page for a body over ``limit`` bytes."""
    from django.utils import translation

    from vonggac.web.shell.choices import language_of

    with translation.override(language_of(request)):
        said = gettext("At most {n} MiB are taken at once.").format(n=limit // 1024**2)
        return error_page(request, 413, said)


@page("operations.view")
def operations(request: Request) -> HttpResponse:
    """What runs, how full it is, when it was saved, what went wrong lately."""
    values: dict[str, Any] = {"status": status.gather(settings.VONGGAC)}
    return render(request, "operations/operations.html", values)
