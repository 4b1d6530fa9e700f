"""What every answer of every URL carries: the policy of the page, no sniffing, no frame, no cache; and what cookies are."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import bodies
import doors
import pytest
from django.conf import settings
from django.test import Client, override_settings
from marked import undone
from reach import go

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ONLY_OURS = {
    "default-src": {"'none'"},
    "object-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "font-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
    "base-uri": {"'none'"},
    "manifest-src": {"'self'"},
}
"""What the policy says, but for ``connect-src``: that names the live stream."""

SEALED = {"sandbox": set(), "default-src": {"'none'"}}
"""The policy of files that others sent: nothing of them runs, and nothing is loaded for them."""


def policy_of(response):
    """Directive to its sources."""
    parts = [part.split() for part in response.headers.get("Content-Security-Policy", "").split(";") if part.strip()]
    return {name: set(sources) for name, *sources in parts}


def is_by_link(response):
    """Whether it is a page behind a letter's link, of which no other site may learn."""
    return response.request["PATH_INFO"].startswith("/a/")


def faults(response, *, signed_in=False):
    """What an answer lacks."""
    policy = policy_of(response)
    live = policy.pop("connect-src", set())
    is_file = policy == SEALED and "text/html" not in response.headers.get("Content-Type", "")
    checks = {
        f"policy {policy}": policy == ONLY_OURS or is_file,
        f"live {live}": is_file or ("'self'" in live and len(live) <= 2 and not any("*" in one for one in live)),
        "nosniff": response.headers.get("X-Content-Type-Options") == "nosniff",
        "referrer": response.headers.get("Referrer-Policy")
        == ("no-referrer" if is_by_link(response) else "same-origin"),
        "opener": response.headers.get("Cross-Origin-Opener-Policy") == "same-origin",
        "resource": response.headers.get("Cross-Origin-Resource-Policy") == "same-origin",
        "devices": "camera=()" in response.headers.get("Permissions-Policy", ""),
        "other origins": "Access-Control-Allow-Origin" not in response.headers,
        "programs": not {"Server", "X-Powered-By", "X-Django-Version"} & set(response.headers),
        "cookies": all(
            one["httponly"] and one["samesite"] in {"Lax", "Strict"} for one in response.cookies.values() if one.value
        ),
        "no store": not signed_in or "no-store" in response.headers.get("Cache-Control", ""),
        "charset": "text/html" not in (kind := response.headers.get("Content-Type", "")) or "utf-8" in kind.lower(),
    }
    return [name for name, is_good in checks.items() if not is_good]


def test_the_check_sees_what_is_missing(world):
    response = Client().get("/account/login/")
    assert faults(response) == []
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace("script-src", "script-src 'unsafe-inline'")
    del response.headers["X-Content-Type-Options"]
    assert [one.split()[0] for one in faults(response, signed_in=False)] == ["policy", "nosniff"]


@pytest.mark.parametrize("who", [None, "ruler", "agency_officer"])
def test_every_answer_carries_what_it_should(who, world, ways):
    found = {}
    for door in [*doors.pages(), *doors.routes()]:
        way = door.path(bodies.ids_for(door.name, world.outside))
        body = {} if door.method != "GET" else None
        with undone():
            response = go(ways.browser(who), door, way, body)
        signed_in = who is not None and door.name not in {"healthz", "metrics", "account_logout"}
        if lacking := faults(response, signed_in=signed_in):
            found[door.name, door.method, response.status_code] = lacking
    assert found == {}


@pytest.mark.parametrize(
    ("way", "status"),
    [
        ("/not-there", 404),
        ("/search?q=%00", 400),
        ("/organisations/99999999999999999999/", 404),
        ("/static/shell/shell.js", 404),
        ("/static/../settings.py", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/openapi.json", 200),
    ],
)
def test_errors_and_descriptions_carry_it_too(way, status, ways):
    response = ways.browser("ruler").get(way)
    assert response.status_code == status
    assert faults(response) == []


def test_a_refused_host_and_a_forged_form_carry_it_too(ways):
    assert faults(Client(raise_request_exception=False).get("/", HTTP_HOST="evil.example")) == []
    assert faults(ways.browser("ruler", enforce_csrf_checks=True).post("/theme", {"theme": "dark"})) == []


def test_signing_out_leaves_nothing_in_the_browser(ways):
    response = ways.browser("ruler").post("/account/logout/")
    assert response.status_code == 302
    assert response.headers["Clear-Site-Data"] == '"storage"'
    assert not response.cookies[settings.SESSION_COOKIE_NAME].value


def under_https():
    """Our settings as they are when the portal's address begins with https."""
    names = "SESSION_COOKIE_NAME LANGUAGE_COOKIE_NAME SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_HSTS_SECONDS COOKIE_PREFIX"
    code = f"import json; from vonggac.web import settings; print(json.dumps({{n: getattr(settings, n) for n in {names.split()}}}))"
    told = {**os.environ, "VONGGAC_PUBLIC_URL": "https://portal.example"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=told, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_by_https_cookies_are_of_this_host_alone_and_browsers_never_go_back(world, monkeypatch):
    monkeypatch.setenv("VONGGAC_DATA_DIR", str(settings.VONGGAC.data_dir))
    said = under_https()
    assert said["SESSION_COOKIE_NAME"] == "__Host-vonggac_session"
    assert said["LANGUAGE_COOKIE_NAME"] == "__Host-vonggac_language"
    assert said["CSRF_COOKIE_SECURE"]
    with override_settings(**said):
        client = Client()
        response = client.get("/account/login/", secure=True)
        assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        cookie = client.post("/language", {"language": "en"}, secure=True).cookies["__Host-vonggac_language"]
        assert cookie["secure"]
        cookie = response.cookies["__Host-vonggac_session"]
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
        assert faults(response) == []
    assert "Strict-Transport-Security" not in Client().get("/account/login/").headers
