import io
import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vonggac.detectors.sigma import SigmaDetector, compile_rules
from vonggac.events import concepts
from vonggac.events.times import iso
from vonggac.sources import detect
from vonggac.sources.source import Options
from vonggac.sources.syslog import SOURCE
from vonggac.sources.syslog_cef import MAX_KEYS, _pairs, _plain_pairs, carried, unescape

EVENT = "CEF:0|Example|Gate|1.0|100|Login refused|7|src=192.0.2.5 spt=51000 dst=198.51.100.9 dpt=443 suser=bob act=Deny"
LEEF = "LEEF:1.0|Example|Gate|1.0|100|src=192.0.2.5\tsrcPort=51000\tdst=198.51.100.9\tusrName=bob smith"


def read(*lines):
    (block,) = SOURCE.frame(io.BytesIO("\n".join(lines).encode()))
    batch = SOURCE.decode(block, Options(year=2026))
    assert not batch.skipped, batch.skipped
    return batch


def fields(message):
    found = carried(message)
    assert found is not None
    return dict(zip(*found, strict=True))


HEADERS = {
    "": (None, None),
    "<134>": (None, None),
    "<134>gate ": ("gate", None),
    "Nov 24 10:00:00 gate ": ("gate", "2026-11-24T10:00:00.000000Z"),
    "<134>Nov 24 10:00:00 ": (None, "2026-11-24T10:00:00.000000Z"),
    "<134>Nov 24 10:00:00 gate app: ": ("gate", "2026-11-24T10:00:00.000000Z"),
    "<134>Nov 24 10:00:00 gate app[7]: ": ("gate", "2026-11-24T10:00:00.000000Z"),
    "Nov 24 10:00:00 gate app ": ("gate", "2026-11-24T10:00:00.000000Z"),
    "2026-11-24T17:00:00+07:00 gate ": ("gate", "2026-11-24T10:00:00.000000Z"),
    "<134>1 2026-11-24T10:00:00Z gate app 7 - - ": ("gate", "2026-11-24T10:00:00.000000Z"),
    '<134>1 2026-11-24T10:00:00Z gate app - - [x@1 a="b"] \ufeff': ("gate", "2026-11-24T10:00:00.000000Z"),
}


@pytest.mark.parametrize("event", [EVENT, LEEF], ids=["cef", "leef"])
@pytest.mark.parametrize("header", HEADERS)
def test_an_event_is_read_behind_any_header(header, event):
    batch = read(header + event)
    host, moment = HEADERS[header]
    expected = {"host.name": host or "", "source.ip": "192.0.2.5", "source.port": "51000", "destination.ip": "198.51.100.9",
                "observer.vendor": "Example", "event.code": "100"}  # fmt: skip
    assert {name: concepts.text(batch, 0, name) for name in expected} == expected
    assert iso(concepts.time_us(batch, 0)) == (moment or "")
    assert detect((header + event).encode(), "x.log") is SOURCE


def test_the_mark_with_a_blank_is_no_program():
    batch = read("<134>Nov 24 10:00:00 gate " + EVENT.replace("CEF:0", "CEF: 0"), EVENT.replace("CEF:0", "CEF: 0"))
    assert [concepts.text(batch, row, "source.ip") for row in range(2)] == ["192.0.2.5"] * 2


def test_the_header_and_the_keys_of_cef():
    found = fields(
        r"CEF:1|a\|b|c\\d|1|x=y|n \= m|Low|msg=two words  act=a\=b\\c\nd request=http://h.example/?x=1&y=2 empty= k.1[0]=v"
    )
    assert found == {
        "deviceVendor": "a|b", "deviceProduct": "c\\d", "deviceVersion": "1", "deviceEventClassId": "x=y", "name": "n \\= m",
        "deviceSeverity": "Low", "msg": "two words", "act": "a=b\\c\nd", "request": "http://h.example/?x=1&y=2", "empty": "",
        "k.1[0]": "v",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("message", "blocked"),
    [
        ("CEF:0|Fortinet|Fortigate|v7|13|traffic|3|act=Deny src=192.0.2.5 dst=203.0.113.9", "true"),
        ("CEF:0|Check Point|VPN-1|Check Point|Accept|https|0|act=Accept src=192.0.2.5 dst=203.0.113.9", "false"),
        ("LEEF:1.0|Palo Alto Networks|PAN-OS|8.0|drop|src=192.0.2.5\tdst=203.0.113.9", "true"),
        ("CEF:0|v|p|1|c|n|1|act=strange src=192.0.2.5 dst=203.0.113.9", None),
        ("CEF:0|v|p|1|c|n|1|act=blocked src=192.0.2.5", None),
    ],
)
def test_the_verdict_on_traffic_has_the_name_that_rules_know(message, blocked):
    assert fields(message).get("blocked") == blocked


def test_a_value_goes_by_its_label_too():
    found = fields("CEF:0|v|p|1|c|n|1|cs1Label=Virus name cs1=Emotet x cn1=4 cn1Label=msg msg=m cs2Label=None")
    assert (found["Virus name"], found["cs1"], found["msg"], found["cn1"]) == ("Emotet x", "Emotet x", "m", "4")


def test_a_key_twice_has_both_values():
    batch = read(EVENT + " src=203.0.113.1")
    assert batch.column("src").texts() == ["192.0.2.5", "203.0.113.1"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"C:\\Users\\n\\r.exe", r"C:\Users\n\r.exe"),
        (r"C:\Users\new.exe", r"C:\Users\new.exe"),
        (r"\\\\host\\share", r"\\host\share"),
        ("C:\\Temp\\", "C:\\Temp\\"),
        (r"a\=b\|c", "a=b|c"),
        (r"one\r\ntwo", "one\r\ntwo"),
    ],
)
def test_backslashes(written, meant):
    assert unescape(written) == meant


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("LEEF:1.0|v|p|1|e|a=1\tb=two words\tc=x=y\tjunk", {"a": "1", "b": "two words", "c": "x=y"}),
        ("LEEF:2.0|v|p|1|e|^|a=1^b=2\tx", {"a": "1", "b": "2\tx"}),
        ("LEEF:2.0|v|p|1|e|x5E|a=1^b=2", {"a": "1", "b": "2"}),
        ("LEEF:2.0|v|p|1|e|0x7c|a=1|b=2", {"a": "1", "b": "2"}),
        ("LEEF:2.0|v|p|1|e|x09|a=1\tb=2", {"a": "1", "b": "2"}),
        ("LEEF:2.0|v|p|1|e||a=1\tb=2", {"a": "1", "b": "2"}),
        ("LEEF:2.0|v|p|1|e|a=1\tb=2|3", {"a": "1", "b": "2|3"}),
        ("LEEF:1.0|v|p|1|e|a=1#011b=2", {"a": "1", "b": "2"}),
        ("LEEF:1.0|v|p|1|e|", {}),
    ],
)
def test_leef(message, expected):
    head = {"deviceVendor": "v", "deviceProduct": "p", "deviceVersion": "1", "deviceEventClassId": "e"}
    assert fields(message) == head | expected


@pytest.mark.parametrize(
    "message",
    [
        "CEF:0|a|b",
        "CEF:x|a|b|c|d|e|f|",
        "LEEF:1.0|a|b|",
        "xCEF:0|a|b|c|d|e|f|",
        "x " * 150 + EVENT,
        '{"m":"<13>' + EVENT,
        "CEF",
    ],
)
def test_what_is_no_event_stays_a_message(message):
    assert carried(message) is None
    assert read("Nov 24 10:00:00 gate app: " + message).texts(0, "deviceVendor") == []


def _cef_value(text):
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n").replace("\r", "\\r")


def _cef_head(text):
    return text.replace("\\", "\\\\").replace("|", "\\|")


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\\=|n \n\r\"'"), max_size=30).map(
    str.strip
)
_HEAD_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\\|= "), max_size=12)
_KEY = st.from_regex(r"[a-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda key: key != "name")


@given(st.tuples(*[_HEAD_TEXT] * 6), st.dictionaries(_KEY, _TEXT, max_size=6))
def test_any_cef_that_is_written_by_the_book_is_read_back(head, extension):
    assume(not any(key.endswith("Label") for key in extension))
    event = (
        "|".join(map(_cef_head, head))
        + "|"
        + " ".join(f"{key}={_cef_value(value)}" for key, value in extension.items())
    )
    names = ("deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "deviceSeverity")
    assert fields("CEF:0|" + event) == {**extension, **dict(zip(names, head, strict=True))}


@given(st.dictionaries(_KEY, _TEXT, max_size=6), st.sampled_from("\t^|~;"))
def test_any_leef_is_read_back(attributes, delimiter):
    assume(
        not any(delimiter in value for value in attributes.values())
        and not any(key.endswith("Label") for key in attributes)
    )
    text = delimiter.join(f"{key}={value}" for key, value in attributes.items())
    found = fields(f"LEEF:2.0|v|p|1|e|x{ord(delimiter):02x}|{text}")
    assert {key: value for key, value in found.items() if not key.startswith("device")} == attributes


@given(st.text())
def test_any_text_behind_the_mark_is_read_or_left(text):
    for mark in ("CEF:0|", "LEEF:2.0|", "CEF: 1|a|b|c|d|e|f|", "LEEF:1.0|a|b|c|d|"):
        found = carried(mark + text)
        assert found is None or len(found[0]) == len(set(found[0])) == len(found[1])
    data = re.sub(r"[\r\n]", " ", text)
    batch = read(f"Nov 24 10:00:00 gate CEF:0|a|b|c|d|e|f|{data}")
    assert batch.n_rows == 1
    for name in batch.fields():
        batch.column(name)


@given(st.lists(st.sampled_from(["a", "b1", "=", " ", "  ", "\t", "\\", "x.y", "đ", "\n", "?", "_k="])).map("".join))
def test_plain_pairs_are_what_the_pattern_finds(text):
    found = _plain_pairs(text)
    assert found is None or found == _pairs(text)


def test_no_more_keys_than_a_product_sends():
    found = fields("CEF:0|v|p|1|c|n|1|" + " ".join(f"k{n}=v" for n in range(5 * MAX_KEYS)))
    assert len(found) == MAX_KEYS + 6
    assert len(fields("LEEF:1.0|v|p|1|e|" + "\t".join(f"k{n}=v" for n in range(5 * MAX_KEYS)))) == MAX_KEYS + 4


@pytest.mark.parametrize(
    "text",
    [
        "CEF:0|" + "\\" * 100_000,
        "CEF:0|" + "a" * 100_000,
        "CEF:0|v|p|1|c|n|1|" + "a" * 100_000,
        "CEF:0|v|p|1|c|n|1|k=" + "\\\\" * 50_000 + "\\x",
        "CEF:0|v|p|1|c|n|1|k=" + "\\ " * 50_000,
        "CEF:0|v|p|1|c|n|1|" + "a= " * 50_000,
        "CEF:0|v|p|1|c|n|1|" + "=" * 100_000,
        "CEF:0|v|p|1|c|n|1|k=" + " " * 100_000 + "x",
        "LEEF:2.0|v|p|1|e|^|" + "a=^" * 50_000,
        "LEEF:2.0|v|p|1|e|" + "|" * 100_000,
        "CEF:" * 50_000,
        "CEF: 0" * 50_000,
    ],
    ids=range(12),
)
def test_a_hostile_event_takes_linear_time(text):
    started = time.process_time()
    for line in ("Nov 24 10:00:00 gate " + text, text, "<1>1 " + text):
        (block,) = SOURCE.frame(io.BytesIO(line.encode()))
        SOURCE.decode(block, Options())
        SOURCE.sniff(line.encode(), "x")
    assert time.process_time() - started < 3  # quadratic time would be half a minute and more


def test_rules_of_firewalls_and_proxies_see_traffic_in_cef():
    request = EVENT + " request=http://bad.example/a.exe requestMethod=GET requestClientApplication=curl/8"
    batch = read("Nov 24 10:00:00 gate " + EVENT, "Nov 24 10:00:00 gate " + request)
    texts = [
        ("{category: firewall}", "dst_port: 443\n    src_ip: 192.0.2.5\n    action: deny"),
        ("{category: proxy}", "c-uri|endswith: a.exe\n    c-useragent|startswith: curl\n    cs-method: GET"),
    ]
    for (logsource, detection), rows in zip(texts, ([1, 2], [2]), strict=True):
        rule = f"title: t\nlogsource: {logsource}\ndetection:\n  s:\n    {detection}\n  condition: s\n"
        hits = SigmaDetector(compile_rules([("r", rule)])).detect(batch)
        assert sorted(batch.record(hit.row) for hit in hits) == rows
