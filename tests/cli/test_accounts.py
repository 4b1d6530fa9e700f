"""``vonggac accounts`` as people run it: a real process over a database of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

MIGRATE = "import django; django.setup(); from django.core.management import call_command; call_command('migrate', verbosity=0)"
CHECK = """
import sys, django; django.setup()
from vonggac.desk.accounts.models import User
user = User.objects.get(username="admin")
print(user.check_password(sys.argv[1]), user.must_change_password)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    values = {
        **os.environ,
        "VONGGAC_DATA_DIR": str(tmp_path_factory.mktemp("accounts")),
        "VONGGAC_DATABASE": "",
        "VONGGAC_LANG": "en",
        "DJANGO_SETTINGS_MODULE": "vonggac.web.settings",
    }
    subprocess.run([sys.executable, "-c", MIGRATE], env=values, check=True)
    return values


def run(environment, *arguments):
    command = [sys.executable, "-m", "vonggac", "accounts", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def password_in(text):
    return re.search(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", text)[0]


def test_the_first_administrator_then_a_new_password_then_the_list(environment):
    first = run(environment, "first-admin")
    assert first.returncode == 0
    old = password_in(first.stdout)
    again = run(environment, "first-admin")
    assert (again.returncode, again.stdout) == (1, "")
    reset = run(environment, "reset-password", "ADMIN", "--factors")
    assert reset.returncode == 0
    new = password_in(reset.stdout)
    for password, is_right in ((old, "False"), (new, "True")):
        seen = subprocess.run(
            [sys.executable, "-c", CHECK, password], env=environment, capture_output=True, text=True, check=True
        )
        assert seen.stdout.split() == [is_right, "True"]
    assert run(environment, "unlock", "admin").returncode == 0
    listed = run(environment, "list")
    assert "admin" in listed.stdout
    assert "Administrator" in listed.stdout
    assert "never signed in" in listed.stdout
    assert run(environment, "list", "--state", "locked").stdout == ""


def test_a_name_that_nobody_has_is_said(environment):
    done = run(environment, "unlock", "nobody\x1b[31m")
    assert done.returncode == 2
    assert "there is no account" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_database_that_was_never_prepared_is_told_with_what_prepares_it(environment, tmp_path):
    done = run({**environment, "VONGGAC_DATA_DIR": str(tmp_path)}, "list", "--lang", "en")
    assert done.returncode == 1
    assert done.stderr == (
        "Error: the database has no tables yet, or those of another version: “vonggac up” makes them\n"
    )
