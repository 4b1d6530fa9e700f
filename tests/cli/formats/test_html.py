"""The page of a scan: what it shows, what it leaves out and says so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest

from vonggac.cli.formats import html as page_format
from vonggac.cli.formats.html.timeline import MAX_BARS, WIDTHS, Timeline

RULES = """
title: Một luật có tên rất dài bằng tiếng Việt để xem trang có giữ được các dấu chồng như ế, ộ, Ẫ và không tràn
title_vi: Tên tiếng Việt
description: What it means
description_vi: Nghĩa là gì
falsepositives: [A scan that was ordered]
falsepositives_vi: [Đợt rà quét theo lệnh]
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a01
level: critical
logsource: {product: windows}
detection: {selection: {CommandLine|contains: [needle, thread]}, condition: selection}
---
title: Another
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02
level: low
logsource: {product: windows}
detection: {selection: {EventID: 1}, filter: {User: nobody}, condition: selection and not filter}
"""


def line(n: int, host: str = "pc-1", **more: object) -> str:
    event = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": host,
             "UtcTime": f"2026-02-14 0{n % 8}:00:00.000", "CommandLine": f"a needle {n} and a Needle", "User": "u", **more}  # fmt: skip
    return json.dumps(event) + "\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "r.yml").write_text(RULES, "utf-8")
    return tmp_path / "r.yml"


def text_of(data: bytes) -> str:
    return data.decode()


def test_matching_parts_are_marked_and_the_rest_is_folded(scan: Callable, rules: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text(line(1, Hashes="x"), "utf-8")
    text = text_of(scan(log, "--rules", rules, "--format", "html").data)
    assert "<dt>CommandLine</dt><dd><bdi>a <mark>needle</mark> 1 and a <mark>Needle</mark></bdi></dd>" in text
    assert "<dt>EventID</dt><dd><bdi><mark>1</mark></bdi></dd>" in text
    assert "<mark>u</mark>" not in text
    assert re.search(r"<summary>\d+ other fields</summary>", text)
    assert "Also found in this event:" in text
    assert "2026-02-14 08:00:00" in text  # +07:00, the zone of the settings
    assert 'datetime="2026-02-14T01:00:00.000000Z"' in text


def test_a_page_says_which_part_was_asked_for(scan: Callable, rules: Path, tmp_path: Path) -> None:
    log, tuning = tmp_path / "log.json", tmp_path / "our-tuning.yml"
    log.write_text(line(1), "utf-8")
    tuning.write_text("rules: [{rule: Another, level: high}]", "utf-8")
    flags = ("--include-rule", "Ano*", "--exclude-rule", "Một luật*", "--tuning", tuning, "--since", "last")
    text = text_of(scan(log, "--rules", rules, "--format", "html", *flags).data)
    for said in ("Ano*", "Một luật*", "our-tuning.yml", "the last run"):
        assert said in text


@pytest.mark.parametrize("jobs", [1, 3])
def test_counts_are_exact_where_events_are_left_out(
    scan: Callable, rules: Path, tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_format, "PER_RULE", 7)
    monkeypatch.setattr("vonggac.sources.source.BLOCK_BYTES", 1000)
    log = tmp_path / "log.json"
    log.write_text("".join(line(n, f"pc-{n % 5}") for n in range(300)), "utf-8")
    text = text_of(scan(log, "--rules", rules, "--format", "html", "--jobs", jobs).data)
    assert "600 findings" in text
    assert "7 of 300 findings shown" in text
    assert "14 of 600 findings are shown with their events" in text
    assert text.count('<article class="event"') == 14
    shown = re.findall(r"needle</mark> (\d+) and", text)
    assert shown == [str(n) for n in range(7)]  # the first, whatever the number of jobs


def test_of_many_rules_each_shows_some() -> None:
    assert page_format._allot([50] * 10) == [50] * 10
    many = page_format._allot([50] * 100 + [1])
    assert sum(many) <= page_format.IN_ALL
    assert many == [19] * 100 + [1]
    assert sum(page_format._allot([1] * 5000)) == page_format.IN_ALL


def test_both_languages(vonggac_vi: Callable, rules: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text(line(1), "utf-8")
    text = vonggac_vi(log, "--rules", rules)
    for word in ("Phát hiện trong nhật ký", "nghiêm trọng", "Tên tiếng Việt", "14/02/2026 08:00:00", '<html lang="vi"'):
        assert word in text
    for word in ("Findings", "Hosts", "other fields", "Skip to", "Time zone", "Read<"):
        assert word not in text
    for word in ("Nghĩa là gì", "Cũng có thể là: Đợt rà quét theo lệnh"):
        assert word in text
    for word in ("Một luật có tên rất dài", "What it means", "A scan that was ordered"):
        assert word not in text  # also where another rule's event names it


@pytest.fixture
def vonggac_vi(tmp_path: Path) -> Callable[..., str]:
    from vonggac import cli

    def run(*arguments: object) -> str:
        with pytest.raises(SystemExit):
            cli.main(
                ["scan", *map(str, arguments), "--format", "html", "--output", str(tmp_path / "o"), "--lang", "vi"]
            )
        return (tmp_path / "o").read_text("utf-8")

    return run


def test_nothing_found_and_nothing_read_are_told_apart(scan: Callable, rules: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text(line(1).replace("needle", "").replace("Needle", "").replace('"EventID": 1', '"EventID": 3'), "utf-8")
    said = scan(log, "--rules", rules, "--format", "html")
    assert said.status == 0
    assert "Nothing found." in text_of(said.data)
    assert "<table" not in text_of(said.data)
    log.write_bytes(b"\x00\x01\x02 neither this nor that")
    said = scan(log, "--rules", rules, "--format", "html")
    assert said.status == 3
    assert "Nothing could be read" in text_of(said.data)
    assert "Nothing found." not in text_of(said.data)
    assert "format not recognised" in text_of(said.data)


def test_an_indicator_is_marked_where_it_stands(scan: Callable, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("domain\nevil.example\n", "utf-8")
    log = tmp_path / "log.json"
    log.write_text(line(1, EventID=22, QueryName="www.EVIL.example"), "utf-8")
    text = text_of(scan(log, "--indicators", tmp_path / "list.csv", "--format", "html").data)
    assert "<dt>QueryName</dt><dd><bdi>www.<mark>EVIL.example</mark></bdi></dd>" in text
    assert "list.csv:2" in text


CORRELATION = (
    RULES
    + """
---
title: Many
id: 6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a03
level: high
correlation:
  type: event_count
  rules: [6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a02]
  group-by: [Computer]
  timespan: 1d
  condition: {gte: 3}
"""
)


def test_a_correlation_shows_what_it_counted_and_where(scan: Callable, rules: Path, tmp_path: Path) -> None:
    rules.write_text(CORRELATION, "utf-8")
    log = tmp_path / "log.json"
    log.write_text("".join(line(n) for n in range(4)), "utf-8")
    text = text_of(scan(log, "--rules", rules, "--format", "html", "--include-rule", "Many").data)
    assert text.count('<article class="event"') == 1
    assert "<dt>count</dt><dd><bdi><mark>3</mark></bdi></dd>" in text
    assert f"<bdi>{log}:1</bdi><bdi>{log}:2</bdi><bdi>{log}:3</bdi>" in text


# The picture ---------------------------------------------------------------------------------------------------------


def test_the_picture_is_as_fine_as_the_time_it_spans() -> None:
    short, long = Timeline(UTC), Timeline(UTC)
    for n in range(60):
        short.add(1_771_030_800_000_000 + n * 1_000_000, "high")
    for n in range(100_000):
        long.add(n * 3_600_000_000, "low")
    for timeline, total in ((short, 60), (long, 100_000)):
        text = timeline.html()
        assert text.count("<g>") <= MAX_BARS
        cells = re.findall(r'<td class="number">([\d,]+)</td>', text)
        assert sum(int(cell.replace(",", "")) for cell in cells) == total
    assert len(long._counts) <= MAX_BARS
    assert "Findings for each second." in short.html()


def test_a_few_times_far_away_do_not_squeeze_the_others() -> None:
    timeline = Timeline(timezone(timedelta(hours=7)))
    for n in range(1000):
        timeline.add(1_771_030_800_000_000 + n * 60_000_000, "high")
    timeline.add(-11_644_473_600_000_000, "low")  # 1601
    timeline.add(None, "low")
    text = timeline.html()
    assert "1 finding lies far from the others in time and is not drawn" in text
    assert "1 finding has no time and is not drawn" in text
    assert text.count("<g>") > 20


@pytest.mark.parametrize("extreme", [-(2**62), 2**62, 0, 253_402_300_799_999_999])
def test_times_that_no_calendar_holds_are_no_fault(extreme: int) -> None:
    timeline = Timeline(UTC)
    timeline.add(extreme, "high")
    timeline.add(1_771_030_800_000_000, "high")
    assert "<svg" in timeline.html()
    assert tuple(sorted(WIDTHS)) == WIDTHS


# Limits --------------------------------------------------------------------------------------------------------------


def test_a_field_with_very_many_values_and_an_event_with_very_many_fields_stay_small(
    scan: Callable, rules: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.json"
    many = {f"field{n}": "y" * 3000 for n in range(500)}
    values = ["z" * 10] * 5000 + ["a needle at the end"]
    log.write_text(line(1, CommandLine=values, Deep={"a": {"b": [[[["c"]]]]}}, **many), "utf-8")
    text = text_of(scan(log, "--rules", rules, "--format", "html").data)
    assert "4,981 more values are not shown" in text
    assert "more fields are not shown" in text
    assert "<dt>Deep.a.b</dt><dd><bdi>c</bdi></dd>" in text
    assert len(text) < 300_000


def test_hosts_beyond_the_limit_are_counted(
    scan: Callable, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vonggac.cli.formats.html._MAX_PAIRS", 5)
    monkeypatch.setattr("vonggac.cli.formats.html.page.MAX_HOSTS", 20)
    log = tmp_path / "log.json"
    log.write_text("".join(line(n, f"pc-{n:03}") for n in range(60)), "utf-8")
    text = text_of(scan(log, "--rules", rules, "--format", "html").data)
    assert "40 other hosts are not shown" in text
    assert text.count('id="host-') == 20
    assert "120 findings" in text
