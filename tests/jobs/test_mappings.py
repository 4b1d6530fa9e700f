"""Remembered column mappings."""

import json
import os

import pytest

from vonggac.detectors.indicators.columns import role_names
from vonggac.detectors.indicators.lists import read_list
from vonggac.errors import ConfigError
from vonggac.jobs.mappings import FILE_NAME, Mappings, parse_mapping

SIGNATURE = "0123456789abcdef"
LIST = b"X,Y\n203.0.113.5,198.51.100.1\n"


def test_what_is_decided_once_is_used_for_every_list_with_that_header(tmp_path):
    mappings = Mappings(tmp_path / "data" / "vonggac")
    first = read_list(LIST, "a.csv", mapping={"X": "victim", "Y": "destination"})
    mappings.remember(first.header_signature, first.mapping_used)
    later = read_list(
        LIST.replace(b".113.5", b".113.6"), "b.csv", recall=Mappings(tmp_path / "data" / "vonggac").recall
    )
    assert [(i.role, i.value) for i in later.indicators] == [("victim", "203.0.113.6"), ("hostile", "198.51.100.1")]


def test_two_users_of_one_folder_keep_what_the_other_added(tmp_path):
    one, two = Mappings(tmp_path), Mappings(tmp_path)
    assert one.recall(SIGNATURE) is None
    two.remember(SIGNATURE, {"X": "victim"})
    one.remember("f" * 16, {"Y": "malware"})
    assert Mappings(tmp_path).recall(SIGNATURE) == {"X": "victim"}
    assert one.forget(SIGNATURE)
    assert not one.forget(SIGNATURE)
    assert Mappings(tmp_path).recall("f" * 16) == {"Y": "malware"}
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    mappings = Mappings(tmp_path)
    mappings.remember(SIGNATURE, {"X": "victim"})
    before = (tmp_path / FILE_NAME).read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        mappings.remember("f" * 16, {"Y": "malware"})
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b'{"0123456789abcdef": []}',
        b'{"0123456789abcdef": {"X": 5}}',
        b'{"../x": {"X": "victim"}}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_named(tmp_path, body):
    (tmp_path / FILE_NAME).write_bytes(body)
    with pytest.raises(ConfigError, match=FILE_NAME):
        Mappings(tmp_path).recall(SIGNATURE)


def test_an_unknown_role_is_named_with_those_there_are(tmp_path):
    (tmp_path / FILE_NAME).write_text(json.dumps({SIGNATURE: {"X": "nonsense"}}))
    for ask in (
        lambda: Mappings(tmp_path).recall(SIGNATURE),
        lambda: Mappings(tmp_path / "new").remember(SIGNATURE, {"X": "nonsense"}),
        lambda: parse_mapping("X: nonsense", "map.yml"),
    ):
        with pytest.raises(ConfigError) as error:
            ask()
        assert all(name in str(error.value) for name in ("nonsense", "X", *role_names()))


def test_mappings_as_users_write_them():
    assert parse_mapping("Địa chỉ IP: victim\n3: malware\n", "m.yml") == {"Địa chỉ IP": "victim", "3": "malware"}
    assert parse_mapping('{"IP": "hash"}', "m.json") == {"IP": "hash"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a",
        "a",
        "a: [b]",
        "a: 5",
        "true: victim",
        "a: *b",
        "!!python/object/apply:os.system ['x']: victim",
        "[" * 5000,
    ],
)
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(ConfigError, match=r"m\.yml"):
        parse_mapping(text, "m.yml")
