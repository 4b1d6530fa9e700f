"""Whatever is sent to any door, the portal answers: what cannot be understood is refused, nothing breaks, nothing is written."""

from __future__ import annotations

import itertools
import json
import random
import re
from pathlib import Path
from urllib.parse import quote, urlencode

import bodies
import doors
import pytest
from django.db import connection
from marked import undone
from reach import Watch, read

import vonggac.web
from vonggac.web.shell.pages import SIGNED_IN

pytestmark = pytest.mark.django_db

ODD = (
    b"\0", b"a\0b", b"\xed\xa0\x80", b"\xff\xfe\xfd", b"\xc0\x80", "\u202egnp.exe".encode(), "\ufeff\u2028\u2029".encode(),
    b"x" * 6000, "Ắ".encode() * 3000, b"-1", b"0", b"1.5", b"1e400", b"NaN", b"-Infinity", str(2**31).encode(),
    str(2**63 - 1).encode(), str(2**63).encode(), b"9" * 400, b"9" * 5000, "٣".encode(), "１２".encode(), "²".encode(), b"0x10", b"1_000",
    b"0000-00-00", b"0000-01-01", b"0001-01-01", b"9999-12-31", b"9999-12-31T23:59:59", b"10000-01-01", b"2023-02-29",
    b"2024-02-30T25:61", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"1970-01-01T00:00:00%2B99:99",
    b"'; DROP TABLE accounts_user; --", b"%", b"_%\\", b"\\", b"{{7*7}}", b"{% load %}", b"%(x)s", b"{0.__class__}", b"${7*7}",
    b"../../../etc/passwd", b"..\\..\\x", b"\r\nSet-Cookie: a=b", b"<script>alert(1)</script>", b"[]", b"{}", b"null", b"true", b"",
    b"::ffff:1.2.3.4", b"1.2.3.4/0", b"::/0", b"fe80::1%eth0", b"999.1.1.1", b"http://evil.example/",
)  # fmt: skip
"""Bytes as they come in an address or a form."""


def _names():
    """Every parameter that the code of the portal reads: from requests, and the fields of its forms."""
    found = set()
    for path in Path(vonggac.web.__file__).parent.rglob("*.py"):
        code = path.read_text("utf-8")
        found |= set(re.findall(r'(?:GET|POST|given|query)(?:\.get|\.getlist|\.pop)?[(\[]"([\w-]+)"', code))
        found |= set(
            re.findall(
                r"^    (\w+)(?:: \w+)? = (?:forms\.|_text|_lines|Day|Moment|OrganisationPick|Annotated)",
                code,
                re.MULTILINE,
            )
        )
    for operations in doors.described().values():
        for operation in operations.values():
            found |= {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    return sorted(found)


NAMES = _names()
PLACES = [*doors.pages(), *doors.routes()]


def shared(found):
    """``found`` for the tests of both databases: every other door on SQLite, the rest on PostgreSQL; ``-m slow`` tries what is left out."""
    is_left_out = itertools.cycle((connection.vendor == "postgresql", connection.vendor == "sqlite"))
    return [
        pytest.param(door, id=door.name, marks=[pytest.mark.slow] if left_out else [])
        for door, left_out in zip(found, is_left_out, strict=False)
    ]


def test_the_parameters_are_found():
    assert {
        "q",
        "page",
        "before",
        "entry",
        "at",
        "organisation",
        "next",
        "limit",
        "after",
        "sort",
        "root",
        "address",
    } <= set(NAMES)


def ask(client, way, query):
    response = read(client.get(way, QUERY_STRING=query))
    assert response.status_code < 500, (way, query[:300], response.status_code)
    return response


@pytest.mark.parametrize("door", shared(one for one in PLACES if one.method == "GET" and not one.arguments))
def test_no_list_breaks(door, ways):
    chance = random.Random(door.name + connection.vendor)  # others on the other database
    client = ways.client(door, "ruler")
    for odd in chance.sample(ODD, len(ODD) // 3):
        some = [
            *chance.sample(NAMES, 3),
            chance.choice(("q", "page", "at", "text", "before", "organisation", "limit", "address")),
        ]
        response = ask(client, door.route, "&".join(f"{name}={quote(odd)}" for name in dict.fromkeys(some)))
        if b"\0" in odd and door.name not in {"healthz", "metrics"}:  # those read nothing of an address
            assert response.status_code in {400, 422}
    if door.name not in {"components", "directory-template"}:
        every = "&".join(f"{name}={quote(chance.choice(ODD))}" for name in NAMES if name not in {"limit", "after"})
        ask(client, door.route, every)
        ask(client, door.route, "&".join(f"q={n}&page={n}&{'z' * 20}[{n}]=1" for n in range(300)))
        ask(client, door.route, "&=&&%&%zz=%zz&;=;&q")


IDS = (
    "0",
    "-1",
    "00",
    str(2**63 - 1),
    str(2**63),
    str(10**40),
    "1%00",
    "%D9%A3",
    "1e3",
    "%2e%2e",
    "x",
    "1%2F2",
    "%ED%A0%80",
    "%FF",
)


@pytest.mark.parametrize("door", shared(one for one in PLACES if one.method == "GET" and one.arguments))
def test_no_number_of_a_record_breaks_a_page(door, world, ways):
    chance = random.Random(door.name)
    client = ways.client(door, "ruler")
    for pk in IDS:
        way = re.sub(r"\{\w+\}", pk, door.route)
        response = client.get(way)
        assert response.status_code in {302, 400, 404, 422}, (way, response.status_code)
        if response.status_code == 302:
            assert door.name in bodies_that_lead_back(), way
    good = door.path(bodies.ids_for(door.name, world.outside))
    for odd in chance.sample(ODD, 8):
        names = chance.sample(NAMES, 6)
        ask(client, good, "&".join(f"{name}={quote(odd)}" for name in names))


def bodies_that_lead_back():
    """Pages that only write: opened, they lead back to where their form is."""
    return {one.name for one in doors.pages() if one.method == "POST"}


@pytest.mark.parametrize("door", shared(one for one in doors.pages() if one.method == "POST"))
def test_no_form_breaks(door, world, ways):
    known = {**bodies.OWN, **bodies.pages(world.inside)}[door.name]
    way = door.path(bodies.ids_for(door.name, world.inside))
    names = sorted({*known, "version", "next", "step", "id", "q"})
    chance = random.Random(door.name)
    tries = [(names, odd) for odd in chance.sample(ODD, 5)] + [
        ([name], odd) for name in names for odd in (b"\0a", b"\xed\xa0\x80")
    ]
    for changed, odd in tries:
        kept = {name: value for name, value in known.items() if name not in changed and not hasattr(value, "read")}
        data = urlencode(kept, doseq=True) + "".join(f"&{name}={quote(odd)}" for name in changed)
        watch = Watch()
        with connection.execute_wrapper(watch):
            client = ways.browser("ruler")
            response = read(client.post(way, data, content_type="application/x-www-form-urlencoded"))
        assert response.status_code < 500, (way, changed, odd[:40], response.status_code)
        if (
            b"\0" in odd
            and set(changed) <= set(known)
            and door.permission != SIGNED_IN
            and door.name not in READS_NO_TEXT
        ):
            assert response.status_code != 200 or response.streaming or b"\0" not in response.content, (way, changed)


READS_NO_TEXT = ("directory-import",)


@pytest.mark.parametrize(
    "kind",
    ["application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "a/b;charset=zz", ""],
)
def test_a_form_of_another_kind_breaks_nothing(kind, ways):
    for body in (
        b"",
        b"\0",
        b"--x\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="a\0"\r\n\r\nb\r\n--x--\r\n',
        b"a=%",
        b"{" * 9999,
    ):
        for way in (
            "/account/login/",
            "/language",
            "/organisations/new",
            "/accounts/invite/",
            "/notices/move",
            "/audit/erase",
        ):
            response = ways.browser("ruler").post(way, body, content_type=kind)
            assert response.status_code < 500, (way, kind, body[:20], response.status_code)


DEEP = 100_000
REFUSED = (
    b"", b"null", b"[]", b'"x"', b"1", b"true", b"{", b"\xff\xfe{}", b"{}garbage", b"[" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'{"version": NaN}', b'{"version": Infinity}', b'{"version": -1}', b'{"version": 1e999}', b'{"version": ' + b"9" * 5000 + b"}",
    b'{"version": 9223372036854775808}', b'{"version": 1.5}', b'{"__proto__": {"is_admin": true}}', b'{"\\u0000": 1}', b"{\"a\": '1'}",
    b'{"version": [1]}', b'{"version": {"$gt": 0}}', b'{"version": null}',
)  # fmt: skip
"""Bodies that nothing takes."""
BORNE = (b"\xef\xbb\xbf{}", b'{"version": "1"}', b'{"version": true}', b'{"version": 999, "version": 998}', b"{}")
"""Bodies of which the reader makes what it can: a number in quotes is a number, of two equal keys the last holds."""
TEXTS = (
    "\0",
    "a\0b",
    "\ud800",
    "\u202e",
    "x" * 300_000,
    "\u200b",
    "=1+1",
    "<script>",
    "9999-12-31T23:59:59-14:00",
    "0000-01-01T00:00:00Z",
)


@pytest.mark.parametrize("door", shared(one for one in doors.routes() if one.method != "GET"))
def test_no_body_breaks_the_api(door, world, ways):
    known = bodies.routes(world.inside)[door.name]
    way = door.path(bodies.ids_for(door.name, world.inside))
    client = ways.program("ruler")
    client.get("/api/v1/me")  # so that the token has been used within the hour: that is kept, too

    def send(body, kind="application/json"):
        watch = Watch()
        with undone(), connection.execute_wrapper(watch):
            response = client.generic(door.method, way, body, content_type=kind)
        assert response.status_code < 500, (way, body[:80], response.status_code)
        return response.status_code, watch.wrote

    if not isinstance(known, dict):
        send(b"{" * DEEP)
        return
    for body in BORNE:
        send(body)
    for body in REFUSED:
        status, wrote = send(body)
        assert status in {400, 422}, body[:40]
        assert not wrote
    for kind in ("text/xml", "application/x-www-form-urlencoded", "", "application/json; charset=utf-7"):
        send(b"\xff<a>", kind)
    for name, value in known.items():
        for odd in (*TEXTS, 10**30, -1, 0, [], {}, None, ["\0"], [[]], 1.5, True):
            sent = json.dumps({**known, name: odd})
            status, wrote = send(sent.encode())
            if isinstance(odd, str) and odd.startswith(("\0", "a\0", "\ud800")) and isinstance(value, str):
                assert status == 422, (name, odd)
                assert not wrote


def test_a_body_over_the_limit_of_the_api_is_refused(ways):
    body = json.dumps({"code": "x", "kind": "commune", "name": "x" * 4_000_000})
    response = ways.program("ruler").post("/api/v1/organisations", body, content_type="application/json")
    assert response.status_code in {400, 413, 422}
    assert response.json()["code"]


@pytest.mark.any_database
def test_hidden_headers_of_the_request_break_nothing(ways):
    for name in ("HX-Current-URL", "HX-Request", "HX-Target", "Accept-Language", "User-Agent", "Referer", "X-Request-ID", "Cookie",
                 "Idempotency-Key", "Authorization", "Origin", "If-Modified-Since", "Range", "Accept-Encoding"):  # fmt: skip
        for value in (
            "\xff\xfe",
            "a" * 20_000,
            "x\0y",
            "\u202e".encode().decode("latin-1"),
            "//evil.example",
            "javascript:alert(1)",
            "bytes=0-",
            "[::",
            "http://[bad",
        ):
            for way in ("/", "/organisations/", "/api/v1/people", "/account/login/"):
                response = ways.browser("ruler").get(way, headers={name: value})
                assert response.status_code < 500, (name, value, way)
