"""Files that leave: whole before their first byte does, without a name in the private folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any, Literal

from django.conf import settings as django_settings
from django.http import FileResponse, HttpResponseBase
from django.utils.timezone import now
from django.utils.translation import get_language

from vonggac.config import Settings, zone_from
from vonggac.desk.scope.asker import Asker
from vonggac.jobs import directory_export, spool

SETTINGS: Settings = django_settings.VONGGAC
Form = Literal["xlsx", "csv", "docx"]
TYPES: dict[Form, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""Form of a file to its media type; several CSVs go as one archive."""


def language() -> str:
    """The reader's language, as files have it: ``vi`` or ``en``."""
    return "en" if (get_language() or "vi").startswith("en") else "vi"


def directory(asker: Asker, form: Form) -> HttpResponseBase:
    """All that the asker may take along."""
    zone, spoken = zone_from(SETTINGS.zone), language()
    name = f"vonggac-directory-{now().astimezone(zone):%Y-%m-%d}.{'zip' if form == 'csv' else 'xlsx'}"
    return download(name, form, lambda file: directory_export.export(asker, form, file, zone, spoken))


def download(name: str, form: Form, write: Callable[[Any], object]) -> HttpResponseBase:
    """What ``write`` writes, as a file called ``name``."""
    folder = spool.spool_folder(SETTINGS)
    with spool.full_disk_told():
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # the response closes it
        try:
            write(file)
            file.seek(0)
        except BaseException:
            file.close()
            raise
    return FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[form])
