import gzip
import io
import json
from collections import Counter

import pytest

from vonggac.events import concepts
from vonggac.sources.source import Options
from vonggac.sources.zeek import SOURCE, unescape
from vonggac.sources.zeek_paths import path_of

HEAD = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#open\t2026-01-01-00-00-00\n"
    "#fields\tts\tid.orig_h\tid.orig_p\tquery\trejected\tanswers\tTTLs\trtt\tnote\n"
    "#types\ttime\taddr\tport\tstring\tbool\tvector[string]\tvector[interval]\tinterval\tstring\n"
)
ROW = "1521911720.865716\t192.0.2.1\t41772\ta.example\tF\tb.example,203.0.113.5\t2230.000000,-\t0.5\t-\n"


def batches(text, block_bytes=1 << 20):
    return [
        SOURCE.decode(block, Options()) for block in SOURCE.frame(io.BytesIO(text.encode()), block_bytes=block_bytes)
    ]


def events(text, block_bytes=1 << 20):
    return [
        {key: value for key, value in batch.event(row).items() if value is not None}
        for batch in batches(text, block_bytes)
        for row in range(batch.n_rows)
    ]


def test_values_have_the_types_that_the_header_says():
    assert events(HEAD + ROW) == [
        {"ts": 1521911720.865716, "id.orig_h": "192.0.2.1", "id.orig_p": 41772, "query": "a.example", "rejected": False,
         "answers": ["b.example", "203.0.113.5"], "TTLs": [2230.0, None], "rtt": 0.5, "_path": "dns"}
    ]  # fmt: skip


def test_both_forms_of_a_log_give_equal_events_and_texts():
    (table,) = batches(HEAD + ROW)
    line = {key: value for key, value in table.event(0).items() if value is not None and key != "_path"}
    (lines,) = batches(json.dumps(line) + "\n")
    assert lines.event(0) == line | {"_path": "dns"}
    for name in line:
        assert table.column(name).texts() == lines.column(name).texts() != []


def test_empty_unset_and_escaped_values():
    row = "1.0\t-\t-\t(empty)\tT\t(empty)\t-\t-\t\\\\\\\\host\\\\x\\x09\\xc4\\x91\\x2d\n"
    assert events(HEAD + row) == [
        {"ts": 1.0, "query": "", "rejected": True, "answers": [], "note": "\\\\host\\x\tđ-", "_path": "dns"}
    ]
    assert unescape("\\xff") == "\ufffd"


def test_a_value_that_is_not_of_its_type_stays_text():
    (found,) = events(HEAD + "soon\t192.0.2.1\tssh\ta\tmaybe\tx\t?\tnan\t-\n")
    assert (found["ts"], found["id.orig_p"], found["rejected"], found["TTLs"], found["rtt"]) == (
        "soon", "ssh", "maybe", ["?"], "nan",
    )  # fmt: skip


@pytest.mark.parametrize("block_bytes", [1, 40, 1 << 20])
def test_headers_may_change_within_a_stream(block_bytes):
    second = "#close\tx\n#separator ;\n#path;conn\n#fields;ts;conn_state\n#types;time;string\n2.5;SF\n"
    third = "#fields;conn_state\n#types;string\nREJ\n"
    found = events(HEAD + ROW + second + third, block_bytes)
    assert found[0]["query"] == "a.example"
    assert found[1:] == [{"ts": 2.5, "conn_state": "SF", "_path": "conn"}, {"conn_state": "REJ", "_path": "conn"}]


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
def test_what_does_not_fit_is_skipped_with_its_reason(block_bytes):
    found = batches("1\t2\n" + HEAD + ROW + "too\tshort\n\n", block_bytes)
    skips = [skip for batch in found for skip in batch.skipped]
    assert [(skip.reason, skip.record, skip.count) for skip in skips] == [("no_header", 1, 1), ("wrong_columns", 11, 1)]
    (row,) = [batch for batch in found if batch.n_rows]
    assert (row.record(0), row.raw(0)) == (10, ROW.rstrip("\n").encode())


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ("ts uid id.orig_h conn_state", "conn"), ("ts uid query qtype_name", "dns"), ("ts method uri trans_depth", "http"),
        ("ts helo trans_depth", "smtp"), ("ts uid certificate.serial certificate.subject", "x509"),
        ("ts version cipher established", "ssl"), ("ts endpoint operation", "dce_rpc"),
        ("ts id.orig_h action name path", "smb_files"), ("ts request_type client", "kerberos"),
        ("ts cookie result security_protocol", "rdp"), ("ts uid", None), ("time host message", None),
    ],
)  # fmt: skip
def test_the_kind_of_log_is_told_by_its_fields(fields, path):
    assert path_of(fields.split()) == path


def test_the_path_of_json_wins_over_its_fields():
    assert events('{"_path":"dns_red","ts":1,"qtype_name":"A"}\n')[0]["_path"] == "dns_red"


def test_concepts():
    (batch,) = batches(HEAD + ROW)
    assert concepts.time_us(batch, 0) == 1521911720865716
    assert concepts.text(batch, 0, "source.ip") == "192.0.2.1"
    assert concepts.text(batch, 0, "dns.question.name") == "a.example"


@pytest.mark.corpus
@pytest.mark.parametrize("kind", "dns kerberos notice ntlm rdp smb_files smb_mapping software ssh ssl weird".split())
def test_every_line_of_real_logs_is_an_event(corpora, kind):
    data = gzip.decompress((corpora / f"logs/zeek/{kind}.log.gz").read_bytes())
    assert SOURCE.sniff(data[:65536], "x") == 100
    found = [SOURCE.decode(block, Options()) for block in SOURCE.frame(io.BytesIO(data), block_bytes=1 << 19)]
    assert not any(batch.skipped for batch in found)
    lines = [line for line in data.splitlines() if not line.startswith(b"#")]
    assert sum(batch.n_rows for batch in found) == len(lines)
    assert {text for batch in found for text in batch.column("_path").texts()} == {kind}
    assert len(found[0].column("ts")) == found[0].n_rows


@pytest.mark.parametrize(
    "data", [b'{"a": 1}\nno json\n' * 3, b'x\ty\n{"ts": 1}\n' * 3, b'\n\n{"ts": 1}\n#x\n{"ts": 2}\n']
)
def test_the_beginning_of_the_stream_says_whether_it_is_json(data: bytes) -> None:
    def told(block_bytes: int) -> tuple[list[int], Counter[str]]:
        batches = [SOURCE.decode(b, Options()) for b in SOURCE.frame(io.BytesIO(data), block_bytes=block_bytes)]
        reasons: Counter[str] = Counter()
        for skip in (skip for batch in batches for skip in batch.skipped):
            reasons[skip.reason] += skip.count
        return sorted(batch.record(row) for batch in batches for row in range(batch.n_rows)), reasons

    assert told(1) == told(1 << 20)


def test_a_line_of_separators_alone_is_blank_only_where_they_are():
    head = "#separator ,\n#fields,ts,query\n#types,time,string\n"
    assert len(events(head + ",\n\n  \n")) == 1
    assert events(head.replace(",", "\t").replace("separator \t", "separator \\x09") + "\t\n\n  \n") == []
