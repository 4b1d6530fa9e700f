"""The points of a row."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.aliases import table
from vonggac.errors import ConfigError
from vonggac.jobs.priority import DAY_US, default, parse

TEXT = resources.files("vonggac.jobs").joinpath("priority.yml").read_text("utf-8")


@given(
    st.sampled_from([*default().classes, "never heard of"]),
    st.one_of(st.none(), st.integers(-DAY_US, 1000 * DAY_US)),
    st.one_of(st.none(), st.integers(1, 5)),
    st.integers(0, 10_000),
    st.booleans(),
)
def test_points_stay_between_0_and_100(kind: str, age: int | None, level: int | None, hosts: int, warned: bool) -> None:
    points = default().points(malware_class=kind, age_us=age, level=level, n_hosts=hosts, is_warned=warned)
    assert 0 <= points <= 100


def test_the_worst_case_is_100_and_each_part_counts() -> None:
    def points(kind: str = "ransomware", days: int = 0, level: int = 5, hosts: int = 20, warned: bool = False) -> float:
        return default().points(malware_class=kind, age_us=days * DAY_US, level=level, n_hosts=hosts, is_warned=warned)

    assert points() == 100
    assert points(kind="adware") == 68
    assert points(days=100) == 75
    assert points(level=1) == 84
    assert points(hosts=0) == 85
    assert points(warned=True) == 50


@pytest.mark.parametrize(
    ("malware", "kind"),
    [("LockBit 3.0", "ransomware"), ("Win32/Emotet.A", "loader"), ("Cobalt Strike", "backdoor"), ("", "unknown"),
     ("stealer", "stealer"), ("Zzz", "unknown"), ("MIRAI", "botnet")],
)  # fmt: skip
def test_the_class_is_told_by_words_in_the_name(malware: str, kind: str) -> None:
    assert default().class_of(malware) == kind


def test_every_class_of_the_alias_table_has_a_share() -> None:
    assert {malware.kind for malware in table().values()} <= set(default().classes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("malware: 40", "malware: 41"),
        ("warned: 0.5", "warned: 1.5"),
        ("warned: 0.5", "warmed: 0.5"),
        ("warned: 0.5", "warned: x"),
        ("- [2, 1.0]", "- 2"),
        ("weights:", "weights: ["),
        ("hosts_full: 20", "hosts_full: 0"),
    ],
)
def test_faulty_settings_are_refused_with_their_file(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigError) as caught:
        parse(TEXT.replace(old, new, 1), "own.yml")
    assert caught.value.where == "own.yml"
