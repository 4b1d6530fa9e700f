"""A write that is sent twice, one after the other or both at once, is done once and answered alike."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone
from province import admin

from vonggac.desk.audit.actions import recording
from vonggac.desk.audit.models import Entry
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.replies.actions import KEPT, once
from vonggac.desk.replies.models import Reply
from vonggac.errors import InvalidValues, NotThere

N_AT_ONCE = 6


def make(code: str):
    """A write that opens a recording of its own inside the transaction of ``once``."""

    def write() -> tuple[int, str]:
        with recording(admin(), "organisations.create") as record:
            made = Organisation.objects.create(code=code, kind="commune", name=code)
            record.on = made
            record.created(made)
        return 201, f'{{"id":{made.pk}}}'

    return write


def all_at_once() -> list[tuple[int, str, bool]]:
    """The answers to the same request sent N_AT_ONCE times at once, each over its own connection."""
    began, answers = threading.Barrier(N_AT_ONCE), []

    def send():
        began.wait(20)
        answers.append(once("web:1:", "k", b"same", make("moi")))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(N_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def judge(answers) -> None:
    assert len(answers) == N_AT_ONCE
    assert len({(status, body) for status, body, _repeated in answers}) == 1
    assert sorted(repeated for _status, _body, repeated in answers) == [False] + [True] * (N_AT_ONCE - 1)
    assert Organisation.objects.count() == Entry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_on_postgresql_are_one_write():
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite a process of its own tries it, with a file: see below")
    judge(all_at_once())


def test_requests_at_once_on_sqlite_are_one_write(tmp_path: Path):
    program = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "import test_once; test_once.judge(test_once.all_at_once())\n"
    )
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    environment = {
        **os.environ,
        "VONGGAC_DATA_DIR": str(tmp_path),
        "VONGGAC_DATABASE": "",
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
        "PYTHONPATH": os.pathsep.join(folders),
    }
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)


@pytest.mark.django_db
def test_what_failed_leaves_nothing_and_may_be_tried_again():
    def fail():
        make("moi")()
        raise NotThere("gone")

    with pytest.raises(NotThere):
        once("web:1:", "k", b"same", fail)
    assert not Reply.objects.exists()
    assert not Organisation.objects.exists()
    assert once("web:1:", "k", b"same", make("moi"))[0] == 201


@pytest.mark.django_db
def test_a_key_is_free_again_after_a_day():
    once("web:1:", "k", b"one", make("a"))
    with pytest.raises(InvalidValues):
        once("web:1:", "k", b"two", make("b"))
    Reply.objects.update(at=timezone.now() - KEPT - timedelta(minutes=1))
    assert once("web:1:", "k", b"two", make("b"))[2] is False
