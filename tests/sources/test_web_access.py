import io

import pytest

from vonggac.events import concepts
from vonggac.events.times import iso
from vonggac.sources.source import Options
from vonggac.sources.web_access import SOURCE

TIME = "[10/Oct/2026:13:55:36 +0700]"


def read(line):
    (block,) = SOURCE.frame(io.BytesIO(line.encode()))
    return SOURCE.decode(block, Options())


def event(line):
    batch = read(line)
    assert batch.n_rows == 1, batch.skipped
    return {key: value for key, value in batch.event(0).items() if value is not None}


def test_combined():
    line = f'192.0.2.1 - bob {TIME} "GET /a/b?x=1 HTTP/1.1" 200 5 "http://ref.example/" "a \\"b\\" c"'
    assert event(line) == {
        "c-ip": "192.0.2.1", "cs-username": "bob", "date": "10/Oct/2026:13:55:36 +0700", "cs-method": "GET",
        "cs-uri": "/a/b?x=1", "cs-uri-stem": "/a/b", "cs-uri-query": "x=1", "cs-version": "HTTP/1.1", "sc-status": "200",
        "sc-bytes": "5", "cs-referer": "http://ref.example/", "cs-user-agent": 'a \\"b\\" c',
    }  # fmt: skip
    assert iso(concepts.time_us(read(line), 0)) == "2026-10-10T06:55:36.000000Z"


def test_common_has_no_agent_and_dashes_are_absent():
    found = event(f'2001:db8::1 - - {TIME} "-" 408 -')
    assert found == {"c-ip": "2001:db8::1", "date": "10/Oct/2026:13:55:36 +0700", "sc-status": "408"}


@pytest.mark.parametrize("start", ["a.example:443 192.0.2.1 - -", "a.example 2001:db8::1 - bob"])
def test_vhost(start):
    found = event(f'{start} {TIME} "GET / HTTP/1.1" 200 5 "-" "x"')
    assert found["cs-host"] == "a.example"
    assert found["c-ip"] == start.split()[1]


def test_a_user_with_blanks_is_no_vhost():
    found = event(f'2001:db8::1 - bob lee {TIME} "GET / HTTP/1.1" 200 5 "-" "x"')
    assert (found["c-ip"], found["cs-username"]) == ("2001:db8::1", "bob lee")
    assert "cs-host" not in found


@pytest.mark.parametrize(
    ("target", "stem", "query"),
    [
        ("/a", "/a", None),
        ("/a?", "/a", ""),
        ("/%2e%2e/x", ["/%2e%2e/x", "/../x"], None),
        ("/a?q=%3Cscript%3E+1", "/a", ["q=%3Cscript%3E+1", "q=<script> 1"]),
        ("/a?q=%252e", "/a", ["q=%252e", "q=%2e"]),
        ("/a b?c d", "/a b", "c d"),
        ("/a?b?c", "/a", "b?c"),
    ],
)
def test_escapes_are_kept_and_undone(target, stem, query):
    found = event(f'192.0.2.1 - - {TIME} "POST {target} HTTP/2.0" 200 5')
    assert (found["cs-uri"], found["cs-uri-stem"], found.get("cs-uri-query")) == (target, stem, query)


@pytest.mark.parametrize("request_line", ["\\x16\\x03\\x01", "MGLNDD_192.0.2.1", "SSH-2.0-x y", "GET"])
def test_what_is_no_request_is_kept_as_it_came(request_line):
    found = event(f'192.0.2.1 - - {TIME} "{request_line}" 400 5 "-" "-"')
    assert found["cs-uri"] == request_line
    assert "cs-method" not in found


def test_what_a_site_appends_is_kept():
    found = event(f'192.0.2.1 - - {TIME} "GET / HTTP/1.1" 200 5 "-" "x" "198.51.100.7, 192.0.2.9" 0.003')
    assert found["x-forwarded-for"] == "198.51.100.7, 192.0.2.9"
    assert found["rest"] == '"198.51.100.7, 192.0.2.9" 0.003'


def test_a_hostile_line_takes_no_time_and_is_skipped():
    line = "1.1.1.1 - - [" + '\\"' * 200_000
    batch = read(line + "\n" + "a " * 100_000 + "\n")
    assert [(skip.reason, skip.count) for skip in batch.skipped] == [("unknown_line", 2)]
    assert all(len(skip.detail) <= 200 for skip in batch.skipped)


@pytest.mark.corpus
def test_every_line_of_a_real_log_is_an_event(corpora):
    data = (corpora / "logs/apache/access.log").read_bytes()
    assert SOURCE.sniff(data[:65536], "x") == 95
    (batch,) = [SOURCE.decode(block, Options()) for block in SOURCE.frame(io.BytesIO(data))]
    assert (batch.n_rows, batch.skipped) == (data.count(b"\n"), ())
    assert len(batch.column("cs-method")) == batch.n_rows
