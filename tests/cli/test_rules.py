"""``vonggac rules fetch``, ``stats`` and ``test`` as their users meet them."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import yaml

from vonggac.detectors.sigma import compile_rules
from vonggac.jobs.rules import pack_texts

from .conftest import RULE

Run = Callable[..., object]
ROOT = Path(__file__).resolve().parents[2]
LICENCE = "Detection Rule License (DRL) 1.1\n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "sigma-r1.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("sigma-r1/LICENSE", LICENCE)
        file.writestr("sigma-r1/rules/web/shell.yml", RULE)
    return path


# fetch ---------------------------------------------------------------------------------------------------------------


def test_what_was_fetched_is_shown_and_then_scans(vonggac: Run, archive: Path, logs: Path) -> None:
    said = vonggac("rules", "fetch", archive)
    assert said.status == 0
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    for text in (
        digest,
        "Detection Rule License (DRL) 1.1",
        "1 rule can be used, 0 faults",
        "installed: ",
        "--rules sigma",
    ):
        assert text in said.out
    found = vonggac("scan", logs, "--rules", "sigma", "--format", "jsonl")
    assert [finding["rule"]["title"] for finding in found.json()] == ["A web shell answered"] * 2
    assert "A web shell answered" in vonggac("rules", "list", "sigma").out
    assert vonggac("rules", "check", "sigma").status == 0
    assert "was installed before" in vonggac("rules", "fetch", archive).out


def test_a_folder_of_ones_own(vonggac: Run, archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sets"
    said = vonggac("rules", "fetch", archive, "--into", folder)
    assert said.status == 0
    assert f"--rules {folder}" in said.out
    assert vonggac("rules", "list", folder, "--format", "jsonl").json()[0]["title"] == "A web shell answered"


@pytest.mark.parametrize(
    ("flags", "status", "text"),
    [
        (("--sha256", "0" * 64), 3, "SHA-256"),
        (("--sha256", "12"), 2, "64 hexadecimal digits"),
    ],
)
def test_the_wrong_archive_is_refused(
    vonggac: Run, archive: Path, flags: tuple[str, ...], status: int, text: str
) -> None:
    said = vonggac("rules", "fetch", archive, *flags)
    assert (said.status, said.out) == (status, "")
    assert text in said.err
    assert vonggac("rules", "list", "sigma").status == 2


def test_without_a_licence_one_is_asked_for(vonggac: Run, tmp_path: Path) -> None:
    path = tmp_path / "rules.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("rules/shell.yml", RULE)
    said = vonggac("rules", "fetch", path)
    assert said.status == 2
    assert "--licence" in said.err
    (tmp_path / "drl.txt").write_text(LICENCE)
    assert vonggac("rules", "fetch", path, "--licence", tmp_path / "drl.txt").status == 0


@pytest.mark.parametrize(
    "address",
    ["http://rules.example/a.zip", "https://127.0.0.1/a.zip", "https://169.254.169.254/a", "ftp://rules.example/a.zip"],
)
def test_an_address_that_must_not_be_asked(vonggac: Run, address: str) -> None:
    said = vonggac("rules", "fetch", address)
    assert said.status == 3
    assert "could not be fetched" in said.err


def test_why_nothing_came_is_told_without_the_library_around_it(vonggac: Run) -> None:
    said = vonggac("rules", "fetch", "https://nothing.invalid/a.zip")
    assert said.status == 3
    assert "nothing.invalid/a.zip: could not be fetched: Failed to resolve" in said.err
    assert "Max retries" not in said.err


def test_a_path_in_an_archive_cannot_steer_the_terminal(vonggac: Run, tmp_path: Path) -> None:
    path = tmp_path / "rules.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("rules/\x1b]0;owned\x07\u202e.yml", RULE)
    said = vonggac("rules", "fetch", path)
    assert said.status == 3
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out + said.err)


# stats ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_rules(rule: Path) -> Path:
    (rule.parent / "windows.yml").write_text(
        "title: '=cmd|calc'\nlogsource: {product: windows}\ndetection: {s: {a|re: 'x'}, condition: s}\n"
    )
    return rule.parent


def test_costs_as_json_lines_and_csv(vonggac: Run, two_rules: Path, logs: Path) -> None:
    said = vonggac("rules", "stats", logs, "--rules", two_rules, "--format", "jsonl")
    assert said.status == 0
    rows = {row["title"]: row for row in said.json()}
    assert (rows["A web shell answered"]["findings"], rows["A web shell answered"]["events"]) == (2, 3)
    assert rows["A web shell answered"]["ms"] > 0
    assert rows["=cmd|calc"]["never"] == "no_source"
    table = vonggac("rules", "stats", logs, "--rules", two_rules, "--format", "csv").out
    records = list(csv.DictReader(io.StringIO(table)))
    assert [record["never"] for record in records] == ["", "no_source"]
    assert records[1]["title"] == "'=cmd|calc"
    assert "3 events, 2 findings" in said.err


def test_only_what_could_match_nothing(vonggac: Run, two_rules: Path, logs: Path, tmp_path: Path) -> None:
    target = tmp_path / "never.jsonl"
    said = vonggac("rules", "stats", logs, "--rules", two_rules, "--never", "--format", "jsonl", "--output", target)
    assert (said.status, said.out) == (0, "")
    assert [orjson.loads(line)["title"] for line in target.read_bytes().splitlines()] == ["=cmd|calc"]


@pytest.mark.parametrize(("language", "text"), [("en", "Rules by what they cost"), ("vi", "Luật theo chi phí")])
def test_costs_as_a_table(vonggac: Run, two_rules: Path, logs: Path, language: str, text: str) -> None:
    said = vonggac("rules", "stats", logs, "--rules", two_rules, "--lang", language)
    assert said.status == 0
    assert text in said.out
    assert "A web shell answered" in said.out


def test_statuses_of_stats(vonggac: Run, two_rules: Path, logs: Path, tmp_path: Path) -> None:
    assert vonggac("rules", "stats", tmp_path / "absent.log", "--rules", two_rules).status == 3
    assert vonggac("rules", "stats", logs, "--rules", "/nowhere").status == 2
    assert vonggac("rules", "stats", logs, "--rules", two_rules, "--source", "nothing").status == 2
    (logs / "access.log").write_text((logs / "access.log").read_text() + "what is this\n")
    assert vonggac("rules", "stats", logs, "--rules", two_rules).status == 4
    (two_rules / "bad.yml").write_text("title: [")
    assert vonggac("rules", "stats", logs / "access.log", "--rules", two_rules).status == 4


# test ----------------------------------------------------------------------------------------------------------------

CASES = """\
A web shell answered:
  hits:
  - {source: web_access, event: {cs-uri: /upload/shell.php}}
  near_misses:
  - {source: web_access, event: {cs-uri: /upload/%s}}
"""


def test_cases_pass_or_fail_with_what_was_expected(vonggac: Run, rule: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases.yml"
    cases.write_text(CASES % "shell.txt")
    said = vonggac("rules", "test", rule, "--cases", cases)
    assert (said.status, said.out) == (0, "2 cases tried, of 1 rule, 0 failed\n")
    cases.write_text(CASES % "shell.php")
    said = vonggac("rules", "test", rule, "--cases", cases)
    assert said.status == 1
    assert "near_misses 1: A web shell answered: expected no finding, found 1 finding" in said.out


def test_without_a_case_it_is_an_error(vonggac: Run, rule: Path) -> None:
    said = vonggac("rules", "test", rule)
    assert said.status == 2
    assert "not one case" in said.err


def test_cases_that_a_rule_names_and_that_are_not_there(vonggac: Run, rule: Path, tmp_path: Path) -> None:
    (tmp_path / "cases.yml").write_text(CASES % "a")
    rule.write_text(RULE + "regression_tests_path: regression_data/a/info.yml\n")
    said = vonggac("rules", "test", rule, "--cases", tmp_path / "cases.yml")
    assert said.status == 4
    assert str(rule) in said.err


def test_the_starter_pack_is_tried_on_its_own_cases(vonggac: Run) -> None:
    folder = ROOT / "tests" / "detectors" / "sigma"
    said = vonggac(
        "rules", "test", "--cases", folder / "pack_cases.yml", "--cases", folder / "pack_correlation_cases.yml"
    )
    assert said.status == 0, said.out
    assert ", 0 failed" in said.out


# the documentation ---------------------------------------------------------------------------------------------------


def test_the_page_of_the_pack_lists_every_rule_with_its_level() -> None:
    page = (ROOT / "docs" / "starter-pack.md").read_text("utf-8")
    ruleset = compile_rules(pack_texts())
    shown = [one.info for one in (*ruleset.rules, *ruleset.correlations) if one.info.id not in ruleset.silent]
    assert len(shown) >= 40
    for info in shown:
        assert f"| {info.level} | [{info.title}](" in page, info.title
        assert f"| {info.title_vi} |" in page, info.title
    assert page.count("](../src/vonggac/detectors/sigma/pack/") == len(shown)


def test_the_cases_that_the_page_shows_are_cases(vonggac: Run, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "starter-pack.md").read_text("utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    assert set(yaml.safe_load(text)) == {"dns_tunnelling", "linux_superuser_made"}
    (tmp_path / "cases.yml").write_text(text)
    (tmp_path / "quiet-day.log.gz").write_text("Nov 20 01:00:00 ns dnsmasq[811]: query[A] a.example from 10.1.2.3\n")
    said = vonggac("rules", "test", "--cases", tmp_path / "cases.yml")
    assert (said.status, said.out) == (0, "5 cases tried, of 2 rules, 0 failed\n")


def test_the_list_names_the_pack_and_leaves_out_what_is_only_counted(vonggac: Run) -> None:
    rows = vonggac("rules", "list", "pack", "--format", "jsonl").json()
    titles = {row["title"] for row in rows}
    assert "One Address Tries Many Accounts" in titles
    assert "Network Logon Failed" not in titles
    assert "only correlations count" in vonggac("rules", "list").out
