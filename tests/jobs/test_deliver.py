"""Messages on their way out: a real mail server, real processes, and what happens when either dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from mail_server import MailServer, certified

from vonggac.config import Settings
from vonggac.desk.notices.channels import Message, Undelivered
from vonggac.desk.notices.channels.email import Email

PROGRAM = Path(__file__).with_name("outbox_program.py")
MESSAGE = Message(
    recipient="buoi@xa-tan-an.example",
    subject="Mời sử dụng Vọng Gác: Xã Tân An",
    text="Kính gửi Trần Thị Bưởi,\n\n.một dòng bắt đầu bằng dấu chấm\n",
    html="<p>Kính gửi <bdi>Trần Thị Bưởi</bdi></p>",
    language="vi",
    message_id="abc123",
)


@pytest.fixture
def sender():
    """Makes channels to a server; they are closed at the end."""
    made = []

    def sender(server, scheme="smtp+plain", user="", **changes):
        values = {"mail_from": "Vọng Gác <vong-gac@tinh.example>", "public_url": "https://gac.tinh.example", **changes}
        made.append(Email(Settings(smtp_url=f"{scheme}://{user}localhost:{server.port}", **values)))
        return made[-1]

    yield sender
    for channel in made:
        channel.close()


def refused(channel):
    with pytest.raises(Undelivered) as caught:
        channel.send(MESSAGE)
    return caught.value


def test_a_message_arrives_whole_in_both_forms(sender):
    with MailServer() as server:
        channel = sender(server)
        channel.send(MESSAGE)
        channel.send(MESSAGE)
        channel.close()
    first, second = server.messages
    assert first["Subject"] == MESSAGE.subject
    assert first["To"] == "buoi@xa-tan-an.example"
    assert first["From"] == "Vọng Gác <vong-gac@tinh.example>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == second["Message-ID"] == "<abc123@gac.tinh.example>"
    assert first.get_body(("plain",)).get_content().replace("\r\n", "\n") == MESSAGE.text
    html = first.get_body(("html",)).get_content()
    assert MESSAGE.html in html
    assert '<html lang="vi">' in html
    assert server.envelopes[0][1] == ["buoi@xa-tan-an.example"]


def test_a_line_break_in_a_subject_makes_no_header(sender):
    from dataclasses import replace

    with MailServer() as server:
        sender(server).send(replace(MESSAGE, subject="Chào\r\nBcc: kẻ-gian@xa.example\r\n\r\nthân thư giả"))
    assert server.messages[0]["Bcc"] is None
    assert server.messages[0]["Subject"].strip().startswith("Chào Bcc:")
    assert server.envelopes[0][1] == ["buoi@xa-tan-an.example"]


@pytest.mark.parametrize("recipient", ["a@b.example\r\nBcc: c@d.example", "a@b.example\nX: y"])
def test_a_line_break_in_an_address_sends_nothing(sender, recipient):
    from dataclasses import replace

    with MailServer() as server, pytest.raises((Undelivered, ValueError)):
        sender(server).send(replace(MESSAGE, recipient=recipient))
    assert not server.messages


@pytest.mark.parametrize(("scheme", "is_implicit"), [("smtp", False), ("smtps", True)])
def test_encryption_is_used_and_the_certificate_must_be_trusted(sender, tmp_path, monkeypatch, scheme, is_implicit):
    password = tmp_path / "password"
    password.write_text("mật khẩu\n".replace("ậ", "a").replace("ẩ", "a"))
    with certified(tmp_path) as (context, trusted):
        login = ("gac", password.read_text().strip())
        with MailServer(tls=context, is_implicit=is_implicit, login=login) as server:
            error = refused(sender(server, scheme=scheme))
            assert "could not be trusted" in error.fault
            assert error.is_channel
            assert not error.is_final
            monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
            sender(server, scheme, "gac@", smtp_password_file=password).send(MESSAGE)
            assert server.was_encrypted == [True]
            password.write_text("wrong")
            error = refused(sender(server, scheme=scheme, user="gac@", smtp_password_file=password))
            assert "did not accept our name and password" in error.fault
            assert "wrong" not in str(error.params).replace("wrong name or password", "")


def test_a_certificate_of_another_name_is_not_trusted(sender, tmp_path, monkeypatch):
    with certified(tmp_path, "khac.example") as (context, trusted), MailServer(tls=context) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert "could not be trusted" in refused(sender(server, scheme="smtp")).fault
    assert not server.messages


def test_a_server_without_encryption_gets_nothing(sender):
    with MailServer() as server:
        assert "offers no encryption" in refused(sender(server, scheme="smtp")).fault
    assert not server.messages


@pytest.mark.parametrize(
    ("answers", "says", "is_final", "is_channel"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, "the mail server refused the recipient", True, False),
        ({"RCPT": "450 4.2.0 greylisted"}, "the mail server refused the recipient", False, False),
        ({"MAIL": "553 5.7.1 not your address"}, "the mail server refused the sender", False, True),
        ({"DATA-END": "554 5.7.1 spam"}, "the mail server refused the message", True, False),
        ({"DATA-END": "452 4.3.1 disk full"}, "the mail server refused the message", False, False),
        ({"RCPT": "421 4.7.0 try later"}, "the mail server refused the recipient", False, True),
    ],
)
def test_what_the_server_says_decides(sender, answers, says, is_final, is_channel):
    with MailServer(answers=answers) as server:
        error = refused(sender(server))
    assert error.fault.startswith(says)
    assert (error.is_final, error.is_channel) == (is_final, is_channel)
    assert next(iter(answers.values()))[:3] in error.params["answer"]
    assert not server.messages


def test_a_server_that_is_not_there(sender):
    with MailServer() as server:
        pass
    error = refused(sender(server))
    assert "could not be reached" in error.fault
    assert error.is_channel


def test_without_a_server_or_a_sender_messages_wait():
    assert "smtp_url" in Email(Settings()).obstacle()
    assert "mail_from" in Email(Settings(smtp_url="smtp://thu.example")).obstacle()
    assert not Email(Settings(smtp_url="smtp://thu.example", mail_from="a@b.example")).obstacle()


# ---------------------------------------------------------------------------------------- real processes


@pytest.fixture(scope="module")
def _fresh_database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outbox")
    if not settings.VONGGAC.database:
        environment = {**os.environ, "VONGGAC_DATA_DIR": str(folder)}
        command = [sys.executable, "-m", "vonggac.web.manage", "migrate", "-v0"]
        subprocess.run(command, env=environment, check=True, timeout=120)
    return folder


@pytest.fixture
def run(_fresh_database, tmp_path, transactional_db):
    """Start the program with a verb in an installation of its own; all that still run are killed at the end."""
    folder = tmp_path / "data"
    shutil.copytree(_fresh_database, folder)
    environment = {**os.environ, "VONGGAC_DATA_DIR": str(folder), "VONGGAC_MAIL_FROM": "vong-gac@tinh.example"}
    if settings.VONGGAC.database:
        head = settings.VONGGAC.database.rpartition("/")[0]
        environment["VONGGAC_DATABASE"] = f"{head}/{connection.settings_dict['NAME']}"
    started = []

    def run(verb, number=0, server=None):
        own = {**environment, "VONGGAC_SMTP_URL": f"smtp+plain://localhost:{server.port}"} if server else environment
        command = [sys.executable, str(PROGRAM), verb, str(number)]
        process = subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finished(process):
    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    return out


def test_killed_between_sending_and_marking_it_is_sent_again_not_lost(run):
    finished(run("put", 1))
    victims = []

    def kill(_message):
        if len(server.messages) == 1:
            os.kill(victims[0].pid, signal.SIGKILL)

    with MailServer(on_message=kill) as server:
        victims.append(run("drain", 2, server))
        victims[0].wait(timeout=60)
        assert victims[0].returncode == -signal.SIGKILL
        assert finished(run("states")).split()[0] == "waiting"
        until = time.monotonic() + 60
        while len(server.messages) < 2 and time.monotonic() < until:  # the killed one's lease has to run out
            finished(run("drain", 2, server))
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert finished(run("states")).split()[0] == "sent"


def test_several_workers_send_each_message_once(run):
    finished(run("put", 40))
    with MailServer() as server:
        for worker in [run("drain", 60, server) for _ in range(3)]:
            finished(worker)
    assert Counter(message["To"] for message in server.messages) == {
        f"nguoi-nhan-{n}@xa-tan-an.example": 1 for n in range(40)
    }
    assert set(finished(run("states")).split()[:-1]) == {"sent"}


def test_sigterm_ends_the_worker_after_the_message_in_hand(run):
    finished(run("put", 5))
    workers = []

    def terminate(_message):
        workers[0].send_signal(signal.SIGTERM)

    with MailServer(on_message=terminate) as server:
        workers.append(run("work", 60, server))
        finished(workers[0])
    assert len(server.messages) == 1
    *states, is_alive = finished(run("states")).split()
    assert states == ["sent"] + ["waiting"] * 4
    assert is_alive == "False"
