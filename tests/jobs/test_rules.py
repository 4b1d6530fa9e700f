"""Rule files and their cache: content decides, damage is mended, an empty set is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from vonggac.detectors.sigma import SigmaDetector
from vonggac.errors import RuleError, UsageError
from vonggac.events.batch import EventBatch
from vonggac.jobs.rules import load_rules

RULE = "title: {title}\nlogsource: {{product: windows}}\ndetection: {{s: {{a: {value}}}, condition: s}}\n"


def write(folder: Path, name: str, value: str = "x") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(RULE.format(title=name, value=value))
    return path


def titles(folder: Path, cache: Path | None) -> list[str]:
    return [rule.info.title for rule in load_rules([folder], cache).ruleset.rules]


def test_folders_are_read_deep_and_in_order(tmp_path: Path) -> None:
    write(tmp_path, "b.yml")
    write(tmp_path, "a/z.yaml", "z")
    (tmp_path / "readme.txt").write_text("no rule")
    assert titles(tmp_path, None) == ["a/z.yaml", "b.yml"]


def test_a_change_of_content_is_seen_through_the_cache(tmp_path: Path) -> None:
    rules, cache = tmp_path / "rules", tmp_path / "cache"
    write(rules, "a.yml")
    batch = EventBatch.from_dicts("windows", [(1, {"a": "x"})])

    def n_hits() -> int:
        loaded = load_rules([rules], cache)
        return len(SigmaDetector(loaded.ruleset, store=loaded.cache).detect(batch))

    assert (n_hits(), n_hits()) == (1, 1)
    write(rules, "a.yml", "y")
    assert n_hits() == 0


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    rules, cache = tmp_path / "rules", tmp_path / "cache"
    write(rules, "a.yml")
    assert titles(rules, cache) == ["a.yml"]
    for damage in (b"", b"{", b'{"rules": [[1]], "faults": [], "correlations": [], "silent": []}'):
        for file in cache.rglob("rules.json"):
            file.write_bytes(damage)
        assert titles(rules, cache) == ["a.yml"]


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    write(rules, "a.yml")
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert titles(rules, blocked) == ["a.yml"]


def test_a_file_whose_name_is_not_utf8_is_read_without_the_cache(tmp_path: Path) -> None:
    write(tmp_path, "a.yml").rename(tmp_path / "a\udcff.yml")
    assert titles(tmp_path, tmp_path / "cache") == titles(tmp_path, tmp_path / "cache") == ["a.yml"]


def test_the_cache_does_not_grow_for_ever(tmp_path: Path) -> None:
    rules, cache = tmp_path / "rules", tmp_path / "cache"
    for n in range(12):
        write(rules, "a.yml", str(n))
        titles(rules, cache)
    assert len(list((cache / "sigma").iterdir())) <= 8


def test_an_empty_rule_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no rule file"):
        load_rules([tmp_path], None)
    (tmp_path / "a.yml").write_text("title: [")
    with pytest.raises(RuleError, match="not one usable rule"):
        load_rules([tmp_path], None)
    with pytest.raises(UsageError, match="no such file"):
        load_rules([tmp_path / "absent"], None)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    write(tmp_path, "a.yml")
    (tmp_path / "b.yml").write_bytes(b"title: \xff")
    loaded = load_rules([tmp_path], None)
    assert len(loaded.ruleset.rules) == 1
    assert [str(fault) for fault in loaded.unreadable] == [f"{tmp_path / 'b.yml'}: not UTF-8 at byte 7"]


def test_the_pack_runs_when_no_rules_are_named() -> None:
    assert len(load_rules([], None).ruleset.rules) >= 15
