"""Logs: what stands in a line, that no secret does, and the files that hold them."""

from __future__ import annotations

import logging
import os
import stat

import orjson
import pytest

from vonggac.jobs import log_files
from vonggac.jobs.logs import HIDDEN, JsonLines, Redactor, Text

SECRET = "hunter2-Correct-Horse"
TOKEN = "q9Xv3Kd0_ZrT7mLw-PaB5cYe1uGh"


def record(message="", *args, exc_info=None, **extra):
    made = logging.LogRecord("vonggac.test", logging.WARNING, __file__, 1, message, args, exc_info)
    made.__dict__.update(extra)
    return made


def line(made, known=()):
    return orjson.loads(JsonLines("pages", Redactor(known)).format(made))


def test_a_line_says_when_who_and_what():
    found = line(record("sent %d of %s", 3, "x", path="/organisations/7/", status=200))
    assert list(found)[:6] == ["at", "level", "process", "pid", "logger", "message"]
    assert found["at"].endswith("+00:00")
    assert (found["level"], found["process"], found["message"]) == ("warning", "pages", "sent 3 of x")
    assert (found["path"], found["status"]) == ("/organisations/7/", 200)


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://vonggac:{SECRET}@db.example/vonggac",
        f"connection failed: host=db.example password={SECRET} dbname=x",
        f"password = '{SECRET}'",
        f'{{"password": "{SECRET}"}}',
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}",
        f"GET /account/login/?token={SECRET}&next=/",
        f"Cookie: vonggac_session={SECRET}; theme=dark",
        f"csrfmiddlewaretoken={SECRET}",
        f"smtp_password: {SECRET}",
        f"the link is https://vonggac.example/invitation/{TOKEN}/",
        f"api_key={SECRET}",
    ],
)
def test_secrets_in_texts_are_taken_out(text):
    for told in (line(record("%s", text))["message"], line(record("x", note=[{"deep": text}]))["note"][0]["deep"]):
        assert SECRET not in told
        assert TOKEN not in told
        assert HIDDEN in told
    assert SECRET not in Text(Redactor()).format(record(text))


@pytest.mark.parametrize(
    "name", ["password", "new_password1", "token", "smtp_password", "session_key", "otp", "secrets"]
)
def test_what_is_called_a_secret_is_one_whatever_it_looks_like(name):
    assert line(record("x", **{name: "abc"}))[name] == HIDDEN
    assert line(record("x", form={name: "abc"}))["form"] == {name: HIDDEN}


def test_known_secrets_are_taken_out_wherever_they_stand():
    found = line(record("it is correcthorse, really"), known=["correcthorse", "", "abc"])
    assert found["message"] == "it is ***, really"
    assert Redactor(["abc"]).text("abcdef") == "abcdef"  # too short to look for


def test_a_traceback_is_kept_without_its_secrets():
    try:
        int(f"postgresql://u:{SECRET}@db.example/x")
    except ValueError as error:
        found = line(record("failed", exc_info=(type(error), error, error.__traceback__)))
    assert "postgresql://u:***@db.example/x" in found["exc_info"]
    assert SECRET not in orjson.dumps(found).decode()


def test_keys_of_links_in_paths_are_taken_out_and_plain_paths_stay():
    assert line(record("request", path="/set/0123456789abcdef0123456789abcdef/"))["path"] == "/set/***/"
    for path in ("/organisations/123/networks/", "/static/vonggac/tokens.css", "/networks/198.51.100.0/"):
        assert line(record("request", path=path))["path"] == path


def test_ordinary_texts_stay_as_they_are():
    for text in ("Sở Thông tin: 198.51.100.7 không trả lời", "organisations.view", "worker-1 began", "2001:db8::/32"):
        assert Redactor().text(text) == text


def test_files_turn_over_and_the_oldest_goes(tmp_path):
    file = log_files.LogFile(tmp_path / "logs", max_bytes=400, kept=2)
    for number in range(40):
        file.write({"level": "info", "message": f"line {number:03}"})
    file.close()
    names = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert names == ["vonggac.jsonl", "vonggac.jsonl.1", "vonggac.jsonl.2"]
    text = b"".join((tmp_path / "logs" / name).read_bytes() for name in reversed(names))
    kept = [orjson.loads(row)["message"] for row in text.splitlines()]
    assert kept == [f"line {number:03}" for number in range(40 - len(kept), 40)]  # the newest, in order, none missing
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "logs").iterdir())


def test_a_full_disk_loses_lines_not_the_process(tmp_path):
    file = log_files.LogFile(tmp_path)
    whole, file.file = file.file, open("/dev/full", "ab", buffering=0)  # noqa: SIM115, PTH123
    file.write({"level": "info", "message": "lost"})
    file.file.close()
    file.file = whole
    file.write({"level": "info", "message": "kept"})
    file.close()
    assert file.n_lost == 1
    assert [row["message"] for row in log_files.latest(tmp_path, frozenset({"info"}), 5)] == ["kept"]


def test_the_latest_troubles_come_newest_first(tmp_path):
    file = log_files.LogFile(tmp_path)
    for number in range(30):
        file.write({"at": log_files.now(), "level": "error" if number % 3 == 0 else "info", "message": str(number)})
    file.close()
    found = log_files.latest(tmp_path, frozenset({"error"}), 3, tail_bytes=1000)
    assert [row["message"] for row in found] == ["27", "24", "21"]
    assert log_files.latest(tmp_path / "absent", frozenset({"error"}), 3) == []


def test_what_is_no_json_becomes_a_record():
    found = log_files.record_of(b"Segmentation fault \xff", "pages")
    assert (found["process"], found["message"]) == ("pages", "Segmentation fault \\xff")
    assert log_files.record_of(b'{"a": 1}', "live")["message"] == '{"a": 1}'
    assert log_files.text_of(found | {"at": "nonsense"}).split()[0] == "info"
    os.environ["TZ"] = "UTC"
    text = log_files.text_of(
        {"at": "2026-11-20T01:02:03+00:00", "level": "info", "process": "up", "message": "m", "n": 1}
    )
    assert text.endswith("info    up m n=1")
