"""What the doctor says of installations that are not well."""

from __future__ import annotations

import dataclasses
import re
import shutil
import socket
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from vonggac.jobs import doctor, sizing

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ours(settings, tmp_path):
    (tmp_path / "secret.key").write_text("k" * 60)
    (tmp_path / "secret.key").chmod(0o600)
    tmp_path.chmod(0o700)
    return dataclasses.replace(settings.VONGGAC, data_dir=tmp_path)


def found(settings, check, **keywords) -> list[tuple[str, str]]:
    """Verdict and message of each line of ``check``."""
    return [
        (one.line.verdict, one.line.message.format(**one.line.params))
        for one in doctor.examine(settings, **keywords)
        if one.check == check
    ]


def test_every_line_can_be_said_and_every_trouble_has_advice(ours):
    lines = doctor.examine(ours)
    assert {one.check for one in lines} >= {
        "settings",
        "secrets",
        "clock",
        "disk",
        "memory",
        "ports",
        "database",
        "upkeep",
    }
    for one in lines:
        assert one.line.verdict in (doctor.OK, doctor.WARN, doctor.FAIL)
        assert "{" not in one.line.message.format(**one.line.params)
        assert "{" not in one.line.advice.format(**one.line.params)
        assert (one.line.verdict == doctor.OK) or one.line.advice or one.line.verdict == doctor.FAIL


@pytest.mark.parametrize(
    ("changes", "verdict", "said"),
    [
        ({"public_url": "http://vonggac.tinh.example"}, "fail", "passwords and sessions travel unprotected"),
        ({"public_url": "https://vonggac.tinh.example"}, "warn", "neither a certificate nor a trusted proxy"),
        ({"listen": "0.0.0.0:8480"}, "warn", "only browsers on this machine are answered"),
        (
            {"smtp_url": "smtp+plain://mail.example:25", "mail_from": "a@b.example"},
            "warn",
            "unprotected to mail.example",
        ),
        ({}, "warn", "no e-mail leaves"),
    ],
)
def test_settings_that_do_not_fit_together(ours, changes, verdict, said):
    lines = found(dataclasses.replace(ours, **changes), "settings")
    assert any(line[0] == verdict and said in line[1] for line in lines), lines


def test_secrets_that_others_can_read(ours):
    assert [line[0] for line in found(ours, "secrets")] == ["ok"]
    (ours.data_dir / "secret.key").chmod(0o644)
    (ours.data_dir / "mail").write_text("x")
    worse = dataclasses.replace(
        ours, smtp_password_file=ours.data_dir / "mail", oidc_secret_file=ours.data_dir / "absent"
    )
    (ours.data_dir / "mail").chmod(0o640)
    lines = found(worse, "secrets")
    assert ("warn", f"secret.key: others on this machine can reach {ours.data_dir / 'secret.key'}") in lines
    assert any(line[0] == "warn" and line[1].startswith("smtp_password_file") for line in lines)
    assert any(line[0] == "fail" and "absent cannot be read" in line[1] for line in lines)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes certificates with openssl")
def test_certificates(ours):
    def make(days, name):
        words = f"req -x509 -newkey rsa:2048 -nodes -days {days} -subj /CN=x -addext subjectAltName=DNS:{name}"
        paths = {"tls_key": ours.data_dir / "key.pem", "tls_certificate": ours.data_dir / "cert.pem"}
        command = ["openssl", *words.split(), "-keyout", paths["tls_key"], "-out", paths["tls_certificate"]]
        subprocess.run(command, check=True, capture_output=True)
        return dataclasses.replace(ours, public_url="https://vonggac.tinh.example", **paths)

    assert [line[0] for line in found(make(90, "vonggac.tinh.example"), "TLS")] == ["ok"]
    assert [line[0] for line in found(make(90, "*.tinh.example"), "TLS")] == ["ok"]
    lines = found(make(5, "other.example"), "TLS")
    assert [line[0] for line in lines] == ["warn", "warn"]
    assert "the certificate is for other.example, not for vonggac.tinh.example" in lines[1][1]
    broken = make(5, "other.example")
    broken.tls_key.write_text("no key")
    assert [line[0] for line in found(broken, "TLS")] == ["fail"]


def test_a_port_that_somebody_else_has(ours):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        lines = found(dataclasses.replace(ours, listen=listen), "ports")
    assert lines[0][0] == "fail"
    assert "is in use by another program" in lines[0][1]


def test_upkeep_that_is_late(ours):
    from vonggac.desk.audit.actions import recording
    from vonggac.desk.audit.anchors import append, head
    from vonggac.desk.scope.asker import machine
    from vonggac.jobs import anchors, installation

    assert [line[1] for line in found(ours, "upkeep")] == [
        "last good backup: none yet",
        "last anchor of the audit record: none yet",
    ]
    with recording(machine("test"), installation.BACKED_UP):
        pass
    append(anchors.path_of(ours), head(timezone.now() - timedelta(hours=40)))
    assert [line[0] for line in found(ours, "upkeep")] == ["ok", "warn"]


def test_a_check_that_breaks_down_hides_no_other(ours, monkeypatch):
    def broken(_case):
        raise RuntimeError("boom")

    monkeypatch.setattr(
        doctor, "CHECKS", (("first", broken), ("second", lambda _case: iter([doctor.Line("ok", "fine")])))
    )
    assert found(ours, "first") == [("fail", "could not be looked at: RuntimeError: boom")]
    assert found(ours, "second") == [("ok", "fine")]


def test_the_mail_server_is_asked_only_when_wanted(ours):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    mail = dataclasses.replace(ours, smtp_url=f"smtp+plain://127.0.0.1:{port}", mail_from="a@b.example")
    assert found(mail, "mail") == []
    assert [line[0] for line in found(mail, "mail", mail=True)] == ["fail"]


def test_sizes_grow_with_events_and_days():
    small, large = sizing.size(100, 30), sizing.size(100_000, 30)
    assert (small.n_judging, large.n_judging) == (1, 3)  # 100,000 / (82,187 / 2)
    assert small.raw_bytes_a_day == 100 * 86_400 * 1207
    assert large.disk_bytes == pytest.approx(1000 * small.disk_bytes, rel=1e-6)
    assert sizing.size(100, 60).disk_bytes == pytest.approx(2 * small.disk_bytes, rel=1e-6)
    assert sizing.size(0, 1).disk_bytes == 0


def test_sizes_reckon_with_what_was_measured():
    text = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert f"{sizing.EVENT_BYTES:,} bytes on average" in text
    assert re.search(
        rf"`scan --jobs 1` \| 200,000 \| {sizing.EVENTS_PER_CPU_S:,} .*\| {sizing.WORKER_BYTES // 1024**2} MiB", text
    )
    assert f"**{sizing.PACKED} times** smaller" in text
    assert f"{sizing.DESK_PROCESS_BYTES // 1024**2} MiB for each" in text


def test_the_audit_record_must_keep_its_triggers_and_its_last_anchor(ours):
    from django.db import connection

    from vonggac.desk.audit import anchors, guard
    from vonggac.desk.audit.actions import recording
    from vonggac.desk.scope.asker import machine
    from vonggac.jobs.anchors import path_of

    assert found(ours, "audit record") == [("ok", "the audit record can only be added to")]
    with recording(machine("tests"), "notices.hold"):
        pass
    anchor = anchors.head(timezone.now())
    anchors.append(path_of(ours), anchor)
    assert [verdict for verdict, _said in found(ours, "audit record")] == ["ok", "ok"]
    anchors.append(path_of(ours), dataclasses.replace(anchor, hash="0" * 64))
    name = guard.TABLES[0] + "_no_delete"
    on = f" ON {guard.TABLES[0]}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{on}")
    lines = found(ours, "audit record")
    assert [verdict for verdict, _said in lines] == ["fail", "fail"]
    assert name in lines[0][1]


def test_an_office_template_that_cannot_be_used_is_told(ours, tmp_path):
    from vonggac.documents.rendering import shipped

    good, bad = tmp_path / "good.docx", tmp_path / "bad.docx"
    good.write_bytes(shipped("cong_van"))
    bad.write_bytes(b"no Word document")
    theirs = dataclasses.replace(ours, letter_template=good, report_template=bad)
    told = found(theirs, "documents")
    assert ("ok", f"the template {good} can be used") in told
    assert [verdict for verdict, _message in told if verdict == "fail"] == ["fail"]
