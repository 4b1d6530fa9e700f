"""The page of those who run the installation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from vonggac.desk.scope.roles import ROLES
from vonggac.jobs import log_files

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def ours(settings, tmp_path: Path):
    """Settings with everything that has a secret beside it."""
    (tmp_path / "password").write_text("hunter2-Correct-Horse")
    settings.VONGGAC = dataclasses.replace(
        settings.VONGGAC,
        data_dir=tmp_path,
        smtp_url="smtp://mail-user@mail.example:587",
        smtp_password_file=tmp_path / "password",
        mail_from="Vọng Gác <vonggac@tinh.example>",
    )
    return settings.VONGGAC


@pytest.fixture
def sign_in(client) -> Callable[[str], Any]:
    """A client signed in as somebody new with this role, whose second factor is set up."""
    from allauth.mfa.models import Authenticator

    from vonggac.desk.accounts.models import Grant, User
    from vonggac.web.accounts.heard import STRONG

    def enter(role: str) -> Any:
        user = User(username=role, name=role, language="en")
        user.set_unusable_password()
        user.save()
        Grant.objects.create(user=user, role=role)
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": ""})
        client.force_login(user)
        session = client.session
        session[STRONG] = True
        session.save()
        return client

    return enter


@pytest.mark.parametrize("role", ROLES)
def test_who_may_see_it(sign_in, ours, role):
    answer = sign_in(role).get("/operations/")
    assert answer.status_code == (200 if "operations.view" in ROLES[role].permissions else 403)


def test_strangers_are_sent_to_sign_in(client):
    assert client.get("/operations/").status_code == 302


def test_it_says_what_is_wrong_and_nothing_secret(sign_in, ours):
    file = log_files.LogFile(log_files.folder_of(ours.data_dir))
    file.write({"at": log_files.now(), "level": "error", "process": "pages", "message": f"failed {HOSTILE}"})
    file.close()
    text = sign_in("administrator").get("/operations/").content.decode()
    assert "Background work stands still" in text
    assert "There is no good backup of the last 36 hours" in text
    assert "No supervisor runs in this data folder" in text
    assert "smtp://mail.example:587" in text
    assert "mail-user" not in text
    assert "hunter2" not in text
    assert HOSTILE not in text
    assert "failed &lt;script&gt;" in text


def test_it_says_when_all_is_well(sign_in, ours):
    from vonggac.desk.audit.actions import recording
    from vonggac.desk.notices import background
    from vonggac.desk.scope.asker import machine
    from vonggac.jobs import anchors, installation

    background.beat()
    with recording(machine("test"), installation.BACKED_UP):
        pass
    anchors.write(ours, timezone.now() - timedelta(hours=1))
    text = sign_in("auditor").get("/operations/").content.decode()
    assert "stands still" not in text
    assert "36 hours" not in text
    assert "Nothing went wrong lately" in text
