"""Every hostile value through every format: each stays one value, and none steers what reads it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from vonggac.cli.formats import FORMATS
from vonggac.jobs import pool

STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
N_EVENTS = 17


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("form", FORMATS)
def test_no_value_breaks_out(scan: Callable, hostile: Path, form: str, jobs: int, monkeypatch) -> None:
    monkeypatch.setattr(pool, "QUEUE", 1)
    said = scan(hostile / "logs", "--rules", hostile / "rules", "--format", form, "--jobs", jobs)
    assert said.status == 0, said.err
    text = said.data.decode("utf-8")
    assert not STEERING.search(text)
    limit = csv.field_size_limit(10**7 if form == "csv" else 131_072)  # the latter is what other programs have
    try:
        CHECKS[form](text)
    finally:
        csv.field_size_limit(limit)


def check_table(text: str) -> None:
    assert "needle <script>" in text
    assert "\x1b" not in text
    assert "xxx…" in text  # a name of 300,000 characters
    assert len(text.splitlines()) < 100


def check_jsonl(text: str) -> None:
    found = [json.loads(line) for line in text.splitlines()]
    assert len(found) == N_EVENTS
    assert [one["event"]["User"] for one in found][:3] == ["script", "image", "address"]
    by_user = {one["event"]["User"]: one for one in found}
    assert by_user["turned"]["host"] == "exe\u202egnp.\u2066x\u2069\u200b"
    assert by_user["nul"]["host"].startswith("a\x00b")
    assert by_user["wide"]["event"]["Image"] == 2**70


def rows(text: str) -> list[dict[str, str]]:
    found = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert len(found) == N_EVENTS
    for row in found:
        assert None not in row
        assert None not in row.values()
        for cell in row.values():
            assert not re.match(r"\s*[=+\-@]", cell), cell[:50]
    return found


def check_csv(text: str) -> None:
    found = rows(text)
    assert found[0]["host"] == "<script>fetch('http://evil.example/1')</script>"
    assert {row["rule_title"][:8] for row in found} == {"'=needle"}


def check_timesketch(text: str) -> None:
    found = rows(text)
    assert list(found[0])[:4] == ["message", "datetime", "timestamp", "timestamp_desc"]
    assert found[0]["datetime"] == "2026-02-14T01:00:00.000000+00:00"
    assert found[0]["timestamp"] == "1771030800000000"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", row["datetime"]) for row in found)
    assert all("\n" not in row["message"] for row in found)


def check_ecs(text: str) -> None:
    found = [json.loads(line) for line in text.splitlines()]
    assert len(found) == N_EVENTS
    for one in found:
        assert one["event"]["kind"] == "alert"
        assert one["@timestamp"] == "2026-02-14T01:00:00.000000Z"
        assert one["rule"]["id"] == "6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a55"
        assert one["threat"]["technique"]["subtechnique"] == {"id": ["T1059.001"]}
        assert one["threat"]["tactic"] == {"id": ["TA0002"], "name": ["execution"]}
        assert "ip" not in one.get("source", {})  # none of these is an address, and Elasticsearch would refuse it
    assert found[0]["host"]["name"] == "<script>fetch('http://evil.example/1')</script>"


def check_sarif(text: str) -> None:
    log = json.loads(text)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run = log["runs"][0]
    assert set(run) == {"tool", "columnKind", "invocations", "results"}
    assert len(run["results"]) == N_EVENTS
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["6c0f1a52-51f2-4b42-9d0c-0d7a5d0a6a55"]
    assert "helpUri" not in rules[0]  # the first reference is no address of the web
    for number, result in enumerate(run["results"], 1):
        assert set(result) == {"ruleId", "level", "message", "locations", "partialFingerprints", "properties"}
        assert result["ruleId"] == rules[0]["id"]
        assert result["level"] == "error"
        assert result["message"]["text"]
        (where,) = result["locations"]
        place = where["physicalLocation"]
        assert place["region"] == {"startLine": number}
        assert re.fullmatch(r"file:///[A-Za-z0-9%/!~*'().,@+_-]+", place["artifactLocation"]["uri"])
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


class Elements(HTMLParser):
    """What a page is made of."""

    ALLOWED = frozenset(
        "html head meta title style body svg symbol path circle rect g use a header main footer p span h1 h2 h3 dl dt dd section ul "
        "li strong table thead tbody tr th td details summary article bdi mark time div figure figcaption".split()
    )

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[str] = []
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.feed(text)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attributes: list) -> None:
        assert tag in self.ALLOWED, tag
        for name, value in attributes:
            assert not name.startswith("on"), name
            assert name not in ("style", "src", "srcset", "action", "formaction", "ping"), name
            if name in ("href", "xlink:href"):
                self.links.add(value)
            if name == "id":
                self.ids.append(value)
        if tag == "a" and dict(attributes)["href"].startswith("http"):
            assert "noreferrer" in dict(attributes)["rel"]
        if tag not in ("meta", "path", "circle", "rect", "use"):
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        self.handle_starttag(tag, attributes)
        if self.opened and self.opened[-1] == tag:
            self.opened.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("meta", "path", "circle", "rect", "use"):
            assert self.opened.pop() == tag


def check_html(text: str) -> None:
    page = Elements(text)
    outside = {link for link in page.links if not link.startswith("#")}
    assert outside == {
        "https://attack.mitre.org/techniques/T1059/001/", "https://rules.example/a?b=<c>", "https://rules.example/good",
    }  # fmt: skip
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert 'content="default-src &#' not in text
    assert "default-src 'none'" in text
    assert "U+202E" in text
    assert "U+0000" in text
    assert len(text) < 400_000  # the value of 300,000 characters was cut
    assert "characters left out" in text


CHECKS = {
    "table": check_table, "jsonl": check_jsonl, "csv": check_csv, "html": check_html, "sarif": check_sarif, "ecs": check_ecs,
    "timesketch": check_timesketch,
}  # fmt: skip


def test_every_format_is_checked() -> None:
    assert set(CHECKS) == set(FORMATS)


def test_in_a_browser_nothing_runs_and_nothing_is_loaded(scan: Callable, hostile: Path, chromium) -> None:
    said = scan(hostile / "logs", "--rules", hostile / "rules", "--format", "html")
    page_file = hostile / "page.html"
    page_file.write_bytes(said.data)
    window = chromium.new_page()
    asked, told = [], []
    window.on("request", lambda request: asked.append(request.url))
    window.on("console", lambda message: told.append(message.text))
    window.on("dialog", lambda dialog: told.append(dialog.message))
    window.on("pageerror", lambda error: told.append(str(error)))
    window.goto(page_file.as_uri())
    window.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    window.wait_for_timeout(200)
    assert asked == [page_file.as_uri()]
    assert told == []
    assert window.locator("script, img, iframe, object, embed, link").count() == 0
    assert window.locator("article.event").count() == N_EVENTS
    assert (
        window.evaluate("getComputedStyle(document.querySelector('.badge.high')).backgroundColor")
        == "rgb(253, 235, 221)"
    )
    assert window.locator("mark").first.inner_text() == "needle"
    for width in (375, 1440):
        window.set_viewport_size({"width": width, "height": 900})
        assert window.evaluate("document.documentElement.scrollWidth") <= width
    window.close()
