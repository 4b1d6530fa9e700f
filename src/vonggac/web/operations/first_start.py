"""``python -m vonggac.web.operations.first_start``: everything that must stand before the processes start.

The database with its tables, the assets of this version, and on the first start the administrator. It prints the one-time
password on standard output, which ``vonggac up`` shows and keeps nowhere. Safe to run again at any time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import django
import orjson


def prepare() -> dict[str, str]:
    """Make what is missing; what the person who starts must know: ``user`` and ``password`` of a new administrator."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from vonggac.desk.accounts.actions import first_administrator
    from vonggac.desk.accounts.actions.people import FIRST
    from vonggac.desk.scope.asker import Origin, machine
    from vonggac.jobs import installation

    connection.ensure_connection()
    installation.check_schema(installation.migrations_of_database())
    call_command("migrate", interactive=False, verbosity=0)
    collect(settings.STATIC_ROOT)
    password = first_administrator(
        machine("vonggac up", origin=Origin(via="cli")), language=settings.VONGGAC.language or "vi"
    )
    return {"user": FIRST, "password": password} if password else {}


def collect(target: Path) -> bool:
    """Make ``target`` hold the assets of this version; False when it did already."""
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    mark = target.with_name("static.made-of")
    if target.is_dir() and mark.exists() and mark.read_text("ascii") == digest.hexdigest():
        return False
    mark.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(digest.hexdigest(), "ascii")
    return True


def main() -> int:
    """Prepare; the answer is one JSON object on standard output, ``{"fault": text}`` with status 1 when it failed."""
    from django.db import DatabaseError
    from django.utils import translation

    from vonggac.errors import VonggacError
    from vonggac.jobs.logs import Redactor

    try:
        answer, status = prepare(), 0
    except VonggacError as error:
        from vonggac.web.shell.words import tell

        with translation.override(os.environ.get("LANGUAGE", "vi")):
            answer, status = {"fault": tell(error)}, 1
    except (DatabaseError, OSError) as error:
        answer, status = {"fault": Redactor().text(f"{type(error).__name__}: {error}".strip())}, 1
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
