"""The key that signs sessions: made once, whole or not at all, for its owner only."""

from __future__ import annotations

import stat
import threading

import pytest

from vonggac.errors import ConfigError
from vonggac.web import secret_key


def test_of_several_who_make_it_at_once_all_have_the_same(tmp_path):
    began, found = threading.Barrier(8), []

    def ask():
        began.wait(10)
        found.append(secret_key.secret_key_in(tmp_path / "new"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret.key"]
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600


def test_killed_while_it_is_made_no_cut_key_stands_under_its_name(tmp_path, monkeypatch):
    def die(_handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(secret_key.os, "fsync", die)
    with pytest.raises(KeyboardInterrupt):
        secret_key.secret_key_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_was_cut_is_told(tmp_path):
    (tmp_path / "secret.key").write_text("short")
    with pytest.raises(ConfigError):
        secret_key.secret_key_in(tmp_path)
