"""The Word templates by which letters and reports are made: the office's own where the settings name them, else ours."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from vonggac.config import Settings
from vonggac.documents import rendering
from vonggac.errors import N_, InputError

Form = Literal["letter", "report"]
FORMS: Final[tuple[Form, ...]] = ("letter", "report")
SHIPPED: Final[dict[Form, str]] = {"letter": "cong_van", "report": "bao_cao"}
"""Form to the name of our template."""


def template_of(settings: Settings, form: Form) -> bytes | None:
    """The office's own template of a form; None: ours. Raises InputError that names the file when it cannot be read."""
    path = path_of(settings, form)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return file.read(rendering.MAX_TEMPLATE_BYTES + 1)
    except OSError as error:
        raise InputError(
            N_("cannot be read: {reason}"), where=str(path), reason=error.strerror or str(error)
        ) from error


def path_of(settings: Settings, form: Form) -> Path | None:
    """Where the office's own template of a form is."""
    return settings.letter_template if form == "letter" else settings.report_template


def check(settings: Settings, form: Form) -> None:
    """Raise InputError, or UnsafeInput, that says why the office's own template of a form cannot be used."""
    template = template_of(settings, form)
    if template is not None:
        (rendering.check_letter_template if form == "letter" else rendering.check_report_template)(template)
