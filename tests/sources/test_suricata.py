import io
import json
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.detectors.sigma.routing import aliases, route
from vonggac.detectors.sigma.ruleset import LogSource
from vonggac.events import concepts
from vonggac.events.batch import EventBatch
from vonggac.events.times import iso
from vonggac.sources import detect, syslog
from vonggac.sources.source import Options
from vonggac.sources.suricata import SOURCE
from vonggac.sources.token_batch import TokenBatch

BASE = {
    "timestamp": "2026-11-24T10:00:00.123456+0700", "flow_id": 1805461738637437, "in_iface": "eth0", "src_ip": "192.0.2.5",
    "src_port": 51000, "dest_ip": "198.51.100.9", "dest_port": 80, "proto": "TCP",
}  # fmt: skip


def eve(kind, **fields):
    return BASE | {"event_type": kind} | fields


ALERT = eve(
    "alert",
    app_proto="http",
    alert={"action": "allowed", "gid": 1, "signature_id": 2024792, "rev": 4, "signature": "ET MALWARE Beacon", "category": "A",
           "severity": 1, "metadata": {"malware_family": ["Emotet"]}},
    http={"hostname": "bad.example", "url": "/a/b.exe?x=1", "http_user_agent": "curl/8", "http_method": "GET", "status": 200},
)  # fmt: skip
HTTP = eve("http", http={"hostname": "bad.example", "url": "/a/b.exe?x=1", "http_user_agent": "curl/8", "http_method": "GET",
                         "http_refer": "http://ref.example/", "status": 404, "length": 12})  # fmt: skip
DNS_1 = eve(
    "dns", dns={"type": "answer", "id": 1, "rcode": "NOERROR", "rrname": "bad.example", "rrtype": "TXT", "rdata": "x"}
)
DNS_2 = eve("dns", dns={"version": 2, "type": "answer", "rrname": "bad.example", "rrtype": "TXT", "rcode": "NOERROR",
                        "answers": [{"rrname": "bad.example", "rrtype": "TXT", "ttl": 5, "rdata": "x"}],
                        "grouped": {"TXT": ["x"]}})  # fmt: skip
DNS_3 = eve("dns", dns={"version": 3, "type": "response", "rcode": "NOERROR", "queries": [{"rrname": "bad.example", "rrtype": "TXT"}],
                        "answers": [{"rrname": "bad.example", "rrtype": "TXT", "rdata": "x"}]})  # fmt: skip
OTHERS = [
    eve("tls", tls={"subject": "CN=bad.example", "sni": "bad.example", "ja3": {"hash": "0" * 32}}),
    eve("fileinfo", fileinfo={"filename": "/a/b.exe", "md5": "a" * 32, "sha256": "b" * 64, "stored": False}),
    eve("flow", flow={"pkts_toserver": 1, "state": "closed", "action": "accept", "alerted": False}, tcp={"syn": True}),
    eve("netflow", netflow={"pkts": 3, "bytes": 120}),
    eve(
        "smtp", smtp={"helo": "h.example", "mail_from": "<a@b.example>", "rcpt_to": ["<c@d.example>", "<e@f.example>"]}
    ),
    eve("ssh", ssh={"client": {"proto_version": "2.0", "software_version": "x"}, "server": {}}),
    eve("smb", smb={"command": "SMB2_COMMAND_CREATE", "filename": "a.exe", "ntlmssp": {"user": "bob", "host": "PC"}}),
    eve("anomaly", anomaly={"type": "decode", "event": "decoder.ipv4.trunc_pkt"}),
    {"timestamp": BASE["timestamp"], "event_type": "stats", "stats": {"uptime": 8, "detect": {"engines": [{"id": 0}]}}},
]


def text(*events):
    return "".join(json.dumps(event) + "\n" for event in events).encode()


def read(data, block_bytes=1 << 20):
    return [SOURCE.decode(block, Options()) for block in SOURCE.frame(io.BytesIO(data), block_bytes=block_bytes)]


def slow(data):
    """The same events by the other reader: a key with a dot is beyond the fast one."""
    return read(data + text({"a.b": 1}))[0]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_array", [True, False])
def test_an_array_and_objects_over_several_lines_are_eve_too(is_array, indent):
    events = [ALERT, HTTP, DNS_1]
    data = (
        json.dumps(events, indent=indent) if is_array else "\n".join(json.dumps(one, indent=indent) for one in events)
    )
    assert detect(data.encode(), "x.json") is SOURCE
    (batch,) = read(data.encode())
    assert [(batch.record(row), batch.event(row)["event_type"]) for row in range(batch.n_rows)] == [
        (1, "alert"),
        (2, "http"),
        (3, "dns"),
    ]


@pytest.mark.parametrize("event", [ALERT, HTTP, DNS_1, DNS_2, DNS_3, *OTHERS], ids=lambda event: event["event_type"])
def test_every_type_of_event_is_recognised_and_read_as_it_is(event):
    assert detect(text(event), "x.log") is SOURCE
    (batch,) = read(text(event))
    made = {"c-uri", "c-uri-query", "c-uri-extension"}
    assert {key: value for key, value in batch.event(0).items() if key not in made} == event
    assert iso(concepts.time_us(batch, 0)) == "2026-11-24T03:00:00.123456Z"
    assert isinstance(batch, TokenBatch)


@pytest.mark.parametrize("event", [DNS_1, DNS_2, DNS_3], ids=["v1", "v2", "v3"])
def test_the_three_layouts_of_dns_mean_the_same(event):
    (batch,) = read(text(event))
    names = ("dns.question.name", "dns.question.type", "dns.answers.data", "source.ip", "destination.port")
    assert [concepts.text(batch, 0, name) for name in names] == ["bad.example", "TXT", "x", "192.0.2.5", "80"]


@pytest.mark.parametrize("read_one", [lambda data: read(data)[0], slow], ids=["fast", "slow"])
@pytest.mark.parametrize(
    ("http", "expected"),
    [
        ({"hostname": "bad.example", "url": "/a/b.exe?x=1"}, ("http://bad.example/a/b.exe?x=1", "x=1", "exe")),
        ({"hostname": "bad.example", "url": "http://bad.example/"}, ("http://bad.example/", None, None)),
        ({"hostname": "bad.example", "url": "bad.example:443"}, ("bad.example:443", None, None)),
        ({"url": "/a.tar.gz#x"}, ("/a.tar.gz#x", None, "gz")),
        ({"hostname": "bad.example"}, (None, None, None)),
        ({"hostname": "bad.example", "url": None}, (None, None, None)),
    ],
)
def test_the_whole_url_is_made_of_its_parts(read_one, http, expected):
    batch = read_one(text(eve("http", http=http)))
    names = ("c-uri", "c-uri-query", "c-uri-extension")
    row = next(row for row in range(batch.n_rows) if batch.record(row) == 1)
    assert tuple(batch.value(row, name) for name in names) == expected
    assert [batch.column(name).texts() for name in names] == [[] if value is None else [value] for value in expected]


PROXY = """c-uri|endswith: bad.example/a/b.exe?x=1
    c-useragent|startswith: curl
    sc-status: 404
    cs-method: GET
    cs-host: bad.example
    c-uri-extension: exe"""
RULES = {
    "{category: dns}": ("query: bad.example\n    record_type: TXT\n    answer: x", [2, 3, 4]),
    "{category: proxy}": (PROXY, [1]),
    "{category: webserver}": ("cs-uri-query|contains: /a/b.exe\n    cs-referer|contains: ref.example", [1]),
    "{category: firewall}": ("dst_port: 80\n    src_ip|cidr: 192.0.2.0/24\n    action: accept", [7]),
    "{product: suricata, service: alert}": ("alert.signature|contains: Beacon\n    alert.metadata.malware_family: Emotet", [0]),
    "{product: suricata}": ("smtp.rcpt_to: <e@f.example>", [9]),
    "{product: zeek, service: dns}": ("query: bad.example", []),
}  # fmt: skip


@pytest.mark.parametrize("logsource", RULES)
def test_rules_find_their_events_under_the_names_that_they_use(logsource):
    detection, expected = RULES[logsource]
    rules = compile_rules(
        [("r", f"title: t\nlogsource: {logsource}\ndetection:\n  s:\n    {detection}\n  condition: s\n")]
    )
    for batch in (
        read(text(ALERT, HTTP, DNS_1, DNS_2, DNS_3, *OTHERS))[0],
        slow(text(ALERT, HTTP, DNS_1, DNS_2, DNS_3, *OTHERS)),
    ):
        hits = SigmaDetector(rules).detect(batch)
        assert sorted(batch.record(hit.row) - 1 for hit in hits) == expected


def test_other_json_is_not_taken_for_suricata():
    for event in (
        {"event_type": "alert"},
        {"timestamp": "x", "event_type": "login"},
        {"event_type": "Threat_Event", "ipv4": "192.0.2.1"},
    ):
        assert SOURCE.sniff(text(event), "eve.json") == 0


def test_broken_lines_are_counted_and_the_rest_is_read():
    (batch,) = read(text(ALERT) + b'{"timestamp": \n\n[1]\n' + text(HTTP))
    assert [(skip.reason, skip.record) for skip in batch.skipped] == [("invalid_json", 2), ("not_an_object", 4)]
    assert [batch.record(row) for row in range(batch.n_rows)] == [1, 5]


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
_NAMES = st.sampled_from(["hostname", "url", "rrname", "a", "b", "đ"])
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=8
)
_EVENTS = st.dictionaries(st.sampled_from(["http", "dns", "src_ip", "c-uri"]), _VALUES, max_size=3)


@given(st.lists(_EVENTS, min_size=1, max_size=4))
def test_both_readers_give_the_same_fields(events):
    data = text(*(eve("http", **event) for event in events))
    (fast,), other = read(data), slow(data)
    names = {
        "c-uri",
        "c-uri-query",
        "c-uri-extension",
        "http.url",
        "http.hostname",
        "dns.rrname",
        "dns.a.b",
        "src_ip",
        "dns",
        "dns.đ",
    }
    assert fast.fields() <= other.fields()
    for name in names:
        assert _by_record(fast, name) == _by_record(other, name), name
    for row in range(fast.n_rows):
        (same,) = [r for r in range(other.n_rows) if other.record(r) == fast.record(row)]
        assert {name: fast.texts(row, name) for name in names} == {name: other.texts(same, name) for name in names}


def _by_record(batch: EventBatch, name: str) -> list[tuple[int, str]]:
    column = batch.column(name)
    return sorted(zip(map(batch.record, column.rows.tolist()), column.texts(), strict=True), key=lambda pair: pair[0])


def test_hostile_lines_take_linear_time():
    lines = [
        b'{"timestamp":"x","event_type":"http","http":{"url":"' + b"/." * 100_000 + b'"}}',
        b'{"timestamp":"x","event_type":"dns","dns":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        b'{"timestamp":"x","event_type":"a' + b"\\\\" * 100_000,
    ]
    started = time.process_time()
    (batch,) = read(b"\n".join(lines))
    for name in ("c-uri", "c-uri-query", "c-uri-extension", "dns.a"):
        batch.column(name)
    assert batch.n_rows == 1
    assert time.process_time() - started < 3


@pytest.mark.corpus
def test_the_rules_of_sigmahq_for_networks_and_proxies_ask_for_fields_that_there_are(corpora):
    native = {"src_ip", "src_port", "c-uri", "c-uri-query", "c-uri-extension"}
    known = native | {alias.name for alias in aliases("suricata")}
    paths = [*corpora.glob("sigma/rules/network/**/*.yml"), *corpora.glob("sigma/rules/web/proxy_generic/*.yml")]
    seen = 0
    for path in paths:
        rule = yaml.safe_load(path.read_text("utf-8"))
        logsource = LogSource(**{key: rule["logsource"].get(key, "") for key in ("product", "category", "service")})
        if logsource.product:
            continue
        assert route("suricata", logsource) is not None, path.name
        for name, selection in rule["detection"].items():
            for part in selection if isinstance(selection, list) else [selection]:
                fields = (
                    {key.split("|")[0] for key in part} - {""}
                    if name != "condition" and isinstance(part, dict)
                    else set()
                )
                assert fields - known <= {"blocked"}, path.name  # which only firewalls say
        seen += 1
    assert seen > 30


@pytest.mark.parametrize("mark", ["", "@cee: "])
def test_eve_events_that_travel_in_syslog_are_found_by_the_same_rules(mark):
    events = [ALERT, HTTP, DNS_1, DNS_2, DNS_3, *OTHERS]
    lines = [f"<13>Nov 24 10:00:00 gate suricata[7]: {mark}{json.dumps(event)}".encode() for event in events]
    (block,) = syslog.SOURCE.frame(io.BytesIO(b"\n".join(lines)))
    batch = syslog.SOURCE.decode(block, Options(year=2026))
    for logsource in (
        "{category: dns}",
        "{category: proxy}",
        "{category: firewall}",
        "{product: suricata, service: alert}",
    ):
        detection, expected = RULES[logsource]
        rule = f"title: t\nlogsource: {logsource}\ndetection:\n  s:\n    {detection}\n  condition: s\n"
        hits = SigmaDetector(compile_rules([("r", rule)])).detect(batch)
        assert sorted(batch.record(hit.row) - 1 for hit in hits) == expected
    names = (
        "source.ip",
        "destination.ip",
        "url.full",
        "url.domain",
        "dns.question.name",
        "rule.name",
        "file.hash.sha256",
    )
    found = [{concepts.text(batch, row, name) for row in range(batch.n_rows)} - {""} for name in names]
    assert found[0] == {"192.0.2.5"}
    assert "http://bad.example/a/b.exe?x=1" in found[2]
    assert found[3:] == [{"bad.example"}, {"bad.example"}, {"ET MALWARE Beacon"}, {"b" * 64}]


@pytest.mark.parametrize(
    "message",
    [
        "{",
        '{"event_type": 1}',
        '{"event_type":"dns"',
        "x" * 20 + '{"event_type":"dns"}',
        "Signal Received. Stopping engine.",
    ],
)
def test_other_messages_of_suricata_stay_messages(message):
    (block,) = syslog.SOURCE.frame(io.BytesIO(f"Nov 24 10:00:00 gate suricata: {message}".encode()))
    assert syslog.SOURCE.decode(block, Options()).fields() == {"timestamp", "hostname", "program", "message"}
