import io
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.sources import syslog, sysmon_xml
from vonggac.sources.source import Options
from vonggac.sources.sysmon_linux import MAX_EVENT_LINES, SOURCE, cut_before_open_event
from vonggac.sources.sysmon_xml import sysmon_event

SYSTEM = (
    '<System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>1</EventID><Version>5</Version>'
    "<Level>4</Level><Task>1</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>"
    '<TimeCreated SystemTime="2026-11-24T08:30:01.467399000Z"/><EventRecordID>75097</EventRecordID><Correlation/>'
    '<Execution ProcessID="1109" ThreadID="1109"/><Channel>Linux-Sysmon/Operational</Channel><Computer>web-1</Computer>'
    '<Security UserId="0"/></System>'
)


def event(system=SYSTEM, **data):
    inner = "".join(f'<Data Name="{name}">{escape(value)}</Data>' for name, value in data.items())
    return f"<Event>{system}<EventData>{inner}</EventData></Event>"


WGET = event(
    RuleName="-", UtcTime="2026-11-24 08:30:01.467", ProcessId="3372", Image="/usr/bin/wget", CommandLine="wget 'a' >/tmp/x",
    User="root", ParentImage="/usr/bin/dash",
)  # fmt: skip


class Dripping(io.BytesIO):
    def read(self, size=-1, /):
        return super().read(min(size, 37) if size > 0 else 37)


def batches(text, block_bytes=1 << 20):
    return [SOURCE.decode(block, Options()) for block in SOURCE.frame(Dripping(text.encode()), block_bytes=block_bytes)]


def events(text, block_bytes=1 << 20):
    return [batch.event(row) for batch in batches(text, block_bytes) for row in range(batch.n_rows)]


def fields(text):
    found = sysmon_event(text)
    return None if found is None else dict(zip(*found, strict=True))


def test_an_event_has_the_names_that_windows_events_have():
    (found,) = events(WGET + "\n")
    assert found | {
        "Provider_Name": "Linux-Sysmon", "EventID": "1", "SystemTime": "2026-11-24T08:30:01.467399000Z", "EventRecordID": "75097",
        "ProcessID": "1109", "Channel": "Linux-Sysmon/Operational", "Computer": "web-1", "UserID": "0", "ProcessId": "3372",
        "Image": "/usr/bin/wget", "CommandLine": "wget 'a' >/tmp/x", "User": "root", "ParentImage": "/usr/bin/dash",
    } == found  # fmt: skip


def test_concepts():
    (batch,) = batches(WGET)
    assert concepts.time_us(batch, 0) == 1795509001467399
    assert [concepts.text(batch, 0, name) for name in ("host.name", "process.command_line", "process.executable")] == [
        "web-1", "wget 'a' >/tmp/x", "/usr/bin/wget",
    ]  # fmt: skip


def test_in_syslog_it_is_the_same_event():
    line = f"Nov 24 08:30:01 web-1 sysmon[5]: {WGET}\n"
    (batch,) = [syslog.SOURCE.decode(block, Options()) for block in syslog.SOURCE.frame(io.BytesIO(line.encode()))]
    found = batch.event(0)
    assert fields(WGET).items() <= found.items()
    assert found["program"] == "sysmon"


def test_what_syslog_cut_off_is_read_as_far_as_it_goes():
    at = WGET.index("/tmp/x") + 2
    found = fields(WGET[:at])
    assert (found["Image"], found["CommandLine"], "User" in found) == ("/usr/bin/wget", "wget 'a' >/t", False)
    assert fields(WGET[: WGET.index("</EventID>") + 20])["EventID"] == "1"
    assert fields(WGET[: WGET.index("<EventID>")]) is None


def test_a_bracket_that_was_left_as_it_was_does_not_hide_the_rest():
    found = fields(WGET.replace("&gt;", "<"))
    assert (found["CommandLine"], found["User"]) == ("wget 'a' </tmp/x", "root")


def test_the_first_of_a_name_stays():
    assert fields(event(Image="/a", Channel="x").replace("</EventData>", '<Data Name="Image">/b</Data></EventData>')) | {
        "Image": "/a", "Channel": "Linux-Sysmon/Operational",
    } == fields(event(Image="/a"))  # fmt: skip


def test_pretty_printed_events_and_those_with_line_breaks():
    pretty = WGET.replace("><", ">\n  <").replace("\n  </Data>", "</Data>")
    text = f'<?xml version="1.0"?>\n<Events>\n{pretty}\n{event(CommandLine=chr(10).join("abc"))}\n</Events>\n'
    for block_bytes in (1, 500, 1 << 20):
        found = batches(text, block_bytes)
        assert not any(batch.skipped for batch in found)
        first, second = [batch.event(row) for batch in found for row in range(batch.n_rows)]
        assert first == events(WGET)[0]
        assert second["CommandLine"] == "a\nb\nc"
    (batch,) = batches(text)
    lines = text.split("\n")
    assert [batch.record(row) for row in range(2)] == [3, lines.index("</Events>") - 2]
    assert batch.raw(1).decode().count("\n") == 2


@pytest.mark.parametrize("block_bytes", [1, 64, 1000, 1 << 20])
def test_what_is_no_event_is_counted(block_bytes):
    found = batches(f"junk\n{WGET}\n<Event><System></System></Event>\n\n<Event>\n{WGET}\nmore", block_bytes)
    skips = sorted((skip.record, skip.reason, skip.count) for batch in found for skip in batch.skipped)
    per_line = sorted((reason, record) for record, reason, count in skips)
    assert {reason for reason, _ in per_line} == {"unknown_line", "bad_record"}
    assert sum(count for _, _, count in skips) == 4
    assert sum(batch.n_rows for batch in found) == 2


def test_an_event_that_never_ends_does_not_swallow_the_file():
    text = "<Event>" + SYSTEM + "\nx" * (3 * MAX_EVENT_LINES) + f"\n{WGET}\n"
    for block_bytes in (1, 1 << 20):
        assert [found["EventID"] for found in events(text, block_bytes)] == ["1", "1"]
        assert sum(batch.n_rows + sum(s.count for s in batch.skipped) for batch in batches(text)) > MAX_EVENT_LINES


def test_cuts_are_before_an_open_event():
    assert cut_before_open_event(b"a\n<Event>b\nc\n") == 2
    assert cut_before_open_event(b"a\n<Event>b</Event>\nc\n") == len(b"a\n<Event>b</Event>\nc\n")
    assert cut_before_open_event(b"") == 0


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + WGET, "<!-- -->" + WGET, "<a:Event>" + WGET, "<Event", "<Event>",
        "<Event><System>", "<Event><System><EventID>1", "<Event><System></System>",
    ],
)  # fmt: skip
def test_what_sysmon_never_writes_is_no_event(hostile):
    assert fields(hostile) is None or "CommandLine" not in fields(hostile)


def test_only_the_entities_of_xml_itself_are_known():
    inner = '<Data Name="A">&lt;&#65;&#x42;&amp;lt;&copy=1&nbsp;&x;&#xD800;&#x110000;&#9999999;</Data>'
    assert (
        fields(event().replace("<EventData>", "<EventData>" + inner))["A"]
        == "<AB&lt;&copy=1&nbsp;&x;\ufffd\ufffd\ufffd"
    )
    system = SYSTEM.replace("web-1", "a&amp;b")
    assert fields(event(system))["Computer"] == "a&b"


TEXTS = st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=("Cs",)), max_size=30)


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Za-z]{0,11}", fullmatch=True), TEXTS, max_size=6))
@example({"Image": "<Event>", "X": "&amp;"})
@example({"Image": '"/><Data Name="A">'})
def test_what_is_written_is_read(data):
    (found,) = events(event(**data) + "\n")
    assert {name: found[name] for name in data} == (
        data | {n: v for n, v in found.items() if n in data and n in fields(event())}
    )


PIECES = st.sampled_from(
    ['<Data Name="A">', "<Data Name='B'>", "</Data>", '<Data Name="C"/>', "<Event>", "</Event>", "</EventData>", "x", "&lt;", "<", ">",
     '"', '">', "'", " ", "<System>", "</System>", "<EventData>", "<Data Name=", "A", "\x85", "Image"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
@example('<Data Name="A">x</Data><Data Name="A">y</Data>')
@example('<Data Name="A"B">x</Data>')
def test_the_quick_way_and_the_slow_way_read_the_same(body):
    text = f"<Event>{SYSTEM}<EventData>{body}</EventData></Event>"
    assert sysmon_event(text) == sysmon_xml._any_event(text)


@pytest.mark.parametrize(
    "hostile",
    ['<Data Name="A">' * 20_000, '<Data Name="' * 20_000, "<" * 200_000, "<Event>" * 30_000, "&" * 200_000, "<Data Name='a'" * 20_000,
     "<System>" * 20_000, '<Execution a="b"' * 20_000, " " * 200_000, "</Data>" * 30_000]
)  # fmt: skip
def test_hostile_text_takes_time_in_proportion(hostile):
    for text in (
        hostile,
        f"<Event><System>{hostile}",
        f"<Event>{SYSTEM}<EventData>{hostile}",
        event().replace("<EventData>", "<EventData>" + hostile),
    ):
        sysmon_event(text)
        events(text + "\n")
