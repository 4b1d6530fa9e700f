"""``/healthz``, ``/metrics`` and what happens to a request before anything else."""

from __future__ import annotations

import ipaddress

import pytest
from django.test import Client, RequestFactory, override_settings

from vonggac.config.values import networks_from
from vonggac.web.operations import middleware
from vonggac.web.operations.middleware import BODY_BYTES, client_of, forwarded, is_within

pytestmark = pytest.mark.django_db

PROXY = "192.0.2.10"


@pytest.fixture
def proxied(settings):
    import dataclasses

    settings.VONGGAC = dataclasses.replace(settings.VONGGAC, trusted_proxies=f"{PROXY}, 2001:db8::/48")


def seen(**meta):
    """What the rest of the portal sees of a request."""
    kept = []
    forwarded(kept.append)(RequestFactory().get("/", **meta))
    return kept[0]


def test_nobody_is_believed_without_proxies():
    request = seen(
        REMOTE_ADDR="203.0.113.9",
        HTTP_X_FORWARDED_FOR="127.0.0.1",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_X_REAL_IP="127.0.0.1",
        HTTP_FORWARDED="for=127.0.0.1",
    )
    assert request.META["REMOTE_ADDR"] == "203.0.113.9"
    assert request.scheme == "http"
    assert [name for name in request.META if "FORWARDED_" in name or name in ("HTTP_X_REAL_IP", "HTTP_FORWARDED")] == []


def test_a_proxy_of_ours_is_believed_and_nobody_else(proxied):
    told = {"HTTP_X_FORWARDED_FOR": "198.51.100.4", "HTTP_X_FORWARDED_PROTO": "https"}
    ours, stranger = seen(REMOTE_ADDR=PROXY, **told), seen(REMOTE_ADDR="203.0.113.9", **told)
    assert (ours.META["REMOTE_ADDR"], ours.scheme, ours.is_secure()) == ("198.51.100.4", "https", True)
    assert (stranger.META["REMOTE_ADDR"], stranger.scheme) == ("203.0.113.9", "http")


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("198.51.100.4", "198.51.100.4"),
        ("127.0.0.1, 198.51.100.4", "198.51.100.4"),  # the client's own claim stands before what the proxy heard
        ("198.51.100.4, 192.0.2.10", "198.51.100.4"),  # through two of ours
        ("198.51.100.4, nonsense", PROXY),
        ("", PROXY),
        (",,", PROXY),
        ("192.0.2.10", PROXY),
        ("198.51.100.4, 2001:db8::7", "198.51.100.4"),
        ("<script>alert(1)</script>", PROXY),
        ("198.51.100.4:8080", PROXY),
    ],
)
def test_only_what_our_proxies_appended_counts(told, client):
    assert client_of(PROXY, told, networks_from(f"{PROXY}, 2001:db8::/48")) == client


def test_addresses_in_both_families():
    networks = networks_from("127.0.0.0/8, ::1")
    assert is_within("::ffff:127.0.0.1", networks)
    assert is_within("::1", networks)
    assert not is_within("", networks)
    assert not is_within("unix:", networks)
    assert isinstance(networks[0], ipaddress.IPv4Network)


def test_liveness_needs_no_database_session_or_host(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz", HTTP_HOST="10.1.2.3")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "Set-Cookie" not in answer.headers
    assert answer["Cache-Control"] == "no-store"


def test_readiness_says_what_is_missing(monkeypatch):
    assert Client().get("/healthz?ready").json() == {"ready": True, "missing": ""}
    monkeypatch.setattr(
        middleware.metrics.installation, "migrations_of_program", lambda: frozenset({("audit", "9999")})
    )
    answer = Client().get("/healthz?ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "missing": "migrations"})


def test_a_database_that_is_away_is_told_without_details(monkeypatch):
    def fail():
        raise OSError("password=hunter2 host=db.example")

    monkeypatch.setattr(middleware.metrics.installation, "migrations_of_database", fail)
    answer = Client().get("/healthz?ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "missing": "database"})


def test_metrics_hold_what_they_should():
    Client().get("/nowhere/at/all")
    text = Client().get("/metrics").content.decode()
    for name in (
        'vonggac_http_requests_total{method="GET",status=',
        "vonggac_http_request_seconds_bucket{",
        'vonggac_notices{state="waiting"} 0.0',
        "vonggac_audit_head 0.0",
        "vonggac_live_clients",
        "vonggac_worker_alive 0.0",
        "vonggac_database_bytes",
        "vonggac_backup_timestamp_seconds 0.0",
        "vonggac_info{version=",
    ):
        assert name in text
    assert "/nowhere" not in text  # paths would be as many as somebody likes


@pytest.mark.parametrize(
    "meta",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"},  # a proxy on this machine
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer "},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer None"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_metrics_are_for_this_machine(meta):
    assert Client(**meta).get("/metrics").status_code == 403


def test_metrics_by_token(tmp_path, settings):
    import dataclasses

    (tmp_path / "token").write_text("a-long-enough-token-0815\n")
    settings.VONGGAC = dataclasses.replace(settings.VONGGAC, metrics_token_file=tmp_path / "token")
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert Client(**far, HTTP_AUTHORIZATION="Bearer a-long-enough-token-0815").get("/metrics").status_code == 200
    assert Client(**far, HTTP_AUTHORIZATION="Bearer a-long-enough-token-0816").get("/metrics").status_code == 403
    assert Client(**far, HTTP_AUTHORIZATION="Bearer a-long-enough-tokén").get("/metrics").status_code == 403
    assert Client(**far).get("/metrics").status_code == 403


def test_a_body_that_is_too_large_is_refused_unread():
    class Unread:
        def read(self, *_size):
            raise AssertionError("the body was read")

        readline = read

    answer = Client().generic("POST", "/account/login/", b"", CONTENT_LENGTH=str(1024**3), **{"wsgi.input": Unread()})
    assert answer.status_code == 413
    assert f"{BODY_BYTES // 1024**2} MiB" in answer.content.decode()
    for length in ("-1", "1e3", "١"):
        assert Client().generic("POST", "/account/login/", b"", CONTENT_LENGTH=length).status_code == 400


@override_settings(ALLOWED_HOSTS=["vonggac.example"])
def test_another_host_name_is_not_answered():
    assert Client().get("/account/login/", HTTP_HOST="evil.example").status_code == 400
    assert (
        Client().get("/account/login/", HTTP_X_FORWARDED_HOST="vonggac.example", HTTP_HOST="evil.example").status_code
        == 400
    )
