"""``python -m vonggac.web.operations.daily_backup``: the backup of the day, if it is due. ``vonggac up`` asks every hour.

The database says when it was last made, so that it is one a day whoever asks. A failure is in the log, on the page of
operations and in ``doctor``, and the next hour tries again.
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import timedelta

import django

NAME = "backup"
EVERY = timedelta(hours=24)

log = logging.getLogger("vonggac.backup")


def main() -> int:
    """Make it if it is due; 0 done or not due, 1 failed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
    django.setup()
    from django.conf import settings as django_settings

    from vonggac.desk.notices import background
    from vonggac.desk.scope.asker import machine
    from vonggac.jobs import backup, installation

    settings = django_settings.VONGGAC
    if not settings.backup_keep or not background.take(NAME, EVERY):
        return 0
    fault = ""
    try:
        folder = installation.backup_folder(settings)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = backup.make(settings, folder, machine("daily backup"))
        gone = backup.thin_out(folder, settings.backup_keep)
        log.info("backed up", extra={**backup.described(made), "old_ones_deleted": len(gone)})
    except Exception as error:  # whatever it was, those who look must see it
        log.exception("the daily backup failed")
        fault = str(error) or type(error).__name__
    background.ended(NAME, EVERY, fault)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
